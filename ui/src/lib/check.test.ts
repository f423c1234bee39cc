import { describe, expect, it } from "vitest";
import { fakeLines, fakeResult } from "../fake/check";
import { fakeSecrets } from "../fake/catalog";
import type { CheckLine, CheckReport, CheckState } from "../ipc/generated";
import {
  grouped,
  latencyWords,
  LINE_MARKS,
  miles,
  progressShare,
  reportTime,
  signedWith,
  skippedFor,
  stateOf,
  summary,
  tally,
  type Answers,
} from "./check";
import { checkDraft, checkFieldOf, jwksAddress, readCheckDraft, secretWords, signing } from "./check-draft";

const NOW = 1_800_000_000_000;
const NONE: Answers = new Map();
const line = (id: string, state: CheckState, group = "Time"): CheckLine => ({
  id,
  group,
  title: `Title of ${id}`,
  sent: "",
  expected: "",
  got: null,
  status: null,
  took_us: null,
  state,
  why: "",
  mend: "",
  cause: null,
});
const report = (lines: CheckLine[], rest: Partial<CheckReport> = {}): CheckReport => ({
  url: "http://localhost:3000/",
  progress: "done",
  problem: null,
  started_ms: NOW,
  took_ms: 12_400,
  keys: [],
  causes: [],
  lines,
  passed: 0,
  failed: 0,
  open: 0,
  skipped: 0,
  latency: null,
  ...rest,
});
const said = (of: CheckReport, answers = NONE) => {
  const { word, names, more, then } = summary(of, answers);
  return [word, names.map((one) => one.id).join(), more, then];
};

describe("the summary", () => {
  it("names what was wrong, four at the most, and counts what could be judged", () => {
    expect(said(report([line("a", "passed"), line("b", "failed"), line("c", "failed"), line("d", "skipped")]))).toEqual(
      ["2 of 3 failed", "b,c", 0, "1 skipped."],
    );
    expect(said(report(["a", "b", "c", "d", "e", "f"].map((id) => line(id, "failed"))))).toEqual([
      "6 of 6 failed",
      "a,b,c,d",
      2,
      "",
    ]);
  });

  it("is good only where nothing is wrong and nothing open", () => {
    expect(summary(report([line("a", "passed"), line("b", "passed")]), NONE)).toMatchObject({
      tone: "ok",
      glyph: "check",
      word: "All 2 passed",
    });
    expect(summary(report([line("a", "passed"), line("b", "open")]), NONE)).toMatchObject({
      tone: "old",
      glyph: "ring",
      word: "1 of 2 passed",
    });
    expect(summary(report([line("a", "skipped")]), NONE)).toMatchObject({ tone: "un", word: "Nothing was checked" });
  });

  it("takes what the user says of an open line, and of no other", () => {
    const of = report([line("a", "passed"), line("b", "open")]);
    expect(said(of, new Map([["b", "twice"]]))[0]).toBe("1 of 2 failed");
    expect(summary(of, new Map([["b", "once"]])).tone).toBe("ok");
    expect(stateOf(line("a", "failed"), new Map([["a", "once"]]))).toBe("failed");
  });

  it("while it runs, stopped, and where nobody answers", () => {
    expect(
      said(report([line("a", "passed"), line("b", "running"), line("c", "waiting")], { progress: "running" })),
    ).toEqual(["Checking: nothing failed so far", "", 0, "1 of 3 cases sent."]);
    expect(said(report([line("a", "failed"), line("b", "waiting")], { progress: "running" }))[0]).toBe(
      "1 of 1 failed so far",
    );
    expect(said(report([line("a", "passed"), line("b", "waiting")], { progress: "stopped" }))).toEqual([
      "Stopped. 1 of 1 passed",
      "",
      0,
      "1 were not sent.",
    ]);
    expect(said(report([], { progress: "unreachable", problem: "Connection refused." }))).toEqual([
      "Nobody answers there, so there is no result",
      "",
      0,
      "Connection refused.",
    ]);
  });
});

it("what a skipped case follows from is a case by its title, and nothing is said where it was not sent", () => {
  const lines = [
    { ...line("v1_valid", "failed"), title: "Signed correctly" },
    { ...line("b", "skipped"), cause: "v1_valid", got: "Answered 500, like the genuine one." },
    { ...line("c", "skipped"), got: "No secret is in its grace." },
    line("d", "skipped"),
  ];
  expect(lines.map((one) => skippedFor(one, lines))).toEqual([
    "",
    "follows from “Signed correctly”",
    "No secret is in its grace.",
    "",
  ]);
  expect(skippedFor({ ...line("e", "skipped"), cause: "gone", got: "It was not sent." }, lines)).toBe(
    "It was not sent.",
  );
});

it("a state is a glyph and a word, each of its own", () => {
  const words = Object.values(LINE_MARKS);
  expect(new Set(words.map((mark) => mark.word)).size).toBe(words.length);
  expect(new Set(words.map((mark) => mark.glyph)).size).toBe(words.length);
});

it("groups in the order of sending; an open line that was answered stays among the open ones", () => {
  const lines = [line("a", "passed", "One"), line("b", "failed", "Two"), line("c", "open", "One")];
  const shape = (answers: Answers, filter: "all" | "failed" | "open") =>
    grouped(lines, answers, filter).map((group) => [
      group.name,
      group.lines.map((one) => one.id).join(),
      group.failed,
      group.open,
    ]);
  expect(shape(NONE, "all")).toEqual([
    ["One", "a,c", 0, 1],
    ["Two", "b", 1, 0],
  ]);
  expect(shape(NONE, "failed")).toEqual([["Two", "b", 1, 0]]);
  expect(shape(NONE, "open")).toEqual([["One", "c", 0, 1]]);
  expect(shape(new Map([["c", "twice"]]), "open")).toEqual([["One", "c", 1, 0]]);
  expect(shape(new Map([["c", "twice"]]), "failed").map(([name]) => name)).toEqual(["One", "Two"]);
});

it("how far it is", () => {
  expect(progressShare([])).toBe(0);
  expect(progressShare([line("a", "passed"), line("b", "running"), line("c", "waiting"), line("d", "skipped")])).toBe(
    0.5,
  );
  expect(tally([line("a", "open"), line("b", "open")], new Map([["a", "once"]]))).toMatchObject({ passed: 1, open: 1 });
});

it("times and keys in words", () => {
  expect(reportTime(report([], { took_ms: 12_400 }), NOW + 72_400)).toBe("took 12\u00A0s, 1\u00A0min ago");
  expect(reportTime(report([], { took_ms: 340, progress: "running" }), NOW)).toBe("340\u00A0ms so far");
  expect(signedWith(report([], { keys: ["whsec_…a91f", "http://127.0.0.1/jwks.json"] }))).toBe(
    "signed with whsec_…a91f and http://127.0.0.1/jwks.json",
  );
  expect(signedWith(report([]))).toBe("");
});

describe("the burst", () => {
  const latency = { count: 50, p50_us: 21_400, p95_us: 88_000, p99_us: 143_000, max_us: 161_000 };

  it("is four marks in order, the slowest at the end", () => {
    const marks = miles(latency);
    expect(marks.map((mark) => mark.text)).toEqual(["21\u00A0ms", "88\u00A0ms", "143\u00A0ms", "161\u00A0ms"]);
    expect(marks.map((mark) => mark.at)).toEqual([...marks.map((mark) => mark.at)].sort((a, b) => a - b));
    expect(marks.at(-1)?.at).toBe(1);
    expect(miles({ count: 0, p50_us: 0, p95_us: 0, p99_us: 0, max_us: 0 }).every((mark) => mark.at === 0)).toBe(true);
  });

  it("warns where the sender would not have waited", () => {
    expect(latencyWords(latency)).toBe(
      "50 deliveries at once, half of them answered within 21\u00A0ms, all within 161\u00A0ms.",
    );
    expect(latencyWords({ ...latency, max_us: 6_200_000 })).toContain(
      "The slowest took 6.2\u00A0s: the service waits only a few seconds",
    );
  });
});

describe("the form", () => {
  it("wants an address, a scheme, and a secret where v1 is verified", () => {
    expect(readCheckDraft(checkDraft())).toEqual({ errors: { url: expect.any(String), secret: expect.any(String) } });
    expect(readCheckDraft({ url: "localhost:3000", secret: null, schemes: [], timeout: "5\u00A0s" })).toEqual({
      errors: { schemes: expect.any(String) },
    });
    expect(
      readCheckDraft({ url: "localhost:3000", secret: "s1", schemes: ["jwt", "v1"], timeout: "500\u00A0ms" }),
    ).toEqual({ plan: { url: "http://localhost:3000/", secret: "s1", schemes: ["v1", "jwt"], timeout_ms: 500 } });
    expect(
      readCheckDraft({ url: "localhost:3000", secret: "s1", schemes: ["jwt"], timeout: "5\u00A0s" }),
    ).toMatchObject({ plan: { secret: null } });
    expect(
      readCheckDraft({ url: "localhost:3000", secret: "s1", schemes: ["v1"], timeout: "400\u00A0ms" }),
    ).toHaveProperty("errors.timeout");
  });

  it("offers secrets that can still sign, by their hints", () => {
    const [current, grace, builtin] = fakeSecrets(NOW);
    if (!current || !grace || !builtin) throw new Error("no secrets");
    expect(
      signing(
        [current, { ...grace, key_state: { state: "grace", until: NOW / 1000 - 1 } }, { ...builtin, available: false }],
        NOW,
      ).map((one) => one.id),
    ).toEqual([current.id]);
    expect(secretWords(current, "nightly-eval")).toBe("whsec_…a91f, registered in March, nightly-eval");
    expect(secretWords(builtin, "Sandbox")).toBe("whsec_…0042, Sandbox");
  });

  it("knows the Sandbox's keys, and beside which field an error belongs", () => {
    expect(jwksAddress("http://127.0.0.1:40123/")).toBe("http://127.0.0.1:40123/.well-known/jwks.json");
    expect(jwksAddress("http://127.0.0.1:40123", true)).toBe(
      "http://127.0.0.1:40123/.well-known/jwks.json?dynamic=jwt",
    );
    expect((["invalid_target", "no_secret", "check_running"] as const).map(checkFieldOf)).toEqual([
      "url",
      "secret",
      null,
    ]);
  });
});

it("the battery in memory: about forty, ids of their own, skipped where a scheme is not verified", () => {
  const lines = fakeLines(["v1"]);
  expect(lines.length).toBeGreaterThanOrEqual(38);
  expect(new Set(lines.map((one) => one.id)).size).toBe(lines.length);
  expect(lines.filter((one) => one.state === "skipped").every((one) => /v1a|jwt/.test(one.id))).toBe(true);
  const stale = lines.find((one) => one.id === "v1_stale") as CheckLine;
  expect(fakeResult(stale, new Set()).state).toBe("passed");
  expect(fakeResult(stale, new Set(["v1_stale"]))).toMatchObject({ state: "failed", status: 204 });
});
