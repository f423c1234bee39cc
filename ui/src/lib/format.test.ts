import { describe, expect, it } from "vitest";
import { age, ago, answer, bytes, count, middle, moment, plural, since, skew, span, took, tookFine } from "./format";

describe("formats", () => {
  it.each([
    [0, "now"],
    [1999, "now"],
    [-5000, "now"],
    [2000, "2\u00A0s"],
    [59_999, "59\u00A0s"],
    [60_000, "1\u00A0min"],
    [3_599_999, "59\u00A0min"],
    [3_600_000, "1\u00A0h"],
    [172_799_999, "47\u00A0h"],
    [172_800_000, "2\u00A0d"],
    [400 * 86_400_000, "400\u00A0d"],
  ])("age of %d ms", (ms, text) => {
    expect(age(1_000_000_000_000 - ms, 1_000_000_000_000)).toBe(text);
  });
  it("age in a sentence", () => {
    expect([ago(5000, 6000), ago(5000, 4000), ago(5000, 9000)]).toEqual(["just now", "just now", "4\u00A0s ago"]);
  });
  it.each([
    [0, "0\u00A0B"],
    [231, "231\u00A0B"],
    [1024, "1\u00A0KiB"],
    [1536, "1.5\u00A0KiB"],
    [10_485_760, "10\u00A0MiB"],
    [222_298_112, "212\u00A0MiB"],
  ])("%d bytes", (n, text) => {
    expect(bytes(n)).toBe(text);
  });
  it.each([
    [0, "<1\u00A0ms"],
    [999, "<1\u00A0ms"],
    [3400, "3\u00A0ms"],
    [1_400_000, "1.4\u00A0s"],
    [12_400_000, "12\u00A0s"],
  ])("took %d µs", (us, text) => {
    expect(took(us)).toBe(text);
  });
  it.each([
    [0, "+0.0\u00A0s"],
    [400, "+0.4\u00A0s"],
    [12_000, "+12\u00A0s"],
    [3_900_000, "+1\u00A0h 5\u00A0min"],
    [300_000, "+5\u00A0min"],
    [65_000, "+1\u00A0min 5\u00A0s"],
  ])("since %d ms", (ms, text) => {
    expect(since(ms)).toBe(text);
  });
  it("counts and times", () => {
    expect(count(100_418)).toBe("100,418");
    expect(plural(1, "entry", "entries")).toBe("1 entry");
    expect(plural(0, "row")).toBe("0 rows");
    expect(tookFine(600)).toBe("0.6\u00A0ms");
    expect(tookFine(16_000)).toBe("16\u00A0ms");
    expect(answer(200, 3100)).toBe("200 · 3\u00A0ms");
    expect(answer(503, null)).toBe("503");
    expect(span(-5)).toBe("0\u00A0s");
    expect(skew(2)).toBe("2\u00A0s before it arrived");
    expect(skew(-7200)).toBe("2\u00A0h after it arrived");
    expect(skew(0)).toBe("the second it arrived");
    expect(moment(Number.NaN)).toBe("NaN");
    expect(moment(0)).toMatch(/^19(70-01-01|69-12-31) \d\d:\d\d:00\.000 [+-]\d\d:\d\d$/);
  });
  it("cuts the middle, and no character in halves", () => {
    expect(middle("msg_5f0cd1e2e21a", 13)).toBe("msg_5f0c…e21a");
    expect(middle("short", 13)).toBe("short");
    expect([...middle("😀".repeat(20), 7)]).toHaveLength(7);
    expect(middle("abcdefgh", 3)).toBe("a…h");
    expect(middle("👨‍👩‍👧‍👦".repeat(9), 3)).toBe("👨‍👩‍👧‍👦…👨‍👩‍👧‍👦");
    expect(middle("a⟦U+202E⟧".repeat(9), 5, 2)).toBe("a⟦U+202E⟧…a⟦U+202E⟧");
  });
});
