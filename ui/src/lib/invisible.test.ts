import { describe, expect, it } from "vitest";
import { codePoint, hasHidden, segments, visible } from "./invisible";

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
    expect(
      segments(text)
        .map((s) => (s.hidden ? `⟦${s.text}⟧` : s.text))
        .join(""),
    ).toBe(shown);
  });

  it.each([
    0x9b, 0x202e, 0xad, 0x61c, 0x2028, 0x2029, 0x180e, 0x0, 0x1b, 0x7f, 0x80, 0x9f, 0x34f, 0x115f, 0x17b4, 0x180b,
    0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x2060, 0x2065, 0x2066, 0x206f, 0x2800, 0x3164, 0xfe00, 0xfe0e,
    0xfe0f, 0xfeff, 0xffa0, 0xfff9, 0x1bca0, 0x1d173, 0xe0001, 0xe0020, 0xe007f, 0xe0100, 0xe01ef, 0xe0fff,
  ])("U+%x is marked, alone and between letters", (code) => {
    const char = String.fromCodePoint(code);
    const mark = `⟦${codePoint(char)}⟧`;
    expect(visible(`a${char}b`)).toBe(`a${mark}b`);
    expect(visible(char)).toBe(mark);
    expect(segments(`a${char}`)).toEqual([
      { text: "a", hidden: false },
      { text: codePoint(char), hidden: true },
    ]);
    expect(hasHidden(`a${char}b`)).toBe(true);
  });

  it.each(["e\u0301", "\u0605 \u06DD", "\u0E01\u0E33", "क्ष", "10\u00A0s", "\u3000", "\uFFFD", "\uE000"])(
    "%j is drawn, and stays",
    (text) => expect(visible(text)).toBe(text),
  );

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

describe("emoji of several characters", () => {
  it.each([
    ["a family", "👨‍👩‍👧‍👦"],
    ["a skin tone", "👋🏽"],
    ["a tone and a joiner", "👩🏽‍💻"],
    ["two tones", "👩🏻‍🤝‍👨🏿"],
    ["a heart", "❤️"],
    ["a kiss", "👩‍❤️‍💋‍👨"],
    ["a keycap", "1️⃣"],
    ["a country's flag", "🇩🇪"],
    ["a flag of tags", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"],
    ["a flag with a joiner", "🏳️‍🌈"],
    ["a pirate's", "🏴‍☠️"],
    ["a judge", "🧑🏾‍⚖️"],
    ["without its selectors", "👁‍🗨"],
    ["half of them", "🏳‍🌈"],
    ["with one that is not needed", "⚡\uFE0F"],
    ["as text", "☎\uFE0E"],
    ["two in a row", "👩‍💻👩‍💻"],
    ["ten in a row", "👨‍👩‍👧‍👦".repeat(10)],
  ])("%s is shown whole", (_what, emoji) => {
    expect(visible(`a ${emoji} b`)).toBe(`a ${emoji} b`);
    expect(segments(emoji)).toEqual([{ text: emoji, hidden: false }]);
    expect(hasHidden(emoji)).toBe(false);
  });

  it.each([
    ["a joiner between letters", "क्\u200Dष", "क्⟦U+200D⟧ष"],
    ["a joiner alone", "\u200D", "⟦U+200D⟧"],
    ["a joiner at the end", "👩\u200D", "👩⟦U+200D⟧"],
    ["a joiner before a letter", "👩\u200Da", "👩⟦U+200D⟧a"],
    ["two joiners", "👩\u200D\u200D💻", "👩⟦U+200D⟧⟦U+200D⟧💻"],
    ["what nobody draws as one", "👩\u200D🍕", "👩⟦U+200D⟧🍕"],
    ["an emoji, and then one that nobody draws", "👩‍💻\u200D🍕", "👩‍💻⟦U+200D⟧🍕"],
    ["two selectors", "❤\uFE0F\uFE0F", "❤️⟦U+FE0F⟧"],
    ["a selector after a letter", "a\uFE0F", "a⟦U+FE0F⟧"],
    ["a selector after a digit", "1\uFE0F", "1⟦U+FE0F⟧"],
    ["another selector after an emoji", "😀\uFE01", "😀⟦U+FE01⟧"],
    ["a text in tags", "😀\u{E0068}\u{E0069}", "😀⟦U+E0068⟧⟦U+E0069⟧"],
    ["a text in tags behind a flag", "🏴\u{E0068}\u{E0069}\u{E007F}", "🏴⟦U+E0068⟧⟦U+E0069⟧⟦U+E007F⟧"],
    ["selectors of the supplement", "😀\u{E0101}\u{E0102}", "😀⟦U+E0101⟧⟦U+E0102⟧"],
    ["a zero-width space", "👩\u200B💻", "👩⟦U+200B⟧💻"],
  ])("%s is marked", (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
    expect(segments(text).some((part) => part.hidden)).toBe(true);
    expect(hasHidden(text)).toBe(true);
  });

  it("a flood of joiners costs no more than its length", () => {
    expect(visible("👩\u200D".repeat(100_000))).toBe("👩⟦U+200D⟧".repeat(100_000));
    expect(visible("🏴\u{E0067}".repeat(100_000))).toBe("🏴⟦U+E0067⟧".repeat(100_000));
    expect(visible(`${"1".repeat(1_000_000)}\u200B`)).toBe(`${"1".repeat(1_000_000)}⟦U+200B⟧`);
  });
});
