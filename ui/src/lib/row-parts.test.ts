import { describe, expect, it } from "vitest";
import { segments } from "./invisible";
import { asDrawn, rowParts, withoutEnd, type RowPart } from "./row-parts";

const shown = (parts: readonly RowPart[] | undefined) =>
  (parts ?? []).map((part) => (part.hidden ? `⟦${part.text}⟧` : part.hit ? `[${part.text}]` : part.text)).join("");

describe("the parts of rows", () => {
  it.each([
    "plain",
    "",
    "a\tb",
    "a\u0000\u0001b\u202ec",
    "\u200b\u200b",
    "lone \r return",
    "👨‍👩‍👧‍👦 and \u200d alone",
    "\uFEFF{",
  ])("are the segments of a text, where nothing is searched for: %j", (text) => {
    const [parts] = rowParts([text], []);
    expect(parts?.map(({ text, hidden }) => ({ text, hidden }))).toEqual(segments(text, true));
  });

  it("have no ends of lines, and do not mark these", () => {
    const rows = rowParts(["one\r\n", "two\n", "\r\n", "three\r", "four"], []);
    expect(rows.map(shown)).toEqual(["one", "two", "", "three⟦\\r⟧", "four"]);
    expect([withoutEnd("a\r\n"), withoutEnd("a\n"), withoutEnd("a\r"), withoutEnd("\n")]).toEqual([
      "a",
      "a",
      "a\r",
      "",
    ]);
  });

  it("are marked where they have what is searched for, in one row or over the end of it", () => {
    expect(rowParts(["a Needle in ", "hay", " with nee", "dle\n", "needle"], ["needle"]).map(shown)).toEqual([
      "a [Needle] in ",
      "hay",
      " with [nee]",
      "[dle]",
      "[needle]",
    ]);
    expect(rowParts(["nee\n", "dle"], ["needle"]).map(shown)).toEqual(["nee", "dle"]);
    expect(rowParts(["a\u0000bcab"], ["b", "ca"]).map(shown)).toEqual(["a⟦U+0000⟧[b][ca][b]"]);
  });

  it("say where they begin in the row's own text", () => {
    const text = "a\u202eb needle";
    const [parts] = rowParts(["before ", text], ["needle"]).slice(1);
    expect(parts?.map((part) => [part.from, part.text])).toEqual([
      [0, "a"],
      [1, "U+202E"],
      [2, "b "],
      [4, "needle"],
    ]);
  });
});

describe("a text as it is drawn", () => {
  it.each([
    ["plain\r\nlines\n", "plain\r\nlines\n"],
    ["a\u202eb\nc\u0000d", "aU+202Eb\ncU+0000d"],
    ["a\rb\r\nc", "a\\rb\r\nc"],
    ["\u0000\r\n\r\n", "U+0000\r\n\r\n"],
  ])("%j → %j", (text, drawn) => expect(asDrawn(text)).toBe(drawn));
});
