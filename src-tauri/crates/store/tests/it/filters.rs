//! The list in the database and the list that grows live are the same list.

use proptest::prelude::*;
use signature::Outcome;
use store::{Arrived, Change, Filter, NewDelivery, Options, Store};

use crate::sample::{drain, file, history, history_with, plain, verdict};
use std::sync::Arc;

fn text(text: &str) -> Filter {
    Filter { text: text.into(), ..Filter::default() }
}

#[tokio::test]
async fn text_is_found_where_it_may_be_and_nowhere_else() {
    let (_folder, store) = history().await;
    let mut receiver = store.subscribe();
    let mut delivery = plain(r#"{"Name":"Zażółć"}"#);
    delivery.path = "/some/Path".into();
    delivery.query = Some("Key=Value".into());
    delivery.message_id = Some("MSG_42".into());
    delivery.headers = vec![("X-Custom".into(), b"Left".to_vec()), ("x-odd".into(), b"a\xff\xfeB".to_vec())];
    store.insert(delivery).await.unwrap();
    let Change::Inserted(arrived) = receiver.recv().await.unwrap() else { panic!("something else") };
    let table = [
        ("", true),
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
    ];
    for (needle, expected) in table {
        let filter = text(needle);
        assert_eq!(filter.matches(&arrived), expected, "live: {needle:?}");
        let ids = store.ids(&filter).await.unwrap();
        assert_eq!(ids == [1], expected, "stored: {needle:?}");
    }
}

#[tokio::test]
async fn quotes_and_wildcards_are_plain_text() {
    let (_folder, store) = history().await;
    store.insert(plain("100%_done' -- \"x\" \\")).await.unwrap();
    store.insert(plain("nothing")).await.unwrap();
    for needle in ["%_", "' --", "\"x\" \\"] {
        assert_eq!(store.ids(&text(needle)).await.unwrap(), [1], "{needle:?}");
    }
    assert_eq!(store.ids(&text("%n%")).await.unwrap(), [] as [i64; 0]);
    let filter = Filter { types: vec!["batch.succeeded".into(), "x'\"]".into()], ..Filter::default() };
    assert_eq!(store.ids(&filter).await.unwrap(), [1, 2]);
}

/// Removing is not part of this crate yet, but a list with gaps is a valid history all the same.
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
    assert_eq!(store.ids().await.unwrap(), [1, 2, 4, 5]);
    assert_eq!(store.insert(plain("")).await.unwrap().id, 7, "no id is used twice");
    assert_eq!(store.ids().await.unwrap(), [1, 2, 4, 5, 7]);
}

#[tokio::test]
async fn an_empty_history() {
    let (_folder, store) = history().await;
    let nothing: [i64; 0] = [];
    assert_eq!(store.ids().await.unwrap(), nothing);
    assert_eq!(store.ids(&text("x")).await.unwrap(), nothing);
    assert_eq!(store.ids(&Filter { project: Some(1), ..Filter::default() }).await.unwrap(), nothing);
}

const TYPES: [&str; 4] = ["batch.succeeded", "batch.failed", "", "odd \"type\""];
const OUTCOMES: [Outcome; 3] = [Outcome::Verified, Outcome::Rejected, Outcome::Unchecked];

/// Few letters, so that the searched text is often there.
const LETTERS: &str = "[aAbB1. \u{e9}]{0,6}";

fn deliveries() -> impl Strategy<Value = NewDelivery> {
    let texts = (LETTERS, proptest::option::of(LETTERS), proptest::option::of(LETTERS), LETTERS, LETTERS);
    let body = proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'B'), Just(0xff), any::<u8>()], 0..12);
    (1..=2_i64, 0..3_usize, proptest::option::of(0..TYPES.len()), texts, body).prop_map(
        |(project, outcome, kind, (path, query, message_id, name, value), body)| {
            let mut delivery = plain("");
            delivery.project = project;
            delivery.verdict = verdict(OUTCOMES[outcome]);
            delivery.event_type = kind.map(|kind| TYPES[kind].to_owned());
            (delivery.path, delivery.query, delivery.message_id) = (path, query, message_id);
            delivery.headers = vec![(name, value.into_bytes())];
            delivery.body = body.into();
            delivery
        },
    )
}

fn filters() -> impl Strategy<Value = Filter> {
    (
        proptest::option::of(1..=3_i64),
        proptest::collection::vec(0..3_usize, 0..3),
        proptest::collection::vec(0..TYPES.len(), 0..3),
        prop_oneof![Just(String::new()), "[aAbB1. \u{e9}]{1,3}"],
    )
        .prop_map(|(project, outcomes, types, text)| Filter {
            project,
            outcomes: outcomes.into_iter().map(|outcome| OUTCOMES[outcome]).collect(),
            types: types.into_iter().map(|kind| TYPES[kind].to_owned()).collect(),
            text,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn stored_and_live_agree(
        deliveries in proptest::collection::vec(deliveries(), 1..30),
        filters in proptest::collection::vec(filters(), 20),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (_folder, store) = history_with(Options::default()).await;
            store.projects().ensure("Other", false, "other").await.unwrap();
            let mut receiver = store.subscribe();
            for delivery in deliveries {
                store.insert(delivery).await.unwrap();
            }
            store.settings().set("after", &true.into()).await.unwrap();
            let arrived: Vec<Arc<Arrived>> = drain(&mut receiver)
                .into_iter()
                .filter_map(|change| match change {
                    Change::Inserted(arrived) => Some(arrived),
                    _ => None,
                })
                .collect();
            for filter in filters {
                let live: Vec<i64> =
                    arrived.iter().filter(|arrived| filter.matches(arrived)).map(|arrived| arrived.row.id).collect();
                prop_assert_eq!(&store.ids(&filter).await.unwrap(), &live, "{:?}", filter);
            }
            Ok(())
        })?;
    }
}
