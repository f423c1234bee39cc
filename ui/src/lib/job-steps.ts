import type { JobDetail, JobTold, JobView } from "../ipc/generated";
import { took } from "./format";
import { visible } from "./invisible";
import { ended, lengthOf } from "./jobs";
import { OUTCOMES, SCHEMES, type GlyphName, type Tone } from "./verdict";

/** A step on the way of a job and its event. `gap`: how long after the one before. */
export type JobStep = {
  id: "dispatched" | "ended" | "told" | "forwarded";
  word: string;
  at: number;
  glyph: GlyphName | null;
  tone: Tone | "";
  note: string;
  /** The delivery that told of it. */
  told: JobTold | null;
  gap: string;
};

/** `SUCCEEDED` of `JOB_STATE_SUCCEEDED`: the service's word without what they all begin with. */
export const stateWord = (state: string): string => visible(state.replace(/^(JOB|BATCH)_STATE_/, ""));

/** Only what is known: a step that nobody saw is not drawn. */
export function stepsOf(detail: JobDetail): JobStep[] {
  const { job } = detail;
  const steps: Omit<JobStep, "gap">[] = [];
  const begun = job.dispatched_ms ?? job.created_ms;
  if (begun !== null)
    steps.push({
      id: "dispatched",
      word: job.dispatched_ms === null ? "Created" : "Dispatched",
      at: begun,
      glyph: null,
      tone: "",
      note: receiverWords(job),
      told: null,
    });
  if (job.ended_ms !== null)
    steps.push({
      id: "ended",
      word: job.phase === "waiting" ? "Stopped" : ended(job) ? "Ended" : "Stood still",
      at: job.ended_ms,
      glyph: null,
      tone: "",
      note: job.state ? `state ${stateWord(job.state)}` : "",
      told: null,
    });
  if (job.told) {
    const mark = OUTCOMES[job.told.outcome];
    steps.push({
      id: "told",
      word: job.told.scheme ? `Told by ${SCHEMES[job.told.scheme].label}` : "Told",
      at: job.told.received_ms,
      glyph: mark.glyph,
      tone: mark.tone,
      note: mark.word.toLowerCase(),
      told: job.told,
    });
    const { forward } = job.told;
    if (forward) {
      const good = forward.status !== null && forward.status >= 200 && forward.status < 300;
      steps.push({
        id: "forwarded",
        word: good ? "Forwarded" : "Forward failed",
        at: forward.sent_ms,
        glyph: good ? "check" : "cross",
        tone: good ? "ok" : "no",
        note: forward.status === null ? "no answer" : `${forward.status} in ${took(forward.took_us)}`,
        told: null,
      });
    }
  }
  return steps.map((step, i) => {
    const before = steps[i - 1];
    const passed = before ? step.at - before.at : 0;
    // Two clocks: what seems to come before what it follows has no length that is known.
    return { ...step, gap: before && passed > 0 ? lengthOf(passed) : "" };
  });
}

function receiverWords(job: JobView): string {
  if (job.receivers) return job.receivers.ours ? "own webhook_config" : "own webhook_config, elsewhere";
  return job.dispatched_ms === null ? "" : "to the registered webhooks";
}
