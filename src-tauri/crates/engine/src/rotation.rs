//! The rotation cockpit.

use crate::dto::{Place, Rotated, Rotation};
use crate::engine::Engine;
use crate::error::{Error, Result};

fn not_built<T>() -> Result<T> {
    Err(Error::new("not_built", "Not built yet."))
}

impl Engine {
    /// A webhook's secrets and what they signed, over the last and the next 24 hours.
    pub async fn rotation(&self, project: i64, webhook: &str) -> Result<Rotation> {
        let _ = (project, webhook);
        not_built()
    }

    /// Makes a new secret, stored before it is given. Those before end after 24 hours, or at once.
    pub async fn webhook_rotate(&self, project: i64, webhook: &str, immediately: bool) -> Result<Rotated> {
        let _ = (project, webhook, immediately);
        not_built()
    }

    /// Notes a place that holds a secret of this webhook.
    pub async fn place_add(&self, project: i64, webhook: &str, text: &str) -> Result<Vec<Place>> {
        let _ = (project, webhook, text);
        not_built()
    }

    /// Ticks a place: it holds the current secret (or not).
    pub async fn place_tick(&self, id: i64, done: bool) -> Result<Vec<Place>> {
        let _ = (id, done);
        not_built()
    }

    /// Forgets a place.
    pub async fn place_remove(&self, id: i64) -> Result<Vec<Place>> {
        let _ = id;
        not_built()
    }
}
