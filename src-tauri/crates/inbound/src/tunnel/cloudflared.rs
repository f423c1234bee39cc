//! A cloudflared quick tunnel: no account, and a new address at each start. The program is the user's own and runs as a
//! child process; it is never downloaded.
//!
//! cloudflared announces its address before it is connected, so its metrics port is asked: the tunnel is online only
//! while `/ready` answers 200. It reconnects by itself and keeps its address; if it ends, it is started again and gets
//! another.

mod child;
#[cfg(all(test, unix))]
mod finding;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod moving;
mod note;
mod output;
mod pace;
mod sight;
mod trouble;

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use self::note::{Reaped, reap};

use self::child::Child;
pub use self::pace::Pace;
use self::sight::Sight;
use self::trouble::{Kind, Trouble};
use super::{Site, State, Tunnel};

/// How often Cloudflare has to refuse the tunnel before it is given up: new ones are refused for a moment as well.
const REFUSALS: u32 = 3;

/// A quick tunnel of cloudflared.
#[derive(Clone, Debug, PartialEq)]
pub struct Cloudflared {
    /// The program; `None` means `cloudflared` on the PATH.
    pub program: Option<PathBuf>,
    /// Connects by HTTP/2 over TCP, for networks that block UDP.
    pub http2: bool,
    /// Where the running child is recorded. The empty configuration file goes into the same folder.
    pub state_file: PathBuf,
    /// Its times.
    pub pace: Pace,
}

impl Cloudflared {
    /// With the usual times.
    pub fn new(program: Option<PathBuf>, http2: bool, state_file: PathBuf) -> Self {
        Self { program, http2, state_file, pace: Pace::default() }
    }
}

/// The program that would run: at the path in the settings, else in one of the folders of `paths`, as the variable
/// `PATH` lists them. `None` if there is none. Starts nothing.
pub fn found(program: Option<&Path>, paths: &OsStr) -> Option<PathBuf> {
    match program {
        Some(program) => child::find(Some(program)).ok(),
        None if paths.is_empty() => None,
        None => which::which_in("cloudflared", Some(paths), ".").ok(),
    }
}

impl Tunnel for Cloudflared {
    fn run(self: Box<Self>, site: Site) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let last = self.keep_up(&site).await;
            let _ = site.states.send(last).await;
        })
    }
}

/// Why a child is over.
enum Over {
    Stopped,
    /// The listener has moved or stopped.
    Moved,
    Trouble(Trouble),
}

impl Cloudflared {
    /// Starts children until it is stopped or there is no point in another.
    async fn keep_up(&self, site: &Site) -> State {
        tell(site, State::Starting).await;
        let state_file = self.state_file.clone();
        let _ = tokio::task::spawn_blocking(move || reap(&state_file)).await;
        let mut attempt = 0;
        loop {
            let Some(target) = listener(site).await else { return State::Stopped };
            let (over, steady) = match Child::start(self, &target).await {
                Ok(mut child) => {
                    let mut life = Life::new(self, site, attempt);
                    let over = life.watch(&mut child, &target).await;
                    child.end(self.pace.stop).await;
                    (over, life.online_since.is_some_and(|since| since.elapsed() >= self.pace.longest_wait))
                }
                Err(trouble) => (Over::Trouble(trouble), false),
            };
            if steady {
                attempt = 0;
            }
            let trouble = match over {
                Over::Stopped => return State::Stopped,
                Over::Moved => {
                    let why = "The listener is on another port, or is not running; restarting cloudflared.".into();
                    tell(site, State::Reconnecting { why, retry_in: None, attempt: 1 }).await;
                    continue;
                }
                Over::Trouble(trouble) => trouble,
            };
            tracing::warn!(code = %trouble.code(), said = ?trouble.said, "cloudflared: {}", trouble.message());
            if trouble.is_final() {
                return State::Failed(trouble.failure());
            }
            attempt += 1;
            let wait = self.pace.wait(&trouble.kind, attempt, (site.random)());
            tell(site, State::Reconnecting { why: trouble.why(), retry_in: Some(wait), attempt }).await;
            if site.stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return State::Stopped;
            }
            tell(site, State::Reconnecting { why: trouble.why(), retry_in: None, attempt }).await;
        }
    }
}

/// One child, from start to end.
struct Life<'a> {
    pace: Pace,
    http2: bool,
    site: &'a Site,
    attempt: u32,
    /// When it last answered, or was started.
    answered: Instant,
    /// Since when it has had an address.
    addressed: Option<Instant>,
    hostname: Option<String>,
    online: bool,
    /// Since when it has been connected for the first time.
    online_since: Option<Instant>,
    told_no_connection: bool,
}

impl<'a> Life<'a> {
    fn new(settings: &Cloudflared, site: &'a Site, attempt: u32) -> Self {
        Self {
            pace: settings.pace,
            http2: settings.http2,
            site,
            attempt: attempt.max(1),
            answered: Instant::now(),
            addressed: None,
            hostname: None,
            online: false,
            online_since: None,
            told_no_connection: false,
        }
    }

    /// Waits until the child ends, or should.
    async fn watch(&mut self, child: &mut Child, target: &str) -> Over {
        let (to, mut sights) = mpsc::channel(1);
        let mut watching = JoinSet::new();
        watching.spawn(sight::watch(child.metrics, self.pace, to));
        let moved = moved(self.site, target, self.pace.settle);
        tokio::pin!(moved);
        loop {
            let sight = tokio::select! {
                biased;
                () = self.site.stop.cancelled() => return Over::Stopped,
                exited = child.exited() => {
                    let status = match exited {
                        Ok(status) => status,
                        Err(error) => return Over::Trouble(Trouble::new(Kind::NotStarted(error.to_string()))),
                    };
                    child.end(self.pace.stop).await;
                    let seen = child.output.seen();
                    // Trusts only what it says itself: if it never came this far, its metrics port may belong to
                    // somebody else's child.
                    let had_address = seen.hostname().is_some();
                    let mut trouble = Trouble::of_exit(status, &seen, had_address);
                    if matches!(trouble.kind, Kind::Exited(_)) && self.is_udp_blocked(seen.quic_errors()) {
                        trouble.kind = Kind::UdpBlocked;
                    }
                    return Over::Trouble(trouble);
                }
                () = &mut moved => return Over::Moved,
                Some(sight) = sights.recv() => sight,
            };
            if let Some(trouble) = self.see(sight, child).await {
                return Over::Trouble(trouble);
            }
        }
    }

    /// Reports what changed. If this returns a trouble, the child should end.
    async fn see(&mut self, sight: Sight, child: &Child) -> Option<Trouble> {
        let now = Instant::now();
        let (quic_errors, refusals, said) = {
            let seen = child.output.seen();
            if self.hostname.is_none() {
                self.hostname = sight.hostname.or_else(|| seen.hostname().map(str::to_owned));
            }
            (seen.quic_errors(), seen.refusals(), seen.lines())
        };
        let trouble = |kind| Trouble { kind, said: said.clone() };
        if sight.ready.is_some() && self.hostname.is_some() {
            self.answered = now;
        } else if now - self.answered >= self.pace.stuck {
            return Some(trouble(Kind::Stuck));
        }
        let host = self.hostname.as_deref()?;
        let addressed = *self.addressed.get_or_insert(now);
        match sight.ready {
            Some(true) if !self.online => {
                self.online = true;
                self.online_since.get_or_insert(now);
                child.output.seen().forget();
                let public = format!("https://{host}/");
                tell(self.site, State::Online { public, latency: None }).await;
            }
            Some(false) if self.online => {
                self.online = false;
                child.output.seen().forget();
                self.say(&trouble(Kind::Lost), 1).await;
            }
            Some(false) if refusals >= REFUSALS => return Some(trouble(Kind::Expired)),
            Some(false) if self.is_without_connection_for_long(now - addressed) => {
                self.told_no_connection = true;
                let kind = if self.is_udp_blocked(quic_errors) { Kind::UdpBlocked } else { Kind::NoConnection };
                self.say(&trouble(kind), self.attempt).await;
            }
            _ => {}
        }
        None
    }

    /// Only if it was never connected: after a loss, QUIC fails whenever the network is away, whatever the network
    /// blocks.
    fn is_udp_blocked(&self, quic_errors: u32) -> bool {
        quic_errors > 0 && !self.http2 && self.online_since.is_none()
    }

    fn is_without_connection_for_long(&self, since_address: Duration) -> bool {
        self.online_since.is_none() && !self.told_no_connection && since_address >= self.pace.connect
    }

    async fn say(&self, trouble: &Trouble, attempt: u32) {
        tracing::warn!(code = %trouble.code(), said = ?trouble.said, "cloudflared: {}", trouble.message());
        tell(self.site, State::Reconnecting { why: trouble.why(), retry_in: None, attempt }).await;
    }
}

/// Reports a state, unless the tunnel is stopped meanwhile.
async fn tell(site: &Site, state: State) {
    tokio::select! {
        biased;
        _ = site.states.send(state) => {}
        () = site.stop.cancelled() => {}
    }
}

/// Where the listener takes requests from this machine.
fn target(listener: SocketAddr) -> String {
    let ip = match listener.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listener.port()))
}

/// Waits for the listener's address; `None` if the tunnel is stopped first.
async fn listener(site: &Site) -> Option<String> {
    let mut local = site.local.clone();
    loop {
        let now = *local.borrow_and_update();
        if let Some(address) = now {
            return (!site.stop.is_cancelled()).then(|| target(address));
        }
        if site.stop.run_until_cancelled(local.changed()).await?.is_err() {
            site.stop.cancelled().await;
            return None;
        }
    }
}

/// Completes when the listener is on another address, or on none for longer than `settle`.
async fn moved(site: &Site, from: &str, settle: Duration) {
    let mut local = site.local.clone();
    loop {
        let now = local.borrow_and_update().map(target);
        let changed = match &now {
            Some(now) if now == from => local.changed().await,
            Some(_) => return,
            None => match tokio::time::timeout(settle, local.changed()).await {
                Ok(changed) => changed,
                Err(_) => return,
            },
        };
        if changed.is_err() {
            // Nobody can move it any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound() {
        let pace = Pace::default();
        let wait = |attempt, random| pace.wait(&Kind::NoNetwork, attempt, random).as_secs_f64();
        assert_eq!([wait(1, 0.0), wait(2, 0.5), wait(3, 0.5), wait(6, 0.5)], [1.0, 2.0, 4.0, 32.0]);
        assert!(wait(3, 0.0) < wait(3, 1.0), "they differ");
        for attempt in 1..100 {
            for random in [-1.0, 0.0, 0.5, 1.0, 7.0] {
                assert!((1.0..=60.0).contains(&wait(attempt, random)), "{attempt} {random}");
            }
        }
        assert_eq!(wait(u32::MAX, 1.0), 60.0);
        assert_eq!(pace.wait(&Kind::RateLimited, 1, 0.0), pace.limited_wait);
    }

    #[test]
    fn targets() {
        for (listener, url) in [
            ("127.0.0.1:80", "http://127.0.0.1:80"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            ("[::]:8080", "http://[::1]:8080"),
            ("192.168.1.5:9", "http://192.168.1.5:9"),
        ] {
            assert_eq!(target(listener.parse().unwrap()), url);
        }
    }
}
