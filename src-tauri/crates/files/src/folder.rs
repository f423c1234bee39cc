//! Folders that only the user can enter.

use std::io;
use std::path::Path;

/// Creates a folder, and the missing ones above it, for the user only. An existing folder keeps its permissions: it may
/// be shared on purpose.
///
/// # Errors
/// Errors from the system.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Removes other users' access to a folder, if the user owns it. The caller has to know that the folder is for this
/// program alone. A link to a folder is left alone.
///
/// # Errors
/// Errors from the system.
#[cfg_attr(not(unix), allow(unused_variables))]
pub fn tighten_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        let flags = nix::libc::O_NOFOLLOW | nix::libc::O_DIRECTORY | nix::libc::O_NONBLOCK;
        let folder = match std::fs::OpenOptions::new().read(true).custom_flags(flags).open(path) {
            Ok(folder) => folder,
            Err(error) if matches!(error.raw_os_error(), Some(nix::libc::ELOOP | nix::libc::ENOTDIR)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let found = folder.metadata()?;
        if crate::is_ours(&found) && found.permissions().mode() & 0o077 != 0 {
            folder.set_permissions(std::fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// Whether it is a folder, not a link to one, that the user owns and nobody else can enter.
#[must_use]
pub fn is_private_folder(path: &Path) -> bool {
    let Ok(found) = std::fs::symlink_metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if found.permissions().mode() & 0o077 != 0 {
            return false;
        }
    }
    found.is_dir() && crate::is_ours(&found)
}
