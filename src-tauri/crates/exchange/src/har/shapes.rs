//! The members of a HAR as it is written.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::text::Bytes;

#[derive(Serialize)]
pub(super) struct Creator<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
}

#[derive(Serialize)]
pub(super) struct Entry<'a> {
    #[serde(rename = "startedDateTime")]
    pub(super) started: String,
    /// Milliseconds.
    pub(super) time: f64,
    pub(super) request: Request<'a>,
    pub(super) response: Response<'a>,
    pub(super) cache: Empty,
    pub(super) timings: Timings,
    #[serde(rename = "serverIPAddress")]
    pub(super) server: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) comment: &'a str,
    #[serde(rename = "_pollux")]
    pub(super) pollux: PolluxOut<'a>,
}

#[derive(Serialize)]
pub(super) struct Empty {}

#[derive(Serialize)]
pub(super) struct Timings {
    pub(super) send: f64,
    pub(super) wait: f64,
    pub(super) receive: f64,
}

#[derive(Serialize)]
pub(super) struct Pair<'a> {
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) url: String,
    #[serde(rename = "httpVersion")]
    pub(super) http: &'a str,
    pub(super) cookies: [(); 0],
    pub(super) headers: Vec<Pair<'a>>,
    #[serde(rename = "queryString")]
    pub(super) query: Vec<Pair<'a>>,
    #[serde(rename = "postData", skip_serializing_if = "Option::is_none")]
    pub(super) post: Option<PostData<'a>>,
    #[serde(rename = "_content", skip_serializing_if = "Option::is_none")]
    pub(super) content: Option<Packed>,
    pub(super) headers_size: i64,
    pub(super) body_size: u64,
}

#[derive(Serialize)]
pub(super) struct PostData<'a> {
    #[serde(rename = "mimeType")]
    pub(super) mime: String,
    pub(super) params: [(); 0],
    pub(super) text: &'a str,
}

#[derive(Serialize)]
pub(super) struct Packed {
    pub(super) text: String,
    pub(super) encoding: &'static str,
    pub(super) size: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response<'a> {
    pub(super) status: u16,
    pub(super) status_text: &'static str,
    #[serde(rename = "httpVersion")]
    pub(super) http: &'static str,
    pub(super) cookies: [(); 0],
    pub(super) headers: Vec<Pair<'a>>,
    pub(super) content: Content<'a>,
    #[serde(rename = "redirectURL")]
    pub(super) redirect: &'a str,
    pub(super) headers_size: i64,
    pub(super) body_size: usize,
}

#[derive(Serialize)]
pub(super) struct Content<'a> {
    pub(super) size: usize,
    #[serde(rename = "mimeType")]
    pub(super) mime: &'a str,
    pub(super) text: &'a str,
}

/// What HAR has no member for.
#[derive(Serialize)]
pub(super) struct PolluxOut<'a> {
    pub(super) pollux: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) received_ns: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) project: Option<&'a str>,
    pub(super) path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) peer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) webhook_id: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) event_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attempt: Option<u32>,
    /// All headers, where a value is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) headers: Option<Vec<(&'a str, Bytes<'a>)>>,
    /// Bytes of the whole body, where only a part is here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body_len: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) outcome: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<&'a RawValue>,
    /// Whether the response was given; HAR wants one in any case.
    pub(super) answered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) took_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<(&'static str, &'a str)>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) pinned: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) imported: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub(super) left_out: &'a [String],
}
