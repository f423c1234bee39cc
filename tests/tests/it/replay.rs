//! `pollux replay` and `pollux forward`: the other direction without a window.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tests::receiver::Receiver;
use tests::sender::{BODY, SECRET, client, send};

/// A history with deliveries, made by a listener that has ended.
async fn history(home: &Path, ids: &[&str]) {
    let database = home.join("pollux.db").display().to_string();
    let mut listening = tests::listen::start(home, &["--db", &database, "--secret", SECRET]);
    for id in ids {
        assert_eq!(send(&client(), &listening.address, SECRET, id, BODY).await.unwrap(), 200);
        assert_eq!(listening.line()["outcome"], "verified");
    }
    assert!(listening.interrupt().success());
}

async fn pollux(home: &Path, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::from(tests::listen::command(home));
    command.env("POLLUX_KEYCHAIN", "file").args(arguments).stdin(Stdio::null()).output().await.unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_of_the_history_are_sent_again_by_number_by_id_and_the_last_one() {
    let home = tempfile::tempdir().unwrap();
    history(home.path(), &["msg_a", "msg_b", "msg_c"]).await;
    let receiver = Receiver::start().await;
    let url = receiver.url();
    let sent = pollux(home.path(), &["replay", "1", "msg_b", "last", "--to", &url, "--json"]).await;
    assert_eq!(sent.status.code(), Some(0), "{}", String::from_utf8_lossy(&sent.stderr));
    assert_eq!(receiver.ids(), ["msg_a", "msg_b", "msg_c"]);
    assert!(receiver.got().iter().all(|got| got.body == BODY.as_bytes()));
    let told = lines(&sent);
    assert_eq!((told.len(), &told[0]["status"], &told[0]["delivery"]), (3, &200.into(), &1.into()));

    receiver.answers("500 Internal Server Error", "no", Duration::ZERO);
    let shown = pollux(home.path(), &["replay", "last", "--to", &url, "--times", "2", "--renew-id"]).await;
    assert_eq!(shown.status.code(), Some(1), "answered, and not 2xx");
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(text.contains("✕ 500") && text.contains("new id") && text.contains("2 of 2 sent"), "{text}");
    let ids = receiver.ids();
    assert!(ids[3].starts_with("msg_") && ids[3] != ids[4] && ids[3] != "msg_c");

    let nobody = pollux(home.path(), &["replay", "last", "--to", "http://127.0.0.1:9/"]).await;
    assert_eq!(nobody.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&nobody.stdout).contains("Nothing listens at 127.0.0.1:9"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_a_replay_is_told_and_nothing_is_sent() {
    let home = tempfile::tempdir().unwrap();
    history(home.path(), &["msg_a"]).await;
    let receiver = Receiver::start().await;
    let url = receiver.url();
    for (arguments, words) in [
        (vec!["replay", "msg_x", "--to", &url], "there is no delivery \"msg_x\""),
        (vec!["replay", "last", "--to", "https://hooks.example.com/"], "Say so with --allow-remote"),
        (vec!["replay", "last", "--to", "ftp://localhost/"], "is not an address"),
        (vec!["replay", "last", "--to", &url, "--twist", "stale"], "Choose what to sign with"),
        (vec!["replay", "last", "--to", &url, "--resign"], "there is no secret"),
        (vec!["replay", "last", "--to", &url, "-H", "nonsense"], "is no header line"),
        (vec!["replay", "last", "--to", &url, "--concurrency", "99"], "1 to 64 requests"),
    ] {
        let refused = pollux(home.path(), &arguments).await;
        let told = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: {told}");
    }
    assert!(receiver.got().is_empty());

    let tampered =
        pollux(home.path(), &["replay", "last", "--to", &url, "--twist", "tampered", "-H", "x-more: 1"]).await;
    assert_eq!(tampered.status.code(), Some(0));
    let got = receiver.got().remove(0);
    assert_ne!(got.body, BODY.as_bytes());
    assert_eq!(got.header("x-more"), Some("1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forwarding_needs_no_window() {
    let home = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    let url = receiver.url();
    let refused = pollux(home.path(), &["forward", "--to", &url, "--bind", "127.0.0.1:0"]).await;
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--all"), "without a key nothing is verified");

    let mut command = tests::listen::command(home.path());
    command.args(["forward", "--to", &url]);
    let mut forwarding = tests::listen::start_as(command, &["--json", "--bind", "127.0.0.1:0", "--secret", SECRET]);
    assert_eq!(send(&client(), &forwarding.address, SECRET, "msg_1", BODY).await.unwrap(), 200);
    let (mut delivery, mut forward) = (None, None);
    while delivery.is_none() || forward.is_none() {
        let line = forwarding.line();
        if line["forward"].is_object() {
            forward = Some(line["forward"].clone());
        } else {
            delivery = Some(line);
        }
    }
    let (delivery, forward) = (delivery.unwrap(), forward.unwrap());
    assert_eq!((&delivery["outcome"], &forward["delivery"]), (&"verified".into(), &delivery["id"]));
    assert_eq!((&forward["status"], &forward["kind"]), (&200.into(), &"forward".into()));
    assert_eq!(receiver.ids(), ["msg_1"]);

    // What is not genuine stays here.
    let forged = client().post(&forwarding.address).header("webhook-id", "msg_2").body("{}").send().await.unwrap();
    assert_eq!(forged.status(), 401);
    assert_eq!(forwarding.line()["outcome"], "rejected");
    assert!(forwarding.interrupt().success());
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_can_be_answered_by_the_target_itself() {
    let home = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    receiver.answers("202 Accepted", "later", Duration::ZERO);
    let mut command = tests::listen::command(home.path());
    command.args(["forward", "--to", &receiver.url(), "--all", "--own-answer", "2000"]);
    let forwarding = tests::listen::start_as(command, &["--json", "--bind", "127.0.0.1:0"]);
    let answer = client().post(&forwarding.address).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(answer.text().await.unwrap(), "later");
}
