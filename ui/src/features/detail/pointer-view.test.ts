import { cleanup, configure, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { row } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
let fake: FakeBackend;
let app: App;

const base = { event_type: "batch.succeeded", scheme: "v1" as const };

beforeEach(async () => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
  fake.resultTakes = 0;
  fake.rows = [
    row(1, NOW - 3000, { ...base, outcome: "verified", pointer: "files/batch-8x2k4q9v" }),
    row(2, NOW - 2000, { ...base, outcome: "unchecked", reason: "no_secret", pointer: "files/batch-8x2k4q9v" }),
    row(3, NOW - 1000, { ...base, outcome: "verified", pointer: "gs://acme/results.jsonl" }),
  ];
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
});
afterEach(cleanup);

const choose = async (id: number) => {
  const found = screen.getAllByTestId("row").find((one) => one.dataset.id === String(id));
  if (found) await fireEvent.click(found);
  await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe(String(id)));
};
const opens = () => screen.getAllByTestId("pointer-open");

it("a pointer is opened in place of the detail, and there is a way back", async () => {
  await choose(1);
  await fireEvent.click(opens()[0] as HTMLElement);
  await waitFor(() => expect(screen.getByTestId("rows-verdict").textContent).toContain("62 of 2,400"));
  expect(screen.queryByTestId("tab-event")).toBeNull();
  expect(screen.getByTestId("result-keep")).toBeTruthy();
  await fireEvent.click(screen.getByTestId("result-back"));
  await waitFor(() => expect(screen.getByTestId("tab-event")).toBeTruthy());
  expect(fake.calls.filter((call) => call === "resultOpen")).toHaveLength(1);
  await fireEvent.click(opens()[0] as HTMLElement);
  await waitFor(() => screen.getByTestId("rows-verdict"));
  expect(fake.calls.filter((call) => call === "resultOpen")).toHaveLength(1);
  await fireEvent.keyDown(screen.getByTestId("result-back"), { key: "Escape" });
  await waitFor(() => expect(screen.queryByTestId("result-panel")).toBeNull());
});

it("another delivery shows itself", async () => {
  await choose(1);
  await fireEvent.click(opens()[0] as HTMLElement);
  await waitFor(() => screen.getByTestId("result-panel"));
  await choose(3);
  expect(screen.queryByTestId("result-panel")).toBeNull();
});

it("of a delivery that is not verified it is asked first", async () => {
  await choose(2);
  await fireEvent.click(opens()[0] as HTMLElement);
  const dialog = await screen.findByTestId("confirm");
  expect(dialog.textContent).toContain("its sender may have written this pointer");
  expect(dialog.textContent).toContain("with the key of nightly-eval to generativelanguage.googleapis.com");
  await fireEvent.click(screen.getByTestId("confirm-no"));
  await waitFor(() => expect(screen.queryByTestId("confirm")).toBeNull());
  expect(fake.calls).not.toContain("resultOpen");
  await fireEvent.click(opens()[0] as HTMLElement);
  await fireEvent.click(await screen.findByTestId("confirm-yes"));
  await waitFor(() => screen.getByTestId("rows-verdict"));
});

it("what the service cannot give has no button", async () => {
  await choose(3);
  await waitFor(() => expect(screen.getAllByTestId("pointer")).toHaveLength(2));
  expect(opens().map((one) => one.dataset.path)).toEqual(["data.id"]);
});

it("the keys of opened rows work while the focus is in them, and the list's elsewhere", async () => {
  await choose(1);
  await fireEvent.click(opens()[0] as HTMLElement);
  await waitFor(() => screen.getAllByTestId("result-row"));
  const rows = app.results.rowsOf(app.results.onscreen ?? -1);
  await fireEvent.keyDown(screen.getByTestId("result-grid"), { key: "]" });
  await waitFor(() => expect(rows.chosen?.state).toMatch(/error|blocked|cut_off/));
  await fireEvent.keyDown(screen.getByTestId("result-grid"), { key: "S", shiftKey: true });
  await waitFor(() => expect(fake.calls).toContain("resultSave"));
  await fireEvent.keyDown(document.body, { key: "R", shiftKey: true });
  expect(screen.queryByTestId("resubmit-dialog")).toBeNull();
  await fireEvent.keyDown(screen.getByTestId("result-grid"), { key: "R", shiftKey: true });
  await waitFor(() => screen.getByTestId("resubmit-dialog"));
  expect(fake.calls).not.toContain("resubmit");
});
