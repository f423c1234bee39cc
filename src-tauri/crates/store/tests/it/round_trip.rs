//! What is read equals what was stored, to the byte.

use bytes::Bytes;
use proptest::prelude::*;
use signature::{KeyState, Outcome};
use store::{Answer, AnsweredBy, Counts};

use crate::sample::{NOON, file, full_verdict, history, plain};

#[tokio::test]
async fn a_delivery_comes_back_whole() {
    let (_folder, store) = history().await;
    let mut delivery = plain("");
    delivery.path = "/sandbox/ü%20x".into();
    delivery.query = Some("a=1&a=2".into());
    delivery.peer = "[::1]:9".into();
    delivery.headers = vec![
        ("Webhook-Id".into(), b"msg_1".to_vec()),
        ("X-Odd".into(), vec![0xff, 0x00, 0xc3, 0x28, b'\t']),
        ("x-twice".into(), b"first".to_vec()),
        ("X-Twice".into(), b"second".to_vec()),
        ("x-twice".into(), Vec::new()),
        ("x-long".into(), vec![b'a'; 70_000]),
    ];
    delivery.body = Bytes::from((0..=255).cycle().take(1000).collect::<Vec<u8>>());
    delivery.body_len = 5_000_000_000;
    delivery.truncated = true;
    delivery.message_id = Some("msg_1".into());
    delivery.token_id = Some("jti".into());
    delivery.verdict = full_verdict(KeyState::Grace { until: 1_790_003_600 });
    delivery.answer = Answer {
        status: 503,
        headers: vec![("retry-after".into(), "1".into()), ("retry-after".into(), "é".into())],
        body: "later".into(),
        by: Some((AnsweredBy::Rule, "503, for the first attempt".into())),
    };
    // Twice: the second time, the constants of the verdict have numbers.
    for round in 1..=2_u32 {
        let inserted = store.insert(delivery.clone()).await.unwrap();
        assert_eq!(inserted.verdict, delivery.verdict);
        let back = store.delivery(inserted.id).await.unwrap().unwrap();
        assert_eq!(back.verdict, delivery.verdict);
        assert_eq!(back.headers, delivery.headers);
        assert_eq!(back.answer, delivery.answer);
        assert_eq!((&back.method, &back.path, &back.query), (&delivery.method, &delivery.path, &delivery.query));
        assert_eq!((back.http_version.as_str(), &back.peer), ("HTTP/1.1", &delivery.peer));
        assert_eq!(back.token_id, delivery.token_id);
        assert_eq!(store.body(inserted.id).await.unwrap().unwrap(), delivery.body);
        let row = back.row;
        assert_eq!((row.id, row.project, row.received_ns), (inserted.id, 1, NOON));
        assert_eq!((row.outcome, row.scheme), (delivery.verdict.outcome, delivery.verdict.scheme));
        assert_eq!((&row.reason, &row.cause), (&delivery.verdict.reason, &delivery.verdict.cause));
        assert_eq!(row.grace_until, Some(1_790_003_600));
        assert_eq!((row.event_type, row.pointer), (delivery.event_type.clone(), delivery.pointer.clone()));
        assert_eq!((row.message_id, row.event), (delivery.message_id.clone(), inserted.event));
        assert_eq!((row.attempt, row.attempts, row.duplicate), (round, round, false));
        assert_eq!((row.warnings, row.status, row.took_us), (2, 503, None));
        assert_eq!(row.answered_by, None, "known only once it was given");
        assert_eq!((row.body_len, row.truncated), (5_000_000_000, true));
    }
}

#[tokio::test]
async fn the_digest_of_a_body_of_which_a_part_is_kept() {
    let (_folder, store) = history().await;
    let mut part = plain("the beginn");
    (part.truncated, part.body_len, part.sha256) = (true, 13, Some([7; 32]));
    let ids = [store.insert(part).await.unwrap().id, store.insert(plain("whole")).await.unwrap().id];
    let back = async |id| store.delivery(id).await.unwrap().unwrap();
    let (part, whole) = (back(ids[0]).await, back(ids[1]).await);
    assert_eq!((part.sha256, part.row.truncated, part.row.body_len), (Some([7; 32]), true, 13));
    assert_eq!((whole.sha256, whole.row.truncated), (None, false));
}

#[tokio::test]
async fn every_state_of_a_key_and_a_verdict_without_anything() {
    let (_folder, store) = history().await;
    for state in [KeyState::Current, KeyState::Grace { until: -1 }, KeyState::Expired { at: i64::MIN }] {
        let mut delivery = plain("");
        delivery.verdict = full_verdict(state);
        let id = store.insert(delivery.clone()).await.unwrap().id;
        assert_eq!(store.delivery(id).await.unwrap().unwrap().verdict, delivery.verdict);
    }
    let mut delivery = plain("");
    delivery.verdict.scheme = None;
    delivery.verdict.steps.clear();
    delivery.headers.clear();
    delivery.event_type = None;
    delivery.pointer = None;
    let id = store.insert(delivery.clone()).await.unwrap().id;
    let back = store.delivery(id).await.unwrap().unwrap();
    assert_eq!((back.verdict, back.headers), (delivery.verdict, delivery.headers));
    assert_eq!((back.row.event_type, back.row.pointer, back.row.message_id), (None, None, None));
    assert_eq!((back.row.attempt, back.row.attempts, back.row.event), (1, 1, None));
}

#[tokio::test]
async fn ten_mebibytes() {
    let (_folder, store) = history().await;
    let body: Vec<u8> = (0..10_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut delivery = plain("");
    delivery.body = body.clone().into();
    let id = store.insert(delivery).await.unwrap().id;
    assert!(store.body(id).await.unwrap().unwrap() == body);
    let kept = store.counts().await.unwrap();
    assert_eq!(kept.total, 1);
    assert!((10 << 20..(10 << 20) + 100).contains(&kept.kept_bytes));
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_ascend_and_every_delivery_has_its_own() {
    let (_folder, store) = history().await;
    let tasks: Vec<_> = (0..64)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                for n in 0..50 {
                    let body = format!("{task}/{n}");
                    mine.push((store.insert(plain(&body)).await.unwrap().id, body));
                }
                mine
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        let mine = task.await.unwrap();
        assert!(mine.is_sorted_by_key(|(id, _)| *id), "one after the other, ids ascend");
        all.extend(mine);
    }
    all.sort();
    let ids: Vec<i64> = all.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, (1..=3200).collect::<Vec<i64>>());
    assert_eq!(store.ids().await.unwrap(), ids);
    for (id, body) in all {
        assert_eq!(store.body(id).await.unwrap().unwrap(), body.as_bytes());
    }
    assert_eq!(store.counts().await.unwrap().total, 3200);
}

#[tokio::test]
async fn rows_come_in_the_order_asked_for_and_what_is_missing_is_left_out() {
    let (_folder, store) = history().await;
    for n in 0..5 {
        store.insert(plain(&n.to_string())).await.unwrap();
    }
    let rows = store.rows(&[4, 99, 2, 2, 5]).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [4, 2, 2, 5]);
    assert_eq!(store.delivery(99).await.unwrap(), None);
    assert_eq!(store.body(99).await.unwrap(), None);
    assert_eq!(store.attempts(99, 10).await.unwrap(), []);
}

#[tokio::test]
async fn an_explained_verdict_replaces_the_first() {
    let (_folder, store) = history().await;
    let mut delivery = plain("");
    delivery.verdict.outcome = Outcome::Rejected;
    let id = store.insert(delivery).await.unwrap().id;
    let explained = full_verdict(KeyState::Current);
    assert!(store.explained(id, explained.clone()).await.unwrap());
    assert!(!store.explained(id + 1, explained.clone()).await.unwrap());
    let back = store.delivery(id).await.unwrap().unwrap();
    assert_eq!((back.row.reason, back.row.cause), (explained.reason.clone(), explained.cause.clone()));
    assert_eq!((back.row.warnings, back.row.scheme), (2, explained.scheme));
    assert_eq!(back.verdict, explained);
}

#[tokio::test]
async fn counts_are_of_headers_and_bodies() {
    let (_folder, store) = history().await;
    assert_eq!(store.counts().await.unwrap(), Counts::default());
    store.insert(plain("12345")).await.unwrap();
    let one = store.counts().await.unwrap();
    store.insert(plain("123456789")).await.unwrap();
    let two = store.counts().await.unwrap();
    assert_eq!((one.total, two.total), (1, 2));
    assert_eq!(two.kept_bytes - one.kept_bytes, one.kept_bytes + 4);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn headers_of_any_kind(
        headers in proptest::collection::vec(("\\PC{0,20}", proptest::collection::vec(any::<u8>(), 0..200)), 0..20),
        body in proptest::collection::vec(any::<u8>(), 0..3000),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, store) = history().await;
            let mut delivery = plain("");
            delivery.headers = headers.clone();
            delivery.body = body.clone().into();
            let id = store.insert(delivery).await.unwrap().id;
            prop_assert_eq!(store.delivery(id).await.unwrap().unwrap().headers, headers);
            prop_assert_eq!(store.body(id).await.unwrap().unwrap(), body);
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn the_log_starts_again_while_deliveries_keep_coming() {
    let (folder, store) = history().await;
    let body = "x".repeat(1 << 20);
    for _ in 0..320 {
        store.insert(plain(&body)).await.unwrap();
    }
    let log = std::fs::metadata(file(&folder).with_extension("db-wal")).unwrap().len();
    assert!(log < 200 << 20, "{log} bytes of 320 MiB are in the log");
    store.close().await;
}
