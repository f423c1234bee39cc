//! Answers other than the usual ones: made by the fault lab, or by the target that deliveries are forwarded to.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::{Frame, SizeHint};
use signature::{Outcome, is_hop_by_hop};
use store::{Answer, AnsweredBy};
use tokio::time::Sleep;

/// A delivery that is stored and not yet answered.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its id.
    pub id: i64,
    /// Its project.
    pub project: i64,
    /// Its verdict.
    pub outcome: Outcome,
    /// The event type, such as `batch.succeeded`.
    pub event_type: Option<String>,
    /// The event's id; `None` without a `webhook-id`.
    pub event: Option<i64>,
    /// The number of this attempt of its event, from 1.
    pub attempt: u32,
    /// The status of the usual answer.
    pub status: u16,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// Whole.
    #[default]
    Whole,
    /// The connection is dropped before a byte of it.
    DroppedBefore,
    /// The connection is dropped in the middle of its body.
    DroppedInside,
}

/// An answer other than the usual one.
#[derive(Clone, Debug)]
pub struct Given {
    /// HTTP status; `None` means that of the usual answer.
    pub status: Option<u16>,
    /// Header lines; those that frame a message are left out when it is sent.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
    /// How it ends.
    pub ending: Ending,
    /// Who made it.
    pub by: AnsweredBy,
    /// How it was made, in words: `fail the first 2 attempts`.
    pub what: String,
}

/// An answer that takes its time.
pub type GivenLater = Pin<Box<dyn Future<Output = Given> + Send>>;

/// Makes answers other than the usual ones.
pub trait Answers: Send + Sync + 'static {
    /// Whether deliveries of this project may get one. Called for every delivery before it is stored, so it must be a
    /// look-up in memory.
    fn concerns(&self, project: i64) -> bool;

    /// The answer to a stored delivery; `None` sends the usual one at once.
    fn answer(&self, committed: &Committed) -> Option<GivenLater>;
}

/// Every answer is the usual one.
#[derive(Clone, Copy, Debug, Default)]
pub struct UsualAnswers;

impl Answers for UsualAnswers {
    fn concerns(&self, _: i64) -> bool {
        false
    }

    fn answer(&self, _: &Committed) -> Option<GivenLater> {
        None
    }
}

/// Ends the connection without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("dropped on purpose")]
pub(crate) struct Dropped;

/// How much of a body is kept with the delivery.
const KEPT: usize = 64 * 1024;
/// The body of a broken-off answer that has none of its own: there must be something to break off in.
const FILLER: &[u8] = b"This answer breaks off on purpose. This answer breaks off on purpose.\n";

impl Given {
    /// The answer as it is kept with the delivery.
    pub(crate) fn kept(&self, usual: u16) -> Answer {
        let body = self.body.get(..KEPT).unwrap_or(&self.body);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match self.ending {
            Ending::DroppedBefore => {
                Answer { status: 0, headers: Vec::new(), body: String::new(), by: Some((self.by, self.what.clone())) }
            }
            Ending::Whole | Ending::DroppedInside => Answer {
                status: self.status.unwrap_or(usual),
                headers: self.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
                body: text(body),
                by: Some((self.by, self.what.clone())),
            },
        }
    }

    /// The answer as it is sent.
    pub(crate) fn response(self, usual: u16) -> Result<Response, Dropped> {
        let body = match self.ending {
            Ending::DroppedBefore => return Err(Dropped),
            Ending::Whole => Body::from(self.body),
            Ending::DroppedInside => {
                let whole = if self.body.is_empty() { Bytes::from_static(FILLER) } else { self.body };
                Body::new(Torn { len: whole.len() as u64, half: Some(whole.slice(..whole.len() / 2)), wait: None })
            }
        };
        let mut response = Response::new(body);
        let status = self.status.unwrap_or(usual);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            let name = HeaderName::try_from(name).ok().filter(|name| !frames(name));
            if let (Some(name), Ok(value)) = (name, HeaderValue::from_bytes(&value)) {
                response.headers_mut().append(name, value);
            }
        }
        Ok(response)
    }
}

/// Headers that follow from the body and the connection.
fn frames(name: &HeaderName) -> bool {
    name == http::header::CONTENT_LENGTH || is_hop_by_hop(name.as_str())
}

/// How long half a body may take to be sent before the connection is dropped.
const ON_ITS_WAY: Duration = Duration::from_millis(50);

/// Sends half a body, waits, and ends the connection. Without the wait, bytes that are not yet written would never be.
struct Torn {
    len: u64,
    half: Option<Bytes>,
    wait: Option<Pin<Box<Sleep>>>,
}

impl http_body::Body for Torn {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        let wait = self.wait.get_or_insert_with(|| Box::pin(tokio::time::sleep(ON_ITS_WAY)));
        wait.as_mut().poll(context).map(|()| Some(Err(Dropped)))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len)
    }
}
