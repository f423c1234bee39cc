import type {
  EventType,
  PingResult,
  Project,
  SeenDelivery,
  UriPlace,
  WebhookAlarms,
  WebhookEdit,
  WebhookView,
} from "../ipc/generated";
import { ago, count, plural, span, withUnit } from "./format";
import { visible } from "./invisible";
import { OUTCOMES, type Mark } from "./verdict";

const FAILED = "disabled_due_to_failed_deliveries";
const STATES: Record<string, Mark> = {
  enabled: { glyph: "dot", word: "enabled", tone: "ok" },
  disabled: { glyph: "ring", word: "disabled", tone: "un" },
  [FAILED]: { glyph: "warn", word: "disabled by failures", tone: "no" },
};

/** Shows an unknown state as received. */
export function webhookMark(state: string): Mark {
  return STATES[state] ?? { glyph: "ring", word: visible(state), tone: "un" };
}

export const known = (state: string): boolean => state in STATES;
export const failed = (webhook: Pick<WebhookView, "state">): boolean => webhook.state === FAILED;

/** What a webhook is called: its name, or its uri. */
export const called = (webhook: Pick<WebhookView, "name" | "uri">): string => webhook.name || webhook.uri;

/** `12 s ago, verified`; `3 h ago, rejected: no match` */
export function lastWords(last: SeenDelivery, now: number): string {
  const verdict = OUTCOMES[last.outcome].word.toLowerCase();
  const why = last.outcome !== "verified" && last.cause ? `: ${visible(last.cause)}` : "";
  return `${ago(last.received_ms, now)}, ${verdict}${why}`;
}

/** `4 events · last delivery 12 s ago, verified · 18 in the last hour` */
export function seenWords(webhook: Pick<WebhookView, "events" | "last" | "last_hour" | "place">, now: number): string {
  const parts = [webhook.events.length ? plural(webhook.events.length, "event") : "no events"];
  if (webhook.last) parts.push(`last delivery ${lastWords(webhook.last, now)}`);
  else if (webhook.place === "ours") parts.push("nothing received yet");
  if (webhook.last_hour > 0) parts.push(`${count(webhook.last_hour)} in the last hour`);
  return parts.join(" · ");
}

export const PLACES: Record<UriPlace, { word: string; what: string }> = {
  ours: { word: "ours", what: "Its address leads to this Pollux." },
  earlier: {
    word: "points to an earlier address",
    what: "Its address was once this Pollux's and no longer is: what is sent there is lost.",
  },
  elsewhere: {
    word: "points elsewhere",
    what: "Its address leads elsewhere, so its deliveries do not pass through here.",
  },
};

/** What needs somebody, over all projects or in one. */
export function alarmCount(alarms: readonly WebhookAlarms[], project: number | null = null): number {
  return alarms
    .filter((one) => project === null || one.project === project)
    .reduce((sum, one) => sum + one.disabled + one.earlier, 0);
}

/**
 * Which project a view of one project shows: the bar's, then the one picked there, then the first that can be managed.
 */
export function projectShown(
  projects: readonly Project[],
  bar: number | null,
  picked: number | null,
): Project | undefined {
  const of = (id: number | null) => (id === null ? undefined : projects.find((one) => one.id === id));
  return (
    of(bar) ??
    of(picked) ??
    projects.find((one) => !one.sandbox && one.api_key !== null) ??
    projects.find((one) => one.sandbox) ??
    projects[0]
  );
}

/**
 * The events a form offers: those of the catalog that can be subscribed to, then what a webhook has beyond them, as it
 * came.
 */
export function eventChoices(
  catalog: readonly EventType[],
  has: readonly string[],
): { name: string; meaning: string | null }[] {
  const offered = catalog.filter((type) => type.subscribable);
  const beyond = has.filter((name) => !offered.some((type) => type.name === name));
  return [
    ...offered.map(({ name, meaning }) => ({ name, meaning })),
    ...beyond.map((name) => ({ name, meaning: catalog.find((type) => type.name === name)?.meaning ?? null })),
  ];
}

/** What is wrong with a form before anybody is asked; null: nothing that can be told from here. */
export function draftProblem(uri: string, events: readonly string[]): string | null {
  const typed = uri.trim();
  if (typed === "") return "Enter the receiving address: https:// with a host and a path.";
  if (!/^https?:\/\//i.test(typed))
    return "An address starts with https:// (an emulator on this machine also takes http://).";
  try {
    new URL(typed);
  } catch {
    return "This is not an address: https:// is followed by a host, such as hooks.example.com.";
  }
  return events.length === 0 ? "Choose at least one event: without one, nothing is ever sent." : null;
}

/** Can a service outside this machine and its network reach it? Names are taken at their word. */
export function outsideReaches(uri: string): boolean {
  let host: string;
  try {
    host = new URL(uri.trim()).hostname.replace(/^\[|\]$/g, "").toLowerCase();
  } catch {
    return true;
  }
  const nearby =
    /^(127\.|10\.|192\.168\.|169\.254\.|0\.0\.0\.0$|172\.(1[6-9]|2\d|3[01])\.)/.test(host) ||
    /^(::1?$|f[cd][0-9a-f]{2}:|fe80:)/.test(host);
  return !nearby && host !== "localhost" && !/\.(localhost|local|internal|lan)$/.test(host);
}

/** Only what differs; null where nothing does. */
export function editOf(webhook: WebhookView, name: string, uri: string, events: readonly string[]): WebhookEdit | null {
  const before = webhook.events.map((one) => one.name);
  const sameEvents = before.length === events.length && before.every((one) => events.includes(one));
  const edit: WebhookEdit = {
    name: name.trim() === (webhook.name ?? "") ? null : name.trim(),
    uri: uri.trim() === webhook.uri ? null : uri.trim(),
    events: sameEvents ? null : [...events],
    state: null,
  };
  return edit.name === null && edit.uri === null && edit.events === null ? null : edit;
}

/** What takes an edit back. */
export function undoOf(webhook: WebhookView, edit: WebhookEdit): WebhookEdit {
  return {
    name: edit.name === null ? null : (webhook.name ?? ""),
    uri: edit.uri === null ? null : webhook.uri,
    events: edit.events === null ? null : webhook.events.map((one) => one.name),
    state: edit.state === null || known(webhook.state) ? (edit.state === null ? null : webhook.state) : null,
  };
}

const CAUSES: Record<string, string> = {
  webhook_disabled: "the webhook is disabled",
  not_ours: "its address leads elsewhere",
  not_listening: "not listening",
  refused_by_us: "refused by Pollux",
  tunnel_down: "the tunnel was down",
  address_unreachable: "the address was not reached",
  unknown: "cause unknown",
};

export type Ping =
  | { state: "waiting"; since: number }
  | { state: "done"; result: PingResult }
  | { state: "failed"; message: string; detail: string | null };

/** What stands in the button. */
export function pingWords(ping: Ping, now: number): string {
  if (ping.state === "waiting") return `waiting ${span(now - ping.since)}…`;
  if (ping.state === "failed") return "could not be requested";
  const { result } = ping;
  if (result.result === "missing")
    return `not arrived: ${CAUSES[result.cause] ?? visible(result.cause).replaceAll("_", " ")}`;
  const verdict = OUTCOMES[result.delivery.outcome].word.toLowerCase();
  const { after_ms } = result;
  const took = after_ms < 1000 ? withUnit(after_ms, "ms") : withUnit((after_ms / 1000).toFixed(1), "s");
  return `arrived in ${took}, ${verdict}`;
}

/** `refreshed 8 s ago`, from the time of the last reading. */
export function refreshedWords(refreshed: number | null, now: number): string {
  return refreshed === null ? "not read yet" : `refreshed ${ago(refreshed, now)}`;
}

/** What a deletion stops, in sentences. */
export function stopsWords(
  webhook: Pick<WebhookView, "events" | "state" | "last" | "last_hour" | "builtin">,
  now: number,
): string {
  const names = webhook.events.map((one) => visible(one.name));
  const events =
    names.length === 0
      ? "It has no events."
      : `${webhook.state === "enabled" ? "No longer sent" : "Not sent again"}: ${names.join(", ")}.`;
  const inHour = plural(webhook.last_hour, "delivery", "deliveries");
  const lately = webhook.last
    ? `${inHour} in the last hour, the last one ${lastWords(webhook.last, now)}.`
    : "Pollux has no delivery for it.";
  const back = webhook.builtin
    ? "It is Pollux's own: resetting the Sandbox creates it again."
    : "The service cannot restore it: creating it again gives it another id and another secret.";
  return `${events} ${lately} ${back}`;
}
