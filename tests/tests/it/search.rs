//! `pollux search`: what it finds, prints and answers with its exit code, and that it leaves a history as it is.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use tests::sender::{BODY, SECRET, client, send};

const OTHER: &str = "whsec_NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2MDEyMzQ=";
const FAILED: &str = r#"{"type":"batch.failed","data":{"id":"batches/lost-17"}}"#;

fn search(home: &Path, database: &str, arguments: &[&str]) -> Output {
    let mut command = tests::listen::command(home);
    command.env("POLLUX_KEYCHAIN", "file").args(["search", "--db", database]).args(arguments);
    command.stdin(Stdio::null()).output().unwrap()
}

fn done(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The message ids of lines of JSON.
fn ids(output: &Output) -> Vec<String> {
    let lines = done(output, 0);
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["message_id"].as_str().unwrap().to_owned();
    lines.lines().map(id).collect()
}

/// A listener with three verified deliveries, a rejected one and a failed batch.
async fn listening(home: &Path, database: &str) -> tests::listen::Listening {
    let mut listening = tests::listen::start(home, &["--db", database, "--secret", SECRET]);
    let (client, address) = (client(), listening.address.clone());
    let all =
        [("a", SECRET, BODY), ("b", OTHER, BODY), ("c", SECRET, FAILED), ("d", SECRET, BODY), ("e", SECRET, BODY)];
    for (id, secret, body) in all {
        send(&client, &address, secret, &format!("msg_{id}"), body).await.unwrap();
        listening.line();
    }
    listening
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_first_as_lines_as_json_and_as_a_number() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let database = home.join("one.db").display().to_string();
    let listener = listening(home, &database).await;
    // Also while another process writes to it.
    let find = |arguments: &[&str]| search(home, &database, arguments);
    assert_eq!(ids(&find(&["", "--json"])), ["msg_e", "msg_d", "msg_c", "msg_b", "msg_a"]);
    assert_eq!(ids(&find(&["verdict:verified -type:batch.failed", "--json"])), ["msg_e", "msg_d", "msg_a"]);
    assert_eq!(ids(&find(&["LOST-17", "--json"])), ["msg_c"]);
    assert_eq!(ids(&find(&["", "--json", "--limit", "2"])), ["msg_e", "msg_d"]);
    assert_eq!(done(&find(&["verdict:rejected or lost", "--count"]), 0), "2\n");
    assert_eq!(done(&find(&["verdict:rejected", "--count", "--json"]), 0), "{\"count\":1}\n");
    let line = done(&find(&["-verdict:verified"]), 0);
    assert!(line.contains("Rejected") && line.lines().count() == 1, "{line}");

    // Sent after the search began to run: nothing is remembered between two runs.
    send(&client(), &listener.address, SECRET, "msg_f", FAILED).await.unwrap();
    assert_eq!(done(&find(&["lost", "--count"]), 0), "2\n");
    assert!(listener.interrupt().success());
    assert_eq!(ids(&find(&["lost", "--json"])), ["msg_f", "msg_c"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_whether_something_was_found_and_understood() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let database = home.join("one.db").display().to_string();
    assert!(listening(home, &database).await.interrupt().success());
    let find = |arguments: &[&str]| search(home, &database, arguments);
    for nothing in [&["type:video.*"] as &[&str], &["type:video.*", "--json"]] {
        assert_eq!(done(&find(nothing), 1), "");
    }
    assert_eq!(done(&find(&["type:video.*", "--count"]), 1), "0\n");
    for (query, words) in [
        ("verdict:verifed", "Did you mean `verified`?"),
        ("typ:batch.failed", "Did you mean `type:`?"),
        ("(a or", ""),
        ("\"a", ""),
    ] {
        let output = find(&[query]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(done(&output, 2).is_empty() && said.contains(words), "{query}: {said}");
    }
    let missing = home.join("missing.db").display().to_string();
    let output = search(home, &missing, &["a"]);
    assert!(!output.status.success() && !Path::new(&missing).exists(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("missing.db"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_that_there_are_more_only_if_there_are() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let database = home.join("one.db").display().to_string();
    let listener = tests::listen::start(home, &["--quiet", "--db", &database, "--secret", SECRET]);
    let client = client();
    let send = async |number: usize| {
        send(&client, &listener.address, SECRET, &format!("msg_{number}"), BODY).await.unwrap();
    };
    for number in 0..50 {
        send(number).await;
    }
    let more = |output: &Output| String::from_utf8_lossy(&output.stderr).contains("--limit shows more");
    let output = search(home, &database, &[""]);
    assert_eq!((done(&output, 0).lines().count(), more(&output)), (50, false));
    send(50).await;
    let output = search(home, &database, &[""]);
    assert_eq!((done(&output, 0).lines().count(), more(&output)), (50, true));
    let output = search(home, &database, &["", "--limit", "51"]);
    assert_eq!((done(&output, 0).lines().count(), more(&output)), (51, false));
    assert!(listener.interrupt().success());
}
