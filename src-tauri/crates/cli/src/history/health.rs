//! `pollux history info`, `check` and `recover`: they look at the file itself, so that one which does not open can be
//! looked at, too.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use engine::{Error, HealthState, HistoryFile, HistoryHealth};
use serde_json::json;
use system::home;

use super::text::{deliveries, size};
use crate::exit;
use crate::manage::time;
use crate::print::{self, printable};

/// Lines of SQLite's own that are shown.
const LINES: usize = 5;
/// Stretches of numbers that are shown.
const STRETCHES: usize = 10;

/// What is done with the file itself.
#[derive(Subcommand)]
pub(super) enum OfFile {
    /// Say what the file is, how many deliveries it counts, and how the last run of it ended.
    Info,
    /// Check the file: its structure and every delivery in it. Exit code 1 if something is wrong.
    Check {
        /// Only the structure, which takes a moment.
        #[arg(long)]
        quick: bool,
    },
    /// Make a new history of what can be read of a damaged one, which stays as it is.
    Recover {
        /// Where to. Default: beside it, with the date in its name.
        #[arg(long, value_name = "FILE", conflicts_with = "replace")]
        to: Option<PathBuf>,
        /// Put the new one in its place, and rename the damaged one. Nothing may have it open.
        #[arg(long)]
        replace: bool,
    },
}

pub(super) async fn run(what: OfFile, db: Option<&Path>, json: bool) -> Result<u8, String> {
    match what {
        OfFile::Info => info(db, json).await,
        OfFile::Check { quick } => check(db, !quick, json).await,
        OfFile::Recover { to, replace } => recover(db, to, replace, json).await,
    }
}

/// The history that is meant. It has to be there.
fn file(db: Option<&Path>) -> Result<PathBuf, String> {
    let path = match db {
        Some(path) => path.to_owned(),
        None => home::history(&home::folder()?),
    };
    match path.exists() {
        true => Ok(path),
        false => Err(format!("there is no history at {}", printable(&path.display().to_string()))),
    }
}

fn refused(error: Error) -> String {
    error.to_string()
}

async fn info(db: Option<&Path>, json: bool) -> Result<u8, String> {
    let path = file(db)?;
    let found = engine::look_at(&path, None).await.map_err(refused)?;
    if json {
        print::settled(print::line(&json!(found)))?;
    } else {
        let bytes = std::fs::metadata(&path).map_or(0, |there| there.len());
        let format = found.format.map_or_else(|| "not readable".to_owned(), |format| format.to_string());
        let mut text = format!("{}\n  format {format}, {}\n", printable(&found.path), size(bytes));
        text.push_str(&match found.deliveries {
            Some(count) => format!("  {}\n", deliveries(count)),
            None => "  how many deliveries it has cannot be read: run  pollux history check\n".to_owned(),
        });
        text.push_str(&ended(&found.health));
        print::settled(print::text(&text))?;
    }
    Ok(exit::OK)
}

async fn check(db: Option<&Path>, thorough: bool, json: bool) -> Result<u8, String> {
    let path = file(db)?;
    let found = engine::look_at(&path, Some(thorough)).await.map_err(refused)?;
    let bad = found.health.state == HealthState::Damaged || found.health.missing.is_some();
    let said = if json { print::line(&json!(found)) } else { print::text(&checked(&found, thorough)) };
    print::settled(said)?;
    Ok(if bad { exit::REJECTED } else { exit::OK })
}

async fn recover(db: Option<&Path>, to: Option<PathBuf>, replace: bool, json: bool) -> Result<u8, String> {
    let path = file(db)?;
    if replace && engine::look_at(&path, None).await.map_err(refused)?.in_use {
        return Err("another Pollux has this history open: end it first, or leave out --replace".to_owned());
    }
    let stamp = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string();
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let new = to.unwrap_or_else(|| path.with_file_name(format!("{stem}-recovered-{stamp}.db")));
    let mut recovery = engine::recover(&path, &new).await.map_err(refused)?;
    if replace {
        let kept = engine::move_aside(&path, &stamp).map_err(refused)?;
        std::fs::rename(&new, &path).map_err(|error| {
            format!("the new history is at {}, and was not put in its place: {error}", new.display())
        })?;
        recovery.kept = kept.display().to_string();
        recovery.path = path.display().to_string();
    }
    if json {
        print::settled(print::line(&json!(recovery)))?;
        return Ok(exit::OK);
    }
    let of = match recovery.of {
        Some(of) => format!(" of {}", deliveries(of)),
        None => String::new(),
    };
    let mut text = format!("Recovered {}{of}.\n", deliveries(recovery.deliveries));
    if recovery.found_by_page > 0 {
        text.push_str(&format!("  {} found page by page\n", recovery.found_by_page));
    }
    if recovery.without_verdict > 0 {
        text.push_str(&format!(
            "  {} without the details of the verdict; verify them again\n",
            deliveries(recovery.without_verdict)
        ));
    }
    if !recovery.others.is_empty() {
        text.push_str(&format!("  something of these could not be read: {}\n", recovery.others.join(", ")));
    }
    text.push_str(&format!("  the new history:     {}\n", printable(&recovery.path)));
    text.push_str(&format!("  the damaged history: {}\n", printable(&recovery.kept)));
    print::settled(print::text(&text))?;
    Ok(exit::OK)
}

/// How the last run ended, where there is something to say.
fn ended(health: &HistoryHealth) -> String {
    let mut text = String::new();
    if health.unclean {
        text.push_str("  the last run did not close it\n");
    }
    if let Some(missing) = &health.missing {
        text.push_str(&format!(
            "  it ends at delivery {}, but {} had been stored by {}{}\n",
            missing.found,
            missing.stored,
            time(missing.noted_ms),
            match missing.log_gone {
                true => ": its log (-wal) is gone",
                false => ": an older copy may have been put in its place",
            }
        ));
    }
    text
}

fn checked(found: &HistoryFile, thorough: bool) -> String {
    let HistoryHealth { state, damage, .. } = &found.health;
    let mut text = format!("{}\n{}", printable(&found.path), ended(&found.health));
    let Some(damage) = damage else {
        text.push_str(match (state, thorough) {
            (HealthState::Sound, true) => "Sound: its structure, and every delivery can be read back.\n",
            (HealthState::Sound, false) => "Its structure is sound. The deliveries themselves were not read.\n",
            _ => "It was not checked.\n",
        });
        return text;
    };
    text.push_str(&match damage.deliveries {
        Some(all) if all > damage.readable => {
            format!("Damaged: {} of {} cannot be read back.\n", deliveries(all - damage.readable), all)
        }
        Some(all) => format!("Damaged, but all {} can be read back.\n", deliveries(all)),
        None => {
            format!("Damaged: {} can be read back; how many there were cannot be read.\n", deliveries(damage.readable))
        }
    });
    for line in damage.says.iter().take(LINES) {
        text.push_str(&format!("  SQLite: {}\n", printable(line)));
    }
    let stretches: Vec<String> = damage
        .unreadable
        .iter()
        .take(STRETCHES)
        .map(|(from, to)| if from == to { format!("#{from}") } else { format!("#{from}–#{to}") })
        .collect();
    if !stretches.is_empty() {
        let more = if damage.unreadable.len() > STRETCHES { " and more" } else { "" };
        text.push_str(&format!("  not readable: {}{more}\n", stretches.join(", ")));
    }
    text.push_str("Make a new history of the rest with  pollux history recover\n");
    text
}
