//! What the window and the command line drive: puts the parts together and owns their lives.
//!
//! The clock, the vault and the data folder are passed in. Nothing here knows Tauri.

mod actions;
mod addresses;
mod answers;
mod aside;
mod common;
mod dto;
mod engine;
mod error;
mod first_steps;
mod history;
mod jobs;
mod listening;
mod notifications;
mod outgoing;
mod palette;
mod projects;
mod registry;
mod results;
mod run_folder;
mod sandbox;
mod service_error;
mod settings;
mod transfer;
mod tunnel;
mod webhooks;
mod whole;

#[cfg(test)]
mod types;

pub use actions::Actions;
pub use answers::Answers;
pub use aside::move_aside;
pub use common::{Environment, Sink};
pub use dto::*;
pub use engine::{Config, Engine, FixedKeys};
pub use error::{Code, Error, Exit, Fix, Result};
pub use first_steps::FirstSteps;
pub use history::History;
pub use history::arrivals::Arrivals;
pub use history::health::{look_at, recover};
pub use history::tail::{Arrival, Explained, Tail, Told};
pub use inbound::Clock;
pub use jobs::Jobs;
pub use listening::Listening;
pub use notifications::Notifications;
pub use outgoing::check::Checks;
pub use outgoing::forward::Forwards;
pub use outgoing::outbounds::Outbounds;
pub use outgoing::replay::Replays;
pub use outgoing::targets::Targets;
pub use palette::Palette;
pub use projects::Projects;
pub use projects::vault::{ApartVault, FileVault, MemoryVault, Vault, VaultError};
pub use results::{Results, SavedRows};
pub use sandbox::Sandbox;
pub use settings::SettingsRoom;
pub use store::{Options as HistoryOptions, Shortage, Space, SpaceOf, is_history};
pub use transfer::{Destination, Source, Transfers};
pub use tunnel::Tunnel;
pub use tunnel::provider::{TunnelFactory, TunnelPlan};
pub use tunnel::state::TunnelStates;
pub use webhooks::Webhooks;
pub use whole::Whole;
