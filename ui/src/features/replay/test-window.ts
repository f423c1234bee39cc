import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

export const NOW = Date.now();
export const DEV = "http://localhost:3000/webhooks/gemini";
export const ORDERS = "http://localhost:8080/hooks";

/** The whole window over a back end in memory, for each test of a file. */
export function windowed(): {
  fake: FakeBackend;
  app: App;
  open: (scene?: string | null, rows?: number) => Promise<void>;
} {
  // The whole window is drawn for each: on a busy machine that takes its time.
  configure({ asyncUtilTimeout: 5000 });
  vi.setConfig({ testTimeout: 30_000 });
  const rig = {
    fake: new FakeBackend(),
    app: new App(new FakeBackend()),
    open: async (scene: string | null = "few", rows = 60) => {
      rig.fake.rows = Array.from({ length: rows }, (_, i) => fakeRow(i + 1, NOW - (rows - i) * 1000, NOW));
      rig.fake.replayScene(scene);
      rig.app = new App(rig.fake);
      render(Window, { app: rig.app });
      await waitFor(() => expect(rig.app.about.told).not.toBeNull());
      await waitFor(() => screen.getAllByTestId("row"));
    },
  };
  beforeEach(() => {
    // jsdom lays nothing out: give the list a height, or it draws no rows.
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
    rig.fake = new FakeBackend();
  });
  afterEach(cleanup);
  return rig;
}

export const key = (name: string, extra = {}) =>
  fireEvent.keyDown(document.activeElement ?? document.body, { key: name, bubbles: true, ...extra });
export const click = async (id: string) => fireEvent.click(await screen.findByTestId(id));
export const type = async (id: string, value: string) =>
  fireEvent.input(await screen.findByTestId(id), { target: { value } });
export const gone = (id: string) => waitFor(() => expect(screen.queryByTestId(id)).toBeNull());

/** The cursor on the newest row, with its detail. */
export async function first(): Promise<void> {
  await key("j");
  await screen.findByTestId("replay");
}

export async function clean(): Promise<void> {
  const { violations } = await axe.run(document.body, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}
