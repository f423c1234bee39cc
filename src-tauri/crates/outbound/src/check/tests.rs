//! The check against receivers with known mistakes.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use samples::{RsaKey, SigningKeys, system_random};
use signature::Scheme;
use tokio_util::sync::CancellationToken;

use super::*;
use receiver::Receiver;

mod one_cause;
mod receiver;

const ALL: [Scheme; 3] = [Scheme::V1, Scheme::V1a, Scheme::Jwt];

/// Made only once, because an RSA key takes a while.
static KEYS: LazyLock<SigningKeys> = LazyLock::new(|| {
    let rsa = |kid: &str| Some(Arc::new(RsaKey::generate(kid.to_owned()).unwrap()));
    SigningKeys { rsa: rsa("key-1"), strange_rsa: rsa("key-2"), ..SigningKeys::generate(&system_random()).unwrap() }
});

fn keys() -> SigningKeys {
    KEYS.clone()
}

fn named(text: &str) -> Named {
    let secret = Secret::parse(text).unwrap();
    Named { hint: secret.hint(), secret }
}

fn plan(url: &str, keys: &SigningKeys, schemes: &[Scheme]) -> Plan {
    Plan {
        target: Target::parse(url).unwrap(),
        any_certificate: false,
        secret: keys.secret.as_deref().map(named),
        old_secret: None,
        schemes: schemes.to_vec(),
        keys: keys.clone(),
        jwks: Some("http://127.0.0.1:1/.well-known/jwks.json".to_owned()),
        jwks_asked: None,
        profile: Profile::default(),
        timeout: Duration::from_secs(10),
        restart: Duration::from_millis(300),
        handled: None,
        burst: 20,
        now: Arc::new(receiver::now),
        random: system_random(),
    }
}

/// Checks a receiver with this mistake.
async fn check(mistake: &str, schemes: &[Scheme], adapt: impl FnOnce(&mut Plan, &Receiver)) -> Report {
    let keys = keys();
    let receiver = Receiver::start(mistake, &keys).await;
    let mut plan = plan(&receiver.url(), &keys, schemes);
    plan.handled = Some(Target::parse(&receiver.handled()).unwrap());
    adapt(&mut plan, &receiver);
    run(Arc::new(plan), CancellationToken::new(), |_| ()).await
}

fn ids(report: &Report, state: State) -> Vec<&str> {
    report.lines.iter().filter(|line| line.state == state).map(|line| line.id.as_str()).collect()
}

/// Exactly what the table says.
fn explained(report: &Report, name: &str) {
    let mistake = Mistake::find(name).unwrap();
    let failed: Vec<&Line> = report.lines.iter().filter(|line| line.state == State::Failed).collect();
    assert_eq!(failed.is_empty(), mistake.fails.is_empty(), "{name}: {failed:#?}");
    for line in failed {
        assert!(mistake.explains(&line.id), "{name}: {line:#?}");
    }
    assert_eq!(report.progress, Progress::Done);
    assert!(ids(report, State::Waiting).is_empty() && ids(report, State::Running).is_empty());
}

#[tokio::test]
async fn nothing_is_found_in_a_correct_receiver() {
    let report = check("none", &ALL, |plan, receiver| plan.old_secret = Some(named(&receiver.old_secret))).await;
    explained(&report, "none");
    assert!(ids(&report, State::Skipped).is_empty() && ids(&report, State::Open).is_empty(), "{report:#?}");
    assert!(report.passed > 80, "{}", report.passed);
    assert_eq!(report.latency.unwrap().count, 20);
    assert_eq!(report.keys.len(), 3);
}

#[tokio::test]
async fn each_scheme_can_be_checked_by_itself() {
    for scheme in ALL {
        let report = check("none", &[scheme], |plan, _| plan.handled = None).await;
        explained(&report, "none");
        assert_eq!(ids(&report, State::Open), ["handled_once", "handled_once_at_once"]);
        assert!(report.passed > 35, "{scheme:?}: {}", report.passed);
    }
}

#[tokio::test]
async fn one_mistake_fails_its_own_lines() {
    let mut checks = tokio::task::JoinSet::new();
    for mistake in [
        "reserialises",
        "undecoded_secret",
        "no_time_check",
        "not_idempotent",
        "fails_on_unknown_type",
        "first_signature_only",
        "compares_whole_header",
        "splits_at_comma",
        "crashes_on_list",
        "crashes_on_missing_header",
        "small_body_limit",
        "unsigned_without_header",
    ] {
        checks.spawn(async move { (mistake, check(mistake, &ALL, |_, _| ()).await) });
    }
    for (mistake, report) in checks.join_all().await {
        explained(&report, mistake);
    }
}

#[tokio::test]
async fn an_undecoded_secret_is_named_and_what_hangs_on_it_is_skipped() {
    let report = check("undecoded_secret", &[Scheme::V1], |_, _| ()).await;
    assert_eq!(ids(&report, State::Failed), ["v1_undecoded_secret"]);
    let valid = report.line("v1_valid").unwrap();
    assert_eq!((valid.state, valid.status), (State::Skipped, Some(401)));
    assert!(valid.got.as_deref().unwrap().contains("v1_undecoded_secret"), "{valid:?}");
    for id in ["event_batch_succeeded", "v1_stale", "burst", "handled_once", "refuses_anything"] {
        assert_eq!(report.line(id).unwrap().state, State::Skipped, "{id}");
    }
    assert_eq!(report.line("empty_post").unwrap().state, State::Passed);
}

#[tokio::test]
async fn a_printer_that_changes_even_the_plain_one_is_found() {
    let report = check("reserialises_spaced", &[Scheme::V1, Scheme::V1a], |_, _| ()).await;
    assert_eq!(ids(&report, State::Failed), ["v1_valid", "v1a_valid"]);
    let valid = report.line("v1_valid").unwrap();
    assert!(valid.got.as_deref().unwrap().contains("json.dumps"), "{valid:?}");
    assert!(valid.mend.contains("get_data()"), "{valid:?}");
}

#[tokio::test]
async fn one_that_takes_everything_is_told_so_at_the_top() {
    let report = check("no_verification", &ALL, |_, _| ()).await;
    explained(&report, "no_verification");
    assert_eq!(report.lines[0].id, "refuses_anything");
    assert_eq!(report.lines[0].state, State::Failed);
}

#[tokio::test]
async fn a_crash_is_told_apart_from_a_refusal() {
    let report = check("crashes_on_refusal", &[Scheme::V1], |_, _| ()).await;
    let line = report.line("v1_stale").unwrap();
    assert_eq!((line.state, line.status), (State::Failed, Some(500)));
    assert!(line.got.as_deref().unwrap().contains("by crashing"), "{line:?}");
}

#[tokio::test]
async fn a_server_that_knows_no_get_does_not_crash() {
    let report = check("none", &[Scheme::V1], |plan, receiver| plan.target = receiver.at("no_get")).await;
    let line = report.line("get").unwrap();
    assert_eq!((line.state, line.status), (State::Passed, Some(501)), "{line:?}");
}

#[tokio::test]
async fn one_that_gives_no_answer_in_time_fails_that_line_only() {
    let report = check("slow", &[Scheme::V1, Scheme::V1a], |plan, _| plan.timeout = Duration::from_millis(300)).await;
    assert_eq!(ids(&report, State::Failed), ["answers_in_time"]);
    assert_eq!(report.line("v1_stale").unwrap().state, State::Passed);
}

#[tokio::test]
async fn a_wrong_path_and_a_redirect_are_not_checked_further() {
    for (path, status) in [("nowhere", 404), ("moved", 308)] {
        let report = check("none", &ALL, |plan, receiver| plan.target = receiver.at(path)).await;
        assert_eq!(ids(&report, State::Failed), ["v1_valid"]);
        let line = report.line("v1_valid").unwrap();
        assert_eq!(line.status, Some(status));
        assert!(line.mend.contains("whole address"), "{line:?}");
        assert_eq!(report.skipped as usize, report.lines.len() - 1);
    }
}

#[tokio::test]
async fn an_old_secret_alone_is_named() {
    let keys = keys();
    let receiver = Receiver::start("none", &keys).await;
    let mut plan = plan(&receiver.url(), &keys, &[Scheme::V1]);
    plan.old_secret = plan.secret.replace(named(&Secret::generate([7; 32])));
    let report = run(Arc::new(plan), CancellationToken::new(), |_| ()).await;
    assert_eq!(ids(&report, State::Failed), ["v1_valid"]);
    assert!(report.line("v1_valid").unwrap().got.as_deref().unwrap().contains("old secret"));
}

#[tokio::test]
async fn nobody_there_is_no_verdict() {
    let plan = plan("http://127.0.0.1:9/", &keys(), &ALL);
    assert!(lines(&plan).iter().all(|line| matches!(line.state, State::Waiting | State::Skipped)));
    let report = run(Arc::new(plan), CancellationToken::new(), |_| ()).await;
    assert_eq!((report.progress, report.failed), (Progress::Unreachable, 0));
    assert!(report.problem.is_some());
    assert!(junit(&report).contains("<error message=\"Nothing listens at 127.0.0.1:9."));
}

#[tokio::test]
async fn it_can_be_stopped_and_tells_what_it_does() {
    let keys = keys();
    let receiver = Receiver::start("none", &keys).await;
    let plan = plan(&receiver.url(), &keys, &ALL);
    let stop = CancellationToken::new();
    let seen = Mutex::new(0);
    let report = run(Arc::new(plan), stop.clone(), |report| {
        *seen.lock().unwrap() += 1;
        if report.passed == 5 {
            stop.cancel();
        }
    })
    .await;
    assert_eq!(report.progress, Progress::Stopped);
    assert!(*seen.lock().unwrap() >= 10);
    assert!(ids(&report, State::Running).is_empty());
    assert!(report.passed < 10 && !ids(&report, State::Waiting).is_empty());
}

#[tokio::test]
async fn no_secret_is_in_what_is_printed() {
    let report = check("echoes", &[Scheme::V1], |_, _| ()).await;
    let (json, xml) = (to_json(&report).to_string(), junit(&report));
    let failed = report.line("v1_valid").unwrap();
    assert!(failed.got.as_deref().unwrap().starts_with("Refused it with 401. Your handler"), "{failed:?}");
    assert!(!json.contains("whsec_AA") && !xml.contains("whsec_AA"));
    assert!(json.contains("whsec_…"));
}

#[test]
fn ids_are_unique_and_no_line_lacks_a_word() {
    let lines = lines(&plan("http://127.0.0.1:9/", &keys(), &ALL));
    let mut ids: Vec<&str> = lines.iter().map(|line| line.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), lines.len());
    for line in &lines {
        for text in [&line.id, &line.group, &line.title, &line.sent, &line.expected, &line.why, &line.mend] {
            assert!(!text.is_empty() && !text.contains("  "), "{line:?}");
        }
    }
    // A name in the table that no line has would never be noticed.
    for mistake in &MISTAKES {
        for pattern in mistake.fails {
            let one = Mistake { name: "", fails: std::slice::from_ref(pattern) };
            assert!(lines.iter().any(|line| one.explains(&line.id)), "{}: {pattern}", mistake.name);
        }
    }
}

#[tokio::test]
async fn the_keys_are_served() {
    let keys = keys();
    let server = KeyServer::start("127.0.0.1:0".parse().unwrap(), &keys).await.unwrap();
    let target = Target::parse(&server.url()).unwrap();
    let answer = odd::get(&target, false, Duration::from_secs(5)).await.answer.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&answer.body).unwrap(), keys.jwks());
    assert!(!String::from_utf8(answer.body).unwrap().contains("\"d\""));
}
