//! What others write into a delivery, and how it is printed; colours, and files that are not ours.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Stdio};

use serde_json::{Value, json};
use tests::sender::{SECRET, client, headers};

/// One of each kind: C0, C1, soft hyphen, directions, separators, invisible ones.
const STEERING: &str =
    "\u{1b}[31m\u{9b}2J\u{ad}\u{61c}\u{180e}\u{200b}\u{202e}\u{2028}\u{2029}\u{2066}\u{feff}\u{e0041}";

fn body(place: &str) -> String {
    let metadata = json!({ STEERING: [STEERING, 17] });
    let mut body = json!({ "type": format!("batch.{STEERING}"), "version": "v1", "timestamp": "2026-11-21T01:12:04Z",
                           "data": { "id": format!("batches/{STEERING}") } });
    match place {
        "data" => body["data"]["user_metadata"] = metadata,
        _ => body["user_metadata"] = metadata,
    }
    body.to_string()
}

/// A listener that prints for scripts or for people, and its standard output without its first line.
fn listening(home: &Path, arguments: &[&str]) -> (std::process::Child, BufReader<ChildStdout>, String) {
    let mut command = tests::listen::command(home);
    command.args(["listen", "--bind", "127.0.0.1:0", "--secret", SECRET]).args(arguments);
    let mut child = command.env_remove("NO_COLOR").stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    let from = first.find("http://").unwrap();
    let address = first[from..].split(['"', ' ']).next().unwrap().to_owned();
    (child, out, address)
}

fn steers(text: &str) -> Option<char> {
    text.chars().find(|c| *c != '\n' && (c.is_control() || STEERING.chars().any(|one| one == *c && !one.is_ascii())))
}

#[tokio::test]
async fn nothing_in_a_delivery_steers_or_hides_in_what_is_printed() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [&["--json"][..], &[]] {
        let (mut child, mut out, address) = listening(home.path(), arguments);
        for place in ["data", "top"] {
            let (id, body) = (format!("msg_{place}_é"), body(place));
            let mut request = client().post(format!("{address}%E2%80%AE?q=%C2%9B")).body(body.clone());
            for (name, value) in headers(SECRET, &id, &body) {
                request = request.header(name, value.into_bytes());
            }
            assert_eq!(request.send().await.unwrap().status(), 200);
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            assert_eq!(steers(&line), None, "{line:?}");
            if arguments.is_empty() {
                assert!(line.contains(r"\u{1b}[31m"), "{line}");
                continue;
            }
            let line: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(line["user_metadata"], json!({ STEERING: [STEERING, 17] }), "the same value");
            assert_eq!(line["message_id"], id);
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[tokio::test]
async fn a_file_or_a_pipe_gets_no_colours_not_even_in_log_lines() {
    let home = tempfile::tempdir().unwrap();
    let mut command = tests::listen::command(home.path());
    command.args(["listen", "--bind", "127.0.0.1:0", "--sandbox"]).env_remove("NO_COLOR").env("POLLUX_LOG", "debug");
    command.env("TERM", "xterm-256color").env("COLORTERM", "truecolor");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut seen = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    while !seen.contains("Verified") {
        assert!(out.read_line(&mut seen).unwrap() > 0, "ended after: {seen}");
    }
    child.kill().unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.contains("DEBUG"), "{said}");
    assert!(!said.contains('\u{1b}') && !seen.contains('\u{1b}'), "{said}{seen}");
}

#[cfg(unix)]
#[test]
fn a_file_of_somebody_else_is_left_as_it_is_and_named() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    std::fs::create_dir(at("files")).unwrap();
    let notes = at("files/notes.txt");
    std::fs::write(&notes, "mine").unwrap();
    std::fs::set_permissions(&notes, std::fs::Permissions::from_mode(0o644)).unwrap();
    symlink(&notes, at("files/link")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("files/pipe")).status().unwrap().success());
    let state = || {
        let found = std::fs::metadata(&notes).unwrap();
        let names = std::fs::read_dir(at("files")).unwrap().count();
        (found.mode(), found.mtime_nsec(), std::fs::read(&notes).unwrap(), names)
    };
    let before = state();
    let pointed_at = notes.display().to_string();
    for (name, words) in [
        ("notes.txt", vec!["left"]),
        ("link", vec!["a link to", &pointed_at]),
        ("pipe", vec!["a pipe"]),
        ("", vec!["a folder"]),
    ] {
        let file = at("files").join(name).display().to_string();
        for arguments in [
            &["listen", "--db", &file][..],
            &["forward", "--db", &file, "--to", "http://127.0.0.1:9/", "--all"],
            &["emulator", "--db", &file],
        ] {
            let mut command = tests::listen::command(home.path());
            let output = command.args(arguments).args(["--bind", "127.0.0.1:0"]).stdin(Stdio::null()).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
            for words in words.iter().copied().chain([file.trim_end_matches('/')]) {
                assert!(said.contains(words), "{words}: {arguments:?}: {said}");
            }
            assert!(state() == before, "{arguments:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_data_folder_of_ours_is_closed_to_others_and_a_shared_one_is_not() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    let mode = |name: &str| std::fs::metadata(at(name)).unwrap().mode() & 0o777;
    let open_up = |name: &str| std::fs::set_permissions(at(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    let listed = |data: &str, home: &str| {
        let mut command = tests::listen::command(&at(data));
        command.env("HOME", at(home)).env("TMPDIR", at("tmp")).env("POLLUX_KEYCHAIN", "file").args(["project", "list"]);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    for name in ["home", "tmp", "not-ours"] {
        std::fs::create_dir(at(name)).unwrap();
        open_up(name);
    }
    listed("new/data", "home");
    assert_eq!((mode("new"), mode("new/data")), (0o700, 0o700));
    open_up("new/data");
    listed("new/data", "home");
    assert_eq!(mode("new/data"), 0o700, "it holds our history");
    // Nothing of ours is in it yet: it may be anything.
    listed("not-ours", "home");
    assert_eq!(mode("not-ours"), 0o755);
    for shared in ["home", "tmp"] {
        listed(shared, "home");
        listed(shared, "home");
        assert_eq!(mode(shared), 0o755, "{shared}");
        assert_eq!(mode(&format!("{shared}/pollux.db")), 0o600);
    }
}
