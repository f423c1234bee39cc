import type { VerifiedAgain } from "../ipc/generated";
import { count, moment } from "./format";

/** `09:12` of today, `2026-11-28 09:12` of another day. */
export function at(ms: number, now: number): string {
  const [date = "", time = ""] = moment(ms).split(" ");
  const minute = time.slice(0, 5);
  return moment(now).startsWith(date) ? minute : `${date} ${minute}`;
}

/**
 * What came of judging deliveries again; empty where there is nothing to say. `asked`: how many were asked for by hand;
 * "given": the user has just given a secret; null: in the background.
 */
export function outcome(sum: VerifiedAgain, asked: number | "given" | null): string {
  const said: string[] = [];
  if (sum.verified > 0) said.push(`${count(sum.verified)} ${sum.verified === 1 ? "is" : "are"} now verified.`);
  const checked = sum.looked - sum.partial;
  if (sum.verified === 0 && asked === null) return "";
  if (sum.verified === 0 && checked > 0) {
    said.push(
      checked === 1
        ? "Checked again: no key verifies it."
        : `${count(checked)} were checked again: no key verifies any of them.`,
    );
  }
  if (sum.partial > 0)
    said.push(
      sum.partial === 1
        ? "1 could not be checked again: only part of its body was kept."
        : `${count(sum.partial)} could not be checked again: only part of their body was kept.`,
    );
  if (said.length === 0 && typeof asked === "number")
    said.push(asked === 1 ? "It is already verified." : "Nothing to check again: all of them are verified.");
  return said.join(" ");
}
