import type { AnswerDiff, DiffLine } from "../ipc/generated";
import { plural } from "./format";

/** One thing in which two answers differ; null: one of them does not have it. */
export type AnswerChange = { field: string; before: string | null; after: string | null };

const LONGEST_LINE = 120;

/** Header lines that differ, the two values of a name in one line. */
export function headerChanges(lines: readonly DiffLine[]): AnswerChange[] {
  const changes: AnswerChange[] = [];
  for (const { side, text } of lines) {
    const at = text.indexOf(":");
    const [field, value] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1).trim()];
    const open = changes.find(
      (one) => one.field === field && (side === "first" ? one.before === null : one.after === null),
    );
    if (open) open[side === "first" ? "before" : "after"] = value;
    else changes.push({ field, before: side === "first" ? value : null, after: side === "first" ? null : value });
  }
  return changes;
}

/** A body of one short line that became another; null where it takes more than a line to say. */
function shortBody(lines: readonly DiffLine[]): AnswerChange | null {
  if (lines.some((line) => line.side === "both")) return null;
  const [gone, come] = [lines.filter((line) => line.side === "first"), lines.filter((line) => line.side === "other")];
  if (gone.length > 1 || come.length > 1 || lines.some((line) => line.text.length > LONGEST_LINE)) return null;
  return { field: "body", before: gone[0]?.text ?? null, after: come[0]?.text ?? null };
}

/** A difference as a list of changes, and the lines of the body where they say more. */
export function answerChanges(diff: AnswerDiff): { changes: AnswerChange[]; body: readonly DiffLine[] } {
  const changes = headerChanges(diff.headers);
  if (diff.status) changes.unshift({ field: "status", before: String(diff.status[0]), after: String(diff.status[1]) });
  const short = diff.body.length > 0 ? shortBody(diff.body) : null;
  if (short) changes.push(short);
  return { changes, body: short ? [] : diff.body };
}

/** `status, headers, body`; `nothing` where only what is new with every answer differs. */
export function differsIn(diff: AnswerDiff): string {
  const parts = [
    diff.status ? "status" : "",
    diff.headers.length > 0 ? "headers" : "",
    diff.body.length > 0 || diff.body_note !== null ? "body" : "",
  ];
  return parts.filter(Boolean).join(", ") || "nothing";
}

/** `4 changes; date and x-request-id left out` */
export function countWords(diff: AnswerDiff): string {
  const { changes, body } = answerChanges(diff);
  const number = changes.length + (body.length > 0 || (diff.body_note !== null && diff.body.length === 0) ? 1 : 0);
  const said = number === 0 ? "the same" : plural(number, "change");
  const out = diff.left_out.join(" and ");
  return out === "" ? said : `${said}; ${out} left out`;
}
