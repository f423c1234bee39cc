//! Reads bodies that are large, or of which only the beginning is available: once from the front, keeping what is shown
//! and skipping the rest, so that a body of any size costs a bounded tree.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::catalog;
use crate::pointers::{self, Pointer};

use super::{EventView, Extent, READ_LIMIT, Summary, in_words, numbers, refused, summary, unreadable, view};

/// How many values of one body are kept, besides the known fields.
const NODES: usize = 4_096;

/// A payload as far as it is available, decompressed.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Whether that is all of them.
    pub part: Part,
}

/// How much of a body its bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// The beginning that was kept of a body of this many bytes, as far as that is known.
    KeptOf(u64),
    /// The beginning of what a compressed body decompresses to.
    Unfolded,
}

/// [`super::read_with_pointers`] for a body of any size, complete or not. The problems say what was not read.
#[must_use]
pub fn read_kept(kept: Kept<'_>) -> (EventView, Vec<Pointer>) {
    let Kept { bytes, part } = kept;
    if bytes.is_empty() && part != Part::Whole && part != Part::KeptOf(0) {
        return (
            unreadable("No part of the body was kept, so there is no telling what happened.".to_owned()),
            Vec::new(),
        );
    }
    if bytes.is_empty() || (bytes.len() <= READ_LIMIT && part == Part::Whole) {
        return super::read_with_pointers(bytes);
    }
    let skimmed = match skim(kept) {
        Ok(skimmed) => skimmed,
        Err(problem) => return (unreadable(problem), Vec::new()),
    };
    let Skimmed { value, cut, metadata_cut } = skimmed;
    let extent = match part {
        Part::Whole if !cut => Extent::Whole,
        Part::Whole => Extent::Fields,
        Part::KeptOf(_) | Part::Unfolded => Extent::Beginning,
    };
    let mut read = match (&value, extent) {
        // The text ended before any value did.
        (Value::Null, Extent::Beginning) => EventView { extent, ..EventView::default() },
        _ => view(&value, bytes.len(), extent),
    };
    let found =
        if read.event_type.is_some() { "type and pointers are read from there" } else { "no type is found there" };
    match part {
        Part::Whole if !cut => {}
        Part::Whole => read.problems.push(format!(
            "The body has {}: its known fields are read, and the rest is not looked through for pointers.",
            size(bytes.len() as u64)
        )),
        Part::KeptOf(len) => read.problems.push(format!(
            "Only the first {} of the body's {} were kept: {found}.",
            size(bytes.len() as u64),
            size(len)
        )),
        Part::Unfolded => read
            .problems
            .push(format!("Only the first {} of the decompressed body were read: {found}.", size(bytes.len() as u64))),
    }
    if metadata_cut {
        read.problems.push("user_metadata is too large to be shown here; see the payload.".to_owned());
    }
    (read, pointers::find_in(&value))
}

/// [`summary`] for a body of any size, complete or not.
#[must_use]
pub fn summary_of(kept: Kept<'_>) -> Summary {
    if kept.bytes.len() <= READ_LIMIT && kept.part == Part::Whole {
        return summary(kept.bytes);
    }
    skim(kept).map(|skimmed| Summary::of(&skimmed.value)).unwrap_or_default()
}

/// What was kept of a payload.
#[derive(Debug)]
struct Skimmed {
    value: Value,
    /// Whether something was skipped.
    cut: bool,
    /// Whether some of `user_metadata` was.
    metadata_cut: bool,
}

fn skim(kept: Kept<'_>) -> Result<Skimmed, String> {
    if let Some(problem) = refused(kept.bytes) {
        return Err(problem);
    }
    let text = match std::str::from_utf8(kept.bytes) {
        Ok(text) => text,
        // The end may be in the middle of a character.
        Err(error) if error.error_len().is_none() && kept.part != Part::Whole => {
            std::str::from_utf8(&kept.bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => return Err(super::not_utf8(&error)),
    };
    let whole = kept.part == Part::Whole;
    // A number at the cut may have continued.
    let text =
        if whole { text } else { text.trim_end_matches(|c: char| c.is_ascii() && numbers::is_of_number(c as u8)) };
    let (skimmed, error) = from_front(text);
    let Some(error) = error else { return Ok(skimmed) };
    if error.classify() == Category::Eof && !whole {
        return Ok(skimmed);
    }
    // As in `parse`: numbers that exceed f64.
    if let Some(bounded) = numbers::bounded(text) {
        let (skimmed, error) = from_front(&bounded);
        if error.is_none_or(|error| error.classify() == Category::Eof && !whole) {
            return Ok(skimmed);
        }
    }
    Err(in_words(&error))
}

/// Reads as far as possible, and says what ended it.
fn from_front(text: &str) -> (Skimmed, Option<serde_json::Error>) {
    let mut budget = Budget { nodes: NODES, cut: false, metadata_cut: false };
    let mut value = Value::Null;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let place = Place { into: &mut value, budget: &mut budget, depth: 0 };
    let error = place.deserialize(&mut deserializer).and_then(|()| deserializer.end()).err();
    (Skimmed { value, cut: budget.cut, metadata_cut: budget.metadata_cut }, error)
}

struct Budget {
    nodes: usize,
    cut: bool,
    metadata_cut: bool,
}

impl Budget {
    fn take(&mut self) -> bool {
        let left = self.nodes > 0;
        self.nodes = self.nodes.saturating_sub(1);
        left
    }
}

/// A value that is written to its place while it is read: whatever precedes the end of the text stays.
struct Place<'a> {
    into: &'a mut Value,
    budget: &'a mut Budget,
    depth: usize,
}

/// Fields that are kept however much precedes them.
fn is_known(depth: usize, field: &str) -> bool {
    match depth {
        0 => catalog::TOP_LEVEL.contains(&field) || pointers::is_known_field(field),
        1 => catalog::IN_ALL_DATA.contains(&field) || catalog::is_data_field(field) || pointers::is_known_field(field),
        _ => false,
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        *self.into = value.into();
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        *self.into = value.into();
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        *self.into = value.into();
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        *self.into = value.into();
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        *self.into = Value::Null;
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        *self.into = value.into();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { into, budget, depth } = self;
        *into = Value::Array(Vec::new());
        let Value::Array(items) = into else { return Ok(()) };
        while budget.take() {
            let mut item = Value::Null;
            let read = seq.next_element_seed(Place { into: &mut item, budget: &mut *budget, depth: depth + 1 });
            let is_there = matches!(read, Ok(Some(()))) || (read.is_err() && !item.is_null());
            if is_there {
                items.push(item);
            }
            if read?.is_none() {
                return Ok(());
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {
            budget.cut = true;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { into, budget, depth } = self;
        *into = Value::Object(Map::new());
        let Value::Object(fields) = into else { return Ok(()) };
        while let Some(field) = map.next_key::<String>()? {
            if !budget.take() && !is_known(depth, &field) {
                budget.cut = true;
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let cut = std::mem::take(&mut budget.cut);
            let mut value = Value::Null;
            let read = map.next_value_seed(Place { into: &mut value, budget: &mut *budget, depth: depth + 1 });
            let users_own = depth < 2 && catalog::IN_ALL_DATA.contains(&&*field);
            if users_own && (budget.cut || read.is_err()) {
                // A part of it would be shown as if it were all of it.
                budget.metadata_cut = true;
            } else if read.is_ok() || !value.is_null() {
                fields.insert(field, value);
            }
            budget.cut |= cut;
            read?;
        }
        Ok(())
    }
}

/// `900 bytes`, `64.0 KiB`, `4.8 MiB`.
fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a rough figure for a sentence")]
    let of = |unit: u64| bytes as f64 / unit as f64;
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{:.1} KiB", of(1_024)),
        _ => format!("{:.1} MiB", of(1_048_576)),
    }
}
