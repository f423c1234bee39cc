//! What SQLite holds of a delivery in Pollux's own encoding: nothing may panic, nothing is longer than what it is read
//! from, and what was read comes back when it is written. The first byte of the input says which blob it is.

use store::fuzzing;

/// The body.
pub fn run(data: &[u8]) {
    let [which, blob @ ..] = data else { return };
    match which % 3 {
        0 => headers(blob),
        1 => verdict(blob),
        _ => answer(blob),
    }
}

fn headers(blob: &[u8]) {
    let fields: usize = fuzzing::header_fields(blob).map(|field| field.len() + 1).sum();
    assert!(fields <= blob.len());
    let Some(headers) = fuzzing::headers(blob) else { return };
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    assert!(bytes < blob.len());
    let again = fuzzing::headers_blob(&headers);
    assert!(again.len() <= blob.len());
    assert_eq!(fuzzing::headers(&again), Some(headers.clone()));
    // The search reads the same, without copying.
    let written: Vec<&[u8]> = headers.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_slice()]).collect();
    assert_eq!(fuzzing::header_fields(&again).collect::<Vec<_>>(), written);
}

fn verdict(blob: &[u8]) {
    let Some(verdict) = fuzzing::verdict(blob) else { return };
    assert!(verdict.steps.len() + verdict.warnings.len() <= blob.len());
    let again = fuzzing::verdict_blob(&verdict);
    assert_eq!(fuzzing::verdict(&again), Some(verdict));
}

fn answer(blob: &[u8]) {
    let Some(answer) = fuzzing::answer(200, blob) else { return };
    let bytes: usize = answer.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(bytes + answer.body.len() <= blob.len());
    let again = fuzzing::answer_blob(&answer);
    assert!(again.len() <= blob.len());
    assert_eq!(fuzzing::answer(200, &again), Some(answer));
}
