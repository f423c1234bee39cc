import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { UNTOLD } from "../../fake/jobs-found";
import { row } from "../../fake/rows";
import type { DeliveryJob, Row } from "../../ipc";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";
import { clean, click, key, plain } from "../operations/test-window";

vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
const MIN = 60_000;
let fake: FakeBackend;
let app: App;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

/** Opens the newest of so many attempts of one event. */
async function open(n: number, shape: Partial<Row> = {}): Promise<void> {
  fake.rows = [row(100, NOW - 44 * MIN, { outcome: "rejected", status: 401, attempt: n, attempts: n, ...shape })];
  app = new App(fake);
  render(Window, { app });
  await waitFor(() => screen.getAllByTestId("row"));
  app.detail.tab = "attempts";
  await app.navigation.reveal(100);
  await screen.findAllByTestId("attempt");
}
const expectNext = (from_events: number, shape: Partial<DeliveryJob> = {}) =>
  fake.ofDeliveries.set(100, {
    ...UNTOLD,
    next: { at_ms: NOW + 76 * MIN, spread_ms: 15 * MIN, from_events, gives_up_ms: NOW + 20 * 60 * MIN },
    ...shape,
  });
/** Two times in which nothing could be seen, and an attempt that one was due in. */
const BLIND: Partial<DeliveryJob> = {
  blind: [
    { from_ms: NOW - 57 * MIN, to_ms: NOW - 54 * MIN, cause: "tunnel_down", words: "network unreachable" },
    { from_ms: NOW - 30 * MIN, to_ms: NOW - 20 * MIN, cause: "not_listening", words: null },
  ],
  unseen: [{ at_ms: NOW - 56 * MIN, spread_ms: MIN, from_events: 31, gives_up_ms: NOW + 20 * 60 * MIN }],
};
/** Presses a key on the picture, as who has it in the focus. */
const pressed = (name: string) => fireEvent.keyDown(screen.getByTestId("axis-picture"), { key: name });

it("an event that was not taken: what came, what is expected and why", async () => {
  expectNext(31);
  await open(3);
  await screen.findByTestId("attempt-expected");
  expect(plain(screen.getByTestId("attempts-standing").textContent)).toMatch(
    /^Not taken yet: 3 attempts came, none was answered with 2xx. The sender should try again (tomorrow )?at about \d\d:\d\d, in 1 h 1[56] min, and gives up /,
  );
  expect(screen.getAllByTestId("attempt").map((one) => one.dataset.id)).toEqual(["76", "88", "100"]);
  expect(plain(screen.getAllByTestId("attempt")[0]?.textContent)).toMatch(/^1 .* ?first/);
  expect(plain(screen.getByTestId("attempt-expected").textContent)).toMatch(/2 h Expected, a guess$/);
  expect(screen.getByTestId("attempts-why").textContent).toContain("from the gaps of 31 retried events");
  for (const id of ["axis-next", "axis-now"]) expect(screen.getByTestId(id)).toBeTruthy();
  expect(screen.queryByTestId("ladder-step")).toBeNull();
  await click("verdict-fold");
  expect(screen.getAllByTestId("ladder-step").length).toBeGreaterThan(0);
  await click("verdict-fold");
  await click("axis-kind-clock");
  expect(screen.getByTestId("attempt-axis").textContent).toContain("time of day");
  await clean();
});

it("one attempt alone has no picture; with one expected it has", async () => {
  await open(1, { outcome: "verified", status: 200 });
  await waitFor(() => expect(screen.getByTestId("attempts-standing").textContent).toContain("Taken at the first"));
  expect(screen.queryByTestId("attempt-axis")).toBeNull();
  expect(screen.queryByTestId("attempt-expected")).toBeNull();
  cleanup();
  expectNext(0);
  await open(1);
  await screen.findByTestId("axis-next");
  expect(screen.getAllByTestId("axis-mark")).toHaveLength(1);
  expect(screen.getByTestId("attempts-why").textContent).toContain("no retried event was seen here yet");
});

it("when nothing could be seen is shaded and told, and what was due then is a guess", async () => {
  expectNext(31, BLIND);
  await open(3);
  await screen.findByTestId("axis-unseen");
  expect(screen.getAllByTestId("axis-band")).toHaveLength(2);
  const lines = [...screen.getByRole("table").querySelectorAll("[role=row]")].map((one) => plain(one.textContent));
  expect(lines[2]).toMatch(/^Tunnel down \d\d:\d\d–\d\d:\d\d, network unreachable, 3 min: no attempt could be seen$/);
  expect(lines[3]).toMatch(
    /^\? ?about \d\d:\d\d ?7 min ?Perhaps one here, not seen: the tunnel was down .*\. A guess\.$/,
  );
  expect(lines[6]).toMatch(/^Pollux was not listening \d\d:\d\d–\d\d:\d\d, 10 min/);
  expect(screen.getByTestId("attempts-why").textContent).toContain("It counts 1 attempt that could not be seen.");
  expect(screen.getByTestId("axis-picture").getAttribute("aria-label")).toMatch(
    /perhaps not seen, a guess: about \d\d:\d\d, the tunnel was down \d\d:\d\d–\d\d:\d\d; the next is expected/,
  );
  await clean();
});

it("left and right go from one attempt to another, and Enter opens it", async () => {
  await open(3);
  const attempts = app.detail.detail?.attempts ?? [];
  fake.rows = attempts;
  const picture = screen.getByTestId("axis-picture");
  picture.focus();
  await waitFor(() => expect(picture.getAttribute("aria-valuenow")).toBe("3"));
  await pressed("ArrowRight");
  expect(picture.getAttribute("aria-valuenow")).toBe("3");
  await pressed("ArrowLeft");
  expect(plain(picture.getAttribute("aria-valuetext"))).toBe("Attempt 2 · 14 min after the first · Verified · 503");
  expect(screen.getByTestId("axis-said").textContent).toContain("Attempt 2");
  expect(screen.getByTestId("axis-at")).toBeTruthy();
  expect(app.detail.id).toBe(100);
  await pressed("Enter");
  await waitFor(() => expect(app.detail.detail?.row.id).toBe(88));
  expect(document.activeElement).toBe(screen.getByTestId("axis-picture"));
  picture.blur();
  await waitFor(() => expect(screen.queryByTestId("axis-at")).toBeNull());
});

it("as a table there is no picture, and all of it is told", async () => {
  expectNext(31, BLIND);
  await open(3);
  await screen.findByTestId("attempt-unseen");
  await click("axis-kind-table");
  expect(screen.queryByTestId("axis-picture")).toBeNull();
  expect(screen.getAllByTestId("attempt")).toHaveLength(3);
  expect(screen.getByTestId("attempts-why")).toBeTruthy();
  await clean();
});

it("50 attempts: those that are alike are folded, and in the picture as few as can be told apart", async () => {
  await open(50);
  expect(screen.getAllByTestId("attempt").map((one) => one.dataset.id)).toEqual(["-488", "88", "100"]);
  expect(screen.getByTestId("attempts-unfold").textContent).toMatch(/^47 more like it, /);
  await click("attempts-unfold");
  expect(screen.getAllByTestId("attempt")).toHaveLength(50);
  const marks = screen.getAllByTestId("axis-mark");
  expect(marks.length).toBeLessThan(30);
  expect(marks.some((mark) => /\d/.test(mark.querySelector(".many")?.textContent ?? ""))).toBe(true);
});

it("[ and ] go to the earlier and the later attempt", async () => {
  await open(3);
  const attempts = app.detail.detail?.attempts ?? [];
  fake.rows = attempts;
  const read = fake.delivery;
  fake.delivery = (id) => read(id).then((detail) => ({ ...detail, attempts }));
  await key("[");
  await waitFor(() => expect(app.detail.detail?.row.id).toBe(88));
  await key("]");
  await waitFor(() => expect(app.detail.detail?.row.id).toBe(100));
  await key("]");
  expect(app.detail.id).toBe(100);
  expect(app.detail.tab).toBe("attempts");
});
