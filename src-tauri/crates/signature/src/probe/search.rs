//! The search itself: keys × derivations × contents × forms of the body, the most frequent mistakes first.

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use subtle::ConstantTimeEq as _;

use super::bodies::{BodyForm, each_form};
use super::{Found, MOST_TRIALS};
use crate::secret::HmacSecret;
use crate::standard::{Content, hmac_sha256, matched, verifies};
use crate::wording::settled;
use crate::{Jwks, KeyState, Keyring, MatchedKey, Others, Secret, SecretKey};

/// How many signatures in one header are compared.
const MOST_TARGETS: usize = 16;

/// How many keys are tried.
const MOST_KEYS: usize = 64;

/// Whose key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// It verifies now.
    Live,
    /// It is this project's, but no longer accepted.
    Expired,
    /// It belongs to the project with this name.
    Project(&'a str),
}

/// A key to try.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    material: Material<'a>,
    pub(super) whose: Whose<'a>,
    pub(super) matched: MatchedKey,
}

#[derive(Clone, Copy, Debug)]
enum Material<'a> {
    Hmac(&'a HmacSecret),
    Ed25519(&'a VerifyingKey),
}

/// How the HMAC key is derived from the secret's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Derivation {
    /// Base64-decoded: the right one.
    Decoded,
    /// The base64 text itself.
    Encoded,
    /// The whole text, including `whsec_`.
    Whole,
    /// The bytes of an Ed25519 public key.
    Public,
}

/// How the signed content is assembled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Standard,
    BodyOnly,
    TimestampBody,
    IdBody,
    Order,
    NoDelimiter,
    OtherDelimiter,
    Milliseconds,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    Right,
    /// Under a version that does not fit its kind.
    Version,
    /// Hexadecimal, URL-safe or unpadded base64.
    Encoding,
}

/// What matched.
#[derive(Clone, Debug)]
pub(super) struct Hit<'a> {
    pub(super) key: Candidate<'a>,
    pub(super) derivation: Derivation,
    pub(super) form: Form,
    pub(super) spelling: Spelling,
    pub(super) body: Option<BodyForm>,
}

#[derive(Debug)]
struct Target<const N: usize> {
    bytes: [u8; N],
    spelling: Spelling,
}

pub(super) struct Search<'a> {
    candidates: Vec<Candidate<'a>>,
    v1: Vec<Target<32>>,
    v1a: Vec<Target<64>>,
    comma_joined: bool,
    out_of_time: &'a mut dyn FnMut() -> bool,
    left: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        signatures: &[&[u8]],
        keys: &'a Keyring,
        others: &Others<'a>,
        now: i64,
        out_of_time: &'a mut dyn FnMut() -> bool,
    ) -> Self {
        let mut search = Self {
            candidates: candidates(keys, others, now),
            v1: Vec::new(),
            v1a: Vec::new(),
            comma_joined: false,
            out_of_time,
            left: MOST_TRIALS,
        };
        for value in signatures {
            search.read_targets(value);
        }
        search
    }

    pub(super) fn has_nothing_to_compare(&self) -> bool {
        self.candidates.is_empty() || (self.v1.is_empty() && self.v1a.is_empty())
    }

    /// The signature list is joined by commas.
    pub(super) fn comma_joined(&self) -> bool {
        self.comma_joined
    }

    /// Everything in a header that may be a signature, in whatever notation.
    fn read_targets(&mut self, value: &[u8]) {
        let text = String::from_utf8_lossy(value);
        let mut version = "";
        let mut after_comma = false;
        let words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        for word in words {
            let pieces: Vec<&str> = word.split([',']).collect();
            self.comma_joined |=
                pieces.len() > 2 && pieces[2..].iter().any(|piece| piece.starts_with('v') || piece.is_empty());
            for piece in pieces {
                let piece = match piece.split_once('=') {
                    Some((name, rest)) if name.len() <= 10 && !rest.trim_matches('=').is_empty() => {
                        version = "";
                        after_comma = true;
                        rest
                    }
                    _ => piece,
                };
                if piece.len() < 20 {
                    version = if piece.len() <= 4 { piece_version(piece) } else { "" };
                    after_comma = true;
                    continue;
                }
                self.add_target(piece, if after_comma { version } else { "" });
                after_comma = false;
            }
        }
    }

    fn add_target(&mut self, text: &str, version: &str) {
        let Some((bytes, canonical)) = decode(text) else { return };
        let spelling = |wanted: &str| match () {
            () if version != wanted => Spelling::Version,
            () if !canonical => Spelling::Encoding,
            () => Spelling::Right,
        };
        if let (Ok(bytes), true) = (bytes.as_slice().try_into(), self.v1.len() < MOST_TARGETS) {
            self.v1.push(Target { bytes, spelling: spelling("v1") });
        } else if let (Ok(bytes), true) = (bytes.as_slice().try_into(), self.v1a.len() < MOST_TARGETS) {
            self.v1a.push(Target { bytes, spelling: spelling("v1a") });
        }
    }

    /// Tries all keys in the intended way.
    pub(super) fn exactly(&mut self, content: &Content<'_>) -> Found<'a> {
        self.any_key(Derivation::Decoded, Form::Standard, content)
    }

    /// Tries the body as it arrived: other keys first, then other derivations and contents with all keys.
    pub(super) fn forms(&mut self, content: &Content<'_>) -> Found<'a> {
        if let Some(hit) = self.exactly(content) {
            return Some(hit);
        }
        for derivation in [Derivation::Encoded, Derivation::Whole, Derivation::Public, Derivation::Decoded] {
            for form in Form::ALL {
                let found = self.any_key(derivation, form, content);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    fn any_key(&mut self, derivation: Derivation, form: Form, content: &Content<'_>) -> Found<'a> {
        for parts in form.contents(content) {
            for at in 0..self.candidates.len() {
                if let Some(spelling) = self.matches(at, derivation, &parts) {
                    return Some(self.hit(at, derivation, form, spelling));
                }
            }
        }
        None
    }

    /// Tries other forms of the body, with all keys in the intended way and, for the live ones, also with the wrong
    /// derivations.
    pub(super) fn bodies(&mut self, content: &Content<'_>) -> Found<'a> {
        let mut found = None;
        let _ = each_form(content.body, &mut |form, bytes| {
            let content = Content { body: bytes, ..*content };
            let parts = [content.id, b".", content.timestamp, b".", content.body];
            for at in 0..self.candidates.len() {
                let wrong: &[Derivation] = match self.candidates[at].whose {
                    Whose::Live => &[Derivation::Decoded, Derivation::Encoded, Derivation::Whole],
                    _ => &[Derivation::Decoded],
                };
                for derivation in wrong {
                    if let Some(spelling) = self.matches(at, *derivation, &parts) {
                        found = Some(Hit { body: Some(form), ..self.hit(at, *derivation, Form::Standard, spelling) });
                        return ControlFlow::Break(());
                    }
                }
                if self.left == 0 {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        found
    }

    fn hit(&self, at: usize, derivation: Derivation, form: Form, spelling: Spelling) -> Hit<'a> {
        Hit { key: self.candidates[at].clone(), derivation, form, spelling, body: None }
    }

    /// One trial, unless the budget is spent or the key is of the other kind.
    fn matches(&mut self, at: usize, derivation: Derivation, parts: &[&[u8]]) -> Option<Spelling> {
        let material = self.candidates[at].material;
        let fits = match (material, derivation) {
            (Material::Hmac(_), Derivation::Decoded | Derivation::Encoded | Derivation::Whole) => !self.v1.is_empty(),
            (Material::Ed25519(_), Derivation::Decoded) => !self.v1a.is_empty(),
            (Material::Ed25519(_), Derivation::Public) => !self.v1.is_empty(),
            _ => false,
        };
        if !fits || self.left == 0 {
            return None;
        }
        if (self.out_of_time)() {
            self.left = 0;
            return None;
        }
        self.left -= 1;
        let key: &[u8] = match (material, derivation) {
            (Material::Ed25519(key), Derivation::Decoded) => {
                let content = parts.concat();
                return self
                    .v1a
                    .iter()
                    .find(|target| verifies(key, &content, &target.bytes))
                    .map(|target| target.spelling);
            }
            (Material::Ed25519(key), _) => key.as_bytes(),
            (Material::Hmac(secret), Derivation::Encoded) => {
                secret.text().strip_prefix("whsec_").unwrap_or(secret.text()).as_bytes()
            }
            (Material::Hmac(secret), Derivation::Whole) if secret.text().starts_with("whsec_") => {
                secret.text().as_bytes()
            }
            (Material::Hmac(_), Derivation::Whole) => return None,
            (Material::Hmac(secret), _) => secret.key(),
        };
        let mac = hmac_sha256(key, parts)?;
        self.v1.iter().find(|target| bool::from(target.bytes.ct_eq(&mac))).map(|target| target.spelling)
    }
}

/// All keys: those that verify now, then the expired ones, then those of other projects.
fn candidates<'a>(keys: &'a Keyring, others: &Others<'a>, now: i64) -> Vec<Candidate<'a>> {
    let of = |index: usize, entry: &'a SecretKey, whose: Whose<'a>| {
        let material = match &entry.secret {
            Secret::Hmac(secret) => Material::Hmac(secret),
            Secret::Ed25519(public) => Material::Ed25519(public.key()),
        };
        Candidate { material, whose, matched: matched(index, entry) }
    };
    let mut live = Vec::new();
    let mut expired = Vec::new();
    for (index, entry) in keys.secrets.iter().enumerate() {
        match settled(entry.state, now) {
            KeyState::Expired { .. } => expired.push(of(index, entry, Whose::Expired)),
            _ => live.push(of(index, entry, Whose::Live)),
        }
    }
    if let Jwks::Known(set) = &keys.jwks {
        live.extend(set.ed25519().map(|(jwk, key)| Candidate {
            material: Material::Ed25519(key),
            whose: Whose::Live,
            matched: jwk.matched(),
        }));
    }
    live.extend(expired);
    live.extend(others.expired.iter().enumerate().map(|(index, entry)| of(index, entry, Whose::Expired)));
    live.extend(
        others
            .other_projects
            .iter()
            .enumerate()
            .map(|(index, (project, entry))| of(index, entry, Whose::Project(project))),
    );
    live.truncate(MOST_KEYS);
    live
}

impl Form {
    const ALL: [Self; 8] = [
        Self::Standard,
        Self::BodyOnly,
        Self::TimestampBody,
        Self::NoDelimiter,
        Self::Order,
        Self::Milliseconds,
        Self::IdBody,
        Self::OtherDelimiter,
    ];

    /// What is hashed, in the ways in which senders get it wrong.
    fn contents<'p>(self, content: &Content<'p>) -> Vec<Vec<&'p [u8]>> {
        const DOT: &[u8] = b".";
        let Content { id, timestamp, body } = *content;
        match self {
            Self::Standard => vec![vec![id, DOT, timestamp, DOT, body]],
            Self::BodyOnly => vec![vec![body]],
            // As Stripe does, as Slack does, and bare.
            Self::TimestampBody => {
                vec![
                    vec![timestamp, DOT, body],
                    vec![b"v0:", timestamp, b":", body],
                    vec![timestamp, b":", body],
                    vec![timestamp, body],
                ]
            }
            Self::IdBody => vec![vec![id, DOT, body], vec![id, body]],
            Self::Order => [
                [timestamp, id, body],
                [id, body, timestamp],
                [timestamp, body, id],
                [body, timestamp, id],
                [body, id, timestamp],
            ]
            .map(|[first, second, third]| vec![first, DOT, second, DOT, third])
            .into(),
            Self::NoDelimiter => vec![vec![id, timestamp, body]],
            Self::OtherDelimiter => {
                [&b":"[..], b"\n", b"|", b",", b"-"].map(|other| vec![id, other, timestamp, other, body]).into()
            }
            Self::Milliseconds => vec![vec![id, DOT, timestamp, b"000.", body]],
        }
    }
}

/// `v1` and `v1a`; any other word is not a version.
fn piece_version(piece: &str) -> &'static str {
    match piece {
        "v1" => "v1",
        "v1a" => "v1a",
        _ => "",
    }
}

/// The bytes of a signature, and whether they are written correctly.
fn decode(text: &str) -> Option<(Vec<u8>, bool)> {
    if let Ok(bytes) = STANDARD.decode(text) {
        if matches!(bytes.len(), 32 | 64) {
            return Some((bytes, true));
        }
        if text.len() != 64 && text.len() != 128 {
            return None;
        }
    }
    if matches!(text.len(), 64 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let bytes = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
        return Some((bytes.collect::<Option<_>>()?, false));
    }
    let url_safe = text.trim_end_matches('=').replace('+', "-").replace('/', "_");
    Some((URL_SAFE_NO_PAD.decode(url_safe).ok()?, false))
}
