import type { ProbeView, TunnelProvider, TunnelState, TunnelView } from "../ipc/generated";
import { WORDS } from "./error-words";
import { ago, count, plural, span } from "./format";
import { visible } from "./invisible";
import type { GlyphName } from "./verdict";

/** Nothing is asked of the back end yet, or nothing was ever started. */
export const NO_TUNNEL: TunnelView = {
  provider: "none",
  state: { state: "off" },
  public: null,
  since_ms: 0,
  latency_ms: null,
  probe: null,
  stray: 0,
  too_many: 0,
  ngrok_authtoken: null,
};

export const PROVIDERS: readonly { id: TunnelProvider; label: string }[] = [
  { id: "none", label: "None" },
  { id: "ngrok", label: "ngrok" },
  { id: "cloudflared", label: "cloudflared" },
  { id: "own", label: "Own address" },
];

export const providerName = (provider: TunnelProvider): string =>
  PROVIDERS.find((one) => one.id === provider)?.label ?? visible(provider);

/** It runs, or tries to: stopping it means something. */
export const running = (state: TunnelState): boolean =>
  state.state === "starting" || state.state === "online" || state.state === "reconnecting";

/**
 * The address that others can use: also while the connection is being made again, since it comes back under the same
 * one.
 */
export function publicOf(view: TunnelView): string | null {
  return view.state.state === "online" || view.state.state === "reconnecting" ? view.public : null;
}

export type Tone = "ok" | "warn" | "no" | "un";
export type ProbeMark = { glyph: GlyphName; tone: Tone; word: string; short: string };
const PROBES: Record<string, ProbeMark> = {
  ok: { glyph: "check", tone: "ok", word: "Every byte came through unchanged", short: "probe passed" },
  body_changed: { glyph: "cross", tone: "no", word: "The body was changed on the way", short: "changes bodies" },
  headers_changed: {
    glyph: "cross",
    tone: "no",
    word: "Webhook headers were changed on the way",
    short: "changes headers",
  },
  path_changed: { glyph: "cross", tone: "no", word: "The path was changed on the way", short: "changes paths" },
  foreign_answer: { glyph: "cross", tone: "no", word: "Somebody else answered", short: "somebody else answered" },
  tls_failed: { glyph: "cross", tone: "no", word: "TLS fails", short: "TLS fails" },
  unreachable: { glyph: "cross", tone: "no", word: "Not reached", short: "not reached" },
  timed_out: { glyph: "warn", tone: "warn", word: "No answer in time", short: "no answer in time" },
};

/** Shows an unknown result as received, never as a success. */
export function probeMark(result: string): ProbeMark {
  const words = visible(result).replaceAll("_", " ");
  return PROBES[result] ?? { glyph: "warn", tone: "warn", word: words, short: words };
}

/** `21 ms round trip · 8 s ago`: what stands beside the result. */
export function probeFacts(probe: ProbeView, now: number): string {
  const parts = [
    probe.took_ms === null ? null : `${count(probe.took_ms)}\u00A0ms round trip`,
    probe.status === null || probe.result === "ok" ? null : `status ${probe.status}`,
    ago(probe.at_ms, now),
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

/** What became of the headers, each kind that there is. */
export function probeHeaders(probe: ProbeView): { label: string; names: readonly string[] }[] {
  return [
    { label: "Added", names: probe.added },
    { label: "Dropped", names: probe.dropped },
    { label: "Changed", names: probe.changed },
  ].filter((one) => one.names.length > 0);
}

/** The pill in the bar: a tone, words, and whether the address stands among them. */
export type PillWords = { tone: Tone; lead: string; address: string | null; tail: string };

export function pillWords(view: TunnelView, now: number): PillWords {
  const { state } = view;
  const name = providerName(view.provider);
  switch (state.state) {
    case "off":
      return { tone: "un", lead: "Tunnel off", address: null, tail: "" };
    case "starting":
      return { tone: "warn", lead: `${name} starting…`, address: null, tail: "" };
    case "reconnecting":
      return { tone: "warn", lead: `${name} reconnecting, ${nextTry(state.next_ms, now)}`, address: null, tail: "" };
    case "failed":
      return { tone: "no", lead: `${name} failed: ${WORDS[state.code]}`, address: null, tail: "" };
    case "online": {
      const mark = view.probe === null ? null : probeMark(view.probe.result);
      if (mark !== null && mark.tone !== "ok")
        return { tone: mark.tone, lead: name, address: view.public, tail: mark.short };
      return {
        tone: "ok",
        lead: name,
        address: view.public,
        tail: view.latency_ms === null ? "" : `${count(view.latency_ms)}\u00A0ms`,
      };
    }
  }
}

/** `next attempt in 4 s`, `trying now` */
export function nextTry(next: number | null, now: number): string {
  // A second that has begun is not over: the countdown ends at 1 s, not at 0.
  const left = next === null ? 0 : Math.ceil((next - now) / 1000) * 1000;
  return left <= 0 ? "trying now" : `next attempt in ${span(left)}`;
}

/**
 * The state in full: a headline, what it means, and what to do. What the back end says stands apart: it is text from
 * outside.
 */
export type StateWords = { tone: Tone; head: string; said: string | null; then: string; detail: string | null };

export function stateWords(view: TunnelView, now: number): StateWords {
  const { state } = view;
  const name = providerName(view.provider);
  const long = span(Math.max(0, now - view.since_ms));
  switch (state.state) {
    case "off":
      return { tone: "un", head: "Off", said: null, then: "Only this machine can reach the listener.", detail: null };
    case "starting":
      return {
        tone: "warn",
        head: `${name} is starting`,
        said: null,
        then: `For ${long} so far. The address appears as soon as it can be reached.`,
        detail: null,
      };
    case "online": {
      const latency =
        view.latency_ms === null
          ? ""
          : `, ${count(view.latency_ms)}\u00A0ms to ${view.provider === "own" ? "it" : name}`;
      return { tone: "ok", head: `Online for ${long}${latency}`, said: null, then: "", detail: null };
    }
    case "reconnecting": {
      const next = nextTry(state.next_ms, now);
      return {
        tone: "warn",
        head: `${name} is reconnecting, ${next}`,
        said: state.why,
        then: `Attempt ${count(state.attempt)} since the connection was lost ${long} ago. The service retries what it cannot deliver meanwhile.`,
        detail: null,
      };
    }
    case "failed":
      return {
        tone: "no",
        head: `${name} failed: ${WORDS[state.code]}`,
        said: state.message,
        then: "",
        detail: state.detail,
      };
  }
}

/** `12 strays answered 404 · 3 over the rate answered 429`; empty where there were none. */
export function turnedAway(view: Pick<TunnelView, "stray" | "too_many">): string {
  const parts = [];
  if (view.stray > 0) parts.push(`${plural(view.stray, "stray")} answered 404`);
  if (view.too_many > 0) parts.push(`${count(view.too_many)} over the rate answered 429`);
  return parts.join(" · ");
}

/** What is open to whom once it runs. */
export function exposure(port: number | null, guarded: boolean): string {
  const listener = port === null ? "the listener" : `the listener on port ${port}`;
  return `Anyone who knows the address${guarded ? " with its secret path" : ""} can send requests to ${listener}. Nothing else on this machine becomes public.`;
}
