import type { FaultDrop, FaultRule, FaultWhen } from "../ipc/generated";
import { durationText, readDuration } from "./duration";

/** A rule as it stands in the fields. */
export type FaultDraft = {
  project: number | null;
  eventType: string;
  when: FaultWhen["kind"];
  attempts: string;
  percent: string;
  seed: string;
  status: string;
  headers: string;
  body: string;
  delay: string;
  drop: FaultDrop;
};
export type FaultField = "eventType" | "attempts" | "percent" | "seed" | "status" | "headers" | "delay";
export type FaultErrors = Partial<Record<FaultField, string>>;

const MOST_DELAY_MS = 120_000;
const MOST_SEED = 4_294_967_295;

export function faultDraft(rule: FaultRule): FaultDraft {
  const { when } = rule;
  return {
    project: rule.project,
    eventType: rule.event_type ?? "",
    when: when.kind,
    attempts: String(when.kind === "first" ? when.attempts : 2),
    percent: String(when.kind === "random" ? when.percent : 20),
    seed: String(when.kind === "random" ? when.seed : 1),
    status: rule.status === null ? "" : String(rule.status),
    headers: rule.headers.map(([name, value]) => `${name}: ${value}`).join("\n"),
    body: rule.body,
    delay: rule.delay_ms === 0 ? "" : durationText(rule.delay_ms),
    drop: rule.drop,
  };
}

/**
 * The rule, or what is wrong with each field. What is not used (a percentage where it applies always) cannot be wrong.
 */
export function readFaultDraft(draft: FaultDraft, before: FaultRule): { rule: FaultRule } | { errors: FaultErrors } {
  const errors: FaultErrors = {};
  const eventType = draft.eventType.trim();
  if (/\s/.test(eventType)) errors.eventType = "One type without spaces, such as batch.succeeded; empty for all.";
  const when = readWhen(draft, errors);
  const status = whole(draft.status);
  if (draft.status.trim() !== "" && (status === null || status < 200 || status > 599))
    errors.status = "A status from 200 to 599; empty for the usual one.";
  const headers = readHeaders(draft.headers, errors);
  const delay = draft.delay.trim() === "" ? { value: 0 } : readDuration(draft.delay, 0, MOST_DELAY_MS);
  if ("error" in delay) errors.delay = delay.error;
  if (Object.keys(errors).length > 0 || !("value" in delay)) return { errors };
  // What is dropped before it is said has no status, no headers and no body.
  const said = draft.drop !== "before";
  return {
    rule: {
      id: before.id,
      on: before.on,
      project: draft.project,
      event_type: eventType === "" ? null : eventType,
      when,
      drop: draft.drop,
      status: said ? status : null,
      headers: said ? headers : [],
      body: said ? draft.body : "",
      delay_ms: delay.value,
    },
  };
}

function whole(text: string): number | null {
  return /^\d{1,10}$/.test(text.trim()) ? Number(text.trim()) : null;
}

function readWhen(draft: FaultDraft, errors: FaultErrors): FaultWhen {
  if (draft.when === "first") {
    const attempts = whole(draft.attempts);
    if (attempts === null || attempts < 1 || attempts > 1000) errors.attempts = "A whole number from 1 to 1,000.";
    return { kind: "first", attempts: attempts ?? 1 };
  }
  if (draft.when === "random") {
    const typed = draft.percent.trim().replace(/\s*%$/, "").replace(",", ".");
    const percent = /^\d{1,3}(\.\d{1,4})?$/.test(typed) ? Number(typed) : NaN;
    if (!(percent >= 0 && percent <= 100)) errors.percent = "A share from 0 to 100, such as 20 or 12.5.";
    const seed = whole(draft.seed);
    if (seed === null || seed > MOST_SEED) errors.seed = "A whole number from 0 to 4,294,967,295.";
    return { kind: "random", percent, seed: seed ?? 0 };
  }
  return { kind: "always" };
}

/** One `Name: value` a line; empty lines are left out. */
function readHeaders(text: string, errors: FaultErrors): [string, string][] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const headers: [string, string][] = [];
  for (const [i, line] of lines.entries()) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:\s*(.*)$/.exec(line.trim());
    const [, name = "", value = ""] = match ?? [];
    if (!match) errors.headers = `Line ${i + 1} is not a header line: write Name: value.`;
    else if (/^(content-length|transfer-encoding|connection)$/i.test(name))
      errors.headers = `${name} belongs to the connection and is set automatically.`;
    else headers.push([name, value]);
  }
  return headers;
}
