import type { HistogramBucket, Span } from "../ipc/generated";
import { closedTimes, scale, shareAt } from "./day";
import { STACK, total, type Layer } from "./histogram";

/** The picture of a day in a box of 1000 by 100, which is stretched to whatever room there is. */
export const WIDE = 1000;
export const HIGH = 100;
/** What is there is seen, however much more stands beside it. */
const LEAST = 1.6;
/** How much of an hour its bar takes. */
const FULL = 0.74;

export type DayPicture = { paths: Record<Layer, string>; usual: string; top: number; steps: number[] };

const round = (n: number) => Math.round(n * 100) / 100;

/** One path for each layer, and one for what is usual: as many elements as layers, however much there is. */
export function dayPicture(
  hours: readonly HistogramBucket[],
  usual: readonly (number | null)[],
  edges: readonly number[],
): DayPicture {
  const { top, steps } = scale(Math.max(0, ...hours.map(total), ...usual.map((one) => one ?? 0)));
  const paths: Record<Layer, string> = { verified: "", old_secret: "", unbound: "", unchecked: "", rejected: "" };
  const places = edges.slice(1).map((end, i) => {
    const from = shareAt(edges, edges[i] ?? 0) * WIDE;
    const long = shareAt(edges, end) * WIDE - from;
    return { x: round(from + (long * (1 - FULL)) / 2), long: round(long * FULL) };
  });
  hours.forEach((hour, i) => {
    const place = places[i];
    if (!place) return;
    const sizes = STACK.map((layer) => (hour[layer] === 0 ? 0 : Math.max(LEAST, (hour[layer] / top) * HIGH)));
    const shrink = Math.min(
      1,
      HIGH /
        Math.max(
          1,
          sizes.reduce((a, b) => a + b, 0),
        ),
    );
    let y = HIGH;
    STACK.forEach((layer, at) => {
      const size = (sizes[at] ?? 0) * shrink;
      if (size === 0) return;
      y -= size;
      paths[layer] += `M${place.x} ${round(y)}h${place.long}v${round(size)}h-${place.long}z`;
    });
  });
  const dashes = usual.flatMap((mean, i) => {
    const place = places[i];
    return mean === null || !place ? [] : `M${place.x} ${round(HIGH - (mean / top) * HIGH)}h${place.long}`;
  });
  return { paths, usual: dashes.join(""), top, steps };
}

/** Where nothing is known of the listener, or it was closed: no bar there does not say that nothing was sent. */
export type Gap = { from: number; to: number; words: string };

export function gapsOf(edges: readonly number[], knownMs: number | null, spans: readonly Span[], now: number): Gap[] {
  const [start = 0] = edges;
  const known = Math.min(now, knownMs ?? now);
  const before: Gap[] = known > start ? [{ from: 0, to: shareAt(edges, known), words: "not known" }] : [];
  const closed = closedTimes(spans).map((one): Gap => ({
    from: shareAt(edges, one.from_ms),
    to: shareAt(edges, one.to_ms),
    words: "not listening",
  }));
  return [...before, ...closed];
}

/** `180`, `1.5k`, `2M`: beside a line of the picture. */
export function shortCount(n: number): string {
  const short = (value: number, unit: string) => `${Number(value.toFixed(1))}${unit}`;
  if (n >= 1_000_000) return short(n / 1_000_000, "M");
  return n >= 1000 ? short(n / 1000, "k") : String(Number(n.toFixed(1)));
}
