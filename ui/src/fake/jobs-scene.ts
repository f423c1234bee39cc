import type { JobView } from "../ipc";
import { counts, jobOf, toldOf } from "./job-rows";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const OURS = "https://ada-hooks.ngrok.app/";

const meta = (...pairs: [string, string][]) => pairs.map(([key, value]) => ({ key, value }));
const DONE = "JOB_STATE_SUCCEEDED";

/** As in the drawings: one that waits, four that run, then what ended; two of them were never told of. */
export function drawnJobs(now: number): JobView[] {
  const ago = (ms: number) => now - ms;
  const ended = (ms: number) => ({
    ended_ms: ago(ms),
    created_ms: ago(ms + 83 * MINUTE),
    expires_ms: ago(ms) + 48 * HOUR,
    state: DONE,
  });
  const on = (sent_ms: number) => ({ sent_ms: sent_ms + 40, status: 200, took_us: 18_000 });
  return [
    jobOf({
      kind: "interaction",
      name: "interactions/v1_Chc9xQabcdefghijklmnopqrstuvwxyz7mPk",
      model: "gemini-3-flash-preview",
      metadata: meta(["ticket", "48213"], ["queue", "returns"]),
      phase: "waiting",
      state: "requires_action",
      note: "issue_refund",
      created_ms: ago(5 * MINUTE),
      ended_ms: ago(4 * MINUTE),
      dispatched_ms: ago(5 * MINUTE),
      told: toldOf(100_380, ago(4 * MINUTE - 3 * SECOND), { event_type: "interaction.requires_action" }),
    }),
    jobOf({
      kind: "batch",
      name: "batches/9rm0c2v8k1p7x4ta",
      title: "summaries-2026-11-29",
      model: "gemini-2.5-flash",
      phase: "running",
      state: "JOB_STATE_RUNNING",
      counts: counts(20_000, 12_180, 20),
      created_ms: ago(3 * HOUR + 12 * MINUTE),
      next_ms: now + 52 * SECOND,
    }),
    jobOf({
      kind: "batch",
      name: "batches/e61cq7w2z9m3b5n8c08vw",
      title: "backfill-q3-transcripts",
      model: "gemini-2.5-flash-lite",
      phase: "running",
      state: "JOB_STATE_RUNNING",
      counts: counts(140_000, 11_200),
      created_ms: ago(31 * HOUR + 4 * MINUTE),
      next_ms: now + 52 * SECOND,
    }),
    jobOf({
      kind: "interaction",
      name: "interactions/v1_ZkP2aaBBccDDeeFFggHHiiJJkkLLmmQa0s",
      title: "EU battery recycling",
      model: "deep-research-pro",
      phase: "running",
      state: "in_progress",
      note: "step 14",
      created_ms: ago(11 * MINUTE),
      dispatched_ms: ago(11 * MINUTE),
    }),
    jobOf({
      kind: "video",
      name: "models/veo-3.1-generate/operations/5hq2c7v1n8m4e0vn",
      title: "teaser-v4",
      model: "veo-3.1-generate",
      phase: "running",
      state: "",
      created_ms: ago(100 * SECOND),
      dispatched_ms: ago(100 * SECOND),
    }),
    jobOf({
      kind: "batch",
      name: "batches/0bn7k4m2q8w6r5ucd",
      title: "labels-rerun",
      model: "gemini-2.5-flash",
      note: "62 of 62 rows",
      counts: counts(62, 62),
      ...ended(5 * MINUTE),
      grace_until_ms: now + 5 * MINUTE,
    }),
    jobOf({
      kind: "batch",
      name: "batches/k3v9h2j8d4f6g1q2d7",
      title: "eval-judge-nov-29",
      model: "gemini-2.5-flash",
      metadata: meta(["job_group", "nightly-eval"], ["attempt", "2"]),
      note: "2,391 of 2,400 rows",
      counts: counts(2400, 2338, 53),
      unusable: 62,
      ...ended(22 * MINUTE),
      dispatched_ms: ago(105 * MINUTE),
      receivers: { uris: [`${OURS}nightly`], ours: true },
      told: toldOf(100_310, ago(22 * MINUTE - 24 * SECOND), { forward: on(ago(22 * MINUTE - 24 * SECOND)) }),
    }),
    jobOf({
      kind: "batch",
      name: "batches/2f91c07d5b3a8e6m8he",
      title: "embeddings-catalogue",
      model: "gemini-embedding-001",
      metadata: meta(["catalogue", "2026-w48"]),
      note: "18,000 rows",
      counts: counts(18_000, 18_000),
      ...ended(34 * MINUTE),
      finding: {
        cause: "tunnel_down",
        words: `tunnel was down ${hm(ago(38 * MINUTE))}–${hm(ago(27 * MINUTE))}`,
        found_ms: ago(24 * MINUTE),
        set_aside: false,
      },
    }),
    jobOf({
      kind: "video",
      name: "models/veo-3.1-generate/operations/p3n8w5x2k71d",
      title: "launch-teaser-v3",
      model: "veo-3.1-generate",
      note: "8 s · 1080p",
      ...ended(56 * MINUTE),
      told: toldOf(100_200, ago(56 * MINUTE - 2 * SECOND), {
        scheme: "v1",
        event_type: "video.generated",
        forward: on(ago(56 * MINUTE - 2 * SECOND)),
      }),
    }),
    jobOf({
      kind: "batch",
      name: "batches/77aa10c3f5e9d1x0",
      title: "qa-pairs-de",
      model: "gemini-2.5-pro",
      note: "4,096 rows",
      counts: counts(4096, 4096),
      ...ended(74 * MINUTE),
      finding: {
        cause: "unexplained",
        words: "accepted, echoed, and nothing here explains it",
        found_ms: ago(60 * MINUTE),
        set_aside: false,
      },
    }),
    jobOf({
      kind: "batch",
      name: "batches/4c0e8a2b6d9f3tt19",
      title: "labels-nov-29",
      model: "gemini-2.5-flash",
      phase: "failed",
      note: "INVALID_ARGUMENT",
      ...ended(98 * MINUTE),
      expires_ms: null,
      state: "JOB_STATE_FAILED",
      told: toldOf(100_120, ago(98 * MINUTE - 6 * SECOND), { scheme: "v1", attempts: 2, event_type: "batch.failed" }),
    }),
    ...strangeJobs(now),
  ];
}

/** What a list may have to bear beside the drawn ones. */
function strangeJobs(now: number): JobView[] {
  const day = 24 * HOUR;
  return [
    jobOf({
      kind: "batch",
      name: "batches/ab12cd34ef56gh78",
      title: "a name that is a good deal longer than any list has room for, because nobody stopped its owner",
      model: "gemini-2.5-flash-preview-native-audio-dialog",
      phase: "expired",
      state: "JOB_STATE_EXPIRED",
      note: "0 of 9,000 rows",
      created_ms: now - 75 * HOUR,
      ended_ms: now - 27 * HOUR,
      untold: true,
    }),
    jobOf({
      kind: "batch",
      name: "batches/old0result1gone2",
      title: "october-eval",
      model: "gemini-2.5-pro",
      note: "800 rows",
      created_ms: now - 3 * day,
      ended_ms: now - 51 * HOUR,
      expires_ms: now - 3 * HOUR,
      state: DONE,
      told: toldOf(99_000, now - 51 * HOUR + 4 * SECOND, {
        outcome: "rejected",
        scheme: "v1",
        status: 401,
        contradiction: "The event says failed, the service says succeeded.",
        event_type: "batch.failed",
      }),
    }),
    jobOf({
      kind: "batch",
      name: "batches/0ther9key7batch5",
      phase: "not_found",
      known_by: "told",
      created_ms: now - 53 * HOUR,
      ended_ms: now - 52 * HOUR,
      told: toldOf(98_700, now - 52 * HOUR, { forward: { sent_ms: now - 52 * HOUR, status: 500, took_us: 31_000 } }),
    }),
    jobOf({
      kind: "interaction",
      name: "interactions/v1_NeverAskedAboutYet0042",
      phase: "unknown",
      known_by: "told",
      asked_ms: null,
      created_ms: now - 54 * HOUR,
      told: toldOf(98_500, now - 54 * HOUR, { outcome: "unchecked", scheme: "v1" }),
    }),
    jobOf({
      kind: "batch",
      name: "batches/cancelled4by2somebody",
      title: "wrong-prompt",
      model: "gemini-2.5-flash",
      phase: "cancelled",
      state: "JOB_STATE_CANCELLED",
      created_ms: now - 56 * HOUR,
      ended_ms: now - 55 * HOUR,
      finding: {
        cause: "not_subscribed",
        words: "no webhook subscribes to batch.cancelled",
        found_ms: now,
        set_aside: true,
      },
    }),
  ];
}

/** Older ones, of which each reading of the service brings some. */
export function olderJobs(now: number, from: number, count: number): JobView[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i;
    const ended_ms = now - 57 * HOUR - n * 17 * MINUTE;
    return jobOf({
      kind: "batch",
      name: `batches/${n.toString(36).padStart(3, "0")}q8w7e1r0t4y6u3`,
      title: `nightly-${n}`,
      model: n % 3 ? "gemini-2.5-flash" : "gemini-2.5-pro",
      state: DONE,
      note: `${(n * 37) % 900} rows`,
      created_ms: ended_ms - HOUR,
      ended_ms,
      expires_ms: ended_ms + 48 * HOUR,
      told: toldOf(90_000 - n, ended_ms + 3 * SECOND, { scheme: n % 2 ? "v1" : "v1a" }),
    });
  });
}

const hm = (ms: number) => new Date(ms).toTimeString().slice(0, 5);
