//! Genuine deliveries, signed as in Standard Webhooks: `v1` and `v1a`.

use signature::Scheme;

use super::{Case, LIBRARY, RAW, Row, VALID, Wants, one, signed_forged};
use crate::check::Plan;

/// Inside the five minutes that receivers allow (SW-39), with time to get there.
const ALMOST: i64 = 270;

/// The lines that fail if a receiver cannot read a list of signatures; the first stands for all.
pub(in crate::check) const LISTS: [&str; 3] =
    ["two_signatures_right_first", "two_signatures_right_last", "unknown_version_beside"];
/// What such a receiver does with them.
pub(in crate::check) const LISTS_UNREAD: &str = "Your handler refuses every delivery with two signatures, whichever of them is right. In the \
    24 hours after a rotation each delivery has one by each secret (SW-34), and all of them would be lost.";
/// How to fix that.
pub(in crate::check) const READ_LISTS: &str = "Split webhook-signature at spaces first, then each entry at its comma, and take the \
    delivery where one of them matches. header === expected compares the whole list, and header.split(',')[1] has the next \
    entry's version in it. The libraries read the list when they get the whole header.";

pub(super) fn cases(plan: &Plan, scheme: Scheme, lacks: Option<&'static str>) -> Vec<Case> {
    let mut cases: Vec<Case> = GENUINE.iter().map(|row| row.case(scheme, lacks)).collect();
    if scheme == Scheme::V1 {
        let no_old = plan.old_secret.is_none().then_some("No secret is in its grace.");
        cases.push(OLD_SECRET.case(scheme, lacks.or(no_old)));
    }
    cases.extend(signed_forged::cases(plan, scheme, lacks));
    cases
}

const ANY_ENTRY: &str = "Split webhook-signature at spaces and try every entry: the delivery is genuine when one of them \
    matches. Skip versions that you do not know. The libraries do so when they get the whole header.";

static GENUINE: [Row; 6] = [
    Row {
        name: VALID,
        title: "Signed correctly",
        sent: "A batch.succeeded, signed now with the right key.",
        wants: Wants::Take,
        why: "This is what the service sends all day. What is refused is sent again for 24 hours, then lost.",
        mend: "Compare the secret or the keys with those that this check signs with, see that the path is the \
            handler's and that no login is in front of it. Verify the raw body: request.get_data() in Flask, \
            express.raw({ type: '*/*' }) in Express. For v1 the key is the base64-decoded text after whsec_; for v1a \
            every Ed25519 key of the JWKS is tried (the libraries on PyPI and npm know v1 only and skip v1a).",
        make: |forge, scheme| one(forge.plain(scheme)),
    },
    Row {
        name: "two_signatures_right_first",
        title: "Two signatures, the right one first",
        sent: "Signed by the right key and by an unknown one, as during a rotation.",
        wants: Wants::Take,
        why: "During a rotation there is a signature for each valid secret (SW-34). A handler that cannot read the \
            list loses deliveries with every rotation.",
        mend: ANY_ENTRY,
        make: |forge, scheme| {
            let (id, time, body) = (forge.id()?, forge.now(), forge.plain(scheme)?.body);
            let right = forge.signature(scheme, &id, time, &body)?;
            let strange = forge.strange(scheme, &id, time, &body)?;
            Ok(vec![forge.delivery(&id, time, &format!("{right} {strange}"), body)])
        },
    },
    Row {
        name: "two_signatures_right_last",
        title: "Two signatures, the right one last",
        sent: "Signed by an unknown key and by the right one, as during a rotation.",
        wants: Wants::Take,
        why: "The order of the list is the sender's. A handler that reads only the first entry loses deliveries from \
            the rotation on, until the new secret is in place everywhere (SW-35).",
        mend: ANY_ENTRY,
        make: |forge, scheme| {
            let (id, time, body) = (forge.id()?, forge.now(), forge.plain(scheme)?.body);
            let right = forge.signature(scheme, &id, time, &body)?;
            let strange = forge.strange(scheme, &id, time, &body)?;
            Ok(vec![forge.delivery(&id, time, &format!("{strange} {right}"), body)])
        },
    },
    Row {
        name: "unknown_version_beside",
        title: "A version from the future beside the right one",
        sent: "An entry v2,… followed by the right one.",
        wants: Wants::Take,
        why: "A sender that introduces a new scheme sends both for a time (SW-17, SW-35).",
        mend: ANY_ENTRY,
        make: |forge, scheme| {
            let (id, time, body) = (forge.id()?, forge.now(), forge.plain(scheme)?.body);
            let right = forge.signature(scheme, &id, time, &body)?;
            let strange = forge.strange(scheme, &id, time, &body)?;
            let (_, text) = strange.split_once(',').unwrap_or_default();
            Ok(vec![forge.delivery(&id, time, &format!("v2,{text} {right}"), body)])
        },
    },
    Row {
        name: "almost_stale",
        title: "Four and a half minutes old",
        sent: "Correctly signed, 4 min 30 s ago.",
        wants: Wants::Take,
        why: "Deliveries wait in queues, and clocks differ: five minutes are what every library allows (SW-39).",
        mend: "Allow 300 seconds either way, and compare seconds with seconds: Date.now() counts milliseconds.",
        make: |forge, scheme| one(forge.signed(scheme, -ALMOST, forge.plain(scheme)?.body)),
    },
    Row {
        name: "almost_future",
        title: "Four and a half minutes ahead",
        sent: "Correctly signed by a clock that is 4 min 30 s fast.",
        wants: Wants::Take,
        why: "Your machine's clock may be slow, and the sender's fast: five minutes are allowed either way (SW-39).",
        mend: "Compare the difference without its sign, abs(now - timestamp) <= 300, and keep the machine's clock right (NTP).",
        make: |forge, scheme| one(forge.signed(scheme, ALMOST, forge.plain(scheme)?.body)),
    },
];

static OLD_SECRET: Row = Row {
    name: "old_secret",
    title: "Signed with the previous secret",
    sent: "Signed only with the old secret, which is still in its grace.",
    wants: Wants::Take,
    why: "For 24 hours after a rotation, deliveries signed with the old secret may arrive (SW-34).",
    mend: "Keep both secrets until the grace is over, and accept a delivery that verifies with either.",
    make: |forge, _| forge.by_the_old_secret(),
};

/// The fix for deliveries that pass only as different JSON.
pub(in crate::check) const PRINTED_AGAIN: &str = RAW;
/// The fix for a receiver that refuses nothing.
pub(in crate::check) const VERIFY: &str = LIBRARY;
