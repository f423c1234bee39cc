//! What the window may ask. Each command is: take the arguments, call the engine, give back its answer or error.

pub(crate) mod app;
pub(crate) mod deliveries;
pub(crate) mod desktop;
pub(crate) mod history;
pub(crate) mod jobs;
pub(crate) mod outbound;
pub(crate) mod overview;
pub(crate) mod palette;
pub(crate) mod projects;
pub(crate) mod results;
pub(crate) mod sandbox;
pub(crate) mod search;
pub(crate) mod secrets;
pub(crate) mod start;
pub(crate) mod transfer;
pub(crate) mod tunnel;
pub(crate) mod webhooks;
