import type { CheckLatency, CheckLine, CheckReport, CheckState } from "../ipc/generated";
import { ago, count, plural, span, took } from "./format";
import { visible } from "./invisible";
import type { Mark } from "./verdict";

/** How it was with what cannot be seen from outside, as the user says. */
export type Handled = "once" | "twice";
export type Answers = ReadonlyMap<string, Handled>;
export type LineFilter = "all" | "failed" | "open";

/** Glyph and word, never colour alone. */
export const LINE_MARKS: Record<CheckState, Mark> = {
  waiting: { glyph: "dot", word: "Waiting", tone: "un" },
  running: { glyph: "run", word: "Running…", tone: "un" },
  passed: { glyph: "check", word: "Passed", tone: "ok" },
  failed: { glyph: "cross", word: "Failed", tone: "no" },
  open: { glyph: "ring", word: "Open", tone: "old" },
  skipped: { glyph: "dash", word: "Skipped", tone: "un" },
};

/** How a line counts once the user has said how an open one was. */
export function stateOf(line: CheckLine, answers: Answers): CheckState {
  const said = line.state === "open" ? answers.get(line.id) : undefined;
  return said === undefined ? line.state : said === "once" ? "passed" : "failed";
}

/** Why a case was skipped, in short: what it follows from, or what is said of it. Empty for all others. */
export function skippedFor(line: CheckLine, lines: readonly CheckLine[]): string {
  if (line.state !== "skipped") return "";
  const cause = lines.find((one) => one.id === line.cause);
  return cause ? `follows from “${cause.title}”` : (line.got ?? "");
}

export type Tally = Record<CheckState, number>;

export function tally(lines: readonly CheckLine[], answers: Answers): Tally {
  const counts: Tally = { waiting: 0, running: 0, passed: 0, failed: 0, open: 0, skipped: 0 };
  for (const line of lines) counts[stateOf(line, answers)]++;
  return counts;
}

export type Group = { name: string; lines: CheckLine[]; failed: number; open: number };

/** By group, in the order in which the groups first come, of those that the filter lets through. */
export function grouped(lines: readonly CheckLine[], answers: Answers, filter: LineFilter): Group[] {
  const groups = new Map<string, Group>();
  for (const line of lines) {
    const state = stateOf(line, answers);
    const group = groups.get(line.group) ?? { name: line.group, lines: [], failed: 0, open: 0 };
    groups.set(line.group, group);
    // A line that was open can still be answered otherwise, so it stays among those.
    if (filter === "failed" ? state !== "failed" : filter === "open" && line.state !== "open") continue;
    group.lines.push(line);
    if (state === "failed") group.failed++;
    if (state === "open") group.open++;
  }
  return [...groups.values()].filter((group) => group.lines.length > 0);
}

const NAMED = 4;

/** What stands on top: `2 of 38 failed`, then the lines that were, by name, and how many more there are. */
export type Summary = Mark & { names: readonly CheckLine[]; more: number; then: string };

/** Drawn from the lines. */
export function summary(report: CheckReport, answers: Answers): Summary {
  const counts = tally(report.lines, answers);
  const judged = counts.passed + counts.failed + counts.open;
  const failed = report.lines.filter((line) => stateOf(line, answers) === "failed");
  const open = report.lines.filter((line) => stateOf(line, answers) === "open");
  const said =
    failed.length > 0
      ? `${count(failed.length)} of ${count(judged)} failed`
      : `${count(counts.passed)} of ${count(judged)} passed`;
  const names = { names: failed.slice(0, NAMED), more: Math.max(0, failed.length - NAMED) };
  const rest = [
    open.length > 0
      ? `${count(open.length)} left open: say below how your handler treated ${open.length === 1 ? "it" : "them"}.`
      : "",
    counts.skipped > 0 ? `${count(counts.skipped)} skipped.` : "",
  ]
    .filter(Boolean)
    .join(" ");
  switch (report.progress) {
    case "unreachable":
      return {
        ...names,
        glyph: "cross",
        tone: "no",
        word: "Nobody answers there, so there is no result",
        then: report.problem === null ? "Start your handler or fix the address, then check again." : report.problem,
      };
    case "running":
      return failed.length > 0
        ? {
            ...names,
            glyph: "cross",
            tone: "no",
            word: `${said} so far`,
            then: progressWords(counts, report.lines.length),
          }
        : {
            ...names,
            glyph: "run",
            tone: "un",
            word: "Checking: nothing failed so far",
            then: progressWords(counts, report.lines.length),
          };
    case "stopped":
      return {
        ...names,
        glyph: failed.length > 0 ? "cross" : "dash",
        tone: failed.length > 0 ? "no" : "un",
        word: `Stopped. ${said}`,
        then: [`${count(counts.waiting + counts.running)} were not sent.`, report.problem ?? ""]
          .filter(Boolean)
          .join(" "),
      };
    case "done":
      if (failed.length > 0) return { ...names, glyph: "cross", tone: "no", word: said, then: rest };
      if (open.length > 0) return { ...names, glyph: "ring", tone: "old", word: said, then: rest };
      return judged === 0
        ? { ...names, glyph: "dash", tone: "un", word: "Nothing was checked", then: rest }
        : { ...names, glyph: "check", tone: "ok", word: `All ${count(judged)} passed`, then: rest };
  }
}

function progressWords(counts: Tally, total: number): string {
  return `${count(total - counts.waiting - counts.running)} of ${plural(total, "case")} sent.`;
}

/** How much of it was sent, 0 to 1. */
export function progressShare(lines: readonly CheckLine[]): number {
  const left = lines.filter((line) => line.state === "waiting" || line.state === "running").length;
  return lines.length === 0 ? 0 : 1 - left / lines.length;
}

/** `signed with whsec_…a91f and http://…/jwks.json` */
export function signedWith(report: CheckReport): string {
  return report.keys.length === 0 ? "" : `signed with ${report.keys.map((key) => visible(key)).join(" and ")}`;
}

/** `took 12 s, 1 min ago`; while it runs `12 s so far`. */
export function reportTime(report: CheckReport, now: number): string {
  const long = report.took_ms < 1000 ? `${count(report.took_ms)}\u00A0ms` : span(report.took_ms);
  if (report.progress === "running") return `${long} so far`;
  return `took ${long}, ${ago(report.started_ms + report.took_ms, now)}`;
}

export type Mile = { id: "p50" | "p95" | "p99" | "max"; label: string; us: number; text: string; at: number };

/**
 * The burst's percentiles as places on a strip that ends at the slowest. Half of the room is for the quick: the square
 * root keeps them apart.
 */
export function miles(latency: CheckLatency): Mile[] {
  const most = Math.max(1, latency.max_us);
  const mile = (id: Mile["id"], label: string, us: number): Mile => ({
    id,
    label,
    us,
    text: took(us),
    at: Math.min(1, Math.sqrt(us / most)),
  });
  return [
    mile("p50", "half within", latency.p50_us),
    mile("p95", "95 % within", latency.p95_us),
    mile("p99", "99 % within", latency.p99_us),
    mile("max", "slowest", latency.max_us),
  ];
}

const SENDERS_PATIENCE_US = 5_000_000;

/** What the burst says: a sender waits "a few seconds". */
export function latencyWords(latency: CheckLatency): string {
  const head = `${plural(latency.count, "delivery", "deliveries")} at once, half of them answered within ${took(latency.p50_us)}`;
  return latency.max_us > SENDERS_PATIENCE_US
    ? `${head}. The slowest took ${took(latency.max_us)}: the service waits only a few seconds, then counts the delivery as failed.`
    : `${head}, all within ${took(latency.max_us)}.`;
}
