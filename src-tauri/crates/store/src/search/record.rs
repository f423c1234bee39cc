//! A delivery as a query sees it: a stored one, read as far as a test asks, and one that has just arrived.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::net::SocketAddr;

use query::{Forwarded, Judged, Record};
use rusqlite::{Connection, OptionalExtension};
use signature::{MatchedKey, Outcome, Scheme, Verdict};

use super::columns::{Chunk, Columns, LARGE, MANY, Plane, UNKNOWN};
use super::dictionary::UNNUMBERED;
use super::names::Names;
use super::sent::Sent;
use crate::phrases::Phrases;
use crate::table::{delivery, later, note};
use crate::{Arrived, Error, Row, Waiting, encode};

/// The wide part of a delivery, as it lies in SQLite's page.
#[derive(Clone, Copy)]
pub(crate) struct Content<'a> {
    pub(crate) path: &'a [u8],
    pub(crate) query: Option<&'a [u8]>,
    pub(crate) headers: &'a [u8],
    pub(crate) body: &'a [u8],
    pub(crate) peer: &'a [u8],
}

/// Columns of [`Content`], after the id.
pub(crate) const CONTENT: &str = "path, query, headers, body, peer";

impl<'a> Content<'a> {
    /// `from`: the first of its columns.
    pub(crate) fn take(row: &'a rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Self> {
        let bytes = |column: usize| row.get_ref(from + column)?.as_bytes_or_null().map_err(rusqlite::Error::from);
        Ok(Self {
            path: bytes(0)?.unwrap_or_default(),
            query: bytes(1)?,
            headers: bytes(2)?.unwrap_or_default(),
            body: bytes(3)?.unwrap_or_default(),
            peer: bytes(4)?.unwrap_or_default(),
        })
    }
}

/// What all stored deliveries of a search share.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) columns: &'a Columns,
    pub(crate) names: &'a Names,
    pub(crate) phrases: &'a Phrases,
    /// What waits to be forwarded.
    pub(crate) waiting: &'a [Waiting],
}

/// A stored delivery.
pub(crate) struct Stored<'a> {
    around: Around<'a>,
    chunk: &'a Chunk,
    at: usize,
    id: i64,
    content: Content<'a>,
    row: OnceCell<Option<Row>>,
    verdict: OnceCell<Option<Verdict>>,
    note: OnceCell<Option<String>>,
    message_id: OnceCell<Option<String>>,
    sent: OnceCell<(bool, Option<Forwarded>)>,
    failed: Cell<Option<Error>>,
}

impl<'a> Stored<'a> {
    pub(crate) fn new(around: Around<'a>, chunk: &'a Chunk, at: usize, id: i64, content: Content<'a>) -> Self {
        Self {
            around,
            chunk,
            at,
            id,
            content,
            row: OnceCell::new(),
            verdict: OnceCell::new(),
            note: OnceCell::new(),
            message_id: OnceCell::new(),
            sent: OnceCell::new(),
            failed: Cell::new(None),
        }
    }

    /// What it answered may be wrong if something could not be read.
    pub(crate) fn failed(&self) -> Option<Error> {
        self.failed.take()
    }

    fn or_failed<T: Default>(&self, read: Result<T, Error>) -> T {
        read.unwrap_or_else(|error| {
            self.failed.set(Some(error));
            T::default()
        })
    }

    fn row(&self) -> Option<&Row> {
        self.row.get_or_init(|| self.or_failed(delivery::row(self.around.conn, self.id).map_err(Error::from))).as_ref()
    }

    fn judged(&self) -> Option<&Verdict> {
        let read = || self.or_failed(later::verdict(self.around.conn, self.id, self.around.phrases));
        self.verdict.get_or_init(read).as_ref()
    }

    fn sent(&self) -> &(bool, Option<Forwarded>) {
        let read = || Sent::of(self.around.conn, self.id, self.around.waiting);
        self.sent.get_or_init(|| self.or_failed(read().map_err(Error::from)))
    }

    fn has(&self, plane: Plane) -> bool {
        self.chunk.has(self.at, plane)
    }

    fn whole_message_id(&self) -> rusqlite::Result<Option<String>> {
        let sql = "SELECT e.message_id FROM delivery d JOIN event e ON e.id = d.event WHERE d.id = ?1";
        self.around.conn.prepare_cached(sql)?.query_row([self.id], |row| row.get(0)).optional()
    }
}

impl Record for Stored<'_> {
    fn id(&self) -> i64 {
        self.id
    }

    fn message_id(&self) -> Option<Cow<'_, str>> {
        if !self.has(Plane::Event) {
            return None;
        }
        let read = || self.or_failed(self.whole_message_id().map_err(Error::from));
        self.message_id.get_or_init(read).as_deref().map(Cow::Borrowed)
    }

    fn project(&self) -> Option<Cow<'_, str>> {
        let known = self.around.columns.projects.value(self.chunk.project[self.at]).copied();
        let id = known.or_else(|| self.row().map(|row| row.project))?;
        self.around.names.project(id).map(Cow::Borrowed)
    }

    fn event_type(&self) -> Option<&str> {
        match self.chunk.kind[self.at] {
            UNNUMBERED => self.row()?.event_type.as_deref(),
            number => self.around.columns.kinds.value(number).map(|text| &**text),
        }
    }

    fn verdict(&self) -> Judged {
        match (self.has(Plane::Verified), self.has(Plane::Old), self.has(Plane::Rejected)) {
            (true, false, _) => Judged::Verified,
            (true, true, _) => Judged::OldSecret,
            (false, _, true) => Judged::Rejected,
            (false, _, false) if self.has(Plane::Unbound) => Judged::Unbound,
            (false, _, false) => Judged::Unchecked,
        }
    }

    fn reason(&self) -> [&str; 2] {
        self.row().map_or(["", ""], |row| [&row.reason, &row.cause])
    }

    fn diagnosis(&self) -> Option<Cow<'_, str>> {
        if !self.has(Plane::Rejected) {
            return None;
        }
        self.judged()?.diagnosis.as_ref().map(|diagnosis| Cow::Borrowed(&*diagnosis.code))
    }

    fn scheme(&self) -> Option<&str> {
        let all = [(Plane::V1, "v1"), (Plane::V1a, "v1a"), (Plane::Jwt, "jwt")];
        all.into_iter().find(|(plane, _)| self.has(*plane)).map(|(_, word)| word)
    }

    fn secret(&self) -> Vec<Cow<'_, str>> {
        let signer = self.around.columns.signers.value(self.chunk.signer[self.at]).map(|key| &**key);
        let key = signer.filter(|_| self.has(Plane::Verified)).or_else(|| match self.verdict() {
            Judged::Unchecked => None,
            _ => self.judged()?.key.as_ref().map(|key| &*key.id),
        });
        key.map_or_else(Vec::new, |key| self.around.names.secret(key).into_iter().map(Cow::Borrowed).collect())
    }

    fn status(&self) -> u16 {
        self.chunk.status[self.at]
    }

    fn attempts(&self) -> u32 {
        match self.chunk.attempts[self.at] {
            MANY => self.row().map_or(1, |row| row.attempts),
            attempts => attempts.into(),
        }
    }

    fn duplicate(&self) -> bool {
        self.has(Plane::Duplicate)
    }

    fn pointer(&self) -> Option<&str> {
        self.row()?.pointer.as_deref()
    }

    fn path(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.content.path)
    }

    fn query(&self) -> Option<Cow<'_, str>> {
        self.content.query.map(String::from_utf8_lossy)
    }

    fn ip(&self) -> Cow<'_, str> {
        address(String::from_utf8_lossy(self.content.peer))
    }

    fn size(&self) -> u64 {
        match self.chunk.size[self.at] {
            LARGE => self.row().map_or(LARGE.into(), |row| row.body_len),
            size => size.into(),
        }
    }

    fn took_us(&self) -> Option<u64> {
        match self.chunk.took_us[self.at] {
            UNKNOWN => None,
            LARGE => self.row()?.took_us,
            us => Some(us.into()),
        }
    }

    fn received_ns(&self) -> i64 {
        self.chunk.received_ns[self.at]
    }

    fn pinned(&self) -> bool {
        self.has(Plane::Pinned)
    }

    fn imported(&self) -> bool {
        self.has(Plane::Imported)
    }

    fn replayed(&self) -> bool {
        self.sent().0
    }

    fn note(&self) -> Option<Cow<'_, str>> {
        if !self.has(Plane::Noted) {
            return None;
        }
        let read = || self.or_failed(note::of(self.around.conn, self.id).map_err(Error::from));
        self.note.get_or_init(read).as_deref().map(Cow::Borrowed)
    }

    fn forwarded(&self) -> Option<Forwarded> {
        self.sent().1
    }

    fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        encode::header_pairs(self.content.headers)
    }

    fn headers_together(&self) -> Option<&[u8]> {
        Some(self.content.headers)
    }

    fn body(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.content.body)
    }
}

/// A delivery that has just arrived.
pub(crate) struct Live<'a> {
    pub(crate) arrived: &'a Arrived,
    pub(crate) names: &'a Names,
}

impl Record for Live<'_> {
    fn id(&self) -> i64 {
        self.arrived.row.id
    }

    fn message_id(&self) -> Option<Cow<'_, str>> {
        let in_row = self.arrived.row.message_id.as_deref()?;
        // A row may have only the beginning of it.
        let whole = encode::header_pairs(&self.arrived.headers)
            .find(|(name, _)| name.eq_ignore_ascii_case(b"webhook-id"))
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
            .filter(|whole| whole.starts_with(in_row));
        Some(Cow::Borrowed(whole.unwrap_or(in_row)))
    }

    fn project(&self) -> Option<Cow<'_, str>> {
        self.names.project(self.arrived.row.project).map(Cow::Borrowed)
    }

    fn event_type(&self) -> Option<&str> {
        self.arrived.row.event_type.as_deref()
    }

    fn verdict(&self) -> Judged {
        match (self.arrived.row.outcome, self.arrived.row.grace_until) {
            (Outcome::Verified, None) => Judged::Verified,
            (Outcome::Verified, Some(_)) => Judged::OldSecret,
            (Outcome::Rejected, _) => Judged::Rejected,
            (Outcome::Unchecked, _) => Judged::Unchecked,
            (Outcome::Unbound, _) => Judged::Unbound,
        }
    }

    fn reason(&self) -> [&str; 2] {
        [&self.arrived.row.reason, &self.arrived.row.cause]
    }

    fn diagnosis(&self) -> Option<Cow<'_, str>> {
        let rejected = self.arrived.row.outcome == Outcome::Rejected;
        self.arrived.diagnosis.as_deref().filter(|_| rejected).map(Cow::Borrowed)
    }

    fn scheme(&self) -> Option<&str> {
        self.arrived.row.scheme.map(|scheme| match scheme {
            Scheme::V1 => "v1",
            Scheme::V1a => "v1a",
            Scheme::Jwt => "jwt",
        })
    }

    fn secret(&self) -> Vec<Cow<'_, str>> {
        let checked = self.arrived.row.outcome != Outcome::Unchecked;
        let key = self.arrived.key.as_ref().filter(|_| checked);
        let names = |key: &'_ MatchedKey| self.names.secret(&key.id).into_iter().map(str::to_owned).collect::<Vec<_>>();
        key.map_or_else(Vec::new, |key| names(key).into_iter().map(Cow::Owned).collect())
    }

    fn status(&self) -> u16 {
        self.arrived.row.status
    }

    fn attempts(&self) -> u32 {
        self.arrived.row.attempts
    }

    fn duplicate(&self) -> bool {
        self.arrived.row.duplicate
    }

    fn pointer(&self) -> Option<&str> {
        self.arrived.row.pointer.as_deref()
    }

    fn path(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.arrived.path)
    }

    fn query(&self) -> Option<Cow<'_, str>> {
        self.arrived.query.as_deref().map(Cow::Borrowed)
    }

    fn ip(&self) -> Cow<'_, str> {
        address(Cow::Borrowed(&self.arrived.peer))
    }

    fn size(&self) -> u64 {
        self.arrived.row.body_len
    }

    fn took_us(&self) -> Option<u64> {
        self.arrived.row.took_us
    }

    fn received_ns(&self) -> i64 {
        self.arrived.row.received_ns
    }

    fn pinned(&self) -> bool {
        self.arrived.row.pinned
    }

    fn imported(&self) -> bool {
        self.arrived.row.imported
    }

    fn replayed(&self) -> bool {
        false
    }

    fn note(&self) -> Option<Cow<'_, str>> {
        self.arrived.row.note.as_deref().map(Cow::Borrowed)
    }

    fn forwarded(&self) -> Option<Forwarded> {
        None
    }

    fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        encode::header_pairs(&self.arrived.headers)
    }

    fn headers_together(&self) -> Option<&[u8]> {
        Some(&self.arrived.headers[..])
    }

    fn body(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.arrived.body)
    }
}

/// The address without the port.
fn address(peer: Cow<'_, str>) -> Cow<'_, str> {
    match peer.parse::<SocketAddr>() {
        Ok(socket) => Cow::Owned(socket.ip().to_string()),
        Err(_) => peer,
    }
}
