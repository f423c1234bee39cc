//! Waiting, and noticing that the computer slept.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How much later than asked for a wait may end. Beyond it the computer slept: ngrok has given the session up by then.
const LATE: Duration = Duration::from_secs(20);

/// Where a tunnel gets its time from.
#[doc(hidden)]
pub trait Time: Send + Sync {
    /// Time since some moment; it may stand still while the computer sleeps.
    fn now(&self) -> Duration;
    /// The time on the wall, which goes on while the computer sleeps.
    fn wall(&self) -> SystemTime;
    /// Waits.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The time of this computer.
#[doc(hidden)]
pub struct Real(Instant);

impl Default for Real {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Time for Real {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Ends when the computer has woken up: a short wait took much longer by the clock on the wall.
pub(super) async fn woken(time: Arc<dyn Time>) {
    loop {
        let before = time.wall();
        time.sleep(LOOK).await;
        // A clock that was set back tells nothing.
        if time.wall().duration_since(before).is_ok_and(|took| took > LOOK + LATE) {
            return;
        }
    }
}
