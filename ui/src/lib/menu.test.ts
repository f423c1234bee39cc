import { describe, expect, it } from "vitest";
import { row } from "../fake/rows";
import { valueAt, valueNear } from "./cell-value";
import { menuOf, menuValue, type MenuSubject } from "./menu";

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

describe("a value that is shown", () => {
  it("has a path where it stands in the payload or in a header", () => {
    const pathOf = (field: string) => menuValue({ field, value: "x" }).path;
    expect(["body.data.id", 'body.data."te xt"[0]', "body[2].id", "header.host", "type", "body"].map(pathOf)).toEqual([
      "data.id",
      'data."te xt"[0]',
      "[2].id",
      "header.host",
      null,
      null,
    ]);
  });

  it("is what was clicked, or what stands in its line", () => {
    document.body.innerHTML = `
      <li><span class="name">host</span><span data-field="header.host" data-value="a"><b>a</b></span><button>c</button></li>
      <div role="row"><span role="gridcell" class="c-verdict">Rejected <span class="cause">no match</span></span></div>
      <p>elsewhere</p>`;
    const at = (selector: string) => document.querySelector(selector);
    const host = { field: "header.host", value: "a", path: "header.host" };
    expect([valueNear(at("b")), valueNear(at("button")), valueNear(at("p")), valueNear(null)]).toEqual([
      host,
      host,
      null,
      null,
    ]);
    const rejected = row(1, 0, { outcome: "rejected", reason: "no_matching_signature" });
    expect(valueAt(rejected, at(".c-verdict"))).toEqual({ field: "verdict", value: "rejected" });
    expect(valueAt(rejected, at(".cause"))).toEqual({ field: "reason", value: "no_matching_signature" });
    expect(valueAt(rejected, at("p"))).toBeNull();
  });
});
