import { describe, expect, it } from "vitest";
import { row } from "../fake/rows";
import { RowPages } from "./pages";

const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => row(from + i, 0, { outcome: "verified" }));

describe("RowPages", () => {
  it("holds rows by ordinal, across pages", () => {
    const pages = new RowPages();
    pages.put(150, rows(1000, 100));
    expect(pages.get(149)).toBeUndefined();
    expect(pages.get(150)?.id).toBe(1000);
    expect(pages.get(249)?.id).toBe(1099);
    expect(pages.ordinalOf(1050)).toBe(200);
  });

  it("asks for the pages that lack something, whole, and no more than there is", () => {
    const pages = new RowPages();
    pages.put(190, rows(1, 20));
    expect(pages.missing(190, 210, 0, 500)).toEqual([]);
    expect(pages.missing(180, 210, 0, 500)).toEqual([{ start: 0, count: 200 }]);
    expect(pages.missing(205, 450, 0, 430)).toEqual([
      { start: 200, count: 200 },
      { start: 400, count: 30 },
    ]);
    expect(pages.missing(0, 0, 0, 0)).toEqual([]);
  });

  it("asks for nothing before the first match that is known, and for the rest of its page once it is", () => {
    const pages = new RowPages();
    pages.put(950, rows(1, 50));
    expect(pages.missing(700, 1000, 950, 1000)).toEqual([]);
    expect(pages.missing(700, 1000, 730, 1000)).toEqual([
      { start: 730, count: 70 },
      { start: 800, count: 200 },
    ]);
  });

  it("puts the same page twice without doubling", () => {
    const pages = new RowPages();
    pages.put(0, rows(1, 200));
    pages.put(0, rows(1, 200));
    expect(pages.size).toBe(200);
  });

  it("updates in place, and only what it holds", () => {
    const pages = new RowPages();
    pages.put(0, rows(1, 3));
    expect(pages.update(row(2, 0, { outcome: "rejected", cause: "re-serialised" }))).toBe(true);
    expect(pages.get(1)?.cause).toBe("re-serialised");
    expect(pages.update(row(99, 0, { outcome: "rejected" }))).toBe(false);
  });

  it("forgets what is far away, never what is near", () => {
    const pages = new RowPages(3);
    for (let page = 0; page < 10; page++) pages.put(page * 200, rows(page * 200 + 1, 200));
    pages.trim(1500);
    expect(pages.get(1500)?.id).toBe(1501);
    expect(pages.get(0)).toBeUndefined();
    expect(pages.ordinalOf(1)).toBeUndefined();
    expect(pages.size).toBe(600);
  });
});
