//! A file that appears under its name only once all of it is there.

use std::fs::File;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::{Code, Error, Result};

/// What will be a file under a name: beside it, on the same disk, readable by the user alone. Dropped before it is kept,
/// it vanishes.
pub struct Whole {
    file: NamedTempFile,
    name: PathBuf,
}

impl Whole {
    /// Makes it, empty.
    ///
    /// # Errors
    /// `not_written` if `name` is a folder, or nothing can be written beside it.
    pub fn beside(name: &Path) -> Result<Self> {
        if name.is_dir() {
            let message = format!("{} is a folder. Give the name of a file in it.", name.display());
            return Err(Error::new(Code::NotWritten, message));
        }
        let folder = name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = tempfile::Builder::new().prefix(".pollux-").tempfile_in(folder).map_err(|error| {
            let message = format!("Nothing can be written to {}. Does it exist, and may you?", folder.display());
            Error::new(Code::NotWritten, message).with_detail(error)
        })?;
        Ok(Self { file, name: name.to_owned() })
    }

    /// Where it is now.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// What writes into it.
    #[must_use]
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Gives it its name, once it is on the disk.
    ///
    /// # Errors
    /// `not_written`.
    pub fn keep(self) -> Result<()> {
        let Self { file, name } = self;
        let kept = file.as_file().sync_all().and_then(|()| file.persist(&name).map_err(|error| error.error));
        kept.map(drop).map_err(|error| {
            let message = format!("{} could not be written. Is there room on the disk?", name.display());
            Error::new(Code::NotWritten, message).with_detail(error)
        })
    }
}
