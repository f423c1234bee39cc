import type { SandboxSettings } from "../ipc/generated";

type Rate =
  | "too_many_requests"
  | "server_errors"
  | "lost_answers"
  | "garbled_answers"
  | "never_called"
  | "lost"
  | "doubled"
  | "reordered";
type Toggle = "launch_night_key" | "recased_headers" | "reserialised_body";
type Amount = "latency_ms" | "drip_bytes_per_second" | "hold_back_ms";
export type FaultKey = Rate | Toggle | Amount;

export type Fault = { label: string; what: string } & (
  | { kind: "rate"; key: Rate }
  | { kind: "toggle"; key: Toggle }
  | { kind: "amount"; key: Amount; unit: string; most: number; detail?: true }
);

/** What can be made to go wrong, in plain words. */
export const FAULTS: readonly { title: string; faults: readonly Fault[] }[] = [
  {
    title: "What is sent",
    faults: [
      {
        kind: "toggle",
        key: "reserialised_body",
        label: "Body re-serialised",
        what: "Parsed and printed again after signing. Rejected.",
      },
      {
        kind: "toggle",
        key: "launch_night_key",
        label: "Launch-night key",
        what: "v1 signed with the undecoded secret. Rejected.",
      },
      {
        kind: "toggle",
        key: "recased_headers",
        label: "Header names re-cased",
        what: "Webhook-Id for webhook-id. Still verified.",
      },
      {
        kind: "amount",
        key: "drip_bytes_per_second",
        unit: "B/s",
        most: 1_000_000,
        label: "Body drips",
        what: "Bytes per second; 0: all at once.",
      },
    ],
  },
  {
    title: "What arrives",
    faults: [
      {
        kind: "rate",
        key: "never_called",
        label: "Never called",
        what: "Jobs that end and send no event: the log has none.",
      },
      { kind: "rate", key: "lost", label: "Lost", what: "Never sent, never tried again." },
      { kind: "rate", key: "doubled", label: "Doubled", what: "Sent again after they were accepted." },
      { kind: "rate", key: "reordered", label: "Out of order", what: "Held back, so that later ones overtake them." },
      {
        kind: "amount",
        key: "hold_back_ms",
        unit: "ms",
        most: 86_400_000,
        label: "Longest wait",
        what: "For those doubled and out of order, by the Sandbox's clock.",
        detail: true,
      },
    ],
  },
  {
    title: "What the API answers",
    faults: [
      { kind: "rate", key: "too_many_requests", label: "429", what: "Too many requests." },
      { kind: "rate", key: "server_errors", label: "500 and 503", what: "The service stumbles." },
      {
        kind: "rate",
        key: "lost_answers",
        label: "Answers lost after the change was made",
        what: "Webhooks change, then the connection is cut.",
      },
      {
        kind: "rate",
        key: "garbled_answers",
        label: "Answers that are garbage",
        what: "Done, but the answer is a web page with 200.",
      },
      {
        kind: "amount",
        key: "latency_ms",
        unit: "ms",
        most: 60_000,
        label: "Latency",
        what: "Every answer comes this much later.",
      },
    ],
  },
];

/** Those that make something go wrong by themselves; a detail only says how one of them does. */
const ALL = FAULTS.flatMap((group) => group.faults).filter((fault) => !(fault.kind === "amount" && fault.detail));

export function isOn(fault: Fault, value: boolean | number): boolean {
  if (fault.kind === "amount" && fault.detail) return false;
  return typeof value === "boolean" ? value : value > 0;
}

/** The labels of what is on. */
export function faultsOn(settings: SandboxSettings | null): readonly string[] {
  return settings === null
    ? []
    : ALL.filter((fault) => isOn(fault, settings.faults[fault.key])).map((fault) => fault.label);
}

/** A merge patch that sets one. */
export function faultPatch(key: FaultKey, value: boolean | number): unknown {
  return { faults: { [key]: value } };
}

/** A merge patch that switches all off. */
export function allOff(): unknown {
  return { faults: Object.fromEntries(ALL.map((fault) => [fault.key, fault.kind === "toggle" ? false : 0])) };
}

/** `never`, `always`, `25 %`, `12.5 %`, `0.04 %`: a rate is never shown as nothing while it is on. */
export function rateText(rate: number): string {
  if (rate <= 0) return "never";
  if (rate >= 1) return "always";
  return `${Number((rate * 100).toPrecision(rate < 0.1 ? 2 : 3))} %`;
}

/** A whole number from 0 to `most`, or why not. */
export function readAmount(text: string, most: number): number | null {
  if (!/^\d{1,9}$/.test(text.trim())) return null;
  const value = Number(text.trim());
  return value <= most ? value : null;
}
