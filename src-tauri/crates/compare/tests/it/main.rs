//! What is compared, seen from outside.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod findings;
mod planes;
mod properties;

use std::time::Duration;

use compare::{Planes, Role, Side};

/// Long enough for any text here.
const TIME: Duration = Duration::from_secs(20);

/// A delivery of these headers and this body.
fn side<'a>(headers: &'a [(String, Vec<u8>)], body: &'a [u8]) -> Side<'a> {
    Side {
        role: Role::Delivery,
        headers,
        body,
        body_len: body.len() as u64,
        cut: false,
        sha256: None,
        decoded: None,
        facts: &[],
    }
}

/// Two bodies compared.
fn bodies(a: &[u8], b: &[u8]) -> Planes {
    compare::compare(&side(&[], a), &side(&[], b), TIME)
}

/// Header lines.
fn headers(lines: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
}
