import { configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { expect, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { App } from "../../state/app.svelte";
import type { HandlerTab } from "../../state/handler.svelte";
import Window from "../../Window.svelte";

// A machine that builds something else meanwhile is slow, and not wrong.
configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });

/** What is in memory, and the window upon it: created again for each test of the Handler view. */
export type Opened = { fake: FakeBackend; app: App };
/** Of forwarding, the check and the fault lab, as `handlerScene` knows them. */
export type Scenes = [forward?: string | null, check?: string | null, faults?: string | null];

export async function open(tab: HandlerTab, scenes: Scenes = ["none"]): Promise<Opened> {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  const fake = new FakeBackend();
  fake.handlerScene(scenes[0] ?? "none", scenes[1] ?? null, scenes[2] ?? null);
  fake.forwardTakes = 30;
  fake.checkTakes = 0;
  const app = new App(fake);
  render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  await fireEvent.click(screen.getByTestId("rail-handler"));
  await fireEvent.click(await screen.findByTestId(`handler-tab-${tab}`));
  await waitFor(() => expect(app.secrets.loaded || tab === "faults").toBe(true));
  return { fake, app };
}

export const click = (id: string) => fireEvent.click(screen.getByTestId(id));
export const type = (id: string, value: string) => fireEvent.input(screen.getByTestId(id), { target: { value } });
export const checked = (id: string) => screen.getByTestId<HTMLInputElement>(id).checked;

export async function clean(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}
