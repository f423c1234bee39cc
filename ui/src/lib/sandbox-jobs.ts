import type { JobKind, JobOutcome, SandboxJob, SandboxSettings, SandboxWebhook } from "../ipc/generated";
import { visible } from "./invisible";
import { length } from "./sandbox-clock";
import type { Mark } from "./verdict";

export const KINDS: Record<JobKind, { label: string; a: string; what: string }> = {
  batch: { label: "Batch", a: "a batch", what: "Its output is a file, one line per request." },
  interaction: { label: "Interaction", a: "an interaction", what: "In the background, as Deep Research runs." },
  video: { label: "Video", a: "a video", what: "Its output is a small file that plays." },
};
export const KIND_ORDER: readonly JobKind[] = ["batch", "interaction", "video"];

const OUTCOMES: Record<JobOutcome, { ends: string; does: string }> = {
  succeed: { ends: "succeeds", does: "Succeed" },
  fail: { ends: "fails", does: "Fail" },
  expire: { ends: "expires", does: "Expire" },
  cancel: { ends: "is cancelled", does: "Cancel" },
  require_action: { ends: "requires action", does: "Require action" },
  idle: { ends: "goes idle", does: "Go idle" },
  never: { ends: "never ends", does: "" },
};

/** What a job of a kind can come to. */
export function outcomesOf(kind: JobKind): readonly JobOutcome[] {
  if (kind === "batch") return ["succeed", "fail", "expire", "cancel", "never"];
  return kind === "interaction"
    ? ["succeed", "require_action", "fail", "cancel", "idle", "never"]
    : ["succeed", "fail", "cancel", "never"];
}

/** For the list of a run card: `succeeds`, `requires action`. */
export function endsHow(outcome: string): string {
  return OUTCOMES[outcome as JobOutcome]?.ends ?? outcome;
}

/** Ways to end a job by hand: all but never, what it is already, and cancelling, which has its own button. */
export function finishes(kind: JobKind, state: string): readonly { id: JobOutcome; label: string }[] {
  return outcomesOf(kind)
    .filter((outcome) => outcome !== "never" && outcome !== "cancel" && outcome !== state)
    .map((id) => ({ id, label: OUTCOMES[id].does }));
}

const EVENTS: Record<JobKind, Partial<Record<JobOutcome, string>>> = {
  batch: { succeed: "batch.succeeded", fail: "batch.failed", expire: "batch.expired", cancel: "batch.cancelled" },
  interaction: {
    succeed: "interaction.completed",
    require_action: "interaction.requires_action",
    fail: "interaction.failed",
    cancel: "interaction.cancelled",
  },
  video: { succeed: "video.generated" },
};

/** The event that such an end sends; null where the catalog has none. */
export function eventOf(kind: JobKind, outcome: JobOutcome): string | null {
  return EVENTS[kind][outcome] ?? null;
}

/**
 * What will come of a run, told before it is started; `webhooks` is null while they are not known. `warn`: nothing will
 * arrive.
 */
export function forecast(
  kind: JobKind,
  outcome: JobOutcome,
  dynamic: boolean,
  webhooks: readonly SandboxWebhook[] | null,
  settings: SandboxSettings | null,
): { event: string | null; text: string; warn: boolean } {
  const event = eventOf(kind, outcome);
  if (outcome === "never") return { event, text: "No event: it runs until you finish or cancel it.", warn: false };
  if (outcome === "idle")
    return { event, text: "No event: it waits for input until you finish or cancel it.", warn: false };
  if (event === null) return { event, text: "No event: the catalog has none for this end.", warn: true };
  if (dynamic)
    return { event, text: `to this listener, signed ${settings?.dynamic === "jwt" ? "JWT" : "v1a"}`, warn: false };
  if (webhooks === null) return { event, text: "…", warn: false };
  const wanting = webhooks.filter((webhook) => webhook.subscribed_events.includes(event));
  const enabled = wanting.filter((webhook) => webhook.state === "enabled").length;
  if (enabled > 0)
    return { event, text: `to ${enabled === 1 ? "1 webhook" : `${enabled} webhooks`}, signed v1`, warn: false };
  return {
    event,
    text: wanting.length > 0 ? "to nobody: its webhooks are disabled" : "to nobody: no webhook subscribes to it",
    warn: true,
  };
}

const STATES: Record<string, Mark> = {
  pending: { glyph: "ring", word: "Pending", tone: "un" },
  running: { glyph: "run", word: "Running", tone: "un" },
  idle: { glyph: "dot", word: "Idle", tone: "un" },
  requires_action: { glyph: "warn", word: "Needs action", tone: "old" },
  succeeded: { glyph: "check", word: "Succeeded", tone: "ok" },
  failed: { glyph: "cross", word: "Failed", tone: "no" },
  cancelled: { glyph: "dash", word: "Cancelled", tone: "un" },
  expired: { glyph: "clock", word: "Expired", tone: "un" },
};

/** A state that is not known is shown as it is. */
export function jobMark(state: string): Mark {
  return Object.hasOwn(STATES, state) ? (STATES[state] as Mark) : { glyph: "ring", word: visible(state), tone: "un" };
}

/** It goes on by itself. */
export function active(job: SandboxJob): boolean {
  return job.state === "pending" || job.state === "running";
}

/** It has not ended, so that it can be ended by hand: also in a state that is not known. */
export function open(job: SandboxJob): boolean {
  return active(job) || job.ended_ms === null;
}

/** What will come of a job that has not ended. */
export function comes(job: SandboxJob): string {
  if (job.state === "idle") return "waits for input";
  if (job.outcome === "never" || job.next_ms === null) return "no end is planned";
  return `then ${endsHow(job.outcome)}`;
}

/** 0 to 1 at a time of the emulator's clock; null where no end is planned. */
export function progressAt(job: SandboxJob, nowMs: number): number | null {
  if (!active(job)) return 1;
  if (job.state === "pending") return 0;
  const from = job.started_ms ?? job.created_ms;
  if (job.next_ms === null || job.next_ms <= from) return null;
  return Math.min(1, Math.max(0, (nowMs - from) / (job.next_ms - from)));
}

/** What stands beside the bar: `starts in 0.4 s`, `2.1 s left`, `until you end it`, `took 4.5 s`. */
export function jobTime(job: SandboxJob, nowMs: number): string {
  if (job.state === "pending")
    return job.next_ms === null
      ? "waits"
      : job.next_ms <= nowMs
        ? "starts now"
        : `starts in ${length(job.next_ms - nowMs)}`;
  if (job.state === "running")
    return job.next_ms === null
      ? "until you end it"
      : job.next_ms <= nowMs
        ? "ends now"
        : `${length(job.next_ms - nowMs)} left`;
  if (job.ended_ms === null) return "";
  return `took ${length(Math.max(0, job.ended_ms - job.created_ms))}`;
}
