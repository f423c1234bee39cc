import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import type { Code, IpcError, WebhookView } from "../ipc";
import { App } from "./app.svelte";

const PROJECT = 1;
let fake: FakeBackend;
let app: App;
let hook: WebhookView;
let hide: () => void;
const flush = () => vi.advanceTimersByTimeAsync(20);
const reads = () => fake.calls.filter((call) => call === "rotation").length;
const failing = (code: Code): IpcError => ({ code, message: `What ${code} means.`, detail: "Internal error." });

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_795_223_000_000 });
  fake = new FakeBackend();
  app = new App(fake);
  await app.start();
  hook = fake.list(PROJECT)[0] as WebhookView;
  hide = app.rotation.show(PROJECT, hook.id);
  await flush();
});
afterEach(() => {
  hide();
  vi.useRealTimers();
});

describe("reading", () => {
  it("at once, every 30 s, and at most once a second for all that changes", async () => {
    expect(app.rotation.data?.webhook.id).toBe(hook.id);
    expect(reads()).toBe(1);
    for (let i = 0; i < 50; i++) fake.tellWebhooks(PROJECT);
    await vi.advanceTimersByTimeAsync(1100);
    expect(reads()).toBe(2);
    fake.tellWebhooks(2);
    await vi.advanceTimersByTimeAsync(1500);
    expect(reads()).toBe(2);
    await vi.advanceTimersByTimeAsync(28_000);
    expect(reads()).toBe(3);
    hide();
    fake.tellWebhooks(PROJECT);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reads()).toBe(3);
  });

  it("never shows one webhook's secrets for another's, however late they come", async () => {
    const other = fake.list(PROJECT)[1] as WebhookView;
    fake.delay = 500;
    void app.rotation.refresh();
    hide();
    hide = app.rotation.show(PROJECT, other.id);
    expect(app.rotation.data).toBeNull();
    await vi.advanceTimersByTimeAsync(600);
    expect(app.rotation.data).toBeNull();
    await vi.advanceTimersByTimeAsync(600);
    expect(app.rotation.data?.webhook.id).toBe(other.id);
  });

  it("a failure is kept beside what was read before, and goes with the next reading", async () => {
    fake.failures.set("rotation", failing("service_timed_out"));
    await app.rotation.refresh();
    expect(app.rotation.error?.code).toBe("service_timed_out");
    expect(app.rotation.data).not.toBeNull();
    fake.failures.clear();
    await app.rotation.refresh();
    expect(app.rotation.error).toBeNull();
  });
});

describe("rotating", () => {
  it("shows the new secret, closes its dialog and reads again", async () => {
    app.rotation.ask(hook, PROJECT);
    expect(app.rotation).toMatchObject({ mode: "keep", revoking: false });
    await app.rotation.rotate();
    expect(app.rotation.asked).toBeNull();
    expect(app.webhooks.shown).toMatchObject({ stored_in: "keychain", problem: null });
    expect(app.rotation.data?.lanes[0]?.secret.hint).toBe(app.webhooks.shown?.hint);
  });

  it("cannot be left, nor asked twice, while the service is asked", async () => {
    fake.delay = 5000;
    app.rotation.ask(hook, PROJECT, "now");
    expect(app.rotation.revoking).toBe(true);
    void app.rotation.rotate();
    void app.rotation.rotate();
    app.rotation.cancel();
    app.rotation.ask(hook, PROJECT, "keep");
    expect(app.rotation).toMatchObject({ running: true, mode: "now", asked: hook });
    await vi.advanceTimersByTimeAsync(11_000);
    expect(fake.calls.filter((call) => call === "webhookRotate")).toHaveLength(1);
    expect(app.rotation.running).toBe(false);
  });

  it.each(["rotated_but_lost", "not_rotated", "outcome_unknown"] as const)(
    "%s stays in the dialog, and trying again may go well",
    async (code) => {
      fake.failures.set("webhookRotate", failing(code));
      app.rotation.ask(hook, PROJECT);
      await app.rotation.rotate();
      expect(app.rotation).toMatchObject({ asked: hook, failure: { code } });
      expect(app.webhooks.shown).toBeNull();
      fake.failures.clear();
      await app.rotation.rotate();
      expect(app.rotation).toMatchObject({ asked: null, failure: null });
      expect(app.webhooks.shown).not.toBeNull();
    },
  );

  it("a second look tells whether it has rotated", async () => {
    fake.loseAnswer = true;
    app.rotation.ask(hook, PROJECT);
    await app.rotation.rotate();
    expect(app.rotation.failure?.code).toBe("outcome_unknown");
    await app.rotation.lookAgain();
    expect(app.rotation.found).toBe("rotated");

    app.rotation.cancel();
    const again = fake.list(PROJECT)[0] as WebhookView;
    fake.failures.set("webhookRotate", failing("outcome_unknown"));
    app.rotation.ask(again, PROJECT);
    await app.rotation.rotate();
    await app.rotation.lookAgain();
    expect(app.rotation.found).toBe("as_before");
    fake.boardError = failing("service_failed");
    await app.rotation.lookAgain();
    expect(app.rotation.found).toBe("no_answer");
  });
});

describe("a new secret", () => {
  const fresh = () => app.rotation.fresh;

  it("that is stored can be put away, and its text is gone from the window", async () => {
    app.rotation.ask(hook, PROJECT);
    await app.rotation.rotate();
    const text = fresh().shown?.text ?? "";
    expect(await fresh().copy((secret) => `GEMINI_WEBHOOK_SECRET=${secret}`)).toBe(true);
    expect(fake.copied).toEqual([`GEMINI_WEBHOOK_SECRET=${text}`]);
    expect(fresh().clearedIn(Date.now() + 1)).toBe(60);
    expect(fresh().clearedIn(Date.now() + 61_000)).toBe(0);
    fresh().close();
    expect(app.webhooks.shown).toBeNull();
    expect(fresh().clearedIn(Date.now())).toBeNull();
    expect(JSON.stringify(app.toasts.list)).not.toContain(text);
  });

  it("that is not stored cannot be closed; it is stored again, or let go", async () => {
    fake.vaultRefuses = 2;
    app.rotation.ask(hook, PROJECT);
    await app.rotation.rotate();
    expect(fresh().shown).toMatchObject({ stored_in: null, problem: { code: "vault_failed" } });
    fresh().close();
    expect(fresh().shown).not.toBeNull();
    await fresh().storeAgain();
    expect(fresh().shown?.stored_in).toBeNull();
    await fresh().storeAgain();
    expect(fresh().shown?.stored_in).toBe("keychain");
    fresh().close();

    fake.vaultRefuses = 1;
    app.rotation.ask(hook, PROJECT);
    await app.rotation.rotate();
    fake.failures.set("secretStoreAgain", failing("vault_failed"));
    await fresh().storeAgain();
    expect(fresh().failure?.code).toBe("vault_failed");
    await fresh().letGo();
    expect(fresh().shown).toBeNull();
    expect(fake.calls).toContain("secretLetGo");
  });
});

describe("places", () => {
  it("are added, ticked, removed and put back as they were", async () => {
    expect(await app.rotation.addPlace("   ")).toBe(false);
    expect(await app.rotation.addPlace(" .env of staging ")).toBe(true);
    const names = () => app.rotation.data?.places.map((place) => place.text);
    expect(names()?.at(-1)).toBe(".env of staging");
    const first = app.rotation.data?.places[0];
    if (!first) throw new Error("no place");
    expect(first.done).toBe(true);
    await app.rotation.removePlace(first);
    expect(names()).not.toContain(first.text);
    app.toasts.list.at(-1)?.button?.run();
    await flush();
    expect(app.rotation.data?.places.find((place) => place.text === first.text)).toMatchObject({ done: true });
    await app.rotation.tickPlace(app.rotation.data?.places[0] as typeof first, true);
    expect(app.rotation.data?.places[0]?.done).toBe(true);
  });
});
