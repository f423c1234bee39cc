//! The way of one delivery: capture → verify → commit → answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::request::Parts as Head;
use http::uri::PathAndQuery;
use http::{Method, StatusCode, Uri, Version};
use signature::{Outcome, Verdict};
use store::{InsertError, Inserted, NewDelivery, Store};
use tokio::sync::mpsc;

use crate::answer;
use crate::answers::{Answers, Committed, Dropped};
use crate::capture::{self, Bounds, Captured, End};
use crate::gate::{Admission, Asked, Gate, Spent};
use crate::judge::{self, Project, Projects};
use crate::kept;
use crate::near_miss::{Explain, WaitingRoom};
use crate::origin::{self, Own};
use crate::probe::{self, Arrived, Probes, Ticket};
use crate::room::Room;
use crate::storing::Storing;
use crate::summary;
use crate::tokens::SeenTokens;
use crate::turned_away::{About, Refusal, Tally};

/// How long the body of a request that is turned away may take to arrive.
const TURNED_AWAY_TIME: Duration = Duration::from_secs(2);

/// Messages of the log.
const NOT_STORED: &str = "a delivery could not be stored; its sender was told to try again";
const NOT_JUDGED: &str = "a delivery could not be judged";
const NOT_NOTED: &str = "what was answered to a delivery could not be noted";

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The limits of the listener.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest body in bytes. A longer one is answered 413, and kept as a delivery with its first 64 KiB.
    pub body: usize,
    /// How many bytes are kept of a rejected delivery's body. Of a longer one, its length and SHA-256 are kept as well.
    pub rejected: usize,
    /// Memory for rejected deliveries that wait for the near-miss probe, in bytes. If it is full, the probe runs when
    /// the delivery is opened, provided all of its body is kept.
    pub explained: usize,
    /// Memory for the bodies being received, over all connections, in bytes.
    pub bodies: usize,
    /// How long a body waits for room if it does not fit beside those before it. After that: 503.
    pub room_time: Duration,
    /// Time for the head of a request to arrive.
    pub head_time: Duration,
    /// Time for the body of a request to arrive. After that: 408, and a delivery with what arrived.
    pub body_time: Duration,
    /// Header lines in one request: proxies add some, and other servers accept as many. Beyond that: 431.
    pub headers: usize,
    /// Open connections. Beyond that: 503.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 10 * 1024 * 1024,
            rejected: 64 * 1024,
            // The two together, and what Pollux itself uses, stay below 300 MiB.
            explained: 16 * 1024 * 1024,
            bodies: 100 * 1024 * 1024,
            room_time: Duration::from_secs(10),
            head_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            headers: 256,
            connections: 1024,
        }
    }
}

/// What a listener works with.
pub struct Parts {
    /// Where deliveries are kept.
    pub store: Store,
    /// The projects and their keys.
    pub projects: Arc<dyn Projects>,
    /// The limits.
    pub limits: Limits,
    /// Where the time comes from.
    pub clock: Clock,
    /// What is counted.
    pub tally: Arc<Tally>,
    /// Where rejected deliveries go for the near-miss probe.
    pub explain: mpsc::Sender<Explain>,
    /// Where the messages of failed commits go.
    pub failed: mpsc::Sender<String>,
    /// What requests from the internet must bring.
    pub gate: Gate,
    /// Recognises the probes of this process.
    pub probes: Probes,
    /// Makes the answers other than the usual ones.
    pub answers: Arc<dyn Answers>,
}

/// What all requests of a listener share.
pub(crate) struct Shared {
    pub(crate) parts: Parts,
    /// The limit in force: it can be changed while the listener runs.
    pub(crate) body_limit: AtomicUsize,
    /// How much of a rejected body is kept; it can be changed as well.
    pub(crate) rejected_kept: AtomicUsize,
    pub(crate) waiting: WaitingRoom,
    pub(crate) room: Room,
    pub(crate) storing: Storing,
    /// Where the socket listens.
    pub(crate) own: Own,
    pub(crate) tokens: SeenTokens,
}

/// The other end of a connection.
#[derive(Clone)]
pub(crate) struct Sender {
    /// Its address.
    pub(crate) peer: Arc<str>,
    /// Whether a tunnel brought it: it is from the internet then, whatever its requests say.
    pub(crate) tunnelled: bool,
}

/// What is known of a request when it is turned away.
struct Known<'a> {
    method: &'a Method,
    uri: &'a Uri,
    peer: &'a str,
}

impl Parts {
    fn turned_away(&self, refusal: Refusal, known: &Known<'_>, reason: &str) {
        let path = self.gate.shown_path(known.uri.path(), refusal == Refusal::NoToken);
        let (method, path) = (Some(known.method.as_str()), Some(path.as_str()));
        let about = About { at: (self.clock)(), method, path, peer: known.peer, reason };
        self.tally.turned_away(refusal, &about);
    }
}

/// Handles one request.
pub(crate) async fn receive(shared: &Shared, from: &Sender, request: Request) -> Result<Response, Dropped> {
    let Parts { gate, probes, .. } = &shared.parts;
    let (head, body) = request.into_parts();
    let ticket = probes.recognise(&head.headers);
    let Sender { tunnelled, .. } = *from;
    let Head { method, uri, headers, .. } = &head;
    let asked = Asked { tunnelled, own: shared.own, method, uri, headers, free: ticket.is_some() };
    let admission = gate.admit(&asked);
    if let Some(ticket) = ticket {
        return Ok(probed(shared, ticket, &head, body, from, &admission).await);
    }
    let known = Known { method, uri, peer: &from.peer };
    let (refusal, reason) = match admission {
        Admission::In { path, public } => match head.method {
            Method::POST => {
                let project = shared.parts.projects.find(path);
                let (body, spent) = match public {
                    Some(true) => gate.meter(body, shared.body_limit.load(Ordering::Relaxed)),
                    _ => (body, Spent::default()),
                };
                let proxied = tunnelled || public == Some(true);
                return post(shared, (&from.peer, proxied), head, body, spent, project).await;
            }
            Method::GET | Method::HEAD if path == "/" => return Ok(answer::health()),
            _ => {
                let reason = format!("{method} is not accepted: webhooks use POST.");
                shared.parts.turned_away(Refusal::OtherMethod, &known, &reason);
                return Ok(answer::method_not_allowed());
            }
        },
        Admission::Stray => (Refusal::NoToken, "It came from the internet without the path token.".to_owned()),
        Admission::TooMany => (Refusal::TooManyPublic, "It exceeded the rate for public requests.".to_owned()),
        Admission::TooManyLocal => {
            (Refusal::TooManyLocal, "It exceeded the rate for requests from this machine.".to_owned())
        }
        Admission::CrossSite => {
            let page = origin::named(headers).filter(|origin| origin != "null" && !origin.is_empty());
            let page = page.map_or_else(|| "of another site".to_owned(), |origin| format!("at {origin}"));
            (Refusal::CrossSite, format!("A web page {page} sent it, not a server."))
        }
    };
    shared.parts.turned_away(refusal, &known, &reason);
    Ok(turn_away(body, answer::turned_away(refusal)).await)
}

/// Answers a probe with a report of what arrived. It is neither kept nor counted.
async fn probed(
    shared: &Shared,
    ticket: Ticket,
    head: &Head,
    body: Body,
    from: &Sender,
    admission: &Admission<'_>,
) -> Response {
    let (time, room) = (shared.parts.limits.body_time, &shared.room);
    let bounds = Bounds { limit: probe::READ_AT_MOST, time, room, peer: &from.peer, proxied: true };
    let captured = capture::body(body, &bounds).await;
    let (public, token) = match admission {
        Admission::In { public, .. } => (*public, true),
        _ => (Some(true), false),
    };
    let arrived = Arrived {
        body: &captured.bytes,
        length: captured.len,
        whole: captured.end == End::Whole,
        target: head.uri.path_and_query().map_or("/", PathAndQuery::as_str),
        headers: &head.headers,
        public,
        token,
    };
    shared.parts.probes.echo(ticket, arrived).map_or_else(answer::try_again, answer::json)
}

/// Answers a request that is turned away. Reads a short body first: its sender may not look for an answer before it has
/// sent everything, and a proxy that is cut off would answer 502 in our place.
async fn turn_away(body: Body, mut response: Response) -> Response {
    if !capture::read_away(body, TURNED_AWAY_TIME).await {
        answer::and_close(&mut response);
    }
    response
}

async fn post(
    shared: &Shared,
    (peer, proxied): (&str, bool),
    head: Head,
    body: Body,
    spent: Spent,
    project: Arc<Project>,
) -> Result<Response, Dropped> {
    let started = Instant::now();
    if shared.parts.store.is_short_of_space() {
        // The store reports this itself.
        let known = Known { method: &head.method, uri: &head.uri, peer };
        shared.parts.turned_away(Refusal::NotStored, &known, "The disk is nearly full, so nothing new is stored.");
        return Ok(turn_away(body, answer::try_again()).await);
    }
    let Shared { parts, room, tokens, .. } = shared;
    let limit = shared.body_limit.load(Ordering::Relaxed);
    let at = (parts.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
    let bounds = Bounds { limit, time: parts.limits.body_time, room, peer, proxied };
    let mut captured = capture::body(body, &bounds).await;
    let known = Known { method: &head.method, uri: &head.uri, peer };
    if spent.is_beyond() {
        let reason = "It exceeded the bytes a second that public requests may bring.";
        parts.turned_away(Refusal::TooManyPublic, &known, reason);
        let mut response = answer::turned_away(Refusal::TooManyPublic);
        answer::and_close(&mut response);
        return Ok(response);
    }
    if captured.end == End::NoRoom {
        let why = "The bodies being received fill the memory that Pollux sets aside for them.".to_owned();
        return Ok(refuse(parts, &known, Refusal::NoRoom, why));
    }
    let headers = capture::headers(&head.headers);
    let now = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);

    let keeps = shared.rejected_kept.load(Ordering::Relaxed);
    let (mut verdict, status) = match captured.end {
        End::Whole => {
            let verdict = judge::verdict(&project, tokens, &headers, &captured.bytes, now).await;
            if verdict.reason == judge::CHECK_FAILED {
                parts.store.complaints().error(NOT_JUDGED, judge::CHECK_FAILED, &"", Instant::now());
            }
            let status = answer::for_outcome(verdict.outcome);
            (verdict, status)
        }
        end => {
            if let Some(beginning) = kept::beginning(&captured.bytes, keeps) {
                captured.bytes = beginning;
            }
            let (refusal, verdict, status) = incomplete(end, &captured, limit, &parts.limits);
            parts.turned_away(refusal, &known, verdict.sentence.trim_start_matches("Rejected: "));
            (verdict, status)
        }
    };

    let whole = captured.end == End::Whole;
    let summary = summary::of_body(&headers, &captured.bytes, captured.len, whole).await;
    let rejected = whole && verdict.outcome == Outcome::Rejected;
    let room = if rejected { shared.waiting.take(&headers, &captured.bytes) } else { None };
    let for_probe = room.map(|room| (headers.clone(), captured.bytes.clone(), room));
    let part = if rejected { kept::of_rejected(&captured.bytes, keeps, &mut verdict).await } else { None };
    let truncated = !whole || part.is_some();
    let sha256 = part.as_ref().and_then(|part| part.sha256);
    if let Some(part) = part {
        captured.bytes = part.bytes;
    }
    // A body that is incomplete says so: scripted answers are for deliveries that a handler could have received.
    let special = whole && parts.answers.concerns(project.id);
    let event_type = special.then(|| summary.event_type.clone()).flatten();
    let outcome = verdict.outcome;
    let delivery = NewDelivery {
        project: project.id,
        received_ns: i64::try_from(at.as_nanos()).unwrap_or(i64::MAX),
        started,
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        http_version: version(head.version),
        peer: peer.to_owned(),
        message_id: only(&headers, "webhook-id"),
        token_id: None,
        headers,
        body: captured.bytes,
        body_len: captured.len,
        truncated,
        sha256,
        event_type: summary.event_type,
        pointer: summary.pointer,
        verdict,
        answer: if special { answer::still_to_be_given(status) } else { answer::kept(status) },
    };

    let Ok(turn) = shared.storing.turn(delivery.body.len()).await else {
        let why = "Storing what came before takes longer than a sender waits: the history is behind.".to_owned();
        return Ok(refuse(parts, &known, Refusal::NotStored, why));
    };
    let inserted = parts.store.insert(delivery).await;
    drop(turn);
    // It may wait long for its answer, and the room is only for bodies being received.
    drop(captured._place);
    match inserted {
        Ok(inserted) => {
            let Inserted { id, event, attempt, verdict, .. } = inserted;
            if let Some((headers, body, room)) = for_probe {
                let explain = Explain { id, project: project.id, headers, body, now, verdict, room: Some(room) };
                // The queue is full: the probe runs when the delivery is opened.
                let _ = parts.explain.try_send(explain);
            }
            if special {
                let status = status.as_u16();
                let committed = Committed { id, project: project.id, outcome, event_type, event, attempt, status };
                return specially(parts, &committed, started).await;
            }
            parts.store.answered(id, micros(started));
            Ok(if whole { answer::empty(status) } else { answer::empty_and_close(status) })
        }
        Err(error) => {
            if let InsertError::Failed(code, message) = &error {
                parts.store.complaints().error(NOT_STORED, code, message, Instant::now());
            }
            Ok(refuse(parts, &known, Refusal::NotStored, error.to_string()))
        }
    }
}

/// An answer that is made only now. It is recorded before it is sent: the sender's next attempt may arrive at once.
async fn specially(parts: &Parts, committed: &Committed, started: Instant) -> Result<Response, Dropped> {
    let usual = committed.status;
    let given = match parts.answers.answer(committed) {
        Some(given) => Some(given.await),
        None => None,
    };
    let status = StatusCode::from_u16(usual).unwrap_or(StatusCode::OK);
    let kept = given.as_ref().map_or_else(|| answer::kept(status), |given| given.kept(usual));
    if let Err(error) = parts.store.answer_given(committed.id, kept, micros(started)).await {
        parts.store.complaints().warn(NOT_NOTED, error.code(), &error, Instant::now());
    }
    given.map_or_else(|| Ok(answer::empty(status)), |given| given.response(usual))
}

fn micros(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}

/// Not stored: counted, reported, and left to the sender to send again. The rest of the body is not read.
fn refuse(parts: &Parts, known: &Known<'_>, refusal: Refusal, why: String) -> Response {
    parts.turned_away(refusal, known, &why);
    // The queue is full: the same was reported a moment ago.
    let _ = parts.failed.try_send(why);
    answer::try_again()
}

fn incomplete(end: End, captured: &Captured, limit: usize, limits: &Limits) -> (Refusal, Verdict, StatusCode) {
    let kept = captured.bytes.len();
    let len = captured.len;
    let (refusal, code, cause, sentence) = match end {
        End::TooLarge => {
            let sentence = format!(
                "Rejected: the body is larger than the limit of {limit} bytes ({len} or more); the first {kept} bytes were kept."
            );
            (Refusal::TooLarge, "body_too_large", "too large", sentence)
        }
        End::TimedOut => {
            let sentence = format!(
                "Rejected: the body did not arrive within {} s; {} were kept.",
                limits.body_time.as_secs(),
                part(kept, len)
            );
            (Refusal::BodyTooSlow, "body_timed_out", "body too slow", sentence)
        }
        End::TooSlow => {
            let sentence = format!(
                "Rejected: the body arrived too slowly, or stopped; {} were kept. At least {} KiB a second are \
                 expected; {} s without any are excused, and fewer while other bodies wait for memory.",
                part(kept, len),
                capture::LEAST_RATE / 1024,
                capture::GRACE.as_secs()
            );
            (Refusal::BodyTooSlow, "body_timed_out", "body too slow", sentence)
        }
        End::CutShort | End::NoRoom | End::Whole => {
            let sentence = format!(
                "Rejected: the connection ended, or its framing broke, in the middle of the body; {} were kept.",
                part(kept, len)
            );
            (Refusal::BodyCutShort, "body_cut_short", "body cut short", sentence)
        }
    };
    (refusal, judge::refused(code, cause.into(), sentence), refusal.status())
}

/// The part of an incomplete body that was kept. Without a declared length, only that much is known.
fn part(kept: usize, len: u64) -> String {
    if len > kept as u64 { format!("{kept} of {len} bytes") } else { format!("{kept} bytes") }
}

/// A longer id does not identify an event: it would be in every row and every index. The header itself is kept whole.
const ID_LIMIT: usize = 1024;

/// The value of a header that appears exactly once.
pub(crate) fn only(headers: &[(String, Vec<u8>)], name: &str) -> Option<String> {
    let mut values = headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case(name));
    let (_, value) = values.next()?;
    if values.next().is_some() || value.is_empty() || value.len() > ID_LIMIT {
        return None;
    }
    Some(String::from_utf8_lossy(value).into_owned())
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "HTTP/0.9",
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP/1.1",
    }
}
