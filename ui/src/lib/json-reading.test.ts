import { describe, expect, it } from "vitest";
import { checkJson, members, reading, READ_AT_ONCE, type JsonRead, type JsonValue } from "./json";
import { firstOpened, isContainer, jsonLines } from "./json-lines";
import { pathAt } from "./json-path";
import { atOnce, type Work } from "./slices";

const read = (text: string): JsonRead & { root: JsonValue } => {
  const { root, problem, shape } = atOnce(reading(text));
  if (!root) throw new Error(problem?.message);
  return { root, problem, shape };
};

function piecesOf(work: Work<unknown>): number[] {
  const pieces: number[] = [];
  for (let step = work.next(); !step.done; step = work.next()) pieces.push(step.value);
  return pieces;
}

const MEBIBYTES = 5 * 1024 * 1024;
const LONG = "x".repeat(5000);
const TEXTS: Record<string, string> = {
  "small containers": '{"a":[1,{"b":[]},[]],"c":"x","d":{}}',
  "long strings": JSON.stringify({ a: LONG, b: [LONG, 1, LONG], c: "short", d: `say \\ "${LONG}"` }),
  "long containers in each other": JSON.stringify({ a: { b: { c: [LONG, { d: LONG }], e: 1 } }, f: [[[[LONG]]]] }),
  "doubles of a key": `{"k":"${LONG}","k":1,"\\u006b":2,"o":{"k":"${LONG}"}}`,
  "many members": JSON.stringify(Array.from({ length: 300 }, (_, i) => ({ i, text: i % 7 ? "x" : LONG }))),
  "white space everywhere": ` { "a" :\r\n [ "${LONG}" ,\t{ } , "${LONG}" ] , "b" : { "c" : [ 1 ] } } `,
  "a byte order mark": `\uFEFF["${LONG}",[2]]`,
  "a nesting that is not noted": `${"[".repeat(600)}"${LONG}",1${"]".repeat(600)}`,
  "one string": `"${LONG}"`,
};

describe("a text that was read", () => {
  it.each(Object.entries(TEXTS))("has the same members and lines as one that was checked: %s", (_, text) => {
    const { root, shape } = read(text);
    expect(root).toEqual(checkJson(text).root);
    for (let level = [root]; level.length > 0;) {
      const next: JsonValue[] = [];
      for (const value of level.filter(isContainer)) {
        for (const limit of [0, 1, 3, 1000])
          expect(members(text, value, limit, shape)).toEqual(members(text, value, limit));
        next.push(...members(text, value, 1000).items);
      }
      level = next;
    }
    const opened = firstOpened(text, root);
    expect(firstOpened(text, root, shape)).toEqual(opened);
    expect(jsonLines(text, root, opened, shape)).toEqual(jsonLines(text, root, opened));
  });

  it("knows what is long, and only that", () => {
    const text = `{"a":"${LONG}","b":[1,2,3],"c":["${LONG}",{}]}`;
    const { shape } = read(text);
    expect(shape.at(0)).toEqual({ end: text.length, count: 3 });
    expect(shape.at(5)).toEqual({ end: 5 + LONG.length + 2, count: 0 });
    expect(shape.at(text.indexOf("[1"))).toBeNull();
    expect(shape.at(text.indexOf('["'))).toEqual({ end: text.length - 1, count: 2 });
    expect([shape.at(1), shape.at(text.length)]).toEqual([null, null]);
  });

  it("is looked into without reading it again", () => {
    const text = JSON.stringify({ first: LONG.repeat(200), rest: Array.from({ length: 1000 }, () => LONG), last: 1 });
    const { root, shape } = read(text);
    // What is stepped over is not looked at: here it is not even JSON any more.
    const { items } = members(text, root, 3, shape);
    const hollow = items.reduce(
      (now, item) => now.slice(0, item.start + 1) + "?".repeat(item.end - item.start - 1) + now.slice(item.end),
      text,
    );
    expect(members(hollow, root, 3, shape)).toEqual({ items, total: 3 });
    expect(pathAt(text, text.lastIndexOf("1"), { root, shape, problem: null })).toEqual({ path: "last", value: "1" });
  });
});

describe("reading in pieces", () => {
  const items = JSON.stringify(
    Array.from({ length: 60_000 }, (_, i) => ({ key: `request-${i}`, text: "x".repeat(60) })),
  );
  const words = `"${'many words and a \\"quote\\" \\u00e9 '.repeat(160_000)}"`;
  it.each([
    ["many members", items],
    ["one string", `["${"x".repeat(MEBIBYTES)}"]`],
    ["one string with escapes", words],
    ["white space", `[${" \n".repeat(MEBIBYTES / 2)}]`],
  ])("has no piece that is longer than it may be: %s", (_, text) => {
    expect(text.length).toBeGreaterThanOrEqual(MEBIBYTES - 100_000);
    const pieces = piecesOf(reading(text));
    // A token at the end of a piece, or an escape, is not halved.
    expect(Math.max(...pieces)).toBeLessThanOrEqual(READ_AT_ONCE + 5);
    expect(pieces.length).toBeGreaterThanOrEqual(Math.floor(text.length / (READ_AT_ONCE + 5)));
    expect(atOnce(reading(text)).problem).toBeNull();
  });

  it("comes to the same wherever a piece ends", () => {
    // A string with escapes lies over the end of the first piece, one character further each time.
    for (let before = READ_AT_ONCE - 40; before < READ_AT_ONCE + 2; before++) {
      const text = `[${" ".repeat(before)}"a\\"\\u00e9\\\\b\\n${"x".repeat(30)}",{"k\\"":[12.5e3,true]}]`;
      const { root, problem } = atOnce(reading(text));
      expect(problem, String(before)).toBeNull();
      expect(root).toEqual({ kind: "array", start: 0, end: text.length });
      for (const broken of [text.replace("\\u00e9", "\\u00g9"), text.replace("\\n", "\n"), text.replace('x",', "x,")])
        expect(atOnce(reading(broken)).problem, `${before} ${broken.slice(-60)}`).not.toBeNull();
    }
  });
});
