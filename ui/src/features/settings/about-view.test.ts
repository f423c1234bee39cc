import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeBackend } from "../../fake/backend";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";
import { clean, click, jobsFake, plain, type } from "../operations/test-window";

vi.setConfig({ testTimeout: 60_000 });
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  fake = jobsFake();
  app = new App(fake);
  render(Window, { app });
});
afterEach(cleanup);

async function open(): Promise<void> {
  await waitFor(() => expect(app.about.told).not.toBeNull());
  app.screen.openSettings("about");
  await screen.findAllByTestId("licence-part");
}
const line = (name: string) => plain(document.querySelector(`#settings-page [data-setting="${name}"]`)?.textContent);
const parts = () => screen.getAllByTestId("licence-part");
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });

it("what is known of the build and of the folder is said and copied", async () => {
  vi.spyOn(navigator, "userAgent", "get").mockReturnValue("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15");
  await open();
  await waitFor(() => expect(line("System")).toBe("System Linux x86_64, WebKitGTK 2.48.3"));
  const path = app.about.told?.database.path ?? "";
  const folder = path.slice(0, path.lastIndexOf("/"));
  expect(line("Folder")).toBe(`Folder ${folder}`);
  await fireEvent.click(screen.getByRole("button", { name: "Copy the folder’s path" }));
  await waitFor(() => expect(fake.copied.at(-1)).toBe(folder));
  await fireEvent.click(screen.getByRole("button", { name: "Copy version and system" }));
  await waitFor(() =>
    expect(fake.copied.at(-1)).toBe(`Pollux ${app.about.told?.version}\nLinux x86_64, WebKitGTK 2.48.3`),
  );
});

it("a shell that does not say what draws the window costs nothing else", async () => {
  fake.webview = null;
  await open();
  await waitFor(() => expect(app.about.webview).toBeNull());
  expect(line("System")).not.toContain("WebKitGTK 2");
});

it("the parts are filtered, walked through by the arrows, and their texts opened and copied", async () => {
  await open();
  expect(parts().length).toBeGreaterThan(500);
  expect(plain(screen.getByTestId("licence-count").textContent)).toMatch(/^\d+ crates and \d+ packages$/);

  await type("licence-filter", "svelte mit");
  await waitFor(() => expect(parts().length).toBeLessThan(10));
  const names = parts().map((one) => one.getAttribute("aria-label"));
  expect(names.every((name) => /svelte/.test(name ?? ""))).toBe(true);
  expect(names).toContainEqual(expect.stringMatching(/^svelte 5\.\d+\.\d+, npm, MIT$/));
  expect(plain(screen.getByTestId("licence-count").textContent)).toMatch(/^\d of \d+ parts$/);
  await clean();

  // One stop of Tab; the arrows go on from there.
  expect(parts().map((one) => one.tabIndex)).toEqual(parts().map((_, i) => (i === 0 ? 0 : -1)));
  parts()[0]?.focus();
  await press("End");
  await waitFor(() => expect(document.activeElement).toBe(parts().at(-1)));
  await press("ArrowUp");
  await press("Home");
  await waitFor(() => expect(document.activeElement).toBe(parts()[0]));
  expect(parts()[0]?.tabIndex).toBe(0);

  await type("licence-filter", "tauri-plugin-dialog");
  await waitFor(() => expect(parts()).toHaveLength(1));
  await fireEvent.click(parts()[0] as HTMLElement);
  const dialog = await screen.findByTestId("licence");
  within(dialog).getByRole("heading", { name: "tauri-plugin-dialog" });
  const text = within(dialog).getByRole("region", { name: "Licence text" });
  expect(text.tabIndex).toBe(0);
  expect(text.textContent).toContain("Permission is hereby granted, free of charge");
  await clean();
  await fireEvent.click(within(dialog).getByRole("button", { name: "Copy the texts" }));
  await waitFor(() => expect(fake.copied.at(-1)).toContain("Apache License"));

  await fireEvent.click(within(dialog).getByRole("button", { name: "Close" }));
  await waitFor(() => expect(screen.queryByTestId("licence")).toBeNull());
  await type("licence-filter", "no such part");
  await screen.findByText("Nothing matches.");
});

it("a part without a text of its own says so, and Pollux’s own licence is there", async () => {
  await open();
  await type("licence-filter", "rusqlite_migration");
  await waitFor(() => expect(parts()).toHaveLength(1));
  await fireEvent.click(parts()[0] as HTMLElement);
  expect(plain((await screen.findByTestId("no-text")).textContent)).toBe(
    "No licence text comes with its sources: they only name this licence.",
  );
  await fireEvent.click(screen.getByRole("button", { name: "Close" }));
  await waitFor(() => expect(screen.queryByTestId("licence")).toBeNull());
  expect(line("Licence")).toContain("Apache-2.0 OR MIT");
  await click("own-licence");
  const dialog = await screen.findByTestId("licence");
  expect(dialog.textContent).toContain("Pollux is licensed under either of");
});
