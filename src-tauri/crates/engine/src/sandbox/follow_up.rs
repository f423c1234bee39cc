//! What follows elsewhere from a change of the Sandbox, asked for without knowing who does it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

/// How long a change waits for what follows from it.
const PATIENCE: Duration = Duration::from_secs(1);
/// Requests that may wait.
const QUEUE: usize = 16;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// The clock jumped: secrets may have ended, so the webhooks are read again where they were ever read.
    Clock,
    /// Everything was reset: the webhooks that are known are gone.
    Reset,
}

/// One request. Dropped or answered, it is done.
pub(crate) struct Request {
    pub(crate) follow: Follow,
    pub(crate) done: oneshot::Sender<()>,
}

/// Where requests go. Cloning shares it.
#[derive(Clone)]
pub(super) struct FollowUp {
    requests: mpsc::Sender<Request>,
    to_take: Arc<Mutex<Option<mpsc::Receiver<Request>>>>,
}

impl Default for FollowUp {
    fn default() -> Self {
        let (requests, to_take) = mpsc::channel(QUEUE);
        Self { requests, to_take: Arc::new(Mutex::new(Some(to_take))) }
    }
}

impl FollowUp {
    /// Takes the other end, for one listener.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<Request>> {
        self.to_take.lock().take()
    }

    /// Asks, and waits until it is done, 1 s at most. Where nobody listens there is nothing to do.
    pub(super) async fn ask(&self, follow: Follow) {
        if self.to_take.lock().is_some() {
            return;
        }
        let (done, is_done) = oneshot::channel();
        let asked = async {
            if self.requests.send(Request { follow, done }).await.is_ok() {
                let _ = is_done.await; // dropped: it is done as well as it can be
            }
        };
        let _ = tokio::time::timeout(PATIENCE, asked).await; // the rest is done later
    }
}
