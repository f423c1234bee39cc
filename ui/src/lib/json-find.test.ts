import { describe, expect, it } from "vitest";
import { checkJson, members, reading, READ_AT_ONCE } from "./json";
import { finding, patternOf, trailTo, type Found, type Trail } from "./json-find";
import { firstOpened, foldedTo, jsonLines, MOST_FOLDED } from "./json-lines";
import { accessOf, jsonPathOf, stepsOf } from "./json-path";
import { pieces } from "./needles";
import { atOnce, type Work } from "./slices";

function found(text: string, sought: string): Found[] {
  const all: Found[] = [];
  expect(atOnce(finding(text, sought, all))).toBe(true);
  return all;
}
const offsets = (text: string, sought: string) => found(text, sought).map(({ offset }) => offset);
const steps = (trail: Trail | null): number[] => (trail ? [...steps(trail.outer), trail.index] : []);

describe("finding in keys and values", () => {
  const text = '{"data":{"id":"batches/1","Rows":[{"x":1},{"x":[2,31]}],"aa":"aaaa"},"data":true}';

  it("finds what stands in one, whatever its case, and nothing that lies over two", () => {
    expect(offsets(text, "rows")).toEqual([text.indexOf("Rows")]);
    expect(offsets(text, '"x"')).toEqual([text.indexOf('"x"'), text.lastIndexOf('"x"')]);
    expect(offsets(text, "aa")).toHaveLength(3);
    expect(offsets(text, "31")).toEqual([text.indexOf("31")]);
    for (const none of ['":', "[", "2,3", "},{", "nothing", ""]) expect(offsets(text, none), none).toEqual([]);
  });

  it("says in which members they are", () => {
    expect(found(text, "31").map(({ trail }) => steps(trail))).toEqual([[0, 1, 1, 0, 1]]);
    expect(found(text, "data").map(({ trail }) => steps(trail))).toEqual([[0], [1]]);
    expect(found('"alone"', "lone").map(({ trail }) => trail)).toEqual([null]);
    const trail = atOnce(trailTo(text, text.indexOf("31")));
    expect(trail).toEqual(found(text, "31")[0]?.trail);
    expect(atOnce(trailTo(text, 1000))).toBeNull();
  });

  it("finds as many as are marked, in texts of all kinds", () => {
    let seed = 3;
    const random = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
    const word = () => Array.from({ length: random(7) }, () => 'abAB".\\é['[random(9)]).join("");
    const value = (depth: number): unknown =>
      depth > 3 || random(3) === 0
        ? word()
        : random(2)
          ? Array.from({ length: random(5) }, () => value(depth + 1))
          : Object.fromEntries(Array.from({ length: random(5) }, () => [word(), value(depth + 1)]));
    for (let i = 0; i < 400; i++) {
      const json = JSON.stringify([value(0), value(0)]);
      const sought = ["a", "ab", '"', "\\\\", "é", "b[", "."][random(7)] ?? "a";
      const { root } = checkJson(json);
      if (!root) throw new Error("not JSON");
      const lines = jsonLines(json, root, firstOpened(json, root));
      const marked = lines.flatMap((line) =>
        line.at !== "value"
          ? []
          : [line.value.key, "open" in line && line.total !== null ? null : line.value].flatMap((part) =>
              part ? pieces(json.slice(part.start, part.end), [sought]).filter(({ hit }) => hit) : [],
            ),
      );
      expect(offsets(json, sought).length, `${sought} in ${json}`).toBe(marked.length);
    }
  });

  it("takes no more than it may, and says so", () => {
    const many = JSON.stringify(Array.from({ length: 100 }, () => "x"));
    const some: Found[] = [];
    expect(atOnce(finding(many, "x", some, 30))).toBe(false);
    expect(some).toHaveLength(30);
  });

  it("reads a long text in pieces", () => {
    const long = JSON.stringify(Array.from({ length: 60_000 }, (_, i) => ({ key: `k${i}`, text: "y".repeat(60) })));
    const all: Found[] = [];
    const work: Work<unknown> = finding(long, "k5999", all);
    const sizes: number[] = [];
    for (let step = work.next(); !step.done; step = work.next()) sizes.push(step.value);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(130 * 1024);
    expect(sizes.length).toBeGreaterThan(long.length / (READ_AT_ONCE + 5) - 1);
    expect(all.map(({ trail }) => trail?.outer?.index)).toEqual([
      5999,
      ...Array.from({ length: 10 }, (_, i) => 59_990 + i),
    ]);
    // What is shown of the array can begin there, without reading what comes before.
    const { root, shape } = atOnce(reading(long));
    const anchor = all.at(-1)?.trail?.outer?.anchor;
    if (!root || !anchor) throw new Error("not found");
    expect(anchor.index).toBe(59_950);
    const { items, total } = members(long, root, 3, shape, anchor);
    expect([
      total,
      items.map(({ index, start, end }) => [index, long.slice(start, start + 15), long[end - 1]]),
    ]).toEqual([60_000, [0, 1, 2].map((i) => [59_950 + i, `{"key":"k5995${i}"`.slice(0, 15), "}"])]);
    const lines = jsonLines(long, root, new Map([[0, 3]]), shape, new Map([[0, anchor]]));
    expect(lines.map((line) => line.at)).toEqual(["value", "before", "value", "value", "value", "more", "close"]);
    expect(lines[1]).toMatchObject({ hidden: 59_950 });
    expect(lines[5]).toMatchObject({ shown: 59_953, total: 60_000 });
  });

  it("a pattern is the text itself", () => {
    expect("a.b(c)\\/[x]{1}$^".match(patternOf("A.B(c)\\/[x]{1}$^"))).toHaveLength(1);
    expect("aXb".match(patternOf("a.b"))).toBeNull();
  });
});

describe("folding to a depth", () => {
  const text = '{"a":[1,{"b":{"c":2}}],"d":{}}';
  const read = atOnce(reading(text));
  const root = read.root ?? never();
  const fold = (depth: number) => atOnce(foldedTo(text, root, depth, read.shape));

  it("opens what is less than that far in", () => {
    const counts = [0, 1, 2, 3, Infinity].map((depth) => jsonLines(text, root, fold(depth).opened).length);
    expect(counts).toEqual([1, 4, 7, 9, 11]);
    expect(fold(Infinity).whole).toBe(true);
  });

  it("opens no more lines than can be shown, and says so", () => {
    const long = JSON.stringify(Array.from({ length: 100 }, () => Array.from({ length: 99 }, (_, i) => i)));
    const { root: all } = checkJson(long);
    const { opened, whole } = atOnce(foldedTo(long, all ?? never(), Infinity));
    expect(whole).toBe(false);
    expect(jsonLines(long, all ?? never(), opened).length).toBeLessThanOrEqual(MOST_FOLDED + 1);
    const hundreds = JSON.stringify(Array.from({ length: 200 }, (_, i) => i));
    expect(atOnce(foldedTo(hundreds, checkJson(hundreds).root ?? never(), 1)).whole).toBe(false);
  });

  it("is not troubled by a deep nesting", () => {
    const deep = "[".repeat(50_000) + "]".repeat(50_000);
    const { root: outer, shape } = atOnce(reading(deep));
    expect(atOnce(foldedTo(deep, outer ?? never(), Infinity, shape)).opened.size).toBeLessThanOrEqual(MOST_FOLDED);
  });
});

describe("the path of a value, to be copied", () => {
  it.each([
    ["data.id", "$.data.id", '["data"]["id"]'],
    ['data.items[0]."te xt"', "$.data.items[0]['te xt']", '["data"]["items"][0]["te xt"]'],
    ["[2].x", "$[2].x", '[2]["x"]'],
    [`"it's"."say \\"hi\\"\\\\"`, `$['it\\'s']['say "hi"\\\\']`, String.raw`["it's"]["say \"hi\"\\"]`],
    ['"".é-1', "$['']['é-1']", '[""]["é-1"]'],
  ])("%s", (path, json, access) => {
    const parts = stepsOf(path);
    expect(parts && [jsonPathOf(parts), accessOf(parts)]).toEqual([json, access]);
  });

  it.each(["a..b", ".a", "a[x]", 'a"b"', '"open', "a b"])("none is made of %s", (path) =>
    expect(stepsOf(path)).toBeNull(),
  );
});

function never(): never {
  throw new Error("not there");
}
