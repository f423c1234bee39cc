import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { isAt, JOB, nb, panel, text } from "./test-window";

afterEach(cleanup);

const click = (testid: string) => fireEvent.click(screen.getByTestId(testid));
const rows = () => screen.findAllByTestId("result-row");
const grid = () => screen.getByTestId("result-grid");
const press = (key: string) => fireEvent.keyDown(document.activeElement ?? document.body, { key });
const chosen = () => grid().querySelector<HTMLElement>("[aria-selected=true]");

describe("on its way", () => {
  it("tells how far it is, stops, and goes on", async () => {
    await panel("rows", { takes: 40 });
    await isAt("downloading");
    expect(text("result-fetching")).toMatch(/^Downloading .* of 4\.2 MiB, \d+ %/);
    await waitFor(() => expect(text("rows-verdict")).toMatch(/^Reading: [\d,]+ rows so far\.$/));
    await click("result-stop");
    await isAt("stopped");
    expect(text("rows-verdict")).toMatch(/rows read before it stopped\.$/);
    await click("result-go-on");
    await isAt("ready");
    expect(text("rows-verdict")).toBe("62 of 2,400 rows are not usable.");
  });

  it("says why it could not be fetched, and tries again", async () => {
    await panel("failed");
    await isAt("failed");
    expect(text("result-failed")).toContain("The service could not be reached");
    await click("result-again");
    await isAt("ready");
  });

  it("says that the service deleted it", async () => {
    await panel("expired");
    await isAt("failed");
    expect(text("result-failed")).toMatch(/^The service deleted it 3 h ago\./);
    expect(text("result-expires")).toBe("The service deleted it 3 h ago");
  });

  it("says what refused to open it, and tries again", async () => {
    const { fake } = await panel("good", {
      before: (fake) =>
        fake.failures.set("resultOpen", { code: "no_api_key", message: "This project has no key.", detail: null }),
    });
    await isAt("failed");
    expect(text("result-failed")).toContain("This project has no key.");
    fake.failures.clear();
    await click("result-again");
    await isAt("ready");
    expect(text("rows-verdict")).toBe("All 62 rows are usable.");
  });
});

describe("rows", () => {
  it("are summed up, and the parts add up", async () => {
    await panel("rows", { job: JOB });
    await isAt("ready");
    expect(text("rows-verdict")).toBe("Succeeded, but 62 of 2,400 rows are not usable.");
    const cells = screen.getAllByTestId("rows-cell").map((cell) => nb(cell.textContent));
    expect(cells).toEqual([
      "Answered 2,391 of 2,400 asked",
      "Good 2,338 97.4 %",
      "Failed 53 38 errors, 15 without full text",
      "Missing keys 9 no line in the output",
      "Doubled keys 3 first answer counts",
    ]);
    expect(text("rows-errors")).toBe("429 RESOURCE_EXHAUSTED 31 503 UNAVAILABLE 5 400 INVALID_ARGUMENT 2");
    expect(text("rows-read")).toBe("4.2 MiB, read in 31 ms");
    expect((await rows()).length).toBeLessThan(40);
    expect(grid().getAttribute("aria-rowcount")).toBe("2404");
    const { violations } = await axe.run(document.body, {
      rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
  });

  it("are filtered and searched", async () => {
    await panel("rows");
    await isAt("ready");
    await click("rows-filter-failed");
    await waitFor(() => expect(grid().dataset.matched).toBe("53"));
    for (const row of await rows()) expect(row.dataset.state).not.toBe("good");
    await click("rows-filter-missing");
    await waitFor(() => expect(grid().dataset.matched).toBe("9"));
    expect(nb((await rows())[0]?.textContent)).toContain("no line in the output");
    await click("rows-filter-all");
    await fireEvent.input(screen.getByTestId("rows-search"), { target: { value: "eval-1200" } });
    await waitFor(() => expect(grid().dataset.matched).toBe("1"));
    await waitFor(() => expect(text("rows-read")).toBe("1 found"));
    await fireEvent.input(screen.getByTestId("rows-search"), { target: { value: "nothing has this" } });
    await waitFor(() => expect(text("rows-none")).toBe("No row has this text."));
  });

  it("are gone through by keys", async () => {
    const { app } = await panel("rows");
    await isAt("ready");
    await rows();
    await app.results.rowsOf(1).choose(0);
    await waitFor(() => expect(chosen()?.dataset.key).toBe("eval-0000"));
    chosen()?.focus();
    await press("ArrowDown");
    await waitFor(() => expect(document.activeElement).toBe(chosen()));
    await press("ArrowUp");
    await waitFor(() => expect(chosen()?.dataset.key).toBe("eval-0000"));
    await press("j");
    await waitFor(() => expect(chosen()?.dataset.key).toBe("eval-0001"));
    expect(document.activeElement).toBe(chosen());
    await press("/");
    expect(document.activeElement).toBe(screen.getByTestId("rows-search"));
    await press("Escape");
    await waitFor(() => expect(document.activeElement).toBe(chosen()));
    await press("Enter");
    const dialog = await screen.findByTestId("row-dialog");
    await waitFor(() => expect(within(dialog).getByRole("tree")).toBeTruthy());
    expect(nb(dialog.textContent)).toContain("output line 2");
  });

  it("that failed are found, forwards and back, and from the strip", async () => {
    const { app } = await panel("rows");
    await isAt("ready");
    await rows();
    await click("rows-next-failed");
    const state = app.results.rowsOf(1);
    await waitFor(() => expect(state.chosen?.state).not.toBe("good"));
    const first = state.active ?? 0;
    await click("rows-next-failed");
    await waitFor(() => expect(state.active).toBeGreaterThan(first));
    await click("rows-previous-failed");
    await waitFor(() => expect(state.active).toBe(first));
    await click("rows-filter-failed");
    await waitFor(() => expect(state.matched).toBe(53));
    vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 10, 400));
    await fireEvent.click(screen.getByTestId("rows-strip"), { clientY: 398 });
    await waitFor(() => expect(state.chosen?.state).toBe("missing"));
    expect(state.filter).toBe("all");
  });

  it("that cannot be read are shown as they are", async () => {
    const { app } = await panel("rows-unknown");
    await isAt("ready");
    const state = app.results.rowsOf(1);
    await state.show("failed", "");
    for (let i = 0; i < 54; i++) if ((await state.choose(i))?.state === "unparsable") break;
    expect(state.chosen?.key).toBeNull();
    await state.open();
    expect(nb((await screen.findByTestId("row-dialog")).textContent)).toContain("cannot be read as a row");
    expect(screen.getByTestId("raw-body").textContent).toContain('"eval-2210"');
    expect(screen.getByTestId<HTMLInputElement>("row-form-tree").disabled).toBe(true);
  });

  it("are a million, and the list is no higher than the engine can lay out", async () => {
    await panel("million");
    await isAt("ready");
    expect((await rows()).length).toBeLessThan(40);
    const spacer = grid().querySelector<HTMLElement>(".spacer");
    expect(parseInt(spacer?.style.height ?? "", 10)).toBeLessThanOrEqual(16_000_000);
  });

  it("may be embeddings", async () => {
    await panel("embeddings");
    await isAt("ready");
    expect(text("rows-verdict")).toBe("All 18,000 rows are usable.");
    expect(nb((await rows())[0]?.textContent)).toContain("768 values");
    expect(text("rows-tokens")).toContain("out –");
  });

  it("whose requests are not known: missing ones are counted, and not named", async () => {
    const { fake } = await panel("rows-unknown");
    await isAt("ready");
    expect(screen.queryByTestId("result-resubmit")).toBeNull();
    expect(text("requests-note")).toContain("the service does not give uploaded files back");
    expect(screen.getByTestId<HTMLInputElement>("rows-filter-missing").disabled).toBe(true);
    const choosing = vi.fn<() => Promise<string | null>>().mockResolvedValueOnce(null);
    fake.requestsChoose = choosing.mockResolvedValueOnce("/home/ada/requests.jsonl");
    await click("requests-choose");
    await waitFor(() => expect(choosing).toHaveBeenCalledOnce());
    expect(fake.calls).not.toContain("resultRequests");
    await waitFor(() => expect(screen.getByTestId<HTMLButtonElement>("requests-choose").disabled).toBe(false));
    await click("requests-choose");
    await waitFor(() => expect(text("result-resubmit")).toBe("Resubmit 63…"));
    expect(screen.queryByTestId("requests-note")).toBeNull();
    await waitFor(() => expect(grid().dataset.matched).toBe("2403"));
  });
});

describe("what can be done with it", () => {
  it("failed rows are saved, and it is said what was written", async () => {
    const { app } = await panel("rows");
    await isAt("ready");
    await click("result-save-failed");
    await waitFor(() => expect(app.toasts.list.at(-1)?.text).toBe("Saved 62 requests to rows-failed.jsonl."));
    await click("result-save");
    await waitFor(() => expect(app.toasts.list.at(-1)?.text).toBe("Saved 2,394 rows to rows.jsonl."));
  });

  it("nothing is saved where nobody chose a file", async () => {
    const { fake } = await panel("rows");
    fake.saveChosen = null;
    await isAt("ready");
    await click("result-save");
    await waitFor(() => expect(fake.calls).toContain("resultSaveChoose"));
    expect(fake.calls).not.toContain("resultSave");
  });

  it("failed rows are sent again once the new batch and its cost were seen", async () => {
    const { fake, app } = await panel("rows", { job: JOB });
    await isAt("ready");
    await click("result-resubmit");
    await screen.findByTestId("resubmit-what");
    expect(text("resubmit-what")).toContain("62 requests, 111 KiB");
    expect(text("resubmit-keys")).toContain("and 57 more");
    expect(text("resubmit-cost")).toMatch(/billed to nightly-eval\. About .* tokens in/);
    expect(screen.getByTestId<HTMLInputElement>("resubmit-title").value).toBe("eval-judge-again");
    expect(fake.calls).not.toContain("resubmit");
    fake.failures.set("resubmit", { code: "service_rate_limited", message: "Too many requests.", detail: null });
    await click("resubmit-send");
    await waitFor(() => expect(text("resubmit-error")).toBe("Too many requests."));
    fake.failures.clear();
    await fireEvent.input(screen.getByTestId("resubmit-title"), { target: { value: "third try" } });
    await click("resubmit-send");
    await waitFor(() => expect(screen.queryByTestId("resubmit-dialog")).toBeNull());
    expect(fake.resubmitted).toEqual([{ title: "third try", receivers: JOB.receivers?.uris, metadata: JOB.metadata }]);
    expect(app.toasts.list.at(-1)?.text).toBe("Sent third try with 62 requests.");
  });

  it("a copy is kept with a delivery", async () => {
    await panel("rows", { delivery: 4 });
    await isAt("ready");
    await click("result-keep");
    await waitFor(() => expect(text("result-keep")).toBe("Copy kept"));
    await click("result-keep");
    await waitFor(() => expect(text("result-keep")).toBe("Keep a copy"));
  });
});

describe("files", () => {
  it("a video plays, and its bytes are let go", async () => {
    const made = vi.fn(() => "blob:video");
    const gone = vi.fn();
    Object.assign(URL, { createObjectURL: made, revokeObjectURL: gone });
    await panel("video");
    await isAt("ready");
    const video = await screen.findByTestId<HTMLVideoElement>("result-video");
    expect(video.src).toBe("blob:video");
    Object.defineProperties(video, {
      duration: { value: 8 },
      videoWidth: { value: 1920 },
      videoHeight: { value: 1080 },
    });
    await fireEvent(video, new Event("loadedmetadata"));
    expect(text("result-video-facts")).toBe("5.5 MiB 8 s 1920 × 1080");
    await fireEvent.error(video);
    expect(text("result-save-only")).toContain("no decoder for it (video/mp4)");
    await waitFor(() => expect(gone).toHaveBeenCalledWith("blob:video"));
  });

  it.each([
    ["video-large", "90 MiB: too large to play here."],
    ["binary", "117 KiB that the window cannot show."],
  ])("%s can be saved alone", async (scene, said) => {
    const { fake } = await panel(scene);
    await isAt("ready");
    expect(text("result-save-only")).toContain(said);
    expect(fake.calls).not.toContain("resultBytes");
    await click("result-save-here");
    await waitFor(() => expect(fake.calls).toContain("resultSave"));
  });

  it("JSON is a tree, and a long text is told to be cut", async () => {
    await panel("json");
    await isAt("ready");
    expect(await screen.findByRole("tree", { name: "Result" })).toBeTruthy();
    expect(document.querySelector(".value-term")).toBeNull();
    await click("result-form-raw");
    expect(screen.getByTestId("raw-body").textContent).toContain("files/meta");
    cleanup();
    await panel("text");
    await isAt("ready");
    expect(text("result-cut")).toBe("The first 1 MiB of 3.1 MiB. Save it to have all of it.");
  });

  it("an interaction is shown by its job", async () => {
    const { app } = await panel("interactions/v1_Chc9");
    await isAt("ready");
    app.results.onjob = null;
    await waitFor(() => expect(screen.queryByTestId("result-show-job")).toBeNull());
    const shown = vi.fn();
    app.results.onjob = shown;
    await fireEvent.click(await screen.findByTestId("result-show-job"));
    expect(shown).toHaveBeenCalledWith(1, "interactions/v1_Chc9");
  });
});
