import type {
  Code,
  HeaderLine,
  ReplayBody,
  ReplayChanges,
  ReplayDraft,
  ReplayPlan,
  ReplaySign,
  ReplayTwist,
} from "../ipc/generated";
import { bytes, count } from "./format";
import { AS_RECEIVED, LIMITS, requestsOf } from "./replay";
import { hasKnown } from "./variables";

/** A header line in the table; `key` keeps its place while others go. */
export type HeaderField = HeaderLine & { key: number };
export type TimeKind = "received" | "now" | "shifted";
export type BodyMode = "text" | "hex" | "base64";
/** A replay as it stands in the editor's fields. */
export type ReplayFields = {
  targets: string[];
  headers: HeaderField[];
  bodyMode: BodyMode;
  body: string;
  /** Variables of headers and body are filled in when it is sent. */
  fill: boolean;
  id: "keep" | "renew";
  time: TimeKind;
  shift: string;
  sign: ReplaySign;
  twist: string | null;
  times: string;
  delay: string;
  concurrency: string;
};
export type FieldName = "targets" | "headers" | "body" | "shift" | "sign" | "twist" | "times" | "delay" | "concurrency";
export type FieldErrors = Partial<Record<FieldName, string>>;

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** What keeps a header line from being sent. */
export function headerError({ name, value }: Pick<HeaderLine, "name" | "value">): string | null {
  if (name === "") return value === "" ? "Give it a name, or remove it." : "Give it a name.";
  if (!TOKEN.test(name)) return "A name is made of letters, digits and -, without spaces.";
  if (/[\r\n\u0000]/.test(value)) return "A value is one line.";
  return null;
}

export type HeaderNote = { known: boolean; replaced: string | null; switched: boolean };

/** What Pollux knows of a header, and whether it is replaced: by a switch, or for every request. */
export function headerNote(name: string, fields: Pick<ReplayFields, "id" | "time" | "sign" | "twist">): HeaderNote {
  const by = (replaced: string | null): HeaderNote => ({ known: true, replaced, switched: replaced !== null });
  switch (name.toLowerCase()) {
    case "webhook-id":
      return by(fields.id === "renew" ? "a new one is made" : null);
    case "webhook-timestamp":
      return by(fields.time === "received" ? null : "set when it is sent");
    case "webhook-signature":
      if (fields.twist === "missing_header") return by("left out");
      return by(
        fields.twist === "wrong_secret"
          ? "signed with an unknown key"
          : fields.sign.kind === "leave"
            ? null
            : "re-signed",
      );
    case "host":
    case "content-length":
      return { known: true, replaced: "set for the target", switched: false };
    case "content-type":
      return by(null);
    default:
      return { known: false, replaced: null, switched: false };
  }
}

export function hexOf(base64: string): string {
  const raw = atob(base64);
  const pairs = Array.from(raw, (char) => char.charCodeAt(0).toString(16).padStart(2, "0"));
  const lines: string[] = [];
  for (let at = 0; at < pairs.length; at += 16) lines.push(pairs.slice(at, at + 16).join(" "));
  return lines.join("\n");
}

/** Hex digits, with any white space, as base64; or what is wrong. */
export function base64OfHex(hex: string): { base64: string } | { error: string } {
  const digits = hex.replace(/\s+/g, "");
  const stray = /[^0-9a-fA-F]/.exec(digits);
  if (stray) return { error: `“${stray[0]}” is not a hexadecimal digit.` };
  if (digits.length % 2 === 1) return { error: "Half a byte is left over: two digits make one byte." };
  let raw = "";
  for (let at = 0; at < digits.length; at += 2)
    raw += String.fromCharCode(Number.parseInt(digits.slice(at, at + 2), 16));
  return { base64: btoa(raw) };
}

export function readBase64(text: string): { base64: string } | { error: string } {
  const digits = text.replace(/\s+/g, "");
  try {
    return { base64: btoa(atob(digits)) };
  } catch {
    return { error: "This is not base64." };
  }
}

/** Why the body cannot be edited; null where it can be. */
export function bodyFixed(draft: ReplayDraft): string | null {
  if (draft.text !== null || draft.base64 !== null || draft.body_len === 0) return null;
  const then = draft.truncated ? "Only part of it was kept, so it cannot be sent." : "It is sent as received.";
  return `The body of ${bytes(draft.body_len)} is too long to edit here. ${then}`;
}

/**
 * As it is when the editor opens: with `anew`, signed for now with the first key of its project. What already arrived
 * with a variable in it was written so by its sender, and is left alone until it is asked for.
 */
export function fieldsOf(draft: ReplayDraft, targets: readonly string[], anew: boolean): ReplayFields {
  const signer = anew ? draft.signers.find((one) => one.own) : undefined;
  return {
    targets: [...targets],
    headers: draft.headers.map((line, key) => ({ ...line, key })),
    bodyMode: draft.text === null && draft.base64 !== null ? "hex" : "text",
    body: draft.text ?? (draft.base64 === null ? "" : hexOf(draft.base64)),
    fill: !hasKnown(draft.text ?? "") && !draft.headers.some((line) => hasKnown(line.value)),
    id: "keep",
    time: signer ? "now" : "received",
    shift: "-360",
    sign: signer?.sign ?? { kind: "leave" },
    twist: null,
    times: "1",
    delay: "0",
    concurrency: "1",
  };
}

/** The same bytes in another writing; null where what is written cannot be read. */
export function rewritten(body: string, from: BodyMode, to: BodyMode): string | null {
  if (from === to) return body;
  const read = from === "hex" ? base64OfHex(body) : readBase64(body);
  if ("error" in read) return null;
  return to === "hex" ? hexOf(read.base64) : read.base64;
}

function bodyOf(fields: ReplayFields, draft: ReplayDraft): ReplayBody | { error: string } {
  if (bodyFixed(draft) !== null) return { kind: "received" };
  if (fields.bodyMode === "text")
    return fields.body === (draft.text ?? "") && !fillsBody(fields, draft)
      ? { kind: "received" }
      : { kind: "text", text: fields.body };
  const read = fields.bodyMode === "hex" ? base64OfHex(fields.body) : readBase64(fields.body);
  if ("error" in read) return read;
  return read.base64 === draft.base64 ? { kind: "received" } : { kind: "base64", base64: read.base64 };
}

/** Something of the body is filled in when it is sent. */
export const fillsBody = (fields: ReplayFields, draft: ReplayDraft): boolean =>
  fields.fill && fields.bodyMode === "text" && bodyFixed(draft) === null && hasKnown(fields.body);
const fillsHeaders = (fields: ReplayFields): boolean =>
  fields.fill && fields.headers.some((line) => hasKnown(line.value));

const sameLines = (a: readonly HeaderLine[], b: readonly HeaderLine[]) =>
  a.length === b.length &&
  a.every((line, i) => line.name === b[i]?.name && line.value === b[i]?.value && line.base64 === b[i]?.base64);

function whole(text: string, least: number, most: number): number | null {
  if (!/^-?\d{1,10}$/.test(text.trim())) return null;
  const value = Number(text.trim());
  return value >= least && value <= most ? value : null;
}

/** The plan to send, or what is wrong with each field. `many`: several deliveries, whose headers and bodies stay. */
export function readFields(
  fields: ReplayFields,
  draft: ReplayDraft,
  deliveries: readonly number[],
  twists: readonly ReplayTwist[],
): { plan: ReplayPlan } | { errors: FieldErrors } {
  const errors: FieldErrors = {};
  const changes: ReplayChanges = { ...AS_RECEIVED, id: fields.id, sign: fields.sign, twist: fields.twist };
  if (fields.targets.length === 0) errors.targets = "Choose where to send it.";
  else if (fields.targets.length > LIMITS.targets) errors.targets = `At most ${LIMITS.targets} targets at once.`;
  if (fields.time === "now") changes.time = { kind: "now" };
  if (fields.time === "shifted") {
    const seconds = whole(fields.shift, -LIMITS.shift, LIMITS.shift);
    if (seconds === null) errors.shift = "Whole seconds, such as -360 for six minutes in the past.";
    else changes.time = { kind: "shifted", seconds };
  }
  const twist = twists.find((one) => one.id === fields.twist);
  if (twist?.signs && fields.sign.kind === "leave")
    errors.sign = `“${twist.label}” is re-signed: choose what to sign with.`;
  if (deliveries.length === 1) {
    const lines = fields.headers.map(({ name, value, base64 }): HeaderLine => ({ name: name.trim(), value, base64 }));
    const wrong = lines.map(headerError).find((one) => one !== null);
    if (wrong) errors.headers = wrong;
    else if (!sameLines(lines, draft.headers) || fillsHeaders(fields)) changes.headers = lines;
    changes.fill = fillsHeaders(fields) || fillsBody(fields, draft);
    const body = bodyOf(fields, draft);
    if ("error" in body) errors.body = body.error;
    else changes.body = body;
  }
  const times = whole(fields.times, 1, LIMITS.times);
  const delay = whole(fields.delay, 0, LIMITS.delayMs);
  const concurrency = whole(fields.concurrency, 1, LIMITS.concurrency);
  if (times === null) errors.times = "1 to 10,000.";
  if (delay === null) errors.delay = "0 to 60,000\u00A0ms.";
  if (concurrency === null) errors.concurrency = "1 to 64.";
  if (times !== null && requestsOf({ deliveries, targets: fields.targets, times, changes }) > LIMITS.requests)
    errors.times = `More than ${count(LIMITS.requests)} requests in all.`;
  if (times === null || delay === null || concurrency === null || Object.keys(errors).length > 0) return { errors };
  return {
    plan: { deliveries: [...deliveries], targets: fields.targets, changes, times, delay_ms: delay, concurrency },
  };
}

/** Which field an error of the back end belongs to; null: none. */
export function fieldOfCode(code: Code): FieldName | null {
  const fields: Partial<Record<Code, FieldName>> = {
    invalid_target: "targets",
    not_json: "twist",
    no_key: "sign",
    no_secret: "sign",
    not_signed: "sign",
    no_sandbox: "sign",
  };
  return fields[code] ?? null;
}

/** The list of changes as a set of fields was touched: what is lost when the editor closes. */
export function touched(now: ReplayFields, before: ReplayFields): boolean {
  const { targets: _a, ...a } = now;
  const { targets: _b, ...b } = before;
  return JSON.stringify(a) !== JSON.stringify(b);
}
