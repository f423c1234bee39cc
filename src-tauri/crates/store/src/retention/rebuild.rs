//! Rebuilds the file of an older version, so that it can give pages back to the disk.
//!
//! Only `VACUUM` can do that. It runs on the writing connection: deliveries wait in the queue meanwhile, which refuses
//! what it cannot hold. It is one transaction, so whatever ends it leaves the file as it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{Keeping, keeper, sizes};
use crate::space::Reserve;
use crate::table::{tally, unsigned};
use crate::{Error, Store, open};

/// Steps of SQLite's machine between two looks.
const STEPS: i32 = 2_000;
/// Steps that it makes for each row that it copies, roughly.
const STEPS_A_ROW: u64 = 4;

/// Whether the file has to be rebuilt to give space back, and whether there is room for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildNeed {
    /// Whether it has to be rebuilt.
    pub needed: bool,
    /// Bytes that this takes on the disk of the history for a while.
    pub bytes: u64,
    /// Why it cannot be done now.
    pub why: Option<String>,
}

/// How far a rebuild is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RebuildProgress {
    /// Bytes.
    pub done: u64,
    /// Of so many.
    pub total: u64,
}

impl Store {
    /// Whether the file has to be rebuilt to give space back.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn rebuild_need(&self) -> Result<RebuildNeed, Error> {
        let reserve = Arc::clone(self.reserve());
        self.read(move |conn, _| need(conn, &reserve)).await
    }

    /// Rebuilds the file if it has to be. Deliveries that arrive meanwhile wait; more than the queue holds are refused.
    ///
    /// # Errors
    /// [`Error::NoRoom`] if the disk is too full, [`Error::Rebuilding`] if it is being rebuilt already, any SQLite error:
    /// nothing was changed.
    pub async fn rebuild(&self) -> Result<(), Error> {
        let need = self.rebuild_need().await?;
        if !need.needed {
            return Ok(());
        }
        if let Some(why) = need.why {
            return Err(Error::NoRoom(why));
        }
        let keeping = self.keeping();
        if keeping.rebuilding.swap(true, Ordering::AcqRel) {
            return Err(Error::Rebuilding);
        }
        let (reply, done) = oneshot::channel();
        let asked = self.send(crate::job::Job::Rebuild(reply)).await;
        let done = match asked {
            Ok(()) => done.await.unwrap_or(Err(Error::Closed)),
            Err(error) => Err(error),
        };
        keeping.rebuilding.store(false, Ordering::Release);
        done
    }

    /// How far a rebuild is; `None` if there is none.
    #[must_use]
    pub fn rebuild_progress(&self) -> Option<RebuildProgress> {
        let keeping = self.keeping();
        if !keeping.rebuilding.load(Ordering::Acquire) {
            return None;
        }
        let bytes = keeping.rebuild_of.load(Ordering::Relaxed);
        // First it is copied, then the copy goes through the log.
        let copied = keeping.rebuilt.load(Ordering::Relaxed).min(bytes);
        let logged = sizes::log(self.path()).min(bytes);
        let done = if copied < bytes { copied } else { copied + logged };
        Some(RebuildProgress { done, total: (2 * bytes).max(1) })
    }
}

fn need(conn: &Connection, reserve: &Reserve) -> Result<RebuildNeed, Error> {
    let (pages, free) = keeper::pages(conn)?;
    let needed = !keeper::is_incremental(conn)?;
    let used = unsigned(pages - free) * open::PAGE as u64;
    // The copy, and the same again in the log.
    let bytes = 2 * used;
    let beside = reserve.space().filter(|_| needed).and_then(|space| {
        let most = space.free.saturating_sub(space.reserve());
        (most < bytes)
            .then(|| format!("It takes {} MB for a while, and the disk has {} MB to spare", mb(bytes), mb(most)))
    });
    let copied = reserve.space_of(&temporary()).filter(|_| needed).filter(|space| space.free < used).map(|space| {
        let folder = temporary();
        format!("It takes {} MB in {}, which has {} MB", mb(used), folder.display(), mb(space.free))
    });
    Ok(RebuildNeed { needed, bytes, why: beside.or(copied) })
}

fn mb(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

/// The folder in which SQLite makes its copy (its documentation: "Temporary Files Used By SQLite", 5).
fn temporary() -> PathBuf {
    let set = ["SQLITE_TMPDIR", "TMPDIR"].into_iter().filter_map(|name| std::env::var_os(name).map(PathBuf::from));
    let usual = ["/var/tmp", "/usr/tmp", "/tmp"].map(PathBuf::from);
    set.chain(usual).find(|folder| folder.is_dir()).unwrap_or_else(std::env::temp_dir)
}

/// Runs on the thread that writes. Ends early when the history is closed.
pub(crate) fn run(conn: &Connection, path: &Path, keeping: &Arc<Keeping>) -> Result<(), Error> {
    let (pages, free) = keeper::pages(conn)?;
    if keeper::is_incremental(conn)? {
        return Ok(());
    }
    let bytes = unsigned(pages - free) * open::PAGE as u64;
    keeping.rebuilt.store(0, Ordering::Relaxed);
    keeping.rebuild_of.store(bytes, Ordering::Relaxed);
    let steps = steps(conn)?;
    let (shared, mut made) = (Arc::clone(keeping), 0_u64);
    let watch = move || {
        made += STEPS as u64;
        let part = u128::from(bytes) * u128::from(made.min(steps)) / u128::from(steps.max(1));
        // The rest comes when the copy is whole.
        let done = u64::try_from(part).unwrap_or(bytes).min(bytes.saturating_sub(bytes / 20));
        shared.rebuilt.store(done, Ordering::Relaxed);
        shared.is_closing()
    };
    conn.progress_handler(STEPS, Some(watch))?;
    let rebuilt = conn.execute_batch("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;");
    conn.progress_handler(0, None::<fn() -> bool>)?;
    keeping.rebuilt.store(bytes, Ordering::Relaxed);
    rebuilt?;
    tracing::info!(path = %path.display(), bytes, "the file of the history was rebuilt");
    Ok(())
}

/// About how many steps the copy takes.
fn steps(conn: &Connection) -> rusqlite::Result<u64> {
    let tally = tally::read(conn)?;
    // Rows of deliveries, their contents and events, and the index of events.
    Ok((2 * tally.counts.total + 2 * unsigned(tally.last_event).min(tally.counts.total)) * STEPS_A_ROW)
}
