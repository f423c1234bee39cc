import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FakeBackend } from "../../fake/backend";
import { UNTOLD } from "../../fake/jobs-found";
import { row } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";
import { clean, detail, jobsFake, plain } from "../operations/test-window";

vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
const SAYS = "The event says that the job succeeded, the service says that it failed.";
let fake: FakeBackend;

beforeEach(async () => {
  fake = jobsFake();
  fake.rows = [1, 2].map((id) =>
    row(id, NOW - id * 1000, { outcome: "verified", event_type: "batch.succeeded", scheme: "v1", project: 1 }),
  );
});
afterEach(cleanup);

async function open(id: number): Promise<void> {
  const app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
  await app.navigation.reveal(id);
  await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe(String(id)));
}

it("the job that an event names is told with its state, and leads to Operations", async () => {
  const job = fake.jobList.find((one) => one.title === "eval-judge-nov-29") ?? expect.fail("no job");
  fake.ofDeliveries.set(1, { ...UNTOLD, job, contradiction: SAYS, accepted: true });
  await open(1);
  const line = await screen.findByTestId("delivery-job");
  expect(plain(line.textContent)).toMatch(/^batch ?eval-judge-nov-29 Succeeded ?62 not usable ?Expires in \d+ h/);
  expect(screen.getByTestId("contradiction").textContent).toContain(SAYS);
  await clean();
  await fireEvent.click(screen.getByTestId("delivery-job-open"));
  await screen.findByTestId("operations");
  await waitFor(() => expect(detail()).toBe(job.name));
});

it("nothing is shown where the job is not known", async () => {
  await open(2);
  await waitFor(() => expect(fake.calls).toContain("deliveryJob"));
  expect(screen.queryByTestId("delivery-job")).toBeNull();
  expect(screen.queryByTestId("contradiction")).toBeNull();
});
