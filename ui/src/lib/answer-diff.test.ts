import { describe, expect, it } from "vitest";
import type { AnswerDiff, DiffLine } from "../ipc/generated";
import { answerChanges, countWords, differsIn, headerChanges } from "./answer-diff";

const line = (side: DiffLine["side"], text: string): DiffLine => ({ side, text });
const diff = (more: Partial<AnswerDiff> = {}): AnswerDiff => ({
  same: false,
  status: null,
  headers: [],
  left_out: [],
  body: [],
  body_note: null,
  ...more,
});

describe("how an answer differs", () => {
  it("pairs the values of a header, and keeps what only one has", () => {
    expect(
      headerChanges([
        line("first", "content-length: 13"),
        line("other", "content-length: 82"),
        line("first", "server: a:b"),
        line("other", "x-new: "),
      ]),
    ).toEqual([
      { field: "content-length", before: "13", after: "82" },
      { field: "server", before: "a:b", after: null },
      { field: "x-new", before: null, after: "" },
    ]);
    expect(headerChanges([line("first", "a: 1"), line("first", "a: 2"), line("other", "a: 3")])).toEqual([
      { field: "a", before: "1", after: "3" },
      { field: "a", before: "2", after: null },
    ]);
  });

  it("a body of a line stands in a line; a longer one is told by its lines", () => {
    const short = diff({ status: [401, 200], body: [line("first", "bad signature"), line("other", "ok")] });
    expect(answerChanges(short)).toEqual({
      changes: [
        { field: "status", before: "401", after: "200" },
        { field: "body", before: "bad signature", after: "ok" },
      ],
      body: [],
    });
    const long = diff({ body: [line("both", "{"), line("first", "1"), line("other", "2")] });
    expect(answerChanges(long)).toEqual({ changes: [], body: long.body });
    expect(countWords(long)).toBe("1 change");
  });

  it("is told in words, with what was not compared", () => {
    const all = diff({
      status: [401, 200],
      headers: [line("first", "a: 1"), line("other", "a: 2")],
      body_note: "too long",
      left_out: ["date", "x-request-id"],
    });
    expect(differsIn(all)).toBe("status, headers, body");
    expect(countWords(all)).toBe("3 changes; date and x-request-id left out");
    const none = diff({ same: true, left_out: ["date"] });
    expect([differsIn(none), countWords(none)]).toEqual(["nothing", "the same; date left out"]);
  });
});
