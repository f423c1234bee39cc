import { describe, expect, it } from "vitest";
import { row } from "../fake/rows";
import type { Blind, NextAttempt, Row } from "../ipc/generated";
import { axisOf, knownUntil } from "./attempt-axis";
import { bandsOf, blindLength, blindTimes, blindWords, unseenWords } from "./attempt-blind";
import { linesOf, type Shown } from "./attempt-lines";

const S = 1000;
const MIN = 60 * S;
const HOUR = 60 * MIN;
const FIRST = new Date(2026, 10, 29, 14, 5, 2).getTime();
const NOW = new Date(2026, 10, 29, 15, 24).getTime();
const plain = (text: string) => text.replaceAll("\u00A0", " ");
const came = (times: number, every: number, shape: Partial<Row> = {}): Row[] =>
  Array.from({ length: times }, (_, i) =>
    row(i + 1, FIRST + i * every, { outcome: "verified", status: 503, attempt: i + 1, attempts: times, ...shape }),
  );
const down = (from: number, to: number, shape: Partial<Blind> = {}): Blind => ({
  from_ms: FIRST + from,
  to_ms: FIRST + to,
  cause: "tunnel_down",
  words: null,
  ...shape,
});
const guess = (after: number): NextAttempt => ({
  at_ms: FIRST + after,
  spread_ms: MIN,
  from_events: 3,
  gives_up_ms: FIRST + 24 * HOUR,
});
const shown = (rows: Row[], shape: Partial<Shown> = {}): Shown => ({
  rows,
  blind: [],
  unseen: [],
  next: null,
  current: rows.at(-1)?.id ?? 0,
  unfolded: new Set(),
  ...shape,
});
const shape = (of: Shown) =>
  linesOf(of).map((line) =>
    line.is === "attempt" ? line.row.id : line.is === "more" ? `${line.rows.length} more` : line.is,
  );

describe("the table of the attempts", () => {
  it("stands in the order of time, what is expected at its end", () => {
    const of = shown(came(3, 20 * MIN), {
      blind: [down(5 * MIN, 10 * MIN)],
      unseen: [guess(7 * MIN)],
      next: guess(90 * MIN),
    });
    expect(shape(of)).toEqual([1, "blind", "unseen", 2, 3, "next"]);
    const unseen = linesOf(of).find((line) => line.is === "unseen");
    expect(unseen?.is === "unseen" && unseen.before).toBe(FIRST);
  });

  it("folds what is alike, but not the open one, and nothing around a gap that is told", () => {
    const fifty = came(50, 20 * MIN);
    expect(shape(shown(fifty))).toEqual([1, "47 more", 49, 50]);
    expect(shape(shown(fifty, { current: 20 }))).toEqual([1, "17 more", 19, 20, 21, "28 more", 50]);
    expect(shape(shown(fifty, { blind: [down(405 * MIN, 410 * MIN)] }))).toEqual([
      1,
      "19 more",
      21,
      "blind",
      22,
      "26 more",
      49,
      50,
    ]);
    expect(shape(shown(fifty, { unfolded: new Set([2]) }))).toHaveLength(50);
    const mixed = fifty.map((one, i) => (i === 30 ? { ...one, status: 500 } : one));
    expect(shape(shown(mixed))).toEqual([1, "28 more", 30, 31, 32, "16 more", 49, 50]);
    expect(shape(shown(came(6, MIN)))).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("of many times in which nothing could be seen the longest have a line", () => {
    const many = Array.from({ length: 20 }, (_, i) => down(i * 3 * MIN + MIN, i * 3 * MIN + (i === 4 ? 3 : 2) * MIN));
    const lines = linesOf(shown(came(2, HOUR), { blind: many }));
    expect(lines.filter((line) => line.is === "blind")).toHaveLength(6);
    expect(lines.filter((line) => line.is === "blind" && line.blind === many[4])).toHaveLength(1);
    const others = lines.find((line) => line.is === "others");
    expect(others?.is === "others" && others.blind.length).toBe(14);
  });
});

describe("when nothing could be seen", () => {
  it("says what was down, from when to when, and why", () => {
    expect(blindTimes(down(0, 7 * MIN), NOW)).toBe("14:05–14:12");
    expect(blindTimes(down(0, 30 * S), NOW)).toBe("14:05:02–14:05:32");
    expect(blindTimes(down(0, 7 * MIN), NOW + 24 * HOUR)).toBe("29 Nov 14:05–14:12");
    expect(blindTimes(down(0, 20 * HOUR), NOW + 48 * HOUR)).toBe("29 Nov 14:05–30 Nov 10:05");
    expect(blindWords(down(0, 7 * MIN, { words: "network\nunreachable" }), NOW)).toMatch(
      /^Tunnel down 14:05–14:12, net/,
    );
    expect(blindWords(down(0, 7 * MIN, { cause: "not_listening" }), NOW)).toBe("Pollux was not listening 14:05–14:12");
    expect([5 * S, 90 * S, 170 * S, 15 * MIN, 3 * HOUR].map((ms) => plain(blindLength(ms)))).toEqual([
      "5 s",
      "1 min 30 s",
      "2 min 50 s",
      "15 min",
      "3 h",
    ]);
  });

  it("calls an attempt that was not seen a guess, and claims no cause that is not known", () => {
    const blind = [down(5 * MIN, 10 * MIN)];
    expect(unseenWords(guess(7 * MIN), blind, NOW)).toBe(
      "Perhaps one here, not seen: the tunnel was down 14:10–14:15. A guess.",
    );
    expect(unseenWords(guess(20 * MIN), blind, NOW)).toBe("Perhaps one here, not seen. A guess.");
  });

  it("is shaded within the axis; labels touch neither each other nor what stands there already", () => {
    const rows = came(3, 20 * MIN);
    const blind = [down(-HOUR, -MIN), down(2 * MIN, 6 * MIN), down(7 * MIN, 8 * MIN), down(25 * MIN, 39 * MIN)];
    for (const width of [306, 600, 1200])
      for (const kind of ["log", "clock"] as const) {
        const axis = axisOf(kind, rows, null, NOW, width, knownUntil(blind, []));
        const bands = bandsOf(axis, blind, [axis.right]);
        expect(bands).toHaveLength(3);
        for (const band of bands) expect(band.x >= axis.left && band.width >= 2).toBe(true);
        const labels = bands.flatMap((band) => band.label ?? []).sort((a, b) => a.x - b.x);
        for (const [i, label] of labels.entries()) {
          const half = (label.text.length * 6.1) / 2;
          expect(label.x - half).toBeGreaterThanOrEqual(0);
          const before = labels[i - 1];
          if (before) expect(label.x - half).toBeGreaterThan(before.x + (before.text.length * 6.1) / 2);
        }
      }
  });

  it("reaches beyond the last attempt where nothing more is expected", () => {
    const rows = came(2, MIN);
    const blind = [down(2 * MIN, 60 * MIN)];
    const axis = axisOf("log", rows, null, NOW, 600, knownUntil(blind, [guess(30 * MIN)]));
    expect(axis.to).toBe(FIRST + 60 * MIN);
  });
});
