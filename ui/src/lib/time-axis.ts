import { clockText, dayText } from "./dates";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 5, 15, 30]
  .map((n) => n * SECOND)
  .concat(
    [1, 5, 15, 30].map((n) => n * MINUTE),
    [1, 3, 6, 12].map((n) => n * HOUR),
    [1, 2, 7, 14, 30, 90, 365].map((n) => n * DAY),
  );

export type Tick = { ms: number; label: string };

/** `19 Nov 00:00`, `19 Nov 08:30:05`: as fine as a step asks for. */
export function timeLabel(ms: number, step: number, now: number): string {
  const date = new Date(ms);
  const millis = step < SECOND ? `.${String(date.getMilliseconds()).padStart(3, "0")}` : "";
  return `${dayText(date, now)} ${clockText(date, step < MINUTE)}${millis}`;
}

/**
 * Where [from, to] is labelled, at most `most` times, at whole hours and days of the local time. The first says its day
 * or month, the others what changes.
 */
export function ticks(from: number, to: number, most: number, now: number): Tick[] {
  if (!(to > from) || most < 1) return [];
  const step = STEPS.find((one) => (to - from) / one <= most) ?? Math.ceil((to - from) / most / DAY) * DAY;
  const found: Tick[] = [];
  let last: Date | null = null;
  for (let ms = firstAt(from, step); ms <= to && found.length <= most; ms = nextAt(ms, step)) {
    const date = new Date(ms);
    const newDay = last === null || last.getDate() !== date.getDate() || last.getMonth() !== date.getMonth();
    const newMonth = last === null || last.getMonth() !== date.getMonth();
    const label =
      step >= DAY
        ? newMonth
          ? dayText(date, now)
          : String(date.getDate())
        : newDay && date.getHours() === 0 && date.getMinutes() === 0
          ? dayText(date, now)
          : clockText(date, step < MINUTE);
    found.push({ ms, label });
    last = date;
  }
  return found;
}

/** The first whole step of the local day at or after a moment. */
function firstAt(from: number, step: number): number {
  const day = new Date(from);
  day.setHours(0, 0, 0, 0);
  if (step >= DAY) {
    if (day.getTime() < from) day.setDate(day.getDate() + 1);
    return day.getTime();
  }
  return day.getTime() + Math.ceil((from - day.getTime()) / step) * step;
}

/** Days are added by the calendar: one of them has 23 hours, another 25. */
function nextAt(ms: number, step: number): number {
  if (step < DAY) return ms + step;
  const date = new Date(ms);
  date.setDate(date.getDate() + Math.round(step / DAY));
  return date.getTime();
}
