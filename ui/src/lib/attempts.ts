import type { DeliveryJob, NextAttempt, Row } from "../ipc/generated";
import { clockText, dayText } from "./dates";
import { answer, count, LONGEST_ANSWER_MS, plural, since } from "./format";
import { lengthOf } from "./jobs";
import type { GlyphName } from "./verdict";

/** The words of an event's attempts. Everything takes its `now`. */
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

type Told = Pick<DeliveryJob, "accepted" | "next">;
export type Standing = {
  /** What became of the event so far. */
  glyph: GlyphName;
  tone: "ok" | "warn" | "un";
  head: string;
  /** What is to be expected; empty where nothing can be said. */
  then: string;
  /** The attempt that is expected, where one is. */
  next: NextAttempt | null;
};

const good = (row: Row) => row.status >= 200 && row.status < 300;
const taken = (row: Row) => good(row) && row.outcome === "verified";
const waits = (row: Row, now: number) =>
  row.status === 0 && row.answered_by === null && now - row.received_ms <= LONGEST_ANSWER_MS;

/** Whether the event was taken, and what the sender should do next. `told`: null until it was told. */
export function standing(rows: readonly Row[], told: Told | null, now: number): Standing {
  const first = rows.find(taken);
  if (first) return { glyph: "check", tone: "ok", head: takenWords(first, rows), then: "", next: null };
  if (told?.accepted)
    return {
      glyph: "check",
      tone: "ok",
      head: "Taken at an earlier attempt, which is not in this list.",
      then: "",
      next: null,
    };
  const last = rows.at(-1);
  if (!last) return { glyph: "ring", tone: "un", head: "No attempt is kept.", then: "", next: null };
  if (good(last))
    return {
      glyph: "warn",
      tone: "warn",
      head: `Attempt ${count(last.attempt)} was answered with ${last.status}, though it is ${last.outcome}.`,
      then: "A sender takes that for accepted, and should not try again.",
      next: null,
    };
  const next = told?.next ?? null;
  const over = told !== null && next === null;
  return {
    glyph: "warn",
    tone: "warn",
    head: `Not taken${over ? "" : " yet"}: ${cameWords(rows, last, now)}`,
    then: next ? nextSentence(next, last.received_ms, now) : over ? overWords(rows, last, now) : "",
    next,
  };
}

function takenWords(row: Row, rows: readonly Row[]): string {
  const start = rows[0];
  const more = rows.length - 1 - rows.indexOf(row);
  const after = more > 0 ? ` ${count(more)} more came after it.` : "";
  if (row.attempt === 1) return `Taken at the first attempt.${after}`;
  const later = start?.attempt === 1 ? `, ${gapText(row.received_ms - start.received_ms)} after the first` : "";
  return `Taken at attempt ${count(row.attempt)}${later}.${after}`;
}

function cameWords(rows: readonly Row[], last: Row, now: number): string {
  if (waits(last, now)) return `attempt ${count(last.attempt)} waits for our answer.`;
  const odd = rows.find(good);
  if (odd) return `attempt ${count(odd.attempt)} was answered with ${odd.status}, though it is ${odd.outcome}.`;
  const all = Math.max(rows.length, last.attempts);
  if (all === 1) return "1 attempt came, and was not answered with 2xx.";
  // Of those that are not in the list it is known that none was taken, and no more.
  if (all > rows.length)
    return `${plural(all, "attempt")} came, none of the newest ${rows.length} was answered with 2xx.`;
  return `${plural(all, "attempt")} came, none was answered with 2xx.`;
}

function overWords(rows: readonly Row[], last: Row, now: number): string {
  if (last.imported) return "It came from a file: nothing is known of further attempts.";
  const start = rows[0];
  if (start && now - start.received_ms >= DAY)
    return "A sender tries for 24\u00A0h, as the guide says: no further attempt is expected.";
  return "No further attempt is expected within the 24\u00A0h for which a sender tries, as the guide says.";
}

/** `at about 16:40`, `tomorrow at about 04:10`, `on 3 Dec at about 04:10` */
function atWords(ms: number, now: number, about: string, fine = false): string {
  const date = new Date(ms);
  const time = clockText(date, fine);
  const day = dayWord(date, now);
  return `${day ? `${day} ` : ""}at ${about}${time}`;
}

function dayWord(date: Date, now: number): string {
  const at = (days: number) => {
    const day = new Date(now);
    day.setDate(day.getDate() + days);
    return day.toDateString();
  };
  if (date.toDateString() === at(0)) return "";
  if (date.toDateString() === at(1)) return "tomorrow";
  return date.toDateString() === at(-1) ? "yesterday" : `on ${dayText(date, now)}`;
}

/** Seconds are told where the wait is short. */
const isFine = (next: NextAttempt, last: number) => next.at_ms - last < 2 * MINUTE;

function nextSentence(next: NextAttempt, last: number, now: number): string {
  const fine = isFine(next, last);
  const when = atWords(next.at_ms, now, "about ", fine);
  const end = `gives up ${atWords(next.gives_up_ms, now, "")}`;
  const left = next.at_ms - now;
  if (left > 0) return `The sender should try again ${when}, in ${lengthOf(roundUp(left))}, and ${end}.`;
  if (-left <= next.spread_ms) return `The sender should try again about now, and ${end}.`;
  return `The sender should have tried again ${when}, ${lengthOf(-left)} ago, and ${end}.`;
}

/** Not `in 0 s`, nor milliseconds. */
const roundUp = (ms: number) => Math.max(1, Math.ceil(ms / 1000)) * 1000;

/** `16:40`, `16:40:07`, `1 Dec 04:10`: the expected attempt, as short as it can be told. */
export function nextClock(next: NextAttempt, last: number, now: number): string {
  const date = new Date(next.at_ms);
  const time = clockText(date, isFine(next, last));
  return dayWord(date, now) === "" ? time : `${dayText(date, now)} ${time}`;
}

/** Why the guess is what it is. `unseen`: how many attempts that were perhaps not seen it counts. */
export function whyWords(next: NextAttempt, last: number, now: number, unseen = 0): string {
  const spread = next.spread_ms >= 1000 ? `, ${lengthOf(next.spread_ms)} either way` : "";
  const from =
    next.from_events > 0
      ? `from the gaps of ${plural(next.from_events, "retried event")}; the service publishes none`
      : "from the schedule that Standard Webhooks suggests; no retried event was seen here yet";
  const counted = unseen > 0 ? ` It counts ${plural(unseen, "attempt")} that could not be seen.` : "";
  return `Why ${nextClock(next, last, now)}${spread}: a guess ${from}.${counted}`;
}

/** `5.1 s`, `35 min`, `2 h`, `1 h 05 min` */
export function gapText(ms: number): string {
  return ms < 10_000 ? since(ms).slice(1) : lengthOf(ms);
}

/** How long after the newest attempt the next is expected: no finer than a guess can be. */
export function guessedGap(next: NextAttempt, last: number): string {
  const ms = Math.max(0, next.at_ms - last);
  return gapText(ms < 2 * MINUTE ? ms : Math.round(ms / MINUTE) * MINUTE);
}

/** `14:05:02.114` of today, `28 Nov 14:05:02` of another day. */
export function arrivedText(ms: number, now: number): string {
  const date = new Date(ms);
  const time = clockText(date, true);
  return dayWord(date, now) === ""
    ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}`
    : `${dayText(date, now)} ${time}`;
}

/** Our answer without its time: `401`, `dropped`, `none`, `…` */
export const answerText = (row: Row, now: number): string =>
  answer(row.status, null, row.answered_by, now - row.received_ms);

/** Who answered, where it was not Pollux as usual. */
export function answererText(row: Row): string {
  if (row.answered_by === null) return "";
  return row.answered_by === "rule" ? "fault lab" : "target";
}
