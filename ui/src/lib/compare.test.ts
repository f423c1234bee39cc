import { describe, expect, it } from "vitest";
import { fakeComparison } from "../fake/compare";
import type { CompareScene } from "../fake/compare-planes";
import { row } from "../fake/rows";
import { byteAt, countWords, differences, differenceWords, glyph, hexRows, hunks, laterWords } from "./compare";

const of = (scene: CompareScene) => {
  const one = row(1, 0, { outcome: "verified" });
  const two = row(2, 335_000, { outcome: "rejected", message_id: one.message_id });
  return fakeComparison(one, two, scene, { attempts: [one, two], lastVerified: null, answers: [] });
};

describe("differences", () => {
  it("are gone through as they stand: meaning, lines, transport; the bytes only where nothing else tells of them", () => {
    const planes = (scene: CompareScene) => differences(of(scene)).map(({ plane, at }) => `${plane} ${at}`);
    expect(planes("written")).toEqual(["meaning 0", "meaning 1", "meaning 2", "transport 0", "transport 1"]);
    expect(planes("text")).toEqual(["lines 2", "transport 0", "transport 1"]);
    expect(planes("binary")).toEqual(["bytes 0", "transport 0", "transport 1"]);
    expect(planes("same")).toEqual([]);
  });

  it("are told in a few words", () => {
    expect(differenceWords(of("written"))).toBe("3 in meaning · 2 in transport");
    expect(differenceWords(of("many"))).toBe("60,000 in meaning · 2 in transport");
    expect(differenceWords(of("text"))).toBe("3 lines of text · 2 in transport");
    expect(differenceWords(of("binary"))).toBe("the bytes · 2 in transport");
    expect(differenceWords(of("same"))).toBe("nothing that need not differ");
    expect(countWords({ changed: 0, added: 1, removed: 2, rewritten: 1_000 })).toBe(
      "1,000 rewritten · 2 removed · 1 added",
    );
    expect([laterWords(335), laterWords(-2), laterWords(0)]).toEqual([
      "timestamp 335\u00A0s later",
      "timestamp 2\u00A0s earlier",
      "timestamp equal",
    ]);
  });

  it("of lines begin where the first one differs", () => {
    const line = (whose: "a" | "b" | "both" | "gap") => ({ whose, number_a: null, number_b: null, text: "", more: 0 });
    expect(hunks([line("a"), line("b"), line("both"), line("b"), line("gap"), line("a")])).toEqual([0, 3, 5]);
    expect(hunks([])).toEqual([]);
  });
});

describe("bytes", () => {
  it("stand in rows of sixteen, those that differ marked up to where both are equal again", () => {
    const window = { start: 16, hex: Array.from({ length: 40 }, (_, i) => (i + 0x30).toString(16)).join("") };
    const rows = hexRows(window, 20, 34, 9);
    expect(rows.map((one) => [one.offset, one.bytes.length])).toEqual([
      ["0016", 16],
      ["0032", 16],
      ["0048", 8],
    ]);
    expect(rows.flatMap((one) => one.bytes.map((byte) => byte.how)).join(",")).toBe(
      [...Array(4).fill(""), "first", ...Array(13).fill("differs"), ...Array(22).fill("")].join(","),
    );
    expect(hexRows(window, null, null, 1)).toHaveLength(1);
    expect(byteAt(window, 20)).toBe("34");
    expect([byteAt(window, 15), byteAt(window, 56)]).toEqual(["", ""]);
  });

  it("are drawn as they are where they are ASCII, and as a dot elsewhere", () => {
    expect(["41", "20", "00", "7f", "e9"].map(glyph)).toEqual(["A", " ", "·", "·", "·"]);
  });
});
