//! One ngrok session with its endpoint: opened, served, closed.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream as _;
use http::Uri;
use ngrok::config::TunnelBuilder as _;
use ngrok::conn::{ConnInfo as _, EndpointConn};
use ngrok::session::{ConnectError, IoStream, Restart, Session, SessionBuilder, Stop};
use ngrok::tunnel::{AcceptError, EndpointInfo as _, HttpTunnel, TunnelCloser as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until, timeout};
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Ngrok;
use super::keep::tell;
use super::proxy::{self, Proxies};
use super::refusal::Trouble;
use super::time::woken;
use super::wire::{Grip, Hand};
use crate::tunnel::{Site, State};

/// How long opening a session may take, and then opening its endpoint.
const OPENING: Duration = Duration::from_secs(20);
/// How long each step of closing may take.
const CLOSING: Duration = Duration::from_secs(1);
/// How long requests may continue after the endpoint was taken down.
const FINISHING: Duration = Duration::from_millis(500);
/// How long the last answers may take from there to the connection.
const FLUSHING: Duration = Duration::from_millis(50);
/// How long sending the answer to a command of the service may take.
const ANSWERING: Duration = Duration::from_millis(200);
/// How often a changed latency is reported.
const LATENCY_EVERY: Duration = Duration::from_secs(10);
/// How many heartbeats may be missing altogether before the session is given up: the crate reports a late answer
/// itself, but is silent once its stream of heartbeats has ended.
const SILENT_BEATS: u32 = 3;

/// How many connections are served at once. muxado ends the whole session at its 512th stream, and up to 128 wait
/// before us: whoever opened as many would take the endpoint down for everybody.
const AT_ONCE: usize = 256;
/// The same for those that are turned away.
const TURNED_AWAY_AT_ONCE: usize = 64;
/// The longest public address, in bytes.
const LONGEST_ADDRESS: usize = 300;

const NO_LISTENER: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// How long, and how much of, a request that is answered without being read is read all the same: closing a connection
/// with unread bytes could take the answer down with it.
const DRAIN: (Duration, u64) = (Duration::from_secs(1), 16 * 1024 * 1024);

enum Signal {
    Beat(Option<Duration>),
    Command(&'static str),
}

/// A session that is open.
pub(super) struct Line {
    session: Session,
    endpoint: HttpTunnel,
    public: String,
    grip: Grip,
    signals: mpsc::Receiver<Signal>,
    /// How many are being served.
    connections: TaskTracker,
    /// How many are being turned away.
    refusals: TaskTracker,
    cut: CancellationToken,
}

impl Line {
    /// Opens a session and its endpoint.
    pub(super) async fn open(ngrok: &Ngrok) -> Result<Self, Trouble> {
        let grip = Grip::default();
        let (to_signals, signals) = mpsc::channel(16);
        let builder = builder(ngrok, grip.hand(), &to_signals)?;
        let mut session = match timeout(OPENING, builder.connect()).await {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => return Err(Trouble::connecting(&error, &ngrok.authtoken)),
            Err(_) => return Err(Trouble::no_answer()),
        };
        let mut settings = session.http_endpoint();
        settings.forwards_to("Pollux");
        if let Some(domain) = ngrok.domain.as_deref().map(bare).filter(|domain| !domain.is_empty()) {
            settings.domain(domain);
        }
        if let Some(policy) = filled(ngrok.policy.as_deref()) {
            settings.traffic_policy(policy);
        }
        if let Some(metadata) = filled(ngrok.metadata.as_deref()) {
            settings.metadata(metadata);
        }
        let trouble = match timeout(OPENING, settings.listen()).await {
            Ok(Ok(endpoint)) => match public(endpoint.url(), ngrok.server.is_some()) {
                Some(public) => {
                    let (connections, refusals, cut) =
                        (TaskTracker::new(), TaskTracker::new(), CancellationToken::new());
                    return Ok(Self { session, endpoint, public, grip, signals, connections, refusals, cut });
                }
                None => Trouble::bad_address(endpoint.url(), &ngrok.authtoken),
            },
            Ok(Err(error)) => Trouble::binding(&error, &ngrok.authtoken),
            Err(_) => Trouble::no_answer(),
        };
        end(&mut session, &grip).await;
        Err(trouble)
    }

    /// Reports that it is online and serves what arrives until it is lost; `None` if it was stopped.
    pub(super) async fn serve(&mut self, ngrok: &Ngrok, site: &Site) -> Option<Trouble> {
        tell(site, State::Online { public: self.public.clone(), latency: None }).await;
        let (interval, tolerance) = ngrok.seams.heartbeat;
        let silence = (interval + tolerance) * SILENT_BEATS;
        let mut silent_at = tokio::time::Instant::now() + silence;
        let (mut told, mut next) = (None, None);
        let mut tell_at: Option<tokio::time::Instant> = None;
        let mut woken = std::pin::pin!(woken(ngrok.seams.time.clone()));
        loop {
            tokio::select! {
                biased;
                () = site.stop.cancelled() => return None,
                signal = self.signals.recv() => match signal {
                    Some(Signal::Beat(Some(latency))) => {
                        silent_at = tokio::time::Instant::now() + silence;
                        next = Some(latency).filter(|latency| Some(latency.as_millis()) != told);
                    }
                    Some(Signal::Beat(None)) | None => return Some(Trouble::missed_heartbeat()),
                    Some(Signal::Command(what)) => {
                        sleep(ANSWERING).await;
                        return Some(Trouble::command(what));
                    }
                },
                () = sleep_until(silent_at) => return Some(Trouble::missed_heartbeat()),
                () = &mut woken => return Some(Trouble::slept()),
                () = due(tell_at), if next.is_some() => {
                    told = next.map(|latency: Duration| latency.as_millis());
                    tell_at = Some(tokio::time::Instant::now() + LATENCY_EVERY);
                    tell(site, State::Online { public: self.public.clone(), latency: next.take() }).await;
                }
                accepted = next_connection(&mut self.endpoint) => match accepted {
                    Some(Ok(connection)) => self.take(connection, site),
                    Some(Err(AcceptError::ListenerClosed { message, error_code })) => {
                        return Some(Trouble::stopped(&message, error_code.as_deref(), &ngrok.authtoken));
                    }
                    Some(Err(_)) | None => return Some(Trouble::lost(self.grip.fault())),
                },
            }
        }
    }

    fn take(&self, connection: EndpointConn, site: &Site) {
        let peer = connection.remote_addr().to_string();
        let intake = (site.intake)();
        let cut = self.cut.clone();
        if self.connections.len() >= AT_ONCE {
            if let Some(intake) = &intake {
                intake.turned_away(&peer);
            }
            // Beyond that, a connection is simply closed.
            if self.refusals.len() < TURNED_AWAY_AT_ONCE {
                self.refusals.spawn(timeout(CLOSING, turn_away(connection)));
            }
            return;
        }
        self.connections.spawn(async move {
            let served = async {
                match intake {
                    Some(intake) => intake.serve(connection, peer).await,
                    None => try_again(connection).await,
                }
            };
            // Whatever is cut was not answered, so its sender tries again.
            cut.run_until_cancelled(served).await;
        });
    }

    /// Takes the endpoint down and lets its requests finish, for an orderly stop.
    pub(super) async fn retire(&mut self) {
        let _ = timeout(CLOSING, self.endpoint.close()).await;
        self.connections.close();
        let _ = timeout(FINISHING, self.connections.wait()).await;
        // The last answers are on their way out; closing would overtake them.
        sleep(FLUSHING).await;
    }

    /// Ends the session; its connection is closed and nothing of it runs when this returns.
    pub(super) async fn close(mut self) {
        end(&mut self.session, &self.grip).await;
        self.cut.cancel();
        for tasks in [&self.connections, &self.refusals] {
            tasks.close();
            tasks.wait().await;
        }
    }
}

/// Neither dropping nor closing a session disconnects it: muxado 0.5.4 cannot encode the frame that says so (its length
/// is that of an empty message) and only stops writing. The service sees the connection end.
async fn end(session: &mut Session, grip: &Grip) {
    let _ = timeout(CLOSING, session.close()).await;
    grip.close().await;
}

async fn next_connection(endpoint: &mut HttpTunnel) -> Option<Result<EndpointConn, AcceptError>> {
    poll_fn(|context| Pin::new(&mut *endpoint).poll_next(context)).await
}

async fn due(at: Option<tokio::time::Instant>) {
    if let Some(at) = at {
        sleep_until(at).await;
    }
}

/// The public address with a trailing slash, if it is valid: people copy it, and webhooks and probes go there. It may
/// lack TLS only if it comes from the user's own agent ingress.
fn public(url: &str, own_ingress: bool) -> Option<String> {
    let uri: Uri = url.parse().ok().filter(|_| url.len() <= LONGEST_ADDRESS)?;
    let scheme = uri.scheme_str()?;
    let authority = uri.authority()?.as_str();
    let plain = authority.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte));
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !url.contains('#');
    let safe = scheme == "https" || (scheme == "http" && own_ingress);
    (plain && bare && safe && uri.host().is_some_and(|host| !host.is_empty()))
        .then(|| format!("{scheme}://{authority}/"))
}

/// Turns a connection away for lack of room. Its request is not read: that would use the room that is missing.
async fn turn_away(mut connection: EndpointConn) {
    let _ = connection.write_all(NO_LISTENER).await;
    let _ = connection.shutdown().await;
}

/// Turns a connection away because the listener is being restarted.
async fn try_again(mut connection: EndpointConn) {
    let _ = connection.write_all(NO_LISTENER).await;
    let _ = connection.shutdown().await;
    let (time, most) = DRAIN;
    let _ = timeout(time, tokio::io::copy(&mut connection.take(most), &mut tokio::io::sink())).await;
}

fn builder(ngrok: &Ngrok, hand: Hand, signals: &mpsc::Sender<Signal>) -> Result<SessionBuilder, Trouble> {
    let mut builder = Session::builder();
    builder.authtoken(ngrok.authtoken.trim()).client_info("Pollux", env!("CARGO_PKG_VERSION"), None::<String>);
    if let Some(metadata) = filled(ngrok.metadata.as_deref()) {
        builder.metadata(metadata);
    }
    if let Some(server) = &ngrok.server {
        builder.server_addr(server.address.trim()).map_err(|_| Trouble::bad_server(&server.address))?;
        if let Some(pem) = &server.ca_pem {
            builder.ca_cert(Bytes::from(pem.clone()));
        }
    }
    let (interval, tolerance) = ngrok.seams.heartbeat;
    // Out of range only beyond 292 years.
    let _ = builder.heartbeat_interval(interval);
    let _ = builder.heartbeat_tolerance(tolerance);

    let beats = signals.clone();
    builder.handle_heartbeat(move |latency: Option<Duration>| {
        // The channel is full: the loop is about to read a newer one.
        let _ = beats.try_send(Signal::Beat(latency));
        async { Ok::<(), Box<dyn Error>>(()) }
    });
    let stops = signals.clone();
    builder.handle_stop_command(move |_: Stop| {
        let _ = stops.try_send(Signal::Command("stop"));
        async { Ok(()) }
    });
    let restarts = signals.clone();
    builder.handle_restart_command(move |_: Restart| {
        let _ = restarts.try_send(Signal::Command("restart"));
        async { Ok(()) }
    });

    let (dial, proxies) = (ngrok.seams.dial.clone(), ngrok.proxies.clone());
    builder.connector(move |host: String, port: u16, tls: Arc<ClientConfig>, lost: Option<AcceptError>| {
        let (dial, proxies, hand) = (dial.clone(), proxies.clone(), hand.clone());
        async move {
            // This takes the place of the crate's own reconnect, and hears what was lost.
            if lost.is_some() {
                return Err(ConnectError::Canceled);
            }
            let io = match dial {
                Some(dial) => dial().await.map_err(ConnectError::Tcp)?,
                None => reach(&proxies, host, port, tls).await?,
            };
            Ok(hand.hold(io))
        }
    });
    Ok(builder)
}

/// Replaces the crate's own connector, which uses proxies only if it makes the connection itself.
async fn reach(
    proxies: &Proxies,
    host: String,
    port: u16,
    tls: Arc<ClientConfig>,
) -> Result<Box<dyn IoStream>, ConnectError> {
    let socket = proxy::connect(proxies, &host, port).await.map_err(ConnectError::Tcp)?;
    let name = ServerName::try_from(host).map_err(|error| ConnectError::Tls(io::Error::other(error)))?;
    let secured = tokio_rustls::TlsConnector::from(tls).connect(name, socket).await.map_err(ConnectError::Tls)?;
    Ok(Box::new(secured))
}

/// A domain as ngrok wants it, from an address that was pasted.
fn bare(domain: &str) -> &str {
    let domain = domain.trim();
    let domain = domain.strip_prefix("https://").or_else(|| domain.strip_prefix("http://")).unwrap_or(domain);
    domain.trim_end_matches('/')
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::public;

    #[test]
    fn an_address_is_one_that_can_be_public() {
        assert_eq!(public("https://a-b.ngrok.app", false).as_deref(), Some("https://a-b.ngrok.app/"));
        assert_eq!(public("https://a-b.ngrok.app/", false).as_deref(), Some("https://a-b.ngrok.app/"));
        assert_eq!(public("http://127.0.0.1:81", true).as_deref(), Some("http://127.0.0.1:81/"));
        for bad in [
            "",
            "a-b.ngrok.app",
            "http://169.254.169.254/",
            "ftp://a.b/",
            "javascript://a.b/",
            "https://user@a.b/",
            "https://a.b/path",
            "https://a.b/?query",
            "https://a.b/#fragment",
            "https://a.b\r\nx: y",
            "https://a.b\u{202e}/",
            &format!("https://{}.b/", "a".repeat(300)),
        ] {
            assert_eq!(public(bad, false), None, "{bad}");
        }
    }
}
