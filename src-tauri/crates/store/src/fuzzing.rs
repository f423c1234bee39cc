//! What is read back from the disk, without the disk; for the fuzz targets. Through the database, each round trip would
//! cost a commit.

use signature::Verdict;

use crate::phrases::Phrases;
use crate::{Answer, encode, search, verdict_blob};

/// Phrases with these numbers are known to [`verdict`].
const PHRASES: u64 = 64;

/// The headers of a delivery; `None` if the blob is damaged.
#[must_use]
pub fn headers(blob: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    encode::take_headers(blob)
}

/// The blob of headers.
#[must_use]
pub fn headers_blob(headers: &[(String, Vec<u8>)]) -> Vec<u8> {
    encode::headers(headers)
}

/// Names and values in turn, as the search reads them.
pub fn header_fields(blob: &[u8]) -> impl Iterator<Item = &[u8]> {
    encode::header_fields(blob)
}

/// The answer to a delivery; `None` if the blob is damaged.
#[must_use]
pub fn answer(status: u16, blob: &[u8]) -> Option<Answer> {
    encode::take_answer(status, blob)
}

/// The blob of an answer.
#[must_use]
pub fn answer_blob(answer: &Answer) -> Vec<u8> {
    encode::answer(answer)
}

/// The verdict on a delivery; `None` if the blob is damaged.
#[must_use]
pub fn verdict(blob: &[u8]) -> Option<Verdict> {
    verdict_blob::decode(blob, &|number| (number < PHRASES).then(|| format!("phrase {number}")))
}

/// The blob of a verdict, without phrases.
#[must_use]
pub fn verdict_blob(verdict: &Verdict) -> Vec<u8> {
    verdict_blob::encode(verdict, &Phrases::default()).blob
}

/// The checksum of the content, and id and arrival of the deliveries that the head of a file of signatures names;
/// `None` if it is not the head of this segment.
#[must_use]
pub fn segment_head(head: &[u8], number: i64) -> Option<(u32, Vec<(i64, i64)>)> {
    search::read_segment_head(head, number)
}

/// The head of a file of signatures.
#[must_use]
pub fn segment_head_bytes(number: i64, witnesses: &[(i64, i64)], sum: u32) -> Vec<u8> {
    search::segment_head(number, witnesses, sum)
}

/// The number of the segment that a file of this name holds.
#[must_use]
pub fn segment_number(name: &str) -> Option<i64> {
    search::segment_number(name)
}
