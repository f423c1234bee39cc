import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { FakeBackend } from "../../fake/backend";
import type { App } from "../../state/app.svelte";
import { click, detail, jobsFake, openOperations, row, rows } from "./test-window";

vi.setConfig({ testTimeout: 30_000 });

let fake: FakeBackend;
let app: App;

beforeEach(async () => {
  fake = jobsFake();
  app = await openOperations(fake);
  await rows();
});

afterEach(cleanup);

/** What a browser hands over of text that is dragged. */
const held = (text: string, types: readonly string[] = ["text/plain"]) => ({
  dataTransfer: { types, getData: () => text, dropEffect: "none" },
});

describe("what is dropped on Operations", () => {
  it("an id opens its job, once it is let go", async () => {
    const view = screen.getByTestId("operations");
    await fireEvent.dragEnter(view, held("batches/neverheardof1"));
    await screen.findByTestId("job-drop-over");
    await fireEvent.dragLeave(view);
    await waitFor(() => expect(screen.queryByTestId("job-drop-over")).toBeNull());
    expect(await fireEvent.dragOver(view, held("batches/neverheardof1"))).toBe(false);
    await fireEvent.drop(view, held(" batches/neverheardof1\n"));
    await waitFor(() => expect(detail()).toBe("batches/neverheardof1"));
    await waitFor(() => expect(screen.queryByTestId("job-open-dialog")).toBeNull());
  });

  it("what is no id stays in the dialog, with what is wrong", async () => {
    await fireEvent.drop(screen.getByTestId("operations"), held("??"));
    await waitFor(() => expect(screen.getByTestId("job-open-dialog").textContent).toContain("This is no id"));
    expect(screen.getByTestId<HTMLInputElement>("job-open-text").value).toBe("??");
  });

  it("what is dropped into a field is typed there", async () => {
    await fireEvent.drop(screen.getByTestId("jobs-search"), held("batches/neverheardof1"));
    expect(fake.calls).not.toContain("jobOpen");
  });

  it("a file has the requests of a new batch, and is not imported", async () => {
    fake.drop({ at: "over" });
    await waitFor(() => expect(screen.getByTestId("drop-over").textContent).toContain("Drop to make a batch"));
    fake.drop({ at: "dropped", paths: ["/home/ada/rows.jsonl"] });
    await screen.findByTestId("new-job-dialog");
    await waitFor(() => expect(screen.getByTestId("new-job-dialog").textContent).toContain("rows.jsonl"));
    await waitFor(() => expect(fake.calls).toContain("batchPreview"));
    expect(fake.calls).not.toContain("importStart");
    expect(fake.sentJobs).toEqual([]);
  });

  it("several files are not taken", async () => {
    fake.drop({ at: "dropped", paths: ["/home/ada/a.jsonl", "/home/ada/b.jsonl"] });
    expect((await screen.findByTestId("toast")).textContent).toContain("one file of requests");
    expect(screen.queryByTestId("new-job-dialog")).toBeNull();
    expect(fake.calls).not.toContain("importStart");
  });

  it("elsewhere it is imported", async () => {
    await click("rail-deliveries");
    fake.drop({ at: "dropped", paths: ["/home/ada/runs.har"] });
    await waitFor(() => expect(fake.calls).toContain("importStart"));
  });
});

describe("a video", () => {
  it("has a picture in its row once one was drawn", async () => {
    const video = fake.jobList.find((job) => job.kind === "video");
    if (!video) throw new Error("The scene has no video.");
    const title = video.title ?? video.name.slice(-6);
    expect(within(await row(title)).queryByTestId("job-picture")).toBeNull();
    const view = { project: video.project, job: video.name } as never;
    await app.results.picture(view, Promise.resolve("data:image/jpeg;base64,/9j/4A=="));
    await waitFor(async () =>
      expect(within(await row(title)).getByTestId<HTMLImageElement>("job-picture").src).toContain("image/jpeg"),
    );
    // What could not be drawn changes nothing.
    await app.results.picture(view, Promise.resolve(null));
    expect(fake.calls.filter((call) => call === "jobPictureSet")).toHaveLength(1);
  });
});
