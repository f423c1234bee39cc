//! What was asked for.

use std::io::Cursor;

use results::{Asked, Error, Filter, RequestScanner};

use crate::{asked, bad, good, requests, scanned};

#[test]
fn what_is_missing_is_told_by_key_and_line() {
    let file = format!("\u{feff}\n{}", requests(&["a", "b", "c"]));
    let answers = [bad("c"), good("a")].concat();
    let scanner = scanned(answers.as_bytes(), asked(file.as_bytes()));
    let summary = scanner.summary();
    assert_eq!((summary.asked, summary.good, summary.failed, summary.missing), (Some(3), 1, 1, Some(1)));
    let missing = scanner.index().selected(Filter::Missing);
    assert_eq!(missing, [1]);
    let request = scanner.index().requests().unwrap().read(&mut Cursor::new(&file), 1).unwrap();
    assert_eq!((request.key.as_deref(), request.line), (Some("b"), 3));
    let index = scanner.index();
    assert_eq!((index.row_of("a"), index.answer(2), index.row_of("b")), (Some(1), Some(0), None));
    let none = index.requests().unwrap().read(&mut Cursor::new(&file), 3);
    assert!(matches!(none, Err(Error::NoRow(3))));
}

#[test]
fn doubled_requests_are_asked_once() {
    let file = requests(&["a", "b", "a", "a"]);
    let read = RequestScanner::read(&mut file.as_bytes()).unwrap();
    assert_eq!((read.row_count(), read.asked(), read.doubled()), (4, 2, 2));
    assert_eq!(read.doubled_numbers().collect::<Vec<_>>(), [2, 3]);
    assert!(read.place(4).is_none());
}

#[test]
fn requests_without_keys_are_answered_by_rows_without_keys() {
    let file = format!("{}{{\"request\":{{}}}}\nwhat?\n{{\"metadata\":{{\"key\":5}}}}\n", requests(&["a"]));
    let line = "{\"response\":{\"candidates\":[]}}\n";
    let answers = [line, &good("a"), line, line, &good("5"), &good("z")].concat();
    let scanner = scanned(answers.as_bytes(), asked(file.as_bytes()));
    let summary = scanner.summary();
    assert_eq!((summary.asked, summary.good, summary.failed, summary.missing), (Some(4), 2, 2, Some(0)));
    assert_eq!((summary.strays, summary.without_key), (2, 3));
    assert_eq!(scanner.index().selected(Filter::Stray), [3, 5]);
}

#[test]
fn a_number_alone_tells_how_many_are_missing() {
    let answers = [good("a"), bad("b"), bad("b")].concat();
    let scanner = scanned(answers.as_bytes(), Some(Asked::Count(5)));
    let summary = scanner.summary();
    assert_eq!((summary.asked, summary.missing, summary.repeats), (Some(5), Some(3), 1));
    assert!(scanner.index().selected(Filter::Missing).is_empty());
    assert_eq!(scanned(answers.as_bytes(), Some(Asked::Count(1))).summary().missing, Some(0));
    assert_eq!(scanned(answers.as_bytes(), None).summary().missing, None);
}

#[test]
fn a_damaged_row_answers_its_request() {
    let answers = format!("{}{}", good("a"), &good("b")[..30]);
    let summary = scanned(answers.as_bytes(), asked(requests(&["a", "b"]).as_bytes())).summary();
    assert_eq!((summary.unparsable, summary.missing, summary.cut_at_end), (1, Some(0), true));
}
