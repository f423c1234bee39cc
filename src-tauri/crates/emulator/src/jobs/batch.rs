//! Batches: every request, in a file or in the call itself, gets its answer, in order.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::jobs::answer::{self, either};
use crate::jobs::rows::{self, Row, Rows};
use crate::jobs::{Ending, error};
use crate::world::{Job, JobError, JobState, StoredFile, World};

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
pub(crate) fn output(requests: u64, failed: usize, inlined: Option<Vec<Value>>) -> Value {
    let mut output = json!({ "requests": requests, "failed": failed });
    if let Some(inlined) = inlined {
        output["inlined"] = Value::Array(inlined);
    }
    output
}

/// What is known of a batch before it runs: how many requests it has, and which of them will fail. `file` holds its
/// requests unless they are inlined. An error says why it cannot have the rows that it asks for.
pub(crate) fn planned(request: &Value, file: &[u8], rows: &Rows) -> Result<Value, String> {
    let embeds = embeds(request);
    let failing = |row: Option<Row>, request: Option<&Value>| match row {
        Some(Row::Error(_)) => true,
        Some(Row::Missing) => false,
        _ => request.is_none_or(|request| answer::wrong(request, embeds).is_some()),
    };
    let given = |item: &'_ Value| item.get("request").filter(|request| request.is_object()).cloned();
    let (requests, failing): (usize, Vec<usize>) = match input(request) {
        Some(Input::Inline(items)) => {
            rows.check(items.len(), embeds, true)?;
            let places = rows.places(items.len());
            let row = |index: usize, item: &Value| row_of(metadata_key(item), embeds, true, places.get(&index));
            let fails = |(index, item): &(usize, &Value)| failing(row(*index, item), given(item).as_ref());
            (items.len(), items.iter().enumerate().filter(fails).map(|(index, _)| index).collect())
        }
        Some(Input::File(_)) => {
            let requests = lines(file).count();
            rows.check(requests, embeds, false)?;
            let places = rows.places(requests);
            let fails = |(index, (_, line)): &(usize, (usize, &[u8]))| {
                let item: Value = serde_json::from_slice(line).unwrap_or_default();
                let row = row_of(item.get("key"), embeds, false, places.get(index));
                failing(row, given(&item).as_ref())
            };
            (requests, lines(file).enumerate().filter(fails).map(|(index, _)| index).collect())
        }
        None => (0, Vec::new()),
    };
    let mut output = output(requests as u64 + rows.filler, failing.len(), None);
    output["failing"] = json!(failing);
    Ok(output)
}

/// How many requests a batch has, how many are answered, and how many of those failed.
pub(crate) fn counts(job: &Job, progress: f64) -> (u64, u64, u64) {
    let output = job.output.as_ref();
    let count = |name: &str| output.and_then(|output| output.get(name)).and_then(Value::as_u64).unwrap_or_default();
    let requests = count("requests");
    match job.state {
        JobState::Pending => (requests, 0, 0),
        JobState::Running => {
            // The last one is answered when it ends.
            let done = ((requests as f64 * progress) as u64).min(requests.saturating_sub(1));
            let failing = output.and_then(|output| output.get("failing")).and_then(Value::as_array);
            let failing = failing.map(Vec::as_slice).unwrap_or_default();
            let failed = failing.partition_point(|index| index.as_u64().is_some_and(|index| index < done));
            (requests, done, failed as u64)
        }
        JobState::Succeeded => (requests, requests, count("failed")),
        _ => (requests, 0, 0),
    }
}

fn metadata_key(item: &Value) -> Option<&Value> {
    item.get("metadata").and_then(|metadata| metadata.get("key"))
}

/// What becomes of a row: what its key says, else what the batch asks for.
fn row_of(key: Option<&Value>, embeds: bool, inlined: bool, place: Option<&Row>) -> Option<Row> {
    let own = key.and_then(Value::as_str).and_then(Row::of_key).filter(|row| row.fits(embeds, inlined));
    own.or(place.copied())
}

/// The finished batch: a file of answers for a file of requests, inlined answers for inlined requests. A request that
/// cannot be answered becomes an error among the answers; a batch without any request fails.
pub(crate) fn run(world: &World, job: &Job, at: Millis, expires_ms: Millis) -> Ending {
    let bare = job.id.trim_start_matches("batches/");
    let rows = job.rows.as_deref().and_then(|text| Rows::parse(text).ok()).unwrap_or_default();
    let http_codes = world.settings.rest.http_row_codes;
    let answers = Answers { embed: embeds(&job.request), model: &job.model, batch: bare, http_codes };
    match input(&job.request) {
        Some(Input::Inline(requests)) if !requests.is_empty() => {
            let places = rows.places(requests.len());
            let (mut inlined, mut length, mut failed) = (Vec::with_capacity(requests.len()), 0, 0);
            for (index, item) in requests.iter().enumerate() {
                let row = row_of(metadata_key(item), answers.embed, true, places.get(&index));
                let answer = answers.inlined(index, item, row);
                failed += usize::from(answer.get("error").is_some() && row != Some(Row::Missing));
                length += answer.to_string().len();
                if length > LONGEST {
                    return too_long();
                }
                inlined.extend(std::iter::repeat_n(answer, times(row)));
            }
            let output = output(requests.len() as u64, failed, Some(inlined));
            Ending { output: Some(output), ..Ending::plain(JobState::Succeeded) }
        }
        Some(Input::File(id)) => match world.files.get(id).filter(|file| file.expires_ms > at) {
            None => Ending::error(JobState::Failed, error(5, format!("The input file files/{id} is gone."))),
            Some(file) => {
                let places = rows.places(lines(&file.bytes).count());
                let (mut text, mut requests, mut failed) = (String::new(), 0, 0);
                for (index, (number, line)) in lines(&file.bytes).enumerate() {
                    let (answer, row) = answers.line(number, line, places.get(&index));
                    requests += 1;
                    failed += usize::from(answer.get("error").is_some() && row != Some(Row::Missing));
                    let mut answer = answer.to_string();
                    if row == Some(Row::Unparsable) {
                        answer.truncate(answer.floor_char_boundary(answer.len() / 2));
                    }
                    answer.push('\n');
                    text.push_str(&answer.repeat(times(row)));
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
                    filler: rows.filler,
                    owner: job.owner.clone(),
                };
                let output = output(requests + rows.filler, failed, None);
                Ending { output: Some(output), files: vec![file], ..Ending::plain(JobState::Succeeded) }
            }
        },
        _ => no_request(),
    }
}

/// How often a row is there.
fn times(row: Option<Row>) -> usize {
    match row {
        Some(Row::Missing) => 0,
        Some(Row::Doubled) => 2,
        _ => 1,
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
    http_codes: bool,
}

/// An error among the answers: google.rpc.Code and its words, or as the settings have it for a wanted one.
enum Wrong {
    Request(String),
    Wanted(u16),
}

impl Answers<'_> {
    fn answer(&self, request: &Value, number: usize, row: Option<Row>) -> Result<Value, Wrong> {
        if let Some(Row::Error(status)) = row {
            return Err(Wrong::Wanted(status));
        }
        let answer = match self.embed {
            true => answer::embed(request),
            false => answer::generate(request, self.model, &format!("{}-{number}", self.batch)),
        };
        let answer = answer.map_err(Wrong::Request)?;
        Ok(match row {
            Some(row) => row.applied(answer),
            None => answer,
        })
    }

    fn line(&self, number: usize, line: &[u8], place: Option<&Row>) -> (Value, Option<Row>) {
        let parsed: Result<Value, _> = serde_json::from_slice(line);
        let key = parsed.as_ref().ok().and_then(|line| line.get("key")).cloned();
        let row = row_of(key.as_ref(), self.embed, false, place);
        let answer = match &parsed {
            Err(wrong) => {
                Err(Wrong::Request(format!("Line {number} is not valid JSON, from column {} on.", wrong.column())))
            }
            Ok(line) => match line.get("request") {
                Some(request @ Value::Object(_)) => self.answer(request, number, row),
                _ => Err(Wrong::Request(format!("Line {number} has no 'request'."))),
            },
        };
        (self.finished(key.map(|key| ("key", key)), answer), row)
    }

    fn inlined(&self, index: usize, item: &Value, row: Option<Row>) -> Value {
        let metadata = item.get("metadata").filter(|metadata| !metadata.is_null()).cloned();
        let answer = match item.get("request") {
            Some(request @ Value::Object(_)) => self.answer(request, index + 1, row),
            _ => Err(Wrong::Request(format!("Request {} is empty.", index + 1))),
        };
        self.finished(metadata.map(|metadata| ("metadata", metadata)), answer)
    }

    fn finished(&self, beside: Option<(&str, Value)>, answer: Result<Value, Wrong>) -> Value {
        let mut whole = json!({});
        if let Some((name, value)) = beside {
            whole[name] = value;
        }
        match answer {
            Ok(response) => whole["response"] = response,
            Err(Wrong::Request(message)) => whole["error"] = self.error(400, &message),
            Err(Wrong::Wanted(status)) => {
                let (_, _, message) = rows::error(status).unwrap_or((13, "INTERNAL", ""));
                whole["error"] = self.error(status, message);
            }
        }
        whole
    }

    fn error(&self, status: u16, message: &str) -> Value {
        let (code, name, _) = rows::error(status).unwrap_or((13, "INTERNAL", ""));
        match self.http_codes {
            true => json!({ "code": status, "message": message, "status": name }),
            false => json!({ "code": code, "message": message }),
        }
    }
}
