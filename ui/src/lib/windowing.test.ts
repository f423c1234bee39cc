import { describe, expect, it } from "vitest";
import { MAX_SPACER_PX, pageSize, scrollToKeep, scrollToShow, windowing } from "./windowing";

const rowHeight = 32;

describe("windowing", () => {
  it.each([
    { name: "empty", total: 0, height: 600, scrollTop: 0, first: 0, last: 0 },
    { name: "not laid out yet", total: 50, height: 0, scrollTop: 0, first: 0, last: 0 },
    { name: "shorter than the screen", total: 3, height: 600, scrollTop: 0, first: 0, last: 3 },
    { name: "top", total: 1000, height: 320, scrollTop: 0, first: 0, last: 16 },
    { name: "in the middle, off the grid", total: 1000, height: 320, scrollTop: 3217, first: 94, last: 117 },
    { name: "the very end", total: 1000, height: 320, scrollTop: 31_680, first: 984, last: 1000 },
    { name: "past the end (the list got shorter)", total: 10, height: 320, scrollTop: 99_999, first: 0, last: 10 },
    { name: "above the top (rubber band)", total: 1000, height: 320, scrollTop: -80, first: 0, last: 16 },
  ])("$name", ({ total, height, scrollTop, first, last }) => {
    expect(windowing({ total, rowHeight, height, scrollTop })).toMatchObject({ first, last });
  });

  it("stays below the tallest element that WebKitGTK lays out, and reaches every row", () => {
    for (const total of [500_000, 1_000_000, 10_000_000]) {
      const height = 700;
      const top = windowing({ total, rowHeight, height, scrollTop: 0 });
      expect(top.spacer).toBeLessThanOrEqual(MAX_SPACER_PX);
      expect(top.first).toBe(0);
      const end = windowing({ total, rowHeight, height, scrollTop: top.spacer - height });
      expect(end.last).toBe(total);
      // The last row ends where the spacer ends.
      expect(end.offset + (end.last - end.first) * rowHeight).toBeCloseTo(top.spacer, 0);
    }
  });

  it("draws what covers the screen, at any place", () => {
    for (const total of [40, 100_418, 1_000_000]) {
      const height = 613;
      const { spacer } = windowing({ total, rowHeight, height, scrollTop: 0 });
      for (let i = 0; i <= 97; i++) {
        const scrollTop = Math.floor(((spacer - height) * i) / 97);
        const w = windowing({ total, rowHeight, height, scrollTop });
        expect(w.offset).toBeLessThanOrEqual(scrollTop + 0.01);
        expect(w.offset + (w.last - w.first) * rowHeight).toBeGreaterThanOrEqual(scrollTop + height - 0.01);
        expect(w.last - w.first).toBeLessThan(40);
      }
    }
  });
});

describe("scrollToShow", () => {
  it("moves as little as it can", () => {
    const view = { total: 1000, rowHeight, height: 320, scrollTop: 640 };
    expect(scrollToShow(view, 20)).toBeNull();
    expect(scrollToShow(view, 29)).toBeNull();
    expect(scrollToShow(view, 19)).toBe(608);
    expect(scrollToShow(view, 30)).toBe(672);
    expect(scrollToShow(view, -1)).toBeNull();
    expect(scrollToShow(view, 1000)).toBeNull();
  });

  it("brings any of a million rows into sight", () => {
    const view = { total: 1_000_000, rowHeight, height: 700 };
    for (const index of [0, 1, 499_999, 731_234, 999_998, 999_999]) {
      const scrollTop = scrollToShow({ ...view, scrollTop: 8_000_000 }, index) ?? 8_000_000;
      const shown = windowing({ ...view, scrollTop, overscan: 0 });
      expect(index).toBeGreaterThanOrEqual(shown.first);
      expect(index).toBeLessThan(shown.last);
    }
  });
});

it("a page key keeps one row of the page before", () => {
  expect(pageSize(320, 32)).toBe(9);
  expect(pageSize(10, 32)).toBe(1);
});

describe("when the list grows at its bottom", () => {
  const view = { rowHeight: 32, height: 640, maxSpacer: 100_000 };
  const top = (total: number, scrollTop: number) => {
    const { first, offset } = windowing({ ...view, total, scrollTop, overscan: 0 });
    return first * 32 - (offset - scrollTop);
  };

  it("nothing moves below the cap", () => {
    expect(scrollToKeep({ ...view, total: 200, scrollTop: 900 }, 3000)).toBeNull();
  });

  it.each([
    [5000, 1_000_000, 7000],
    [200, 60_359, 3000],
    [1_000_000, 900_000, 4000],
  ])("the same rows stay in sight above it: %i → %i", (before, after, scrollTop) => {
    const kept = scrollToKeep({ ...view, total: before, scrollTop }, after) ?? scrollTop;
    expect(top(after, kept)).toBeCloseTo(top(before, scrollTop), 0);
  });
});
