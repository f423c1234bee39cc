//! Composes what a replay sends: a delivery as it was received, with the requested changes.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use samples::{Profile, Random, RsaKey, token_claims};
use serde_json::Value;
use signature::{Secret, sign};

use crate::passing::{self, Altered};
use crate::target::Target;

mod twist;
mod variables;

use variables::Variables;

pub use twist::{Twist, twists};

/// What a replay needs of a delivery.
#[derive(Clone, Debug)]
pub struct Received {
    /// Header lines in the order of arrival.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, as far as it was kept.
    pub body: Bytes,
    /// The path it arrived at, with its query.
    pub path: String,
    /// Bytes of the whole body, if `body` is only part of it.
    pub part_of: Option<u64>,
}

/// The `webhook-id`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Id {
    /// As received.
    #[default]
    Keep,
    /// A new one.
    Renew,
}

/// The `webhook-timestamp`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Time {
    /// As received.
    #[default]
    Keep,
    /// This many seconds from now.
    Now(i64),
}

/// What signs the request.
#[derive(Clone, Default)]
pub enum Sign {
    /// The signature stays as received.
    #[default]
    Leave,
    /// `v1`.
    V1 {
        /// The secret.
        secret: Secret,
        /// `whsec_…a91f`.
        hint: String,
    },
    /// `v1a`.
    V1a {
        /// The Ed25519 seed.
        seed: [u8; 32],
    },
    /// A JWT.
    Jwt {
        /// The key that the receiver knows.
        rsa: Arc<RsaKey>,
        /// A key that it does not know.
        strange: Arc<RsaKey>,
        /// The issuer and the audience.
        profile: Profile,
    },
}

/// Where the variables `{{now}}`, `{{now_s}}` and `{{uuid}}` are filled in. What was received is never looked at: only
/// what replaces it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// In the values of the header lines that replace the received ones.
    pub headers: bool,
    /// In the body that replaces the received one.
    pub body: bool,
}

/// The requested changes. The default changes nothing.
#[derive(Clone, Default)]
pub struct Recipe {
    /// Header lines that replace the received ones.
    pub headers: Option<Vec<(String, Vec<u8>)>>,
    /// A body that replaces the received one.
    pub body: Option<Bytes>,
    /// Where variables are filled in.
    pub fill: Fill,
    /// The id.
    pub id: Id,
    /// The time.
    pub time: Time,
    /// The signature.
    pub sign: Sign,
    /// How it is deliberately broken.
    pub twist: Option<&'static Twist>,
}

impl Recipe {
    /// Whether nothing is changed.
    #[must_use]
    pub fn is_as_received(&self) -> bool {
        self.headers.is_none()
            && self.body.is_none()
            && self.id == Id::Keep
            && self.time == Time::Keep
            && matches!(self.sign, Sign::Leave)
            && self.twist.is_none()
    }
}

/// A request that is ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// Header lines in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Bytes,
    /// Whether the body differs from the received one.
    pub body_changed: bool,
    /// What cannot be sent as received, although nobody asked for a change.
    pub altered: Vec<Altered>,
    /// The requested changes, in a few words each, and the values of the variables (`{{now}} 2026-01-22T12:00:00Z`).
    /// Empty if it goes as received.
    pub changes: Vec<String>,
    /// How often it is sent: 2 for a duplicate.
    pub times: u32,
}

/// Why a request could not be composed.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// Only part of the body was kept, and no replacement was given.
    #[error("{}, so it cannot be sent on as it was. To send something else, edit it and enter a \
        body.", part(.kept, .len))]
    BodyIncomplete {
        /// Bytes that were kept.
        kept: u64,
        /// Bytes of the whole body, as far as known.
        len: u64,
    },
    /// A twist has to sign, and there is no key.
    #[error("\"{0}\" has to be signed again. Choose what to sign with.")]
    NoKey(&'static str),
    /// A twist changes the JSON of the body, but the body is not JSON.
    #[error("\"{0}\" changes the JSON of the body, and this body is not a JSON object.")]
    NotJson(&'static str),
    /// The key could not sign.
    #[error("The request could not be signed: {0}")]
    Sign(#[from] sign::SignError),
    /// The source of random bytes failed.
    #[error("The request could not be made: {0}.")]
    Random(#[from] io::Error),
}

fn part(kept: &u64, len: &u64) -> String {
    match kept < len {
        true => format!("Only the first {kept} of {len} bytes of this delivery's body were kept"),
        false => "The body of this delivery did not arrive whole".to_owned(),
    }
}

/// Composes the request from a delivery and a recipe, for `target`, at `now` (Unix seconds).
///
/// # Errors
/// If only part of the body was kept, a twist does not fit, or a key fails.
pub fn compose(
    received: &Received,
    recipe: &Recipe,
    target: &Target,
    now: i64,
    random: &Random,
) -> Result<Composed, ComposeError> {
    if let (Some(len), None) = (received.part_of, &recipe.body) {
        return Err(ComposeError::BodyIncomplete { kept: received.body.len() as u64, len });
    }
    let headers = recipe.headers.clone().unwrap_or_else(|| received.headers.clone());
    let (headers, mut altered) = passing::pass(headers, target.is_local());
    name_the_rest(&headers, received, recipe, target, &mut altered);
    let mut draft = Draft {
        headers,
        body: recipe.body.clone().unwrap_or_else(|| received.body.clone()),
        changes: Vec::new(),
        times: 1,
    };
    if recipe.headers.is_some() {
        draft.changes.push("headers edited".to_owned());
    }
    if recipe.body.is_some() {
        draft.changes.push("body edited".to_owned());
    }
    // Before anything else: a twist reads the body, and a signature covers it as it is sent.
    draft.fill(recipe, now, random)?;
    match recipe.twist {
        None => draft.prepare(recipe.id, recipe.time, &recipe.sign, now, random)?,
        Some(twist) => twist::apply(twist, &mut draft, recipe, now, random)?,
    }
    let body_changed = draft.body != received.body;
    let Draft { headers, body, changes, times } = draft;
    Ok(Composed { headers, body, body_changed, altered, changes, times })
}

fn name_the_rest(
    headers: &[(String, Vec<u8>)],
    received: &Received,
    recipe: &Recipe,
    target: &Target,
    altered: &mut Vec<Altered>,
) {
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host"));
    if host.is_none_or(|(_, value)| value != target.authority().as_bytes()) {
        altered.push(Altered::new("host", format!("is {}, as for every request there", target.authority())));
    }
    if received.path != target.path() {
        altered.push(Altered::new("path", format!("is {}, that of the target", target.path())));
    }
    let declared = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = received.body.len().to_string();
    if recipe.body.is_none()
        && let Some((_, value)) = declared
        && !value.is_empty()
        && value != length.as_bytes()
    {
        altered.push(Altered::new("content-length", format!("is {length}: so much of the body was kept")));
    }
}

/// A request being composed.
struct Draft {
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
    changes: Vec<String>,
    times: u32,
}

impl Draft {
    fn change(&mut self, what: impl Into<String>) {
        self.changes.push(what.into());
    }

    /// Fills in the variables of what was edited.
    fn fill(&mut self, recipe: &Recipe, now: i64, random: &Random) -> io::Result<()> {
        let mut variables = Variables::new(now, random);
        if recipe.fill.headers && recipe.headers.is_some() {
            for (_, value) in &mut self.headers {
                if let Some(filled) = variables.fill(value)? {
                    *value = filled;
                }
            }
        }
        if recipe.fill.body
            && recipe.body.is_some()
            && let Some(filled) = variables.fill(&self.body)?
        {
            self.body = filled.into();
        }
        self.changes.extend(variables.said());
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }

    /// A single line with this name, in the place of the first one, or at the end.
    fn set(&mut self, name: &str, value: &str) {
        let mut found = false;
        self.headers.retain_mut(|(header, old)| {
            if !header.eq_ignore_ascii_case(name) {
                return true;
            }
            let first = !std::mem::replace(&mut found, true);
            if first {
                *old = value.as_bytes().to_vec();
            }
            first
        });
        if !found {
            self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }

    fn remove(&mut self, name: &str) {
        self.headers.retain(|(header, _)| !header.eq_ignore_ascii_case(name));
    }

    /// Applies id, time and signature to the body as it is now.
    fn prepare(&mut self, id: Id, time: Time, sign: &Sign, now: i64, random: &Random) -> Result<(), ComposeError> {
        if id == Id::Renew {
            let id = samples::message_id(random)?;
            self.set("webhook-id", &id);
            self.change("new id");
        }
        if let Time::Now(shift) = time {
            self.set("webhook-timestamp", &now.saturating_add(shift).to_string());
            self.change(match shift {
                0 => "time of sending".to_owned(),
                past if past < 0 => format!("{} s in the past", past.unsigned_abs()),
                future => format!("{future} s in the future"),
            });
        }
        self.sign(sign, now, random)
    }

    /// A signature over the id, the time and the body as they are now. Missing ids and times are created.
    fn sign(&mut self, sign: &Sign, now: i64, random: &Random) -> Result<(), ComposeError> {
        if matches!(sign, Sign::Leave) {
            return Ok(());
        }
        let id = match self.get("webhook-id").filter(|id| !id.is_empty()) {
            Some(id) => id.to_owned(),
            None => {
                let id = samples::message_id(random)?;
                self.set("webhook-id", &id);
                id
            }
        };
        let time = match self.get("webhook-timestamp").and_then(|time| time.parse().ok()) {
            Some(time) => time,
            None => {
                self.set("webhook-timestamp", &now.to_string());
                now
            }
        };
        let (signature, what) = match sign {
            Sign::Leave => return Ok(()),
            Sign::V1 { secret, hint } => (sign::v1(secret, &id, time, &self.body), format!("signed with {hint}")),
            Sign::V1a { seed } => {
                (sign::v1a(seed, &id, time, &self.body), "signed with the Sandbox's v1a key".to_owned())
            }
            // A token says when it was issued: that is the time of the delivery.
            Sign::Jwt { rsa, profile, .. } => (
                rsa.sign(Some(rsa.kid()), &token_claims(profile, &id, time, &self.body))?,
                "signed with the Sandbox's JWT key".to_owned(),
            ),
        };
        self.set("webhook-signature", &signature);
        self.change(what);
        Ok(())
    }

    fn json(&self, twist: &'static str) -> Result<Value, ComposeError> {
        let value: Value = serde_json::from_slice(&self.body).map_err(|_| ComposeError::NotJson(twist))?;
        if value.is_object() { Ok(value) } else { Err(ComposeError::NotJson(twist)) }
    }
}

#[cfg(test)]
mod tests;
