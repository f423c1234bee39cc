import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

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
  app.screen.openSettings("history");
  await screen.findByTestId("health");
  return container;
}

const state = () => screen.getByTestId("health-state");
const says = (text: string) => waitFor(() => expect(state().textContent).toBe(text));
const button = () => screen.getByTestId<HTMLButtonElement>("health-check");
const check = () => fireEvent.click(button());

describe("the health of the history", () => {
  it("is not known before somebody looked", async () => {
    await open();
    await says("Not checked in this run");
    expect([state().getAttribute("role"), screen.queryByTestId("health-checked")]).toEqual(["status", null]);
    expect(screen.getByTestId("health").textContent).not.toContain("did not close");
    expect(screen.queryByTestId("health-card-recover")).toBeNull();
  });

  it("is sound once every delivery was read back", async () => {
    const asked = vi.spyOn(fake, "historyCheck");
    fake.healthTakes = 50;
    await open();
    await check();
    await says("Checking…");
    expect(button().disabled).toBe(true);
    await says("Sound: every delivery can be read back.");
    expect(screen.getByTestId("health-checked").textContent).toBe("Checked just now");
    expect([button().disabled, asked.mock.calls]).toEqual([false, [[true]]]);
  });

  it("is known no further than its structure where the deliveries were not read", async () => {
    await open();
    fake.tell({ kind: "health", health: { state: "sound", unclean: true, missing: null, damage: null } });
    await says("Sound in its structure. Whether every delivery can be read back is not known.");
    expect(screen.getByTestId("health").textContent).toContain("The last run did not close the history.");
    expect(screen.queryByTestId("health-checked")).toBeNull();
    // Damage that only reading the deliveries shows.
    fake.damage = { says: [], deliveries: 2, readable: 1, unreadable: [[2, 2]] };
    await app.history.check(false);
    await says("Sound in its structure. Whether every delivery can be read back is not known.");
    expect(screen.getByTestId("health-checked").textContent).toBe("Checked just now");
    await check();
    await says("Damaged: 1 of 2 deliveries cannot be read back.");
  });

  it("is told with the numbers and SQLite's own words where it is bad, and can be recovered", async () => {
    const unreadable = Array.from({ length: 30 }, (_, i): [number, number] => [10 * i, 10 * i + 1]);
    const nasty = "row \u202E 7 missing";
    fake.damage = { says: [nasty, "Rowid 9 out of order"], deliveries: null, readable: 41, unreadable };
    const container = await open();
    await check();
    await says("Damaged: 41 deliveries can be read back; how many there were cannot be read.");
    expect(screen.getByTestId("health-numbers").textContent).toMatch(
      /by number: 0 to 1, 10 to 11, .*, 190 to 191 and 10 more stretches\. Some of these may never have been stored/,
    );
    const lines = [...screen.getByTestId("health").querySelectorAll("details li")].map((one) => one.textContent);
    expect(lines).toHaveLength(2);
    expect(lines[0]).not.toContain("\u202E");
    expect(lines[1]).toBe("Rowid 9 out of order");
    const rules = { "color-contrast": { enabled: false }, region: { enabled: false } };
    expect((await axe.run(container, { rules })).violations).toEqual([]);
    await fireEvent.click(screen.getByTestId("health-card-recover"));
    await fireEvent.click(await screen.findByTestId("confirm-yes"));
    await waitFor(() => expect(screen.getByTestId("health").dataset.state).toBe("not_checked"));
    expect(fake.calls).toContain("historyRecover");
    // What the window asked of the damaged one says nothing of the new one.
    fake.tell({ kind: "health", health: { state: "sound", unclean: false, missing: null, damage: null } });
    await says("Sound in its structure. Whether every delivery can be read back is not known.");
    expect(screen.queryByTestId("health-checked")).toBeNull();
  });

  it("stays what it was where a check fails, and that is said", async () => {
    fake.startScene("damaged-running");
    await open();
    fake.failures.set("historyCheck", { code: "history_busy", message: "Another program holds it.", detail: null });
    await check();
    const card = screen.getByTestId("health");
    await waitFor(() => expect(card.querySelector("[role=alert]")?.textContent).toBe("Another program holds it."));
    await says("Damaged: 20 of 54,000 deliveries cannot be read back.");
    expect(screen.queryByTestId("health-checked")).toBeNull();
    fake.failures.delete("historyCheck");
    await check();
    await waitFor(() => expect(card.querySelector("[role=alert]")).toBeNull());
  });
});
