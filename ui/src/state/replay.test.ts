import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import { row } from "../fake/rows";
import type { Row } from "../ipc/generated";
import { App } from "./app.svelte";

const LOCAL = "http://localhost:3000/";
const OTHER = "http://localhost:8080/hooks";
let fake: FakeBackend;
let app: App;

const make = (from: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => row(from + i, 1_800_000_000_000, { outcome: "verified" }));
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

beforeEach(async () => {
  vi.useFakeTimers();
  fake = new FakeBackend();
  fake.rows = make(1, 1000);
  app = new App(fake);
  await app.start();
  await choose(0);
});

async function choose(index: number): Promise<void> {
  const chosen = await app.deliveries.choose(index);
  if (chosen) await app.navigation.show(chosen, false);
  await app.replay.sent.show(app.detail.id);
}

async function targets(...urls: string[]): Promise<void> {
  for (const url of urls) await fake.targetSave({ id: null, project: null, name: null, url, any_certificate: false });
  await app.replay.targets.load();
}

const toasts = () => app.toasts.list.map((one) => one.text);

describe("one key", () => {
  it("sends the chosen delivery to the current target as received, and tells the answer", async () => {
    await targets(LOCAL);
    await app.replay.now();
    await settle(20);
    expect(fake.sent).toHaveLength(1);
    expect(fake.sent[0]?.outbound).toMatchObject({ delivery: 1000, url: LOCAL, changes: [], status: 200 });
    expect(toasts()).toEqual([expect.stringMatching(/^localhost:3000 answered 200 after \d\u00A0ms\.$/)]);
    expect(app.replay.sent.list.map((one) => one.delivery)).toEqual([1000]);
    expect(app.replay.runs.cards).toEqual([]);
  });

  it("asks for the address when there is none, and remembers it", async () => {
    await app.replay.now();
    expect(app.replay.asking).toEqual({ ids: [1000], project: 1 });
    expect(fake.calls).not.toContain("replayStart");
    await app.replay.give("3000");
    await settle(20);
    expect(fake.sent[0]?.outbound.url).toBe(LOCAL);
    expect(app.replay.asking).toBeNull();
    await app.replay.now();
    await settle(20);
    expect(fake.sent).toHaveLength(2);
  });

  it("what is wrong with the address is for the dialog, which stays", async () => {
    await app.replay.now();
    await expect(app.replay.give("ftp://x")).rejects.toMatchObject({ code: "invalid_target" });
    expect(app.replay.asking).not.toBeNull();
  });

  it("goes where it went last; ticks name several", async () => {
    await targets(LOCAL, OTHER);
    fake.targetList = fake.targetList.map((one) => ({ ...one, used_ms: one.url === OTHER ? 2 : 1 }));
    await app.replay.targets.load();
    expect(app.replay.targets.current(1)).toEqual([OTHER]);
    app.replay.targets.toggle(1, LOCAL);
    expect(app.replay.targets.current(1)).toEqual([OTHER, LOCAL]);
    expect(app.replay.targets.current(2)).toEqual([OTHER]);
    await app.replay.now();
    await settle(20);
    expect(fake.sent.map((one) => one.outbound.url)).toEqual([OTHER, LOCAL]);
    app.replay.targets.toggle(1, LOCAL);
    app.replay.targets.toggle(1, OTHER);
    expect(app.replay.targets.current(1), "the last tick stays").toEqual([OTHER]);
  });

  it("a target that is down is told, with why", async () => {
    await targets("http://localhost:3999/");
    await app.replay.now();
    await settle(20);
    expect(app.toasts.list[0]).toMatchObject({
      level: "warning",
      text: "Replayed to localhost:3999: refused.",
      detail: expect.stringContaining("Nothing listens"),
    });
  });

  it("a refusal is told, and nothing runs", async () => {
    await targets(LOCAL);
    fake.failures.set("replayStart", { code: "holds_secret", message: "This request holds a secret.", detail: null });
    await app.replay.now();
    expect(toasts()).toEqual(["This request holds a secret."]);
    expect(app.replay.busy).toBe(false);
  });
});

describe("what leaves this machine", () => {
  const FAR = "https://hooks.example.com/x";

  it("is asked for once, by its address, and goes on when it is agreed to", async () => {
    await targets(FAR);
    const sending = app.replay.now();
    await settle();
    expect([app.replay.leaving.asked, app.replay.starting?.deliveries]).toEqual([FAR, [1000]]);
    expect(fake.sent).toEqual([]);
    app.replay.leaving.answer(true);
    await sending;
    await settle(20);
    expect(fake.sent[0]?.outbound.url).toBe(FAR);
    await app.replay.now();
    await settle(20);
    expect(fake.sent).toHaveLength(2);
    expect(fake.calls.filter((call) => call === "targetConfirm")).toHaveLength(1);
  });

  it("does not go when it is not, and nothing is told as wrong", async () => {
    await targets(FAR);
    const sending = app.replay.now();
    await settle();
    app.replay.leaving.answer(false);
    await sending;
    expect([fake.sent, toasts(), app.replay.leaving.asked]).toEqual([[], [], null]);
    expect(fake.calls).not.toContain("targetConfirm");
  });
});

describe("targets", () => {
  it("one that was deleted comes back with Undo, as it was", async () => {
    await fake.targetSave({ id: null, project: 1, name: "dev", url: "https://localhost:3443/", any_certificate: true });
    await app.replay.targets.load();
    const [target] = app.replay.targets.list;
    if (!target) throw new Error("no target");
    await app.replay.targets.remove(target);
    expect(app.replay.targets.list).toEqual([]);
    app.toasts.list[0]?.button?.run();
    await settle(10);
    expect(app.replay.targets.list[0]).toMatchObject({ project: 1, name: "dev", any_certificate: true });
  });

  it("a project sees its own and everybody's", async () => {
    await fake.targetSave({ id: null, project: 2, name: "theirs", url: OTHER, any_certificate: false });
    await targets(LOCAL);
    expect(app.replay.targets.of(1).map((one) => one.url)).toEqual([LOCAL]);
    expect(app.replay.targets.of(2).map((one) => one.url)).toEqual([OTHER, LOCAL]);
  });
});

describe("marks", () => {
  const ids = () => app.replay.selection.inOrder;
  const toggle = (id: number) => app.replay.selection.toggle(id, id - 1);

  it("are set and taken away; what is marked is what is replayed, in the order of arrival", async () => {
    await targets(LOCAL);
    for (const id of [990, 980, 985, 980]) toggle(id);
    expect(ids()).toEqual([985, 990]);
    await app.replay.now();
    await settle(20);
    expect(fake.sent.map((one) => one.outbound.delivery)).toEqual([985, 990]);
    expect(app.replay.runs.cards).toHaveLength(1);
    expect(toasts()).toEqual([]);
  });

  it("a range reaches over pages that are not here, follows the cursor back, and keeps what was marked before it", async () => {
    toggle(100);
    toggle(600);
    await app.replay.selection.extend(0, 300);
    expect(ids()).toEqual([100, ...Array.from({ length: 300 }, (_, i) => 301 + i)]);
    await app.replay.selection.extend(0, 597);
    expect(ids()).toEqual([100, 598, 599, 600]);
  });

  it("all are all that match, asked for in pages; another search has none", async () => {
    await app.replay.selection.all();
    expect(app.replay.selection.size).toBe(1000);
    await app.deliveries.open("type:batch.succeeded");
    expect(app.replay.selection.size).toBe(0);
  });

  it("10,000 at most, the newest, and says so", async () => {
    fake.rows = make(1, 10_050);
    await app.deliveries.open();
    await app.replay.selection.all();
    expect([app.replay.selection.size, ids()[0]]).toEqual([10_000, 51]);
    expect(toasts()[0]).toContain("10,000");
  });

  it("arriving deliveries are not marked by themselves, and move nothing", async () => {
    await app.replay.selection.all();
    fake.arrive(...make(1001, 5));
    await settle(20);
    expect(app.replay.selection.size).toBe(1000);
  });

  it("an answer that comes after they were cleared marks nothing", async () => {
    fake.delay = 10;
    const marking = app.replay.selection.all();
    await settle(5);
    app.replay.selection.clear();
    await settle(500);
    await marking;
    expect(app.replay.selection.size).toBe(0);
  });
});
