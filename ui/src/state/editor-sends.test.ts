import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import { row } from "../fake/rows";
import { App } from "./app.svelte";

const LOCAL = "http://localhost:3000/";
const DOWN = "http://localhost:3999/";
let fake: FakeBackend;
let app: App;
const settle = (ms = 20) => vi.advanceTimersByTimeAsync(ms);
const editor = () => app.replay.editor;
const sends = () => app.replay.editor.sends;
const numbers = () => sends().list.map((one) => one.number);

beforeEach(async () => {
  vi.useFakeTimers();
  fake = new FakeBackend();
  fake.rows = [1, 2].map((id) => row(id, 1_800_000_000_000, { outcome: "verified", event_type: "batch.succeeded" }));
  app = new App(fake);
  await app.start();
  for (const url of [LOCAL, DOWN])
    await fake.targetSave({ id: null, project: null, name: null, url, any_certificate: false });
  await app.replay.targets.load();
  await editor().open([1], 1, [LOCAL]);
});

async function send(): Promise<void> {
  await editor().send();
  await settle();
}

describe("sent from the editor", () => {
  it("it stays open, shows the answer in place and says nothing elsewhere; the next is compared with it", async () => {
    await send();
    expect([editor().ids, numbers(), sends().shown]).toEqual([[1], [1], 1]);
    expect(sends().outbound).toMatchObject({ status: 200, url: LOCAL });
    expect([app.toasts.list, app.replay.runs.cards]).toEqual([[], []]);
    editor().set({ twist: "tampered" });
    await send();
    const [second] = sends().list;
    if (!second) throw new Error("nothing was sent");
    expect([numbers(), sends().shown, second.changed]).toEqual([[2, 1], 2, expect.stringContaining("tampered body")]);
    const base = sends().outbound && sends().base(second, sends().outbound as never);
    expect(base?.id).toBe(sends().list[1]?.run.outbounds[0]?.id);
  });

  it("is kept with its delivery, looked at and taken up again; what was written meanwhile can be had back", async () => {
    editor().set({ body: '{"type":"a"}' });
    await send();
    expect(editor().dirty, "what was sent can be taken up again").toBe(false);
    editor().set({ body: '{"type":"b"}' });
    await send();
    sends().step(1);
    expect(sends().shown).toBe(1);
    sends().step(1);
    expect(sends().shown).toBe(1);
    editor().set({ body: '{"type":"c"}' });
    expect(editor().dirty).toBe(true);
    editor().takeUp(1);
    expect([editor().fields?.body, editor().undone?.body]).toEqual(['{"type":"a"}', '{"type":"c"}']);
    editor().takeBack();
    expect([editor().fields?.body, editor().undone]).toEqual(['{"type":"c"}', null]);
    editor().close();
    await editor().open([2], 1, [LOCAL]);
    expect(numbers()).toEqual([]);
    editor().close();
    await editor().open([1], 1, [LOCAL]);
    expect([numbers(), sends().shown]).toEqual([[2, 1], 2]);
    const key = editor().addHeader();
    editor().takeUp(1);
    expect(editor().addHeader()).toBeGreaterThan(key);
  });

  it("has new values for its variables each time, and shows the last ones", async () => {
    editor().set({ body: '{"id":"{{uuid}}","at":"{{now}}","odd":"{{nmae}}"}' });
    await send();
    const first = sends().values;
    expect([...first.keys()].sort()).toEqual(["now", "uuid"]);
    await send();
    expect(sends().values.get("uuid")).not.toBe(first.get("uuid"));
    expect(sends().list[0]?.changed).not.toContain("{{");
    sends().choose(1);
    expect(sends().values).toEqual(first);
    editor().set({ fill: false });
    const read = editor().read;
    expect(read && "plan" in read && read.plan.changes.fill).toBe(false);
  });

  it("that is slow is shown as it waits, and can be left; who looks elsewhere stays there", async () => {
    await send();
    fake.replayTakes = 2000;
    await editor().send();
    await settle(100);
    expect(sends().shown, "the answer before, for a moment").toBe(1);
    await settle(300);
    expect([sends().shown, sends().current?.run.state]).toEqual([2, "running"]);
    sends().choose(1);
    await settle(3000);
    expect([sends().shown, sends().list[0]?.run.state]).toEqual([1, "done"]);
    await editor().send();
    await settle(100);
    editor().close();
    await settle(3000);
    expect(
      app.toasts.list.map((one) => one.text),
      "it is told where one is",
    ).toEqual([expect.stringContaining("answered 200")]);
    await editor().open([1], 1, [LOCAL]);
    expect(sends().list[0]?.run.outbounds).toHaveLength(1);
  });

  it("many are turned over one by one, and no card stands behind the editor", async () => {
    editor().set({ times: "5" });
    await send();
    await settle(100);
    expect([sends().current?.run.done, app.replay.runs.cards]).toEqual([5, []]);
    sends().turn(-1);
    expect(sends().at).toBe(0);
    for (let i = 0; i < 9; i++) sends().turn(1);
    expect([sends().at, sends().outbound?.number]).toEqual([4, 5]);
  });

  it("without an answer is told as such", async () => {
    editor().set({ targets: [DOWN] });
    await send();
    expect(sends().outbound).toMatchObject({ status: null, problem: { code: "connection_refused" } });
    expect(app.toasts.list).toEqual([]);
  });

  it("that ended while its start was still on its way is shown all the same, and told nowhere else", async () => {
    fake.delay = 40;
    const sending = editor().send();
    await settle(400);
    await sending;
    await settle(400);
    expect([numbers(), sends().outbound?.status, app.toasts.list]).toEqual([[1], 200, []]);
  });

  it("where it was refused nothing is listed, and what was wrong stands at its field", async () => {
    fake.failures.set("replayStart", { code: "not_json", message: "This body is no JSON object.", detail: null });
    await editor().send();
    expect([numbers(), editor().errors.twist]).toEqual([[], "This body is no JSON object."]);
  });
});

describe("last addresses", () => {
  it("of replays and of the handler check are known to each other", async () => {
    await send();
    expect(app.lastAddresses.replayed).toEqual([LOCAL]);
    expect(app.lastAddresses.checked).toBeNull();
    await app.handler.check.start({ url: LOCAL, secret: "s1", schemes: ["v1"], timeout_ms: 5000 });
    await settle();
    expect(app.lastAddresses.checked).toBe(LOCAL);
  });
});
