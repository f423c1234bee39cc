//! Requests that were sent on, for the window.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use store::{NewOutbound, OutboundAnswer, Sendable};

use crate::common::Common;
use crate::dto::{Altered, AnswerDiff, BodyKind, HeaderLine, Outbound, OutboundDetail};
use crate::error::{Code, Error, Result};
use crate::history::{body, rows};

mod diff;

/// Most requests of a delivery to list.
const LISTED: u32 = 200;
/// What an answer may decode to, in bytes.
const DECODED: u64 = 1024 * 1024;

/// The room of requests that were sent on. Cloning shares it.
#[derive(Clone)]
pub struct Outbounds {
    common: Common,
}

impl Outbounds {
    pub(crate) fn new(common: Common) -> Self {
        Self { common }
    }

    /// The requests that sent a delivery on, newest first, at most 200.
    pub async fn of(&self, delivery: i64) -> Result<Vec<Outbound>> {
        let found = self.common.store().outbounds().of(delivery, LISTED).await?;
        Ok(found.into_iter().map(rows::outbound).collect())
    }

    /// One such request, whole.
    pub async fn get(&self, id: i64) -> Result<OutboundDetail> {
        let outbound = self.kept_outbound(id).await?;
        let delivered = match &outbound.body {
            Some(body) => body.len() as u64,
            None => {
                let body = self.common.store().body(outbound.row.delivery).await?;
                body.map_or(0, |body| body.len() as u64)
            }
        };
        let (decoded, answer_note) = shown(&outbound);
        let answer_kind = body::kind(&decoded);
        let text = matches!(answer_kind, BodyKind::Json | BodyKind::Text);
        let is_redirect = outbound.row.status.is_some_and(|status| (300..400).contains(&status) && status != 304);
        let location = outbound.answer_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
        Ok(OutboundDetail {
            request_headers: outbound.headers.into_iter().map(|(name, value)| line(name, value)).collect(),
            request_len: delivered,
            request_changed: outbound.body.is_some(),
            altered: altered(
                outbound.altered.into_iter().map(|(name, what)| outbound::Altered { name, what }).collect(),
            ),
            redirect: location.filter(|_| is_redirect).map(|(_, value)| String::from_utf8_lossy(value).into_owned()),
            answer_headers: outbound.answer_headers.into_iter().map(|(name, value)| line(name, value)).collect(),
            answer_kept: outbound.answer_body.len() as u64,
            answer_text: text.then(|| String::from_utf8_lossy(&decoded).into_owned()),
            answer_base64: (answer_kind == BodyKind::Binary).then(|| body::base64(&decoded)),
            answer_kind,
            answer_note,
            outbound: rows::outbound(outbound.row),
        })
    }

    /// How another answer differs from the first.
    pub async fn diff(&self, first: i64, other: i64) -> Result<AnswerDiff> {
        let (first, other) = (self.kept_outbound(first).await?, self.kept_outbound(other).await?);
        let (one, _) = shown(&first);
        let (two, _) = shown(&other);
        let differ = move || diff::of(&first, &one, &other, &two);
        tokio::task::spawn_blocking(differ)
            .await
            .map_err(|error| Error::new(Code::Internal, "The answers could not be compared.").with_detail(error))
    }

    async fn kept_outbound(&self, id: i64) -> Result<store::Outbound> {
        self.common.store().outbounds().get(id).await?.ok_or_else(|| Error::not_found("request"))
    }
}

/// The answer's body, decoded where that is possible, and a note about it.
fn shown(outbound: &store::Outbound) -> (Vec<u8>, Option<String>) {
    let encoding = outbound.answer_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-encoding"));
    let encoding = encoding.and_then(|(_, value)| std::str::from_utf8(value).ok()).map(str::trim);
    let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("identity")) else {
        return (outbound.answer_body.clone(), None);
    };
    match body::decode_within(&outbound.answer_body, encoding, DECODED) {
        Ok(decoded) => (decoded, Some(format!("Decoded from {}.", encoding.escape_debug()))),
        Err(problem) => (outbound.answer_body.clone(), Some(problem)),
    }
}

/// A request about to be stored. Its id is filled in later.
pub(super) fn shown_outbound(new: &NewOutbound) -> Outbound {
    let answer = new.answer.as_ref();
    Outbound {
        id: 0,
        delivery: new.delivery,
        kind: rows::outbound_kind(new.kind),
        run: None,
        number: new.number,
        url: new.url.clone(),
        at_ms: new.at_ms,
        changes: new.changes.clone(),
        rejected: new.rejected,
        status: answer.map(|answer| answer.status),
        first_us: answer.map(|answer| answer.first_us),
        total_us: Some(new.total_us),
        answer_len: answer.map(|answer| answer.len),
        problem: rows::outbound_problem(new.problem.clone()),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The record of a request that went out.
pub(super) fn sent(
    delivery: &Sendable,
    target: &outbound::Target,
    composed: &outbound::Composed,
    number: u32,
    at_ms: i64,
    exchange: outbound::Exchange,
    kind: store::OutboundKind,
) -> NewOutbound {
    let answer = exchange.answer.map(|answer| OutboundAnswer {
        status: answer.status,
        first_us: micros(answer.first),
        headers: answer.headers,
        body: answer.body,
        len: answer.body_len,
    });
    NewOutbound {
        delivery: delivery.id,
        kind,
        number,
        settled: false,
        url: target.url().to_owned(),
        at_ms,
        changes: composed.changes.clone(),
        rejected: delivery.rejected,
        headers: outbound::framed(&composed.headers, composed.body.len(), target),
        body: composed.body_changed.then(|| composed.body.clone()),
        altered: composed.altered.iter().map(|one| (one.name.clone(), one.what.clone())).collect(),
        answer,
        total_us: micros(exchange.total),
        problem: exchange.problem.map(|problem| (problem.code.to_string(), problem.message)),
    }
}

/// The record of a request that could not be made.
pub(super) fn not_sent(
    delivery: &Sendable,
    target: &outbound::Target,
    number: u32,
    at_ms: i64,
    error: Error,
    kind: store::OutboundKind,
) -> NewOutbound {
    NewOutbound {
        delivery: delivery.id,
        kind,
        number,
        settled: false,
        url: target.url().to_owned(),
        at_ms,
        changes: Vec::new(),
        rejected: delivery.rejected,
        headers: Vec::new(),
        body: None,
        altered: Vec::new(),
        answer: None,
        total_us: 0,
        problem: Some((error.code.to_string(), error.message)),
    }
}

pub(super) fn line(name: String, value: Vec<u8>) -> HeaderLine {
    match String::from_utf8(value) {
        Ok(value) => HeaderLine { name, value, base64: None },
        Err(error) => {
            let base64 = Some(STANDARD.encode(error.as_bytes()));
            HeaderLine { name, value: String::from_utf8_lossy(error.as_bytes()).into_owned(), base64 }
        }
    }
}

pub(super) fn altered(all: Vec<outbound::Altered>) -> Vec<Altered> {
    all.into_iter().map(|one| Altered { name: one.name, what: one.what }).collect()
}
