use super::*;
use crate::answers::Committed;

fn committed(attempt: u32, event_type: &str) -> Committed {
    Committed {
        id: 1,
        project: 7,
        outcome: signature::Outcome::Verified,
        event_type: Some(event_type.to_owned()),
        event: Some(1),
        attempt,
        status: 200,
    }
}

fn lab(rules: Vec<FaultRule>) -> Rules {
    let lab = Rules::default();
    lab.put(rules.into_iter().map(|rule| checked(FaultRule { on: true, ..rule }).unwrap()).collect());
    lab
}

#[test]
fn the_first_rule_that_applies_makes_the_answer() {
    let lab = lab(vec![
        FaultRule { event_type: Some("batch.failed".into()), status: Some(410), ..FaultRule::default() },
        FaultRule { project: Some(8), status: Some(418), ..FaultRule::default() },
        FaultRule { when: FaultWhen::First { attempts: 2 }, status: Some(503), delay_ms: 1500, ..FaultRule::default() },
    ]);
    let status = |attempt, name| lab.answer(&committed(attempt, name)).map(|(given, _)| given.status);
    assert_eq!(status(1, "batch.failed"), Some(Some(410)));
    assert_eq!(status(2, "batch.succeeded"), Some(Some(503)));
    assert_eq!(status(3, "batch.succeeded"), None);
    let (given, delay) = lab.answer(&committed(1, "x")).unwrap();
    assert_eq!((given.what.as_str(), delay.as_millis()), ("503 after 1.5s, for the first 2 attempts", 1500));
    assert_eq!(lab.view().answers.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [1, 0, 2]);
    assert!(lab.concerns(8) && lab.concerns(7));
    lab.put(Vec::new());
    assert!(!lab.concerns(7));
}

#[test]
fn a_seed_draws_the_same_share_again() {
    let rule =
        |seed| FaultRule { when: FaultWhen::Random { percent: 20.0, seed }, status: Some(500), ..FaultRule::default() };
    let drawn = |seed| {
        let lab = lab(vec![rule(seed)]);
        (0..1000).map(|_| lab.answer(&committed(1, "x")).is_some()).collect::<Vec<_>>()
    };
    let (one, same, other) = (drawn(1), drawn(1), drawn(2));
    assert!(one == same && one != other);
    let hits = one.iter().filter(|hit| **hit).count();
    assert!((150..250).contains(&hits), "{hits}");
}

#[test]
fn a_rule_that_cannot_be_is_refused_with_the_reason() {
    for (rule, reason) in [
        (FaultRule::default(), "changes nothing"),
        (FaultRule { status: Some(100), ..FaultRule::default() }, "200 to 599"),
        (FaultRule { status: Some(600), ..FaultRule::default() }, "200 to 599"),
        (FaultRule { delay_ms: 120_001, ..FaultRule::default() }, "at most 120000 ms"),
        (FaultRule { headers: vec![("a b".into(), "c".into())], ..FaultRule::default() }, "not a header name"),
        (FaultRule { headers: vec![("a".into(), "c\r\nd: e".into())], ..FaultRule::default() }, "line end"),
        (FaultRule { headers: vec![("Content-Length".into(), "1".into())], ..FaultRule::default() }, "cannot be set"),
        (FaultRule { status: Some(500), when: FaultWhen::First { attempts: 0 }, ..FaultRule::default() }, "1 to 1,000"),
        (
            FaultRule {
                status: Some(500),
                when: FaultWhen::Random { percent: f64::NAN, seed: 1 },
                ..FaultRule::default()
            },
            "at most 100 %",
        ),
    ] {
        assert!(checked(rule.clone()).unwrap_err().contains(reason), "{rule:?}");
    }
    assert!(checked(FaultRule { delay_ms: 1, ..FaultRule::default() }).is_ok());
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let middle = |status| FaultRule { status, drop: FaultDrop::Middle, ..FaultRule::default() };
    for status in [204, 205, 304] {
        let refused = checked(middle(Some(status))).unwrap_err();
        assert!(refused.contains(&format!("{status} has no body")), "{refused}");
        assert!(checked(FaultRule { drop: FaultDrop::Before, ..middle(Some(status)) }).is_ok());
        assert!(checked(FaultRule { status: Some(status), ..FaultRule::default() }).is_ok());
    }
    assert!(checked(middle(Some(200))).is_ok() && checked(middle(None)).is_ok());
    for name in ["Keep-Alive", "trailer", "TE", "Upgrade", "proxy-connection", "connection"] {
        let rule = FaultRule { headers: vec![(name.into(), "x".into())], ..FaultRule::default() };
        let refused = checked(rule).unwrap_err();
        assert!(refused.contains("follows from the body and the connection"), "{name}: {refused}");
    }
}
