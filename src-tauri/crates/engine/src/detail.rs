//! One delivery, opened: headers decoded, pointers found, the body described.

use jiff::Timestamp;
use signature::Received;
use store::{Delivery, Store};

use crate::body;
use crate::dto::{Answer, AnswerHeader, BodyView, Detail, HeaderView, TimestampView};
use crate::error::{Error, Result};
use crate::headers;
use crate::keys::Registry;
use crate::rows;

/// Payloads are read as events up to this size.
const READ_AS_EVENT: usize = 1024 * 1024;
/// Attempts listed in one detail.
const ATTEMPTS: usize = 1_000;

pub(crate) async fn open(store: &Store, registry: &Registry, id: i64, address: Option<String>) -> Result<Detail> {
    let delivery = store.delivery(id).await?.ok_or_else(|| Error::not_found("delivery"))?;
    let bytes = store.body(id).await?.unwrap_or_default();
    let attempts = match delivery.row.event {
        Some(event) => store.attempts(event).await?,
        None => vec![delivery.row.clone()],
    };
    let attempts = attempts.iter().take(ATTEMPTS).map(|row| rows::row(row, registry)).collect();
    let row = rows::row(&delivery.row, registry);
    // Decoding and reading may take a while for a large body.
    tokio::task::spawn_blocking(move || build(delivery, &bytes, row, attempts, address))
        .await
        .map_err(|error| Error::new("internal", "The delivery could not be opened.").with_detail(error))
}

fn build(
    delivery: Delivery,
    bytes: &[u8],
    row: crate::dto::Row,
    attempts: Vec<crate::dto::Row>,
    address: Option<String>,
) -> Detail {
    let received_s = delivery.row.received_ns.div_euclid(1_000_000_000);
    let encoding = header(&delivery, "content-encoding").filter(|value| !value.eq_ignore_ascii_case("identity"));
    let decoded = encoding.as_deref().map(|encoding| body::decode(bytes, encoding));
    let (shown, decoded_len, decode_problem) = match &decoded {
        Some(Ok(decoded)) => (decoded.as_slice(), Some(decoded.len() as u64), None),
        Some(Err(problem)) => (bytes, None, Some(problem.clone())),
        None => (bytes, None, None),
    };
    let readable = if shown.len() <= READ_AS_EVENT && !delivery.row.truncated { shown } else { &[] };
    let body = BodyView {
        len: delivery.row.body_len,
        kept_len: bytes.len() as u64,
        truncated: delivery.row.truncated,
        content_type: header(&delivery, "content-type"),
        encoding,
        decoded_len,
        decode_problem,
        kind: body::kind(shown),
    };
    let signature = signature_header(&delivery);
    let timestamp = header(&delivery, "webhook-timestamp").and_then(|value| timestamp(&value, received_s));
    let event = gemini::event::read(readable);
    let pointers = gemini::pointers::find(readable);
    let curl = headers::curl(&delivery, bytes, address.as_deref());
    Detail {
        method: delivery.method.clone(),
        path: delivery.path.clone(),
        query: delivery.query.clone(),
        http_version: delivery.http_version.clone(),
        peer: delivery.peer.clone(),
        received: Timestamp::from_nanosecond(delivery.row.received_ns.into())
            .map(|at| at.to_string())
            .unwrap_or_default(),
        event,
        pointers,
        headers: delivery.headers.iter().map(|(name, value)| view(name, value, received_s)).collect(),
        signature,
        timestamp,
        body,
        answer: Answer {
            status: delivery.row.status,
            reason_phrase: headers::reason_phrase(delivery.row.status).to_owned(),
            headers: delivery
                .answer
                .headers
                .iter()
                .map(|(name, value)| AnswerHeader { name: name.clone(), value: value.clone() })
                .collect(),
            body: delivery.answer.body.clone(),
            took_us: delivery.row.took_us,
        },
        attempts,
        curl,
        verdict: delivery.verdict,
        row,
    }
}

fn view(name: &str, value: &[u8], received_s: i64) -> HeaderView {
    let text = String::from_utf8_lossy(value).into_owned();
    let known = headers::meaning(name);
    HeaderView {
        name: name.to_owned(),
        base64: std::str::from_utf8(value).is_err().then(|| body::base64(value)),
        known: known.is_some(),
        meaning: known.map(str::to_owned),
        decoded: headers::decoded(name, &text, received_s),
        value: text,
    }
}

fn signature_header(delivery: &Delivery) -> Option<signature::DecodedSignature> {
    let received = Received { headers: &delivery.headers, body: &[] };
    let (_, value) =
        received.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("webhook-signature"))?;
    Some(signature::decode_signature(value))
}

/// The first header of that name, where it is text.
fn header(delivery: &Delivery, name: &str) -> Option<String> {
    let (_, value) = delivery.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
    String::from_utf8(value.clone()).ok()
}

fn timestamp(value: &str, received_s: i64) -> Option<TimestampView> {
    let seconds: i64 = value.parse().ok()?;
    let iso = Timestamp::from_second(seconds).ok()?.to_string();
    Some(TimestampView { value: seconds, iso, skew_s: received_s.saturating_sub(seconds) })
}
