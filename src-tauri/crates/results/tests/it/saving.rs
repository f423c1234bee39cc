//! What is written out again.

use std::io::Cursor;

use results::{Filter, Saved, Scanner, Which, save_failed_requests, save_rows};

use crate::{asked, bad, good, requests, scanned};

fn saved(requests: &str, scanner: &Scanner, which: Which) -> (String, Saved) {
    let mut out = Vec::new();
    let saved = save_failed_requests(&mut requests.as_bytes(), scanner.index(), which, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), saved)
}

#[test]
fn requests_that_failed_or_are_missing() {
    let a = "{\"key\":\"a\", \"request\":{\"ä\":\"\\u00e4\"}}\r";
    let file = format!("\u{feff}{a}\n\n{}what?\n{}", requests(&["b", "c", "a"]), requests(&["d"]).trim());
    let answers = [good("b"), bad("a"), bad("x"), "broken\n".into()].concat();
    for asked in [None, asked(file.as_bytes())] {
        let known = u64::from(asked.is_some());
        let scanner = scanned(answers.as_bytes(), asked);
        let (text, both) = saved(&file, &scanner, Which::Both);
        assert_eq!(text, format!("{a}\n{}", requests(&["c", "d"])));
        let expected = Saved { written: 3, failed: 1, missing: 2, unknown: 2, again: 1, without_key: 1 };
        assert_eq!(both, expected, "{known}");
        assert_eq!(saved(&file, &scanner, Which::Failed).0, format!("{a}\n"));
        let (text, missing) = saved(&file, &scanner, Which::Missing);
        assert_eq!((text, missing.unknown), (requests(&["c", "d"]), 0));
    }
}

#[test]
fn long_requests_are_written_whole() {
    let long = format!("{{\"key\":\"long\",\"request\":\"{}\"}}", "x".repeat(3 << 20));
    let skipped = long.replace("long", "b");
    let file = format!("{}{skipped}\n{long}\n{}{long}", requests(&["a"]), requests(&["c"]));
    let mut scanner = Scanner::with_longest_line(None, 1 << 20);
    scanner.feed([good("a"), good("b")].concat().as_bytes());
    scanner.finish();
    let (text, saved) = saved(&file, &scanner, Which::Both);
    assert!(text == format!("{long}\n{}", requests(&["c"])));
    assert_eq!((saved.written, saved.again), (2, 1));
}

#[test]
fn rows_byte_for_byte() {
    let file = format!("\u{feff}{}\r\n\n {}{}what?", good("a").trim(), bad("b"), bad("c"));
    let scanner = scanned(file.as_bytes(), None);
    let rows = |filter| {
        let mut out = Vec::new();
        let rows = save_rows(&mut Cursor::new(&file), scanner.index(), filter, &mut out).unwrap();
        (rows, String::from_utf8(out).unwrap())
    };
    assert_eq!(rows(Filter::Good), (1, format!("{}\r\n", good("a").trim())));
    assert_eq!(rows(Filter::Failed), (3, format!(" {}{}what?\n", bad("b"), bad("c"))));
    assert_eq!(rows(Filter::Missing), (0, String::new()));
    let shorter = Cursor::new(&file[..40]);
    assert!(save_rows(&mut { shorter }, scanner.index(), Filter::All, &mut Vec::new()).is_err());
}

#[test]
fn what_cannot_be_written_is_an_error() {
    /// A disk that is full.
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let scanner = scanned(bad("a").as_bytes(), None);
    assert!(save_rows(&mut Cursor::new(bad("a")), scanner.index(), Filter::All, &mut Full).is_err());
    let file = requests(&["a"]);
    assert!(save_failed_requests(&mut file.as_bytes(), scanner.index(), Which::Both, &mut Full).is_err());
}
