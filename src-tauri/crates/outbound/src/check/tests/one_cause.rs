//! One cause is one failure: what follows from it is skipped and refers to it.

use super::*;

const BACK_SOON: Option<Duration> = Some(Duration::from_millis(300));

/// Checks a receiver that can end, and is restarted if `restarts` says so.
async fn check_mortal(mistake: &str, schemes: &[Scheme], restarts: Option<Duration>) -> Report {
    let keys = keys();
    let receiver = Receiver::mortal(mistake, &keys, restarts);
    let mut plan = plan(&receiver.url(), &keys, schemes);
    if restarts.is_some() {
        plan.restart = Duration::from_secs(20);
    }
    run(Arc::new(plan), CancellationToken::new(), |_| ()).await
}

/// The line fails alone and stands for all that were skipped because of it. Returns its cause.
fn stands_for_all<'a>(report: &'a Report, id: &str) -> &'a Cause {
    assert_eq!(ids(report, State::Failed), [id], "{report:#?}");
    assert_eq!(report.progress, Progress::Done);
    assert!(ids(report, State::Waiting).is_empty() && ids(report, State::Running).is_empty());
    let [cause] = report.causes.as_slice() else { panic!("{:#?}", report.causes) };
    assert_eq!(cause.line, id);
    assert_eq!(cause.mend, report.line(id).unwrap().mend);
    let skipped = report.lines.iter().filter(|line| line.cause.as_deref() == Some(id));
    assert_eq!(cause.skipped as usize, skipped.clone().count());
    assert!(skipped.clone().all(|line| line.state == State::Skipped && line.got.is_some()));
    // In JUnit the others are skipped, not failed.
    let xml = junit(report);
    assert_eq!(xml.matches("<failure ").count(), 1);
    assert!(xml.contains("failures=\"1\" errors=\"0\""), "{xml}");
    assert_eq!(xml.matches("<skipped ").count(), (report.skipped + report.open) as usize);
    cause
}

#[tokio::test]
async fn one_that_crashes_at_everything_is_one_failure_and_its_advice_is_the_log() {
    for schemes in [&[Scheme::V1][..], &[Scheme::Jwt], &ALL] {
        let report = check("crashes", schemes, |_, _| ()).await;
        let first = if schemes.contains(&Scheme::V1) { "v1_valid" } else { "jwt_valid" };
        let cause = stands_for_all(&report, first);
        assert_eq!(cause.what, "Your handler answers 500 to everything, even to a plain good delivery.");
        assert!(cause.mend.contains("log"), "{cause:?}");
        for word in ["secret", "key", "JWKS"] {
            assert!(!cause.mend.contains(word), "{cause:?}");
        }
        assert_eq!(report.passed, 1, "a GET is refused with 405: {report:#?}");
    }
}

#[tokio::test]
async fn a_crash_at_one_kind_of_delivery_keeps_the_advice_of_its_line() {
    let report = check("fails_on_unknown_type", &[Scheme::V1], |_, _| ()).await;
    let line = report.line("unknown_type").unwrap();
    assert_eq!((line.state, line.status), (State::Failed, Some(500)));
    assert!(line.mend.contains("types that you do not know"), "{line:?}");
    assert!(report.causes.is_empty(), "{:?}", report.causes);
}

#[tokio::test]
async fn one_that_crashes_after_it_has_verified_still_tells_forgeries_apart() {
    let report = check("crashes_when_genuine", &[Scheme::V1], |_, _| ()).await;
    let cause = stands_for_all(&report, "v1_valid");
    assert_eq!(cause.what, "Your handler answers 500 to a plain good delivery.");
    assert_eq!(report.line("v1_wrong_secret").unwrap().state, State::Passed);
}

#[tokio::test]
async fn one_that_refuses_everything_is_one_failure() {
    let report = check("refuses_all", &ALL, |_, _| ()).await;
    let cause = stands_for_all(&report, "v1_valid");
    assert_eq!(cause.what, "Your handler refuses everything with 401, even a plain good delivery.");
    let other = report.line("jwt_valid").unwrap();
    assert_eq!((other.state, other.status), (State::Skipped, Some(401)));
    assert!(other.got.as_deref().unwrap().contains("v1_valid"), "{other:?}");
    assert_eq!(report.line("refuses_anything").unwrap().state, State::Skipped);
}

#[tokio::test]
async fn a_scheme_that_is_refused_beside_one_that_is_taken_has_a_cause_of_its_own() {
    let report = check("none", &ALL, |plan, _| plan.secret = Some(named(&Secret::generate([8; 32])))).await;
    let cause = stands_for_all(&report, "v1_valid");
    assert_eq!(cause.what, "Your handler refuses a plain good v1 delivery with 401.");
    assert!(cause.mend.contains("secret"), "{cause:?}");
    assert_eq!(report.line("jwt_valid").unwrap().state, State::Passed);
}

#[tokio::test]
async fn a_wrong_path_and_a_redirect_are_causes() {
    for (path, words) in [("nowhere", "it answers 404"), ("moved", "308, a redirect")] {
        let report = check("none", &ALL, |plan, receiver| plan.target = receiver.at(path)).await;
        let cause = stands_for_all(&report, "v1_valid");
        assert!(cause.what.contains(words), "{cause:?}");
        assert_eq!(cause.skipped as usize, report.lines.len() - 1 - lacking(&report));
    }
}

/// Lines that this plan cannot send.
fn lacking(report: &Report) -> usize {
    report.lines.iter().filter(|line| line.state == State::Skipped && line.cause.is_none()).count()
}

#[tokio::test]
async fn connections_that_are_closed_at_everything_are_one_failure() {
    let report = check("cuts_all", &[Scheme::V1], |_, _| ()).await;
    let cause = stands_for_all(&report, "v1_valid");
    assert!(cause.what.contains("closes the connection"), "{cause:?}");
}

#[tokio::test]
async fn a_delivery_that_ends_the_handler_is_named_and_the_rest_is_skipped() {
    let report = check_mortal("dies_on_alg_none", &ALL, None).await;
    let cause = stands_for_all(&report, "jwt_alg_none");
    assert_eq!(cause.what, "This delivery ended your handler: Token without a signature.");
    assert!(cause.mend.contains("log"), "{cause:?}");
    let line = report.line("jwt_alg_none").unwrap();
    assert!(line.got.as_deref().unwrap().contains("has not come back"), "{line:?}");
    for id in ["jwt_wrong_key", "event_batch_succeeded", "burst", "handled_once", "get"] {
        let line = report.line(id).unwrap();
        assert_eq!(line.state, State::Skipped, "{line:?}");
        assert!(line.got.as_deref().unwrap().contains("not running any more: see jwt_alg_none"), "{line:?}");
    }
    assert_eq!(report.line("v1_stale").unwrap().state, State::Passed);
}

#[tokio::test]
async fn one_that_comes_back_is_checked_to_the_end() {
    let report = check_mortal("dies_on_alg_none", &ALL, BACK_SOON).await;
    let cause = stands_for_all(&report, "jwt_alg_none");
    assert_eq!(cause.skipped, 0);
    assert!(report.line("jwt_alg_none").unwrap().got.as_deref().unwrap().contains("was back after"));
    assert!(report.passed > 80, "{report:#?}");
}

#[tokio::test]
async fn one_that_ends_after_its_answer_is_not_held_against_the_next_delivery() {
    let report = check_mortal("dies_after_alg_none", &[Scheme::Jwt], BACK_SOON).await;
    stands_for_all(&report, "jwt_alg_none");
    let line = report.line("jwt_alg_none").unwrap();
    assert!(line.got.as_deref().unwrap().contains("right after its answer"), "{line:?}");
    assert_eq!(report.line("jwt_hs256_public_key").unwrap().state, State::Passed);
}

#[tokio::test]
async fn one_that_ends_at_every_delivery_is_one_failure() {
    let report = check_mortal("dies_on_all", &ALL, None).await;
    let cause = stands_for_all(&report, "v1_valid");
    assert_eq!(cause.skipped as usize, report.lines.len() - 1 - lacking(&report));
}

#[tokio::test]
async fn a_connection_that_is_closed_for_one_delivery_is_no_end() {
    let report = check("cuts_alg_none", &ALL, |_, _| ()).await;
    assert_eq!(ids(&report, State::Failed), ["jwt_alg_none"]);
    assert!(report.causes.is_empty(), "{:#?}", report.causes);
    let line = report.line("jwt_alg_none").unwrap();
    assert!(line.got.as_deref().unwrap().contains("goes on listening"), "{line:?}");
    assert!(line.got.as_deref().unwrap().contains("twice"), "{line:?}");
    assert_eq!(report.line("jwt_wrong_key").unwrap().state, State::Passed);
}

#[tokio::test]
async fn one_that_ends_under_load_fails_there() {
    let report = check_mortal("dies_under_load", &[Scheme::V1], BACK_SOON).await;
    stands_for_all(&report, "burst");
    let line = report.line("burst").unwrap();
    assert!(line.got.as_deref().unwrap().contains("ended under them"), "{line:?}");
    assert_eq!(report.line("get").unwrap().state, State::Passed);
}

#[tokio::test]
async fn old_keys_are_told_where_nobody_asked_for_the_present_ones() {
    let asked = |count: u64| -> Option<Asked> { Some(Arc::new(move || count)) };
    let other = SigningKeys { secret: keys().secret, seeds: vec![[5; 32]], ..keys() };
    let other = SigningKeys { rsa: other.strange_rsa.clone(), strange_rsa: None, ..other };
    for schemes in [&[Scheme::V1a][..], &[Scheme::V1a, Scheme::Jwt], &ALL] {
        let report = check("none", schemes, |plan, _| {
            plan.keys = other.clone();
            plan.jwks_asked = asked(0);
        });
        let report = report.await;
        let cause = stands_for_all(&report, "v1a_valid");
        assert!(cause.what.contains("probably it uses old keys"), "{cause:?}");
        assert!(cause.mend.contains("http://127.0.0.1:1/.well-known/jwks.json"), "{cause:?}");
        assert_eq!(cause.mend.contains("aud pollux-sandbox"), schemes.contains(&Scheme::Jwt), "{cause:?}");
    }
    // One that asked has them, and so does one that accepts one of them.
    let report = check("none", &ALL, |plan, _| {
        plan.keys = other.clone();
        plan.jwks_asked = asked(1);
    });
    assert!(report.await.causes.iter().all(|cause| !cause.what.contains("probably")));
    let report = check("none", &ALL, |plan, _| {
        plan.keys.seeds = other.seeds.clone();
        plan.jwks_asked = asked(0);
    });
    let report = report.await;
    assert_eq!(ids(&report, State::Failed), ["v1a_valid"]);
    assert!(!report.causes[0].what.contains("probably"), "{:?}", report.causes);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_a_mistake_of_its_own() {
    for mistake in ["compares_whole_header", "splits_at_comma"] {
        let report = check(mistake, &[Scheme::V1], |_, _| ()).await;
        let cause = stands_for_all(&report, "v1_two_signatures_right_first");
        assert!(cause.what.contains("every delivery with two signatures"), "{cause:?}");
        assert!(cause.mend.contains("split(',')[1]") && cause.mend.contains("at spaces first"), "{cause:?}");
        assert_eq!(cause.skipped, 2);
        // With whatever scheme.
        let report = check(mistake, &ALL, |_, _| ()).await;
        assert_eq!(stands_for_all(&report, "v1_two_signatures_right_first").skipped, 5);
    }
    let report = check("first_signature_only", &[Scheme::V1], |_, _| ()).await;
    assert_eq!(ids(&report, State::Failed), ["v1_two_signatures_right_last", "v1_unknown_version_beside"]);
}

#[tokio::test]
async fn claims_that_nobody_checks_are_a_mistake_of_their_own() {
    let report = check("checks_no_claim", &ALL, |_, _| ()).await;
    let cause = stands_for_all(&report, "jwt_no_claims");
    assert!(cause.mend.contains("issuer") && cause.mend.contains("audience"), "{cause:?}");
    assert_eq!(cause.skipped, 5, "{report:#?}");
    // If not even the signature is checked, that is the mistake.
    let report = check("no_verification", &[Scheme::Jwt], |_, _| ()).await;
    assert!(report.causes.is_empty(), "{:?}", report.causes);
}

#[tokio::test]
async fn the_advice_of_a_token_names_the_claims() {
    let lines = lines(&plan("http://127.0.0.1:9/", &keys(), &ALL));
    let mend = &lines.iter().find(|line| line.id == "jwt_valid").unwrap().mend;
    for words in ["iss https://generativelanguage.googleapis.com", "aud pollux-sandbox", "jwks.json"] {
        assert!(mend.contains(words), "{words}: {mend}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_event_and_every_shape_of_a_video_are_sent() {
    let forge = super::super::forge::Forge::new(&plan("http://127.0.0.1:9/", &keys(), &ALL));
    let cases = super::super::cases::all(&plan("http://127.0.0.1:9/", &keys(), &ALL));
    let bodies = |id: &str| -> Vec<serde_json::Value> {
        let case = cases.iter().find(|case| case.id == id).unwrap();
        let super::super::cases::Act::Send(make) = &case.act else { panic!("{id}") };
        make(&forge, Scheme::V1).unwrap().iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect()
    };
    let odd = bodies("not_an_event");
    assert!(odd.iter().any(|body| body.as_array().is_some_and(Vec::is_empty)));
    assert!(odd.iter().any(|body| body.as_array().is_some_and(|list| !list.is_empty())));
    for is in [serde_json::Value::is_number, serde_json::Value::is_string, serde_json::Value::is_null] {
        assert!(odd.iter().any(is), "{odd:?}");
    }
    let videos = bodies("event_video_generated");
    for fields in [&["file_id", "video_uri"][..], &["video_uri"], &["output_file_uri", "file_name"]] {
        let has = |body: &serde_json::Value| {
            let data = body["data"].as_object().unwrap();
            data.len() == fields.len() + 1 && fields.iter().all(|field| data.contains_key(*field))
        };
        assert!(videos.iter().any(has), "{fields:?}: {videos:?}");
    }
}
