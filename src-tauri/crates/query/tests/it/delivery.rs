//! A delivery made for a test.

use std::borrow::Cow;

use query::{Forwarded, Judged, Record};

const BODY: &str = r#"{"type":"batch.failed","data":{"id":"batches/8x2k4q9v","completed":1.0,
    "error":{"code":13,"message":"shard 14: no Needle"},"user_metadata":{"suite":"needle-128k"}}}"#;

#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) id: i64,
    pub(crate) message_id: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) event_type: Option<String>,
    pub(crate) verdict: Judged,
    pub(crate) reason: [String; 2],
    pub(crate) diagnosis: Option<String>,
    pub(crate) scheme: Option<String>,
    pub(crate) secret: Vec<String>,
    pub(crate) status: u16,
    pub(crate) attempts: u32,
    pub(crate) duplicate: bool,
    pub(crate) pointer: Option<String>,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) ip: String,
    pub(crate) size: u64,
    pub(crate) took_us: Option<u64>,
    pub(crate) received_ns: i64,
    pub(crate) pinned: bool,
    pub(crate) imported: bool,
    pub(crate) replayed: bool,
    pub(crate) note: Option<String>,
    pub(crate) forwarded: Option<Forwarded>,
    pub(crate) headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// The headers in one piece.
    pub(crate) together: Option<Vec<u8>>,
    pub(crate) body: Vec<u8>,
}

/// A failed batch, rejected, tried three times.
impl Default for Delivery {
    fn default() -> Self {
        let body = BODY.as_bytes();
        Self {
            id: 123,
            message_id: Some("msg_5f0c77d2".to_owned()),
            project: Some("Nightly Eval".to_owned()),
            event_type: Some("batch.failed".to_owned()),
            verdict: Judged::Rejected,
            reason: ["no_matching_signature".to_owned(), "re-serialised".to_owned()],
            diagnosis: Some("body_reserialized".to_owned()),
            scheme: Some("v1a".to_owned()),
            secret: Vec::new(),
            status: 503,
            attempts: 3,
            duplicate: true,
            pointer: Some("batches/8x2k4q9v".to_owned()),
            path: "/nightly".to_owned(),
            query: Some("token=abc".to_owned()),
            ip: "10.0.3.7".to_owned(),
            size: body.len() as u64,
            took_us: Some(4_200),
            received_ns: crate::clock().now_ns - 1_800_000_000_000,
            pinned: true,
            imported: false,
            replayed: false,
            note: Some("Only through edge-2".to_owned()),
            forwarded: Some(Forwarded::Failed),
            headers: vec![
                (b"webhook-id".to_vec(), b"msg_5f0c77d2".to_vec()),
                (b"X-Forwarded-For".to_vec(), b"10.0.3.7".to_vec()),
                (b"X-Forwarded-For".to_vec(), b"Edge\xff".to_vec()),
            ],
            together: None,
            body: body.to_vec(),
        }
    }
}

impl Record for Delivery {
    fn id(&self) -> i64 {
        self.id
    }
    fn message_id(&self) -> Option<Cow<'_, str>> {
        self.message_id.as_deref().map(Cow::Borrowed)
    }
    fn project(&self) -> Option<Cow<'_, str>> {
        self.project.as_deref().map(Cow::Borrowed)
    }
    fn event_type(&self) -> Option<&str> {
        self.event_type.as_deref()
    }
    fn verdict(&self) -> Judged {
        self.verdict
    }
    fn reason(&self) -> [&str; 2] {
        [&self.reason[0], &self.reason[1]]
    }
    fn diagnosis(&self) -> Option<Cow<'_, str>> {
        self.diagnosis.as_deref().map(Cow::Borrowed)
    }
    fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }
    fn secret(&self) -> Vec<Cow<'_, str>> {
        self.secret.iter().map(|name| Cow::Borrowed(name.as_str())).collect()
    }
    fn status(&self) -> u16 {
        self.status
    }
    fn attempts(&self) -> u32 {
        self.attempts
    }
    fn duplicate(&self) -> bool {
        self.duplicate
    }
    fn pointer(&self) -> Option<&str> {
        self.pointer.as_deref()
    }
    fn path(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.path)
    }
    fn query(&self) -> Option<Cow<'_, str>> {
        self.query.as_deref().map(Cow::Borrowed)
    }
    fn ip(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.ip)
    }
    fn size(&self) -> u64 {
        self.size
    }
    fn took_us(&self) -> Option<u64> {
        self.took_us
    }
    fn received_ns(&self) -> i64 {
        self.received_ns
    }
    fn pinned(&self) -> bool {
        self.pinned
    }
    fn imported(&self) -> bool {
        self.imported
    }
    fn replayed(&self) -> bool {
        self.replayed
    }
    fn note(&self) -> Option<Cow<'_, str>> {
        self.note.as_deref().map(Cow::Borrowed)
    }
    fn forwarded(&self) -> Option<Forwarded> {
        self.forwarded
    }
    fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }
    fn headers_together(&self) -> Option<&[u8]> {
        self.together.as_deref()
    }
    fn body(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.body)
    }
}
