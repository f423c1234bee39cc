//! What is printed is read back as the same, and no text makes the parser panic.

use proptest::prelude::*;
use query::{Expr, FIELDS, Field, Of, Query, Reading, Step, Takes, Test};

use crate::{clock, term};

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ -~]{1,8}",
        any::<String>().prop_filter("not empty", |text| !text.is_empty()),
        prop::sample::select(vec![
            "or",
            "and",
            "not",
            "-",
            "*",
            "none",
            "not(",
            "a:b",
            "\"",
            "\\",
            "=",
            ">5",
            "#1",
            ",",
            "a\"b",
            "body[x]",
            "body.a",
            "body.\"a",
            "header.",
            "meta[",
            "https://a",
            "x-a:b",
            "(a",
            "a)",
            "..",
            "\u{a0}"
        ])
        .prop_map(str::to_owned),
    ]
}

/// Free text that stands for just this.
pub(crate) fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"")
}

fn text_test() -> impl Strategy<Value = Test> {
    prop_oneof![4 => words().prop_map(Test::Contains), 1 => words().prop_map(Test::Exactly)]
}

/// Written forms of each kind of number.
fn number(takes: Takes) -> &'static str {
    match takes {
        Takes::Status => "(>=|<=|>|<)?[1-9][0-9]{2}|[1-5]xx|4[0-9]{2}..5[0-9]{2}",
        Takes::Count => "(>=|<=|>)?[0-9]{1,9}|[0-4]\\.\\.[5-9]|[0-9]\\.\\.",
        Takes::Size => "(>=|<=|>)?[0-9]{1,5}(k|KiB|M|)|1k\\.\\.2Mi",
        Takes::Span => "(>=|<=|>)?[0-9]{1,5}(us|ms|s|m)|1ms\\.\\.2.5s",
        _ => "[1-9]h|[0-9]{1,3}d12h|yesterday|2026-0[1-9]-1[0-9](T0[0-9]:[0-5]0(:30)?(Z|\\+01:00)?)?",
    }
}

fn field() -> impl Strategy<Value = Expr> {
    prop::sample::select(FIELDS).prop_flat_map(|info| {
        let field = match (info.of, info.name) {
            (Of::Path, _) => prop::collection::vec(
                prop_oneof![words().prop_map(Step::Key), (0_usize..99).prop_map(Step::Index), Just(Step::Any)],
                0..4,
            )
            .prop_map(Field::Body)
            .boxed(),
            (_, "meta") => prop_oneof![Just(String::new()), words()].prop_map(Field::Meta).boxed(),
            (_, "header") => "[a-z0-9!#$%&'*+.^_`|~-]{0,9}".prop_map(Field::Header).boxed(),
            (_, name) => {
                let read = Query::parse(info.examples[0], &clock()).expect("an example");
                let Expr::Term(read) = read.expr else { panic!("{name}") };
                Just(read.field).boxed()
            }
        };
        let test = match info.takes {
            Takes::Word(words) => prop::sample::select(words).prop_map(|word| Test::Exactly(word.to_owned())).boxed(),
            Takes::Name => words().prop_map(Test::Exactly).boxed(),
            Takes::YesNo => prop::sample::select(vec![Test::Present, Test::Absent]).boxed(),
            Takes::Text | Takes::Code | Takes::Id => text_test().boxed(),
            takes => {
                let name = info.name;
                number(takes)
                    .prop_filter_map("does not parse", move |value| {
                        match Query::parse(&format!("{name}:{value}"), &clock()).ok()?.expr {
                            Expr::Term(mut term) => term.any_of.pop(),
                            _ => None,
                        }
                    })
                    .boxed()
            }
        };
        let test = if info.optional {
            prop_oneof![6 => test, 1 => Just(Test::Present), 1 => Just(Test::Absent)].boxed()
        } else {
            test
        };
        (field, prop::collection::vec(test, 1..4)).prop_map(|(field, tests)| term(field, tests))
    })
}

fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        1 => Just(Expr::Everything),
        4 => words().prop_map(|text| term(Field::Text, [Test::Contains(text)])),
        8 => field(),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Expr::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::And),
            prop::collection::vec(inner, 0..4).prop_map(Expr::Or),
        ]
    })
    .prop_map(Expr::normal)
}

/// Text that is nearly a query.
fn scribble() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(vec![
            "(", ")", "-", "\"", "\\", ":", ",", " ", " or ", "not(", "*", "=", ">", "..", ".", "[", "]", "[*]",
            "\"a\"", "type:", "body.", "body[0]", "header.", "meta.", "since:", "1h", "answer:", "5xx",
            "verdict:verified", "none",
            "id:#", "2026-11-19T08:30", "é", "\u{2028}", "\0",
        ])
        .prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_back(expr in expr()) {
        let query = Query { expr };
        let printed = query.to_string();
        match Query::parse(&printed, &clock()) {
            Ok(read) => {
                prop_assert_eq!(&read, &query, "{}", printed);
                prop_assert_eq!(read.to_string(), printed);
            }
            Err(problems) => prop_assert!(false, "{}: {}", printed, problems),
        }
    }

    #[test]
    fn any_text_is_read_and_all_of_it_is_in_its_parts(text in scribble()) {
        let reading = Reading::of(&text, &clock());
        let mut at = 0;
        for part in &reading.parts {
            prop_assert!(part.start >= at && part.end > part.start, "{:?}", part);
            prop_assert!(text[at..part.start].trim().is_empty(), "{:?} is in no part", &text[at..part.start]);
            at = part.end;
        }
        prop_assert!(text[at..].trim().is_empty() || !reading.problems.is_empty());
        for problem in &reading.problems {
            prop_assert!(text.get(problem.start..problem.end).is_some(), "{:?}", problem);
        }
        for conjunct in &reading.conjuncts {
            prop_assert!(text.get(conjunct.start..conjunct.end).is_some(), "{:?}", conjunct);
        }
        if reading.problems.is_empty() {
            let printed = reading.query.to_string();
            prop_assert_eq!(Query::parse(&printed, &clock()).ok(), Some(reading.query), "{}", printed);
            let all = Expr::And(reading.conjuncts.into_iter().map(|part| part.expr).collect()).normal();
            prop_assert_eq!(Query { expr: all }.to_string(), printed);
        }
    }
}
