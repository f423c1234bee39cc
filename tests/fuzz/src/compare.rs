//! Two bodies out of one input, split at its first 0xff: no panic, bounded output, and the same both ways.

use std::time::Duration;

use compare::{Role, Side};

/// Longer than any comparison takes: the time decides nothing here.
const TIME: Duration = Duration::from_secs(60);

/// The body.
pub fn run(data: &[u8]) {
    let at = data.iter().position(|byte| *byte == 0xff).unwrap_or(data.len());
    let (one, two) = (&data[..at], data.get(at + 1..).unwrap_or_default());
    let side = |body| Side {
        role: Role::Delivery,
        headers: &[],
        body,
        body_len: 0,
        cut: false,
        sha256: None,
        decoded: None,
        facts: &[],
    };
    let (a, b) = (side(one), side(two));
    let there = compare::compare(&a, &b, TIME);
    let back = compare::compare(&b, &a, TIME);
    assert_eq!(there.differ(), back.differ());
    assert_eq!(there.meaning.counts.all(), back.meaning.counts.all());
    if there.meaning.form == compare::Form::Json {
        assert_eq!(there.meaning.equal, back.meaning.equal);
    }
    assert!(there.meaning.changes.len() <= 1_000 && there.meaning.lines.len() <= 2_000);
    assert!(!compare::compare(&a, &a, TIME).differ());
}
