import { describe, expect, it } from "vitest";
import type { JobPhase, ResultState, RowsSummary } from "../ipc/generated";
import { cells, filterCounts, resendable, rowsVerdict, shares } from "./results";

export const ALL_GOOD: RowsSummary = {
  asked: 2400,
  answered: 2400,
  good: 2400,
  failed: 0,
  errors: 0,
  partial: 0,
  unparsable: 0,
  missing: 0,
  missing_named: true,
  doubled: 0,
  repeats: 0,
  strays: 0,
  error_kinds: [],
  finish_reasons: [{ name: "STOP", count: 2400 }],
  empty_stops: 0,
  embeddings: 0,
  keyless: 0,
  tokens: { input: 1, output: 1, thinking: 1, cached: 1 },
  cut_at_end: false,
};
const DRAWN: Partial<RowsSummary> = {
  answered: 2394,
  good: 2338,
  failed: 53,
  errors: 38,
  partial: 15,
  missing: 9,
  doubled: 3,
  repeats: 3,
  error_kinds: [
    { name: "429 RESOURCE_EXHAUSTED", count: 31 },
    { name: "400 INVALID_ARGUMENT", count: 2 },
  ],
};
const UNKNOWN = { asked: null, missing: null, missing_named: false };
const nb = (text: string) => text.replaceAll("\u00A0", " ");

type Case = [
  name: string,
  sum: Partial<RowsSummary>,
  title: string,
  text: string,
  tone: string,
  more?: { state?: ResultState; phase?: JobPhase },
];

const CASES: Case[] = [
  ["all good", {}, "All 2,400 rows are usable.", "", "ok"],
  ["one good", { asked: 1, answered: 1, good: 1 }, "The one row is usable.", "", "ok"],
  [
    "as drawn",
    DRAWN,
    "Succeeded, but 62 of 2,400 rows are not usable.",
    "53 failed, 9 keys were never answered. 31 hit the quota (429), and may pass if sent again. " +
      "3 keys have more than one answer: the first counts.",
    "warn",
    { phase: "succeeded" },
  ],
  [
    "of a job that is not known",
    { answered: 2399, good: 2399, missing: 1 },
    "1 of 2,400 rows is not usable.",
    "1 key was never answered.",
    "warn",
  ],
  [
    "how many were asked for is not known",
    { ...UNKNOWN, answered: 12, good: 12 },
    "All 12 rows of the file are usable.",
    "How many were asked for is not known, so some may be missing.",
    "ok",
  ],
  [
    "not known, and some failed",
    { ...UNKNOWN, answered: 12, good: 11, failed: 1, errors: 1 },
    "1 of 12 rows is not usable.",
    "1 failed. How many were asked for is not known, so some may be missing.",
    "warn",
  ],
  [
    "missing ones that cannot be named",
    { answered: 2398, good: 2398, missing: 2, missing_named: false },
    "2 of 2,400 rows are not usable.",
    "2 were never answered (which ones is not known).",
    "warn",
  ],
  [
    "only doubled",
    { answered: 2403, doubled: 2, repeats: 3 },
    "All 2,400 rows are usable.",
    "2 keys have more than one answer: the first counts.",
    "ok",
  ],
  [
    "cut at its end",
    { ...UNKNOWN, answered: 7, good: 7, cut_at_end: true },
    "All 7 rows of the file are usable, but the file is cut.",
    "How many were asked for is not known, so some may be missing. " +
      "The file ends in the middle of a line, so more may have been lost.",
    "warn",
  ],
  [
    "quota and the service",
    {
      answered: 2400,
      good: 2390,
      failed: 10,
      errors: 10,
      error_kinds: [
        { name: "429 RESOURCE_EXHAUSTED", count: 4 },
        { name: "503 UNAVAILABLE", count: 5 },
        { name: "500 INTERNAL", count: 1 },
      ],
    },
    "10 of 2,400 rows are not usable.",
    "10 failed. 4 hit the quota (429), 6 failed at the service (500, 503), and may pass if sent again.",
    "warn",
  ],
  [
    "none usable",
    { asked: 3, answered: 3, good: 0, failed: 3, partial: 3 },
    "None of the 3 rows is usable.",
    "3 failed.",
    "no",
  ],
  [
    "none answered",
    { answered: 0, good: 0, missing: 2400 },
    "None of the 2,400 requests was answered.",
    "2,400 keys were never answered.",
    "no",
  ],
  [
    "an empty file",
    { ...UNKNOWN, answered: 0, good: 0 },
    "There are no rows in this file.",
    "How many were asked for is not known, so some may be missing.",
    "warn",
  ],
  [
    "still reading",
    { ...UNKNOWN, answered: 1204, good: 1192, failed: 12 },
    "Reading: 1,204 rows so far.",
    "12 failed so far.",
    "un",
    { state: "reading" },
  ],
  [
    "reading, none failed",
    { answered: 5, good: 5 },
    "Reading: 5 rows so far.",
    "None failed so far.",
    "un",
    { state: "downloading" },
  ],
  [
    "stopped",
    { answered: 5, good: 5 },
    "5 rows read before it stopped.",
    "None failed so far.",
    "un",
    { state: "stopped" },
  ],
  [
    "keys that nobody asked for",
    { answered: 2402, strays: 2 },
    "All 2,400 rows are usable.",
    "2 rows have keys that nobody asked for.",
    "ok",
  ],
  [
    "without keys",
    { ...UNKNOWN, asked: 4, missing: 0, answered: 4, good: 4, keyless: 4 },
    "All 4 rows are usable.",
    "4 rows have no key.",
    "ok",
  ],
];

describe("the sentence over the rows", () => {
  it.each(CASES)("%s", (_name, sum, title, text, tone, more = {}) => {
    const view = {
      state: more.state ?? "ready",
      summary: { ...ALL_GOOD, ...sum },
    };
    expect(rowsVerdict(view, more.phase ?? null)).toEqual({ title, text, tone });
  });
});

describe("the numbers under it", () => {
  const view = (sum: Partial<RowsSummary>, state: ResultState = "ready") => ({
    state,
    summary: { ...ALL_GOOD, ...sum },
  });
  const said = (sum: Partial<RowsSummary>, state?: ResultState) =>
    cells(view(sum, state)).map(({ label, value, note }) => nb(`${label} ${value} ${note}`).trim());

  it("come out", () => {
    expect(said(DRAWN)).toEqual([
      "Answered 2,391 of 2,400 asked",
      "Good 2,338 97.4 %",
      "Failed 53 38 errors, 15 without full text",
      "Missing keys 9 no line in the output",
      "Doubled keys 3 first answer counts",
    ]);
    expect(shares({ ...ALL_GOOD, ...DRAWN }).reduce((all, part) => all + part.share, 0)).toBeCloseTo(1);
    expect(filterCounts(view(DRAWN))).toEqual({ all: 2403, failed: 53, missing: 9, doubled: 3 });
    expect(resendable({ ...ALL_GOOD, ...DRAWN })).toBe(62);
  });

  it("say what is not known, and never 100 % of less than all", () => {
    expect(said({ ...UNKNOWN, answered: 2, good: 2 })[3]).toBe("Missing keys – not known");
    expect(said({ good: 2399, failed: 1 })[1]).toBe("Good 2,399 99.9 %");
    expect(said({})[1]).toBe("Good 2,400 100 %");
  });

  it("grow with “so far” while the file is read", () => {
    expect(said({ answered: 1200, good: 1200, missing: null }, "reading")).toEqual([
      "Answered 1,200 of 2,400 asked so far",
      "Good 1,200 100 % so far",
      "Failed 0",
      "Missing keys – once it is read",
      "Doubled keys 0",
    ]);
    expect(shares({ ...ALL_GOOD, answered: 1200, good: 1200, missing: null })).toEqual([
      { kind: "good", count: 1200, share: 0.5 },
    ]);
  });
});
