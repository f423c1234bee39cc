//! What the window and the command line drive: it puts the parts together and owns their lives.
//!
//! The clock, the vault and the home of the data are passed in. Nothing here knows Tauri.

mod actions;
mod addresses;
mod answering;
mod arrivals;
mod aside;
mod body;
mod books;
mod check;
mod clients;
mod detail;
mod dto;
mod engine;
mod error;
mod explain;
mod fault_lab;
mod feed;
mod forward;
mod headers;
mod keeping;
mod keys;
mod listening;
mod projects;
mod replay;
mod reverify;
mod rotation;
mod rows;
mod sandbox;
mod secrets;
mod service_error;
mod settings;
mod space;
mod tail;
mod targets;
mod tunnel;
mod turned_away;
mod vault;
mod view;
mod webhooks;

#[cfg(test)]
mod types;

pub use arrivals::Arrivals;
pub use aside::move_aside;
pub use dto::*;
pub use engine::{Config, Engine, Environment, FixedKeys};
pub use error::{Code, Error, Exit, Fix, Result};
pub use feed::Sink;
pub use inbound::Clock;
pub use store::{Options as HistoryOptions, Shortage, Space, SpaceOf, is_history};
pub use tail::{Arrival, Explained, Tail, Told};
pub use tunnel::{TunnelFactory, TunnelPlan, TunnelStates};
pub use vault::{ApartVault, FileVault, MemoryVault, Vault, VaultError, VaultKind};
