import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import axe from "axe-core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { triedOf } from "../../fake/attempts";
import { FakeBackend } from "../../fake/backend";
import { row } from "../../fake/rows";
import type { Row } from "../../ipc";
import { App } from "../../state/app.svelte";
import Window from "../../Window.svelte";

vi.setConfig({ testTimeout: 30_000 });
const NOW = Date.now();
let fake: FakeBackend;

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(427);
  fake = new FakeBackend();
});
afterEach(cleanup);

/** Attempts of one event, each with what its row tells of all of them. */
function event(...shapes: Partial<Row>[]): Row[] {
  const all = shapes.map((shape, i) =>
    row(i + 1, NOW - (shapes.length - i) * 60_000, {
      outcome: "verified",
      message_id: "msg_1",
      attempt: i + 1,
      attempts: shapes.length,
      ...shape,
    }),
  );
  const tries = all.map(triedOf).slice(-4);
  return all.map((one) => ({ ...one, tries }));
}
const names = () => screen.getAllByTestId("attempt-strip").map((one) => one.getAttribute("aria-label"));

it("a row shows the attempts of its event, by name too, and hears of another verdict of any of them", async () => {
  const twice = event({ status: 503 }, { status: 200 });
  fake.rows = [...twice, row(3, NOW, { outcome: "verified" })];
  render(Window, { app: new App(fake) });
  await waitFor(() => expect(names()).toEqual(["2 attempts, 503, 200", "2 attempts, 503, 200"]));
  const [newest, second, first] = screen.getAllByTestId("row");
  expect(newest?.querySelector(".c-tries")?.textContent?.trim()).toBe("");
  // Which one a row is of: a line under its dot.
  for (const [one, at] of [
    [second, 1],
    [first, 0],
  ] as const)
    expect([...(one?.querySelectorAll("svg.strip g") ?? [])].findIndex((dot) => dot.querySelector(".own"))).toBe(at);
  const { violations } = await axe.run(screen.getByTestId("grid"), { rules: { "color-contrast": { enabled: false } } });
  expect(violations.map((one) => one.id)).toEqual([]);

  fake.tell({ kind: "changed", rows: event({ status: 503 }, { status: 200, outcome: "unchecked" }) });
  await waitFor(() => expect(names()).toEqual(["2 attempts, 503, 200 unchecked", "2 attempts, 503, 200 unchecked"]));
});

it("a row whose attempts are not told says how many there are", async () => {
  const app = new App(fake);
  render(Window, { app });
  await waitFor(() => expect(app.deliveries.loaded).toBe(true));
  fake.rows = event({ status: 401, outcome: "rejected" }, { status: 200 });
  await app.deliveries.open("");
  await waitFor(() => expect(names()).toEqual(["2 attempts, 401, 200", "2 attempts, 401, 200"]));
  fake.tell({ kind: "changed", rows: fake.rows.map((one) => ({ ...one, tries: [] })) });
  await waitFor(() => expect(screen.queryByTestId("attempt-strip")).toBeNull());
  expect(screen.getAllByText("×2")).toHaveLength(2);
});
