//! Everything that nobody has published about the service, and everything that can fail on purpose, as settings.
//!
//! Read and changed at `/emulator/settings` (a JSON merge patch), and kept with the state.

use samples::{TokenForm, VideoFields};
use serde::{Deserialize, Serialize};

use crate::clock::Millis;

const SECOND: Millis = 1000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;

/// The longest text of a setting, in characters: it is sent in a header, or in every event.
pub const LONGEST_TEXT: usize = 1024;

/// Every assumption. The default is whatever is most likely or has been observed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(rename = "SandboxSettings"))]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How deliveries of dynamic webhooks are signed. `v1a` as observed; `jwt` as the guide says.
    pub dynamic: DynamicScheme,
    /// The claims in the token of a JWT delivery.
    pub token: TokenForm,
    /// How long a receiver may take to answer, in milliseconds of wall time ("a few seconds" in the guide).
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub attempt_timeout_ms: u64,
    /// When a delivery is tried again.
    pub retry: Retry,
    /// When a webhook becomes `disabled_due_to_failed_deliveries`.
    pub disabling: Disabling,
    /// How long jobs take.
    pub jobs: JobTimes,
    /// The form of event payloads.
    pub payload: PayloadForm,
    /// How the WebhookService answers.
    pub rest: RestForm,
    /// How long a file is kept, in milliseconds: 48 hours at the Files API.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub file_lifetime_ms: Millis,
    /// How long an old secret remains valid after a rotation with grace, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub secret_grace_ms: Millis,
    /// One signature per live secret; otherwise only the newest secret signs.
    pub sign_with_all_secrets: bool,
    /// How many ended deliveries stay in the log; beyond that, the oldest are removed.
    pub keep_deliveries: u32,
    /// Faults on purpose.
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dynamic: DynamicScheme::V1a,
            token: TokenForm::default(),
            attempt_timeout_ms: 10_000,
            retry: Retry::default(),
            disabling: Disabling::default(),
            jobs: JobTimes::default(),
            payload: PayloadForm::default(),
            rest: RestForm::default(),
            file_lifetime_ms: 48 * HOUR,
            secret_grace_ms: 24 * HOUR,
            sign_with_all_secrets: true,
            keep_deliveries: 100_000,
            faults: Faults::default(),
        }
    }
}

/// How a delivery of a dynamic webhook is signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum DynamicScheme {
    /// Ed25519 over id, time and body, as observed.
    #[default]
    V1a,
    /// An RS256 JWT, as documented.
    Jwt,
}

/// Exponential backoff: the wait before attempt n + 1 is `first_ms * factor^(n - 1)`, at most `longest_ms`, plus or
/// minus `jitter`. The default is close to the example in Standard Webhooks: 5 s, 5 min, …, within 24 hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Retry {
    /// Milliseconds before the second attempt.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub first_ms: Millis,
    /// How many times longer each wait is than the one before.
    pub factor: f64,
    /// The longest wait, in milliseconds.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub longest_ms: Millis,
    /// The share by which a wait is longer or shorter, 0 to 1, drawn from the seed.
    pub jitter: f64,
    /// No attempt starts later than this after the event, in milliseconds: 24 hours in the guide.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub window_ms: Millis,
}

impl Default for Retry {
    fn default() -> Self {
        Self { first_ms: 5 * SECOND, factor: 4.0, longest_ms: 4 * HOUR, jitter: 0.1, window_ms: 24 * HOUR }
    }
}

/// When a webhook is disabled because of its receiver. The state exists; its threshold is not published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Disabling {
    /// At once when the receiver answers 410 Gone (Standard Webhooks): that delivery is given up, even if it went to a
    /// job's own address. Otherwise 410 is retried like any other answer.
    pub on_gone: bool,
    /// After this many deliveries in a row were given up; 0 means never.
    pub after_given_up: u32,
}

impl Default for Disabling {
    fn default() -> Self {
        Self { on_gone: true, after_given_up: 5 }
    }
}

/// How long jobs take on the emulator's clock, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct JobTimes {
    /// From creation to running.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub pending_ms: Millis,
    /// From running to the end of a batch.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub batch_ms: Millis,
    /// The same for an interaction in the background.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub interaction_ms: Millis,
    /// The same for a video.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub video_ms: Millis,
    /// How long until a batch that was chosen to expire does so: 48 h in the reference, 24 h in the guide.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub batch_expiry_ms: Millis,
}

impl Default for JobTimes {
    fn default() -> Self {
        Self { pending_ms: 500, batch_ms: 4000, interaction_ms: 2500, video_ms: 3500, batch_expiry_ms: 48 * HOUR }
    }
}

/// The form of an event's payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct PayloadForm {
    /// Where `user_metadata` goes.
    pub user_metadata: MetadataPlace,
    /// Which fields `video.generated` has.
    pub video: VideoFields,
    /// `data.id` of a batch includes `batches/`.
    pub batch_prefix: bool,
    /// `error_code` is a number (`3`), not a string (`INVALID_ARGUMENT`).
    pub numeric_error_code: bool,
    /// The `type` of a ping. Its `data` is the `id` of the webhook.
    pub ping_type: String,
    /// A ping reaches a disabled webhook. Otherwise nothing arrives there.
    pub ping_when_disabled: bool,
}

impl Default for PayloadForm {
    fn default() -> Self {
        Self {
            user_metadata: MetadataPlace::default(),
            video: VideoFields::default(),
            batch_prefix: false,
            numeric_error_code: false,
            ping_type: gemini::catalog::PING.to_owned(),
            ping_when_disabled: false,
        }
    }
}

/// Where a job's `user_metadata` goes in its event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum MetadataPlace {
    /// In `data`.
    #[default]
    Data,
    /// Beside `data`.
    Top,
    /// Left out.
    Nowhere,
}

/// How the REST side answers if that is not published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct RestForm {
    /// `update_mask` in a PATCH decides what is changed; otherwise it is ignored, as observed.
    pub strict_update_mask: bool,
    /// `create_time` and `update_time` in a webhook: in the schema, but not returned in 2026-07.
    pub webhook_times: bool,
    /// Errors of the WebhookService as google.rpc.Status, not in the shape of the interactions family.
    pub status_errors: bool,
    /// Batches and their output files are visible only to the API key that made them, as observed.
    pub batches_by_key: bool,
    /// Rows of a batch that failed have HTTP's code and a status (429, `RESOURCE_EXHAUSTED`); otherwise the number of
    /// google.rpc.Code (8), as the reference says.
    pub http_row_codes: bool,
    /// Downloads can be continued: `Range` is answered with 206. Otherwise the whole file comes.
    pub ranges: bool,
    /// Uploaded files can be downloaded, too; the service gives back only what a job wrote.
    pub download_uploads: bool,
    /// How many requests are taken within a minute on the emulator's clock; beyond that they are answered 429.
    pub requests_per_minute: Option<u32>,
}

impl Default for RestForm {
    fn default() -> Self {
        Self {
            strict_update_mask: false,
            webhook_times: false,
            status_errors: false,
            batches_by_key: true,
            http_row_codes: false,
            ranges: true,
            download_uploads: false,
            requests_per_minute: None,
        }
    }
}

/// Faults on purpose. Rates are 0 to 1 and drawn from the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Delays every answer of the REST side by this much, in milliseconds of wall time.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub latency_ms: u64,
    /// Share of REST requests answered 429.
    pub too_many_requests: f64,
    /// Share of REST requests answered 500 or 503.
    pub server_errors: f64,
    /// Share of changes to webhooks (POST, PATCH and DELETE under `/{version}/webhooks`) that are made and stored, but
    /// never answered: the connection is cut before the first byte. A refused change is answered.
    pub lost_answers: f64,
    /// Share of REST requests that are done, but whose 200 is an HTML page, as a proxy would send, instead of the
    /// answer.
    pub garbled_answers: f64,
    /// Share of jobs that end, but whose event is never sent: not even the log knows of one.
    pub never_called: f64,
    /// Share of deliveries that are never sent (cookbook issue 1297).
    pub lost: f64,
    /// Share of deliveries that are sent again after they were accepted, after a time drawn up to `hold_back_ms`.
    pub doubled: f64,
    /// Share of deliveries that are held back for a time drawn up to `hold_back_ms`, so that later ones overtake them.
    pub reordered: f64,
    /// The longest that `doubled` and `reordered` wait, in milliseconds on the emulator's clock.
    #[cfg_attr(feature = "ts", ts(type = "number"))]
    pub hold_back_ms: Millis,
    /// `v1` is signed with the key derivation of the launch night: the undecoded text of the secret.
    pub launch_night_key: bool,
    /// Header names are sent in another case (`Webhook-Id`).
    pub recased_headers: bool,
    /// The body is parsed and serialised again after it was signed, as middleware does.
    pub reserialised_body: bool,
    /// The body drips: this many bytes a second; 0 sends it at once.
    pub drip_bytes_per_second: u32,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            latency_ms: 0,
            too_many_requests: 0.0,
            server_errors: 0.0,
            lost_answers: 0.0,
            garbled_answers: 0.0,
            never_called: 0.0,
            lost: 0.0,
            doubled: 0.0,
            reordered: 0.0,
            hold_back_ms: 30 * SECOND,
            launch_night_key: false,
            recased_headers: false,
            reserialised_body: false,
            drip_bytes_per_second: 0,
        }
    }
}
