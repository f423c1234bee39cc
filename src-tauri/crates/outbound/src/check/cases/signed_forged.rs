//! Deliveries that only look signed as in Standard Webhooks.

use signature::Scheme;

use super::{Case, LIBRARY, RAW, Row, Wants, one};
use crate::check::Plan;

/// Just outside the five minutes that receivers allow (SW-39), with time to get there.
const OUTSIDE: i64 = 315;
/// Well outside.
const LONG_PAST: i64 = 3600;
/// How many characters of a signature a careless receiver may compare.
const COMPARED: usize = 8;

pub(super) fn cases(plan: &Plan, scheme: Scheme, lacks: Option<&'static str>) -> Vec<Case> {
    let mut cases: Vec<Case> = FORGED.iter().map(|row| row.case(scheme, lacks)).collect();
    if scheme == Scheme::V1 {
        cases.extend(SECRETS.iter().map(|row| row.case(scheme, lacks)));
        let no_key = (!plan.schemes.contains(&Scheme::V1a) || plan.keys.seeds.is_empty())
            .then_some("It needs a public key, and the endpoint is not said to verify v1a.");
        cases.push(PUBLIC_KEY.case(scheme, lacks.or(no_key)));
    }
    cases
}

const STALE: &str = "Read webhook-timestamp as whole seconds and refuse anything more than 300 s from now, either way, \
    before or after the signature is compared. The libraries do it by themselves in verify().";
const WHOLE: &str = "Compare the whole signature in constant time: hmac.compare_digest in Python, crypto.timingSafeEqual on \
    buffers of equal length in Node. No slices, no startsWith, no ==.";
const PRESENT: &str = "Check that webhook-id, webhook-timestamp and webhook-signature are all present and not empty, \
    and answer 400 if one is not, before you use it: request.headers.get(name) gives None or undefined.";
const CONTENT: &str = "Sign exactly webhook-id, a full stop, webhook-timestamp, a full stop and the raw body, and compare that \
    (SW-14). The libraries do it.";

static FORGED: [Row; 16] = [
    Row {
        name: "tampered_body",
        title: "Body tampered with",
        sent: "The job's id in the body is changed after signing.",
        wants: Wants::Refuse,
        why: "Anyone who can change a body can make your code fetch and believe another result.",
        mend: CONTENT,
        make: |forge, scheme| forge.broken(scheme, "tampered_body"),
    },
    Row {
        name: "wrong_secret",
        title: "Signed with another key",
        sent: "Signed with a key that the endpoint does not have.",
        wants: Wants::Refuse,
        why: "The address of a webhook is no secret: anyone may post to it and sign with their own key.",
        mend: LIBRARY,
        make: |forge, scheme| forge.broken(scheme, "wrong_secret"),
    },
    Row {
        name: "id_swapped",
        title: "Signature of another message",
        sent: "A genuine signature, with a different webhook-id from the one that was signed.",
        wants: Wants::Refuse,
        why: "A recorded delivery would be accepted again under a new id, past the check for duplicates (SW-11).",
        mend: CONTENT,
        make: |forge, scheme| Ok(vec![forge.plain(scheme)?.with("webhook-id", &forge.id()?)]),
    },
    Row {
        name: "time_swapped",
        title: "Old signature, new time",
        sent: "A genuine signature of an hour ago, with webhook-timestamp set to now.",
        wants: Wants::Refuse,
        why: "If the time is not part of what is signed, changing a header makes an old delivery fresh (SW-11).",
        mend: CONTENT,
        make: |forge, scheme| {
            let old = forge.signed(scheme, -LONG_PAST, forge.plain(scheme)?.body)?;
            Ok(vec![old.with("webhook-timestamp", &forge.now().to_string())])
        },
    },
    Row {
        name: "truncated_signature",
        title: "Signature cut short",
        sent: "The last four characters of the signature are missing.",
        wants: Wants::Refuse,
        why: "A receiver that compares only as many characters as arrived can be given one, and guessed in 64 tries.",
        mend: WHOLE,
        make: |forge, scheme| forge.broken(scheme, "truncated_signature"),
    },
    Row {
        name: "tail_altered",
        title: "Only the start of the signature is right",
        sent: "The first 8 characters of the signature are right, the others are not.",
        wants: Wants::Refuse,
        why: "If only part of the signature is compared, that part can be guessed.",
        mend: WHOLE,
        make: |forge, scheme| {
            let sound = forge.plain(scheme)?;
            let signature = sound.get("webhook-signature");
            let strange = forge.strange(scheme, &sound.id, forge.now(), b"")?;
            let (version, right) = signature.split_once(',').unwrap_or_default();
            let (_, other) = strange.split_once(',').unwrap_or_default();
            let mixed: String = right.chars().take(COMPARED).chain(other.chars().skip(COMPARED)).collect();
            Ok(vec![sound.with("webhook-signature", &format!("{version},{mixed}"))])
        },
    },
    Row {
        name: "other_version",
        title: "Named as another version",
        sent: "The right signature, named v2, which nobody has defined.",
        wants: Wants::Refuse,
        why: "The version says how to check an entry; an unknown version cannot have been checked.",
        mend: "Accept only entries of the versions that you verify (v1, v1a) and skip all others.",
        make: |forge, scheme| forge.broken(scheme, "unknown_version"),
    },
    Row {
        name: "garbage_signature",
        title: "Signature is nonsense",
        sent: "webhook-signature contains words instead of a signature.",
        wants: Wants::Refuse,
        why: "Anyone can post this, as often as they like: it must neither be accepted nor crash the handler.",
        mend: "Catch what the decoder and the library raise (ValueError, binascii.Error, WebhookVerificationError) and answer \
            400 or 401.",
        make: |forge, scheme| forge.broken(scheme, "garbage"),
    },
    Row {
        name: "empty_signature",
        title: "Signature is empty",
        sent: "webhook-signature is present but empty.",
        wants: Wants::Refuse,
        why: "An empty list of signatures contains no wrong one: code that looks for a wrong one accepts it.",
        mend: PRESENT,
        make: |forge, scheme| Ok(vec![forge.plain(scheme)?.with("webhook-signature", "")]),
    },
    Row {
        name: "missing_signature",
        title: "webhook-signature is missing",
        sent: "Everything but the webhook-signature header.",
        wants: Wants::Refuse,
        why: "A receiver that verifies \"if it is signed\" verifies nothing: a forger leaves the signature out.",
        mend: PRESENT,
        make: |forge, scheme| forge.broken(scheme, "missing_header"),
    },
    Row {
        name: "missing_id",
        title: "webhook-id is missing",
        sent: "Everything but the webhook-id header.",
        wants: Wants::Refuse,
        why: "Without the id neither the signature nor duplicates can be checked (SW-31). A crash on a missing header \
            fills the log and hides real errors.",
        mend: PRESENT,
        make: |forge, scheme| forge.broken(scheme, "missing_id"),
    },
    Row {
        name: "missing_timestamp",
        title: "webhook-timestamp is missing",
        sent: "Everything but the webhook-timestamp header.",
        wants: Wants::Refuse,
        why: "Without the time the signature cannot be checked, nor a recorded delivery recognised (SW-32).",
        mend: PRESENT,
        make: |forge, scheme| forge.broken(scheme, "missing_timestamp"),
    },
    Row {
        name: "stale",
        title: "Over five minutes old",
        sent: "Correctly signed, 5 min 15 s ago: a recorded delivery that is sent again.",
        wants: Wants::Refuse,
        why: "Without a limit a recorded delivery stays valid for ever (SW-39).",
        mend: STALE,
        make: |forge, scheme| one(forge.signed(scheme, -OUTSIDE, forge.plain(scheme)?.body)),
    },
    Row {
        name: "future",
        title: "Over five minutes ahead",
        sent: "Correctly signed by a clock that is 5 min 15 s fast.",
        wants: Wants::Refuse,
        why: "A time in the future keeps a delivery fresh until then (SW-39).",
        mend: STALE,
        make: |forge, scheme| one(forge.signed(scheme, OUTSIDE, forge.plain(scheme)?.body)),
    },
    Row {
        name: "ms_timestamp",
        title: "Time in milliseconds",
        sent: "webhook-timestamp is in milliseconds, and is signed that way.",
        wants: Wants::Refuse,
        why: "As seconds it is fifty thousand years ahead. A handler that accepts it has no limit, or guesses units \
            (SW-32).",
        mend: STALE,
        make: |forge, scheme| forge.broken(scheme, "ms_timestamp"),
    },
    Row {
        name: "iso_timestamp",
        title: "Time as a date",
        sent: "webhook-timestamp is a date in ISO 8601.",
        wants: Wants::Refuse,
        why: "It is not a number: parseInt turns it into 2026 and int() raises. It must neither be accepted nor crash \
            (SW-32).",
        mend: "Accept decimal digits only, and answer 400 to anything else.",
        make: |forge, scheme| forge.broken(scheme, "iso_timestamp"),
    },
];

const DECODE: &str = "Decode the secret: the key is base64.b64decode(secret.removeprefix('whsec_')) in Python, \
    Buffer.from(secret.replace(/^whsec_/, ''), 'base64') in Node. The libraries decode it themselves: give them the text.";

static SECRETS: [Row; 4] = [
    Row {
        name: "undecoded_secret",
        title: "Keyed with the undecoded secret",
        sent: "Signed with the base64 text of the secret as the key, instead of the bytes it stands for.",
        wants: Wants::Refuse,
        why: "It is the most common slip: the HMAC is keyed with the text after whsec_, not with what it decodes to \
            (SW-20). No genuine delivery verifies that way.",
        mend: DECODE,
        make: |forge, scheme| forge.broken(scheme, "undecoded_secret"),
    },
    Row {
        name: "prefix_kept",
        title: "Keyed with the whole text of the secret",
        sent: "Signed with the text of the secret as the key, whsec_ included.",
        wants: Wants::Refuse,
        why: "The prefix only names the kind of secret (SW-20). No genuine delivery verifies that way.",
        mend: DECODE,
        make: |forge, scheme| forge.broken(scheme, "prefix_kept_secret"),
    },
    Row {
        name: "body_only",
        title: "Only the body is signed",
        sent: "The signature covers the body, but neither id nor time.",
        wants: Wants::Refuse,
        why: "Then id and time can be anything, and a recorded delivery stays valid for ever (SW-11). No genuine \
            delivery verifies that way.",
        mend: CONTENT,
        make: |forge, scheme| forge.broken(scheme, "body_only"),
    },
    Row {
        name: "hex_signature",
        title: "Signature in hex",
        sent: "The right signature, written in hexadecimal instead of base64.",
        wants: Wants::Refuse,
        why: "A signature is base64 (SW-23). A handler that accepts hex compares with hexdigest(), and refuses the \
            genuine ones.",
        mend: "Compare with base64.b64encode(mac.digest()) in Python, .digest('base64') in Node.",
        make: |forge, scheme| forge.broken(scheme, "hex_signature"),
    },
];

static PUBLIC_KEY: Row = Row {
    name: "public_key_as_secret",
    title: "v1 with the public key as the secret",
    sent: "A v1 signature, keyed with the public Ed25519 key of v1a.",
    wants: Wants::Refuse,
    why: "The public key is public. A receiver that uses all its keys for all schemes lets everyone sign (SW-28).",
    mend: "Keep keys with their scheme: HMAC with whsec_ secrets only, Ed25519 with the keys of the JWKS only.",
    make: |forge, _| forge.by_the_public_key(),
};

/// JSON that was serialised again on the way: only if the signature covers the body.
pub(super) static REPRINTED: Row = Row {
    name: "reprinted",
    title: "Re-serialised after signing",
    sent: "The same JSON with different white space from what was signed.",
    wants: Wants::Refuse,
    why: "The signature covers bytes, not their meaning (SW-16). A handler that accepts this re-serialises the body \
        before it is verified, and will refuse genuine ones as soon as they contain something unusual.",
    mend: RAW,
    make: |forge, scheme| forge.broken(scheme, "reserialised_body"),
};
