//! Values by their path, against serde_json and against what is broken.

use proptest::prelude::*;

use super::*;

fn step(key: &str) -> Step {
    Step::Key(key.to_owned())
}

/// Everything that is shown, as text.
fn shown(body: &[u8], path: &[Step]) -> Vec<String> {
    let mut all = Vec::new();
    look(body, path, &mut |value| {
        all.push(match value {
            Value::Text(raw) => format!("\"{}", String::from_utf8_lossy(&raw.bytes())),
            Value::Bare(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Value::Container => "…".to_owned(),
        });
        false
    });
    all
}

#[test]
fn a_path_leads_to_values() {
    let body = br#" {"data": {"id": "a\"b\u00e9\ud83d\ude00", "n": 1.0,
         "l": [1, {"x": true}, [2]], "n": 2}, "k\u0065y": null} "#;
    for (path, values) in [
        (vec![step("data"), step("id")], vec!["\"a\"b\u{e9}\u{1f600}"]),
        (vec![step("data"), step("n")], vec!["1.0", "2"]),
        (vec![step("data"), step("l")], vec!["…", "1", "true", "2"]),
        (vec![step("data"), step("l"), Step::Index(0)], vec!["1"]),
        (vec![step("data"), step("l"), Step::Index(1), step("x")], vec!["true"]),
        (vec![step("data"), step("l"), Step::Any], vec!["1", "…", "true", "…", "2"]),
        (vec![step("key")], vec!["null"]),
        (vec![Step::Any, step("n")], vec!["1.0", "2"]),
        (vec![step("data"), Step::Index(0)], vec![]),
        (vec![step("data"), step("id"), step("x")], vec![]),
        (vec![step("none")], vec![]),
    ] {
        assert_eq!(shown(body, &path), values, "{path:?}");
    }
}

#[test]
fn what_is_cut_off_or_broken_shows_what_is_there() {
    let path = [step("a")];
    for (body, values) in [
        (&b"{\"a\": \"nee"[..], vec!["\"nee"]),
        (b"{\"a\": \"nee\\", vec!["\"nee\\"]),
        (b"{\"a\": 12", vec!["12"]),
        (b"{\"a\"", vec![]),
        (b"{\"b\": 1 \"a\": 2}", vec![]),
        (b"{\"b\": [1, 2}, \"a\": 3}", vec!["3"]),
        (b"{\"a\": }", vec![]),
        (b"{,}", vec![]),
        (b"\xef\xbb\xbf{\"a\":1}", vec!["1"]),
        (b"", vec![]),
        (b"a=1", vec![]),
        (b"{\"a\": \"\\ud800\\u12\"}", vec!["\"\u{fffd}\\u12"]),
        (b"{\"a\": \"\\ud83d\\u0041\"}", vec!["\"\u{fffd}A"]),
    ] {
        assert_eq!(shown(body, &path), values, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = [b"{\"a\":".to_vec(), vec![b'['; 4 << 20], b"{\"x\":\"needle\"}".to_vec()].concat();
    assert_eq!(shown(&deep, &[step("a")]).last().map(String::as_str), Some("\"needle"));
    let deep = [b"{\"b\":".to_vec(), "{\"b\":".repeat(1 << 20).into_bytes(), b"1,\"a\":2".to_vec()].concat();
    assert_eq!(shown(&deep, &[step("a")]), Vec::<String>::new());
}

fn tree() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-c]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[ab\"\\\\é/]{0,2}", inner, 0..4).prop_map(Value::from_iter),
        ]
    })
}

fn below(value: &serde_json::Value, out: &mut Vec<String>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| below(item, out)),
        serde_json::Value::Object(members) => members.values().for_each(|item| below(item, out)),
        serde_json::Value::String(text) => out.push(format!("\"{text}")),
        other => out.push(other.to_string()),
    }
}

fn led<'a>(value: &'a serde_json::Value, path: &[Step]) -> Vec<&'a serde_json::Value> {
    let Some((step, rest)) = path.split_first() else { return vec![value] };
    match (value, step) {
        (serde_json::Value::Array(items), Step::Any) => items.iter().flat_map(|item| led(item, rest)).collect(),
        (serde_json::Value::Object(members), Step::Any) => members.values().flat_map(|item| led(item, rest)).collect(),
        (serde_json::Value::Array(items), Step::Index(index)) => {
            items.get(*index).into_iter().flat_map(|item| led(item, rest)).collect()
        }
        (serde_json::Value::Object(members), Step::Key(key)) => {
            members.get(key).into_iter().flat_map(|item| led(item, rest)).collect()
        }
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_reads_what_serde_json_reads(
        tree in tree(),
        path in prop::collection::vec(
            prop_oneof!["[ab\"\\\\é/]{0,2}".prop_map(Step::Key), (0_usize..3).prop_map(Step::Index), Just(Step::Any)],
            0..4,
        ),
        pretty in any::<bool>(),
    ) {
        let body = if pretty { serde_json::to_vec_pretty(&tree) } else { serde_json::to_vec(&tree) };
        let mut expected = Vec::new();
        led(&tree, &path).into_iter().for_each(|value| below(value, &mut expected));
        let read: Vec<_> =
            shown(&body.unwrap_or_default(), &path).into_iter().filter(|text| text != "…").collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_bytes_are_read_to_their_end(
        pieces in prop::collection::vec(
            prop::sample::select(vec!["{", "}", "[", "]", "\"", "\\", "a", ":", ",", " ", "1", "\\u12", "\"a\":",
                "\0"]),
            0..24,
        ),
    ) {
        shown(pieces.concat().as_bytes(), &[step("a"), Step::Any]);
        shown(pieces.concat().as_bytes(), &[]);
    }
}
