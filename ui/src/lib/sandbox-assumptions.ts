import { SANDBOX_DEFAULTS, type SandboxSettings } from "../ipc/generated";
import { durationText, readDuration } from "./duration";
import { count } from "./format";
import { ASSUMPTIONS, type Assumption, type AssumptionPath, type AssumptionValue } from "./sandbox-assumption-list";

/** The emulator refuses what is longer: ten years. */
const LONGEST_MS = 3650 * 86_400_000;
/** And longer texts. */
const LONGEST_TEXT = 1024;
const NO_LIMIT = "none";
/** Of a limit. */
const MOST = 1_000_000;

const ALL = ASSUMPTIONS.flatMap((group) => group.rows);

export function valueAt(settings: SandboxSettings, path: AssumptionPath): AssumptionValue {
  return path
    .split(".")
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], settings) as AssumptionValue;
}

export function defaultOf(one: Assumption): AssumptionValue {
  return valueAt(SANDBOX_DEFAULTS, one.path);
}

/** Those that are not as they were at first. */
export function changedIn(settings: SandboxSettings | null): readonly Assumption[] {
  return settings === null ? [] : ALL.filter((one) => valueAt(settings, one.path) !== defaultOf(one));
}

/** A merge patch that sets one, and names nothing else. */
export function assumptionPatch(path: AssumptionPath, value: AssumptionValue): Record<string, unknown> {
  return path.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Record<string, unknown>;
}

/** A merge patch that puts all of them back, and leaves faults and the rest alone. */
export function allDefaults(): Partial<SandboxSettings> {
  const {
    token,
    attempt_timeout_ms,
    retry,
    disabling,
    jobs,
    payload,
    rest,
    file_lifetime_ms,
    secret_grace_ms,
    sign_with_all_secrets,
  } = SANDBOX_DEFAULTS;
  return {
    token,
    attempt_timeout_ms,
    retry,
    disabling,
    jobs,
    payload,
    rest,
    file_lifetime_ms,
    secret_grace_ms,
    sign_with_all_secrets,
  };
}

/** A value in words, as its field shows it: `5 s`, `×4`, `10 %`, `on`, `In data`. */
export function valueText(one: Assumption, value: AssumptionValue): string {
  switch (one.kind) {
    case "switch":
      return value ? "on" : "off";
    case "choice":
      return one.choices.find((choice) => choice.id === value)?.label ?? String(value);
    case "duration":
      return durationText(Number(value));
    // 0.07 × 100 is 7.000000000000001.
    case "percent":
      return `${Number((Number(value) * 100).toPrecision(12))} %`;
    case "number":
      return `${one.unit}${value}`;
    case "limit":
      return value === null ? NO_LIMIT : String(value);
    case "text":
      return String(value);
  }
}

/** What was typed into a field, or what is wrong with it. */
export function readField(one: Assumption, text: string): { value: AssumptionValue } | { error: string } {
  const typed = text.trim();
  switch (one.kind) {
    case "duration":
      return readDuration(typed, one.least ?? 0, one.most ?? LONGEST_MS);
    case "percent": {
      const percent = decimal(typed.replace(/\s*%$/, ""));
      return percent !== null && percent <= 100 ? { value: percent / 100 } : { error: "A share from 0 to 100 %." };
    }
    case "number": {
      const value = decimal(typed.replace(/^[×x]\s*|\s*[×x]$/i, ""));
      const error = `A ${one.whole ? "whole " : ""}number from ${one.least} to ${count(one.most)}.`;
      return value !== null && value >= one.least && value <= one.most && (!one.whole || Number.isInteger(value))
        ? { value }
        : { error };
    }
    case "limit": {
      if (typed === "" || typed.toLowerCase() === NO_LIMIT) return { value: null };
      const value = decimal(typed);
      return value !== null && value >= 1 && value <= MOST && Number.isInteger(value)
        ? { value }
        : { error: `${NO_LIMIT}, or a whole number from 1 to ${count(MOST)}.` };
    }
    case "text": {
      if (one.wanted && !typed) return { error: one.wanted };
      return [...typed].length <= LONGEST_TEXT
        ? { value: typed }
        : { error: `At most ${count(LONGEST_TEXT)} characters.` };
    }
    default:
      return { value: typed };
  }
}

function decimal(text: string): number | null {
  return /^\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : null;
}
