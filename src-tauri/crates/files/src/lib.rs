//! Files that only the user can read: examined before anything about them is changed, never opened through a link, and
//! created without access for others.
//!
//! Only the last part of a path must not be a link: its folder may be reached through one.

mod folder;
pub mod sqlite;

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

pub use folder::{is_private_folder, make_folder, tighten_folder};

/// Why something is not used; nothing about it was changed. A clause for a sentence that names the path.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A link, which may point to somebody else's file.
    #[error("it is a link to {}; give the path of the file itself", .0.display())]
    Link(PathBuf),
    /// Something other than a file, in words.
    #[error("it is {0}, not a file")]
    NotAFile(&'static str),
    /// Another file took its place between two checks.
    #[error("another file took its place while it was being opened")]
    Swapped,
    /// The system's error.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Io(error) => error,
            other => Self::new(io::ErrorKind::InvalidInput, other.to_string()),
        }
    }
}

/// A regular file that was found and opened for reading.
#[derive(Debug)]
pub struct Seen {
    /// The open file.
    pub file: File,
    metadata: Metadata,
}

impl Seen {
    /// Whether the user of this process owns it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        is_ours(&self.metadata)
    }

    /// Removes other users' access to it, if it is ours.
    ///
    /// # Errors
    /// Errors from the system.
    pub fn tighten(&self) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            if self.is_ours() && self.metadata.permissions().mode() & 0o077 != 0 {
                self.file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            }
        }
        Ok(())
    }

    /// Whether it is still the file at `path`.
    #[must_use]
    pub fn is_at(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok_and(|there| same(&there, &self.metadata))
    }
}

/// Examines what is at `path`, without following a link or waiting for a pipe; `None` if there is nothing.
///
/// # Errors
/// A [`Refusal`] for anything but a regular file that can be read.
pub fn look(path: &Path) -> Result<Option<Seen>, Refusal> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    regular(path, &found)?;
    let file = match without_following(OpenOptions::new().read(true)).open(path) {
        Ok(file) => file,
        // Removed just now: SQLite removes its log when the last connection is closed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    // The open file counts: there may be another one at the path by now.
    let metadata = file.metadata()?;
    if !metadata.is_file() || !same(&metadata, &found) {
        return Err(Refusal::Swapped);
    }
    Ok(Some(Seen { file, metadata }))
}

/// Creates an empty file that only the user can read.
///
/// # Errors
/// If something exists there ([`io::ErrorKind::AlreadyExists`]); errors from the system.
pub fn create(path: &Path) -> io::Result<Seen> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    private(&mut options);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    Ok(Seen { file, metadata })
}

/// Opens a file for writing, or creates it, for the user only.
///
/// # Errors
/// A [`Refusal`] for anything but a regular file.
pub fn open_or_make(path: &Path) -> Result<File, Refusal> {
    if let Some(seen) = look(path)? {
        seen.tighten()?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    private(without_following(&mut options));
    let file = options.open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(Refusal::Swapped) }
}

/// The path with the links of its folder resolved, but not its last part. The folder has to exist.
///
/// # Errors
/// A [`Refusal`] if the path names no file; errors from the system about the folder.
pub fn resolved(path: &Path) -> Result<PathBuf, Refusal> {
    let Some(name) = path.file_name() else {
        return Err(match path.as_os_str().is_empty() {
            true => io::Error::new(io::ErrorKind::InvalidInput, "the name is empty").into(),
            false => Refusal::NotAFile("a folder"),
        });
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Windows returns resolved paths in a form that few programs accept.
    let folder = if cfg!(unix) { std::fs::canonicalize(folder)? } else { std::path::absolute(folder)? };
    Ok(folder.join(name))
}

/// Refuses anything but a regular file.
fn regular(path: &Path, found: &Metadata) -> Result<(), Refusal> {
    let kind = found.file_type();
    if kind.is_symlink() {
        return Err(Refusal::Link(std::fs::read_link(path)?));
    }
    if kind.is_dir() {
        return Err(Refusal::NotAFile("a folder"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        if kind.is_fifo() {
            return Err(Refusal::NotAFile("a pipe"));
        }
        if kind.is_socket() {
            return Err(Refusal::NotAFile("a socket"));
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Err(Refusal::NotAFile("a device"));
        }
    }
    if kind.is_file() { Ok(()) } else { Err(Refusal::NotAFile("something else")) }
}

/// If a pipe takes the place of a file, it is not waited for; a link is an error.
fn without_following(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK);
    }
    options
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

#[cfg(unix)]
pub(crate) fn is_ours(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.uid() == nix::unistd::Uid::effective().as_raw()
}

#[cfg(not(unix))]
pub(crate) fn is_ours(_: &Metadata) -> bool {
    true
}

#[cfg(unix)]
fn same(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn same(one: &Metadata, other: &Metadata) -> bool {
    one.file_type() == other.file_type()
}
