import { describe, expect, it } from "vitest";
import { age, answer, bytes, count, middle, moment, plural, since, skew, span, took, tookFine } from "./format";

describe("formats", () => {
  it.each([[0, "now"], [1999, "now"], [-5000, "now"], [2000, "2 s"], [59_999, "59 s"], [60_000, "1 min"], [3_599_999, "59 min"], [3_600_000, "1 h"], [172_799_999, "47 h"], [172_800_000, "2 d"], [400 * 86_400_000, "400 d"]])("age of %d ms", (ms, text) => {
    expect(age(1_000_000_000_000 - ms, 1_000_000_000_000)).toBe(text);
  });
  it.each([[0, "0 B"], [231, "231 B"], [1024, "1 KiB"], [1536, "1.5 KiB"], [10_485_760, "10 MiB"], [222_298_112, "212 MiB"]])("%d bytes", (n, text) => {
    expect(bytes(n)).toBe(text);
  });
  it.each([[0, "<1 ms"], [999, "<1 ms"], [3400, "3 ms"], [1_400_000, "1.4 s"], [12_400_000, "12 s"]])("took %d µs", (us, text) => {
    expect(took(us)).toBe(text);
  });
  it.each([[0, "+0.0 s"], [400, "+0.4 s"], [12_000, "+12 s"], [3_900_000, "+1 h 5 min"], [300_000, "+5 min"], [65_000, "+1 min 5 s"]])("since %d ms", (ms, text) => {
    expect(since(ms)).toBe(text);
  });
  it("counts and times", () => {
    expect(count(100_418)).toBe("100,418");
    expect(plural(1, "entry", "entries")).toBe("1 entry");
    expect(plural(0, "row")).toBe("0 rows");
    expect(tookFine(600)).toBe("0.6 ms");
    expect(tookFine(16_000)).toBe("16 ms");
    expect(answer(200, 3100)).toBe("200 · 3 ms");
    expect(answer(503, null)).toBe("503");
    expect(span(-5)).toBe("0 s");
    expect(skew(2)).toBe("2 s before it arrived");
    expect(skew(-7200)).toBe("2 h after it arrived");
    expect(skew(0)).toBe("the second it arrived");
    expect(moment(Number.NaN)).toBe("NaN");
    expect(moment(0)).toMatch(/^19(70-01-01|69-12-31) \d\d:\d\d:00\.000 [+-]\d\d:\d\d$/);
  });
  it("cuts the middle, and no character in halves", () => {
    expect(middle("msg_5f0cd1e2e21a", 13)).toBe("msg_5f0c…e21a");
    expect(middle("short", 13)).toBe("short");
    expect([...middle("😀".repeat(20), 7)]).toHaveLength(7);
    expect(middle("abcdefgh", 3)).toBe("a…h");
  });
});
