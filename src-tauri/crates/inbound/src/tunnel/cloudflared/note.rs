//! Records the running child for the check after a crash of ours: what it was, so that a stranger that got the same pid
//! is left alone.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The result of [`reap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaped {
    /// There is no note, or it cannot be read.
    Nothing,
    /// The child in the note has ended by itself, or its pid now belongs to another process.
    Gone,
    /// Another process of Pollux is running, and the child belongs to it.
    InUse,
    /// It was still running and has been ended.
    Ended {
        /// Its pid.
        pid: u32,
    },
    /// It is still running: the system did not let us end it, or cannot tell whether it is the same process.
    Left {
        /// Its pid.
        pid: u32,
    },
}

/// A process, distinguishable from a later one with the same pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: u32,
    /// When it started, in clock ticks since the system's start.
    started: u64,
}

#[derive(Debug, PartialEq, Eq)]
struct Note {
    child: Process,
    owner: Process,
    /// The configuration file on the child's command line, which only our child uses.
    config: PathBuf,
}

/// Records the child `pid`.
pub(super) fn write(state_file: &Path, pid: u32, program: &Path, config: &Path) -> io::Result<()> {
    let started = |pid| proc::started(pid).unwrap_or_default();
    let owner = std::process::id();
    let note = json!({
        "pid": pid,
        "started": started(pid),
        "owner": owner,
        "owner_started": started(owner),
        "program": program.to_string_lossy(),
        "config": config.to_string_lossy(),
    });
    // Never write half a note: it names a process to kill.
    let new = state_file.with_extension("new");
    fs::write(&new, note.to_string())?;
    fs::rename(&new, state_file)
}

/// Removes the note: the child has ended.
pub(super) fn remove(state_file: &Path) {
    if let Err(error) = fs::remove_file(state_file)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "the note of cloudflared could not be removed");
    }
}

fn read(state_file: &Path) -> Option<Note> {
    let note: Value = serde_json::from_str(&fs::read_to_string(state_file).ok()?).ok()?;
    let process = |pid: &str, started: &str| {
        let pid = u32::try_from(note.get(pid)?.as_u64()?).ok()?;
        // 0 and 1 would be our own group and the system's first process.
        (pid > 1).then_some(Process { pid, started: note.get(started)?.as_u64()? })
    };
    Some(Note {
        child: process("pid", "started")?,
        owner: process("owner", "owner_started")?,
        config: PathBuf::from(note.get("config")?.as_str()?),
    })
}

/// Ends a child that an earlier process of ours left running when it crashed: only one whose pid, start time and
/// command line match the note in `state_file`, and whose owner is gone or is this process. Blocks for 2 s at most.
/// Systems other than Linux do not reveal enough: there a child is [`Reaped::Left`].
pub fn reap(state_file: &Path) -> Reaped {
    let Some(note) = read(state_file) else { return Reaped::Nothing };
    let other_owner = note.owner.pid != std::process::id();
    if other_owner && proc::started(note.owner.pid) == Some(note.owner.started) {
        return Reaped::InUse;
    }
    let pid = note.child.pid;
    let reaped = if cfg!(not(target_os = "linux")) {
        Reaped::Left { pid }
    } else if !proc::is(&note) {
        Reaped::Gone
    } else {
        proc::end(&note)
    };
    match reaped {
        Reaped::Ended { .. } => tracing::info!(pid, "ended a cloudflared that an earlier run left"),
        Reaped::Left { .. } => tracing::warn!(pid, "a cloudflared that an earlier run left may still be running"),
        _ => {}
    }
    remove(state_file);
    reaped
}

#[cfg(target_os = "linux")]
mod proc {
    use std::fs;
    use std::os::unix::ffi::OsStrExt as _;
    use std::time::Duration;

    use nix::sys::signal::{Signal, kill, killpg};
    use nix::unistd::Pid;

    use super::{Note, Reaped};

    /// `/proc/<pid>/stat` from its third field on: the second may hold spaces and parentheses.
    fn stat(pid: u32) -> Option<(char, i32, u64)> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let state = fields.next()?.chars().next()?;
        let group = fields.nth(1)?.parse().ok()?;
        let started = fields.nth(16)?.parse().ok()?;
        Some((state, group, started))
    }

    /// When a process was started, in clock ticks since the system's start; `None` if there is none, or it is dead and
    /// nobody has collected its status yet.
    pub(super) fn started(pid: u32) -> Option<u64> {
        let (state, _, started) = stat(pid)?;
        (!matches!(state, 'Z' | 'X' | 'x')).then_some(started)
    }

    /// Whether the child in the note is running.
    pub(super) fn is(note: &Note) -> bool {
        let Ok(command) = fs::read(format!("/proc/{}/cmdline", note.child.pid)) else { return false };
        let mut arguments = command.split(|byte| *byte == 0);
        // The program may have another name by now: what was found may be a script that becomes the real one.
        started(note.child.pid) == Some(note.child.started)
            && arguments.any(|argument| argument == note.config.as_os_str().as_bytes())
    }

    /// Kills it at once: no listener is left to answer a request.
    pub(super) fn end(note: &Note) -> Reaped {
        let pid = note.child.pid;
        let Ok(target) = i32::try_from(pid) else { return Reaped::Gone };
        let leads = stat(pid).is_some_and(|(_, group, _)| group == target);
        let target = Pid::from_raw(target);
        let sent = if leads { killpg(target, Signal::SIGKILL) } else { kill(target, Signal::SIGKILL) };
        if let Err(error) = sent {
            tracing::warn!(pid, %error, "cloudflared could not be ended");
        }
        for _ in 0..200 {
            if started(pid) != Some(note.child.started) {
                return Reaped::Ended { pid };
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Reaped::Left { pid }
    }
}

#[cfg(not(target_os = "linux"))]
mod proc {
    use super::{Note, Reaped};

    pub(super) fn started(_: u32) -> Option<u64> {
        None
    }

    pub(super) fn is(_: &Note) -> bool {
        false
    }

    pub(super) fn end(note: &Note) -> Reaped {
        Reaped::Left { pid: note.child.pid }
    }
}
