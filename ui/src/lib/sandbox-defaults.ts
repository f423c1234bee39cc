import type { SandboxSettings } from "../ipc/generated";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What the emulator starts with: the `Default`s in `src-tauri/crates/emulator/src/settings.rs`. */
export const SANDBOX_DEFAULTS: SandboxSettings = {
  dynamic: "v1a",
  attempt_timeout_ms: 10_000,
  retry: { first_ms: 5000, factor: 4, longest_ms: 4 * HOUR, jitter: 0.1, window_ms: 24 * HOUR },
  disabling: { on_gone: true, after_given_up: 5 },
  jobs: { pending_ms: 500, batch_ms: 4000, interaction_ms: 2500, video_ms: 3500, batch_expiry_ms: 48 * HOUR },
  payload: { user_metadata: "data", video: "guide", batch_prefix: false, numeric_error_code: false, ping_type: "ping", ping_when_disabled: false },
  rest: { strict_update_mask: false, webhook_times: false, status_errors: false },
  file_lifetime_ms: 48 * HOUR,
  secret_grace_ms: 24 * HOUR,
  sign_with_all_secrets: true,
  keep_deliveries: 100_000,
  faults: {
    latency_ms: 0, too_many_requests: 0, server_errors: 0, lost: 0, doubled: 0, reordered: 0, hold_back_ms: 30_000,
    launch_night_key: false, recased_headers: false, reserialised_body: false, drip_bytes_per_second: 0,
  },
};
