import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { expect, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

const NOW = Date.now();

/** A back end with the jobs of the drawings. */
export function jobsFake(): FakeBackend {
  // jsdom lays nothing out: give the list a height, or it draws no rows.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(1400);
  const fake = new FakeBackend();
  fake.jobsScene(null);
  fake.rows = Array.from({ length: 40 }, (_, i) => fakeRow(i + 1, NOW - (40 - i) * 1000, NOW));
  return fake;
}

/** Opens the window where the jobs are. */
export async function openOperations(fake: FakeBackend): Promise<App> {
  const app = new App(fake);
  render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  await fireEvent.click(screen.getByTestId("rail-operations"));
  await screen.findByTestId("operations");
  return app;
}

export async function clean(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

export const plain = (text: string | null | undefined) =>
  (text ?? "").replaceAll("\u00A0", " ").replace(/\s+/g, " ").trim();
export const rows = () => screen.findAllByTestId("job-row");
export const detail = () => screen.getByTestId("job-detail").dataset.name ?? "";
export const key = (name: string) => fireEvent.keyDown(document.body, { key: name });
export const type = (id: string, value: string) => fireEvent.input(screen.getByTestId(id), { target: { value } });
export const click = (id: string) => fireEvent.click(screen.getByTestId(id));
export const row = async (title: string) => {
  const found = (await rows()).find((one) => one.textContent?.includes(title));
  if (!found) throw new Error(`There is no row of ${title}.`);
  return found;
};
