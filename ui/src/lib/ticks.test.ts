import { describe, expect, it } from "vitest";
import { barOf, barPaths, drawnTicks, endLabel, gridHours, tickHeight, xOf, type Axis } from "./ticks";

const HOUR = 3_600_000;
const NOW = 1_795_223_000_000;
const axis: Axis = { left: 150, right: 850, now: NOW };

describe("the axis", () => {
  it("has now in its middle and a day at each end", () => {
    expect([-24, 0, 24].map((hours) => xOf(axis, NOW + hours * HOUR))).toEqual([150, 500, 850]);
  });
  it("names as many hours as fit", () => {
    expect(gridHours(axis)).toHaveLength(9);
    expect(gridHours({ ...axis, right: 450 })).toEqual([-24, -12, 0, 12, 24]);
    expect(gridHours({ ...axis, right: 190 })).toEqual([-24, 0, 24]);
  });
});

describe("ticks", () => {
  const many = Array.from({ length: 500 }, (_, i) => ({
    at_ms: NOW - 24 * HOUR + (i * 24 * HOUR) / 500,
    count: 1,
    delivery: i + 1,
  }));
  it("that cannot be told apart are one, with all their count and the latest delivery", () => {
    const drawn = drawnTicks(axis, many);
    expect(drawn.reduce((n, tick) => n + tick.count, 0)).toBe(500);
    expect(drawn.at(-1)?.delivery).toBe(500);
    drawn.forEach((tick, i) => {
      const before = drawn[i - 1];
      if (!before) return;
      expect(tick.x - before.x).toBeGreaterThanOrEqual(3);
      // What one points at is never two ticks' and always holds the tick itself.
      expect(tick.from).toBeGreaterThanOrEqual(before.to);
      expect(tick.from).toBeLessThanOrEqual(tick.x);
    });
  });
  it("outside the axis are left out, and none is none", () => {
    expect(drawnTicks(axis, [{ at_ms: NOW - 25 * HOUR, count: 1, delivery: 1 }])).toEqual([]);
    expect(drawnTicks(axis, [])).toEqual([]);
  });
  it("grow with their count, within the bar", () => {
    expect([1, 2, 8, 100_000].map(tickHeight)).toEqual([12, 14, 18, 22]);
  });
});

describe("a bar", () => {
  it("is clipped to the axis and open where its life goes on", () => {
    expect(barOf(axis, NOW - 90 * 24 * HOUR, NOW + 12 * HOUR)).toEqual({
      x: 150,
      to: 675,
      openStart: true,
      openEnd: false,
    });
    expect(barOf(axis, null, null)).toEqual({ x: 150, to: 850, openStart: true, openEnd: true });
    expect(barOf(axis, NOW - 6 * HOUR, null)).toMatchObject({ openStart: false, openEnd: true });
    expect(barOf(axis, null, NOW - 30 * HOUR)).toBeNull();
  });
  it("has no line on an open side", () => {
    const open = barPaths({ x: 150, to: 850, openStart: true, openEnd: true }, 40, 30);
    expect(open.edge).toBe("M150 40H850M850 70H150");
    expect(open.fill).toBe("M150 40H850V70H150Z");
    expect(barPaths({ x: 150, to: 850, openStart: false, openEnd: false }, 40, 30).edge.match(/a/g)).toHaveLength(4);
  });
  it("says its end inside where there is room, else behind it, and never across now", () => {
    const bar = (endHours: number) => barOf(axis, null, NOW + endHours * HOUR);
    const at = (hours: number) => endLabel(axis, bar(hours) as NonNullable<ReturnType<typeof barOf>>, 90);
    expect(at(18)).toMatchObject({ anchor: "end" });
    expect(at(1).anchor).toBe("start");
    expect(at(1).x).toBeGreaterThan(500);
    expect(at(-1).x).toBeGreaterThan(500);
    expect(at(-12)).toMatchObject({ anchor: "start" });
    expect(at(-12).x + 90).toBeLessThan(500);
  });
});
