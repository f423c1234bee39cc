//! `pollux verify`: the vectors through the command line, its exit codes, and secrets that stay out of sight.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tests::sender::{BODY, SECRET, headers};

fn verify(home: &Path, arguments: &[String], body: &[u8]) -> Output {
    let mut child = tests::listen::command(home)
        .arg("verify")
        .args(arguments)
        .args(["--body", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Wrong usage ends it before it reads.
    let _ = child.stdin.take().unwrap().write_all(body);
    child.wait_with_output().unwrap()
}

fn bytes(vector: &Value) -> Vec<u8> {
    let text = vector["body"].as_str().unwrap_or_default();
    if vector["body_encoding"] == "base64" { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() }
}

#[test]
fn the_vectors_come_out_the_same_through_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(tests::fixture("vectors/standard-webhooks.json")).unwrap();
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut checked = 0;
    for vector in &vectors {
        let name = vector["name"].as_str().unwrap();
        let mut arguments = vec!["--json".to_owned(), format!("--now={}", vector["now"])];
        let secrets = vector["secrets"].as_array().cloned().unwrap_or_else(|| vec![vector["secret"].clone()]);
        arguments.extend(secrets.iter().map(|secret| format!("--secret={}", secret.as_str().unwrap())));
        for (header, value) in vector["headers"].as_object().unwrap() {
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            for value in values {
                arguments.push("-H".into());
                arguments.push(format!("{header}: {}", value.as_str().unwrap()));
            }
        }
        let output = verify(home.path(), &arguments, &bytes(vector));
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{name}: {error}: {}", String::from_utf8_lossy(&output.stderr));
        });
        let expect = vector["expect"].as_str().unwrap();
        // These two are warnings in an inspector; a repeat cannot be known by one call.
        let (outcome, reason) = match expect {
            "valid" | "id_contains_full_stop" | "duplicate_id" => ("verified", "valid"),
            other => ("rejected", other),
        };
        assert_eq!((said["outcome"].as_str(), said["reason"].as_str()), (Some(outcome), Some(reason)), "{name}");
        assert_eq!(output.status.code(), Some(if outcome == "verified" { 0 } else { 1 }), "{name}");
        if let Some(diagnosis) = vector["diagnosis"].as_str() {
            assert_eq!(said["diagnosis"].as_str(), Some(diagnosis), "{name}");
        }
        checked += 1;
    }
    assert_eq!(checked, 97);
}

fn read(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(tests::fixture(name)).unwrap()).unwrap()
}

#[test]
fn the_ed25519_and_token_vectors_come_out_the_same_with_a_jwks_file() {
    let home = tempfile::tempdir().unwrap();
    let jwks = home.path().join("jwks.json");
    let mut checked = 0;
    for file in ["vectors/v1a.json", "vectors/jwt.json"] {
        let set = read(file);
        for vector in set["vectors"].as_array().unwrap() {
            let name = vector["name"].as_str().unwrap();
            let keys = if vector["jwks"].is_null() { &set["jwks"] } else { &vector["jwks"] };
            std::fs::write(&jwks, keys.to_string()).unwrap();
            let mut arguments =
                vec!["--json".to_owned(), format!("--now={}", vector["now"]), format!("--jwks={}", jwks.display())];
            for (option, claim) in [("--aud", "audience"), ("--iss", "issuer")] {
                if let Some(value) = vector["policy"][claim].as_str() {
                    arguments.push(format!("{option}={value}"));
                }
            }
            if let Some(leeway) = vector["policy"]["leeway"].as_u64() {
                arguments.push(format!("--leeway={leeway}"));
            }
            for claim in vector["policy"]["required"].as_array().into_iter().flatten() {
                arguments.push(format!("--require={}", claim.as_str().unwrap()));
            }
            let header = |name: &str, value: &str| ["-H".to_owned(), format!("{name}: {value}")];
            for (name, value) in vector["headers"].as_object().into_iter().flatten() {
                arguments.extend(header(name, value.as_str().unwrap()));
            }
            if let Some(token) = vector["token"].as_str() {
                arguments.extend(header("webhook-signature", token));
            }
            let output = verify(home.path(), &arguments, &bytes(vector));
            let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
                panic!("{name}: {error}: {}", String::from_utf8_lossy(&output.stderr));
            });
            let (outcome, reason) = match vector["expect"].as_str().unwrap() {
                // The vectors do not tell a token that covers the body from one that does not: the unit tests do.
                "valid" | "duplicate_id" if said["outcome"] == "unbound" => ("unbound", "body_not_bound_to_token"),
                "valid" | "duplicate_id" => ("verified", "valid"),
                other => ("rejected", other),
            };
            assert_eq!(
                (said["outcome"].as_str(), said["reason"].as_str()),
                (Some(outcome), Some(reason)),
                "{name}: {said}"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 20 + 64);
}

#[test]
fn without_a_key_it_is_unchecked_and_exit_code_3() {
    let home = tempfile::tempdir().unwrap();
    let output = verify(home.path(), &signed("msg_1"), BODY.as_bytes());
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stdout).unwrap().contains("Unchecked"));
}

#[test]
fn secrets_come_from_a_file_or_the_environment_and_are_never_printed() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("secrets.txt");
    std::fs::write(&file, format!("whsec_c2VjcmV0LXRoYXQtaXMtbm90LXRoZS1vbmU=\n{SECRET}\n")).unwrap();
    let mut arguments = signed("msg_1");
    arguments.extend(["--secret-file".to_owned(), file.display().to_string()]);
    let from_file = verify(home.path(), &arguments, BODY.as_bytes());
    assert_eq!(from_file.status.code(), Some(0));

    let from_env = tests::listen::command(home.path())
        .arg("verify")
        .args(signed("msg_2"))
        .args(["--body", "/dev/null"])
        .env("POLLUX_SECRET", SECRET)
        .output()
        .unwrap();
    assert_eq!(from_env.status.code(), Some(1), "another body");
    let core = SECRET.trim_start_matches("whsec_").trim_end_matches('=');
    for output in [from_file, from_env] {
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains(core));
    }
}

#[test]
fn wrong_usage_is_exit_code_2_and_says_what_was_expected() {
    let home = tempfile::tempdir().unwrap();
    let empty = home.path().join("empty.txt");
    std::fs::write(&empty, "\n").unwrap();
    let empty = empty.display().to_string();
    let cases: [(&[&str], &str); 5] = [
        (&["--secret-file", &empty], "holds no secret"),
        (&["-H", "no colon here"], "name: value"),
        (&["--jwks", "/nowhere/jwks.json"], "could not be read"),
        (&["--secret-file", "/nowhere/secrets"], "could not be read"),
        (&["--now", "soon"], "invalid value"),
    ];
    for (arguments, expected) in cases {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let output = verify(home.path(), &arguments, b"");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
    }
}

fn signed(id: &str) -> Vec<String> {
    headers(SECRET, id, BODY)
        .into_iter()
        .flat_map(|(name, value)| ["-H".to_owned(), format!("{name}: {value}")])
        .collect()
}

#[test]
fn the_exit_code_tells_even_where_nobody_reads() {
    let home = tempfile::tempdir().unwrap();
    let mut child = tests::listen::command(home.path())
        .args(["verify", "--secret", SECRET, "--body", "-", "--json"])
        .args(signed("msg_1"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(b"{}").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "rejected: another body");
}
