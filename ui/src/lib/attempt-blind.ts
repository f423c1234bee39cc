import type { Blind, NextAttempt } from "../ipc/generated";
import { xOf, type AttemptAxis } from "./attempt-axis";
import { withUnit } from "./format";
import { visible } from "./invisible";
import { clockOf, fineClock, lengthOf } from "./jobs";

/** Times in which no attempt could have been seen: their words, and their place in the picture. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** A character of a label, about. */
const CHAR_PX = 6.1;

const NAMES = { tunnel_down: "tunnel down", not_listening: "Pollux was not listening" } as const;
const CLAUSES = { tunnel_down: "the tunnel was down", not_listening: "Pollux was not listening" } as const;

/** `2 min 50 s`, `14 h 55 min` */
export function blindLength(ms: number): string {
  const rest = Math.floor((ms % MINUTE) / SECOND);
  const fine = ms >= 2 * MINUTE && ms < 10 * MINUTE && rest > 0;
  return fine ? `${lengthOf(ms)} ${withUnit(rest, "s")}` : lengthOf(ms);
}

/** `14:02–14:09`; with seconds where they are needed to tell the ends apart, and the day where it is another. */
export function blindTimes({ from_ms, to_ms }: Pick<Blind, "from_ms" | "to_ms">, now: number): string {
  const clock = to_ms - from_ms < 2 * MINUTE ? fineClock : clockOf;
  const [from, to] = [clock(from_ms, now), clock(to_ms, now)];
  // The day is told once.
  const day = /^.* (?=\d\d:)/.exec(from)?.[0] ?? "";
  return `${from}–${day !== "" && to.startsWith(day) ? to.slice(day.length) : to}`;
}

/** `Tunnel down 14:02–14:09, network unreachable` */
export function blindWords(blind: Blind, now: number): string {
  const name = NAMES[blind.cause];
  const why = blind.words ? `, ${visible(blind.words)}` : "";
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${blindTimes(blind, now)}${why}`;
}

/** When an attempt that is guessed should have come, no finer than the guess can be. */
export const guessClock = ({ at_ms, spread_ms }: Pick<NextAttempt, "at_ms" | "spread_ms">, now: number): string =>
  (spread_ms < MINUTE / 2 ? fineClock : clockOf)(at_ms, now);

/** Why a guessed attempt was not seen: `the tunnel was down 14:02–14:09`. Null where nothing is known of it. */
export function unseenWhy(at: Pick<NextAttempt, "at_ms">, blind: readonly Blind[], now: number): string | null {
  const around = blind.find((one) => one.from_ms <= at.at_ms && at.at_ms < one.to_ms);
  return around ? `${CLAUSES[around.cause]} ${blindTimes(around, now)}` : null;
}

/** The same as a sentence. It is a guess, and says so. */
export function unseenWords(at: Pick<NextAttempt, "at_ms">, blind: readonly Blind[], now: number): string {
  const why = unseenWhy(at, blind, now);
  return `Perhaps one here, not seen${why === null ? "" : `: ${why}`}. A guess.`;
}

export type Band = { x: number; width: number; blind: Blind; label: { x: number; text: string } | null };

/** Where the picture is shaded. The longest are labelled first, where there is room; `taken`: where there is none. */
export function bandsOf(axis: AttemptAxis, blind: readonly Blind[], taken: readonly number[]): Band[] {
  const bands: Band[] = blind
    .filter((one) => one.from_ms < axis.to && one.to_ms > axis.from)
    .map((one) => {
      const x = xOf(axis, one.from_ms);
      return { x, width: Math.max(2, xOf(axis, one.to_ms) - x), blind: one, label: null };
    });
  const used: [number, number][] = taken.map((x) => [x - 16, x + 16]);
  for (const band of [...bands].sort((a, b) => b.width - a.width)) {
    const name = NAMES[band.blind.cause];
    const length = blindLength(band.blind.to_ms - band.blind.from_ms);
    for (const text of [`${name}, ${length}`, name]) {
      const half = (text.length * CHAR_PX) / 2;
      const x = Math.min(Math.max(band.x + band.width / 2, half), axis.right + axis.left - half);
      if (x - half < 0 || used.some(([from, to]) => x - half < to + 4 && x + half > from - 4)) continue;
      band.label = { x, text };
      used.push([x - half, x + half]);
      break;
    }
  }
  return bands;
}
