import type { Rotation, RotationLane } from "../ipc/generated";
import { count, plural } from "./format";
import { ago, carriesOldOnly, either, lasting, lifeOf, sum, tail } from "./rotation";
import type { Tone } from "./verdict";

/** After so long without a delivery that needs the old secret, the reader is asked to judge. */
export const QUIET_MS = 6 * 3_600_000;

export type StatementKind =
  "no_rotation" | "rotation_unknown" | "made_elsewhere" | "nothing_came" | "not_yet" | "quiet" | "safe" | "ended";
/** What the data says about the secrets before. `revocable`: one of them is still valid. */
export type Statement = { kind: StatementKind; tone: Tone; title: string; sentences: string[]; revocable: boolean };

/** `1 delivery verifies`, `4 deliveries verify` */
function deliveries(n: number): string {
  return `${plural(n, "delivery", "deliveries")} ${verify(n)}`;
}
const verify = (n: number) => (n === 1 ? "verifies" : "verify");

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
      title: "No signing secret is known",
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
  const why = missing.some((lane) => lane.secret.key === null) ? "made elsewhere" : "whose value can no longer be read";
  const blind = missing.includes(current)
    ? "so which deliveries verify with it cannot be seen here"
    : "so a delivery that needs it looks rejected here";
  return {
    kind: "made_elsewhere",
    tone: old.length ? "old" : "un",
    revocable: old.length > 0,
    title: old.length
      ? "Pollux cannot tell whether the previous secret is still needed"
      : `Pollux cannot verify with ${them}`,
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
  const last = lane.last ? `, the last ${ago(lane.last.received_ms, now)}` : "";
  return `${plural(n, "delivery", "deliveries")} ${since} ${verify(n)} with ${hint}${last}.`;
}

function ended({ rotation, now, current, expired, since }: Facts): Statement {
  const last = expired[0];
  const end = last?.secret.expires_ms ?? null;
  const refused = end === null ? 0 : sum(rotation.rejected, end);
  const n = rotation.rotated_ms === null ? current.verified : rotation.since.by_current;
  const sentences = [
    last
      ? `${tail(last.secret.hint)} ${end === null ? "has ended" : `ended ${ago(end, now)}`}.`
      : `Of all its secrets, only ${tail(current.secret.hint)} is valid.`,
    counted(current, rotation.rotated_ms === null ? "of the last 24\u00A0h" : since, n, now),
  ];
  if (last && refused > 0) {
    const they = plural(refused, "delivery was", "deliveries were");
    sentences.push(`${they} rejected after that; those signed with ${tail(last.secret.hint)} alone are among them.`);
  }
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
  const several = old.length > 1;
  const the = several ? "the older secrets" : "the previous secret";
  const anOlder = several ? "an older one" : "the previous one";
  const ends = expiry(old, now);
  if (rotation.rotated_ms === null) {
    return {
      kind: "rotation_unknown",
      tone: "old",
      revocable: true,
      title: `Pollux cannot tell yet whether ${the} ${old.length > 1 ? "are" : "is"} still needed`,
      sentences: [
        "The rotation was made elsewhere: " +
          `Pollux does not know when ${hint} took over, so it cannot count what has arrived since.`,
        ...ends,
      ],
    };
  }
  const waiting = rotation.pending.filter((row) => carriesOldOnly(row, rotation.rotated_ms)).length;
  const retries = waiting ? [`${plural(waiting, "event", "events")} waiting for a retry carried ${olds} alone.`] : [];
  const neither = sum(rotation.rejected, rotation.rotated_ms);
  const more = `${plural(neither, "more was", "more were")} rejected`;
  const rejected = neither ? [`${more}: no secret that Pollux has verifies ${neither === 1 ? "it" : "them"}.`] : [];
  /** How many need an older secret, and when the last of them came. */
  const needing = `${plural(stale, "delivery", "deliveries")} ${since} ${verify(stale)} with ${olds} alone`;
  const lastNeeding = last ? `, ${stale === 1 ? "" : "the last "}${ago(last.received_ms, now)}` : "";
  const rotated = since === "since the rotation" ? `${since} ${ago(rotation.rotated_ms, now)}` : since;
  const laterFresh = last ? sum(current.ticks, last.received_ms + 1) : 0;
  if (stale > 0 && last && waiting === 0 && laterFresh > 0 && now - last.received_ms >= QUIET_MS) {
    return {
      kind: "quiet",
      tone: "old",
      revocable: true,
      title: `Quiet for ${lasting(now - last.received_ms)}: judge for yourself`,
      sentences: [
        `${needing}${lastNeeding}.`,
        `After that ${deliveries(laterFresh)} with ${hint}.`,
        ...rejected,
        ...ends,
      ],
    };
  }
  if (stale > 0 || waiting > 0) {
    const alone = stale ? [`${needing}${lastNeeding}.`] : [];
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
      title: neither ? "Nothing verified yet" : "No data yet",
      sentences: [
        `${neither ? "Nothing that verifies" : "Nothing"} has arrived ${rotated.replace(/^of/, "in")}, so it is not known whether anything still needs ${olds}.`,
        ...rejected,
        ...ends,
      ],
    };
  }
  const open = rotation.places.filter((place) => !place.done).length;
  const places = open
    ? [`According to your list, ${plural(open, "place")} still ${open === 1 ? "holds" : "hold"} the old one.`]
    : [];
  return {
    kind: "safe",
    tone: open ? "old" : "ok",
    revocable: true,
    title: open ? `No delivery needs ${olds}, but your list is not done` : `Safe to revoke ${either(old, "and")}`,
    sentences: [
      `${cap(rotated)}, ${deliveries(fresh)} with ${hint}; none needs ${anOlder}.`,
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
