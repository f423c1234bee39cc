//! A file of answers out of any bytes, in pieces of any size: nothing may panic, the pieces do not matter, the counts
//! add up, and a line that is JSON has the key that a plain reading finds.

use std::io::Cursor;
use std::sync::Arc;

use results::{Asked, Filter, RequestScanner, Scanner, Which, read_row, save_failed_requests, save_rows, search};
use serde_json::Value;

/// Keys that a fuzzer finds.
const REQUESTS: &[u8] = b"{\"key\":\"a\"}\n{\"key\":1}\n{}\n{\"key\":\"a\"}\n";

fn key(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// The body.
pub fn run(data: &[u8]) {
    // The first byte tells how large the pieces are, the second how long a line may be and whether requests are
    // known.
    let [size, longest, file @ ..] = data else { return };
    let longest = if *longest < 128 { usize::from(*longest) + 1 } else { 1 << 20 };
    let asked = || {
        let requests = RequestScanner::read(&mut &REQUESTS[..]).unwrap();
        longest.is_multiple_of(2).then(|| Asked::Requests(Arc::new(requests)))
    };
    let mut whole = Scanner::with_longest_line(asked(), longest);
    whole.feed(file);
    whole.finish();
    let mut pieces = Scanner::with_longest_line(asked(), longest);
    file.chunks(usize::from(*size) + 1).for_each(|piece| pieces.feed(piece));
    pieces.finish();

    let (summary, index) = (whole.summary(), whole.index());
    assert_eq!(summary, pieces.summary());
    assert_eq!(summary.rows, summary.good + summary.failed + summary.repeats + summary.strays);
    if let (Some(asked), Some(missing)) = (summary.asked, summary.missing) {
        assert_eq!(summary.good + summary.failed + missing, asked);
    }
    assert_eq!(u64::from(index.count(Filter::Failed)), summary.failed);
    let mut reader = Cursor::new(file);
    for row in 0..index.row_count() {
        assert_eq!(index.place(row), pieces.index().place(row));
        assert_eq!(index.repeat_of(row), pieces.index().repeat_of(row));
        let read = read_row(&mut reader, index, row).unwrap();
        assert_eq!(Some(read.state), index.state(row));
        assert!(read.text.chars().count() <= results::TEXT_CHARS);
        let place = index.place(row).unwrap();
        let line = &file[place.offset as usize..][..place.len as usize];
        if line.len() + 3 <= longest
            && let Ok(value) = serde_json::from_slice::<Value>(line)
            && let Some(key) = key(&value["key"])
        {
            assert_eq!(read.key, Some(key.chars().take(512).collect()));
        }
    }
    search(&mut reader, index, "\"é<", &mut |row| assert!(row < index.row_count()), &|| false).unwrap();
    let mut out = Vec::new();
    let rows = save_rows(&mut reader, index, Filter::All, &mut out).unwrap();
    assert_eq!(rows, summary.rows);
    save_failed_requests(&mut &file[..], index, Which::Both, &mut out).unwrap();
    RequestScanner::read(&mut &file[..]).unwrap();
}
