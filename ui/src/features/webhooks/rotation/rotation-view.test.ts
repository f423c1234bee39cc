import { cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../../fake/backend";
import { fakeRow } from "../../../fake/rows";
import { App } from "../../../state/app.svelte";
import Window from "../../../Window.svelte";

// The whole window is drawn for each: on a busy machine that takes its time.
configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(): Promise<HTMLElement> {
  fake.rows = Array.from({ length: 20 }, (_, i) => fakeRow(i + 1, NOW - (20 - i) * 1000, NOW));
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  app.screen.go("webhooks");
  await screen.findByTestId("rotation-statement");
  return container;
}

const click = async (id: string) => fireEvent.click(await screen.findByTestId(id));
const gone = (id: string) => waitFor(() => expect(screen.queryByTestId(id)).toBeNull());

async function axeClean(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

describe("the picture", () => {
  it("has a lane for each secret, and says the same as a table", async () => {
    await open();
    const lanes = screen.getAllByTestId("rotation-lane");
    expect(lanes.map((lane) => [lane.dataset.state, lane.dataset.hint])).toEqual([
      ["current", "whsec_…a91f"],
      ["grace", "whsec_…77c2"],
    ]);
    const rows = within(screen.getByTestId("rotation-table")).getAllByRole("row").slice(1);
    rows.forEach((row, i) => expect(row.textContent).toContain(lanes[i]?.dataset.verified));
    expect(screen.getByTestId("rotation-rejected").dataset.count).toBe("3");
    // What cannot be seen is not in the way of the tab key.
    expect(within(screen.getByTestId("rotation-table")).queryAllByRole("button")).toEqual([]);
    await click("rotation-table-toggle");
    expect(within(screen.getByTestId("rotation-table")).queryAllByRole("button").length).toBeGreaterThan(0);
  });

  it("goes from tick to tick by keys, and to the delivery", async () => {
    await open();
    const ticks = within(screen.getAllByTestId("rotation-lane")[0] as HTMLElement).getAllByTestId("rotation-tick");
    const entries = ticks.filter((tick) => tick.getAttribute("tabindex") === "0");
    expect(entries).toEqual([ticks.at(-1)]);
    ticks.at(-1)?.focus();
    await fireEvent.keyDown(document.activeElement as Element, { key: "ArrowLeft" });
    expect(document.activeElement).toBe(ticks.at(-2));
    await fireEvent.keyDown(document.activeElement as Element, { key: "Home" });
    expect(document.activeElement).toBe(ticks[0]);
    expect(ticks[0]?.getAttribute("aria-label")).toMatch(
      /^\d\d:\d\d:\d\d, (1 delivery|\d+ deliveries) verified with …a91f\. Open the latest$/,
    );
    await fireEvent.keyDown(document.activeElement as Element, { key: "Enter" });
    await waitFor(() => expect(app.screen.view).toBe("deliveries"));
  });
});

describe("rotating", () => {
  it("is asked for with Shift+T, and put away with Escape", async () => {
    await open();
    await fireEvent.keyDown(document.body, { key: "T", shiftKey: true });
    const dialog = await screen.findByTestId("rotate-dialog");
    expect(dialog.textContent).toContain("nightly results");
    await fireEvent.keyDown(dialog, { key: "Escape" });
    await gone("rotate-dialog");
    expect(app.rotation.asked).toBeNull();
  });

  it("at once says first what will break, and hands over the new secret", async () => {
    await open();
    await click("webhook-rotate");
    await screen.findByTestId("rotate-dialog");
    expect(screen.queryByTestId("rotate-impact")).toBeNull();
    await click("rotate-now");
    const impact = await screen.findByTestId("rotate-impact");
    for (const lane of screen.getAllByTestId("rotation-lane")) {
      expect(impact.textContent).toContain(lane.dataset.hint?.slice(-4));
      expect(impact.textContent).toContain(`${lane.dataset.verified} deliveries`);
    }
    await click("rotate-go");
    const dialog = await screen.findByTestId("secret-dialog");
    expect(dialog.dataset.stored).toBe("true");
    await gone("rotate-dialog");
  });

  it("to revoke tells that both secrets end, and what else can be done", async () => {
    await open();
    await click("rotation-revoke");
    const dialog = await screen.findByTestId("rotate-dialog");
    expect(dialog.textContent).toMatch(/ends …77c2 and …a91f together/);
    expect(dialog.textContent).toContain("it ends by itself in 18\u00A0h");
    expect(screen.queryByTestId("rotate-keep")).toBeNull();
    expect(app.rotation.mode).toBe("now");
  });

  it("with a lost answer stays open, says so, and rotates again", async () => {
    await open();
    fake.failures.set("webhookRotate", {
      code: "rotated_but_lost",
      message: "The service has rotated, and its answer was lost.",
      detail: "closed",
    });
    await click("webhook-rotate");
    await click("rotate-go");
    const error = await screen.findByTestId("rotate-error");
    expect(error.dataset.code).toBe("rotated_but_lost");
    expect(error.getAttribute("role")).toBe("alert");
    fake.failures.clear();
    await click("rotate-again");
    await screen.findByTestId("secret-dialog");
  });
});

describe("the new secret", () => {
  async function rotate(): Promise<string> {
    await open();
    await click("webhook-rotate");
    await click("rotate-go");
    await screen.findByTestId("secret-dialog");
    return app.webhooks.shown?.text ?? "none";
  }

  it("is not in the page while it is masked, nor after it was put away", async () => {
    const text = await rotate();
    const page = () => document.documentElement.outerHTML;
    expect(page()).not.toContain(text);
    await click("secret-show");
    expect(screen.getByTestId("secret-text").textContent?.trim()).toBe(text);
    expect(screen.getByTestId("secret-env").textContent).toBe(`GEMINI_WEBHOOK_SECRET=${text}`);
    await click("secret-show");
    expect(page()).not.toContain(text);
    await click("secret-copy");
    expect(fake.copied).toEqual([text]);
    await click("secret-done");
    await gone("secret-dialog");
    expect(page()).not.toContain(text);
    expect(app.webhooks.shown).toBeNull();
  });

  it("that is not stored cannot be left but by storing it, or by having kept it", async () => {
    fake.vaultRefuses = 2;
    const text = await rotate();
    const dialog = screen.getByTestId("secret-dialog");
    expect(dialog.dataset.stored).toBe("false");
    expect(screen.queryByTestId("secret-done")).toBeNull();
    await fireEvent.keyDown(dialog, { key: "Escape" });
    await fireEvent.pointerDown(document.body);
    await click("secret-store-again");
    await waitFor(() => expect(app.webhooks.shown?.problem).not.toBeNull());
    expect(screen.getByTestId("secret-dialog").textContent).toContain(
      "Not stored: it can never be read again. Copy it now",
    );
    expect(screen.getByTestId<HTMLButtonElement>("secret-let-go").disabled).toBe(true);
    await click("secret-kept");
    await click("secret-let-go");
    await gone("secret-dialog");
    expect(document.documentElement.outerHTML).not.toContain(text);
  });
});

describe("the places", () => {
  it("are noted with Enter, ticked, and counted", async () => {
    await open();
    const input = screen.getByTestId<HTMLInputElement>("place-text");
    await fireEvent.input(input, { target: { value: "<b>staging</b>" } });
    await fireEvent.submit(input.form as HTMLFormElement);
    await waitFor(() => expect(screen.getAllByTestId("place-row")).toHaveLength(4));
    expect(input.value).toBe("");
    expect(screen.getAllByTestId("place-row")[3]?.textContent).toContain("<b>staging</b>");
    await fireEvent.click(screen.getAllByTestId("place-tick")[1] as Element);
    await waitFor(() => expect(screen.getByText("2 of 4 hold the new one")).toBeTruthy());
    await fireEvent.click(screen.getAllByTestId("place-remove")[0] as Element);
    await waitFor(() => expect(screen.getByText("1 of 3 hold the new one")).toBeTruthy());
  });
});

it("axe finds nothing in the cockpit nor in its dialogs", async () => {
  await open();
  await click("rotation-table-toggle");
  await axeClean();
  await click("rotation-revoke");
  await screen.findByTestId("rotate-dialog");
  await axeClean();
  fake.vaultRefuses = 1;
  await click("rotate-go");
  await screen.findByTestId("secret-dialog");
  await axeClean();
}, 60_000);

describe("the Secrets view", () => {
  it("says whose a secret is, and destroys the value of one that has ended", async () => {
    const [first] = fake.secretList;
    if (!first) throw new Error("no secret");
    fake.secretList = [
      { ...first, id: "s9", hint: "whsec_…30be", key_state: { state: "expired", at: Math.floor(NOW / 1000) - 99_999 } },
      ...fake.secretList,
    ];
    await open();
    app.screen.go("secrets");
    await waitFor(() => expect(screen.getAllByTestId("secret-row")[0]?.textContent).toContain("nightly results"));
    const state = () => screen.getAllByTestId("secret-state").map((cell) => cell.dataset.state);
    expect(state()).toEqual(["current", "current", "grace", "expired"]);
    await click("secret-destroy");
    await click("confirm-yes");
    await waitFor(() => expect(state()).toEqual(["current", "current", "grace", "destroyed"]));
    expect(screen.queryByTestId("secret-destroy")).toBeNull();
    expect(screen.getAllByTestId("secret-row").at(-1)?.textContent).toContain("whsec_…30be");
  });
});
