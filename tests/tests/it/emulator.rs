//! `pollux emulator`.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::emulating::{Emulator, command};

#[tokio::test]
async fn a_ping_is_one_line_and_one_verified_delivery() {
    let home = tempfile::tempdir().unwrap();
    let mut emulator = Emulator::start(home.path(), &["--seed", "7"]);
    // The listener needs the secret at its start: the webhook learns its address afterwards.
    let (id, secret) = emulator.webhook("http://127.0.0.1:9/").await;
    let mut listening = tests::listen::start(home.path(), &["--secret", &secret]);
    let uri = listening.address.clone();
    emulator.call("PATCH", &format!("/v1/webhooks/{id}"), Some(json!({ "uri": uri }))).await;
    assert_eq!(emulator.call("POST", &format!("/v1beta/webhooks/{id}:ping"), None).await, json!({}));
    let attempt = emulator.line();
    assert_eq!((&attempt["uri"], &attempt["number"], &attempt["status"]), (&json!(uri), &json!(1), &json!(200)));
    assert_eq!((&attempt["state"], &attempt["next_ms"]), (&json!("delivered"), &Value::Null));
    let delivery = listening.line();
    assert_eq!(delivery["outcome"], "verified", "{delivery}");
    assert_eq!(delivery["message_id"], attempt["id"]);

    emulator.signal("INT");
    assert!(emulator.child.wait().unwrap().success());
    let mut rest = String::new();
    emulator.lines.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
}

#[tokio::test]
async fn what_a_file_keeps_is_there_again_and_sigterm_ends_in_order() {
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("state.db").display().to_string();
    let mut ids = Vec::new();
    for round in 1..=2 {
        let mut emulator = Emulator::start(home.path(), &["--db", &database, "--api-key", "k", "--dynamic", "jwt"]);
        assert_eq!(emulator.api_key, "k");
        assert_eq!(emulator.call("GET", "/emulator/settings", None).await["dynamic"], "jwt");
        ids.push(emulator.webhook("http://127.0.0.1:9/").await.0);
        let listed = emulator.call("GET", "/v1/webhooks", None).await;
        let listed: Vec<_> = listed["webhooks"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
        assert_eq!(listed, ids, "round {round}");
        emulator.signal("TERM");
        assert!(emulator.child.wait().unwrap().success());
    }
}

#[tokio::test]
async fn only_its_own_key_is_taken() {
    let home = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(home.path(), &[]);
    let another = Emulator::start(home.path(), &[]);
    assert!(emulator.api_key.len() > 30 && emulator.api_key != another.api_key);
    let request = tests::sender::client()
        .get(format!("{}/v1/webhooks", emulator.origin))
        .header("x-goog-api-key", &another.api_key);
    let refused = request.send().await.unwrap().status().as_u16();
    assert!([400, 401, 403].contains(&refused), "{refused}");
    emulator.call("GET", "/v1/webhooks", None).await;
}

/// Runs it to its end, which must come by itself: what it said, with exit code 2 and nothing on standard output.
fn refused(command: &mut Command) -> String {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    // It has ended, unless something is wrong.
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()), "{said}");
    said
}

#[test]
fn what_cannot_be_done_is_told_with_exit_code_2() {
    let home = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(home.path(), &[]);
    let taken = emulator.origin.trim_start_matches("http://");
    let said = refused(tests::listen::command(home.path()).args(["emulator", "--bind", taken]));
    assert!(said.contains(taken) && said.contains("in use") && said.contains("another port"), "{said}");

    let broken = home.path().join("broken.db");
    std::fs::write(&broken, "this is no database, and long enough to be told from an empty one".repeat(40)).unwrap();
    let said = refused(&mut command(home.path(), &["--db", &broken.display().to_string()]));
    assert!(said.contains("broken.db") && said.contains("--db"), "{said}");

    for (arguments, expected) in [
        (["--bind", "0.0.0.0:0"], "--expose"),
        (["--warp", "-1"], "0 to 1000000"),
        (["--warp", "NaN"], "0 to 1000000"),
        (["--dynamic", "hs256"], "v1a"),
        (["--api-key", " "], "API key is empty"),
    ] {
        let mut command = tests::listen::command(home.path());
        let said = refused(command.arg("emulator").args(arguments));
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_person_gets_words_and_the_key() {
    let home = tempfile::tempdir().unwrap();
    let mut child = tests::listen::command(home.path())
        .args(["emulator", "--bind", "127.0.0.1:0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut seen = String::new();
    for _ in 0..3 {
        lines.read_line(&mut seen).unwrap();
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(seen.contains("http://127.0.0.1:") && seen.contains("pollux-") && seen.contains("/emulator/"), "{seen}");
}
