import type { AppState, BrokenKind, EventType, SampleType, Scheme, SecretView, TunnelSettings } from "../ipc";
import { NO_DESKTOP } from "../lib/notifications";
import { TWISTS } from "./replay";

/** What the fake back end knows. The names are those of the real catalog; the rest is made up. */
export const EVENT_TYPES: EventType[] = [
  { name: "batch.succeeded", meaning: "A batch finished.", subscribable: true },
  { name: "batch.failed", meaning: "A batch ended in an error.", subscribable: true },
  { name: "batch.expired", meaning: "A batch was not done in time.", subscribable: true },
  { name: "batch.cancelled", meaning: "A batch was cancelled.", subscribable: false },
  { name: "interaction.completed", meaning: "An interaction succeeded.", subscribable: true },
  { name: "interaction.requires_action", meaning: "A function call is pending.", subscribable: true },
  { name: "interaction.failed", meaning: "An interaction failed.", subscribable: true },
  { name: "interaction.cancelled", meaning: "An interaction was cancelled.", subscribable: false },
  { name: "video.generated", meaning: "A video is ready.", subscribable: true },
];

export const SAMPLE_TYPES: SampleType[] = EVENT_TYPES.map(({ name, meaning }) => ({
  name,
  meaning,
  variants:
    name === "video.generated"
      ? [
          { id: "guide", label: "output_file_uri and file_name" },
          { id: "launch", label: "file_id and video_uri" },
        ]
      : name === "batch.succeeded"
        ? [
            { id: "file", label: "output in files/…" },
            { id: "gs", label: "output in gs://…" },
          ]
        : [],
}));

const SIGNED: Scheme[] = ["v1", "v1a"];
const kind = (id: string, label: string, what: string, reason: string, schemes: Scheme[] = SIGNED): BrokenKind => ({
  id,
  label,
  what,
  reason,
  schemes,
});

export const BROKEN_KINDS: BrokenKind[] = [
  kind("wrong_secret", "Wrong secret", "Signed with a key that the receiver does not have.", "no_matching_signature"),
  kind("tampered_body", "Body tampered with", "The job's id is changed after signing.", "no_matching_signature"),
  kind(
    "stale",
    "Six minutes old",
    "Signed correctly, six minutes ago: a delivery that was caught and sent again.",
    "timestamp_too_old",
  ),
  kind("future", "Six minutes ahead", "Signed correctly by a clock that is six minutes fast.", "timestamp_too_new"),
  kind(
    "reserialised_body",
    "Body re-serialised",
    "The same JSON with other white space, as after a parser and a printer on the way.",
    "no_matching_signature",
  ),
  kind(
    "undecoded_secret",
    "Secret not decoded",
    "Signed with the base64 text of the secret instead of its bytes.",
    "no_matching_signature",
    ["v1"],
  ),
  kind(
    "trailing_newline",
    "Trailing newline",
    "A newline is added to the body after signing.",
    "no_matching_signature",
  ),
  kind(
    "gzip_body",
    "Body compressed",
    "The plain body is signed, and the body arrives compressed with gzip.",
    "no_matching_signature",
  ),
  kind(
    "missing_header",
    "Signature header missing",
    "The webhook-signature header is left out.",
    "missing_header:webhook-signature",
    ["v1", "v1a", "jwt"],
  ),
  kind("alg_none", "Token without signature", "The token says alg none and carries no signature.", "alg_none", ["jwt"]),
];

const GOOGLE = "https://generativelanguage.googleapis.com";
const DAY = 86_400_000;

export const fakeTunnelSettings = (): TunnelSettings => ({
  provider: "none",
  on_launch: false,
  ngrok_domain: null,
  ngrok_policy: null,
  ngrok_metadata: null,
  cloudflared_path: null,
  cloudflared_http2: false,
  path_token: null,
  per_second: 200,
  mib_per_second: 4,
});

export function fakeState(): AppState {
  return {
    version: "0.1.0",
    projects: [
      {
        id: 1,
        name: "nightly-eval",
        sandbox: false,
        path: "",
        base_url: GOOGLE,
        api_version: "v1",
        api_key: { hint: "…a91f", stored_in: "keychain", available: true },
      },
      {
        id: 2,
        name: "video-render",
        sandbox: false,
        path: "video-render",
        base_url: GOOGLE,
        api_version: "v1beta",
        api_key: { hint: "…77c2", stored_in: "keychain", available: true },
      },
      {
        id: 3,
        name: "Sandbox",
        sandbox: true,
        path: "sandbox",
        base_url: "http://127.0.0.1:40123",
        api_version: "v1",
        api_key: { hint: "…4f58", stored_in: "memory", available: true },
      },
    ],
    listener: { state: "listening", address: "http://127.0.0.1:4710/", port: 4710 },
    secret_store: { kind: "keychain", note: null },
    counts: { total: 0, kept_bytes: 0, refused: 0, too_large: 0, turned_away: 0, per_minute: 0 },
    disk: null,
    health: { state: "not_checked", unclean: false, missing: null, damage: null },
    settings: {
      port: 4710,
      watch_jobs: true,
      grace_minutes: 10,
      desktop: { ...NO_DESKTOP, answered: true },
      // A user who is past them: what a view shows without them is tested everywhere else.
      first_steps: "done",
      max_body_mib: 10,
      rejected_body_kib: 64,
      local_per_second: 100_000,
      tolerance_s: 300,
      audience: null,
      issuer: null,
      theme: "system",
      split: 0.46,
      public_address: "https://ada-hooks.ngrok.app/",
      tunnel: fakeTunnelSettings(),
    },
    database: { path: "/home/ada/.local/share/dev.pollux.inspector/pollux.db" },
    event_types: EVENT_TYPES,
    sample_types: SAMPLE_TYPES,
    broken_kinds: BROKEN_KINDS,
    alarms: [],
    job_alarms: [],
    twists: TWISTS,
    forwards: [],
    fault_lab: { rules: [], answers: [] },
  };
}

export function fakeSecrets(now: number): SecretView[] {
  return [
    {
      id: "s1",
      project: 1,
      label: "registered in March",
      hint: "whsec_…a91f",
      added_ms: now - 40 * DAY,
      stored_in: "keychain",
      builtin: false,
      warnings: [],
      key_state: { state: "current" },
      available: true,
      webhook: "95fy2q8w7e1r0t4y6u3i5o9p8a7s6d5bfhzz",
      destroyed_ms: null,
    },
    {
      id: "s2",
      project: 1,
      label: "",
      hint: "whsec_…77c2",
      added_ms: now - 90 * DAY,
      stored_in: "keychain",
      builtin: false,
      warnings: [],
      key_state: { state: "grace", until: Math.floor(now / 1000) + 11_000 },
      available: true,
      webhook: "95fy2q8w7e1r0t4y6u3i5o9p8a7s6d5bfhzz",
      destroyed_ms: null,
    },
    {
      id: "s3",
      project: 3,
      label: "Sandbox",
      hint: "whsec_…0042",
      added_ms: now - DAY,
      stored_in: "memory",
      builtin: true,
      warnings: [],
      key_state: { state: "current" },
      available: true,
      webhook: null,
      destroyed_ms: null,
    },
  ];
}
