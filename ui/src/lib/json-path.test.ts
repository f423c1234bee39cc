import { describe, expect, it } from "vitest";
import { utf16Offset } from "./bytes";
import { checkJson } from "./json";
import { firstOpened, jsonLines } from "./json-lines";
import { pathAt, pathsOf, scalarText } from "./json-path";

const TEXT = '{"data":{"id":"batches/1","rows":[{"x":1},{"x":[2,3]}],"a b":true,"":0,"a.b":null},"k":1,"k":2}';

describe("the paths of a tree", () => {
  it("name every line as a query does", () => {
    const { root } = checkJson(TEXT);
    if (!root) throw new Error("not JSON");
    const lines = jsonLines(TEXT, root, firstOpened(TEXT, root));
    const paths = pathsOf(TEXT, lines).filter((_, i) => lines[i]?.at === "value");
    expect(paths).toEqual([
      "",
      "data",
      "data.id",
      "data.rows",
      "data.rows[0]",
      "data.rows[0].x",
      "data.rows[1]",
      "data.rows[1].x",
      "data.rows[1].x[0]",
      "data.rows[1].x[1]",
      'data."a b"',
      'data.""',
      'data."a.b"',
      "k",
      "k",
    ]);
  });

  it("of an array begin with their number, and endless ones are not told", () => {
    const told = (text: string) => {
      const { root } = checkJson(text);
      if (!root) throw new Error("not JSON");
      return pathsOf(text, jsonLines(text, root, firstOpened(text, root)));
    };
    expect(told("[[7]]").slice(0, 3)).toEqual(["", "[0]", "[0][0]"]);
    expect(told(`{"${"k".repeat(500)}":1}`)[1]).toBeNull();
  });
});

describe("the path at a place", () => {
  it.each([
    ["batches", "data.id"],
    ["2,3", "data.rows[1].x[0]"],
    ["3]", "data.rows[1].x[1]"],
    ['"rows"', "data.rows"],
    ["true", 'data."a b"'],
  ])("%s", (piece, path) => expect(pathAt(TEXT, TEXT.indexOf(piece))?.path ?? null).toBe(path));

  it("has the whole value where that is a scalar", () => {
    const text = '{"a": ["say \\"hi\\"", 12], "b": {}}';
    const valueAt = (piece: string) => pathAt(text, text.indexOf(piece))?.value;
    expect([valueAt("hi"), valueAt("12"), valueAt("b"), valueAt("{}")]).toEqual(['say "hi"', "12", null, null]);
  });

  it("is none where there is no JSON", () => expect(pathAt("needle", 2)).toBeNull());

  it("is found by bytes", () => {
    const text = '{"é":"ü","b":"needle"}';
    const bytes = new TextEncoder().encode(text);
    const offset = new TextEncoder().encode(text.slice(0, text.indexOf("needle"))).length;
    expect(pathAt(text, utf16Offset(bytes, offset))?.path).toBe("b");
  });
});

it.each([
  ['"a\\u0062"', "ab"],
  ["1.0", "1.0"],
  ["null", "null"],
  ['"broken\\x"', "broken\\x"],
])("a scalar is compared as %s → %s", (written, text) => expect(scalarText(written)).toBe(text));
