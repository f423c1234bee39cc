//! `pollux listen`.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tests::receiver::Receiver;
use tests::sender::{BODY, SECRET, client, headers, send};

#[tokio::test]
async fn a_line_a_delivery_with_its_verdict_and_ctrl_c_ends_in_order() {
    let home = tempfile::tempdir().unwrap();
    let mut listening = tests::listen::start(home.path(), &["--secret", SECRET]);
    let client = client();
    assert_eq!(send(&client, &listening.address, SECRET, "msg_1", BODY).await.unwrap(), 200);
    let line = listening.line();
    assert_eq!(line["outcome"], "verified");
    assert_eq!(line["event_type"], "batch.succeeded");
    assert_eq!(line["pointer"], "files/batch-8x2k4q9v");
    assert_eq!(line["verdict"]["key"]["id"], "secret[0]");
    assert!(line["verdict"]["steps"].as_array().unwrap().len() >= 5);
    assert_eq!(line["user_metadata"], json!({ "job_group": "nightly-eval", "priority": "high" }));

    assert_eq!(send(&client, &listening.address, SECRET, "msg_1", BODY).await.unwrap(), 200);
    let line = listening.line();
    assert_eq!((&line["attempt"], &line["duplicate"]), (&Value::from(2), &Value::from(true)));

    let mut request = client.post(&listening.address).body(BODY.replace("high", "low"));
    for (name, value) in headers(SECRET, "msg_2", BODY) {
        request = request.header(name, value);
    }
    assert_eq!(request.send().await.unwrap().status(), 401);
    let line = listening.line();
    assert_eq!((&line["outcome"], &line["reason"]), (&"rejected".into(), &"no_matching_signature".into()));

    assert!(listening.interrupt().success());
}

/// The payload in other print than it was signed in.
fn reserialized(id: &str, address: &str) -> reqwest::RequestBuilder {
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(BODY).unwrap()).unwrap();
    let mut request = client().post(address).body(pretty);
    for (name, value) in headers(SECRET, id, BODY) {
        request = request.header(name, value);
    }
    request
}

#[tokio::test]
async fn what_a_rejected_delivery_would_have_matched_is_a_line_of_its_own() {
    let home = tempfile::tempdir().unwrap();
    let mut listening = tests::listen::start(home.path(), &["--secret", SECRET]);
    assert_eq!(reserialized("msg_1", &listening.address).send().await.unwrap().status(), 401);
    let (delivery, explained) = (listening.line(), listening.line());
    assert_eq!((&delivery["outcome"], &delivery["message_id"]), (&json!("rejected"), &json!("msg_1")));
    let explained = &explained["explained"];
    assert_eq!((&explained["id"], &explained["diagnosis"]), (&delivery["id"], &json!("body_reserialized")));
    assert!(explained["finding"].is_string() && explained["fix"].is_string(), "{explained}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rejected_deliveries_hold_up_no_line_and_each_is_explained_or_counted() {
    const REJECTED: usize = 400;
    let home = tempfile::tempdir().unwrap();
    let mut listening = tests::listen::start(home.path(), &["--secret", SECRET]);
    let sends: Vec<_> =
        (0..REJECTED).map(|n| tokio::spawn(reserialized(&format!("msg_{n}"), &listening.address).send())).collect();
    for sent in sends {
        assert_eq!(sent.await.unwrap().unwrap().status(), 401);
    }
    assert_eq!(send(&client(), &listening.address, SECRET, "honest", BODY).await.unwrap(), 200);
    let lines = tokio::task::spawn_blocking(move || {
        let mut lines = vec![listening.line()];
        while lines.last().unwrap()["message_id"] != "honest" {
            lines.push(listening.line());
        }
        listening.signal("INT");
        lines.extend(std::iter::from_fn(|| listening.next_line()));
        lines
    });
    let lines = lines.await.unwrap();
    let deliveries: Vec<i64> = lines.iter().filter_map(|line| line["id"].as_i64()).collect();
    assert!(deliveries.is_sorted() && deliveries.len() == REJECTED + 1, "each once, as they were committed");
    let explained: Vec<i64> = lines.iter().filter_map(|line| line["explained"]["id"].as_i64()).collect();
    let left_out: u64 = lines.iter().filter_map(|line| line["explained_left_out"].as_u64()).sum();
    assert_eq!(explained.len() + usize::try_from(left_out).unwrap(), REJECTED);
    let place = |id: i64, member: &str| {
        let line = |line: &Value| if member.is_empty() { line["id"] == id } else { line[member]["id"] == id };
        lines.iter().position(line).unwrap()
    };
    assert!(explained.iter().all(|id| place(*id, "") < place(*id, "explained")), "behind its delivery");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_answered_later_holds_up_no_other() {
    let home = tempfile::tempdir().unwrap();
    let receiver = Receiver::start().await;
    receiver.answers("202 Accepted", "slow", Duration::from_secs(3));
    let mut command = tests::listen::command(home.path());
    command.args(["forward", "--to", &receiver.url(), "--all", "--own-answer", "30000"]);
    let mut forwarding = tests::listen::start_as(command, &["--json", "--bind", "127.0.0.1:0"]);
    let slow = tokio::spawn(client().post(&forwarding.address).body("1").send());
    while receiver.got().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    receiver.answers("201 Created", "quick", Duration::ZERO);
    assert_eq!(client().post(&forwarding.address).body("2").send().await.unwrap().status(), 201);
    assert_eq!(slow.await.unwrap().unwrap().status(), 202);
    let mut told = Vec::new();
    while told.len() < 2 {
        let line = forwarding.line();
        if line["outcome"].is_string() {
            told.push((line["id"].as_i64().unwrap(), line["status"].as_u64().unwrap()));
        }
    }
    assert_eq!(told, [(2, 201), (1, 202)]);
}

#[tokio::test]
async fn the_history_of_a_database_file_stays() {
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("kept.db").display().to_string();
    for round in 1..=2 {
        let listening = tests::listen::start(home.path(), &["--secret", SECRET, "--db", &database]);
        send(&client(), &listening.address, SECRET, "msg_1", BODY).await.unwrap();
        assert!(listening.interrupt().success());
        let connection = rusqlite::Connection::open(&database).unwrap();
        let kept: i64 = connection.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, round);
    }
}

#[test]
fn a_taken_port_is_told_with_a_free_one_and_exit_code_2() {
    let home = tempfile::tempdir().unwrap();
    let listening = tests::listen::start(home.path(), &[]);
    let taken = listening.address.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let output = tests::listen::command(home.path()).args(["listen", "--bind", &taken]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&taken) && said.contains("already in use") && said.contains("is free: --bind"), "{said}");
}

#[test]
fn without_a_display_it_says_so_and_shows_the_live_view() {
    let home = tempfile::tempdir().unwrap();
    let mut child = tests::listen::command(home.path())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut seen = String::new();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
    while !seen.contains("Verified") {
        assert!(std::io::BufRead::read_line(&mut lines, &mut seen).unwrap() > 0, "ended after: {seen}");
    }
    child.kill().unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
    assert!(said.contains("No display"), "{said}");
    assert!(seen.contains("Listening on http://127.0.0.1:") && seen.contains("batch.succeeded"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_the_end_is_shown() {
    let home = tempfile::tempdir().unwrap();
    let mut listening = tests::listen::start(home.path(), &["--secret", SECRET]);
    let sends: Vec<_> = (0..8)
        .map(|lane| {
            let address = listening.address.clone();
            tokio::spawn(async move {
                let client = client();
                for index in 0..40 {
                    assert_eq!(
                        send(&client, &address, SECRET, &format!("msg_{lane}_{index}"), BODY).await.unwrap(),
                        200
                    );
                }
            })
        })
        .collect();
    let reader = tokio::task::spawn_blocking(move || {
        let mut ids = std::collections::BTreeSet::new();
        for _ in 0..100 {
            ids.insert(listening.line()["id"].as_i64().unwrap());
        }
        (listening, ids)
    });
    for sent in sends {
        sent.await.unwrap();
    }
    let (mut listening, mut ids) = reader.await.unwrap();
    listening.signal("INT");
    while let Some(line) = listening.next_line() {
        assert!(ids.insert(line["id"].as_i64().unwrap()), "twice: {line}");
    }
    assert_eq!(ids.len(), 320);
}

#[tokio::test]
async fn nothing_stays_behind_when_its_reader_goes_away() {
    let home = tempfile::tempdir().unwrap();
    let scratch = home.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let mut child = tests::listen::command(home.path())
        .args(["listen", "--json", "--bind", "127.0.0.1:0"])
        .env("TMPDIR", &scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut lines, &mut first).unwrap();
    drop(lines);
    let first: Value = serde_json::from_str(&first).unwrap();
    client().post(first["listening"].as_str().unwrap()).body("{}").send().await.unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0, "the history of the run is gone");
}

#[tokio::test]
async fn large_deliveries_at_once_are_all_shown() {
    let home = tempfile::tempdir().unwrap();
    let mut listening = tests::listen::start(home.path(), &[]);
    let body = "x".repeat(4 * 1024 * 1024);
    let sends: Vec<_> =
        (0..12).map(|_| tokio::spawn(client().post(&listening.address).body(body.clone()).send())).collect();
    let mut answered = 0;
    for sent in sends {
        answered += usize::from(sent.await.unwrap().unwrap().status() == 200);
    }
    let lines = tokio::task::spawn_blocking(move || {
        (0..answered).map(|_| listening.line()["status"].clone()).collect::<Vec<_>>()
    });
    let lines = tokio::time::timeout(Duration::from_secs(30), lines).await.expect("all are shown").unwrap();
    assert!(answered > 0 && lines.iter().all(|status| status == 200));
}
