//! Files of answers, seen from outside: every state, whatever was written, against a model that reads them plainly.

// Clippy's exception for tests ends at functions with the attribute; what they share is test code, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod finding;
mod memory;
mod naive;
mod paging;
mod properties;
mod requests;
mod rows;
mod saving;

use std::io::Cursor;
use std::sync::Arc;

use results::{Asked, RequestScanner, Row, Scanner, read_row};

/// A file that was scanned in one piece.
fn scanned(file: &[u8], asked: Option<Asked>) -> Scanner {
    let mut scanner = Scanner::new(asked);
    scanner.feed(file);
    scanner.finish();
    scanner
}

/// What is shown of every row.
fn rows_of(file: &[u8], scanner: &Scanner) -> Vec<Row> {
    let mut reader = Cursor::new(file);
    (0..scanner.index().row_count()).map(|row| read_row(&mut reader, scanner.index(), row).unwrap()).collect()
}

/// What is shown of a file of one row.
fn row(line: &str) -> Row {
    let scanner = scanned(line.as_bytes(), None);
    let mut rows = rows_of(line.as_bytes(), &scanner);
    assert_eq!(rows.len(), 1, "{line}");
    rows.remove(0)
}

/// The requests of a file.
fn asked(file: &[u8]) -> Option<Asked> {
    Some(Asked::Requests(Arc::new(RequestScanner::read(&mut &file[..]).unwrap())))
}

/// A file of requests with these keys.
fn requests(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("{{\"key\":\"{key}\",\"request\":{{\"contents\":[]}}}}\n")).collect()
}

/// An answer with text.
fn good(key: &str) -> String {
    format!(
        "{{\"key\":\"{key}\",\"response\":{{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"Yes\"}}]}},\
         \"finishReason\":\"STOP\"}}]}}}}\n"
    )
}

/// An error.
fn bad(key: &str) -> String {
    format!("{{\"key\":\"{key}\",\"error\":{{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\"}}}}\n")
}
