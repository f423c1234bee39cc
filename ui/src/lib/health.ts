import type { HistoryDamage, HistoryHealth, MissingDeliveries, Recovery } from "../ipc";
import { count, plural } from "./format";
import { dayTime } from "./keep";

/** A check that the window asked for: whether every delivery was read back, and when it ended. */
export type Checked = { thorough: boolean; atMs: number };

/** The back end tells of no more stretches than these. */
const STRETCHES_TOLD = 100;

const deliveries = (n: number): string => plural(n, "delivery", "deliveries");

/**
 * What is lost, to stand after a colon: `20 of 54,000 deliveries cannot be read back.` Where the history's own count
 * cannot be read, nothing is said of how many there were.
 */
export function damageWords({ deliveries: all, readable }: HistoryDamage): string {
  if (all === null)
    return readable === 0
      ? "no delivery can be read back, and how many there were cannot be read either."
      : `${deliveries(readable)} can be read back; how many there were cannot be read.`;
  if (readable > all) return `${deliveries(readable)} can be read back, though it counts ${count(all)}.`;
  if (all === 0) return "it counts no deliveries, and none was found.";
  if (all === 1) return `its only delivery ${readable === 1 ? "can" : "cannot"} be read back.`;
  if (readable === all) return `all of its ${deliveries(all)} can be read back.`;
  if (readable === 0) return `none of its ${deliveries(all)} can be read back.`;
  return `${count(all - readable)} of ${deliveries(all)} cannot be read back.`;
}

/** `121 to 180, 400 and 97 more stretches`: at most so many of them. Empty where there are none. */
export function stretchWords(stretches: HistoryDamage["unreadable"], most: number): string {
  const parts = stretches
    .slice(0, most)
    .map(([from, to]) => (from === to ? count(from) : `${count(from)} to ${count(to)}`));
  const rest = stretches.length - parts.length;
  if (rest > 0) {
    const more = plural(rest, "more stretch", "more stretches");
    parts.push(stretches.length < STRETCHES_TOLD ? more : `at least ${more}`);
  }
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** `Deliveries 121 to 180 were stored and are not in the file.` */
export function missingWords({ stored, found }: MissingDeliveries): string {
  return stored - found === 1
    ? `Delivery ${count(stored)} was stored and is not in the file.`
    : `Deliveries ${count(found + 1)} to ${count(stored)} were stored and are not in the file.`;
}

/** When that was noted, what is known of the cause, and what to do. `file`: the name of the history. */
export function missingHelp({ stored, noted_ms, log_gone }: MissingDeliveries, file: string): string {
  const noted = `Pollux noted on ${dayTime(noted_ms)} that it had stored delivery ${count(stored)}.`;
  return log_gone
    ? `${noted} The log of the history (-wal) is gone, in which the newest deliveries were. If you still have ` +
        `${file}-wal, quit Pollux, make a copy of ${file}, put ${file}-wal back beside it, and check the history ` +
        `after the next start.`
    : `${noted} An older copy of the history may have been put in its place. If you did not mean to, quit Pollux and ` +
        `put the newer ${file} back.`;
}

/** `Damaged: …`, `Sound: …`: no more than what is known. `checked`: what the window asked for itself. */
export function healthWords(health: HistoryHealth, checked: Checked | null): string {
  switch (health.state) {
    case "not_checked":
      return "Not checked in this run";
    case "checking":
      return "Checking…";
    case "sound":
      return checked?.thorough
        ? "Sound: every delivery can be read back."
        : "Sound in its structure. Whether every delivery can be read back is not known.";
    case "damaged":
      return health.damage === null ? "Damaged." : `Damaged: ${damageWords(health.damage)}`;
  }
}

/** `Recovered 53,980 of 54,000 deliveries. The damaged history is kept at /home/ada/pollux-2026-11-29.db.` */
export function recoveredWords({ deliveries: got, of, kept }: Recovery): string {
  return `${gotWords(got, of)} The damaged history is kept at ${kept}.`;
}

function gotWords(got: number, of: number | null): string {
  if (of === null) return `Recovered ${deliveries(got)}; how many there were cannot be read.`;
  if (got > of) return `Recovered ${deliveries(got)}, though the damaged history counted ${count(of)}.`;
  if (of === 0) return "Recovered the history; it counted no deliveries.";
  if (got < of) return `Recovered ${count(got)} of ${deliveries(of)}.`;
  return of === 1 ? "Recovered its only delivery." : `Recovered all ${deliveries(of)}.`;
}

/** What is lost besides whole deliveries; null where that is nothing. */
export function recoveredDetail({ without_verdict: bare, others }: Recovery): string | null {
  const parts: string[] = [];
  if (bare === 1) parts.push("1 of them lost the details of its verdict: verify it again.");
  if (bare > 1) parts.push(`${count(bare)} of them lost the details of their verdicts: verify them again.`);
  if (others.length > 0) parts.push(`Something could not be read of ${others.join(", ")}.`);
  return parts.length === 0 ? null : parts.join(" ");
}
