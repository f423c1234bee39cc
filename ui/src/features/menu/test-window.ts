import { configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { expect, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
export const NOW = Date.now();

/** The window with sixty deliveries, and what is in memory below it. */
export async function open(): Promise<{ fake: FakeBackend; app: App }> {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  const fake = new FakeBackend();
  fake.rows = Array.from({ length: 60 }, (_, i) => fakeRow(i + 1, NOW - 1000, NOW));
  const app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
  return { fake, app };
}

export const key = (name: string, extra = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key: name, bubbles: true, ...extra });

export const rowOf = (id: number) =>
  document.querySelector<HTMLElement>(`[data-testid=row][data-id="${id}"]`) as HTMLElement;

export async function menuOn(element: Element): Promise<HTMLElement> {
  await fireEvent.contextMenu(element);
  return screen.findByTestId("context-menu");
}

export async function choose(id: string): Promise<void> {
  const item = await screen.findByTestId(`menu-${id}`);
  await fireEvent.pointerDown(item);
  await fireEvent.pointerUp(item);
  await fireEvent.click(item);
  await waitFor(() => expect(screen.queryByTestId("context-menu")).toBeNull());
}
