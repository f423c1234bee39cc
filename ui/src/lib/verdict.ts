import type { AnsweredBy, Outcome, Row, Scheme, StepStatus } from "../ipc/generated";
import { span } from "./format";
import { at } from "./verify-again";

export type Tone = "ok" | "no" | "un" | "old";
export type GlyphName =
  | "check"
  | "cross"
  | "ring"
  | "flask"
  | "same"
  | "dash"
  | "near"
  | "warn"
  | "dot"
  | "clock"
  | "run"
  | "play"
  | "onward"
  | "half";
export type Mark = { glyph: GlyphName; word: string; tone: Tone };

/**
 * A verdict is glyph + word, and never colour alone. Red only for checked and refused; unchecked is neutral, a genuine
 * token that does not cover the body amber.
 */
export const OUTCOMES: Record<Outcome, Mark> = {
  verified: { glyph: "check", word: "Verified", tone: "ok" },
  rejected: { glyph: "cross", word: "Rejected", tone: "no" },
  unchecked: { glyph: "ring", word: "Unchecked", tone: "un" },
  unbound: { glyph: "half", word: "Token genuine", tone: "old" },
};

export const OUTCOME_ORDER: readonly Outcome[] = ["verified", "rejected", "unchecked", "unbound"];

export const SCHEMES: Record<Scheme, { label: string; name: string }> = {
  v1: { label: "v1", name: "v1, HMAC-SHA256 with a shared secret" },
  v1a: { label: "v1a", name: "v1a, Ed25519 with the service's public keys" },
  jwt: { label: "JWT", name: "JWT, RS256 as the guide documents it" },
};

/** What the row says beside the glyph. A secret in its grace period is still valid, but amber, with the time left. */
export function rowVerdict(row: Row, nowMs: number): Mark & { cause: string } {
  const mark = OUTCOMES[row.outcome];
  if (row.outcome === "verified" && row.grace_until !== null) {
    const left = row.grace_until * 1000 - nowMs;
    return {
      glyph: "check",
      word: "Old secret",
      tone: "old",
      cause: left > 0 ? `${span(left)} left` : "since expired",
    };
  }
  const later = row.judged_ms ? `later, ${at(row.judged_ms, nowMs)}` : "";
  return { ...mark, cause: row.outcome === "verified" ? later : row.cause };
}

export const STEPS: Record<StepStatus, { glyph: GlyphName; tone: Tone; word: string }> = {
  passed: { glyph: "check", tone: "ok", word: "passed" },
  failed: { glyph: "cross", tone: "no", word: "failed" },
  near: { glyph: "near", tone: "no", word: "near miss" },
  warned: { glyph: "warn", tone: "old", word: "passed with a warning" },
  skipped: { glyph: "dash", tone: "un", word: "skipped" },
};

/** Colour class of an HTTP status that Pollux answered. */
export function statusTone(status: number): Tone {
  return status < 300 ? "ok" : "no";
}

/** Who made an answer, where it was not Pollux's usual one. */
export const ANSWERED_BY: Record<AnsweredBy, string> = {
  rule: "By a rule of the fault lab",
  target: "By the target that deliveries are forwarded to",
};
