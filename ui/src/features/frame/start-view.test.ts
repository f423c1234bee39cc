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
  ["history-aside", "history-other", "start-again"].filter((id) => screen.queryByTestId(id) !== null);
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
    ["damaged", ["history-aside", "history-other", "start-again"]],
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
