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

/// Standard output is one object, and nothing else.
fn only_object(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        panic!("{error}: {out}\n{err}")
    })
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
    let report = only_object(&output);
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
    keeps_keys,
    answers_500,
    dies_on_alg_none,
    compares_whole_header,
    splits_at_comma,
    checks_no_claim,
    crashes_on_list,
);

fn in_both(test: impl Fn(Language) + Send + Sync) {
    std::thread::scope(|scope| {
        for language in [Language::Python, Language::Node] {
            let test = &test;
            scope.spawn(move || test(language));
        }
    });
}

/// Handlers keep the keys that they fetched: also the second check at the same address signs with those.
#[test]
fn a_handler_that_keeps_keys_passes_twice_and_is_told_of_new_ones() {
    in_both(|language| {
        let (home, port) = (tempfile::tempdir().unwrap(), free_port());
        let jwks = format!("http://127.0.0.1:{port}/.well-known/jwks.json");
        let handler = Handler::start(language, "keeps_keys", SECRET, Some(&jwks));
        for _ in 0..2 {
            let output = check(home.path(), &handler, port).arg("--json").output().unwrap();
            let report = only_object(&output);
            assert_eq!((&report["failed"], &report["open"]), (&0.into(), &0.into()), "{:#?}", failed(&report));
            assert!(String::from_utf8_lossy(&output.stderr).contains(&jwks));
        }
        let renewed = command(home.path())
            .args(["check", "--to", &handler.url, "--yes", "--scheme", "v1a", "--json", "--new-keys"])
            .args(["--jwks-bind", &format!("127.0.0.1:{port}")])
            .output()
            .unwrap();
        let report = only_object(&renewed);
        let [line] = failed(&report)[..] else { panic!("{:#?}", failed(&report)) };
        assert_eq!(line["id"], "v1a_valid");
        let what = report["causes"][0]["what"].as_str().unwrap();
        assert!(what.contains("has not asked for the JWKS") && what.contains("probably"), "{what}");
    });
}

/// What ended it costs one line, and a supervisor brings the others back.
#[test]
fn a_handler_that_ends_is_one_failure() {
    in_both(|language| {
        for supervised in [false, true] {
            let (home, port) = (tempfile::tempdir().unwrap(), free_port());
            let jwks = format!("http://127.0.0.1:{port}/.well-known/jwks.json");
            let start = if supervised { Handler::start_supervised } else { Handler::start };
            let handler = start(language, "dies_on_alg_none", SECRET, Some(&jwks));
            let wait = if supervised { "60" } else { "1" };
            let output = command(home.path())
                .args(["check", "--to", &handler.url, "--yes", "--scheme", "jwt", "--json", "--restart-wait", wait])
                .args(["--jwks-bind", &format!("127.0.0.1:{port}")])
                .output()
                .unwrap();
            let report = only_object(&output);
            let [line] = failed(&report)[..] else { panic!("{:#?}", failed(&report)) };
            assert_eq!(line["id"], "jwt_alg_none", "{line:#}");
            let skipped = report["causes"][0]["skipped"].as_u64().unwrap();
            assert_eq!(skipped == 0, supervised, "{report:#}");
            let passed = report["passed"].as_u64().unwrap();
            assert!(if supervised { passed > 40 } else { passed < 5 }, "{passed}");
            assert_eq!(output.status.code(), Some(1));
        }
    });
}

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

    let no_such_keys = run(&["--to", "http://127.0.0.1:9/", "--secret", SECRET, "--new-keys"]);
    assert_eq!(no_such_keys.status.code(), Some(2));
    assert!(told(&no_such_keys).contains("--scheme v1a"));
    let kept = home.path().join("check-keys.json");
    std::fs::write(&kept, "[]").unwrap();
    let broken = run(&["--to", "http://127.0.0.1:9/", "--scheme", "v1a", "--yes"]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(told(&broken).contains("check-keys.json") && told(&broken).contains("--new-keys"), "{}", told(&broken));
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "[]");

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
