//! What a line may hold, as far as it is looked at, in either spelling of the names.

use std::borrow::Cow;

use crate::json::{First, Maybe, Raw, object, scalar};

object! {
    /// A line of requests or of responses.
    Line<'a> {
        key: Option<Raw<'a>> = "key",
        metadata: Maybe<Metadata<'a>> = "metadata",
        response: Maybe<Response<'a>> = "response",
        error: Option<Raw<'a>> = "error",
        status: Option<Raw<'a>> = "status",
    }
}

object! {
    /// Where an inlined response has its key.
    Metadata<'a> {
        key: Option<Raw<'a>> = "key",
    }
}

object! {
    /// A line of requests: only whose it is.
    RequestLine<'a> {
        key: Option<Raw<'a>> = "key",
        metadata: Maybe<Metadata<'a>> = "metadata",
    }
}

object! {
    /// A `GenerateContentResponse` or an `EmbedContentResponse`.
    Response<'a> {
        candidates: First<Candidate<'a>> = "candidates",
        feedback: Maybe<Feedback<'a>> = "promptFeedback" | "prompt_feedback",
        usage: Maybe<Usage<'a>> = "usageMetadata" | "usage_metadata",
        embedding: Maybe<Embedding<'a>> = "embedding",
        embeddings: Option<Raw<'a>> = "embeddings",
        token_count: Option<Raw<'a>> = "tokenCount" | "token_count",
        model: Option<Raw<'a>> = "modelVersion" | "model_version",
    }
}

object! {
    /// The first of the candidates.
    Candidate<'a> {
        finish_reason: Option<Raw<'a>> = "finishReason" | "finish_reason",
        finish_message: Option<Raw<'a>> = "finishMessage" | "finish_message",
        content: Maybe<Content<'a>> = "content",
    }
}

object! {
    /// What the model said.
    Content<'a> {
        parts: Option<Raw<'a>> = "parts",
    }
}

object! {
    /// Why a prompt was not answered.
    Feedback<'a> {
        block_reason: Option<Raw<'a>> = "blockReason" | "block_reason",
        block_message: Option<Raw<'a>> = "blockReasonMessage" | "block_reason_message",
    }
}

object! {
    /// How many tokens.
    Usage<'a> {
        input: Option<Raw<'a>> = "promptTokenCount" | "prompt_token_count",
        output: Option<Raw<'a>> = "candidatesTokenCount" | "candidates_token_count",
        thinking: Option<Raw<'a>> = "thoughtsTokenCount" | "thoughts_token_count",
        cached: Option<Raw<'a>> = "cachedContentTokenCount" | "cached_content_token_count",
    }
}

object! {
    /// A text as numbers.
    Embedding<'a> {
        values: Option<Raw<'a>> = "values",
    }
}

object! {
    /// A `google.rpc.Status`.
    Status<'a> {
        code: Option<Raw<'a>> = "code",
        status: Option<Raw<'a>> = "status",
        message: Option<Raw<'a>> = "message",
    }
}

impl<'a> Line<'a> {
    pub(crate) fn key(&self) -> Option<Cow<'a, str>> {
        key(self.key, &self.metadata)
    }
}

impl<'a> RequestLine<'a> {
    pub(crate) fn key(&self) -> Option<Cow<'a, str>> {
        key(self.key, &self.metadata)
    }
}

/// A key is text or a number as it is written: `1` and `"1"` are the same. An empty one is none, as in Protocol
/// Buffers.
fn key<'a>(key: Option<Raw<'a>>, metadata: &Maybe<Metadata<'a>>) -> Option<Cow<'a, str>> {
    key.and_then(scalar).or_else(|| metadata.0.as_ref()?.key.and_then(scalar))
}

/// The key of a line that cannot be read as a whole, if it is the first member, as the service writes it.
pub(crate) fn leading_key(line: &[u8]) -> Option<Cow<'_, str>> {
    let rest = line.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"key\"")?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Raw<'_>>();
    let value = values.next()?.ok()?;
    // Of a number at the very end, digits may be missing.
    let whole = value.get().starts_with('"') || values.byte_offset() < rest.len();
    whole.then(|| scalar(value)).flatten()
}
