//! A disk without room, for a moment.
//!
//! Without a disk of its own, a run limits how far the listener may write into any file (`RLIMIT_FSIZE`, set from
//! outside by `prlimit`, without root; SIGXFSZ is ignored, see `listener.rs`): the write fails with EFBIG, which
//! SQLite takes for an error of the disk. With a tmpfs of its own, the tmpfs is made as small as what is in it: the
//! write fails with ENOSPC, and Pollux sees how little is free.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::draws::Draws;
use super::listener::{Listener, disk, run};
use super::plan::Plan;

/// What the tmpfs has between two such moments.
const SIZE: &str = "1g";
/// What is left free of it, in KiB: less than one commit takes.
const LEFT_KIB: u64 = 32;

/// The way in which it is done.
pub(super) enum FullDisk {
    /// By a limit of the files of one process.
    Limit,
    /// By the size of the tmpfs that is mounted here.
    Small(PathBuf),
}

impl FullDisk {
    /// # Errors
    /// Why it cannot be done.
    pub(super) fn find(plan: &Plan) -> Result<Self, String> {
        if plan.small_disk {
            return Ok(Self::Small(plan.folder.clone()));
        }
        run(Command::new("prlimit").arg("--version")).map(|()| Self::Limit)
    }

    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Limit => "RLIMIT_FSIZE of the listener, by prlimit",
            Self::Small(_) => "a tmpfs that is made as small as its files",
        }
    }

    /// From now on there is no room. `all`: for no write at all; otherwise for none beyond a place that is drawn, so
    /// that some of a transaction may be written.
    pub(super) fn begin(
        &self,
        listener: &Listener,
        database: &Path,
        draws: &mut Draws,
        all: bool,
    ) -> Result<(), String> {
        match self {
            Self::Limit => {
                let most = if all { 0 } else { draws.below(disk(database) + 1) };
                listener.limit_files(&most.to_string())
            }
            Self::Small(folder) => {
                // Files grow while this is read: then it would be too small, and stays as it was.
                let used = used_kib(folder)?;
                let mut done = Err(String::new());
                for factor in 1..=16 {
                    done = resize(folder, &format!("{}k", used + LEFT_KIB * factor));
                    if done.is_ok() {
                        break;
                    }
                }
                done
            }
        }
    }

    /// There is room again.
    pub(super) fn end(&self, listener: &Listener) -> Result<(), String> {
        match self {
            Self::Limit => listener.limit_files("unlimited"),
            Self::Small(folder) => resize(folder, SIZE),
        }
    }

    /// The same after the listener was killed, whose limit ended with it.
    pub(super) fn end_without(&self) -> Result<(), String> {
        match self {
            Self::Limit => Ok(()),
            Self::Small(folder) => resize(folder, SIZE),
        }
    }
}

fn resize(folder: &Path, size: &str) -> Result<(), String> {
    run(Command::new("mount").args(["-o", &format!("remount,size={size}")]).arg(folder))
}

/// What the tmpfs holds, in KiB.
fn used_kib(folder: &Path) -> Result<u64, String> {
    let output = Command::new("df").args(["-k", "--output=used"]).arg(folder).output();
    let text = output.map_err(|error| format!("df: {error}"))?.stdout;
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().nth(1).and_then(|line| line.trim().parse().ok()).ok_or_else(|| format!("df told {text:?}"))
}
