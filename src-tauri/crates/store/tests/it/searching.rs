//! What is found in memory, by signatures and in the tables is what the matcher says of every single delivery.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use query::{Query, Record as _};
use signature::{KeyState, MatchedKey, Outcome, Scheme};
use store::{
    Arrived, Change, HitPlace, Names, NewDelivery, NewOutbound, Options, OutboundAnswer, OutboundKind, Store, Waiting,
    Wanted, WhichWait,
};

use crate::record::Plain;
use crate::sample::{
    NOON, SECOND, all, attempt, clock, drain, file, found, full_verdict, history, history_with, plain, verdict,
};

#[tokio::test]
async fn text_is_found_where_it_may_be_and_nowhere_else() {
    let (_folder, store) = history().await;
    let mut receiver = store.subscribe();
    let mut delivery = plain(r#"{"Name":"Zażółć"}"#);
    delivery.path = "/some/Path".into();
    delivery.query = Some("Key=Value".into());
    delivery.message_id = Some("MSG_42".into());
    delivery.headers = vec![
        ("X-Custom".into(), b"Left".to_vec()),
        ("x-odd".into(), b"a\xff\xfeB".to_vec()),
        ("webhook-id".into(), b"MSG_42".to_vec()),
    ];
    store.insert(delivery).await.unwrap();
    let Change::Inserted(arrived) = receiver.recv().await.unwrap() else { panic!("something else") };
    let table = [
        ("name", true),
        ("\"NAME\":\"za", true),
        ("Zażółć", true),
        ("ZAŻÓŁĆ", false), // letters beyond ASCII are compared as they are
        ("some/path", true),
        ("key=value", true),
        ("msg_42", true),
        ("x-custom", true),
        ("LEFT", true),
        ("x-customleft", false), // not across a name and its value
        ("x-custom: left", false),
        ("leftx-odd", false),
        ("pathkey", false),
        ("}", true),
        ("}}", false),
        ("127.0.0.1", false), // the peer is not searched
        ("application/json", false),
        ("batch.succeeded", false),
        ("\u{2}x", false),
        ("%n%", false),
    ];
    for (needle, expected) in table {
        let term = query::Term { field: query::Field::Text, any_of: vec![query::Test::Contains(needle.into())] };
        let wanted = Arc::new(Wanted::new(query::Expr::Term(term), Names::default()));
        assert_eq!(wanted.matches(&arrived), expected, "live: {needle:?}");
        assert_eq!(all(&store, &wanted).await == [1], expected, "stored: {needle:?}");
    }
}

/// A list with gaps is a valid history.
#[tokio::test]
async fn all_ids_where_some_are_missing() {
    let (folder, store) = history().await;
    for _ in 0..6 {
        store.insert(plain("")).await.unwrap();
    }
    store.close().await;
    let conn = rusqlite::Connection::open(file(&folder)).unwrap();
    conn.execute_batch("DELETE FROM delivery WHERE id IN (3, 6); UPDATE tally SET total = 4;").unwrap();
    drop(conn);
    let store = Store::open(&file(&folder), Options::default()).unwrap();
    assert_eq!(found(&store, "").await, [1, 2, 4, 5]);
    assert_eq!(store.insert(plain("")).await.unwrap().id, 7, "no id is used twice");
    assert_eq!((found(&store, "").await, store.ids().await.unwrap()), (vec![1, 2, 4, 5, 7], vec![1, 2, 4, 5, 7]));
}

#[tokio::test]
async fn an_empty_history() {
    let (_folder, store) = history().await;
    for query in ["", "x", "project:Sandbox", "-x", "pinned:yes"] {
        assert_eq!(found(&store, query).await, [0; 0], "{query}");
    }
}

/// What changes after the arrival is known to the next search, without waiting: with and without the threads.
#[tokio::test]
async fn changes_are_known_at_once() {
    for begins in [false, true] {
        let (_folder, store) = history().await;
        if begins {
            store.search().begin().unwrap();
        }
        for n in 0..5 {
            store.insert(attempt(&n.to_string(), Outcome::Verified, 200, n)).await.unwrap();
        }
        assert_eq!(found(&store, "").await, [1, 2, 3, 4, 5]);
        store.pin(&[2, 4], true).await.unwrap();
        assert_eq!(found(&store, "pinned:yes").await, [2, 4]);
        store.pin(&[2], false).await.unwrap();
        assert_eq!(found(&store, "pinned:yes").await, [4]);
        store.note(3, Some("look at THIS".into()), 1).await.unwrap();
        assert_eq!((found(&store, "note:*").await, found(&store, "note:this").await), (vec![3], vec![3]));
        assert_eq!(found(&store, "note:that").await, [0; 0]);
        store.insert(attempt("1", Outcome::Verified, 200, 9)).await.unwrap();
        assert_eq!(found(&store, "attempts:>1").await, [2, 6]);
        store.insert(attempt("1", Outcome::Verified, 200, 10)).await.unwrap();
        assert_eq!(
            (found(&store, "attempts:3").await, found(&store, "duplicate:yes").await),
            (vec![2, 6, 7], vec![6, 7])
        );
        store.waiting(vec![
            Waiting { project: 1, after: 4, which: WhichWait::Verified },
            Waiting { project: 9, after: 0, which: WhichWait::All },
        ]);
        assert_eq!(found(&store, "forwarded:waiting").await, [5, 6, 7]);
        assert_eq!(found(&store, "forwarded:waiting or note:that").await, [5, 6, 7]);
        let tried = [(5, true, 200), (6, false, 500), (3, false, 500)];
        let tried = tried.map(|(id, settled, status)| sent(id, OutboundKind::Forward, settled, status));
        store.outbounds().add(tried.into()).await.unwrap();
        assert_eq!(found(&store, "forwarded:waiting").await, [6, 7]);
        assert_eq!(
            (found(&store, "forwarded:done").await, found(&store, "forwarded:failed").await),
            (vec![5], vec![3])
        );
        store.waiting(Vec::new());
        assert_eq!(found(&store, "forwarded:waiting").await, [0; 0]);
        assert_eq!(found(&store, "forwarded:failed").await, [3, 6], "no rule tries them again");
        store.explained(5, full_verdict(KeyState::Current)).await.unwrap();
        assert_eq!(found(&store, "diagnosis:body_reserialized").await, [5]);
        assert_eq!(found(&store, "verdict:rejected").await, [5]);
        store.close().await;
    }
}

#[tokio::test]
async fn hits_are_cut_out_with_what_is_around_them() {
    let (_folder, store) = history().await;
    let mut delivery = plain(&format!("{{\"a\":\"{}Needle é and needle\"}}", "é".repeat(100)));
    delivery.headers = vec![("x-needle".into(), b"a NEEDLE".to_vec())];
    delivery.path = "/needle".into();
    store.insert(delivery).await.unwrap();
    store.insert(plain("nothing")).await.unwrap();
    let query = Query::parse("needle", &clock()).unwrap();
    let wanted = Arc::new(Wanted::new(query.expr, Names::default()));
    let hits = store.search().hits(&wanted, 1, 10).await.unwrap();
    let places: Vec<_> = hits.iter().map(|hit| (hit.place, hit.text.as_str(), hit.offset)).collect();
    let body = 6 + 200;
    assert_eq!(
        places,
        [
            (HitPlace::Path, "needle", 1),
            (HitPlace::HeaderName, "needle", 2),
            (HitPlace::Header, "NEEDLE", 2),
            (HitPlace::Body, "Needle", body),
            (HitPlace::Body, "needle", body + 14),
        ]
    );
    assert_eq!(hits[2].name.as_deref(), Some("x-needle"));
    assert_eq!((hits[3].before.as_str(), hits[3].after.as_str()), (&*"é".repeat(24), " é and needle\"}"));
    let first = store.search().first_hits(&wanted, &[2, 1]).await.unwrap();
    assert_eq!(
        first.iter().map(|hit| hit.as_ref().map(|hit| hit.place)).collect::<Vec<_>>(),
        [None, Some(HitPlace::Path)]
    );
}

#[tokio::test]
async fn counts_over_time_and_by_value() {
    let (_folder, store) = history().await;
    for n in 0..100 {
        let mut delivery = attempt(&n.to_string(), [Outcome::Verified, Outcome::Rejected][n % 2], 200, n as i64);
        delivery.event_type = Some(["batch.failed", "batch.succeeded"][n % 4 / 2].into());
        delivery.headers.push(("x-eval".into(), (n % 3).to_string().into_bytes()));
        store.insert(delivery).await.unwrap();
    }
    let ids = Arc::new({
        let mut ids = found(&store, "").await;
        ids.reverse();
        ids
    });
    let spans = store.search().spans(&ids, 10);
    assert!(spans.bins.len() <= 10 && spans.from_ns <= NOON && spans.step_ns % SECOND == 0);
    let sum = |of: fn(&store::Bin) -> u32| spans.bins.iter().map(of).sum::<u32>();
    assert_eq!((sum(|bin| bin.verified), sum(|bin| bin.rejected), sum(|bin| bin.unchecked)), (50, 50, 0));
    let values = |field: &str| {
        let (store, ids, field) = (store.clone(), Arc::clone(&ids), query::field_named(field).unwrap());
        async move { store.search().values(&field, ids, 2).await.unwrap() }
    };
    let types = values("type").await;
    assert_eq!(types.values, [("batch.failed".to_owned(), 50), ("batch.succeeded".to_owned(), 50)]);
    assert_eq!((types.counted, types.exact), (100, true));
    assert_eq!(values("header.x-eval").await.values, [("0".to_owned(), 34), ("1".to_owned(), 33)]);
    assert_eq!(values("verdict").await.values, [("rejected".to_owned(), 50), ("verified".to_owned(), 50)]);
    let names = store.search().keys(&query::Field::Header(String::new()), Arc::clone(&ids), 5).await.unwrap();
    assert!(names.values.contains(&("x-eval".to_owned(), 100)), "{names:?}");
}

const TYPES: [&str; 4] = ["batch.succeeded", "batch.failed", "", "odd \"type\""];
const OUTCOMES: [Outcome; 4] = [Outcome::Verified, Outcome::Rejected, Outcome::Unchecked, Outcome::Unbound];
const SCHEMES: [Option<Scheme>; 4] = [None, Some(Scheme::V1), Some(Scheme::V1a), Some(Scheme::Jwt)];

/// Few letters, so that the searched text is often there.
const LETTERS: &str = "[aAbB1. \u{e9}]{0,6}";

fn deliveries() -> impl Strategy<Value = NewDelivery> {
    let texts = (LETTERS, proptest::option::of(LETTERS), proptest::option::of("[ab]{1,2}"), LETTERS, LETTERS);
    let bytes = proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'B'), Just(0), Just(0xff), any::<u8>()], 0..12);
    let json = (LETTERS, 0..3_u8).prop_map(|(text, n)| {
        serde_json::json!({"data": {"id": text, "n": n, "user_metadata": {"k": text}}}).to_string().into_bytes()
    });
    let facets = (1..=2_i64, 0..3_usize, proptest::option::of(0..TYPES.len()), 0..4_usize, 0..3_u8, 0..4_u16);
    (facets, texts, prop_oneof![bytes, json], 0..100_i64).prop_map(
        |((project, outcome, kind, scheme, key, status), (path, query, message_id, name, value), body, after)| {
            let mut delivery = plain("");
            delivery.project = project;
            delivery.received_ns = NOON - after * SECOND;
            delivery.verdict = verdict(OUTCOMES[outcome]);
            delivery.verdict.scheme = SCHEMES[scheme];
            delivery.verdict.cause = ["", "412 s old"][usize::from(key) % 2].into();
            let state = [KeyState::Current, KeyState::Grace { until: 7 }][usize::from(key) % 2];
            delivery.verdict.key = (key > 0).then(|| MatchedKey {
                id: format!("secret {key}"),
                index: 0,
                hint: "whsec_…a91f".into(),
                state,
            });
            delivery.event_type = kind.map(|kind| TYPES[kind].to_owned());
            delivery.answer.status = [0, 200, 401, 503][usize::from(status)];
            (delivery.path, delivery.query) = (path, query);
            delivery.headers = vec![(name, value.into_bytes())];
            if let Some(id) = &message_id {
                delivery.headers.push(("webhook-id".into(), id.clone().into_bytes()));
            }
            delivery.message_id = message_id;
            delivery.body_len = body.len() as u64;
            delivery.body = body.into();
            delivery
        },
    )
}

fn terms() -> impl Strategy<Value = String> {
    let text = "[aAbB1. \u{e9}]{1,4}".prop_filter("not only spaces", |text| !text.trim().is_empty());
    let quoted = text.prop_map(|text| format!("\"{text}\""));
    let fields = prop::sample::select(vec![
        "type:batch",
        "type:=batch.failed",
        "type:none",
        "verdict:verified,old-secret",
        "verdict:unbound",
        "-verdict:unbound,rejected",
        "verdict:unchecked",
        "verdict:rejected",
        "reason:no_secret",
        "reason:\"s old\"",
        "scheme:v1,jwt",
        "scheme:none",
        "secret:\"secret 1\"",
        "secret:none",
        "secret:*",
        "answer:4xx",
        "answer:none",
        "answer:>=200",
        "attempts:>1",
        "attempts:2..3",
        "duplicate:yes",
        "duplicate:no",
        "project:Sandbox",
        "project:other",
        "id:a",
        "id:#3",
        "id:none",
        "id:*",
        "job:batches",
        "meta.k:a",
        "meta.k:*",
        "body.data.id:b",
        "body.data.n:1",
        "body.data.n:none",
        "path:a",
        "ip:127",
        "size:>5",
        "size:<20",
        "took:>1ms",
        "took:none",
        "since:30s",
        "until:10s",
        "pinned:yes",
        "pinned:no",
        "note:*",
        "note:mine",
        "note:none",
        "replayed:yes",
        "forwarded:done",
        "forwarded:none",
        "forwarded:waiting",
        "imported:no",
        "diagnosis:*",
        "diagnosis:none",
        "header.webhook-id:a",
        "header.x:none",
        "\"\\u{0}\"",
    ]);
    prop_oneof![quoted, fields.prop_map(str::to_owned)]
}

fn queries() -> impl Strategy<Value = String> {
    let negated = (terms(), any::<bool>()).prop_map(|(term, not)| if not { format!("-{term}") } else { term });
    negated.prop_recursive(3, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| parts.join(" ")),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| format!("({})", parts.join(" or "))),
            inner.prop_map(|part| format!("-({part})")),
        ]
    })
}

fn sent(delivery: i64, kind: OutboundKind, settled: bool, status: u16) -> NewOutbound {
    NewOutbound {
        delivery,
        kind,
        number: if settled { 1 } else { 2 },
        settled,
        url: "http://localhost:3000/".into(),
        at_ms: 1,
        changes: Vec::new(),
        rejected: false,
        headers: Vec::new(),
        body: None,
        altered: Vec::new(),
        answer: Some(OutboundAnswer { status, first_us: 1, headers: Vec::new(), body: Vec::new(), len: 0 }),
        total_us: 1,
        problem: None,
    }
}

/// What happens to some of the deliveries after their arrival.
async fn live_on(store: &Store, count: i64) {
    let (ids, notes) = ((1..=count).step_by(3).collect::<Vec<_>>(), (2..=count).step_by(5));
    store.pin(&ids, true).await.unwrap();
    for id in notes {
        store.note(id, Some("Mine, too".into()), 1).await.unwrap();
    }
    let mut all = Vec::new();
    for id in 1..=count {
        match id % 6 {
            0 => all.push(sent(id, OutboundKind::Replay, false, 200)),
            1 => all.push(sent(id, OutboundKind::Forward, true, 204)),
            2 => all.push(sent(id, OutboundKind::Forward, true, 500)),
            3 => all.push(sent(id, OutboundKind::Forward, false, 500)),
            _ => {}
        }
        if id % 4 == 0 {
            store.answered(id, id as u64 * 100);
        }
    }
    store.outbounds().add(all).await.unwrap();
    store.waiting(waiting(count));
    if count > 3 {
        store.explained(3, full_verdict(KeyState::Current)).await.unwrap();
    }
}

/// What rules forward, tried or not.
fn waiting(count: i64) -> Vec<Waiting> {
    vec![
        Waiting { project: 1, after: count / 2, which: WhichWait::All },
        Waiting { project: 2, after: count / 3, which: WhichWait::Verified },
        Waiting { project: 3, after: count / 4, which: WhichWait::Genuine },
    ]
}

fn waits(plain: &Plain, count: i64) -> bool {
    let (id, row) = (plain.id(), &plain.delivery.row);
    let taken = |which| match which {
        WhichWait::Verified => row.outcome == Outcome::Verified,
        WhichWait::Genuine => row.outcome.is_genuine(),
        WhichWait::All => true,
    };
    waiting(count).iter().any(|one| one.project == row.project && id > one.after && taken(one.which))
}

async fn plains(store: &Store, count: i64, names: &Names) -> Vec<Plain> {
    let mut all = Vec::new();
    for id in 1..=count {
        all.push(Plain::read(store, id, names).await.unwrap());
    }
    all
}

/// Until what was answered is written.
async fn settle(store: &Store, count: i64) {
    let last = count - count % 4;
    while last > 0 && store.rows(&[last]).await.unwrap()[0].took_us.is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_found_is_what_matches(
        deliveries in proptest::collection::vec(deliveries(), 1..200),
        queries in proptest::collection::vec(queries(), 30),
        begins in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, store) = history_with(Options::default()).await;
            store.projects().ensure("Other", false, "other").await.unwrap();
            if begins {
                store.search().begin().unwrap();
            }
            let mut receiver = store.subscribe();
            let count = deliveries.len() as i64;
            let half = deliveries.len() / 2;
            for (n, delivery) in deliveries.into_iter().enumerate() {
                store.insert(delivery).await.unwrap();
                if n == half {
                    prop_assert_eq!(found(&store, "").await.len(), n + 1);
                }
            }
            store.settings().set("after", &true.into()).await.unwrap();
            let arrived: Vec<Arc<Arrived>> = drain(&mut receiver)
                .into_iter()
                .filter_map(|change| match change {
                    Change::Inserted(arrived) => Some(arrived),
                    _ => None,
                })
                .collect();
            let names = store.search().names().await.unwrap();
            // As they arrived: a delivery is the newest attempt of its event then.
            let stored = plains(&store, count, &names).await;
            for text in &queries {
                let query = Query::parse(text, &clock()).unwrap();
                let wanted = Wanted::new(query.expr.clone(), names.clone());
                for (one, plain) in arrived.iter().zip(&stored) {
                    if one.row.attempts == plain.attempts() {
                        let matches = query::matches(&query.expr, plain);
                        prop_assert_eq!(wanted.matches(one), matches, "live {}: {}", one.row.id, text);
                    }
                }
            }
            live_on(&store, count).await;
            settle(&store, count).await;
            while begins && store.search().signed().1 < (count as u64 + 1) / 64 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let mut stored = plains(&store, count, &names).await;
            for plain in &mut stored {
                plain.waits = waits(plain, count);
            }
            for text in queries {
                let query = Query::parse(&text, &clock()).unwrap();
                let matches = |plain: &&Plain| query::matches(&query.expr, *plain);
                let expected: Vec<i64> = stored.iter().filter(matches).map(Plain::id).collect();
                prop_assert_eq!(found(&store, &text).await, expected, "{}", text);
            }
            store.close().await;
            Ok(())
        })?;
    }
}
