//! Where Pollux keeps its data, and who uses it.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// The folder of the history, of secrets without a keychain, and of the window's state. `POLLUX_DATA_DIR` sets it.
pub(crate) fn folder() -> Result<PathBuf, String> {
    if let Some(set) = std::env::var_os("POLLUX_DATA_DIR").filter(|set| !set.is_empty()) {
        return Ok(PathBuf::from(set));
    }
    ProjectDirs::from("dev", "pollux", "Pollux")
        .map(|dirs| dirs.data_local_dir().to_path_buf())
        .ok_or_else(|| "There is no home folder to keep data in. Set POLLUX_DATA_DIR to a folder.".to_owned())
}

/// The history.
pub(crate) fn history(home: &Path) -> PathBuf {
    home.join("pollux.db")
}

/// Where the children of tunnels are noted, by the window and the command line alike.
pub(crate) fn tunnels(home: &Path) -> PathBuf {
    home.join("tunnels")
}

/// Who acts, for the log of actions: `ada, window`.
pub(crate) fn actor(way: &str) -> String {
    let name = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    match name.filter(|name| !name.trim().is_empty()) {
        Some(name) => format!("{}, {way}", name.trim()),
        None => way.to_owned(),
    }
}
