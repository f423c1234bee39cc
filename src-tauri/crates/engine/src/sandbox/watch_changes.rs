//! Tells the window that something in the Sandbox changed: at an attempt, when something was due, and when somebody
//! else used it. At most five times a second.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use super::control::{Clock, Status};
use super::running::Running;
use crate::common::Common;
use crate::dto::Live;

/// Least time between two messages.
const PACE: Duration = Duration::from_millis(200);
/// How often to check what others did: SDKs may use the same emulator.
const LOOK: Duration = Duration::from_secs(2);

impl Running {
    /// Never ends by itself.
    pub(super) async fn watch(self: Arc<Self>, common: Common) {
        let attempts = self.service.lock().as_ref().map(|one| one.attempts());
        let Some(mut attempts) = attempts else { return };
        let mut seen = self.seen().await;
        loop {
            // What is due next changes something when its time comes, so look a little later, when it is done.
            let due = seen.as_ref().and_then(|seen| seen.until_due()).map(|due| due.max(PACE));
            let told = tokio::select! {
                attempt = attempts.recv() => match attempt {
                    Ok(_) | Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return,
                },
                () = self.changed.notified() => true,
                () = tokio::time::sleep(due.unwrap_or(LOOK).min(LOOK)) => false,
            };
            let now = self.seen().await;
            if told || now.as_ref().map(Seen::mark) != seen.as_ref().map(Seen::mark) {
                common.tell(Live::Sandbox);
                self.news.send_replace(());
            }
            seen = now;
            tokio::time::sleep(PACE).await;
            // Everything that came meanwhile counts as one change.
            let mut more = false;
            while attempts.try_recv().is_ok() {
                more = true;
            }
            if more {
                self.changed.notify_one();
            }
        }
    }

    async fn seen(&self) -> Option<Seen> {
        let status = self.control.get("").await.ok()?;
        Some(Seen { status, clock: self.control.get("clock").await.ok()? })
    }
}

struct Seen {
    status: Status,
    clock: Clock,
}

impl Seen {
    /// A value that differs when something has changed.
    fn mark(&self) -> (Status, u64, Option<i64>) {
        (self.status, self.clock.warp.to_bits(), self.clock.next_due)
    }

    /// Wall time until the next thing is due.
    fn until_due(&self) -> Option<Duration> {
        let left = self.clock.next_due?.saturating_sub(self.clock.now).max(0);
        (self.clock.warp > 0.0).then(|| Duration::from_secs_f64((left as f64 / 1000.0 / self.clock.warp).min(3600.0)))
    }
}
