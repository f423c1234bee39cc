import type { DayDeliveries, DayJobs, HistogramBucket, Span } from "../ipc/generated";
import { two } from "./dates";
import { total } from "./histogram";

/** The hours of a local day, and what is drawn over them. Everything takes its `now`: nothing here reads a clock. */
const HOUR = 3_600_000;

/** Midnight, every hour after it, and the next midnight: one day of the year has 23 hours, another 25. */
export function dayEdges(now: number): number[] {
  const start = new Date(now);
  start.setHours(0, 0, 0, 0);
  const end = new Date(start);
  end.setDate(end.getDate() + 1);
  const edges: number[] = [];
  for (let ms = start.getTime(); ms < end.getTime(); ms += HOUR) edges.push(ms);
  return [...edges, end.getTime()];
}

/** Weeks of which the same day is looked at. */
export const WEEKS = 4;

/** The same weekday of the weeks before. */
export function daysBefore(now: number): number[][] {
  return Array.from({ length: WEEKS }, (_, i) => {
    const date = new Date(now);
    date.setHours(12, 0, 0, 0);
    date.setDate(date.getDate() - 7 * (i + 1));
    return dayEdges(date.getTime());
  });
}

/** What an hour usually has: the mean of the days of which it is known, two at least; else null. */
export function usualOf(days: readonly (readonly (number | null)[])[], hours: number): (number | null)[] {
  // A day with another number of hours has them elsewhere.
  const alike = days.filter((day) => day.length === hours);
  return Array.from({ length: hours }, (_, hour) => {
    const known = alike.flatMap((day) => day[hour] ?? []);
    return known.length < 2 ? null : known.reduce((sum, n) => sum + n, 0) / known.length;
  });
}

/** What there usually is by now: null unless every hour until now is known. */
export function usuallyBy(usual: readonly (number | null)[], edges: readonly number[], now: number): number | null {
  if (usual.length === 0) return null;
  let sum = 0;
  for (const [hour, mean] of usual.entries()) {
    const [from = 0, to = 0] = [edges[hour], edges[hour + 1]];
    if (from >= now) break;
    if (mean === null) return null;
    sum += mean * Math.min(1, (now - from) / Math.max(1, to - from));
  }
  return Math.round(sum);
}

/** How many of the earlier days the mean is of, at most. */
export function daysKnown(days: readonly (readonly (number | null)[])[]): number {
  return days.filter((day) => day.some((count) => count !== null)).length;
}

/** The hour that holds a moment, or the nearest. */
export function hourAt(edges: readonly number[], ms: number): number {
  const after = edges.findIndex((edge) => edge > ms);
  return Math.min(Math.max(0, (after < 0 ? edges.length : after) - 1), Math.max(0, edges.length - 2));
}

/** Where a moment stands on the day's axis, 0 to 1. */
export function shareAt(edges: readonly number[], ms: number): number {
  const [from = 0] = edges;
  const to = edges.at(-1) ?? from + 1;
  return Math.min(1, Math.max(0, (ms - from) / Math.max(1, to - from)));
}

/** Labels under the axis: four hours of a day, and its end. */
export function hourLabels(edges: readonly number[]): { at: number; text: string }[] {
  const marked = edges.slice(0, -1).filter((ms) => new Date(ms).getHours() % 6 === 0);
  // On the day with two hours of one name, the first is meant.
  const once = marked.filter((ms, i) => i === 0 || new Date(ms).getHours() !== new Date(marked[i - 1] ?? 0).getHours());
  const hours = once.map((ms) => ({ at: shareAt(edges, ms), text: two(new Date(ms).getHours()) }));
  return [...hours, { at: 1, text: "24" }];
}

/** A round number at the top of the picture, and the steps below it. */
export function scale(most: number): { top: number; steps: number[] } {
  if (most <= 0) return { top: 1, steps: [] };
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [0.5, 1, 2, 5, 10].map((n) => n * power).find((n) => most / n <= 3) ?? power * 10;
  const whole = Math.max(1, step);
  const top = Math.ceil(most / whole) * whole;
  return { top, steps: Array.from({ length: Math.round(top / whole) }, (_, i) => (i + 1) * whole) };
}

/** How long, in ms, of [from, to) the spans that hold cover. */
export function covered(spans: readonly Span[], from: number, to: number, holds: (span: Span) => boolean): number {
  return spans
    .filter(holds)
    .reduce((sum, span) => sum + Math.max(0, Math.min(span.to_ms, to) - Math.max(span.from_ms, from)), 0);
}

/** How much of an hour the listener was open; null: nothing is known of that hour, or it lies ahead. */
export type Open = "all" | "part" | "none" | null;

/** Less than a minute closed is a restart, not an outage. */
const RESTART_MS = 60_000;

export function openIn(spans: readonly Span[], from: number, to: number, now: number): Open {
  const until = Math.min(to, now);
  const known = covered(spans, from, until, () => true);
  if (until <= from || known === 0) return null;
  const open = covered(spans, from, until, (span) => span.up);
  if (open === 0 && until - from > RESTART_MS) return "none";
  return until - from - open < RESTART_MS ? "all" : "part";
}

/** Times in which the listener was known to be closed, a minute and longer. */
export function closedTimes(spans: readonly Span[]): Span[] {
  return spans.filter((span) => !span.up && span.to_ms - span.from_ms >= RESTART_MS);
}

export const sumOf = (day: DayDeliveries): HistogramBucket =>
  day.hours.reduce(
    (sum, hour) => ({
      verified: sum.verified + hour.verified,
      old_secret: sum.old_secret + hour.old_secret,
      unbound: sum.unbound + hour.unbound,
      rejected: sum.rejected + hour.rejected,
      unchecked: sum.unchecked + hour.unchecked,
    }),
    { verified: 0, old_secret: 0, unbound: 0, rejected: 0, unchecked: 0 },
  );

export const countOf = (day: DayDeliveries): number => day.hours.reduce((sum, hour) => sum + total(hour), 0);

export const NO_JOBS: DayJobs = { told: 0, missed: 0, aside: 0, open: 0, not_expected: 0 };

export const jobsOf = (hours: readonly DayJobs[]): DayJobs =>
  hours.reduce(
    (sum, hour) => ({
      told: sum.told + hour.told,
      missed: sum.missed + hour.missed,
      aside: sum.aside + hour.aside,
      open: sum.open + hour.open,
      not_expected: sum.not_expected + hour.not_expected,
    }),
    NO_JOBS,
  );

export const jobsIn = (jobs: DayJobs): number => jobs.told + jobs.missed + jobs.aside + jobs.open + jobs.not_expected;
