//! What becomes of a line, one by one.

use results::{Filter, RowState, Scanner, Tokens, read_bytes, read_row};

use crate::{bad, good, row, rows_of, scanned};

/// The state and the detail of a response.
fn response(inner: &str) -> (RowState, String) {
    let row = row(&format!("{{\"key\":\"k\",\"response\":{inner}}}"));
    assert_eq!(row.key.as_deref(), Some("k"));
    (row.state, row.detail)
}

#[test]
fn every_state_in_either_spelling() {
    let table = [
        (r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}"#, RowState::Good, ""),
        (r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finish_reason":"OTHER"}]}"#, RowState::Good, "OTHER"),
        (r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}]}"#, RowState::Good, ""),
        (r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]}}]}"#, RowState::Good, ""),
        (r#"{"candidates":[{"content":{"parts":[{"function_call":{"name":"f"}}]}}]}"#, RowState::Good, ""),
        (r#"{"candidates":[{"content":{"parts":[{"inlineData":{"data":"QQ=="}}]}}]}"#, RowState::Good, ""),
        (r#"{"candidates":[{"content":{"parts":[{"text":""},{"text":"a"}]}}]}"#, RowState::Good, ""),
        (r#"{"embedding":{"values":[0.5]}}"#, RowState::Good, ""),
        (r#"{"embeddings":[{"values":[0.5]}]}"#, RowState::Good, ""),
        (r#"{"candidates":[{"finishReason":"MAX_TOKENS"}]}"#, RowState::CutOff, "MAX_TOKENS"),
        (
            r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"MAX_TOKENS"}]}"#,
            RowState::CutOff,
            "MAX_TOKENS",
        ),
        (r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#, RowState::Blocked, "SAFETY"),
        (r#"{"prompt_feedback":{"block_reason":"OTHER"}}"#, RowState::Blocked, "OTHER"),
        (r#"{"candidates":[{"content":{"parts":[]},"finishReason":"STOP"}]}"#, RowState::Empty, "STOP"),
        (r#"{"candidates":[{"content":{"role":"model"},"finishReason":"STOP"}]}"#, RowState::Empty, "STOP"),
        (r#"{"candidates":[{"content":{"parts":[{"text":"a","thought":true}]}}]}"#, RowState::Empty, ""),
        (r#"{"candidates":[{"finishReason":"UNEXPECTED_TOOL_CALL"}]}"#, RowState::Empty, "UNEXPECTED_TOOL_CALL"),
        (r#"{"candidates":[]}"#, RowState::Empty, ""),
        (r#"{"embedding":{"values":[ ]}}"#, RowState::Empty, ""),
        (r#"{"embedding":{"values":false},"embeddings":{"a":1}}"#, RowState::Empty, ""),
        ("{}", RowState::Empty, ""),
        ("3", RowState::Unparsable, "neither response nor error"),
        ("null", RowState::Unparsable, "neither response nor error"),
    ];
    for (inner, state, detail) in table {
        assert_eq!(response(inner), (state, detail.to_owned()), "{inner}");
    }
}

#[test]
fn reasons_that_mean_blocked_do_so_with_content_too() {
    let all = "SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY IMAGE_PROHIBITED_CONTENT \
               IMAGE_RECITATION ESCALATION MODEL_ARMOR";
    for reason in all.split_whitespace() {
        let inner =
            format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"a"}}]}},"finishReason":"{reason}"}}]}}"#);
        assert_eq!(response(&inner), (RowState::Blocked, reason.to_owned()));
    }
}

#[test]
fn the_first_of_several_candidates_decides() {
    let first = r#"{"finishReason":"SAFETY"}"#;
    let second = r#"{"content":{"parts":[{"text":"a"}]}}"#;
    assert_eq!(response(&format!(r#"{{"candidates":[{first},{second}]}}"#)).0, RowState::Blocked);
    assert_eq!(response(&format!(r#"{{"candidates":[{second},{first}]}}"#)).0, RowState::Good);
}

#[test]
fn errors_of_every_kind() {
    let table = [
        (
            r#""error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED"}"#,
            "429 RESOURCE_EXHAUSTED",
            Some("Quota"),
        ),
        (r#""error":{"code":8,"message":"Quota"}"#, "8 RESOURCE_EXHAUSTED", Some("Quota")),
        (r#""error":{"code":500}"#, "500", None),
        (r#""error":{"message":"Why?"}"#, "", Some("Why?")),
        (r#""error":"Bad Request""#, "", Some("Bad Request")),
        (r#""status":{"code":3,"message":"Bad"}"#, "3 INVALID_ARGUMENT", Some("Bad")),
        (r#""error":{"code":7},"response":{"candidates":[]}"#, "7 PERMISSION_DENIED", None),
    ];
    for (inner, detail, message) in table {
        let row = row(&format!("{{\"key\":\"k\",{inner}}}"));
        assert_eq!((row.state, row.detail.as_str()), (RowState::Error, detail), "{inner}");
        assert_eq!(row.message.as_deref(), message, "{inner}");
    }
    for none in [r#""error":null"#, r#""error":{}"#, r#""status":{"code":0}"#, r#""status":"""#] {
        let answered = row(&format!("{{{none},\"response\":{{\"embedding\":{{\"values\":[1]}}}}}}"));
        assert_eq!(answered.state, RowState::Good, "{none}");
        assert_eq!(row(&format!("{{{none}}}")).state, RowState::Unparsable, "{none}");
    }
}

#[test]
fn keys_of_every_kind() {
    let table = [
        (r#""key":"a""#, Some("a")),
        (r#""key":"a\"\u00e9""#, Some("a\"é")),
        (r#""key":17"#, Some("17")),
        (r#""key":"17""#, Some("17")),
        (r#""metadata":{"key":"m"}"#, Some("m")),
        (r#""key":"","metadata":{"key":4}"#, Some("4")),
        (r#""key":null"#, None),
        (r#""key":{"a":1}"#, None),
        (r#""metadata":[1]"#, None),
        (r#""other":1"#, None),
    ];
    for (inner, key) in table {
        let line = format!("{{{inner},\"response\":{{}}}}");
        assert_eq!(row(&line).key.as_deref(), key, "{inner}");
        assert_eq!(scanned(line.as_bytes(), None).summary().without_key, u64::from(key.is_none()));
    }
}

#[test]
fn what_cannot_be_read_keeps_its_key_if_that_stands_first() {
    let table: [(&[u8], Option<&str>, &str); 8] = [
        (b"{\"key\":\"a\",\"response\":{\"cand", Some("a"), "not JSON: "),
        (b"{ \"key\" : 12 , \"resp", Some("12"), "not JSON: "),
        (b"{\"key\":12", None, "not JSON: "),
        (b"{\"key\":\"a", None, "not JSON: "),
        (b"what?", None, "not JSON: expected value at character 1"),
        (b"{\"key\":\"a\",\"response\":\"\xff\"}", Some("a"), "not UTF-8"),
        (b"[1]", None, "no JSON object"),
        (b"{\"key\":\"a\"}", Some("a"), "neither response nor error"),
    ];
    for (line, key, detail) in table {
        let scanner = scanned(line, None);
        let row = rows_of(line, &scanner).remove(0);
        assert_eq!((row.state, row.key.as_deref()), (RowState::Unparsable, key));
        assert!(row.detail.starts_with(detail), "{}", row.detail);
    }
}

#[test]
fn marks_blank_lines_and_ends_of_lines() {
    let file = format!("\u{feff}{}\r\n\r\n   \n{}\n{}", good("a").trim(), bad("b").trim(), good("c").trim());
    let scanner = scanned(file.as_bytes(), None);
    let rows = rows_of(file.as_bytes(), &scanner);
    let keys: Vec<_> = rows.iter().map(|row| (row.key.as_deref().unwrap(), row.line)).collect();
    assert_eq!(keys, [("a", 1), ("b", 4), ("c", 5)]);
    assert!(!scanner.summary().cut_at_end);
    let place = scanner.index().place(0).unwrap();
    let bytes = read_bytes(&mut std::io::Cursor::new(&file), place, u64::MAX).unwrap();
    assert_eq!(bytes, format!("{}\r", good("a").trim()).into_bytes());
    assert_eq!(scanner.summary().bytes, file.len() as u64);
}

#[test]
fn a_cut_end_is_told() {
    let file = format!("{}{}", good("a"), &bad("b")[..20]);
    let summary = scanned(file.as_bytes(), None).summary();
    assert_eq!((summary.rows, summary.good, summary.unparsable, summary.cut_at_end), (2, 1, 1, true));
    assert!(!scanned(b"what?\n", None).summary().cut_at_end);
    assert!(!scanned(b"", None).summary().cut_at_end);
}

#[test]
fn a_line_that_is_too_long_is_not_held() {
    let long = format!("{{\"key\":\"long\",\"response\":\"{}\"}}\n", "x".repeat(3 << 20));
    let file = format!("{}{long}{}", good("a"), good("b"));
    let mut scanner = Scanner::with_longest_line(None, 1 << 20);
    for piece in file.as_bytes().chunks(100_000) {
        scanner.feed(piece);
    }
    scanner.finish();
    let states: Vec<_> = (0..3).map(|row| scanner.index().state(row).unwrap()).collect();
    assert_eq!(states, [RowState::Good, RowState::Unparsable, RowState::Good]);
    let row = read_row(&mut std::io::Cursor::new(&file), scanner.index(), 1).unwrap();
    assert_eq!((row.key.as_deref(), row.detail.as_str()), (Some("long"), "longer than 1048576 bytes"));
    assert_eq!(row.bytes, long.len() as u64 - 1);
}

#[test]
fn depth_and_numbers_beyond_all_bounds() {
    let deep = format!("{{\"key\":\"k\",\"x\":{}{},\"response\":{{}}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(row(&deep).state, RowState::Empty);
    let args = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let call = format!(r#"{{"candidates":[{{"content":{{"parts":[{{"functionCall":{{"args":{args}}}}}]}}}}]}}"#);
    assert_eq!(response(&call).0, RowState::Good);
    let usage = r#"{"usageMetadata":{"promptTokenCount":99999999999999999999999,"candidatesTokenCount":1e999}}"#;
    assert_eq!(row(&format!("{{\"response\":{usage}}}")).tokens, Tokens::default());
    let most = format!("{{\"response\":{{\"tokenCount\":{}}}}}\n", u64::MAX);
    assert_eq!(scanned(most.repeat(2).as_bytes(), None).summary().tokens.input, u64::MAX);
}

#[test]
fn what_is_shown_of_a_row() {
    let data = "A".repeat(16_000);
    let parts = format!(
        "{{\"text\":\"not this\",\"thought\":true}},{{\"text\":\"One\\n\"}},{{\"functionCall\":{{\"name\":\"f\",\
         \"args\":{{\"a\":1}}}}}},{{\"inlineData\":{{\"mimeType\":\"image/png\",\"data\":\"{data}\"}}}}"
    );
    let row = row(&format!(
        "{{\"key\":\"k\",\"response\":{{\"candidates\":[{{\"content\":{{\"parts\":[{parts}]}},\"finishReason\":\
         \"STOP\"}}],\"usageMetadata\":{{\"promptTokenCount\":10,\"candidates_token_count\":\"5\",\
         \"thoughtsTokenCount\":3,\"cachedContentTokenCount\":2}},\"modelVersion\":\"m-1\"}}}}"
    ));
    assert_eq!(row.text, "One\nf({\"a\":1})[image/png, 12 KB]");
    assert_eq!((row.finish_reason.as_deref(), row.model.as_deref()), (Some("STOP"), Some("m-1")));
    let tokens = Tokens { input: Some(10), output: Some(5), thinking: Some(3), cached: Some(2) };
    assert_eq!((row.tokens, row.text_cut), (tokens, false));
}

#[test]
fn texts_are_cut_and_embeddings_are_counted() {
    let text = "é".repeat(5_000);
    let row = row(&good("k").replace("Yes", &text));
    assert_eq!((row.text.chars().count(), row.text_cut), (2_000, true));
    let values = vec!["0.25"; 768].join(",");
    let line = format!("{{\"key\":\"k\",\"response\":{{\"embedding\":{{\"values\":[{values}]}},\"tokenCount\":3}}}}");
    let one = crate::row(&line);
    assert_eq!(one.text, "768 values: 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, …");
    assert_eq!(one.tokens.input, Some(3));
    assert_eq!(crate::row(r#"{"response":{"embeddings":[{"values":[1,-2]}]}}"#).text, "2 values: 1, -2");
    assert_eq!(scanned(line.as_bytes(), None).summary().embeddings, 1);
}

#[test]
fn of_doubled_keys_the_first_counts() {
    let file = [good("a"), bad("b"), bad("a"), good("b"), bad("a")].concat();
    let scanner = scanned(file.as_bytes(), None);
    let (summary, index) = (scanner.summary(), scanner.index());
    assert_eq!((summary.good, summary.failed, summary.repeats, summary.doubled_keys), (1, 1, 3, 2));
    assert_eq!(index.selected(Filter::Doubled), [0, 1, 2, 3, 4]);
    assert_eq!(index.selected(Filter::Failed), [1]);
    let of: Vec<_> = rows_of(file.as_bytes(), &scanner).iter().map(|row| row.repeat_of).collect();
    assert_eq!(of, [None, None, Some(0), Some(1), Some(0)]);
}

#[test]
fn kinds_are_counted_up_to_a_bound() {
    let mut file: String = (0..80).map(|code| format!("{{\"error\":{{\"code\":{}}}}}\n", 400 + code)).collect();
    for _ in 0..3 {
        file.push_str("{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}\n");
        file.push_str("{\"response\":{\"candidates\":[{\"finishReason\":\"STOP\"}]}}\n");
    }
    let summary = scanned(file.as_bytes(), None).summary();
    assert_eq!((summary.error_kinds.len(), summary.other_errors), (50, 33));
    assert_eq!((summary.errors, summary.empty, summary.empty_stops), (83, 3, 3));
    assert_eq!((summary.finish_reasons[0].reason.as_str(), summary.finish_reasons[0].rows), ("STOP", 3));
}
