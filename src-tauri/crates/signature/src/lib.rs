//! Sign, verify and explain webhook signatures: Standard Webhooks `v1`, `v1a`, and the JWT of Google's guide.
//!
//! Pure functions of bytes, headers, keys and the time: no input or output, no clock, no async.

mod connection;
mod decode;
mod json;
mod jwks;
mod jwt;
mod keyring;
mod ladder;
mod policy;
mod probe;
mod received;
mod secret;
mod sentences;
pub mod sign;
mod standard;
mod timestamp;
mod tokens;
mod unchecked;
mod verdict;
mod verify;
mod wording;

pub use connection::{is_for_a_proxy, is_hop_by_hop};
pub use decode::{Decoded, DecodedEntry, DecodedSignature, DecodedToken, decode, decode_signature};
pub use jwks::{Jwk, KeySet, KeySetError};
pub use keyring::{Jwks, Keyring, Others, SecretKey};
pub use policy::{JwtPolicy, Policy, Seen};
pub use probe::{explain, probe, probed};
pub use received::Received;
pub use secret::{HmacSecret, PublicKey, Secret, SecretError};
pub use unchecked::checkable;
pub use verdict::*;
pub use verify::{refuse, verify};
