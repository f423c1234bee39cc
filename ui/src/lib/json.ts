import { JsonScanner } from "./json-scan";
import { JsonShape } from "./json-shape";
import { ScanError, SyntaxKind } from "./json-tokens";
import { atOnce, type Work } from "./slices";

/**
 * JSON as it was written: numbers keep their digits (`1e400`, 25 digits), objects keep the order and the doubles of
 * their keys. Nothing is turned into JavaScript values. Containers are read one level at a time, so ten megabytes cost
 * one pass and no tree.
 */
export type JsonKind = "object" | "array" | "string" | "number" | "word";
/** Offsets into the text; `end` is exclusive. */
export type JsonValue = { kind: JsonKind; start: number; end: number };
export type JsonMember = JsonValue & { key: { start: number; end: number; duplicate: boolean } | null; index: number };
export type JsonProblem = { offset: number; line: number; column: number; message: string };
export type JsonChecked = { root: JsonValue | null; problem: JsonProblem | null };
/** A text that was checked, with what is long in it. */
export type JsonRead = JsonChecked & { shape: JsonShape };

const STRAY = "JSON does not allow this here.";
const SCAN_ERRORS: Partial<Record<number, string>> = {
  [ScanError.UnexpectedEndOfString]: "A string is not closed.",
  [ScanError.UnexpectedEndOfNumber]: "A number is not complete.",
  [ScanError.InvalidUnicode]: "A \\u escape needs four hexadecimal digits.",
  [ScanError.InvalidEscapeCharacter]: "JSON has no such escape.",
  [ScanError.InvalidCharacter]: "A string contains a control character; JSON requires it to be escaped.",
};

type Expect = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma-or-end" | "nothing";

/** Checks the whole text against RFC 8259, without recursion: a million brackets are no danger. */
export function checkJson(text: string): JsonChecked {
  return atOnce(checking(text));
}

/** Characters that are read without a stop. Of what is no string, a token is not halved. */
export const READ_AT_ONCE = 8 * 1024;

/** The same in pieces, and with what is long in it: for whoever looks into a long text more than once. */
export function* reading(text: string): Work<JsonRead> {
  const shape = new JsonShape();
  return { ...(yield* checking(text, shape)), shape };
}

function* checking(text: string, shape?: JsonShape): Work<JsonChecked> {
  // A byte order mark is not JSON, but receivers meet it; it is skipped here and shown elsewhere.
  const scanner = new JsonScanner(text, text.startsWith("\uFEFF") ? 1 : 0);
  let piece = 0;
  const stack: boolean[] = [];
  let expect: Expect = "value";
  let root: JsonValue | null = null;
  const fail = (message: string): JsonChecked => ({
    root: null,
    problem: place(text, scanner.start, message),
  });
  for (;;) {
    if (!scanner.next(piece + READ_AT_ONCE)) {
      yield scanner.at - piece;
      piece = scanner.at;
      continue;
    }
    const { token, error, start, end } = scanner;
    if (token === SyntaxKind.EOF) {
      if (expect === "nothing") return { root, problem: null };
      return fail(root === null && stack.length === 0 ? "There is no JSON here." : "The JSON ends too early.");
    }
    if (error !== ScanError.None) return fail(SCAN_ERRORS[error] ?? STRAY);
    const closes = token === SyntaxKind.CloseBraceToken || token === SyntaxKind.CloseBracketToken;
    if (closes) {
      const wants = stack.at(-1) === true ? SyntaxKind.CloseBraceToken : SyntaxKind.CloseBracketToken;
      const allowed = expect === "comma-or-end" || expect === "value-or-end" || expect === "key-or-end";
      if (stack.length === 0 || token !== wants || !allowed) return fail("This bracket closes nothing.");
      stack.pop();
      shape?.close(end);
      if (stack.length === 0 && root) root.end = end;
      expect = stack.length === 0 ? "nothing" : "comma-or-end";
      continue;
    }
    switch (expect) {
      case "nothing":
        return fail("Something follows the end of the JSON.");
      case "colon":
        if (token !== SyntaxKind.ColonToken) return fail("A colon is missing after the key.");
        expect = "value";
        continue;
      case "comma-or-end":
        if (token !== SyntaxKind.CommaToken) return fail("A comma is missing.");
        expect = stack.at(-1) === true ? "key" : "value";
        continue;
      case "key":
      case "key-or-end":
        if (token !== SyntaxKind.StringLiteral) return fail("A key in double quotes is missing.");
        expect = "colon";
        continue;
    }
    const kind = kindOf(token);
    if (kind === null) return fail(token === SyntaxKind.CommaToken ? "A value is missing before the comma." : STRAY);
    if (kind === "number" && !/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text.slice(start, end)))
      return fail("This is not a JSON number.");
    root ??= { kind, start, end };
    shape?.value();
    if (kind === "object" || kind === "array") {
      shape?.open(start);
      stack.push(kind === "object");
      expect = kind === "object" ? "key-or-end" : "value-or-end";
    } else {
      if (kind === "string") shape?.string(start, end);
      expect = stack.length === 0 ? "nothing" : "comma-or-end";
    }
  }
}

/**
 * The direct members of a container of checked JSON: the first `limit` of them, and how many there are. With the text's
 * `shape`, what is long is stepped over. `from`: the member to begin with; those before it are not read.
 */
export function members(
  text: string,
  container: JsonValue,
  limit: number,
  shape?: JsonShape,
  from: { index: number; start: number } = { index: 0, start: container.start + 1 },
): { items: JsonMember[]; total: number } {
  const scanner = new JsonScanner(text, from.start);
  const isObject = container.kind === "object";
  const counted = shape?.at(container.start)?.count;
  const items: JsonMember[] = [];
  const seen = new Set<string>();
  let total = from.index;
  const most = total + limit;
  let depth = 0;
  let key: JsonMember["key"] = null;
  let wantsKey = isObject;
  const take = (kind: JsonKind, start: number, end: number) => {
    if (total < most) items.push({ kind, start, end, key, index: total });
    total++;
    key = null;
  };
  for (;;) {
    if (counted !== undefined && depth === 0 && total >= most) return { items, total: counted };
    const ahead = shape && depth === 0 && !wantsKey ? scanner.peek() : 0;
    const long = shape && ahead > 0 ? shape.at(ahead) : null;
    if (long) {
      take(LONG_KINDS[text.charAt(ahead)] ?? "string", ahead, long.end);
      scanner.skipTo(long.end);
      continue;
    }
    scanner.next();
    const { token, start, end } = scanner;
    if (token === SyntaxKind.EOF) return { items, total };
    if (token === SyntaxKind.CloseBraceToken || token === SyntaxKind.CloseBracketToken) {
      if (depth === 0) return { items, total };
      depth--;
      const last = items.at(-1);
      if (depth === 0 && last && total <= most) last.end = end;
      continue;
    }
    const opens = token === SyntaxKind.OpenBraceToken || token === SyntaxKind.OpenBracketToken;
    if (depth > 0) {
      if (opens) depth++;
      continue;
    }
    if (token === SyntaxKind.CommaToken) {
      wantsKey = isObject;
      continue;
    }
    if (token === SyntaxKind.ColonToken) continue;
    if (wantsKey) {
      const name = total < most || seen.size < 10_000 ? keyName(text.slice(start, end)) : "";
      key = { start, end, duplicate: seen.has(name) };
      seen.add(name);
      wantsKey = false;
      continue;
    }
    take(kindOf(token) ?? "word", start, end);
    if (opens) depth++;
  }
}

const LONG_KINDS: Partial<Record<string, JsonKind>> = { "{": "object", "[": "array" };

/** A key without its quotes and escapes, so that doubles are found however they are written. */
function keyName(written: string): string {
  return written.includes("\\") ? (JSON.parse(written) as string) : written.slice(1, -1);
}

function kindOf(token: number): JsonKind | null {
  switch (token) {
    case SyntaxKind.OpenBraceToken:
      return "object";
    case SyntaxKind.OpenBracketToken:
      return "array";
    case SyntaxKind.StringLiteral:
      return "string";
    case SyntaxKind.NumericLiteral:
      return "number";
    case SyntaxKind.TrueKeyword:
    case SyntaxKind.FalseKeyword:
    case SyntaxKind.NullKeyword:
      return "word";
    default:
      return null;
  }
}

function place(text: string, offset: number, message: string): JsonProblem {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (let at = before.indexOf("\n"); at >= 0; at = before.indexOf("\n", at + 1)) line++;
  return { offset, line, column: offset - lineStart + 1, message };
}
