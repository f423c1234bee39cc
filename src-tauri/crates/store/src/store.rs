//! The handle that everyone else holds.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread::JoinHandle;

use parking_lot::Mutex;
use signature::Verdict;
use tokio::sync::{broadcast, oneshot, watch};

use crate::checkpointer::Checkpointer;
use crate::complaints::Complaints;
use crate::health::{Began, Checking, Mark};
use crate::job::{Answered, Job, Pending};
use crate::phrases::Phrases;
use crate::readers::Readers;
use crate::replies::Replies;
use crate::retention::{Keeper, Keeping};
use crate::search::{OwnRevisions, Search, SearchParts};
use crate::space::{Reserve, Shortage};
use crate::table::{content, delivery, phrase, signer, tally};
use crate::writer::{Beside, Writer};
use crate::{
    Actions, Addresses, Answer, Change, Counts, Delivery, Error, InsertError, Inserted, KnownJobs, NewDelivery,
    Outbounds, Places, Projects, Row, Secrets, Settings, SignedBin, Signer, Targets, ToldOf, TunnelStates, Unverified,
    Uptimes, WebhookStates, encode, open, recent,
};

mod handle;
mod options;

pub use options::Options;

/// The history. A cheap handle: clone it freely.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    jobs: SyncSender<Job>,
    queued: Arc<AtomicUsize>,
    queue_bytes: usize,
    answered: Arc<Answered>,
    reserve: Arc<Reserve>,
    complaints: Arc<Complaints>,
    readers: Arc<Readers>,
    phrases: Arc<Phrases>,
    keeping: Arc<Keeping>,
    began: Began,
    checking: Checking,
    path: PathBuf,
    search: Search,
    changes: broadcast::Sender<Change>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the history at `path`, creating the folder (0700) and the file (0600) if they are missing, and brings its
    /// tables up to date.
    ///
    /// Blocks for as long as that takes: milliseconds, more after a crash that left a long write-ahead log.
    ///
    /// # Errors
    /// [`Error::DatabaseTooNew`] if a newer Pollux wrote it, [`Error::NotAHistory`] if something else did,
    /// [`Error::NotAFile`] if it is not a file; in all three cases nothing was changed. [`Error::Unreachable`] if the
    /// folder or file cannot be created; any SQLite error.
    pub fn open(path: &Path, options: Options) -> Result<Self, Error> {
        let ready = open::make_ready(path)?;
        let path = ready.path.as_path();
        let mark = Mark::take(path);
        let conn = open::connect_or_read(path, &options)?;
        ready.is_still_there().map_err(|refusal| Error::NotAFile { path: path.to_owned(), refusal })?;
        let phrases = Arc::new(Phrases::default());
        phrases.learn(phrase::all(&conn)?);
        let (jobs, queue) = std::sync::mpsc::sync_channel(options.queue.max(1));
        let (changes, _) = broadcast::channel(options.changes.max(1));
        let answered = Arc::new(Answered::default());
        let queue_bytes = options.queue_bytes;
        let readers = Arc::new(Readers::new(path, options.readers));
        let reserve = Arc::new(Reserve::new(path, options.space.clone()));
        let complaints = Arc::new(Complaints::default());
        let checkpointer = Checkpointer::new(path, Arc::clone(&complaints))?;
        let keeping = Arc::new(Keeping::default());
        let keeper = Keeper::new(path, Arc::clone(&keeping), Arc::clone(&reserve));
        let revisions = OwnRevisions::default();
        let queued = Arc::new(AtomicUsize::new(0));
        let search = SearchParts {
            path: path.to_owned(),
            readers: Arc::clone(&readers),
            phrases: Arc::clone(&phrases),
            queued: Arc::clone(&queued),
            complaints: Arc::clone(&complaints),
            reserve: Arc::clone(&reserve),
            revisions: Arc::clone(&revisions),
            keeping: Arc::clone(&keeping),
        };
        let began = mark.began(tally::read(&conn)?.last_id);
        let beside = Beside {
            mark,
            replies: Replies::new(),
            reserve: Arc::clone(&reserve),
            complaints: Arc::clone(&complaints),
            checkpointer,
            keeper,
            revisions,
        };
        let (told, noted) = (changes.clone(), Arc::clone(&answered));
        let writer = Writer::new(conn, queue, options, Arc::clone(&phrases), noted, told, beside);
        let thread = std::thread::Builder::new()
            .name("history".to_owned())
            .spawn(move || writer.run())
            .map_err(Error::NoThread)?;
        Ok(Self(Arc::new(Shared {
            jobs,
            queued,
            queue_bytes,
            answered,
            reserve,
            complaints,
            readers,
            phrases,
            keeping,
            began,
            checking: Checking::default(),
            path: path.to_owned(),
            search: Search::new(search, changes.clone()),
            changes,
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// Stores a delivery, and returns only once it is on the disk (COMMIT with `synchronous=FULL`).
    ///
    /// Once polled it is on its way: dropping the future does not take it back.
    ///
    /// # Errors
    /// [`InsertError::Full`] at once if too much is waiting; [`InsertError::Failed`] if it could not be committed, or
    /// the disk has less space than the reserve (`disk_nearly_full`). Nothing of it is stored in either case.
    pub async fn insert(&self, delivery: NewDelivery) -> Result<Inserted, InsertError> {
        if self.is_short_of_space() {
            return Err((&Error::ShortOfSpace).into());
        }
        let (reply, committed) = oneshot::channel();
        let pending = Pending::new(delivery, &self.0.phrases, &self.0.queued, reply);
        let waiting = self.0.queued.load(Ordering::Relaxed);
        if waiting > self.0.queue_bytes && waiting > pending.size {
            return Err(InsertError::Full);
        }
        match self.0.jobs.try_send(Job::Insert(Box::new(pending))) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(InsertError::Full),
            Err(TrySendError::Disconnected(_)) => return Err((&Error::Closed).into()),
        }
        committed.await.map_or_else(|_| Err((&Error::Closed).into()), |pending| pending.result())
    }

    /// How many bytes may wait for the writer; beyond that, [`InsertError::Full`].
    #[must_use]
    pub fn queue_bytes(&self) -> usize {
        self.0.queue_bytes
    }

    /// How many bytes are waiting for the writer.
    #[must_use]
    pub fn queued_bytes(&self) -> usize {
        self.0.queued.load(Ordering::Relaxed)
    }

    /// Records how long a delivery took from arrival to answer, in microseconds. Returns at once; it is written with
    /// the next commit, or after a tenth of a second. A crash before that only leaves the time unknown.
    pub fn answered(&self, id: i64, took_us: u64) {
        if self.0.answered.push(id, took_us) {
            // Full: the writer is busy, and checks for answers before it rests.
            let _ = self.0.jobs.try_send(Job::Nudge);
        }
    }

    /// Records the answer to a delivery that was stored without one (status 0), and how long it took in microseconds.
    /// Returns after COMMIT: from then on a further attempt of an accepted event is a duplicate. False if there is no
    /// such delivery.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn answer_given(&self, id: i64, answer: Answer, took_us: u64) -> Result<bool, Error> {
        let encoded = encode::answer(&answer);
        self.write(vec![id], move |conn| Ok(content::answer_given(conn, id, &answer, &encoded, took_us)?)).await
    }

    /// Replaces the verdict of a delivery with one that has its diagnosis; a delivery that was judged differently
    /// meanwhile keeps its verdict. False if there is no such delivery.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn explained(&self, id: i64, verdict: Verdict) -> Result<bool, Error> {
        let phrases = Arc::clone(&self.0.phrases);
        self.write(vec![id], move |conn| content::explained(conn, id, verdict, &phrases)).await
    }

    /// Records that a delivery answers a ping that was requested here. False if there is no such delivery.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn pinged(&self, id: i64) -> Result<bool, Error> {
        self.write(vec![id], move |conn| Ok(delivery::pinged(conn, id)?)).await
    }

    /// Whether the disk has less space than the reserve, so that nothing new is stored. Only reads a flag.
    #[must_use]
    pub fn is_short_of_space(&self) -> bool {
        self.0.reserve.is_short()
    }

    /// The shortage of space, if there is one: the present state, and each later one.
    #[must_use]
    pub fn shortage(&self) -> watch::Receiver<Option<Shortage>> {
        self.0.reserve.watch()
    }

    /// Asks the system how much space the disk has. Must be called every second or so; after large writes, the writer
    /// checks by itself. Blocks for as long as the file system takes.
    pub fn look_at_space(&self) {
        self.0.reserve.look();
    }

    /// Where to report what may go wrong with one delivery after another.
    #[must_use]
    pub fn complaints(&self) -> &Complaints {
        &self.0.complaints
    }

    /// What is committed from now on. A receiver that is too far behind gets `Lagged` and reloads.
    ///
    /// Subscribe first, then load [`Store::ids`]: nothing is missed, and what comes twice has the same id.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }

    /// The ids of all deliveries, ascending.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn ids(&self) -> Result<Vec<i64>, Error> {
        self.read(|conn, _| Ok(delivery::ids(conn)?)).await
    }

    /// The ids of a project's deliveries after this one, ascending.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn ids_of(&self, project: i64, after: i64) -> Result<Vec<i64>, Error> {
        self.read(move |conn, _| Ok(delivery::ids_of(conn, project, after)?)).await
    }

    /// The rows of these deliveries, in this order; missing ones are left out.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn rows(&self, ids: &[i64]) -> Result<Vec<Row>, Error> {
        let ids = ids.to_vec();
        self.read(move |conn, _| {
            let rows = ids.into_iter().filter_map(|id| delivery::row(conn, id).transpose());
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// A delivery with everything but its body.
    ///
    /// # Errors
    /// [`Error::Damaged`] if it cannot be read back; any SQLite error.
    pub async fn delivery(&self, id: i64) -> Result<Option<Delivery>, Error> {
        let phrases = Arc::clone(&self.0.phrases);
        self.read(move |conn, _| content::delivery(conn, id, &|number| phrases.known().text(number).map(str::to_owned)))
            .await
    }

    /// The body of a delivery as received, up to the listener's limit.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn body(&self, id: i64) -> Result<Option<Vec<u8>>, Error> {
        self.read(move |conn, _| match delivery::is_shown(conn, id)? {
            true => Ok(content::body(conn, id)?),
            false => Ok(None),
        })
        .await
    }

    /// The newest attempts of an event, at most `limit`, oldest first. The cost depends on what it returns, however
    /// many there are.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn attempts(&self, event: i64, limit: u32) -> Result<Vec<Row>, Error> {
        self.read(move |conn, _| Ok(delivery::attempts(conn, event, limit)?)).await
    }

    /// How much is kept. Costs the same for one delivery and for a million.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn counts(&self) -> Result<Counts, Error> {
        self.read(|conn, _| Ok(tally::read(conn)?.counts)).await
    }

    /// The id of the delivery stored last; 0 if there is none.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn last_id(&self) -> Result<i64, Error> {
        self.read(|conn, _| Ok(tally::read(conn)?.last_id)).await
    }

    /// What each secret verified of a project's deliveries since `from_ns` (Unix nanoseconds), in spans of `bin_ns`
    /// nanoseconds, oldest span first. Counts only what a secret verified (`v1`, `v1a`), not the key of a JWKS. The
    /// cost depends on what has arrived since then.
    ///
    /// If the clock was set back by more than ten minutes since then, some from before that may be missing.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn signed(&self, project: i64, from_ns: i64, bin_ns: i64) -> Result<Vec<SignedBin>, Error> {
        self.read(move |conn, gone| recent::signed(conn, project, from_ns, bin_ns, gone)).await
    }

    /// What each of these secrets (by id) verified in the whole history, in this order; one that verified nothing is
    /// left out. Costs the same for one delivery and for a million.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn signers(&self, keys: &[String]) -> Result<Vec<Signer>, Error> {
        let keys = keys.to_vec();
        self.read(move |conn, _| Ok(signer::of(conn, &keys)?)).await
    }

    /// A project's deliveries since `from_ns` (Unix nanoseconds) that were rejected or not checked; at most `limit`,
    /// newest first. Clock and cost: as for [`Store::signed`].
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn unverified(&self, project: i64, from_ns: i64, limit: u32) -> Result<Vec<Unverified>, Error> {
        self.read(move |conn, _| Ok(recent::unverified(conn, project, from_ns, limit)?)).await
    }

    /// A project's deliveries since `from_ns` (Unix nanoseconds) that were not answered 2xx, so that the sender will
    /// try again; of each event, only its newest attempt. At most `limit`, newest first. Clock and cost: as for
    /// [`Store::signed`].
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn unanswered(&self, project: i64, from_ns: i64, limit: u32) -> Result<Vec<Unverified>, Error> {
        self.read(move |conn, _| Ok(recent::unanswered(conn, project, from_ns, limit)?)).await
    }

    /// The projects.
    #[must_use]
    pub fn projects(&self) -> Projects<'_> {
        Projects(self)
    }

    /// What is known about secrets; never their values.
    #[must_use]
    pub fn secrets(&self) -> Secrets<'_> {
        Secrets(self)
    }

    /// The addresses under which the listener was reached.
    #[must_use]
    pub fn addresses(&self) -> Addresses<'_> {
        Addresses(self)
    }

    /// The user's notes of where secrets are in use.
    #[must_use]
    pub fn places(&self) -> Places<'_> {
        Places(self)
    }

    /// The log of management actions.
    #[must_use]
    pub fn actions(&self) -> Actions<'_> {
        Actions(self)
    }

    /// The timeline of the tunnel.
    #[must_use]
    pub fn tunnel_states(&self) -> TunnelStates<'_> {
        TunnelStates(self)
    }

    /// When the listener was open.
    #[must_use]
    pub fn uptimes(&self) -> Uptimes<'_> {
        Uptimes(self)
    }

    /// What the service said of webhooks, and when.
    #[must_use]
    pub fn webhook_states(&self) -> WebhookStates<'_> {
        WebhookStates(self)
    }

    /// The jobs that Pollux knows.
    #[must_use]
    pub fn known_jobs(&self) -> KnownJobs<'_> {
        KnownJobs(self)
    }

    /// Which deliveries name which job.
    #[must_use]
    pub fn told_of(&self) -> ToldOf<'_> {
        ToldOf(self)
    }

    /// Addresses that deliveries are sent on to.
    #[must_use]
    pub fn targets(&self) -> Targets<'_> {
        Targets(self)
    }

    /// The requests that were sent on.
    #[must_use]
    pub fn outbounds(&self) -> Outbounds<'_> {
        Outbounds(self)
    }

    /// The search.
    #[must_use]
    pub fn search(&self) -> &Search {
        &self.0.search
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> Settings<'_> {
        Settings(self)
    }

    /// Commits what is waiting, tidies up and releases the file. Whatever is requested afterwards is refused.
    ///
    /// Nothing acknowledged is lost without it, but the write-ahead log stays beside the file.
    pub async fn close(&self) {
        let thread = self.0.thread.lock().take();
        let Some(thread) = thread else { return };
        self.0.keeping.close();
        self.0.search.end();
        self.0.readers.close().await;
        let jobs = self.0.jobs.clone();
        let joined = tokio::task::spawn_blocking(move || {
            let _ = jobs.send(Job::Close);
            thread.join()
        });
        if !matches!(joined.await, Ok(Ok(()))) {
            tracing::error!("the thread that writes the history ended badly");
        }
        open::let_go(&self.0.path);
    }
}
