import type { FaultLab, FaultRule } from "../ipc/generated";
import { durationText } from "./duration";
import { count, plural, unbroken } from "./format";
import { visible } from "./invisible";

export const NO_FAULTS: FaultLab = { rules: [], answers: [] };

export const EMPTY_RULE: FaultRule = {
  id: "",
  on: false,
  project: null,
  event_type: null,
  when: { kind: "always" },
  status: null,
  headers: [],
  body: "",
  delay_ms: 0,
  drop: "no",
};

export type Preset = { id: string; label: string; what: string; rule: FaultRule };
const preset = (id: string, label: string, what: string, rule: Partial<FaultRule>): Preset => ({
  id,
  label,
  what,
  rule: { ...EMPTY_RULE, ...rule },
});

export const PRESETS: readonly Preset[] = [
  preset("first_two", "503 on the first two attempts", "Shows whether the sender tries again, and how long it waits.", {
    when: { kind: "first", attempts: 2 },
    status: 503,
  }),
  preset("slow", "Slow: 10\u00A0s", "Longer than a sender usually waits.", { delay_ms: 10_000 }),
  preset("drop", "Drop the connection", "No answer, though the delivery arrived.", { drop: "before" }),
  preset("flaky", "Flaky: 20 %", "One in five is answered 503; a seed always picks the same ones.", {
    when: { kind: "random", percent: 20, seed: 1 },
    status: 503,
  }),
  preset("gone", "410 Gone", "Tells the sender to stop: some disable the webhook.", { status: 410 }),
  preset("redirect", "Redirect 302", "A sender should not follow it.", {
    status: 302,
    headers: [["location", "https://example.com/"]],
  }),
];

/**
 * `For batch.succeeded of nightly-eval: the first 2 attempts of each event get 503 after 2 s, then the usual answer.`
 */
export function ruleSentence(rule: FaultRule, projectName: (id: number) => string | null): string {
  return `${scope(rule, projectName)}: ${subject(rule)} ${outcome(rule)}${rest(rule)}.`;
}

function scope({ project, event_type }: FaultRule, projectName: (id: number) => string | null): string {
  const of = project === null ? "" : ` of ${visible(projectName(project) ?? "a removed project")}`;
  return event_type === null ? `For every delivery${of}` : `For ${visible(event_type)}${of}`;
}

function subject({ when }: FaultRule): string {
  if (when.kind === "first")
    return when.attempts === 1
      ? "the first attempt of each event gets"
      : `the first ${count(when.attempts)} attempts of each event get`;
  if (when.kind === "random") return `${percentText(when.percent)} of the attempts, drawn with seed ${when.seed}, get`;
  return "each attempt gets";
}

function outcome(rule: FaultRule): string {
  const late = rule.delay_ms > 0 ? ` after ${unbroken(durationText(rule.delay_ms))}` : "";
  if (rule.drop === "before") return `no answer, as the connection is dropped${late}`;
  const what = rule.status === null ? "the usual answer" : String(rule.status);
  const dress = [
    rule.headers.length > 0 ? plural(rule.headers.length, "header line") : "",
    rule.body === "" ? "" : "a custom body",
  ]
    .filter(Boolean)
    .join(" and ");
  const cut = rule.drop === "middle" ? ", cut off in the middle of the body" : "";
  return `${what}${dress ? ` with ${dress}` : ""}${late}${cut}`;
}

function rest({ when }: FaultRule): string {
  if (when.kind === "first") return ", then the usual answer";
  return when.kind === "random" && when.percent < 100 ? ", the others the usual answer" : "";
}

/** `20 %`, `12.5 %`, `0.04 %` */
export const percentText = (percent: number): string => `${Number(percent.toPrecision(3))} %`;

/** What a rule does not change is worth saying: it would be on, and nothing to see. */
export function doesNothing(rule: FaultRule): boolean {
  const idle = rule.when.kind === "random" && rule.when.percent === 0;
  return (
    idle ||
    (rule.status === null && rule.delay_ms === 0 && rule.drop === "no" && rule.headers.length === 0 && rule.body === "")
  );
}

export const rulesOn = ({ rules }: FaultLab): number => rules.filter((rule) => rule.on).length;

export const answersOf = ({ answers }: FaultLab, id: string): number => answers.find(([rule]) => rule === id)?.[1] ?? 0;

/** `made 12 answers`, `no answer yet` */
export const answersText = (n: number): string => (n === 0 ? "no answer made yet" : `made ${plural(n, "answer")}`);

/** Another order: the rule goes up or down by one; as it was where it cannot. */
export function moved(rules: readonly FaultRule[], id: string, by: number): FaultRule[] {
  const list = [...rules];
  const from = list.findIndex((rule) => rule.id === id);
  const [rule] = list.slice(from, from + 1);
  const to = from + by;
  if (from < 0 || !rule || to < 0 || to >= list.length) return list;
  list.splice(from, 1);
  list.splice(to, 0, rule);
  return list;
}

/**
 * An earlier rule that takes everything this one would get, so that this one never makes an answer: it is on, applies
 * always, and to the same or to more.
 */
export function shadowedBy(rules: readonly FaultRule[], id: string): number | null {
  const at = rules.findIndex((rule) => rule.id === id);
  const rule = rules[at];
  if (!rule?.on) return null;
  const found = rules
    .slice(0, at)
    .findIndex(
      (one) =>
        one.on &&
        one.when.kind === "always" &&
        (one.project === null || one.project === rule.project) &&
        (one.event_type === null || one.event_type === rule.event_type),
    );
  return found < 0 ? null : found;
}
