//! The crate from outside: the verification vectors, other libraries, near misses, and properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod keyrings;
mod near_misses;
mod peers;
mod properties;
mod speed;
mod tokens;
mod unchecked;
mod vectors;

use signature::{Jwks, KeyState, Keyring, Policy, Secret, SecretKey, Seen, Verdict, verify};

/// The secret that the reference libraries' own tests share.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Another one from them.
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NOW: i64 = 1_767_225_600;
const ID: &str = "msg_00000000-0000-4000-8000-000000000001";
const BODY: &str = r#"{"type":"batch.succeeded","version":"v1","timestamp":"2026-01-22T12:00:00Z","data":{"id":"batch_123456","output_file_uri":"gs://my-bucket/results.jsonl"}}"#;

fn secret(text: &str) -> Secret {
    Secret::parse(text).unwrap()
}

fn key(id: &str, text: &str, state: KeyState) -> SecretKey {
    SecretKey { id: id.to_owned(), secret: secret(text), state }
}

fn ring(secrets: Vec<SecretKey>) -> Keyring {
    Keyring { secrets, jwks: Jwks::None, closed: false }
}

fn lines(id: &str, timestamp: &str, signature: &str) -> Vec<(String, Vec<u8>)> {
    [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)]
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .to_vec()
}

fn check(headers: &[(String, Vec<u8>)], body: &[u8], keys: &Keyring) -> Verdict {
    verify(&signature::Received { headers, body }, keys, &Policy::default(), &Seen::default(), NOW)
}

fn codes(verdict: &Verdict) -> Vec<&str> {
    verdict.warnings.iter().map(|warning| &*warning.code).collect()
}
