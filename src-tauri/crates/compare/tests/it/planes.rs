//! The three planes, case by case.

use compare::{Change, Fact, Form, Kind, Role, Sameness, Side, Whose};

use crate::{TIME, bodies, headers, side};

/// `changed data.a: 1 -> 2 (note)`
fn line(change: &Change) -> String {
    let value = |value: &Option<compare::Value>| value.as_ref().map_or("–".to_owned(), |value| value.text.clone());
    let kind = format!("{:?}", change.kind).to_lowercase();
    let there = change.path_b.as_ref().map(|path| format!(" | {path}")).unwrap_or_default();
    let note = change.note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
    format!("{kind} {}{there}: {} -> {}{note}", change.path, value(&change.a), value(&change.b))
}

fn changes(a: &str, b: &str) -> Vec<String> {
    bodies(a.as_bytes(), b.as_bytes()).meaning.changes.iter().map(line).collect()
}

#[test]
fn json_is_compared_by_path() {
    for (a, b, expected) in [
        (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, vec![]),
        (r#"{"a":1.0}"#, r#"{"a":1}"#, vec!["rewritten a: 1.0 -> 1 (same number, other text: other bytes)"]),
        (
            r#"{"a":"\u00e9"}"#,
            "{\"a\":\"é\"}",
            vec!["rewritten a: \"\\u00e9\" -> \"é\" (same text, other escapes: other bytes)"],
        ),
        (r#"{"a":{"b":null}}"#, r#"{"a":{}}"#, vec!["removed a.b: null -> –"]),
        (r#"{"a":{}}"#, r#"{"a":{"b c":[1,2]}}"#, vec!["added a[\"b c\"]: – -> [1,2] (2 values)"]),
        (r#"{"a":1}"#, r#"{"a":"1"}"#, vec!["changed a: 1 -> \"1\" (a number in A, a string in B)"]),
        (r#"{"a":[]}"#, r#"{"a":{}}"#, vec!["changed a: [] -> {} (a list in A, an object in B)"]),
        (
            r#"{"n":9007199254740993}"#,
            r#"{"n":9007199254740992}"#,
            vec![
                "changed n: 9007199254740993 -> 9007199254740992 (another number; a reader with 64-bit floating point takes \
                 both for one)",
            ],
        ),
        ("1", "2", vec!["changed : 1 -> 2"]),
        (r#"{"\u0061":1}"#, r#"{"a":1}"#, vec!["rewritten a: \"\\u0061\" -> \"a\" (same name, other escapes)"]),
    ] {
        assert_eq!(changes(a, b), expected, "{a} {b}");
    }
}

#[test]
fn items_of_lists_are_found_where_they_went() {
    for (a, b, expected) in [
        ("[1,2,3]", "[0,1,2,3]", vec!["added [0]: – -> 0"]),
        ("[1,2,3]", "[1,3]", vec!["removed [1]: 2 -> –"]),
        ("[1,2,3]", "[1,9,3]", vec!["changed [1]: 2 -> 9"]),
        // By identity, not by position.
        (
            r#"[{"id":"a","n":1},{"id":"b","n":1},{"id":"c","n":1}]"#,
            r#"[{"id":"b","n":2},{"id":"c","n":1}]"#,
            vec![r#"removed [0]: {"id":"a","n":1} -> – (2 values)"#, "changed [1].n | [0].n: 1 -> 2"],
        ),
        ("[[1],[2]]", "[[2],[3]]", vec!["removed [0]: [1] -> –", "added [1]: – -> [3]"]),
        ("[{}]", "[1]", vec!["removed [0]: {} -> –", "added [0]: – -> 1"]),
    ] {
        assert_eq!(changes(a, b), expected, "{a} {b}");
    }
}

#[test]
fn what_changes_no_meaning_is_counted() {
    let found =
        bodies(br#"{"a":1,"b":{"x":1,"y":[true,null]},"c":3}"#, br#"{ "c":3,"a":1,"b":{"y":[true,null],"x":1}}"#);
    let meaning = found.meaning;
    assert_eq!((meaning.counts.all(), meaning.equal, meaning.moved_count), (0, 5, 2));
    assert_eq!(meaning.moved, ["c", "b.x"]);
    assert!(meaning.spacing);
    assert_eq!(
        meaning.same.iter().map(|same| same.path.as_str()).collect::<Vec<_>>(),
        ["a", "b.x", "b.y[0]", "b.y[1]", "c"]
    );
    assert_eq!(found.bytes.body, Sameness::Differ);
    // Only white space, as much of it on either side.
    assert!(bodies(b"{ \"a\":1}", b"{\"a\" :1}").meaning.spacing);
}

#[test]
fn a_name_that_is_repeated_is_told_and_its_members_are_numbered() {
    let found = bodies(br#"{"a":1,"a":2}"#, br#"{"a":1,"a":3}"#).meaning;
    assert_eq!(found.changes.iter().map(line).collect::<Vec<_>>(), ["changed a#2: 2 -> 3"]);
    assert_eq!(found.repeated, ["a"]);
    assert!(found.notes[0].contains("1 member repeats a name in A"), "{:?}", found.notes);
}

#[test]
fn other_bodies_are_text_by_line_or_bytes_alone() {
    let text = bodies(b"one\ntwo\n", b"one\nzwei\n").meaning;
    assert_eq!((text.form, text.differing_lines, text.equal), (Form::Text, 2, 1));
    assert_eq!(text.lines.iter().map(|line| line.whose).collect::<Vec<_>>(), [Whose::Both, Whose::A, Whose::B]);
    assert_eq!(text.notes, [""; 0]);
    let one_is_json = bodies(b"{}", b"{").meaning;
    assert_eq!((one_is_json.form, &one_is_json.notes[..]), (Form::Text, &["B's body is not JSON.".to_owned()][..]));
    let binary = bodies(b"\xff\x00", b"{}").meaning;
    assert_eq!((binary.form, binary.notes.len()), (Form::Bytes, 1));
    assert_eq!(bodies(b"", b"").meaning.form, Form::Empty);
    assert_eq!(bodies(b"", b"{}").meaning.form, Form::Text);
}

#[test]
fn hostile_bodies_are_bounded_and_that_is_told() {
    let many = |seed: usize| {
        let members: Vec<String> = (0..5_000).map(|n| format!("\"k{n}\":{}", n + seed)).collect();
        format!("{{{}}}", members.join(","))
    };
    let found = bodies(many(0).as_bytes(), many(1).as_bytes()).meaning;
    assert_eq!((found.changes.len(), found.counts.changed), (1_000, 5_000));
    assert!(found.notes[0].contains("the first 1000 are listed"));
    let deep = [b"[".repeat(10_000_000), b"]".repeat(10_000_000)].concat();
    let found = bodies(&deep, b"[]").meaning;
    assert!(found.notes.iter().any(|note| note.contains("deeper than 128 levels")), "{:?}", found.notes);
    let wide = [b"[".to_vec(), b"1,".repeat(10_000_000), b"1]".to_vec()].concat();
    let found = bodies(&wide, b"[1]");
    assert!(
        found.meaning.notes.iter().any(|note| note.contains("more than 400000 values")),
        "{:?}",
        found.meaning.notes
    );
    assert_eq!(found.bytes.equal_start, 2);
    // The largest that is still compared by path, in another order.
    let list =
        |n: usize| format!("[{}]", (0..200_000).map(|i| ((i * 7919) % n).to_string()).collect::<Vec<_>>().join(","));
    assert_eq!(bodies(list(200_003).as_bytes(), list(199_999).as_bytes()).meaning.form, Form::Json);
}

#[test]
fn the_first_difference_is_shown_and_where_it_is_equal_again() {
    let (a, b) = (br#"{"data":{"completed":1.0,"ok":true}}"#, br#"{"data":{"completed":1,"ok":true}}"#);
    let bytes = bodies(a, b).bytes;
    assert_eq!((bytes.equal_start, bytes.equal_end), (22, 12));
    assert_eq!((bytes.window_a.start, bytes.window_b.start), (0, 0));
    assert!(bytes.window_a.hex.starts_with("7b2264617461223a"));
    let long = [vec![b'x'; 5_000], b"tail".to_vec()].concat();
    let bytes = bodies(&vec![b'x'; 5_000], &long).bytes;
    assert_eq!((bytes.body, bytes.equal_start, bytes.equal_end), (Sameness::Differ, 5_000, 0));
    assert_eq!((bytes.window_a.start, bytes.window_a.hex.len()), (4_976, 48));
}

#[test]
fn a_body_kept_in_part_is_equal_only_as_far_as_it_is_known() {
    let cut = |body: &'static [u8], sha256| Side { cut: true, body_len: 100, sha256, ..side(&[], body) };
    let sameness = |a: &Side<'_>, b: &Side<'_>| compare::compare(a, b, TIME).bytes.body;
    assert_eq!(sameness(&cut(b"abc", None), &cut(b"abc", None)), Sameness::EqualAsKept);
    assert_eq!(sameness(&cut(b"abc", None), &side(&[], b"abcd")), Sameness::EqualAsKept);
    assert_eq!(sameness(&cut(b"abcd", None), &side(&[], b"abc")), Sameness::Differ);
    assert_eq!(sameness(&cut(b"abc", Some([1; 32])), &cut(b"abc", Some([1; 32]))), Sameness::Equal);
    assert_eq!(sameness(&cut(b"abc", Some([1; 32])), &cut(b"abc", Some([2; 32]))), Sameness::Differ);
    assert_eq!(sameness(&cut(b"abd", Some([1; 32])), &side(&[], b"abc")), Sameness::Differ);
    let found = compare::compare(&cut(b"", None), &cut(b"", None), TIME).meaning;
    assert_eq!(found.form, Form::Bytes, "what was not kept is not empty");
    assert!(found.notes[0].contains("Only 0 of the 100 bytes of A's body were kept"));
}

#[test]
fn headers_are_compared_by_name_with_their_duplicates() {
    let a = headers(&[
        ("host", "a"),
        ("X-Tag", "1"),
        ("x-tag", "2"),
        ("accept", "*/*"),
        ("webhook-timestamp", "100"),
        ("date", "now"),
        ("gone", "x"),
    ]);
    let mut b = headers(&[
        ("accept", "*/*"),
        ("host", "a"),
        ("x-tag", "2"),
        ("x-tag", "1"),
        ("webhook-timestamp", "435"),
        ("date", "then"),
        ("via", "1.1 edge-2"),
    ]);
    b.push(("x-odd".to_owned(), b"\xff".to_vec()));
    let found = compare::compare(&side(&a, b"{}"), &side(&b, b"{}"), TIME);
    let transport = found.transport;
    let names: Vec<(&str, Option<Kind>)> = transport.changes.iter().map(|row| (row.name.as_str(), row.kind)).collect();
    assert_eq!(
        names,
        [
            ("x-tag", Some(Kind::Changed)),
            ("gone", Some(Kind::Removed)),
            ("via", Some(Kind::Added)),
            ("x-odd", Some(Kind::Added))
        ]
    );
    assert_eq!(transport.changes[0].a.iter().map(|value| value.text.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!(transport.changes[3].b[0].hex.as_deref(), Some("ff"));
    assert_eq!(transport.each.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["webhook-timestamp", "date"]);
    assert_eq!((transport.equal, transport.moved_count), (2, 1));
    assert_eq!(transport.proxy.unwrap().name, "via");
    assert_eq!(found.bytes.later_s, Some(335));
}

#[test]
fn facts_that_are_others_each_time_are_folded() {
    let facts = |path: &str, port: &str| {
        vec![
            Fact { name: "path", value: Some(path.to_owned()), each: false },
            Fact { name: "query", value: None, each: false },
            Fact { name: "sender's port", value: Some(port.to_owned()), each: true },
        ]
    };
    let (one, two) = (facts("/a", "1"), facts("/b", "2"));
    let a = Side { facts: &one, ..side(&[], b"") };
    let b = Side { facts: &two, ..side(&[], b"") };
    let found = compare::compare(&a, &b, TIME).transport;
    assert_eq!((found.counts.changed, found.each_count, found.equal), (1, 1, 0));
    let answers = Side { role: Role::Answer, ..a };
    assert!(compare::compare(&answers, &answers, TIME).bytes.id.is_none());
}
