//! An ngrok tunnel against a stand-in for the service, its states, and time that the test moves.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use inbound::Intake;
use inbound::tunnel::ngrok::{Dial, Ngrok, Real, Time};
use inbound::tunnel::{Site, State, Tunnel as _};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::edge::Edge;

pub(crate) const TOKEN: &str = "2aBcDeFgHiJkLmNoPqRsTuVwXyZ_4k3J5h7G9f1D2s4A6q8W";
/// Longer than any wait of a test, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Run {
    pub(crate) states: mpsc::Receiver<State>,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<()>,
    _local: watch::Sender<Option<std::net::SocketAddr>>,
}

impl Run {
    pub(crate) fn start(ngrok: Ngrok, intake: Option<Intake>) -> Self {
        Self::with_random(ngrok, intake, 0.0)
    }

    pub(crate) fn with_random(ngrok: Ngrok, intake: Option<Intake>, random: f64) -> Self {
        let (to_states, states) = mpsc::channel(64);
        let (_local, local) = watch::channel(None);
        let stop = CancellationToken::new();
        let site = Site {
            intake: Arc::new(move || intake.clone()),
            local,
            states: to_states,
            stop: stop.clone(),
            random: Arc::new(move || random),
        };
        let task = tokio::spawn(Box::new(ngrok).run(site));
        Self { states, stop, task, _local }
    }

    pub(crate) async fn next(&mut self) -> State {
        let state = tokio::time::timeout(PATIENCE, self.states.recv()).await.expect("a state in time");
        state.expect("a state")
    }

    /// The next state of that kind; others are skipped.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&State) -> bool) -> State {
        loop {
            let state = self.next().await;
            if wanted(&state) {
                return state;
            }
        }
    }

    pub(crate) async fn online(&mut self) -> String {
        match self.until(|state| matches!(state, State::Online { .. })).await {
            State::Online { public, .. } => public,
            other => panic!("{other:?}"),
        }
    }

    /// The states since the last call, without measurements.
    pub(crate) fn seen(&mut self) -> Vec<State> {
        let measured = |state: &State| matches!(state, State::Online { latency: Some(_), .. });
        std::iter::from_fn(|| self.states.try_recv().ok()).filter(|state| !measured(state)).collect()
    }

    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.expect("an end in time").unwrap();
        let mut last = None;
        while let Some(state) = self.states.recv().await {
            last = Some(state);
        }
        assert_eq!(last, Some(State::Stopped));
    }
}

/// A network that can be taken away, with the service at the other end.
#[derive(Clone, Default)]
pub(crate) struct Network {
    pub(crate) edge: Edge,
    gone: Arc<AtomicBool>,
}

impl Network {
    pub(crate) fn take_away(&self) {
        self.gone.store(true, Ordering::SeqCst);
        self.edge.cut();
    }

    pub(crate) fn bring_back(&self) {
        self.gone.store(false, Ordering::SeqCst);
    }

    /// Waits until no agent is connected: over a socket the service sees the end of a connection a moment after us.
    pub(crate) async fn gone(&self) {
        let began = std::time::Instant::now();
        while self.edge.connected() > 0 {
            assert!(began.elapsed() < PATIENCE, "{} agents are still connected", self.edge.connected());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn dial(&self) -> Dial {
        let network = self.clone();
        Arc::new(move || {
            let network = network.clone();
            Box::pin(async move {
                if network.gone.load(Ordering::SeqCst) {
                    return Err(io::ErrorKind::NetworkUnreachable.into());
                }
                Ok(Box::new(network.edge.dial()) as Box<_>)
            })
        })
    }
}

pub(crate) fn ngrok(network: &Network, time: impl Time + 'static) -> Ngrok {
    let mut ngrok = Ngrok::new(TOKEN);
    ngrok.seams.dial = Some(network.dial());
    ngrok.seams.time = Arc::new(time);
    ngrok
}

/// Time that stands still until the test moves it.
#[derive(Clone, Default)]
pub(crate) struct Warp(Arc<Mutex<Moment>>);

#[derive(Default)]
struct Moment {
    now: Duration,
    asleep: Duration,
    waits: Vec<(Duration, oneshot::Sender<()>)>,
}

impl Warp {
    /// Lets everything happen that can happen now: all of it is in this thread and in memory.
    pub(crate) async fn settle(&self) {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) async fn advance(&self, by: Duration) {
        self.settle().await;
        let end = self.now() + by;
        while let Some(wait) = self.first_until(end) {
            let _ = wait.send(());
            self.settle().await;
        }
        self.0.lock().unwrap().now = end;
    }

    /// Puts the computer to sleep: the wall clock continues, the other one does not.
    pub(crate) fn sleep_through(&self, time: Duration) {
        self.0.lock().unwrap().asleep += time;
    }

    fn first_until(&self, end: Duration) -> Option<oneshot::Sender<()>> {
        let mut moment = self.0.lock().unwrap();
        moment.waits.retain(|(_, wait)| !wait.is_closed());
        let (at, _) = moment.waits.iter().enumerate().min_by_key(|(_, (due, _))| *due)?;
        if moment.waits[at].0 > end {
            return None;
        }
        let (due, wait) = moment.waits.swap_remove(at);
        moment.now = due;
        Some(wait)
    }
}

impl Time for Warp {
    fn now(&self) -> Duration {
        self.0.lock().unwrap().now
    }

    fn wall(&self) -> SystemTime {
        let moment = self.0.lock().unwrap();
        UNIX_EPOCH + moment.now + moment.asleep
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (wake, woken) = oneshot::channel();
        let mut moment = self.0.lock().unwrap();
        let due = moment.now + duration;
        moment.waits.push((due, wake));
        Box::pin(async move {
            let _ = woken.await;
        })
    }
}

/// Real time, in which waits take a twentieth.
#[derive(Default)]
pub(crate) struct Fast(Real);

impl Time for Fast {
    fn now(&self) -> Duration {
        self.0.now()
    }

    fn wall(&self) -> SystemTime {
        self.0.wall()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep(duration / 20)
    }
}

pub(crate) async fn read_all(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut answer = Vec::new();
    // A connection that is cut shows no more than this.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("an answer in time");
    String::from_utf8_lossy(&answer).into_owned()
}
