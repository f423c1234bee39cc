import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";
import type { FakeBackend } from "../../fake/backend";
import { clean, click, jobsFake, type } from "../operations/test-window";

vi.setConfig({ testTimeout: 30_000 });
let fake: FakeBackend;
let app: App;

beforeEach(async () => {
  fake = jobsFake();
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
});
afterEach(cleanup);

const box = (id: string) => screen.getByTestId<HTMLInputElement>(id);

it("what is watched and how long an event may take is saved as a whole, and a wrong number is named", async () => {
  app.screen.openSettings("jobs");
  await waitFor(() => box("setting-watch-jobs"));
  expect(box("setting-watch-jobs").checked).toBe(true);
  expect(box("setting-grace").value).toBe("10");
  await type("setting-grace", "1441");
  await screen.findByText("Whole minutes, from 0 to 1,440.");
  expect(screen.getByTestId<HTMLButtonElement>("settings-save").disabled).toBe(true);
  await type("setting-grace", "0");
  await click("setting-watch-jobs");
  await clean();
  await click("settings-save");
  await screen.findByText("Saved.");
  expect(app.settings.current).toMatchObject({ watch_jobs: false, grace_minutes: 0, port: 4710 });
});
