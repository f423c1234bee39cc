//! Children that never outlive the bench, and what the system says about them.

use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A process and all of its own. Killed when dropped.
pub(crate) struct Child(std::process::Child);

/// Starts a command at the head of a process group.
pub(crate) fn group(command: &mut Command) -> io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0).spawn().map(Child)
}

/// Starts a command, with what it prints in a file.
pub(crate) fn group_logging(command: &mut Command, log: &Path) -> io::Result<Child> {
    let log = std::fs::File::create(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).process_group(0).spawn().map(Child)
}

impl Child {
    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// The first line that it prints. Asked for once: what follows is not read.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        BufReader::new(self.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // The group is our own: it was made with its leader, which is not reaped before this.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).stderr(Stdio::null()).status();
        let _ = self.0.wait();
    }
}

/// Ticks in a second of the times in `/proc`: the same on every Linux that Rust runs on (USER_HZ).
const TICKS: f64 = 100.0;

/// The fields of `/proc/PID/stat` from the third (the state) on: the second may hold spaces.
fn stat(pid: u32) -> Vec<String> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let tail = text.rsplit_once(')').map_or("", |(_, tail)| tail);
    tail.split_whitespace().map(str::to_owned).collect()
}

/// Processor time used so far, in user and kernel mode.
pub(crate) fn cpu(pid: u32) -> Duration {
    let stat = stat(pid);
    let ticks: f64 = stat[11..13].iter().map(|field| field.parse::<f64>().unwrap()).sum();
    Duration::from_secs_f64(ticks / TICKS)
}

/// When it was started, in Unix milliseconds, to a hundredth of a second.
pub(crate) fn started_ms(pid: u32) -> f64 {
    let since_boot = stat(pid)[19].parse::<f64>().unwrap() / TICKS;
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    now_ms() - (uptime - since_boot) * 1000.0
}

/// The wall clock in Unix milliseconds.
pub(crate) fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() * 1000.0
}

/// Memory of a process in MiB: its proportional share, what is resident, and the most that ever was.
pub(crate) struct Memory {
    pub(crate) share: f64,
    pub(crate) resident: f64,
    pub(crate) peak: f64,
}

pub(crate) fn memory(pid: u32) -> Memory {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse().unwrap();
        kib / 1024.0
    };
    Memory {
        share: field("smaps_rollup", "Pss:"),
        resident: field("status", "VmRSS:"),
        peak: field("status", "VmHWM:"),
    }
}

/// A process and its descendants.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|pid: u32| Some((pid, stat(pid).get(1)?.parse().ok()?)))
        .collect();
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(parent) = all.get(at).copied() {
        all.extend(parents.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    all
}

/// The process of `binary` whose `POLLUX_DATA_DIR` is `home`.
pub(crate) fn find(binary: &Path, home: &Path) -> Option<u32> {
    let binary = binary.canonicalize().ok()?;
    let variable = format!("POLLUX_DATA_DIR={}", home.display());
    let processes = std::fs::read_dir("/proc").ok()?;
    processes.flatten().find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder: PathBuf = entry.path();
        if std::fs::read_link(folder.join("exe")).ok()? != binary {
            return None;
        }
        let environment = std::fs::read(folder.join("environ")).ok()?;
        environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes()).then_some(pid)
    })
}
