import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

let fake: FakeBackend;
let app: App;
beforeEach(() => (fake = new FakeBackend()));
afterEach(cleanup);

async function failed(scene: string): Promise<void> {
  fake.startScene(scene);
  app = new App(fake);
  render(Window, { app });
  await screen.findByTestId("fatal");
}

const offered = () =>
  ["history-recover", "history-aside", "history-other", "start-again"].filter(
    (id) => screen.queryByTestId(id) !== null,
  );
const runs = () => waitFor(() => expect(app.about.told).not.toBeNull());
const ready = (id: string) => waitFor(() => expect(screen.getByTestId<HTMLButtonElement>(id).disabled).toBe(false));
const click = async (id: string) => {
  await screen.findByTestId(id);
  await ready(id);
  await fireEvent.click(screen.getByTestId(id));
};

describe("where Pollux could not start", () => {
  it.each([
    ["newer", ["history-aside", "history-other"]],
    ["damaged", ["history-recover", "history-aside", "history-other", "start-again"]],
    ["locked", ["history-other", "start-again"]],
    ["keychain", []],
  ])("%s: what can help is offered, and nothing else", async (scene, ways) => {
    await failed(scene);
    expect(offered()).toEqual(ways);
    const { violations } = await axe.run(document.body, {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map((one) => `${one.id}: ${one.nodes[0]?.html}`)).toEqual([]);
  });

  it("the history is moved aside, a new one is started, and where the other one is stays on the screen", async () => {
    await failed("newer");
    await click("history-aside");
    await runs();
    expect(screen.queryByTestId("fatal")).toBeNull();
    const toast = await screen.findByTestId("toast");
    expect(toast.textContent).toContain("kept at /home/ada/.local/share/pollux/pollux-2026-11-29-105500.db");
    await fireEvent.click(screen.getByText("Copy its path"));
    await waitFor(() => expect(fake.copied).toContain("/home/ada/.local/share/pollux/pollux-2026-11-29-105500.db"));
  });

  it("what was moved is told, also where the new start fails", async () => {
    await failed("damaged");
    fake.failures.set("startAgain", {
      code: "disk_full",
      message: "The disk is full; make room and try again.",
      detail: null,
    });
    await click("history-aside");
    expect((await screen.findByTestId("history-kept")).textContent).toContain("pollux-2026-11-29-105500.db");
    await waitFor(() => expect(screen.getByTestId("start-problem").textContent).toContain("The disk is full"));
  });

  it("what can be read is recovered, first of all ways, and the window starts on it", async () => {
    fake.recovery = { ...fake.recovery, deliveries: 1, of: null };
    fake.recoveryTakes = 100;
    await failed("damaged");
    expect(screen.getAllByRole("listitem")[0]?.textContent).toContain("Recover what can be read");
    await click("history-recover");
    expect((await screen.findByTestId("recovering")).textContent).toContain("Recovering the history…");
    expect(screen.queryByTestId("fatal")).toBeNull();
    await runs();
    expect((await screen.findByTestId("toast")).textContent).toContain(
      "Recovered 1 delivery; how many there were cannot be read. The damaged history is kept at " +
        "/home/ada/.local/share/pollux/pollux-2026-11-29-105500.db.",
    );
    await fireEvent.click(screen.getByText("Copy its path"));
    await waitFor(() => expect(fake.copied).toContain(fake.recovery.kept));
  });

  it("where nothing can be recovered that is said, and the other ways are still there", async () => {
    await failed("damaged");
    const refused = {
      code: "history_unreachable",
      message: "There is no room for it.",
      detail: "os error 28",
    } as const;
    fake.failures.set("historyRecover", refused);
    await click("history-recover");
    const problem = await screen.findByTestId("start-problem");
    expect(problem.textContent).toContain("Recovering it did not help.");
    expect(problem.textContent).toContain("There is no room for it.");
    expect([problem.getAttribute("role"), screen.queryByTestId("toast")]).toEqual(["alert", null]);
    expect(offered()).toEqual(["history-recover", "history-aside", "history-other", "start-again"]);
    // Said also where it is what the start says already.
    fake.failures.set("historyRecover", fake.failure?.error ?? refused);
    await click("history-recover");
    await waitFor(() =>
      expect(screen.getByTestId("start-problem").textContent?.trim()).toBe("Recovering it did not help."),
    );
    await click("start-again");
    await waitFor(() => expect(screen.getByTestId("start-problem").textContent?.trim()).toBe(""));
  });

  it("what goes wrong is said in place", async () => {
    await failed("newer");
    fake.failures.set("historyMoveAside", {
      code: "not_moved",
      message: "The history could not be moved aside and is where it was.",
      detail: "Permission denied (os error 13)",
    });
    await click("history-aside");
    await waitFor(() => expect(screen.getByTestId("start-problem").textContent).toContain("Permission denied"));
    expect(screen.queryByTestId("toast")).toBeNull();
    expect(offered()).toEqual(["history-aside", "history-other"]);
    fake.failures.delete("historyMoveAside");
    await click("history-aside");
    await runs();
  });

  it("another history is opened for this run, and choosing none changes nothing", async () => {
    await failed("locked");
    fake.chosen = null;
    await click("history-other");
    await ready("history-other");
    expect([app.about.told, screen.getByTestId("start-problem").textContent?.trim()]).toEqual([null, ""]);
    fake.chosen = "/home/ada/other.db";
    await click("history-other");
    await runs();
    expect((await screen.findByTestId("toast")).textContent).toContain(
      "The next start opens /home/ada/.local/share/pollux/pollux.db again",
    );
  });

  it("a lock that is let go is tried again", async () => {
    await failed("locked");
    await click("start-again");
    await ready("start-again");
    expect(screen.getByTestId("fatal").dataset.code).toBe("history_busy");
    fake.failure = null;
    await click("start-again");
    await runs();
    expect(screen.queryByTestId("fatal")).toBeNull();
  });

  it("the same trouble is not said twice, and a new one takes its place", async () => {
    await failed("locked");
    await click("start-again");
    await ready("start-again");
    expect(screen.getByTestId("start-problem").textContent?.trim()).toBe("");
    fake.startScene("damaged");
    await click("start-again");
    await waitFor(() => expect(screen.getByTestId("fatal").dataset.code).toBe("history_damaged"));
    expect(offered()).toContain("history-aside");
    expect(screen.getByTestId("start-problem").textContent?.trim()).toBe("");
  });
});
