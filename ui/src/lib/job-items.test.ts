import { describe, expect, it } from "vitest";
import { jobOf } from "../fake/job-rows";
import { FOUND_PX, HEAD_PX, heightOf, inSight, JOB_PX, jobItems, scrollToJob } from "./job-items";

const finding = { cause: "unexplained" as const, words: "", found_ms: 0, set_aside: false };
const job = (index: number) =>
  jobOf({ kind: "batch", name: `batches/${index}`, finding: index === 3 ? finding : null });

describe("the lines of the list", () => {
  it("stand below one another, with a head for each group and room for a finding", () => {
    const items = jobItems(5, 2, job);
    expect(items.map((one) => (one.at === "head" ? one.group : one.index))).toEqual([
      "running",
      0,
      1,
      "ended",
      2,
      3,
      4,
    ]);
    for (const [i, one] of items.entries())
      expect(one.top).toBe(i === 0 ? 0 : (items[i - 1]?.top ?? 0) + (items[i - 1]?.height ?? 0));
    expect(heightOf(items)).toBe(2 * HEAD_PX + 4 * JOB_PX + FOUND_PX);
  });

  it("has no head of a group that is empty", () => {
    expect(jobItems(2, 0, job).map((one) => one.at)).toEqual(["head", "job", "job"]);
    expect(jobItems(2, 2, job).map((one) => one.at)).toEqual(["head", "job", "job"]);
    expect(jobItems(0, 0, job)).toEqual([]);
  });

  it("draws what is in sight, and little more", () => {
    const items = jobItems(10_000, 0, () => undefined);
    const seen = inSight(items, 100_000, 480, 0);
    expect(seen.length).toBeLessThanOrEqual(11);
    expect(seen[0]?.top).toBeLessThanOrEqual(100_000);
    expect((seen.at(-1)?.top ?? 0) + JOB_PX).toBeGreaterThanOrEqual(100_480);
    expect(inSight(items, 0, 0)).toEqual([]);
  });

  it("scrolls no farther than it must, and shows the head with the first of a group", () => {
    const items = jobItems(20, 2, job);
    expect(scrollToJob(items, 5, 0, 600)).toBeNull();
    expect(scrollToJob(items, 2, 400, 300)).toBe(HEAD_PX + 2 * JOB_PX);
    const last = scrollToJob(items, 19, 0, 300);
    expect(last).toBe(heightOf(items) - 300);
    expect(scrollToJob(items, 99, 0, 300)).toBeNull();
  });
});
