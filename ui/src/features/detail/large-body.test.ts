import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { row } from "../../fake/rows";
import type { BodyView } from "../../ipc";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

const NOW = Date.now();
const ONE = { event_type: "batch.succeeded", scheme: "v1" as const, outcome: "verified" as const };
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
  fake = new FakeBackend();
  fake.rows = [row(1, NOW - 2000, ONE), row(2, NOW - 1000, ONE)];
});
afterEach(cleanup);

/** Opens the window with a body in the delivery 2, and that chosen. */
async function open(text: string, more: Partial<BodyView> = {}): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  const [delivery, body] = [fake.delivery, fake.deliveryBody];
  fake.delivery = async (id) => {
    const detail = await delivery(id);
    const { length } = bytes;
    return id === 2 ? { ...detail, body: { ...detail.body, len: length, kept_len: length, ...more } } : detail;
  };
  fake.deliveryBody = async (id, decoded) => {
    const own = await body(id, decoded);
    return id === 2 ? bytes.slice().buffer : own;
  };
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
  await choose(2);
}

async function choose(id: number): Promise<void> {
  await app.navigation.reveal(id);
  await waitFor(() => expect(screen.getByTestId("detail").dataset.id).toBe(String(id)));
}

const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i} with some words in it`).join("\n");
const rows = () => [...screen.getByTestId("raw-body").querySelectorAll<HTMLElement>("[data-row]")];
const items = (count: number) =>
  JSON.stringify({ items: Array.from({ length: count }, (_, i) => ({ key: `request-${i}`, text: "x".repeat(60) })) });

it("a long body is a tree, raw and hex, of which little is in the page, and is let go with its delivery", async () => {
  await open(items(9000));
  await fireEvent.click(screen.getByTestId("tab-body"));
  await waitFor(() => screen.getByRole("tree"));
  await waitFor(() => screen.getByText("… 8,900 more"));
  await fireEvent.click(screen.getByTestId("body-mode-raw"));
  await waitFor(() => expect(rows().length).toBeGreaterThan(10));
  expect(rows().length).toBeLessThan(50);
  expect(rows()[0]?.textContent).toMatch(/^\{"items":\[\{"key":"request-0",/);
  await fireEvent.click(screen.getByTestId("body-mode-hex"));
  const hex = screen.getByTestId("hex-body");
  await waitFor(() => expect(hex.querySelectorAll(".row").length).toBeGreaterThan(10));
  expect(hex.querySelectorAll(".row").length).toBeLessThan(50);
  expect(hex.querySelector(".row")?.textContent).toContain('{"items":[{"key"');
  expect(app.detail.body?.id).toBe(2);
  await choose(1);
  await waitFor(() => expect(app.detail.body?.id).not.toBe(2));
});

it("a long body that is not UTF-8 throughout is no tree", async () => {
  await open(items(9000));
  const { deliveryBody } = fake;
  fake.deliveryBody = async (id, decoded) => {
    const bytes = new Uint8Array(await deliveryBody(id, decoded));
    bytes[bytes.length - 10] = 0xff;
    return bytes.buffer;
  };
  await fireEvent.click(screen.getByTestId("tab-body"));
  await waitFor(() => screen.getByText(/^The body is not text/));
});

it("F3 goes to where a long text has what is searched for, be it far from what is in sight", async () => {
  const [before, between] = [lines(9000), lines(6000)];
  const text = `${before} needle ${between} Needle at the end`;
  await open(text, { kind: "text" });
  fake.deliveryHits = async () =>
    [before.length + 1, text.length - "Needle at the end".length].map((offset) => ({
      place: "body" as const,
      name: null,
      before: "",
      text: text.slice(offset, offset + 6),
      after: "",
      offset,
    }));
  await app.detail.loadBody();
  await app.search.set("needle");
  await waitFor(() => expect(screen.getAllByTestId("hit")).toHaveLength(2));
  await waitFor(() => expect(rows().length).toBeGreaterThan(10));
  const current = () => document.querySelector("#panel mark[data-current]");
  await fireEvent.keyDown(document.body, { key: "F3" });
  await waitFor(() => expect(current()?.closest("[data-row]")?.textContent).toMatch(/^line 8999 .* needle line 0 /));
  // Nothing of it is read anew when the delivery is: another attempt may have come.
  const [shown, asked] = [screen.getByTestId("raw-body"), fake.calls.filter((call) => call === "delivery").length];
  app.detail.refresh();
  await waitFor(() => expect(fake.calls.filter((call) => call === "delivery").length).toBeGreaterThan(asked));
  await new Promise((resolve) => setTimeout(resolve));
  expect(screen.getByTestId("raw-body") === shown && shown.scrollTop > 0).toBe(true);
  await fireEvent.keyDown(document.body, { key: "F3" });
  await waitFor(() =>
    expect(current()?.closest("[data-row]")?.textContent).toMatch(/^line 5999 .* Needle at the end$/),
  );
});

it("copies the whole payload, and the command is made when it is asked for", async () => {
  const text = items(9000);
  await open(text);
  await fireEvent.keyDown(document.body, { key: "c" });
  await waitFor(() => expect(fake.copied).toHaveLength(1));
  // Not compared by `toBe`: what differs would be told in megabytes.
  expect(fake.copied[0] === text).toBe(true);
  await fireEvent.keyDown(document.body, { key: "C", shiftKey: true });
  await waitFor(() => expect(fake.copied[1]).toMatch(/^curl -X POST /));
});
