//! What others have to do after a change of the Sandbox. It is asked for without knowing who does it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

/// How long a change waits for this to be done.
const PATIENCE: Duration = Duration::from_secs(1);
/// Requests that may wait.
const QUEUE: usize = 16;

/// What has to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Follow {
    /// The clock jumped: secrets may have ended, so webhooks that were ever read are read again.
    Clock,
    /// Everything was reset: the known webhooks are gone.
    Reset,
}

/// One request. It counts as done when it is dropped or answered.
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
    /// Takes the receiving end, for one listener.
    pub(super) fn take(&self) -> Option<mpsc::Receiver<Request>> {
        self.to_take.lock().take()
    }

    /// Asks, and waits until it is done, at most 1 s. Does nothing if nobody listens.
    pub(super) async fn ask(&self, follow: Follow) {
        if self.to_take.lock().is_some() {
            return;
        }
        let (done, is_done) = oneshot::channel();
        let asked = async {
            if self.requests.send(Request { follow, done }).await.is_ok() {
                let _ = is_done.await; // an error means it was dropped: as much is done as can be
            }
        };
        let _ = tokio::time::timeout(PATIENCE, asked).await; // the rest is done later
    }
}
