import type {
  Outbound,
  OutboundDetail,
  ReplayChanges,
  ReplayPlan,
  ReplayRun,
  ReplaySign,
  ReplayTally,
  Target,
} from "../ipc/generated";
import { WORDS } from "./error-words";
import { count, plural, took } from "./format";
import { nameOfUrl } from "./targets";
import type { Mark } from "./verdict";

/** Nothing is changed. */
export const AS_RECEIVED: ReplayChanges = {
  headers: null,
  body: { kind: "received" },
  fill: false,
  id: "keep",
  time: { kind: "received" },
  sign: { kind: "leave" },
  twist: null,
};
export const LIMITS = {
  times: 10_000,
  delayMs: 60_000,
  concurrency: 64,
  requests: 100_000,
  deliveries: 10_000,
  targets: 10,
  shift: 315_360_000,
};

export const plainPlan = (deliveries: readonly number[], targets: readonly string[]): ReplayPlan => ({
  deliveries: [...deliveries],
  targets: [...targets],
  changes: AS_RECEIVED,
  times: 1,
  delay_ms: 0,
  concurrency: 1,
});

export function sameSign(a: ReplaySign, b: ReplaySign): boolean {
  return a.kind === b.kind && (a.kind !== "secret" || (b.kind === "secret" && a.id === b.id));
}

/** What an answer is at a glance. A redirect is neither good nor bad: it was not followed. */
export function outboundMark({ status, problem }: Pick<Outbound, "status" | "problem">): Mark {
  if (status === null) return { glyph: "cross", word: problem ? WORDS[problem.code] : "no answer", tone: "no" };
  const word = problem ? `${status}, ${WORDS[problem.code]}` : String(status);
  if (problem || status >= 400) return { glyph: "cross", word, tone: "no" };
  return status >= 300 ? { glyph: "near", word, tone: "un" } : { glyph: "check", word, tone: "ok" };
}

/** `2 ms · 3 ms`: until the first byte, and in all. */
export function timesWords({ first_us, total_us }: Pick<Outbound, "first_us" | "total_us">): string {
  if (first_us === null) return total_us === null ? "" : took(total_us);
  return total_us === null ? took(first_us) : `${took(first_us)} · ${took(total_us)}`;
}

export function changesWords(changes: readonly string[]): string {
  return changes.length === 0 ? "as received" : changes.join(" · ");
}

/** `302 to https://…, not followed` */
export function redirectWords(detail: Pick<OutboundDetail, "redirect" | "outbound">): string | null {
  return detail.redirect === null ? null : `${detail.outbound.status ?? ""} to ${detail.redirect}, not followed`.trim();
}

/** One line for what just happened: `localhost:3000 answered 200 after 3 ms.` */
export function resultWords(
  outbound: Outbound,
  targets: readonly Target[],
): { level: "info" | "warning"; text: string; detail: string | null } {
  const name = nameOfUrl(outbound.url, targets);
  const { status, problem, total_us } = outbound;
  const after = total_us === null ? "" : ` after ${took(total_us)}`;
  if (status === null)
    return {
      level: "warning",
      text: `Replayed to ${name}: ${outboundMark(outbound).word}.`,
      detail: problem?.message ?? null,
    };
  return {
    level: problem || status >= 400 ? "warning" : "info",
    text: `${name} answered ${status}${after}.`,
    detail: problem?.message ?? null,
  };
}

/** How many requests a plan makes. */
export function requestsOf(
  plan: Pick<ReplayPlan, "times" | "changes"> & { deliveries: { length: number }; targets: { length: number } },
): number {
  return plan.deliveries.length * plan.targets.length * plan.times * (plan.changes.twist === "duplicate" ? 2 : 1);
}

export function runWords(run: ReplayRun): string {
  if (run.state === "running") return `${count(run.done)} of ${count(run.total)} sent`;
  if (run.state === "stopped") return `Stopped after ${count(run.done)} of ${count(run.total)}`;
  return plural(run.total, "request") + " sent";
}

export type StatusCount = { word: string; count: number; mark: Mark };
/** What a target answered, by status, with what failed at the end. */
export function tallyCounts(tally: Pick<ReplayTally, "statuses" | "failed" | "done">): StatusCount[] {
  const counts = tally.statuses.map(([status, n]): StatusCount => ({
    word: String(status),
    count: n,
    mark: outboundMark({ status, problem: null }),
  }));
  const silent = Math.max(0, tally.done - tally.statuses.reduce((sum, [, n]) => sum + n, 0));
  if (silent > 0)
    counts.push({ word: "no answer", count: silent, mark: { glyph: "cross", word: "no answer", tone: "no" } });
  return counts;
}

/** The same of a whole run. */
export function runCounts(run: Pick<ReplayRun, "targets" | "done">): StatusCount[] {
  const statuses = new Map<number, number>();
  for (const [status, n] of run.targets.flatMap((one) => one.statuses))
    statuses.set(status, (statuses.get(status) ?? 0) + n);
  const failed = run.targets.reduce((sum, one) => sum + one.failed, 0);
  return tallyCounts({ statuses: [...statuses].sort(([a], [b]) => a - b), failed, done: run.done });
}

/** `p50 2 ms · p95 9 ms`; nothing where nothing was answered. */
export function percentiles({ p50_us, p95_us }: Pick<ReplayTally, "p50_us" | "p95_us">): string {
  return p50_us === null || p95_us === null ? "" : `p50 ${took(p50_us)} · p95 ${took(p95_us)}`;
}

/** Nothing of a run went wrong: every request was answered, and none of the answers is an error. */
export function allWell(run: ReplayRun): boolean {
  return (
    run.problem === null &&
    run.targets.every((one) => one.failed === 0 && one.statuses.every(([status]) => status < 400))
  );
}
