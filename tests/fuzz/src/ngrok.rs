//! A session with ngrok's service, over muxado in memory: nothing may panic, it ends, what is told of it is short and
//! steers nothing, and the authtoken is in none of it.
//!
//! The input is text with lines of three dashes between its parts: the service's answer to the authentication, its
//! answer to the request for an endpoint, and then streams that it opens, each with its type in one character
//! (`STREAMS`) and its content.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use inbound::tunnel::ngrok::{Dial, Ngrok, Time};
use inbound::tunnel::{Site, State, Tunnel as _};
use muxado::typed::{StreamType, Typed, TypedAccept as _, TypedSession as _, TypedStream};
use muxado::{MuxadoOpen, OpenClose as _, SessionBuilder, Stream};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::rig::{block_on, is_shown, parts};

const TOKEN: &str = "2aBcDeFgHiJkLmNoPqRsTuVwXyZ_4k3J5h7G9f1D2s4A6q8W";

const AUTH: u32 = 0;
const BIND: u32 = 1;
const HEARTBEAT: u32 = u32::MAX;
/// Types of streams by their characters: connection, update, end of the endpoint, heartbeat, and one that is unknown.
/// Pollux takes a while over the others, and drops the session then as at any loss.
const STREAMS: [(u8, u32); 5] = [(b'c', 3), (b'u', 6), (b'e', 9), (b'h', HEARTBEAT), (b'x', 77)];
/// The most streams of one input.
const MOST: usize = 8;
/// The longest public address, in bytes.
const ADDRESS: usize = 301;

/// The body.
pub fn run(data: &[u8]) {
    let parts: Arc<[Vec<u8>]> = parts(data).into_iter().take(2 + MOST).map(<[u8]>::to_vec).collect();
    let states = block_on(session(parts));
    assert!(matches!(states.last(), Some(State::Stopped | State::Failed(_))), "{states:?}");
    for state in &states {
        assert!(!format!("{state:?}").contains(TOKEN), "{state:?}");
        match state {
            State::Online { public, .. } => {
                let plain = public.starts_with("https://") && public.ends_with('/') && public.len() <= ADDRESS;
                assert!(plain && public.bytes().all(|byte| byte.is_ascii_graphic()), "{public}");
            }
            State::Reconnecting { why, .. } => assert!(is_shown(why, 2_000), "{why}"),
            State::Failed(failure) => {
                assert!(is_shown(&failure.message, 2_000), "{failure:?}");
                let detail = failure.detail.as_deref().unwrap_or_default();
                assert!(detail.lines().count() <= 13 && detail.lines().all(|line| is_shown(line, 301)), "{failure:?}");
            }
            State::Starting | State::Stopped => {}
        }
    }
}

/// A clock that stands still: nothing is tried again, and no computer sleeps.
struct Still;

impl Time for Still {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
}

/// One session to its loss; then it is stopped.
async fn session(parts: Arc<[Vec<u8>]>) -> Vec<State> {
    let dial: Dial = Arc::new(move || {
        let parts = Arc::clone(&parts);
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(1 << 20);
            tokio::spawn(service(ours, parts));
            Ok(Box::new(theirs) as Box<_>)
        })
    });
    let mut ngrok = Ngrok::new(TOKEN);
    ngrok.seams.dial = Some(dial);
    ngrok.seams.time = Arc::new(Still);
    let (to_states, mut states) = mpsc::channel(64);
    let (_local, local) = watch::channel(None);
    let stop = CancellationToken::new();
    let site =
        Site { intake: Arc::new(|| None), local, states: to_states, stop: stop.clone(), random: Arc::new(|| 0.0) };
    let running = tokio::spawn(Box::new(ngrok).run(site));
    let mut told = Vec::new();
    while let Some(state) = states.recv().await {
        if matches!(state, State::Reconnecting { .. }) {
            stop.cancel();
        }
        told.push(state);
    }
    running.await.unwrap();
    told
}

/// ngrok's side of one connection.
async fn service(stream: DuplexStream, parts: Arc<[Vec<u8>]>) {
    let session = Typed::new(SessionBuilder::new(stream).server().start());
    let (open, mut accept) = session.split_typed();
    let open = (*open).clone();
    let mut asked = Vec::new();
    let mut opened = Vec::new();
    while let Ok(mut stream) = accept.accept_typed().await {
        let kind = *stream.typ();
        let number = match kind {
            AUTH => 0,
            BIND => 1,
            HEARTBEAT => {
                asked.push(stream);
                continue;
            }
            _ => break,
        };
        if !is_asked(&mut stream).await {
            break;
        }
        let answer = parts.get(number).map(Vec::as_slice).unwrap_or_default();
        let _ = stream.write_all(answer).await;
        let _ = stream.shutdown().await;
        asked.push(stream);
        if kind == BIND {
            settle().await;
            for part in parts.iter().skip(2) {
                opened.extend(begin(&open, part).await);
            }
            break;
        }
    }
    settle().await;
    drop((open, accept, asked, opened));
}

/// The agent does not end its half: a message is whole when it parses.
async fn is_asked(stream: &mut TypedStream) -> bool {
    let mut bytes = Vec::new();
    while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
        if serde_json::from_slice::<Value>(&bytes).is_ok() {
            return true;
        }
    }
    false
}

/// Opens a stream and ends it behind its content.
async fn begin(open: &MuxadoOpen, part: &[u8]) -> Option<Stream> {
    let (first, content) = part.split_first()?;
    let (_, kind) = STREAMS.iter().find(|(character, _)| character == first)?;
    let mut stream = open.clone().open().await.ok()?;
    let mut bytes = StreamType::clamp(*kind).to_be_bytes().to_vec();
    if *first == b'c' && content.starts_with(b"{") {
        // The length that its header has; otherwise what comes says it.
        let line = content.iter().position(|byte| *byte == b'\n').unwrap_or(content.len());
        bytes.extend(i64::try_from(line).unwrap_or_default().to_le_bytes());
    }
    bytes.extend_from_slice(content);
    stream.write_all(&bytes).await.ok()?;
    stream.shutdown().await.ok()?;
    Some(stream)
}

/// Lets everything happen that can happen now: all of it is in this thread and in memory.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}
