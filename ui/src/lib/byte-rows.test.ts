import { describe, expect, it } from "vitest";
import { PIECE, RowIndex, rowEnd } from "./byte-rows";
import { checkingUtf8, decoding, DECODED_AT_ONCE, encoding, utf8 } from "./bytes";
import { atOnce, type Work } from "./slices";

const encode = (text: string) => new TextEncoder().encode(text);
const joined = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...encode(part)] : part)));

function indexed(bytes: Uint8Array, columns = 40): RowIndex {
  const index = new RowIndex(bytes, columns);
  atOnce(index.build());
  return index;
}

const textsOf = (index: RowIndex) => index.rows(0, index.count).map((row) => index.text(row));

/** What each piece of a work dealt with. */
function piecesOf(work: Work<unknown>): number[] {
  const pieces: number[] = [];
  for (let step = work.next(); !step.done; step = work.next()) pieces.push(step.value);
  return pieces;
}

const FAMILY = "👨‍👩‍👧‍👦";
const BODIES: Record<string, Uint8Array> = {
  "lines that end with LF": encode("one\ntwo\n\nfour\n"),
  "lines that end with CRLF": encode("one\r\ntwo\r\n\r\nfour\r\n"),
  "no end of the last line": encode("one\ntwo"),
  "one line end": encode("\n"),
  "a CR alone, and one at the end": encode("a\rb\r\rc\r"),
  "a line as long as a row, with either end": encode(`${"x".repeat(40)}\r\n${"y".repeat(40)}\n${"z".repeat(40)}`),
  "a byte order mark": joined([0xef, 0xbb, 0xbf], '{"a":1}\n'),
  "bytes that are not UTF-8": joined("a", [0xff, 0xfe], "b", [0xc3], "c", [0xe2, 0x82], "d", [0xf0, 0x9f, 0x98]),
  "a character that is cut off at the end": joined("x".repeat(60), [0xe2, 0x82]),
  "what continues nothing": Uint8Array.from({ length: 500 }, () => 0x80),
  "surrogates and too long forms": joined([0xed, 0xa0, 0x80, 0xc0, 0x80, 0xe0, 0x80, 0x80, 0xf5, 0x80, 0x80, 0x80]),
  "characters of two bytes": encode("é".repeat(300)),
  "characters of three bytes": encode("漢字かな".repeat(200)),
  "characters of four bytes": encode("😀𝒳".repeat(200)),
  "a tab and controls": encode("a\tb\u0000c\u0007d\u001b[0m\u0085\u200b\u202e".repeat(20)),
  "separators that are no ends of lines": encode("a\u2028b\u2029c\u000bd\u000ce"),
};

describe("rows over bytes", () => {
  it.each(Object.entries(BODIES))("are together what the bytes are: %s", (_, bytes) => {
    for (const columns of [8, 9, 10, 11, 40, 400]) {
      const index = indexed(bytes, columns);
      expect(textsOf(index).join("")).toBe(utf8(bytes).text);
      expect([index.covered, index.done]).toEqual([bytes.length, true]);
    }
  });

  it("are the lines, where these are short", () => {
    const text = "one\r\ntwo\n\nfour\rstill four\n\u2028five";
    expect(textsOf(indexed(encode(text)))).toEqual(["one\r\n", "two\n", "\n", "four\rstill four\n", "\u2028five"]);
  });

  it("of a line that fills a row are not followed by an empty one", () => {
    expect(textsOf(indexed(encode(`${"x".repeat(40)}\r\ny`)))).toEqual([`${"x".repeat(40)}\r\n`, "y"]);
    expect(textsOf(indexed(encode(`${"x".repeat(41)}\ny`)))).toEqual(["x".repeat(40), "x\n", "y"]);
  });

  it("of random bytes are together what these are", () => {
    const some = [0x41, 0x0a, 0x0d, 0x20, 0x80, 0xbf, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xed, 0xa0, 0xf0, 0x9f, 0x98, 0xff];
    let seed = 11;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 400; round++) {
      const bytes = Uint8Array.from({ length: random(200) }, () => some[random(some.length)] ?? 0);
      expect(textsOf(indexed(bytes, 8 + random(6))).join(""), String(bytes)).toBe(utf8(bytes).text);
    }
  });

  it("halve nothing that is seen as one character", () => {
    const accents = "e\u0301".repeat(500);
    expect(textsOf(indexed(encode(accents), 9)).every((row) => /^(e\u0301)+$/.test(row))).toBe(true);
    for (const columns of [8, 20, 70])
      expect(textsOf(indexed(encode(FAMILY.repeat(100)), columns)).every((row) => /^(👨‍👩‍👧‍👦)+$/u.test(row))).toBe(true);
    // One without an end is cut somewhere.
    const endless = indexed(encode(`a${"\u0301".repeat(1000)}`), 20);
    expect([textsOf(endless).join("").length, endless.count > 20]).toEqual([1001, true]);
  });

  it("are no wider than asked for, also of what is drawn wide", () => {
    const widest = (text: string, columns: number) =>
      Math.max(...textsOf(indexed(encode(text), columns)).map((row) => [...row].length));
    expect(widest("x".repeat(500), 40)).toBe(40);
    expect(widest("漢".repeat(500), 40)).toBe(20);
    expect(widest("\u0007".repeat(500), 42)).toBe(6);
  });

  it("are found from anywhere, by number and by byte", () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `${"x".repeat((i * 7) % 90)}é${i}\n`).join("");
    const index = indexed(encode(lines));
    const all = index.rows(0, index.count);
    for (const first of [0, 1, 63, 64, 65, 1000, index.count - 3])
      expect(index.rows(first, first + 9)).toEqual(all.slice(first, first + 9));
    expect(index.rows(-1, 4)).toEqual([]);
    expect(index.rows(index.count, index.count + 4)).toEqual([]);
    for (const row of [0, 1, 63, 64, 1000, index.count - 1]) {
      expect(index.rowOf(all[row]?.start ?? -1)).toBe(row);
      expect(index.rowOf((all[row]?.end ?? 0) - 1)).toBe(row);
    }
    expect(index.rowOf(1e9)).toBe(index.count - 1);
  });

  it("are known one after the other while it is built", () => {
    const index = new RowIndex(encode("line\n".repeat(20_000)), 40);
    expect([index.count, index.rowOf(0), index.rows(0, 5)]).toEqual([0, 0, []]);
    const work = index.build();
    work.next();
    expect(index.done).toBe(false);
    expect(index.rows(0, 1e6)).toHaveLength(index.count);
    expect(index.rowOf(1e9)).toBe(index.count - 1);
    atOnce(work);
    expect(index.count).toBe(20_000);
  });

  it("of one line of five megabytes are short, and made in pieces", () => {
    const bytes = new Uint8Array(5 * 1024 * 1024).fill(0x78);
    const index = new RowIndex(bytes, 100);
    const pieces = piecesOf(index.build());
    expect(Math.max(...pieces)).toBeLessThanOrEqual(PIECE + 100);
    expect(pieces.reduce((sum, one) => sum + one)).toBe(bytes.length);
    expect(index.count).toBe(Math.ceil(bytes.length / 100));
    expect(index.rows(52_000, 52_001)).toEqual([{ start: 5_200_000, end: 5_200_100 }]);
    expect(index.rowOf(5_200_050)).toBe(52_000);
  });

  it("end where they have to, from any start", () => {
    expect(rowEnd(encode("abc"), 1, 40)).toBe(3);
    // At least one character, however wide it is.
    expect(rowEnd(encode("\u0007\u0007"), 0, 3)).toBe(1);
  });
});

describe("decoding in pieces", () => {
  it.each(Object.entries(BODIES))("comes to the same as at once: %s", (_, bytes) => {
    expect(atOnce(decoding(bytes))).toEqual(utf8(bytes));
    expect(atOnce(checkingUtf8(bytes))).toBe(utf8(bytes).valid);
  });

  it.each([1, 2, 3])("with a character that a piece ends in, %i bytes before its end", (before) => {
    const bytes = joined("x".repeat(DECODED_AT_ONCE - before), "😀", "y".repeat(10));
    expect(atOnce(decoding(bytes))).toEqual({ text: utf8(bytes).text, valid: true });
    const broken = bytes.slice();
    broken[DECODED_AT_ONCE - before + 3] = 0x41;
    expect(atOnce(decoding(broken))).toEqual({ text: utf8(broken).text, valid: false });
    expect([atOnce(checkingUtf8(bytes)), atOnce(checkingUtf8(broken))]).toEqual([true, false]);
  });

  it("keeps a byte order mark, and has nothing of an empty body", () => {
    expect(atOnce(decoding(joined([0xef, 0xbb, 0xbf], "{")))).toEqual({ text: "\uFEFF{", valid: true });
    expect(atOnce(decoding(new Uint8Array()))).toEqual({ text: "", valid: true });
  });

  it.each([0, 1, 2])("is undone by encoding in pieces, %i code units before the end of one", (before) => {
    const text = `${"x".repeat(DECODED_AT_ONCE - before)}😀é漢\ud800${"y".repeat(DECODED_AT_ONCE)}`;
    const bytes = atOnce(encoding(text));
    expect(bytes.length).toBe(encode(text).length);
    const whole = encode(text);
    expect(bytes.every((byte, i) => byte === whole[i])).toBe(true);
    expect(Math.max(...piecesOf(encoding(text)))).toBeLessThanOrEqual(DECODED_AT_ONCE + 1);
    expect(atOnce(encoding("")).length).toBe(0);
  });

  it("has no piece that is longer than it may be", () => {
    const bytes = new Uint8Array(5 * 1024 * 1024 + 7).fill(0x78);
    for (const work of [decoding(bytes), checkingUtf8(bytes)]) {
      const pieces = piecesOf(work);
      expect(Math.max(...pieces)).toBe(DECODED_AT_ONCE);
      expect(pieces.reduce((sum, one) => sum + one)).toBe(bytes.length);
    }
  });
});
