import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { row } from "../../fake/rows";
import type { Notification } from "../../ipc";
import { NO_DESKTOP } from "../../lib/notifications";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const REJECTED: Notification = {
  kind: "rejected",
  title: "nightly: a delivery was rejected",
  text: "An earlier delivery had been verified.",
  place: { view: "deliveries", project: 1, delivery: 1 },
};
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
  fake.state.settings.desktop = NO_DESKTOP;
  fake.rows = [row(1, Date.now(), { outcome: "rejected", reason: "no_matching_signature", status: 401 })];
});
afterEach(cleanup);

async function open(): Promise<HTMLElement> {
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  return container;
}

async function clean(container: HTMLElement): Promise<void> {
  const { violations } = await axe.run(container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
}

const saved = () => fake.state.settings.desktop;
const box = (id: string) => screen.getByTestId<HTMLInputElement>(`setting-desktop-${id}`);

it("asks once whether to tell on the desktop, and a yes turns everything on but the tray", async () => {
  await open();
  expect(screen.queryByTestId("notification-offer")).toBeNull();
  fake.notify(REJECTED);
  const offer = await screen.findByTestId("notification-offer");
  expect(offer.textContent).toContain("nightly: a delivery was rejected");
  expect(offer.textContent).toContain("Show such things as notifications of the desktop?");
  await clean(offer);
  await fireEvent.click(screen.getByTestId("notification-offer-yes"));
  await waitFor(() => expect(screen.queryByTestId("notification-offer")).toBeNull());
  expect(saved()).toMatchObject({ answered: true, rejected: true, missed: true, count: true, tray: false });
  await screen.findByText("Pollux will tell you on the desktop.");
  fake.notify(REJECTED);
  await screen.findByText("An earlier delivery had been verified.");
  expect(screen.queryByTestId("notification-offer")).toBeNull();
});

it("a no is not asked again", async () => {
  await open();
  fake.notify(REJECTED);
  await fireEvent.click(await screen.findByTestId("notification-offer-no"));
  await waitFor(() => expect(saved()).toEqual({ ...NO_DESKTOP, answered: true }));
  fake.notify(REJECTED);
  expect(screen.queryByTestId("notification-offer")).toBeNull();
});

it("an answer that could not be saved is asked for again", async () => {
  await open();
  fake.notify(REJECTED);
  await screen.findByTestId("notification-offer");
  fake.failures.set("settingsSet", { code: "history_busy", message: "The history is busy.", detail: null });
  await fireEvent.click(screen.getByTestId("notification-offer-yes"));
  await screen.findByText("The history is busy.");
  await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("notification-offer-yes").disabled).toBe(false));
});

it("what was told stands in the window, too, and leads to the delivery, as a click on the desktop does", async () => {
  fake.state.settings.desktop = { ...NO_DESKTOP, answered: true, rejected: true };
  await open();
  app.screen.go("secrets");
  fake.notify(REJECTED);
  await fireEvent.click(await screen.findByRole("button", { name: "Show" }));
  await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("1"));
  expect(screen.queryByTestId("toast")).toBeNull();
  fake.tell({ kind: "desktop", news: { news: "opened", place: { view: "webhooks", project: 1, webhook: "x" } } });
  await waitFor(() => expect(app.screen.view).toBe("webhooks"));
  expect(app.webhooks.project?.id).toBe(1);
  fake.tell({ kind: "desktop", news: { news: "opened", place: { view: "operations", project: 1, job: "batches/x" } } });
  await waitFor(() => expect(app.screen.view).toBe("operations"));
  fake.tell({ kind: "desktop", news: { news: "opened", place: { view: "handler", project: 1 } } });
  await waitFor(() => expect(app.screen.view).toBe("handler"));
  fake.tell({ kind: "desktop", news: { news: "opened", place: { view: "tunnel" } } });
  await screen.findByTestId("tunnel-dialog");
});

it("unseen rejected ones are counted at the rail and at the icon until the list is looked at", async () => {
  await open();
  await fireEvent.blur(window);
  await waitFor(() => expect(fake.looking.kinds).toEqual([]));
  fake.reject(3);
  const badge = await screen.findByTestId("deliveries-badge");
  expect(badge.textContent).toBe("3, 3 rejected, not seen yet");
  await waitFor(() =>
    expect(fake.attention).toBe(3 + app.webhooks.alarms.reduce((n, a) => n + a.disabled + a.earlier, 0)),
  );
  fake.reject(1000, true);
  await waitFor(() => expect(screen.getByTestId("deliveries-badge").textContent).toContain("99+"));
  app.screen.go("secrets");
  await fireEvent.focus(window);
  await waitFor(() => expect(fake.looking.kinds).toEqual(["tunnel_down"]));
  expect(screen.getByTestId("deliveries-badge")).not.toBeNull();
  app.screen.go("deliveries");
  await waitFor(() => expect(screen.queryByTestId("deliveries-badge")).toBeNull());
  expect(fake.looking.kinds).toEqual(["tunnel_down", "rejected"]);
});

it("each kind can be chosen, one can be seen, and what cannot be shown says why", async () => {
  fake.trayMissing = "libayatana-appindicator3.so.1";
  const container = await open();
  app.screen.openSettings("general");
  await screen.findByTestId("setting-desktop-rejected");
  expect([box("rejected").checked, box("count").checked, box("tray").checked]).toEqual([false, false, false]);
  expect(screen.getByTestId("tray-state").dataset.state).toBe("off");
  await fireEvent.click(box("missed"));
  await waitFor(() => expect(saved()).toEqual({ ...NO_DESKTOP, answered: true, missed: true }));
  await fireEvent.click(screen.getByTestId("notification-try"));
  await screen.findByText(/Asked the desktop to show one/);
  expect(fake.tried).toBe(1);
  await fireEvent.click(box("tray"));
  await waitFor(() => expect(screen.getByTestId("tray-state").dataset.state).toBe("missing"));
  expect(screen.getByTestId("tray-state").textContent).toContain("libayatana-appindicator3.so.1, is not installed");
  await clean(container);
  fake.failures.set("settingsSet", { code: "history_busy", message: "The history is busy.", detail: null });
  await fireEvent.click(box("rejected"));
  await screen.findByText("The history is busy.");
  expect(box("rejected").checked).toBe(false);
});
