import { cleanup, configure, fireEvent, render, screen, waitFor, within } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../../ipc/fake";
import { fakeRow, row } from "../../ipc/fake-rows";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

// The whole window is drawn for each: on a busy machine that takes its time.
configure({ asyncUtilTimeout: 5000 });
vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
const DEV = "http://localhost:3000/webhooks/gemini";
const ORDERS = "http://localhost:8080/hooks";
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  // jsdom lays nothing out: give the list a height, or it draws no rows.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(scene: string | null = "few", rows = 60): Promise<void> {
  fake.rows = Array.from({ length: rows }, (_, i) => fakeRow(i + 1, NOW - (rows - i) * 1000, NOW));
  fake.replayScene(scene);
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => expect(app.info).not.toBeNull());
  await waitFor(() => screen.getAllByTestId("row"));
}

/** The cursor on the newest row, with its detail. */
async function first(): Promise<void> {
  await key("j");
  await screen.findByTestId("replay");
}

const key = (name: string, extra = {}) => fireEvent.keyDown(document.activeElement ?? document.body, { key: name, bubbles: true, ...extra });
const click = async (id: string) => fireEvent.click(await screen.findByTestId(id));
const type = async (id: string, value: string) => fireEvent.input(await screen.findByTestId(id), { target: { value } });
const gone = (id: string) => waitFor(() => expect(screen.queryByTestId(id)).toBeNull());
const marked = () => screen.getAllByTestId("row").filter((one) => one.getAttribute("aria-selected") === "true").map((one) => Number(one.dataset.id));
async function clean(): Promise<void> {
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

describe("r", () => {
  it("sends at once, and the answer is told and listed where one looks", async () => {
    await open();
    await first();
    const badge = () => Number(/\d+/.exec(screen.getByTestId("tab-replays").textContent ?? "")?.[0] ?? 0);
    await waitFor(() => expect(badge()).toBeGreaterThan(0));
    const before = badge();
    await key("6");
    await key("r");
    const toast = await screen.findByTestId("toast");
    expect(toast.textContent).toMatch(/dev server answered \d+ after/);
    await waitFor(() => expect(screen.getAllByTestId("sent")).toHaveLength(before + 1));
    expect(screen.getAllByTestId("sent")[0]?.textContent).toContain("as received");
    expect(badge()).toBe(before + 1);
    await click("sent-toggle");
    await screen.findByTestId("answer-line");
  });

  it("without a target asks for the address, says what is wrong with it, and goes on", async () => {
    await open("none");
    await first();
    await key("r");
    const input = await screen.findByTestId<HTMLInputElement>("address-input");
    expect(input.value).toBe("http://localhost:3000/");
    await type("address-input", "ftp://x");
    await click("address-go");
    await waitFor(() => expect(input.getAttribute("aria-invalid")).toBe("true"));
    expect(fake.sent).toEqual([]);
    await type("address-input", "3000/hooks");
    await type("address-input", "localhost:3000/hooks");
    await click("address-go");
    await gone("address-dialog");
    await waitFor(() => expect(fake.sent.map((one) => one.outbound.url)).toEqual(["http://localhost:3000/hooks"]));
  });

  it("asks before anything leaves this machine, by host; Cancel sends nothing", async () => {
    await open("none");
    await first();
    await key("r");
    await type("address-input", "http://hooks.example.com/x");
    await click("address-go");
    const dialog = await screen.findByTestId("leave-dialog");
    expect(dialog.textContent).toContain("hooks.example.com");
    expect(dialog.textContent).toContain("whoever is on the way can read");
    await clean();
    await click("leave-no");
    await gone("leave-dialog");
    expect(fake.sent).toEqual([]);
    await key("r");
    await click("leave-yes");
    await waitFor(() => expect(fake.sent).toHaveLength(1));
  });
});

describe("targets", () => {
  it("several may be ticked; a replay goes to all of them", async () => {
    await open();
    await first();
    await fireEvent.keyDown(screen.getByTestId("target-menu"), { key: "Enter" });
    const options = await screen.findAllByTestId("target-option");
    expect(options.map((one) => [one.dataset.url, one.getAttribute("aria-checked")])).toEqual([[DEV, "true"], [ORDERS, "false"]]);
    await fireEvent.click(options[1] as HTMLElement);
    await waitFor(() => expect(app.replay.targets.current(1)).toEqual([DEV, ORDERS]));
    await clean();
    const before = fake.sent.length;
    await app.replay.now();
    const card = await screen.findByTestId("run-card");
    await waitFor(() => expect(card.dataset.state).toBe("done"));
    expect(fake.sent.slice(before).map((one) => one.outbound.url)).toEqual([DEV, ORDERS]);
  });

  it("are named, warned of, deleted, and brought back", async () => {
    await open();
    app.replay.targets.managing = true;
    await click("target-new");
    await type("target-name", "local TLS");
    await type("target-url", "localhost:3443");
    expect(screen.getByTestId<HTMLInputElement>("target-any").disabled).toBe(true);
    await type("target-url", "https://localhost:3443");
    await fireEvent.click(screen.getByTestId("target-any"));
    expect(screen.getByTestId("target-form").textContent).toContain("Whoever answers as localhost:3443");
    await clean();
    await click("target-save");
    await waitFor(() => expect(screen.getAllByTestId("target-row")).toHaveLength(3));
    expect(fake.targetList.find((one) => one.name === "local TLS")).toMatchObject({ url: "https://localhost:3443/", any_certificate: true });
    await fireEvent.click(within(screen.getAllByTestId("target-row")[2] as HTMLElement).getByTestId("target-delete"));
    await waitFor(() => expect(screen.getAllByTestId("target-row")).toHaveLength(2));
    await fireEvent.click(await screen.findByText("Undo"));
    await waitFor(() => expect(screen.getAllByTestId("target-row")).toHaveLength(3));
  });
});

describe("marking", () => {
  it("by keys: x, Shift and the arrows, all, Esc; what is chosen stays what it was", async () => {
    await open();
    const grid = screen.getByRole("grid");
    expect(grid.getAttribute("aria-multiselectable")).toBe("true");
    await first();
    expect(marked()).toEqual([60]);
    await key("x");
    await key("J", { shiftKey: true });
    await waitFor(() => expect(marked()).toEqual([60, 59]));
    await key("ArrowDown", { shiftKey: true });
    await waitFor(() => expect(marked()).toEqual([60, 59, 58]));
    await key("ArrowUp", { shiftKey: true });
    await waitFor(() => expect(marked()).toEqual([60, 59]));
    expect(screen.getAllByTestId("row").find((one) => one.getAttribute("aria-current"))?.dataset.id).toBe("59");
    expect(screen.getByTestId("selection-count").textContent).toBe("2 marked");
    await clean();
    await key("j");
    await key(" ");
    await waitFor(() => expect(marked()).toEqual([60, 59, 58]));
    await key("a", { ctrlKey: true });
    await waitFor(() => expect(screen.getByTestId("selection-count").textContent).toBe("60 marked"));
    await key("Escape");
    await gone("selection-bar");
    expect(marked()).toEqual([58]);
  });

  it("by pointer: Ctrl, Shift and the box mark, a plain click only chooses", async () => {
    await open();
    const rows = () => screen.getAllByTestId("row");
    await fireEvent.click(rows()[1] as HTMLElement, { ctrlKey: true });
    await fireEvent.click(rows()[4] as HTMLElement, { metaKey: true });
    expect(marked()).toEqual([59, 56]);
    await fireEvent.click(rows()[6] as HTMLElement, { shiftKey: true });
    await waitFor(() => expect(marked()).toEqual([59, 56, 55, 54]));
    await fireEvent.click(rows()[0]?.querySelector(".box-mark") as HTMLElement);
    expect(marked()).toEqual([60, 59, 56, 55, 54]);
    await fireEvent.click(rows()[2] as HTMLElement);
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("58"));
    expect(marked()).toEqual([60, 59, 56, 55, 54]);
  });

  it("Replay… opens what can be said of all of them; they are sent oldest first, and counted by target", async () => {
    await open();
    await first();
    await key("x");
    await key("J", { shiftKey: true });
    await waitFor(() => expect(marked()).toHaveLength(2));
    await click("selection-edit");
    const dialog = await screen.findByTestId("replay-editor");
    expect(dialog.textContent).toContain("Replay 2 deliveries");
    expect(screen.queryByTestId("header-line")).toBeNull();
    await type("times", "2");
    await waitFor(() => expect(screen.getByTestId("editor-send").textContent).toBe("Send 4"));
    await clean();
    const before = fake.sent.length;
    await click("editor-send");
    await gone("replay-editor");
    const card = await screen.findByTestId("run-card");
    await waitFor(() => expect(card.dataset.state).toBe("done"));
    expect(fake.sent.slice(before).map((one) => one.outbound.delivery)).toEqual([59, 59, 60, 60]);
    expect(within(card).getByTestId("run-target").textContent).toMatch(/×\d/);
    await clean();
    await click("run-dismiss");
    await gone("run-card");
  });
});

describe("the editor", () => {
  async function edit(index = 0): Promise<HTMLElement> {
    await open();
    for (let i = 0; i <= index; i++) await key("j");
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe(String(60 - index)));
    await key("R", { shiftKey: true });
    return screen.findByTestId("replay-editor");
  }

  it("shows what goes out, and what is not as received", async () => {
    const dialog = await edit();
    await waitFor(() => expect(screen.getByTestId("preview-changes").textContent).toContain("time of sending"));
    expect(screen.getByTestId("preview-altered").textContent).toContain("is localhost:3000");
    await waitFor(() => expect(screen.getByTestId("code-editor").dataset.ready).toBe("true"));
    expect(dialog.querySelector(".cm-content")?.getAttribute("aria-label")).toBe("Body");
    await clean();
    await click("replay-id-renew");
    await waitFor(() => expect(screen.getByTestId("preview-changes").textContent).toContain("new id"));
  });

  it("edits headers; a name that cannot be is told beside it, and is not sent", async () => {
    await edit();
    await click("header-add");
    const lines = () => screen.getAllByTestId("header-line");
    const last = lines().at(-1) as HTMLElement;
    await fireEvent.input(within(last).getByTestId("header-name"), { target: { value: "x bad" } });
    expect(within(last).getByTestId("header-name").getAttribute("aria-invalid")).toBe("true");
    const before = fake.sent.length;
    await click("editor-send");
    expect(fake.calls).not.toContain("replayStart");
    await fireEvent.input(within(last).getByTestId("header-name"), { target: { value: "X-Good" } });
    await fireEvent.input(within(last).getByTestId("header-value"), { target: { value: "a\u202Eb" } });
    expect(last.textContent).toContain("U+202E");
    await click("editor-send");
    await waitFor(() => expect(fake.sent).toHaveLength(before + 1));
    expect(fake.sent.at(-1)?.request_headers.at(-1)).toMatchObject({ name: "X-Good", value: "a\u202Eb" });
  });

  it("Esc asks before edits are lost, and closes where there are none", async () => {
    const dialog = await edit();
    await key("Escape");
    await gone("replay-editor");
    await key("R", { shiftKey: true });
    await screen.findByTestId("replay-editor");
    await click("replay-time-shifted");
    await fireEvent.keyDown(await screen.findByTestId("replay-editor"), { key: "Escape" });
    await screen.findByTestId("confirm");
    await click("confirm-no");
    await gone("confirm");
    expect(screen.getByTestId<HTMLInputElement>("replay-time-shifted").checked).toBe(true);
    await fireEvent.keyDown(screen.getByTestId("replay-editor"), { key: "Escape" });
    await click("confirm-yes");
    await gone("replay-editor");
    expect(dialog.isConnected).toBe(false);
  });

  it("a shift has presets and any number; what is no number is told", async () => {
    await edit();
    await click("replay-time-shifted");
    await click("shift-360");
    expect(screen.getByTestId<HTMLInputElement>("shift").value).toBe("360");
    await waitFor(() => expect(screen.getByTestId("preview-changes").textContent).toContain("360 s in the future"));
    await type("shift", "soon");
    expect(screen.getByTestId("shift").getAttribute("aria-invalid")).toBe("true");
  });

  it("a twist says what it does and what a correct receiver does; one that signs needs a key", async () => {
    await edit();
    await fireEvent.keyDown(screen.getByTestId("twist"), { key: "Enter" });
    await fireEvent.click(await screen.findByTestId("twist-stale"));
    await waitFor(() => expect(screen.getByTestId("twist-said").textContent).toContain("A correct receiver: refuses it with 400 or 401."));
    await fireEvent.change(screen.getByTestId("replay-sign"), { target: { value: "leave" } });
    await waitFor(() => expect(screen.getByTestId("sign-error").textContent).toContain("choose what to sign with"));
  });

  it("a rejected delivery carries its mark, bytes are hex, and too long a body says so", async () => {
    await edit(60 - 17);
    expect(screen.getByTestId("replay-editor").textContent).toContain("was rejected");
    await screen.findByTestId("body-as-hex");
    await click("body-as-base64");
    expect(app.replay.editor.fields?.body).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(app.replay.editor.bodyEdited).toBe(false);
    app.replay.editor.close();
    await app.replay.editor.open([14], 1, [DEV]);
    expect((await screen.findByTestId("body-fixed")).textContent).toContain("too long to edit");
  });
});

describe("results", () => {
  it("stand side by side, with signs for what differs, and redirects that nobody followed", async () => {
    await open("many");
    fake.rows.push(row(61, NOW, { outcome: "verified" }));
    await app.replay.start({ deliveries: [61], targets: [DEV, ORDERS, "http://localhost:3000/redirect", "http://localhost:3999/"], changes: { headers: null, body: { kind: "received" }, id: "keep", time: { kind: "received" }, sign: { kind: "leave" }, twist: null }, times: 1, delay_ms: 0, concurrency: 4 });
    await click("run-results");
    const dialog = await screen.findByTestId("results-dialog");
    await waitFor(() => expect(within(dialog).getAllByTestId("answer-line")).toHaveLength(4));
    expect(within(dialog).getAllByTestId("result-row").map((one) => one.dataset.status)).toEqual(["200", "200", "302", "none"]);
    const [diff] = await within(dialog).findAllByTestId("diff");
    expect(diff?.dataset.same).toBe("false");
    expect(diff?.querySelector(".other .sign")?.textContent).toBe("+");
    expect(diff?.querySelector(".first .sign")?.textContent).toBe("−");
    expect(diff?.textContent).toContain("only here: server: orders/2.1");
    expect(within(dialog).getByTestId("redirect").textContent).toBe("302 to https://elsewhere.example.com/login?next=%2Fhooks, not followed");
    // One that never answered is compared with nothing.
    expect(within(dialog).getAllByTestId("diff")).toHaveLength(2);
    await clean();
    await fireEvent.click(within(dialog).getAllByTestId("result-pick")[0] as HTMLElement);
    await waitFor(() => expect(within(dialog).getAllByTestId("answer-column")).toHaveLength(3));
  });

  it("hostile answers are text, and what cannot be seen is marked", async () => {
    await open("many");
    await first();
    await app.replay.start({ deliveries: [60], targets: ["http://localhost:3000/hostile"], changes: { headers: null, body: { kind: "received" }, id: "keep", time: { kind: "received" }, sign: { kind: "leave" }, twist: null }, times: 1, delay_ms: 0, concurrency: 1 });
    await fireEvent.click(await screen.findByText("Show"));
    await waitFor(() => expect(screen.getByTestId("raw-body").textContent).toContain("<img src=x onerror=alert(1)>"));
    const panel = screen.getByRole("tabpanel");
    expect(panel.querySelector("img")).toBeNull();
    expect(panel.textContent).toContain("U+202E");
    expect(panel.textContent).not.toContain("\u202E");
    await clean();
  });
});

describe("answers of Pollux that somebody else made", () => {
  it("are marked in the list and named in the detail", async () => {
    await open(null, 20);
    const at = (id: number) => screen.getAllByTestId("row").find((one) => one.dataset.id === String(id))?.querySelector(".c-answer")?.textContent;
    expect(at(18)).toMatch(/^By a rule of the fault lab:dropped · /);
    expect(at(19)).toMatch(/^By the target that deliveries are forwarded to:503 · /);
    expect(at(20)).toBe("…");
    await app.reveal(18);
    await key("5");
    await waitFor(() => expect(screen.getByTestId("answer-by").textContent).toBe("By a rule of the fault lab: fail the first 2 attempts: 503"));
    expect(screen.getByTestId("answer-status").textContent).toContain("dropped");
    await app.reveal(20);
    await waitFor(() => expect(screen.getByTestId("answer-status").textContent).toContain("Not answered yet."));
    expect(screen.queryByTestId("answer-by")).toBeNull();
  });
});
