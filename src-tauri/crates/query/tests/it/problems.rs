//! What is said about what is not understood, and where.

use query::{MAX_DEPTH, MAX_LENGTH, MAX_PROBLEMS, MAX_TERMS, PartKind, Query, Reading};

use crate::clock;

/// Checks the place of the first problem, and the text with its nearest form put there.
fn check(text: &str, place: &str, nearest: Option<&str>, says: &str) {
    let problems = Query::parse(text, &clock()).expect_err(text).0;
    let first = &problems[0];
    assert_eq!(&text[first.start..first.end], place, "{text}: {}", first.message);
    assert_eq!(first.nearest.as_deref(), nearest, "{text}: {}", first.message);
    assert!(first.message.contains(says), "{text}: {}", first.message);
    if let Some(nearest) = nearest {
        let repaired = format!("{}{nearest}{}", &text[..first.start], &text[first.end..]);
        let left = Query::parse(&repaired, &clock()).err().map_or(0, |problems| problems.0.len());
        assert!(left < problems.len(), "{text}: {repaired} is no better");
    }
}

#[test]
fn the_wrong_place_is_named_with_the_nearest_form() {
    for (text, place, nearest, says) in [
        ("typ:a", "typ:", Some("type:"), "no field typ"),
        ("a -verd:rejected", "verd:", Some("verdict:"), "no field verd"),
        ("tpye:a", "tpye:", Some("type:"), "no field"),
        ("localhost:3000", "localhost:3000", Some("\"localhost:3000\""), "in quotes"),
        ("x-forwarded-for:1", "x-forwarded-for:", Some("header.x-forwarded-for:"), "no field"),
        ("user-agent:curl", "user-agent:", Some("header.user-agent:"), "no field"),
        ("data.id:x", "data.id:", Some("body.data.id:"), "no field"),
        ("haeder.host:x", "haeder.host:", Some("header.host:"), "no field"),
        ("type.x:a", "type.x:", Some("type:"), "stands alone"),
        ("missed:yes", "missed:", None, "Operations lists it"),
        ("verdict:verifed", "verifed", Some("verified"), "old-secret"),
        ("verdict:rejected,oldsecret", "oldsecret", Some("old-secret"), "has no value oldsecret"),
        ("verdict:banana", "banana", None, "verified, old-secret, rejected, unchecked"),
        ("scheme:v2", "v2", Some("v1"), "v1, v1a, jwt, *, or none"),
        ("pinned:yess", "yess", Some("yes"), "yes or no"),
        ("answer:>=4o0", ">=4o0", Some(">=400"), "status code"),
        ("answer:=>400", "=>400", Some(">=400"), "status code"),
        ("answer:5x", "5x", Some("5xx"), "status code"),
        ("answer:4000", "4000", None, "status code"),
        ("answer:500..400", "500..400", Some("400..500"), "begins behind its end"),
        ("attempts:-1", "-1", None, "a number"),
        ("size:10kk", "10kk", None, "2MiB"),
        ("took:fast", "fast", None, "250ms"),
        ("since:yesterdy", "yesterdy", Some("yesterday"), "not a time"),
        ("since:19.11.2026", "19.11.2026", Some("2026-11-19"), "not a time"),
        ("since:2026-11-1", "2026-11-1", Some("2026-11-01"), "not a time"),
        ("since:1h..2h", "1h..2h", Some("1h"), "at:"),
        ("at:1h", "1h", Some("1h..now"), "a moment"),
        ("type:", "", None, "needs a value, such as type:batch.failed"),
        ("type:a,", "", None, "needs a value"),
        ("note:>5", ">5", Some("\">5\""), "compared as text"),
        ("type:batch*ed", "batch*ed", Some("batch"), "a piece of the text is enough"),
        ("path:*", "*", Some("\"*\""), "Every delivery has path"),
        ("header.:x", "header.:", Some("header:"), "needs a name"),
        ("header.a[b]:x", "header.a[b]:", Some("header:"), "name of a header"),
        ("body[x].y:1", "body[x].y:", Some("body:"), "In [ ] there is a number"),
        ("body.a..b:1", "body.a..b:", Some("body.a:"), "A key is missing"),
        ("\"open", "\"open", Some("\"open\""), "never closed"),
        ("type:\"open and on", "\"open and on", Some("\"open and on\""), "never closed"),
        ("a (b or c", "(b or c", Some("(b or c)"), "never closed"),
        ("-(a (b", "-(a (b", Some("-(a (b))"), "never closed"),
        ("a) b", ")", Some(""), "closes nothing"),
        ("()", "()", Some(""), "nothing in these"),
        ("\"\"", "\"\"", Some(""), "no text"),
        ("or a", "or", Some("\"or\""), "both sides"),
        ("a or", "or", Some("\"or\""), "both sides"),
        ("a or or b", "or", Some("\"or\""), "both sides"),
        ("(a or) b", "or", Some("\"or\""), "both sides"),
    ] {
        check(text, place, nearest, says);
    }
}

#[test]
fn limits_are_said() {
    let says = |text: &str, says: &str| {
        let problems = Query::parse(text, &clock()).expect_err(says);
        assert!(problems.to_string().contains(says), "{problems}");
    };
    says(&"a".repeat(MAX_LENGTH + 1), "at most 8192");
    says(&"a ".repeat(MAX_TERMS + 1), "at most 256");
    says(&format!("type:{}", vec!["a"; MAX_TERMS + 1].join(",")), "at most 256");
    says(&"(".repeat(MAX_LENGTH), "more than 32 deep");
    says(&"-(".repeat(MAX_LENGTH / 2), "more than 32 deep");
    says(&format!("body{}:x", ".a".repeat(33)), "at most 32 steps");
    let deep = format!("{}a{}", "(".repeat(MAX_DEPTH), ")".repeat(MAX_DEPTH));
    assert!(Query::parse(&deep, &clock()).is_ok());
    assert_eq!(Query::parse(&"x:1 ".repeat(100), &clock()).expect_err("many").0.len(), MAX_PROBLEMS);
}

#[test]
fn what_is_understood_stays_beside_what_is_not() {
    let reading = Reading::of("type:a -answer:4o0 (needle or pinned:yes)", &clock());
    let parts: Vec<_> = reading.parts.iter().map(|part| (part.kind, part.negated, part.label.as_str())).collect();
    assert_eq!(
        parts,
        [
            (PartKind::Chip, false, "type:a"),
            (PartKind::Bad, true, "-answer:4o0"),
            (PartKind::Open, false, "("),
            (PartKind::Text, false, "needle"),
            (PartKind::Or, false, "or"),
            (PartKind::Chip, false, "pinned:yes"),
            (PartKind::Close, false, ")"),
        ]
    );
    assert_eq!(reading.query.to_string(), "type:a (needle or pinned:yes)");
    assert_eq!(reading.problems.len(), 1);
}

#[test]
fn conditions_that_must_all_be_met_are_listed_with_their_places() {
    let text = "type:a and -(b c) (d e)";
    let reading = Reading::of(text, &clock());
    let conjuncts: Vec<_> =
        reading.conjuncts.iter().map(|part| (&text[part.start..part.end], part.expr.to_string())).collect();
    assert_eq!(
        conjuncts,
        [("type:a", "type:a".to_owned()), ("-(b c)", "-(b c)".to_owned()), ("(d e)", "d e".to_owned())]
    );
    let reading = Reading::of(" a or b ", &clock());
    assert_eq!(reading.conjuncts.len(), 1);
    assert_eq!((reading.conjuncts[0].start, reading.conjuncts[0].end), (1, 7));
}
