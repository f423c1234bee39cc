//! `pollux export` and `pollux import`: what goes out comes back, other people's readers take it, and a kill in the
//! middle costs nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use exchange::{Format, Record, Writer};
use serde_json::Value;
use signature::Secret;
use tests::sender::{BODY, SECRET, client, send};

const OTHER: &str = "whsec_NTY3ODlhYmNkZWZnaGlqa2xtbm9wcXJzdHV2MDEyMzQ=";

fn pollux(home: &Path, arguments: &[&str]) -> Output {
    tests::listen::command(home).env("POLLUX_KEYCHAIN", "file").args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn done(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A history with deliveries, made by a listener that has ended: verified, rejected, twice the same id, hostile bytes.
async fn history(home: &Path) -> String {
    let database = home.join("one.db").display().to_string();
    let mut listening = tests::listen::start(home, &["--db", &database, "--secret", SECRET]);
    let (client, address) = (client(), listening.address.clone());
    for (id, secret, body) in [
        ("msg_a", SECRET, BODY),
        ("msg_b", OTHER, BODY),
        ("msg_a", SECRET, BODY),
        ("msg_c", SECRET, "{\"type\":\"batch.failed\",\"data\":{\"id\":\"it's \\\"\u{202e}\\u0000\"}}\n"),
    ] {
        send(&client, &address, secret, id, body).await.unwrap();
        listening.line();
    }
    let binary = client.post(format!("{address}hooks?key=AIzaSecret")).body(&b"\xff\0\xfe"[..]);
    binary
        .header("authorization", "Bearer topsecret")
        .header("x-twice", "1")
        .header("x-twice", "2")
        .send()
        .await
        .unwrap();
    listening.line();
    assert!(listening.interrupt().success());
    database
}

/// Everything of a history that an export holds, by the bytes of the delivery.
fn exported(home: &Path, database: &str) -> Vec<Value> {
    let text = done(&pollux(home, &["export", "--db", database, "--to", "-", "--format", "ndjson"]), 0);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_out_comes_back_with_the_same_verdicts_and_twice_is_once() {
    let home = tempfile::tempdir().unwrap();
    let (home, database) = (home.path(), history(home.path()).await);
    let file = home.join("all.ndjson").display().to_string();
    done(&pollux(home, &["export", "--db", &database, "--to", &file]), 0);
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(text.lines().count(), 5);
    assert!(!text.contains("topsecret") && !text.contains("AIzaSecret"), "credentials are left out");
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["left_out"], serde_json::json!(["authorization", "key in the query"]));
    let with = home.join("with.ndjson").display().to_string();
    done(&pollux(home, &["export", "--db", &database, "--to", &with, "--with-credentials"]), 0);
    assert!(std::fs::read_to_string(&with).unwrap().contains("Bearer topsecret"));

    let two = home.join("two.db").display().to_string();
    let import = |secret: &str| {
        let out = pollux(home, &["import", "--db", &two, "--secret", secret, "--json", &with]);
        serde_json::from_str::<Value>(&done(&out, 0)).unwrap()
    };
    let first = import(SECRET);
    let sums =
        |told: &Value| ["new", "known", "verified", "rejected", "refused"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(sums(&first), [5, 0, 3, 2, 0], "{first}");
    let again = import(SECRET);
    assert_eq!(sums(&again), [0, 5, 0, 0, 0], "{again}");

    let (before, after) = (exported(home, &database), exported(home, &two));
    assert_eq!((before.len(), after.len()), (5, 5));
    for (before, after) in before.iter().zip(&after) {
        for name in ["received_ns", "headers", "body", "path", "query", "outcome", "type", "attempt", "answer", "peer"]
        {
            assert_eq!(before[name], after[name], "{name}\n{before}\n{after}");
        }
        assert_eq!(
            (before["verdict"]["reason"].clone(), after["imported"].clone()),
            (after["verdict"]["reason"].clone(), true.into())
        );
    }
    // With another secret, the verdicts of the file are not believed.
    let three = home.join("three.db").display().to_string();
    let out = pollux(home, &["import", "--db", &three, "--secret", OTHER, "--json", &file]);
    assert_eq!(sums(&serde_json::from_str(&done(&out, 0)).unwrap()), [5, 0, 1, 4, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_har_is_taken_by_other_peoples_readers_and_read_back() {
    let home = tempfile::tempdir().unwrap();
    let (home, database) = (home.path(), history(home.path()).await);
    let file = home.join("all.har").display().to_string();
    done(&pollux(home, &["export", "--db", &database, "--to", &file]), 0);
    let read = tests::peers::node(&["read-har.mjs", &file]).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let read: Value = serde_json::from_slice(&read.stdout).unwrap();
    let requests = read["insomnia"]["requests"].as_array().unwrap();
    assert_eq!((&read["insomnia"]["type"], requests.len()), (&"har".into(), 5));
    assert_eq!((&requests[0]["text"], &requests[0]["method"]), (&BODY.into(), &"POST".into()));
    let script = read["k6"].as_str().unwrap();
    assert_eq!(script.matches("http.post(").count(), 5, "{script}");

    let two = home.join("two.db").display().to_string();
    let out = pollux(home, &["import", "--db", &two, "--secret", SECRET, "--json", &file]);
    let told: Value = serde_json::from_str(&done(&out, 0)).unwrap();
    assert_eq!((&told["new"], &told["verified"], &told["format"]), (&5.into(), &3.into(), &"har".into()), "{told}");
    for (before, after) in exported(home, &database).iter().zip(&exported(home, &two)) {
        assert_eq!((&before["received_ns"], &before["body"]), (&after["received_ns"], &after["body"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn schemas_of_what_arrived_are_taken_by_typescript_pydantic_and_json_schema() {
    let home = tempfile::tempdir().unwrap();
    let (home, database) = (home.path(), history(home.path()).await);
    for (language, name) in [("json", "events.json"), ("ts", "events.ts"), ("pydantic", "events.py")] {
        let file = home.join(name).display().to_string();
        done(&pollux(home, &["export", "--db", &database, "--schema", language, "--to", &file]), 0);
    }
    let schema: Value = serde_json::from_slice(&std::fs::read(home.join("events.json")).unwrap()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let payload: Value = serde_json::from_str(BODY).unwrap();
    assert!(validator.is_valid(&payload));
    assert!(!validator.is_valid(&serde_json::json!({"type": "batch.succeeded", "data": 1})));

    let tsc = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/typescript/bin/tsc");
    assert!(tsc.is_file(), "{} is not installed: make ui", tsc.display());
    let uses =
        format!("import type {{ BatchSucceeded }} from \"./events\";\nexport const event: BatchSucceeded = {BODY};\n");
    std::fs::write(home.join("uses.ts"), uses).unwrap();
    let checked =
        Command::new("node").arg(tsc).args(["--noEmit", "--strict"]).arg(home.join("uses.ts")).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));

    let mut script = std::fs::File::create(home.join("uses.py")).unwrap();
    write!(
        script,
        "import events, pydantic\n\
         event = events.webhook_event.validate_json({BODY:?})\n\
         assert event.data.id == 'batches/8x2k4q9v' and event.type_ == 'batch.succeeded', event\n\
         try:\n    events.webhook_event.validate_json('{{\"type\":\"batch.succeeded\",\"data\":1}}')\n\
         except pydantic.ValidationError:\n    print('refused')\n"
    )
    .unwrap();
    let ran = tests::peers::program("python").arg(home.join("uses.py")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "refused\n", "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line_and_the_rest_is_taken() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let database = home.join("one.db").display().to_string();
    let file = home.join("mixed.sh");
    std::fs::write(&file, "curl -d '{}' https://h/hooks -H 'webhook-id: msg_1'\ncurl -d @body https://h/\n").unwrap();
    let file = file.display().to_string();
    let out = pollux(home, &["import", "--db", &database, &file]);
    assert!(done(&out, 1).contains("1 new (0 verified, 0 rejected, 1 unchecked), 0 there already, 1 refused"));
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains(":2: Its body is in the file \"body\""), "{said}");
    let again = pollux(home, &["import", "--db", &database, &file]);
    assert!(
        done(&again, 1).contains("0 new (0 verified, 0 rejected, 0 unchecked), 1 there already"),
        "no time, and known"
    );
    for (arguments, words) in [
        (vec!["import", "--db", &database, "nowhere.ndjson"], "cannot be read"),
        (vec!["import", "--db", &database, home.to_str().unwrap()], "is a folder"),
        (vec!["import", "--db", &database, &database], "It is a database"),
        (vec!["export", "--db", "nowhere.db", "--to", "x.har"], "there is no history at"),
        (vec!["export", "--db", &database, "--to", "x"], "--format ndjson, har, cloudevents or curl"),
        (vec!["export", "--db", &database, "--to", "nowhere/x.har"], "Nothing can be written to nowhere"),
    ] {
        let out = pollux(home, &arguments);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() != Some(0) && said.contains(words), "{arguments:?}: {said}");
    }
}

const MANY: usize = 30_000;

/// Signed deliveries, a microsecond apart.
fn many(path: &Path) {
    let secret = Secret::parse(SECRET).unwrap();
    let mut writer =
        Writer::new(std::fs::File::create(path).map(std::io::BufWriter::new).unwrap(), Format::Ndjson, "0", "");
    for number in 0..MANY {
        let (id, at) = (format!("msg_{number}"), 1_795_000_000 + number as i64 / 1000);
        let header = |name: &str, value: String| (name.to_owned(), value.into_bytes());
        let record = Record {
            received_ns: Some(1_795_000_000_000_000_000 + number as i64 * 1_000_000),
            method: "POST".into(),
            path: "/".into(),
            http_version: "HTTP/1.1".into(),
            headers: vec![
                header("webhook-id", id.clone()),
                header("webhook-timestamp", at.to_string()),
                header("webhook-signature", signature::sign::v1(&secret, &id, at, BODY.as_bytes())),
            ],
            body: BODY.into(),
            body_len: BODY.len() as u64,
            ..Record::default()
        };
        writer.write(&record).unwrap();
    }
    writer.end().unwrap();
}

/// How many deliveries are in a history; 0 while there is none.
fn count(database: &Path) -> i64 {
    let read = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let count = rusqlite::Connection::open_with_flags(database, read)
        .and_then(|connection| connection.query_row("SELECT count(*) FROM delivery", [], |row| row.get(0)));
    count.unwrap_or(0)
}

#[test]
fn kill_9_in_the_middle_of_an_import_costs_nothing_and_the_next_one_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (database, file) = (home.join("one.db"), home.join("many.ndjson"));
    many(&file);
    let arguments =
        ["import", "--db", database.to_str().unwrap(), "--secret", SECRET, "--json", file.to_str().unwrap()];
    let mut counts = Vec::new();
    for enough in [1, 4_000, 9_000] {
        let mut import = tests::listen::command(home);
        let mut child = import.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while count(&database) < enough {
            assert_eq!(child.try_wait().unwrap(), None, "it ended before it could be killed");
            std::thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let connection = rusqlite::Connection::open(&database).unwrap();
        let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        counts.push(count(&database));
    }
    assert!(counts.is_sorted_by(|before, after| before < after), "{counts:?}: what was stored stays");
    let told: Value = serde_json::from_str(&done(&pollux(home, &arguments), 0)).unwrap();
    let (new, known) = (told["new"].as_u64().unwrap(), told["known"].as_u64().unwrap());
    assert_eq!((new + known, known), (MANY as u64, counts[2] as u64), "{told}");
    assert_eq!(told["verified"].as_u64(), Some(new));
    let connection = rusqlite::Connection::open(&database).unwrap();
    let sums: (i64, i64, i64) = connection
        .query_row(
            "SELECT count(*), count(DISTINCT received_ns), sum(outcome = 0 AND imported = 1) FROM delivery",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .unwrap();
    assert_eq!(sums, (MANY as i64, MANY as i64, MANY as i64));
    let ranges: Vec<(i64, i64)> = connection
        .prepare("SELECT first, last FROM imported_range")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(ranges, [(1, MANY as i64)], "one after the other");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_beside_a_listener_that_forwards_sets_off_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (home, source) = (home.path(), history(home.path()).await);
    let file = home.join("all.ndjson").display().to_string();
    done(&pollux(home, &["export", "--db", &source, "--to", &file]), 0);
    let receiver = tests::receiver::Receiver::start().await;
    let two = home.join("two.db").display().to_string();
    let mut command = tests::listen::command(home);
    command.args(["forward", "--json", "--bind", "127.0.0.1:0", "--to", &receiver.url()]);
    let mut listening = tests::listen::start_as(command, &["--db", &two, "--secret", SECRET]);
    let told: Value =
        serde_json::from_str(&done(&pollux(home, &["import", "--db", &two, "--json", "--secret", SECRET, &file]), 0))
            .unwrap();
    assert_eq!(told["new"], 5);
    assert_eq!(send(&client(), &listening.address, SECRET, "msg_live", BODY).await.unwrap(), 200);
    while !listening.line()["forward"].is_object() {}
    assert_eq!(receiver.ids(), ["msg_live"], "what came out of a file is not sent on");
    assert!(listening.interrupt().success());
    let by_outcome: BTreeMap<String, usize> = exported(home, &two).iter().fold(BTreeMap::new(), |mut sums, one| {
        *sums.entry(one["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
        sums
    });
    assert_eq!(by_outcome, BTreeMap::from([("rejected".to_owned(), 2), ("verified".to_owned(), 4)]));
}
