//! The verdict on one delivery: outcome, reason, matched key, warnings, diagnosis and the proof ladder.
//!
//! These are the shapes that `pollux verify --json` prints, that the store keeps and that the window draws. The codes
//! are those of the verification vectors in `tests/fixtures/vectors` and are stable.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Text that is usually a constant: a ladder of constants costs no allocation on the answer path.
pub type Text = Cow<'static, str>;

/// The conclusion about a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A signature matched one of the keys, and every check passed.
    Verified,
    /// There was a key to check with, but a check failed.
    Rejected,
    /// There was no key to check with.
    Unchecked,
    /// A token's own signature matched and every check of it passed, but none of its claims covers the body: whoever
    /// had the token could have sent any body with it.
    Unbound,
}

impl Outcome {
    /// As a sentence names it: `verified`, `rejected`, `unchecked`, `token genuine, body not covered`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Rejected => "rejected",
            Self::Unchecked => "unchecked",
            Self::Unbound => "token genuine, body not covered",
        }
    }

    /// Whether a key of the project signed what came with the delivery: its body, or at least its token.
    #[must_use]
    pub fn is_genuine(self) -> bool {
        matches!(self, Self::Verified | Self::Unbound)
    }
}

/// The signature scheme, chosen by the shape of the `webhook-signature` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// HMAC-SHA256 over `{id}.{timestamp}.{body}` (Standard Webhooks, SW-18).
    V1,
    /// Ed25519 over the same content (Standard Webhooks, SW-21).
    V1a,
    /// A compact JWS, RS256, in `webhook-signature` (Google's guide).
    Jwt,
}

/// The state of a key at the time of the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum KeyState {
    /// The key that signs now.
    Current,
    /// Replaced, still accepted until `until` (Unix seconds).
    Grace {
        /// Unix seconds.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        until: i64,
    },
    /// No longer accepted since `at` (Unix seconds).
    Expired {
        /// Unix seconds.
        #[cfg_attr(feature = "ts", ts(type = "number"))]
        at: i64,
    },
}

/// The key that matched. Never contains key material.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MatchedKey {
    /// The caller's id of the secret; for a JWKS key its `kid`, or `jwks[2]` if it has none.
    pub id: String,
    /// Position among the keys of its kind, as given by the caller (secrets) or by the JWKS (`keys`).
    pub index: usize,
    /// What may be shown: `whsec_…a91f`, `whpk_…Oir4`, `Ed25519 …oQ`, `test-key-1`.
    pub hint: String,
    /// Current, in its grace, or expired.
    #[serde(flatten)]
    pub state: KeyState,
}

/// One rung of the proof ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Step {
    /// The stable code of the check, in this order. Standard Webhooks: `headers`, `timestamp`, `scheme`, `signature`.
    /// JWT: `headers`, `timestamp`, `scheme`, `jwt_header`, `jwt_key`, `jwt_signature`, `jwt_claims`, `body_binding`.
    /// Both end with `near_miss`, `duplicate`; a secret that cannot be read puts `keys` first.
    pub check: Text,
    /// The title that is shown: `Headers`, `Time`, `Signature`…
    pub title: Text,
    /// Passed, failed, skipped, or a near miss.
    pub status: StepStatus,
    /// What was expected, in words or as a value. Never key material.
    pub expected: Text,
    /// What was seen.
    pub seen: Text,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// As expected.
    Passed,
    /// Not as expected: the reason of a rejection.
    Failed,
    /// Not reached, or does not apply.
    Skipped,
    /// Found by the near-miss probe: what would have matched.
    Near,
    /// As expected, with something worth knowing.
    Warned,
}

/// Something worth knowing about a delivery, other than a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Warning {
    /// Stable code, such as `secret_too_short` or `duplicate_id`.
    pub code: Text,
    /// One plain sentence.
    pub message: Text,
}

/// What the near-miss probe found: what would have matched, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Diagnosis {
    /// Stable code, such as `body_reserialized`.
    pub code: String,
    /// What would have matched, in one sentence ("The signature matches the same JSON without spaces, …").
    pub finding: String,
    /// The likely cause and what to do about it.
    pub fix: String,
    /// The key with which it would have matched, if one is known.
    pub key: Option<MatchedKey>,
}

/// The verdict on one delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Verdict {
    /// Verified, rejected, unchecked, or a genuine token that does not cover the body.
    pub outcome: Outcome,
    /// The scheme that the header's shape indicates; `None` if it could not be determined.
    pub scheme: Option<Scheme>,
    /// Stable code: `valid` when verified, otherwise the cause (`no_matching_signature`, `missing_header:webhook-id`,
    /// `body_not_bound_to_token`, …).
    pub reason: Text,
    /// The key that matched.
    pub key: Option<MatchedKey>,
    /// Things worth knowing.
    pub warnings: Vec<Warning>,
    /// Filled by [`crate::probe`] after the answer, for rejected deliveries.
    pub diagnosis: Option<Diagnosis>,
    /// The proof ladder, in order.
    pub steps: Vec<Step>,
    /// The cause in two or three words, for a row of a list: `412 s old`, `no match`, `no secret`. Empty when plainly
    /// verified.
    pub cause: Text,
    /// One plain English sentence for people.
    pub sentence: String,
}

impl Warning {
    /// A warning with a constant text, or with one made for the case.
    pub(crate) fn new(code: &'static str, message: impl Into<Text>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}
