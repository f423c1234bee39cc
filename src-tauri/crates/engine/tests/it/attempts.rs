//! What is known of attempts of an event that were not seen.

use std::sync::atomic::Ordering;

use engine::{BlindCause, FaultRule};

use crate::parts::Parts;
use crate::{SECRET, post_text};

const MIN: i64 = 60_000;

#[tokio::test]
async fn one_that_was_due_while_nothing_listened_is_guessed_and_counted() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let rule = FaultRule { on: true, status: Some(503), ..FaultRule::default() };
    engine.answers().set_fault_lab(vec![rule]).await.unwrap();
    for ahead_s in [0, 5, 40 * 60] {
        parts.ahead.store(ahead_s, Ordering::SeqCst);
        assert_eq!(post_text(&address, SECRET, "msg_a", "{\"type\":\"batch.succeeded\"}").await, 503);
    }
    let rows = engine.history().open_view("").await.unwrap().rows;
    assert!(rows.len() == 3 && rows.iter().all(|row| row.tries.len() == 3));
    let first = rows[0].received_ms;
    let noted = store::Store::open(&parts.database(), store::Options::default()).unwrap();
    for (from, to, ended) in [(-MIN, MIN, true), (30 * MIN, 41 * MIN, false)] {
        let id = noted.uptimes().begin(first + from).await.unwrap();
        noted.uptimes().seen(id, first + to, ended).await.unwrap();
    }
    // Whoever sends to this machine needs no tunnel.
    let down = store::TunnelState {
        at_ms: first - MIN,
        seen_ms: first - MIN,
        provider: "ngrok".into(),
        state: "reconnecting".into(),
        public: Some("https://hooks.example/".into()),
        detail: None,
    };
    noted.tunnel_states().add(down).await.unwrap();
    noted.close().await;

    let told = engine.jobs().of_delivery(rows[2].id).await.unwrap();
    let blind: Vec<_> = told.blind.iter().map(|one| (one.from_ms - first, one.to_ms - first, one.cause)).collect();
    assert_eq!(blind, [(MIN, 30 * MIN, BlindCause::NotListening)]);
    // 5 min after the second, as Standard Webhooks suggests; the fourth, if that was the third, 2 h after the last.
    assert_eq!(told.unseen.iter().map(|one| one.at_ms).collect::<Vec<_>>(), [rows[1].received_ms + 5 * MIN]);
    assert_eq!(told.next.map(|next| next.at_ms), Some(rows[2].received_ms + 120 * MIN));
    assert!(!told.accepted);
    engine.shutdown().await;
}
