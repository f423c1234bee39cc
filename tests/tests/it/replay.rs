//! `pollux replay` and `pollux forward`: the other direction without a window.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{ChildStderr, Command, Output, Stdio};
use std::time::{Duration, Instant};

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
    let many = pollux(home.path(), &["replay", "1", "--to", &receiver.url(), "--times", "300", "--json"]).await;
    assert_eq!(
        (many.status.code(), lines(&many).len()),
        (Some(1), 300),
        "a line for each, also beyond those of the window"
    );
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
        (vec!["replay", "1", "99", "--to", &url], "there is no delivery 99"),
        (vec!["replay", "last", "--to", "https://hooks.example.com/"], "Use --allow-remote to allow it"),
        (vec!["replay", "last", "--to", "ftp://localhost/"], "is not an address"),
        (vec!["replay", "last", "--to", &url, "--twist", "stale"], "Choose what to sign with"),
        (vec!["replay", "last", "--to", &url, "--resign"], "has no secret to sign with: there is none"),
        (vec!["replay", "last", "--to", &url, "--resign", "a91f"], "there is no secret \"a91f\""),
        (vec!["replay", "last", "--to", &url, "-H", "nonsense"], "is not a header line"),
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
    let mut forwarding = tests::listen::start_as(command, &["--json", "--bind", "127.0.0.1:0"]);
    let answer = client().post(&forwarding.address).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 202);
    assert_eq!(answer.text().await.unwrap(), "later");
    // The line of a delivery comes when its answer is known.
    receiver.answers("418 I'm a teapot", "no", Duration::from_millis(700));
    assert_eq!(client().post(&forwarding.address).body("{}").send().await.unwrap().status(), 418);
    let mut told = Vec::new();
    while told.len() < 2 {
        let line = forwarding.line();
        if line["outcome"].is_string() {
            assert!(line["took_us"].is_u64(), "{line}");
            told.push(line["status"].clone());
        }
    }
    assert_eq!(told, [202, 418]);
    assert!(forwarding.interrupt().success());
}

/// A forwarder with its standard error, and so many deliveries that it has taken.
async fn with_backlog(home: &Path, to: &str, count: u32, more: &[&str]) -> (tests::listen::Listening, ChildStderr) {
    let mut command = tests::listen::command(home);
    command.args(["forward", "--to", to, "--all", "--concurrency", "1"]).args(more).stderr(Stdio::piped());
    let mut forwarding = tests::listen::start_as(command, &["--json", "--bind", "127.0.0.1:0"]);
    let told = forwarding.child.stderr.take().unwrap();
    for _ in 0..count {
        assert_eq!(client().post(&forwarding.address).body("{}").send().await.unwrap().status(), 200);
    }
    (forwarding, told)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_at_the_end_is_sent_or_told() {
    let home = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    receiver.answers("200 OK", "slow", Duration::from_millis(250));
    let (forwarding, _told) = with_backlog(home.path(), &receiver.url(), 6, &[]).await;
    assert!(forwarding.interrupt().success());
    assert_eq!(receiver.got().len(), 6, "sent behind the interrupt");

    let left = async |to: &str, count: u32, more: &[&str]| {
        let (forwarding, mut told) = with_backlog(home.path(), to, count, more).await;
        // One that is down is known to be so.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let started = Instant::now();
        assert_eq!(forwarding.interrupt().code(), Some(1));
        let mut words = String::new();
        told.read_to_string(&mut words).unwrap();
        (words, started.elapsed())
    };
    let (words, took) = left("http://127.0.0.1:9/", 3, &[]).await;
    assert!(words.contains("pollux: 3 deliveries were not forwarded; they are lost"), "{words}");
    assert!(took < Duration::from_secs(4), "one that is down is not waited for: {took:?}");
    receiver.answers("200 OK", "never", Duration::from_secs(60));
    let database = home.path().join("kept.db").display().to_string();
    let (words, took) = left(&receiver.url(), 1, &["--db", &database]).await;
    assert!(words.contains(&format!("pollux: 1 delivery was not forwarded; it is kept in {database}")), "{words}");
    assert!(took < Duration::from_secs(9), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_that_is_interrupted_is_not_done() {
    let home = tempfile::tempdir().unwrap();
    history(home.path(), &["msg_a"]).await;
    let receiver = Receiver::start().await;
    receiver.answers("200 OK", "slow", Duration::from_millis(300));
    let mut command = tests::listen::command(home.path());
    command.env("POLLUX_KEYCHAIN", "file").args(["replay", "last", "--to", &receiver.url(), "--times", "50", "--json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    out.read_line(&mut first).unwrap();
    assert!(receiver.got().len() < 10, "told as it ended: {first}");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let last: Value = serde_json::from_str(rest.lines().last().unwrap()).unwrap();
    assert_eq!(last["problem"]["code"], "stopped");
    let mut words = String::new();
    child.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert!(words.contains("of 50 were not sent"), "{words}");
}
