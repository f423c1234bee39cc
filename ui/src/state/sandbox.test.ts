import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import { App } from "./app.svelte";

let fake: FakeBackend;
let app: App;
let hide: () => void;
const flush = () => vi.advanceTimersByTimeAsync(50);

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_795_223_000_000 });
  fake = new FakeBackend();
  app = new App(fake);
  await app.start();
  hide = app.sandbox.show();
  await flush();
});
afterEach(() => {
  hide();
  vi.useRealTimers();
});

describe("the Sandbox", () => {
  it("runs a job to its end, sends its event, and knows what Pollux made of it", async () => {
    await app.sandbox.run({ kind: "batch", outcome: "succeed", dynamic: false });
    await flush();
    expect(app.sandbox.overview?.jobs[0]).toMatchObject({ kind: "batch", state: "pending" });
    await vi.advanceTimersByTimeAsync(5000);
    expect(app.sandbox.overview?.jobs[0]).toMatchObject({ state: "succeeded", event_type: "batch.succeeded" });
    const delivery = app.sandbox.log.part.list[0];
    expect(delivery).toMatchObject({ event_type: "batch.succeeded", state: "delivered" });
    if (!delivery) return;
    // The row came by in the live list; it is not asked for again.
    expect(app.sandbox.log.received(delivery)).toMatchObject({ id: 1, verdict: { outcome: "verified" } });
    app.sandbox.log.looking(0, 5);
    await flush();
    expect(fake.calls).not.toContain("delivery");
  });

  it("asks for the verdicts of what is looked at, each once", async () => {
    await app.sandbox.run({ kind: "video", outcome: "succeed", dynamic: true });
    // Before the window was open: nothing came by.
    vi.spyOn(app.sandbox.log, "note").mockImplementation(() => undefined);
    await vi.advanceTimersByTimeAsync(5000);
    const delivery = app.sandbox.log.part.list[0];
    if (!delivery) throw new Error("no delivery");
    expect(app.sandbox.log.received(delivery)?.verdict).toBeUndefined();
    app.sandbox.log.looking(0, 1);
    app.sandbox.log.looking(0, 1);
    await flush();
    expect(app.sandbox.log.received(delivery)?.verdict?.outcome).toBe("verified");
    expect(fake.calls.filter((call) => call === "delivery")).toHaveLength(1);
  });

  it("with a fault on, the delivery is rejected and tried again until the fault is off", async () => {
    await app.sandbox.patch({ faults: { reserialised_body: true } });
    expect(app.sandbox.settings?.faults.reserialised_body).toBe(true);
    await app.sandbox.run({ kind: "interaction", outcome: "succeed", dynamic: false });
    await vi.advanceTimersByTimeAsync(4000);
    const first = app.sandbox.log.part.list[0];
    expect(first).toMatchObject({ state: "pending", attempts: [{ status: 401 }] });
    await app.sandbox.patch({ faults: { reserialised_body: false } });
    await app.sandbox.advance("next");
    await flush();
    const then = app.sandbox.log.part.list[0];
    expect(then).toMatchObject({ id: first?.id, state: "delivered" });
    expect(then?.received).toHaveLength(2);
  });

  it("its clock goes at the chosen pace between two readings", async () => {
    await app.sandbox.run({ kind: "batch", outcome: "expire", dynamic: false });
    await app.sandbox.setWarp(3600);
    const before = app.sandbox.now;
    await vi.advanceTimersByTimeAsync(1000);
    expect(app.sandbox.now - before).toBeGreaterThan(3_400_000);
    expect(app.sandbox.now - before).toBeLessThan(3_800_000);
    await app.sandbox.advance("next");
    await flush();
    expect(app.sandbox.overview?.jobs[0]?.state).toBe("expired");
  });

  it("reads once at a time, and once more for all that came meanwhile", async () => {
    fake.delay = 1000;
    fake.calls.length = 0;
    for (let i = 0; i < 20; i++) fake.tell({ kind: "sandbox" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(fake.calls.filter((call) => call === "sandboxOverview")).toHaveLength(2);
  });

  it("asks nothing while its view is closed", async () => {
    hide();
    fake.calls.length = 0;
    fake.tell({ kind: "sandbox" });
    await flush();
    expect(fake.calls).toEqual([]);
  });

  it("says that it does not run, and comes back by itself when asked again", async () => {
    fake.failures.set("sandboxOverview", { code: "no_sandbox", message: "The Sandbox is not running.", detail: null });
    await app.sandbox.refresh();
    expect(app.sandbox.error?.code).toBe("no_sandbox");
    fake.failures.clear();
    await app.sandbox.refresh();
    expect(app.sandbox.error).toBeNull();
  });

  it("a refusal of a row is for the row, of a button for a toast", async () => {
    fake.failures.set("sandboxSettingsSet", { code: "sandbox_refused", message: "No such share.", detail: null });
    expect(await app.sandbox.set({ faults: { lost: 2 } })).toContain("No such share.");
    expect(app.toasts.list).toEqual([]);
    fake.failures.set("sandboxRun", { code: "sandbox_refused", message: "Too many jobs.", detail: null });
    expect(await app.sandbox.run({ kind: "video", outcome: "succeed", dynamic: false })).toBeNull();
    expect(app.toasts.list[0]).toMatchObject({ level: "warning", text: "Too many jobs." });
    expect(app.sandbox.busy.size).toBe(0);
  });

  it("reads older pages when their end is looked at, and keeps them when new ones come", async () => {
    for (let i = 0; i < 250; i++) fake.world.deliver("batch.succeeded", "http://127.0.0.1:3000/", null, null, "v1a");
    await app.sandbox.refresh();
    expect(app.sandbox.log.part.list).toHaveLength(100);
    app.sandbox.log.looking(90, 100);
    await flush();
    expect(app.sandbox.log.part.list).toHaveLength(200);
    fake.world.deliver("video.generated", "http://127.0.0.1:3000/", null, null, "v1a");
    await app.sandbox.refresh();
    expect(app.sandbox.log.part.list).toHaveLength(201);
    expect(new Set(app.sandbox.log.part.list.map((one) => one.number)).size).toBe(201);
    expect(app.sandbox.log.part.list[0]?.event_type).toBe("video.generated");
  });
});
