import type { InteractionStep, InteractionView, JobDetail, JobPhase } from "../ipc/generated";
import { age, count, moment, span } from "./format";
import { checkJson, members } from "./json";

/** An interaction in words: its steps, what it waits for, and what came of it. */
export type StepIcon =
  "user" | "output" | "thought" | "call" | "result" | "search" | "page" | "code" | "image" | "file" | "other";
export type TimelineStep = {
  step: InteractionStep;
  icon: StepIcon;
  title: string;
  /** Of a call: what it got back, once it did. */
  result: InteractionStep | null;
};

const KINDS: Record<string, { icon: StepIcon; title: string } | undefined> = {
  user_input: { icon: "user", title: "Input" },
  model_output: { icon: "output", title: "Output" },
  thought: { icon: "thought", title: "Thought" },
  function_call: { icon: "call", title: "Call" },
  function_result: { icon: "result", title: "Result" },
  google_search_call: { icon: "search", title: "Search" },
  google_search_result: { icon: "search", title: "Search result" },
  google_maps_call: { icon: "search", title: "Maps" },
  url_context_call: { icon: "page", title: "Page" },
  url_context_result: { icon: "page", title: "Page, read" },
  code_execution_call: { icon: "code", title: "Code" },
  code_execution_result: { icon: "code", title: "Code result" },
  file_search_call: { icon: "file", title: "File search" },
  mcp_server_tool_call: { icon: "call", title: "Tool" },
};

function lookOf(step: InteractionStep): { icon: StepIcon; title: string } {
  const look = KINDS[step.kind] ?? {
    icon: step.kind.endsWith("_call") ? "call" : step.kind.endsWith("_result") ? "result" : "other",
    title: step.kind,
  };
  if (step.mime_type?.startsWith("image/")) return { icon: "image", title: "Image" };
  return step.name ? { ...look, title: step.name } : look;
}

const isResult = (step: InteractionStep): boolean => step.kind.endsWith("_result");
const familyOf = (step: InteractionStep): string => step.kind.replace(/_(call|result)$/, "");

/** The steps, each result with the call that it answers. */
export function timeline(steps: readonly InteractionStep[]): TimelineStep[] {
  const lines: TimelineStep[] = [];
  for (const step of steps) {
    const last = lines.at(-1);
    const of = !isResult(step)
      ? undefined
      : step.call !== null
        ? lines.find((line) => line.step.call === step.call && line.result === null && !isResult(line.step))
        : last && !isResult(last.step) && last.result === null && familyOf(last.step) === familyOf(step)
          ? last
          : undefined;
    if (of) of.result = step;
    else lines.push({ step, result: null, ...lookOf(step) });
  }
  return lines;
}

/** `14:32:05` of today, with the day of another one. */
export function clock(ms: number, now: number): string {
  const [date = "", time = ""] = moment(ms).split(" ");
  const second = time.slice(0, 8);
  return moment(now).startsWith(date) ? second : `${date} ${second}`;
}

/** `5, as of 14:32:05`; of one that has not ended more may come. */
export function stepsWords(detail: JobDetail, lines: number, now: number): string {
  const { phase, asked_ms } = detail.job;
  const far = phase === "running" ? " so far" : "";
  return `${count(lines)}${far}${asked_ms === null ? "" : `, as of ${clock(asked_ms, now)}`}`;
}

export type Banner = {
  tone: "ok" | "warn" | "no" | "un";
  title: string;
  glyph: "hand" | "check" | "cross" | "run" | "dash";
};

const ENDED: Partial<Record<JobPhase, Banner>> = {
  succeeded: { tone: "ok", title: "It is complete.", glyph: "check" },
  failed: { tone: "no", title: "It failed.", glyph: "cross" },
  cancelled: { tone: "un", title: "It was cancelled.", glyph: "dash" },
  expired: { tone: "no", title: "It expired before it was complete.", glyph: "cross" },
  not_found: { tone: "no", title: "The service does not know it with this project's key.", glyph: "cross" },
};

/** What is to be said of it first. */
export function banner({ job, interaction }: JobDetail): Banner {
  const pending = interaction?.pending ?? [];
  if (job.phase === "waiting" || pending.length > 0) {
    const [first, second] = pending;
    const who =
      pending.length === 0 || !first
        ? "a call has no result yet"
        : pending.length === 1
          ? `${first.name} has no result yet`
          : pending.length === 2 && second
            ? `${first.name} and ${second.name} have no results yet`
            : `${count(pending.length)} calls have no results yet`;
    return { tone: "warn", title: `It waits for you: ${who}.`, glyph: "hand" };
  }
  if (job.phase === "running") return { tone: "un", title: "It is running.", glyph: "run" };
  return ENDED[job.phase] ?? { tone: "un", title: "Where it stands is not known.", glyph: "dash" };
}

/** `Told 14:32:08, 3 s after, by`, before the event's type; null where no event came. */
export function toldWords({ job }: JobDetail, now: number): string | null {
  if (!job.told) return null;
  const at = clock(job.told.received_ms, now);
  const after = job.ended_ms === null ? null : job.told.received_ms - job.ended_ms;
  return `Told ${at}${after === null || after < 0 ? "" : `, ${span(after)} after`}, by`;
}

/** Why no event told of it. */
export function untoldWords({ job }: JobDetail, now: number): string {
  if (job.untold) return "No event is expected.";
  if (job.ended_ms === null) return "";
  const grace = job.grace_until_ms;
  return grace !== null && grace > now
    ? `No event told of it yet; one may come until ${clock(grace, now)}.`
    : "No event told of it.";
}

export type Argument = { key: string; value: string; plain: boolean };

/** Arguments as they were written, numbers with all their digits; null where they are no object. */
export function argumentsOf(json: string): Argument[] | null {
  const { root } = checkJson(json);
  if (root?.kind !== "object") return null;
  const { items } = members(json, root, 100);
  return items.map((item) => {
    const source = json.slice(item.start, item.end);
    const key = item.key ? parsed(json.slice(item.key.start, item.key.end)) : "";
    return { key, value: item.kind === "string" ? parsed(source) : source, plain: item.kind === "string" };
  });
}

function parsed(source: string): string {
  try {
    const value: unknown = JSON.parse(source);
    return typeof value === "string" ? value : source;
  } catch {
    return source;
  }
}

export type Turn = {
  id: string;
  label: string;
  at: number | null;
  text: string;
  /** The interaction, where it is another one. */
  name: string | null;
  state: string;
  tone: "ok" | "warn" | "no" | "un";
  glyph: "check" | "hand" | "dashed" | "cross" | "run" | "dash";
};

/** The turns around this one, as far as Pollux knows them. */
export function turns(detail: JobDetail, view: InteractionView, now: number): Turn[] {
  const { job } = detail;
  const before: Turn[] =
    view.previous === null
      ? []
      : [
          {
            id: "before",
            label: "Before",
            at: null,
            text: "the turn that this one goes on from",
            name: view.previous,
            state: "went on",
            tone: "ok",
            glyph: "check",
          },
        ];
  const waits = view.pending.length > 0;
  const onward = view.next.length > 0;
  const asked = view.pending.map((call) => call.name).join(", ");
  const told = job.told
    ? `, told ${job.ended_ms === null ? "" : `${span(Math.max(0, job.told.received_ms - job.ended_ms))} after`}`.trimEnd()
    : "";
  const here: Turn = {
    id: "this",
    label: "This turn",
    at: job.created_ms,
    text: waits ? `asked for ${asked}${told}` : `${turnText(detail)}${told}`,
    name: null,
    ...(onward
      ? { state: "went on", tone: "ok", glyph: "check" }
      : waits
        ? { state: job.ended_ms === null ? "waits" : `waits ${age(job.ended_ms, now)}`, tone: "warn", glyph: "hand" }
        : turnState(job.phase)),
  };
  const after: Turn[] = view.next.map((name, i) => ({
    id: `next-${i}`,
    label: "Next",
    at: null,
    text: "goes on from this one",
    name,
    state: "sent",
    tone: "ok",
    glyph: "check",
  }));
  if (!onward && waits)
    after.push({
      id: "yours",
      label: "Next",
      at: null,
      text: "your answer; followed until it ends or asks again",
      name: null,
      state: "not sent",
      tone: "un",
      glyph: "dashed",
    });
  return [...before, here, ...after];
}

function turnText({ job, failure }: JobDetail): string {
  if (failure) return failure.message;
  if (job.phase === "running") return "still running";
  return job.phase === "succeeded" ? "complete" : job.state || "not known";
}

function turnState(phase: JobPhase): Pick<Turn, "state" | "tone" | "glyph"> {
  const states: Partial<Record<JobPhase, Pick<Turn, "state" | "tone" | "glyph">>> = {
    running: { state: "running", tone: "un", glyph: "run" },
    succeeded: { state: "complete", tone: "ok", glyph: "check" },
    failed: { state: "failed", tone: "no", glyph: "cross" },
    cancelled: { state: "cancelled", tone: "un", glyph: "dash" },
    expired: { state: "expired", tone: "no", glyph: "cross" },
  };
  return states[phase] ?? { state: "not known", tone: "un", glyph: "dash" };
}

/** Tokens that the service told of, each with its number or `–`. */
export function usageFacts(view: InteractionView): { label: string; value: string }[] {
  const say = (n: number | null | undefined) => (n === null || n === undefined ? "–" : count(n));
  const usage = view.usage;
  if (!usage) return [];
  return [
    { label: "in", value: say(usage.input) },
    { label: "of it cached", value: say(usage.cached) },
    { label: "thinking", value: say(usage.thought) },
    { label: "out", value: say(usage.output) },
    { label: "all", value: say(usage.total) },
  ];
}
