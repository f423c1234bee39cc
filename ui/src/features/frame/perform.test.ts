import { beforeEach, describe, expect, it } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { ACTIONS, type Action } from "../../lib/key-table";
import { isHere, whyNot } from "../../lib/why-not";
import { App } from "../../state/app.svelte";
import { areasOf } from "../../state/context";
import { nowOf } from "../../state/now";
import { perform } from "./handle-keys";

const NOW = Date.now();
let fake: FakeBackend;
beforeEach(() => (fake = new FakeBackend()));

const SCENES: Record<string, (app: App) => Promise<void>> = {
  "an empty window": async () => undefined,
  "a list": async (app) => {
    fake.rows = Array.from({ length: 30 }, (_, i) => fakeRow(i + 1, NOW - (30 - i) * 1000, NOW));
    await app.deliveries.open();
  },
  "a chosen delivery": async (app) => {
    await SCENES["a list"]?.(app);
    await app.navigation.reveal(3);
  },
  "marked deliveries": async (app) => {
    await SCENES["a chosen delivery"]?.(app);
    for (const row of [4, 5]) app.replay.selection.toggle(row, row);
  },
  webhooks: async (app) => {
    app.screen.go("webhooks");
    await app.webhooks.load();
  },
  "a project without a key": async (app) => {
    fake.webhookScene("nokey");
    app.projects.list = fake.state.projects;
    app.projects.choose(1);
    app.screen.go("webhooks");
    await app.webhooks.load();
  },
  operations: async (app) => {
    app.screen.go("operations");
    await app.jobs.load();
  },
  "a missed job": async (app) => {
    app.screen.go("operations");
    await app.jobs.load();
    await app.jobs.nextFinding();
    await app.jobs.open.read(app.jobs.project?.id ?? 0, app.jobs.current ?? "");
  },
  "a comparison": async (app) => {
    await SCENES["a list"]?.(app);
    await app.compare.pair(3, 4);
  },
  settings: async (app) => app.screen.openSettings("history"),
};

/** What depends on the element that has the focus, and on what stands over the window. */
const ELSEWHERE: Action[] = ["back", "menu"];

async function at(scene: string): Promise<App> {
  fake = new FakeBackend();
  const app = new App(fake);
  await app.start();
  await SCENES[scene]?.(app);
  return app;
}

describe.each(Object.keys(SCENES))("in %s", (scene) => {
  it("what is said to be possible is done", async () => {
    const failed: string[] = [];
    for (const { action } of ACTIONS) {
      if (ELSEWHERE.includes(action)) continue;
      const app = await at(scene);
      const now = nowOf(app, null);
      if (whyNot(action, now) !== null || !isHere(action, now)) continue;
      if (!perform(areasOf(app), action, null)) failed.push(action);
    }
    expect(failed).toEqual([]);
  });
});

describe("what is said to be impossible is not done", () => {
  it.each([
    ["an empty window", ["replay", "edit-replay", "verify-again", "compare", "pin", "note", "delete", "mark", "open"]],
    ["an empty window", ["down", "up", "first", "last", "earlier-attempt", "later-attempt", "undo", "copy-payload"]],
    ["a project without a key", ["new-webhook"]],
    ["operations", ["collect", "make-event", "copy-report"]],
  ] as const)("in %s", async (scene, actions) => {
    for (const action of actions) {
      const app = await at(scene);
      expect(whyNot(action, nowOf(app, null)), action).not.toBeNull();
      expect(perform(areasOf(app), action, null), action).toBe(false);
    }
  });
});

it("what works in another view says in which one, unless it begins there", async () => {
  const app = await at("webhooks");
  const now = nowOf(app, null);
  expect(whyNot("replay", now)).toBe("works in Deliveries");
  expect(whyNot("swap", now)).toBe("works in a comparison");
  expect(whyNot("collect", now)).toBe("works in Operations");
  expect(whyNot("next-failed", now)).toBe("works where rows of a result are open");
  expect([whyNot("new-job", now), isHere("new-job", now)]).toEqual([null, false]);
  expect([whyNot("settings", now), whyNot("copy-address", now), whyNot("tunnel", now)]).toEqual([null, null, null]);
});
