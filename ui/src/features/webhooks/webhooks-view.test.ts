import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

let fake: FakeBackend;
let app: App;
const NOW = Date.now();

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
  fake.pingTakes = { arrives: 30, misses: 60 };
  fake.rows = Array.from({ length: 40 }, (_, i) => fakeRow(i + 1, NOW - (40 - i) * 1000, NOW));
});
afterEach(cleanup);

async function open(): Promise<HTMLElement> {
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  await fireEvent.click(screen.getByTestId("rail-webhooks"));
  await screen.findByTestId("webhooks");
  return container;
}

async function clean(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

const items = () => screen.findAllByTestId("webhook-item");
const key = (name: string, extra = {}) => fireEvent.keyDown(document.body, { key: name, ...extra });
const type = (id: string, value: string) => fireEvent.input(screen.getByTestId(id), { target: { value } });
const click = (id: string) => fireEvent.click(screen.getByTestId(id));

describe("the list", () => {
  it("says of each where it points and how it stands; what needs somebody is counted in the rail", async () => {
    await open();
    const list = await items();
    expect(list.map((one) => [one.dataset.state, one.dataset.place])).toEqual([
      ["enabled", "ours"],
      ["disabled_due_to_failed_deliveries", "earlier"],
      ["disabled", "elsewhere"],
    ]);
    expect(screen.getByTestId("webhooks-badge").textContent).toContain("2");
    expect(screen.getByTestId("webhook-detail").dataset.id).toBe(list[0]?.dataset.id);
    await key("j");
    await waitFor(() => expect(screen.getByTestId("webhook-detail").dataset.id).toBe(list[1]?.dataset.id));
    await key("e");
    expect((await screen.findByTestId<HTMLInputElement>("webhook-name")).value).toBe("video done");
    expect(screen.getByTestId<HTMLInputElement>("webhook-event-audio.generated").checked).toBe(true);
  });

  it.each(["none", "nokey", "error"])("has words for %s", async (scene) => {
    fake.webhookScene(scene);
    await open();
    if (scene === "none") await screen.findByTestId("webhooks-empty");
    if (scene === "error") {
      const banner = await screen.findByTestId("webhooks-error");
      expect(banner.dataset.code).toBe("service_rate_limited");
      expect(banner.textContent).toContain("Resource has been exhausted");
      expect(banner.textContent).toContain("as of 3\u00A0min ago");
      expect(await items()).toHaveLength(3);
    }
    if (scene === "nokey") {
      fireEvent.change(screen.getByTestId("webhooks-project"), { target: { value: "2" } });
      await screen.findByTestId("webhooks-no-key");
      expect(screen.getByTestId<HTMLButtonElement>("webhook-add").disabled).toBe(true);
      await click("webhooks-add-key");
      expect((await screen.findByTestId<HTMLInputElement>("project-name")).value).toBe("video-render");
    }
    await clean();
  });

  it("draws a state that nobody knows as it came", async () => {
    fake.webhookScene("many");
    await open();
    const list = await items();
    expect(list).toHaveLength(200);
    expect(list[5]?.textContent).toContain("paused_by_policy");
  });
});

describe("changes", () => {
  it("a new one points here, is asked for with its events, and hands its secret on", async () => {
    await open();
    await items();
    await key("n");
    const uri = await screen.findByTestId<HTMLInputElement>("webhook-uri");
    expect(uri.value).toBe("https://ada-hooks.ngrok.app/");
    await type("webhook-uri", "http://10.0.0.7/x");
    expect(screen.getByTestId("webhook-dialog").textContent).toContain("only an emulator on this machine can reach it");
    await click("webhook-save");
    await waitFor(() =>
      expect(screen.getByTestId("webhook-error").textContent).toContain("uri must be an absolute https address."),
    );
    await type("webhook-uri", "https://ada-hooks.ngrok.app/new");
    await type("webhook-name", "new one");
    await click("webhook-event-batch.failed");
    await click("webhook-save");
    await waitFor(() => expect(screen.queryByTestId("webhook-dialog")).toBeNull());
    await waitFor(() => expect(app.webhooks.selected).toMatchObject({ name: "new one", state: "enabled" }));
    expect(app.webhooks.selected?.events.map((one) => one.name)).not.toContain("batch.failed");
    await screen.findByTestId("secret-dialog");
  });

  it("after a lost answer it looks first, says what it found, and makes no second one", async () => {
    fake.webhookScene("none");
    await open();
    await screen.findByTestId("webhooks-empty");
    await click("webhook-add");
    await screen.findByTestId("webhook-uri");
    await type("webhook-name", "results");
    fake.loseAnswer = true;
    await click("webhook-save");
    await waitFor(() => expect(screen.getByTestId("webhook-error").dataset.code).toBe("outcome_unknown"));
    expect(screen.queryByTestId("webhook-save")).toBeNull();
    await click("webhook-retry");
    const found = await screen.findByTestId("webhook-found");
    expect(found.textContent).toContain("results");
    await clean();
    await click("webhook-found-anew");
    await waitFor(() => expect(app.webhooks.shown).not.toBeNull());
    expect(fake.list(1)).toHaveLength(1);
  });

  it("what was found can be used: its secret is rotated, for the first one's text is lost", async () => {
    fake.webhookScene("none");
    await open();
    await screen.findByTestId("webhooks-empty");
    app.webhooks.add({ name: "results", uri: "https://ada-hooks.ngrok.app/r", events: ["video.generated"] });
    await screen.findByTestId("webhook-save");
    fake.loseAnswer = true;
    await click("webhook-save");
    await fireEvent.click(await screen.findByTestId("webhook-retry"));
    await fireEvent.click(await screen.findByTestId("webhook-found-use"));
    await screen.findByTestId("rotate-dialog");
    await waitFor(() => expect(screen.queryByTestId("webhook-dialog")).toBeNull());
    expect(fake.list(1)).toHaveLength(1);
  });

  it("deletes only after it said what stops", async () => {
    await open();
    await items();
    await click("webhook-delete");
    const dialog = await screen.findByTestId("confirm");
    expect(dialog.textContent).toContain("18 deliveries in the last hour");
    await click("confirm-no");
    expect(fake.calls).not.toContain("webhookDelete");
    await waitFor(() => expect(screen.queryByTestId("confirm")).toBeNull());
    await click("webhook-delete");
    await fireEvent.click(await screen.findByTestId("confirm-yes"));
    await waitFor(async () => expect(await items()).toHaveLength(2));
    await fireEvent.click(await screen.findByText("Create it again…"));
    expect((await screen.findByTestId<HTMLInputElement>("webhook-name")).value).toBe("nightly results");
  });

  it("a ping says what became of it", async () => {
    await open();
    const list = await items();
    await key("t");
    await waitFor(() => expect(screen.getByTestId("webhook-ping").textContent).toContain("waiting"));
    await waitFor(() => expect(screen.getByTestId("webhook-ping-result").dataset.result).toBe("arrived"));
    expect(screen.getByTestId("webhook-ping").textContent).toContain("arrived in 30\u00A0ms, verified");
    await fireEvent.click(within(list[2] as HTMLElement).getByRole("button"));
    await click("webhook-ping");
    await waitFor(() =>
      expect(screen.getByTestId("webhook-ping-result").dataset).toMatchObject({
        result: "missing",
        cause: "webhook_disabled",
      }),
    );
    expect(screen.getByTestId("webhook-ping-note").textContent).toContain("Enable it and ping again.");
  });

  it("shows each repair before it is made, then how it went", async () => {
    await open();
    await items();
    await click("drift-repair");
    const row = await screen.findByTestId("drift-row");
    expect(row.querySelector("del")?.textContent).toContain("https://old-name.ngrok.app/nightly");
    expect(row.querySelector("ins")?.textContent).toContain("https://ada-hooks.ngrok.app/nightly");
    expect(fake.calls).not.toContain("webhooksRepair");
    fake.unrepairable.add(row.dataset.id ?? "");
    await click("drift-go");
    await waitFor(() => expect(screen.getByTestId("drift-row").dataset.result).toBe("failed"));
    await clean();
    fake.unrepairable.clear();
    await click("drift-go");
    await waitFor(() => expect(screen.getByTestId("drift-row").dataset.result).toBe("done"));
    await click("drift-done");
    await waitFor(() => expect(screen.queryByTestId("drift")).toBeNull());
  });

  it("an alarm shows what Pollux saw, leads there, and is gone when it is enabled again", async () => {
    await open();
    await items();
    await click("alarm-failures");
    const rows = await screen.findAllByTestId("failure-row");
    expect(rows[0]?.textContent).toContain("401");
    await clean();
    await click("alarm-enable");
    await waitFor(() => expect(screen.queryByTestId("alarm")).toBeNull());
    expect(fake.list(1)[1]?.state).toBe("enabled");
  });
});

it("the log says who did what and how it went, and names its file", async () => {
  await open();
  await items();
  await click("webhook-toggle");
  await waitFor(() => expect(fake.list(1)[0]?.state).toBe("disabled"));
  await click("log-tab");
  const rows = await screen.findAllByTestId("action-row");
  expect(rows[0]?.dataset).toMatchObject({ what: "webhook.disable", result: "done" });
  expect(rows.map((one) => one.dataset.result)).toContain("unknown");
  await clean();
  await click("actions-export");
  await waitFor(() => expect(screen.getAllByTestId("toast").at(-1)?.textContent).toContain("pollux-actions"));
});
