//! The requests of a batch: a JSONL file, or what was typed.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Cursor, Read, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::invalid;
use crate::dto::{BatchPreview, BatchRequests};
use crate::error::{Code, Error, Result};

/// Keys and problems to show.
const KEYS: usize = 5;
const PROBLEMS: usize = 10;
/// The most characters of the first request.
const FIRST: usize = 4_000;
/// The longest line, in bytes.
const LINE: u64 = 64 << 20;

/// What these requests are. Reads all of them.
pub(super) fn preview(requests: &BatchRequests) -> Result<BatchPreview> {
    let mut preview =
        BatchPreview { requests: 0, bytes: 0, keys: Vec::new(), first: None, problems: Vec::new(), receiver: None };
    match requests {
        BatchRequests::File { path } => read(open(path)?, &mut preview)?,
        BatchRequests::Lines { text } => read(Cursor::new(lines(text)), &mut preview)?,
    }
    if preview.requests == 0 && preview.problems.is_empty() {
        preview
            .problems
            .push("There are no requests. Each line is one: {\"key\": \"a\", \"request\": {…}}.".to_owned());
    }
    Ok(preview)
}

/// The file to send: the user's own, or a new one in this folder.
pub(super) fn file(requests: &BatchRequests, folder: &Path) -> Result<PathBuf> {
    let checked = preview(requests)?;
    if let Some(problem) = checked.problems.first() {
        return Err(invalid(&format!("The batch cannot be sent: {problem}")));
    }
    match requests {
        BatchRequests::File { path } => Ok(PathBuf::from(path)),
        BatchRequests::Lines { text } => {
            let path = folder.join(format!("typed-{}.jsonl", uuid::Uuid::new_v4().simple()));
            let mut file = File::create(&path).map_err(|error| not_written(&path, &error))?;
            file.write_all(&lines(text)).map_err(|error| not_written(&path, &error))?;
            Ok(path)
        }
    }
}

/// Keeps a copy.
pub(super) fn keep(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(|_| ()).map_err(|error| not_written(to, &error))
}

fn open(path: &str) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(|error| {
        Error::new(Code::NotReadable, format!("{path} could not be read. Choose another file.")).with_detail(error)
    })?;
    Ok(BufReader::new(file))
}

fn not_written(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Code::NotWritten, format!("{} could not be written.", path.display())).with_detail(error)
}

/// What was typed as JSONL. A line that does not begin like JSON is a prompt of its own.
fn lines(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, line) in (1..).zip(text.lines().map(str::trim).filter(|line| !line.is_empty())) {
        if line.starts_with('{') {
            out.extend_from_slice(line.as_bytes());
        } else {
            let request = json!({ "contents": [{ "role": "user", "parts": [{ "text": line }] }] });
            out.extend_from_slice(
                json!({ "key": format!("line-{number}"), "request": request }).to_string().as_bytes(),
            );
        }
        out.push(b'\n');
    }
    out
}

fn read(mut from: impl std::io::BufRead, preview: &mut BatchPreview) -> Result<()> {
    let mut keys = std::collections::HashSet::new();
    let (mut line, mut number) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        let mut bounded = (&mut from).take(LINE);
        let length = bounded.read_until(b'\n', &mut line).map_err(|error| {
            Error::new(Code::NotReadable, "The requests could not be read to their end.").with_detail(error)
        })?;
        if length == 0 {
            return Ok(());
        }
        number += 1;
        preview.bytes += length as u64;
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        match request(text) {
            Ok((key, request)) => {
                preview.requests += 1;
                if preview.first.is_none() {
                    preview.first = Some(format!("{request:#}").chars().take(FIRST).collect());
                }
                let Some(key) = key else { continue };
                if preview.keys.len() < KEYS {
                    preview.keys.push(key.clone());
                }
                if !keys.insert(key.clone()) {
                    problem(preview, format!("line {number}: the key {key:?} is there twice."));
                }
            }
            Err(wrong) => problem(preview, format!("line {number}: {wrong}")),
        }
        if preview.problems.len() >= PROBLEMS {
            return Ok(());
        }
    }
}

fn problem(preview: &mut BatchPreview, text: String) {
    if preview.problems.len() < PROBLEMS {
        preview.problems.push(text);
    }
}

/// Key and request of a line.
fn request(line: &[u8]) -> std::result::Result<(Option<String>, Value), String> {
    let value: Value = serde_json::from_slice(line).map_err(|error| format!("it is not JSON ({error})."))?;
    let request = value.get("request").filter(|request| request.is_object());
    let request = request.ok_or("it has no \"request\": expected {\"key\": \"a\", \"request\": {…}}.")?;
    let key = match value.get("key") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key.clone()),
        Some(key) => Some(key.to_string()),
    };
    Ok((key, request.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> BatchPreview {
        preview(&BatchRequests::Lines { text: text.to_owned() }).unwrap()
    }

    #[test]
    fn lines_are_requests_or_prompts_and_what_is_wrong_is_said_with_its_line() {
        let good = of("{\"key\":\"a\",\"request\":{\"contents\":[]}}\nWho was Pollux?\n\n");
        assert_eq!((good.requests, good.keys, good.problems), (2, vec!["a".to_owned(), "line-2".into()], vec![]));
        for (text, expected) in [
            ("", "There are no requests."),
            ("{\"key\":\"a\"}", "line 1: it has no \"request\""),
            ("{\"key\":", "line 1: it is not JSON"),
            ("{\"key\":\"a\",\"request\":{}}\n{\"key\":\"a\",\"request\":{}}", "line 2: the key \"a\" is there twice."),
        ] {
            let problems = of(text).problems;
            assert!(problems[0].starts_with(expected), "{text}: {problems:?}");
        }
    }

    #[test]
    fn what_was_typed_is_a_file_that_is_kept_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let typed = BatchRequests::Lines { text: "One\nTwo".to_owned() };
        let file = file(&typed, folder.path()).unwrap();
        let to = folder.path().join("requests-x.jsonl");
        keep(&file, &to).unwrap();
        let kept = fs::read_to_string(&to).unwrap();
        assert_eq!(kept.lines().count(), 2);
        assert!(super::file(&BatchRequests::File { path: "/nowhere/at/all".into() }, folder.path()).is_err());
    }
}
