//! Requests that were sent on, for the window.

use store::{NewOutbound, OutboundRow};

use super::{altered, diff, line};
use crate::body;
use crate::dto::{AnswerDiff, BodyKind, Outbound, OutboundDetail, OutboundKind, OutboundProblem};
use crate::engine::Engine;
use crate::error::{Code, Error, Result};

/// Requests of a delivery that are listed.
const LISTED: u32 = 200;
/// What an answer may decode to, in bytes.
const DECODED: u64 = 1024 * 1024;

impl Engine {
    /// What was sent on of a delivery, the newest first, 200 at most.
    pub async fn outbounds(&self, delivery: i64) -> Result<Vec<Outbound>> {
        let rows = self.inner.store.outbounds().of(delivery, LISTED).await?;
        Ok(rows.into_iter().map(view).collect())
    }

    /// One request that was sent on, whole.
    pub async fn outbound(&self, id: i64) -> Result<OutboundDetail> {
        let outbound = self.kept_outbound(id).await?;
        let delivered = match &outbound.body {
            Some(body) => body.len() as u64,
            None => {
                let body = self.inner.store.body(outbound.row.delivery).await?;
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
            outbound: view(outbound.row),
        })
    }

    /// How another answer differs from the first one.
    pub async fn outbound_diff(&self, first: i64, other: i64) -> Result<AnswerDiff> {
        let (first, other) = (self.kept_outbound(first).await?, self.kept_outbound(other).await?);
        let (one, _) = shown(&first);
        let (two, _) = shown(&other);
        let differ = move || diff::of(&first, &one, &other, &two);
        tokio::task::spawn_blocking(differ)
            .await
            .map_err(|error| Error::new(Code::Internal, "The answers could not be compared.").with_detail(error))
    }

    async fn kept_outbound(&self, id: i64) -> Result<store::Outbound> {
        self.inner.store.outbounds().get(id).await?.ok_or_else(|| Error::not_found("request"))
    }
}

/// The answer's body with its encoding undone where that can be done, and a note on it.
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

/// One that is about to be kept. Its id is put in later.
pub(crate) fn shown_outbound(new: &NewOutbound) -> Outbound {
    let answer = new.answer.as_ref();
    Outbound {
        id: 0,
        delivery: new.delivery,
        kind: kind(new.kind),
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
        problem: problem(new.problem.clone()),
    }
}

pub(crate) fn view(row: OutboundRow) -> Outbound {
    Outbound {
        id: row.id,
        delivery: row.delivery,
        kind: kind(row.kind),
        run: None,
        number: row.number,
        url: row.url,
        at_ms: row.at_ms,
        changes: row.changes,
        rejected: row.rejected,
        status: row.status,
        first_us: row.first_us,
        total_us: Some(row.total_us),
        answer_len: row.answer_len,
        problem: problem(row.problem),
    }
}

fn kind(kind: store::OutboundKind) -> OutboundKind {
    match kind {
        store::OutboundKind::Replay => OutboundKind::Replay,
        store::OutboundKind::Forward => OutboundKind::Forward,
    }
}

fn problem(problem: Option<(String, String)>) -> Option<OutboundProblem> {
    // A name of an earlier version that is not known any more: its sentence still says what it was.
    problem.map(|(code, message)| OutboundProblem { code: Code::named(&code).unwrap_or(Code::NoAnswer), message })
}
