//! The battery: what is sent, what is right, why it matters, and how to fix it.

use std::borrow::Cow;

use samples::ComposeError;
use signature::Scheme;

use super::forge::{Delivery, Forge, Made};
use super::{Line, Plan, State};

mod events;
mod handling;
pub(super) mod json;
pub(super) mod signed;
mod signed_forged;
pub(super) mod tokens;

/// What a correct receiver does with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// 2xx: it is genuine (SW-49).
    Take,
    /// 4xx: it is not.
    Refuse,
    /// 2xx or 4xx: it may do either, as long as it does not crash.
    Either,
    /// 2xx, or 413, which says why it was refused.
    TakeOrTooLarge,
}

/// Makes the deliveries of a line.
type Make = Box<dyn Fn(&Forge, Scheme) -> Made + Send + Sync>;

/// How a line is carried out.
pub(super) enum Act {
    /// Sends the deliveries one after another; each must be right.
    Send(Make),
    /// Sends the same message twice, the second time as a retry.
    Twice,
    /// Sends the same message twice, then asks how often it was handled.
    HandledOnce,
    /// Sends the same message several times at the same moment, then asks how often it was handled.
    HandledOnceAtOnce,
    /// Sends a body that arrives in pieces.
    Slowly,
    /// Measures how long one takes that nothing delays.
    InTime,
    /// Sends many at once.
    Burst,
    /// Sends a GET.
    Get,
    /// Sends a POST without a body or a signature.
    EmptyPost,
    /// Derived from the others: whether anything is refused at all.
    RefusesAnything,
}

/// One case.
pub(super) struct Case {
    pub(super) id: String,
    group: String,
    title: String,
    sent: String,
    why: &'static str,
    mend: Cow<'static, str>,
    /// The scheme it belongs to. `None` means any that the endpoint accepts.
    pub(super) scheme: Option<Scheme>,
    pub(super) wants: Wants,
    pub(super) act: Act,
    /// Why it cannot be sent with this plan.
    pub(super) lacks: Option<&'static str>,
}

impl Case {
    /// The line before anything was sent.
    pub(super) fn line(&self) -> Line {
        Line {
            id: self.id.clone(),
            group: self.group.clone(),
            title: self.title.clone(),
            sent: self.sent.clone(),
            expected: self.expected().to_owned(),
            got: self.lacks.map(str::to_owned),
            status: None,
            took_us: None,
            state: if self.lacks.is_some() { State::Skipped } else { State::Waiting },
            why: self.why.to_owned(),
            mend: self.mend.clone().into_owned(),
            cause: None,
        }
    }

    fn expected(&self) -> &'static str {
        match (&self.act, self.wants) {
            (Act::HandledOnce | Act::HandledOnceAtOnce, _) => "Acts on it once.",
            (Act::Twice, _) => "Answers 2xx both times.",
            (Act::InTime, _) => "Answers 2xx within 5 s.",
            (Act::Burst, _) => "Answers each with 2xx, 95 of 100 within 5 s.",
            (Act::RefusesAnything, _) => "Refuses forged deliveries.",
            (_, Wants::Take) => "Answers 2xx.",
            (_, Wants::Refuse) => "Refuses it with 4xx, such as 400 or 401.",
            (_, Wants::Either) => "Answers 2xx or 4xx, and does not crash (5xx).",
            (_, Wants::TakeOrTooLarge) => "Answers 2xx, or 413 if that is over its limit.",
        }
    }

    /// The plain delivery of its scheme, on which all others depend.
    pub(super) fn is_base(&self) -> bool {
        self.scheme.is_some_and(|scheme| self.id == id(scheme, VALID))
    }
}

const VALID: &str = "valid";

/// A row of a table that exists for one or two schemes.
struct Row {
    name: &'static str,
    title: &'static str,
    sent: &'static str,
    wants: Wants,
    why: &'static str,
    mend: &'static str,
    make: fn(&Forge, Scheme) -> Made,
}

impl Row {
    fn case(&self, scheme: Scheme, lacks: Option<&'static str>) -> Case {
        let kind = if self.wants == Wants::Take { "Genuine deliveries" } else { "Forged deliveries" };
        Case {
            id: id(scheme, self.name),
            group: format!("{kind}, {}", word(scheme)),
            title: self.title.to_owned(),
            sent: self.sent.to_owned(),
            why: self.why,
            mend: self.mend.into(),
            scheme: Some(scheme),
            wants: self.wants,
            act: Act::Send(Box::new(self.make)),
            lacks,
        }
    }
}

/// `v1_stale`.
pub(super) fn id(scheme: Scheme, name: &str) -> String {
    let prefix = match scheme {
        Scheme::V1 => "v1",
        Scheme::V1a => "v1a",
        Scheme::Jwt => "jwt",
    };
    format!("{prefix}_{name}")
}

/// `v1`, `v1a`, `JWT`.
pub(super) fn word(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::V1 => "v1",
        Scheme::V1a => "v1a",
        Scheme::Jwt => "JWT",
    }
}

/// Every case, in the order of sending.
pub(super) fn all(plan: &Plan) -> Vec<Case> {
    let mut cases = handling::at_first();
    for scheme in [Scheme::V1, Scheme::V1a, Scheme::Jwt] {
        let lacks = lacks(plan, scheme);
        match scheme {
            Scheme::V1 | Scheme::V1a => cases.extend(signed::cases(plan, scheme, lacks)),
            Scheme::Jwt => cases.extend(tokens::cases(plan, lacks)),
        }
    }
    cases.extend(events::cases());
    cases.extend(json::cases());
    cases.extend(handling::cases(plan));
    cases
}

/// Why nothing can be signed with a scheme.
fn lacks(plan: &Plan, scheme: Scheme) -> Option<&'static str> {
    if !plan.schemes.contains(&scheme) {
        return Some(match scheme {
            Scheme::V1 => "The endpoint is not said to verify v1.",
            Scheme::V1a => "The endpoint is not said to verify v1a.",
            Scheme::Jwt => "The endpoint is not said to verify JWT.",
        });
    }
    match scheme {
        Scheme::V1 => match plan.secret.as_ref().map(|named| &named.secret) {
            Some(signature::Secret::Hmac(_)) => None,
            Some(signature::Secret::Ed25519(_)) => {
                Some("The secret given is a public key (whpk_…), which cannot sign.")
            }
            None => Some("There is no secret to sign with."),
        },
        Scheme::V1a if plan.keys.seeds.is_empty() => Some("There is no Ed25519 key to sign with."),
        Scheme::Jwt if plan.keys.rsa.is_none() => Some("There is no RSA key to sign with."),
        Scheme::V1a | Scheme::Jwt => None,
    }
}

fn one(made: Result<Delivery, ComposeError>) -> Made {
    Ok(vec![made?])
}

/// How to get the bytes that were signed.
const RAW: &str = "Verify the bytes as received, and parse them afterwards: request.get_data() in Flask, await \
    request.body() in FastAPI, express.raw({ type: '*/*' }) on this route in place of express.json(), await \
    request.text() in Next.js. Never sign what JSON.stringify or json.dumps made of the parsed body.";
/// The fix for nearly all forgeries.
const LIBRARY: &str = "Verify with the library (standardwebhooks: new Webhook(secret).verify(rawBody, headers)) before \
    anything is done with the body, and answer 401 if it throws or raises.";
