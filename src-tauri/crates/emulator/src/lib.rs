//! The Gemini API on one's own machine, as far as webhooks go: the REST side that the SDKs speak, jobs and files, signed
//! deliveries with retries, and a published JWKS.
//!
//! What nobody has published about the service is a setting ([`Settings`], [`samples::Profile`]), not a constant.

mod agenda;
mod clock;
mod delivery;
mod jobs;
mod journal;
mod keyring;
mod rest;
mod send;
mod service;
mod settings;
mod shared;
mod source;
mod world;

pub use clock::{Clock, MAX_WARP, Millis};
pub use delivery::report::AttemptReport;
pub use journal::JournalError;
pub use send::{SampleSent, SendError, send_sample};
pub use service::{Service, ServiceError, ServiceOptions, Signers};
pub use settings::{
    Disabling, DynamicScheme, Faults, JobTimes, LONGEST_TEXT, MetadataPlace, PayloadForm, RestForm, Retry, Settings,
};
pub use shared::Wall;
