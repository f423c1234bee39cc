//! Notes when the listener is open, so that it is known later.

use std::time::Duration;

use super::Jobs;
use crate::dto::ListenerState;

/// How often to note that it still is.
const BEAT: Duration = Duration::from_secs(10);
/// After a longer silence the machine slept meanwhile, in milliseconds.
const SLEPT_MS: i64 = 25_000;

impl Jobs {
    /// Notes it until the engine ends.
    pub(super) async fn note_uptime(self) {
        let mut listener = self.below.listener.clone();
        let stop = self.common.stop().clone();
        let (mut open, mut last): (Option<i64>, i64) = (None, 0);
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let listens = matches!(*listener.borrow_and_update(), ListenerState::Listening { .. });
            let ending = stop.is_cancelled();
            let now = self.common.now_ms();
            let up = self.common.store().uptimes();
            if let Some(id) = open.take_if(|_| now.saturating_sub(last) > SLEPT_MS)
                && let Err(error) = up.seen(id, last, true).await
            {
                tracing::warn!(%error, "it could not be noted that the machine slept");
            }
            last = now;
            let noted = match (open, listens && !ending) {
                (None, true) => up.begin(now).await.map(|id| open = Some(id)),
                (Some(id), true) => up.seen(id, now, false).await,
                (Some(id), false) => {
                    open = None;
                    up.seen(id, now, true).await
                }
                (None, false) => Ok(()),
            };
            if let Err(error) = noted {
                tracing::warn!(%error, "it could not be noted that the listener is open");
            }
            if ending {
                return;
            }
            tokio::select! {
                _ = beat.tick() => {}
                changed = listener.changed() => if changed.is_err() { return },
                () = stop.cancelled() => {}
            }
        }
    }
}
