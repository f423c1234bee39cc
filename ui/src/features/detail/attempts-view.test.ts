import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeBackend } from "../../fake/backend";
import { row } from "../../fake/rows";
import type { Row } from "../../ipc";
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
const expectNext = (from_events: number) =>
  fake.ofDeliveries.set(100, {
    job: null,
    contradiction: null,
    accepted: false,
    next: { at_ms: NOW + 76 * MIN, spread_ms: 15 * MIN, from_events, gives_up_ms: NOW + 20 * 60 * MIN },
  });

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

it("50 attempts are all in the table, and in the picture as few as can be told apart", async () => {
  await open(50);
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
