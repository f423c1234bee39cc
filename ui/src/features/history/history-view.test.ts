import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
const nb = (text: string | null | undefined) => text?.replaceAll("\u00A0", " ").replace(/\s+/g, " ").trim();
let fake: FakeBackend;
let app: App;

beforeEach(async () => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
  fake.transferTakes = 5;
  fake.rows = Array.from({ length: 200 }, (_, i) => fakeRow(i + 1, NOW - (200 - i) * 60_000, NOW));
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
});
afterEach(cleanup);

const text = (testid: string) => nb(screen.getByTestId(testid).textContent);
async function history(): Promise<void> {
  app.screen.openSettings("history");
  await screen.findByTestId("history-size");
}
const type = (testid: string, value: string) => fireEvent.input(screen.getByTestId(testid), { target: { value } });

describe("the limits", () => {
  beforeEach(history);

  it("say what would go while they are typed, and nothing goes until it is confirmed", async () => {
    await type("keep-count", "150");
    await waitFor(() => expect(text("going")).toContain("50 deliveries would go, the oldest first."));
    expect(fake.calls).not.toContain("keepSet");
    await fireEvent.click(screen.getByTestId("keep-confirm"));
    await waitFor(() => expect(fake.keepLimits.max_count).toBe(150));
    await waitFor(() => expect(screen.queryByTestId("going")).toBeNull());
  });

  it("show a tick where the limit that is typed is", async () => {
    await type("keep-size", "1");
    expect(screen.getByTestId("size-tick").style.left).toBe("50%");
  });

  it("are as before after Esc", async () => {
    await type("keep-days", "3");
    await screen.findByTestId("going");
    await fireEvent.keyDown(screen.getByTestId("keep-days"), { key: "Escape" });
    await waitFor(() => expect(screen.queryByTestId("going")).toBeNull());
    expect(screen.getByTestId<HTMLInputElement>("keep-days").value).toBe("");
    expect(fake.calls).not.toContain("keepSet");
  });

  it("that cannot be read are said to be wrong, and cannot be set", async () => {
    await type("keep-size", "a lot");
    expect(screen.getByTestId("keep-size").getAttribute("aria-invalid")).toBe("true");
    expect(screen.getByTestId<HTMLButtonElement>("keep-confirm").disabled).toBe(true);
  });

  it("of a project are its own, and can be taken away", async () => {
    await fireEvent.click(screen.getByTestId("keep-project-1"));
    await type("keep-count", "10");
    await waitFor(() => expect(text("going")).toContain("deliveries would go"));
    await fireEvent.click(screen.getByTestId("keep-confirm"));
    await waitFor(() => expect(fake.keepOfProjects.get(1)?.max_count).toBe(10));
    await fireEvent.click(await screen.findByTestId("keep-as-all"));
    await waitFor(() => expect(fake.keepOfProjects.has(1)).toBe(false));
  });

  it("draw what would go over the same axis of time as the list's histogram", async () => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(560);
    await type("keep-count", "150");
    const axis = await waitFor(() => {
      const found = [...screen.getByTestId("going").querySelectorAll("svg text")].map((one) => one.textContent);
      expect(found.at(-2)).toBe("now");
      return found;
    });
    expect(axis[0]).toMatch(/^(\d\d:\d\d|\d+ \w{3})$/);
    expect(screen.getByTestId("going").querySelector("svg")?.getAttribute("width")).toBe("560");
  });

  it("draw deliveries of one moment as one bar, with that moment", async () => {
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(560);
    const at = new Date(2026, 1, 3, 10, 20).getTime();
    fake.rows = fake.rows.map((row) => ({ ...row, received_ms: at }));
    await type("keep-count", "150");
    await waitFor(() => expect(screen.getByTestId("going").querySelector("svg text")?.textContent).toMatch(/10:20$/));
    expect(screen.getByTestId("going").querySelectorAll("svg text")).toHaveLength(1);
    const bars = [...screen.getByTestId("going").querySelectorAll("g path")].map((one) => one.getAttribute("d"));
    expect(bars.map((d) => d?.match(/M0 [\d.]+h27v/g)?.length)).toEqual([1, 1]);
  });

  it("show in the list what would go", async () => {
    await type("keep-count", "150");
    await fireEvent.click(await screen.findByTestId("going-show"));
    expect(app.screen.view).toBe("deliveries");
    expect(app.deliveries.query).toMatch(/^until:/);
  });
});

it("an older file is made anew, with its progress", async () => {
  fake.rebuildNeeded = true;
  fake.rebuildTakes = 30;
  await history();
  await fireEvent.click(await screen.findByTestId("rebuild-now"));
  await screen.findByTestId("rebuild-progress");
  await waitFor(() => expect(screen.queryByTestId("rebuild")).toBeNull());
});

describe("out and in", () => {
  it("exports the search that stands in the list, without credentials unless asked", async () => {
    const started = vi.spyOn(fake, "exportStart");
    app.navigation.find("verdict:rejected");
    await waitFor(() => expect(app.deliveries.loaded && app.deliveries.query).toBe("verdict:rejected"));
    await fireEvent.keyDown(document.body, { key: "e" });
    await screen.findByTestId("export-dialog");
    await fireEvent.click(screen.getByTestId("export-format-har"));
    await fireEvent.click(screen.getByTestId("export-go"));
    await waitFor(() => expect(started).toHaveBeenCalled());
    const [selection, format, path, credentials] = started.mock.calls[0] ?? [];
    expect([selection, format, credentials]).toEqual([{ query: "verdict:rejected" }, "har", false]);
    expect(path).toMatch(/^\/home\/ada\/search-\d{4}-\d\d-\d\d\.har$/);
    await waitFor(() => expect(screen.queryByTestId("export-dialog")).toBeNull());
  });

  it("asks first what is to go out, then in which form", async () => {
    app.transfers.ask();
    await screen.findByTestId("export-dialog");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("export-format-ndjson")));
    app.transfers.asking = null;
    await waitFor(() => expect(screen.queryByTestId("export-dialog")).toBeNull());
    app.transfers.ask({ id: "going", label: "What would go", selection: "all", count: 1 });
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("export-what-going")));
  });

  it("writes nothing where no file is chosen", async () => {
    fake.exportChoose = async () => null;
    app.transfers.ask();
    await fireEvent.click(await screen.findByTestId("export-go"));
    await waitFor(() => expect(app.transfers.busy).toBe(false));
    expect(fake.calls).not.toContain("exportStart");
    expect(screen.getByTestId("export-dialog")).toBeTruthy();
  });

  it("imports what is dropped on the window, and says what came of it", async () => {
    await waitFor(() => expect(fake.calls).toContain("dropped"));
    fake.importResult = {
      new: 48,
      known: 2,
      refused: 1,
      verified: 45,
      rejected: 2,
      unchecked: 1,
      problems: [{ line: 17, message: "This line is not JSON." }],
    };
    fake.drop({ at: "over" });
    await screen.findByTestId("drop-over");
    fake.drop({ at: "dropped", paths: ["/home/ada/runs.har"] });
    await waitFor(() => expect(screen.queryByTestId("drop-over")).toBeNull());
    await history();
    await waitFor(() => expect(text("transfer-result")).toContain("48 new, each checked again"));
    expect(text("transfer-verdicts")).toBe("45 verified 2 rejected 1 unchecked");
    expect(text("transfer")).toContain("line 17This line is not JSON.");
    await fireEvent.click(screen.getByTestId("transfer-show"));
    expect(app.deliveries.query).toBe("imported:yes");
  });

  it("say at the foot of the window how far they are, and lead to where they are shown", async () => {
    fake.transferTakes = 5000;
    expect(screen.queryByTestId("transferring")).toBeNull();
    await app.transfers.take(["/home/ada/big.ndjson"]);
    const said = await screen.findByTestId("transferring");
    expect(nb(said.textContent)).toBe("Importing 0 %");
    const [running] = fake.transferList;
    if (!running) throw new Error("none");
    fake.tell({ kind: "transfer", transfer: { ...running, bytes: (running.bytes_total ?? 0) * 0.419 } });
    await waitFor(() => expect(nb(said.textContent)).toBe("Importing 41 %"));
    fake.tell({ kind: "transfer", transfer: { ...running, bytes_total: null, done: 1204 } });
    await waitFor(() => expect(nb(said.textContent)).toBe("Importing 1,204"));
    await fireEvent.click(said);
    await fireEvent.click(await screen.findByTestId("transfer-stop"));
    await waitFor(() => expect(screen.queryByTestId("transferring")).toBeNull());
  });

  it("stops one that runs", async () => {
    fake.transferTakes = 5000;
    await app.transfers.take(["/home/ada/big.ndjson"]);
    await history();
    await fireEvent.click(await screen.findByTestId("transfer-stop"));
    await waitFor(() => expect(screen.getByTestId("transfer").dataset.state).toBe("stopped"));
  });
});

describe("deletions", () => {
  it("of what a typed search finds are counted, asked about, and undone", async () => {
    await history();
    const go = () => screen.getByTestId<HTMLButtonElement>("delete-found");
    expect(go().disabled).toBe(true);
    await type("delete-query", "verdct:rejected");
    await waitFor(() => expect(text("delete-hint")).toContain("There is no field “verdct”."));
    expect([go().disabled, screen.getByTestId("delete-query").getAttribute("aria-invalid")]).toEqual([true, "true"]);
    const rejected = fake.rows.filter((row) => row.outcome === "rejected").length;
    await type("delete-query", "verdict:rejected");
    await waitFor(() => expect(text("delete-hint")).toBe(`${rejected} deliveries match.`));
    await fireEvent.click(go());
    const dialog = await screen.findByTestId("confirm");
    expect(nb(dialog.textContent)).toContain("Delete what this search finds: verdict:rejected?");
    expect(nb(dialog.textContent)).toContain(`${rejected} deliveries leave the list at once`);
    await fireEvent.click(screen.getByTestId("confirm-yes"));
    await waitFor(() => expect(fake.rows.length).toBe(200 - rejected));
    await waitFor(() => expect(text("delete-hint")).toBe("Nothing matches."));
    expect(go().disabled).toBe(true);
    await fireEvent.click(screen.getByTestId("deletion-undo"));
    await waitFor(() => expect(text("delete-hint")).toBe(`${rejected} deliveries match.`));
    expect(fake.rows.length).toBe(200);
  });

  it("of everything are asked about, listed, and undone", async () => {
    await history();
    await fireEvent.pointerDown(screen.getByTestId("delete-more"), { button: 0, pointerType: "mouse" });
    await fireEvent.click(screen.getByTestId("delete-more"));
    const all = await screen.findByTestId("delete-all");
    await fireEvent.pointerUp(all);
    await fireEvent.click(await screen.findByTestId("confirm-yes"));
    await waitFor(() => expect(fake.rows.length).toBe(0));
    expect(text("deletion")).toMatch(/^The whole history 200 · (10:00|9:5\d)/);
    await fireEvent.click(screen.getByTestId("deletion-undo"));
    await waitFor(() => expect(fake.rows.length).toBe(200));
    await waitFor(() => expect(screen.queryByTestId("deletion")).toBeNull());
  });
});
