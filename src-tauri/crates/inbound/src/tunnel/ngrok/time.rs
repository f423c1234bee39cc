//! Waits, and notices when the computer slept.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// How often the clock is checked.
const LOOK: Duration = Duration::from_secs(5);
/// How much later than requested a wait may end. Beyond that the computer slept, and ngrok has given up the session.
const LATE: Duration = Duration::from_secs(20);

/// Where a tunnel gets its time from.
#[doc(hidden)]
pub trait Time: Send + Sync {
    /// Time since some moment; it may stand still while the computer sleeps.
    fn now(&self) -> Duration;
    /// Wall-clock time, which continues while the computer sleeps.
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

/// Completes when the computer has woken up: a short wait took much longer by the wall clock.
pub(super) async fn woken(time: Arc<dyn Time>) {
    loop {
        let before = time.wall();
        time.sleep(LOOK).await;
        // A clock that was set back says nothing about sleep.
        if time.wall().duration_since(before).is_ok_and(|took| took > LOOK + LATE) {
            return;
        }
    }
}
