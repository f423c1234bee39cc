import { configure, render, screen, waitFor } from "@testing-library/svelte";
import { expect, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { bareJob } from "../../fake/job-detail";
import type { JobView } from "../../ipc";
import { App } from "../../state/app.svelte";
import { areasOf, contextOf } from "../../state/context";
import ResultPanel from "./ResultPanel.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });

export const nb = (text: string | null | undefined) => text?.replaceAll("\u00A0", " ").replace(/\s+/g, " ").trim();
export const text = (testid: string) => nb(screen.getByTestId(testid).textContent);
export type Shown = { fake: FakeBackend; app: App };

export const JOB: JobView = bareJob({
  kind: "batch",
  name: "batches/k3v9",
  title: "eval-judge",
  project: 1,
  phase: "succeeded",
  receivers: { uris: ["https://ada-hooks.ngrok.app/nightly"], ours: true },
  metadata: [{ key: "job_group", value: "nightly" }],
}).job;

export type Around = {
  job?: JobView | null;
  delivery?: number | null;
  /** ms of each step of fetching. */
  takes?: number;
  /** What is done before it is opened. */
  before?: (fake: FakeBackend) => void;
};

/** A panel alone, upon a back end in memory. */
export async function panel(scene: string, around: Around = {}): Promise<Shown> {
  const { job = null, delivery = null, takes = 0, before } = around;
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  const fake = new FakeBackend();
  fake.resultTakes = takes;
  before?.(fake);
  const app = new App(fake);
  await app.start();
  render(ResultPanel, {
    props: { result: { of: "name", project: 1, text: scene }, job, delivery },
    context: contextOf(areasOf(app)),
  });
  await waitFor(() => screen.getByTestId("result-panel"));
  return { fake, app };
}

export const isAt = (state: string) =>
  waitFor(() => expect(screen.getByTestId("result-panel").dataset.state).toBe(state));
