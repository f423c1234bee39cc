//! What holds for every file.

use std::collections::BTreeSet;
use std::io::Cursor;

use proptest::prelude::*;
use results::{Filter, Index, RowState, Scanner, Summary, Which, read_row, save_failed_requests, save_rows, search};
use serde_json::{Value, json};

use crate::naive::{self, Naive};
use crate::{asked, bad, good, requests, scanned};

/// Anything that is no file of answers, but looks like one.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just(br#"{"key":"a","response":{"candidates":[{"content":{"parts":["#.to_vec()),
        Just(br#"{"text":"a","thought":true},{"inlineData":{"data":"QQ"}}"#.to_vec()),
        Just(br#"]},"finishReason":"STOP"}]}}"#.to_vec()),
        Just(br#""error":{"code":-8,"message":7}"#.to_vec()),
        Just(br#""key":"\ud800","metadata":{"key":[]}"#.to_vec()),
        prop::collection::vec(any::<u8>(), 0..8),
        prop::sample::select(vec!["{", "}", "[", "]", "\"", ":", ",", "1e999", "null", " "])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3_i64..20).prop_map(|number| json!(number)),
        "[ab\"\\\\é\u{1}]{0,3}".prop_map(Value::String),
        Just(json!([])),
        Just(json!({})),
        Just(json!([1, {"a": 2}])),
    ]
}

/// A member that is there or not, and is what it should be as a rule.
fn maybe(value: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Option<Value>> {
    let value = value.boxed();
    prop_oneof![6 => value.prop_map(Some), 3 => Just(None), 1 => leaf().prop_map(Some)]
}

fn object(members: Vec<(&'static str, BoxedStrategy<Option<Value>>)>) -> BoxedStrategy<Value> {
    let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
    values
        .prop_map(move |values| {
            let members = names.iter().zip(values);
            Value::Object(members.filter_map(|(name, value)| Some(((*name).to_owned(), value?))).collect())
        })
        .boxed()
}

fn key() -> impl Strategy<Value = Value> {
    prop_oneof![8 => "[a-e]".prop_map(Value::String), 1 => (0_u64..4).prop_map(|key| json!(key)), 1 => leaf()]
}

fn part() -> impl Strategy<Value = Value> {
    object(vec![
        ("text", maybe(leaf()).boxed()),
        ("thought", prop_oneof![Just(None), Just(Some(json!(true))), Just(Some(json!(false)))].boxed()),
        ("function_call", prop_oneof![3 => Just(None), 1 => leaf().prop_map(Some)].boxed()),
        ("inlineData", prop_oneof![3 => Just(None), 1 => leaf().prop_map(Some)].boxed()),
    ])
}

fn answer() -> impl Strategy<Value = Value> {
    let reasons = ["STOP", "MAX_TOKENS", "SAFETY", "OTHER", "SPII", "NEW"];
    let reason = prop::sample::select(reasons.to_vec()).prop_map(|reason| json!(reason));
    let content = object(vec![("parts", maybe(prop::collection::vec(part(), 0..3).prop_map(Value::Array)).boxed())]);
    let candidate = object(vec![("finishReason", maybe(reason).boxed()), ("content", maybe(content).boxed())]);
    let feedback = object(vec![("block_reason", maybe("A|BLOCK_REASON_UNSPECIFIED".prop_map(Value::from)).boxed())]);
    let count = || maybe((0_u64..50).prop_map(|count| json!(count))).boxed();
    let usage = object(vec![
        ("promptTokenCount", count()),
        ("candidates_token_count", count()),
        ("thoughtsTokenCount", count()),
        ("cached_content_token_count", count()),
    ]);
    let rarely = |value: BoxedStrategy<Value>| prop_oneof![4 => Just(None), 1 => value.prop_map(Some)].boxed();
    let embedding = object(vec![("values", maybe(Just(json!([0.5]))).boxed())]);
    object(vec![
        ("candidates", maybe(prop::collection::vec(candidate, 0..3).prop_map(Value::Array)).boxed()),
        ("promptFeedback", rarely(feedback)),
        ("usageMetadata", maybe(usage).boxed()),
        ("embedding", rarely(embedding)),
        ("embeddings", rarely(leaf().boxed())),
        ("tokenCount", rarely(leaf().boxed())),
    ])
}

/// A line of answers, mostly one as it should be.
fn line() -> impl Strategy<Value = String> {
    let status = || {
        object(vec![
            ("code", maybe((0_i64..17).prop_map(|code| json!(code))).boxed()),
            ("message", maybe(leaf()).boxed()),
        ])
    };
    let rarely = |value: BoxedStrategy<Value>| prop_oneof![5 => Just(None), 1 => value.prop_map(Some)].boxed();
    let metadata = object(vec![("key", maybe(key()).boxed())]);
    let whole = object(vec![
        ("key", maybe(key()).boxed()),
        ("metadata", rarely(metadata)),
        ("response", maybe(answer()).boxed()),
        ("error", rarely(status())),
        ("status", rarely(status())),
    ]);
    let any = prop::sample::select(vec!["", "  ", "what?", "[1]", "{\"response\":{", "3"]).prop_map(str::to_owned);
    prop_oneof![9 => whole.prop_map(|line| line.to_string()), 1 => any]
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    let ends = prop::sample::select(vec!["\n", "\r\n", "\n\n"]);
    (any::<bool>(), prop::collection::vec((line(), ends), 0..20), any::<bool>()).prop_map(|(mark, lines, cut)| {
        let mut file = if mark { "\u{feff}".to_owned() } else { String::new() };
        lines.iter().for_each(|(line, end)| file.push_str(&format!("{line}{end}")));
        if cut {
            file.truncate(file.trim_end().len());
        }
        file.into_bytes()
    })
}

/// All that can be seen of an index.
fn seen(index: &Index) -> Vec<String> {
    let row = |row| format!("{:?} {:?} {:?}", index.state(row), index.place(row), index.repeat_of(row));
    (0..index.row_count()).map(row).collect()
}

fn in_pieces(file: &[u8], sizes: &[usize], longest: usize) -> Scanner {
    let mut scanner = Scanner::with_longest_line(asked(requests(&["a", "b", "c"]).as_bytes()), longest);
    let (mut rest, mut sizes) = (file, sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, more) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        scanner.feed(piece);
        rest = more;
    }
    scanner.finish();
    scanner
}

fn equations(summary: &Summary) {
    let Summary { good, failed, repeats, strays, .. } = *summary;
    assert_eq!(summary.rows, good + failed + repeats + strays);
    assert_eq!(failed, summary.errors + summary.blocked + summary.cut_off + summary.empty + summary.unparsable);
    if let (Some(asked), Some(missing)) = (summary.asked, summary.missing) {
        assert_eq!(good + failed + missing, asked);
    }
    let kinds: u64 = summary.error_kinds.iter().map(|kind| kind.rows).sum();
    assert_eq!(kinds + summary.other_errors, summary.errors);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn pieces_do_not_matter(
        file in prop_oneof![file(), noise()],
        sizes in prop::collection::vec(1_usize..40, 1..6),
        longest in prop_oneof![Just(64 << 20), 1_usize..80],
    ) {
        let whole = in_pieces(&file, &[usize::MAX], longest);
        let pieces = in_pieces(&file, &sizes, longest);
        prop_assert_eq!(whole.summary(), pieces.summary());
        prop_assert_eq!(seen(whole.index()), seen(pieces.index()));
        equations(&whole.summary());
        // Reading a row again says the same, whatever is in it.
        for row in 0..whole.index().row_count() {
            let read = read_row(&mut Cursor::new(&file), whole.index(), row).unwrap();
            prop_assert_eq!(Some(read.state), whole.index().state(row));
        }
        search(&mut Cursor::new(&file), whole.index(), "\"é", &mut |_| {}, &|| false).unwrap();
    }

    #[test]
    fn rows_are_what_a_plain_reading_says(file in file()) {
        let scanner = scanned(&file, None);
        let index = scanner.index();
        let lines = naive::lines(&file);
        let rows: Vec<Naive> = lines.iter().map(|line| naive::read(line)).collect();
        let repeats = naive::repeats(&rows);
        prop_assert_eq!(index.row_count() as usize, rows.len());
        for (number, (row, line)) in (0..).zip(rows.iter().zip(&lines)) {
            let read = read_row(&mut Cursor::new(&file), index, number).unwrap();
            prop_assert_eq!((&read.key, read.state, read.tokens), (&row.key, row.state, row.tokens));
            prop_assert_eq!(read.repeat_of, repeats[number as usize]);
            let place = index.place(number).unwrap();
            prop_assert_eq!(&file[place.offset as usize..][..place.len as usize], *line);
        }

        let select = |take: &dyn Fn(usize) -> bool| -> Vec<u32> {
            (0..).zip(0..rows.len()).filter(|(_, row)| take(*row)).map(|(number, _)| number).collect()
        };
        let failed = select(&|row| repeats[row].is_none() && rows[row].state.failed());
        prop_assert_eq!(&index.selected(Filter::Failed), &failed);
        let good = select(&|row| repeats[row].is_none() && rows[row].state == RowState::Good);
        prop_assert_eq!(index.selected(Filter::Good), good);
        let firsts: BTreeSet<_> = repeats.iter().flatten().copied().collect();
        let doubled = select(&|row| repeats[row].is_some() || firsts.contains(&(row as u32)));
        prop_assert_eq!(index.selected(Filter::Doubled), doubled);
        prop_assert_eq!(scanner.summary().doubled_keys, firsts.len() as u64);
        for row in 0..index.row_count() {
            prop_assert_eq!(index.next_failed(row), failed.iter().copied().find(|failed| *failed > row));
            prop_assert_eq!(index.previous_failed(row), failed.iter().copied().rfind(|failed| *failed < row));
        }
        let marked: u32 = index.marks(7).iter().map(|mark| mark.failed).sum();
        prop_assert_eq!(marked as usize, failed.len());
        let sum = |of: &dyn Fn(&Naive) -> Option<u64>| rows.iter().filter_map(of).sum::<u64>();
        let tokens = scanner.summary().tokens;
        prop_assert_eq!(tokens.input, sum(&|row| row.tokens.input));
        prop_assert_eq!(tokens.cached, sum(&|row| row.tokens.cached));

        let mut all = Vec::new();
        save_rows(&mut Cursor::new(&file), index, Filter::All, &mut all).unwrap();
        prop_assert_eq!(all, lines.iter().flat_map(|line| [*line, b"\n"].concat()).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_sent_again_is_what_failed_or_is_missing(
        wanted in prop::collection::vec("[a-l]", 0..16),
        answers in prop::collection::vec(("[a-o]", any::<bool>()), 0..16),
        known in any::<bool>(),
    ) {
        let file = requests(&wanted.iter().map(String::as_str).collect::<Vec<_>>());
        let lines: String = answers.iter().map(|(key, well)| if *well { good(key) } else { bad(key) }).collect();
        let scanner = scanned(lines.as_bytes(), known.then(|| asked(file.as_bytes()).unwrap()));
        equations(&scanner.summary());
        let mut again = Vec::new();
        let saved = save_failed_requests(&mut file.as_bytes(), scanner.index(), Which::Both, &mut again).unwrap();

        let first = |key: &String| answers.iter().find(|(answered, _)| answered == key).map(|(_, well)| *well);
        let mut expected: Vec<&String> = Vec::new();
        for key in &wanted {
            if first(key) != Some(true) && !expected.contains(&key) {
                expected.push(key);
            }
        }
        let expected = requests(&expected.into_iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(String::from_utf8(again.clone()).unwrap(), expected.clone());
        prop_assert_eq!(saved.written, saved.failed + saved.missing);
        if known {
            let summary = scanner.summary();
            prop_assert_eq!(Some(saved.missing), summary.missing);
            prop_assert_eq!(saved.failed, summary.failed);
            let missing = scanner.index().count(Filter::Missing);
            prop_assert_eq!(u64::from(missing), saved.missing);
        }
        // Once they are answered well, nothing is left to be sent.
        let keys = naive::lines(&again).iter().map(|line| naive::read(line).key.unwrap()).collect::<Vec<_>>();
        let second: String = keys.iter().map(|key| good(key)).collect();
        let scanner = scanned(second.as_bytes(), asked(&again));
        let summary = scanner.summary();
        prop_assert_eq!((summary.good, summary.missing), (keys.len() as u64, Some(0)));
    }
}
