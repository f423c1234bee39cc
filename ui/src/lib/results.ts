import type { JobPhase, ResultView, RowKind, RowsSummary } from "../ipc/generated";
import { count, plural, unbroken } from "./format";

/** What a batch's output says, in words and numbers. Nothing here guesses: what is not known is said to be so. */
export type Tone = "ok" | "warn" | "no" | "un";
export type Verdict = { tone: Tone; title: string; text: string };

type Read = Pick<ResultView, "state"> & { summary: RowsSummary };

/** Rows that count: of a doubled key the first answer alone. */
export const counted = (sum: RowsSummary): number => sum.good + sum.failed;

/** Rows that are not usable, as far as that is known. */
export const unusable = (sum: RowsSummary): number => sum.failed + (sum.missing ?? 0);

/** While a file is read, or where reading it was stopped, its counts are of a part. */
export const isPart = ({ state }: Pick<ResultView, "state">): boolean => state !== "ready";

/** The sentence over the rows, and what stands under it. `phase`: of the job, where it is known. */
export function rowsVerdict(view: Read, phase: JobPhase | null = null): Verdict {
  const { summary: sum } = view;
  if (isPart(view)) return ofPart(view);
  const rows = counted(sum);
  const bad = unusable(sum);
  const text = notes(view).join(" ");
  const asked = sum.asked === null || sum.asked === 0 ? null : sum.asked;
  if (rows === 0 && asked !== null)
    return {
      tone: "no",
      title:
        asked === 1 ? "The one request was not answered." : `None of the ${plural(asked, "request")} was answered.`,
      text,
    };
  if (rows === 0) return { tone: "warn", title: "There are no rows in this file.", text };
  const all = asked === null ? plural(rows, "row") : plural(Math.max(asked, rows + (sum.missing ?? 0)), "row");
  const of = asked === null ? `${all} of the file` : all;
  if (bad > 0 && sum.good === 0)
    return { tone: "no", title: all === "1 row" ? "The one row is not usable." : `None of the ${of} is usable.`, text };
  if (bad > 0) {
    const said = `${count(bad)} of ${all} ${bad === 1 ? "is" : "are"} not usable.`;
    return { tone: "warn", title: phase === "succeeded" ? `Succeeded, but ${said}` : said, text };
  }
  const cut = sum.cut_at_end;
  const usable = rows === 1 ? "The one row is usable" : `All ${of} are usable`;
  return { tone: cut ? "warn" : "ok", title: cut ? `${usable}, but the file is cut.` : `${usable}.`, text };
}

function ofPart({ state, summary: sum }: Read): Verdict {
  const rows = plural(sum.answered, "row");
  const failed = sum.failed > 0 ? `${count(sum.failed)} failed so far.` : sum.answered > 0 ? "None failed so far." : "";
  if (state === "stopped" || state === "failed")
    return { tone: "un", title: `${rows} read before it stopped.`, text: failed };
  return { tone: "un", title: `Reading: ${rows} so far.`, text: failed };
}

function notes({ summary: sum }: Read): string[] {
  const said: string[] = [];
  const bad: string[] = [];
  if (sum.failed > 0) bad.push(`${count(sum.failed)} failed`);
  if (sum.missing !== null && sum.missing > 0) {
    const one = sum.missing === 1;
    bad.push(
      sum.missing_named
        ? `${plural(sum.missing, "key")} ${one ? "was" : "were"} never answered`
        : `${count(sum.missing)} ${one ? "was" : "were"} never answered (which ${one ? "one" : "ones"} is not known)`,
    );
  }
  if (bad.length > 0) said.push(`${bad.join(", ")}.`);
  const again = passLater(sum.error_kinds);
  if (again) said.push(again);
  if (sum.missing === null) said.push("How many were asked for is not known, so some may be missing.");
  if (sum.doubled > 0)
    said.push(`${plural(sum.doubled, "key has", "keys have")} more than one answer: the first counts.`);
  if (sum.strays > 0) said.push(`${plural(sum.strays, "row has a key", "rows have keys")} that nobody asked for.`);
  if (sum.keyless > 0) said.push(`${plural(sum.keyless, "row has", "rows have")} no key.`);
  if (sum.cut_at_end) said.push("The file ends in the middle of a line, so more may have been lost.");
  return said;
}

const codeOf = ({ name }: RowKind): number => Number(/^\d{3}\b/.exec(name)?.[0] ?? 0);

/** Errors that are of the moment: quota, and the service's own. */
function passLater(kinds: readonly RowKind[]): string {
  const sum = (fits: (code: number) => boolean) =>
    kinds.filter((kind) => fits(codeOf(kind))).reduce((all, kind) => all + kind.count, 0);
  const quota = sum((code) => code === 429);
  const service = sum((code) => code >= 500 && code < 600);
  if (quota === 0 && service === 0) return "";
  const codes = [...new Set(kinds.map(codeOf).filter((code) => code >= 500 && code < 600))].sort((a, b) => a - b);
  const said = [
    quota > 0 ? `${count(quota)} hit the quota (429)` : "",
    service > 0 ? `${count(service)} failed at the service (${codes.join(", ")})` : "",
  ].filter(Boolean);
  return `${said.join(", ")}, and may pass if sent again.`;
}

export type Share = { kind: "good" | "failed" | "missing"; count: number; share: number };

/** The parts of the bar, of all that were asked for; while it is read, the rest stays empty. */
export function shares(sum: RowsSummary): Share[] {
  const parts = [
    { kind: "good" as const, count: sum.good },
    { kind: "failed" as const, count: sum.failed },
    { kind: "missing" as const, count: sum.missing ?? 0 },
  ];
  const whole = Math.max(sum.asked ?? 0, counted(sum) + (sum.missing ?? 0));
  return parts.filter((part) => part.count > 0).map((part) => ({ ...part, share: part.count / whole }));
}

export type Cell = {
  id: "answered" | "good" | "failed" | "missing" | "doubled";
  label: string;
  value: string;
  note: string;
};

/** The numbers under the bar. */
export function cells(view: Read): Cell[] {
  const { summary: sum } = view;
  const part = isPart(view);
  const rows = counted(sum);
  const failed = [
    sum.errors > 0 ? plural(sum.errors, "error") : "",
    sum.partial > 0 ? `${count(sum.partial)} without full text` : "",
    sum.unparsable > 0 ? `${count(sum.unparsable)} unreadable` : "",
  ].filter(Boolean);
  return [
    {
      id: "answered",
      label: "Answered",
      value: count(rows),
      note: sum.asked === null ? (part ? "so far" : "") : `of ${count(sum.asked)} asked${part ? " so far" : ""}`,
    },
    { id: "good", label: "Good", value: count(sum.good), note: goodShare(sum, part) },
    { id: "failed", label: "Failed", value: count(sum.failed), note: unbroken(failed.join(", ")) },
    {
      id: "missing",
      label: "Missing keys",
      value: sum.missing === null || part ? "–" : count(sum.missing),
      note: part ? "once it is read" : missingNote(sum),
    },
    {
      id: "doubled",
      label: "Doubled keys",
      value: count(sum.doubled),
      note: sum.doubled > 0 ? "first answer counts" : "",
    },
  ];
}

/** Rounded down: 100 % is said of all alone. */
function goodShare(sum: RowsSummary, part: boolean): string {
  const of = part ? counted(sum) : Math.max(sum.asked ?? 0, counted(sum));
  if (of === 0) return "";
  const percent = Math.floor((sum.good / of) * 1000) / 10;
  return `${Number.isInteger(percent) ? percent : percent.toFixed(1)}\u00A0%${part ? " so far" : ""}`;
}

function missingNote(sum: RowsSummary): string {
  if (sum.missing === null) return "not known";
  if (sum.missing === 0) return "";
  return sum.missing_named ? "no line in the output" : "which ones is not known";
}

/** Tokens, each with its number or `–` where no row said it. */
export function tokenFacts({ tokens }: RowsSummary): { label: string; value: string }[] {
  const say = (n: number | null) => (n === null ? "–" : count(n));
  return [
    { label: "in", value: say(tokens.input) },
    { label: "of it cached", value: say(tokens.cached) },
    { label: "thinking", value: say(tokens.thinking) },
    { label: "out", value: say(tokens.output) },
  ];
}

/** How many there are of each to be filtered by; null: not known. */
export function filterCounts(view: Read): Record<"all" | "failed" | "missing" | "doubled", number | null> {
  const { summary: sum } = view;
  return {
    all: sum.answered + (sum.missing_named ? (sum.missing ?? 0) : 0),
    failed: sum.failed,
    missing: sum.missing,
    doubled: sum.doubled,
  };
}

/** How many would be sent again: failed ones, and missing ones whose requests are known. */
export const resendable = (sum: RowsSummary): number => sum.failed + (sum.missing_named ? (sum.missing ?? 0) : 0);

/**
 * What sending rows again may take, from what the others took; null where no row said its tokens. A guess, and called
 * one.
 */
export function resendCost(sum: RowsSummary, requests: number): string | null {
  const answered = sum.good + sum.partial;
  const { input, output, thinking } = sum.tokens;
  if (answered === 0 || (input === null && output === null)) return null;
  const each = (n: number | null) => (n === null ? null : Math.round(n / answered) * requests);
  const out = output === null && thinking === null ? null : (each(output) ?? 0) + (each(thinking) ?? 0);
  const said = [
    each(input) === null ? "" : `${roughly(each(input) ?? 0)} tokens in`,
    out === null
      ? ""
      : `${roughly(out)} ${input === null ? "tokens " : ""}out${thinking === null ? "" : " with thinking"}`,
  ].filter(Boolean);
  return `About ${said.join(" and ")}, if they take what the others took on average.`;
}

/** Two digits: more would pretend to know. */
function roughly(n: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, n))) - 1);
  return count(Math.round(n / unit) * unit);
}
