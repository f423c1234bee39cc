//! What every room needs: the history, the time, the channel to the window, and the tasks that end with the engine.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use inbound::Clock;
use parking_lot::Mutex;
use store::Store;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::dto::{Level, Live, Notice};
use crate::error::Code;

/// Where live messages go. Returns false once nobody listens.
pub type Sink = Box<dyn Fn(Live) -> bool + Send + Sync>;

/// Returns the value of an environment variable.
pub type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Shared by all rooms of one engine. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Common {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
    sink: Mutex<Option<Sink>>,
    stop: CancellationToken,
    tasks: TaskTracker,
    about: About,
    started_ms: i64,
}

/// Who runs the engine, and how.
pub(crate) struct About {
    /// Who acts, for the log of actions.
    pub(crate) actor: String,
    /// Whether the keys are the caller's: then those of the store are not read, and nothing is stored for the next
    /// time.
    pub(crate) fixed: bool,
    /// The environment variables that Pollux was started with.
    pub(crate) environment: Environment,
}

impl Common {
    pub(crate) fn new(store: Store, clock: Clock, about: About) -> Self {
        let started_ms = since_epoch_ms(&clock);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        Self { inner: Arc::new(Inner { store, clock, sink: Mutex::default(), stop, tasks, about, started_ms }) }
    }

    /// The history.
    pub(crate) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// Unix milliseconds.
    pub(crate) fn now_ms(&self) -> i64 {
        since_epoch_ms(&self.inner.clock)
    }

    /// Unix seconds.
    pub(crate) fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// When the engine was started, Unix milliseconds.
    pub(crate) fn started_ms(&self) -> i64 {
        self.inner.started_ms
    }

    pub(crate) fn actor(&self) -> &str {
        &self.inner.about.actor
    }

    /// Whether the keys are the caller's: see [`About::fixed`].
    pub(crate) fn is_fixed(&self) -> bool {
        self.inner.about.fixed
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.inner.about.environment
    }

    /// The value of an environment variable, trimmed; `None` if it is empty.
    pub(crate) fn variable(&self, name: &str) -> Option<Zeroizing<String>> {
        let text = Zeroizing::new((self.inner.about.environment)(name)?);
        Some(Zeroizing::new(text.trim().to_owned())).filter(|text| !text.is_empty())
    }

    /// Cancelled when the engine ends.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.inner.stop
    }

    /// Runs work in the background until it is done, or the engine ends.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.inner.stop.clone();
        self.inner.tasks.spawn(async move {
            stop.run_until_cancelled(work).await;
        });
    }

    /// Runs work in the background until it is done: the end of the engine waits for it.
    pub(crate) fn spawn_to_the_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        self.inner.tasks.spawn(work)
    }

    /// Stops the background work, and waits for it to end.
    pub(crate) async fn end(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// From now on sends live messages to this sink, in place of the earlier one.
    pub(crate) fn attach(&self, sink: Sink) {
        *self.inner.sink.lock() = Some(sink);
    }

    /// Sends a message to the window, if one listens.
    pub(crate) fn tell(&self, message: Live) {
        let mut sink = self.inner.sink.lock();
        if sink.as_ref().is_some_and(|send| !send(message)) {
            *sink = None;
        }
    }

    /// Shows a notice in the window, if one listens.
    pub(crate) fn notice(&self, level: Level, code: Code, message: impl Into<String>) {
        self.tell(Live::Notice { notice: Notice { level, code, message: message.into() } });
    }
}

fn since_epoch_ms(clock: &Clock) -> i64 {
    let since = clock().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
