//! JSON Web Key Sets (RFC 7517) with Ed25519 keys (RFC 8037) and RSA keys (RFC 7518, 6.3).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use serde_json::{Map, Value};

use crate::secret::{public_key, tail};
use crate::{KeyState, MatchedKey};

/// The minimum size of an RSA modulus (RFC 7518, 3.3), and the maximum that the back end accepts.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A parsed JWKS. An unusable key stays in it, with the reason, so that it can be named.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: Vec<Jwk>,
}

/// Why a text is not a JWKS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not JSON, or not an object.
    #[error("The JWKS is not a JSON object: {0}.")]
    NotJson(String),
    /// No member `keys` that is an array.
    #[error("The JWKS has no list named \"keys\".")]
    NoKeys,
}

/// One key of a JWKS.
#[derive(Clone, Debug)]
pub struct Jwk {
    kid: Option<String>,
    index: usize,
    /// `alg`, if the JWK fixes it.
    alg: Option<String>,
    material: JwkMaterial,
}

/// The content of a JWK.
#[derive(Clone)]
pub(crate) enum JwkMaterial {
    Ed25519(Box<VerifyingKey>),
    Rsa(RsaKey),
    /// Claims to be an Ed25519 key, but is not usable as one.
    BadEd25519(&'static str),
    /// Claims to be an RSA key, but is not usable as one.
    BadRsa(&'static str),
    /// An RSA key of fewer than 2048 bits.
    SmallRsa(usize),
    /// A kind that no scheme here uses.
    Other,
}

/// An RSA public key.
#[derive(Clone)]
pub(crate) struct RsaKey {
    pub(crate) n: Vec<u8>,
    pub(crate) e: Vec<u8>,
    pub(crate) decoding: jsonwebtoken::DecodingKey,
}

impl fmt::Debug for JwkMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ed25519(_) => f.write_str("Ed25519"),
            Self::Rsa(key) => write!(f, "Rsa({} bits)", bits(&key.n)),
            Self::BadEd25519(why) => write!(f, "BadEd25519({why})"),
            Self::BadRsa(why) => write!(f, "BadRsa({why})"),
            Self::SmallRsa(bits) => write!(f, "SmallRsa({bits} bits)"),
            Self::Other => f.write_str("Other"),
        }
    }
}

impl KeySet {
    /// Reads a JWKS. A key of unknown kind, or a broken one, is not an error: it is kept as unusable.
    ///
    /// # Errors
    /// If the text is not a JSON object, or contains no list of keys.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        let value: Value = serde_json::from_slice(json).map_err(|error| KeySetError::NotJson(error.to_string()))?;
        let Value::Object(members) = value else {
            return Err(KeySetError::NotJson("it is another kind of value".to_owned()));
        };
        let Some(Value::Array(keys)) = members.get("keys") else { return Err(KeySetError::NoKeys) };
        Ok(Self { keys: keys.iter().enumerate().map(|(index, key)| Jwk::read(index, key)).collect() })
    }

    /// All keys, in the order of the JWKS.
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The keys that can check `v1a`.
    pub(crate) fn ed25519(&self) -> impl Iterator<Item = (&Jwk, &VerifyingKey)> {
        self.keys.iter().filter_map(|jwk| match &jwk.material {
            JwkMaterial::Ed25519(key) => Some((jwk, &**key)),
            _ => None,
        })
    }

    /// The keys that can check an RSA signature.
    pub(crate) fn rsa(&self) -> impl Iterator<Item = (&Jwk, &RsaKey)> {
        self.keys.iter().filter_map(|jwk| match &jwk.material {
            JwkMaterial::Rsa(key) => Some((jwk, key)),
            _ => None,
        })
    }

    /// How many keys claim to be Ed25519 but cannot be used.
    pub(crate) fn bad_ed25519(&self) -> usize {
        self.keys.iter().filter(|jwk| matches!(jwk.material, JwkMaterial::BadEd25519(_))).count()
    }

    /// Whether it has Ed25519 keys and nothing that claims to be an RSA key.
    pub(crate) fn is_ed25519_only(&self) -> bool {
        let rsa =
            |jwk: &Jwk| matches!(jwk.material, JwkMaterial::Rsa(_) | JwkMaterial::BadRsa(_) | JwkMaterial::SmallRsa(_));
        self.ed25519().next().is_some() && !self.keys.iter().any(rsa)
    }

    /// The keys with this `kid`, in order.
    pub(crate) fn by_kid<'a>(&'a self, kid: &str) -> impl Iterator<Item = &'a Jwk> {
        self.keys.iter().filter(move |jwk| jwk.kid.as_deref() == Some(kid))
    }
}

impl Jwk {
    /// `kid`, or `jwks[2]` if it has none.
    pub fn id(&self) -> String {
        self.kid.clone().unwrap_or_else(|| format!("jwks[{}]", self.index))
    }

    /// What may be shown: the `kid`, or the kind and the last characters of the key.
    pub fn hint(&self) -> String {
        match (&self.kid, &self.material) {
            (Some(kid), _) => kid.clone(),
            (None, JwkMaterial::Ed25519(key)) => format!("Ed25519 …{}", tail(&URL_SAFE_NO_PAD.encode(key.as_bytes()))),
            (None, JwkMaterial::Rsa(key)) => format!("RSA …{}", tail(&URL_SAFE_NO_PAD.encode(&key.n))),
            (None, _) => self.id(),
        }
    }

    /// Why the key cannot be used, or `None` if it can.
    pub fn unusable(&self) -> Option<String> {
        match &self.material {
            JwkMaterial::Ed25519(_) | JwkMaterial::Rsa(_) => None,
            JwkMaterial::BadEd25519(why) | JwkMaterial::BadRsa(why) => Some((*why).to_owned()),
            JwkMaterial::SmallRsa(bits) => Some(format!("its modulus has {bits} bits, at least 2048 are needed")),
            JwkMaterial::Other => Some("its kind is neither Ed25519 nor RSA".to_owned()),
        }
    }

    pub(crate) fn material(&self) -> &JwkMaterial {
        &self.material
    }

    /// Whether the JWK allows itself to be used with this algorithm.
    pub(crate) fn allows(&self, algorithm: &str) -> bool {
        self.alg.as_deref().is_none_or(|pinned| pinned == algorithm)
    }

    pub(crate) fn matched(&self) -> MatchedKey {
        MatchedKey { id: self.id(), index: self.index, hint: self.hint(), state: KeyState::Current }
    }

    fn read(index: usize, value: &Value) -> Self {
        let none = Map::new();
        let members = value.as_object().unwrap_or(&none);
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        let material = match text("kty") {
            Some("OKP") if text("crv") == Some("Ed25519") => ed25519(members),
            Some("RSA") => rsa(members),
            _ => JwkMaterial::Other,
        };
        Self { kid: text("kid").map(str::to_owned), index, alg: text("alg").map(str::to_owned), material }
    }
}

fn ed25519(members: &Map<String, Value>) -> JwkMaterial {
    if let Some(why) = not_for_signatures(members) {
        return JwkMaterial::BadEd25519(why);
    }
    if present(members, "alg").is_some_and(|alg| !matches!(alg.as_str(), Some("EdDSA" | "Ed25519"))) {
        return JwkMaterial::BadEd25519("its alg is not EdDSA");
    }
    let Some(x) = bytes(members, "x") else { return JwkMaterial::BadEd25519("its x is not base64url") };
    if x.len() != 32 {
        return JwkMaterial::BadEd25519("its x is not 32 bytes");
    }
    match public_key(&x) {
        Some(key) => JwkMaterial::Ed25519(Box::new(key)),
        None => JwkMaterial::BadEd25519(
            "its x is not a point of the curve, not its canonical encoding, or one of small order under which anyone can sign",
        ),
    }
}

fn rsa(members: &Map<String, Value>) -> JwkMaterial {
    if let Some(why) = not_for_signatures(members) {
        return JwkMaterial::BadRsa(why);
    }
    if present(members, "alg").is_some_and(|alg| !alg.is_string()) {
        return JwkMaterial::BadRsa("its alg is not a string");
    }
    let (Some(n), Some(e)) = (bytes(members, "n"), bytes(members, "e")) else {
        return JwkMaterial::BadRsa("its n or e is not base64url");
    };
    let size = bits(&n);
    if size < *MODULUS_BITS.start() {
        return JwkMaterial::SmallRsa(size);
    }
    if size > *MODULUS_BITS.end() {
        return JwkMaterial::BadRsa("its modulus has more than 8192 bits");
    }
    let exponent = bits(&e);
    if !(2..=33).contains(&exponent) || e.last().is_none_or(|last| last % 2 == 0) {
        return JwkMaterial::BadRsa("its exponent is even, 1, or too large");
    }
    let significant = |number: &[u8]| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    let (n, e) = (significant(&n), significant(&e));
    let decoding = jsonwebtoken::DecodingKey::from_rsa_raw_components(&n, &e);
    JwkMaterial::Rsa(RsaKey { n, e, decoding })
}

/// Why `use` or `key_ops` forbid checking signatures with a key.
fn not_for_signatures(members: &Map<String, Value>) -> Option<&'static str> {
    if present(members, "use").is_some_and(|usage| usage.as_str() != Some("sig")) {
        return Some("its use is not sig");
    }
    let verifies = |ops: &Value| ops.as_array().is_some_and(|ops| ops.iter().any(|op| op.as_str() == Some("verify")));
    (!present(members, "key_ops").is_none_or(verifies)).then_some("its key_ops do not include verify")
}

/// Whether a member says anything: null counts as missing.
fn present<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn bytes(members: &Map<String, Value>, name: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(members.get(name)?.as_str()?).ok().filter(|bytes| !bytes.is_empty())
}

/// The length of a big-endian number in bits.
pub(crate) fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    match number.get(zeros) {
        Some(first) => (number.len() - zeros) * 8 - first.leading_zeros() as usize,
        None => 0,
    }
}
