//! `pollux history`, and the limits of `pollux listen`: what they print, what they do, and what they end with.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::sender::{BODY, SECRET, client, send};

async fn filled(home: &Path, count: usize) -> String {
    let database = home.join("other.db").display().to_string();
    let mut listening = tests::listen::start(home, &["--db", &database, "--secret", SECRET]);
    let client = client();
    for n in 0..count {
        assert_eq!(send(&client, &listening.address, SECRET, &format!("msg_{n}"), BODY).await.unwrap(), 200);
        listening.line();
    }
    assert!(listening.interrupt().success());
    database
}

async fn pollux(home: &Path, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::from(tests::listen::command(home));
    command.env("POLLUX_KEYCHAIN", "file").args(arguments).stdin(Stdio::null()).output().await.unwrap()
}

/// What it printed, and its exit code.
async fn history(home: &Path, database: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let output = pollux(home, &[&["history", "--db", database], arguments].concat()).await;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (format!("{}{}", text(&output.stdout), text(&output.stderr)), output.status.code())
}

async fn json(home: &Path, database: &str, arguments: &[&str]) -> Value {
    let (text, code) = history(home, database, &[&["--json"], arguments].concat()).await;
    assert_eq!(code, Some(0), "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_is_measured_limited_and_thinned_from_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let (home, database) = (home.path(), filled(home.path(), 12).await);
    let (text, code) = history(home, &database, &[]).await;
    assert_eq!(code, Some(0), "{text}");
    for expected in ["other.db", "12 deliveries, 0 pinned", "limit: 2.0 GiB", "free on the disk", "Default: 12"] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }

    let (text, code) = history(home, &database, &["pin", "1", "2", "99"]).await;
    assert!(text.contains("Pinned 2 deliveries.") && text.contains("1 is not there"), "{text}");
    assert_eq!(code, Some(1));
    assert!(history(home, &database, &["unpin", "2"]).await.0.contains("Unpinned 1 delivery."));
    assert!(history(home, &database, &["note", "3", "fails on Mondays"]).await.0.contains("Noted."));
    let sizes = json(home, &database, &[]).await;
    assert_eq!((sizes["deliveries"].as_u64(), sizes["pinned"].as_u64()), (Some(12), Some(1)));

    let deleted = json(home, &database, &["delete", "id:msg_5"]).await;
    assert_eq!((deleted["deliveries"].as_u64(), deleted["what"].as_str()), (Some(1), Some("id:msg_5")));
    assert_eq!(json(home, &database, &[]).await["deliveries"], 11);
    assert!(history(home, &database, &[]).await.0.contains("Deleted, can be taken back"), "it is still told");
    assert!(history(home, &database, &["undo"]).await.0.contains("Taken back."));
    assert_eq!(json(home, &database, &[]).await["deliveries"], 12);
    let (text, code) = history(home, &database, &["undo", "77"]).await;
    assert!(text.contains("cannot be brought back"), "{text}");
    assert_eq!(code, Some(1));
    assert_eq!(history(home, &database, &["undo"]).await.1, Some(2), "there is nothing");
    assert_eq!(history(home, &database, &["delete"]).await.1, Some(2), "what?");
    assert_eq!(history(home, &database, &["delete", "verdict:("]).await.1, Some(2), "no such search");

    let told = json(home, &database, &["keep", "--count", "4", "--preview"]).await;
    assert_eq!((told["preview"]["deliveries"].as_u64(), told["set"].as_bool()), (Some(8), Some(false)));
    assert_eq!(json(home, &database, &[]).await["limits"]["max_count"], Value::Null);
    let (text, _) = history(home, &database, &["keep", "--count", "4", "--days", "30", "--size", "100M"]).await;
    assert!(text.contains("Limit set: 100.0 MiB, 30 days, 4 deliveries."), "{text}");
    assert!(
        text.contains("8 deliveries go now") && text.contains("1 of that time stays because it is pinned."),
        "{text}"
    );
    let (text, code) = history(home, &database, &["keep", "--size", "1M"]).await;
    assert!(text.contains("16 MiB"), "{text}");
    assert_eq!(code, Some(2));
    assert_eq!(history(home, "/no/such.db", &[]).await.1, Some(2));
    assert!(history(home, &database, &["rebuild"]).await.0.contains("Rebuilt"), "nothing to do is done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_keeps_to_its_limits() {
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("ci.db").display().to_string();
    let arguments = ["--db", &database, "--secret", SECRET, "--quiet", "--keep-count", "5", "--keep-size", "20M"];
    let listening = tests::listen::start(home.path(), &arguments);
    let client = client();
    for n in 0..30 {
        assert_eq!(send(&client, &listening.address, SECRET, &format!("msg_{n}"), BODY).await.unwrap(), 200);
    }
    let count = || -> i64 {
        let conn = rusqlite::Connection::open(&database).unwrap();
        conn.busy_timeout(Duration::from_secs(5)).unwrap();
        conn.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0)).unwrap()
    };
    let begun = Instant::now();
    while count() != 5 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} are still there", count());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(listening.interrupt().success());
    for (arguments, says) in [
        (["listen", "--keep-size", "1M"], "at least 16M"),
        (["listen", "--keep-size", "huge"], "such as 500M"),
        (["listen", "--keep-days", "0"], "1..=36500"),
        (["forward", "--keep-count", "0"], "1.."),
        (["emulator", "--keep-count", "0"], "1.."),
    ] {
        let output = pollux(home.path(), &arguments).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && text.contains(says), "{arguments:?}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_history_is_told_from_a_sound_one_and_recovered() {
    let home = tempfile::tempdir().unwrap();
    let (home, database) = (home.path(), filled(home.path(), 300).await);
    let (text, code) = history(home, &database, &["info"]).await;
    assert!(text.contains("300 deliveries") && !text.contains("did not close"), "{text}");
    assert_eq!(code, Some(0));
    let (text, code) = history(home, &database, &["check"]).await;
    assert!(text.contains("Sound: its structure, and every delivery can be read back."), "{text}");
    assert_eq!(code, Some(0));

    tests::damage::overwrite_leaf(Path::new(&database), "delivery_content");
    std::fs::write(format!("{database}-mark"), "pollux-mark 1 open 00000000000000000300 00000001767225600000\n")
        .unwrap();
    let (text, code) = history(home, &database, &["check"]).await;
    assert!(text.contains("the last run did not close it") && text.contains("of 300 cannot be read back."), "{text}");
    assert!(text.contains("SQLite: ") && text.contains("not readable: #"), "{text}");
    assert_eq!(code, Some(1));
    let checked: Value = serde_json::from_str(&history(home, &database, &["check", "--json"]).await.0).unwrap();
    let damage = &checked["health"]["damage"];
    let readable = damage["readable"].as_u64().unwrap();
    assert!(readable > 0 && readable < 300, "{checked}");

    let (text, code) = history(home, &database, &["recover", "--to", &database]).await;
    assert!(text.contains("there is a file already"), "{text}");
    assert_eq!(code, Some(2));
    let listening = tests::listen::start(home, &["--db", &database, "--secret", SECRET]);
    let (text, code) = history(home, &database, &["recover", "--replace"]).await;
    assert!(text.contains("has this history open") && code == Some(2), "{text}");
    listening.kill();
    let recovered = json(home, &database, &["recover", "--replace"]).await;
    assert_eq!((recovered["deliveries"].as_u64(), recovered["of"].as_u64()), (Some(readable), Some(300)));
    assert!(Path::new(recovered["kept"].as_str().unwrap()).exists(), "the damaged one is kept");
    assert_eq!(history(home, &database, &["check"]).await.1, Some(0));
    assert_eq!(json(home, &database, &[]).await["deliveries"], readable);

    let missing = home.join("none.db").display().to_string();
    let (text, code) = history(home, &missing, &["check"]).await;
    assert!(text.contains("there is no history at"), "{text}");
    assert_eq!(code, Some(2));
}
