import { describe, expect, it } from "vitest";
import type { KeepLimits, Transfer } from "../ipc";
import {
  barScale,
  clockLeft,
  deletedWhat,
  draftOfLimits,
  goingWords,
  keepWords,
  NO_LIMITS,
  noteRoom,
  optionSize,
  partsOf,
  readLimits,
  untilWords,
} from "./keep";
import { exportName, fileName, importWords, paceWords, shareOf, transferTold } from "./transfers";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const nb = (text: string) => text.replaceAll("\u00A0", " ");

describe("the parts of the size", () => {
  it("sum to the total, whatever the back end names", () => {
    const parts = partsOf(
      [
        { name: "headers", bytes: 400 },
        { name: "free", bytes: 20 },
      ],
      1000,
    );
    expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(1000);
    expect(parts.map((part) => part.name)).toEqual([
      "headers",
      "bodies",
      "rows",
      "answers",
      "search",
      "log",
      "free",
      "other",
    ]);
  });
  it("are drawn against the limit, or against what is more", () => {
    expect(barScale(100, 400, null)).toBe(400);
    expect(barScale(500, 400, 200)).toBe(500);
    expect(barScale(500, null, 800)).toBe(800);
    expect(barScale(0, null, null)).toBe(1);
  });
});

describe("limits", () => {
  const limits: KeepLimits[] = [
    NO_LIMITS,
    { max_bytes: 2 * GIB, max_days: null, max_count: null, free_bytes: GIB },
    { max_bytes: 768 * MIB, max_days: 30, max_count: 1_000_000, free_bytes: null },
    { max_bytes: 1.5 * GIB, max_days: 1, max_count: 1, free_bytes: 512 * MIB },
  ];
  it.each(limits)("are typed as they are read: %o", (one) => {
    expect(readLimits(draftOfLimits(one))).toEqual({ limits: one });
  });
  it.each([
    [{ size: "0" }, "size"],
    [{ size: "8", sizeUnit: "MiB" as const }, "size"],
    [{ size: "-1" }, "size"],
    [{ size: "1e9" }, "size"],
    [{ size: "two" }, "size"],
    [{ days: "0" }, "days"],
    [{ days: "1.5" }, "days"],
    [{ days: "40000" }, "days"],
    [{ count: "0" }, "count"],
    [{ count: "many" }, "count"],
    [{ free: "none" }, "free"],
  ])("%o is said to be wrong", (change, field) => {
    const read = readLimits({ ...draftOfLimits(NO_LIMITS), ...change });
    expect("errors" in read && Object.keys(read.errors)).toEqual([field]);
  });
  it("take digits in groups, and halves of a unit", () => {
    const read = readLimits({ ...draftOfLimits(NO_LIMITS), size: "1.5", count: "1,000,000" });
    expect(read).toEqual({ limits: { ...NO_LIMITS, max_bytes: 1.5 * GIB, max_count: 1_000_000 } });
  });
  it("are said as the command line takes them", () => {
    expect([768 * MIB, 2 * GIB, 1.5 * GIB, 20_000_001].map(optionSize)).toEqual(["768M", "2G", "1536M", "20000001"]);
    const before = { ...NO_LIMITS, max_bytes: 2 * GIB };
    expect(nb(keepWords({ ...NO_LIMITS, max_bytes: 768 * MIB, max_days: 1 }, before))).toBe("Keep 768 MiB, 1 day");
    expect(keepWords({ ...before, max_count: 1 }, before)).toBe("Keep 1 delivery");
    expect(keepWords({ ...before, free_bytes: GIB }, before)).toBe("Set the limits");
    expect(keepWords(NO_LIMITS, before)).toBe("Keep everything");
  });
});

describe("what would go", () => {
  const preview = {
    deliveries: 259_706,
    bytes: 268 * MIB,
    until_ms: new Date(new Date().getFullYear(), 10, 10, 16, 20).getTime(),
    staying_pinned: 14,
    staying_waiting: 2,
    query: "",
    buckets: [],
  };
  it("is said in two sentences", () => {
    expect(nb(goingWords(preview))).toBe("259,706 deliveries would go, the oldest first. 268 MiB come back.");
    expect(nb(untilWords(preview))).toBe("All until 10 Nov 16:20, but for 14 pinned and 2 that wait for the forward.");
    expect(nb(untilWords({ ...preview, staying_pinned: 0, staying_waiting: 1 }))).toBe(
      "All until 10 Nov 16:20, but for 1 that waits for the forward.",
    );
    expect(goingWords({ ...preview, deliveries: 0 })).toBe("Nothing would go now.");
    expect(untilWords({ ...preview, until_ms: null })).toBe("");
  });
  it("says how long a deletion can be undone, and what it was", () => {
    expect([clockLeft(581_000, 0), clockLeft(59_001, 0), clockLeft(0, 5)]).toEqual(["9:41", "1:00", "0:00"]);
    const of = (what: string) => deletedWhat({ what, number: 1, deliveries: 12, bytes: 0, at_ms: 0, until_ms: 0 });
    expect([of("all"), of("12 deliveries"), of(""), of("verdict:rejected")].map((one) => one.text)).toEqual([
      "The whole history",
      "12 chosen deliveries",
      "12 chosen deliveries",
      "verdict:rejected",
    ]);
  });
  it("counts a note in what one sees as characters", () => {
    expect(noteRoom("x".repeat(3999))).toBe(1);
    expect(noteRoom("👩‍👩‍👧".repeat(4000))).toBe(0);
    expect(noteRoom(` ${"x".repeat(4001)} `)).toBe(-1);
  });
});

describe("transfers", () => {
  const transfer: Transfer = {
    number: 1,
    kind: "import",
    format: "har",
    path: "/home/ada/runs.har",
    state: "done",
    done: 0,
    total: null,
    bytes: 0,
    bytes_total: null,
    new: 1180,
    known: 24,
    refused: 0,
    verified: 1102,
    rejected: 61,
    unchecked: 17,
    unbound: 0,
    left_out: 0,
    unknown_projects: [],
    problems: [],
    error: null,
    started_ms: 0,
    ended_ms: null,
  };
  it("say what came of them", () => {
    expect(importWords(transfer)).toBe("1,180 new, each checked again · 24 were here already");
    expect(importWords({ ...transfer, new: 0, known: 1, refused: 2 })).toBe(
      "nothing new · 1 was here already · 2 not taken",
    );
    expect(transferTold({ ...transfer, refused: 1 }).level).toBe("warning");
    expect(transferTold({ ...transfer, state: "failed" })).toEqual({
      level: "error",
      text: "runs.har was not imported.",
    });
    expect(transferTold({ ...transfer, kind: "export", state: "stopped" }).text).toBe(
      "The export was stopped; runs.har was not written.",
    );
  });
  it("say how far they are only where it is known", () => {
    expect(shareOf({ ...transfer, done: 5, total: 10 })).toBe(0.5);
    expect(shareOf({ ...transfer, bytes: 25, bytes_total: 100 })).toBe(0.25);
    expect(shareOf(transfer)).toBeNull();
    expect(shareOf({ ...transfer, total: 0 })).toBeNull();
    expect(paceWords({ ...transfer, bytes: 5e6 }, 500)).toBe("");
    expect(nb(paceWords({ ...transfer, bytes: 118e6, done: 1, total: 5 }, 1000))).toBe("118 MB/s · 4 s left");
    expect(nb(paceWords({ ...transfer, bytes: 5e6 }, 2000))).toBe("2.5 MB/s");
  });
  it("go to a file named for what is in it", () => {
    const day = new Date(2026, 10, 1);
    expect(exportName("all", "ndjson", day)).toBe("all-2026-11-01.ndjson");
    expect(exportName("marked", "schema_pydantic", day)).toBe("marked-2026-11-01.py");
    expect([fileName("/a/b.har"), fileName("C:\\x\\y.ndjson"), fileName("z")]).toEqual(["b.har", "y.ndjson", "z"]);
  });
});
