//! What the window may ask. Each command is: take the arguments, call the engine, give back its answer or error.

pub(crate) mod app;
pub(crate) mod deliveries;
pub(crate) mod outbound;
pub(crate) mod projects;
pub(crate) mod sandbox;
pub(crate) mod secrets;
pub(crate) mod tunnel;
pub(crate) mod webhooks;

use engine::{Engine, Error, Result};

/// The engine, or why it could not start: the window then says so, and every command gives that error.
pub(crate) struct Started(pub(crate) Result<Engine>);

impl Started {
    /// The running engine.
    pub(crate) fn engine(&self) -> Result<&Engine> {
        self.0.as_ref().map_err(Error::clone)
    }
}
