//! Compares two deliveries, or two answers of a replay, and finds what to compare a delivery with.

use std::time::Duration;

use compare::{Fact, Judged, Relation, Role, Side, Trial, try_signature};
use inbound::needs_jwks;
use signature::{Jwks, KeyState, Keyring, Outcome, Policy, SecretKey};
use store::{Delivery, Outbound};

use super::{History, body, rows};
use crate::dto::{CompareSide, CompareWith, ComparedSide, Comparison};
use crate::error::{Code, Error, Result};
use crate::registry::Registry;

/// How long the shortest difference of two texts may be looked for.
const LOOKED_FOR: Duration = Duration::from_millis(300);
/// Attempts and answers that are listed to go on with.
const LISTED: u32 = 200;
/// What an answer may decode to, in bytes.
const ANSWER: u64 = 1024 * 1024;

impl History {
    /// Compares two deliveries, or two answers.
    ///
    /// # Errors
    /// `not_found` if one of them is not there (any more); `not_comparable` for a delivery and an answer.
    pub async fn compare(&self, a: CompareSide, b: CompareSide) -> Result<Comparison> {
        if matches!(
            (a, b),
            (CompareSide::Delivery(_), CompareSide::Outbound(_)) | (CompareSide::Outbound(_), CompareSide::Delivery(_))
        ) {
            let message = "A delivery can be compared with a delivery, and an answer with an answer.";
            return Err(Error::new(Code::NotComparable, message));
        }
        let (one, two) = (self.load(a).await?, self.load(b).await?);
        let keys = self.keys(&one, &two).await;
        let store = self.common.store();
        let delivery = two.delivery_id();
        let row = store.rows(&[delivery]).await?.pop();
        let attempts = match row.as_ref().and_then(|row| row.event) {
            Some(event) => store.attempts(event, LISTED).await?,
            None => row.clone().into_iter().collect(),
        };
        let last_verified = match &row {
            Some(row) => self.last_verified(row).await?,
            None => None,
        };
        let answers = store.outbounds().of(delivery, LISTED).await?.into_iter().map(rows::outbound).collect();
        let (shown_a, shown_b) = (one.shown(a, &self.registry), two.shown(b, &self.registry));
        // Decoding, hashing and comparing large bodies takes a while.
        let found = tokio::task::spawn_blocking(move || found(&one, &two, &keys)).await;
        let found = found
            .map_err(|error| Error::new(Code::Internal, "The deliveries could not be compared.").with_detail(error))?;
        Ok(Comparison {
            a: shown_a,
            b: shown_b,
            relation: found.relation,
            differ: found.planes.differ(),
            finding: found.finding,
            trial: found.trial,
            bytes: found.planes.bytes,
            meaning: found.planes.meaning,
            transport: found.planes.transport,
            attempts: attempts.iter().map(|row| rows::row(row, &self.registry)).collect(),
            last_verified,
            answers,
        })
    }

    /// What to compare a delivery with; `None` if there is no such delivery.
    ///
    /// # Errors
    /// `not_found` if the delivery itself is not there (any more).
    pub async fn compare_with(&self, id: i64, with: CompareWith) -> Result<Option<CompareSide>> {
        let store = self.common.store();
        let row = store.rows(&[id]).await?.pop().ok_or_else(|| Error::not_found("delivery"))?;
        let other = match (with, row.event) {
            (CompareWith::LastVerified, _) => self.last_verified(&row).await?,
            (CompareWith::PreviousAttempt, None) => None,
            (CompareWith::PreviousAttempt, Some(event)) => {
                let attempts = store.attempts(event, LISTED).await?;
                attempts.iter().rev().find(|other| other.id < id).map(|other| other.id)
            }
        };
        Ok(other.map(CompareSide::Delivery))
    }

    async fn last_verified(&self, row: &store::Row) -> Result<Option<i64>> {
        let Some(event_type) = &row.event_type else { return Ok(None) };
        Ok(self.common.store().last_verified(row.project, event_type, row.id, row.event).await?)
    }

    async fn load(&self, side: CompareSide) -> Result<Loaded> {
        let store = self.common.store();
        match side {
            CompareSide::Delivery(id) => {
                // The cause is part of the finding.
                self.explain_late(id).await?;
                let delivery = store.delivery(id).await?.ok_or_else(|| Error::not_found("delivery"))?;
                let body = store.body(id).await?.unwrap_or_default();
                Ok(Loaded { facts: of_delivery(&delivery), message: Message::Delivery(Box::new(delivery)), body })
            }
            CompareSide::Outbound(id) => {
                let mut outbound = store.outbounds().get(id).await?.ok_or_else(|| Error::not_found("request"))?;
                let body = std::mem::take(&mut outbound.answer_body);
                Ok(Loaded { facts: of_answer(&outbound), message: Message::Answer(Box::new(outbound)), body })
            }
        }
    }

    /// Whether there is such a delivery.
    ///
    /// # Errors
    /// The history cannot be read.
    pub async fn exists(&self, id: i64) -> Result<bool> {
        Ok(!self.common.store().rows(&[id]).await?.is_empty())
    }

    /// All keys that a project has or had: a signature tells whose bytes it is over also when its secret has ended.
    async fn keys(&self, one: &Loaded, two: &Loaded) -> Keys {
        let Some(row) = one.row().filter(|_| relation(one, two) == Relation::Attempts) else { return Keys::default() };
        let all = self.registry.all();
        let Some(own) = all.iter().find(|keys| keys.project.id == row.project) else { return Keys::default() };
        let current = |key: &SecretKey| SecretKey { state: KeyState::Current, ..key.clone() };
        let needed = [one, two].into_iter().any(|side| needs_jwks(side.headers()));
        Keys {
            keyring: Keyring {
                secrets: own.secrets.iter().chain(&own.expired).map(current).collect(),
                jwks: match &own.jwks {
                    Some(cache) if needed => cache.get().await,
                    _ => Jwks::None,
                },
                closed: false,
            },
            policy: self.registry.of(row.project).map(|project| project.policy.clone()).unwrap_or_default(),
        }
    }
}

#[derive(Default)]
struct Keys {
    keyring: Keyring,
    policy: Policy,
}

/// A side with all that is compared.
struct Loaded {
    message: Message,
    body: Vec<u8>,
    facts: Vec<Fact>,
}

enum Message {
    Delivery(Box<Delivery>),
    Answer(Box<Outbound>),
}

impl Loaded {
    fn row(&self) -> Option<&store::Row> {
        match &self.message {
            Message::Delivery(delivery) => Some(&delivery.row),
            Message::Answer(_) => None,
        }
    }

    /// The delivery, or the one that was sent on.
    fn delivery_id(&self) -> i64 {
        match &self.message {
            Message::Delivery(delivery) => delivery.row.id,
            Message::Answer(outbound) => outbound.row.delivery,
        }
    }

    fn headers(&self) -> &[(String, Vec<u8>)] {
        match &self.message {
            Message::Delivery(delivery) => &delivery.headers,
            Message::Answer(outbound) => &outbound.answer_headers,
        }
    }

    fn received_s(&self) -> i64 {
        self.row().map_or(0, |row| row.received_ns.div_euclid(1_000_000_000))
    }

    /// The body with its content encoding undone, if it has one and that can be done.
    fn decoded(&self) -> Option<Vec<u8>> {
        let line = self.headers().iter().find(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
        let encoding = line.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(str::trim)?;
        match &self.message {
            Message::Delivery(delivery) if delivery.row.truncated => None,
            Message::Delivery(_) => body::decode(&self.body, encoding).ok(),
            Message::Answer(_) => body::decode_within(&self.body, encoding, ANSWER).ok(),
        }
    }

    fn side<'a>(&'a self, decoded: Option<&'a [u8]>) -> Side<'a> {
        let (role, body_len, cut, sha256) = match &self.message {
            Message::Delivery(delivery) => {
                (Role::Delivery, delivery.row.body_len, delivery.row.truncated, delivery.sha256)
            }
            Message::Answer(outbound) => {
                let len = outbound.row.answer_len.unwrap_or(self.body.len() as u64);
                (Role::Answer, len, len > self.body.len() as u64, None)
            }
        };
        Side { role, headers: self.headers(), body: &self.body, body_len, cut, sha256, decoded, facts: &self.facts }
    }

    fn judged(&self) -> Judged {
        match &self.message {
            Message::Delivery(delivery) => {
                Judged { outcome: delivery.row.outcome, cause: delivery.row.cause.to_string(), status: None }
            }
            Message::Answer(outbound) => {
                Judged { outcome: Outcome::Unchecked, cause: String::new(), status: outbound.row.status }
            }
        }
    }

    fn shown(&self, side: CompareSide, registry: &Registry) -> ComparedSide {
        match &self.message {
            Message::Delivery(delivery) => ComparedSide {
                side,
                delivery: Some(rows::row(&delivery.row, registry)),
                key: delivery.verdict.key.as_ref().map(|key| key.hint.clone()),
                outbound: None,
            },
            Message::Answer(outbound) => {
                ComparedSide { side, delivery: None, key: None, outbound: Some(rows::outbound(outbound.row.clone())) }
            }
        }
    }
}

fn fact(name: &'static str, value: Option<String>) -> Fact {
    Fact { name, value: value.filter(|value| !value.is_empty()), each: false }
}

fn of_delivery(delivery: &Delivery) -> Vec<Fact> {
    let (host, port) = delivery.peer.rsplit_once(':').unwrap_or((&delivery.peer, ""));
    let answer = match delivery.row.status {
        0 => "none".to_owned(),
        status => status.to_string(),
    };
    vec![
        fact("method", Some(delivery.method.clone())),
        fact("path", Some(delivery.path.clone())),
        fact("query", delivery.query.clone()),
        fact("protocol", Some(delivery.http_version.clone())),
        fact("sender", Some(host.to_owned())),
        Fact { each: true, ..fact("sender's port", Some(port.to_owned())) },
        // Ours, and no difference between what was sent.
        Fact { each: true, ..fact("our answer", Some(answer)) },
    ]
}

fn of_answer(outbound: &Outbound) -> Vec<Fact> {
    vec![
        fact("status", outbound.row.status.map(|status| status.to_string())),
        fact("problem", outbound.row.problem.as_ref().map(|(_, sentence)| sentence.clone())),
        fact("target", Some(outbound.row.url.clone())),
        fact("sent as", Some(outbound.row.changes.join(", "))),
    ]
}

fn relation(one: &Loaded, two: &Loaded) -> Relation {
    match (one.row(), two.row()) {
        (Some(a), Some(b)) if a.event.is_some() && a.event == b.event => Relation::Attempts,
        (Some(_), Some(_)) => Relation::Deliveries,
        _ => Relation::Answers,
    }
}

struct Found {
    relation: Relation,
    planes: compare::Planes,
    finding: compare::Finding,
    trial: Option<Trial>,
}

fn found(one: &Loaded, two: &Loaded, keys: &Keys) -> Found {
    let (decoded_a, decoded_b) = (one.decoded(), two.decoded());
    let (a, b) = (one.side(decoded_a.as_deref()), two.side(decoded_b.as_deref()));
    let planes = compare::compare(&a, &b, LOOKED_FOR);
    let relation = relation(one, two);
    let differ = planes.bytes.body == compare::Sameness::Differ;
    let trial = (relation == Relation::Attempts && differ).then(|| {
        let fits = |side: &Side<'_>, body: &Side<'_>, received_s| {
            try_signature(side, body, &keys.keyring, &keys.policy, received_s)
        };
        Trial {
            a_over_a: fits(&a, &a, one.received_s()),
            a_over_b: fits(&a, &b, one.received_s()),
            b_over_a: fits(&b, &a, two.received_s()),
            b_over_b: fits(&b, &b, two.received_s()),
        }
    });
    let finding = compare::find(relation, &planes, trial.as_ref(), &[one.judged(), two.judged()]);
    Found { relation, planes, finding, trial }
}
