//! The parts of what a model said: whether there is anything, and how it is shown.

use std::fmt::Write;

use serde::Deserializer;
use serde::de::{SeqAccess, Visitor};

use crate::json::{Maybe, Raw, filled, holds, members, object, scalar, text};

object! {
    /// One part.
    Part<'a> {
        text: Option<Raw<'a>> = "text",
        thought: Option<Raw<'a>> = "thought",
        function_call: Option<Raw<'a>> = "functionCall" | "function_call",
        function_response: Option<Raw<'a>> = "functionResponse" | "function_response",
        inline_data: Option<Raw<'a>> = "inlineData" | "inline_data",
        file_data: Option<Raw<'a>> = "fileData" | "file_data",
        code: Option<Raw<'a>> = "executableCode" | "executable_code",
        code_result: Option<Raw<'a>> = "codeExecutionResult" | "code_execution_result",
    }
}

object! {
    /// A call of a function.
    Call<'a> {
        name: Option<Raw<'a>> = "name",
        args: Option<Raw<'a>> = "args",
    }
}

object! {
    /// Data, or where it lies, or code and what it gave.
    Data<'a> {
        mime_type: Option<Raw<'a>> = "mimeType" | "mime_type",
        data: Option<Raw<'a>> = "data",
        uri: Option<Raw<'a>> = "fileUri" | "file_uri",
        code: Option<Raw<'a>> = "code",
        output: Option<Raw<'a>> = "output",
    }
}

impl<'a> Part<'a> {
    fn thought(&self) -> bool {
        self.thought.is_some_and(|thought| thought.get() == "true")
    }

    /// Whether it is an answer, and no thought or empty text.
    fn counts(&self) -> bool {
        !self.thought()
            && (self.text.is_some_and(|raw| raw.get().starts_with('"') && holds(raw))
                || self.others().into_iter().flatten().any(|raw| raw.get().starts_with('{')))
    }

    fn others(&self) -> [Option<Raw<'a>>; 6] {
        [self.function_call, self.function_response, self.inline_data, self.file_data, self.code, self.code_result]
    }
}

/// Whether any part is an answer: text that is not empty and no thought, a call, data, code.
pub(crate) fn any(parts: Raw<'_>) -> bool {
    let mut found = false;
    each(parts, &mut |part| {
        found = part.counts();
        !found
    });
    found
}

/// The parts one after the other, as text, into `out` until it is full.
pub(crate) fn show(parts: Raw<'_>, out: &mut Excerpt) {
    each(parts, &mut |part| {
        if !part.thought() {
            show_part(part, out);
        }
        !out.full()
    });
}

fn show_part(part: &Part<'_>, out: &mut Excerpt) {
    if let Some(text) = part.text.and_then(text) {
        out.push(&text);
    }
    if let Some(call) = part.function_call.and_then(members::<Call<'_>>) {
        out.push(&call.name.and_then(scalar).unwrap_or_default());
        out.push("(");
        out.push(call.args.map_or("", |args| args.get()));
        out.push(")");
    }
    if let Some(answer) = part.function_response.and_then(members::<Call<'_>>) {
        let name = answer.name.and_then(scalar).unwrap_or_default();
        _ = write!(out, "[what {name} gave back]");
    }
    if let Some(data) = part.inline_data.and_then(members::<Data<'_>>) {
        let kind = data.mime_type.and_then(scalar).unwrap_or("data".into());
        let encoded = data.data.and_then(text).unwrap_or_default();
        // Base64: four characters for three bytes.
        let bytes = encoded.trim_end_matches('=').len() as u64 * 3 / 4;
        _ = write!(out, "[{kind}, {}]", size(bytes));
    }
    if let Some(file) = part.file_data.and_then(members::<Data<'_>>) {
        let kind = file.mime_type.and_then(scalar).unwrap_or("file".into());
        let uri = file.uri.and_then(scalar).unwrap_or_default();
        _ = write!(out, "[{kind}, {uri}]");
    }
    if let Some(code) = part.code.and_then(members::<Data<'_>>) {
        out.push(&code.code.and_then(scalar).unwrap_or_default());
    }
    if let Some(result) = part.code_result.and_then(members::<Data<'_>>) {
        out.push(&result.output.and_then(scalar).unwrap_or_default());
    }
}

/// Bytes as people write them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", (bytes + 500) / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// The first values of an embedding and how many there are: `768 values: 0.013, -0.2, …`.
pub(crate) fn show_values(values: Raw<'_>, out: &mut Excerpt) {
    let inner = values.get().trim_start_matches('[').trim_end_matches(']');
    let count = if filled(values) { memchr::memchr_iter(b',', inner.as_bytes()).count() + 1 } else { 0 };
    _ = write!(out, "{count} values: ");
    for (at, value) in inner.split(',').take(8.min(count)).enumerate() {
        out.push(if at == 0 { "" } else { ", " });
        out.push(value.trim());
    }
    if count > 8 {
        out.push(", …");
    }
}

/// Gives each part that is an object to `take`, until it returns false.
fn each<'a>(parts: Raw<'a>, take: &mut dyn FnMut(&Part<'a>) -> bool) {
    struct Each<'t, 'a>(&'t mut dyn FnMut(&Part<'a>) -> bool);

    impl<'a> Visitor<'a> for Each<'_, 'a> {
        type Value = ();

        fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            to.write_str("parts")
        }

        fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<(), A::Error> {
            while let Some(part) = items.next_element::<Maybe<Part<'a>>>()? {
                if let Some(part) = part.0
                    && !(self.0)(&part)
                {
                    break;
                }
            }
            Ok(())
        }
    }

    let mut json = serde_json::Deserializer::from_str(parts.get());
    // What is no array has no parts; and leaving early is an error to serde, not here.
    _ = json.deserialize_seq(Each(take));
}

/// Text up to a number of characters.
pub(crate) struct Excerpt {
    text: String,
    left: usize,
    cut: bool,
}

impl Excerpt {
    pub(crate) fn new(chars: usize) -> Self {
        Self { text: String::new(), left: chars, cut: false }
    }

    pub(crate) fn push(&mut self, more: &str) {
        let end = more.char_indices().nth(self.left).map_or(more.len(), |(at, _)| at);
        let (taken, rest) = more.split_at(end);
        self.left -= taken.chars().count().min(self.left);
        self.cut |= !rest.is_empty();
        self.text.push_str(taken);
    }

    pub(crate) fn full(&self) -> bool {
        self.cut
    }

    /// The text, and whether there was more.
    pub(crate) fn end(self) -> (String, bool) {
        (self.text, self.cut)
    }
}

impl Write for Excerpt {
    fn write_str(&mut self, more: &str) -> std::fmt::Result {
        self.push(more);
        Ok(())
    }
}
