import { describe, expect, it } from "vitest";
import type { ResultRow } from "../ipc/generated";
import { rowLook, rowText, shortError, stripMarks } from "./result-rows";
import { doubtful, expiry, fileNameFor, isExpired, progressWords, readWords, savedWords } from "./result-fetch";

const nb = (text: string | undefined) => text?.replaceAll("\u00A0", " ");
const row = (more: Partial<ResultRow>) =>
  ({ state: "good", detail: null, answers: 1, repeat: false, line: 3, text: "x", ...more }) as ResultRow;

describe("a row in a word", () => {
  it.each([
    [{}, "check ok Good "],
    [{ answers: 2 }, "copies warn Doubled 2 answers"],
    [{ answers: 2, repeat: true }, "copies un Repeat not counted"],
    [{ state: "error", detail: "429 RESOURCE_EXHAUSTED" }, "cross no Error 429 quota"],
    [{ state: "error", detail: null }, "cross no Error "],
    [{ state: "blocked", detail: "SAFETY" }, "cross no Blocked SAFETY"],
    [{ state: "unparsable" }, "cross no Unreadable "],
    [{ state: "missing" }, "dashed warn Missing "],
  ] as [Partial<ResultRow>, string][])("%j", (more, said) =>
    expect(Object.values(rowLook(row(more))).join(" ")).toBe(said),
  );

  it("names errors as they are where it has no word", () => {
    expect(shortError("418 TEAPOT")).toBe("418 TEAPOT");
    expect(shortError("UNAVAILABLE")).toBe("unavailable");
    expect(rowText(row({ state: "missing", line: 1188 }))).toBe("Asked for in line 1,188, no line in the output");
  });
});

it("the strip shows failed over missing", () => {
  expect(stripMarks({ failed: [1], missing: [1, 3], parts: 4 })).toEqual([
    { at: 0.25, tone: "no" },
    { at: 0.75, tone: "warn" },
  ]);
  expect(stripMarks({ failed: [], missing: [], parts: 0 })).toEqual([]);
});

describe("fetching", () => {
  it("says how far it is", () => {
    expect(nb(progressWords({ bytes: 1024, total: 4096 }))).toBe("1 KiB of 4 KiB, 25 %");
    expect(nb(progressWords({ bytes: 1024, total: null }))).toBe("1 KiB so far");
    expect(nb(readWords({ bytes: 1024, read_us: 31_000 }))).toBe("1 KiB, read in 31 ms");
  });

  it("says until when it is kept", () => {
    const now = 10 * 3_600_000;
    expect(nb(expiry(now + 47 * 3_600_000 + 38 * 60_000, now)?.text)).toBe("47 h 38 min");
    expect(nb(expiry(now - 3 * 3_600_000, now)?.text)).toBe("The service deleted it 3 h ago");
    expect(expiry(null, now)).toBeNull();
    expect(isExpired({ state: "failed", bytes: 0, expires_ms: now - 1, error: null }, now)).toBe(true);
    expect(isExpired({ state: "failed", bytes: 0, expires_ms: null, error: null }, now)).toBe(false);
  });

  it("says what was saved", () => {
    const saved = { path: "/home/ada/failed.jsonl", lines: 53, bytes: 1, requests: true, unknown: 2 };
    expect(savedWords(saved)).toBe(
      "Saved 53 requests to failed.jsonl. 2 more have requests that Pollux does not know.",
    );
    expect(savedWords({ ...saved, requests: false, unknown: 0 })).toBe("Saved 53 rows to failed.jsonl.");
    expect(fileNameFor({ name: "files/batch-8x:download", mime_type: null, kind: "rows" }, "-failed")).toBe(
      "batch-8x-failed.jsonl",
    );
    expect(fileNameFor({ name: "files/../v1", mime_type: "video/mp4", kind: "video" })).toBe("v1.mp4");
    expect(doubtful("nightly", "host")).toContain("with the key of nightly to host.");
  });
});
