//! How `pollux listen`, `pollux forward` and `pollux emulator` end, and what they leave behind.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::receiver::Receiver;
use tests::sender::{BODY, SECRET, client, send};

/// Far more than any end takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// One that was started, with its standard output, of which only the first line was read.
struct Started {
    child: Child,
    out: BufReader<ChildStdout>,
    address: String,
}

/// Starts it, with its temporary files in `scratch`, and waits for its greeting.
fn start(home: &Path, scratch: &Path, arguments: &[&str]) -> Started {
    let mut child = tests::listen::command(home)
        .args(arguments)
        .args(["--json", "--bind", "127.0.0.1:0"])
        .env("TMPDIR", scratch)
        .env_remove("POLLUX_EMULATOR_API_KEY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    let first: Value = serde_json::from_str(&first).unwrap_or_else(|error| panic!("{error}: {first:?}"));
    Started { child, out, address: first["listening"].as_str().unwrap().to_owned() }
}

impl Started {
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// Its exit code and what it said.
    fn end(&mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        let ended = self.child.try_wait().unwrap().is_some();
        // It has ended, unless something is wrong.
        let _ = self.child.kill();
        let code = self.child.wait().unwrap().code();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(ended, "it went on: {said}");
        (code, said)
    }

    /// Whole lines that are still in the pipe.
    fn lines_left(&mut self) -> usize {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        rest.matches('\n').count()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn scratch(home: &Path) -> PathBuf {
    let scratch = home.join("scratch");
    fs::create_dir(&scratch).unwrap();
    scratch
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_signal_just_behind_the_greeting_ends_in_order_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let scratch = scratch(home.path());
    let kinds: [&[&str]; 3] =
        [&["listen"], &["forward", "--to", "http://127.0.0.1:9/", "--all"], &["emulator", "--seed", "1"]];
    for round in 0..40 {
        let arguments = kinds[round % kinds.len()];
        let mut started = start(home.path(), &scratch, arguments);
        started.signal(if round % 2 == 0 { "TERM" } else { "INT" });
        let (code, said) = started.end();
        assert_eq!((code, said.as_str()), (Some(0), ""), "{round}: {arguments:?}");
        assert_eq!(names(&scratch), Vec::<String>::new(), "{round}: {arguments:?}");
    }
}

/// The number in `pollux: N lines are missing…`.
fn missing(said: &str) -> usize {
    let line = said.lines().find(|line| line.contains("missing")).unwrap_or_else(|| panic!("{said:?}"));
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_is_stuck_holds_up_neither_capture_nor_the_end() {
    let home = tempfile::tempdir().unwrap();
    let scratch = scratch(home.path());
    let mut listening = start(home.path(), &scratch, &["listen", "--secret", SECRET]);
    let client = client();
    // A pipe holds 64 KiB.
    for n in 0..150 {
        assert_eq!(send(&client, &listening.address, SECRET, &format!("msg_{n}"), BODY).await.unwrap(), 200);
    }
    listening.signal("INT");
    let (code, said) = listening.end();
    assert_eq!(code, Some(0), "{said}");
    let left = listening.lines_left();
    assert!(left < 150 && left + missing(&said) == 150, "{left} and {said}");
    assert_eq!(names(&scratch), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emulator_whose_reader_is_stuck_ends_too() {
    let home = tempfile::tempdir().unwrap();
    let mut emulator = start(home.path(), home.path(), &["emulator", "--api-key", "k"]);
    let call = |path: String, body: Value| {
        client().post(format!("{}{path}", emulator.address)).header("x-goog-api-key", "k").json(&body)
    };
    // Nobody listens there: a line an attempt all the same. Its address makes the lines long.
    let uri = format!("http://127.0.0.1:9/{}", "x".repeat(1500));
    let body = serde_json::json!({ "name": "n", "uri": uri, "subscribed_events": ["batch.succeeded"] });
    let made: Value = call("/v1/webhooks".into(), body).send().await.unwrap().json().await.unwrap();
    let id = made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    for _ in 0..80 {
        let pinged = call(format!("/v1/webhooks/{id}:ping"), serde_json::json!({})).send().await.unwrap();
        assert_eq!(pinged.status(), 200);
    }
    emulator.signal("TERM");
    let (code, said) = emulator.end();
    assert_eq!(code, Some(0), "{said}");
    let left = emulator.lines_left();
    assert!(left > 0 && missing(&said) > 0, "{left} and {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_at_once() {
    let home = tempfile::tempdir().unwrap();
    let scratch = scratch(home.path());
    let receiver = Receiver::start().await;
    receiver.answers("200 OK", "never", PATIENCE);
    for (second, expected) in [("INT", 130), ("TERM", 143)] {
        // What waits for the target would be waited for at the end.
        let mut forwarding = start(home.path(), &scratch, &["forward", "--to", &receiver.url(), "--all"]);
        let address = forwarding.address.clone();
        assert_eq!(client().post(&address).body("{}").send().await.unwrap().status(), 200);
        forwarding.signal("INT");
        // The first one was heard.
        let deadline = Instant::now() + PATIENCE;
        while client().post(&address).body("{}").send().await.is_ok() {
            assert!(Instant::now() < deadline, "it goes on listening");
        }
        forwarding.signal(second);
        let (code, said) = forwarding.end();
        assert_eq!(code, Some(expected), "{said}");
        assert!(said.contains("ended at once"), "{said}");
        assert_eq!(names(&scratch), Vec::<String>::new());
    }
}

#[test]
fn the_next_start_sweeps_what_a_crash_left_and_nothing_else() {
    let home = tempfile::tempdir().unwrap();
    let scratch = scratch(home.path());
    let mut crashed = start(home.path(), &scratch, &["listen"]);
    let left = names(&scratch);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(fs::metadata(scratch.join(&left[0])).unwrap().mode() & 0o777, 0o700);
    crashed.signal("KILL");
    crashed.end();
    // A copy that only looks like one of ours, one behind a link, and one that others can enter.
    let copy = |name: &str, mode: u32, lock: Option<&str>| {
        let folder = scratch.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("precious"), "mine").unwrap();
        if let Some(text) = lock {
            fs::write(folder.join("lock"), text).unwrap();
        }
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    let mark = fs::read_to_string(scratch.join(&left[0]).join("lock")).unwrap();
    copy("pollux-history-other", 0o700, Some("another program's"));
    copy("pollux-history-unlocked", 0o700, None);
    copy("pollux-history-open", 0o755, Some(&mark));
    copy("elsewhere", 0o700, Some(&mark));
    symlink(scratch.join("elsewhere"), scratch.join("pollux-history-link")).unwrap();
    let strangers = ["elsewhere", "pollux-history-link", "pollux-history-open", "pollux-history-other"];

    let running = start(home.path(), &scratch, &["listen"]);
    let now = names(&scratch);
    assert!(!now.contains(&left[0]), "swept: {now:?}");
    assert_eq!(now.len(), strangers.len() + 2, "{now:?}");
    // One that runs is not swept.
    let mut another = start(home.path(), &scratch, &["listen"]);
    assert!(now.iter().all(|name| names(&scratch).contains(name)));
    another.signal("INT");
    assert_eq!(another.end().0, Some(0));
    drop(running);
    for name in strangers.into_iter().chain(["pollux-history-unlocked"]) {
        assert_eq!(fs::read_to_string(scratch.join(name).join("precious")).unwrap(), "mine", "{name}");
    }
}
