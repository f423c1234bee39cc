import type { Histogram, HistogramBucket } from "../ipc/generated";

/** From the bottom: what is good is the ground, what is not stands out on top. */
export const STACK = ["verified", "old_secret", "unchecked", "rejected"] as const;
export type Layer = (typeof STACK)[number];
export const LAYER_WORDS: Record<Layer, string> = {
  verified: "Verified",
  old_secret: "Old secret",
  unchecked: "Unchecked",
  rejected: "Rejected",
};

/** A bucket is drawn no wider than this: three deliveries are no wall. */
const WIDEST = 72;
/** What is there is seen, however much more stands beside it. */
const LEAST = 1.5;

export type Range = { first: number; last: number };
export type Drawing = { unit: number; width: number; paths: Record<Layer, string>; top: number };

export const total = (bucket: HistogramBucket): number =>
  bucket.verified + bucket.old_secret + bucket.unchecked + bucket.rejected;

/** One path for each layer: four elements, however many buckets there are. */
export function drawing(buckets: readonly HistogramBucket[], room: number, height: number): Drawing {
  const paths: Record<Layer, string> = { verified: "", old_secret: "", unchecked: "", rejected: "" };
  const unit = buckets.length === 0 ? 0 : Math.min(room / buckets.length, WIDEST);
  const top = Math.max(0, ...buckets.map(total));
  const wide = unit > 3 ? unit - 1 : unit;
  buckets.forEach((bucket, i) => {
    const sizes = STACK.map((layer) => (bucket[layer] === 0 ? 0 : Math.max(LEAST, (bucket[layer] / top) * height)));
    const shrink = Math.min(
      1,
      height /
        Math.max(
          1,
          sizes.reduce((a, b) => a + b, 0),
        ),
    );
    let y = height;
    STACK.forEach((layer, at) => {
      const size = (sizes[at] ?? 0) * shrink;
      if (size === 0) return;
      y -= size;
      paths[layer] += `M${round(i * unit)} ${round(y)}h${round(wide)}v${round(size)}h-${round(wide)}z`;
    });
  });
  return { unit, width: unit * buckets.length, paths, top };
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
  const all: Record<Layer, number> = { verified: 0, old_secret: 0, unchecked: 0, rejected: 0 };
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
