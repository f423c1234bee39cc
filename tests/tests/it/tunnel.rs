//! `pollux listen --tunnel`, with a stand-in for cloudflared on the PATH.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::listen::Listening;

const STAND_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../src-tauri/crates/inbound/tests/it/cloudflared/fake.py");
const TOKEN: &str = "2abcDEFghijKLMNOPqrstuvwxyz_7QdTn4wXyZ5b8cK9m";

/// A folder with the stand-in, to be put on the PATH.
fn stand_in(home: &Path, modes: &Value) -> PathBuf {
    let folder = home.join("programs");
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(STAND_IN, folder.join("cloudflared")).unwrap();
    fs::write(folder.join("modes.json"), modes.to_string()).unwrap();
    folder
}

/// `pollux` with these programs before those of the system. Its probes go nowhere: nothing leaves this machine.
fn command(home: &Path, programs: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(programs.to_path_buf()).chain(std::env::split_paths(&path));
    let mut command = tests::listen::command(home);
    command.env("PATH", std::env::join_paths(folders).unwrap());
    command.env("HTTPS_PROXY", "http://127.0.0.1:9").env("ALL_PROXY", "http://127.0.0.1:9").env_remove("NO_PROXY");
    command.stderr(Stdio::null());
    command
}

fn start(home: &Path, programs: &Path) -> Listening {
    tests::listen::start_in(command(home, programs), &["--tunnel", "cloudflared"])
}

/// The lines until one says that the listener is public: the states before it, and the address.
fn until_public(listening: &mut Listening) -> (Vec<String>, String) {
    let mut states = Vec::new();
    loop {
        let line = listening.line();
        if let Some(public) = line["public"].as_str() {
            return (states, public.to_owned());
        }
        states.push(line["tunnel"]["state"].as_str().unwrap().to_owned());
    }
}

/// The stand-ins that were started.
fn children(programs: &Path) -> Vec<u32> {
    let lines = fs::read_to_string(programs.join("starts.jsonl")).unwrap();
    let pid = |line: &str| serde_json::from_str::<Value>(line).unwrap()["pid"].as_u64().unwrap();
    lines.lines().map(|line| u32::try_from(pid(line)).unwrap()).collect()
}

/// Does the process run? One that has ended and was not asked about by anybody does not.
fn runs(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn soon(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(15), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_says_when_it_is_public_when_it_is_lost_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let programs = stand_in(home.path(), &json!([{ "mode": "ok" }]));
    let mut listening = start(home.path(), &programs);
    let (states, public) = until_public(&mut listening);
    assert_eq!(states, ["starting", "online"]);
    // With a secret in its path, made at random.
    let token = public.strip_prefix("https://four-dashed-word-url0.trycloudflare.com/").unwrap();
    assert!(token.len() == 21 && token.ends_with('/') && !token.contains("//"), "{public}");
    fs::write(programs.join("down"), "").unwrap();
    let lost = listening.line();
    assert_eq!(lost["tunnel"]["state"], "reconnecting", "{lost}");
    assert_eq!((&lost["tunnel"]["public"], &lost["tunnel"]["provider"]), (&json!(public), &json!("cloudflared")));
    fs::remove_file(programs.join("down")).unwrap();
    assert_eq!(until_public(&mut listening).1, public);
    let children = children(&programs);
    assert!(children.len() == 1 && runs(children[0]));
    listening.signal("INT");
    let mut last = None;
    while let Some(line) = listening.next_line() {
        last = Some(line["tunnel"]["state"].clone());
    }
    assert_eq!(last, Some(json!("off")), "the end is told, too");
    assert!(listening.child.wait().unwrap().success());
    assert!(!runs(children[0]));
}

/// What the listener answers to a POST that came through the tunnel.
fn through_the_tunnel(listening: &Listening, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let address = listening.address.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncf-connecting-ip: 192.0.2.1\r\nconnection: close\r\n");
    stream.write_all(format!("{head}content-length: 0\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn the_public_path_has_a_secret_unless_none_is_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let programs = stand_in(home.path(), &json!([{ "mode": "ok" }]));
    for (arguments, token) in
        [(&["--no-path-token"][..], ""), (&["--path-token", "mine-and-secret"], "mine-and-secret/")]
    {
        let all = [&["--tunnel", "cloudflared"], arguments].concat();
        let mut listening = tests::listen::start_in(command(home.path(), &programs), &all);
        let (_, public) = until_public(&mut listening);
        assert!(public.ends_with(&format!(".trycloudflare.com/{token}")), "{public}");
        let without = if token.is_empty() { "200" } else { "404" };
        assert_eq!(through_the_tunnel(&listening, "/"), without);
        assert_eq!(through_the_tunnel(&listening, &format!("/{token}")), "200");
        assert!(listening.interrupt().success());
    }
    for wrong in [&["--path-token", "mine-and-secret"][..], &["--no-path-token"]] {
        let output = tests::listen::command(home.path()).arg("listen").args(wrong).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && told.contains("--tunnel"), "{told}");
    }
}

#[test]
fn what_a_kill_left_running_is_ended_by_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    let programs = stand_in(home.path(), &json!([{ "mode": "ok" }]));
    let mut beside = start(home.path(), &programs);
    until_public(&mut beside);
    let mut listening = start(home.path(), &programs);
    until_public(&mut listening);
    let children = children(&programs);
    assert!(children.len() == 2 && children.iter().all(|pid| runs(*pid)), "{children:?}");
    listening.kill();
    let next = tests::listen::start(home.path(), &[]);
    soon("the child of the killed one ends", || !runs(children[1]));
    assert!(runs(children[0]), "the one of a process that runs is left alone");
    assert!(next.interrupt().success() && beside.interrupt().success());
    assert!(!runs(children[0]));
}

#[test]
fn a_tunnel_that_cannot_be_ends_it_with_4() {
    let home = tempfile::tempdir().unwrap();
    let empty = home.path().join("nothing");
    fs::create_dir(&empty).unwrap();
    let output = command(home.path(), &empty)
        .args(["listen", "--bind", "127.0.0.1:0", "--tunnel", "cloudflared"])
        .env("PATH", &empty)
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (said, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(said.contains("Tunnel (cloudflared): failed") && told.contains("cloudflared"), "{said}{told}");
}

#[test]
fn ngrok_needs_its_authtoken_which_is_never_shown() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, reason) in [
        (&["--tunnel", "ngrok"][..], "NGROK_AUTHTOKEN"),
        (&["--domain", "hooks.invalid"], "--domain is for --tunnel ngrok"),
        (&["--tunnel", "cloudflared", "--domain", "hooks.invalid"], "--domain is for --tunnel ngrok"),
    ] {
        let output = tests::listen::command(home.path()).arg("listen").args(arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(2) && told.contains(reason), "{told}");
    }
    // Nobody is there: it keeps trying, and listens meanwhile.
    let mut command = tests::listen::command(home.path());
    let log = fs::File::create(home.path().join("log")).unwrap();
    command
        .env("NGROK_AUTHTOKEN", TOKEN)
        .env("POLLUX_NGROK_SERVER", "127.0.0.1:9")
        .env("POLLUX_LOG", "debug")
        .stderr(log);
    let mut listening = tests::listen::start_in(command, &["--tunnel", "ngrok", "--domain", "hooks.invalid"]);
    let mut said = String::new();
    loop {
        let line = listening.line();
        said.push_str(&line.to_string());
        if line["tunnel"]["state"] == "reconnecting" {
            assert!(!line["tunnel"]["why"].as_str().unwrap().is_empty(), "{line}");
            break;
        }
    }
    assert!(listening.interrupt().success());
    said.push_str(&fs::read_to_string(home.path().join("log")).unwrap());
    assert!(!said.contains(TOKEN) && said.contains("ngrok"), "{said}");
}
