//! The Gemini API's side of webhooks on one's own machine: it makes keys, publishes a JWKS, and sends signed deliveries,
//! good ones and broken ones.
//!
//! What nobody has published about the service is a setting ([`Profile`]), not a constant.

mod broken;
mod compose;
mod keys;
mod payload;
mod profile;
mod sandbox;
mod send;
mod source;

pub use broken::{BrokenKind, broken_kinds};
pub use compose::{ComposeError, Prepared, compose, message_id};
pub use keys::{KeyError, RsaKey, SigningKeys};
pub use payload::{SampleRequest, SampleType, SampleVariant, sample_types};
pub use profile::Profile;
pub use sandbox::{Options, Sandbox, StartError};
pub use send::{SampleSent, SendError, send_sample};
pub use source::{Random, system_random};
