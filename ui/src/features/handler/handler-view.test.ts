import { cleanup, fireEvent, screen } from "@testing-library/svelte";
import { afterEach, describe, expect, it } from "vitest";
import type { HandlerTab } from "../../state/handler.svelte";
import { clean, click, open, type Scenes } from "./test-window";

afterEach(cleanup);

it("the tabs are moved by arrows, and the last one is still there when one comes back", async () => {
  const { app } = await open("forward");
  screen.getByTestId("handler-tab-forward").focus();
  await fireEvent.keyDown(screen.getByTestId("handler-tab-forward"), { key: "ArrowLeft" });
  expect(document.activeElement).toBe(screen.getByTestId("handler-tab-faults"));
  await fireEvent.keyDown(screen.getByTestId("handler-tab-faults"), { key: "Home" });
  await fireEvent.keyDown(screen.getByTestId("handler-tab-forward"), { key: "ArrowRight" });
  await screen.findByTestId("check-section");
  expect(screen.getByRole("tabpanel").getAttribute("aria-labelledby")).toBe("handler-tab-check");
  app.screen.go("settings");
  await screen.findByTestId("settings");
  await click("rail-handler");
  await screen.findByTestId("check-section");
});

describe("axe finds nothing in", () => {
  it.each<[HandlerTab, Scenes]>([
    ["forward", ["many"]],
    ["forward", ["off"]],
    ["check", ["none"]],
    ["check", ["none", "done"]],
    ["faults", ["down", undefined, "on"]],
    ["faults", ["none"]],
  ])("%s, %j", async (tab, scenes) => {
    const { app } = await open(tab, scenes);
    if (tab === "check" && scenes[1])
      for (const one of app.handler.check.report?.lines ?? []) app.handler.check.fold(one, true);
    if (tab === "faults") await click("fault-new");
    await clean();
  });
});
