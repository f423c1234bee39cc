//! Files that are the user's alone: looked at before anything of them is changed, never through a link, and made so that
//! nobody else can read them.
//!
//! Only the last part of a path must not be a link: the folder that it stands in may be reached by one.

mod folder;
pub mod sqlite;

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

pub use folder::{is_private_folder, make_folder, tighten_folder};

/// Why something is not used. Nothing of it was changed. A clause for a sentence that names the path.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A link: what it points to may be anybody's.
    #[error("it is a link to {}; give the path of the file itself", .0.display())]
    Link(PathBuf),
    /// Something that is no file, in words.
    #[error("it is {0}, and not a file")]
    NotAFile(&'static str),
    /// Another file took its place between two looks.
    #[error("another file took its place while it was opened")]
    Swapped,
    /// What the system said.
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
    /// Whether this process's user owns it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        is_ours(&self.metadata)
    }

    /// Takes away what others may do with it, where it is ours.
    ///
    /// # Errors
    /// What the system says.
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

    /// Whether it still is what stands at `path`.
    #[must_use]
    pub fn is_at(&self, path: &Path) -> bool {
        std::fs::symlink_metadata(path).is_ok_and(|there| same(&there, &self.metadata))
    }
}

/// Looks at what stands at `path`, without following a link and without waiting for a pipe; `None` where there is
/// nothing.
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
    let file = without_following(OpenOptions::new().read(true)).open(path)?;
    // The open file counts: another one may stand there by now.
    let metadata = file.metadata()?;
    if !metadata.is_file() || !same(&metadata, &found) {
        return Err(Refusal::Swapped);
    }
    Ok(Some(Seen { file, metadata }))
}

/// Makes an empty file that only the user can read.
///
/// # Errors
/// Where something stands there ([`io::ErrorKind::AlreadyExists`]); what the system says.
pub fn create(path: &Path) -> io::Result<Seen> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    private(&mut options);
    let file = options.open(path)?;
    let metadata = file.metadata()?;
    Ok(Seen { file, metadata })
}

/// Opens a file for writing, or makes it, for the user alone.
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

/// The path with the links of its folder followed, and its last part as it is. The folder has to exist.
///
/// # Errors
/// A [`Refusal`] where the path names no file; what the system says of the folder.
pub fn resolved(path: &Path) -> Result<PathBuf, Refusal> {
    let Some(name) = path.file_name() else {
        return Err(match path.as_os_str().is_empty() {
            true => io::Error::new(io::ErrorKind::InvalidInput, "the name is empty").into(),
            false => Refusal::NotAFile("a folder"),
        });
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Windows writes what it has followed in a form that few programs take.
    let folder = if cfg!(unix) { std::fs::canonicalize(folder)? } else { std::path::absolute(folder)? };
    Ok(folder.join(name))
}

/// Refuses what is no regular file.
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

/// A pipe that takes the place of a file is not waited for, and a link is an error.
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
