import type { SandboxAttempt, SandboxDeliveries, SandboxDelivery, SandboxWebhook } from "../ipc/generated";
import { took } from "./format";
import type { Mark, Tone } from "./verdict";

const STATES: Record<string, Mark & { what: string }> = {
  pending: { glyph: "clock", word: "Waiting", tone: "un", what: "To be tried at the planned time" },
  delivered: { glyph: "check", word: "Delivered", tone: "ok", what: "Its receiver answered 2xx" },
  given_up: { glyph: "cross", word: "Given up", tone: "no", what: "No 2xx within the time for retries" },
  lost: { glyph: "dash", word: "Lost", tone: "old", what: "Never sent: the fault Lost deliveries is on" },
  dropped: {
    glyph: "dash",
    word: "Dropped",
    tone: "un",
    what: "Its webhook was deleted or disabled before it could be sent",
  },
};

/** A state that is not known is shown as it is. */
export function deliveryMark(delivery: Pick<SandboxDelivery, "state" | "attempts">): Mark & { what: string } {
  if (delivery.state === "pending" && delivery.attempts.length > 0)
    return {
      glyph: "clock",
      word: "Retrying",
      tone: "old",
      what: "Its receiver did not answer 2xx; it is tried again",
    };
  return STATES[delivery.state] ?? { glyph: "ring", word: delivery.state, tone: "un", what: "" };
}

/** How one attempt went: `ok` is a 2xx, `no` another answer, `none` no answer at all. */
export function attemptTone(attempt: SandboxAttempt): "ok" | "no" | "none" {
  if (attempt.status === null) return "none";
  return attempt.status >= 200 && attempt.status < 300 ? "ok" : "no";
}

/** `Attempt 2: 503 in 12 ms`, `Attempt 1: connection refused`. */
export function attemptText(attempt: SandboxAttempt): string {
  const how =
    attempt.status === null ? (attempt.error ?? "no answer") : `${attempt.status} in ${took(attempt.took_us)}`;
  return `Attempt ${attempt.number}: ${how}`;
}

/** How the last attempt went, in a word: `200`, `refused`; empty where none was made. */
export function lastAnswer(delivery: SandboxDelivery): { text: string; tone: Tone } | null {
  const last = delivery.attempts.at(-1);
  if (!last) return null;
  if (last.status === null) return { text: "no answer", tone: "no" };
  return { text: String(last.status), tone: attemptTone(last) === "ok" ? "ok" : "no" };
}

/** Whom a delivery goes to: the webhook's name, or what stands in its place. */
export function targetName(delivery: SandboxDelivery, webhooks: readonly SandboxWebhook[]): string {
  if (delivery.webhook === null) return "own address";
  const webhook = webhooks.find((one) => one.id === delivery.webhook);
  if (!webhook) return "a deleted webhook";
  return webhook.name || webhook.uri;
}

/** The log as far as it is here, newest first without a hole, and from where it goes on (`null`: that is all). */
export type LogPart = { list: readonly SandboxDelivery[]; more: number | null };

/**
 * The newest page put before what is here. Where they no longer touch, the older part is dropped: it is read again when
 * looked at.
 */
export function withNewest(part: LogPart, page: SandboxDeliveries): LogPart {
  const lowest = page.deliveries.at(-1)?.number;
  const highest = page.deliveries[0]?.number;
  const kept = part.list[0]?.number;
  if (
    lowest === undefined ||
    highest === undefined ||
    kept === undefined ||
    kept < lowest ||
    kept > highest ||
    page.next_before === null
  ) {
    return { list: page.deliveries, more: page.next_before };
  }
  const older = part.list.filter((one) => one.number < lowest);
  return { list: [...page.deliveries, ...older], more: older.length > 0 ? part.more : page.next_before };
}

/** The page that follows what is here. */
export function withOlder(part: LogPart, page: SandboxDeliveries): LogPart {
  const last = part.list.at(-1)?.number ?? Infinity;
  return { list: [...part.list, ...page.deliveries.filter((one) => one.number < last)], more: page.next_before };
}

/** Entries that are here, as they are now. */
export function withChanged(part: LogPart, page: SandboxDeliveries): LogPart {
  const now = new Map(page.deliveries.map((one) => [one.number, one]));
  return { ...part, list: part.list.map((one) => now.get(one.number) ?? one) };
}
