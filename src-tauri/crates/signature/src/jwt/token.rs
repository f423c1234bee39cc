//! The form of a token: three base64url parts and a header (RFC 7515, 3 and 4).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::json;
use crate::received::shown;

/// A token whose header is acceptable. Its signature is not checked yet.
#[derive(Debug)]
pub(crate) struct Token {
    /// `alg`, one that the policy allows.
    pub(crate) algorithm: String,
    pub(crate) kid: String,
    /// What is signed: the first two parts with the full stop between them.
    pub(crate) signed: String,
    /// The third part, as it arrived.
    pub(crate) signature: String,
    /// The decoded second part, which may not be JSON.
    pub(crate) payload: Vec<u8>,
}

/// The parts of a token, before its header is checked.
#[derive(Debug)]
pub(crate) struct Parts<'a> {
    pub(crate) text: &'a str,
    pub(crate) header: Map<String, Value>,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: &'a str,
}

impl<'a> Parts<'a> {
    /// Splits a compact JWS into its parts.
    pub(crate) fn read(text: &'a [u8]) -> Result<Self, Refusal> {
        let malformed = |what: &str| {
            Refusal::new(
                "malformed_token",
                "malformed token",
                format!(
                    "webhook-signature contains no readable token: {what}; expected three base64url parts joined by full stops."
                ),
                what.to_owned(),
            )
        };
        if text.starts_with(b"Bearer ") || text.starts_with(b"bearer ") {
            return Err(malformed("it begins with \"Bearer \", which belongs to another header"));
        }
        let Ok(text) = std::str::from_utf8(text) else { return Err(malformed("it is not text")) };
        if text.is_empty() {
            return Err(malformed("it is empty"));
        }
        if text.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(malformed("it contains white space or characters outside ASCII"));
        }
        let parts: Vec<&str> = text.split('.').take(6).collect();
        let [header, payload, signature] = parts[..] else {
            return Err(match parts.len() {
                5 => Refusal::new(
                    "jwe_not_supported",
                    "encrypted token",
                    "the token has five parts: it is encrypted (JWE), and only signed tokens (JWS) can be checked.",
                    "five parts",
                ),
                1 if text.starts_with('{') => malformed("it is JSON, not the compact form"),
                n => malformed(&format!("it has {n} part{}", if n == 1 { "" } else { "s" })),
            });
        };
        let decode = |part: &str, name: &str| {
            URL_SAFE_NO_PAD.decode(part).map_err(|_| {
                Refusal::new(
                    "invalid_base64",
                    "token not base64url",
                    format!("the token's {name} is not base64url without padding."),
                    format!("the {name} is not base64url"),
                )
            })
        };
        let header = decode(header, "header")?;
        let payload = decode(payload, "payload")?;
        decode(signature, "signature")?;
        let header = json::object(&header).map_err(|why| malformed_header(&why))?;
        Ok(Self { text, header, payload, signature })
    }

    /// What is signed.
    pub(crate) fn signed(&self) -> &'a str {
        &self.text[..self.text.len() - self.signature.len() - 1]
    }
}

impl Token {
    /// The `kid` of something that may be a token.
    pub(crate) fn kid_of(text: &[u8]) -> Option<String> {
        Parts::read(text).ok()?.header.get("kid")?.as_str().map(str::to_owned)
    }

    /// Reads a token and checks its header: `alg` allowed, no `crit`, a `kid`. Keys in the header (`jwk`, `jku`, `x5u`)
    /// are ignored (SW-28).
    pub(crate) fn read(text: &[u8], allowed: &[String]) -> Result<Self, Refusal> {
        let parts = Parts::read(text)?;
        let header = &parts.header;
        let Some(Value::String(algorithm)) = header.get("alg") else {
            return Err(malformed_header("its alg is not a string"));
        };
        if header.get("typ").is_some_and(|typ| !typ.is_string()) {
            return Err(malformed_header("its typ is not a string"));
        }
        if algorithm.eq_ignore_ascii_case("none") {
            return Err(Refusal::new(
                "alg_none",
                "alg none",
                "the token says that it is not signed (alg none), so anyone could have made it.",
                format!("alg {algorithm}"),
            ));
        }
        if !allowed.contains(algorithm) {
            return Err(Refusal::new(
                "alg_not_allowed",
                "alg not allowed",
                format!(
                    "the token is signed with {}, and only {} is allowed.",
                    shown(algorithm.as_bytes()),
                    allowed.join(", ")
                ),
                format!("alg {}", shown(algorithm.as_bytes())),
            ));
        }
        match header.get("crit") {
            None => {}
            Some(Value::Array(names)) if !names.is_empty() && names.iter().all(Value::is_string) => {
                return Err(unsupported_crit());
            }
            Some(_) => return Err(malformed_header("its crit is not a list of names")),
        }
        if header.get("b64").is_some_and(|b64| *b64 != Value::Bool(true)) {
            return Err(unsupported_crit());
        }
        let kid = match header.get("kid") {
            None | Some(Value::Null) => {
                return Err(Refusal::new(
                    "missing_kid",
                    "no kid",
                    "the token does not say which key signed it (kid).",
                    "no kid",
                ));
            }
            Some(Value::String(kid)) => kid.clone(),
            Some(_) => return Err(malformed_header("its kid is not a string")),
        };
        Ok(Self {
            algorithm: algorithm.clone(),
            kid,
            signed: parts.signed().to_owned(),
            signature: parts.signature.to_owned(),
            payload: parts.payload,
        })
    }
}

fn malformed_header(why: &str) -> Refusal {
    Refusal::new(
        "malformed_header",
        "malformed token",
        format!("the token's header cannot be used: {why}."),
        why.to_owned(),
    )
}

fn unsupported_crit() -> Refusal {
    Refusal::new(
        "unsupported_crit",
        "unknown extension",
        "the token requires an unknown extension (crit), so it must not be accepted.",
        "a critical extension",
    )
}
