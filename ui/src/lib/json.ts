import { createScanner } from "jsonc-parser";
import { ScanError, SyntaxKind } from "./json-tokens";

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
  // A byte order mark is not JSON, but receivers meet it; it is skipped here and shown elsewhere.
  const base = text.startsWith("\uFEFF") ? 1 : 0;
  const scanner = createScanner(text, false);
  scanner.setPosition(base);
  const stack: boolean[] = [];
  let expect: Expect = "value";
  let root: JsonValue | null = null;
  const fail = (message: string): JsonChecked => ({
    root: null,
    problem: place(text, scanner.getTokenOffset(), message),
  });
  for (;;) {
    const token = scanner.scan();
    const error = scanner.getTokenError();
    if (token === SyntaxKind.Trivia || token === SyntaxKind.LineBreakTrivia) continue;
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
      if (stack.length === 0 && root) root.end = scanner.getTokenOffset() + 1;
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
    if (kind === "number" && !/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(scanner.getTokenValue()))
      return fail("This is not a JSON number.");
    root ??= { kind, start: scanner.getTokenOffset(), end: scanner.getTokenOffset() + scanner.getTokenLength() };
    if (kind === "object" || kind === "array") {
      stack.push(kind === "object");
      expect = kind === "object" ? "key-or-end" : "value-or-end";
    } else {
      expect = stack.length === 0 ? "nothing" : "comma-or-end";
    }
  }
}

/** The direct members of a container of checked JSON: the first `limit` of them, and how many there are. */
export function members(text: string, container: JsonValue, limit: number): { items: JsonMember[]; total: number } {
  const scanner = createScanner(text, true);
  scanner.setPosition(container.start + 1);
  const isObject = container.kind === "object";
  const items: JsonMember[] = [];
  const seen = new Set<string>();
  let total = 0;
  let depth = 0;
  let key: JsonMember["key"] = null;
  let wantsKey = isObject;
  for (;;) {
    const token = scanner.scan();
    const start = scanner.getTokenOffset();
    const end = start + scanner.getTokenLength();
    if (token === SyntaxKind.EOF) return { items, total };
    if (token === SyntaxKind.CloseBraceToken || token === SyntaxKind.CloseBracketToken) {
      if (depth === 0) return { items, total };
      depth--;
      const last = items.at(-1);
      if (depth === 0 && last && total <= limit) last.end = end;
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
      const name = total < limit || seen.size < 10_000 ? scanner.getTokenValue() : "";
      key = { start, end, duplicate: seen.has(name) };
      seen.add(name);
      wantsKey = false;
      continue;
    }
    if (total < limit) items.push({ kind: kindOf(token) ?? "word", start, end, key, index: total });
    total++;
    key = null;
    if (opens) depth++;
  }
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
