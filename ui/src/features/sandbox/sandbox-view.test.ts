import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { dressSandbox } from "../../fake/scene";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

let fake: FakeBackend;
let app: App;
const PATIENCE = { timeout: 10_000 };

beforeEach(() => {
  // jsdom lays nothing out: give the lists a height, or they draw no rows.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(380);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(): Promise<HTMLElement> {
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  app.screen.go("sandbox");
  await screen.findByTestId("sandbox");
  return container;
}

describe("the Sandbox view", () => {
  it("runs a batch: its row goes through its states, its delivery is verified, and the link leads there", async () => {
    fake.world.settings.jobs = { ...fake.world.settings.jobs, pending_ms: 50, batch_ms: 600_000 };
    await open();
    await waitFor(() => screen.getByTestId("no-jobs"));
    await fireEvent.click(screen.getByTestId("run-batch"));
    await waitFor(() => expect(screen.getByTestId("job-row").dataset.state).toBe("running"), PATIENCE);
    screen.getByTestId("job-progress");
    // Ended by hand: on a busy machine a short job would be over before it was seen running.
    fake.world.end((fake.world.jobs[0] as { name: string }).name, "succeed", undefined, true);
    await waitFor(() => expect(screen.getByTestId("job-row").dataset.state).toBe("succeeded"), PATIENCE);
    const link = await screen.findByTestId("log-received", {}, PATIENCE);
    await waitFor(() => expect(link.dataset.outcome).toBe("verified"));
    await fireEvent.click(link);
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe(link.dataset.received));
  });

  it("shows an idle interaction as one that has not ended, and a state that it does not know as it is", async () => {
    fake.world.settings.jobs = { ...fake.world.settings.jobs, pending_ms: 10, interaction_ms: 20 };
    await open();
    await fireEvent.change(screen.getByTestId("run-interaction-outcome"), { target: { value: "idle" } });
    expect(screen.getByTestId("run-interaction-told").textContent).toContain("No event: it waits for input");
    await fireEvent.click(screen.getByTestId("run-interaction"));
    await waitFor(() => expect(screen.getByTestId("job-row").dataset.state).toBe("idle"), PATIENCE);
    const row = screen.getByTestId("job-row");
    expect(row.textContent).toContain("Idle");
    expect(row.textContent).toContain("waits for input");
    expect(row.textContent).not.toContain("no event");
    expect(screen.queryByTestId("job-progress")).toBeNull();
    within(row).getByTestId("job-finish");
    const { name } = fake.world.jobs[0] as { name: string };
    fake.world.jobs = fake.world.jobs.map((job) => ({ ...job, state: "requires_continuation" }));
    await app.sandbox.refresh();
    await waitFor(() => expect(screen.getByTestId("job-row").textContent).toContain("requires_continuation"));
    within(screen.getByTestId("job-row")).getByTestId("job-finish");
    fake.world.end(name, "succeed", undefined, true);
    await waitFor(() => expect(screen.getByTestId("job-row").dataset.state).toBe("succeeded"));
    expect(within(screen.getByTestId("job-row")).queryByTestId("job-finish")).toBeNull();
  });

  it("shows that a fault is on, and what it does to a delivery", async () => {
    fake.world.settings.jobs = { ...fake.world.settings.jobs, pending_ms: 10, interaction_ms: 20 };
    await open();
    expect(screen.queryByTestId("faults-badge")).toBeNull();
    await fireEvent.click(await screen.findByTestId("fault-reserialised_body"));
    await waitFor(() => expect(screen.getByTestId("faults-badge").textContent).toContain("1 fault on"));
    await fireEvent.click(screen.getByTestId("run-interaction"));
    await waitFor(() => expect(screen.getByTestId("log-received").dataset.outcome).toBe("rejected"), PATIENCE);
    expect(screen.getByTestId("log-row").dataset.state).toBe("pending");
    await fireEvent.click(screen.getByTestId("faults-off"));
    await waitFor(() => expect(screen.queryByTestId("faults-badge")).toBeNull());
  });

  it("jumps to what is due, and has nothing to jump to when nothing is", async () => {
    await open();
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("clock-next").disabled).toBe(true));
    await fireEvent.change(screen.getByTestId("run-batch-outcome"), { target: { value: "expire" } });
    await fireEvent.click(screen.getByTestId("run-batch"));
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("clock-next").disabled).toBe(false));
    const before = Number(screen.getByTestId("clock-now").dataset.ms);
    await fireEvent.click(screen.getByTestId("clock-next"));
    await waitFor(() => expect(screen.getByTestId("job-row").dataset.state).toBe("running"));
    await fireEvent.click(screen.getByTestId("clock-next"));
    await waitFor(() => expect(screen.getByTestId("job-row").dataset.state).toBe("expired"));
    expect(Number(screen.getByTestId("clock-now").dataset.ms) - before).toBeGreaterThan(47 * 3_600_000);
  });

  it("lists what it sends to, and leads to where that is managed", async () => {
    dressSandbox(fake.world);
    await open();
    await waitFor(() => expect(screen.getAllByTestId("webhook-card")).toHaveLength(3));
    const card = screen.getAllByTestId("webhook-card")[1] as HTMLElement;
    await fireEvent.click(within(card).getByRole("button"));
    await screen.findByTestId("webhooks");
    await waitFor(() => expect(screen.getByTestId("webhook-detail").dataset.id).toBe(card.dataset.id));
    expect(app.webhooks.project?.sandbox).toBe(true);
  });

  it("asks before it empties itself", async () => {
    dressSandbox(fake.world);
    await open();
    await waitFor(() => expect(screen.getAllByTestId("job-row").length).toBeGreaterThan(10));
    await fireEvent.click(screen.getByTestId("sandbox-reset"));
    await fireEvent.click(await screen.findByTestId("confirm-no"));
    expect(fake.calls).not.toContain("sandboxReset");
    await fireEvent.click(screen.getByTestId("sandbox-reset"));
    await fireEvent.click(await screen.findByTestId("confirm-yes"));
    await waitFor(() => screen.getByTestId("no-jobs"));
    screen.getByTestId("no-log");
    expect(screen.getAllByTestId("webhook-card")).toHaveLength(1);
  });

  it("draws only what is in sight of a long log, and opens one with its attempts and its text", async () => {
    for (let i = 0; i < 300; i++)
      fake.world.deliver("batch.succeeded", "http://127.0.0.1:3000/", null, "batches/<b>1</b>", "v1a");
    await open();
    await waitFor(() => expect(screen.getAllByTestId("log-row").length).toBeGreaterThan(8));
    expect(screen.getAllByTestId("log-row").length).toBeLessThan(30);
    await fireEvent.click(screen.getAllByTestId("log-open")[0] as HTMLElement);
    await waitFor(() => expect(screen.getByTestId("log-body").textContent).toContain("<b>1</b>"));
    expect(screen.getByTestId("log-attempts").textContent).toContain("connection refused");
    expect(screen.getByTestId<HTMLButtonElement>("log-retry").disabled).toBe(false);
  });

  it("says what is the matter when the Sandbox does not run, and still sends single deliveries", async () => {
    fake.failures.set("sandboxOverview", { code: "no_sandbox", message: "No port could be opened.", detail: null });
    await open();
    await waitFor(() => expect(screen.getByTestId("sandbox-error").textContent).toContain("No port could be opened."));
    expect(screen.queryByTestId("run-batch")).toBeNull();
    screen.getByTestId("broken-stale");
    fake.failures.clear();
    await fireEvent.click(screen.getByTestId("sandbox-again"));
    await screen.findByTestId("run-batch");
  });

  it("axe finds nothing in a busy one, nor in its dialogs", async () => {
    dressSandbox(fake.world);
    await open();
    await waitFor(() => expect(screen.getAllByTestId("log-row").length).toBeGreaterThan(8));
    const clean = async () => {
      const { violations } = await axe.run(document.body, {
        rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
      });
      expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
    };
    await clean();
    await fireEvent.click(screen.getAllByTestId("log-open")[0] as HTMLElement);
    await screen.findByRole("dialog");
    await clean();
  }, 30_000);
});
