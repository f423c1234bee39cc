//! Comparisons of what really arrived: attempts that were written again on the way, answers, and what is not known.

use compare::{Fits, Form, Kind, Relation, Sameness, Tone};
use engine::{Code, CompareSide, CompareWith, Comparison, Engine, ReplayPlan, Settings};
use signature::{Outcome, Secret, sign};

use crate::parts::{Parts, default_project};
use crate::receiver::Receiver;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
const SENT: &str =
    r#"{"type":"batch.failed","data":{"id":"batches/a","completed":1.0,"error":{"code":13,"details":null}}}"#;
const MADE: &str =
    r#"{"type":"batch.failed","data":{"id":"batches/a","completed":1,"error":{"code":13},"received_by":"edge-2"}}"#;

/// Sends a body with the signature over another one; returns the id of its delivery.
async fn send(engine: &Engine, address: &str, id: &str, signed: &str, body: &str, via: Option<&str>) -> i64 {
    let now = jiff::Timestamp::now().as_second();
    let signature = sign::v1(&Secret::parse(SECRET).unwrap(), id, now, signed.as_bytes());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = client.post(address).body(body.to_owned()).header("webhook-id", id);
    request = request.header("webhook-timestamp", now).header("webhook-signature", signature);
    if let Some(via) = via {
        request = request.header("via", via);
    }
    request.send().await.unwrap();
    engine.history().open_view("").await.unwrap().rows.last().unwrap().id
}

async fn ready() -> (Parts, Engine, String) {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    engine.projects().add_secret(default_project(&engine), "Mine", SECRET).await.unwrap();
    (parts, engine, address)
}

async fn compared(engine: &Engine, a: i64, b: i64) -> Comparison {
    engine.history().compare(CompareSide::Delivery(a), CompareSide::Delivery(b)).await.unwrap()
}

fn text(compared: &Comparison) -> String {
    compared.finding.text.iter().map(|piece| piece.text.as_str()).collect()
}

#[tokio::test]
async fn a_body_that_was_written_again_on_the_way_is_found_without_asking_and_explained() {
    let (_parts, engine, address) = ready().await;
    let other = send(&engine, &address, "msg_0", SENT, SENT, None).await;
    let a = send(&engine, &address, "msg_1", SENT, SENT, None).await;
    let b = send(&engine, &address, "msg_1", SENT, MADE, Some("1.1 edge-2")).await;

    let history = engine.history();
    assert_eq!(history.delivery(b).await.unwrap().bytes_differ_from, Some(1));
    assert_eq!(history.delivery(a).await.unwrap().bytes_differ_from, Some(2));
    assert_eq!(history.delivery(other).await.unwrap().bytes_differ_from, None);

    let found = compared(&engine, a, b).await;
    assert_eq!((found.relation, found.differ, found.finding.tone), (Relation::Attempts, true, Tone::Warning));
    assert_eq!(found.finding.code, "rewritten_b");
    assert!(text(&found).contains("1.0 became 1, a null was dropped, received_by was added"), "{}", text(&found));
    assert_eq!(found.finding.proxy.as_ref().unwrap().value.text, "1.1 edge-2");
    let trial = found.trial.unwrap();
    assert_eq!((trial.a_over_a, trial.b_over_a, trial.b_over_b), (Fits::Yes, Fits::Yes, Fits::No));
    let kinds: Vec<(Kind, &str)> = found.meaning.changes.iter().map(|one| (one.kind, one.path.as_str())).collect();
    assert_eq!(
        kinds,
        [(Kind::Rewritten, "data.completed"), (Kind::Removed, "data.error.details"), (Kind::Added, "data.received_by")]
    );
    assert!(found.transport.changes.iter().any(|row| row.name == "via" && row.kind == Some(Kind::Added)));
    let rows = (found.a.delivery.unwrap(), found.b.delivery.unwrap());
    assert_eq!((rows.0.outcome, rows.1.outcome), (Outcome::Verified, Outcome::Rejected));
    assert!(found.a.key.unwrap().ends_with("dXY="));
    assert_eq!(found.attempts.iter().map(|row| row.id).collect::<Vec<_>>(), [a, b]);
    assert_eq!(found.last_verified, Some(other));

    assert_eq!(compared(&engine, b, a).await.finding.code, "rewritten_a");
    let with = |how| history.compare_with(b, how);
    assert_eq!(with(CompareWith::PreviousAttempt).await.unwrap(), Some(CompareSide::Delivery(a)));
    assert_eq!(with(CompareWith::LastVerified).await.unwrap(), Some(CompareSide::Delivery(other)));
    assert_eq!(history.compare_with(a, CompareWith::PreviousAttempt).await.unwrap(), None);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_retry_with_the_same_bytes_differs_in_nothing_that_matters() {
    let (_parts, engine, address) = ready().await;
    let a = send(&engine, &address, "msg_1", SENT, SENT, None).await;
    let b = send(&engine, &address, "msg_1", SENT, SENT, None).await;
    let found = compared(&engine, a, b).await;
    assert_eq!((found.differ, found.finding.code.as_str(), found.trial), (false, "same_bytes", None));
    assert_eq!((found.bytes.body, found.meaning.form), (Sameness::Equal, Form::Json));
    assert!(found.transport.changes.is_empty(), "{:?}", found.transport.changes);
    assert_eq!(engine.history().delivery(b).await.unwrap().bytes_differ_from, None);
    // Another event has its own webhook-id, and nothing follows from its bytes.
    let c = send(&engine, &address, "msg_2", SENT, SENT, None).await;
    let found = compared(&engine, a, c).await;
    assert_eq!((found.relation, found.finding.code.as_str(), found.differ), (Relation::Deliveries, "same_body", true));
    engine.shutdown().await;
}

#[tokio::test]
async fn without_the_secret_nothing_is_claimed() {
    let (_parts, engine, address) = ready().await;
    let a = send(&engine, &address, "msg_1", SENT, SENT, None).await;
    let b = send(&engine, &address, "msg_1", SENT, MADE, None).await;
    let secret = engine.projects().secrets().await.unwrap().pop().unwrap();
    engine.projects().remove_secret(&secret.id).await.unwrap();
    let found = compared(&engine, a, b).await;
    assert_eq!((found.finding.code.as_str(), found.trial.unwrap().a_over_a), ("no_key", Fits::NoKey));
    assert!(!text(&found).contains("wrote them again"));
    engine.shutdown().await;
}

#[tokio::test]
async fn of_a_body_kept_in_part_only_that_is_said() {
    let (_parts, engine, address) = ready().await;
    engine.settings().set(Settings { rejected_body_kib: 1, ..engine.settings().get() }).await.unwrap();
    let long = format!("{{\"type\":\"batch.failed\",\"pad\":\"{}\"}}", "x".repeat(4_000));
    let a = send(&engine, &address, "msg_1", &long, &long, None).await;
    // Rejected: the first KiB of it is kept, and that is what A begins with.
    let b = send(&engine, &address, "msg_1", SENT, &long, None).await;
    let found = compared(&engine, a, b).await;
    assert_eq!((found.finding.code.as_str(), found.bytes.kept_b), ("same_bytes", 1_024), "its digest is known");
    assert!(found.meaning.notes[0].contains("Only 1024 of the"), "{:?}", found.meaning.notes);
    assert_eq!(engine.history().delivery(b).await.unwrap().bytes_differ_from, None);
    engine.shutdown().await;
}

#[tokio::test]
async fn answers_of_a_replay_are_compared_and_not_with_deliveries() {
    let (_parts, engine, address) = ready().await;
    let receiver = Receiver::start().await;
    let id = send(&engine, &address, "msg_1", SENT, SENT, None).await;
    let mut sent = Vec::new();
    for answer in ["200 OK", "500 Internal Server Error"] {
        receiver.answers(answer, "{\"took\":1}", std::time::Duration::ZERO);
        let plan = ReplayPlan {
            deliveries: vec![id],
            targets: vec![receiver.url()],
            times: 1,
            concurrency: 1,
            ..ReplayPlan::default()
        };
        let run = engine.replays().start(plan).await.unwrap().run;
        engine.replays().ended(run).await.unwrap();
        sent.push(CompareSide::Outbound(engine.outbounds().of(id).await.unwrap()[0].id));
    }
    let history = engine.history();
    let found = history.compare(sent[0], sent[1]).await.unwrap();
    assert_eq!(
        (found.relation, found.finding.headline.as_str()),
        (Relation::Answers, "The answers differ: 200 and 500.")
    );
    assert_eq!((found.bytes.body, found.bytes.id.is_none()), (Sameness::Equal, true));
    assert_eq!((found.answers.len(), found.attempts.len()), (2, 1));
    assert!(!history.compare(sent[0], sent[0]).await.unwrap().differ);
    let refused = |a, b| async move { history.compare(a, b).await.unwrap_err().code };
    assert_eq!(refused(sent[0], CompareSide::Delivery(id)).await, Code::NotComparable);
    assert_eq!(refused(CompareSide::Delivery(id), CompareSide::Delivery(99)).await, Code::NotFound);
    assert_eq!(refused(sent[0], CompareSide::Outbound(99)).await, Code::NotFound);
    engine.shutdown().await;
}
