import { beforeEach, describe, expect, it, vi } from "vitest";
import { FakeBackend } from "../fake/backend";
import { fakeRow } from "../fake/rows";
import type { Row } from "../ipc/generated";
import { Deliveries } from "./deliveries.svelte";

const NOW = 1_800_000_000_000;
let fake: FakeBackend;
let list: Deliveries;

const make = (from: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => fakeRow(from + i, NOW, NOW));
const arrive = (from: number, count: number) => {
  fake.arrive(...make(from, count));
  fake.flush();
};
const shown = () => Array.from({ length: list.shown }, (_, i) => list.rowAt(i)?.id);
const down = (from: number) => Array.from({ length: from }, (_, i) => from - i);

beforeEach(async () => {
  vi.useFakeTimers();
  fake = new FakeBackend();
  list = new Deliveries(fake, () => undefined);
  await fake.live((message) => list.apply(message));
});

describe("a list that is shorter than the screen", () => {
  beforeEach(async () => {
    fake.rows = make(1, 4);
    list.setRoom(10);
    await list.open();
    await list.choose(2);
  });

  it("holds nothing back until it is full, though one is chosen", async () => {
    expect(list.following).toBe(false);
    arrive(5, 1);
    expect([list.unseen, list.activeIndex, shown()]).toEqual([0, 3, down(5)]);
    expect(list.seen.isFresh(5)).toBe(true);
    arrive(6, 5);
    expect([list.unseen, list.activeIndex, shown()]).toEqual([0, 8, down(10)]);
    // From here on the chosen one would be pushed out of sight.
    arrive(11, 3);
    expect([list.unseen, list.activeIndex, shown()]).toEqual([3, 8, down(10)]);
  });

  it("takes in as many of a burst as there is room for", () => {
    arrive(5, 40);
    expect([list.unseen, list.shown, list.activeIndex]).toEqual([34, 10, 8]);
    expect(shown()).toEqual(down(10));
  });

  it("takes in more when the window grows, and gives none back when it shrinks", async () => {
    arrive(5, 40);
    list.setRoom(30);
    await list.need(0, 30);
    expect([list.unseen, shown()]).toEqual([14, down(30)]);
    list.setRoom(5);
    expect(list.shown).toBe(30);
  });

  it("is filled after a resync, too", async () => {
    fake.rows.push(...make(5, 3));
    list.apply({ kind: "resync", view: 1 });
    await vi.advanceTimersByTimeAsync(10);
    expect([list.following, list.unseen, shown()]).toEqual([false, 0, down(7)]);
  });
});

describe("the newest, chosen", () => {
  it("follows again, and stays the chosen one", async () => {
    fake.rows = make(1, 500);
    list.setRoom(10);
    await list.open();
    await list.choose(300);
    arrive(501, 20);
    expect(list.unseen).toBe(20);
    expect((await list.chooseNewest())?.id).toBe(520);
    expect([list.following, list.unseen, list.activeIndex]).toEqual([true, 0, 0]);
    arrive(521, 2);
    expect([list.following, list.activeIndex, list.active?.id]).toEqual([true, 2, 520]);
  });

  it("is the one that was newest when it was asked for, though others come while it is fetched", async () => {
    fake.rows = make(1, 500);
    await list.open();
    await list.choose(300);
    arrive(501, 300);
    fake.delay = 5;
    const choosing = list.chooseNewest();
    arrive(801, 2);
    await vi.advanceTimersByTimeAsync(5);
    expect((await choosing)?.id).toBe(800);
    expect(list.activeIndex).toBe(2);
  });
});

describe("while another query is tried", () => {
  it("what is here is not taken for its result", async () => {
    fake.rows = make(1, 100);
    await list.open();
    expect(list.searching).toBe(false);
    fake.delay = 50;
    const opening = list.open("verdict:rejected");
    expect([list.searching, list.matched]).toEqual([true, 100]);
    await vi.advanceTimersByTimeAsync(50);
    await opening;
    expect([list.searching, list.matched]).toEqual([
      false,
      fake.rows.filter((row) => row.outcome === "rejected").length,
    ]);
  });

  it("reading the same list again is no search", async () => {
    fake.rows = make(1, 100);
    await list.open();
    fake.delay = 50;
    list.apply({ kind: "resync", view: 1 });
    expect(list.searching).toBe(false);
    await vi.advanceTimersByTimeAsync(50);
  });

  it("ends where it cannot be tried, and where one goes back to what is here", async () => {
    fake.rows = make(1, 100);
    await list.open();
    fake.failures.set("viewOpen", { code: "database_error", message: "The database is locked.", detail: null });
    await list.open("x");
    expect([list.searching, list.error?.code]).toEqual([false, "database_error"]);
    fake.failures.clear();
    fake.delay = 50;
    void list.open("xy");
    expect(list.searching).toBe(true);
    void list.open("");
    expect(list.searching).toBe(false);
    await vi.advanceTimersByTimeAsync(50);
    expect([list.searching, list.error, list.matched]).toEqual([false, null, 100]);
  });
});

describe("a chosen delivery that the search leaves out", () => {
  beforeEach(async () => {
    fake.rows = make(1, 600);
    await list.open();
    await list.choose(400);
  });
  const other = () =>
    fake.rows.find((row) => row.id === list.active?.id)?.outcome === "verified"
      ? "verdict:rejected"
      : "verdict:verified";

  it("is told so once that is known, and not while it is looked for", async () => {
    expect(list.leavesOut).toBe(false);
    fake.delay = 10;
    list.setQuery(other());
    expect(list.leavesOut).toBe(false);
    await vi.advanceTimersByTimeAsync(30);
    expect(list.leavesOut).toBe(true);
    // With another query it may be there again: nothing is said before that is known.
    list.clear();
    expect(list.leavesOut).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect(list.leavesOut).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    expect([list.leavesOut, list.activeIndex]).toEqual([false, 400]);
  });

  it("also where it is gone to from elsewhere; where it could not be asked for, nothing is claimed", async () => {
    await list.open(other());
    const id = list.active?.id ?? 0;
    expect(await list.chooseId(id)).toBe(false);
    expect(list.leavesOut).toBe(true);
    fake.failures.set("viewFind", { code: "database_error", message: "The database is locked.", detail: null });
    expect(await list.chooseId(id)).toBe(false);
    expect(list.leavesOut).toBe(false);
  });

  it("is not one that has come and is held back", async () => {
    arrive(601, 5);
    list.point(603);
    await vi.advanceTimersByTimeAsync(1);
    expect([list.activeIndex, list.leavesOut]).toEqual([-1, false]);
  });
});
