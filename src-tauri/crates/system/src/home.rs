//! Says where Pollux keeps its data, and who uses it.

use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs};

/// The file of the history.
const HISTORY: &str = "pollux.db";

/// Gives the folder of the history, of secrets without a keychain, and of the window's state. `POLLUX_DATA_DIR` sets
/// it.
pub fn folder() -> Result<PathBuf, String> {
    if let Some(set) = std::env::var_os("POLLUX_DATA_DIR").filter(|set| !set.is_empty()) {
        return Ok(PathBuf::from(set));
    }
    ProjectDirs::from("dev", "pollux", "Pollux")
        .map(|dirs| dirs.data_local_dir().to_path_buf())
        .ok_or_else(|| "There is no home folder to keep data in. Set POLLUX_DATA_DIR to a folder.".to_owned())
}

/// Gives the folder, creating it for the user alone if it is missing. Closes our own folder to others if they can enter
/// it: only one that is the user's and holds our history, not one that everything else is in too, such as the home
/// folder, which `POLLUX_DATA_DIR` may name.
pub fn prepared() -> Result<PathBuf, String> {
    let folder = folder()?;
    let made = files::make_folder(&folder).and_then(|()| match is_for_us_alone(&folder) {
        true => files::tighten_folder(&folder),
        false => Ok(()),
    });
    made.map_err(|error| {
        format!(
            "The data folder {} cannot be used: {error}. Set POLLUX_DATA_DIR to use another one.",
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

/// Gives the path of the history in the data folder.
pub fn history(home: &Path) -> PathBuf {
    home.join(HISTORY)
}

/// Gives the folder in which the window and the command line note the child processes of tunnels.
pub fn tunnels(home: &Path) -> PathBuf {
    home.join("tunnels")
}

/// Says who acts, for the log of actions: `ada, window`.
pub fn actor(way: &str) -> String {
    let name = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    match name.filter(|name| !name.trim().is_empty()) {
        Some(name) => format!("{}, {way}", name.trim()),
        None => way.to_owned(),
    }
}
