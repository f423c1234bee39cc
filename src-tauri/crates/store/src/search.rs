//! Searches a million deliveries.
//!
//! Three things, each of which only saves work: the columns in memory say what the narrow fields say ([`columns`]),
//! signatures say which blocks of 64 deliveries may have a text ([`grams`]), and the content of what is left is read
//! and decided by the matcher of the crate `query`, which also decides for deliveries that arrive.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use query::Expr;
use rusqlite::Connection;
use tokio::sync::broadcast;

use crate::complaints::Complaints;
use crate::phrases::Phrases;
use crate::readers::{self, Readers};
use crate::retention::Keeping;
use crate::space::Reserve;
use crate::{Change, Error};
use hunt::Hunt;
use indexer::{Indexer, Listener};
use known::Known;
use sent::Sent;
use shelf::Shelf;

mod columns;
mod day;
mod dictionary;
mod facets;
mod fill;
mod grams;
mod hits;
mod hunt;
mod indexer;
mod known;
mod names;
mod record;
mod sample;
mod segment;
mod sent;
mod shelf;
mod values;

#[cfg(feature = "fuzzing")]
pub(crate) use segment::{head as segment_head, number as segment_number, read_head as read_segment_head};

pub use day::{Day, DayCause, DayShare};
pub use hits::{Hit, HitPlace};
pub use hunt::{Explained, Wanted};
pub(crate) use known::OwnRevisions;
pub use names::Names;
pub use values::{Bin, Spans, Values};

/// What the search works with.
pub(crate) struct SearchParts {
    pub(crate) path: PathBuf,
    pub(crate) readers: Arc<Readers>,
    pub(crate) phrases: Arc<Phrases>,
    /// Bytes that wait for the writer.
    pub(crate) queued: Arc<AtomicUsize>,
    pub(crate) complaints: Arc<Complaints>,
    pub(crate) reserve: Arc<Reserve>,
    pub(crate) revisions: OwnRevisions,
    pub(crate) keeping: Arc<Keeping>,
}

/// The search of one history. A cheap handle.
#[derive(Clone)]
pub struct Search(Arc<Inner>);

struct Inner {
    parts: SearchParts,
    known: Arc<Known>,
    shelf: Arc<Shelf>,
    changes: broadcast::Sender<Change>,
    running: Mutex<Option<(Listener, Indexer)>>,
    /// The files of signatures were opened.
    opened: Mutex<bool>,
}

/// What was found so far.
pub struct Found {
    /// Newest first.
    pub ids: Vec<i64>,
    /// No more than so many match.
    pub at_most: u64,
    /// How it was done so far.
    pub explained: Explained,
    /// Finds the others; `None` if these are all.
    pub rest: Option<Rest>,
}

/// A search that goes on.
pub struct Rest(Left);

enum Left {
    Hunt(Box<Hunt>),
    /// The columns were not there yet: everything before this id.
    Before(i64, Arc<Inner>, Arc<Wanted>),
}

impl Search {
    pub(crate) fn new(parts: SearchParts, changes: broadcast::Sender<Change>) -> Self {
        let known = Arc::new(Known::new(Arc::clone(&parts.revisions)));
        let shelf = Arc::new(Shelf::new(indexer::folder(&parts.path)));
        Self(Arc::new(Inner { parts, known, shelf, changes, running: Mutex::default(), opened: Mutex::default() }))
    }

    /// From now on, follows what is committed and makes signatures, in threads of its own: for a program that stays.
    /// Without it a search reads what it needs, each time.
    ///
    /// # Errors
    /// [`Error::NoThread`].
    pub fn begin(&self) -> Result<(), Error> {
        let inner = &*self.0;
        let mut running = inner.running.lock();
        if running.is_some() {
            return Ok(());
        }
        inner.known.follow(inner.changes.subscribe());
        let listener = Listener::start(Arc::clone(&inner.known))?;
        let beside = indexer::Beside {
            path: inner.parts.path.clone(),
            shelf: Arc::clone(&inner.shelf),
            known: Arc::clone(&inner.known),
            queued: Arc::clone(&inner.parts.queued),
            reserve: Arc::clone(&inner.parts.reserve),
            complaints: Arc::clone(&inner.parts.complaints),
        };
        *running = Some((listener, Indexer::start(beside)?));
        Ok(())
    }

    /// Ends the threads, and waits for them.
    pub(crate) fn end(&self) {
        let running = self.0.running.lock().take();
        if let Some((listener, indexer)) = running {
            listener.end();
            indexer.end();
        }
    }

    /// Names of projects and secrets as they are now.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn names(&self) -> Result<Names, Error> {
        self.0.parts.readers.read(|conn, _| Names::read(conn)).await
    }

    /// Finds the newest deliveries that match: `limit` of them or a few more, or all if that costs nothing.
    ///
    /// Dropping the future ends the search.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn find(&self, wanted: &Arc<Wanted>, limit: usize) -> Result<Found, Error> {
        let (inner, wanted) = (Arc::clone(&self.0), Arc::clone(wanted));
        let read = move |conn: &Connection, gone: &AtomicBool| {
            if *wanted.expr() == Expr::Everything && inner.known.columns().is_none() {
                return first_of_all(inner, wanted, conn, limit);
            }
            let mut hunt = inner.hunt(&wanted, conn, gone)?;
            let (at_most, decided) = hunt.at_most();
            let (ids, all) = hunt.newest(conn, if decided { usize::MAX } else { limit }, gone)?;
            let explained = hunt.explained;
            let at_most = if all { ids.len() as u64 } else { at_most };
            let rest = (!all).then(|| Rest(Left::Hunt(Box::new(hunt))));
            Ok(Found { ids, at_most, explained, rest })
        };
        self.0.parts.readers.read(read).await
    }

    /// Which of these deliveries match; ascending.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn which(&self, wanted: &Arc<Wanted>, mut ids: Vec<i64>) -> Result<Vec<i64>, Error> {
        ids.sort_unstable();
        let (inner, wanted) = (Arc::clone(&self.0), Arc::clone(wanted));
        let read = move |conn: &Connection, gone: &AtomicBool| {
            let range = (ids.first().copied().unwrap_or(0), ids.last().copied().unwrap_or(0));
            let mut hunt = inner.hunt_in(range, &wanted, conn, gone)?;
            hunt.only(&ids);
            let (mut found, _) = hunt.newest(conn, usize::MAX, gone)?;
            found.reverse();
            Ok(found)
        };
        self.0.parts.readers.read(read).await
    }

    /// Bytes of the signatures' files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.0.shelf.bytes()
    }

    /// How many segments of 65,536 ids are in files, and how many blocks of 64 ids have a signature.
    #[must_use]
    pub fn signed(&self) -> (usize, u64) {
        self.0.shelf.signed()
    }
}

impl Inner {
    fn hunt(&self, wanted: &Arc<Wanted>, conn: &Connection, gone: &AtomicBool) -> Result<Hunt, Error> {
        self.hunt_in((i64::MIN, i64::MAX), wanted, conn, gone)
    }

    /// For deliveries from one id to another.
    fn hunt_in(
        &self,
        range: (i64, i64),
        wanted: &Arc<Wanted>,
        conn: &Connection,
        gone: &AtomicBool,
    ) -> Result<Hunt, Error> {
        let columns = self.known.catch_up(conn, gone)?;
        let sent = match Sent::wanted(wanted.expr()) {
            true => Sent::read(conn, range, self.parts.keeping.waiting(), gone)?,
            false => Sent::default(),
        };
        self.open_files(conn, columns.last_id)?;
        let (signatures, phrases) = (self.shelf.snapshot(), Arc::clone(&self.parts.phrases));
        Ok(Hunt::new(Arc::clone(wanted), columns, signatures, &sent, phrases, &self.parts.path))
    }

    /// The first search does not wait for the thread that makes signatures, if there is one.
    fn open_files(&self, conn: &Connection, last_id: i64) -> Result<(), Error> {
        let mut opened = self.opened.lock();
        if !*opened {
            self.shelf.open(conn, last_id)?;
            *opened = true;
        }
        Ok(())
    }
}

/// The first page of everything does not wait until the columns are filled.
fn first_of_all(inner: Arc<Inner>, wanted: Arc<Wanted>, conn: &Connection, limit: usize) -> Result<Found, Error> {
    let ids: Vec<i64> = conn
        .prepare_cached("SELECT id FROM delivery WHERE deleted = 0 ORDER BY id DESC LIMIT ?1")?
        .query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let last = ids.last().copied().filter(|_| ids.len() >= limit);
    let Some(last) = last else {
        return Ok(Found { at_most: ids.len() as u64, ids, explained: Explained::default(), rest: None });
    };
    let (lowest, highest) = fill::bounds(conn)?.unwrap_or((last, last));
    let at_most = u64::try_from(highest - lowest + 1).unwrap_or(0).max(ids.len() as u64);
    Ok(Found { ids, at_most, explained: Explained::default(), rest: Some(Rest(Left::Before(last, inner, wanted))) })
}

impl Rest {
    /// Finds all the others, newest first. `tell` gets them in order, a few at a time, until it returns false. Blocks
    /// for as long as that takes, a second per million deliveries; ends when `gone` becomes true.
    ///
    /// # Errors
    /// [`Error::Closed`] if it was ended; any SQLite error.
    pub fn run(self, gone: &AtomicBool, mut tell: impl FnMut(&[i64], Explained) -> bool) -> Result<(), Error> {
        match self.0 {
            Left::Hunt(hunt) => {
                let blocks = hunt.explained.blocks;
                hunt.rest(gone, |ids, blocks_read| tell(ids, Explained { blocks_read, blocks }))
            }
            Left::Before(id, inner, wanted) => {
                let mut conn = readers::open(&inner.parts.path)?;
                let snapshot = conn.transaction()?;
                let mut hunt = inner.hunt(&wanted, &snapshot, gone)?;
                hunt.before(id);
                let (ids, _) = hunt.newest(&snapshot, usize::MAX, gone)?;
                if tell(&ids, hunt.explained) && !gone.load(Ordering::Relaxed) { Ok(()) } else { Err(Error::Closed) }
            }
        }
    }
}
