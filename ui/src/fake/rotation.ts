import type { Place, Rotation, RotationLane, RotationTick, Row, SeenDelivery, WebhookView } from "../ipc";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TICK_MS = 4 * 60_000;

/** The same picture for the same seed. */
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
}

function ticks(random: () => number, from: number, to: number, many: number): RotationTick[] {
  if (to <= from) return [];
  return Array.from({ length: many }, () => Math.round(from + random() * (to - from)))
    .sort((a, b) => a - b)
    .map((at_ms, i) => ({ at_ms, count: random() < 0.15 ? 2 + Math.floor(random() * 9) : 1, delivery: 90_000 + i }));
}

const sum = (list: readonly RotationTick[]) => list.reduce((n, tick) => n + tick.count, 0);
const lastOf = (list: readonly RotationTick[]): SeenDelivery | null => {
  const tick = list.at(-1);
  return tick ? { id: tick.delivery, received_ms: tick.at_ms, outcome: "verified", cause: "" } : null;
};

/** `safe`: nothing since the rotation needed an older secret. */
export function fakeRotation(
  webhook: WebhookView,
  places: Place[],
  pending: Row[],
  now: number,
  safe: boolean,
): Rotation {
  const from = now - DAY;
  const random = dice(webhook.id.charCodeAt(0) * 7919);
  const current = webhook.secrets.find((one) => one.state === "current");
  const rotated = current && current.created_ms !== null && webhook.secrets.length > 1 ? current.created_ms : null;
  const quiet = webhook.last === null;
  const lanes: RotationLane[] = webhook.secrets
    .filter((one) => one.expires_ms === null || one.expires_ms > from)
    .map((secret) => {
      const isCurrent = secret.state === "current";
      const start = Math.max(from, isCurrent ? (rotated ?? from) : from);
      const end = Math.min(now, isCurrent ? now : safe ? (rotated ?? now) : now - 2.6 * HOUR);
      const list = quiet ? [] : ticks(random, start, end, isCurrent ? 15 : 44);
      return { secret, verified: sum(list), ticks: list, last: lastOf(list) };
    });
  const rejected = quiet
    ? []
    : [now - 12.4 * HOUR, now - 6.4 * HOUR, now - 1.9 * HOUR].map((at, i) => ({
        at_ms: Math.round(at),
        count: 1,
        delivery: 91_000 + i,
      }));
  const newer = lanes[0];
  const older = lanes
    .slice(1)
    .flatMap((lane) => lane.ticks)
    .filter((tick) => rotated !== null && tick.at_ms >= rotated);
  return {
    webhook,
    now_ms: now,
    from_ms: from,
    tick_ms: TICK_MS,
    lanes,
    rejected,
    rotated_ms: rotated,
    since: { by_current: newer?.verified ?? 0, only_older: sum(older), last_only_older: lastOf(older) },
    pending,
    places,
  };
}
