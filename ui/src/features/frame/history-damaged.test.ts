import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import type { HistoryDamage, HistoryHealth, MissingDeliveries } from "../../ipc/generated";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const DAMAGE: HistoryDamage = { says: ["Rowid 7 out of order"], deliveries: 54_000, readable: 53_980, unreadable: [] };
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(): Promise<HTMLElement> {
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  return container;
}

function tell(health: Partial<HistoryHealth>): void {
  fake.state.health = { state: "not_checked", unclean: false, missing: null, damage: null, ...health };
  fake.tell({ kind: "health", health: fake.state.health });
}

const damaged = (damage: HistoryDamage | null) => tell({ state: "damaged", damage });
const alert = (testid: string) => screen.getByTestId(testid).querySelector("[role=alert]")?.textContent?.trim();

async function accessible(container: HTMLElement): Promise<void> {
  const rules = { "color-contrast": { enabled: false }, region: { enabled: false } };
  const { violations } = await axe.run(container, { rules });
  expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
}

describe("a damaged history", () => {
  it("is an alarm that says what is lost, and goes once the history is sound", async () => {
    const container = await open();
    expect(screen.queryByTestId("history-damaged")).toBeNull();
    damaged({ ...DAMAGE, unreadable: [[5121, 5140]] });
    await screen.findByTestId("history-damaged");
    expect(alert("history-damaged")).toBe(
      "The history is damaged: 20 of 54,000 deliveries cannot be read back. Not readable by number: 5,121 to 5,140.",
    );
    await accessible(container);
    tell({ state: "sound" });
    await waitFor(() => expect(screen.queryByTestId("history-damaged")).toBeNull());
  });

  it("is there from the start where it was found before", async () => {
    fake.startScene("damaged-running");
    await open();
    await screen.findByTestId("history-damaged");
    expect(alert("history-damaged")).toContain("5,121 to 5,138, 9,001 and 9,007.");
  });

  it("claims nothing that is not known", async () => {
    await open();
    damaged({ ...DAMAGE, deliveries: null, readable: 1 });
    await screen.findByTestId("history-damaged");
    expect(alert("history-damaged")).toBe(
      "The history is damaged: 1 delivery can be read back; how many there were cannot be read.",
    );
    damaged(null);
    await waitFor(() => expect(alert("history-damaged")).toBe("The history is damaged."));
  });

  it("leads to the details", async () => {
    await open();
    damaged(DAMAGE);
    await fireEvent.click(await screen.findByTestId("health-details"));
    expect((await screen.findByTestId("health")).dataset.state).toBe("damaged");
  });
});

describe("a recovery", () => {
  async function ask(): Promise<HTMLElement> {
    await fireEvent.click(await screen.findByTestId("health-recover"));
    return screen.findByTestId("confirm");
  }

  it("is asked about, and nothing happens where the answer is no", async () => {
    fake.startScene("damaged-running");
    await open();
    const dialog = await ask();
    expect(dialog.textContent).toContain("Pollux stops listening while it makes a new history of what can be read.");
    expect(dialog.textContent).toContain("The damaged file is kept.");
    await fireEvent.click(screen.getByTestId("confirm-no"));
    await waitFor(() => expect(screen.queryByTestId("confirm")).toBeNull());
    expect(fake.calls).not.toContain("historyRecover");
    expect(screen.queryByTestId("recovering")).toBeNull();
  });

  it("takes the window's place, and then the window follows the new run and says what it came to", async () => {
    fake.startScene("damaged-running");
    const container = await open();
    app.navigation.find("verdict:rejected");
    await waitFor(() => expect(app.deliveries.of).toBe("verdict:rejected"));
    await ask();
    let end: () => void = () => undefined;
    const asked = fake.historyRecover;
    fake.historyRecover = async () => {
      await new Promise<void>((resolve) => (end = resolve));
      return asked();
    };
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    const place = await screen.findByTestId("recovering");
    expect(screen.getByRole("status").textContent).toBe("Recovering the history…");
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBeNull();
    expect([document.activeElement, screen.queryByRole("navigation")]).toEqual([place, null]);
    await accessible(container);
    // Keys act on what is not there.
    await fireEvent.keyDown(place, { key: "?" });
    expect(app.screen.keysShown).toBe(false);

    const before = fake.calls.length;
    end();
    const toast = await screen.findByTestId("toast");
    expect(toast.textContent).toContain(
      "Recovered 53,980 of 54,000 deliveries. The damaged history is kept at /home/ada",
    );
    expect(toast.dataset.level).toBe("warning");
    expect(fake.calls.slice(before)).toEqual(
      expect.arrayContaining(["historyRecover", "live", "appState", "viewOpen"]),
    );
    expect(app.deliveries.of).toBe("verdict:rejected");
    expect([screen.queryByTestId("recovering"), screen.queryByTestId("history-damaged")]).toEqual([null, null]);
    await fireEvent.click(screen.getByText("Copy its path"));
    await waitFor(() => expect(fake.copied).toEqual([fake.recovery.kept]));
  });

  it("that saved everything is no warning", async () => {
    fake.startScene("damaged-running");
    fake.recovery = { ...fake.recovery, deliveries: 54_000 };
    await open();
    await ask();
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    const toast = await screen.findByTestId("toast");
    expect([toast.dataset.level, toast.textContent]).toEqual([
      "info",
      expect.stringContaining("Recovered all 54,000 deliveries."),
    ]);
  });

  it("that fails is told, and the window is there again as it was", async () => {
    fake.startScene("damaged-running");
    await open();
    fake.failures.set("historyRecover", { code: "disk_full", message: "The disk is full.", detail: "os error 28" });
    await ask();
    const before = fake.calls.length;
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    const toast = await screen.findByTestId("toast");
    expect([toast.getAttribute("role"), toast.textContent]).toEqual([
      "alert",
      expect.stringContaining("The disk is full."),
    ]);
    expect(fake.calls.slice(before)).toContain("live");
    expect(screen.queryByTestId("recovering")).toBeNull();
    await screen.findByTestId("history-damaged");
    fake.failures.delete("historyRecover");
    await ask();
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    await waitFor(() => expect(screen.queryByTestId("history-damaged")).toBeNull());
  });

  it("after which Pollux does not start shows why, and the ways on", async () => {
    fake.startScene("damaged-running");
    await open();
    fake.failures.set("historyRecover", { code: "disk_full", message: "The disk is full.", detail: null });
    await ask();
    fake.startScene("locked");
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    expect((await screen.findByTestId("fatal")).dataset.code).toBe("history_busy");
    expect(screen.getByTestId("start-problem").textContent).toContain("The disk is full.");
    fake.failure = null;
    await fireEvent.click(screen.getByTestId("start-again"));
    await waitFor(() => expect(screen.queryByTestId("fatal")).toBeNull());
    expect(screen.queryByTestId("toast")).toBeNull();
  });
});

describe("deliveries that the file does not have", () => {
  const MISSING: MissingDeliveries = { stored: 180, noted_ms: Date.now() - 60_000, found: 120, log_gone: true };

  it("are an alarm that says what may bring them back, until it is put away for this run", async () => {
    fake.state.health = { state: "sound", unclean: true, missing: MISSING, damage: null };
    const container = await open();
    const alarm = await screen.findByTestId("deliveries-missing");
    expect(alert("deliveries-missing")).toBe("Deliveries 121 to 180 were stored and are not in the file.");
    expect(alarm.textContent).toContain("put pollux.db-wal back beside it");
    await accessible(container);
    await fireEvent.click(screen.getByTestId("missing-dismiss"));
    await waitFor(() => expect(screen.queryByTestId("deliveries-missing")).toBeNull());
    tell({ state: "checking", missing: MISSING });
    await waitFor(() => expect(app.traffic.health.state).toBe("checking"));
    expect(screen.queryByTestId("deliveries-missing")).toBeNull();
    // It stays to be read in the settings.
    app.screen.openSettings("history");
    expect((await screen.findByTestId("health")).textContent).toContain("Deliveries 121 to 180 were stored");
    // What another run finds is another matter.
    tell({ missing: { ...MISSING, noted_ms: MISSING.noted_ms + 1 } });
    await screen.findByTestId("deliveries-missing");
  });

  it("may be one, and an older copy may be the cause", async () => {
    await open();
    tell({ missing: { ...MISSING, found: 179, log_gone: false } });
    const alarm = await screen.findByTestId("deliveries-missing");
    expect(alert("deliveries-missing")).toBe("Delivery 180 was stored and is not in the file.");
    expect(alarm.textContent).toContain("An older copy of the history may have been put in its place.");
  });
});
