import { graphemes } from "./graphemes";

/** Numbers, times and sizes in the words of the window. Everything takes its `now`: nothing here reads a clock. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const grouped = new Intl.NumberFormat("en-GB");

/** A number with its unit, which stay on one line: `24 h`. */
export function withUnit(n: number | string, unit: string): string {
  return `${n}\u00A0${unit}`;
}

/** The same for a text in which each number is followed by its unit. */
export function unbroken(text: string): string {
  return text.replace(/(\d) (?=\p{L})/gu, "$1\u00A0");
}

/** `100,418` */
export function count(n: number): string {
  return grouped.format(n);
}

/** `1 row`, `12 rows` */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** Time since: `now`, `12 s`, `2 min`, `3 h`, `5 d`. A clock that ran backwards shows as `now`. */
export function age(then: number, now: number): string {
  const passed = now - then;
  return passed < 2 * SECOND ? "now" : span(passed);
}

/** The same in a sentence: `just now`, `12 s ago`, `3 h ago`. */
export function ago(then: number, now: number): string {
  const passed = age(then, now);
  return passed === "now" ? "just now" : `${passed} ago`;
}

/** A length of time in its largest unit, rounded down: `41 s`, `7 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  if (ms < MINUTE) return withUnit(Math.max(0, Math.floor(ms / SECOND)), "s");
  if (ms < HOUR) return withUnit(Math.floor(ms / MINUTE), "min");
  if (ms < 2 * DAY) return withUnit(Math.floor(ms / HOUR), "h");
  return withUnit(count(Math.floor(ms / DAY)), "d");
}

/** Time between two attempts: `+0.4 s`, `+12 s`, `+1 h 5 min`. */
export function since(ms: number): string {
  if (ms < 10 * SECOND) return `+${withUnit((Math.max(0, ms) / SECOND).toFixed(1), "s")}`;
  if (ms < MINUTE) return `+${withUnit(Math.round(ms / SECOND), "s")}`;
  const minutes = Math.floor(ms / MINUTE);
  if (minutes < 60) return withRest(minutes, "min", Math.floor((ms % MINUTE) / SECOND), "s");
  return withRest(Math.floor(ms / HOUR), "h", Math.floor((ms % HOUR) / MINUTE), "min");
}

function withRest(big: number, unit: string, small: number, lesser: string): string {
  const whole = `+${withUnit(count(big), unit)}`;
  return small ? `${whole} ${withUnit(small, lesser)}` : whole;
}

/** `231 B`, `1.2 KiB`, `212 MiB`: powers of 1024, as limits are given. */
export function bytes(n: number): string {
  if (n < 1024) return withUnit(n, "B");
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = n / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return withUnit(value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value), units[unit] ?? "");
}

/** Microseconds as one reads them: `<1 ms`, `3 ms`, `1.4 s`, `12 s`. */
export function took(us: number): string {
  if (us < 1000) return withUnit("<1", "ms");
  if (us < 1_000_000) return withUnit(Math.round(us / 1000), "ms");
  return withUnit(us < 10_000_000 ? (us / 1_000_000).toFixed(1) : count(Math.round(us / 1_000_000)), "s");
}

/** For query times, where one decimal is worth reading: `0.4 ms`, `6 ms`. */
export function tookFine(us: number): string {
  return us < 10_000 ? withUnit((us / 1000).toFixed(1), "ms") : took(us);
}

/**
 * `200 · 3 ms`, or `200` while the time is not known; without a status the connection was dropped by somebody, or
 * nothing was answered yet.
 */
export function answer(status: number, us: number | null, by: string | null = null, waited = 0): string {
  if (status === 0 && by === null) return waited > LONGEST_ANSWER_MS ? "none" : "…";
  const what = status > 0 ? String(status) : "dropped";
  return us === null ? what : `${what} · ${took(us)}`;
}

/** No answer takes longer: beyond this, Pollux or the sender was gone before there was one. */
export const LONGEST_ANSWER_MS = 180_000;

/** Local time to the millisecond, with the zone's offset: for titles. */
export function moment(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return String(ms);
  const pad = (n: number, width = 2) => String(n).padStart(width, "0");
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${pad(Math.floor(Math.abs(offset) / 60))}:${pad(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time}.${pad(date.getMilliseconds(), 3)} ${zone}`;
}

/** `2 s before it arrived`, from the skew (positive: the timestamp is in the past), in seconds. */
export function skew(seconds: number): string {
  if (seconds === 0) return "the second it arrived";
  const long = Math.abs(seconds);
  const text = long < 3600 ? withUnit(count(long), "s") : span(long * SECOND);
  return seconds > 0 ? `${text} before it arrived` : `${text} after it arrived`;
}

/** Cuts the middle: `msg_5f0c…e21a`. Counts what one sees as characters, so none is halved. */
export function middle(text: string, most: number, tail = 4): string {
  const chars = graphemes(text);
  if (chars.length <= most) return text;
  const end = Math.min(tail, Math.max(1, Math.floor((most - 1) / 2)));
  return `${chars.slice(0, most - 1 - end).join("")}…${chars.slice(-end).join("")}`;
}

/** The address of a sender without its port: `127.0.0.1`, `::1`. */
export function hostOfPeer(peer: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(peer)?.[1] ?? peer.replace(/^([^:]*):\d+$/, "$1");
}
