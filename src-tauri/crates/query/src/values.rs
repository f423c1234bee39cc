//! The values that a delivery has, to be counted and offered.

use crate::ast::{Field, Step};
use crate::json::{self, Value};
use crate::matching::{Forwarded, Record, metadata_paths};
use crate::needle::Needle;
use crate::print;

/// Shows every value of a field in a delivery, as text: of headers all with that name, of a path every string, number
/// and word that it leads to. Bytes that are not UTF-8 are left out. Free text and points in time have no values.
pub fn values_of(field: &Field, record: &impl Record, each: &mut dyn FnMut(&str)) {
    let mut one = |value: Option<&str>| value.into_iter().for_each(&mut *each);
    let yes = |is: bool| Some(if is { "yes" } else { "no" });
    match field {
        Field::Text | Field::Since | Field::Until | Field::At => {}
        Field::Type => one(record.event_type()),
        Field::Verdict => one(Some(record.verdict().word())),
        Field::Reason => one(Some(record.reason()[0])),
        Field::Diagnosis => one(record.diagnosis().as_deref()),
        Field::Scheme => one(record.scheme()),
        Field::Secret => record.secret().iter().for_each(|name| each(name)),
        Field::Answer => one((record.status() != 0).then(|| record.status().to_string()).as_deref()),
        Field::Attempts => one(Some(&record.attempts().to_string())),
        Field::Duplicate => one(yes(record.duplicate())),
        Field::Project => one(record.project().as_deref()),
        Field::Id => one(record.message_id().as_deref()),
        Field::Job => one(record.pointer()),
        Field::Path => one(Some(&record.path())),
        Field::Ip => one(Some(&record.ip())),
        Field::Size => one(Some(&record.size().to_string())),
        Field::Took => one(record.took_us().map(|took| format!("{took}us")).as_deref()),
        Field::Pinned => one(yes(record.pinned())),
        Field::Note => one(record.note().as_deref()),
        Field::Replayed => one(yes(record.replayed())),
        Field::Forwarded => one(record.forwarded().map(Forwarded::word)),
        Field::Imported => one(yes(record.imported())),
        Field::Header(wanted) => {
            for (name, value) in record.headers() {
                if wanted.is_empty() || name.eq_ignore_ascii_case(wanted.as_bytes()) {
                    std::str::from_utf8(value).ok().into_iter().for_each(&mut *each);
                }
            }
        }
        Field::Body(path) if path.is_empty() => {}
        Field::Body(path) => leaves(&record.body(), path, each),
        Field::Meta(key) => {
            let body = record.body();
            metadata_paths(key).iter().for_each(|path| leaves(&body, path, each));
        }
    }
}

fn leaves(body: &[u8], path: &[Step], each: &mut dyn FnMut(&str)) {
    json::look(body, path, &mut |value| {
        let text = match value {
            Value::Text(raw) => raw.bytes(),
            Value::Bare(bytes) => bytes.into(),
            Value::Container => return false,
        };
        std::str::from_utf8(&text).ok().into_iter().for_each(&mut *each);
        false
    });
}

/// Shows the names that may follow a field's name in a delivery, as they are written: of headers in lower case, of keys
/// of the metadata, and of what is one step below a path (`data`, `"a key"`, `[*]`). A name may be shown again.
pub fn keys_of(field: &Field, record: &impl Record, each: &mut dyn FnMut(&str)) {
    match field {
        Field::Header(_) => {
            for (name, _) in record.headers() {
                std::str::from_utf8(name).ok().into_iter().for_each(|name| each(&name.to_ascii_lowercase()));
            }
        }
        Field::Meta(_) => json::each(&record.body(), &mut |path, _| {
            if let Some(field @ Field::Meta(_)) = field_at(path) {
                each(field.to_string().strip_prefix("meta.").unwrap_or_default());
            }
            false
        }),
        Field::Body(above) => json::each(&record.body(), &mut |path, _| {
            if let Some(step) = below(path, above).filter(|step| is_short(step)) {
                let written = print::steps(std::slice::from_ref(step));
                each(written.strip_prefix('.').unwrap_or(&written));
            }
            false
        }),
        _ => {}
    }
}

/// The first step of `path` below `above`.
fn below<'a>(path: &'a [Step], above: &[Step]) -> Option<&'a Step> {
    let leads = |(step, wanted): (&Step, &Step)| {
        step == wanted || *wanted == Step::Any || (*step == Step::Any && matches!(wanted, Step::Index(_)))
    };
    let next = path.get(above.len())?;
    path.iter().zip(above).all(leads).then_some(next)
}

/// The longest value and the longest key that are offered; a longer one is nothing to choose from a list.
const LONGEST: usize = 80;

/// The headers and the fields of a JSON body whose value contains a piece of text, with the value: `meta.` for keys of
/// the metadata, `body.` for the others. At most `limit`; values that are not UTF-8, or longer than 80 bytes, are left
/// out.
#[must_use]
pub fn places(record: &impl Record, needle: &Needle, limit: usize) -> Vec<(Field, String)> {
    let mut found = places_in(&record.body(), needle, limit);
    for (name, value) in record.headers() {
        if found.len() >= limit {
            break;
        }
        if value.len() <= LONGEST
            && name.len() <= LONGEST
            && needle.is_in(value)
            && let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value))
        {
            found.push((Field::Header(name.to_ascii_lowercase()), value.to_owned()));
        }
    }
    found
}

fn places_in(body: &[u8], needle: &Needle, limit: usize) -> Vec<(Field, String)> {
    let mut found = Vec::new();
    if limit == 0 || (!needle.is_in(body) && memchr::memchr(b'\\', body).is_none()) {
        return found;
    }
    json::each(body, &mut |path, value| {
        let text = match value {
            Value::Text(raw) => raw.bytes(),
            Value::Bare(bytes) if needle.is(bytes) => bytes.into(),
            Value::Bare(_) | Value::Container => return false,
        };
        let Some(field) = field_at(path).filter(|_| text.len() <= LONGEST && needle.is_in(&text)) else { return false };
        if let Ok(text) = std::str::from_utf8(&text) {
            found.push((field, text.to_owned()));
        }
        found.len() >= limit
    });
    found
}

fn field_at(path: &[Step]) -> Option<Field> {
    let key = |step: &Step| matches!(step, Step::Key(key) if key == "user_metadata" || key == "userMetadata");
    if path.is_empty() || !path.iter().all(is_short) {
        return None;
    }
    let within = match path {
        [Step::Key(data), metadata, rest @ ..] if data == "data" && key(metadata) => Some(rest),
        [metadata, rest @ ..] if key(metadata) => Some(rest),
        _ => None,
    };
    match within {
        Some([Step::Key(key)]) => Some(Field::Meta(key.clone())),
        _ => Some(Field::Body(path.to_vec())),
    }
}

fn is_short(step: &Step) -> bool {
    !matches!(step, Step::Key(key) if key.len() > LONGEST)
}
