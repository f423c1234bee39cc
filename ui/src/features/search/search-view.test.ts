import { EditorView } from "@codemirror/view";
import { cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { fakeRow } from "../../fake/rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
let fake: FakeBackend;
let app: App;

beforeEach(async () => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  fake = new FakeBackend();
  fake.rows = Array.from({ length: 60 }, (_, i) => fakeRow(i + 1, NOW - (60 - i) * 60_000, NOW));
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
  await waitFor(() => expect(screen.getByTestId("search-box").dataset.ready).toBe("true"));
});
afterEach(cleanup);

const box = () => screen.getByTestId("search-input");
const editor = () => EditorView.findFromDOM(box()) as EditorView;
const text = () => editor().state.doc.toString();
/** As the keyboard does: at the caret. */
function type(added: string): void {
  const { head } = editor().state.selection.main;
  editor().focus();
  editor().dispatch({
    changes: { from: head, insert: added },
    selection: { anchor: head + added.length },
    userEvent: "input.type",
  });
}
const key = (name: string, extra = {}) => fireEvent.keyDown(box(), { key: name, ...extra });
const chips = () => [...box().querySelectorAll(".chip")].map((chip) => chip.textContent);
const options = () => screen.queryAllByRole("option").map((option) => option.querySelector(".label")?.textContent);

describe("the box", () => {
  it("makes a chip of each part that is understood, and leaves the rest text", async () => {
    type("type:batch -verdict:rejected needle or x");
    await waitFor(() => expect(chips()).toEqual(["type:batch", "-verdict:rejected"]));
    expect(box().querySelector(".chip.not")?.textContent).toBe("-verdict:rejected");
    expect(box().querySelector(".operator")?.textContent).toBe("or");
    await waitFor(() => expect(app.deliveries.query).toBe("type:batch -verdict:rejected needle or x"));
  });

  it("takes a chip out by its cross, and all of it by the button", async () => {
    type("type:batch verdict:rejected");
    await waitFor(() => expect(chips()).toHaveLength(2));
    const [first] = await screen.findAllByTestId("chip-remove");
    if (first) await fireEvent.click(first);
    await waitFor(() => expect([text(), app.deliveries.query]).toEqual(["verdict:rejected", "verdict:rejected"]));
    await fireEvent.click(screen.getByTestId("search-clear"));
    await waitFor(() => expect([text(), app.deliveries.query]).toEqual(["", ""]));
  });

  it("edits a chip like any text, and undoes", async () => {
    type("type:batch");
    await waitFor(() => expect(chips()).toEqual(["type:batch"]));
    // What is typed in one go is undone in one go.
    await new Promise((resolve) => setTimeout(resolve, 600));
    editor().dispatch({ changes: { from: 9, to: 10 }, userEvent: "delete.backward" });
    await waitFor(() => expect([text(), chips()]).toEqual(["type:batc", ["type:batc"]]));
    await key("z", { ctrlKey: true, keyCode: 90 });
    await waitFor(() => expect(text()).toBe("type:batch"));
  });

  it("has one line, whatever is pasted", async () => {
    editor().dispatch({ changes: { from: 0, insert: "a\nb\r\nc" }, userEvent: "input.paste" });
    await waitFor(() => expect(app.search.text).toBe("a b c"));
    expect(text()).toBe("a b c");
  });

  it("underlines what is wrong, says it, and Tab puts the nearest right form there", async () => {
    type("verdct:rejected x");
    await waitFor(() => expect(box().querySelector(".bad")?.textContent).toBe("verdct:"));
    expect([box().getAttribute("aria-invalid"), app.deliveries.query]).toEqual(["true", ""]);
    expect((await screen.findByTestId("suggestions")).textContent).toContain("There is no field “verdct”.");
    await key("Tab");
    await waitFor(() => expect(text()).toBe("verdict:rejected x"));
    await waitFor(() => expect(box().getAttribute("aria-invalid")).toBe("false"));
  });

  it("offers to leave out what says nothing", async () => {
    type('needle ""');
    expect((await screen.findByTestId("suggestion-fix")).textContent).toBe("Leave it outTab");
    await key("Escape");
    const fix = await screen.findByTestId("search-fix");
    expect(fix.textContent).toBe("Leave it out");
    await fireEvent.click(fix);
    await waitFor(() => expect(text()).toBe("needle"));
  });

  it("/ goes into it, Esc closes the list and then leaves it, with the text as it is", async () => {
    await fireEvent.keyDown(document.body, { key: "/" });
    await waitFor(() => expect(document.activeElement).toBe(box()));
    await screen.findByTestId("suggestions");
    type("x");
    await key("Escape");
    await waitFor(() => expect(screen.queryByTestId("suggestions")).toBeNull());
    expect(document.activeElement).toBe(box());
    await key("Escape");
    await waitFor(() => expect(document.activeElement).not.toBe(box()));
    expect(text()).toBe("x");
  });
});

describe("suggestions", () => {
  it("are a listbox of the box: arrows choose, Tab takes, Alt+Enter excludes", async () => {
    type("batch.f");
    await waitFor(() => expect(options()).toContain("type:batch.failed"));
    expect([box().getAttribute("role"), box().getAttribute("aria-expanded")]).toEqual(["combobox", "true"]);
    expect(box().getAttribute("aria-controls")).toBe(screen.getByRole("listbox").id);
    while (screen.queryByRole("option", { selected: true })?.textContent?.includes("type:batch.failed") !== true)
      await key("ArrowDown");
    const chosen = screen.getByRole("option", { selected: true });
    expect(box().getAttribute("aria-activedescendant")).toBe(chosen.id);
    expect(chosen.querySelector("mark")?.textContent).toBe("batch.f");
    await key("Enter", { altKey: true });
    await waitFor(() => expect(text()).toBe("-type:batch.failed "));
    expect(editor().state.selection.main.head).toBe(19);
    type("verdict:rej");
    await waitFor(() => expect(options()).toContain("verdict:rejected"));
    await key("Tab");
    await waitFor(() => expect(app.deliveries.query).toBe("-type:batch.failed verdict:rejected"));
    expect(document.activeElement).toBe(box());
  });

  it("have the recent and the saved searches, and a click takes one", async () => {
    await fireEvent.keyDown(document.body, { key: "/" });
    await waitFor(() => expect(options()).toContain("Forged"));
    expect(options()).toContain("verdict:rejected since:1d");
    await fireEvent.click(screen.getByText("Forged"));
    await waitFor(() => expect(app.deliveries.query).toBe("verdict:rejected reason:no_matching_signature"));
  });

  it("F1 shows what a search can say; an example goes into the box", async () => {
    type("x");
    await key("F1");
    const sheet = await screen.findByTestId("grammar");
    await fireEvent.click(await within(sheet).findByText("verdict:verified"));
    await waitFor(() => expect(text()).toBe("x verdict:verified"));
  });
});

describe("the star", () => {
  it("saves the search with a name, and forgets it", async () => {
    type("verdict:rejected");
    await waitFor(() => expect(app.deliveries.query).toBe("verdict:rejected"));
    await key("s", { ctrlKey: true });
    const name = await screen.findByTestId<HTMLInputElement>("search-name");
    await fireEvent.click(screen.getByTestId("search-save"));
    expect(name.getAttribute("aria-invalid")).toBe("true");
    await fireEvent.input(name, { target: { value: "Bad ones" } });
    await fireEvent.click(screen.getByTestId("search-save"));
    await waitFor(() => expect(screen.getByTestId("search-star").getAttribute("aria-label")).toBe("Saved as Bad ones"));
    await fireEvent.click(screen.getByTestId("search-star"));
    await fireEvent.click(await screen.findByTestId("search-forget"));
    await waitFor(() => expect(screen.getByTestId("search-star").getAttribute("aria-label")).toBe("Save this search"));
  });
});

describe("the histogram", () => {
  const press = (name: string, extra = {}) =>
    fireEvent.keyDown(screen.getByTestId("histogram-picture"), { key: name, ...extra });

  it("is brushed by keys: the flag tells range and count, Enter makes the chips, a button takes them out", async () => {
    await screen.findByTestId("histogram");
    expect(screen.queryByTestId("histogram-flag")).toBeNull();
    await press("Home");
    await press("ArrowRight", { shiftKey: true });
    expect(screen.getByTestId("histogram-flag").textContent).toMatch(/ – .* · 2$/);
    await press("Escape");
    expect(screen.queryByTestId("histogram-flag")).toBeNull();
    await press("Home");
    for (let i = 0; i < 9; i++) await press("ArrowRight", { shiftKey: true });
    const told = Number(/· (\d+)$/.exec(screen.getByTestId("histogram-flag").textContent ?? "")?.[1]);
    await press("Enter");
    await waitFor(() => expect(app.deliveries.query).toMatch(/^since:\S+ until:\S+$/));
    await waitFor(() => expect(app.deliveries.matched).toBe(told));
    await fireEvent.click(await screen.findByTestId("all-times"));
    await waitFor(() => expect([app.deliveries.query, app.deliveries.matched]).toEqual(["", 60]));
  });

  it("is brushed by the mouse; what reaches to now stays open", async () => {
    const picture = await screen.findByTestId("histogram-picture");
    // jsdom knows no pointer events.
    const point = (type: string, clientX: number) =>
      fireEvent(picture, new MouseEvent(type, { clientX, button: 0, bubbles: true }));
    await point("pointerdown", 300);
    await point("pointermove", 600);
    expect(screen.getByTestId("histogram-flag").textContent).toMatch(/ · \d+$/);
    await point("pointerup", 600);
    await waitFor(() => expect(app.deliveries.query).toMatch(/^since:\S+$/));
  });

  it("is a table, too", async () => {
    await fireEvent.click(await screen.findByTestId("histogram-as-table"));
    const table = within(screen.getByTestId("histogram-table"));
    const all = table.getAllByRole("row").slice(1);
    const sum = all.reduce((n, row) => n + Number(within(row).getAllByRole("cell").at(-1)?.textContent), 0);
    expect(sum).toBe(60);
    await fireEvent.click(table.getAllByRole("button")[0] as HTMLElement);
    await waitFor(() => expect(app.deliveries.query).toMatch(/^since:\S+ until:\S+$/));
  });
});

describe("a value", () => {
  async function open(id: number) {
    await app.navigation.reveal(id);
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe(String(id)));
  }
  const value = (field: string) => screen.getByTestId("detail").querySelector(`[data-field="${field}"]`) as HTMLElement;

  it("of the payload, a header or the event makes a chip; with Alt it is excluded", async () => {
    await open(59);
    await waitFor(() => expect(value("body.data.user_metadata.job_group")).not.toBeNull());
    await fireEvent.click(value("body.data.user_metadata.job_group"), { detail: 1 });
    await waitFor(() => expect(app.deliveries.query).toBe("body.data.user_metadata.job_group:nightly-eval"));
    await fireEvent.click(value("type"), { detail: 1, altKey: true });
    await waitFor(() => expect(app.search.text).toMatch(/ -type:[a-z.]+$/));
    app.search.clear();
    app.detail.tab = "headers";
    await waitFor(() => expect(value("header.user-agent")).not.toBeNull());
    await fireEvent.click(value("header.user-agent"), { detail: 1 });
    await waitFor(() => expect(app.deliveries.query).toBe("header.user-agent:Google-Gemini-Webhooks/1.0"));
  });

  it("is not made one by a second click, which selects a word", async () => {
    await open(59);
    await waitFor(() => expect(value("type")).not.toBeNull());
    await fireEvent.click(value("type"), { detail: 1 });
    await fireEvent.click(value("type"), { detail: 2 });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(app.search.text).toBe("");
  });

  it("of a row is excluded with Alt, and a plain click chooses the row", async () => {
    const type = screen.getAllByTestId("row")[0]?.querySelector('[data-field="type"]') as HTMLElement;
    await fireEvent.click(type, { detail: 1, altKey: true });
    await waitFor(() => expect(app.search.text).toBe(`-type:${type.dataset.value}`));
    expect(app.deliveries.active).toBeNull();
  });
});

describe("hits", () => {
  it("are marked in row, payload and headers, and F3 goes from one to the next", async () => {
    type("nightly");
    await waitFor(() => expect(app.deliveries.query).toBe("nightly"));
    const row = (await screen.findAllByTestId("row-hit"))[0];
    expect([row?.textContent?.replace(/\s+/g, " "), row?.querySelector("mark")?.textContent]).toEqual([
      "job_group nightly-eval",
      "nightly",
    ]);
    await app.navigation.reveal(59);
    const hits = await screen.findByTestId("hits");
    await waitFor(() => expect(hits.textContent).toContain("data.user_metadata.job_group"));
    await waitFor(() => expect(screen.getByRole("tree").querySelector("mark")?.textContent).toBe("nightly"));
    expect(screen.getByTestId("detail").querySelector("mark[data-current]")).toBeNull();
    await key("F3");
    await waitFor(() => expect(screen.getByRole("tree").querySelector("mark[data-current]")).not.toBeNull());
    expect(within(hits).getByRole("button", { current: true }).textContent).toContain("nightly");
  });

  it("in a header open its tab", async () => {
    type("Gemini-Webhooks");
    app.search.type("Gemini-Webhooks or batch");
    await waitFor(() => expect(app.deliveries.query).toBe("Gemini-Webhooks or batch"));
    await app.navigation.reveal(59);
    const hits = await screen.findByTestId("hits");
    await fireEvent.click(within(hits).getAllByTestId("hit")[0] as HTMLElement);
    await waitFor(() => expect(app.detail.tab).toBe("headers"));
    await waitFor(() =>
      expect(
        screen.getByTestId("detail").querySelector('[data-field="header.user-agent"] mark[data-current]')?.textContent,
      ).toBe("Gemini-Webhooks"),
    );
  });
});
