//! The state on disk: changes are written to SQLite, and read back at the start.
//!
//! Changes wait in memory, only the latest of each row, and one thread writes everything that waits in one transaction.
//! SQLite uses a write-ahead log that is not synced at each commit: a killed emulator loses nothing that was committed;
//! a power failure loses the last moments.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Millis;
use crate::keyring::KeptKeys;
use crate::settings::Settings;
use crate::world::World;
use crate::world::table::{Entity, Table};

mod file;
mod writer;

use file::Stored;
use writer::{Row, Waiting};

/// Why the state could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// SQLite reported an error.
    #[error("The emulator's state at {path} cannot be used: {source}. Choose another file with --db.")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// The file could not be created or opened.
    #[error("The emulator's state at {path} cannot be opened: {source}. Choose another file with --db.")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is a link, a folder or a pipe. It was left alone.
    #[error("The emulator's state at {path} was not opened: {refusal}. Choose another file with --db.")]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        refusal: files::Refusal,
    },
    /// The file contains something else.
    #[error(
        "The file {path} was not written by the emulator, and is left alone. Choose another file with --db, or one that does not exist yet."
    )]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A later version wrote it.
    #[error(
        "The emulator's state at {path} was written by a newer version (format {found}; this one reads up to {known}). Update Pollux, or choose another file with --db."
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format of the file.
        found: i64,
        /// The newest format that this version reads.
        known: i64,
    },
    /// Another emulator has the file open.
    #[error(
        "The emulator's state at {path} is in use by another emulator. Stop that one, or choose another file with --db."
    )]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A row cannot be read.
    #[error("The emulator's state at {path} is damaged: the {what} cannot be read. Choose another file with --db.")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which row: its kind and id.
        what: String,
    },
    /// No thread could be started.
    #[error("The emulator's state cannot be written: {0}.")]
    Thread(std::io::Error),
}

/// What is kept beside the tables.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) clock_ms: Option<Millis>,
    pub(crate) keys: Option<KeptKeys>,
    /// How often the emulator was started with this state before.
    pub(crate) starts: u64,
}

/// The names of what is kept beside the tables. They never change.
mod name {
    pub(super) const CLOCK: &str = "clock_ms";
    pub(super) const KEYS: &str = "keys";
    pub(super) const SETTINGS: &str = "settings";
    pub(super) const STARTS: &str = "starts";
    pub(super) const NEXT: &str = "next_numbers";
}

/// The number that the next row of each table gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct NextNumbers {
    webhooks: u64,
    jobs: u64,
    files: u64,
    deliveries: u64,
}

/// Where changes go. Dropping or closing it writes whatever is waiting.
pub(crate) struct Journal {
    waiting: Arc<Waiting>,
    writer: Option<JoinHandle<()>>,
    noted: parking_lot::Mutex<Noted>,
}

/// What was recorded last, so that only changes are written.
#[derive(Default)]
struct Noted {
    settings: Settings,
    next: NextNumbers,
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Journal").finish_non_exhaustive()
    }
}

impl Journal {
    /// Opens or creates the file, and reads it into `world`. Settings in `world` that differ from the default override
    /// those in the file.
    pub(crate) fn open(path: &Path, world: &mut World) -> Result<(Self, Kept), JournalError> {
        let stored = Stored::open(path)?;
        load(&stored, &mut world.webhooks)?;
        load(&stored, &mut world.jobs)?;
        load(&stored, &mut world.files)?;
        load(&stored, &mut world.deliveries)?;
        let next: NextNumbers = stored.kept(name::NEXT)?.unwrap_or_default();
        world.webhooks.skip_to(next.webhooks);
        world.jobs.skip_to(next.jobs);
        world.files.skip_to(next.files);
        world.deliveries.skip_to(next.deliveries);
        if let Some(settings) = stored.kept::<Value>(name::SETTINGS)? {
            world.settings = overridden(settings, &world.settings);
        }
        let kept = Kept {
            clock_ms: stored.kept(name::CLOCK)?,
            keys: stored.kept(name::KEYS)?,
            starts: stored.kept(name::STARTS)?.unwrap_or(0),
        };
        let waiting = Arc::new(Waiting::default());
        let writer = {
            let waiting = Arc::clone(&waiting);
            let thread = std::thread::Builder::new().name("emulator-journal".to_owned());
            thread.spawn(move || writer::run(&stored, &waiting)).map_err(JournalError::Thread)?
        };
        let noted = parking_lot::Mutex::new(Noted { settings: world.settings.clone(), next: next_numbers(world) });
        let journal = Self { waiting, writer: Some(writer), noted };
        journal.keep(name::STARTS, &kept.starts.saturating_add(1));
        journal.keep(name::SETTINGS, &world.settings);
        Ok((journal, kept))
    }

    /// Takes over what changed. `now` is the time on the emulator's clock: it must never go back behind a change.
    pub(crate) fn note(&self, world: &mut World, now: Millis) {
        let mut rows = Vec::new();
        take(&mut world.webhooks, &mut rows);
        take(&mut world.jobs, &mut rows);
        take(&mut world.files, &mut rows);
        take(&mut world.deliveries, &mut rows);
        let mut noted = self.noted.lock();
        let mut kept = Vec::new();
        if noted.settings != world.settings {
            noted.settings = world.settings.clone();
            kept.extend(json(name::SETTINGS, &world.settings));
        }
        if rows.is_empty() && kept.is_empty() {
            return;
        }
        let next = next_numbers(world);
        // Numbers follow from the rows, except those of deleted rows.
        if next != noted.next && rows.iter().any(|row| row.content.is_none()) {
            noted.next = next;
            kept.extend(json(name::NEXT, &next));
        }
        kept.extend(json(name::CLOCK, &now));
        self.waiting.put(rows, kept);
    }

    pub(crate) fn keep_keys(&self, keys: &KeptKeys) {
        self.keep(name::KEYS, keys);
    }

    pub(crate) fn keep_clock(&self, now: Millis) {
        self.keep(name::CLOCK, &now);
    }

    fn keep<T: Serialize>(&self, name: &'static str, value: &T) {
        self.waiting.put(Vec::new(), json(name, value).into_iter().collect());
    }

    /// Returns once everything recorded so far is committed, or false if it could not be.
    pub(crate) async fn flushed(&self) -> bool {
        self.waiting.flushed().await
    }

    /// Writes whatever is waiting, and closes the file.
    pub(crate) async fn close(&self) {
        self.waiting.close();
        self.waiting.ended().await;
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.waiting.close();
        if let Some(writer) = self.writer.take() {
            // The file is free when the journal is gone. A writer that panicked has nothing to add.
            let _ = writer.join();
        }
    }
}

fn json<T: Serialize>(name: &'static str, value: &T) -> Option<(&'static str, Vec<u8>)> {
    serde_json::to_vec(value).ok().map(|json| (name, json))
}

fn next_numbers(world: &World) -> NextNumbers {
    NextNumbers {
        webhooks: world.webhooks.next_number(),
        jobs: world.jobs.next_number(),
        files: world.files.next_number(),
        deliveries: world.deliveries.next_number(),
    }
}

fn take<T: Entity>(table: &mut Table<T>, rows: &mut Vec<Row>) {
    if table.has_changes() {
        rows.extend(table.take_changes().into_iter().map(|(id, content)| Row { kind: T::KIND, id, content }));
    }
}

fn load<T: Entity + DeserializeOwned>(stored: &Stored, table: &mut Table<T>) -> Result<(), JournalError> {
    stored.each(T::KIND, |number, row| table.load(number, row))
}

/// The settings in the file, overridden by those requested at the start. A member that this version does not know is
/// ignored.
fn overridden(stored: Value, asked: &Settings) -> Settings {
    let value = |settings: &Settings| serde_json::to_value(settings).unwrap_or_default();
    let merged = merge(&value(&Settings::default()), stored, value(asked));
    serde_json::from_value(merged).unwrap_or_else(|error| {
        tracing::warn!(%error, "ignoring the settings in the emulator's state: they cannot be read");
        asked.clone()
    })
}

/// Goes member by member along the shape of the default: the requested value if it differs from the default, otherwise
/// the stored value, otherwise the default.
fn merge(default: &Value, stored: Value, asked: Value) -> Value {
    match (default, stored, asked) {
        (Value::Object(default), Value::Object(mut stored), Value::Object(mut asked)) => {
            let member = |(name, default): (&String, &Value)| {
                let stored = stored.remove(name).unwrap_or_else(|| default.clone());
                let asked = asked.remove(name).unwrap_or_else(|| default.clone());
                (name.clone(), merge(default, stored, asked))
            };
            Value::Object(default.iter().map(member).collect())
        }
        (default, stored, asked) => {
            if asked == *default {
                stored
            } else {
                asked
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::DynamicScheme;

    #[test]
    fn what_was_asked_for_wins_then_the_file_then_the_default() {
        let mut stored = Settings { attempt_timeout_ms: 7, ..Settings::default() };
        stored.retry.factor = 2.5;
        stored.faults.lost = 0.5;
        let mut stored = serde_json::to_value(stored).unwrap();
        stored["from_another_version"] = serde_json::json!(1);
        stored["retry"].as_object_mut().unwrap().remove("window_ms");
        let mut asked = Settings { dynamic: DynamicScheme::Jwt, ..Settings::default() };
        asked.faults.lost = 0.25;
        let merged = overridden(stored, &asked);
        let mut expected = Settings { attempt_timeout_ms: 7, dynamic: DynamicScheme::Jwt, ..Settings::default() };
        expected.retry.factor = 2.5;
        expected.faults.lost = 0.25;
        assert_eq!(merged, expected);
    }
}
