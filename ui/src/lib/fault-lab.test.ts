import { describe, expect, it } from "vitest";
import type { FaultRule } from "../ipc/generated";
import { faultDraft, readFaultDraft } from "./fault-draft";
import {
  answersOf,
  answersText,
  doesNothing,
  EMPTY_RULE,
  moved,
  PRESETS,
  ruleSentence,
  rulesOn,
  shadowedBy,
} from "./fault-lab";

const rule = (rest: Partial<FaultRule>): FaultRule => ({ ...EMPTY_RULE, ...rest });
const names = (id: number) => (id === 1 ? "nightly-eval" : null);
const said = (rest: Partial<FaultRule>) => ruleSentence(rule(rest), names);

describe("a rule in a sentence", () => {
  it.each<[Partial<FaultRule>, string]>([
    [
      { project: 1, event_type: "batch.succeeded", when: { kind: "first", attempts: 2 }, status: 503, delay_ms: 2000 },
      "For batch.succeeded of nightly-eval: the first 2 attempts of each event get 503 after 2\u00A0s, then the usual answer.",
    ],
    [
      { when: { kind: "first", attempts: 1 }, status: 500 },
      "For every delivery: the first attempt of each event gets 500, then the usual answer.",
    ],
    [{ status: 410 }, "For every delivery: each attempt gets 410."],
    [
      { project: 1, delay_ms: 10_000 },
      "For every delivery of nightly-eval: each attempt gets the usual answer after 10\u00A0s.",
    ],
    [
      { event_type: "video.generated", drop: "before" },
      "For video.generated: each attempt gets no answer, as the connection is dropped.",
    ],
    [
      { drop: "before", delay_ms: 1500, status: 200 },
      "For every delivery: each attempt gets no answer, as the connection is dropped after 1.5\u00A0s.",
    ],
    [
      { drop: "middle", status: 200, body: "half" },
      "For every delivery: each attempt gets 200 with a custom body, cut off in the middle of the body.",
    ],
    [
      { when: { kind: "random", percent: 20, seed: 42 }, status: 503 },
      "For every delivery: 20 % of the attempts, drawn with seed 42, get 503, the others the usual answer.",
    ],
    [
      { when: { kind: "random", percent: 100, seed: 1 }, status: 503 },
      "For every delivery: 100 % of the attempts, drawn with seed 1, get 503.",
    ],
    [{ status: 302, headers: [["location", "/"]] }, "For every delivery: each attempt gets 302 with 1 header line."],
    [
      {
        headers: [
          ["a", "b"],
          ["c", "d"],
        ],
        body: "x",
      },
      "For every delivery: each attempt gets the usual answer with 2 header lines and a custom body.",
    ],
    [{ project: 9, status: 503 }, "For every delivery of a removed project: each attempt gets 503."],
  ])("%j", (rest, text) => {
    expect(said(rest)).toBe(text);
  });

  it("shows what cannot be seen", () => {
    expect(said({ event_type: "a\u202eb", status: 500 })).toContain("a⟦U+202E⟧b");
  });
});

it("presets do something, are off, and have no id yet", () => {
  for (const { rule: preset } of PRESETS) {
    expect(doesNothing(preset)).toBe(false);
    expect([preset.on, preset.id]).toEqual([false, ""]);
    expect(readFaultDraft(faultDraft(preset), preset)).toEqual({ rule: preset });
  }
  expect(PRESETS).toHaveLength(6);
});

it("nothing is done without a status, delay, drop, header or body, and never in 0 %", () => {
  expect(doesNothing(EMPTY_RULE)).toBe(true);
  expect(doesNothing(rule({ when: { kind: "random", percent: 0, seed: 1 }, status: 503 }))).toBe(true);
  expect(doesNothing(rule({ body: "x" }))).toBe(false);
});

describe("the list", () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => rule({ id })) as [FaultRule, FaultRule, FaultRule];
  const ids = (rules: readonly FaultRule[]) => rules.map((one) => one.id).join("");

  it("moves by one, and not beyond its ends", () => {
    expect([
      ids(moved([a, b, c], "c", -1)),
      ids(moved([a, b, c], "a", 1)),
      ids(moved([a, b, c], "a", -1)),
      ids(moved([a, b, c], "c", 1)),
      ids(moved([a, b, c], "x", 1)),
    ]).toEqual(["acb", "bac", "abc", "abc", "abc"]);
  });

  it("counts what is on, and what each has answered", () => {
    expect(rulesOn({ rules: [a, { ...b, on: true }], answers: [] })).toBe(1);
    expect(answersOf({ rules: [], answers: [["a", 14]] }, "a")).toBe(14);
    expect([answersText(0), answersText(1), answersText(1412)]).toEqual([
      "no answer made yet",
      "made 1 answer",
      "made 1,412 answers",
    ]);
  });

  it("finds a rule that can never make an answer", () => {
    const on = (id: string, rest: Partial<FaultRule> = {}) => rule({ id, on: true, status: 503, ...rest });
    expect(shadowedBy([on("a"), on("b", { project: 1 })], "b")).toBe(0);
    expect(shadowedBy([on("a", { project: 1 }), on("b")], "b")).toBeNull();
    expect(shadowedBy([on("a", { when: { kind: "first", attempts: 2 } }), on("b")], "b")).toBeNull();
    expect(shadowedBy([on("a", { on: false }), on("b")], "b")).toBeNull();
    expect(shadowedBy([on("a"), on("b", { on: false })], "b")).toBeNull();
  });
});

describe("the draft", () => {
  const draft = faultDraft(
    rule({
      id: "f1",
      on: true,
      status: 503,
      headers: [
        ["retry-after", "5"],
        ["x", "a: b"],
      ],
      body: "no",
      delay_ms: 1500,
      when: { kind: "random", percent: 12.5, seed: 7 },
    }),
  );

  it("is read back as the rule it came from", () => {
    expect(readFaultDraft(draft, rule({ id: "f1", on: true }))).toEqual({
      rule: rule({
        id: "f1",
        on: true,
        status: 503,
        headers: [
          ["retry-after", "5"],
          ["x", "a: b"],
        ],
        body: "no",
        delay_ms: 1500,
        when: { kind: "random", percent: 12.5, seed: 7 },
      }),
    });
  });

  it("what is dropped before it is said has no status, headers or body", () => {
    expect(readFaultDraft({ ...draft, drop: "before" }, EMPTY_RULE)).toMatchObject({
      rule: { status: null, headers: [], body: "", delay_ms: 1500, drop: "before" },
    });
  });

  it.each([
    [{ status: "199" }, "status"],
    [{ status: "600" }, "status"],
    [{ status: "abc" }, "status"],
    [{ delay: "3\u00A0min" }, "delay"],
    [{ delay: "5" }, "delay"],
    [{ headers: "no colon" }, "headers"],
    [{ headers: "Content-Length: 3" }, "headers"],
    [{ percent: "101" }, "percent"],
    [{ percent: "x" }, "percent"],
    [{ seed: "-1" }, "seed"],
    [{ seed: "4294967296" }, "seed"],
    [{ eventType: "two words" }, "eventType"],
    [{ when: "first", attempts: "0" }, "attempts"],
    [{ when: "first", attempts: "1001" }, "attempts"],
  ] as const)("%j is wrong", (change, field) => {
    const read = readFaultDraft({ ...draft, ...change }, EMPTY_RULE);
    expect(Object.keys("errors" in read ? read.errors : {})).toEqual([field]);
  });

  it("what is not used cannot be wrong", () => {
    expect(
      readFaultDraft({ ...draft, when: "always", percent: "x", seed: "x", attempts: "x" }, EMPTY_RULE),
    ).toHaveProperty("rule");
    expect(readFaultDraft({ ...draft, percent: "12,5 %" }, EMPTY_RULE)).toMatchObject({
      rule: { when: { percent: 12.5 } },
    });
  });
});
