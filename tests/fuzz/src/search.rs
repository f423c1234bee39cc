//! The language of the search, and the JSON that it looks into: nothing may panic, what is printed is read back, and
//! what matches has the pieces that are said to be necessary.

use std::borrow::Cow;

use query::{Clock, Completing, Forwarded, Judged, Needle, Query, Reading, Record, contains_folded, places};

/// The body.
pub fn run(data: &[u8]) {
    // The query, and behind the first line the body that it is asked of.
    let (head, body) = data.split_at(data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len()));
    let Ok(text) = std::str::from_utf8(head) else { return };
    let clock = Clock { now_ns: 1_767_225_600_000_000_000, zone: jiff::tz::TimeZone::UTC };
    let reading = Reading::of(text, &clock);
    for part in &reading.parts {
        assert!(text.get(part.start..part.end).is_some());
    }
    for problem in &reading.problems {
        assert!(text.get(problem.start..problem.end).is_some());
    }
    for cursor in [0, text.len() / 2, text.len()] {
        let found = Completing::of(text, cursor);
        assert!(text.get(found.start..found.end).is_some());
        let _ = found.with("x");
    }
    let _ = places(&Delivery(body), &Needle::new(head), 8);
    let printed = reading.query.to_string();
    if reading.problems.is_empty() {
        assert_eq!(Query::parse(&printed, &clock).unwrap(), reading.query, "{printed}");
    }
    if reading.query.matcher().matches(&Delivery(body)) {
        for clause in reading.query.expr.necessary() {
            let has =
                |piece: &Vec<u8>| contains_folded(b"/a", piece).is_some() || contains_folded(body, piece).is_some();
            assert!(clause.iter().any(has), "{printed}");
        }
    }
}

/// Only a path and a body.
struct Delivery<'a>(&'a [u8]);

impl Record for Delivery<'_> {
    fn id(&self) -> i64 {
        1
    }
    fn message_id(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn project(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn event_type(&self) -> Option<&str> {
        None
    }
    fn verdict(&self) -> Judged {
        Judged::Unchecked
    }
    fn reason(&self) -> [&str; 2] {
        ["no_secret", "no secret"]
    }
    fn diagnosis(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn scheme(&self) -> Option<&str> {
        None
    }
    fn secret(&self) -> Vec<Cow<'_, str>> {
        Vec::new()
    }
    fn status(&self) -> u16 {
        200
    }
    fn attempts(&self) -> u32 {
        1
    }
    fn duplicate(&self) -> bool {
        false
    }
    fn pointer(&self) -> Option<&str> {
        None
    }
    fn path(&self) -> Cow<'_, str> {
        "/a".into()
    }
    fn query(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn ip(&self) -> Cow<'_, str> {
        "127.0.0.1".into()
    }
    fn size(&self) -> u64 {
        self.0.len() as u64
    }
    fn took_us(&self) -> Option<u64> {
        None
    }
    fn received_ns(&self) -> i64 {
        0
    }
    fn pinned(&self) -> bool {
        false
    }
    fn imported(&self) -> bool {
        false
    }
    fn replayed(&self) -> bool {
        false
    }
    fn note(&self) -> Option<Cow<'_, str>> {
        None
    }
    fn forwarded(&self) -> Option<Forwarded> {
        None
    }
    fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        std::iter::empty()
    }
    fn body(&self) -> Cow<'_, [u8]> {
        self.0.into()
    }
}
