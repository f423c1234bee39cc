import type { Outcome, Row, Scheme } from "../ipc";

type Shape = Partial<Row> & { outcome: Outcome };

const SHAPES: Shape[] = [
  { outcome: "verified", event_type: "interaction.completed", pointer: "v1_Chd2bGFtZW50YXRpb24tMDQy", scheme: "v1" },
  {
    outcome: "verified",
    event_type: "batch.succeeded",
    pointer: "files/batch-8x2k4q9v",
    scheme: "v1",
    attempts: 3,
    attempt: 3,
    duplicate: true,
  },
  {
    outcome: "rejected",
    event_type: "batch.succeeded",
    pointer: "files/batch-8x2k4q9v",
    scheme: "v1",
    reason: "no_matching_signature",
    cause: "re-serialised",
    status: 401,
  },
  { outcome: "verified", event_type: "video.generated", pointer: "files/v7k2m0q1", scheme: "v1", grace_until: 1 },
  { outcome: "verified", event_type: "interaction.requires_action", pointer: "v1_Chc9xQabcdefgh", scheme: "v1a" },
  {
    outcome: "rejected",
    event_type: "batch.failed",
    pointer: "batches/2f91c07d",
    scheme: "v1",
    reason: "timestamp_too_old",
    cause: "412 s old",
    status: 401,
  },
  {
    outcome: "unchecked",
    event_type: "batch.expired",
    pointer: "batches/77aa10c3",
    scheme: "v1",
    reason: "no_secret",
    cause: "no secret",
  },
  { outcome: "verified", event_type: "video.generated", pointer: "files/p3n8d", scheme: "v1", attempts: 2, attempt: 2 },
  {
    outcome: "verified",
    event_type: "interaction.failed",
    pointer: "int_0042",
    scheme: "v1",
    sandbox: true,
    project: 3,
  },
  {
    outcome: "unbound",
    event_type: "batch.succeeded",
    pointer: "gs://acme-evals/2026-11/results-of-a-rather-long-name.jsonl",
    scheme: "jwt",
    reason: "body_not_bound_to_token",
    cause: "body not covered",
  },
  { outcome: "verified", event_type: "audio.generated", known_type: false, pointer: "files/a91k", scheme: "v1" },
  {
    outcome: "rejected",
    event_type: "interaction.completed",
    pointer: "v1_Chc77",
    scheme: "jwt",
    reason: "unknown_kid",
    cause: "unknown key id",
    status: 401,
    project: 2,
  },
];

/** The longest and worst that a sender may write. */
const LONG: Shape = {
  outcome: "rejected",
  known_type: false,
  event_type: `interaction.\u202Edetelpmoc.${"of_a_type_nobody_knows.".repeat(6)}`,
  status: 401,
  pointer: `gs://a-bucket-with-a-long-name/${"folder/".repeat(30)}results.jsonl`,
  message_id: `msg_${"0123456789abcdef".repeat(12)}`,
  scheme: "v1a",
  reason: "unsupported_signature_version",
  cause: "unsupported signature version",
  attempts: 14,
  attempt: 14,
  duplicate: true,
  took_us: 12_400_000,
};

/**
 * A row by its id: the same id always gives the same row. 15 is the longest, 16 has no type, 22 is a ping; 18, 19 and
 * 20 are answered by a rule, by a target, and not yet.
 */
export function fakeRow(id: number, receivedMs: number, now: number): Row {
  const shape = SHAPES[id % SHAPES.length] ?? { outcome: "verified" };
  const grace = shape.grace_until === undefined ? null : Math.floor(now / 1000) + 11_000;
  if (id === 15) return row(id, receivedMs, LONG);
  if (id === 18) return row(id, receivedMs, { ...shape, status: 0, answered_by: "rule" });
  if (id === 19) return row(id, receivedMs, { ...shape, status: 503, answered_by: "target" });
  if (id === 16)
    return row(id, receivedMs, {
      outcome: "unchecked",
      event_type: null,
      known_type: false,
      scheme: null,
      reason: "no_secret",
      cause: "no secret",
      message_id: null,
      body_len: 158,
      request: { method: "POST", path: "/hooks/gemini/nightly-evaluation/results-of-november/receive" },
    });
  if (id === 22)
    return row(id, receivedMs, { outcome: "verified", event_type: "ping", known_type: false, ping: "asked" });
  if (id === 20) return row(id, receivedMs, { ...shape, status: 0, took_us: null });
  return row(id, receivedMs, { ...shape, grace_until: grace });
}

export function row(id: number, receivedMs: number, shape: Shape): Row {
  return {
    id,
    project: 1,
    sandbox: false,
    received_ms: receivedMs,
    scheme: "v1" as Scheme,
    reason: shape.outcome === "verified" ? "verified" : "",
    cause: "",
    grace_until: null,
    event_type: "batch.succeeded",
    known_type: true,
    pointer: null,
    message_id: `msg_5f0c${id.toString(16).padStart(8, "0")}-4c1d-4e21a`,
    attempt: 1,
    attempts: 1,
    duplicate: false,
    warnings: 0,
    status: 200,
    answered_by: null,
    took_us: 900 + ((id * 379) % 3000),
    body_len: 231,
    truncated: false,
    judged_ms: null,
    ping: null,
    request: null,
    hit: null,
    tries: [],
    pinned: false,
    note: null,
    imported: false,
    ...shape,
  };
}
