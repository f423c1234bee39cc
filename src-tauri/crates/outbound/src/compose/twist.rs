//! Ready-made ways to break a replay.

use bytes::Bytes;
use samples::{Random, token_claims};
use serde_json::{Value, json};
use signature::{Secret, sign};

use super::{ComposeError, Draft, Id, Recipe, Sign, Time};

/// Beyond the five minutes that receivers allow.
const OFF_BY: i64 = 360;
/// Bytes of padding that make a body huge: a handler's parser commonly accepts 100 KiB to 1 MiB.
const HUGE: usize = 2 * 1024 * 1024;

/// A ready-made way to break a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Twist {
    /// Stable id.
    pub id: &'static str,
    /// Two or three words.
    pub label: &'static str,
    /// What it does, in one sentence.
    pub what: &'static str,
    /// What a correct receiver does with it.
    pub expected: &'static str,
    /// Whether it has to be signed again, which requires a key.
    pub signs: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Duplicate,
    Stale,
    Future,
    Tampered,
    WrongSecret,
    UnknownType,
    MissingHeader,
    HugeBody,
    Reserialised,
}

const TAKES: &str = "Answers 2xx.";
const REFUSES: &str = "Refuses it with 400 or 401.";

/// Every twist, in menu order.
#[must_use]
pub fn twists() -> &'static [Twist] {
    &TWISTS
}

impl Twist {
    /// The one with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        TWISTS.iter().find(|twist| twist.id == id)
    }
}

#[rustfmt::skip]
static TWISTS: [Twist; 9] = [
    Twist { id: "duplicate", label: "Duplicate", signs: false, kind: Kind::Duplicate, expected: "Answers 2xx twice, and acts once.",
        what: "It is sent twice with the same webhook-id." },
    Twist { id: "stale", label: "Stale", signs: true, kind: Kind::Stale, expected: REFUSES,
        what: "It is signed correctly, six minutes in the past." },
    Twist { id: "future", label: "Future", signs: true, kind: Kind::Future, expected: REFUSES,
        what: "It is signed correctly, six minutes in the future." },
    Twist { id: "tampered", label: "Tampered body", signs: false, kind: Kind::Tampered, expected: REFUSES,
        what: "The body is changed after signing." },
    Twist { id: "wrong_secret", label: "Wrong secret", signs: false, kind: Kind::WrongSecret, expected: REFUSES,
        what: "It is signed, now, with a key that nobody has." },
    Twist { id: "unknown_type", label: "Unknown type", signs: true, kind: Kind::UnknownType, expected: TAKES,
        what: "Its type is audio.generated, which nobody has announced; it is signed correctly." },
    Twist { id: "missing_header", label: "Missing header", signs: false, kind: Kind::MissingHeader, expected: REFUSES,
        what: "The webhook-signature header is left out." },
    Twist { id: "huge_body", label: "Huge body", signs: true, kind: Kind::HugeBody, expected: "Answers 2xx, or 413 if it is too large.",
        what: "A note of 2 MiB is added to data; it is signed correctly." },
    Twist { id: "reserialised", label: "Re-serialised body", signs: false, kind: Kind::Reserialised, expected: REFUSES,
        what: "The same JSON with different white space, as if it was parsed and serialised on the way." },
];

/// Applies a twist. Its signature is for the present time, unless the twist is about the time.
pub(super) fn apply(
    twist: &'static Twist,
    draft: &mut Draft,
    recipe: &Recipe,
    now: i64,
    random: &Random,
) -> Result<(), ComposeError> {
    let signed = !matches!(recipe.sign, Sign::Leave);
    if twist.signs && !signed {
        return Err(ComposeError::NoKey(twist.label));
    }
    let time = if signed && recipe.time == Time::Keep { Time::Now(0) } else { recipe.time };
    let prepare = |draft: &mut Draft, time| draft.prepare(recipe.id, time, &recipe.sign, now, random);
    match twist.kind {
        Kind::Duplicate => {
            prepare(draft, time)?;
            draft.times = 2;
        }
        Kind::Stale => prepare(draft, Time::Now(-OFF_BY))?,
        Kind::Future => prepare(draft, Time::Now(OFF_BY))?,
        Kind::Tampered => {
            prepare(draft, time)?;
            draft.body = tampered(&draft.body);
        }
        Kind::WrongSecret => {
            draft.prepare(recipe.id, Time::Now(0), &Sign::Leave, now, random)?;
            sign_with_a_strange_key(draft, &recipe.sign, now, random)?;
        }
        Kind::UnknownType => {
            let mut value = draft.json(twist.label)?;
            value["type"] = json!("audio.generated");
            draft.body = value.to_string().into();
            prepare(draft, time)?;
        }
        Kind::MissingHeader => {
            prepare(draft, time)?;
            draft.remove("webhook-signature");
        }
        Kind::HugeBody => {
            let mut value = draft.json(twist.label)?;
            match &mut value["data"] {
                Value::Object(data) => data.insert("note".to_owned(), json!("x".repeat(HUGE))),
                other => Some(std::mem::replace(other, json!({ "note": "x".repeat(HUGE) }))),
            };
            draft.body = value.to_string().into();
            prepare(draft, time)?;
        }
        Kind::Reserialised => {
            let value = draft.json(twist.label)?;
            prepare(draft, time)?;
            draft.body = printed_otherwise(&value, &draft.body).into();
        }
    }
    draft.change(twist.label.to_lowercase());
    Ok(())
}

/// Changes one byte: in JSON the last character of a text or number, so that it is still JSON.
fn tampered(body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    match bytes.iter().rposition(u8::is_ascii_alphanumeric).and_then(|at| bytes.get_mut(at)) {
        Some(byte) => *byte = if *byte == b'0' { b'1' } else { b'0' },
        None => bytes.push(b' '),
    }
    bytes.into()
}

/// With a space after each comma and colon, or without spaces if it already has them.
fn printed_otherwise(value: &Value, body: &[u8]) -> String {
    let spaced = samples::spaced(value);
    if spaced.as_bytes() == body { value.to_string() } else { spaced }
}

fn sign_with_a_strange_key(draft: &mut Draft, like: &Sign, now: i64, random: &Random) -> Result<(), ComposeError> {
    let mut bytes = [0; 32];
    random(&mut bytes)?;
    // Missing ids and times are created.
    let id = match draft.get("webhook-id") {
        Some(id) => id.to_owned(),
        None => {
            draft.prepare(Id::Renew, Time::Keep, &Sign::Leave, now, random)?;
            draft.get("webhook-id").unwrap_or_default().to_owned()
        }
    };
    let signature = match like {
        Sign::V1a { .. } => sign::v1a(&bytes, &id, now, &draft.body),
        Sign::Jwt { rsa, strange, profile } => {
            strange.sign(Some(rsa.kid()), &token_claims(profile, &id, now, &draft.body))?
        }
        Sign::Leave | Sign::V1 { .. } => match Secret::parse(&Secret::generate(bytes)) {
            Ok(secret) => sign::v1(&secret, &id, now, &draft.body),
            Err(_) => "v1,".to_owned(),
        },
    };
    draft.set("webhook-signature", &signature);
    Ok(())
}
