//! What is being written at a place.

use proptest::prelude::*;
use query::{
    Completing, FIELDS, Field, Needle, Query, Wanted, field_named, fields_for, free_text, keys_of, matches, places,
    value_text, values_for, values_of,
};

use crate::delivery::Delivery;
use crate::{clock, parse, text};

/// `|` is the cursor. What is wanted, what there is of it, and the text with `X` put there.
fn at(marked: &str) -> (String, String, String) {
    let cursor = marked.find('|').expect("a cursor");
    let text = marked.replacen('|', "", 1);
    let found = Completing::of(&text, cursor);
    let (wanted, typed) = match &found.wanted {
        Wanted::Term { typed } => ("term".to_owned(), typed.clone()),
        Wanted::Name { info, typed } => (format!("{}.", info.name), typed.clone()),
        Wanted::Value { field, typed, .. } => (format!("{field}:"), typed.clone()),
    };
    (wanted, typed, format!("{}{}{}", &text[..found.start], found.with("X"), &text[found.end..]))
}

#[test]
fn the_part_under_the_cursor_is_found() {
    for (marked, wanted, typed, put) in [
        ("|", "term", "", "X"),
        ("a |", "term", "", "a X"),
        ("a | b", "term", "", "a X b"),
        ("|a", "term", "", "Xa"),
        ("ne|", "term", "ne", "X"),
        ("ne|edle", "term", "ne", "X"),
        ("-ne|", "term", "ne", "-X"),
        ("\"two wo|", "term", "two wo", "X"),
        ("(ty|", "term", "ty", "(X"),
        ("(|", "term", "", "(X"),
        ("a or|", "term", "or", "a X"),
        ("ty|pe:a", "term", "ty", "Xa"),
        ("typ|:a", "term", "typ", "Xa"),
        ("type:|", "type:", "", "type:X"),
        ("type:ba|", "type:", "ba", "type:X"),
        ("type:ba|tch", "type:", "ba", "type:X"),
        ("-type:ba|", "type:", "ba", "-type:X"),
        ("type:a,b|,c d", "type:", "b", "type:a,X,c d"),
        ("type:a,|", "type:", "", "type:a,X"),
        ("project:\"My pro|", "project:", "My pro", "project:X"),
        ("header.x-fo|", "header.", "x-fo", "header.X"),
        ("header.host:lo|", "header.host:", "lo", "header.host:X"),
        ("-body.data.|", "body.", "data.", "-body.X"),
        ("body.data.id:8x|", "body.data.id:", "8x", "body.data.id:X"),
        ("é|", "term", "é", "X"),
    ] {
        assert_eq!(at(marked), (wanted.to_owned(), typed.to_owned(), put.to_owned()), "{marked}");
    }
}

#[test]
fn the_grammar_has_fields_and_values() {
    let names = |typed| fields_for(typed).iter().map(|info| info.name).collect::<Vec<_>>();
    assert_eq!(names("ver"), ["verdict"]);
    assert_eq!(names("user_m"), ["meta"]);
    assert_eq!(names("re"), ["reason", "replayed"]);
    assert_eq!(names("tpye"), ["type"]);
    assert_eq!(names("zzzz"), Vec::<&str>::new());
    assert_eq!(names("").len(), FIELDS.len());
    for info in FIELDS {
        for value in values_for(info) {
            let term = format!("{}:{value}", info.name);
            assert_eq!(parse(&term).to_string(), term);
        }
    }
}

#[test]
fn a_field_is_found_by_its_written_name() {
    for info in FIELDS {
        for example in info.examples {
            let name = example.trim_start_matches('-').split(':').next().expect("a name");
            assert_eq!(field_named(name).map(|field| field.to_string()).as_deref(), Some(name));
        }
    }
    for name in ["", "typ", "type:", "header.", "body..a", "a b"] {
        assert_eq!(field_named(name), None, "{name}");
    }
}

#[test]
fn what_a_delivery_has_is_what_it_is_found_by() {
    let delivery = Delivery { forwarded: None, ..Delivery::default() };
    let values = |name: &str| {
        let mut found = Vec::new();
        values_of(&field_named(name).expect(name), &delivery, &mut |value| found.push(value.to_owned()));
        found
    };
    let keys = |name: &str| {
        let mut found = Vec::new();
        keys_of(&field_named(name).expect(name), &delivery, &mut |value| found.push(value.to_owned()));
        found.dedup();
        found
    };
    assert_eq!(values("type"), ["batch.failed"]);
    assert_eq!(values("header.x-forwarded-for"), ["10.0.3.7"]);
    assert_eq!(values("body.data.error"), ["13", "shard 14: no Needle"]);
    assert_eq!(values("meta.suite"), ["needle-128k"]);
    assert_eq!(values("forwarded"), Vec::<String>::new());
    assert_eq!(keys("header"), ["webhook-id", "x-forwarded-for"]);
    assert_eq!(keys("body"), ["type", "data"]);
    assert_eq!(keys("body.data"), ["id", "completed", "error", "user_metadata"]);
    assert_eq!(keys("body.data.id"), Vec::<String>::new());
    assert_eq!(keys("meta"), ["suite"]);
    for info in FIELDS {
        let name = info.examples[0].split(':').next().expect("a name");
        for value in values(name) {
            let expr = parse(&format!("{name}:{}", value_text(&value))).expr;
            assert!(matches(&expr, &delivery), "{expr}");
        }
    }
}

#[test]
fn values_with_a_piece_of_text_are_found_with_their_field() {
    let asked = |body: &[u8]| Delivery { body: body.to_vec(), ..Delivery::default() };
    let found = |piece: &str, limit| {
        let found = places(&Delivery::default(), &Needle::new(piece.as_bytes()), limit);
        found.into_iter().map(|(field, value)| format!("{field}:{value}")).collect::<Vec<_>>()
    };
    assert_eq!(found("NEEDLE", 9), ["body.data.error.message:shard 14: no Needle", "meta.suite:needle-128k"]);
    assert_eq!(found("needle", 1).len(), 1);
    assert_eq!(found("13", 9), ["body.data.error.code:13"]);
    assert_eq!(found("nothing", 9), Vec::<String>::new());
    assert_eq!(found("10.0.3", 9), ["header.x-forwarded-for:10.0.3.7"]);
    let list = places(&asked(br#"{"a":[{"b":"\u006eeedle"},{"b":"needle"}]}"#), &Needle::new(b"needle"), 9);
    assert_eq!(list.iter().map(|(field, _)| field.to_string()).collect::<Vec<_>>(), ["body.a[*].b", "body.a[*].b"]);
    let deep = "[".repeat(1 << 20) + "\"needle\"";
    assert_eq!(places(&asked(deep.as_bytes()), &Needle::new(b"needle"), 9), []);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_place_of_any_text_is_looked_at(written in "[a-z:.,\"(=é \\[\\]-]{0,16}", cursor in 0_usize..24) {
        let found = Completing::of(&written, cursor);
        prop_assert!(written.get(found.start..found.end).is_some());
        prop_assert!(found.with("x").contains('x'));
    }

    #[test]
    fn a_written_text_stands_for_itself(value in any::<String>()) {
        prop_assume!(!value.is_empty());
        prop_assert_eq!(parse(&free_text(&value)).expr, text(&value));
        let read = Query::parse(&format!("note:{}", value_text(&value)), &clock());
        prop_assert_eq!(read.map(|read| read.expr), Ok(crate::term(Field::Note, [crate::has(&value)])));
    }
}
