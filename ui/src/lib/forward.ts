import type { ForwardOffer, ForwardRule, ForwardStart, ForwardView, Outbound } from "../ipc/generated";
import { ago, count, plural, span, took } from "./format";
import { hostOf } from "./targets";
import type { GlyphName, Tone } from "./verdict";

export const NO_RULE: Omit<ForwardRule, "project"> = {
  on: false,
  url: "",
  which: "verified",
  resign: null,
  concurrency: 4,
  answer: { kind: "at_once" },
};

/** A project without a rule, as one would look that is switched off. */
export function noForward(project: number): ForwardView {
  return {
    rule: { ...NO_RULE, project },
    state: { state: "off" },
    waiting: 0,
    accepted: 0,
    refused: 0,
    dropped: 0,
    last: null,
  };
}

/** `next attempt in 4 s`, `trying now`: a second that has begun is not over, so that it ends at 1 s. */
export function nextTryWords(next: number, now: number): string {
  const left = Math.ceil((next - now) / 1000) * 1000;
  return left <= 0 ? "trying now" : `next attempt in ${span(left)}`;
}

type PillTone = Tone | "busy";
/**
 * The pill in the bar: what leads, where to, and how it stands (`short`: in a word or two). `quiet`: nothing is
 * forwarded.
 */
export type ForwardPill = {
  tone: PillTone;
  lead: string;
  target: string | null;
  tail: string;
  short: string;
  quiet: boolean;
  state: string;
};

/** Whatever is worst speaks: down, then what waits. */
export function forwardPill(views: readonly ForwardView[], now: number): ForwardPill {
  const on = views.filter((view) => view.rule.on);
  const one = on.length === 1 ? on[0] : undefined;
  if (on.length === 0)
    return { tone: "un", lead: "Forward", target: null, tail: "", short: "", quiet: true, state: "off" };
  const waiting = on.reduce((sum, view) => sum + view.waiting, 0);
  const queue = waiting > 0 ? `${count(waiting)} waiting` : "";
  const down = on.filter((view) => view.state.state === "down");
  const state = down.length > 0 ? "down" : on.some((view) => view.state.state === "sending") ? "sending" : "idle";
  const tone: PillTone = state === "down" ? "no" : waiting > 0 ? "old" : "ok";
  if (one) {
    const tail = one.state.state === "down" ? [`down, ${nextTryWords(one.state.next_ms, now)}`, queue] : [queue];
    return {
      tone,
      lead: "Forward",
      target: hostOf(one.rule.url),
      tail: tail.filter(Boolean).join(" · "),
      short: state === "down" ? "down" : queue,
      quiet: false,
      state,
    };
  }
  const tail = [down.length > 0 ? `${count(down.length)} down` : "", queue].filter(Boolean).join(" · ");
  return {
    tone,
    lead: `Forward · ${plural(on.length, "project")}`,
    target: null,
    tail,
    short: down.length > 0 ? `${count(down.length)} down` : queue,
    quiet: false,
    state,
  };
}

/** How a project's forwarding stands: a headline, what was wrong (text from outside), and what follows. */
export type ForwardWords = { tone: Tone; glyph: GlyphName; head: string; why: string | null; then: string };

export function forwardWords({ rule, state, waiting }: ForwardView, now: number): ForwardWords {
  switch (state.state) {
    case "off":
      return {
        tone: "un",
        glyph: "ring",
        head: rule.url === "" ? "Not set up" : "Off",
        why: null,
        then: waiting > 0 ? `${count(waiting)} left waiting. Switching it on asks what to do with them.` : "",
      };
    case "idle":
      return { tone: "ok", glyph: "check", head: "On, nothing waiting", why: null, then: "" };
    case "sending":
      return {
        tone: "ok",
        glyph: "run",
        head: waiting > rule.concurrency ? `Sending, ${count(waiting)} waiting` : "Sending",
        why: null,
        then: "",
      };
    case "down":
      return {
        tone: "no",
        glyph: "cross",
        head: `Down for ${span(Math.max(0, now - state.since_ms))}, ${nextTryWords(state.next_ms, now)}`,
        why: state.why,
        then: `Attempt ${count(state.attempt)} is next. ${waitingWords(waiting)}`,
      };
  }
}

function waitingWords(waiting: number): string {
  if (waiting === 0) return "Nothing is waiting.";
  return `${plural(waiting, "delivery is", "deliveries are")} waiting for it, in order.`;
}

/** `412 accepted · 3 refused · 2 dropped`; what did not happen is left out. */
export function forwardCounts({
  accepted,
  refused,
  dropped,
}: Pick<ForwardView, "accepted" | "refused" | "dropped">): string {
  return [
    `${count(accepted)} accepted`,
    refused > 0 ? `${count(refused)} refused` : "",
    dropped > 0 ? `${count(dropped)} dropped` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** `200 · 3 ms, 2 s ago`, `no answer: connection refused, 2 s ago`; brief where the reason stands beside it already. */
export function lastWords(last: Outbound, now: number, brief = false): { tone: Tone; glyph: GlyphName; text: string } {
  const when = ago(last.at_ms, now);
  const attempt = last.number > 1 ? `, attempt ${count(last.number)}` : "";
  if (last.status === null) {
    const why = last.problem && !brief ? `: ${last.problem.message.replace(/[.\s]+$/, "")}` : "";
    return { tone: "no", glyph: "cross", text: `no answer${why}${attempt}, ${when}` };
  }
  const good = last.status >= 200 && last.status < 300;
  const time = last.total_us ?? last.first_us;
  return {
    tone: good ? "ok" : "no",
    glyph: good ? "check" : "cross",
    text: `${last.status}${time === null ? "" : ` · ${took(time)}`}${attempt}, ${when}`,
  };
}

export type StartChoice = {
  id: "new" | "waiting" | "hour" | "day";
  label: string;
  note: string;
  n: number;
  start: (now: number) => ForwardStart;
};

/**
 * What can be done with what is there already. A choice that would send nothing is left out, and so is a day that holds
 * no more than its last hour.
 */
export function startChoices(offer: ForwardOffer): StartChoice[] {
  const all: StartChoice[] = [
    {
      id: "new",
      label: "Only what arrives from now on",
      note: offer.waiting > 0 ? "What was left waiting is dropped from the queue. It stays in the history." : "",
      n: 0,
      start: () => ({ kind: "new" }),
    },
    {
      id: "waiting",
      label: "What was left waiting as well",
      note: "In the order of arrival.",
      n: offer.waiting,
      start: () => ({ kind: "waiting" }),
    },
    {
      id: "hour",
      label: "Everything from the last hour as well",
      note: "Except what has already been forwarded.",
      n: offer.last_hour,
      start: (now) => ({ kind: "since", ms: now - 3_600_000 }),
    },
    {
      id: "day",
      label: "Everything from the last 24 hours as well",
      note: "Except what has already been forwarded.",
      n: offer.last_day,
      start: (now) => ({ kind: "since", ms: now - 86_400_000 }),
    },
  ];
  return all.filter(
    (one) => one.id === "new" || (one.n > 0 && !(one.id === "day" && offer.last_day === offer.last_hour)),
  );
}

export const offersNothing = (offer: ForwardOffer): boolean =>
  offer.waiting === 0 && offer.last_hour === 0 && offer.last_day === 0;
