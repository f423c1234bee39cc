import { describe, expect, it } from "vitest";
import { ticks, timeLabel } from "./time-axis";

const at = (...args: [number, number, number, number?, number?, number?]) => new Date(...args).getTime();
const NOW = at(2026, 10, 21, 12);
const labels = (from: number, to: number, most = 8) => ticks(from, to, most, NOW).map((tick) => tick.label);

describe("the axis of time", () => {
  it("days are whole ones; the month is said where it is another", () => {
    expect(labels(at(2026, 9, 29, 13), at(2026, 10, 4))).toEqual(["30 Oct", "31", "1 Nov", "2", "3", "4"]);
  });

  it("hours say their day at midnight", () => {
    expect(labels(at(2026, 10, 19, 13, 20), at(2026, 10, 20, 13))).toEqual([
      "15:00",
      "18:00",
      "21:00",
      "20 Nov",
      "03:00",
      "06:00",
      "09:00",
      "12:00",
    ]);
  });

  it("seconds are told where minutes are too coarse", () => {
    expect(labels(at(2026, 10, 20, 8, 0, 1), at(2026, 10, 20, 8, 0, 12))).toEqual(["08:00:05", "08:00:10"]);
  });

  it.each([
    ["years", at(2020, 0, 1), at(2026, 0, 1)],
    ["a century", at(1970, 0, 1), at(2070, 0, 1)],
    ["a minute", at(2026, 0, 1, 3), at(2026, 0, 1, 3, 1)],
    ["a millisecond", at(2026, 0, 1), at(2026, 0, 1) + 1],
  ])("has never more labels than there is room for: %s", (_, from, to) =>
    expect(ticks(from, to, 7, NOW).length).toBeLessThanOrEqual(8),
  );

  it("has none where there is no time", () => {
    expect([ticks(5, 5, 8, NOW), ticks(5, 4, 8, NOW), ticks(5, 500, 0, NOW)]).toEqual([[], [], []]);
  });
});

it("a moment is told as finely as its bucket", () => {
  const ms = at(2026, 10, 19, 8, 30, 5);
  expect([timeLabel(ms, 3_600_000, NOW), timeLabel(ms, 1000, NOW), timeLabel(ms + 7, 10, NOW)]).toEqual([
    "19 Nov 08:30",
    "19 Nov 08:30:05",
    "19 Nov 08:30:05.007",
  ]);
  expect(timeLabel(at(2025, 0, 2), 86_400_000, NOW)).toBe("2 Jan 2025 00:00");
});
