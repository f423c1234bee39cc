import { describe, expect, it } from "vitest";
import { checkJson } from "./json";
import { jsonLines, firstOpened } from "./json-lines";
import { pathText, stepsTo } from "./json-path";
import { menuOf, treeValue, type MenuSubject } from "./menu";

const ROW = { outcome: "rejected", attempts: 1, attempt: 1, pinned: false, note: null, truncated: false } as const;
const SUBJECT: MenuSubject = {
  count: 1,
  row: ROW,
  value: null,
  selected: false,
  search: true,
  compare: true,
  marked: false,
};
const ids = (subject: MenuSubject) =>
  menuOf(subject).map((entry) => (entry.is === "line" ? "-" : entry.is === "sub" ? `${entry.id}>` : entry.id));
const offs = (subject: MenuSubject) =>
  Object.fromEntries(
    menuOf(subject).flatMap((entry) => (entry.is === "item" && entry.off ? [[entry.id, entry.off]] : [])),
  );

describe("the entries", () => {
  it("begin with the value, where there is one", () => {
    expect(ids({ ...SUBJECT, value: { field: "type", value: "batch.failed" } }).slice(0, 6)).toEqual([
      "filter",
      "exclude",
      "-",
      "copy-value",
      "copy-as>",
      "-",
    ]);
    const inPayload = { field: "body.data.id", value: "x", path: "data.id" };
    expect(ids({ ...SUBJECT, value: inPayload, selected: true })).toEqual(
      expect.arrayContaining(["copy-selected", "copy-value", "copy-path"]),
    );
  });
  it("never begin or end with a line, nor have two in a row", () => {
    for (const subject of [
      SUBJECT,
      { ...SUBJECT, row: null, count: 12 },
      { ...SUBJECT, search: false, compare: false },
    ]) {
      const list = ids(subject).join(" ");
      expect(list).not.toMatch(/^-|-$|- -/);
    }
  });
  it("say why they cannot be used", () => {
    expect(offs(SUBJECT)).toEqual({ "compare-previous": "only one" });
    expect(offs({ ...SUBJECT, row: { ...ROW, attempts: 3 } })).toEqual({ "compare-previous": "the first one" });
    expect(
      offs({ ...SUBJECT, row: { ...ROW, attempts: 3, attempt: 2, outcome: "verified", truncated: true } }),
    ).toEqual({
      replay: "body kept in part",
      "verify-again": "is verified",
    });
    expect(offs({ ...SUBJECT, row: null, count: 3 })).toEqual({ "compare-pair": "takes two" });
    expect(offs({ ...SUBJECT, row: null, count: 2 })).toEqual({});
    expect(offs({ ...SUBJECT, value: { field: "type", value: "x".repeat(401) } })).toMatchObject({
      filter: "too long",
    });
  });
  it("count what they act on", () => {
    const marked = menuOf({ ...SUBJECT, row: null, count: 1200 });
    expect(marked.at(-1)).toMatchObject({ id: "delete", label: "Delete 1,200 deliveries" });
  });
});

describe("a path into the payload", () => {
  const TEXT = `{"data":{"output_file_uri":"gs://x","rows":[1,{"te xt":"a","te xt":"b"}],"":null,"a.b":{"é":true}}}`;
  const root = checkJson(TEXT).root;
  const paths = () => {
    if (!root) throw new Error("no JSON");
    return jsonLines(TEXT, root, firstOpened(TEXT, root)).flatMap((line) =>
      line.at === "value" ? [pathText(stepsTo(TEXT, root, line.value.start) ?? ["?"])] : [],
    );
  };
  it("is found for every line of the tree", () => {
    expect(paths()).toEqual([
      "",
      "data",
      "data.output_file_uri",
      "data.rows",
      "data.rows[0]",
      "data.rows[1]",
      'data.rows[1]["te xt"]',
      'data.rows[1]["te xt"]',
      'data[""]',
      'data["a.b"]',
      'data["a.b"].é',
    ]);
  });
  it("is none where no value begins", () => {
    expect(root && stepsTo(TEXT, root, 3)).toBeNull();
    expect(root && stepsTo(TEXT, root, TEXT.length + 5)).toBeNull();
  });
  it("gives strings without their quotes, and the rest as it is written", () => {
    expect(treeValue(["data", "id"], '"a\\u00e9\\n"', { container: false, onKey: false })).toEqual({
      field: "body.data.id",
      value: "aé\n",
      path: "data.id",
      key: false,
    });
    expect(treeValue(["n"], "1.0", { container: false, onKey: false }).value).toBe("1.0");
    expect(treeValue([], "[]", { container: true, onKey: false })).toMatchObject({
      field: null,
      path: null,
      key: true,
    });
  });
});
