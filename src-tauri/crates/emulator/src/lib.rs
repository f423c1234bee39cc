//! An emulator of the Gemini API for one's own machine, limited to what webhooks need: the REST side that the SDKs
//! speak, jobs and files that run on a clock of its own, events as signed deliveries with retries, and a published
//! JWKS. It can fail on purpose, and keeps its state in SQLite if it is given a file. What it sends is composed in
//! `samples`.
//!
//! Whatever nobody has published about the service is a setting ([`Settings`], [`samples::Profile`]), not a constant.

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
pub use world::ended::Keep;
