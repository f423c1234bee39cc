//! `pollux diff`: what it prints, and what it ends with.

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use tests::sender::{BODY, SECRET, client, headers};

/// The same event after a proxy has written it again.
fn rewritten() -> String {
    BODY.replace(r#""priority":"high""#, r#""priority":"low""#).replace(r#""version":"v1","#, "")
}

/// A history with two equal attempts and a third that was written again on the way.
async fn history(home: &Path) -> String {
    let database = home.join("other.db").display().to_string();
    let mut listening = tests::listen::start(home, &["--db", &database, "--secret", SECRET]);
    for (body, via) in [(BODY.to_owned(), None), (BODY.to_owned(), None), (rewritten(), Some("1.1 edge-2"))] {
        let mut request = client().post(&listening.address).header("content-type", "application/json").body(body);
        for (name, value) in headers(SECRET, "msg_a", BODY) {
            request = request.header(name, value);
        }
        if let Some(via) = via {
            request = request.header("via", via);
        }
        request.send().await.unwrap();
        listening.line();
    }
    assert!(listening.interrupt().success());
    database
}

async fn pollux(home: &Path, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::from(tests::listen::command(home));
    command.env("POLLUX_KEYCHAIN", "file").args(arguments).stdin(Stdio::null()).output().await.unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_are_compared_and_the_exit_code_says_how_it_ended() {
    let home = tempfile::tempdir().unwrap();
    let database = history(home.path()).await;
    let same = pollux(home.path(), &["diff", "1", "#2", "--db", &database]).await;
    assert_eq!(same.status.code(), Some(0), "{}{}", out(&same), err(&same));
    assert!(out(&same).contains("✓ Both attempts carry the same bytes."), "{}", out(&same));

    let differ = pollux(home.path(), &["diff", "1", "3", "--db", &database, "--secret", SECRET]).await;
    let text = out(&differ);
    assert_eq!(differ.status.code(), Some(1), "{text}{}", err(&differ));
    for expected in [
        "! Two attempts of one event must carry the same bytes. These do not, from byte 27 on.",
        "B's signature fits A's body, so the sender sent the same bytes both times and something on the way to B wrote them \
         again: \"high\" became \"low\", version was dropped. Pass the raw bytes on.",
        "Only B came through via: 1.1 edge-2",
        "#3       attempt 3 of 3",
        "the bodies differ from byte 27 on · webhook-id equal",
        "≠ data.user_metadata.priority",
        "- version",
        "+ via",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }

    let json = pollux(home.path(), &["diff", "1", "3", "--db", &database, "--secret", SECRET, "--json"]).await;
    let value: Value = serde_json::from_str(&out(&json)).unwrap();
    assert_eq!(json.status.code(), Some(1));
    assert_eq!((&value["finding"]["code"], &value["bytes"]["equal_start"]), (&"rewritten_b".into(), &27.into()));
    assert_eq!(value["meaning"]["counts"]["changed"], 1);

    // Without a key that could have signed it, nothing is claimed.
    let unknown = pollux(home.path(), &["diff", "1", "3", "--db", &database]).await;
    assert!(out(&unknown).contains("which bytes were sent is not known"), "{}", out(&unknown));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_the_command_is_said() {
    let home = tempfile::tempdir().unwrap();
    let database = history(home.path()).await;
    let missing = home.path().join("nothing.db").display().to_string();
    for (arguments, expected) in [
        (vec!["diff", "1"], "required arguments"),
        (vec!["diff", "1", "msg_a", "--db", &database], "the number of a delivery is expected"),
        (vec!["diff", "1", "9", "--db", &database], "there is no delivery 9 in the history"),
        (vec!["diff", "1", "2", "--db", &missing], "there is no history at"),
        (vec!["diff", "1", "2", "--secret", SECRET], "are for --db"),
    ] {
        let output = pollux(home.path(), &arguments).await;
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", err(&output));
        assert!(err(&output).contains(expected), "{arguments:?}: {}", err(&output));
    }
    assert!(!Path::new(&missing).exists(), "nothing is made");
}
