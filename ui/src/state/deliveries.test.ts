import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FakeBackend } from "../fake/backend";
import { fakeRow, row } from "../fake/rows";
import type { Live } from "../ipc/generated";
import type { Deliveries } from "./deliveries.svelte";
import { everything, make, NOW, settle, testList } from "./test-list";

let fake: FakeBackend;
let list: Deliveries;
let failures: unknown[];

beforeEach(async () => {
  ({ fake, list, failures } = await testList());
});

describe("following", () => {
  it("shows the newest on top, and keeps to it as rows arrive", async () => {
    fake.rows = make(1, 5);
    await list.open();
    expect([0, 1, 4].map((i) => list.rowAt(i)?.id)).toEqual([5, 4, 1]);
    fake.arrive(...make(6, 2));
    fake.flush();
    expect(list.shown).toBe(7);
    expect(list.rowAt(0)?.id).toBe(7);
    expect(list.unseen).toBe(0);
    expect(list.seen.isFresh(7)).toBe(true);
    vi.advanceTimersByTime(1200);
    expect(list.seen.isFresh(7)).toBe(false);
  });

  it("stands still once the reader has moved: thousands arrive, nothing shifts, none is lost or doubled", async () => {
    fake.rows = make(1, 1000);
    await list.open();
    await list.choose(300);
    const before = await everything(list);
    for (let batch = 0; batch < 50; batch++) {
      fake.arrive(...make(1001 + batch * 100, 100));
      fake.flush();
      if (batch % 7 === 0) await settle();
    }
    expect(list.unseen).toBe(5000);
    expect(list.activeIndex).toBe(300);
    expect(await everything(list)).toEqual(before);
    list.follow();
    expect(await everything(list)).toEqual(Array.from({ length: 6000 }, (_, i) => 6000 - i));
    expect(failures).toEqual([]);
  });
});

describe("while the reader holds", () => {
  it("keeps no more rows than before, however many arrive, and has the newest right after following again", async () => {
    const MOST_KEPT = 2000;
    fake.rows = make(1, 1000);
    await list.open();
    await list.choose(300);
    for (let batch = 0; batch < 100; batch++) {
      const before = list.kept;
      fake.arrive(...make(1001 + batch * 500, 500));
      fake.flush();
      expect(list.kept).toBe(before);
      // The reader scrolls on meanwhile.
      if (batch % 10 === 9) {
        await list.need(batch * 9, batch * 9 + 40);
        expect(list.rowAt(batch * 9)?.id).toBe(1000 - batch * 9);
      }
      expect(list.rowAt(300)?.id).toBe(700);
    }
    expect([list.matched, list.shown, list.unseen]).toEqual([51_000, 1000, 50_000]);

    list.follow();
    expect(list.shown).toBe(51_000);
    fake.arrive(...make(51_001, 3));
    fake.flush();
    await list.need(0, 450);
    const newest = Array.from({ length: 450 }, (_, i) => list.rowAt(i)?.id);
    expect(newest).toEqual(Array.from({ length: 450 }, (_, i) => 51_003 - i));
    const all = await everything(list);
    expect(all.length).toBe(51_003);
    expect(all.every((id, i) => id === 51_003 - i)).toBe(true);
    expect(list.kept).toBeLessThanOrEqual(MOST_KEPT);
    expect(failures).toEqual([]);
  });

  it("chooses a row that came meanwhile, and keeps its place", async () => {
    fake.rows = make(1, 1000);
    await list.open();
    await list.choose(300);
    fake.arrive(...make(1001, 500));
    fake.flush();
    list.point(1200);
    await settle();
    expect([list.shown, list.activeIndex]).toEqual([1000, -1]);
    list.follow();
    expect(list.activeIndex).toBe(300);
    await list.need(290, 310);
    expect(list.rowAt(list.activeIndex)?.id).toBe(1200);
  });
});

describe("between the snapshot and the live rows", () => {
  it("loses none and doubles none, wherever rows fall while a view is opened", async () => {
    fake.delay = 5;
    fake.rows = make(1, 450);
    const opening = list.open();
    fake.arrive(...make(451, 30));
    fake.flush();
    fake.arrive(...make(481, 30));
    fake.flush();
    await vi.advanceTimersByTimeAsync(5);
    await opening;
    fake.arrive(...make(511, 10));
    fake.flush();
    expect(list.shown).toBe(520);
    fake.delay = 0;
    expect(await everything(list)).toEqual(Array.from({ length: 520 }, (_, i) => 520 - i));
  });

  it("takes a row only once, though it is told twice", async () => {
    fake.rows = make(1, 10);
    await list.open();
    const again: Live = { kind: "rows", view: 1, added: make(9, 3), first: 0, matched: 11, total: 11 };
    list.apply(again);
    list.apply(again);
    expect(list.matched).toBe(11);
    expect([0, 1, 2].map((i) => list.rowAt(i)?.id)).toEqual([11, 10, 9]);
  });

  it("reads again when the count does not come out", async () => {
    fake.rows = make(1, 10);
    await list.open();
    fake.rows.push(...make(11, 5));
    list.apply({ kind: "rows", view: 1, added: make(15, 1), first: 0, matched: 15, total: 15 });
    expect(list.matched).toBe(10);
    await vi.advanceTimersByTimeAsync(500);
    expect(await everything(list)).toEqual(Array.from({ length: 15 }, (_, i) => 15 - i));
  });

  it("ignores messages of a view that is closed", async () => {
    fake.rows = make(1, 10);
    await list.open();
    await list.open("verdict:rejected");
    const { matched } = list;
    list.apply({ kind: "rows", view: 1, added: make(11, 5), first: 0, matched: 15, total: 15 });
    list.apply({ kind: "resync", view: 1 });
    expect(list.matched).toBe(matched);
    expect(fake.calls.filter((call) => call === "viewOpen")).toHaveLength(2);
  });

  it("opens again on resync, and keeps the reader's place", async () => {
    fake.rows = make(1, 1000);
    await list.open();
    await list.choose(100);
    fake.arrive(...make(1001, 3000));
    fake.flush();
    await settle();
    expect(list.shown).toBe(1000);
    expect(list.unseen).toBe(3000);
    expect(list.activeIndex).toBe(100);
    await list.need(0, 40);
    expect(list.rowAt(0)?.id).toBe(1000);
  });
});

describe("changes", () => {
  it("change rows in place", async () => {
    fake.rows = make(1, 10);
    await list.open();
    fake.change(row(4, NOW, { outcome: "rejected", cause: "a proxy" }));
    expect(list.rowAt(6)?.cause).toBe("a proxy");
  });

  it("survive a page that was read before them", async () => {
    fake.rows = make(1, 1000);
    await list.open();
    fake.delay = 10;
    const reading = list.need(700, 740);
    list.apply({ kind: "changed", rows: [row(280, NOW, { outcome: "rejected", cause: "told meanwhile" })] });
    await vi.advanceTimersByTimeAsync(10);
    await reading;
    expect(list.rowAt(720)?.cause).toBe("told meanwhile");
  });
});

describe("searching", () => {
  it("drops the answer to a query that is no longer wanted", async () => {
    fake.rows = make(1, 100);
    await list.open();
    fake.delay = 50;
    const slow = list.open("verdict:unchecked");
    fake.delay = 5;
    const quick = list.open("verdict:rejected");
    await vi.advanceTimersByTimeAsync(60);
    await Promise.all([slow, quick]);
    expect(list.query).toBe("verdict:rejected");
    expect((await everything(list)).every((id) => fakeRow(id, NOW, NOW).outcome === "rejected")).toBe(true);
    expect(failures).toEqual([]);
  });

  it("asks for no page of a view that is gone", async () => {
    fake.rows = make(1, 1000);
    await list.open();
    fake.delay = 5;
    const reading = list.need(600, 640);
    const opening = list.open("verdict:rejected");
    await list.need(600, 640);
    await vi.advanceTimersByTimeAsync(10);
    await Promise.all([reading, opening]);
    expect(failures).toEqual([]);
  });

  it("finds the chosen row again, or says that it is not there", async () => {
    fake.rows = make(1, 1200);
    await list.open();
    await list.choose(200);
    const id = list.active?.id ?? 0;
    const { outcome } = fakeRow(id, NOW, NOW);
    await list.open(`verdict:${outcome}`);
    await list.need(list.activeIndex, list.activeIndex + 1);
    expect(list.rowAt(list.activeIndex)?.id).toBe(id);
    await list.open("matches nothing");
    expect(list.activeIndex).toBe(-1);
  });

  it("tells what failed", async () => {
    fake.failures.set("viewOpen", { code: "database_error", message: "The database is locked.", detail: null });
    await list.open();
    expect(failures).toEqual([{ code: "database_error", message: "The database is locked.", detail: null }]);
    expect(list.loaded).toBe(false);
  });
});

it("keeps a few pages of a hundred thousand rows", async () => {
  fake.rows = make(1, 100_418);
  await list.open();
  await list.choose(list.shown - 1);
  expect(list.rowAt(100_417)?.id).toBe(1);
  await list.choose(50_000);
  expect(list.rowAt(50_000)?.id).toBe(50_418);
  expect(fake.calls.filter((call) => call === "viewRows")).toHaveLength(2);
});
