//! Where Pollux keeps its data, and who uses it.

use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

/// The file of the history.
const HISTORY: &str = "pollux.db";

/// The folder of the history, of secrets without a keychain, and of the window's state. `POLLUX_DATA_DIR` sets it.
pub fn folder() -> Result<PathBuf, String> {
    if let Some(set) = std::env::var_os("POLLUX_DATA_DIR").filter(|set| !set.is_empty()) {
        return Ok(PathBuf::from(set));
    }
    ProjectDirs::from("dev", "pollux", "Pollux")
        .map(|dirs| dirs.data_local_dir().to_path_buf())
        .ok_or_else(|| "There is no home folder to keep data in. Set POLLUX_DATA_DIR to a folder.".to_owned())
}

/// The folder, made for the user alone where it is missing. One of ours that others can enter is closed to them: it is
/// the user's, it holds our history, and it is not one of those that everything else is in, too, which may have been named
/// by `POLLUX_DATA_DIR`.
pub fn prepared() -> Result<PathBuf, String> {
    let folder = folder()?;
    let made = files::make_folder(&folder).and_then(|()| match is_for_us_alone(&folder) {
        true => files::tighten_folder(&folder),
        false => Ok(()),
    });
    made.map_err(|error| {
        format!(
            "The data folder {} cannot be used: {error}. POLLUX_DATA_DIR names another one.",
            gemini::printable(&folder.display().to_string(), usize::MAX)
        )
    })?;
    Ok(folder)
}

fn is_for_us_alone(folder: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let shared = [BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf()), Some(std::env::temp_dir())];
    let holds = |shared: PathBuf| shared.canonicalize().is_ok_and(|shared| shared.starts_with(&folder));
    engine::is_history(&folder.join(HISTORY)) && !shared.into_iter().flatten().any(holds)
}

/// The history in the data folder.
pub fn history(home: &Path) -> PathBuf {
    home.join(HISTORY)
}

/// Where the children of tunnels are noted, by the window and the command line alike.
pub fn tunnels(home: &Path) -> PathBuf {
    home.join("tunnels")
}

/// Who acts, for the log of actions: `ada, window`.
pub fn actor(way: &str) -> String {
    let name = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    match name.filter(|name| !name.trim().is_empty()) {
        Some(name) => format!("{}, {way}", name.trim()),
        None => way.to_owned(),
    }
}
