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

describe("runs", () => {
  async function start(count: number): Promise<void> {
    await targets(LOCAL, OTHER);
    for (let id = 1; id <= count; id++) app.replay.selection.toggle(id, id - 1);
    app.replay.targets.choose(1, [LOCAL, OTHER]);
    await app.replay.now();
  }

  it("go on, are counted by target, and stay until they are put away", async () => {
    fake.replayTakes = 20;
    await start(50);
    await settle(300);
    const [card] = app.replay.runs.cards;
    expect(card).toMatchObject({ state: "running", total: 100 });
    expect(card?.done).toBeGreaterThan(5);
    await settle(5000);
    expect(app.replay.runs.cards[0]).toMatchObject({
      state: "done",
      done: 100,
      targets: [
        { url: LOCAL, done: 50, statuses: [[200, 50]] },
        { url: OTHER, done: 50 },
      ],
    });
    app.replay.runs.dismiss(1);
    expect(app.replay.runs.cards).toEqual([]);
  });

  it("can be stopped; what is told later than that undoes nothing", async () => {
    fake.replayTakes = 20;
    await start(50);
    await settle(100);
    await app.replay.runs.stop(1);
    const [card] = app.replay.runs.cards;
    expect(card?.state).toBe("stopped");
    if (card) app.replay.runs.apply({ ...card, state: "running", done: 99 });
    expect(app.replay.runs.cards[0]).toEqual(card);
  });

  it("results open with each target's answer to the first delivery side by side", async () => {
    await start(3);
    await settle(50);
    await app.replay.runs.show(1);
    expect(app.replay.runs.shown?.outbounds).toHaveLength(6);
    const [first, second] = app.replay.runs.picked;
    expect(
      app.replay.runs.shown?.outbounds.filter((one) => app.replay.runs.picked.includes(one.id)).map((one) => one.url),
    ).toEqual([LOCAL, OTHER]);
    await app.replay.answers.needDiff(first ?? 0, second ?? 0);
    const diff = app.replay.answers.diffs.get(`${first}:${second}`);
    expect(diff && "value" in diff && diff.value.same).toBe(false);
  });

  it("of one request get a card only while they are slow", async () => {
    fake.replayTakes = 2000;
    await targets(LOCAL);
    await app.replay.now();
    await settle(500);
    expect(app.replay.runs.cards).toEqual([]);
    await settle(500);
    expect(app.replay.runs.cards).toHaveLength(1);
    await settle(3000);
    expect(app.replay.runs.cards).toEqual([]);
    expect(toasts()[0]).toContain("answered 200");
  });

  it("that ended while their start was still on its way are told once", async () => {
    await targets(LOCAL);
    fake.delay = 40;
    const sending = app.replay.now();
    await settle(200);
    await sending;
    await settle(200);
    expect(toasts()).toHaveLength(1);
  });
});

describe("what was sent", () => {
  it("again is the same once more, with what was changed then", async () => {
    await targets(LOCAL);
    await app.replay.start({
      deliveries: [1000],
      targets: [LOCAL],
      changes: {
        headers: null,
        body: { kind: "received" },
        fill: false,
        id: "renew",
        time: { kind: "now" },
        sign: { kind: "leave" },
        twist: null,
      },
      times: 3,
      delay_ms: 0,
      concurrency: 1,
    });
    await settle(50);
    const [outbound] = app.replay.sent.list;
    if (!outbound) throw new Error("nothing was sent");
    await app.replay.again(outbound, 1);
    await settle(50);
    expect(app.replay.sent.list).toHaveLength(4);
    expect(app.replay.sent.list[0]?.changes).toEqual(["new id", "time of sending"]);
  });

  it("where that is no longer known the editor asks for it", async () => {
    await targets(LOCAL);
    await app.replay.again(
      {
        id: 77,
        delivery: 1000,
        kind: "replay",
        run: null,
        number: 1,
        url: LOCAL,
        at_ms: 0,
        changes: ["body edited"],
        rejected: false,
        status: 200,
        first_us: 1,
        total_us: 1,
        answer_len: 1,
        problem: null,
      },
      1,
    );
    expect(app.replay.editor.ids).toEqual([1000]);
    expect(fake.sent).toEqual([]);
  });

  it("is read again when a forward of the open delivery is told, and not for another's", async () => {
    const last = {
      id: 1,
      delivery: 5,
      kind: "forward" as const,
      run: null,
      number: 1,
      url: LOCAL,
      at_ms: 0,
      changes: [],
      rejected: false,
      status: 200,
      first_us: 1,
      total_us: 1,
      answer_len: 1,
      problem: null,
    };
    const forward = { ...(await fake.forwardDrain(1)), last };
    const reads = () => fake.calls.filter((call) => call === "outbounds").length;
    const before = reads();
    fake.tell({ kind: "forward", forward });
    await settle(10);
    expect(reads()).toBe(before);
    fake.tell({ kind: "forward", forward: { ...forward, last: { ...last, delivery: 1000 } } });
    await settle(10);
    expect(reads()).toBe(before + 1);
  });
});

describe("the editor", () => {
  const editor = () => app.replay.editor;

  it("opens re-signed for now, previews after the hand is still, and sends what it shows", async () => {
    await targets(LOCAL);
    await app.replay.edit();
    expect(editor().fields).toMatchObject({ time: "now", sign: { kind: "secret", id: "s1" }, targets: [LOCAL] });
    expect(editor().dirty).toBe(false);
    editor().set({ body: '{"type":"x"}' });
    for (let i = 0; i < 5; i++) {
      const read = editor().read;
      editor().lookSoon(read && "plan" in read ? read.plan : null);
      await settle(1);
    }
    await settle(300);
    expect(editor().preview?.changes).toEqual(["body edited", "time of sending", "signed with whsec_…a91f"]);
    expect(editor().preview?.altered.map((one) => one.name)).toContain("host");
    await editor().send();
    await settle(20);
    expect(editor().ids, "it stays open").toEqual([1000]);
    expect(fake.sent[0]).toMatchObject({
      request_len: 12,
      outbound: { changes: ["body edited", "time of sending", "signed with whsec_…a91f"] },
    });
  });

  it("asks before edits are lost, and not where there are none", async () => {
    await app.replay.edit();
    editor().set({ twist: "tampered" });
    editor().leave();
    expect([editor().leaving, editor().ids]).toEqual([true, [1000]]);
    editor().close();
    await app.replay.edit();
    editor().leave();
    expect(editor().ids).toEqual([]);
  });

  it("stays open with what the back end refused, at its field", async () => {
    await targets(LOCAL);
    await app.replay.edit();
    fake.failures.set("replayStart", { code: "not_json", message: "This body is no JSON object.", detail: null });
    await editor().send();
    expect(editor().errors).toEqual({ twist: "This body is no JSON object." });
    expect(editor().ids).toEqual([1000]);
  });

  it("does not send while a field is wrong; a missing target is told when it is tried", async () => {
    await app.replay.edit();
    expect(editor().errors).toEqual({});
    await editor().send();
    expect(editor().errors).toEqual({ targets: "Choose where to send it." });
    expect(fake.calls).not.toContain("replayStart");
  });

  it("lines of headers come and go, and go back", async () => {
    await app.replay.edit();
    const before = editor().fields?.headers.length ?? 0;
    const key = editor().addHeader();
    editor().setHeader(key, { name: "x-a", value: "1" });
    editor().removeHeader(0);
    expect(editor().fields?.headers).toHaveLength(before);
    expect(editor().headersEdited).toBe(true);
    editor().restore("headers");
    expect([editor().headersEdited, editor().dirty]).toEqual([false, false]);
  });

  it("several deliveries start as received", async () => {
    for (const id of [3, 4]) app.replay.selection.toggle(id, id - 1);
    await app.replay.edit();
    expect([editor().many, editor().fields?.sign]).toEqual([true, { kind: "leave" }]);
  });

  it("an older draft that comes late opens nothing", async () => {
    fake.delay = 50;
    const opening = editor().open([7], 1, [LOCAL]);
    editor().close();
    await settle(200);
    await opening;
    expect(editor().ids).toEqual([]);
  });
});
