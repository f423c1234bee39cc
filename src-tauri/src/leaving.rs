//! Warns once before the window closes while a secret is not stored anywhere.

use std::time::{Duration, Instant};

use engine::{Code, Engine, Level};
use parking_lot::Mutex;

/// A second close within this time goes through.
const MEANT: Duration = Duration::from_secs(10);

/// When the user was last warned.
#[derive(Default)]
pub(crate) struct Leaving(Mutex<Option<Instant>>);

impl Leaving {
    /// Says whether the window may close. If not, tells the user why.
    pub(crate) fn may_close(&self, engine: &Engine) -> bool {
        let close = self.decide(engine.projects().has_unstored_secrets(), Instant::now());
        if !close {
            engine.notice(
                Level::Warning,
                Code::SecretNotStored,
                "A new secret is not stored anywhere yet and can never be read again: wait until it is stored, or copy \
                 it to a safe place. Close again to leave without it.",
            );
        }
        close
    }

    fn decide(&self, unstored: bool, now: Instant) -> bool {
        let mut warned = self.0.lock();
        if !unstored || warned.is_some_and(|at| now.duration_since(at) <= MEANT) {
            return true;
        }
        *warned = Some(now);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_once_and_again_when_it_was_long_ago() {
        let (leaving, start) = (Leaving::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(leaving.decide(false, at(0)), "nothing to lose");
        assert!(!leaving.decide(true, at(1)));
        assert!(leaving.decide(true, at(11)));
        assert!(!leaving.decide(true, at(12)), "long ago");
        assert!(leaving.decide(false, at(13)), "stored meanwhile");
    }
}
