//! Signed sample deliveries, as the service would send them: events, keys, and ready-made broken deliveries. Pure
//! except for the random bytes passed in.
//!
//! Whatever nobody has published about the service is a setting ([`Profile`]), not a constant.

mod broken;
mod compose;
mod keys;
pub mod payload;
mod profile;
pub mod random;

pub use broken::{BrokenKind, broken_kinds};
pub use compose::{ComposeError, Prepared, compose, message_id, new_uuid, spaced, time_text, token_claims};
pub use keys::{KeyError, RsaKey, SigningKeys};
pub use payload::{SampleRequest, SampleType, SampleVariant, VideoFields, sample_types};
pub use profile::{Profile, TokenForm};
pub use random::{Random, system_random};
