//! Ready-made broken deliveries, and odd ones that are genuine all the same.

use serde::Serialize;
use signature::Scheme;

use Scheme::{Jwt, V1, V1a};

/// A way in which a sample can be broken or odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct BrokenKind {
    /// Stable id.
    pub id: &'static str,
    /// Two to four words.
    pub label: &'static str,
    /// What it does to the delivery, in one sentence.
    pub what: &'static str,
    /// The reason that a correct receiver gives, as in a verdict; `valid` for kinds that are odd but genuine.
    pub reason: &'static str,
    /// The schemes it is available for, the default one first.
    pub schemes: &'static [Scheme],
    /// The code of the diagnosis that names the mistake, if a probe can find it.
    #[serde(skip)]
    pub diagnosis: Option<&'static str>,
    #[serde(skip)]
    pub(crate) fault: Fault,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    // The key.
    WrongKey,
    UndecodedSecret,
    PrefixKept,
    // The time.
    Stale,
    Future,
    Milliseconds,
    IsoTime,
    // The body.
    Tampered,
    Reserialised,
    TrailingNewline,
    ByteOrderMark,
    Gzip,
    BodyOnly,
    // The headers.
    NoSignature,
    NoId,
    NoTime,
    RepeatedTime,
    SvixNames,
    Garbage,
    Truncated,
    Hex,
    OtherVersion,
    // Tokens.
    AlgNone,
    UnknownKid,
    MissingKid,
    PublicKeyAsSecret,
    WrongRsaKey,
    TamperedClaims,
    Expired,
    NoExpiry,
    NotYetValid,
    SwappedBody,
    // Odd but genuine.
    BoundToken,
    Duplicate,
    TwoSignatures,
    NotJson,
    NotUtf8,
    UnknownType,
    LaunchType,
    Large,
    DottedId,
}

const SIGNED: &[Scheme] = &[V1, V1a];
const TOKEN: &[Scheme] = &[Jwt];
const ANY: &[Scheme] = &[V1, V1a, Jwt];

const fn kind(
    fault: Fault,
    id: &'static str,
    label: &'static str,
    reason: &'static str,
    schemes: &'static [Scheme],
    what: &'static str,
) -> BrokenKind {
    BrokenKind { id, label, what, reason, schemes, diagnosis: None, fault }
}

impl BrokenKind {
    const fn diagnosed(mut self, code: &'static str) -> Self {
        self.diagnosis = Some(code);
        self
    }
}

/// Every kind, the most telling first.
#[must_use]
pub fn broken_kinds() -> &'static [BrokenKind] {
    &KINDS
}

pub(crate) fn find(id: &str) -> Option<&'static BrokenKind> {
    KINDS.iter().find(|kind| kind.id == id)
}

const NO_MATCH: &str = "no_matching_signature";
const MALFORMED: &str = "malformed_signature";
const VALID: &str = "valid";

#[rustfmt::skip]
static KINDS: [BrokenKind; 41] = [
    kind(Fault::WrongKey, "wrong_secret", "Wrong secret", NO_MATCH, SIGNED,
        "Signed with a key that the receiver does not have."),
    kind(Fault::Tampered, "tampered_body", "Body tampered with", NO_MATCH, SIGNED,
        "The job's id is changed after signing."),
    kind(Fault::Stale, "stale", "Six minutes old", "timestamp_too_old", SIGNED,
        "Correctly signed, six minutes ago: a delivery that was caught and sent again.")
        .diagnosed("stale_with_valid_signature"),
    kind(Fault::Future, "future", "Six minutes ahead", "timestamp_too_new", SIGNED,
        "Correctly signed by a clock that is six minutes fast.")
        .diagnosed("future_with_valid_signature"),
    kind(Fault::Reserialised, "reserialised_body", "Body re-serialised", NO_MATCH, SIGNED,
        "The same JSON with different white space, as if it was parsed and serialised on the way.")
        .diagnosed("body_reserialized"),
    kind(Fault::UndecodedSecret, "undecoded_secret", "Secret not decoded", NO_MATCH, &[V1],
        "Signed with the base64 text of the secret instead of its bytes, as on the night of the launch.")
        .diagnosed("secret_not_base64_decoded"),
    kind(Fault::PrefixKept, "prefix_kept_secret", "Prefix kept in secret", NO_MATCH, &[V1],
        "Signed with the whole text of the secret, whsec_ included.")
        .diagnosed("secret_used_with_prefix_as_text"),
    kind(Fault::BodyOnly, "body_only", "Only the body signed", NO_MATCH, &[V1],
        "The signature covers the body without the id and the time.")
        .diagnosed("signed_content_body_only"),
    kind(Fault::TrailingNewline, "trailing_newline", "Trailing newline", NO_MATCH, SIGNED,
        "A newline is added to the body after signing.")
        .diagnosed("body_trailing_newline"),
    kind(Fault::ByteOrderMark, "byte_order_mark", "Byte order mark", NO_MATCH, SIGNED,
        "A byte order mark is put before the body after signing.")
        .diagnosed("body_bom"),
    kind(Fault::Gzip, "gzip_body", "Body compressed", NO_MATCH, SIGNED,
        "The plain body is signed, and the body arrives compressed with gzip.")
        .diagnosed("body_content_encoding"),
    kind(Fault::Milliseconds, "ms_timestamp", "Time in milliseconds", "timestamp_too_new", SIGNED,
        "The webhook-timestamp is in milliseconds instead of seconds, and is signed that way.")
        .diagnosed("timestamp_looks_like_milliseconds"),
    kind(Fault::IsoTime, "iso_timestamp", "Time as a date", "invalid_timestamp", SIGNED,
        "The webhook-timestamp is a date in ISO 8601 instead of Unix seconds."),
    kind(Fault::NoSignature, "missing_header", "Signature header missing", "missing_header:webhook-signature", ANY,
        "The webhook-signature header is left out."),
    kind(Fault::NoId, "missing_id", "Id header missing", "missing_header:webhook-id", SIGNED,
        "The webhook-id header is left out after signing."),
    kind(Fault::NoTime, "missing_timestamp", "Time header missing", "missing_header:webhook-timestamp", SIGNED,
        "The webhook-timestamp header is left out after signing."),
    kind(Fault::RepeatedTime, "repeated_header", "Time header repeated", "duplicate_header:webhook-timestamp", SIGNED,
        "The webhook-timestamp header appears twice, with different values.")
        .diagnosed("header_repeated"),
    kind(Fault::SvixNames, "svix_headers", "Only svix headers", "missing_header:webhook-id", SIGNED,
        "The three headers have the names of another service, svix-id and so on."),
    kind(Fault::Garbage, "garbage", "Signature is nonsense", MALFORMED, SIGNED,
        "The webhook-signature header contains words instead of a signature."),
    kind(Fault::Truncated, "truncated_signature", "Signature cut short", MALFORMED, SIGNED,
        "The last characters of the signature are missing."),
    kind(Fault::Hex, "hex_signature", "Signature in hex", MALFORMED, &[V1],
        "The signature is written in hexadecimal instead of base64.")
        .diagnosed("signature_encoding"),
    kind(Fault::OtherVersion, "unknown_version", "Unknown signature version", "unsupported_signature_version", SIGNED,
        "The signature is named v2, which nobody has defined.")
        .diagnosed("signature_version_label"),
    kind(Fault::AlgNone, "alg_none", "Token without signature", "alg_none", TOKEN,
        "The token says alg none and carries no signature.")
        .diagnosed("jwt_alg_none"),
    kind(Fault::PublicKeyAsSecret, "hs256_public_key", "Public key as secret", "alg_not_allowed", TOKEN,
        "The token says HS256 and is signed with the public key, which a careless receiver takes for a secret.")
        .diagnosed("jwt_hs256_with_public_key"),
    kind(Fault::WrongRsaKey, "wrong_rsa_key", "Wrong RSA key", "bad_signature", TOKEN,
        "The token names a published key and is signed with another."),
    kind(Fault::TamperedClaims, "tampered_claims", "Claims tampered with", "bad_signature", TOKEN,
        "The token's expiry is moved a day ahead after signing."),
    kind(Fault::UnknownKid, "unknown_kid", "Unknown key id", "unknown_kid", TOKEN,
        "The token names and is signed with a key that is not published."),
    kind(Fault::MissingKid, "missing_kid", "Key id missing", "missing_kid", TOKEN,
        "The token does not say which key signed it."),
    kind(Fault::Expired, "expired_token", "Token expired", "expired", TOKEN,
        "The token expired six minutes ago.")
        .diagnosed("stale_with_valid_signature"),
    kind(Fault::NoExpiry, "no_expiry", "Token without expiry", "missing_claim:exp", TOKEN,
        "The token has no exp claim, so it would be valid for ever."),
    kind(Fault::NotYetValid, "not_yet_valid", "Token not yet valid", "not_yet_valid", TOKEN,
        "The token becomes valid in ten minutes.")
        .diagnosed("future_with_valid_signature"),
    kind(Fault::SwappedBody, "swapped_body", "Body swapped", "body_mismatch", TOKEN,
        "The token contains the hash of a different body from the one that arrives."),
    kind(Fault::BoundToken, "bound_token", "Token bound to body", VALID, TOKEN,
        "The token contains the hash of the body; Google documents no such claim."),
    kind(Fault::Duplicate, "duplicate", "Sent twice", VALID, ANY,
        "The same delivery is sent twice, as happens when an answer is lost."),
    kind(Fault::TwoSignatures, "two_signatures", "Two signatures", VALID, SIGNED,
        "Signed by an unknown key and by the right one, as during a rotation."),
    kind(Fault::UnknownType, "unknown_type", "Unknown event type", VALID, ANY,
        "Correctly signed, with the type audio.generated, which nobody has announced."),
    kind(Fault::LaunchType, "launch_type", "Type batch.completed", VALID, ANY,
        "Correctly signed, with a type that the launch texts named but the service never had."),
    kind(Fault::NotJson, "not_json", "Body is not JSON", VALID, ANY,
        "Correctly signed, but the body is a form instead of JSON."),
    kind(Fault::NotUtf8, "body_not_utf8", "Body is not UTF-8", VALID, ANY,
        "Correctly signed, but the body contains a byte that is not UTF-8."),
    kind(Fault::Large, "large_body", "Body over 20 KiB", VALID, ANY,
        "Correctly signed, but larger than Standard Webhooks calls usual."),
    kind(Fault::DottedId, "dotted_id", "Full stop in id", VALID, SIGNED,
        "The webhook-id contains a full stop, so the signature also fits another split of id, time and body."),
];
