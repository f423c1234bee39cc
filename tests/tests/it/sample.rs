//! `pollux sample`, and senders written with other people's libraries.

use std::path::Path;
use std::process::Command;

use tests::sender::{BODY, SECRET};

#[test]
fn samples_of_every_scheme_verify_at_a_listener_that_has_their_keys() {
    let home = tempfile::tempdir().unwrap();
    let sample = |address: &str, arguments: &[&str]| {
        let output = tests::listen::command(home.path())
            .args(["sample", "batch.succeeded", "--to", address])
            .args(arguments)
            .output();
        output.unwrap().status.code()
    };
    let mut listening = tests::listen::start(home.path(), &["--secret", SECRET]);
    assert_eq!(sample(&listening.address, &["--secret", SECRET]), Some(0));
    assert_eq!(listening.line()["outcome"], "verified");
    assert_eq!(sample(&listening.address, &["--secret", SECRET, "--broken", "tampered_body"]), Some(1));
    assert_eq!(listening.line()["reason"], "no_matching_signature");
    drop(listening);

    let jwks = home.path().join("jwks.json").display().to_string();
    // A plain token does not cover the body.
    for (scheme, outcome) in [("v1a", "verified"), ("jwt", "unbound")] {
        std::fs::write(&jwks, "{\"keys\":[]}").unwrap();
        let mut listening = tests::listen::start(home.path(), &["--jwks", &jwks]);
        assert_eq!(sample(&listening.address, &["--scheme", scheme, "--jwks-out", &jwks]), Some(0));
        let line = listening.line();
        assert_eq!(line["outcome"], outcome, "{scheme}: {line}");
    }
    assert_eq!(sample("http://127.0.0.1:9/", &["--secret", SECRET]), Some(1), "nobody there");
    assert_eq!(sample("http://127.0.0.1:9/", &[]), Some(2), "no secret");
    assert_eq!(sample("http://192.0.2.1/", &["--secret", SECRET]), Some(2), "not this machine");
}

/// `make test` installs them; without them the test fails, it is not skipped.
#[test]
fn senders_written_with_the_npm_and_the_pypi_library_verify() {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let home = tempfile::tempdir().unwrap();
    let mut listening = tests::listen::start(home.path(), &["--secret", SECRET]);
    let senders: [(&str, Command); 2] =
        [("npm", Command::new("node")), ("pypi", Command::new(peers.join(".venv/bin/python")))];
    for (name, mut command) in senders {
        let script = peers.join(if name == "npm" { "send.mjs" } else { "send.py" });
        let output =
            command.arg(script).args([&listening.address, SECRET, &format!("msg_{name}"), BODY]).output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            "200",
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let line = listening.line();
        assert_eq!((&line["outcome"], &line["message_id"]), (&"verified".into(), &format!("msg_{name}").into()));
    }
}
