import type {
  JobCounts,
  JobDetail,
  JobKind,
  JobKnownBy,
  JobPhase,
  JobsListed,
  JobTold,
  JobView,
} from "../ipc/generated";
import { clockText, dayText } from "./dates";
import { ago, count, span, withUnit } from "./format";
import { visible } from "./invisible";
import { OUTCOMES, SCHEMES, type GlyphName, type Tone } from "./verdict";

/** The words of the Operations view. Everything takes its `now`. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The service gives a batch up after 24 h, as the guide says, or after 48 h, as the reference does. */
export const SHORT_LIMIT_MS = 24 * HOUR;
export const LONG_LIMIT_MS = 48 * HOUR;

export const KINDS: Record<JobKind, { one: string; many: string }> = {
  batch: { one: "batch", many: "Batches" },
  interaction: { one: "interaction", many: "Interactions" },
  video: { one: "video", many: "Videos" },
};

/** How Pollux knows of a job, where nothing else is known of it. */
export const KNOWN_BY: Record<JobKnownBy, string> = {
  listed: "listed by the service",
  told: "known from an event",
  dispatched: "sent from here",
  opened: "opened by id",
};

/** A pie where there are counts, an arc where something goes on and nobody says how far. */
export type JobGlyph = GlyphName | "pie" | "arc" | "hand" | "none";
export type JobMark = { glyph: JobGlyph; word: string; tone: Tone | "warn" | "" };
/** The second line of a cell. */
export type Noted = { text: string; warn: boolean };
const plain = (text: string): Noted => ({ text, warn: false });
const warned = (text: string): Noted => ({ text, warn: true });

const PHASES: Record<Exclude<JobPhase, "running" | "unknown">, JobMark> = {
  waiting: { glyph: "hand", word: "Needs an answer", tone: "warn" },
  succeeded: { glyph: "check", word: "Succeeded", tone: "ok" },
  failed: { glyph: "cross", word: "Failed", tone: "no" },
  cancelled: { glyph: "dash", word: "Cancelled", tone: "un" },
  expired: { glyph: "clock", word: "Expired", tone: "no" },
  not_found: { glyph: "ring", word: "Not found", tone: "un" },
};

/** Where it stands. One that was not asked about is not said to run. */
export function phaseMark(job: Pick<JobView, "phase" | "state" | "counts">): JobMark {
  if (job.phase === "running") return { glyph: job.counts?.requests ? "pie" : "arc", word: "Running", tone: "" };
  if (job.phase === "unknown")
    return job.state
      ? { glyph: "ring", word: visible(job.state), tone: "un" }
      : { glyph: "ring", word: "Not asked yet", tone: "un" };
  return PHASES[job.phase];
}

export const ended = (job: Pick<JobView, "phase">): boolean =>
  job.phase !== "running" && job.phase !== "waiting" && job.phase !== "unknown";

/** How much of a batch has an answer, good or not: 0 to 1. */
export function doneShare(counts: JobCounts | null): number | null {
  return counts && counts.requests > 0 ? Math.min(1, (counts.succeeded + counts.failed) / counts.requests) : null;
}

/** Under the state: how far it is, the function that waits, the error's code. */
export function stateNote(job: JobView): Noted {
  if (job.unusable) return warned(`${count(job.unusable)} not usable`);
  const share = job.phase === "running" ? doneShare(job.counts) : null;
  // Not 100 % before all is done.
  if (share !== null) return plain(`${withUnit(Math.floor(share * 100), "%")} of ${count(job.counts?.requests ?? 0)}`);
  if (job.note) return plain(visible(job.note));
  return plain(job.phase === "not_found" ? "with this key" : "");
}

/** How long it goes on: `40 s`, `1 min 40 s`, `11 min`, `3 h 12 min`, `4 d 2 h`. */
export function lengthOf(ms: number): string {
  if (ms < SECOND) return withUnit(Math.max(0, Math.round(ms)), "ms");
  if (ms < MINUTE) return span(ms);
  if (ms < 2 * MINUTE) return pair(ms, MINUTE, "min", SECOND, "s");
  if (ms < HOUR) return span(ms);
  if (ms < 3 * DAY) return pair(ms, HOUR, "h", MINUTE, "min");
  return pair(ms, DAY, "d", HOUR, "h");
}

function pair(ms: number, big: number, unit: string, small: number, lesser: string): string {
  const rest = Math.floor((ms % big) / small);
  const whole = withUnit(Math.floor(ms / big), unit);
  if (rest === 0) return whole;
  return `${whole} ${withUnit(lesser === "min" ? String(rest).padStart(2, "0") : rest, lesser)}`;
}

function timeOf(ms: number, now: number, fine: boolean): string {
  const time = clockText(ms, fine);
  return new Date(ms).toDateString() === new Date(now).toDateString() ? time : `${dayText(ms, now)} ${time}`;
}

/** `14:02` of today, `28 Nov 14:02` of another day. */
export function clockOf(ms: number, now: number): string {
  return timeOf(ms, now, false);
}

/** `14:02:11`; of another day `28 Nov 14:02:11`. */
export function fineClock(ms: number, now: number): string {
  return timeOf(ms, now, true);
}

/** Where the age bar ends, and whether the shorter limit is past; null: this kind has no limit that is known. */
export type AgeBar = { share: number; past: boolean };
export type Age = { text: string; warn: boolean; bar: AgeBar | null; note: string };

export function ageOf(job: JobView, now: number): Age {
  if (!ended(job)) {
    const since = job.phase === "waiting" ? (job.ended_ms ?? job.created_ms) : job.created_ms;
    if (since === null) return { text: "–", warn: false, bar: null, note: "" };
    const passed = Math.max(0, now - since);
    const limited = job.kind === "batch" && job.phase === "running";
    const bar = limited ? { share: Math.min(1, passed / LONG_LIMIT_MS), past: passed > SHORT_LIMIT_MS } : null;
    return { text: lengthOf(passed), warn: bar?.past ?? false, bar, note: "" };
  }
  const text = job.ended_ms === null ? "–" : clockOf(job.ended_ms, now);
  const expiry = expiryNote(job, now);
  return { text, warn: false, bar: null, note: expiry };
}

function expiryNote(job: JobView, now: number): string {
  if (job.expires_ms !== null) {
    const left = job.expires_ms - now;
    if (left > 0) return `${span(left)} left`;
    // How long ago matters while somebody may still look for it.
    return left > -2 * DAY ? `expired ${ago(job.expires_ms, now)}` : "expired";
  }
  return job.phase === "failed" ? "no result" : "";
}

/** The head of the detail: `Expires in 47 h 38 min`, `Its result expired 3 h ago`. */
export function expiryWords(job: Pick<JobView, "expires_ms">, now: number): { lead: string; time: string } | null {
  if (job.expires_ms === null) return null;
  const left = job.expires_ms - now;
  return left > 0
    ? { lead: "Expires in", time: lengthOf(left) }
    : { lead: "Its result expired", time: ago(job.expires_ms, now) };
}

/** `24 s after` the end; what came at the same time or before it, by another clock, was `at once`. */
export function toldAfter(told: Pick<JobTold, "received_ms">, endedMs: number | null, now: number): string {
  if (endedMs === null) return `at ${clockOf(told.received_ms, now)}`;
  const after = told.received_ms - endedMs;
  return after < SECOND ? "at once" : `${lengthOf(after)} after`;
}

function forwardWord(told: JobTold): Noted | null {
  if (!told.forward) return null;
  const { status } = told.forward;
  if (status !== null && status >= 200 && status < 300) return plain("forwarded");
  return warned(status === null ? "forward unanswered" : `forward ${status}`);
}

function toldNote(told: JobTold): Noted {
  if (told.outcome === "verified" && !told.accepted)
    return warned(told.status === 0 ? "dropped by us" : `answered ${told.status}`);
  if (told.contradiction) return warned("says otherwise");
  const parts = [told.scheme ? SCHEMES[told.scheme].label : ""];
  const forward = forwardWord(told);
  if (forward) parts.push(forward.text);
  if (told.attempts > 1) parts.push(`×${count(told.attempts)}`);
  return { text: parts.filter(Boolean).join(" · "), warn: forward?.warn ?? false };
}

export type ToldCell = { mark: JobMark; note: Noted };

/** Our verdict on the event: whether it came, how long after, how it was signed, what became of the forward. */
export function toldOf(job: JobView, now: number): ToldCell {
  const { told } = job;
  if (told) {
    const outcome = OUTCOMES[told.outcome];
    const good = told.outcome === "verified";
    const odd = good && (told.contradiction !== null || !told.accepted);
    const tone = odd ? "warn" : outcome.tone;
    return {
      mark: {
        glyph: odd ? "warn" : outcome.glyph,
        word: good ? toldAfter(told, job.ended_ms, now) : outcome.word.toLowerCase(),
        tone,
      },
      note: toldNote(told),
    };
  }
  if (job.finding) {
    const aside = job.finding.set_aside;
    return {
      mark: { glyph: "warn", word: "never called", tone: aside ? "un" : "warn" },
      note: plain(aside ? "set aside" : "0 attempts seen"),
    };
  }
  const none = (word: string): ToldCell => ({ mark: { glyph: "none", word, tone: "un" }, note: plain("") });
  if (job.untold) return none("none expected");
  if (!ended(job) && job.phase !== "waiting") return none("–");
  if (job.grace_until_ms !== null && job.grace_until_ms > now)
    return {
      mark: { glyph: "ring", word: "not yet", tone: "un" },
      note: plain(`grace until ${clockOf(job.grace_until_ms, now)}`),
    };
  return none("none seen");
}

/** Whether the service named something to fetch. An interaction's steps come with the job. */
export const hasResult = (detail: JobDetail): boolean =>
  detail.output_file !== null || detail.inlined || detail.videos.length > 0;

/** Causes with which something came, or was called elsewhere: it is not said that nothing did. */
const CALLED: ReadonlySet<string> = new Set(["rejected", "refused", "retrying", "forward_failed", "points_elsewhere"]);
export const neverCalled = (cause: string): boolean => !CALLED.has(cause);

/** `Ended 14:02, never called: tunnel was down 13:58–14:09` */
export function findingLine(job: JobView, now: number): string {
  const { finding } = job;
  if (!finding) return "";
  const when = job.ended_ms === null ? "Ended" : `Ended ${clockOf(job.ended_ms, now)}`;
  return `${when}${neverCalled(finding.cause) ? ", never called" : ""}: ${visible(finding.words)}`;
}

/** A row with a finding is taller, unless the user set it aside. */
export const hasFinding = (job: Pick<JobView, "finding">): boolean => job.finding !== null && !job.finding.set_aside;

/** What it is called: its title; without one its first metadata; or else its name. */
export function titleOf(job: Pick<JobView, "title" | "metadata" | "name">): { text: string; mono: boolean } {
  if (job.title) return { text: job.title, mono: false };
  const [first] = job.metadata;
  return first ? { text: `${first.key}=${first.value}`, mono: true } : { text: idOf(job.name), mono: true };
}

/** The part of a name that is its own: `k3v9…` of `batches/k3v9…`. */
export const idOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1) || name;

/** `asked 8 s ago, next in 52 s` */
export function askedWords(listed: JobsListed, now: number): string {
  if (listed.reading) return "asking the service…";
  if (listed.paused_until_ms !== null && listed.paused_until_ms > now)
    return `next at ${clockOf(listed.paused_until_ms, now)}`;
  if (listed.asked_ms === null) return "not asked yet";
  const next = listed.next_ms === null ? "" : `, next in ${span(Math.max(0, listed.next_ms - now))}`;
  return `asked ${ago(listed.asked_ms, now)}${next}`;
}

export const LIMIT_WORDS = "limit 24 or 48 h, the documents differ";

/** `2 jobs missed`, `1 job waits`: what needs somebody, over all projects or in one. */
export function alarmsOf(
  alarms: readonly { project: number; missed: number; waiting: number }[],
  project: number | null = null,
): { missed: number; waiting: number } {
  const mine = alarms.filter((one) => project === null || one.project === project);
  return {
    missed: mine.reduce((sum, one) => sum + one.missed, 0),
    waiting: mine.reduce((sum, one) => sum + one.waiting, 0),
  };
}
