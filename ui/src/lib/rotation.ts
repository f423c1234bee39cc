import type { Rotation, RotationLane, RotationTick, Row, WebhookSecret } from "../ipc/generated";
import { count, plural, span, withUnit } from "./format";
import { visible } from "./invisible";
import type { GlyphName, Tone } from "./verdict";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** After so long without a delivery that needs the old secret, the reader is asked to judge. */
export const QUIET_MS = 6 * HOUR;

export type LaneMark = { word: string; glyph: GlyphName; tone: Tone };
export type StatementKind =
  "no_rotation" | "rotation_unknown" | "made_elsewhere" | "nothing_came" | "not_yet" | "quiet" | "safe" | "ended";
/** What the data says about the secrets before. `revocable`: one of them is still good. */
export type Statement = { kind: StatementKind; tone: Tone; title: string; sentences: string[]; revocable: boolean };

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
function either(lanes: readonly RotationLane[], word = "or"): string {
  const hints = lanes.map((lane) => tail(lane.secret.hint));
  return hints.length < 2 ? (hints[0] ?? "the old one") : `${hints.slice(0, -1).join(", ")} ${word} ${hints.at(-1)}`;
}

/** `1 delivery verifies`, `4 deliveries verify` */
function deliveries(n: number): string {
  return `${plural(n, "delivery", "deliveries")} ${verify(n)}`;
}
const verify = (n: number) => (n === 1 ? "verifies" : "verify");

/** Its latest attempt was verified with a secret that no longer signs, and with no newer one. */
export function carriesOldOnly(row: Row, rotatedMs: number | null): boolean {
  return (
    row.outcome === "verified" &&
    row.scheme === "v1" &&
    (row.grace_until !== null || (rotatedMs !== null && row.received_ms < rotatedMs))
  );
}

type Facts = {
  rotation: Rotation;
  now: number;
  current: RotationLane;
  old: RotationLane[];
  expired: RotationLane[];
  since: string;
};

/** What can be said about the secrets before the current one, and from which data. */
export function statementOf(rotation: Rotation, now: number): Statement {
  const lanes = rotation.lanes;
  const current = lanes.find((lane) => lane.secret.state === "current");
  const old = lanes.filter((lane) => lifeOf(lane.secret, now) === "grace");
  const expired = lanes.filter((lane) => lifeOf(lane.secret, now) === "expired");
  if (!current)
    return {
      kind: "made_elsewhere",
      tone: "un",
      title: "No secret that signs is known",
      sentences: ["The service lists none for this webhook, or its list could not be read."],
      revocable: old.length > 0,
    };
  const recent = rotation.rotated_ms !== null && rotation.rotated_ms >= rotation.from_ms;
  const facts: Facts = {
    rotation,
    now,
    current,
    old,
    expired,
    since: recent ? "since the rotation" : "of the last 24\u00A0h",
  };
  const missing = [current, ...old].filter((lane) => !lane.secret.available);
  if (missing.length) return madeElsewhere(facts, missing);
  if (old.length) return inGrace(facts);
  return rotation.rotated_ms === null && expired.length === 0 ? oneSecret(facts) : ended(facts);
}

function madeElsewhere({ now, current, old }: Facts, missing: RotationLane[]): Statement {
  const them = either(missing, "and");
  const why = missing.some((lane) => lane.secret.key === null) ? "made elsewhere" : "whose text can no longer be read";
  const blind = missing.includes(current)
    ? "so which deliveries verify with it cannot be seen here"
    : "so a delivery that needs it looks rejected here";
  return {
    kind: "made_elsewhere",
    tone: old.length ? "old" : "un",
    revocable: old.length > 0,
    title: old.length ? "Nothing can be said about the previous secret" : `Pollux cannot verify with ${them}`,
    sentences: [
      `Pollux does not have ${them}, ${why}, ${blind}.`,
      `Paste ${missing.length > 1 ? "them" : "it"} in Secrets, or rotate.`,
      ...expiry(old, now, true),
    ],
  };
}

function oneSecret({ current, now }: Facts): Statement {
  return {
    kind: "no_rotation",
    tone: "un",
    title: "One secret, and no rotation that Pollux knows of",
    revocable: false,
    sentences: [counted(current, "of the last 24\u00A0h", current.verified, now)],
  };
}

function counted(lane: RotationLane, since: string, n: number, now: number): string {
  const hint = tail(lane.secret.hint);
  if (n === 0) return `No delivery ${since} verifies with ${hint}.`;
  return `${plural(n, "delivery", "deliveries")} ${since} ${verify(n)} with ${hint}${lane.last ? `, the last ${ago(lane.last.received_ms, now)}` : ""}.`;
}

function ended({ rotation, now, current, expired, since }: Facts): Statement {
  const last = expired[0];
  const end = last?.secret.expires_ms ?? null;
  const refused = end === null ? 0 : sum(rotation.rejected, end);
  const n = rotation.rotated_ms === null ? current.verified : rotation.since.by_current;
  const sentences = [
    last
      ? `${tail(last.secret.hint)} ${end === null ? "has ended" : `ended ${ago(end, now)}`}.`
      : `Of all its secrets only ${tail(current.secret.hint)} is good.`,
    counted(current, rotation.rotated_ms === null ? "of the last 24\u00A0h" : since, n, now),
  ];
  if (last && refused > 0)
    sentences.push(
      `${plural(refused, "delivery was", "deliveries were")} rejected after that; those signed with ${tail(last.secret.hint)} alone are among them.`,
    );
  return {
    kind: "ended",
    tone: refused > 0 ? "old" : "ok",
    title: "The previous secret has ended",
    sentences,
    revocable: false,
  };
}

function inGrace(facts: Facts): Statement {
  const { rotation, now, current, old, since } = facts;
  const { by_current: fresh, only_older: stale, last_only_older: last } = rotation.since;
  const [hint, olds] = [tail(current.secret.hint), either(old)];
  const the = old.length > 1 ? "the older secrets" : "the previous secret";
  const ends = expiry(old, now);
  if (rotation.rotated_ms === null) {
    return {
      kind: "rotation_unknown",
      tone: "old",
      revocable: true,
      title: `Nothing can be said about ${the} yet`,
      sentences: [
        `The rotation was made elsewhere: Pollux does not know when ${hint} took over, so it cannot count what came since.`,
        ...ends,
      ],
    };
  }
  const waiting = rotation.pending.filter((row) => carriesOldOnly(row, rotation.rotated_ms)).length;
  const retries = waiting
    ? [`${plural(waiting, "event that waits", "events that wait")} to be tried again carried ${olds} alone.`]
    : [];
  const neither = sum(rotation.rejected, rotation.rotated_ms);
  const rejected = neither
    ? [
        `${plural(neither, "more was", "more were")} rejected: no secret that Pollux has verifies ${neither === 1 ? "it" : "them"}.`,
      ]
    : [];
  const rotated = since === "since the rotation" ? `${since} ${ago(rotation.rotated_ms, now)}` : since;
  const laterFresh = last ? sum(current.ticks, last.received_ms + 1) : 0;
  if (stale > 0 && last && waiting === 0 && laterFresh > 0 && now - last.received_ms >= QUIET_MS) {
    return {
      kind: "quiet",
      tone: "old",
      revocable: true,
      title: `Quiet for ${lasting(now - last.received_ms)}: judge for yourself`,
      sentences: [
        `${plural(stale, "delivery", "deliveries")} ${since} ${verify(stale)} with ${olds} alone, ${stale === 1 ? "" : "the last "}${ago(last.received_ms, now)}.`,
        `After that ${deliveries(laterFresh)} with ${hint}.`,
        ...rejected,
        ...ends,
      ],
    };
  }
  if (stale > 0 || waiting > 0) {
    const alone = stale
      ? [
          `${plural(stale, "delivery", "deliveries")} ${since} ${verify(stale)} with ${olds} alone${last ? `, ${stale === 1 ? "" : "the last "}${ago(last.received_ms, now)}` : ""}.`,
        ]
      : [];
    return {
      kind: "not_yet",
      tone: "old",
      revocable: true,
      title: `Not yet safe to revoke ${the}`,
      sentences: [
        ...alone,
        fresh
          ? `${stale ? count(fresh) : plural(fresh, "delivery", "deliveries")} ${verify(fresh)} with ${hint}.`
          : `None verifies with ${hint} yet.`,
        ...retries,
        ...ends,
      ],
    };
  }
  if (fresh === 0) {
    return {
      kind: "nothing_came",
      tone: "old",
      revocable: true,
      title: "Nothing can be said yet",
      sentences: [
        `${neither ? "Nothing that verifies" : "Nothing"} came ${rotated}: whether anything still needs ${olds} is not known.`,
        ...rejected,
        ...ends,
      ],
    };
  }
  const open = rotation.places.filter((place) => !place.done).length;
  const places = open
    ? [`By your list, ${plural(open, "place")} still ${open === 1 ? "holds" : "hold"} the old one.`]
    : [];
  return {
    kind: "safe",
    tone: open ? "old" : "ok",
    revocable: true,
    title: open ? `No delivery needs ${olds}, but your list is not done` : `Safe to revoke ${either(old, "and")}`,
    sentences: [
      `${cap(rotated)}, ${deliveries(fresh)} with ${hint}; none needs ${old.length > 1 ? "an older one" : "the previous one"}.`,
      ...places,
      ...rejected,
      ...ends,
    ],
  };
}

const cap = (text: string) =>
  text.startsWith("of the last") ? `In${text.slice(2)}` : text.charAt(0).toUpperCase() + text.slice(1);

function expiry(old: readonly RotationLane[], now: number, named = false): string[] {
  const known = old.filter((lane) => lane.secret.expires_ms !== null);
  if (known.length === 0) return [];
  if (old.length === 1)
    return [
      `${named ? either(old) : "It"} expires by itself in ${lasting((known[0]?.secret.expires_ms ?? now) - now)}.`,
    ];
  const each = known.map((lane) => `${tail(lane.secret.hint)} in ${lasting((lane.secret.expires_ms ?? now) - now)}`);
  return [`They expire by themselves: ${each.join(", ")}.`];
}

/** What a rotation that revokes at once takes away: every secret that is good now, and what hangs on it. */
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
  const one = old.length === 1;
  if (immediately)
    return `A rotation is still in its grace: ${each}. That time is cut short: ${one ? "it ends" : "they end"} now, together with ${current ? tail(current.secret.hint) : "the current one"}.`;
  return `A rotation is still in its grace: ${each}. A second one now cuts it short for whoever has only ${either(old)}: ${one ? "it gets" : "they get"} no new 24\u00A0h, ${one ? "its end stays" : "their ends stay"} as the service set ${one ? "it" : "them"}, and two secrets are then newer.`;
}
