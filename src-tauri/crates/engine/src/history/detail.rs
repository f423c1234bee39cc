//! One delivery, opened: headers decoded, pointers found, the body described.

use std::sync::Arc;

use gemini::event::{Kept, Part, read_kept};
use inbound::Projects as _;
use jiff::Timestamp;
use signature::{Outcome, Received, Seen, Verdict};
use store::{Delivery, Store};

use super::body;
use super::headers;
use super::rows;
use super::unlike;
use crate::dto::{
    Answer, AnswerHeader, BodyView, DecodedSignature, Detail, HeaderView, JwtView, SignatureEntry, TimestampView,
};
use crate::error::{Code, Error, Result};
use crate::registry::Registry;

/// Attempts listed in one detail: the newest ones.
const ATTEMPTS: u32 = 1_000;
/// A longer list of signatures is shown without saying which matched.
const ENTRIES_CHECKED: usize = 32;

pub(super) async fn open(store: &Store, registry: &Registry, id: i64) -> Result<Detail> {
    let delivery = store.delivery(id).await?.ok_or_else(|| Error::not_found("delivery"))?;
    let bytes = store.body(id).await?.unwrap_or_default();
    let attempts = match delivery.row.event {
        Some(event) => store.attempts(event, ATTEMPTS).await?,
        None => vec![delivery.row.clone()],
    };
    let bytes_differ_from = unlike::attempt(store, &delivery, &attempts).await?;
    let attempts = attempts.iter().map(|row| rows::row(row, registry)).collect();
    let row = rows::row(&delivery.row, registry);
    let project = with_known_jwks(registry, &delivery);
    let name = project_name(store, registry, delivery.row.project).await?;
    // Decoding and reading a large body may take a while.
    let built = tokio::task::spawn_blocking(move || build(delivery, &bytes, row, attempts, project)).await;
    let built =
        built.map_err(|error| Error::new(Code::Internal, "The delivery could not be opened.").with_detail(error))?;
    Ok(Detail { project: name, bytes_differ_from, ..built })
}

async fn project_name(store: &Store, registry: &Registry, id: i64) -> Result<Option<String>> {
    if let Some(live) = registry.projects().into_iter().find(|project| project.id == id) {
        return Ok(Some(live.name));
    }
    let all = store.projects().all().await?;
    Ok(all.into_iter().find(|project| project.id == id).map(|project| project.name))
}

/// The project with the JWKS known now: opening a delivery fetches nothing.
pub(super) fn with_known_jwks(registry: &Registry, delivery: &Delivery) -> Arc<inbound::Project> {
    // Found by the row, as a path token in front of the path hides the project's segment.
    let project = registry.of(delivery.row.project).unwrap_or_else(|| registry.find(&delivery.path));
    let mut with_keys = inbound::Project::clone(&project);
    if let Some(cache) = &project.jwks {
        with_keys.keyring.jwks = cache.known();
    }
    Arc::new(with_keys)
}

fn build(
    mut delivery: Delivery,
    bytes: &[u8],
    row: crate::dto::Row,
    attempts: Vec<crate::dto::Row>,
    project: Arc<inbound::Project>,
) -> Detail {
    let received_s = delivery.row.received_ns.div_euclid(1_000_000_000);
    if delivery.row.truncated && !signature::probed(&delivery.verdict) {
        cannot_be_probed(&mut delivery.verdict);
    }
    let encoding = header(&delivery, "content-encoding").filter(|value| !value.eq_ignore_ascii_case("identity"));
    let decoded = encoding.as_deref().map(|encoding| body::decode(bytes, encoding));
    let (shown, decoded_len, decode_problem) = match &decoded {
        Some(Ok(decoded)) => (decoded.as_slice(), Some(decoded.len() as u64), None),
        Some(Err(problem)) => (bytes, None, Some(problem.clone())),
        None => (bytes, None, None),
    };
    let (event, pointers) = read(&delivery, shown, bytes, encoding.as_deref().filter(|_| decoded_len.is_none()));
    let body = BodyView {
        len: delivery.row.body_len,
        kept_len: bytes.len() as u64,
        truncated: delivery.row.truncated,
        sha256: delivery.sha256.as_ref().map(body::hex),
        content_type: header(&delivery, "content-type"),
        encoding,
        decoded_len,
        decode_problem,
        kind: body::kind(shown),
    };
    let signature = signature_view(&delivery, bytes, &project, received_s);
    let timestamp = header(&delivery, "webhook-timestamp").and_then(|value| timestamp(&value, received_s));
    Detail {
        method: delivery.method.clone(),
        note: delivery.note.clone(),
        noted_ms: delivery.noted_ms,
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
            by: delivery.answer.by.as_ref().map(|(by, _)| rows::answered_by(*by)),
            by_what: delivery.answer.by.as_ref().map(|(_, what)| what.clone()),
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
        bytes_differ_from: None,
        checkable: signature::checkable(&delivery.headers, &project.policy),
        verdict: delivery.verdict,
        project: None,
        row,
    }
}

/// Reads the payload as an event. `packed`: the encoding, where it could not be undone, or not to the end; then the
/// part that could be decoded is read.
fn read(
    delivery: &Delivery,
    shown: &[u8],
    bytes: &[u8],
    packed: Option<&str>,
) -> (gemini::EventView, Vec<gemini::Pointer>) {
    let part = if delivery.row.truncated { Part::KeptOf(delivery.row.body_len) } else { Part::Whole };
    match packed.and_then(|encoding| inbound::unfold(bytes, encoding)) {
        Some((unfolded, _)) => read_kept(Kept { bytes: &unfolded, part: Part::Unfolded }),
        None => read_kept(Kept { bytes: shown, part }),
    }
}

/// Notes that the near-miss probe cannot run: it needs the whole body, and part of it is gone.
fn cannot_be_probed(verdict: &mut Verdict) {
    if let Some(rung) = verdict.steps.iter_mut().find(|step| step.check == "near_miss") {
        rung.seen = "not looked for: only a part of the body was kept".into();
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

/// The signature header, opened. To find the entry that matched, each is judged alone.
fn signature_view(
    delivery: &Delivery,
    body: &[u8],
    project: &inbound::Project,
    received_s: i64,
) -> Option<DecodedSignature> {
    let is_signature = |name: &str| name.eq_ignore_ascii_case("webhook-signature");
    let (_, value) = delivery.headers.iter().find(|(name, _)| is_signature(name))?;
    let decoded = signature::decode_signature(value);
    let genuine = delivery.verdict.outcome == Outcome::Verified && decoded.entries.len() <= ENTRIES_CHECKED;
    let mut headers = delivery.headers.clone();
    let mut matches = |text: String| {
        for (_, value) in headers.iter_mut().filter(|(name, _)| is_signature(name)) {
            *value = text.clone().into_bytes();
        }
        let received = Received { headers: &headers, body };
        let alone = signature::verify(&received, &project.keyring, &project.policy, &Seen::default(), received_s);
        alone.outcome == Outcome::Verified
    };
    let single = decoded.entries.len() == 1;
    let entries = decoded.entries.into_iter().map(|entry| SignatureEntry {
        matched: genuine && entry.well_formed && (single || matches(format!("{},{}", entry.version, entry.text))),
        version: entry.version,
        text: entry.text,
        well_formed: entry.well_formed,
        note: entry.note,
    });
    let entries = entries.collect();
    let jwt = decoded.token.map(|token| JwtView {
        header: format!("{:#}", token.header),
        claims: (!token.claims.is_null()).then(|| format!("{:#}", token.claims)),
        signature_bytes: u32::try_from(token.signature_len).unwrap_or(u32::MAX),
        problem: (token.header.is_null() || token.claims.is_null())
            .then(|| "Its header or claims are not JSON.".to_owned()),
    });
    Some(DecodedSignature { entries, jwt, note: decoded.note })
}

/// The first header of that name, if it is text.
fn header(delivery: &Delivery, name: &str) -> Option<String> {
    let (_, value) = delivery.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name))?;
    String::from_utf8(value.clone()).ok()
}

fn timestamp(value: &str, received_s: i64) -> Option<TimestampView> {
    let seconds: i64 = value.parse().ok()?;
    let iso = Timestamp::from_second(seconds).ok()?.to_string();
    Some(TimestampView { value: seconds, iso, skew_s: received_s.saturating_sub(seconds) })
}
