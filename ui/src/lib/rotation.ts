import type { Rotation, RotationLane, RotationTick, Row, WebhookSecret } from "../ipc/generated";
import { span, withUnit } from "./format";
import { visible } from "./invisible";
import type { GlyphName, Tone } from "./verdict";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type LaneMark = { word: string; glyph: GlyphName; tone: Tone };
/** `…a91f`: the end of a hint. */
export function tail(hint: string): string {
  const at = hint.lastIndexOf("…");
  return visible(at < 0 ? `…${hint.slice(-4)}` : hint.slice(at));
}

/** A length of time as one says it: `12 s`, `41 min`, `2 h 37 min`, `18 h`, `3 d`. */
export function lasting(ms: number): string {
  if (ms < HOUR) return span(ms);
  const minutes = Math.floor(ms / MINUTE);
  if (ms >= 10 * HOUR) return ms < 2 * DAY ? withUnit(Math.round(ms / HOUR), "h") : span(ms);
  return minutes % 60
    ? `${withUnit(Math.floor(minutes / 60), "h")} ${withUnit(minutes % 60, "min")}`
    : withUnit(minutes / 60, "h");
}

/** `just now`, `2 h 37 min ago`. */
export function ago(then: number, now: number): string {
  return now - then < 2000 ? "just now" : `${lasting(now - then)} ago`;
}

/** Where a secret is in its life at a moment: one whose end has passed has ended, whatever was read before. */
export function lifeOf(secret: WebhookSecret, now: number): WebhookSecret["state"] {
  return secret.state === "grace" && secret.expires_ms !== null && secret.expires_ms <= now ? "expired" : secret.state;
}

/** Word and glyph of each lane: the first one in its grace is the previous, those behind it are older. */
export function laneMarks(lanes: readonly RotationLane[], now: number): LaneMark[] {
  let before = 0;
  return lanes.map(({ secret }) => {
    const life = lifeOf(secret, now);
    if (life === "current") return { word: "Current", glyph: "check", tone: "ok" };
    if (life === "expired") return { word: "Expired", glyph: "dash", tone: "un" };
    return { word: before++ === 0 ? "Previous" : "Older", glyph: "clock", tone: "old" };
  });
}

/** `expires in 18 h`, `ended 3 h ago`; null where no end is known. */
export function endOf(secret: WebhookSecret, now: number): string | null {
  if (secret.expires_ms === null) return lifeOf(secret, now) === "expired" ? "ended" : null;
  return secret.expires_ms > now
    ? `expires in ${lasting(secret.expires_ms - now)}`
    : `ended ${ago(secret.expires_ms, now)}`;
}

export function sum(ticks: readonly RotationTick[], from = -Infinity): number {
  return ticks.reduce((all, tick) => (tick.at_ms >= from ? all + tick.count : all), 0);
}

/** `…77c2`, `…77c2 or …03fe` */
export function either(lanes: readonly RotationLane[], word = "or"): string {
  const hints = lanes.map((lane) => tail(lane.secret.hint));
  return hints.length < 2 ? (hints[0] ?? "the old one") : `${hints.slice(0, -1).join(", ")} ${word} ${hints.at(-1)}`;
}

/** Its latest attempt was verified with a secret that no longer signs, and with no newer one. */
export function carriesOldOnly(row: Row, rotatedMs: number | null): boolean {
  return (
    row.outcome === "verified" &&
    row.scheme === "v1" &&
    (row.grace_until !== null || (rotatedMs !== null && row.received_ms < rotatedMs))
  );
}

/** What a rotation that revokes at once ends: every secret that is valid now, and what depends on it. */
export function impactOf(
  rotation: Rotation,
  now: number,
): { ending: (RotationLane & { mark: LaneMark })[]; verified: number; pending: Row[] } {
  const marks = laneMarks(rotation.lanes, now);
  const ending = rotation.lanes
    .map((lane, i) => ({ ...lane, mark: marks[i] as LaneMark }))
    .filter((lane) => lifeOf(lane.secret, now) !== "expired");
  return { ending, verified: ending.reduce((all, lane) => all + lane.verified, 0), pending: rotation.pending };
}

/** What a second rotation means for a grace that still runs; null where none does. */
export function graceWarning(rotation: Rotation, immediately: boolean, now: number): string | null {
  const old = rotation.lanes.filter((lane) => lifeOf(lane.secret, now) === "grace");
  const current = rotation.lanes.find((lane) => lane.secret.state === "current");
  if (old.length === 0) return null;
  const each = old
    .map(
      ({ secret }) =>
        `${tail(secret.hint)}${secret.expires_ms === null ? "" : ` has ${lasting(secret.expires_ms - now)} left`}`,
    )
    .join(", ");
  const running = `A rotation is still in its grace period: ${each}.`;
  const one = old.length === 1;
  if (immediately) {
    const together = current ? tail(current.secret.hint) : "the current one";
    return `${running} That time is cut short: ${one ? "it ends" : "they end"} now, together with ${together}.`;
  }
  const stays = one
    ? "it gets no new 24\u00A0h, its end stays as the service set it"
    : "they get no new 24\u00A0h, their ends stay as the service set them";
  const short = `A second one now cuts it short for anything that has only ${either(old)}`;
  return `${running} ${short}: ${stays}, and two secrets are then newer.`;
}
