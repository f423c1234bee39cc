import type { Rotation, RotationLane, RotationTick, Row, SeenDelivery, WebhookSecret } from "../ipc/generated";

export const MIN = 60_000;
export const HOUR = 60 * MIN;
export const NOW = 1_795_223_000_000;

export const seen = (agoMs: number): SeenDelivery => ({
  id: 7,
  received_ms: NOW - agoMs,
  outcome: "verified",
  cause: "",
});
export const tick = (agoMs: number, count = 1): RotationTick => ({ at_ms: NOW - agoMs, count, delivery: 7 });
export const secret = (
  end: string,
  state: WebhookSecret["state"],
  more: Partial<WebhookSecret> = {},
): WebhookSecret => ({
  key: end,
  hint: `whsec_…${end}`,
  state,
  created_ms: null,
  expires_ms: null,
  available: true,
  ...more,
});
export const lane = (of: WebhookSecret, ticks: RotationTick[] = []): RotationLane => ({
  secret: of,
  ticks,
  verified: ticks.reduce((n, one) => n + one.count, 0),
  last: ticks.length ? seen(NOW - (ticks.at(-1)?.at_ms ?? 0)) : null,
});
export const row = (more: Partial<Row>): Row => ({
  id: 1,
  project: 1,
  sandbox: false,
  received_ms: NOW - HOUR,
  outcome: "verified",
  scheme: "v1",
  reason: "valid",
  cause: "",
  grace_until: null,
  event_type: "batch.succeeded",
  known_type: true,
  pointer: null,
  message_id: "msg_1",
  attempt: 1,
  attempts: 1,
  duplicate: false,
  warnings: 0,
  answered_by: null,
  status: 503,
  took_us: 1,
  body_len: 2,
  truncated: false,
  judged_ms: null,
  ping: null,
  request: null,
  hit: null,
  tries: [],
  pinned: false,
  note: null,
  imported: false,
  ...more,
});

export const a91f = (ticks: RotationTick[] = [], more: Partial<WebhookSecret> = {}) =>
  lane(secret("a91f", "current", { created_ms: NOW - 6 * HOUR, ...more }), ticks);
export const c2 = (ticks: RotationTick[] = [], more: Partial<WebhookSecret> = {}) =>
  lane(secret("77c2", "grace", { expires_ms: NOW + 18 * HOUR, ...more }), ticks);
export function rotation(more: Partial<Rotation>): Rotation {
  const webhook = {
    id: "w",
    name: "n",
    uri: "https://x.example/",
    events: [],
    state: "enabled",
    secrets: [],
    place: "ours" as const,
    repaired_uri: null,
    last: null,
    last_hour: 0,
    builtin: false,
  };
  return {
    webhook,
    now_ms: NOW,
    from_ms: NOW - 24 * HOUR,
    tick_ms: MIN,
    lanes: [a91f(), c2()],
    rejected: [],
    rotated_ms: NOW - 6 * HOUR,
    since: { by_current: 0, only_older: 0, last_only_older: null },
    pending: [],
    places: [],
    ...more,
  };
}
