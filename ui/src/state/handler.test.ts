import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FaultRule, ForwardRule } from "../ipc";
import { FakeBackend } from "../fake/backend";
import { fakeRow } from "../fake/rows";
import { EMPTY_RULE } from "../lib/fault-lab";
import { noForward } from "../lib/forward";
import { App } from "./app.svelte";

let fake: FakeBackend;
let app: App;
const URL = "http://localhost:3000/hooks";
const FAR = "https://staging.example.com/hooks";

beforeEach(async () => {
  vi.useFakeTimers();
  fake = new FakeBackend();
  app = new App(fake);
  await app.start();
});
afterEach(() => vi.useRealTimers());

const rule = (rest: Partial<ForwardRule> = {}): ForwardRule => ({ ...noForward(1).rule, url: URL, ...rest });
const made = (command: string) => fake.calls.filter((call) => call === command).length;
const texts = () => app.toasts.list.map((toast) => toast.text);
const turn = () => vi.advanceTimersByTimeAsync(0);

describe("forwarding", () => {
  const forward = () => app.handler.forward;

  it("is switched on at once where nothing is there, and asks where something is", async () => {
    expect(await forward().switchOn(rule())).toBe(true);
    expect(fake.state.forwards[0]?.rule.on).toBe(true);
    await forward().switchOff(1);
    expect([forward().of(1).state.state, forward().isOn(1)]).toEqual(["off", false]);

    fake.forwardOffers = { waiting: 3, last_hour: 41, last_day: 90 };
    expect(await forward().switchOn(rule())).toBe(false);
    expect(forward().offered?.offer.waiting).toBe(3);
    expect([forward().isOn(1), made("forwardSet")]).toEqual([true, 2]);
    await forward().start({ kind: "waiting" });
    expect(forward().of(1)).toMatchObject({ state: { state: "sending" }, waiting: 3 });
    await vi.advanceTimersByTimeAsync(fake.forwardTakes);
    expect(forward().of(1)).toMatchObject({ state: { state: "idle" }, waiting: 0, accepted: 3 });
  });

  it("stays off where the question is put away", async () => {
    fake.forwardOffers = { waiting: 0, last_hour: 4, last_day: 4 };
    await forward().switchOn(rule());
    await forward().start(null);
    expect([forward().offered, forward().isOn(1), made("forwardSet")]).toEqual([null, false, 0]);
  });

  it("asks before anything leaves this machine, and goes on with it", async () => {
    const done = forward().switchOn(rule({ url: FAR }));
    await turn();
    expect(app.handler.leaving.asked).toBe(FAR);
    app.handler.leaving.answer(true);
    expect(await done).toBe(true);
    expect(fake.calls.filter((call) => /forwardSet|targetConfirm/.test(call))).toEqual([
      "forwardSet",
      "targetConfirm",
      "forwardSet",
    ]);
    expect(forward().of(1).rule).toMatchObject({ on: true, url: FAR });

    const other = forward().switchOn(rule({ project: 2, url: "https://other.example.com/" }));
    await turn();
    app.handler.leaving.answer(false);
    expect(await other).toBe(false);
    expect([forward().isOn(2), forward().errors.size, app.handler.leaving.asked]).toEqual([false, 0, null]);
  });

  it("keeps what went wrong for the project's card alone, and forgets it at the next try", async () => {
    fake.failures.set("forwardOffer", { code: "invalid_target", message: "This is no address.", detail: null });
    await forward().switchOn(rule());
    expect(forward().errors.get(1)?.code).toBe("invalid_target");
    expect([forward().errors.has(2), forward().isOn(1), app.toasts.list.length]).toEqual([false, false, 0]);
    fake.failures.clear();
    await forward().switchOn(rule());
    expect(forward().errors.size).toBe(0);
  });

  it("follows what is told: deliveries arrive, the target is down, and is tried when it is asked for", async () => {
    await forward().switchOn(rule());
    await vi.advanceTimersByTimeAsync(100);
    fake.downTargets.add(URL);
    fake.arrive({ ...fakeRow(2, Date.now(), Date.now()), project: 1, outcome: "verified" });
    expect(forward().of(1)).toMatchObject({ state: { state: "sending" }, waiting: 1 });
    await vi.advanceTimersByTimeAsync(fake.forwardTakes);
    expect(forward().of(1).state).toMatchObject({ state: "down", attempt: 2 });
    fake.downTargets.clear();
    await forward().drain(1);
    await vi.advanceTimersByTimeAsync(fake.forwardTakes);
    expect(forward().of(1)).toMatchObject({ state: { state: "idle" }, accepted: 1, waiting: 0 });
  });

  it("an answer that is older than what was told does not undo it", async () => {
    fake.delay = 500;
    const saved = forward().save(rule({ on: true }));
    await vi.advanceTimersByTimeAsync(200);
    fake.tellForward(1, { waiting: 7 });
    await vi.advanceTimersByTimeAsync(300);
    expect(await saved).toBe(true);
    expect(forward().of(1).waiting).toBe(7);
  });

  it("drops what waits, and says that it stays", async () => {
    fake.tellForward(1, { rule: rule({ on: true }), waiting: 2 });
    await forward().drop(1);
    expect(texts()).toEqual(["2 waiting deliveries dropped. They stay in the history and can be replayed."]);
    expect(forward().of(1)).toMatchObject({ waiting: 0, dropped: 2 });
  });

  it("what was told before the first values came is newer than they", async () => {
    const other = new FakeBackend();
    other.delay = 100;
    other.state.forwards = [{ ...noForward(1), rule: rule({ on: true }), waiting: 1 }];
    const late = new App(other);
    const started = late.start();
    // The channel is open after the first answer, the state is read after the second.
    await vi.advanceTimersByTimeAsync(150);
    other.tell({ kind: "forward", forward: { ...noForward(1), waiting: 9 } });
    await vi.advanceTimersByTimeAsync(100);
    await started;
    expect(late.handler.forward.of(1).waiting).toBe(9);
  });
});

describe("the check", () => {
  const check = () => app.handler.check;
  const plan = { url: URL, secret: "s1", schemes: ["v1" as const], timeout_ms: 5000 };

  it("runs to its end as it is told, and what is wrong is unfolded", async () => {
    await check().start(plan);
    expect(check().running).toBe(true);
    await vi.advanceTimersByTimeAsync(500);
    expect(check().report).toMatchObject({ progress: "done", failed: 2, open: 1 });
    const wrong = check()
      .report?.lines.filter((line) => check().isUnfolded(line))
      .map((line) => line.id);
    expect(wrong).toEqual(["v1_stale", "unknown_type"]);
  });

  it("keeps what the user says and opens until the next check, and no longer", async () => {
    await check().start(plan);
    await vi.advanceTimersByTimeAsync(500);
    const open = check().report?.lines.find((line) => line.state === "open");
    if (!open) throw new Error("nothing is open");
    check().say(open, "twice");
    check().filter = "open";
    check().apply(structuredClone(check().report as NonNullable<ReturnType<typeof check>["report"]>));
    expect([check().answers.get(open.id), check().filter]).toEqual(["twice", "open"]);
    check().say(open, "twice");
    expect(check().answers.size).toBe(0);
    check().say(open, "once");
    await vi.advanceTimersByTimeAsync(5);
    await check().start(plan);
    expect([check().answers.size, check().unfolded.size, check().filter]).toEqual([0, 0, "all"]);
  });

  it("can be stopped; one that runs already is said beside the form", async () => {
    fake.checkTakes = 50;
    await check().start(plan);
    await vi.advanceTimersByTimeAsync(120);
    await check().start(plan);
    expect(check().error?.code).toBe("check_running");
    await check().stop();
    expect(check().report?.progress).toBe("stopped");
    await vi.advanceTimersByTimeAsync(1000);
    expect(check().report?.progress).toBe("stopped");
  });

  it("asks for an address that is elsewhere", async () => {
    const started = check().start({ ...plan, url: FAR });
    await turn();
    expect(app.handler.leaving.asked).toBe(FAR);
    app.handler.leaving.answer(false);
    expect([await started, check().report, check().error, check().busy]).toEqual([false, null, null, null]);
  });

  it("is read when the view opens, with its address; the export tells its path", async () => {
    fake.handlerScene("none", "done", null);
    await check().load();
    expect(check().draft.url).toBe("http://localhost:3000/webhooks/gemini");
    await check().export("junit");
    expect(texts()).toEqual([expect.stringMatching(/^Report written to .*\.xml$/)]);
  });
});

describe("the fault lab", () => {
  const faults = () => app.handler.faults;
  const fault = (rest: Partial<FaultRule> = {}): FaultRule => ({ ...EMPTY_RULE, status: 503, ...rest });
  const ids = () =>
    faults()
      .lab.rules.map((one) => one.id)
      .join();
  const three = async () => {
    for (let i = 0; i < 3; i++) await faults().save(fault());
  };

  it("a new rule gets its id from the back end, and none is shown before", async () => {
    fake.delay = 50;
    const saved = faults().save(fault({ on: true }));
    await vi.advanceTimersByTimeAsync(20);
    expect([ids(), faults().pending]).toEqual(["", 1]);
    await vi.advanceTimersByTimeAsync(50);
    expect([await saved, ids(), faults().on, faults().pending]).toEqual([true, "f1", 1, 0]);
  });

  it("changes that overlap do not undo one another", async () => {
    await three();
    fake.delay = 50;
    const all = [faults().switch("f1", true), faults().switch("f3", true), faults().move("f1", 1)];
    await vi.advanceTimersByTimeAsync(400);
    await Promise.all(all);
    expect(ids()).toBe("f2,f1,f3");
    expect(faults().lab.rules.map((one) => one.on)).toEqual([false, true, true]);
    expect(fake.state.fault_lab.rules).toEqual(faults().lab.rules);
  });

  it("a change that is refused is told, and what holds is shown again", async () => {
    await three();
    fake.failures.set("faultLabSet", { code: "history_busy", message: "Close the other program.", detail: null });
    await faults().switch("f1", true);
    expect([faults().on, texts()]).toEqual([0, ["Close the other program."]]);
    expect(await faults().save(fault())).toBe(false);
    expect([faults().error?.message, ids()]).toEqual(["Close the other program.", "f1,f2,f3"]);
    fake.failures.clear();
    await faults().switch("f2", true);
    expect(faults().on).toBe(1);
  });

  it("all are switched off with one call", async () => {
    await faults().save(fault({ on: true }));
    await faults().save(fault({ on: true }));
    const before = made("faultLabSet");
    await faults().allOff();
    expect([faults().on, made("faultLabSet") - before]).toEqual([0, 1]);
  });

  it("a deleted one comes back to its place", async () => {
    await three();
    await faults().remove("f2");
    expect(ids()).toBe("f1,f3");
    app.toasts.list[0]?.button?.run();
    await turn();
    expect(ids()).toBe("f1,f2,f3");
  });

  it("counts answers as they are told, also while a change is on its way", async () => {
    await faults().save(fault({ on: true }));
    fake.delay = 50;
    const moving = faults().switch("f1", false);
    await vi.advanceTimersByTimeAsync(10);
    app.handler.live({ kind: "fault_lab", lab: { rules: [fault({ id: "f1", on: true })], answers: [["f1", 3]] } });
    expect([faults().on, faults().lab.answers]).toEqual([0, [["f1", 3]]]);
    await vi.advanceTimersByTimeAsync(50);
    await moving;
  });

  it("makes answers of what arrives while it is on", async () => {
    await faults().save(fault({ on: true, event_type: "batch.succeeded" }));
    fake.arrive(
      { ...fakeRow(2, Date.now(), Date.now()), event_type: "batch.succeeded" },
      { ...fakeRow(3, Date.now(), Date.now()), event_type: "video.generated" },
    );
    expect(faults().lab.answers).toEqual([["f1", 1]]);
    expect(fake.rows.map((row) => row.status === 503)).toEqual([true, false]);
  });
});

it("the section stays, and a pill leads to it", () => {
  app.handler.show("faults");
  expect([app.screen.view, app.handler.tab]).toEqual(["handler", "faults"]);
  app.screen.go("secrets");
  app.screen.go("handler");
  expect(app.handler.tab).toBe("faults");
});
