//! Tokens: RS256 JWTs in `webhook-signature`, as Google's guide describes them (RFC 7519, RFC 8725).

use signature::Scheme;

use super::{Case, Row, VALID, Wants, one};
use crate::check::Plan;

pub(super) fn cases(plan: &Plan, lacks: Option<&'static str>) -> Vec<Case> {
    let strange = plan.keys.strange_rsa.is_none().then_some("It needs a second RSA key, and there is none.");
    let case = |row: &Row| {
        let needs_strange = matches!(row.name, "wrong_key" | "unknown_kid");
        let mut case = row.case(Scheme::Jwt, lacks.or(strange.filter(|_| needs_strange)));
        if row.name == VALID {
            case.mend = genuine(plan).into();
        }
        case
    };
    ROWS.iter().map(case).collect()
}

/// What a receiver has to expect in order to accept a genuine token.
fn genuine(plan: &Plan) -> String {
    let (issuer, audience) = (&plan.profile.issuer, &plan.profile.audience);
    let keys = plan.jwks.as_deref().unwrap_or("the JWKS of this check");
    format!(
        "Check that the endpoint reads its keys from {keys} and looks them up by kid; that it expects what the tokens \
         of this check claim, iss {issuer} and aud {audience}; and that it takes the token from webhook-signature and \
         not from Authorization."
    )
}

/// A token in which only the signature is right.
pub(in crate::check) const NO_CLAIMS: &str = "no_claims";
/// What else such a receiver accepts.
pub(in crate::check) const CLAIM_ROWS: [&str; 5] =
    ["expired", "not_yet_valid", "missing_exp", "wrong_audience", "wrong_issuer"];

const ALGORITHMS: &str = "Name the algorithms yourself: jwt.decode(token, key, algorithms=['RS256']) in Python, \
    jwtVerify(token, keys, { algorithms: ['RS256'] }) with jose. Never take alg from the token.";
const KEYS: &str = "Look the key up by kid in the JWKS that you configured, fetch that once more if none fits, and \
    refuse with 401 otherwise. Never use keys or addresses (jwk, jku, x5u) from the token.";
const CLAIMS: &str = "Verify the claims with the signature: audience, issuer, and exp as required, with 60 s of leeway. PyJWT: \
    audience=…, issuer=…, options={'require': ['exp', 'aud', 'iss']}; jose: { audience, issuer, requiredClaims: ['exp'] }.";

static ROWS: [Row; 15] = [
    Row {
        name: VALID,
        title: "Signed correctly",
        sent: "A batch.succeeded with a fresh token by the published key.",
        wants: Wants::Take,
        why: "This is what dynamic webhooks carry, says Google's guide. What is refused is sent again for 24 hours, \
            then lost.",
        // See `genuine`: it names the claims.
        mend: CLAIMS,
        make: |forge, scheme| one(forge.plain(scheme)),
    },
    Row {
        name: "alg_none",
        title: "Token without a signature",
        sent: "The token says alg none, and carries no signature.",
        wants: Wants::Refuse,
        why: "Anyone can write such a token (RFC 8725, 3.1).",
        mend: ALGORITHMS,
        make: |forge, scheme| forge.broken(scheme, "alg_none"),
    },
    Row {
        name: "hs256_public_key",
        title: "Public key as an HMAC secret",
        sent: "The token says HS256, and is signed with the text (PEM) of the public key.",
        wants: Wants::Refuse,
        why: "The public key is public: a receiver that believes alg uses it as a secret, and anyone can sign (RFC \
            8725, 3.1).",
        mend: ALGORITHMS,
        make: |forge, scheme| forge.broken(scheme, "hs256_public_key"),
    },
    Row {
        name: "wrong_key",
        title: "Signed with another key",
        sent: "The token names the published key, and is signed with another.",
        wants: Wants::Refuse,
        why: "If it is accepted, the signature is not checked: jwt.decode with verify_signature off, or decodeJwt, \
            only reads.",
        mend: ALGORITHMS,
        make: |forge, scheme| forge.broken(scheme, "wrong_rsa_key"),
    },
    Row {
        name: "unknown_kid",
        title: "Key id that nobody published",
        sent: "The token names, and is signed with, a key that is not in the JWKS.",
        wants: Wants::Refuse,
        why: "It could be anybody's key. It must not crash the handler either, nor make it fetch the JWKS for each \
            forged token.",
        mend: KEYS,
        make: |forge, scheme| forge.broken(scheme, "unknown_kid"),
    },
    Row {
        name: "tampered_claims",
        title: "Claims tampered with",
        sent: "The token's expiry is moved a day ahead after signing.",
        wants: Wants::Refuse,
        why: "If it is accepted, the signature is not checked, or not over what is read.",
        mend: ALGORITHMS,
        make: |forge, scheme| forge.broken(scheme, "tampered_claims"),
    },
    Row {
        name: NO_CLAIMS,
        title: "Only the signature is right",
        sent: "Signed with the published key: a token that expired six minutes ago, by another issuer, for another \
            receiver.",
        wants: Wants::Refuse,
        why: "A signature says who made the token, not when or for whom. A handler that checks no claim accepts every \
            token that the sender ever signed, for anybody, for ever.",
        mend: CLAIMS,
        make: |forge, _| forge.token_of("https://somebody-else.example", "somebody-else", Some("expired_token")),
    },
    Row {
        name: "expired",
        title: "Token has expired",
        sent: "The token expired six minutes ago.",
        wants: Wants::Refuse,
        why: "Without a limit a recorded token stays valid for ever.",
        mend: CLAIMS,
        make: |forge, scheme| forge.broken(scheme, "expired_token"),
    },
    Row {
        name: "not_yet_valid",
        title: "Token is not valid yet",
        sent: "The token becomes valid in ten minutes (nbf).",
        wants: Wants::Refuse,
        why: "Its issuer says that it must not be accepted yet (RFC 7519, 4.1.5).",
        mend: CLAIMS,
        make: |forge, scheme| forge.broken(scheme, "not_yet_valid"),
    },
    Row {
        name: "missing_exp",
        title: "Token without expiry",
        sent: "The token has no exp claim.",
        wants: Wants::Refuse,
        why: "It would be valid for ever, for everyone who ever saw it. Libraries check exp only if it is present.",
        mend: CLAIMS,
        make: |forge, scheme| forge.broken(scheme, "no_expiry"),
    },
    Row {
        name: "wrong_audience",
        title: "Token for somebody else",
        sent: "A token by the published key whose aud names another receiver.",
        wants: Wants::Refuse,
        why: "The service signs for everyone with the same keys: a token for another receiver could be passed on to \
            you (RFC 8725, 3.9).",
        mend: CLAIMS,
        make: |forge, _| forge.token_of(forge.issuer(), "somebody-else", None),
    },
    Row {
        name: "wrong_issuer",
        title: "Token by somebody else",
        sent: "A token by the published key whose iss names another issuer.",
        wants: Wants::Refuse,
        why: "If one set of keys serves several issuers, a token from another one does not come from the one you \
            trust (RFC 8725, 3.8).",
        mend: CLAIMS,
        make: |forge, _| forge.token_of("https://somebody-else.example", forge.audience(), None),
    },
    Row {
        name: "other_body",
        title: "Another body under a genuine token",
        sent: "A fresh, genuine token, and a body that names another batch: nothing in a plain token covers the body.",
        wants: Wants::Either,
        why: "The guide's token says who sent something, not what: whoever had the token could have sent any body with \
            it. No receiver can see that from the delivery, so taking it is no mistake; acting on what the body says is.",
        mend: "Take the body as a hint: read what its pointers name from the service, with your own key, before you act \
            on it.",
        make: |forge, scheme| {
            let mut event = forge.payload(scheme)?;
            event["data"]["id"] = "batches/of-somebody-else".into();
            let mut delivery = forge.plain(scheme)?;
            delivery.body = event.to_string().into();
            one(Ok(delivery))
        },
    },
    Row {
        name: "garbage_signature",
        title: "Token is nonsense",
        sent: "webhook-signature contains three parts that are not a token.",
        wants: Wants::Refuse,
        why: "Anyone can post this: it must neither be accepted nor crash the handler.",
        mend: "Catch what the library raises (jwt.PyJWTError, errors.JOSEError) and answer 401.",
        make: |forge, scheme| Ok(vec![forge.plain(scheme)?.with("webhook-signature", "bm8.dG9rZW4.YXQgYWxs")]),
    },
    Row {
        name: "missing_signature",
        title: "webhook-signature is missing",
        sent: "Everything but the webhook-signature header.",
        wants: Wants::Refuse,
        why: "A receiver that verifies \"if there is a token\" verifies nothing.",
        mend: "Answer 401 if webhook-signature is missing.",
        make: |forge, scheme| forge.broken(scheme, "missing_header"),
    },
];
