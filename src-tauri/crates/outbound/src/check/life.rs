//! Whether the endpoint is still there, and which delivery ended it.
//!
//! A delivery without an answer may have ended the process, may have been cut off by a server that lives on, or may
//! have reached one that ended at the delivery before. So the check looks for a listener, waits if there is none, and
//! sends the delivery again by itself: if that ends the listener again, it is the cause.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::RwLock;
use tokio::time::{Instant, sleep, timeout};

use super::forge::Shot;
use crate::client::Exchange;
use crate::problem::{Problem, ProblemCode};
use crate::target::Target;

/// How long a connection to a listener may take.
const CONNECT: Duration = Duration::from_secs(2);
/// A proxy in front of an ended process accepts the connection, and closes it at once.
const CLOSED_AT_ONCE: Duration = Duration::from_millis(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// How long an endpoint that has answered is watched, in case it ended right after.
const AFTERWARDS: Duration = Duration::from_millis(300);
/// How many may have been answered between the one that ended it and the end: quick ones are a millisecond apart.
const RECENT: usize = 24;

/// The delivery ended the endpoint.
pub(super) const ENDED: ProblemCode = ProblemCode::EndedHandler;
/// The endpoint had ended before, and has not come back.
pub(super) const GONE: ProblemCode = ProblemCode::HandlerGone;
/// The connection was closed, but the endpoint lives on.
pub(super) const CUT: ProblemCode = ProblemCode::ConnectionCut;

/// What is known about whether the endpoint is alive. One per check.
pub(super) struct Life {
    /// Shared by all that send; exclusive for whoever finds out what happened to the endpoint.
    pub(super) gate: RwLock<()>,
    known: Mutex<Known>,
    /// How long it may take to come back.
    patience: Duration,
}

#[derive(Default)]
struct Known {
    /// The last ones that were answered: their lines, and the requests.
    recent: VecDeque<(Arc<str>, Shot)>,
    /// The line at which it ended for good.
    over: Option<Arc<str>>,
    /// Lines whose answer arrived before the end, and what to say about them.
    late: Vec<(Arc<str>, String)>,
}

impl Life {
    pub(super) fn new(patience: Duration) -> Self {
        Self { gate: RwLock::new(()), known: Mutex::default(), patience }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock()
    }

    pub(super) fn answered(&self, line: &Arc<str>, shot: Shot) {
        let mut known = self.known();
        known.recent.truncate(RECENT - 1);
        known.recent.push_front((line.clone(), shot));
    }

    /// The line that was answered last.
    pub(super) fn last(&self) -> Option<Arc<str>> {
        self.known().recent.front().map(|(line, _)| line.clone())
    }

    /// The last ones that were answered, newest first.
    pub(super) fn recent(&self) -> Vec<(Arc<str>, Shot)> {
        self.known().recent.iter().cloned().collect()
    }

    /// The line at which the endpoint ended for good.
    pub(super) fn over(&self) -> Option<Arc<str>> {
        self.known().over.clone()
    }

    pub(super) fn ends(&self, line: &Arc<str>) {
        self.known().over.get_or_insert_with(|| line.clone());
    }

    /// Records that this line was answered, and ended the endpoint all the same.
    pub(super) fn ended_late(&self, line: Arc<str>, said: String) {
        let mut known = self.known();
        if !known.late.iter().any(|(one, _)| *one == line) {
            known.late.push((line, said));
        }
    }

    /// Takes the lines for which that was found since the last call.
    pub(super) fn take_late(&self) -> Vec<(Arc<str>, String)> {
        std::mem::take(&mut self.known().late)
    }

    /// Waits until somebody listens again, and returns how long it took. `None` if nobody did in time.
    pub(super) async fn comes_back(&self, target: &Target) -> Option<Duration> {
        let since = Instant::now();
        loop {
            if listens(target).await {
                return Some(since.elapsed());
            }
            if since.elapsed() >= self.patience {
                return None;
            }
            sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Whether it ends, although it has answered.
    pub(super) async fn ends_afterwards(target: &Target) -> bool {
        let since = Instant::now();
        while since.elapsed() < AFTERWARDS {
            if !listens(target).await {
                return true;
            }
            sleep(BETWEEN_LOOKS / 2).await;
        }
        false
    }

    /// Says when it came back, or that it did not.
    pub(super) fn return_words(&self, back: Option<Duration>) -> String {
        match back {
            Some(after) if after < Duration::from_millis(50) => "It was back at once.".to_owned(),
            Some(after) => format!("It was back after {:.1} s.", after.as_secs_f64()),
            None => format!("It has not come back within {:.0} s.", self.patience.as_secs_f64()),
        }
    }
}

/// Whether something listens and does not close the connection at once. Sends nothing, since that could be what ends
/// it.
pub(super) async fn listens(target: &Target) -> bool {
    let host = target.host().trim_start_matches('[').trim_end_matches(']');
    let Ok(Ok(mut stream)) = timeout(CONNECT, TcpStream::connect((host, target.port()))).await else { return false };
    // Neither side has said anything: whatever arrives now is the end of the connection or a greeting.
    match timeout(CLOSED_AT_ONCE, stream.read(&mut [0; 1])).await {
        Err(_) => true,
        Ok(read) => read.is_ok_and(|bytes| bytes > 0),
    }
}

/// Whether there was no answer for a reason other than time.
pub(super) fn is_lost(exchange: &Exchange) -> bool {
    const LOST: [ProblemCode; 5] = [
        ProblemCode::NoAnswer,
        ProblemCode::ConnectionReset,
        ProblemCode::ConnectionRefused,
        ProblemCode::ConnectTimedOut,
        ProblemCode::Unreachable,
    ];
    exchange.answer.is_none() && exchange.problem.as_ref().is_some_and(|problem| LOST.contains(&problem.code))
}

/// Whether not even the connection was made.
pub(super) fn was_not_reached(exchange: &Exchange) -> bool {
    const NOT_MADE: [ProblemCode; 3] =
        [ProblemCode::ConnectionRefused, ProblemCode::ConnectTimedOut, ProblemCode::Unreachable];
    exchange.problem.as_ref().is_some_and(|problem| NOT_MADE.contains(&problem.code))
}

/// An exchange that says this instead of its real result.
pub(super) fn said(code: ProblemCode, message: String, instead_of: &Exchange) -> Exchange {
    Exchange { answer: None, problem: Some(Problem::new(code, message)), total: instead_of.total }
}
