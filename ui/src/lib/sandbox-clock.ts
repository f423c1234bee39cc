import type { SandboxClock } from "../ipc/generated";
import { clockText, dayText, weekday } from "./dates";
import { span, withUnit } from "./format";

/** The emulator's time, from the last reading and the wall clock. */
export function clockAt(clock: SandboxClock, wallMs: number): number {
  return clock.now_ms + Math.max(0, wallMs - clock.wall_ms) * clock.warp;
}

export type Pace = { id: string; label: string; title: string };

/** How many seconds of the emulator pass in one of ours. */
const PACES: readonly Pace[] = [
  { id: "0", label: "Stop", title: "The clock stands still: nothing falls due by itself" },
  { id: "1", label: "1×", title: "As fast as the wall clock" },
  { id: "60", label: "60×", title: "A minute in a second" },
  { id: "3600", label: "1\u00A0h/s", title: "An hour in a second" },
  { id: "8640", label: "24\u00A0h in 10\u00A0s", title: "A whole day of retries in ten seconds" },
];

/** The paces to choose from; one that was set elsewhere is among them. */
export function paces(warp: number): readonly Pace[] {
  if (PACES.some((pace) => pace.id === String(warp))) return PACES;
  return [...PACES, { id: String(warp), label: `${warp}×`, title: "Set over HTTP" }];
}

/** `07:12:44` and `Sat 21 Nov`, in local time. */
export function clockFace(ms: number): { time: string; date: string } {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return { time: "--:--:--", date: "" };
  // Its year is left out, whichever it is.
  return { time: clockText(ms, true), date: `${weekday(ms).slice(0, 3)} ${dayText(ms, ms)}` };
}

/** How the emulator's clock stands to the wall's: `wall time`, `3 h ahead`, `2 min behind`. */
export function offset(nowMs: number, wallMs: number): string {
  const ahead = nowMs - wallMs;
  if (Math.abs(ahead) < 2000) return "wall time";
  return ahead > 0 ? `${span(ahead)} ahead` : `${span(-ahead)} behind`;
}

/** How long until a moment: `now`, `in 0.4 s`, `in 41 s`, `in 3 min 20 s`, `in 2 h 5 min`. */
export function until(ms: number, nowMs: number): string {
  const left = ms - nowMs;
  return left <= 0 ? "now" : `in ${length(left)}`;
}

/**
 * A length of time with its lesser unit while that is worth reading: `0.4 s`, `41 s`, `3 min 20 s`, `2 h 5 min`, `3 d`.
 */
export function length(ms: number): string {
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return withUnit((tenths / 10).toFixed(1), "s");
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return withUnit(seconds, "s");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return both(minutes, "min", seconds % 60, "s");
  if (minutes < 48 * 60) return both(Math.floor(minutes / 60), "h", minutes % 60, "min");
  return span(ms);
}

function both(big: number, unit: string, small: number, lesser: string): string {
  return small ? `${withUnit(big, unit)} ${withUnit(small, lesser)}` : withUnit(big, unit);
}
