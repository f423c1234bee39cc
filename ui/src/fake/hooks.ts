import type { Action, Place, SandboxWebhook, SecretLife, SeenDelivery, WebhookSecret, WebhookView } from "../ipc";
import { EVENT_TYPES } from "./catalog";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const PUBLIC = "https://ada-hooks.ngrok.app/";
const EARLIER = "https://old-name.ngrok.app/";

export function secret(
  hint: string,
  state: SecretLife,
  created_ms: number | null,
  expires_ms: number | null = null,
  key: string | null = hint.slice(-4),
): WebhookSecret {
  return { key, hint, state, created_ms, expires_ms, available: key !== null };
}

export const seen = (
  id: number,
  received_ms: number,
  outcome: SeenDelivery["outcome"] = "verified",
  cause = "",
): SeenDelivery => ({ id, received_ms, outcome, cause });

function events(...names: string[]) {
  return names.map((name) => ({ name, known: EVENT_TYPES.some((type) => type.name === name) }));
}
const ALL = EVENT_TYPES.filter((type) => type.subscribable).map((type) => type.name);

const BARE: Omit<WebhookView, "id" | "uri"> = {
  name: null,
  events: [],
  state: "enabled",
  secrets: [],
  place: "ours",
  repaired_uri: null,
  last: null,
  last_hour: 0,
  builtin: false,
};
export const view = (id: string, uri: string, rest: Partial<WebhookView>): WebhookView => ({
  ...BARE,
  id,
  uri,
  ...rest,
});

/** As in the drawing: one in a rotation's grace, one that failed at an earlier address, one of somebody else. */
export function fakeHooks(now: number): WebhookView[] {
  return [
    view("95fy2q8w7e1r0t4y6u3i5o9p8a7s6d5bfhzz", `${PUBLIC}nightly`, {
      name: "nightly results",
      events: events("batch.succeeded", "batch.failed", "batch.expired", "video.generated"),
      last: seen(100_410, now - 12_000),
      last_hour: 18,
      secrets: [
        secret("whsec_…a91f", "current", now - 6 * HOUR, null, "s1"),
        secret("whsec_…77c2", "grace", now - 90 * DAY, now + 18 * HOUR, "s2"),
        secret("whsec_…30be", "expired", now - 200 * DAY, now - 90 * DAY),
      ],
    }),
    view("7k2m0q1x9c8v7b6n5m4a3s2d1f0g9h8j7k6l", `${EARLIER}nightly`, {
      name: "video done",
      events: events("video.generated", "audio.generated"),
      state: "disabled_due_to_failed_deliveries",
      place: "earlier",
      repaired_uri: `${PUBLIC}nightly`,
      last: seen(99_871, now - 31 * HOUR, "rejected", "no match"),
      secrets: [secret("whsec_…c0de", "current", now - 40 * DAY)],
    }),
    view("0p9o8i7u6y5t4r3e2w1q0a9s8d7f6g5h4j3k", "https://hooks.staging.example/gemini", {
      name: "staging",
      events: events(...ALL),
      state: "disabled",
      place: "elsewhere",
      secrets: [secret("whsec_…9e01", "current", null, null, null)],
    }),
  ];
}

/** Two hundred, with every length and state that a list may have to bear. */
export function manyHooks(now: number): WebhookView[] {
  const names = [
    "nightly results",
    null,
    "video done",
    "évaluation — über 漢字",
    "a name that is a good deal longer than any list has room for, because nobody stopped its owner",
  ];
  return Array.from({ length: 200 }, (_, i) =>
    view(
      `${i.toString(36).padStart(4, "0")}q8w7e1r0t4y6u3i5o9p8a7s6d5bfhzz9x8c`,
      i % 3 ? `${PUBLIC}nightly/${"deep/".repeat(i % 23)}hook-${i}` : `${EARLIER}hook-${i}`,
      {
        name: names[i % names.length] ?? null,
        events: events(...ALL.slice(0, i % 8)),
        state: i % 11 === 5 ? "paused_by_policy" : i % 13 === 7 ? "disabled_due_to_failed_deliveries" : "enabled",
        place: i % 3 ? "ours" : "earlier",
        repaired_uri: i % 3 ? null : `${PUBLIC}hook-${i}`,
        last:
          i % 4
            ? seen(100_000 - i, now - i * i * 9000, i % 5 ? "verified" : "rejected", i % 5 ? "" : "412 s old")
            : null,
        last_hour: i % 4,
        secrets: [secret(`whsec_…${(4096 + i).toString(16)}`, "current", now - i * HOUR)],
      },
    ),
  );
}

/** What the Sandbox's emulator has, as the service lists it. */
export function sandboxHook(hook: SandboxWebhook, own: string | null, clock: number, now: number): WebhookView {
  const secrets = [...hook.secrets].reverse().map(({ hint, expires_ms }) => {
    const until = expires_ms === null ? null : now + expires_ms - clock;
    return secret(
      hint.replace("...", "…"),
      until === null ? "current" : until > now ? "grace" : "expired",
      null,
      until,
    );
  });
  return view(hook.id, hook.uri, {
    name: hook.name,
    events: events(...hook.subscribed_events),
    state: hook.state,
    secrets,
    place: hook.uri === own ? "ours" : "elsewhere",
    builtin: hook.builtin,
  });
}

export function fakePlaces(now: number): Place[] {
  return [
    { id: 1, text: "results-worker .env", done: true, done_ms: now - 5 * HOUR },
    { id: 2, text: "nightly-eval on Cloud Run", done: false, done_ms: null },
    { id: 3, text: "CI of results-worker", done: false, done_ms: null },
  ];
}

/** Oldest first. */
export function fakeActions(now: number): Action[] {
  const one = (
    ago: number,
    what: string,
    target: string,
    result: string,
    detail: string,
    who = "ada, window",
  ): Omit<Action, "id"> => ({ at_ms: now - ago, who, project: "nightly-eval", what, target, result, detail });
  const list = [
    one(40 * DAY, "project.add", "nightly-eval", "done", "With a key ending in a91f."),
    one(40 * DAY - HOUR, "webhook.create", "nightly results (95fy…bfhzz)", "done", "4 events."),
    one(
      3 * DAY,
      "webhook.ping",
      "video done (7k2m…k6l)",
      "failed",
      "Not arrived after 30 s: the address is an earlier one.",
    ),
    one(
      2 * DAY,
      "webhook.update",
      "staging (0p9o…4j3k)",
      "refused",
      "Unknown event type: batch.completed.",
      "ada, command line",
    ),
    one(
      7 * HOUR,
      "webhook.rotate",
      "nightly results (95fy…bfhzz)",
      "unknown",
      "The connection was cut before the answer came.",
    ),
    one(
      6 * HOUR,
      "webhook.rotate",
      "nightly results (95fy…bfhzz)",
      "done",
      "whsec_…77c2 ends in 24 h; whsec_…a91f is current.",
    ),
    one(2 * HOUR, "secret.destroy", "whsec_…30be", "done", "Expired for 30 days; its hint is kept.", "Pollux"),
  ];
  return list.map((action, i) => ({ id: i + 1, ...action }));
}
