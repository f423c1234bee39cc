//! ngrok over hours: cuts, outages, refusals, silence, sleep and new addresses, in any order.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use inbound::tunnel::ngrok::{Dial, Ngrok, Time};
use inbound::tunnel::{FailureCode, Site, State, Tunnel as _};
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::edge::Edge;
use crate::ngrok_rig::TOKEN;
use crate::seeds::Dice;

/// The first gap and the longest, in milliseconds, and how much of one is random.
const GAPS: (u64, u64) = (500, 30_000);
const JITTER: f64 = 0.25;
/// After this long online the gaps start over.
const STEADY: Duration = Duration::from_secs(60);
/// How much later than its due a timer may be: it goes by whole milliseconds.
const LATE: Duration = Duration::from_millis(2);
/// How long ending may take while a session is open, or is being closed.
const CLOSING: Duration = Duration::from_secs(4);
/// What the service may refuse an endpoint with, and how long that holds off the next try at least.
const REFUSALS: [(&str, u64); 5] = [
    ("No more connections.\n\nERR_NGROK_726", 900),
    ("No more requests.\n\nERR_NGROK_727", 900),
    ("Too many in a minute.\n\nERR_NGROK_734", 60),
    ("It is online elsewhere.\n\nERR_NGROK_334", 0),
    ("Something new.\n\nERR_NGROK_9998", 0),
];
/// The longest wait that follows from what happens here, an outage that is noticed late, and a try.
const BACK: Duration = Duration::from_secs(900 + 60 + 30);

/// tokio's time, on a computer that may sleep.
#[derive(Clone)]
struct Clock {
    began: Instant,
    asleep: Arc<Mutex<Duration>>,
}

impl Time for Clock {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + self.began.elapsed() + *self.asleep.lock()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(sleep(duration))
    }
}

/// A connection that is counted while it lives.
struct Counted {
    stream: DuplexStream,
    live: Arc<AtomicUsize>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.live.fetch_sub(1, Ordering::SeqCst);
    }
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The service, the way there, and what the test did last.
#[derive(Clone)]
struct Outside {
    edge: Edge,
    clock: Clock,
    away: Arc<AtomicBool>,
    /// Connections of the tunnel that it has not given up.
    live: Arc<AtomicUsize>,
    /// When the computer last slept.
    slept: Arc<Mutex<Option<Instant>>>,
    /// Addresses that endpoints got, with when they began to.
    addresses: Arc<Mutex<Vec<(Instant, String)>>>,
    /// The last number that was drawn for a gap.
    drawn: Arc<Mutex<f64>>,
}

impl Outside {
    fn new() -> Self {
        let edge = Edge::default();
        let mut address = String::new();
        edge.rule(|rules| address.clone_from(&rules.url));
        let began = Instant::now();
        Self {
            edge,
            clock: Clock { began, asleep: Arc::default() },
            away: Arc::default(),
            live: Arc::default(),
            slept: Arc::default(),
            addresses: Arc::new(Mutex::new(vec![(began, address)])),
            drawn: Arc::default(),
        }
    }

    fn dial(&self) -> Dial {
        let outside = self.clone();
        Arc::new(move || {
            let outside = outside.clone();
            Box::pin(async move {
                assert_eq!(outside.live.load(Ordering::SeqCst), 0, "two connections at once");
                if outside.away.load(Ordering::SeqCst) {
                    return Err(io::ErrorKind::NetworkUnreachable.into());
                }
                outside.live.fetch_add(1, Ordering::SeqCst);
                Ok(Box::new(Counted { stream: outside.edge.dial(), live: outside.live.clone() }) as Box<_>)
            })
        })
    }

    fn tunnel(&self) -> Ngrok {
        let mut ngrok = Ngrok::new(TOKEN);
        ngrok.seams.dial = Some(self.dial());
        ngrok.seams.time = Arc::new(self.clock.clone());
        ngrok
    }

    fn move_to(&self, address: String) {
        self.edge.rule(|rules| rules.url.clone_from(&address));
        self.addresses.lock().push((Instant::now(), address));
    }

    /// Whether an endpoint that opens now may get this address.
    fn gives(&self, public: &str) -> bool {
        let addresses = self.addresses.lock();
        let since = |at: usize| addresses.get(at + 1).map(|(until, _)| *until);
        let given =
            addresses.iter().enumerate().filter(|(at, _)| since(*at).is_none_or(|until| until >= Instant::now()));
        let mut given = given.map(|(_, (_, address))| format!("{address}/"));
        given.any(|address| address == public)
    }
}

/// What the states say, held against what is documented.
struct Watch {
    outside: Outside,
    /// Since when it is online, and where.
    online: Option<(Instant, String)>,
    /// Since when it waits, and how long it said it would.
    waits: Option<(Instant, Duration)>,
    /// Tries since it was last steadily online, and how often the gap has grown.
    tries: u32,
    grown: u32,
    ended: Option<State>,
}

impl Watch {
    fn new(outside: Outside) -> Self {
        Self { outside, online: None, waits: None, tries: 0, grown: 0, ended: None }
    }

    fn take(&mut self, state: State) {
        let now = Instant::now();
        assert_eq!(self.ended, None, "{state:?} after the last state");
        match state {
            State::Starting => assert_eq!((self.tries, self.online.is_some()), (0, false), "it starts once"),
            State::Online { public, latency: None } => {
                assert!(self.online.is_none(), "{public} is told twice");
                assert!(self.waits.is_none() && self.outside.gives(&public), "{public}");
                self.online = Some((now, public));
            }
            State::Online { public, latency: Some(_) } => {
                assert_eq!(self.online.as_ref().map(|(_, told)| told), Some(&public), "another address");
            }
            State::Reconnecting { why, retry_in: Some(gap), attempt } => {
                if self.online.take().is_some_and(|(since, _)| now - since >= STEADY) {
                    (self.tries, self.grown) = (0, 0);
                }
                self.tries += 1;
                assert_eq!((attempt, self.waits), (self.tries, None), "{why}");
                self.check_gap(&why, gap);
                self.waits = Some((now, gap));
            }
            State::Reconnecting { why, retry_in: None, attempt } => {
                let (since, gap) = self.waits.take().expect("it waited");
                assert_eq!(attempt, self.tries, "{why}");
                if now - since < gap {
                    let slept = self.outside.slept.lock().is_some_and(|slept| slept >= since);
                    assert!(slept, "it did not wait {gap:?}: {why}");
                    self.grown = 0;
                }
                assert!(now - since <= gap + LATE, "it waited too long: {why}");
            }
            State::Failed(_) | State::Stopped => self.ended = Some(state),
        }
    }

    fn check_gap(&mut self, why: &str, gap: Duration) {
        if why.contains("asleep") {
            assert_eq!(gap, Duration::ZERO);
            self.grown = 0;
            return;
        }
        let plain = Duration::from_millis((GAPS.0 << self.grown.min(10)).min(GAPS.1));
        self.grown += 1;
        let at_least = if why.contains("this month's") {
            Duration::from_secs(900)
        } else if why.contains("requests in a minute") {
            Duration::from_secs(60)
        } else {
            Duration::ZERO
        };
        let drawn = *self.outside.drawn.lock();
        let expected = plain.mul_f64(1.0 - JITTER * drawn).max(at_least);
        assert!(gap.abs_diff(expected) < Duration::from_micros(1), "{gap:?}, not {expected:?}: {why}");
        assert!(gap >= plain.mul_f64(1.0 - JITTER) && gap <= plain.max(at_least), "{gap:?} of {plain:?}: {why}");
    }
}

struct Run {
    outside: Outside,
    watch: Arc<Mutex<Watch>>,
    watching: JoinHandle<()>,
    stop: CancellationToken,
    task: JoinHandle<()>,
    _local: watch::Sender<Option<std::net::SocketAddr>>,
}

pub(super) async fn run(mut dice: Dice) {
    let mut run = Run::start(Dice::new(dice.below(u64::MAX)));
    run.online().await;
    for _ in 0..dice.between(5, 12) {
        run.happens(&mut dice).await;
        let pause = if dice.hits(60) { dice.millis(0, 5000) } else { dice.millis(5000, 150_000) };
        sleep(pause).await;
    }
    match dice.below(3) {
        0 => run.stop().await,
        1 => {
            run.online().await;
            run.stop().await;
        }
        _ => {
            run.online().await;
            run.fail().await;
        }
    }
}

impl Run {
    fn start(jitter: Dice) -> Self {
        let outside = Outside::new();
        let (to_states, mut states) = mpsc::channel(64);
        let (local, follows) = watch::channel(None);
        let stop = CancellationToken::new();
        let (drawn, jitter) = (outside.drawn.clone(), Mutex::new(jitter));
        let site = Site {
            intake: Arc::new(|| None),
            local: follows,
            states: to_states,
            stop: stop.clone(),
            random: Arc::new(move || {
                let number = jitter.lock().share();
                *drawn.lock() = number;
                number
            }),
        };
        let task = tokio::spawn(Box::new(outside.tunnel()).run(site));
        let watch = Arc::new(Mutex::new(Watch::new(outside.clone())));
        let taking = watch.clone();
        let watching = tokio::spawn(async move {
            while let Some(state) = states.recv().await {
                taking.lock().take(state);
            }
        });
        Self { outside, watch, watching, stop, task, _local: local }
    }

    fn rule(&self, bind: Option<&str>, mute: bool) {
        self.outside.edge.rule(|rules| (rules.refuse_bind, rules.mute) = (bind.map(str::to_owned), mute));
    }

    /// One thing that happens, to its end.
    async fn happens(&mut self, dice: &mut Dice) {
        match dice.below(8) {
            0 | 1 => self.outside.edge.cut(),
            2 => {
                self.outside.away.store(true, Ordering::SeqCst);
                self.outside.edge.cut();
                sleep(dice.millis(1, 300_000)).await;
                self.outside.away.store(false, Ordering::SeqCst);
            }
            3 | 4 => {
                let (words, at_least) = dice.one_of(&REFUSALS);
                self.rule(Some(words), false);
                self.outside.edge.cut();
                sleep(dice.millis(1, (at_least + 60) * 1000)).await;
                self.rule(None, false);
            }
            5 => {
                self.rule(None, true);
                sleep(dice.millis(20_000, 90_000)).await;
                self.rule(None, false);
            }
            6 => {
                *self.outside.clock.asleep.lock() += dice.millis(30_000, 8 * 3_600_000);
                *self.outside.slept.lock() = Some(Instant::now());
            }
            _ => {
                self.outside.move_to(format!("https://otter-{}.ngrok-free.test", dice.below(1000)));
                if dice.hits(70) {
                    self.outside.edge.cut();
                }
            }
        }
    }

    /// Waits until it is online, which it is soon when nothing is in its way.
    async fn online(&self) {
        let began = Instant::now();
        while self.watch.lock().online.is_none() {
            assert!(!self.task.is_finished() && !self.watching.is_finished(), "it has ended");
            assert!(began.elapsed() <= BACK, "it does not come back");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Stops it: at once where it waits, and otherwise as soon as its session is closed.
    async fn stop(self) {
        let now = Instant::now();
        let waits = self.watch.lock().waits.is_some_and(|(since, _)| now - since > CLOSING);
        self.stop.cancel();
        let longest = if waits { Duration::ZERO } else { CLOSING };
        self.end(now, longest, |state| *state == State::Stopped).await;
    }

    /// The account is suspended.
    async fn fail(self) {
        self.outside.edge.rule(|rules| rules.refuse_auth = Some("Suspended.\n\nERR_NGROK_103".to_owned()));
        self.outside.edge.cut();
        let suspended = FailureCode::NgrokAccountSuspended;
        let expected = |state: &State| matches!(state, State::Failed(failure) if failure.code == suspended);
        self.end(Instant::now(), Duration::from_secs(60), expected).await;
    }

    /// Checks that it ends in time, with this state, and that nothing of it is left.
    async fn end(self, from: Instant, longest: Duration, expected: impl Fn(&State) -> bool) {
        self.task.await.unwrap();
        assert!(from.elapsed() <= longest, "it took {:?}", from.elapsed());
        assert_eq!(self.outside.live.load(Ordering::SeqCst), 0, "its connection is left");
        self.watching.await.unwrap();
        let ended = self.watch.lock().ended.clone();
        assert!(ended.as_ref().is_some_and(expected), "{ended:?}");
        // The service sees the end a moment later.
        sleep(Duration::from_secs(1)).await;
        assert_eq!(self.outside.edge.connected(), 0);
    }
}
