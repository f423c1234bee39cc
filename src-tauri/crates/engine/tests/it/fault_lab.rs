//! The fault lab against the emulator's own retries: fail twice, then pass.

use engine::{AnsweredBy, Code, FaultDrop, FaultRule, FaultWhen, JobKind, JobOutcome, SandboxRun, Settings};

use crate::parts::{Parts, soon};

fn twice(event_type: &str) -> FaultRule {
    FaultRule {
        on: true,
        event_type: Some(event_type.into()),
        when: FaultWhen::First { attempts: 2 },
        status: Some(503),
        ..FaultRule::default()
    }
}

#[tokio::test]
async fn the_services_retries_meet_it_and_the_third_attempt_passes() {
    let parts = Parts::default();
    let (engine, _) = parts.listening(true).await;
    engine.answers().set_fault_lab(vec![twice("batch.succeeded")]).await.unwrap();
    engine.sandbox().set_clock(1000.0).await.unwrap();
    engine.sandbox().overview().await.unwrap();
    let run = SandboxRun { kind: JobKind::Batch, outcome: JobOutcome::Succeed, dynamic: false };
    engine.sandbox().run(run).await.unwrap();
    let rows = async || {
        let rows = engine.history().open_view("").await.unwrap().rows;
        rows.into_iter().filter(|row| row.event_type.as_deref() == Some("batch.succeeded")).collect::<Vec<_>>()
    };
    soon("three attempts", async || rows().await.len() == 3).await;
    soon("all answered", async || rows().await.iter().all(|row| row.took_us.is_some())).await;
    let rows = rows().await;
    let told: Vec<_> = rows.iter().map(|row| (row.attempt, row.status, row.answered_by, row.duplicate)).collect();
    let by = Some(AnsweredBy::Rule);
    assert_eq!(told, [(1, 503, by, false), (2, 503, by, false), (3, 200, None, false)]);
    assert!(rows.iter().all(|row| row.message_id == rows[0].message_id), "one event");
    let detail = engine.history().delivery(rows[0].id).await.unwrap();
    assert_eq!(detail.answer.by_what.as_deref(), Some("503, for the first 2 attempts"));
    let lab = engine.answers().fault_lab();
    assert_eq!(lab.answers[0].1, 2);
    engine.shutdown().await;
}

#[tokio::test]
async fn rules_are_kept_and_a_wrong_one_changes_nothing() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let dropped = FaultRule { on: true, drop: FaultDrop::Before, ..FaultRule::default() };
    let kept = engine.answers().set_fault_lab(vec![dropped]).await.unwrap().rules;
    assert!(!kept[0].id.is_empty(), "it was given one");
    let error =
        engine.answers().set_fault_lab(vec![FaultRule { status: Some(99), ..FaultRule::default() }]).await.unwrap_err();
    assert_eq!((error.code, error.message.starts_with("Rule 1: the status")), (Code::InvalidFault, true));
    assert!(reqwest::Client::new().post(&address).body("{}").send().await.is_err());
    assert_eq!(engine.settings().get(), Settings::default());
    engine.shutdown().await;
    drop(engine);
    let (engine, address) = parts.listening(false).await;
    assert_eq!(engine.answers().fault_lab().rules, kept);
    assert!(reqwest::Client::new().post(&address).body("{}").send().await.is_err(), "still in force");
    engine.answers().set_fault_lab(Vec::new()).await.unwrap();
    assert_eq!(reqwest::Client::new().post(&address).body("{}").send().await.unwrap().status(), 200);
    engine.shutdown().await;
}
