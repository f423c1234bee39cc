//! What holds for every pair of bodies.

use compare::{Change, Kind, Planes, Row, Sameness};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{TIME, bodies, side};

/// JSON with names that a path writes plainly, and few enough of everything that two of them share much.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-3_i64..4).prop_map(|number| json!(number)),
        "[ab\"\\\\é\u{1}]{0,3}".prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec(("[a-d]|id", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// The same text with some values changed by hand: what a proxy does to a body.
fn rewritten(value: &Value, seed: u64) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<(String, Value)> = members
                .iter()
                .enumerate()
                .filter(|(at, _)| (seed >> (at % 13)) & 7 != 3)
                .map(|(at, (name, value))| (name.clone(), rewritten(value, seed.rotate_left(at as u32 + 5))))
                .collect();
            if seed & 2 == 0 {
                members.reverse();
            }
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => {
            let items = items.iter().enumerate().filter(|(at, _)| (seed >> (at % 11)) & 7 != 5);
            Value::Array(items.map(|(at, item)| rewritten(item, seed.rotate_left(at as u32 + 3))).collect())
        }
        other if seed & 15 == 1 => json!([other, 1]),
        other => other.clone(),
    }
}

/// The steps of a path of plain names.
fn steps(path: &str) -> Vec<String> {
    path.replace('[', ".").replace(']', "").split('.').filter(|step| !step.is_empty()).map(str::to_owned).collect()
}

fn find<'v>(value: &'v mut Value, steps: &[String]) -> &'v mut Value {
    steps.iter().fold(value, |value, step| match value {
        Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
        Value::Object(members) => members.get_mut(step).unwrap(),
        other => panic!("{other} has no {step}"),
    })
}

/// A with all differences applied.
fn applied(mut value: Value, changes: &[Change]) -> Value {
    let read = |value: &Option<compare::Value>| serde_json::from_str(&value.as_ref().unwrap().text).unwrap();
    for change in changes.iter().filter(|change| matches!(change.kind, Kind::Changed | Kind::Rewritten)) {
        *find(&mut value, &steps(&change.path)) = read(&change.b);
    }
    // From behind, so that no place moves before it is needed; then from the front.
    for change in changes.iter().rev().filter(|change| change.kind == Kind::Removed) {
        let path = steps(&change.path);
        let (last, parents) = path.split_last().unwrap();
        match find(&mut value, parents) {
            Value::Array(items) => _ = items.remove(last.parse().unwrap()),
            Value::Object(members) => _ = members.remove(last).unwrap(),
            other => panic!("{other}"),
        }
    }
    for change in changes.iter().filter(|change| change.kind == Kind::Added) {
        let path = steps(&change.path);
        let (last, parents) = path.split_last().unwrap();
        match find(&mut value, parents) {
            Value::Array(items) => items.insert(last.parse().unwrap(), read(&change.b)),
            Value::Object(members) => assert!(members.insert(last.clone(), read(&change.b)).is_none()),
            other => panic!("{other}"),
        }
    }
    value
}

fn swapped(kind: Kind) -> Kind {
    match kind {
        Kind::Added => Kind::Removed,
        Kind::Removed => Kind::Added,
        same => same,
    }
}

type Said = (Kind, String, Option<compare::Value>, Option<compare::Value>);

fn said(planes: &Planes, swap: bool) -> (Vec<Said>, Vec<(Option<Kind>, String)>) {
    let mut changes: Vec<Said> = planes
        .meaning
        .changes
        .iter()
        .cloned()
        .map(|one| match swap {
            true => (swapped(one.kind), one.path_b.unwrap_or(one.path), one.b, one.a),
            false => (one.kind, one.path, one.a, one.b),
        })
        .collect();
    changes.sort_by_key(|(kind, path, a, b)| (*kind, path.clone(), format!("{a:?}{b:?}")));
    let row = |row: &Row| (row.kind.map(|kind| if swap { swapped(kind) } else { kind }), row.name.clone());
    let mut rows: Vec<_> = planes.transport.changes.iter().map(row).collect();
    rows.sort();
    (changes, rows)
}

fn lines() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let value = prop::collection::vec(any::<u8>(), 0..4);
    prop::collection::vec(("[ab]|via|date|X-A", value), 0..8)
}

proptest! {
    #[test]
    fn applying_the_differences_makes_the_other(a in json_value(), b in json_value(), seed: u64) {
        for other in [b, rewritten(&a, seed)] {
            let found = bodies(a.to_string().as_bytes(), other.to_string().as_bytes()).meaning;
            prop_assert_eq!(&applied(a.clone(), &found.changes), &other, "{:?}", found.changes);
            prop_assert_eq!(found.counts.all() == 0, a == other);
        }
    }

    #[test]
    fn exchanging_the_sides_exchanges_the_differences(
        a in json_value(), seed: u64, lines_a in lines(), lines_b in lines()
    ) {
        let (one, two) = (a.to_string(), rewritten(&a, seed).to_string());
        let (a, b) = (side(&lines_a, one.as_bytes()), side(&lines_b, two.as_bytes()));
        let (there, back) = (compare::compare(&a, &b, TIME), compare::compare(&b, &a, TIME));
        prop_assert_eq!(said(&there, false), said(&back, true));
        prop_assert_eq!(there.meaning.equal, back.meaning.equal);
        prop_assert_eq!(there.meaning.moved_count, back.meaning.moved_count);
        prop_assert_eq!(there.transport.moved_count, back.transport.moved_count);
        prop_assert_eq!((there.bytes.equal_start, there.bytes.equal_end), (back.bytes.equal_start, back.bytes.equal_end));
        prop_assert_eq!(there.differ(), back.differ());
    }

    #[test]
    fn nothing_differs_from_itself(body in prop::collection::vec(any::<u8>(), 0..200), value in json_value(), lines in lines()) {
        for body in [body, value.to_string().into_bytes()] {
            let side = side(&lines, &body);
            let found = compare::compare(&side, &side, TIME);
            prop_assert!(!found.differ());
            prop_assert_eq!(found.bytes.body, Sameness::Equal);
            prop_assert_eq!(found.bytes.equal_start, body.len() as u64);
            prop_assert!(found.meaning.lines.is_empty() && found.meaning.moved_count == 0 && !found.meaning.spacing);
            prop_assert!(found.transport.each.is_empty());
        }
    }

    #[test]
    fn any_bytes_are_compared(a in prop::collection::vec(any::<u8>(), 0..80), b in prop::collection::vec(any::<u8>(), 0..80)) {
        let bytes = bodies(&a, &b).bytes;
        let (start, end) = (bytes.equal_start as usize, bytes.equal_end as usize);
        prop_assert_eq!(&a[..start], &b[..start]);
        prop_assert_eq!(&a[a.len() - end..], &b[b.len() - end..]);
        prop_assert_eq!(bytes.body == Sameness::Equal, a == b);
        prop_assert!(a == b || a.get(start) != b.get(start));
        prop_assert!(start + end <= a.len().min(b.len()) || a == b);
    }

    #[test]
    fn texts_are_laid_over_each_other(a in "([xy]{0,2}\n){1,9}", b in "([xy]{0,2}\n){1,9}") {
        let found = bodies(a.as_bytes(), b.as_bytes()).meaning;
        let only = |whose| found.lines.iter().filter(move |line| line.whose == whose).count() as u64;
        let (of_a, of_b) = (only(compare::Whose::A), only(compare::Whose::B));
        prop_assert_eq!(of_a + of_b, found.differing_lines);
        prop_assert_eq!(found.equal + of_a, a.lines().count() as u64);
        prop_assert_eq!(found.equal + of_b, b.lines().count() as u64);
        let gaps: u64 = found.lines.iter().filter(|line| line.whose == compare::Whose::Gap).map(|line| line.more).sum();
        if a != b {
            prop_assert_eq!(gaps + only(compare::Whose::Both), found.equal);
        }
    }
}
