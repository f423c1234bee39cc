//! The tunnel: one at a time, started and stopped by the user, its states kept and told.

use crate::dto::{ProbeView, TunnelView};
use crate::engine::Engine;
use crate::error::{Error, Result};

fn not_built<T>() -> Result<T> {
    Err(Error::new("not_built", "Not built yet."))
}

impl Engine {
    /// What the tunnel is doing.
    pub async fn tunnel(&self) -> Result<TunnelView> {
        not_built()
    }

    /// Starts the provider of the settings, in place of one that runs.
    pub async fn tunnel_start(&self) -> Result<TunnelView> {
        not_built()
    }

    /// Stops it.
    pub async fn tunnel_stop(&self) -> Result<TunnelView> {
        not_built()
    }

    /// Sends a probe through the public address.
    pub async fn tunnel_probe(&self) -> Result<ProbeView> {
        not_built()
    }

    /// Keeps the authtoken of ngrok; `None` destroys it.
    pub async fn tunnel_authtoken_set(&self, token: Option<String>) -> Result<TunnelView> {
        let _ = token;
        not_built()
    }
}
