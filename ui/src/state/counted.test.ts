import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FakeBackend } from "../fake/backend";
import type { Deliveries } from "./deliveries.svelte";
import { everything, make, settle, testList } from "./test-list";

let fake: FakeBackend;
let list: Deliveries;
let failures: unknown[];

beforeEach(async () => {
  ({ fake, list, failures } = await testList());
});

describe("while older matches are still being looked for", () => {
  beforeEach(() => {
    fake.base = 7_000_000;
    fake.atOnce = 200;
    fake.rows = make(1, 5000);
  });

  it("shows the newest at once, and the others below them once they are found: no row moves", async () => {
    await list.open();
    expect([list.first, list.matched, list.shown, list.exact]).toEqual([7_004_800, 200, 200, false]);
    expect([list.rowAt(0)?.id, list.rowAt(199)?.id]).toEqual([5000, 4801]);
    await list.choose(150);
    fake.arrive(...make(5001, 3));
    fake.flush();
    expect([list.unseen, list.activeIndex]).toEqual([3, 150]);
    fake.countOn();
    expect([list.exact, list.matched, list.shown, list.activeIndex]).toEqual([true, 5003, 5000, 150]);
    expect(list.rowAt(150)?.id).toBe(4850);
    expect(await everything(list)).toEqual(Array.from({ length: 5000 }, (_, i) => 5000 - i));
    expect(failures).toEqual([]);
  });

  it("asks for nothing that is not known yet, and says of no row that it is left out", async () => {
    await list.open();
    await list.need(0, 400);
    expect(fake.calls).not.toContain("viewRows");
    list.point(7);
    await settle();
    expect(list.leavesOut).toBe(false);
    fake.countOn();
    await settle();
    expect([list.leavesOut, list.activeIndex]).toEqual([false, 4993]);
  });

  it("takes what was found while the answer travelled", async () => {
    fake.delay = 5;
    const opening = list.open();
    fake.countOn();
    await vi.advanceTimersByTimeAsync(5);
    await opening;
    expect([list.exact, list.matched, list.first]).toEqual([true, 5000, 7_000_000]);
  });

  it("finds none at once and all of them later", async () => {
    fake.atOnce = 0;
    await list.open();
    expect([list.exact, list.matched]).toEqual([false, 0]);
    fake.countOn();
    expect([list.exact, list.matched, list.shown]).toEqual([true, 5000, 5000]);
    await list.need(0, 20);
    expect(list.rowAt(0)?.id).toBe(5000);
  });

  it("ignores what is told of a view that is closed", async () => {
    await list.open();
    const explained = { blocks_read: 1, blocks: 1 };
    list.apply({ kind: "counted", view: 99, first: 0, matched: 1, exact: true, took_us: 1, explained, nothing: null });
    expect([list.exact, list.matched]).toEqual([false, 200]);
  });
});

describe("when deliveries are gone", () => {
  it("reads what is on the screen again, and the reader stays as far from the newest", async () => {
    fake.rows = make(1, 1000);
    await list.open();
    await list.choose(100);
    fake.arrive(...make(1001, 5));
    fake.flush();
    fake.remove(...Array.from({ length: 400 }, (_, i) => i + 1), 905);
    expect([list.matched, list.shown, list.unseen, list.total]).toEqual([604, 599, 5, 604]);
    await settle();
    const left = fake.rows.map((one) => one.id).reverse();
    expect(await everything(list)).toEqual(left.slice(5));
    expect(list.rowAt(list.activeIndex)?.id).toBe(900);
    list.follow();
    expect(await everything(list)).toEqual(left);
    expect(failures).toEqual([]);
  });

  it("also the chosen one, which is then in no list", async () => {
    fake.rows = make(1, 10);
    await list.open();
    await list.choose(3);
    fake.remove(7);
    await settle();
    expect([list.activeIndex, list.leavesOut]).toEqual([-1, true]);
  });
});
