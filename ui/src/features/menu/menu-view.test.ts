import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { moment } from "../../lib/format";
import type { App } from "../../state/app.svelte";
import { choose, key, menuOn, NOW, open, rowOf } from "./test-window";

let fake: FakeBackend;
let app: App;

beforeEach(async () => {
  ({ fake, app } = await open());
});
afterEach(cleanup);

const labels = () =>
  within(screen.getByTestId("context-menu"))
    .getAllByRole("menuitem")
    .map((one) => one.textContent?.trim().replace(/\s+/g, " "));
const markOf = (id: number) => rowOf(id).querySelector<HTMLElement>(".c-mark [title]")?.title;
describe("the menu", () => {
  it("opens on a row, names its keys, and chooses the row that it is about", async () => {
    await menuOn(rowOf(58));
    expect(labels()).toEqual([
      "Copy as",
      "Replay r",
      "Edit and re-sign… ⇧R",
      "Verify again is verified",
      "Compare with attempt before only one",
      "Compare with last verified",
      "Pin p",
      "Add note n",
      "Mark x",
      "Export… e",
      "Delete delivery Del",
    ]);
    await waitFor(() => expect(app.deliveries.active?.id).toBe(58));
  });

  it("by Shift+F10 opens on what has the focus, and gives the focus back", async () => {
    await key("j");
    await waitFor(() => expect(document.activeElement).toBe(rowOf(60)));
    await key("F10", { shiftKey: true });
    await screen.findByTestId("context-menu");
    await key("Escape");
    await waitFor(() => expect(screen.queryByTestId("context-menu")).toBeNull());
    await waitFor(() => expect(document.activeElement).toBe(rowOf(60)));
  });

  it("in a narrow window leaves the list in front, however its press ends", async () => {
    const row = rowOf(58);
    await fireEvent.pointerDown(row, { button: 2 });
    await fireEvent.contextMenu(row, { button: 2 });
    await screen.findByTestId("context-menu");
    await fireEvent.click(row, { button: 0 });
    await waitFor(() => expect(app.detail.id).toBe(58));
    expect(app.screen.covering).toBe(false);
    await key("Escape");
    await fireEvent.pointerDown(row, { button: 0 });
    await fireEvent.click(row, { button: 0 });
    await waitFor(() => expect(app.screen.covering).toBe(true));
  });

  it("pins, and the row and the detail say so", async () => {
    await menuOn(rowOf(58));
    await choose("pin");
    await waitFor(() => expect(markOf(58)).toBe("Pinned"));
    await waitFor(() => expect(screen.getByTestId("pin").getAttribute("aria-pressed")).toBe("true"));
    await menuOn(rowOf(58));
    expect(labels()).toContain("Unpin p");
  });

  it("does nothing for an entry that cannot be used, and stays open", async () => {
    await menuOn(rowOf(58));
    const off = screen.getByTestId("menu-verify-again");
    expect(off.getAttribute("aria-disabled")).toBe("true");
    await fireEvent.pointerUp(off);
    await fireEvent.click(off);
    expect(screen.getByTestId("context-menu")).toBeTruthy();
    expect(fake.calls).not.toContain("verifyAgain");
  });

  it("on marked rows acts on all of them", async () => {
    await key("j");
    await waitFor(() => expect(app.deliveries.active?.id).toBe(60));
    await key("x");
    await key("J", { shiftKey: true });
    await waitFor(() => expect(app.replay.selection.size).toBe(2));
    await menuOn(rowOf(59));
    expect(labels()).toContain("Delete 2 deliveries Del");
    expect(screen.getByTestId("context-menu").textContent).toContain("2 marked deliveries");
    await choose("delete");
    await waitFor(() => expect(fake.rows.length).toBe(58));
    expect(app.keeping.latest(Date.now())?.deliveries).toBe(2);
  });

  it("does not open where text is typed", async () => {
    expect(await fireEvent.contextMenu(await screen.findByTestId("search-input"))).toBe(true);
    expect(screen.queryByTestId("context-menu")).toBeNull();
  });
});

describe("a note", () => {
  it("is written with n, kept with Enter, and found in the row", async () => {
    await key("j");
    await waitFor(() => expect(app.detail.detail?.row.id).toBe(60));
    await key("n");
    const field = await screen.findByTestId<HTMLTextAreaElement>("note-field");
    await fireEvent.input(field, { target: { value: "  Only through edge-2.  " } });
    await fireEvent.keyDown(field, { key: "Enter" });
    expect((await screen.findByTestId("note")).textContent).toContain("Only through edge-2.");
    expect(markOf(60)).toBe("Only through edge-2.");
    await fireEvent.click(screen.getByTestId("note"));
    const again = await screen.findByTestId<HTMLTextAreaElement>("note-field");
    await waitFor(() => expect(again.value).toBe("Only through edge-2."));
    await fireEvent.input(again, { target: { value: "something else" } });
    await fireEvent.keyDown(again, { key: "Escape" });
    expect((await screen.findByTestId("note")).textContent).toContain("Only through edge-2.");
  });

  it("says when it was last changed", async () => {
    await key("j");
    await waitFor(() => expect(app.detail.detail?.row.id).toBe(60));
    await key("n");
    const field = await screen.findByTestId<HTMLTextAreaElement>("note-field");
    await fireEvent.input(field, { target: { value: "Only through edge-2." } });
    await fireEvent.keyDown(field, { key: "Enter" });
    const noted = await screen.findByTestId("noted");
    expect(noted.textContent).toBe("just now");
    const at = app.detail.detail?.noted_ms ?? 0;
    expect(noted.title).toBe(`Written or imported ${moment(at)}`);
    app.clock.now = at + 61_000;
    await waitFor(() => expect(noted.textContent).toBe("1\u00A0min ago"));
  });

  it("that is emptied goes away", async () => {
    const first = fake.rows[59];
    if (first) fake.change({ ...first, note: "old" });
    await key("j");
    await fireEvent.click(await screen.findByTestId("note"));
    const field = await screen.findByTestId<HTMLTextAreaElement>("note-field");
    await fireEvent.input(field, { target: { value: " " } });
    await fireEvent.keyDown(field, { key: "Enter" });
    await waitFor(() => expect(screen.queryByTestId("note")).toBeNull());
    expect(fake.rows[59]?.note).toBeNull();
  });

  it("says when it is too long, and is not kept", async () => {
    await key("j");
    await waitFor(() => expect(app.detail.detail?.row.id).toBe(60));
    await key("n");
    const field = await screen.findByTestId("note-field");
    await fireEvent.input(field, { target: { value: "x".repeat(4010) } });
    expect(screen.getByText(/10 characters too long/)).toBeTruthy();
    await fireEvent.keyDown(field, { key: "Enter" });
    expect(fake.calls).not.toContain("deliveryNote");
  });
});

describe("deleting", () => {
  it("one goes at once, the next is chosen, and Ctrl+Z brings it back", async () => {
    await key("j");
    await key("j");
    await waitFor(() => expect(app.detail.detail?.row.id).toBe(59));
    await key("Delete");
    await waitFor(() => expect(fake.rows.some((row) => row.id === 59)).toBe(false));
    await waitFor(() => expect(app.detail.detail?.row.id).toBe(58));
    await key("z", { ctrlKey: true });
    await waitFor(() => expect(fake.rows.some((row) => row.id === 59)).toBe(true));
    expect(app.keeping.open(Date.now())).toEqual([]);
  });

  it("many are asked about first", async () => {
    fake.arrive(...Array.from({ length: 60 }, (_, i) => fakeRow(i + 61, NOW, NOW)));
    await waitFor(() => expect(app.deliveries.matched).toBe(120));
    await app.replay.selection.all();
    await key("Delete");
    await waitFor(() => expect(app.keeping.asking?.count).toBe(120));
    expect(fake.calls).not.toContain("deliveriesDelete");
    await fireEvent.click(await screen.findByTestId("confirm-no"));
    await waitFor(() => expect(app.keeping.asking).toBeNull());
    expect(fake.rows.length).toBe(120);
    await fireEvent.click(screen.getByTestId("selection-delete"));
    await fireEvent.click(await screen.findByTestId("confirm-yes"));
    await waitFor(() => expect(fake.rows.length).toBe(0));
    expect((await screen.findByTestId("undo-toast")).textContent).toContain("120 deliveries deleted.");
    await fireEvent.click(screen.getByTestId("undo"));
    await waitFor(() => expect(fake.rows.length).toBe(120));
    expect(screen.queryByTestId("undo-toast")).toBeNull();
  });
});
