//! Keeps a session: opens a new one for each that was lost, with growing gaps.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};

use super::Ngrok;
use super::line::Line;
use super::refusal::{After, Trouble};
use super::time::woken;
use crate::tunnel::{Failure, Site, State};

/// The first gap and the longest.
const GAPS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// How much of a gap is random.
const JITTER: f64 = 0.25;
/// After this long online, the gaps start over.
const STEADY: Duration = Duration::from_secs(60);
/// How long an earlier run's session, which ngrok has not given up yet, may block the first one: ngrok notices a lost
/// connection by missed heartbeats, after 25 s.
const LINGERING: Duration = Duration::from_secs(60);

/// Runs until it is stopped (`None`) or cannot continue.
pub(super) async fn keep(ngrok: &Ngrok, site: &Site) -> Option<Failure> {
    if ngrok.authtoken.trim().is_empty() {
        return Some(Trouble::no_authtoken().failure);
    }
    tell(site, State::Starting).await;
    let time = &ngrok.seams.time;
    let mut tries = Tries::new();
    let (mut was_online, mut refused_since) = (false, None);
    loop {
        let opened = site.stop.run_until_cancelled(Line::open(ngrok)).await?;
        let (lost, trouble) = match opened {
            Ok(mut line) => {
                was_online = true;
                let since = time.now();
                let Some(trouble) = line.serve(ngrok, site).await else {
                    line.retire().await;
                    line.close().await;
                    return None;
                };
                if time.now().saturating_sub(since) >= STEADY {
                    tries = Tries::new();
                }
                (Some(line), trouble)
            }
            Err(trouble) => (None, trouble),
        };
        let ends = match trouble.after {
            After::Ends => true,
            After::EndsAtFirst => !was_online,
            After::EndsInTheEnd => {
                let since = *refused_since.get_or_insert(time.now());
                !was_online && time.now().saturating_sub(since) >= LINGERING
            }
            After::Again { .. } | After::AtOnce => false,
        };
        if ends {
            if let Some(line) = lost {
                line.close().await;
            }
            return Some(trouble.failure);
        }

        let why = trouble.failure.message;
        let (attempt, gap) = tries.next(&trouble.after, (site.random)());
        tell(site, State::Reconnecting { why: why.clone(), retry_in: Some(gap), attempt }).await;
        let closed = async {
            if let Some(line) = lost {
                line.close().await;
            }
        };
        let waited = async {
            tokio::select! {
                biased;
                () = site.stop.cancelled() => Waited::Stopped,
                () = time.sleep(gap) => Waited::Whole,
                () = woken(time.clone()) => Waited::Slept,
            }
        };
        match tokio::join!(closed, waited).1 {
            Waited::Stopped => return None,
            Waited::Whole => {}
            // The network comes back a few seconds after the computer wakes up, so long gaps from before make no sense.
            Waited::Slept => tries.shorten(),
        }
        tell(site, State::Reconnecting { why, retry_in: None, attempt }).await;
    }
}

enum Waited {
    Whole,
    Slept,
    Stopped,
}

/// Reports a state, unless nobody takes it and the tunnel is to stop.
pub(super) async fn tell(site: &Site, state: State) {
    tokio::select! {
        biased;
        _ = site.states.send(state) => {}
        () = site.stop.cancelled() => {}
    }
}

/// The tries since it was last steadily online.
struct Tries {
    gaps: ExponentialBackoff,
    made: u32,
}

impl Tries {
    fn new() -> Self {
        let (first, longest) = GAPS;
        let gaps = ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest).without_max_times().build();
        Self { gaps, made: 0 }
    }

    fn shorten(&mut self) {
        self.gaps = Self::new().gaps;
    }

    /// The number of the next try and the gap before it; `random` is from 0 to 1.
    fn next(&mut self, after: &After, random: f64) -> (u32, Duration) {
        self.made = self.made.saturating_add(1);
        let at_least = match after {
            After::AtOnce => {
                self.shorten();
                return (self.made, Duration::ZERO);
            }
            After::Again { at_least } => *at_least,
            After::Ends | After::EndsAtFirst | After::EndsInTheEnd => Duration::ZERO,
        };
        let gap = self.gaps.next().unwrap_or(GAPS.1).mul_f64(1.0 - JITTER * random.clamp(0.0, 1.0));
        (self.made, gap.max(at_least))
    }
}
