import { describe, expect, it } from "vitest";
import { hasHidden, segments, visible } from "./invisible";

describe("what the eye cannot see", () => {
  it.each([
    ["report\u202Efdp.exe", "report⟦U+202E⟧fdp.exe"],
    ["a\u200Bb", "a⟦U+200B⟧b"],
    ["\u0000", "⟦U+0000⟧"],
    ["\u001B[31m", "⟦U+001B⟧[31m"],
    ["a\u2066b\u2069", "a⟦U+2066⟧b⟦U+2069⟧"],
    ["\uFEFF{}", "⟦U+FEFF⟧{}"],
    ["tag\u{E0041}", "tag⟦U+E0041⟧"],
    ["lone \uD800 half", "lone ⟦U+D800⟧ half"],
    ["line\nbreak\ttab", "line⟦\\n⟧break⟦\\t⟧tab"],
    ["plain ünïcödé 漢字 😀", "plain ünïcödé 漢字 😀"],
  ])("%j", (text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(segments(text).map((s) => (s.hidden ? `⟦${s.text}⟧` : s.text)).join("")).toBe(shown);
  });

  it("keeps line ends where lines are shown, but not a bare carriage return", () => {
    expect(visible("a\nb\tc\r\nd\re", true)).toBe("a\nb\tc\r\nd⟦\\r⟧e");
    expect(segments("a\nb", true)).toEqual([{ text: "a\nb", hidden: false }]);
  });

  it("joins neighbours, and never makes thousands of elements", () => {
    expect(segments("\u202E\u202D")).toEqual([{ text: "U+202E U+202D", hidden: true }]);
    const flood = segments("a\u0001".repeat(200_000));
    expect(flood).toHaveLength(1);
    expect(flood[0]?.text.startsWith("a⟦U+0001⟧a")).toBe(true);
  });

  it("tells whether there is anything", () => {
    expect(hasHidden("a\u202Eb")).toBe(true);
    expect(hasHidden("ab")).toBe(false);
    expect(hasHidden("a\u202Eb")).toBe(true);
  });
});
