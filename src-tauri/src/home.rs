//! Where Pollux keeps its data.

use std::path::PathBuf;

use directories::ProjectDirs;

/// The folder of the history, of secrets without a keychain, and of the window's state. `POLLUX_HOME` sets it.
pub(crate) fn folder() -> Result<PathBuf, String> {
    if let Some(set) = std::env::var_os("POLLUX_HOME").filter(|set| !set.is_empty()) {
        return Ok(PathBuf::from(set));
    }
    ProjectDirs::from("dev", "pollux", "Pollux")
        .map(|dirs| dirs.data_local_dir().to_path_buf())
        .ok_or_else(|| "There is no home folder to keep data in. Set POLLUX_HOME to a folder.".to_owned())
}
