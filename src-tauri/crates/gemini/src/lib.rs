//! The Gemini API's webhooks as the service sends them: the event catalog, tolerant reading of payloads, what a payload
//! points to, the published keys of dynamic webhooks, and a client of the REST side.
//!
//! Payloads are written by whoever sent them. Nothing in this crate trusts them: reading never fails, and a pointer
//! that does not look like one of the service's own is marked and left alone.

pub mod catalog;
pub mod client;
pub mod event;
pub mod jwks;
pub mod pointers;
mod printable;

pub use catalog::EventType;
pub use client::{Client, ClientError};
pub use event::{EventView, Extent, Summary};
pub use jwks::JwksCache;
pub use pointers::{Pointer, PointerKind};
pub use printable::{printable, steers};
