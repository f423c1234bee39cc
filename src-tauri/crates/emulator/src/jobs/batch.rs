//! Batches: every request, in a file or in the call itself, gets its answer, in order.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::jobs::answer::{self, either};
use crate::jobs::{Ending, error};
use crate::world::table::Table;
use crate::world::{Job, JobError, JobState, StoredFile};

/// The member of a batch's stored request that names the method; the rest of the request is the body.
pub(crate) const METHOD: &str = "method";
/// The method of a batch of embeddings.
pub(crate) const EMBED: &str = "asyncBatchEmbedContent";

/// The longest results that a batch may produce, in bytes: a short request can ask for a long answer, and all answers
/// are held in memory.
const LONGEST: usize = if cfg!(test) { 4096 } else { 256 * 1024 * 1024 };

/// Where the requests of a batch are.
pub(crate) enum Input<'a> {
    /// In the file with this id (without `files/`).
    File(&'a str),
    /// In the call.
    Inline(&'a [Value]),
}

/// Where the requests of a batch are; `None` if it does not say.
pub(crate) fn input(request: &Value) -> Option<Input<'_>> {
    let config = either(request.get("batch")?, "inputConfig", "input_config")?;
    if let Some(name) = either(config, "fileName", "file_name") {
        let name = name.as_str()?;
        return Some(Input::File(name.strip_prefix("files/").unwrap_or(name)));
    }
    Some(Input::Inline(config.get("requests")?.get("requests")?.as_array()?))
}

/// Whether it is a batch of embeddings.
pub(crate) fn embeds(request: &Value) -> bool {
    request.get(METHOD).is_some_and(|method| method == EMBED)
}

/// The lines of a file that are not blank, with their numbers.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate().map(|(index, line)| (index + 1, line.trim_ascii()));
    lines.filter(|(_, line)| !line.is_empty())
}

/// What is stored of a batch's result: how many requests it has, how many of them failed, and the answers to inlined
/// ones.
pub(crate) fn output(requests: usize, failed: usize, inlined: Option<Vec<Value>>) -> Value {
    let mut output = json!({ "requests": requests, "failed": failed });
    if let Some(inlined) = inlined {
        output["inlined"] = Value::Array(inlined);
    }
    output
}

/// The finished batch: a file of answers for a file of requests, inlined answers for inlined requests. A request that
/// cannot be answered becomes an error among the answers; a batch without any request fails.
pub(crate) fn run(files: &Table<StoredFile>, job: &Job, at: Millis, expires_ms: Millis) -> Ending {
    let bare = job.id.trim_start_matches("batches/");
    let answers = Answers { embed: embeds(&job.request), model: &job.model, batch: bare };
    match input(&job.request) {
        Some(Input::Inline(requests)) if !requests.is_empty() => {
            let (mut inlined, mut length) = (Vec::with_capacity(requests.len()), 0);
            for (index, item) in requests.iter().enumerate() {
                let answer = answers.inlined(index, item);
                length += answer.to_string().len();
                if length > LONGEST {
                    return too_long();
                }
                inlined.push(answer);
            }
            let failed = inlined.iter().filter(|one| one.get("error").is_some()).count();
            let output = output(inlined.len(), failed, Some(inlined));
            Ending { output: Some(output), ..Ending::plain(JobState::Succeeded) }
        }
        Some(Input::File(id)) => match files.get(id).filter(|file| file.expires_ms > at) {
            None => Ending::error(JobState::Failed, error(5, format!("The input file files/{id} is gone."))),
            Some(file) => {
                let (mut text, mut requests, mut failed) = (String::new(), 0, 0);
                for (number, line) in lines(&file.bytes) {
                    let answer = answers.line(number, line);
                    requests += 1;
                    failed += usize::from(answer.get("error").is_some());
                    text.push_str(&answer.to_string());
                    text.push('\n');
                    if text.len() > LONGEST {
                        return too_long();
                    }
                }
                if requests == 0 {
                    return no_request();
                }
                let file = StoredFile {
                    id: format!("batch-{bare}"),
                    display_name: None,
                    mime_type: "application/jsonl".to_owned(),
                    created_ms: at,
                    expires_ms,
                    generated: true,
                    bytes: Bytes::from(text),
                };
                let output = output(requests, failed, None);
                Ending { output: Some(output), files: vec![file], ..Ending::plain(JobState::Succeeded) }
            }
        },
        _ => no_request(),
    }
}

fn no_request() -> Ending {
    Ending::error(JobState::Failed, error(3, samples::payload::NO_REQUEST))
}

fn too_long() -> Ending {
    let message = format!("The results are longer than {LONGEST} bytes, the most that the emulator keeps for a batch.");
    Ending::error(JobState::Failed, error(8, message))
}

/// google.rpc.Status.
pub(crate) fn status(error: &JobError) -> Value {
    json!({ "code": error.code, "message": error.message })
}

struct Answers<'a> {
    embed: bool,
    model: &'a str,
    /// The batch's id without `batches/`.
    batch: &'a str,
}

impl Answers<'_> {
    fn answer(&self, request: &Value, number: usize) -> Result<Value, String> {
        if self.embed {
            return answer::embed(request);
        }
        answer::generate(request, self.model, &format!("{}-{number}", self.batch))
    }

    fn line(&self, number: usize, line: &[u8]) -> Value {
        let parsed: Result<Value, _> = serde_json::from_slice(line);
        let key = parsed.as_ref().ok().and_then(|line| line.get("key")).cloned();
        let answer = match &parsed {
            Err(wrong) => Err(format!("Line {number} is not valid JSON, from column {} on.", wrong.column())),
            Ok(line) => match line.get("request") {
                Some(request @ Value::Object(_)) => self.answer(request, number),
                _ => Err(format!("Line {number} has no 'request'.")),
            },
        };
        finished(key.map(|key| ("key", key)), answer)
    }

    fn inlined(&self, index: usize, item: &Value) -> Value {
        let metadata = item.get("metadata").filter(|metadata| !metadata.is_null()).cloned();
        let answer = match item.get("request") {
            Some(request @ Value::Object(_)) => self.answer(request, index + 1),
            _ => Err(format!("Request {} is empty.", index + 1)),
        };
        finished(metadata.map(|metadata| ("metadata", metadata)), answer)
    }
}

fn finished(beside: Option<(&str, Value)>, answer: Result<Value, String>) -> Value {
    let mut whole = json!({});
    if let Some((name, value)) = beside {
        whole[name] = value;
    }
    match answer {
        Ok(response) => whole["response"] = response,
        Err(message) => whole["error"] = status(&error(3, message)),
    }
    whole
}
