import { describe, expect, it } from "vitest";
import type { ForwardState, ForwardView, Outbound } from "../ipc/generated";
import {
  forwardCounts,
  forwardPill,
  forwardWords,
  lastWords,
  nextTryWords,
  noForward,
  offersNothing,
  startChoices,
} from "./forward";
import { forwardDraft, forwardFieldOf, readForwardDraft, sameRule } from "./forward-draft";
import { fitting } from "./suggest";

const NOW = 1_800_000_000_000;
const DOWN: ForwardState = {
  state: "down",
  why: "Connection refused.",
  since_ms: NOW - 95_000,
  next_ms: NOW + 3400,
  attempt: 5,
};
const view = (project: number, state: ForwardState, rest: Partial<ForwardView> = {}): ForwardView => {
  const none = noForward(project);
  return {
    ...none,
    rule: { ...none.rule, on: state.state !== "off", url: "http://localhost:3000/webhooks" },
    state,
    ...rest,
  };
};
const outbound = (rest: Partial<Outbound> = {}): Outbound => ({
  id: 1,
  delivery: 7,
  kind: "forward",
  run: null,
  number: 1,
  url: "http://localhost:3000/",
  at_ms: NOW - 12_000,
  changes: [],
  rejected: false,
  status: 200,
  first_us: 2900,
  total_us: 3100,
  answer_len: 0,
  problem: null,
  ...rest,
});

describe("the pill", () => {
  it.each<[string, ForwardView[], string, string, string]>([
    ["no rule", [], "un", "Forward", ""],
    ["off, with some left waiting", [view(1, { state: "off" }, { waiting: 3 })], "un", "Forward", ""],
    ["idle", [view(1, { state: "idle" })], "ok", "Forward localhost:3000", ""],
    [
      "sending",
      [view(1, { state: "sending" }, { waiting: 2 })],
      "old",
      "Forward localhost:3000 2 waiting",
      "2 waiting",
    ],
    [
      "down",
      [view(1, DOWN, { waiting: 2 })],
      "no",
      "Forward localhost:3000 down, next attempt in 4\u00A0s · 2 waiting",
      "down",
    ],
    ["down, nothing waits", [view(1, DOWN)], "no", "Forward localhost:3000 down, next attempt in 4\u00A0s", "down"],
    [
      "two",
      [view(1, { state: "idle" }), view(2, { state: "sending" }, { waiting: 5 })],
      "old",
      "Forward · 2 projects 5 waiting",
      "5 waiting",
    ],
    [
      "two, one down",
      [view(1, DOWN, { waiting: 2 }), view(2, { state: "idle" })],
      "no",
      "Forward · 2 projects 1 down · 2 waiting",
      "1 down",
    ],
    ["one of two is off", [view(1, { state: "off" }), view(2, { state: "idle" })], "ok", "Forward localhost:3000", ""],
  ])("%s", (_name, views, tone, text, short) => {
    const pill = forwardPill(views, NOW);
    expect([pill.tone, [pill.lead, pill.target, pill.tail].filter(Boolean).join(" "), pill.short]).toEqual([
      tone,
      text,
      short,
    ]);
    expect(pill.quiet).toBe(tone === "un");
  });

  it("counts down to 1 s, then tries", () => {
    expect([4000, 3999, 1, 0, -5].map((left) => nextTryWords(NOW + left, NOW))).toEqual([
      "next attempt in 4\u00A0s",
      "next attempt in 4\u00A0s",
      "next attempt in 1\u00A0s",
      "trying now",
      "trying now",
    ]);
  });
});

describe("how it stands", () => {
  it("says since when it is down, why, which try is next, and what waits", () => {
    expect(forwardWords(view(1, DOWN, { waiting: 1 }), NOW)).toEqual({
      tone: "no",
      glyph: "cross",
      head: "Down for 1\u00A0min, next attempt in 4\u00A0s",
      why: "Connection refused.",
      then: "Attempt 5 is next. 1 delivery is waiting for it, in order.",
    });
    expect(forwardWords(view(1, DOWN), NOW).then).toBe("Attempt 5 is next. Nothing is waiting.");
  });

  it("tells off from never set up, and what was left", () => {
    expect(forwardWords(noForward(1), NOW).head).toBe("Not set up");
    const off = forwardWords(view(1, { state: "off" }, { waiting: 3 }), NOW);
    expect([off.head, off.then]).toEqual(["Off", "3 left waiting. Switching it on asks what to do with them."]);
  });

  it("leaves out what did not happen", () => {
    expect(forwardCounts({ accepted: 1412, refused: 0, dropped: 0 })).toBe("1,412 accepted");
    expect(forwardCounts({ accepted: 0, refused: 3, dropped: 2 })).toBe("0 accepted · 3 refused · 2 dropped");
  });

  it("puts the last answer in words", () => {
    expect(lastWords(outbound(), NOW)).toEqual({ tone: "ok", glyph: "check", text: "200 · 3\u00A0ms, 12\u00A0s ago" });
    expect(lastWords(outbound({ status: 500, number: 3, at_ms: NOW }), NOW)).toMatchObject({
      tone: "no",
      text: "500 · 3\u00A0ms, attempt 3, just now",
    });
    const refused = outbound({
      status: null,
      total_us: null,
      first_us: null,
      problem: { code: "connection_refused", message: "Connection refused." },
    });
    expect(lastWords(refused, NOW).text).toBe("no answer: Connection refused, 12\u00A0s ago");
    expect(lastWords(refused, NOW, true).text).toBe("no answer, 12\u00A0s ago");
  });
});

describe("what is offered at the start", () => {
  it("leaves out what would send nothing, and a day that holds no more than its hour", () => {
    expect(startChoices({ waiting: 3, last_hour: 41, last_day: 1165 }).map((one) => [one.id, one.n])).toEqual([
      ["new", 0],
      ["waiting", 3],
      ["hour", 41],
      ["day", 1165],
    ]);
    expect(startChoices({ waiting: 0, last_hour: 4, last_day: 4 }).map((one) => one.id)).toEqual(["new", "hour"]);
    expect(startChoices({ waiting: 0, last_hour: 0, last_day: 9 }).map((one) => one.id)).toEqual(["new", "day"]);
  });

  it("says what becomes of the queue, and counts the time from when it is answered", () => {
    const [fresh, , hour, day] = startChoices({ waiting: 3, last_hour: 41, last_day: 1165 });
    expect(fresh?.note).toContain("dropped from the queue");
    expect(hour?.start(NOW)).toEqual({ kind: "since", ms: NOW - 3_600_000 });
    expect(day?.start(NOW)).toEqual({ kind: "since", ms: NOW - 86_400_000 });
    expect(startChoices({ waiting: 0, last_hour: 1, last_day: 1 })[0]?.note).toBe("");
  });

  it("nothing is nothing in all three", () => {
    expect(offersNothing({ waiting: 0, last_hour: 0, last_day: 0 })).toBe(true);
    expect(offersNothing({ waiting: 0, last_hour: 0, last_day: 1 })).toBe(false);
  });
});

describe("the draft", () => {
  const rule = view(1, { state: "idle" }).rule;

  it("is read back as the rule it came from", () => {
    for (const one of [
      rule,
      {
        ...rule,
        which: "all" as const,
        resign: "s1",
        concurrency: 32,
        answer: { kind: "target" as const, timeout_ms: 2500 },
      },
    ]) {
      expect(readForwardDraft(forwardDraft(one), one)).toEqual({ rule: one });
    }
  });

  it("takes an address in short", () => {
    expect(readForwardDraft({ ...forwardDraft(rule), url: "localhost:8080/x" }, rule)).toMatchObject({
      rule: { url: "http://localhost:8080/x" },
    });
  });

  it("says what is wrong with each field; a time-out that is not used cannot be wrong", () => {
    const bad = readForwardDraft(
      { url: "", which: "verified", resign: null, concurrency: "33", answer: "target", timeout: "2\u00A0min" },
      rule,
    );
    expect(Object.keys("errors" in bad ? bad.errors : {}).sort()).toEqual(["concurrency", "timeout", "url"]);
    expect(readForwardDraft({ ...forwardDraft(rule), timeout: "nonsense" }, rule)).toHaveProperty("rule");
    for (const n of ["0", "", "1.5", "-1", "999"])
      expect(readForwardDraft({ ...forwardDraft(rule), concurrency: n }, rule)).toHaveProperty("errors.concurrency");
  });

  it("differs by what it says, not by whether it is on", () => {
    expect(sameRule(rule, { ...rule, on: false })).toBe(true);
    expect(sameRule(rule, { ...rule, answer: { kind: "target", timeout_ms: 5000 } })).toBe(false);
  });

  it("knows beside which field an error belongs", () => {
    expect((["invalid_target", "invalid_forward", "no_secret", "history_busy"] as const).map(forwardFieldOf)).toEqual([
      "url",
      "url",
      "resign",
      null,
    ]);
  });
});

it("suggestions: all where nothing is typed or it is one of them, those that hold the text otherwise, each once", () => {
  const all = ["http://a:1/", "http://b:2/x", "http://a:1/"];
  expect(fitting(all, "")).toEqual(["http://a:1/", "http://b:2/x"]);
  expect(fitting(all, "HTTP://A:1/")).toHaveLength(2);
  expect(fitting(all, "b:")).toEqual(["http://b:2/x"]);
  expect(fitting(all, "zzz")).toEqual([]);
});
