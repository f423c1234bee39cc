import type { Histogram, HistogramBucket } from "../ipc/generated";
import { ticks, timeLabel } from "./time-axis";

/** From the bottom: what is good is the ground, what is not stands out on top. */
export const STACK = ["verified", "old_secret", "unbound", "unchecked", "rejected"] as const;
export type Layer = (typeof STACK)[number];
export const LAYER_WORDS: Record<Layer, string> = {
  verified: "Verified",
  old_secret: "Old secret",
  unbound: "Token genuine",
  unchecked: "Unchecked",
  rejected: "Rejected",
};

/** A bucket is drawn no wider than this: three deliveries are no wall. The only one has no neighbours to reach to. */
const WIDEST = 72;
const ONLY_ONE = 28;
/** What is there is seen, however much more stands beside it. */
const LEAST = 1.5;

export type Range = { first: number; last: number };
export type Drawing<L extends string> = { unit: number; width: number; paths: Record<L, string>; top: number };

export const total = (bucket: HistogramBucket): number => STACK.reduce((sum, layer) => sum + bucket[layer], 0);

/** One path for each layer, from the bottom: as many elements as layers, however many buckets there are. */
export function drawing<L extends string>(
  buckets: readonly Record<L, number>[],
  layers: readonly L[],
  room: number,
  height: number,
): Drawing<L> {
  const paths = Object.fromEntries(layers.map((layer) => [layer, ""])) as Record<L, string>;
  const widest = buckets.length === 1 ? ONLY_ONE : WIDEST;
  const unit = buckets.length === 0 ? 0 : Math.min(room / buckets.length, widest);
  const sum = (sizes: readonly number[]) => sizes.reduce((a, b) => a + b, 0);
  const top = Math.max(0, ...buckets.map((bucket) => sum(layers.map((layer) => bucket[layer]))));
  const wide = unit > 3 ? unit - 1 : unit;
  buckets.forEach((bucket, i) => {
    const sizes = layers.map((layer) => (bucket[layer] === 0 ? 0 : Math.max(LEAST, (bucket[layer] / top) * height)));
    const shrink = Math.min(1, height / Math.max(1, sum(sizes)));
    let y = height;
    layers.forEach((layer, at) => {
      const size = (sizes[at] ?? 0) * shrink;
      if (size === 0) return;
      y -= size;
      paths[layer] += `M${round(i * unit)} ${round(y)}h${round(wide)}v${round(size)}h-${round(wide)}z`;
    });
  });
  return { unit, width: unit * buckets.length, paths, top };
}

type Times = Pick<Histogram, "from_ms" | "to_ms" | "step_ms">;
/** What stands under a picture: `x` of each, and whether a line goes up from it. */
export type AxisLabel = { x: number; text: string; anchor: "start" | "middle" | "end"; rule: boolean };

/** Between two labels, and the half of one. */
const LABEL_PX = 76;
const HALF_PX = 44;
/** A letter of a label, the widest of them. */
const LETTER_PX = 6.5;

/** Whether it reaches to the present. */
export function endsNow({ to_ms, step_ms }: Times, now: number): boolean {
  return now - to_ms < 2 * step_ms;
}

/**
 * The axis of a picture that is `drawn` wide and has `room`. Of one moment, and where there is no round time to say, it
 * says the beginning.
 */
export function axisOf(times: Times, drawn: number, room: number, now: number): AxisLabel[] {
  const { from_ms, to_ms, step_ms } = times;
  if (room === 0) return [];
  const end: AxisLabel | null = endsNow(times, now)
    ? { x: Math.max(drawn, 24), text: "now", anchor: "end", rule: false }
    : null;
  const only = to_ms - from_ms <= step_ms;
  const whole = (only ? [] : ticks(from_ms, to_ms, Math.max(1, Math.floor(drawn / LABEL_PX)), now))
    .map(({ ms, label }) => ({ x: ((ms - from_ms) / Math.max(1, to_ms - from_ms)) * drawn, text: label }))
    .filter(({ x }) => x < (end?.x ?? room) - HALF_PX)
    .map((one): AxisLabel => ({ ...one, anchor: one.x < 20 ? "start" : "middle", rule: true }));
  if (whole.length > 0) return end ? [...whole, end] : whole;
  const text = timeLabel(from_ms, Math.max(1000, step_ms), now);
  const first: AxisLabel = { x: 0, text, anchor: "start", rule: false };
  return end && end.x - HALF_PX > text.length * LETTER_PX ? [first, end] : [first];
}

const round = (n: number) => Math.round(n * 100) / 100;

/** The bucket under a place, or the nearest. */
export function bucketAt(x: number, unit: number, buckets: number): number {
  return Math.min(Math.max(0, Math.floor(unit === 0 ? 0 : x / unit)), Math.max(0, buckets - 1));
}

/** Two buckets in their order. */
export function rangeOf(a: number, b: number): Range {
  return { first: Math.min(a, b), last: Math.max(a, b) };
}

/** Its time, [from, to) in Unix milliseconds. */
export function timesOf(shape: Histogram, { first, last }: Range): { from: number; to: number } {
  return {
    from: shape.from_ms + first * shape.step_ms,
    to: Math.min(shape.to_ms, shape.from_ms + (last + 1) * shape.step_ms),
  };
}

export function countIn(shape: Histogram, { first, last }: Range): number {
  return shape.buckets.slice(first, last + 1).reduce((sum, bucket) => sum + total(bucket), 0);
}

/** How many of each layer there are in all. */
export function sums(buckets: readonly HistogramBucket[]): Record<Layer, number> {
  const all: Record<Layer, number> = { verified: 0, old_secret: 0, unbound: 0, unchecked: 0, rejected: 0 };
  for (const bucket of buckets) for (const layer of STACK) all[layer] += bucket[layer];
  return all;
}

/** What a key does with the range that is being chosen; null: nothing. `at`: the end that moves. */
export function rangeKey(
  key: string,
  shift: boolean,
  buckets: number,
  { from, at }: { from: number; at: number },
): { from: number; at: number } | null {
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: buckets - 1, PageUp: at - 10, PageDown: at + 10 }[
    key
  ];
  if (to === undefined) return null;
  const next = Math.min(Math.max(0, to), buckets - 1);
  return { from: shift ? from : next, at: next };
}
