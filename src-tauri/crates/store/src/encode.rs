//! A compact encoding of our own for what SQLite only stores: lengths as LEB128, then the bytes as they are.
//!
//! Order, duplicates and bytes that are not UTF-8 survive, which no text format offers without a detour.

use crate::{Answer, AnsweredBy};

pub(crate) fn put_uint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_uint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Small negative numbers stay small: 0, -1, 1, -2…
pub(crate) fn put_int(out: &mut Vec<u8>, value: i64) {
    put_uint(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// Takes values off the front. `None` means that the bytes are not what was written.
pub(crate) struct Taker<'a>(pub(crate) &'a [u8]);

impl<'a> Taker<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn uint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn int(&mut self) -> Option<i64> {
        let value = self.uint()?;
        Some(((value >> 1) as i64) ^ -((value & 1) as i64))
    }

    pub(crate) fn take(&mut self, len: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.uint()?;
        self.take(len)
    }

    pub(crate) fn text(&mut self) -> Option<String> {
        Some(std::str::from_utf8(self.bytes()?).ok()?.to_owned())
    }

    /// A count of items of at least one byte each, so that a damaged count cannot cause a huge allocation.
    pub(crate) fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.uint()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }
}

pub(crate) fn headers(headers: &[(String, Vec<u8>)]) -> Vec<u8> {
    let len: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut out = Vec::with_capacity(len + 2);
    put_uint(&mut out, headers.len() as u64);
    for (name, value) in headers {
        put_bytes(&mut out, name.as_bytes());
        put_bytes(&mut out, value);
    }
    out
}

pub(crate) fn take_headers(blob: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let mut taker = Taker(blob);
    (0..taker.count()?).map(|_| Some((taker.text()?, taker.bytes()?.to_vec()))).collect()
}

/// Every name and every value in turn, without copying.
pub(crate) fn header_fields(blob: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut taker = Taker(blob);
    let _ = taker.uint();
    std::iter::from_fn(move || if taker.0.is_empty() { None } else { taker.bytes() })
}

/// Every name with its value in turn, without copying.
pub(crate) fn header_pairs(blob: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut fields = header_fields(blob);
    std::iter::from_fn(move || Some((fields.next()?, fields.next()?)))
}

/// The answer without its status, which has its own column.
pub(crate) fn answer(answer: &Answer) -> Vec<u8> {
    let mut out = Vec::with_capacity(answer.body.len() + 64);
    put_uint(&mut out, answer.headers.len() as u64);
    for (name, value) in &answer.headers {
        put_bytes(&mut out, name.as_bytes());
        put_bytes(&mut out, value.as_bytes());
    }
    put_bytes(&mut out, answer.body.as_bytes());
    // A usual answer ends here: that is how all were written before there were others.
    if let Some((by, what)) = &answer.by {
        out.push(by.number());
        put_bytes(&mut out, what.as_bytes());
    }
    out
}

pub(crate) fn take_answer(status: u16, blob: &[u8]) -> Option<Answer> {
    let mut taker = Taker(blob);
    let headers = (0..taker.count()?).map(|_| Some((taker.text()?, taker.text()?))).collect::<Option<Vec<_>>>()?;
    let body = taker.text()?;
    let by = match taker.byte() {
        Some(number) => Some((AnsweredBy::of(number)?, taker.text()?)),
        None => None,
    };
    Some(Answer { status, headers, body, by })
}
