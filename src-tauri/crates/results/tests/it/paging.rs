//! Pages, and the strip.

use results::{Filter, RowState, Scanner};

use crate::{asked, bad, good, requests, scanned};

/// A thousand rows, every tenth of which failed.
fn thousand() -> Scanner {
    let line = |row: usize| if row % 10 == 3 { bad(&row.to_string()) } else { good(&row.to_string()) };
    scanned((0..1_000).map(line).collect::<String>().as_bytes(), None)
}

#[test]
fn from_one_failed_row_to_the_next() {
    let scanner = thousand();
    let index = scanner.index();
    assert_eq!((index.next_failed(0), index.next_failed(3), index.next_failed(993)), (Some(3), Some(13), None));
    assert_eq!(index.next_failed(u32::MAX), None);
    assert_eq!((index.previous_failed(3), index.previous_failed(4)), (None, Some(3)));
    assert_eq!(index.previous_failed(u32::MAX), Some(993));
}

#[test]
fn filters_take_what_they_say() {
    let scanner = thousand();
    let index = scanner.index();
    assert_eq!((index.count(Filter::All), index.count(Filter::Good), index.count(Filter::Failed)), (1_000, 900, 100));
    assert_eq!(index.selected(Filter::Failed)[..2], [3, 13]);
    assert_eq!(index.selected(Filter::State(RowState::Error)), index.selected(Filter::Failed));
    assert_eq!(index.count(Filter::State(RowState::Blocked)), 0);
    assert_eq!(index.rows(Filter::Good).nth(500), Some(556));
}

#[test]
fn marks_are_spread_over_the_file() {
    let scanner = thousand();
    let marks = scanner.index().marks(100);
    assert!(marks.iter().all(|mark| mark.failed == 1 && mark.missing == 0));
    assert!(scanner.index().marks(0).is_empty());
    let file = requests(&["a", "b", "c", "d"]);
    let scanner = scanned(good("b").as_bytes(), asked(file.as_bytes()));
    let missing: Vec<_> = scanner.index().marks(2).iter().map(|mark| mark.missing).collect();
    assert_eq!(missing, [1, 2]);
    assert_eq!(scanner.index().marks(400).iter().map(|mark| mark.missing).sum::<u32>(), 3);
}

#[test]
fn counts_are_there_before_the_end() {
    let file = [good("a"), bad("b"), good("c")].concat();
    let mut scanner = Scanner::new(None);
    scanner.feed(&file.as_bytes()[..file.len() - 5]);
    let summary = scanner.summary();
    assert_eq!((summary.rows, summary.good, summary.failed, summary.finished), (2, 1, 1, false));
    assert_eq!(summary.bytes, file.len() as u64 - 5);
    scanner.feed(&file.as_bytes()[file.len() - 5..]);
    scanner.finish();
    scanner.finish();
    scanner.feed(b"{}\n");
    assert_eq!((scanner.summary().rows, scanner.summary().finished), (3, true));
}
