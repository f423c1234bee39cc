//! The jobs that wait for the writer.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::delivery::CountedBytes;
use crate::import::{Batch, OfFile};
use crate::phrases::Phrases;
use crate::verdict_blob::{self, Encoded};
use crate::{Error, InsertError, Inserted, NewDelivery, encode};

/// The most answers recorded in one transaction, so that they never delay deliveries for long.
const ANSWERED_AT_ONCE: usize = 1024;
/// The most answers that may wait to be recorded. More are dropped, which leaves their time unknown.
const ANSWERED_MOST: usize = 65_536;

pub(crate) enum Job {
    Insert(Box<Pending>),
    /// Deliveries of a file.
    Import(Box<Batch>),
    Write(Box<dyn Work>, Changes),
    /// The file is to be rebuilt.
    Rebuild(oneshot::Sender<Result<(), Error>>),
    /// Something was answered, or may have to leave the file.
    Nudge,
    Close,
}

/// What a write changes of the deliveries that are there.
#[derive(Default)]
pub(crate) struct Changes {
    /// Rows to be announced.
    pub(crate) told: Vec<i64>,
    /// Whether it changes any row, announced or not.
    pub(crate) revises: bool,
    /// Ranges of ids that are hidden.
    pub(crate) removed: Vec<(i64, i64)>,
    /// Whether it shows rows that were hidden.
    pub(crate) restored: bool,
    /// Deliveries that are sent on.
    pub(crate) sent_on: Vec<i64>,
}

/// A waiting delivery, with everything that could be prepared on the caller's side.
pub(crate) struct Pending {
    pub(crate) size: usize,
    pub(crate) delivery: NewDelivery,
    pub(crate) headers: Vec<u8>,
    pub(crate) answer: Vec<u8>,
    pub(crate) verdict: Encoded,
    /// What a delivery of a file has besides.
    pub(crate) file: Option<OfFile>,
    /// The result of storing it.
    result: Option<Result<Place, InsertError>>,
    reply: Option<oneshot::Sender<Box<Self>>>,
    held: Option<CountedBytes>,
}

/// What was stored, see [`Inserted`].
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) id: i64,
    pub(crate) event: Option<i64>,
    pub(crate) attempt: u32,
    pub(crate) duplicate: bool,
}

impl Pending {
    pub(crate) fn new(
        delivery: NewDelivery,
        phrases: &Phrases,
        queued: &Arc<AtomicUsize>,
        reply: oneshot::Sender<Box<Self>>,
    ) -> Self {
        let encoded = Self::encoded(delivery, phrases, None);
        let held = Some(CountedBytes::new(encoded.size, queued));
        Self { reply: Some(reply), held, ..encoded }
    }

    /// A delivery of a file. Whoever imports waits for each batch, so it counts as waiting nowhere.
    pub(crate) fn of_file(delivery: NewDelivery, phrases: &Phrases, file: OfFile) -> Self {
        Self::encoded(delivery, phrases, Some(file))
    }

    fn encoded(mut delivery: NewDelivery, phrases: &Phrases, file: Option<OfFile>) -> Self {
        let headers = encode::headers(&std::mem::take(&mut delivery.headers));
        let answer = encode::answer(&delivery.answer);
        let verdict = verdict_blob::encode(&delivery.verdict, phrases);
        let texts = delivery.text_len() + verdict.blob.len();
        let size = delivery.body.len() + headers.len() + answer.len() + texts + 512;
        Self { size, delivery, headers, answer, verdict, file, result: None, reply: None, held: None }
    }

    /// It no longer counts as waiting. Goes back to its caller whole: freeing memory is cheapest for the thread that
    /// allocated it.
    pub(crate) fn done(self: Box<Self>, result: Result<Place, InsertError>) {
        self.settled(result).reply();
    }

    /// It has its result, and no longer counts as waiting.
    pub(crate) fn settled(mut self: Box<Self>, result: Result<Place, InsertError>) -> Box<Self> {
        self.held = None;
        self.result = Some(result);
        self
    }

    pub(crate) fn reply(mut self: Box<Self>) {
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(self);
        }
    }

    pub(crate) fn result(self) -> Result<Inserted, InsertError> {
        let Place { id, event, attempt, duplicate } = self.result.unwrap_or_else(|| Err((&Error::Closed).into()))?;
        let verdict = self.delivery.verdict;
        Ok(Inserted { id, event, attempt, attempts: attempt, duplicate, verdict })
    }
}

/// Something else to write. It runs once, and is then told whether it was committed.
pub(crate) trait Work: Send {
    /// If false, undo it.
    fn run(&mut self, conn: &Connection) -> bool;
    fn finish(self: Box<Self>, failed: Option<&rusqlite::Error>);
}

pub(crate) struct Task<F, T> {
    work: Option<F>,
    result: Option<Result<T, Error>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

impl<F, T> Task<F, T> {
    pub(crate) fn new(work: F, reply: oneshot::Sender<Result<T, Error>>) -> Self {
        Self { work: Some(work), result: None, reply }
    }
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T, Error> + Send> Work for Task<F, T> {
    fn run(&mut self, conn: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(conn));
        matches!(self.result, Some(Ok(_)))
    }

    fn finish(self: Box<Self>, failed: Option<&rusqlite::Error>) {
        let result = match (failed, self.result) {
            (Some(error), None | Some(Ok(_))) => Err(Error::Sqlite(again(error))),
            (_, Some(result)) => result,
            (None, None) => Err(Error::Closed),
        };
        let _ = self.reply.send(result);
    }
}

/// The same error for the next one who must be told.
fn again(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => rusqlite::Error::SqliteFailure(*code, text.clone()),
        other => rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(1), Some(other.to_string())),
    }
}

/// Answers that were given but not yet written: ids and microseconds.
#[derive(Default)]
pub(crate) struct Answered(Mutex<Vec<(i64, u64)>>);

impl Answered {
    /// True if it is the first.
    pub(crate) fn push(&self, id: i64, took_us: u64) -> bool {
        let mut waiting = self.0.lock();
        if waiting.len() < ANSWERED_MOST {
            waiting.push((id, took_us));
        }
        waiting.len() == 1
    }

    pub(crate) fn take(&self) -> Vec<(i64, u64)> {
        let mut waiting = self.0.lock();
        let most = waiting.len().min(ANSWERED_AT_ONCE);
        waiting.drain(..most).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }
}
