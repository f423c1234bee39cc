import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import type { WebhookView } from "../ipc";
import { App } from "./app.svelte";

let fake: FakeBackend;
let app: App;
let hide: () => void;
const flush = () => vi.advanceTimersByTimeAsync(20);
const asked = (command: string) => fake.calls.filter((call) => call === command).length;
const at = (i: number): WebhookView => {
  const found = app.webhooks.list[i];
  if (!found) throw new Error(`no webhook ${i}`);
  return found;
};

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_795_223_000_000 });
  fake = new FakeBackend();
  app = new App(fake);
  await app.start();
  hide = app.webhooks.show();
  await flush();
});
afterEach(() => {
  hide();
  vi.useRealTimers();
});

describe("the board", () => {
  it("is read when its view opens, and gently again while it is looked at", async () => {
    expect(app.webhooks.list).toHaveLength(3);
    expect(asked("webhooksRefresh")).toBe(0);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(asked("webhooksRefresh")).toBe(2);
    vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    await vi.advanceTimersByTimeAsync(61_000);
    expect(asked("webhooksRefresh")).toBe(2);
    vi.restoreAllMocks();
    hide();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(asked("webhooksRefresh")).toBe(2);
  });

  it("is read when it changed, many changes at once as one more reading", async () => {
    fake.delay = 500;
    fake.calls.length = 0;
    for (let i = 0; i < 20; i++) fake.tellWebhooks(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked("webhooks")).toBe(2);
    fake.tellWebhooks(2);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked("webhooks")).toBe(2);
  });

  it("keeps what was known when the service no longer answers, and says both", async () => {
    fake.boardError = { code: "service_failed", message: "Later.", detail: "Internal" };
    await app.webhooks.refresh();
    expect(app.webhooks.error?.code).toBe("service_failed");
    expect(app.webhooks.list).toHaveLength(3);
    fake.boardError = null;
    await app.webhooks.refresh();
    expect(app.webhooks.error).toBeNull();
    fake.failures.set("webhooksRefresh", { code: "window", message: "No shell.", detail: null });
    await app.webhooks.refresh();
    expect(app.webhooks.error?.message).toBe("No shell.");
    expect(app.webhooks.list).toHaveLength(3);
  });

  it("a late answer does not undo a newer one", async () => {
    const late = structuredClone(await fake.webhooks(1));
    await vi.advanceTimersByTimeAsync(5000);
    await app.webhooks.refresh();
    await app.webhooks.setEnabled(at(0), false);
    await flush();
    vi.spyOn(fake, "webhooks").mockResolvedValue(late);
    app.webhooks.changed(1);
    await flush();
    expect(at(0).state).toBe("disabled");
  });
});

describe("changes", () => {
  it("an edit can be taken back", async () => {
    const before = at(0);
    expect(
      await app.webhooks.save(before, { name: "weekly", uri: null, events: ["video.generated"], state: null }),
    ).toBeNull();
    await flush();
    expect(at(0)).toMatchObject({ name: "weekly", events: [{ name: "video.generated" }] });
    app.toasts.list.at(-1)?.button?.run();
    await flush();
    expect(at(0)).toMatchObject({ name: "nightly results" });
    expect(at(0).events).toHaveLength(4);
  });

  it("what the service switched off is enabled without a way back to that state", async () => {
    await app.webhooks.setEnabled(at(1), true);
    await flush();
    expect(at(1).state).toBe("enabled");
    expect(app.toasts.list.at(-1)?.button).toBeNull();
    expect(app.webhooks.alarms.find((one) => one.project === 1)?.disabled).toBe(0);
  });

  it("a deleted one can be created again, with another secret", async () => {
    const gone = at(2);
    await app.webhooks.remove(gone);
    await flush();
    expect(app.webhooks.list.map((one) => one.id)).not.toContain(gone.id);
    app.screen.go("settings");
    app.toasts.list.at(-1)?.button?.run();
    expect(app.screen.view).toBe("webhooks");
    expect(app.webhooks.form?.draft).toEqual({
      name: "staging",
      uri: gone.uri,
      events: gone.events.map((one) => one.name),
    });
  });

  it("a lost answer to a creation is said, and the second try finds what the first made", async () => {
    const draft = { name: "again", uri: "https://ada-hooks.ngrok.app/again", events: ["video.generated"] };
    fake.loseAnswer = true;
    const first = await app.webhooks.create(draft, false);
    expect(first).toMatchObject({ result: "failed", error: { code: "outcome_unknown" } });
    expect(app.webhooks.shown).toBeNull();
    const second = await app.webhooks.create(draft, true);
    expect(second).toMatchObject({ result: "found", webhooks: [{ name: "again" }] });
    const third = await app.webhooks.create({ ...draft, name: "other" }, true);
    expect(third.result).toBe("created");
    expect(app.webhooks.shown?.text).toMatch(/^whsec_/);
    await flush();
    expect(app.webhooks.selected?.name).toBe("other");
  });

  it("repairs one by one, and says which could not be", async () => {
    fake.unrepairable.add(at(1).id);
    expect((await app.webhooks.repair(at(1)))?.code).toBe("service_failed");
    fake.unrepairable.clear();
    expect(await app.webhooks.repair(at(1))).toBeNull();
    await flush();
    expect(at(1)).toMatchObject({ place: "ours", uri: "https://ada-hooks.ngrok.app/nightly" });
    expect(app.webhooks.earlier).toEqual([]);
  });
});

it("a ping waits for its delivery, once at a time, and a change of the webhook forgets it", async () => {
  void app.webhooks.ping(at(0));
  void app.webhooks.ping(at(0));
  await flush();
  expect(asked("webhookPing")).toBe(1);
  expect(app.webhooks.pings.of(at(0).id)?.state).toBe("waiting");
  await vi.advanceTimersByTimeAsync(300);
  expect(app.webhooks.pings.of(at(0).id)).toMatchObject({
    state: "done",
    result: { result: "arrived", delivery: { outcome: "verified" } },
  });
  await app.webhooks.setEnabled(at(0), false);
  expect(app.webhooks.pings.of(at(0).id)).toBeUndefined();
});

it("the log is read in pages without a hole or a double", async () => {
  for (let i = 0; i < 250; i++)
    await fake.webhookUpdate(1, at(0).id, { name: `n${i}`, uri: null, events: null, state: null });
  await app.actionLog.refresh();
  expect(app.actionLog.list).toHaveLength(100);
  await app.actionLog.older();
  await fake.webhookUpdate(1, at(0).id, { name: "last", uri: null, events: null, state: null });
  await app.actionLog.refresh();
  await app.actionLog.older();
  await app.actionLog.older();
  const ids = app.actionLog.list.map((one) => one.id);
  expect(ids).toEqual(fake.actionList.map((one) => one.id).reverse());
  expect(app.actionLog.more).toBe(false);
});

describe("projects", () => {
  it("one that was added is what the view shows; one that is gone leaves the bar", async () => {
    app.projectForm.open(null);
    await flush();
    expect(app.projectForm.environment).toEqual([{ name: "GEMINI_API_KEY", hint: "…a91f" }]);
    const draft = {
      name: "weekly",
      path: "weekly",
      base_url: null,
      api_version: "v1" as const,
      api_key: { from: "typed" as const, text: "AIza-weekly" },
    };
    expect(await app.projectForm.save(draft)).toBeNull();
    await flush();
    const added = app.projects.list.find((one) => one.name === "weekly");
    expect(app.webhooks.project?.id).toBe(added?.id);
    expect(app.webhooks.list).toEqual([]);
    expect(JSON.stringify([app.about.told, app.projects.list])).not.toContain("AIza-weekly");
    app.projects.choose(added?.id ?? null);
    if (added) await app.projectForm.remove(added);
    await flush();
    expect(app.projects.chosenId).toBeNull();
    app.toasts.list.at(-1)?.button?.run();
    await flush();
    expect(app.projects.list.some((one) => one.name === "weekly")).toBe(true);
  });

  it("what is wrong is for the form, which stays", async () => {
    app.projectForm.open(null);
    const draft = {
      name: "Nightly-Eval",
      path: "x",
      base_url: null,
      api_version: "v1" as const,
      api_key: { from: "typed" as const, text: "wrong" },
    };
    expect((await app.projectForm.save(draft))?.code).toBe("name_taken");
    expect(app.projectForm.form).toBeNull();
    expect(await app.projectForm.check({ ...draft, name: "fresh" })).toMatchObject({
      error: { code: "service_key_refused", detail: expect.stringContaining("API key not valid") },
    });
  });
});
