import { describe, expect, it } from "vitest";
import { leftOutBy, looksLikeQuery, NO_FILTER } from "./filter";

describe("a text that reads like a search with fields", () => {
  it.each(["type:batch.failed since:1h", "needle -answer:200", "verdict:rejected", "Type:x"])("%s", (text) =>
    expect(looksLikeQuery(text)).toBe(true),
  );
  it.each([
    "batch.failed",
    "gs://bucket",
    "https://a.example",
    "12:30",
    "a : b",
    "files/x",
    '"type":"batch"',
    "note: x",
    "",
  ])("not %s", (text) => expect(looksLikeQuery(text)).toBe(false));
});

describe("why a delivery is not in the list", () => {
  const row = { project: 2 };
  it.each([
    [{ ...NO_FILTER, project: 1 }, "project"],
    [{ ...NO_FILTER, project: 1, text: "x" }, "project"],
    [{ ...NO_FILTER, project: 2, text: "x" }, "filter"],
    [{ ...NO_FILTER, outcomes: ["rejected" as const] }, "filter"],
    [{ ...NO_FILTER, project: 2 }, null],
    [NO_FILTER, null],
  ])("%o", (filter, expected) => expect(leftOutBy(filter, row)).toBe(expected));
});
