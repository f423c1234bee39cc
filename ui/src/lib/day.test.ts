import { describe, expect, it } from "vitest";
import type { HistogramBucket, Span } from "../ipc/generated";
import {
  closedTimes,
  dayEdges,
  daysBefore,
  hourAt,
  hourLabels,
  openIn,
  scale,
  shareAt,
  usualOf,
  usuallyBy,
} from "./day";
import { dayPicture, gapsOf, shortCount } from "./day-picture";

const HOUR = 3_600_000;
const MIN = 60_000;
const NOON = new Date(2026, 10, 29, 12, 0).getTime();
const edges = dayEdges(NOON);
const at = (hour: number, minute = 0) => new Date(2026, 10, 29, hour, minute).getTime();
const bucket = (of: Partial<HistogramBucket>): HistogramBucket => ({
  verified: 0,
  old_secret: 0,
  unbound: 0,
  rejected: 0,
  unchecked: 0,
  ...of,
});
const span = (from: number, to: number, up: boolean): Span => ({
  from_ms: from,
  to_ms: to,
  up,
  guessed: false,
  words: null,
});

describe("the hours of a day", () => {
  it("go from midnight to midnight, an hour each", () => {
    expect(edges).toHaveLength(25);
    expect([edges[0], edges.at(-1)]).toEqual([at(0), new Date(2026, 10, 30).getTime()]);
    expect(edges.every((edge, i) => i === 0 || edge - (edges[i - 1] ?? 0) === HOUR)).toBe(true);
  });

  it("every day of a year ends where the next begins, also where a clock is changed", () => {
    for (let day = 0; day < 365; day++) {
      const hours = dayEdges(new Date(2026, 0, 1 + day, 12).getTime());
      expect(hours[0]).toBe(new Date(2026, 0, 1 + day).getTime());
      expect(hours.at(-1)).toBe(new Date(2026, 0, 2 + day).getTime());
      expect(hours.toSorted((a, b) => a - b)).toEqual(hours);
    }
  });

  it("the weeks before have the same weekday", () => {
    const before = daysBefore(NOON);
    expect(before.map(([from = 0]) => new Date(from).getDay())).toEqual([0, 0, 0, 0]);
    expect(before.map(([from = 0]) => new Date(from).getDate())).toEqual([22, 15, 8, 1]);
  });

  it("a moment has its hour and its share, and what lies outside the nearest", () => {
    expect([hourAt(edges, at(0)), hourAt(edges, at(13, 59)), hourAt(edges, at(23, 59))]).toEqual([0, 13, 23]);
    expect([hourAt(edges, at(0) - 1), hourAt(edges, (edges.at(-1) ?? 0) + HOUR)]).toEqual([0, 23]);
    expect([shareAt(edges, NOON), shareAt(edges, 0), shareAt(edges, NOON * 2)]).toEqual([0.5, 0, 1]);
    expect(hourLabels(edges).map((one) => one.text)).toEqual(["00", "06", "12", "18", "24"]);
  });
});

describe("what is usual", () => {
  it("is the mean of two days at least, and of days that are alike", () => {
    const days = [
      [10, null, 4],
      [20, 8, null],
      [30, 4, 2],
      [1, 1],
    ];
    expect(usualOf(days, 3)).toEqual([20, 6, 3]);
    expect(usualOf([[1, 2]], 2)).toEqual([null, null]);
    expect(usualOf([], 2)).toEqual([null, null]);
  });

  it("by now is told only where every hour until now is known", () => {
    const usual = Array.from({ length: 24 }, () => 10);
    expect(usuallyBy(usual, edges, at(2, 30))).toBe(25);
    expect(usuallyBy([], edges, at(2, 30)), "not read yet").toBeNull();
    expect(
      usuallyBy(
        usual.with(2, Number.NaN).map((n) => (Number.isNaN(n) ? null : n)),
        edges,
        at(2, 30),
      ),
    ).toBeNull();
    expect(
      usuallyBy(
        usual.map((n, hour) => (hour > 2 ? null : n)),
        edges,
        at(2, 30),
      ),
    ).toBe(25);
  });
});

describe("the listener's day", () => {
  const spans = [span(at(1), at(3), true), span(at(3), at(4, 30), false), span(at(4, 30), at(6), true)];

  it("says of an hour how much of it was open, and nothing of what is not known", () => {
    const open = (hour: number) => openIn(spans, at(hour), at(hour + 1), at(5, 30));
    expect([0, 1, 3, 4, 5, 6].map(open)).toEqual([null, "all", "none", "part", "all", null]);
    expect(openIn([span(at(0), at(1) - 30_000, true), span(at(1) - 30_000, at(1), false)], at(0), at(1), NOON)).toBe(
      "all",
    );
  });

  it("has gaps before it is known, and where it was closed for longer than a restart", () => {
    expect(closedTimes([span(0, MIN - 1, false), span(MIN, 3 * MIN, false)])).toHaveLength(1);
    const gaps = gapsOf(edges, at(1), spans, at(5, 30));
    expect(gaps.map((gap) => [gap.words, gap.from * 24, gap.to * 24])).toEqual([
      ["not known", 0, 1],
      ["not listening", 3, 4.5],
    ]);
    expect(gapsOf(edges, null, [], at(6))).toEqual([{ from: 0, to: 0.25, words: "not known" }]);
    expect(gapsOf(edges, at(0) - HOUR, [], at(6))).toEqual([]);
  });
});

describe("the picture", () => {
  it("has a round top, with steps that people count in", () => {
    expect([0, 1, 7, 95, 171, 999].map((n) => scale(n).top)).toEqual([1, 1, 10, 100, 200, 1000]);
    for (let n = 1; n < 5000; n += 7) {
      const { top, steps } = scale(n);
      expect(top).toBeGreaterThanOrEqual(n);
      expect([steps.at(-1), steps.length <= 4, steps.every(Number.isInteger)]).toEqual([top, true, true]);
    }
    expect([999, 1500, 40_000, 2_500_000].map(shortCount)).toEqual(["999", "1.5k", "40k", "2.5M"]);
  });

  it("shows what is there, however little, and keeps within its box", () => {
    const hours = edges.slice(1).map((_, hour) => bucket(hour === 3 ? { verified: 100_000, rejected: 1 } : {}));
    const { paths, usual } = dayPicture(hours, [], edges);
    const tall = [
      ...Object.values(paths)
        .join("")
        .matchAll(/M[\d.]+ ([\d.]+)h[\d.]+v([\d.]+)/g),
    ];
    expect(tall).toHaveLength(2);
    for (const [, y, size] of tall) expect(Number(y) + Number(size)).toBeLessThanOrEqual(100.1);
    expect([Number(tall[1]?.[2]) > 1, usual]).toEqual([true, ""]);
    expect(dayPicture([], [null, 6], edges).usual).toMatch(/^M[\d.]+ 0h/);
  });
});
