//! The Gemini API's side of webhooks on one's own machine: it makes keys, publishes a JWKS, and sends signed deliveries,
//! good ones and broken ones.
//!
//! What nobody has published about the service is a setting ([`Profile`]), not a constant.

mod agenda;
mod broken;
mod clock;
mod compose;
mod delivery;
mod jobs;
mod journal;
mod keyring;
mod keys;
mod payload;
mod profile;
mod rest;
mod send;
mod service;
mod settings;
mod shared;
mod source;
mod world;

pub use broken::{BrokenKind, broken_kinds};
pub use clock::{Clock, MAX_WARP, Millis};
pub use compose::{ComposeError, Prepared, compose, message_id, spaced, token_claims};
pub use delivery::report::AttemptReport;
pub use journal::JournalError;
pub use keys::{KeyError, RsaKey, SigningKeys};
pub use payload::{SampleRequest, SampleType, SampleVariant, sample_types};
pub use profile::Profile;
pub use send::{SampleSent, SendError, send_sample};
pub use service::{Service, ServiceError, ServiceOptions, Signers};
pub use settings::{
    Disabling, DynamicScheme, Faults, JobTimes, LONGEST_TEXT, MetadataPlace, PayloadForm, RestForm, Retry, Settings,
    TokenForm, VideoFields,
};
pub use shared::Wall;
pub use source::{Random, system_random};
