import type { Row, Tried } from "../ipc/generated";
import { answer, count, LONGEST_ANSWER_MS, plural } from "./format";

/** The attempts of an event in its rows: a dot each, the newest ones, at gaps to scale. Everything in px. */
export const STRIP_PX = 44;
export const STRIP_HEIGHT_PX = 12;
const SIDE_PX = 4;
/** Dots nearer to each other would touch. */
const APART_PX = 9;
const SECOND = 1000;
/** A character of the number of those that are left out, about. */
const CHAR_PX = 6.6;

/** Taken, to be tried again, refused by us, taken without being verified, and not answered yet. */
export type StripLook = "good" | "again" | "refused" | "unsure" | "waits";
export type StripDot = { x: number; look: StripLook; own: boolean };
export type Strip = {
  /** How many earlier ones are not drawn. */
  more: number;
  /** Where the drawing begins, after their number. */
  left: number;
  dots: readonly StripDot[];
  /** What it shows, for who does not see it. */
  name: string;
};

const good = (status: number) => status >= 200 && status < 300;

/** A verdict of ours is red; of the others what counts is whether the sender tries again. */
export function lookOf(one: Tried, now: number): StripLook {
  if (one.outcome === "rejected") return "refused";
  if (one.status === 0 && one.answered_by === null && now - one.received_ms <= LONGEST_ANSWER_MS) return "waits";
  if (!good(one.status)) return "again";
  return one.outcome === "verified" ? "good" : "unsure";
}

/** The strip of a row's event; null where its attempts are not known. */
export function stripOf(row: Row, now: number): Strip | null {
  if (row.tries.length === 0) return null;
  const shown = shownOf(row);
  const more = Math.max(0, row.attempts - shown.length);
  const left = more > 0 ? Math.ceil((String(more).length + 1) * CHAR_PX) + 2 : 0;
  const xs = placesOf(
    shown.map((one) => one.received_ms),
    left + SIDE_PX,
    STRIP_PX - SIDE_PX,
  );
  const dots = shown.map((one, i) => ({ x: xs[i] ?? left, look: lookOf(one, now), own: one.id === row.id }));
  return { more, left, dots, name: stripWords(row, shown, now) };
}

/** The newest, as many as there is room for beside the number of the others. */
function shownOf({ tries, attempts }: Row): readonly Tried[] {
  const hidden = attempts - tries.length;
  return tries.slice(hidden < 9 ? -4 : hidden < 98 ? -3 : -2);
}

/** Gaps grow with their logarithm, as in the picture of the attempts; what is too near is moved apart. */
function placesOf(times: readonly number[], left: number, right: number): number[] {
  const from = times[0] ?? 0;
  const whole = Math.max(0, (times.at(-1) ?? from) - from);
  const unit = Math.max(1, Math.min(SECOND, whole / 10));
  const share = (ms: number) =>
    whole === 0 ? 0 : Math.log1p(Math.max(0, ms - from) / unit) / Math.log1p(whole / unit);
  const xs = times.map((ms) => left + share(ms) * (right - left));
  const apart = Math.min(APART_PX, (right - left) / Math.max(1, times.length - 1));
  for (let i = 1; i < xs.length; i++) xs[i] = Math.max(xs[i] ?? left, (xs[i - 1] ?? left) + apart);
  for (let i = xs.length - 1, most = right; i >= 0; i--, most -= apart) xs[i] = Math.min(xs[i] ?? right, most);
  return xs;
}

/** `3 attempts, 503, 503, 401`; `9 attempts, the newest 4: 503, 503, 503, 200` */
function stripWords(row: Row, shown: readonly Tried[], now: number): string {
  const all = plural(row.attempts, "attempt");
  const answers = shown.map((one) => answerWords(one, now)).join(", ");
  if (shown.length >= row.attempts) return `${all}, ${answers}`;
  return `${all}, the newest${shown.length > 1 ? ` ${count(shown.length)}` : ""}: ${answers}`;
}

/** Our answer, and the verdict where the answer does not tell it. */
function answerWords(one: Tried, now: number): string {
  const told = answer(one.status, null, one.answered_by, now - one.received_ms);
  const text = told === "…" ? "not answered yet" : told === "none" ? "no answer" : told;
  if (one.outcome === "rejected") return one.status === 401 ? text : `${text} rejected`;
  if (!good(one.status) || one.outcome === "verified") return text;
  return `${text} ${one.outcome === "unchecked" ? "unchecked" : "body not covered"}`;
}
