//! The socket: binds it, serves its connections, and shuts it down in order.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::near_miss::WaitingRoom;
use crate::origin::Own;
use crate::receive::{Parts, Sender, Shared, receive};
use crate::room::Room;
use crate::storing::Storing;
use crate::tokens::SeenTokens;
use crate::turned_away::{About, Refusal};
use crate::unread;

/// How many ports after the taken one are tried, so that the next free one can be offered.
const OFFERED_RANGE: u16 = 64;
/// How long open connections may take to finish when the listener shuts down.
const DRAIN: Duration = Duration::from_secs(5);

const TOO_MANY_CONNECTIONS: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const HEAD_TOO_SLOW: &[u8] = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Why the listener could not start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Something else listens there.
    #[error("{address} is already in use by another program")]
    InUse {
        /// The address asked for.
        address: SocketAddr,
        /// The next free port, if one of the next few is free.
        next_free: Option<u16>,
    },
    /// The system refused it for another reason (a port below 1024 needs privileges, the address is not ours, …).
    #[error("cannot listen on {address}: {source}")]
    Refused {
        /// The address asked for.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
}

impl BindError {
    /// Stable code for the window.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "port_in_use",
            Self::Refused { .. } => "bind_refused",
        }
    }

    /// The next free port, if one was found.
    pub fn next_free(&self) -> Option<u16> {
        match self {
            Self::InUse { next_free, .. } => *next_free,
            Self::Refused { .. } => None,
        }
    }
}

/// A running listener. Dropping it does not stop it: call [`Listener::shutdown`].
pub struct Listener {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Stops accepting, and asks connections to finish.
    stop: CancellationToken,
    /// Cuts the connections that did not finish.
    cut: CancellationToken,
    accepting: JoinHandle<()>,
    tasks: TaskTracker,
    places: Arc<Semaphore>,
}

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Listener").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Listener {
    /// Binds and serves. The listener accepts connections once this returns.
    pub async fn start(address: SocketAddr, parts: Parts) -> Result<Self, BindError> {
        let socket = bind(address).await?;
        let address = socket.local_addr().map_err(|source| BindError::Refused { address, source })?;
        let shared = Arc::new(Shared {
            body_limit: AtomicUsize::new(parts.limits.body),
            rejected_kept: AtomicUsize::new(parts.limits.rejected),
            waiting: WaitingRoom::new(parts.limits.explained),
            room: Room::new(parts.limits.bodies, parts.limits.room_time),
            own: Own(address),
            storing: Storing::new(parts.store.queue_bytes(), parts.limits.room_time),
            tokens: SeenTokens::default(),
            parts,
        });
        let (stop, cut) = (CancellationToken::new(), CancellationToken::new());
        let tasks = TaskTracker::new();
        let ends = Ends { stop: stop.clone(), cut: cut.clone() };
        let places = Arc::new(Semaphore::new(shared.parts.limits.connections));
        let accepting = tokio::spawn(accept(socket, shared.clone(), ends, tasks.clone(), places.clone()));
        Ok(Self { address, shared, stop, cut, accepting, tasks, places })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way in for connections that do not come through the listener's socket.
    pub fn intake(&self) -> Intake {
        Intake {
            shared: self.shared.clone(),
            ends: Ends { stop: self.stop.clone(), cut: self.cut.clone() },
            tasks: self.tasks.clone(),
            places: self.places.clone(),
        }
    }

    /// Accepts bodies of up to `bytes`, starting with the next request.
    pub fn limit_bodies(&self, bytes: usize) {
        self.shared.body_limit.store(bytes, Ordering::Relaxed);
    }

    /// Keeps this many bytes of a rejected delivery's body, starting with the next request.
    pub fn keep_of_rejected(&self, bytes: usize) {
        self.shared.rejected_kept.store(bytes, Ordering::Relaxed);
    }

    /// Stops accepting. The port is free once this returns; open requests continue until [`Listener::shutdown`] ends.
    pub async fn release(&mut self) {
        self.stop.cancel();
        if let Err(error) = (&mut self.accepting).await {
            tracing::error!(%error, "the listener ended because of a fault");
        }
    }

    /// Stops accepting and lets open requests finish, for 5 s at most; then they are cut.
    pub async fn shutdown(mut self) {
        if !self.stop.is_cancelled() {
            self.release().await;
        }
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("cutting connections that did not end within {} s", DRAIN.as_secs());
            self.cut.cancel();
            self.tasks.wait().await;
        }
    }
}

/// The way into a listener for a tunnel's connections: they are served, counted and ended like those of its socket.
#[derive(Clone)]
pub struct Intake {
    shared: Arc<Shared>,
    ends: Ends,
    tasks: TaskTracker,
    places: Arc<Semaphore>,
}

impl Intake {
    /// A connection was turned away before it reached the listener.
    pub(crate) fn turned_away(&self, peer: &str) {
        too_many_connections(&self.shared, peer);
    }

    /// Serves one connection until it ends. `peer` is the real client's address. Does nothing if the listener is
    /// shutting down.
    pub async fn serve<S>(&self, mut stream: S, peer: String)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if self.ends.stop.is_cancelled() {
            return;
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            too_many_connections(&self.shared, &peer);
            let _ = stream.write_all(TOO_MANY_CONNECTIONS).await;
            let _ = stream.shutdown().await;
            return;
        };
        let token = self.tasks.token();
        let from = Sender { peer: peer.into(), tunnelled: true };
        serve(stream, from, self.shared.clone(), self.ends.clone()).await;
        drop((place, token));
    }
}

/// How connections are ended.
#[derive(Clone)]
struct Ends {
    stop: CancellationToken,
    cut: CancellationToken,
}

async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    match TcpListener::bind(address).await {
        Ok(socket) => Ok(socket),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            Err(BindError::InUse { address, next_free: next_free(address.ip(), address.port()).await })
        }
        Err(source) => Err(BindError::Refused { address, source }),
    }
}

async fn next_free(ip: IpAddr, port: u16) -> Option<u16> {
    for candidate in port.saturating_add(1)..=port.saturating_add(OFFERED_RANGE) {
        if TcpListener::bind((ip, candidate)).await.is_ok() {
            return Some(candidate);
        }
    }
    None
}

async fn accept(socket: TcpListener, shared: Arc<Shared>, ends: Ends, tasks: TaskTracker, places: Arc<Semaphore>) {
    while let Some(accepted) = ends.stop.run_until_cancelled(socket.accept()).await {
        let (mut stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, or a connection that closed before it was accepted: neither ends the
                // listener.
                let complaints = shared.parts.store.complaints();
                complaints.warn("a connection could not be accepted", "accept", &error, Instant::now());
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(place) = places.clone().try_acquire_owned() else {
            too_many_connections(&shared, &peer.to_string());
            tasks.spawn(async move {
                let _ = stream.write_all(TOO_MANY_CONNECTIONS).await;
                let _ = stream.shutdown().await;
            });
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (shared, ends) = (shared.clone(), ends.clone());
        let from = Sender { peer: peer.to_string().into(), tunnelled: false };
        tasks.spawn(async move {
            serve(stream, from, shared, ends).await;
            drop(place);
        });
    }
}

/// Turns a connection away without reading from it.
fn too_many_connections(shared: &Shared, peer: &str) {
    let reason = "Too many connections are open.";
    let about = About { at: (shared.parts.clock)(), method: None, path: None, peer, reason };
    shared.parts.tally.turned_away(Refusal::TooManyConnections, &about);
}

/// One handler takes every path and method: a router would cost a twentieth of a delivery's time.
async fn serve<S>(stream: S, from: Sender, shared: Arc<Shared>, ends: Ends)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (head_time, headers) = (shared.parts.limits.head_time, shared.parts.limits.headers);
    let (told, peer) = (shared.clone(), from.peer.clone());
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let (shared, from) = (shared.clone(), from.clone());
        async move { receive(&shared, &from, request.map(Body::new)).await }
    });
    let mut connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_headers(headers)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service);
    let result = tokio::select! {
        result = &mut connection => result,
        () = ends.stop.cancelled() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            tokio::select! {
                result = &mut connection => result,
                () = ends.cut.cancelled() => return,
            }
        }
    };
    let Err(error) = result else { return };
    let parts = connection.into_parts();
    // What hyper answers by itself never reaches `receive`.
    unread::note(&told.parts, &peer, &error, &parts.read_buf);
    if error.is_timeout() {
        // hyper closes without an answer. Answer a peer that was in the middle of a head, but not an idle one.
        if !parts.read_buf.is_empty() {
            let mut stream = parts.io.into_inner();
            let _ = stream.write_all(HEAD_TOO_SLOW).await;
            let _ = stream.shutdown().await;
        }
    } else {
        tracing::debug!(%error, "a connection ended early");
    }
}
