import type { Evidence, EvidenceKind, EvidenceMark, JobFinding, NextAttempt } from "../ipc";
import { count, plural } from "./format";
import { clockOf, fineClock, lengthOf, neverCalled } from "./jobs";
import type { Mark } from "./verdict";

/** The words of a finding. */
const HEADS: Record<string, string> = {
  rejected: "called, and not verified.",
  refused: "called, and refused by us.",
  retrying: "called, refused by us, and to be tried again.",
  forward_failed: "told, and the forward failed.",
  points_elsewhere: "called elsewhere.",
};

/** `Ended 14:02:11, never called.` */
export function findingHead(finding: JobFinding, now: number): string {
  const { cause } = finding.brief;
  const what = neverCalled(cause) ? "never called." : (HEADS[cause] ?? "not told.");
  return `Ended ${fineClock(finding.ended_ms, now)}, ${what}`;
}

/** `Tries go on until 14:02 tomorrow, the next about 14:47: a guess from 31 retried events.` */
export function nextWords(next: NextAttempt, now: number): string {
  const spread = next.spread_ms >= 60_000 ? `, ${lengthOf(next.spread_ms)} either way` : "";
  const from =
    next.from_events > 0
      ? `a guess from ${plural(next.from_events, "retried event")}`
      : "a guess from the usual schedule, for none was seen here";
  return `Tries go on until ${clockOf(next.gives_up_ms, now)}, the next about ${clockOf(next.at_ms, now)}${spread}: ${from}.`;
}

export const EVIDENCE: Record<EvidenceKind, string> = {
  subscribed: "Subscribed",
  enabled: "Webhook enabled",
  address: "Address ours",
  running: "Pollux running",
  tunnel: "Tunnel",
  attempts: "Attempts seen",
  others: "Others told",
  forward: "Forward",
};

export const MARKS: Record<EvidenceMark, Mark> = {
  fine: { glyph: "check", word: "fine", tone: "ok" },
  explains: { glyph: "cross", word: "explains it", tone: "no" },
  unknown: { glyph: "dash", word: "says nothing", tone: "un" },
};

/** `8 checked, 1 explains it` */
export function evidenceSum(evidence: readonly Evidence[]): string {
  const explains = evidence.filter((one) => one.mark === "explains").length;
  const how = explains === 0 ? "none explains it" : `${count(explains)} ${explains === 1 ? "explains" : "explain"} it`;
  return `${count(evidence.length)} checked, ${how}`;
}

export function sourceWords(one: Evidence, now: number): string {
  if (one.source === "service") return one.at_ms === null ? "the service" : `asked ${clockOf(one.at_ms, now)}`;
  return one.source === "own_log" ? "own log" : "history";
}

/** What the picture shows, for who does not see it. */
export function pictureWords(finding: JobFinding, now: number): string {
  const down = (
    [
      ["webhook", finding.webhook],
      ["tunnel", finding.tunnel],
      ["listener", finding.running],
    ] as const
  ).flatMap(([name, spans]) =>
    spans
      .filter((span) => !span.up)
      .map((span) => `the ${name} was down from ${clockOf(span.from_ms, now)} to ${clockOf(span.to_ms, now)}`),
  );
  const others = finding.deliveries.filter((one) => !one.ours).length;
  const said = down.length ? down.join(", ") : "nothing is known to have been down";
  return `The job ended at ${fineClock(finding.ended_ms, now)}; ${said}. ${plural(others, "other delivery", "other deliveries")} arrived around it.`;
}
