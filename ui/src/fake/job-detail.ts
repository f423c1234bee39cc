import type { JobDetail, JobView } from "../ipc";

/** A job of which no more is known than is said. */
export function bareJob(
  job: Pick<JobView, "kind" | "name" | "title" | "project"> & Partial<JobView>,
  more: Partial<Omit<JobDetail, "job">> = {},
): JobDetail {
  return {
    job: {
      model: "gemini-2.5-flash",
      metadata: [],
      phase: "running",
      state: "",
      note: null,
      counts: null,
      created_ms: null,
      ended_ms: null,
      expires_ms: null,
      known_by: "dispatched",
      dispatched_ms: null,
      asked_ms: null,
      next_ms: null,
      receivers: null,
      told: null,
      grace_until_ms: null,
      untold: false,
      finding: null,
      unusable: null,
      picture: null,
      ...job,
    },
    failure: null,
    problem: null,
    other_keys: [],
    deliveries: [],
    output_file: null,
    inlined: false,
    input_file: null,
    has_requests: false,
    interaction: null,
    videos: [],
    raw: null,
    ...more,
  };
}
