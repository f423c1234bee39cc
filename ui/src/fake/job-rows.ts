import type { JobCounts, JobTold, JobView } from "../ipc";

const SECOND = 1000;

/** A job with what is not said left out. */
export function jobOf(rest: Partial<JobView> & Pick<JobView, "kind" | "name">): JobView {
  return {
    project: 1,
    title: null,
    model: null,
    metadata: [],
    phase: "succeeded",
    state: "",
    note: null,
    counts: null,
    created_ms: null,
    ended_ms: null,
    expires_ms: null,
    known_by: rest.kind === "batch" ? "listed" : "dispatched",
    dispatched_ms: null,
    asked_ms: Date.now() - 8 * SECOND,
    next_ms: null,
    receivers: null,
    told: null,
    grace_until_ms: null,
    untold: false,
    finding: null,
    unusable: null,
    picture: null,
    ...rest,
  };
}

/** Of a batch. */
export const counts = (requests: number, succeeded: number, failed = 0): JobCounts => ({
  requests,
  succeeded,
  failed,
  pending: requests - succeeded - failed,
});

export function toldOf(delivery: number, received_ms: number, rest: Partial<JobTold> = {}): JobTold {
  return {
    delivery,
    message_id: `msg_5f0c1b2a9d3e4f60${(delivery % 65_536).toString(16).padStart(4, "0")}`,
    event_type: "batch.succeeded",
    received_ms,
    outcome: "verified",
    scheme: "v1a",
    status: 200,
    accepted: true,
    attempts: 1,
    forward: null,
    contradiction: null,
    ...rest,
  };
}
