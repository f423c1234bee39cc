import type { QueryPart, QueryProblem, QueryRead, Row } from "../ipc";
import { parts, unquoted, type Part } from "../lib/query-text";

/** What a row can be asked for, with its words where there are few. */
export const FIELDS: Record<string, readonly string[]> = {
  type: [],
  verdict: ["verified", "old-secret", "rejected", "unchecked"],
  reason: ["no_matching_signature", "timestamp_too_old", "unknown_kid", "no_secret"],
  scheme: ["v1", "v1a", "jwt"],
  answer: ["2xx", "4xx", "5xx"],
  attempts: [">1"],
  duplicate: ["yes", "no"],
  project: [],
  id: [],
  job: [],
  path: [],
  size: [">10k"],
  since: ["1h", "today", "1d"],
  until: [],
  at: [],
  pinned: ["yes", "no"],
  note: ["*"],
  imported: ["yes", "no"],
};
const NESTED = /^(header|body|meta)\../;
const folded = (text: string) => text.toLowerCase();
const values = (value: string) =>
  (value.replace(/^=/, "").match(/"(?:[^"\\]|\\.)*"|[^,]+/g) ?? []).map((one) => folded(unquoted(one)));

/** Reads a query in small: fields, lists, `or`, parentheses; enough to draw with and to test against. */
export function readQuery(text: string): QueryRead {
  const found: QueryPart[] = [];
  const problems: QueryProblem[] = [];
  walk(text, 0, found, problems);
  return { parts: found, problems, canonical: problems.length ? "" : text.trim().replace(/\s+/g, " ") };
}

function walk(text: string, offset: number, found: QueryPart[], problems: QueryProblem[], out = false): void {
  for (const part of parts(text)) {
    const [start, end] = [offset + part.start, offset + part.end];
    const put = (kind: QueryPart["kind"], from = start, to = end) =>
      found.push({ start: from, end: to, kind, negated: part.negated || out, field: part.field, label: part.text });
    const group = /^(not)?\(/i.exec(part.text)?.[0];
    if (part.field === null && group !== undefined) {
      const head = part.text.indexOf("(") + 1 + (part.negated ? 1 : 0);
      put("open", start, start + head);
      const closed = part.text.endsWith(")");
      const inner = text.slice(part.start + head, closed ? part.end - 1 : part.end);
      if (closed && inner.trim() === "")
        problems.push({ start, end, message: "There is nothing in these parentheses.", nearest: "" });
      walk(inner, start + head, found, problems, out !== (part.negated || group.length > 1));
      if (closed) put("close", end - 1, end);
      else problems.push({ start, end: start + head, message: "This parenthesis is not closed.", nearest: null });
    } else if (part.text === '""') {
      put("bad");
      problems.push({ start, end, message: "There is no text in these quotes.", nearest: "" });
    } else if (part.field === null) put(folded(part.text) === "or" && !part.negated ? "or" : "text");
    else put(problemOf(part, start, end, problems) ? "bad" : "chip");
  }
}

function problemOf(part: Part, start: number, end: number, problems: QueryProblem[]): boolean {
  const field = folded(part.field ?? "");
  const sign = part.negated ? 1 : 0;
  const after = start + sign + field.length + 1;
  if (!(field in FIELDS) && !NESTED.test(field)) {
    const near = Object.keys(FIELDS).find((one) => close(one, field)) ?? null;
    const message = near ? `There is no field “${field}”. Did you mean “${near}”?` : `There is no field “${field}”.`;
    problems.push({ start: start + sign, end: after, message, nearest: near === null ? null : `${near}:` });
  } else if (part.value === "")
    problems.push({ start, end, message: `“${field}:” needs a value after the colon.`, nearest: null });
  else {
    const words = FIELDS[field] ?? [];
    const odd = ["verdict", "scheme", "duplicate", "pinned"].includes(field)
      ? values(part.value).find((one) => !words.includes(one))
      : undefined;
    if (odd === undefined) return false;
    const near = words.find((one) => close(one, odd)) ?? null;
    const message = `“${odd}” is no ${field}: it is one of ${words.join(", ")}.`;
    problems.push({ start: after, end, message, nearest: near });
  }
  return true;
}

/** One letter more, less, other or swapped, or the beginning of it. */
function close(word: string, typed: string): boolean {
  if (typed.length > 2 && word.startsWith(typed)) return true;
  if (Math.abs(word.length - typed.length) > 1) return false;
  const sorted = (text: string) => [...text].sort().join("");
  const same = [...word].filter((char) => typed.includes(char)).length;
  return sorted(word) === sorted(typed) || same >= Math.max(word.length, typed.length) - 1;
}

export type Asked = {
  row: Row;
  project: string;
  body: () => string;
  headers: () => readonly (readonly [string, string])[];
};

/** Whether a delivery matches, the text of it given by whoever has it. */
export function matchesQuery(text: string, asked: (row: Row) => Asked, row: Row): boolean {
  let any = false;
  let all = true;
  for (const part of parts(text)) {
    if (part.field === null && !part.negated && folded(part.text) === "or") {
      any ||= all;
      all = true;
    } else all &&= one(part, asked, row) !== part.negated;
  }
  return any || all;
}

function one(part: Part, asked: (row: Row) => Asked, row: Row): boolean {
  if (part.field === null) {
    const group = /^(not)?\((.*?)\)?$/is.exec(part.text);
    if (group) return matchesQuery(group[2] ?? "", asked, row) !== (group[1] !== undefined);
    const sought = folded(unquoted(part.text));
    const has = (value: string | null) => value !== null && folded(value).includes(sought);
    return has(row.message_id) || has(row.pointer) || has(row.event_type) || has(asked(row).body());
  }
  return values(part.value).some((value) => test(folded(part.field ?? ""), value, asked, row));
}

function test(field: string, value: string, asked: (row: Row) => Asked, row: Row): boolean {
  const has = (own: string | null) => own !== null && (value === "*" || folded(own).includes(value));
  const yes = (own: boolean) => own === (value === "yes");
  const old = row.outcome === "verified" && row.grace_until !== null;
  switch (field) {
    case "type":
      return has(row.event_type);
    case "verdict":
      return value === "old-secret" ? old : row.outcome === value;
    case "reason":
      return has(row.reason);
    case "scheme":
      return has(row.scheme);
    case "answer":
      return value.endsWith("xx") ? Math.floor(row.status / 100) === Number(value[0]) : number(row.status, value);
    case "attempts":
      return number(row.attempts, value);
    case "size":
      return number(row.body_len, value);
    case "duplicate":
      return yes(row.duplicate);
    case "pinned":
      return yes(row.pinned);
    case "imported":
      return yes(row.imported);
    case "note":
      return has(row.note);
    case "id":
      return value === `#${row.id}` || has(row.message_id);
    case "job":
      return has(row.pointer);
    case "since":
      return row.received_ms >= moment(value);
    case "until":
      return row.received_ms < moment(value);
    case "project":
      return has(asked(row).project);
    default:
      break;
  }
  const { body, headers } = asked(row);
  if (field.startsWith("header.")) return headers().some(([name, own]) => folded(name) === field.slice(7) && has(own));
  return folded(body()).includes(value);
}

function number(own: number, value: string): boolean {
  const [, sign = "", digits = "0", unit = "", , upTo = ""] = /^(>=?|<=?)?(\d+)(k|m)?(\.\.(\d+))?$/.exec(value) ?? [];
  const wanted = Number(digits) * (unit === "k" ? 1000 : unit === "m" ? 1_000_000 : 1);
  if (upTo) return own >= wanted && own <= Number(upTo);
  return (
    { ">": own > wanted, ">=": own >= wanted, "<": own < wanted, "<=": own <= wanted, "": own === wanted }[sign] ??
    false
  );
}

function moment(value: string): number {
  const [, amount, unit] = /^(\d+)([smhd])$/.exec(value) ?? [];
  const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  if (unit) return Date.now() - Number(amount) * (units[unit] ?? 0);
  return value === "today" ? new Date().setHours(0, 0, 0, 0) : Date.parse(value);
}
