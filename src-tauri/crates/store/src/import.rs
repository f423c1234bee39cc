//! Deliveries that come out of a file.
//!
//! They keep the time of their arrival and get new ids, behind those that are there. One that is there already is left
//! as it is: the same arrival to the nanosecond, the same `webhook-id` and the same body. So doing it twice changes
//! nothing.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};
use signature::Outcome;
use tokio::sync::oneshot;

use crate::job::{Job, Pending};
use crate::phrases::Phrases;
use crate::{Error, InsertError, NewDelivery, Store};

/// A delivery of a file.
#[derive(Clone, Debug)]
pub struct NewImported {
    /// The delivery, with the time of its arrival and the verdict of today's keys.
    pub delivery: NewDelivery,
    /// From its arrival to its answer, microseconds.
    pub took_us: Option<u64>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Its note.
    pub note: Option<String>,
}

/// What became of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// It was stored.
    New {
        /// Its id.
        id: i64,
        /// Its verdict.
        outcome: Outcome,
    },
    /// It is there already, under this id.
    Known(i64),
    /// It could not be stored.
    Refused(InsertError),
}

/// One import. From [`Store::importer`].
pub struct Importer {
    store: Store,
    known: Arc<Mutex<Known>>,
}

impl Store {
    /// Begins an import. Reads the arrivals of all deliveries: 16 bytes of memory each, for as long as it lives.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn importer(&self) -> Result<Importer, Error> {
        let known = self
            .read(|conn, _| {
                let mut known = Known::default();
                known.catch_up(conn)?;
                Ok(known)
            })
            .await?;
        Ok(Importer { store: self.clone(), known: Arc::new(Mutex::new(known)) })
    }
}

impl Importer {
    /// Stores deliveries in one transaction, in this order; tells what became of each. `at_ms`: now, Unix milliseconds.
    /// Returns once they are on the disk.
    ///
    /// # Errors
    /// [`Error::ShortOfSpace`], [`Error::Closed`]; any SQLite error that would refuse all of them. None is stored then.
    pub async fn add(&self, all: Vec<NewImported>, at_ms: i64) -> Result<Vec<Imported>, Error> {
        if self.store.is_short_of_space() {
            return Err(Error::ShortOfSpace);
        }
        let phrases = Arc::clone(self.store.phrases());
        let prepared = tokio::task::spawn_blocking(move || {
            all.into_iter().map(|one| Box::new(prepare(one, at_ms, &phrases))).collect::<Vec<_>>()
        });
        let all = prepared.await.map_err(|_| Error::Closed)?;
        let (reply, done) = oneshot::channel();
        let batch = Batch { all, known: Arc::clone(&self.known), reply };
        self.store.send(Job::Import(Box::new(batch))).await?;
        done.await.unwrap_or(Err(Error::Closed))
    }

    /// Tells those who watch the history that there is more to read. To be called now and then, and at the end.
    pub fn tell(&self) {
        self.store.resync();
    }
}

fn prepare(one: NewImported, at_ms: i64, phrases: &Phrases) -> Pending {
    let NewImported { delivery, took_us, pinned, note } = one;
    Pending::of_file(delivery, phrases, OfFile { took_us, pinned, note, at_ms })
}

/// What a delivery of a file has besides those of a listener.
pub(crate) struct OfFile {
    pub(crate) took_us: Option<u64>,
    pub(crate) pinned: bool,
    pub(crate) note: Option<String>,
    pub(crate) at_ms: i64,
}

type Waiting = Box<Pending>;

/// Deliveries that wait for the writer together.
pub(crate) struct Batch {
    pub(crate) all: Vec<Waiting>,
    pub(crate) known: Arc<Mutex<Known>>,
    pub(crate) reply: oneshot::Sender<Result<Vec<Imported>, Error>>,
}

/// How many arrivals wait to be sorted in: until then they take five times as much memory.
const UNSORTED: usize = 65_536;

/// When each delivery arrived.
#[derive(Default)]
pub(crate) struct Known {
    /// Arrivals and ids, by arrival.
    sorted: Vec<(i64, i64)>,
    /// Those that came since, by arrival, and how many there are.
    fresh: HashMap<i64, Vec<i64>>,
    unsorted: usize,
    /// Everything up to this id is in either.
    upto: i64,
}

const COMPARE: &str = "
SELECT c.body, e.message_id FROM delivery d JOIN delivery_content c ON c.id = d.id LEFT JOIN event e ON e.id = d.event
WHERE d.id = ?1 AND d.deleted = 0
";

impl Known {
    /// Reads what was committed since, by whoever it was.
    pub(crate) fn catch_up(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let mut statement = conn.prepare_cached("SELECT id, received_ns FROM delivery WHERE id > ?1 ORDER BY id")?;
        let mut rows = statement.query([self.upto])?;
        let first = self.sorted.is_empty() && self.fresh.is_empty();
        while let Some(row) = rows.next()? {
            let (id, received_ns) = (row.get(0)?, row.get(1)?);
            self.upto = id;
            if first {
                self.sorted.push((received_ns, id));
            } else {
                self.fresh.entry(received_ns).or_default().push(id);
                self.unsorted += 1;
            }
        }
        if first {
            self.sorted.sort_unstable();
            self.sorted.shrink_to_fit();
        } else if self.unsorted >= UNSORTED {
            let all =
                self.fresh.drain().flat_map(|(received_ns, ids)| ids.into_iter().map(move |id| (received_ns, id)));
            self.sorted.extend(all);
            self.sorted.sort_unstable();
            self.unsorted = 0;
        }
        Ok(())
    }

    /// The id of the same delivery, if it is there.
    pub(crate) fn find(&self, conn: &Connection, new: &NewDelivery) -> rusqlite::Result<Option<i64>> {
        let at = new.received_ns;
        let from = self.sorted.partition_point(|(received_ns, _)| *received_ns < at);
        let sorted = self.sorted.iter().skip(from).take_while(|(received_ns, _)| *received_ns == at).map(|(_, id)| *id);
        let fresh = self.fresh.get(&at).into_iter().flatten().copied();
        for id in sorted.chain(fresh) {
            let same = conn
                .prepare_cached(COMPARE)?
                .query_row([id], |row| {
                    let message_id = row.get_ref(1)?.as_str_or_null()?;
                    Ok(row.get_ref(0)?.as_blob()? == &new.body[..] && message_id == new.message_id.as_deref())
                })
                .optional()?;
            if same == Some(true) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }
}

/// Whether two deliveries are the same.
pub(crate) fn is_same(one: &NewDelivery, other: &NewDelivery) -> bool {
    one.received_ns == other.received_ns && one.message_id == other.message_id && one.body == other.body
}
