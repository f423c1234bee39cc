import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import Text from "./components/Text.svelte";
import { FakeBackend } from "./fake/backend";
import { fakeRow } from "./fake/rows";
import { App } from "./state/app.svelte";
import Window from "./Window.svelte";

let fake: FakeBackend;
let app: App;
const NOW = Date.now();

beforeEach(() => {
  // jsdom lays nothing out: give the list a height, or it draws no rows.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

async function open(rows: number): Promise<HTMLElement> {
  fake.rows = Array.from({ length: rows }, (_, i) => fakeRow(i + 1, NOW - (rows - i) * 1000, NOW));
  app = new App(fake);
  const { container } = render(Window, { app });
  await waitFor(() => expect(app.about.told).not.toBeNull());
  return container;
}

async function axeClean(container: HTMLElement): Promise<void> {
  // Colours are checked in tokens.test.ts; jsdom computes none.
  const { violations } = await axe.run(container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(violations.map((v) => `${v.id}: ${v.nodes[0]?.html}`)).toEqual([]);
}

const key = (name: string, extra = {}) => fireEvent.keyDown(document.body, { key: name, ...extra });

describe("the empty first start", () => {
  it("says one sentence and sends the first sample", async () => {
    await open(0);
    await waitFor(() => screen.getByTestId("first-start"));
    await fireEvent.click(screen.getByTestId("first-sample"));
    await waitFor(() => expect(screen.getAllByTestId("row")).toHaveLength(1));
    expect(screen.getByTestId("row").dataset).toMatchObject({ id: "1", outcome: "verified" });
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("1"));
    expect(app.deliveries.following).toBe(true);
    expect(Number(screen.getByTestId("row").dataset.receivedMs)).toBeGreaterThan(NOW - 1);
  });

  it("copies a cURL line to the listener's address", async () => {
    await open(0);
    await waitFor(() => screen.getByText("Copy cURL"));
    await fireEvent.click(screen.getByText("Copy cURL"));
    await waitFor(() => expect(fake.copied[0]).toContain("'http://127.0.0.1:4710/'"));
  });
});

describe("the parts of the detail", () => {
  it("are opened by 1 to 6, and the focus is on the tab that is open", async () => {
    await open(10);
    await waitFor(() => screen.getAllByTestId("row"));
    await key("j");
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("10"));
    for (const [digit, tab] of [
      ["3", "body"],
      ["1", "event"],
      ["6", "replays"],
      ["2", "headers"],
      ["5", "answer"],
      ["4", "attempts"],
    ] as const) {
      await key(digit);
      await waitFor(() => expect(document.activeElement?.id).toBe(`tab-${tab}`));
      expect(document.activeElement?.getAttribute("aria-selected")).toBe("true");
      expect(screen.getByRole("tabpanel").getAttribute("aria-labelledby")).toBe(`tab-${tab}`);
    }
    // The list goes on from there.
    await fireEvent.keyDown(document.activeElement ?? document.body, { key: "j" });
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("9"));
  });

  it("without a delivery the keys do no harm", async () => {
    await open(10);
    await waitFor(() => screen.getAllByTestId("row"));
    await key("3");
    expect(document.activeElement).toBe(document.body);
  });
});

describe("the engine's menu", () => {
  it("does not open on the window, and does in its fields", async () => {
    await open(10);
    const row = (await screen.findAllByTestId("row"))[0] as HTMLElement;
    const opens = (at: Element) => at.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true }));
    expect([opens(row), opens(document.body), opens(await screen.findByTestId("search-input"))]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe("the list", () => {
  it("is a grid with its counts, draws only what is in sight, and moves by keys", async () => {
    const container = await open(3000);
    await waitFor(() => expect(screen.getAllByTestId("row").length).toBeGreaterThan(10));
    const grid = screen.getByRole("grid");
    expect(grid.getAttribute("aria-rowcount")).toBe("3001");
    expect(screen.getAllByTestId("row").length).toBeLessThan(40);
    await key("j");
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("3000"));
    await key("j");
    await waitFor(() => expect(container.querySelector("[aria-selected=true]")?.getAttribute("data-id")).toBe("2999"));
    expect(document.activeElement?.getAttribute("data-id")).toBe("2999");
    await key("End");
    await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe("1"));
  });

  it("holds still with a pill when rows arrive, and follows again with f", async () => {
    await open(100);
    await waitFor(() => screen.getAllByTestId("row"));
    await key("j");
    await waitFor(() => expect(app.deliveries.following).toBe(false));
    fake.arrive(fakeRow(101, NOW, NOW), fakeRow(102, NOW, NOW));
    await waitFor(() => expect(screen.getByTestId("new-pill").textContent).toBe("2 new ↑"));
    expect(screen.getAllByTestId("row")[0]?.dataset.id).toBe("100");
    await key("f");
    await waitFor(() => expect(screen.getAllByTestId("row")[0]?.dataset.id).toBe("102"));
  });

  it("tells nothing matches from nothing yet", async () => {
    await open(20);
    app.search.type("nothing-has-this");
    await waitFor(() => screen.getByTestId("nothing-matches"));
    await fireEvent.click(screen.getByTestId("clear-search"));
    await waitFor(() => screen.getAllByTestId("row"));
    app.projects.choose(2);
    fake.rows = fake.rows.filter((row) => row.project !== 2);
    await app.deliveries.open();
    await waitFor(() => screen.getByTestId("nothing-yet"));
  });

  it("searches as one types, after a moment", async () => {
    await open(100);
    app.search.type("gs:");
    app.search.type('"gs://"');
    expect(fake.calls.filter((c) => c === "viewOpen")).toHaveLength(1);
    await waitFor(() => expect(screen.getByTestId("count").textContent?.trim()).toMatch(/^9 of 100 · [\d.]+\u00A0ms/));
    expect(fake.calls.filter((c) => c === "viewOpen")).toHaveLength(2);
  });
});

describe("hostile payloads", () => {
  it("are text: no element is made, what cannot be seen is marked", async () => {
    const container = await open(20);
    await app.navigation.reveal(13);
    await waitFor(() => expect(screen.getByRole("tree").textContent).toContain("<img src=x onerror=alert(1)>"));
    expect(container.querySelector("img:not(.cm-widgetBuffer)")).toBeNull();
    const tree = screen.getByRole("tree").textContent ?? "";
    expect(tree).toContain("123456789012345678901234567890");
    expect(tree).toContain("1e400");
    expect(tree).toContain("U+202E");
    expect(tree).not.toContain("\u202E");
    expect(tree).toContain("duplicate key");
  });

  it("in one text: marks stand apart", () => {
    const { container } = render(Text, { value: "a\u202Eb<script>" });
    expect(container.textContent).toBe("aU+202Eb<script>");
    expect(container.querySelectorAll(".hidden-mark")).toHaveLength(1);
    expect(container.querySelector("script")).toBeNull();
  });
});

describe("errors", () => {
  it("a taken port is said in the window, and one click away from another", async () => {
    fake.state.listener = {
      state: "failed",
      code: "port_in_use",
      message: "Another program listens there.",
      port: 4710,
      next_free: 4711,
    };
    await open(3);
    await waitFor(() => expect(screen.getByTestId("listener-failed").textContent).toContain("4710"));
    await fireEvent.click(screen.getByTestId("use-next-port"));
    await waitFor(() => expect(screen.getByTestId("listener-address").textContent).toBe("http://127.0.0.1:4711/"));
    expect(screen.queryByTestId("listener-failed")).toBeNull();
  });

  it("what a command says is shown, as an alert", async () => {
    await open(3);
    fake.failures.set("sampleSend", {
      code: "internal",
      message: "The sample could not be sent.",
      detail: "connection refused",
    });
    await key("s");
    const toast = await screen.findByTestId("toast");
    expect(toast.getAttribute("role")).toBe("alert");
    expect(toast.textContent).toContain("connection refused");
  });

  it("a secret's mistake stands beside its field, and the text is never shown unasked", async () => {
    await open(3);
    app.screen.go("secrets");
    const input = await screen.findByTestId<HTMLInputElement>("secret-input");
    expect(input.type).toBe("password");
    await fireEvent.input(input, { target: { value: "hunter2" } });
    await fireEvent.click(screen.getByTestId("secret-save"));
    await waitFor(() => expect(screen.getByTestId("secret-error").textContent).toContain("whsec_"));
    expect(document.body.textContent).not.toContain("hunter2");
  });
});

describe("axe finds nothing in", () => {
  it("the list and the detail", async () => {
    const container = await open(50);
    await app.navigation.reveal(50 - ((50 - 2) % 12));
    await waitFor(() => screen.getAllByTestId("ladder-step"));
    await waitFor(() => screen.getByRole("tree"));
    for (const tab of ["event", "headers", "body", "attempts", "answer", "replays"] as const) {
      app.detail.tab = tab;
      await Promise.resolve();
      await axeClean(container);
    }
  }, 30_000);

  it.each(["secrets", "sandbox", "settings"] as const)("%s", async (view) => {
    const container = await open(5);
    app.screen.go(view);
    await screen.findByTestId(view);
    if (view === "secrets") await screen.findAllByTestId("secret-row");
    await axeClean(container);
  });

  it("the empty first start", async () => {
    const container = await open(0);
    await screen.findByTestId("first-start");
    await axeClean(container);
  });
});
