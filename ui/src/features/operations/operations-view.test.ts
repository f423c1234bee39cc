import { cleanup, fireEvent, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeBackend } from "../../fake/backend";
import type { JobView } from "../../ipc";
import type { App } from "../../state/app.svelte";
import { clean, click, detail, jobsFake, key, openOperations, plain, row, rows, type } from "./test-window";

let fake: FakeBackend;
let app: App;

beforeEach(() => {
  fake = jobsFake();
});
afterEach(cleanup);

async function open(): Promise<void> {
  app = await openOperations(fake);
}

describe("the list", () => {
  it("has what waits on top, what runs, then what ended, each with our verdict on its event", async () => {
    await open();
    const list = await rows();
    expect(list.slice(0, 6).map((one) => one.dataset.phase)).toEqual([
      "waiting",
      "running",
      "running",
      "running",
      "running",
      "succeeded",
    ]);
    const cells = (await row("eval-judge-nov-29")).querySelectorAll("[role=gridcell]");
    expect(plain(cells[2]?.textContent)).toBe("Succeeded 62 not usable");
    expect(plain(cells[4]?.textContent)).toBe("24 s after v1a · forwarded");
    expect(plain((await row("summaries")).textContent)).toContain("61 % of 20,000");
    expect((await row("embeddings")).querySelector("[data-testid=job-finding]")?.textContent).toMatch(
      /^Ended .*, never called: tunnel was down/,
    );
    expect(plain(screen.getByTestId("job-group-running").textContent)).toMatch(
      /^Still open ?5 ?limit 24 or 48 h, the documents differ · asked \d+ s ago, next in \d+ s$/,
    );
    expect(plain(screen.getByTestId("job-group-ended").textContent)).toMatch(/11 read so far/);
    expect(screen.getByTestId("operations-badge").textContent).toContain("2 missed, 1 waits for an answer");
    expect(screen.getByTestId("jobs-missed-status").textContent).toBe("2 jobs missed");
    await clean();
  });

  it("is narrowed by text, kind and what was missed; nothing that matches is not nothing yet", async () => {
    await open();
    await rows();
    await click("jobs-missed");
    await waitFor(async () => expect((await rows()).map((one) => one.dataset.kind)).toHaveLength(3));
    await click("jobs-kind-video");
    await waitFor(async () => expect(await rows()).toHaveLength(2));
    await click("jobs-kind-all");
    await type("jobs-search", "group=nightly");
    await waitFor(async () => expect(await rows()).toHaveLength(1));
    expect(screen.getByTestId("jobs-read").textContent).toBe("1 of 16 read");
    await type("jobs-search", "zzz");
    const none = await screen.findByTestId("jobs-nothing-matches");
    expect(none.textContent).toContain("among the 16 read");
    await click("jobs-clear");
    await waitFor(async () => expect((await rows()).length).toBeGreaterThan(10));
    expect(screen.getByTestId<HTMLInputElement>("jobs-search").value).toBe("");
  });

  it("asks for more where the service has more", async () => {
    await open();
    await rows();
    await type("jobs-search", "nightly-1");
    await fireEvent.click(await screen.findByTestId("jobs-more"));
    await waitFor(() => expect(fake.calls).toContain("jobsMore"));
    await waitFor(() => expect(screen.getByTestId("jobs-read").textContent).toMatch(/of 66 read/));
  });

  it.each([
    ["none", "jobs-empty"],
    ["unread", "jobs-asking"],
    ["error", "jobs-error"],
    ["paused", "jobs-paused"],
  ])("has words for %s", async (scene, id) => {
    fake.jobsScene(scene);
    await open();
    const said = plain((await screen.findByTestId(id)).textContent);
    if (scene === "paused") expect(said).toMatch(/too many requests\. Asking again at \d\d:\d\d\./);
    if (scene === "error") {
      expect(said).toContain("dns error");
      await click("jobs-retry");
      await waitFor(() => expect(fake.calls).toContain("jobsRefresh"));
    }
    await clean();
  });

  it("without a key it says so, and where to add one", async () => {
    fake.jobsScene("nokey");
    await open();
    await fireEvent.change(await screen.findByTestId("jobs-project"), { target: { value: "1" } });
    await screen.findByTestId("jobs-no-key");
    expect(screen.getByTestId<HTMLButtonElement>("job-open-by-id").disabled).toBe(true);
    await click("jobs-add-key");
    expect((await screen.findByTestId<HTMLInputElement>("project-name")).value).toBe("nightly-eval");
  });

  it("follows what the back end tells, and keeps what is chosen", async () => {
    await open();
    await fireEvent.click(await row("labels-nov-29"));
    await waitFor(() => expect(detail()).toBe("batches/4c0e8a2b6d9f3tt19"));
    await fake.jobCancel(1, "batches/9rm0c2v8k1p7x4ta");
    await waitFor(async () => expect((await row("summaries")).dataset.phase).toBe("cancelled"));
    expect(detail()).toBe("batches/4c0e8a2b6d9f3tt19");
    expect(screen.getByTestId("job-failure").textContent).toContain("contents[0].parts must not be empty");
  });
});

describe("the detail", () => {
  it("tells the way from the job to the user's code, and opens the delivery", async () => {
    await open();
    await fireEvent.click(await row("eval-judge"));
    await waitFor(() => expect(detail()).toContain("k3v9"));
    const steps = [...screen.getByTestId("job-steps").querySelectorAll("li")].map((one) => one.dataset.step);
    expect(steps).toEqual(["dispatched", "ended", "told", "forwarded"]);
    await clean();
    await fireEvent.click(screen.getAllByTestId("job-delivery")[0] as HTMLElement);
    await waitFor(() => expect(app.screen.view).toBe("deliveries"));
  });

  it("another key is asked with only when it is chosen", async () => {
    await open();
    await fireEvent.click(await row("0ther9key"));
    await waitFor(() =>
      expect(screen.getByTestId("job-problem").textContent).toContain("perhaps made with another key"),
    );
    expect(fake.calls).not.toContain("jobAskWith");
    await click("job-ask-with");
    await waitFor(() => expect(screen.getByTestId("operations").dataset.project).toBe("2"));
    await waitFor(() => expect(screen.getByTestId("job-detail").textContent).toContain("found-with-another-key"));
  });

  it("is gone to from elsewhere, whatever project it is of", async () => {
    await open();
    await rows();
    fake.jobList.push({ ...fake.jobList[8], project: 2, name: "batches/elsewhere", title: "elsewhere" } as JobView);
    await app.jobs.reveal(2, "batches/elsewhere");
    await waitFor(() => expect(screen.getByTestId("operations").dataset.project).toBe("2"));
    await waitFor(() => expect(detail()).toBe("batches/elsewhere"));
    expect(app.jobs.covering).toBe(true);
  });

  it("cancels and deletes only after it said what ends", async () => {
    await open();
    await fireEvent.click(await row("backfill"));
    await waitFor(() => expect(detail()).toContain("e61c"));
    await click("job-cancel-button");
    expect((await screen.findByTestId("confirm")).textContent).toContain("may be billed");
    expect(fake.calls).not.toContain("jobCancel");
    await click("confirm-yes");
    await waitFor(() => expect(screen.getByTestId("job-detail").dataset.phase).toBe("cancelled"));
    await waitFor(() => expect(screen.queryByTestId("confirm")).toBeNull());
    app.jobs.asking = "delete";
    await fireEvent.click(await screen.findByTestId("confirm-yes"));
    await waitFor(() => expect(fake.calls).toContain("jobDelete"));
    await waitFor(async () => expect((await rows()).some((one) => one.dataset.name?.includes("e61c"))).toBe(false));
  });

  it("a job is opened by its id; what is no id is told in the dialog", async () => {
    await open();
    await rows();
    await key("o");
    await screen.findByTestId("job-open-dialog");
    await type("job-open-text", "??");
    await click("job-open-go");
    await waitFor(() => expect(screen.getByTestId("job-open-dialog").textContent).toContain("This is no id"));
    await type("job-open-text", "batches/neverheardof1");
    await click("job-open-go");
    await waitFor(() => expect(detail()).toBe("batches/neverheardof1"));
    await waitFor(() => expect(screen.queryByTestId("job-open-dialog")).toBeNull());
  });
});

describe("keys", () => {
  it("move the choice, seek and go back", async () => {
    await open();
    const list = await rows();
    await waitFor(() => expect(detail()).toBe(list[0]?.dataset.name));
    await key("j");
    await waitFor(() => expect(detail()).toBe(list[1]?.dataset.name));
    await key("k");
    await waitFor(() => expect(detail()).toBe(list[0]?.dataset.name));
    await key("Enter");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("job-detail")));
    await key("/");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("jobs-search")));
    await fireEvent.keyDown(screen.getByTestId("jobs-search"), { key: "Escape" });
    await waitFor(() => expect(document.activeElement).not.toBe(screen.getByTestId("jobs-search")));
  });
});
