//! A real shell reads the commands as they were meant.

use std::process::{Command, Stdio};

use exchange::Record;
use exchange::snippet::{Form, Places, copy};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::any;

const PLACES: Places<'_> = Places { listener: "http://127.0.0.1:4710", handler: "http://127.0.0.1:3000/webhook" };
const COMMANDS: usize = 300;

/// What a command was called with.
struct Called {
    words: Vec<Vec<u8>>,
    input: Vec<u8>,
}

/// Runs the commands in bash, with a function in place of the program, and says what it was called with.
fn called(program: &str, commands: &[String]) -> Vec<Called> {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    let says = format!(
        "{program}() {{ for word; do printf %s \"$word\" | base64 -w0; echo; done; echo -; base64 -w0; echo; \
         echo =; }}\n"
    );
    std::fs::write(&script, says + &commands.join("\n")).unwrap();
    let out = Command::new("bash")
        .args(["--norc", "--noprofile"])
        .arg(&script)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .expect("bash is needed for this test");
    assert!(out.status.success() && out.stderr.is_empty(), "{}", String::from_utf8_lossy(&out.stderr));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["script"], "a command wrote a file");
    let text = String::from_utf8(out.stdout).unwrap();
    let unpacked = |line: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.decode(line).unwrap()
    };
    let mut all = Vec::new();
    let mut lines = text.lines();
    while let Some(first) = lines.next() {
        let mut words = vec![];
        let mut line = first;
        while line != "-" {
            words.push(unpacked(line));
            line = lines.next().unwrap();
        }
        all.push(Called { words, input: unpacked(lines.next().unwrap()) });
        assert_eq!(lines.next(), Some("="));
    }
    all
}

fn some() -> Vec<Record> {
    let mut runner = TestRunner::deterministic();
    (0..COMMANDS).map(|_| any::record().new_tree(&mut runner).unwrap().current()).collect()
}

fn after<'a>(words: &'a [Vec<u8>], option: &str) -> Vec<&'a [u8]> {
    words.windows(2).filter(|two| two[0] == option.as_bytes()).map(|two| two[1].as_slice()).collect()
}

#[test]
fn bash_hands_curl_the_bytes_of_the_delivery() {
    let records = some();
    let commands: Vec<_> =
        records.iter().map(|one| copy(std::slice::from_ref(one), Form::Curl, &PLACES).unwrap()).collect();
    let called = called("curl", &commands);
    assert_eq!(called.len(), records.len());
    for ((called, record), command) in called.iter().zip(&records).zip(&commands) {
        let address = format!("http://127.0.0.1:4710{}", record.target());
        assert_eq!(called.words[2], address.as_bytes(), "{command}");
        let body = match after(&called.words, "--data-binary").as_slice() {
            [b"@-"] => called.input.clone(),
            [body] => body.to_vec(),
            other => panic!("{} bodies: {command}", other.len()),
        };
        assert_eq!(body, record.body, "{command}");
        let lines: Vec<_> = record
            .headers
            .iter()
            .map(|(name, value)| match value.as_slice() {
                [] => format!("{name};").into_bytes(),
                value => [name.as_bytes(), b": ", value].concat(),
            })
            .collect();
        let given: Vec<_> = after(&called.words, "-H").into_iter().filter(|line| !line.ends_with(b":")).collect();
        let lines: Vec<_> = lines.iter().map(Vec::as_slice).filter(|line| !line.ends_with(b":")).collect();
        assert_eq!(given, lines, "{command}");
    }
}

#[test]
fn bash_hands_httpie_the_body_on_its_standard_input() {
    let records = some();
    let commands: Vec<_> =
        records.iter().map(|one| copy(std::slice::from_ref(one), Form::Httpie, &PLACES).unwrap()).collect();
    let called = called("http", &commands);
    assert_eq!(called.len(), records.len());
    for ((called, record), command) in called.iter().zip(&records).zip(&commands) {
        assert_eq!(called.input, record.body, "{command}");
        assert_eq!(
            called.words[..2],
            [b"POST".to_vec(), format!("http://127.0.0.1:4710{}", record.target()).into_bytes()]
        );
    }
}
