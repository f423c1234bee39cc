//! What a delivery is copied as runs: it sends these bytes, and a library that is not ours verifies what it signed.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use exchange::Record;
use exchange::snippet::{Form, Places, copy};
use standardwebhooks::Webhook;
use tests::receiver::{Got, Receiver};
use tests::sender::{BODY, SECRET};

fn record(id: &str, body: &[u8]) -> Record {
    let header = |name: &str, value: &[u8]| (name.to_owned(), value.to_vec());
    Record {
        id: Some(7),
        method: "POST".into(),
        path: "/hooks/gemini".into(),
        query: Some("a=it's&b=$HOME".into()),
        http_version: "HTTP/1.1".into(),
        headers: vec![
            header("Host", b"elsewhere.example"),
            header("Content-Type", b"application/json"),
            header("webhook-id", id.as_bytes()),
            header("webhook-timestamp", b"1795980600"),
            header("webhook-signature", b"v1,b2xk"),
            header("Authorization", b"Bearer topsecret"),
            header("x-odd", b"it's \"$(id)\" \\n =1"),
        ],
        body: body.to_vec(),
        body_len: body.len() as u64,
        message_id: Some(id.into()),
        event_type: Some("batch.succeeded".into()),
        ..Record::default()
    }
}

/// Texts that mean something to shells and languages, and one that hides.
fn texts() -> Vec<Record> {
    let odd = "{\"a\":\"it's `id` $(id) ${HOME} \\\\ \\\" \u{202e}\u{1f600}é\u{2028}\"}\r\n";
    vec![record("msg_1", BODY.as_bytes()), record("msg_2", odd.as_bytes()), record("msg_3", b"@/etc/passwd")]
}

/// The same, with bytes that are no text.
fn all() -> Vec<Record> {
    let mut all = texts();
    all.push(record("msg_4", b"\xff\0\xfe'\"\\\n"));
    all
}

fn ran(mut command: Command) -> Output {
    let out = command.env("WEBHOOK_SECRET", SECRET).output().unwrap();
    let (said, printed) = (String::from_utf8_lossy(&out.stderr), String::from_utf8_lossy(&out.stdout));
    assert!(out.status.success(), "{said}\n{printed}");
    out
}

/// The program of these deliveries, in a file of this name in `folder`, run by `command`.
async fn received(form: Form, records: &[Record], file: &Path, command: Command) -> Vec<Got> {
    let receiver = Receiver::start().await;
    let address = receiver.url();
    let places = Places { listener: address.trim_end_matches('/'), handler: &address };
    let text = copy(records, form, &places).unwrap();
    assert!(!text.contains("topsecret") && !text.contains(SECRET), "{text}");
    std::fs::write(file, text).unwrap();
    tokio::task::spawn_blocking(move || ran(command)).await.unwrap();
    let got = receiver.got();
    assert_eq!(got.len(), records.len(), "{form:?}");
    for (got, record) in got.iter().zip(records) {
        assert_eq!(got.body, record.body, "{form:?}");
        assert_eq!(got.header("webhook-id"), record.message_id.as_deref(), "{form:?}");
        assert_eq!(got.header("x-odd"), Some("it's \"$(id)\" \\n =1"), "{form:?}");
        assert_eq!(got.header("authorization"), None, "{form:?}");
    }
    got
}

fn signed_now(got: &[Got]) {
    for got in got {
        let value = |name: &str| got.header(name).unwrap().to_owned();
        let (id, at) = (value("webhook-id"), value("webhook-timestamp"));
        let at: i64 = at.parse().unwrap();
        assert!((tests::sender::now() - at).abs() < 120);
        let expected = match std::str::from_utf8(&got.body) {
            Ok(_) => Webhook::new(SECRET).unwrap().sign(&id, at, &got.body).unwrap(),
            Err(_) => signature::sign::v1(&signature::Secret::parse(SECRET).unwrap(), &id, at, &got.body),
        };
        assert_eq!(value("webhook-signature"), expected);
    }
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_send_the_delivery_as_it_came() {
    let folder = tempfile::tempdir().unwrap();
    for (form, name) in [(Form::Curl, "curl.sh"), (Form::Httpie, "httpie.sh")] {
        let script = file(folder.path(), name);
        let mut command = Command::new("bash");
        let venv = tests::peers::folder().join(".venv/bin");
        let path = format!("{}:{}", venv.display(), std::env::var("PATH").unwrap());
        command.arg(&script).env("PATH", path).env("NO_PROXY", "*").current_dir(folder.path());
        for got in received(form, &all(), &script, command).await {
            assert_eq!(got.header("webhook-signature"), Some("v1,b2xk"));
            assert_eq!(got.header("user-agent"), None, "{form:?} adds nothing by itself");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn python_sends_it_signed_anew() {
    let folder = tempfile::tempdir().unwrap();
    for records in [texts(), all()] {
        let script = file(folder.path(), "send.py");
        let mut command = tests::peers::program("python");
        command.arg(&script);
        signed_now(&received(Form::Python, &records, &script, command).await);
        let script = file(folder.path(), "test_webhook.py");
        let mut command = tests::peers::program("pytest");
        command.args(["-q", "-p", "no:cacheprovider"]).arg(&script);
        signed_now(&received(Form::Pytest, &records, &script, command).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn node_sends_it_signed_anew() {
    // Beside the packages that it imports.
    let folder = tempfile::tempdir_in(tests::peers::folder()).unwrap();
    for records in [texts(), all()] {
        let script = file(folder.path(), "send.mjs");
        let command = tests::peers::node(&[script.to_str().unwrap()]);
        signed_now(&received(Form::JavaScript, &records, &script, command).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vitest_takes_its_tests() {
    let vitest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/vitest/vitest.mjs");
    assert!(vitest.is_file(), "{} is not installed: make ui", vitest.display());
    let vitest = vitest.canonicalize().unwrap();
    // Both packages that it imports are above it: one of them by a link.
    let folder = tempfile::tempdir_in(tests::peers::folder()).unwrap();
    std::fs::create_dir(folder.path().join("node_modules")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(vitest.parent().unwrap(), folder.path().join("node_modules/vitest")).unwrap();
    let script = file(folder.path(), "webhook.test.mjs");
    let mut command = tests::peers::node(&[]);
    command.arg(vitest).args(["run", "--root"]).arg(folder.path()).env("CI", "1");
    signed_now(&received(Form::Vitest, &texts(), &script, command).await);
}

/// The Rust of a snippet, as it was when this was compiled. [`rust_is_what_was_compiled`] holds the two together.
#[allow(clippy::print_stdout, unused)]
mod compiled {
    include!("../../fixtures/snippet.rs");
}

#[test]
fn rust_is_what_was_compiled() {
    let places = Places { listener: "http://127.0.0.1:4710", handler: "http://127.0.0.1:3000/webhook" };
    let text = copy(&texts(), Form::Rust, &places).unwrap();
    let path = tests::fixture("snippet.rs");
    if std::env::var_os("POLLUX_WRITE_SNIPPET").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "POLLUX_WRITE_SNIPPET=1 writes it");
}
