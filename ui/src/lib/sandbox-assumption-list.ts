import type { SandboxSettings } from "../ipc/generated";

const HOUR = 3_600_000;

/** Members of the settings by their path (`retry.first_ms`), of those whose value is a `V`. */
type PathOf<T, V> = {
  [K in keyof T & string]: T[K] extends V ? K : T[K] extends object ? `${K}.${PathOf<T[K], V>}` : never;
}[keyof T & string];
type Assumed = Omit<SandboxSettings, "faults" | "keep_deliveries" | "dynamic">;

export type AssumptionPath = PathOf<Assumed, AssumptionValue>;
export type AssumptionValue = string | number | boolean | null;
export type Choice = { id: string; label: string; what: string };

export type Assumption = { label: string; what: string } & (
  | { kind: "switch"; path: PathOf<Assumed, boolean> }
  | { kind: "duration"; path: PathOf<Assumed, number>; least?: number; most?: number }
  | { kind: "number"; path: PathOf<Assumed, number>; unit: string; least: number; most: number; whole: boolean }
  /** None, or a whole number from 1 on. */
  | { kind: "limit"; path: Exclude<PathOf<Assumed, number | null>, PathOf<Assumed, number>> }
  | { kind: "percent"; path: PathOf<Assumed, number> }
  | { kind: "choice"; path: PathOf<Assumed, string>; choices: readonly Choice[] }
  /** Without `wanted` it may be empty. */
  | { kind: "text"; path: PathOf<Assumed, string>; wanted?: string }
);

/** What is assumed of the service, in plain words. Where a document says something, the sentence says so. */
export const ASSUMPTIONS: readonly { title: string; rows: readonly Assumption[] }[] = [
  {
    title: "Retries",
    rows: [
      { kind: "duration", path: "retry.first_ms", label: "First wait", what: "Before the second attempt." },
      {
        kind: "number",
        path: "retry.factor",
        unit: "×",
        least: 1,
        most: 1000,
        whole: false,
        label: "Factor",
        what: "How much longer each wait is than the one before.",
      },
      { kind: "duration", path: "retry.longest_ms", label: "Longest wait", what: "No wait grows beyond it." },
      { kind: "percent", path: "retry.jitter", label: "Jitter", what: "How much a wait varies, at most." },
      {
        kind: "duration",
        path: "retry.window_ms",
        label: "Window",
        what: "No attempt starts later than this after the event. 24\u00A0h in the guide.",
      },
      {
        kind: "duration",
        path: "attempt_timeout_ms",
        least: 1,
        most: HOUR,
        label: "Attempt timeout",
        what: "For a receiver's answer, in wall time. “A few seconds” in the guide.",
      },
    ],
  },
  {
    title: "Disabling",
    rows: [
      {
        kind: "switch",
        path: "disabling.on_gone",
        label: "On 410 Gone",
        what: "Disables the webhook. Off: tried again.",
      },
      {
        kind: "number",
        path: "disabling.after_given_up",
        unit: "",
        least: 0,
        most: 1_000_000,
        whole: true,
        label: "After this many given up",
        what: "Deliveries in a row. 0: never.",
      },
    ],
  },
  {
    title: "Jobs",
    rows: [
      { kind: "duration", path: "jobs.pending_ms", label: "Pending", what: "From creation to running." },
      { kind: "duration", path: "jobs.batch_ms", label: "Batch", what: "From running to its end." },
      { kind: "duration", path: "jobs.interaction_ms", label: "Interaction", what: "From running to its end." },
      { kind: "duration", path: "jobs.video_ms", label: "Video", what: "From running to its end." },
      {
        kind: "duration",
        path: "jobs.batch_expiry_ms",
        label: "Batch expiry",
        what: "48\u00A0h in the reference, 24\u00A0h in the guide.",
      },
    ],
  },
  {
    title: "Payload",
    rows: [
      {
        kind: "choice",
        path: "payload.user_metadata",
        label: "user_metadata",
        what: "Where a job's metadata stands in its event.",
        choices: [
          { id: "data", label: "In data", what: "A job's metadata is in its event's data." },
          { id: "top", label: "Beside data", what: "A job's metadata is at the top of its event." },
          { id: "nowhere", label: "Nowhere", what: "A job's metadata is left out of its event." },
        ],
      },
      {
        kind: "choice",
        path: "payload.video",
        label: "Video fields",
        what: "Which fields point to the video.",
        choices: [
          { id: "guide", label: "Guide", what: "output_file_uri and file_name, as the guide since May." },
          { id: "launch", label: "Launch", what: "file_id and video_uri, as at the launch." },
          { id: "cookbook", label: "Cookbook", what: "video_uri alone, as in the cookbook." },
        ],
      },
      {
        kind: "switch",
        path: "payload.batch_prefix",
        label: "batches/ prefix",
        what: "data.id of a batch is batches/…, not the bare id.",
      },
      {
        kind: "switch",
        path: "payload.numeric_error_code",
        label: "Numeric error code",
        what: "error_code is 3, not INVALID_ARGUMENT.",
      },
      {
        kind: "text",
        path: "payload.ping_type",
        wanted: "A type, such as ping.",
        label: "Ping type",
        what: "The type of a ping's event.",
      },
      {
        kind: "switch",
        path: "payload.ping_when_disabled",
        label: "Ping when disabled",
        what: "A ping reaches a webhook that is disabled.",
      },
    ],
  },
  {
    title: "JWT claims",
    rows: [
      { kind: "text", path: "token.issuer", label: "iss", what: "Who issued the token. Empty: no such claim." },
      {
        kind: "text",
        path: "token.audience",
        label: "aud",
        what: "Whom the token is for. The guide checks it but never says what it is. Empty: no such claim.",
      },
      {
        kind: "switch",
        path: "token.holds_event",
        label: "Claims are the event",
        what: "The token then vouches for the body. Off: it does not cover it.",
      },
    ],
  },
  {
    title: "REST",
    rows: [
      {
        kind: "switch",
        path: "rest.strict_update_mask",
        label: "Strict update_mask",
        what: "It decides what a PATCH changes. Off: ignored, as observed.",
      },
      {
        kind: "switch",
        path: "rest.webhook_times",
        label: "Webhook times",
        what: "create_time and update_time are returned. Off: not, as observed.",
      },
      {
        kind: "switch",
        path: "rest.status_errors",
        label: "Status errors",
        what: "As google.rpc.Status. Off: in the form the interactions use.",
      },
      {
        kind: "switch",
        path: "rest.batches_by_key",
        label: "Batches by key",
        what: "Only the key that made a batch sees it and its output, as observed. Off: every key.",
      },
      {
        kind: "switch",
        path: "rest.http_row_codes",
        label: "HTTP codes in rows",
        what: "A failed row of a batch says 429. Off: 8, google.rpc.Code, as in the reference.",
      },
      {
        kind: "switch",
        path: "rest.ranges",
        label: "Downloads go on",
        what: "From where they were cut off, by Range. Off: the whole file comes again.",
      },
      {
        kind: "switch",
        path: "rest.download_uploads",
        label: "Download uploads",
        what: "Uploaded files can be downloaded, too. Off: only what a job wrote.",
      },
      {
        kind: "limit",
        path: "rest.requests_per_minute",
        label: "Requests a minute",
        what: "More are answered 429, by the Sandbox's clock. none: no quota.",
      },
    ],
  },
  {
    title: "Secrets and files",
    rows: [
      {
        kind: "duration",
        path: "secret_grace_ms",
        label: "Grace after a rotation",
        what: "How long an old secret stays valid.",
      },
      {
        kind: "switch",
        path: "sign_with_all_secrets",
        label: "Sign with all secrets",
        what: "One signature for each live secret. Off: only the newest.",
      },
      {
        kind: "duration",
        path: "file_lifetime_ms",
        label: "File lifetime",
        what: "How long files are kept. Files API: 48\u00A0h.",
      },
    ],
  },
];
