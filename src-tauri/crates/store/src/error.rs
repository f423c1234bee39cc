//! What can go wrong, each with a stable code.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// Why the history could not be opened, read or written. [`Error::code`] is stable; the text is for people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file was written by a newer Pollux (`database_too_new`).
    #[error(
        "The history was written by a newer version of Pollux (its format is {found}, this version knows {known}). \
         Update Pollux, or choose another history file."
    )]
    DatabaseTooNew {
        /// The file's `user_version`.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// The file is some other program's database, or no database at all (`not_a_history`).
    #[error("{} is not a Pollux history, and was left as it is. Choose another file.", .0.display())]
    NotAHistory(PathBuf),
    /// The path does not lead to a usable file: it is a link, a folder or a pipe (`history_unreachable`). It was left
    /// alone.
    #[error("The history at {} was not opened: {refusal}. Choose another file.", path.display())]
    NotAFile {
        /// The path that was given.
        path: PathBuf,
        /// What it leads to.
        refusal: files::Refusal,
    },
    /// The folder or the file could not be created (`history_unreachable`).
    #[error("The history at {} could not be opened: {source}. Check that the folder exists and can be written to.", path.display())]
    Unreachable {
        /// The path that was given.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// SQLite reported an error. The code distinguishes a full disk, a read-only file, a damaged file and a locked one.
    #[error("{}: {}.", SqliteFault::of(.0).sentence(), .0)]
    Sqlite(#[from] rusqlite::Error),
    /// The tables could not be brought up to date (`migration_failed`); nothing was changed.
    #[error("The history could not be brought up to date, and was left as it was: {0}.")]
    Migration(#[from] rusqlite_migration::Error),
    /// Something stored cannot be read back (`history_damaged`).
    #[error("The stored {0} cannot be read. The history is damaged, or was written by another version.")]
    Damaged(&'static str),
    /// The disk has less free space than the reserve (`disk_nearly_full`).
    #[error("The disk is nearly full, so nothing new is stored. Free some space.")]
    ShortOfSpace,
    /// There is no room to rebuild the file (`not_rebuilt`); nothing was changed.
    #[error("The history was not rebuilt: {0}. Free some space and try again.")]
    NoRoom(String),
    /// The file is being rebuilt already (`rebuilding`).
    #[error("The history is being rebuilt already. Wait until that is done.")]
    Rebuilding,
    /// There is no such project (`unknown_project`).
    #[error("There is no project {0}. Create the project before storing anything for it.")]
    UnknownProject(i64),
    /// Another project already has this name (`name_taken`).
    #[error("The name {0:?} belongs to another project. Choose another one.")]
    NameTaken(String),
    /// Another project already has this path segment (`path_taken`).
    #[error("The path segment {0:?} belongs to another project. Choose another one.")]
    PathTaken(String),
    /// The history was closed (`history_closed`).
    #[error("The history is closed.")]
    Closed,
    /// The writing thread could not be started (`no_thread`).
    #[error("The thread that writes the history could not be started: {0}.")]
    NoThread(std::io::Error),
}

impl Error {
    /// The stable code that a program branches on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::DatabaseTooNew { .. } => "database_too_new",
            Self::NotAHistory(_) => "not_a_history",
            Self::Unreachable { .. } | Self::NotAFile { .. } => "history_unreachable",
            Self::Sqlite(error) => SqliteFault::of(error).code(),
            Self::Migration(_) => "migration_failed",
            Self::Damaged(_) => "history_damaged",
            Self::ShortOfSpace => "disk_nearly_full",
            Self::NoRoom(_) => "not_rebuilt",
            Self::Rebuilding => "rebuilding",
            Self::UnknownProject(_) => "unknown_project",
            Self::NameTaken(_) => "name_taken",
            Self::PathTaken(_) => "path_taken",
            Self::Closed => "history_closed",
            Self::NoThread(_) => "no_thread",
        }
    }
}

/// The reasons for which SQLite fails, as far as they matter to the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqliteFault {
    /// The disk is full, or the history has reached its limit.
    DiskFull,
    /// The file or its folder cannot be written to.
    ReadOnly,
    /// Another program holds it locked.
    Busy,
    /// The file is damaged.
    Damaged,
    /// The disk could not be read or written.
    Disk,
    /// It is larger than a row can be.
    TooLarge,
    /// Anything else.
    Other,
}

impl SqliteFault {
    /// Classifies `error`.
    #[must_use]
    pub fn of(error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => Self::Disk,
            Some(ErrorCode::TooBig) => Self::TooLarge,
            _ => Self::Other,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "history_read_only",
            Self::Busy => "history_busy",
            Self::Damaged => "history_damaged",
            Self::Disk => "disk_error",
            Self::TooLarge => "too_large",
            Self::Other => "database_error",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::DiskFull => "The disk is full or the history has reached its size limit; make room and try again",
            Self::ReadOnly => "The history cannot be written to; check the permissions of its file and folder",
            Self::Busy => "Another program holds the history locked; close it and try again",
            Self::Damaged => "The history file is damaged; restore it from a copy or choose another file",
            Self::Disk => "The disk could not be read or written; check it and try again",
            Self::TooLarge => "The delivery is larger than the history can hold",
            Self::Other => "The history could not be used",
        }
    }
}

/// Why a delivery was not stored. The sender should get 503 with `Retry-After`, never a 2xx.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InsertError {
    /// The queue to the writing thread is full. The caller did not wait.
    #[error("More deliveries arrive than can be stored at the moment. Send this one again later.")]
    Full,
    /// Nothing was stored: a code of [`Error::code`], and a sentence for people.
    #[error("{1}")]
    Failed(&'static str, String),
}

impl InsertError {
    /// The stable code that a program branches on; `queue_full` if the queue was full.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Full => "queue_full",
            Self::Failed(code, _) => code,
        }
    }
}

impl From<&Error> for InsertError {
    fn from(error: &Error) -> Self {
        Self::Failed(error.code(), error.to_string())
    }
}
