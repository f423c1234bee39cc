import { describe, expect, it } from "vitest";
import { row } from "../fake/rows";
import type { Row, Tried } from "../ipc/generated";
import { lookOf, STRIP_PX, stripOf } from "./attempt-strip";

const S = 1000;
const MIN = 60 * S;
const NOW = new Date(2026, 10, 29, 15, 24).getTime();
const FIRST = NOW - 60 * MIN;

const tried = (id: number, after: number, shape: Partial<Tried> = {}): Tried => ({
  id,
  received_ms: FIRST + after,
  outcome: "verified",
  status: 503,
  answered_by: null,
  ...shape,
});
const of = (tries: Tried[], shape: Partial<Row> = {}): Row =>
  row(tries.at(-1)?.id ?? 1, NOW, { outcome: "verified", attempts: tries.length, tries, ...shape });
const refused: Partial<Tried> = { outcome: "rejected", status: 401 };

describe("the strip of a row", () => {
  it("says each answer, in order, and marks the row's own attempt", () => {
    const strip = stripOf(of([tried(1, 0), tried(2, 5 * S), tried(3, 35 * MIN, refused)], { id: 2 }), NOW);
    expect(strip).toMatchObject({ name: "3 attempts, 503, 503, 401", more: 0 });
    expect(strip?.dots.map((dot) => [dot.look, dot.own])).toEqual([
      ["again", false],
      ["again", true],
      ["refused", false],
    ]);
  });

  it("is none where the attempts are not known", () => {
    expect(stripOf(row(1, NOW, { outcome: "verified", attempts: 3 }), NOW)).toBeNull();
  });

  it.each([
    [5, "+1", 4],
    [12, "+8", 4],
    [13, "+10", 3],
    [50, "+47", 3],
    [1200, "+1198", 2],
  ])("of %i attempts leaves out %s", (attempts, more, dots) => {
    const tries = [0, 1, 2, 3].map((i) => tried(attempts - 3 + i, i * MIN));
    const strip = stripOf(of(tries, { attempts }), NOW);
    expect([`+${strip?.more}`, strip?.dots.length]).toEqual([more, dots]);
    expect(strip?.name).toMatch(new RegExp(`attempts, the newest ${dots}: 503`));
    expect(strip?.dots[0]?.x).toBeGreaterThan(strip?.left ?? 0);
  });

  it.each([
    [[0, 0, 0, 0]],
    [[0, 5 * S, 35 * MIN, 24 * 60 * MIN]],
    [[0, 1, 2, 3]],
    [[0, 24 * 60 * MIN - 1, 24 * 60 * MIN]],
  ])("keeps its dots in order, apart and within its room: %j", (after) => {
    const xs = stripOf(of(after.map((ms, i) => tried(i + 1, ms))), NOW)?.dots.map((dot) => dot.x) ?? [];
    expect(xs).toHaveLength(after.length);
    for (const [i, x] of xs.entries()) {
      expect(x).toBeGreaterThanOrEqual(4);
      expect(x).toBeLessThanOrEqual(STRIP_PX - 4);
      if (i > 0) expect(x - (xs[i - 1] ?? x)).toBeGreaterThanOrEqual(7);
    }
  });

  it("draws gaps to scale: a long one is longer than a short one", () => {
    const [a, b, c] = stripOf(of([tried(1, 0), tried(2, 5 * S), tried(3, 35 * MIN)]), NOW)?.dots ?? [];
    expect((c?.x ?? 0) - (b?.x ?? 0)).toBeGreaterThan((b?.x ?? 0) - (a?.x ?? 0));
  });

  it("has a look for every verdict and answer, and a word where the answer does not tell the verdict", () => {
    const table: [Partial<Tried>, string, string][] = [
      [{ status: 200 }, "good", "200"],
      [{ status: 503 }, "again", "503"],
      [{ status: 301 }, "again", "301"],
      [{ status: 0, answered_by: "rule" }, "again", "dropped"],
      [{ status: 0 }, "again", "no answer"],
      [{ status: 0, received_ms: NOW - S }, "waits", "not answered yet"],
      [refused, "refused", "401"],
      [{ outcome: "rejected", status: 200, answered_by: "rule" }, "refused", "200 rejected"],
      [{ outcome: "unchecked", status: 200 }, "unsure", "200 unchecked"],
      [{ outcome: "unchecked", status: 503 }, "again", "503"],
      [{ outcome: "unbound", status: 200 }, "unsure", "200 body not covered"],
    ];
    for (const [shape, look, word] of table) {
      const one = tried(2, MIN, shape);
      expect(lookOf(one, NOW)).toBe(look);
      expect(stripOf(of([tried(1, 0, refused), one]), NOW)?.name).toBe(`2 attempts, 401, ${word}`);
    }
  });
});
