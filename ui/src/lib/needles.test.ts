import { describe, expect, it } from "vitest";
import { readQuery } from "../fake/query";
import { forField, needlesOf, pieces } from "./needles";

const of = (text: string) =>
  needlesOf(text, readQuery(text).parts).map(({ field, text: own }) => `${field ?? ""}|${own}`);

describe("what a query looks for", () => {
  it.each([
    ["needle", ["|needle"]],
    ['"two words" x', ["|two words", "|x"]],
    ["-needle verdict:rejected attempts:>1", []],
    ["type:batch.failed,batch.expired", ["type|batch.failed", "type|batch.expired"]],
    ['header.x-eval:"a,b" header.y:*', ["header.x-eval|a,b"]],
    ["body.data.id:=8x", ["body.data.id|8x"]],
    ["(a or -b) c", ["|a", "|c"]],
    ["-(a b)", []],
    ["not(a)", []],
    ["since:1h a", ["|a"]],
  ])("%s", (text, expected) => expect(of(text)).toEqual(expected));

  it("is marked where it was looked for", () => {
    const needles = [
      { text: "a", field: null },
      { text: "b", field: "header.x-eval" },
      { text: "c", field: "meta.suite" },
      { text: "d", field: "body" },
      { text: "e", field: "body.items[*].id" },
    ];
    expect(forField(needles, "")).toEqual(["a"]);
    expect(forField(needles, "header.X-Eval")).toEqual(["a", "b"]);
    expect(forField(needles, "body.data.user_metadata.suite")).toEqual(["a", "c", "d"]);
    expect(forField(needles, "body.items[3].id")).toEqual(["a", "d", "e"]);
  });
});

describe("the pieces of a text", () => {
  const cut = (text: string, ...needles: string[]) =>
    pieces(text, needles)
      .map((piece) => (piece.hit ? `[${piece.text}]` : piece.text))
      .join("");

  it.each([
    ["a Needle in a needle stack", ["needle"], "a [Needle] in a [needle] stack"],
    ["aaa", ["aa"], "[aa]a"],
    ["needle-128k", ["needle", "needle-1"], "[needle-1]28k"],
    ["a.c abc", ["a.c"], "[a.c] abc"],
    ["(x) [y]", ["(x)", "[y]"], "[(x)] [[y]]"],
    ["İstanbul istanbul", ["istanbul"], "İstanbul [istanbul]"],
    ["nothing", [], "nothing"],
    ["nothing", [""], "nothing"],
    ["", ["x"], ""],
  ])("%s by %j", (text, needles, expected) => expect(cut(text, ...needles)).toBe(expected));

  it("never lose or add a character, and are not without end", () => {
    const text = "ab".repeat(5000);
    const found = pieces(text, ["a"]);
    expect(found.map((piece) => piece.text).join("")).toBe(text);
    expect(found.length).toBeLessThan(1000);
  });
});
