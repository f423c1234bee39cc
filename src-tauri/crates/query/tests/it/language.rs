//! What each form means, and how it is printed.

use query::{Expr, FIELDS, Field, Step, Test};

use crate::{has, not, parse, term, text};

#[test]
fn conditions_are_put_together() {
    let a = || text("a");
    let b = || text("b");
    let c = || text("c");
    for (written, meant, printed) in [
        ("", Expr::Everything, ""),
        ("  \t\n", Expr::Everything, ""),
        ("*", Expr::Everything, ""),
        ("a", a(), "a"),
        ("a b", Expr::And(vec![a(), b()]), "a b"),
        ("a and b", Expr::And(vec![a(), b()]), "a b"),
        ("a * b", Expr::And(vec![a(), b()]), "a b"),
        ("a or b", Expr::Or(vec![a(), b()]), "a or b"),
        ("a OR b", Expr::Or(vec![a(), b()]), "a or b"),
        ("a b or c", Expr::Or(vec![Expr::And(vec![a(), b()]), c()]), "a b or c"),
        ("a (b or c)", Expr::And(vec![a(), Expr::Or(vec![b(), c()])]), "a (b or c)"),
        ("(a)", a(), "a"),
        ("((a b) c)", Expr::And(vec![a(), b(), c()]), "a b c"),
        ("(a or b) or c", Expr::Or(vec![a(), b(), c()]), "a or b or c"),
        ("-a", not(a()), "-a"),
        ("-(a b)", not(Expr::And(vec![a(), b()])), "-(a b)"),
        ("not(a or b)", not(Expr::Or(vec![a(), b()])), "-(a or b)"),
        ("NOT(a)", not(a()), "-a"),
        ("-(-a)", not(not(a())), "-(-a)"),
        ("-not(a)", a(), "a"),
        ("-*", not(Expr::Everything), "-*"),
        ("a(b)", text("a(b)"), "\"a(b)\""),
        ("(f() or b)", Expr::Or(vec![text("f()"), b()]), "\"f()\" or b"),
    ] {
        assert_eq!(parse(written).expr, meant, "{written}");
        assert_eq!(parse(written).to_string(), printed, "{written}");
    }
}

#[test]
fn text_stays_as_it_is() {
    for (written, meant) in [
        ("needle", "needle"),
        ("\"two words\"", "two words"),
        (r#""a \"b\" \\ \n""#, r#"a "b" \ \n"#),
        ("a,b", "a,b"),
        ("--flag", "--flag"),
        ("-", "-"),
        ("not", "not"),
        ("\"or\"", "or"),
        ("a-b", "a-b"),
        ("it's", "it's"),
        ("10:30", "10:30"),
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("#123", "#123"),
        ("ß\u{202e}ü", "ß\u{202e}ü"),
        ("a\0b", "a\0b"),
        ("body.data.id", "body.data.id"),
        ("body[x]", "body[x]"),
        ("body[23\u{3}0].", "body[23\u{3}0]."),
        ("=x", "=x"),
    ] {
        assert_eq!(parse(written).expr, text(meant), "{written}");
    }
    assert_eq!(parse("-needle").expr, not(text("needle")));
    assert_eq!(parse("-\"two words\"").expr, not(text("two words")));
}

#[test]
fn fields_take_what_belongs_to_them() {
    let exactly = |text: &str| Test::Exactly(text.to_owned());
    let key = |text: &str| Step::Key(text.to_owned());
    for (written, field, tests, printed) in [
        ("type:batch.failed", Field::Type, vec![has("batch.failed")], "type:batch.failed"),
        ("TYPE:a,b,c", Field::Type, vec![has("a"), has("b"), has("c")], "type:a,b,c"),
        ("event:a,\"b,c\"", Field::Type, vec![has("a"), has("b,c")], "type:a,\"b,c\""),
        ("type:batch.*", Field::Type, vec![has("batch.")], "type:batch."),
        ("type:=batch.failed", Field::Type, vec![exactly("batch.failed")], "type:=batch.failed"),
        ("type:=\"a b\"", Field::Type, vec![exactly("a b")], "type:=\"a b\""),
        ("type:none", Field::Type, vec![Test::Absent], "type:none"),
        ("type:\"none\"", Field::Type, vec![has("none")], "type:\"none\""),
        (
            "verdict:old_secret,REJECTED",
            Field::Verdict,
            vec![exactly("old-secret"), exactly("rejected")],
            "verdict:old-secret,rejected",
        ),
        ("scheme:v1a", Field::Scheme, vec![exactly("v1a")], "scheme:v1a"),
        ("project:\"My project\"", Field::Project, vec![exactly("My project")], "project:\"My project\""),
        ("project:=a", Field::Project, vec![exactly("a")], "project:a"),
        ("note:*", Field::Note, vec![Test::Present], "note:*"),
        ("pinned:yes", Field::Pinned, vec![Test::Present], "pinned:yes"),
        ("pinned:NO", Field::Pinned, vec![Test::Absent], "pinned:no"),
        ("forwarded:waiting,none", Field::Forwarded, vec![exactly("waiting"), Test::Absent], "forwarded:waiting,none"),
        (
            "header.X-Forwarded-For:10.0.",
            Field::Header("x-forwarded-for".to_owned()),
            vec![has("10.0.")],
            "header.x-forwarded-for:10.0.",
        ),
        ("header:curl", Field::Header(String::new()), vec![has("curl")], "header:curl"),
        ("meta.suite:needle", Field::Meta("suite".to_owned()), vec![has("needle")], "meta.suite:needle"),
        ("meta.\"a key\":x", Field::Meta("a key".to_owned()), vec![has("x")], "meta.\"a key\":x"),
        ("body:needle", Field::Body(vec![]), vec![has("needle")], "body:needle"),
        ("body.data.id:x", Field::Body(vec![key("data"), key("id")]), vec![has("x")], "body.data.id:x"),
        (
            "body.data[0].x:*",
            Field::Body(vec![key("data"), Step::Index(0), key("x")]),
            vec![Test::Present],
            "body.data[0].x:*",
        ),
        ("body[*]:x", Field::Body(vec![Step::Any]), vec![has("x")], "body[*]:x"),
        ("body.*.x:1", Field::Body(vec![Step::Any, key("x")]), vec![has("1")], "body[*].x:1"),
        (
            "body.\"a.b\"[\"c d\"]:1",
            Field::Body(vec![key("a.b"), key("c d")]),
            vec![has("1")],
            "body.\"a.b\".\"c d\":1",
        ),
        ("body.\"*\":1", Field::Body(vec![key("*")]), vec![has("1")], "body.\"*\":1"),
        ("body.x:\"\"", Field::Body(vec![key("x")]), vec![has("")], "body.x:\"\""),
        ("path:/a?b=c", Field::Path, vec![has("/a?b=c")], "path:/a?b=c"),
        ("id:msg_5f0c", Field::Id, vec![has("msg_5f0c")], "id:msg_5f0c"),
        ("id:\"#5\"", Field::Id, vec![has("#5")], "id:\"#5\""),
    ] {
        assert_eq!(parse(written).expr, term(field, tests), "{written}");
        assert_eq!(parse(written).to_string(), printed, "{written}");
    }
}

#[test]
fn numbers_become_ranges() {
    const HOUR: i64 = 3_600_000_000_000;
    let now = crate::clock().now_ns;
    for (written, from, to) in [
        ("answer:503", Some(503), Some(503)),
        ("answer:5xx", Some(500), Some(599)),
        ("answer:>=400", Some(400), None),
        ("answer:>4xx", Some(500), None),
        ("answer:<400", None, Some(399)),
        ("answer:<=4xx", None, Some(499)),
        ("answer:400..499", Some(400), Some(499)),
        ("answer:4xx..5xx", Some(400), Some(599)),
        ("attempts:>1", Some(2), None),
        ("attempts:2..5", Some(2), Some(5)),
        ("attempts:2..", Some(2), None),
        ("attempts:..5", None, Some(5)),
        ("size:>10k", Some(10_001), None),
        ("size:<=2MiB", None, Some(2_097_152)),
        ("took:>250ms", Some(250_001), None),
        ("took:<=250ms", None, Some(250_000)),
        ("took:250ms", Some(250_000), Some(250_999)),
        ("id:#123", Some(123), Some(123)),
        ("id:#1..#9", Some(1), Some(9)),
        ("since:1h", Some(now - HOUR), None),
        ("until:1h", None, Some(now - HOUR - 1)),
        ("since:today", Some(now - 13 * HOUR), None),
        ("until:yesterday", None, Some(now - 13 * HOUR - 1)),
        ("at:2026-11-21", Some(now - 13 * HOUR), Some(now + 11 * HOUR - 1)),
        ("at:2026-11-21T12:00Z", Some(now), Some(now + 60_000_000_000 - 1)),
        ("at:2026-11-21T13:00..", Some(now), None),
        ("at:2h..1h", Some(now - 2 * HOUR), Some(now - HOUR)),
        ("at:yesterday..today", Some(now - 37 * HOUR), Some(now + 11 * HOUR - 1)),
    ] {
        let Expr::Term(read) = parse(written).expr else { panic!("{written}") };
        let [Test::Range { from: lowest, to: highest, .. }] = read.any_of.as_slice() else { panic!("{written}") };
        assert_eq!((*lowest, *highest), (from, to), "{written}");
        assert_eq!(parse(written).to_string(), written);
    }
}

#[test]
fn a_range_that_nobody_wrote_is_printed_so_that_it_is_read_back() {
    for (field, from, to) in [
        (Field::Answer, Some(400), Some(599)),
        (Field::Answer, Some(503), Some(503)),
        (Field::Attempts, Some(2), None),
        (Field::Size, None, Some(10)),
        (Field::Took, Some(1_500), Some(2_500)),
        (Field::Id, Some(5), Some(9)),
        (Field::Since, Some(1_795_000_000_123_456_789), None),
        (Field::Until, None, Some(1_795_000_000_123_456_789)),
        (Field::At, Some(5), Some(1_795_000_000_123_456_789)),
    ] {
        let made = term(field, [Test::range(from, to)]).to_string();
        let Expr::Term(read) = parse(&made).expr else { panic!("{made}") };
        let [Test::Range { from: lowest, to: highest, .. }] = read.any_of.as_slice() else { panic!("{made}") };
        assert_eq!((*lowest, *highest), (from, to), "{made}");
    }
}

#[test]
fn every_example_of_the_table_parses() {
    for info in FIELDS {
        assert!(!info.examples.is_empty() && info.help.ends_with('.'), "{}", info.name);
        for example in info.examples {
            assert_eq!(parse(example).to_string(), *example, "{}", info.name);
        }
    }
}

#[test]
fn names_in_the_table_are_unlike() {
    let mut names: Vec<_> = FIELDS.iter().flat_map(|info| info.aliases.iter().chain([&info.name])).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}
