//! A stored delivery as a query sees it, made the plain way: what the search is held against.

use std::borrow::Cow;

use query::{Forwarded, Judged, Record};
use signature::{Outcome, Scheme};
use store::{Delivery, Names, Outbound, OutboundKind, Store};

pub(crate) struct Plain {
    pub(crate) delivery: Delivery,
    message_id: Option<String>,
    body: Vec<u8>,
    sent: Vec<Outbound>,
    names: Names,
    /// Whether a rule forwards it.
    pub(crate) waits: bool,
}

impl Plain {
    pub(crate) async fn read(store: &Store, id: i64, names: &Names) -> Option<Self> {
        let delivery = store.delivery(id).await.unwrap()?;
        let body = store.body(id).await.unwrap().unwrap();
        let mut sent = Vec::new();
        for row in store.outbounds().of(id, 100).await.unwrap() {
            sent.push(store.outbounds().get(row.id).await.unwrap().unwrap());
        }
        let message_id = delivery.row.message_id.clone();
        Some(Self { delivery, message_id, body, sent, names: names.clone(), waits: false })
    }
}

impl Record for Plain {
    fn id(&self) -> i64 {
        self.delivery.row.id
    }
    fn message_id(&self) -> Option<Cow<'_, str>> {
        self.message_id.as_deref().map(Cow::Borrowed)
    }
    fn project(&self) -> Option<Cow<'_, str>> {
        self.names.project(self.delivery.row.project).map(Cow::Borrowed)
    }
    fn event_type(&self) -> Option<&str> {
        self.delivery.row.event_type.as_deref()
    }
    fn verdict(&self) -> Judged {
        match (self.delivery.row.outcome, self.delivery.row.grace_until) {
            (Outcome::Verified, Some(_)) => Judged::OldSecret,
            (Outcome::Verified, None) => Judged::Verified,
            (Outcome::Rejected, _) => Judged::Rejected,
            (Outcome::Unchecked, _) => Judged::Unchecked,
            (Outcome::Unbound, _) => Judged::Unbound,
        }
    }
    fn reason(&self) -> [&str; 2] {
        [&self.delivery.row.reason, &self.delivery.row.cause]
    }
    fn diagnosis(&self) -> Option<Cow<'_, str>> {
        let diagnosis = self.delivery.verdict.diagnosis.as_ref()?;
        (self.delivery.row.outcome == Outcome::Rejected).then_some(Cow::Borrowed(&*diagnosis.code))
    }
    fn scheme(&self) -> Option<&str> {
        Some(match self.delivery.row.scheme? {
            Scheme::V1 => "v1",
            Scheme::V1a => "v1a",
            Scheme::Jwt => "jwt",
        })
    }
    fn secret(&self) -> Vec<Cow<'_, str>> {
        let checked = self.delivery.row.outcome != Outcome::Unchecked;
        let Some(key) = self.delivery.verdict.key.as_ref().filter(|_| checked) else { return Vec::new() };
        self.names.secret(&key.id).into_iter().map(Cow::Borrowed).collect()
    }
    fn status(&self) -> u16 {
        self.delivery.row.status
    }
    fn attempts(&self) -> u32 {
        self.delivery.row.attempts
    }
    fn duplicate(&self) -> bool {
        self.delivery.row.duplicate
    }
    fn pointer(&self) -> Option<&str> {
        self.delivery.row.pointer.as_deref()
    }
    fn path(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.delivery.path)
    }
    fn query(&self) -> Option<Cow<'_, str>> {
        self.delivery.query.as_deref().map(Cow::Borrowed)
    }
    fn ip(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.delivery.peer.rsplit_once(':').map_or(&*self.delivery.peer, |(ip, _)| ip))
    }
    fn size(&self) -> u64 {
        self.delivery.row.body_len
    }
    fn took_us(&self) -> Option<u64> {
        self.delivery.row.took_us
    }
    fn received_ns(&self) -> i64 {
        self.delivery.row.received_ns
    }
    fn pinned(&self) -> bool {
        self.delivery.row.pinned
    }
    fn imported(&self) -> bool {
        self.delivery.row.imported
    }
    fn replayed(&self) -> bool {
        self.sent.iter().any(|sent| sent.row.kind == OutboundKind::Replay)
    }
    fn note(&self) -> Option<Cow<'_, str>> {
        self.delivery.note.as_deref().map(Cow::Borrowed)
    }
    fn forwarded(&self) -> Option<Forwarded> {
        let forwards: Vec<&Outbound> = self.sent.iter().filter(|sent| sent.row.kind == OutboundKind::Forward).collect();
        // A list does not say whether a forward is settled: here, the first try of each is.
        let settled = forwards.iter().find(|sent| sent.row.number == 1);
        match settled {
            Some(sent) => match sent.row.status {
                Some(200..=299) => Some(Forwarded::Done),
                _ => Some(Forwarded::Failed),
            },
            None if self.waits => Some(Forwarded::Waiting),
            None => (!forwards.is_empty()).then_some(Forwarded::Failed),
        }
    }
    fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.delivery.headers.iter().map(|(name, value)| (name.as_bytes(), &value[..]))
    }
    fn body(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.body)
    }
}
