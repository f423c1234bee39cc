//! All that reads what a sender wrote, or a JWKS, or a pasted secret: nothing may panic, and nothing that the fuzzer
//! makes may be genuine.

use std::sync::{Arc, LazyLock};

use signature::{
    Jwks, KeySet, KeyState, Keyring, Others, Outcome, Policy, Received, Secret, SecretKey, Seen, decode,
    decode_signature, explain, probe, verify,
};

const NOW: i64 = 1_767_225_600;

/// One secret, one public key, and a JWKS with an Ed25519 and two RSA keys.
static KEYS: LazyLock<Keyring> = LazyLock::new(|| {
    let jwt: serde_json::Value = serde_json::from_str(include_str!("../../fixtures/vectors/jwt.json")).unwrap();
    let gemini: serde_json::Value = serde_json::from_str(include_str!("../../fixtures/vectors/gemini.json")).unwrap();
    let mut keys = jwt["jwks"]["keys"].as_array().unwrap().clone();
    keys.push(gemini["dynamic"]["jwks"]["keys"][0].clone());
    let set = serde_json::json!({ "keys": keys }).to_string();
    let key =
        |text: &str| SecretKey { id: "a".to_owned(), secret: Secret::parse(text).unwrap(), state: KeyState::Current };
    Keyring {
        secrets: vec![
            key(gemini["static"]["secret"].as_str().unwrap()),
            key("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="),
        ],
        jwks: Jwks::Known(Arc::new(KeySet::parse(set.as_bytes()).unwrap())),
        closed: false,
    }
});

/// The body.
pub fn run(data: &[u8]) {
    let _ = decode_signature(data);
    let _ = KeySet::parse(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Secret::parse(text).map(|secret| (secret.hint(), secret.warnings()));
    }
    // The input as the signature, and cut at its first newlines into id, timestamp, signature and body.
    let time = NOW.to_string();
    let mut parts = data.splitn(4, |byte| *byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    let cut = [part(), part(), part()];
    let body = part();
    for [id, timestamp, signature] in [[&b"msg_1"[..], time.as_bytes(), data], cut, [cut[0], time.as_bytes(), cut[2]]] {
        let headers = [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", signature)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_vec()));
        let received = Received { headers: &headers, body };
        let _ = decode(&headers);
        let verdict = verify(&received, &KEYS, &Policy::default(), &Seen::default(), NOW);
        assert!(matches!(verdict.outcome, Outcome::Rejected | Outcome::Unchecked), "{verdict:?}");
        let mut left = 200;
        let found = probe(&received, &KEYS, &Others::default(), &Policy::default(), NOW, &verdict, || {
            left -= 1;
            left == 0
        });
        let _ = explain(verdict, found);
    }
}
