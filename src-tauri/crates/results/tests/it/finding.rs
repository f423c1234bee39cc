//! The search.

use std::cell::Cell;
use std::io::Cursor;

use results::{Scanner, search};

use crate::{good, scanned};

fn found(file: &str, scanner: &Scanner, needle: &str) -> Vec<u32> {
    let mut rows = Vec::new();
    let reader = &mut Cursor::new(file);
    assert!(search(reader, scanner.index(), needle, &mut |row| rows.push(row), &|| false).unwrap());
    rows
}

#[test]
fn bytes_and_what_they_say() {
    let texts = [
        "plain words",
        "caf\\u00e9 \\u0041bc",
        "Größe",
        "said \\\"no\\\" and\\nleft",
        "a\\u003cb",
        "ПРИВЕТ",
        "\\u043f\\u0440\\u0438\\u0432\\u0435\\u0442",
    ];
    let file: String = texts.iter().map(|text| good("k").replace("Yes", text)).collect();
    let scanner = scanned(file.as_bytes(), None);
    let table: [(&str, &[u32]); 13] = [
        ("PLAIN w", &[0]),
        ("café", &[1]),
        ("abc", &[1]),
        ("GRÖSSE", &[]),
        ("GRÖ", &[2]),
        ("said \"no\" and\nleft", &[3]),
        ("\"NO\"", &[3]),
        ("a<b", &[4]),
        ("привет", &[5, 6]),
        ("\\n", &[3]),
        ("finishreason", &[0, 1, 2, 3, 4, 5, 6]),
        ("", &[0, 1, 2, 3, 4, 5, 6]),
        ("nowhere", &[]),
    ];
    for (needle, rows) in table {
        assert_eq!(found(&file, &scanner, needle), rows, "{needle}");
    }
}

#[test]
fn keys_messages_and_long_lines() {
    let file = format!(
        "{{\"key\":\"\\u00c9tude\",\"error\":{{\"message\":\"d\\u00e9j\\u00e0\"}}}}\n\n{{\"key\":\"{}needle\"}}\n{}",
        "x".repeat((2 << 20) - 12),
        good("a")
    );
    let mut scanner = Scanner::with_longest_line(None, 1 << 20);
    scanner.feed(file.as_bytes());
    scanner.finish();
    assert_eq!(found(&file, &scanner, "étude"), [0]);
    assert_eq!(found(&file, &scanner, "DÉJÀ"), [0]);
    assert_eq!(found(&file, &scanner, "NEEDLE"), [1]);
    assert_eq!(found(&file, &scanner, "yes"), [2]);
}

#[test]
fn it_can_be_cancelled_and_tells_of_a_shorter_file() {
    let file = good("k").repeat(2_000);
    let scanner = scanned(file.as_bytes(), None);
    let asked = Cell::new(0);
    let cancel = || {
        asked.set(asked.get() + 1);
        asked.get() > 3
    };
    let mut rows = 0;
    let ended = search(&mut Cursor::new(&file), scanner.index(), "yes", &mut |_| rows += 1, &cancel).unwrap();
    assert_eq!((ended, rows), (false, 768));
    let shorter = Cursor::new(&file[..file.len() / 2]);
    assert!(search(&mut { shorter }, scanner.index(), "yes", &mut |_| {}, &|| false).is_err());
}
