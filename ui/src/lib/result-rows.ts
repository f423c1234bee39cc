import type { ResultRow, ResultRowState } from "../ipc/generated";
import { count } from "./format";

/** A row of a batch's output in a word, with its glyph. */
export type RowGlyph = "check" | "cross" | "dashed" | "copies" | "dash";
export type RowLook = { glyph: RowGlyph; tone: "ok" | "no" | "warn" | "un"; word: string; detail: string };

const WORDS: Record<ResultRowState, string> = {
  good: "Good",
  error: "Error",
  blocked: "Blocked",
  cut_off: "Cut off",
  empty: "Empty",
  unparsable: "Unreadable",
  missing: "Missing",
};

/** What the names of errors mean in one word. */
const SHORT: Record<string, string> = {
  RESOURCE_EXHAUSTED: "quota",
  UNAVAILABLE: "unavailable",
  INVALID_ARGUMENT: "invalid",
  DEADLINE_EXCEEDED: "too slow",
  INTERNAL: "internal",
  PERMISSION_DENIED: "denied",
  UNAUTHENTICATED: "no key",
  NOT_FOUND: "not found",
  FAILED_PRECONDITION: "precondition",
  CANCELLED: "cancelled",
  ABORTED: "aborted",
};

/** `429 RESOURCE_EXHAUSTED` as `429 quota`. */
export function shortError(name: string): string {
  const [, code = "", word = ""] = /^(\d+ )?([A-Z_]+)$/.exec(name) ?? [];
  const short = SHORT[word];
  return short === undefined ? name : `${code}${short}`;
}

export function rowLook(row: Pick<ResultRow, "state" | "detail" | "answers" | "repeat">): RowLook {
  if (row.repeat) return { glyph: "copies", tone: "un", word: "Repeat", detail: "not counted" };
  if (row.state === "missing") return { glyph: "dashed", tone: "warn", word: WORDS.missing, detail: "" };
  if (row.state === "good" && row.answers > 1)
    return { glyph: "copies", tone: "warn", word: "Doubled", detail: `${count(row.answers)} answers` };
  if (row.state === "good") return { glyph: "check", tone: "ok", word: WORDS.good, detail: "" };
  const detail = row.detail === null ? "" : row.state === "error" ? shortError(row.detail) : row.detail;
  return { glyph: "cross", tone: "no", word: WORDS[row.state], detail };
}

/** What a row says: its text, or where a missing one was asked for. */
export function rowText(row: Pick<ResultRow, "state" | "line" | "text">): string {
  if (row.state === "missing") return `Asked for in line ${count(row.line)}, no line in the output`;
  return row.text;
}

/** Quiet where there is nothing to read but what went wrong. */
export const isQuiet = (row: Pick<ResultRow, "state" | "repeat">): boolean =>
  row.state === "missing" || row.state === "error" || row.repeat;

/** A number of tokens in a narrow column; where the row does not say it, no number. */
export function tokens(n: number | null): string {
  if (n === null) return "–";
  return n < 100_000 ? count(n) : n < 10_000_000 ? `${count(Math.floor(n / 1000))}k` : `${count(Math.floor(n / 1e6))}M`;
}

/** The key, or what stands for it. */
export const keyOf = (row: Pick<ResultRow, "key" | "line">): string => row.key ?? `line ${count(row.line)}`;

export type StripMark = { at: number; tone: "no" | "warn" };

/** The strip beside the rows: a mark for each part that has failed or missing rows, failed ones first. */
export function stripMarks(strip: { failed: number[]; missing: number[]; parts: number }): StripMark[] {
  if (strip.parts === 0) return [];
  const failed = new Set(strip.failed);
  return [
    ...strip.failed.map((part) => ({ at: part / strip.parts, tone: "no" as const })),
    ...strip.missing
      .filter((part) => !failed.has(part))
      .map((part) => ({ at: part / strip.parts, tone: "warn" as const })),
  ];
}
