//! A day for the overview: what arrived, and what stood.

use engine::WebhookEdit;
use signature::Outcome;

use crate::parts::soon;
use crate::{Rig, SECRET, rig};

const HOUR: i64 = 3_600_000;

fn now_ms() -> i64 {
    let passed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(passed.as_millis()).unwrap()
}

async fn sandbox(rig: &Rig) -> i64 {
    rig.engine.state().await.projects.iter().find(|project| project.sandbox).unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_is_counted_by_hour_cause_and_project() {
    let rig = rig().await;
    let sandbox = sandbox(&rig).await;
    assert_eq!(rig.post("sandbox", SECRET, "msg_forged").await, 401);
    assert_eq!(rig.post("", SECRET, "msg_unknown").await, 200);
    let now = now_ms();
    let edges = vec![now - HOUR, now + HOUR, now + 2 * HOUR];
    let day = rig.engine.history().day(None, edges.clone()).await.unwrap();
    assert_eq!((day.hours[0].rejected, day.hours[0].unchecked, day.hours[1].rejected), (1, 1, 0));
    let mut causes: Vec<_> =
        day.causes.iter().map(|one| (one.outcome, one.reason.as_str(), one.cause.as_str())).collect();
    causes.sort_by_key(|(_, reason, _)| *reason);
    assert_eq!(
        causes,
        [(Outcome::Rejected, "no_matching_signature", "no match"), (Outcome::Unchecked, "no_secret", "no secret")]
    );
    let day = rig.engine.history().day(Some(sandbox), edges).await.unwrap();
    assert_eq!((day.projects.len(), day.projects[0].project, day.projects[0].rejected_in_a_row), (1, sandbox, 1));
    let usual = rig.engine.history().usual(None, vec![vec![now - 2 * HOUR, now - HOUR], Vec::new()]).await.unwrap();
    assert_eq!(usual, [vec![None], Vec::new()], "nothing was open then");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_is_told_by_the_notes() {
    let rig = rig().await;
    let sandbox = sandbox(&rig).await;
    let edges = || {
        let now = now_ms();
        vec![now - HOUR, now, now + HOUR]
    };
    let states = async || rig.engine.jobs().day(Some(sandbox), edges()).await.unwrap();
    soon("the listener's opening is noted", async || states().await.listener.last().is_some_and(|span| span.up)).await;
    let day = states().await;
    assert!(day.known_ms.is_some_and(|known| known > now_ms() - HOUR));
    assert_eq!((day.tunnel.len(), day.webhooks.len(), day.jobs.len()), (0, 0, 2));

    let board = rig.engine.webhooks().refresh(sandbox).await.unwrap();
    let id = board.webhooks[0].id.clone();
    let edit = WebhookEdit { state: Some("disabled".into()), ..WebhookEdit::default() };
    rig.engine.webhooks().update(sandbox, &id, edit).await.unwrap();
    rig.engine.webhooks().refresh(sandbox).await.unwrap();
    soon("the webhook was disabled", async || {
        states().await.webhooks.iter().any(|one| one.webhook == id && !one.failed)
    })
    .await;
    assert!(rig.engine.jobs().day(Some(99), edges()).await.is_err());
    assert_eq!(rig.engine.jobs().day(None, Vec::new()).await.unwrap().jobs, []);
}
