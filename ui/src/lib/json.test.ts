import * as scanner from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { checkJson, members } from "./json";
import { firstOpened, jsonLines } from "./json-lines";
import { ScanError, SyntaxKind } from "./json-tokens";

const source = (text: string, value: { start: number; end: number }) => text.slice(value.start, value.end);

describe("checkJson", () => {
  it.each([
    "{}",
    "[]",
    "null",
    " true ",
    "-0.5e+10",
    '"\\u00e9"',
    '{"a":[1,{"b":null}],"c":"x"}',
    "\uFEFF{}",
    "[[],{}]",
    "\n[1 , 2]\t",
    "1e400",
    "123456789012345678901234567890",
  ])("takes %j", (text) => {
    expect(checkJson(text).problem).toBeNull();
  });
  it.each([
    "",
    "  ",
    "{",
    "[1,]",
    "[1,,2]",
    '{"a":}',
    '{"a" 1}',
    "{a:1}",
    "{'a':1}",
    "01",
    "+1",
    ".5",
    "1.",
    "NaN",
    "[1] 2",
    "]",
    '{"a":1,}',
    "// c\n1",
    "/* c */ 1",
    '"\t"',
    '"\\x"',
    '"abc',
    '{"a":1]',
    "[1}",
    "tru",
    '{"a"}',
    "1 2",
    ",",
    ":",
  ])("refuses %j", (text) => {
    expect(checkJson(text).problem).not.toBeNull();
    expect(() => JSON.parse(text)).toThrow();
  });
  it("says where", () => {
    expect(checkJson('{\n  "a": 1\n  "b": 2\n}').problem).toMatchObject({
      line: 3,
      column: 3,
      message: "A comma is missing.",
    });
  });
  it("agrees with JSON.parse on mutated texts", () => {
    const base = '{"a":[1,2.5e3,{"b":"x\\n"}],"c":null,"d":[[],{}]}';
    let seed = 7;
    const random = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
    for (let i = 0; i < 4000; i++) {
      const at = random(base.length);
      const text =
        [base.slice(0, at) + base.slice(at + 1), base.slice(0, at) + '{}[],:"\\01e-.a \n'[random(16)] + base.slice(at)][
          random(2)
        ] ?? "";
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      expect(checkJson(text).problem === null, text).toBe(valid);
    }
  });
  it("survives a hundred thousand brackets", () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    const { root, problem } = checkJson(deep);
    expect(problem).toBeNull();
    expect(root).toEqual({ kind: "array", start: 0, end: 200_000 });
    expect(jsonLines(deep, root ?? never(), firstOpened(deep, root ?? never())).length).toBeLessThan(40);
  });
});

describe("members", () => {
  const text = '{"big":123456789012345678901234567890,"inf":1e400,"k":1,"k":2,"o":{"x":[1,2]},"z":"\\u202e"}';
  const root = checkJson(text).root ?? never();
  it("keeps numbers as they are written, the order, and doubles of a key", () => {
    const { items, total } = members(text, root, 100);
    expect(total).toBe(6);
    expect(items.map((item) => (item.key ? source(text, item.key) : ""))).toEqual([
      '"big"',
      '"inf"',
      '"k"',
      '"k"',
      '"o"',
      '"z"',
    ]);
    expect(items.map((item) => source(text, item))).toEqual([
      "123456789012345678901234567890",
      "1e400",
      "1",
      "2",
      '{"x":[1,2]}',
      '"\\u202e"',
    ]);
    expect(items.map((item) => item.key?.duplicate)).toEqual([false, false, false, true, false, false]);
  });
  it("gives the first few and counts the rest", () => {
    const long = `[${Array.from({ length: 4300 }, (_, i) => i).join(",")}]`;
    const got = members(long, checkJson(long).root ?? never(), 100);
    expect(got.items).toHaveLength(100);
    expect(got.total).toBe(4300);
    expect(source(long, got.items[99] ?? never())).toBe("99");
  });
});

describe("lines", () => {
  it("shows a small payload whole, with its brackets", () => {
    const text = '{"a":[1,2],"e":{}}';
    const root = checkJson(text).root ?? never();
    const lines = jsonLines(text, root, firstOpened(text, root));
    expect(lines.map((l) => `${l.depth}${l.at}`)).toEqual([
      "0value",
      "1value",
      "2value",
      "2value",
      "1close",
      "1value",
      "0close",
    ]);
    expect(lines.map((l) => !("comma" in l) || l.comma)).toEqual([false, true, true, false, true, false, false]);
  });
  it("leaves the rest of a long array for later", () => {
    const text = JSON.stringify(Array.from({ length: 4300 }, (_, i) => ({ i })));
    const root = checkJson(text).root ?? never();
    const lines = jsonLines(text, root, firstOpened(text, root));
    expect(lines.find((l) => l.at === "more")).toMatchObject({ shown: 100, total: 4300, of: 0 });
    expect(lines.length).toBeLessThan(600);
  });
  it("reads ten megabytes in a moment", () => {
    const text = JSON.stringify(
      Array.from({ length: 200_000 }, (_, i) => ({ id: i, text: `row number ${i}`, ok: true })),
    );
    expect(text.length).toBeGreaterThan(9_000_000);
    const started = performance.now();
    const root = checkJson(text).root ?? never();
    jsonLines(text, root, firstOpened(text, root));
    expect(performance.now() - started).toBeLessThan(8000);
  });
});

it("the scanner's numbers are those of jsonc-parser", () => {
  const real = scanner as unknown as Record<"SyntaxKind" | "ScanError", Record<string, number>>;
  for (const [name, value] of Object.entries(SyntaxKind)) expect(real.SyntaxKind[name], name).toBe(value);
  for (const [name, value] of Object.entries(ScanError)) expect(real.ScanError[name], name).toBe(value);
});

function never(): never {
  throw new Error("not there");
}
