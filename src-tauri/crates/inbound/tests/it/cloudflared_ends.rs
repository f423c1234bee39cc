//! cloudflared after Pollux ended without time to clean up.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use inbound::tunnel::Tunnel as _;
use inbound::tunnel::cloudflared::{Reaped, reap};
use serde_json::{Value, json};

use crate::cloudflared::{alive, pid, prepare, site, starts, stat};

const FOLDER: &str = "POLLUX_TEST_PARENT";

/// Runs a tunnel until it is killed, in its own process: not a test by itself.
#[tokio::test]
#[ignore = "started by the tests below"]
async fn a_parent() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let tunnel = prepare(Path::new(&folder), &json!([{ "mode": "ok" }]));
    let (site, mut states, _local) = site(8081);
    let running = tokio::spawn(Box::new(tunnel).run(site));
    while states.recv().await.is_some() {}
    running.await.unwrap();
}

struct Parent {
    process: Child,
    folder: tempfile::TempDir,
    child: u32,
}

/// A process that runs a tunnel; the child runs when this returns.
fn parent(with_death_signal: bool) -> Parent {
    let folder = tempfile::tempdir().unwrap();
    let tools = folder.path().join("tools");
    fs::create_dir(&tools).unwrap();
    let mut path = std::env::var_os("PATH").unwrap();
    if !with_death_signal {
        std::os::unix::fs::symlink("/bin/false", tools.join("setpriv")).unwrap();
        path = std::env::join_paths([tools].into_iter().chain(std::env::split_paths(&path))).unwrap();
    }
    let process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cloudflared_ends::a_parent", "--ignored"])
        .envs([(FOLDER, folder.path().as_os_str()), ("PATH", &path)])
        .envs([("TUNNEL_URL", "http://127.0.0.1:1"), ("TUNNEL_HOSTNAME", "example.com")])
        .envs([("NGROK_AUTHTOKEN", "2abc"), ("GEMINI_API_KEY", "AIza")])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let note = folder.path().join("state/cloudflared.json");
    within("a child and its note", || note.exists() && !starts(folder.path()).is_empty());
    let child = pid(&starts(folder.path())[0]);
    assert!(alive(child));
    Parent { process, folder, child }
}

impl Parent {
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn within(what: &str, done: impl Fn() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn cloudflared_dies_with_a_parent_that_is_killed() {
    let mut parent = parent(true);
    let kept_from_it = &starts(parent.folder.path())[0]["kept_from_it"];
    assert_eq!(*kept_from_it, json!([]), "they would override flags, or are secrets that are nothing to it");
    parent.kill();
    within("its end", || !alive(parent.child));
    assert_eq!(reap(&parent.folder.path().join("state/cloudflared.json")), Reaped::Gone);
}

#[test]
fn cloudflared_that_a_crash_left_is_ended_at_the_next_start() {
    let mut parent = parent(false);
    let note = parent.folder.path().join("state/cloudflared.json");
    assert_eq!(reap(&note), Reaped::InUse, "its owner lives");
    assert!(alive(parent.child) && note.exists());
    parent.kill();
    assert!(alive(parent.child), "without a death signal it is left");
    assert_eq!(reap(&note), Reaped::Ended { pid: parent.child });
    assert!(!alive(parent.child) && !note.exists());
    assert_eq!(reap(&note), Reaped::Nothing);
}

#[test]
fn a_stranger_with_the_pid_of_a_cloudflared_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("cloudflared.json");
    let mut stranger = Command::new("sleep").args(["60"]).spawn().unwrap();
    let started = stat(stranger.id()).unwrap().1;
    let write = |pid: Value, started: u64, config: &str| {
        let fields =
            json!({ "pid": pid, "started": started, "owner": 4_000_000, "owner_started": 1, "config": config });
        fs::write(&note, fields.to_string()).unwrap();
    };
    let id = stranger.id();
    write(json!(id), started, "/x/cloudflared.empty.yml");
    assert_eq!(reap(&note), Reaped::Gone, "another command line");
    write(json!(id), started + 1, "60");
    assert_eq!(reap(&note), Reaped::Gone, "another start");
    for pid in [json!(0), json!(1), json!(-1), json!("x"), json!(1_u64 << 40)] {
        write(pid, started, "60");
        assert_eq!(reap(&note), Reaped::Nothing);
    }
    fs::write(&note, "{").unwrap();
    assert_eq!(reap(&note), Reaped::Nothing);
    assert!(alive(id));
    write(json!(id), started, "60");
    assert_eq!(reap(&note), Reaped::Ended { pid: id }, "the same one would have been ended");
    stranger.wait().unwrap();
}
