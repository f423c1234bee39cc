import { describe, expect, it } from "vitest";
import type { Histogram, HistogramBucket } from "../ipc/generated";
import { axisOf, bucketAt, countIn, drawing, rangeKey, rangeOf, STACK, sums, timesOf } from "./histogram";

const bucket = (verified: number, rejected = 0, unchecked = 0, old_secret = 0): HistogramBucket => ({
  verified,
  rejected,
  unchecked,
  old_secret,
  unbound: 0,
});
const shape = (buckets: HistogramBucket[], step_ms = 1000): Histogram => ({
  from_ms: 5000,
  to_ms: 5000 + buckets.length * step_ms,
  step_ms,
  buckets,
  exact: true,
});
/** The heights of a layer's bars. */
const heights = (path: string) => [...path.matchAll(/v([\d.]+)/g)].map((match) => Number(match[1]));

describe("the picture", () => {
  it("stacks the layers to the height of what there is", () => {
    const { paths, unit, top } = drawing([bucket(30, 10), bucket(0), bucket(20)], STACK, 60, 40);
    expect([unit, top]).toEqual([20, 40]);
    expect([heights(paths.verified), heights(paths.rejected)]).toEqual([[30, 20], [10]]);
    expect(paths.rejected).toMatch(/^M0 0h/);
    expect(paths.verified).toMatch(/^M0 10h.*M40 20h/);
  });

  it("shows one among a million, and stays in its height", () => {
    const { paths } = drawing([bucket(1_000_000, 1, 1, 1)], STACK, 60, 50);
    const all = [paths.verified, paths.rejected, paths.unchecked, paths.old_secret].flatMap(heights);
    expect(Math.min(...all)).toBeGreaterThan(1);
    expect(all.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(50.05);
  });

  it("of nothing is empty, of one moment is one bar, of few no wall", () => {
    expect(drawing([], STACK, 600, 50)).toMatchObject({ unit: 0, width: 0 });
    expect(drawing([bucket(3)], STACK, 600, 50)).toMatchObject({ unit: 28, width: 28 });
    expect(drawing([bucket(3), bucket(1)], STACK, 600, 50)).toMatchObject({ unit: 72, width: 144 });
    expect(drawing([bucket(3)], STACK, 0, 50).unit).toBe(0);
  });
});

describe("the axis", () => {
  const at = new Date(2026, 10, 20, 8, 0, 3).getTime();
  const HOUR = 3_600_000;
  const times = (length: number, step_ms: number) => ({ from_ms: at, to_ms: at + length * step_ms, step_ms });
  const said = (now: number, length: number, step: number, drawn: number, room = 600) =>
    axisOf(times(length, step), drawn, room, now).map(({ text, anchor }) => `${text} ${anchor}`);

  it("labels what is whole, and the present at its end", () => {
    const now = at + 6 * HOUR;
    expect(said(now, 60, HOUR / 10, 400)).toEqual(["09:00 middle", "12:00 middle", "now end"]);
    expect(said(now + 48 * HOUR, 60, HOUR / 10, 400)).not.toContain("now end");
    expect(axisOf(times(60, HOUR / 10), 400, 400, now).map(({ rule }) => rule)).toEqual([true, true, false]);
  });

  it("of one moment says that moment", () => {
    expect(said(at + HOUR, 1, 1, 28)).toEqual(["20 Nov 08:00:03 start"]);
    expect(said(at + 1, 1, 1, 28)).toEqual(["20 Nov 08:00:03 start"]);
    expect(said(at + 60_000, 1, 60_000, 28)).toEqual(["20 Nov 08:00 start"]);
  });

  it("has nothing where there is no room", () => expect(said(at, 60, HOUR, 0, 0)).toEqual([]));
});

describe("a range", () => {
  const three = shape([bucket(1, 2), bucket(4), bucket(8)]);

  it("is the buckets between two, in any order, with their time and their count", () => {
    expect(rangeOf(2, 1)).toEqual({ first: 1, last: 2 });
    expect(timesOf(three, { first: 1, last: 2 })).toEqual({ from: 6000, to: 8000 });
    expect(countIn(three, { first: 0, last: 1 })).toBe(7);
    expect(sums(three.buckets)).toEqual({ verified: 13, rejected: 2, unchecked: 0, unbound: 0, old_secret: 0 });
  });

  it("is chosen by places, which lie in it", () => {
    expect([-5, 0, 19, 20, 900].map((x) => bucketAt(x, 20, 3))).toEqual([0, 0, 0, 1, 2]);
    expect(bucketAt(10, 0, 0)).toBe(0);
  });

  it("is chosen by keys", () => {
    const start = { from: 2, at: 3 };
    expect(rangeKey("ArrowLeft", false, 3, start)).toEqual({ from: 2, at: 2 });
    expect(rangeKey("ArrowLeft", true, 3, { from: 2, at: 2 })).toEqual({ from: 2, at: 1 });
    expect(rangeKey("ArrowLeft", false, 3, { from: 0, at: 0 })).toEqual({ from: 0, at: 0 });
    expect(rangeKey("Home", true, 3, { from: 2, at: 2 })).toEqual({ from: 2, at: 0 });
    expect(rangeKey("End", false, 3, start)).toEqual({ from: 2, at: 2 });
    expect(rangeKey("x", false, 3, start)).toBeNull();
  });
});
