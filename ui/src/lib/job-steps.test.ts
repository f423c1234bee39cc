import { expect, it } from "vitest";
import { jobOf, toldOf } from "../fake/job-rows";
import { detailOf } from "../fake/jobs-found";
import { stateWord, stepsOf } from "./job-steps";

const plain = (text: string) => text.replaceAll("\u00A0", " ");
const AT = 1_700_000_000_000;

it("draws only the steps that are known, with the times between", () => {
  const forward = { sent_ms: AT + 24_040, status: 200, took_us: 18_000 };
  const job = jobOf({
    kind: "batch",
    name: "batches/a",
    dispatched_ms: AT - 83 * 60_000,
    ended_ms: AT,
    state: "JOB_STATE_SUCCEEDED",
    receivers: { uris: [], ours: true },
    told: toldOf(7, AT + 24_000, { forward }),
  });
  expect(stepsOf(detailOf(job)).map((one) => plain([one.word, one.gap, one.note].join(" | ")))).toEqual([
    "Dispatched |  | own webhook_config",
    "Ended | 1 h 23 min | state SUCCEEDED",
    "Told by v1a | 24 s | verified",
    "Forwarded | 40 ms | 200 in 18 ms",
  ]);
  expect(stepsOf(detailOf(jobOf({ kind: "video", name: "x", phase: "unknown" })))).toEqual([]);
});

it("two clocks give no length, and a forward that failed says so", () => {
  const told = toldOf(7, AT - 5, { scheme: null, forward: { sent_ms: AT, status: null, took_us: 0 } });
  const steps = stepsOf(detailOf(jobOf({ kind: "batch", name: "batches/a", ended_ms: AT, told })));
  expect(steps.map((one) => [one.word, one.gap])).toEqual([
    ["Ended", ""],
    ["Told", ""],
    ["Forward failed", "5\u00A0ms"],
  ]);
  expect(stateWord("BATCH_STATE_RUNNING")).toBe("RUNNING");
});
