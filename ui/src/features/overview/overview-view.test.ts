import { cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { row } from "../../fake/rows";
import { refused } from "../../fake/refused";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";
import { clean } from "../operations/test-window";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const NOW = new Date(2026, 10, 29, 14, 32).getTime();
const HOUR = 3_600_000;
let fake: FakeBackend;
let app: App;

/** Deliveries of one project's day, one an hour; a few of them are refused. */
function day(): void {
  const refusal = { outcome: "rejected", status: 401 } as const;
  fake.rows = [
    row(1, NOW - 6 * HOUR, { ...refusal, reason: "timestamp_too_old", cause: "412 s old" }),
    row(2, NOW - 5 * HOUR, { ...refusal, reason: "no_matching_signature", cause: "no match" }),
    row(3, NOW - 4 * HOUR, { outcome: "verified" }),
    row(4, NOW - 3 * HOUR, { ...refusal, reason: "no_matching_signature", cause: "re-serialised" }),
    row(5, NOW - HOUR, { outcome: "verified" }),
    row(6, NOW - 1000, { outcome: "verified", sandbox: true, project: 3 }),
  ];
}

async function open(): Promise<void> {
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
  await waitFor(() => expect(screen.getByTestId("overview-total").textContent).not.toBe("–"));
}

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  vi.spyOn(Date, "now").mockReturnValue(NOW);
  fake = new FakeBackend();
  fake.jobList = [];
  // All that is registered is enabled, and ours.
  for (const [project, list] of fake.hooks)
    fake.hooks.set(
      project,
      list.map((one) => ({ ...one, state: "enabled", place: "ours", repaired_uri: null })),
    );
  day();
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

const head = () => screen.getByTestId("overview-head").textContent;
const state = (id: string) => screen.getAllByTestId("overview-row").find((one) => one.dataset.id === id);
const cells = (row: Element | undefined) => [...(row?.children ?? [])].map((cell) => cell.textContent.trim());
const key = (name: string) => fireEvent.keyDown(screen.getByTestId("overview-plot"), { key: name });

it("says that all is right once all of it was read, and what there was to refuse", async () => {
  fake.delay = 30;
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
  expect(head()).not.toBe("Everything is all right.");
  await waitFor(() => expect(head()).toBe("Everything is all right."));
  expect(screen.getByTestId("overview-body").textContent).toBe("3 deliveries were rejected.");
  expect(screen.getByTestId("overview-total").textContent).toBe("6");
  expect(screen.queryByTestId("overview-problems")).toBeNull();
});

it("a cause opens the list with just those of today", async () => {
  await open();
  const causes = screen.getAllByTestId("overview-cause");
  expect(causes.map((one) => one.dataset.reason)).toEqual(["no_matching_signature", "timestamp_too_old"]);
  expect(causes[1]?.textContent).toContain("412 s old");
  const [first] = causes;
  if (first) await fireEvent.click(first);
  await waitFor(() =>
    expect(app.deliveries.of).toBe("verdict:rejected reason:no_matching_signature since:2026-11-29T00:00"),
  );
  expect(app.deliveries.matched).toBe(2);
  expect(app.search.text).toBe(app.deliveries.query);
});

it("arrows read the hours, Enter opens one, and the table has the same", async () => {
  await open();
  await key("ArrowLeft");
  expect(screen.getByTestId("overview-hour").textContent).toMatch(/^14:00–15:00 · 1 delivery/);
  for (let i = 0; i < 3; i++) await key("ArrowLeft");
  expect(screen.getByTestId("overview-plot").getAttribute("aria-valuetext")).toMatch(
    /^11:00–12:00 · 1 delivery, 1 rejected/,
  );
  await key("Home");
  expect(screen.getByTestId("overview-hour").textContent).toMatch(/^00:00–01:00 · 0 deliveries/);
  await key("End");
  await key("ArrowRight");
  expect(screen.getByTestId("overview-hour").textContent).toMatch(/^14:00/);
  await key("ArrowLeft");
  await key("Enter");
  await waitFor(() => expect(app.deliveries.of).toBe("since:2026-11-29T13:00 until:2026-11-29T14:00"));
  await fireEvent.click(screen.getByTestId("overview-as-table"));
  const rows = within(screen.getByTestId("overview-table")).getAllByRole("row");
  expect(rows).toHaveLength(1 + 15);
  expect(cells(rows[9])).toEqual(["08:00", "0", "1", "1", ""]);
});

it("on a first day hours that Pollux did not listen in are not said to be empty", async () => {
  fake.rows = fake.rows.slice(4);
  fake.knownMs = NOW - 2 * HOUR;
  await open();
  await waitFor(() =>
    expect(screen.getByTestId("overview-body").textContent).toContain("first listened here at 12:32"),
  );
  await key("Home");
  expect(screen.getByTestId("overview-hour").textContent).toBe("00:00–01:00 · not known");
  await fireEvent.click(screen.getByTestId("overview-as-table"));
  const [, first] = within(screen.getByTestId("overview-table")).getAllByRole("row");
  expect(cells(first)).toEqual(["00:00", "–", "–", ""]);
});

it("a webhook that was switched off comes with its button, and goes", async () => {
  fake.world.setWebhook(fake.world.webhooks[0]?.id ?? "", { state: "disabled" });
  await open();
  const problem = await screen.findByTestId("overview-problem");
  expect(problem.textContent).toContain("The only webhook of Sandbox, “Pollux”, is disabled");
  await waitFor(() => expect(head()).toBe("One thing needs you."));
  await fireEvent.click(screen.getByTestId("overview-as-table"));
  await clean();
  const enable = within(problem).getByText("Enable");
  expect(enable.classList.contains("pri")).toBe(true);
  await fireEvent.click(enable);
  await waitFor(() => expect(screen.queryByTestId("overview-problem")).toBeNull());
  await waitFor(() => expect(head()).toBe("Everything is all right."));
});

it("names what it does not know, and follows the project of the bar", async () => {
  fake.failures.set("webhooks", refused("service_unreachable", "The service could not be reached."));
  await open();
  await waitFor(() =>
    expect(screen.getByTestId("overview-body").textContent).toContain(
      "The webhooks of nightly-eval could not be asked",
    ),
  );
  expect(head()).toBe("All right, as far as is known.");
  expect(state("webhooks")?.dataset.tone).toBe("un");
  const sandbox = screen.getAllByTestId("overview-project").find((one) => one.dataset.project === "3");
  if (sandbox) await fireEvent.click(sandbox);
  await waitFor(() => expect(app.projects.chosenId).toBe(3));
  await waitFor(() => expect(screen.getByTestId("overview-total").textContent).toBe("1"));
  expect(screen.queryByTestId("overview-projects")).toBeNull();
});

it("makes room for a delivery, and Escape and o bring it back", async () => {
  await open();
  await app.navigation.reveal(5);
  await waitFor(() => expect(screen.queryByTestId("overview")).toBeNull());
  await fireEvent.keyDown(document.body, { key: "Escape" });
  await fireEvent.keyDown(document.body, { key: "Escape" });
  await screen.findByTestId("overview");
  expect([app.deliveries.active, app.detail.id]).toEqual([null, null]);
  await app.navigation.reveal(5);
  await waitFor(() => expect(screen.queryByTestId("overview")).toBeNull());
  app.screen.go("webhooks");
  app.navigation.overview();
  await screen.findByTestId("overview");
});

it("is not counted more than once in two seconds while deliveries arrive, nor while hidden", async () => {
  vi.mocked(Date.now).mockRestore();
  fake.rows = fake.rows.map((one) => ({ ...one, received_ms: Date.now() - 1000 }));
  await open();
  const asked = () => fake.calls.filter((call) => call === "dayDeliveries").length;
  await waitFor(() => expect(screen.getByTestId("overview-total").textContent).toBe("6"));
  const before = asked();
  for (let n = 0; n < 200; n++) {
    fake.arrive(row(100 + n, Date.now(), { outcome: "verified" }));
    fake.flush();
  }
  expect(asked()).toBe(before);
  await waitFor(() => expect(screen.getByTestId("overview-total").textContent).toBe("206"));
  expect(asked()).toBe(before + 1);

  const hidden = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  fake.arrive(row(400, Date.now(), { outcome: "verified" }));
  fake.flush();
  await new Promise((resolve) => setTimeout(resolve, 2300));
  expect(asked()).toBe(before + 1);
  hidden.mockReturnValue("visible");
  document.dispatchEvent(new Event("visibilitychange"));
  await waitFor(() => expect(screen.getByTestId("overview-total").textContent).toBe("207"));
});
