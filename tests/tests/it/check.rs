//! `pollux check` against handlers written with other people's libraries: it finds the mistake that was planted in each,
//! and nothing else.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use outbound::check::{MISTAKES, Mistake};
use serde_json::Value;
use tests::handlers::{Handler, Language};
use tests::listen::command;
use tests::sender::SECRET;

/// A port that nobody has at the moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn json_of(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {last}"))
}

fn check(home: &Path, handler: &Handler, port: u16) -> Command {
    let mut check = command(home);
    check
        .env("POLLUX_SECRET", SECRET)
        .args(["check", "--to", &handler.url, "--handled", &handler.handled_url, "--yes"])
        .args(["--scheme", "v1", "--scheme", "v1a", "--scheme", "jwt"])
        .args(["--jwks-bind", &format!("127.0.0.1:{port}")]);
    check
}

fn failed(report: &Value) -> Vec<&Value> {
    report["lines"].as_array().unwrap().iter().filter(|line| line["state"] == "failed").collect()
}

/// Exactly what was planted fails, in both languages.
fn finds(mistake: &Mistake) {
    std::thread::scope(|scope| {
        for language in [Language::Python, Language::Node] {
            scope.spawn(move || finds_in(language, mistake));
        }
    });
}

fn finds_in(language: Language, mistake: &Mistake) {
    let (home, port) = (tempfile::tempdir().unwrap(), free_port());
    let jwks = format!("http://127.0.0.1:{port}/.well-known/jwks.json");
    let handler = Handler::start(language, mistake.name, SECRET, Some(&jwks));
    let junit = home.path().join("check.xml");
    let output = check(home.path(), &handler, port).arg("--json").arg("--junit").arg(&junit).output().unwrap();
    let report = json_of(&output);
    let failed = failed(&report);
    let told = format!("{language:?} {}: {failed:#?}", mistake.name);
    assert_eq!(report["progress"], "done", "{told}");
    assert_eq!(failed.is_empty(), mistake.fails.is_empty(), "{told}");
    assert!(failed.iter().all(|line| mistake.explains(line["id"].as_str().unwrap())), "{told}");
    assert_eq!(output.status.code(), Some(i32::from(!failed.is_empty())), "{told}");
    if mistake.fails.is_empty() {
        // Nothing is in a grace.
        assert_eq!((&report["open"], &report["skipped"]), (&0.into(), &1.into()), "{report:#}");
    }
    let junit = std::fs::read_to_string(&junit).unwrap();
    assert_eq!(junit.matches("<failure ").count(), failed.len());
    let everything = format!("{junit}{}", String::from_utf8_lossy(&output.stdout));
    assert!(!everything.contains(SECRET.trim_start_matches("whsec_")), "the secret was told");
}

macro_rules! planted {
    ($($name:ident),* $(,)?) => {
        $( #[test] fn $name() { finds(Mistake::find(stringify!($name)).unwrap()); } )*

        #[test]
        fn every_mistake_is_planted() {
            let planted = [$(stringify!($name)),*];
            assert!(MISTAKES.iter().all(|mistake| planted.contains(&mistake.name)));
        }
    };
}

planted!(
    none,
    reserialises,
    undecoded_secret,
    whole_secret,
    no_time_check,
    not_idempotent,
    truncated_compare,
    trusts_alg,
    fails_on_unknown_type,
    no_verification,
    first_signature_only,
    slow,
    crashes_on_missing_header,
    small_body_limit,
    unsigned_without_header,
);

#[test]
fn exit_codes_and_words() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| command(home.path()).arg("check").args(arguments).output().unwrap();
    let told = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();

    let nobody = run(&["--to", "http://127.0.0.1:9/", "--secret", SECRET]);
    assert_eq!(nobody.status.code(), Some(4), "{}", told(&nobody));
    let no_secret = run(&["--to", "http://127.0.0.1:9/"]);
    assert_eq!(no_secret.status.code(), Some(2));
    assert!(told(&no_secret).contains("--secret-file"));
    let remote = run(&["--to", "http://192.0.2.1/", "--secret", SECRET]);
    assert_eq!(remote.status.code(), Some(2));
    assert!(told(&remote).contains("--allow-remote"));

    let handler = Handler::start(Language::Node, "no_time_check", SECRET, None);
    let output = run(&["--to", &handler.url, "--secret", SECRET, "--burst", "5"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for words in
        ["✕ Over five minutes old", "Read webhook-timestamp as whole seconds", "3 failed, 2 open", "5 at once: p50"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("v1a_") && !text.contains(SECRET.trim_start_matches("whsec_")), "{text}");
}
