use signature::Scheme;

use super::*;

const ENDED: i64 = 1_000_000;

fn row(outcome: Outcome, status: u16, forward: Option<Option<u16>>) -> ToldRow {
    ToldRow {
        delivery: 1,
        job: "x".into(),
        event_type: "batch.succeeded".into(),
        received_ns: (ENDED + 5_000) * 1_000_000,
        outcome,
        scheme: Some(Scheme::V1),
        status,
        event: Some(1),
        message_id: Some("msg_1".into()),
        imported: false,
        forward: forward.map(|status| (ENDED + 6_000, status, 9)),
    }
}

fn hook(state: &str, events: &[&str], uri: &str) -> WebhookSeen {
    WebhookSeen {
        project: 1,
        webhook: "w".into(),
        at_ms: ENDED - 60_000,
        seen_ms: ENDED,
        name: Some("nightly".into()),
        uri: uri.into(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        state: state.into(),
    }
}

fn span(from_ms: i64, to_ms: i64, up: bool) -> Span {
    Span { from_ms, to_ms, up, guessed: false, words: (!up).then(|| "network unreachable".to_owned()) }
}

fn clock(ms: i64) -> String {
    format!("{:02}:{:02}:{:02}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60)
}

/// Everything is as it should be, and nothing came.
fn facts<'a>(hooks: &'a [WebhookSeen], up: &'a [Span]) -> Facts<'a> {
    Facts {
        event_type: "batch.succeeded",
        ended_ms: ENDED,
        now_ms: ENDED + 700_000,
        receivers: None,
        webhooks: Some(hooks.iter().map(|one| (one, one.uri.contains("ours"))).collect()),
        running: up,
        tunnel: up,
        near: false,
        told: &[],
        others: (3, 0),
        next: None,
        clock: &clock,
    }
}

fn explained(named: &Named) -> Vec<EvidenceKind> {
    let explains = named.evidence.iter().filter(|one| one.mark == EvidenceMark::Explains);
    explains.map(|one| one.kind).collect()
}

#[test]
fn each_cause_is_named_from_what_shows_it_and_only_that_row_stands_out() {
    let all_up = [span(0, 9_000_000, true)];
    let down = [
        span(0, ENDED - 5_000, true),
        span(ENDED - 5_000, ENDED + 60_000, false),
        span(ENDED + 60_000, 9_000_000, true),
    ];
    let good = [hook("enabled", &["batch.succeeded"], "https://ours/")];
    let other = [hook("enabled", &["video.generated"], "https://ours/")];
    let off = [hook("disabled", &["batch.succeeded"], "https://ours/")];
    let by_service = [hook("disabled_due_to_failed_deliveries", &["batch.succeeded"], "https://ours/")];
    let away = [hook("enabled", &["batch.succeeded"], "https://elsewhere.example/x")];
    let unverified = [row(Outcome::Rejected, 401, None)];
    let refused = [row(Outcome::Verified, 503, None)];
    let unsent = [row(Outcome::Verified, 200, Some(Some(500)))];
    let soon = NextAttempt { at_ms: ENDED + 800_000, spread_ms: 1_000, from_events: 3, gives_up_ms: 90_000_000 };
    let past = NextAttempt { at_ms: ENDED + 10_000, ..soon.clone() };
    let base = |hooks| facts(hooks, &all_up);
    let table: Vec<(Facts<'_>, MissedCause, &str, Vec<EvidenceKind>)> = vec![
        (base(&good), MissedCause::Unexplained, "nothing here explains why", vec![]),
        (base(&other), MissedCause::NotSubscribed, "batch.succeeded", vec![EvidenceKind::Subscribed]),
        (base(&off), MissedCause::WebhookDisabled, "disabled", vec![EvidenceKind::Enabled]),
        (base(&by_service), MissedCause::WebhookDisabled, "disabled", vec![EvidenceKind::Enabled]),
        (base(&away), MissedCause::PointsElsewhere, "https://elsewhere.example/x", vec![EvidenceKind::Address]),
        (
            Facts { receivers: Some(vec![("https://else/".into(), false)]), ..base(&good) },
            MissedCause::PointsElsewhere,
            "https://else/",
            vec![EvidenceKind::Address],
        ),
        (
            Facts { receivers: Some(vec![("https://ours/".into(), true)]), webhooks: None, ..base(&good) },
            MissedCause::Unexplained,
            "nothing here explains why",
            vec![],
        ),
        (Facts { running: &down, ..base(&good) }, MissedCause::NotRunning, "not running", vec![EvidenceKind::Running]),
        (Facts { running: &[], ..base(&good) }, MissedCause::Unexplained, "nothing", vec![]),
        (Facts { tunnel: &down, ..base(&good) }, MissedCause::TunnelDown, "00:16–00:17", vec![EvidenceKind::Tunnel]),
        (Facts { tunnel: &down, near: true, ..base(&good) }, MissedCause::Unexplained, "nothing", vec![]),
        (Facts { tunnel: &[], ..base(&good) }, MissedCause::Unexplained, "nothing", vec![]),
        (Facts { told: &unverified, ..base(&off) }, MissedCause::Rejected, "no key", vec![EvidenceKind::Attempts]),
        (Facts { told: &refused, ..base(&good) }, MissedCause::Refused, "503", vec![EvidenceKind::Attempts]),
        (
            Facts { told: &refused, next: Some(soon), ..base(&good) },
            MissedCause::Retrying,
            "next try about",
            vec![EvidenceKind::Attempts],
        ),
        (
            Facts { told: &refused, next: Some(past), ..base(&good) },
            MissedCause::Refused,
            "503",
            vec![EvidenceKind::Attempts],
        ),
        (Facts { told: &unsent, ..base(&good) }, MissedCause::ForwardFailed, "500", vec![EvidenceKind::Forward]),
    ];
    for (facts, cause, words, explains) in table {
        let named = facts.named();
        assert_eq!(named.cause, cause, "{}", named.sentence);
        assert!(named.words.contains(words), "{}: {}", named.words, words);
        assert_eq!(explained(&named), explains, "{}", named.sentence);
        assert_eq!(named.evidence.len(), 8);
        assert!(named.sentence.ends_with('.') && !named.sentence.contains("  "), "{}", named.sentence);
        assert!(named.evidence.iter().all(|one| !one.words.ends_with('.') && !one.words.is_empty()));
    }
}

#[test]
fn what_was_never_looked_at_is_not_said_to_be_fine() {
    let up = [span(0, 9_000_000, true)];
    let named = Facts { webhooks: None, others: (0, 0), ..facts(&[], &up) }.named();
    let of = |kind| named.evidence.iter().find(|one| one.kind == kind).unwrap().mark;
    for kind in [EvidenceKind::Subscribed, EvidenceKind::Enabled, EvidenceKind::Address, EvidenceKind::Others] {
        assert_eq!(of(kind), EvidenceMark::Unknown, "{kind:?}");
    }
    assert_eq!(of(EvidenceKind::Running), EvidenceMark::Fine);
}
