import { describe, expect, it } from "vitest";
import { jobOf } from "../fake/job-rows";
import { findingOf } from "../fake/jobs-found";
import type { JobFinding } from "../ipc";
import { axisFor, barsOf, deliveryTicks, endLabels, hours, shades, xAt } from "./finding-axis";
import { evidenceSum, findingHead, nextWords, pictureWords } from "./finding-words";

const MINUTE = 60_000;
const NOW = new Date(2026, 10, 29, 14, 36, 0).getTime();
const ENDED = new Date(2026, 10, 29, 14, 2, 11).getTime();
const brief = {
  cause: "tunnel_down" as const,
  words: "tunnel was down 13:58–14:09",
  found_ms: ENDED,
  set_aside: false,
};
const finding = findingOf(
  jobOf({ kind: "batch", name: "batches/2f", ended_ms: ENDED, finding: brief }),
  NOW,
) as JobFinding;
const axis = axisFor(finding, 640);

describe("the picture", () => {
  it("keeps everything between its ends", () => {
    expect(xAt(axis, finding.from_ms)).toBe(axis.left);
    expect(xAt(axis, finding.to_ms + MINUTE)).toBe(axis.right);
    for (const bar of barsOf(axis, finding.tunnel, NOW)) {
      expect(bar.x).toBeGreaterThanOrEqual(axis.left);
      expect(bar.x + bar.width).toBeLessThanOrEqual(axis.right + 2);
    }
  });

  it("draws nothing after now, which nobody has seen", () => {
    const far = [{ from_ms: finding.from_ms, to_ms: finding.to_ms, up: true, guessed: false, words: null }];
    const [bar] = barsOf(axis, far, NOW);
    expect((bar?.x ?? 0) + (bar?.width ?? 0)).toBeCloseTo(xAt(axis, NOW));
    expect(barsOf(axis, far, finding.from_ms)).toEqual([]);
  });

  it("shades what was down when the job ended, and only that", () => {
    expect(shades(axis, [finding.webhook, finding.tunnel], ENDED)).toHaveLength(1);
    expect(shades(axis, [finding.tunnel], ENDED + 30 * MINUTE)).toEqual([]);
  });

  it("puts deliveries together that cannot be told apart, but never the job's own", () => {
    const tick = (at_ms: number, ours = false) => ({ delivery: at_ms, at_ms, verified: true, ours });
    const drawn = deliveryTicks(axis, [tick(ENDED), tick(ENDED + 1000), tick(ENDED + 2000, true), tick(0)]);
    expect(drawn.map((one) => [one.count, one.ours])).toEqual([
      [2, false],
      [1, true],
    ]);
  });

  it("labels whole quarters, no closer than can be read", () => {
    const marks = hours(axis, NOW);
    expect(marks.map((one) => one.label)).toContain("14:00");
    for (const [i, one] of marks.entries()) if (i) expect(one.x - (marks[i - 1]?.x ?? 0)).toBeGreaterThan(70);
    expect(hours(axisFor(finding, 200), NOW).length).toBeLessThanOrEqual(3);
  });

  it("moves the words apart where the two lines are close", () => {
    expect(endLabels(axis, 300, 310)).toMatchObject({ ended: { anchor: "end" }, now: { anchor: "start" } });
    expect(endLabels(axis, 300, 500)).toMatchObject({ ended: { anchor: "middle" }, now: { anchor: "middle" } });
    expect(endLabels(axis, axis.left + 2, null).ended.anchor).toBe("start");
  });
});

describe("its words", () => {
  it("say what it comes to", () => {
    expect(findingHead(finding, NOW)).toBe("Ended 14:02:11, never called.");
    expect(findingHead({ ...finding, brief: { ...brief, cause: "refused" } }, NOW)).toContain("refused by us");
    expect(evidenceSum(finding.evidence)).toBe("8 checked, 1 explains it");
    expect(evidenceSum([])).toBe("0 checked, none explains it");
    expect(pictureWords(finding, NOW)).toContain("the tunnel was down from 13:58 to 14:09");
  });

  it("call a guess a guess", () => {
    const next = { at_ms: ENDED + 45 * MINUTE, spread_ms: 0, from_events: 31, gives_up_ms: ENDED + 20 * MINUTE };
    expect(nextWords(next, NOW)).toBe("Tries go on until 14:22, the next about 14:47: a guess from 31 retried events.");
    expect(nextWords({ ...next, from_events: 0 }, NOW)).toContain(
      "a guess from the usual schedule, for none was seen here",
    );
  });
});
