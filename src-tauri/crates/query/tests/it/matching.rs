//! Which deliveries a query means, and what can be known without reading them.

use proptest::prelude::*;
use query::{Expr, Judged, Term, Truth, contains_folded, matches};

use crate::delivery::Delivery;
use crate::{parse, round_trip};

#[track_caller]
fn check(delivery: &Delivery, yes: &[&str], no: &[&str]) {
    for (texts, expected) in [(yes, true), (no, false)] {
        for text in texts {
            let expr = parse(text).expr;
            assert_eq!(matches(&expr, delivery), expected, "{text}");
            assert_eq!(matches(&Expr::Not(Box::new(expr)), delivery), !expected, "-({text})");
        }
    }
}

#[test]
fn each_field_is_compared() {
    check(
        &Delivery::default(),
        &[
            "",
            "*",
            "needle",
            "NEEDLE",
            "/nightly",
            "token=abc",
            "edge",
            "msg_5f0c",
            "x-forwarded",
            "\"no Needle\"",
            "type:failed",
            "type:BATCH",
            "type:=batch.failed",
            "type:x,batch.failed",
            "type:*",
            "verdict:rejected",
            "reason:no-match",
            "reason:\"no matching\"",
            "reason:re_serialised",
            "diagnosis:body-re",
            "diagnosis:*",
            "scheme:v1a",
            "secret:none",
            "answer:503",
            "answer:5xx",
            "answer:>=500",
            "answer:200,503",
            "attempts:>1",
            "attempts:3",
            "attempts:..3",
            "duplicate:yes",
            "project:\"nightly eval\"",
            "id:5F0C",
            "id:#123",
            "id:#1..#200",
            "job:8x2k",
            "meta.suite:128K",
            "meta.suite:*",
            "meta:needle",
            "meta.shard:none",
            "header.x-forwarded-for:10.0.",
            "header.X-FORWARDED-FOR:edge",
            "header.traceparent:none",
            "header:webhook-id",
            "body:shard",
            "body.data.error.code:13",
            "body.data.error:needle",
            "body.data.completed:1.0",
            "body.data.id:*",
            "body[*].id:batches",
            "body.nope:none",
            "path:/nightly?token",
            "ip:10.0.",
            "size:>100",
            "took:4ms",
            "took:>4ms",
            "since:1h",
            "until:10m",
            "at:today",
            "at:1h..now",
            "pinned:yes",
            "note:EDGE",
            "note:*",
            "replayed:no",
            "forwarded:failed",
            "forwarded:*",
            "imported:no",
            "type:x or verdict:rejected",
            "needle type:batch",
            "-(needle answer:200)",
        ],
        &[
            "-*",
            "needles",
            "2x-forwarded",
            "type:=batch",
            "type:none",
            "type:=Batch.failed",
            "verdict:verified",
            "verdict:verified,old-secret",
            "reason:stale",
            "diagnosis:none",
            "scheme:v1",
            "secret:*",
            "answer:200",
            "answer:none",
            "attempts:>3",
            "duplicate:no",
            "project:nightly",
            "id:#124",
            "id:x",
            "job:none",
            "meta.suite:none",
            "meta.suite:x",
            "meta.shard:*",
            "header.x-forwarded-for:none",
            "header.webhook-id:10.0",
            "header.traceparent:*",
            "body.data.error.code:1",
            "body.data.completed:1",
            "body.data.error.code:013",
            "body.data:nope",
            "body.id:*",
            "path:token?",
            "ip:11",
            "size:<100",
            "took:3ms",
            "took:none",
            "since:10m",
            "until:1h",
            "at:yesterday",
            "pinned:no",
            "note:none",
            "replayed:yes",
            "forwarded:done,waiting",
            "imported:yes",
            "needle type:x",
        ],
    );
}

#[test]
fn what_a_delivery_does_not_have_is_asked_for() {
    let bare = Delivery {
        message_id: None,
        event_type: None,
        scheme: None,
        secret: vec!["id1".to_owned(), "…abc".to_owned()],
        diagnosis: None,
        status: 0,
        pointer: None,
        query: None,
        took_us: None,
        note: None,
        forwarded: None,
        headers: Vec::new(),
        body: Vec::new(),
        verdict: Judged::OldSecret,
        ..Delivery::default()
    };
    check(
        &bare,
        &[
            "type:none",
            "scheme:none",
            "diagnosis:none",
            "answer:none",
            "job:none",
            "took:none",
            "note:none",
            "forwarded:none",
            "id:none",
            "header:none",
            "body:none",
            "body.x:none",
            "meta:none",
            "meta.x:none,y",
            "secret:abc",
            "secret:*",
            "verdict:old-secret",
            "forwarded:none,done",
            "path:/nightly",
            "id:none,#123",
        ],
        &[
            "type:batch",
            "answer:>=100",
            "answer:<600",
            "took:>0",
            "took:<1s",
            "body:*",
            "header:*",
            "secret:none",
            "secret:id2",
            "verdict:verified",
            "id:*",
            "forwarded:*",
            "path:?",
        ],
    );
}

/// Text over few letters, so that it is often found.
fn small() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[aA/é]", 2 => "[abA/]{2}", 1 => "[abAB/\"\\\\?é\0 ]{0,4}"]
}

/// The same in quotes, and not empty.
fn quoted() -> impl Strategy<Value = String> {
    small().prop_filter("not empty", |text| !text.is_empty()).prop_map(|text| round_trip::quoted(&text))
}

/// An object with keys that the queries ask for.
fn members(inner: impl Strategy<Value = serde_json::Value>) -> impl Strategy<Value = serde_json::Value> {
    let known = prop::sample::select(vec!["a", "data", "user_metadata", "a/b"]).prop_map(str::to_owned);
    let key = prop_oneof![4 => known, 1 => small()];
    prop::collection::btree_map(key, inner, 0..4).prop_map(serde_json::Value::from_iter)
}

fn json() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        small().prop_map(serde_json::Value::from),
        prop::sample::select(vec!["1", "1.0", "1e2", "true", "null"])
            .prop_map(|text| serde_json::from_str(text).expect("JSON")),
    ];
    let inner = leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..3).prop_map(serde_json::Value::from), members(inner)]
    });
    let tree = members(inner);
    (tree, any::<bool>(), any::<u8>()).prop_map(|(tree, escape, cut)| {
        let mut text = tree.to_string();
        if escape {
            // Letters may be written as escapes.
            text = text.replace('a', "\\u0061").replace('/', "\\/");
        }
        let mut bytes = text.into_bytes();
        if cut < 60 {
            bytes.truncate(usize::from(cut));
        }
        bytes
    })
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let headers = prop::collection::vec(
        (prop::sample::select(vec!["webhook-id", "Ab", "b"]), small())
            .prop_map(|(name, value)| (name.as_bytes().to_vec(), value.into_bytes())),
        0..3,
    );
    let body = prop_oneof![
        3 => json(),
        1 => small().prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..9),
    ];
    (small(), prop::option::of(small()), headers, body, prop::option::of(small()), any::<[bool; 2]>()).prop_map(
        |(path, query, headers, body, kind, [pinned, verified])| Delivery {
            message_id: headers
                .iter()
                .find(|(name, _)| name == b"webhook-id")
                .map(|(_, value)| String::from_utf8_lossy(value).into_owned()),
            path,
            query,
            size: body.len() as u64,
            headers,
            body,
            note: kind.clone(),
            event_type: kind,
            pinned,
            verdict: if verified { Judged::Verified } else { Judged::Rejected },
            ..Delivery::default()
        },
    )
}

/// Queries over the same few letters.
fn question() -> impl Strategy<Value = Expr> {
    let path = prop::sample::select(vec![
        "body",
        "body.data",
        "body.a",
        "body[*]",
        "body[0].b",
        "meta.a",
        "meta",
        "body.\"a/b\"",
    ]);
    let field = prop_oneof![
        path,
        prop::sample::select(vec!["id", "path", "header", "header.ab", "header.webhook-id", "note", "type"]),
    ];
    let value = prop_oneof![
        6 => quoted(),
        1 => quoted().prop_map(|text| format!("={text}")),
        1 => Just("1".to_owned()),
        1 => Just("none".to_owned()),
    ];
    let leaf = prop_oneof![
        quoted(),
        (field, prop::collection::vec(value, 1..3)).prop_map(|(field, values)| format!("{field}:{}", values.join(","))),
        prop::sample::select(vec!["pinned:yes", "verdict:verified", "*"]).prop_map(str::to_owned),
    ];
    let leaf = leaf.prop_map(|text| parse(&text).expr).boxed();
    let composed = leaf.clone().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Expr::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Expr::And),
            prop::collection::vec(inner, 0..3).prop_map(Expr::Or),
        ]
    });
    prop_oneof![leaf, composed]
}

/// Whether a piece is in one of the texts of a delivery.
fn has(delivery: &Delivery, piece: &[u8]) -> bool {
    let mut texts = vec![delivery.path.as_bytes(), &delivery.body];
    texts.extend(delivery.query.iter().map(String::as_bytes));
    texts.extend(delivery.headers.iter().flat_map(|(name, value)| [name.as_slice(), value.as_slice()]));
    texts.into_iter().any(|text| contains_folded(text, piece).is_some())
}

/// The same with its headers in one piece, with letters between them.
fn together(delivery: &Delivery) -> Delivery {
    let fields = delivery.headers.iter().flat_map(|(name, value)| [name.as_slice(), value.as_slice()]);
    Delivery { together: Some(fields.collect::<Vec<_>>().join(&b"a"[..])), ..delivery.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_matches_has_all_that_is_necessary(expr in question(), delivery in delivery()) {
        if matches(&expr, &delivery) {
            for clause in expr.necessary() {
                prop_assert!(clause.iter().all(|piece| !piece.is_empty()));
                prop_assert!(clause.iter().any(|piece| has(&delivery, piece)), "{} has none of {:?}", expr, clause);
            }
        }
    }

    #[test]
    fn what_is_known_early_is_right(expr in question(), delivery in delivery(), read in any::<u64>()) {
        let mut asked = 0;
        let truth = expr.decide(&mut |term: &Term| {
            asked += 1;
            let known = read >> (asked % 64) & 1 == 1;
            if known { matches(&Expr::Term(term.clone()), &delivery).into() } else { Truth::Unknown }
        });
        if truth != Truth::Unknown {
            prop_assert_eq!(truth, Truth::from(matches(&expr, &delivery)), "{}", expr);
        }
        let all = expr.decide(&mut |term: &Term| matches(&Expr::Term(term.clone()), &delivery).into());
        prop_assert_eq!(all, Truth::from(matches(&expr, &delivery)));
    }

    #[test]
    fn headers_in_one_piece_are_matched_alike(expr in question(), delivery in delivery()) {
        prop_assert_eq!(matches(&expr, &together(&delivery)), matches(&expr, &delivery));
    }

    #[test]
    fn the_normal_form_means_the_same(expr in question(), delivery in delivery()) {
        prop_assert_eq!(matches(&expr.clone().normal(), &delivery), matches(&expr, &delivery));
    }
}

#[test]
fn pieces_are_necessary_as_far_as_they_are() {
    let piece = |text: &str| text.as_bytes().to_vec();
    let pieces = |text: &str| parse(text).expr.necessary();
    assert_eq!(pieces("Needle"), [vec![piece("needle")]]);
    assert_eq!(pieces("a b"), [vec![piece("a")], vec![piece("b")]]);
    assert_eq!(pieces("abc or de"), [vec![piece("abc"), piece("de")]]);
    assert_eq!(pieces("(abc ab) or de"), [vec![piece("abc"), piece("de")]]);
    assert_eq!(pieces("-(-a)"), [vec![piece("a")]]);
    assert_eq!(pieces("header.Host:x,y"), [vec![piece("host")], vec![piece("x"), piece("y")]]);
    assert_eq!(
        pieces("body.data:\"x/é y\""),
        [vec![piece(" y"), piece("\\u00")], vec![piece("\"data\""), piece("\\u00")], vec![piece("x"), piece("\\u00")]]
    );
    assert_eq!(pieces("meta.suite:*").len(), 2);
    for nothing in ["", "-a", "a or type:x", "body.a:none", "header.host:none,a", "type:a", "note:a", "-(a b)"] {
        assert!(pieces(nothing).is_empty(), "{nothing}");
    }
    assert_eq!(parse("a -b (c or -(d)) body:e").expr.text_needles(), ["a", "c"]);
}
