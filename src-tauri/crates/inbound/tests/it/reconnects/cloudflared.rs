//! cloudflared where none can be started, for hours: only the waits, the listener and the stop are left.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use inbound::tunnel::cloudflared::{Cloudflared, Pace};
use inbound::tunnel::{Site, State, Tunnel as _};
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::seeds::{Dice, no_task_is_left};

/// How much later than its due a timer may be: it goes by whole milliseconds.
const LATE: Duration = Duration::from_millis(2);

/// When the listener runs.
struct Listener {
    running: bool,
    since: Instant,
}

struct Watch {
    pace: Pace,
    listener: Arc<Mutex<Listener>>,
    drawn: Arc<Mutex<f64>>,
    tries: u32,
    /// Since when it waits, and how long it said it would.
    waits: Option<(Instant, Duration)>,
    /// When it began to try again.
    tried: Option<Instant>,
    stopped: bool,
}

impl Watch {
    fn take(&mut self, state: &State) {
        let now = Instant::now();
        assert!(!self.stopped, "{state:?} after the last state");
        match state {
            State::Starting => {
                assert_eq!(self.tries, 0, "it starts once");
                self.tried = Some(now);
            }
            State::Reconnecting { why, retry_in: Some(wait), attempt } => {
                self.tries += 1;
                assert!(why.contains("could not be started"), "{why}");
                assert_eq!((*attempt, self.waits), (self.tries, None));
                // Without a listener there is nothing to lead to.
                let listener = self.listener.lock();
                let free = self.tried.take().expect("it was tried").max(listener.since);
                // One that stops at this very moment may have been there.
                let there = listener.running || listener.since == now;
                assert!(there && now - free <= LATE, "it was tried late, or without a listener");
                self.check_wait(*wait);
                self.waits = Some((now, *wait));
            }
            State::Reconnecting { retry_in: None, attempt, .. } => {
                let (since, wait) = self.waits.take().expect("it waited");
                let late = (now - since).checked_sub(wait).expect("it waits as long as it said");
                assert!(*attempt == self.tries && late <= LATE, "{state:?} {late:?} late");
                self.tried = Some(now);
            }
            State::Stopped => self.stopped = true,
            State::Online { .. } | State::Failed(_) => panic!("{state:?}"),
        }
    }

    /// Half of what has doubled with each try to one and a half of it, within the bounds.
    fn check_wait(&self, wait: Duration) {
        let Pace { first_wait, longest_wait, .. } = self.pace;
        let doubled = (1..self.tries).fold(first_wait, |wait, _| (wait * 2).min(longest_wait));
        let expected = doubled.mul_f64(0.5 + *self.drawn.lock()).clamp(first_wait, longest_wait);
        assert!(wait.abs_diff(expected) < Duration::from_micros(1), "{wait:?}, not {expected:?}");
    }
}

pub(super) async fn run(mut dice: Dice) {
    // A folder for its note cannot be made in a file, so that no child is ever started.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let state_file = folder.path().join("file/state/cloudflared.json");
    let mut tunnel = Cloudflared::new(Some(std::env::current_exe().unwrap()), false, state_file);
    if dice.hits(50) {
        let bounds = (dice.millis(500, 5000), dice.millis(20_000, 300_000));
        (tunnel.pace.first_wait, tunnel.pace.longest_wait) = bounds;
    }

    let (to_states, mut states) = mpsc::channel(64);
    let (local, follows) = watch::channel(Some(here()));
    let stop = CancellationToken::new();
    let (drawn, to_drawn) = (Arc::new(Mutex::new(0.0)), Mutex::new(Dice::new(dice.below(u64::MAX))));
    let listener = Arc::new(Mutex::new(Listener { running: true, since: Instant::now() }));
    let mut watch = Watch {
        pace: tunnel.pace,
        listener: listener.clone(),
        drawn: drawn.clone(),
        tries: 0,
        waits: None,
        tried: None,
        stopped: false,
    };
    let random = move || {
        let number = to_drawn.lock().share();
        *drawn.lock() = number;
        number
    };
    let site = Site {
        intake: Arc::new(|| None),
        local: follows,
        states: to_states,
        stop: stop.clone(),
        random: Arc::new(random),
    };
    let task = tokio::spawn(Box::new(tunnel).run(site));
    let watching = tokio::spawn(async move {
        while let Some(state) = states.recv().await {
            watch.take(&state);
        }
        watch
    });

    for _ in 0..dice.between(1, 12) {
        sleep(dice.millis(1, 120_000)).await;
        if dice.hits(40) {
            let mut now = listener.lock();
            *now = Listener { running: !now.running, since: Instant::now() };
            local.send_replace(now.running.then(here));
        }
    }
    let stopping = Instant::now();
    stop.cancel();
    task.await.unwrap();
    assert_eq!(stopping.elapsed(), Duration::ZERO, "a stop while it waits ends at once");
    let watch = watching.await.unwrap();
    assert!(watch.stopped && watch.tries > 0, "{} tries", watch.tries);
    no_task_is_left();
}

fn here() -> SocketAddr {
    ([127, 0, 0, 1], 8081).into()
}
