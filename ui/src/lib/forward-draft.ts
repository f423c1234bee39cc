import type { Code, ForwardRule, ForwardWhich } from "../ipc/generated";
import { durationText, readDuration } from "./duration";
import { ofSecret } from "./errors";
import { readAddress } from "./targets";

/** A rule as it stands in the fields. */
export type ForwardDraft = {
  url: string;
  which: ForwardWhich;
  resign: string | null;
  concurrency: string;
  answer: "at_once" | "target";
  timeout: string;
};
export type ForwardField = "url" | "resign" | "concurrency" | "timeout";
export type ForwardErrors = Partial<Record<ForwardField, string>>;

const MOST_AT_ONCE = 32;
const USUAL_TIMEOUT_MS = 5000;

export function forwardDraft(rule: ForwardRule): ForwardDraft {
  const { answer } = rule;
  return {
    url: rule.url,
    which: rule.which,
    resign: rule.resign,
    concurrency: String(rule.concurrency),
    answer: answer.kind,
    timeout: durationText(answer.kind === "target" ? answer.timeout_ms : USUAL_TIMEOUT_MS),
  };
}

/** The rule to save, or what is wrong with each field. A time-out that is not used cannot be wrong. */
export function readForwardDraft(
  draft: ForwardDraft,
  before: ForwardRule,
): { rule: ForwardRule } | { errors: ForwardErrors } {
  const errors: ForwardErrors = {};
  const url = readAddress(draft.url);
  const typed = draft.concurrency.trim();
  const concurrency = /^\d{1,3}$/.test(typed) ? Number(typed) : 0;
  const timeout = draft.answer === "target" ? readDuration(draft.timeout, 100, 60_000) : { value: USUAL_TIMEOUT_MS };
  if ("error" in url) errors.url = url.error;
  if (concurrency < 1 || concurrency > MOST_AT_ONCE) errors.concurrency = `A whole number from 1 to ${MOST_AT_ONCE}.`;
  if ("error" in timeout) errors.timeout = timeout.error;
  if (!("url" in url) || !("value" in timeout) || errors.concurrency) return { errors };
  return {
    rule: {
      project: before.project,
      on: before.on,
      url: url.url,
      which: draft.which,
      resign: draft.resign,
      concurrency,
      answer: draft.answer === "target" ? { kind: "target", timeout_ms: timeout.value } : { kind: "at_once" },
    },
  };
}

/** The rules say the same, whether on or off. */
export function sameRule(a: ForwardRule, b: ForwardRule): boolean {
  return (
    a.url === b.url &&
    a.which === b.which &&
    a.resign === b.resign &&
    a.concurrency === b.concurrency &&
    JSON.stringify(a.answer) === JSON.stringify(b.answer)
  );
}

/** Which field an error of the back end belongs beside. */
export function forwardFieldOf(code: Code): ForwardField | null {
  // What else can be wrong with a rule is read here: what is left is an address that is Pollux itself.
  const fields: Partial<Record<Code, ForwardField>> = {
    ...ofSecret("resign"),
    invalid_forward: "url",
    invalid_target: "url",
    confirm_target: "url",
  };
  return fields[code] ?? null;
}
