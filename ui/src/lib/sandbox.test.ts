import { describe, expect, it } from "vitest";
import type { SandboxDelivery, SandboxJob, SandboxWebhook } from "../ipc/generated";
import { fakeSettings } from "../fake/world";
import { clockAt, length, offset, paces, until } from "./sandbox-clock";
import { allOff, faultPatch, FAULTS, faultsOn, rateText, readAmount } from "./sandbox-faults";
import {
  active,
  comes,
  eventOf,
  finishes,
  forecast,
  jobMark,
  jobTime,
  KIND_ORDER,
  open,
  outcomesOf,
  progressAt,
} from "./sandbox-jobs";
import { attemptText, attemptTone, deliveryMark, targetName, withChanged, withNewest, withOlder } from "./sandbox-log";
import { webhookMark } from "./webhooks";

const HOUR = 3_600_000;

describe("the clock", () => {
  const clock = { now_ms: 1_000_000, wall_ms: 500, warp: 60, next_due_ms: null };
  it("goes on from its reading at its pace, and never back", () => {
    expect(clockAt(clock, 500)).toBe(1_000_000);
    expect(clockAt(clock, 1500)).toBe(1_060_000);
    expect(clockAt(clock, 0)).toBe(1_000_000);
    expect(clockAt({ ...clock, warp: 0 }, 9_999_999)).toBe(1_000_000);
  });
  it.each([
    [0, "0.0\u00A0s"],
    [440, "0.4\u00A0s"],
    [9949, "9.9\u00A0s"],
    [9960, "10\u00A0s"],
    [59_700, "1\u00A0min"],
    [200_000, "3\u00A0min 20\u00A0s"],
    [2 * HOUR, "2\u00A0h"],
    [47 * HOUR + 3540_000, "47\u00A0h 59\u00A0min"],
    [72 * HOUR, "3\u00A0d"],
  ])("%d ms is %s", (ms, text) => {
    expect(length(ms)).toBe(text);
  });
  it("says until when and how far from the wall", () => {
    expect(until(1000, 1000)).toBe("now");
    expect(until(4000, 1000)).toBe("in 3.0\u00A0s");
    expect(offset(1500, 0)).toBe("wall time");
    expect(offset(3 * HOUR, 0)).toBe("3\u00A0h ahead");
    expect(offset(0, 2 * HOUR)).toBe("2\u00A0h behind");
  });
  it("offers a pace that was set elsewhere, once", () => {
    expect(paces(60).map((pace) => pace.id)).toEqual(["0", "1", "60", "3600", "8640"]);
    expect(paces(77).at(-1)).toMatchObject({ id: "77", label: "77×" });
  });
});

describe("jobs", () => {
  const job: SandboxJob = {
    name: "batches/1",
    kind: "batch",
    model: "m",
    display_name: null,
    state: "running",
    outcome: "succeed",
    created_ms: 1000,
    started_ms: 1500,
    ended_ms: null,
    next_ms: 5500,
    progress: 0,
    output_file: null,
    error: null,
    dynamic: false,
    event_type: null,
  };
  it.each([
    [1000, 0],
    [1500, 0],
    [3500, 0.5],
    [5500, 1],
    [9000, 1],
  ])("at %d ms it is at %d", (now, share) => {
    expect(progressAt(job, now)).toBe(share);
  });
  it("has no share where no end is planned, none before it runs, and is whole at its end", () => {
    expect(progressAt({ ...job, next_ms: null }, 3000)).toBeNull();
    expect(progressAt({ ...job, state: "pending", started_ms: null, next_ms: 1500 }, 1400)).toBe(0);
    expect(progressAt({ ...job, state: "failed", next_ms: null }, 0)).toBe(1);
  });
  it("says its time in words", () => {
    expect(jobTime(job, 3500)).toBe("2.0\u00A0s left");
    expect(jobTime(job, 6000)).toBe("ends now");
    expect(jobTime({ ...job, next_ms: null }, 0)).toBe("until you end it");
    expect(jobTime({ ...job, state: "pending", next_ms: 1500 }, 1100)).toBe("starts in 0.4\u00A0s");
    expect(jobTime({ ...job, state: "succeeded", ended_ms: 5500, next_ms: null }, 0)).toBe("took 4.5\u00A0s");
  });
  it("expires only batches, requires action only of interactions, and both cancel by their own way", () => {
    expect(KIND_ORDER.filter((kind) => outcomesOf(kind).includes("expire"))).toEqual(["batch"]);
    expect(KIND_ORDER.filter((kind) => outcomesOf(kind).includes("require_action"))).toEqual(["interaction"]);
    for (const kind of KIND_ORDER) expect(finishes(kind, "running").map((way) => way.id)).not.toContain("cancel");
    expect(eventOf("video", "fail")).toBeNull();
  });
  it("shows a state that it does not know", () => {
    expect(jobMark("paused")).toMatchObject({ word: "paused", tone: "un" });
    expect(jobMark("toString").word).toBe("toString");
    expect(jobMark("a\u202eb").word).not.toContain("\u202e");
    expect(webhookMark("frozen").word).toBe("frozen");
  });

  it("one that is idle, or in a state that is not known, has not ended as long as it has no end", () => {
    const idle = { ...job, kind: "interaction" as const, state: "idle", outcome: "idle", next_ms: null };
    expect(jobMark("idle").word).toBe("Idle");
    expect([open(idle), active(idle), comes(idle)]).toEqual([true, false, "waits for input"]);
    const unknown = { ...job, state: "budget_exceeded", next_ms: null };
    expect([open(unknown), active(unknown), comes(unknown)]).toEqual([true, false, "no end is planned"]);
    expect([open({ ...unknown, ended_ms: 9 }), open({ ...job, state: "succeeded", ended_ms: 9 })]).toEqual([
      false,
      false,
    ]);
    expect(comes(job)).toBe("then succeeds");
    expect(jobTime(unknown, 9000)).toBe("");
    expect(KIND_ORDER.filter((kind) => outcomesOf(kind).includes("idle"))).toEqual(["interaction"]);
    expect(finishes("interaction", "running").map((way) => way.id)).toContain("idle");
    expect(finishes("interaction", "idle").map((way) => way.id)).toEqual(["succeed", "require_action", "fail"]);
  });

  const webhook: SandboxWebhook = {
    id: "w",
    name: null,
    uri: "http://x/",
    subscribed_events: ["batch.succeeded"],
    state: "enabled",
    secrets: [],
    given_up_in_a_row: 0,
    builtin: false,
  };
  it.each([
    ["succeed", false, [webhook, webhook], "to 2 webhooks, signed v1", false],
    ["succeed", false, [{ ...webhook, state: "disabled" }], "to nobody: its webhooks are disabled", true],
    ["cancel", false, [webhook], "to nobody: no webhook subscribes to it", true],
    ["cancel", true, [], "to this listener, signed v1a", false],
    ["never", false, [webhook], "No event: it runs until you finish or cancel it.", false],
    ["idle", true, [], "No event: it waits for input until you finish or cancel it.", false],
    ["succeed", false, null, "…", false],
  ] as const)("forecast of %s, dynamic %s", (outcome, dynamic, webhooks, text, warn) => {
    expect(forecast("batch", outcome, dynamic, webhooks, fakeSettings())).toMatchObject({ text, warn });
  });
  it("forecasts the JWT where it is set, and no event for a video that fails", () => {
    expect(forecast("batch", "succeed", true, [], { ...fakeSettings(), dynamic: "jwt" }).text).toContain("JWT");
    expect(forecast("video", "fail", false, [webhook], null)).toMatchObject({ event: null, warn: true });
  });
});

describe("faults", () => {
  it("counts what is on, by its label", () => {
    const settings = fakeSettings();
    expect(faultsOn(settings)).toEqual([]);
    Object.assign(settings.faults, { lost: 0.001, launch_night_key: true });
    expect(faultsOn(settings)).toEqual(["Launch-night key", "Lost"]);
    Object.assign(settings.faults, { lost: 0, launch_night_key: false, lost_answers: 1, garbled_answers: 0.2 });
    expect(faultsOn(settings)).toEqual(["Answers lost after the change was made", "Answers that are garbage"]);
    expect(faultsOn(null)).toEqual([]);
  });
  it("knows every fault of the settings, and switches all of them off", () => {
    const keys = Object.keys(fakeSettings().faults).sort();
    expect(FAULTS.flatMap((group) => group.faults.map((fault) => fault.key)).sort()).toEqual(keys);
    const { hold_back_ms: _, ...switches } = fakeSettings().faults;
    expect(allOff()).toEqual({ faults: switches });
    expect(faultPatch("lost", 0.5)).toEqual({ faults: { lost: 0.5 } });
  });
  it.each([
    [0, "never"],
    [1, "always"],
    [0.25, "25 %"],
    [0.125, "12.5 %"],
    [0.0004, "0.04 %"],
    [0.999, "99.9 %"],
  ])("a rate of %d is %s", (rate, text) => {
    expect(rateText(rate)).toBe(text);
  });
  it.each([
    ["0", 0],
    [" 250 ", 250],
    ["60001", null],
    ["-1", null],
    ["1.5", null],
    ["", null],
    ["1e3", null],
  ])("reads the amount %j", (text, amount) => {
    expect(readAmount(text, 60_000)).toBe(amount);
  });
});

describe("the log", () => {
  const one = (number: number, extra: Partial<SandboxDelivery> = {}): SandboxDelivery => ({
    number,
    id: `msg_${number}`,
    event_type: "batch.succeeded",
    uri: "http://x/",
    webhook: "w",
    job: null,
    scheme: "v1",
    created_ms: 0,
    state: "delivered",
    next_ms: null,
    attempts: [],
    received: [],
    ...extra,
  });
  const span = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, i) => one(from - i));
  const numbers = (part: { list: readonly SandboxDelivery[] }) => part.list.map((delivery) => delivery.number);

  it("puts the newest page before what is older, without a hole or a double", () => {
    const part = withOlder(withNewest({ list: [], more: null }, { deliveries: span(9, 7), next_before: 7 }), {
      deliveries: span(6, 4),
      next_before: 4,
    });
    expect(numbers(part)).toEqual([9, 8, 7, 6, 5, 4]);
    const next = withNewest(part, { deliveries: span(11, 9), next_before: 9 });
    expect(numbers(next)).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
    expect(next.more).toBe(4);
  });
  it("drops the older part where the pages no longer touch, and where the log began anew", () => {
    const part = { list: span(9, 1), more: null };
    expect(withNewest(part, { deliveries: span(30, 28), next_before: 28 })).toEqual({ list: span(30, 28), more: 28 });
    expect(numbers(withNewest(part, { deliveries: span(2, 1), next_before: null }))).toEqual([2, 1]);
    expect(numbers(withNewest(part, { deliveries: [], next_before: null }))).toEqual([]);
  });
  it("takes over what changed further down, and adds nothing", () => {
    const part = withChanged(
      { list: span(5, 1), more: null },
      { deliveries: [one(3, { state: "given_up" }), one(0)], next_before: null },
    );
    expect(part.list.map((delivery) => delivery.state)).toEqual([
      "delivered",
      "delivered",
      "given_up",
      "delivered",
      "delivered",
    ]);
  });
  it("tells waiting from trying again, an answer from none, and names the target", () => {
    const attempt = { number: 2, due_ms: 0, timestamp: 0, status: 503, error: null, took_us: 12_000, answer: null };
    expect(deliveryMark(one(1, { state: "pending" })).word).toBe("Waiting");
    expect(deliveryMark(one(1, { state: "pending", attempts: [attempt] })).word).toBe("Retrying");
    expect(attemptText(attempt)).toBe("Attempt 2: 503 in 12\u00A0ms");
    expect(attemptText({ ...attempt, status: null, error: "connection refused" })).toBe(
      "Attempt 2: connection refused",
    );
    expect([200, 301, 500].map((status) => attemptTone({ ...attempt, status }))).toEqual(["ok", "no", "no"]);
    expect(attemptTone({ ...attempt, status: null })).toBe("none");
    expect(targetName(one(1, { webhook: null }), [])).toBe("own address");
    expect(targetName(one(1), [])).toBe("a deleted webhook");
  });
});
