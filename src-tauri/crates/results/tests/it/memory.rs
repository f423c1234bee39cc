//! A million rows cost less than 16 MB, and tell keys apart.

use std::fmt::Write;
use std::sync::Arc;

use results::{Asked, RequestScanner, Scanner};

#[test]
fn a_million_rows() {
    let mut requests = RequestScanner::new();
    let mut alone = Scanner::new(None);
    let mut piece = String::new();
    let padding = "x".repeat(120);
    let line = |to: &mut String, row: u32| {
        writeln!(to, "{{\"key\":\"request-{row}\",\"response\":{{\"candidates\":[]}},\"x\":\"{padding}\"}}").unwrap();
    };
    let pieces = |piece: &mut String, take: &mut dyn FnMut(&[u8])| {
        for from in (0..1_000_000).step_by(1_000) {
            piece.clear();
            (from..from + 1_000).for_each(|row| line(piece, row));
            take(piece.as_bytes());
        }
    };
    pieces(&mut piece, &mut |bytes| {
        requests.feed(bytes);
        alone.feed(bytes);
    });
    alone.finish();
    let summary = alone.summary();
    assert_eq!((summary.rows, summary.repeats), (1_000_000, 0));
    assert!(alone.index().memory() < 16_000_000, "{}", alone.index().memory());
    assert_eq!(alone.index().row_of("request-777777"), Some(777_777));

    let requests = requests.finish();
    assert_eq!((requests.asked(), requests.doubled()), (1_000_000, 0));
    assert!(requests.memory() < 16_000_000, "{}", requests.memory());
    let mut known = Scanner::new(Some(Asked::Requests(Arc::new(requests))));
    pieces(&mut piece, &mut |bytes| known.feed(bytes));
    known.finish();
    assert_eq!((known.summary().missing, known.summary().strays), (Some(0), 0));
    assert!(known.index().memory() < 9_000_000, "{}", known.index().memory());
}
