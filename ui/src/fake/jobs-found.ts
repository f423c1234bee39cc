import type { DeliveryJob, JobDetail, JobFinding, JobView, Span } from "../ipc";
import { refused } from "./refused";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OURS = "https://ada-hooks.ngrok.app/";
const hm = (ms: number) => new Date(ms).toTimeString().slice(0, 5);
const hms = (ms: number) => new Date(ms).toTimeString().slice(0, 8);
const span = (from_ms: number, to_ms: number, up = true, words: string | null = null): Span => ({
  from_ms,
  to_ms,
  up,
  guessed: false,
  words,
});

export const NO_KEY = refused("no_api_key", "This project has no API key, so its jobs cannot be listed. Add it.");

/** Of a delivery that names no job. */
export const UNTOLD: DeliveryJob = {
  job: null,
  contradiction: null,
  next: null,
  accepted: false,
  blind: [],
  unseen: [],
};

/** What the watchdog found out about one of them. */
export function findingOf(job: JobView, now: number): JobFinding | null {
  const { finding: brief, ended_ms } = job;
  if (!brief || ended_ms === null) return null;
  const [down, up] = [ended_ms - 4 * MINUTE - 7000, ended_ms + 7 * MINUTE + 26_000];
  const tunnel = brief.cause === "tunnel_down";
  const from_ms = ended_ms - 17 * MINUTE;
  const ticks = [1.5, 4.2, 5.8, 9.4, 12.7, 26.5, 29.8, 34.3, 38, 42.3, 46.8, 47.2, 49.9];
  const source = { service: brief.found_ms };
  const said = (
    kind: JobFinding["evidence"][number]["kind"],
    mark: JobFinding["evidence"][number]["mark"],
    words: string,
    from: "service" | "own_log" | "history",
  ) => ({ kind, mark, words, source: from, at_ms: from === "service" ? source.service : null });
  return {
    project: job.project,
    kind: job.kind,
    name: job.name,
    title: job.title,
    ended_ms,
    event_type: `${job.kind}.${job.phase}`,
    brief,
    sentence: tunnel
      ? `The tunnel was down ${hms(down)}–${hms(up)}, so the call could not reach us.`
      : brief.cause === "not_subscribed"
        ? "No webhook of this project subscribes to batch.cancelled, so the service tells nobody."
        : "The webhook was enabled and reachable, and nothing here explains why no call came.",
    guess: !tunnel,
    evidence: [
      said(
        "subscribed",
        brief.cause === "not_subscribed" ? "explains" : "fine",
        `${job.kind}.${job.phase} is one of 4 events of nightly results`,
        "service",
      ),
      said(
        "enabled",
        "fine",
        `at ${hm(ended_ms - 11 * MINUTE)} and at ${hm(brief.found_ms)}, no change between`,
        "service",
      ),
      said("address", "fine", `${OURS}nightly`, "service"),
      said("running", "fine", "since 08:12, listener open", "own_log"),
      tunnel
        ? said("tunnel", "explains", `down ${hms(down)}–${hms(up)}, network unreachable`, "own_log")
        : said("tunnel", "fine", "up all the time", "own_log"),
      said("attempts", "unknown", "0 of this id, 0 answered by us with 4xx or 5xx", "history"),
      said("others", "fine", `8 deliveries since ${hm(up)}, all verified`, "history"),
      said("forward", "unknown", "nothing came that could be forwarded", "history"),
    ],
    from_ms,
    to_ms: ended_ms + 58 * MINUTE,
    webhook: [span(from_ms, now)],
    tunnel: tunnel
      ? [span(from_ms, down), span(down, up, false, "network unreachable"), span(up, now)]
      : [span(from_ms, now)],
    running: [span(from_ms, now)],
    deliveries: ticks
      .map((minutes, i) => ({
        delivery: 100_300 + i,
        at_ms: from_ms + minutes * MINUTE,
        verified: true,
        ours: false,
      }))
      .filter((tick) => tick.at_ms < now),
    next: tunnel
      ? {
          at_ms: ended_ms + 45 * MINUTE,
          spread_ms: 3 * MINUTE,
          from_events: 31,
          gives_up_ms: ended_ms + 24 * HOUR,
        }
      : null,
  };
}

/** Everything about one of them. */
export function detailOf(job: JobView): JobDetail {
  const finished = job.phase === "succeeded";
  return {
    job,
    failure:
      job.phase === "failed"
        ? { code: "INVALID_ARGUMENT", message: "Request 17: contents[0].parts must not be empty." }
        : null,
    problem: null,
    other_keys: [],
    deliveries: job.told ? [job.told] : [],
    output_file: job.kind === "batch" && finished ? `files/batch-${job.name.slice(8, 20)}` : null,
    inlined: false,
    input_file: job.kind === "batch" ? `files/requests-${job.name.slice(8, 14)}` : null,
    has_requests: job.dispatched_ms !== null,
    interaction: null,
    videos: job.kind === "video" && finished ? ["files/v7k2m0q1x9c8"] : [],
    raw: job.asked_ms === null ? null : rawOf(job),
  };
}

function rawOf(job: JobView): string {
  const iso = (ms: number | null) => (ms === null ? undefined : new Date(ms).toISOString());
  return JSON.stringify({
    name: job.name,
    metadata: {
      displayName: job.title ?? undefined,
      model: job.model === null ? undefined : `models/${job.model}`,
      state: job.state,
      createTime: iso(job.created_ms),
      endTime: iso(job.ended_ms),
      batchStats: job.counts
        ? {
            requestCount: String(job.counts.requests),
            successfulRequestCount: String(job.counts.succeeded),
            failedRequestCount: String(job.counts.failed),
          }
        : undefined,
    },
    done: job.phase !== "running",
  });
}
