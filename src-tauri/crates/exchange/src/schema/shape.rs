//! The shape of the values seen at one place.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{DEPTH, FIELDS, NODES};

/// How many shapes have been made.
#[derive(Debug, Default)]
pub(super) struct Budget {
    nodes: usize,
    short: bool,
}

impl Budget {
    fn take(&mut self) -> bool {
        let has = self.nodes < NODES;
        self.nodes += usize::from(has);
        self.short |= !has;
        has
    }

    pub(super) fn is_spent(&self) -> bool {
        self.short
    }
}

/// What was seen at one place, by kind.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub(super) nulls: u64,
    pub(super) booleans: u64,
    /// Numbers without fraction.
    pub(super) integers: u64,
    /// Numbers with one.
    pub(super) fractions: u64,
    pub(super) strings: Strings,
    pub(super) arrays: Option<Box<Items>>,
    pub(super) objects: Option<Box<Fields>>,
}

/// Strings seen.
#[derive(Debug, Default)]
pub(super) struct Strings {
    pub(super) count: u64,
    /// Those that are RFC 3339 times.
    pub(super) times: u64,
    /// The only value, while there is no other; kept for `type` and `version` alone.
    pub(super) only: Option<String>,
    pub(super) several: bool,
}

/// Arrays seen.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) each: Shape,
}

/// Objects seen.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) count: u64,
    /// By name, with how many of the objects had it.
    pub(super) named: BTreeMap<String, (u64, Shape)>,
    /// Whether its names are the user's own, as in `user_metadata`: then they are no fields, and `each` is what stands
    /// behind all of them.
    pub(super) free: bool,
    pub(super) each: Shape,
    /// Whether there were more fields than are kept.
    pub(super) more: bool,
}

impl Shape {
    /// `keep`: whether the text of a string may be kept.
    pub(super) fn see(&mut self, value: &Value, depth: usize, keep: bool, budget: &mut Budget) {
        match value {
            Value::Null => self.nulls += 1,
            Value::Bool(_) => self.booleans += 1,
            Value::Number(number) if number.is_f64() => self.fractions += 1,
            Value::Number(_) => self.integers += 1,
            Value::String(text) => self.strings.see(text, keep),
            Value::Array(values) => {
                if self.arrays.is_none() && !budget.take() {
                    return;
                }
                let items = self.arrays.get_or_insert_default();
                if depth < DEPTH {
                    for value in values {
                        items.each.see(value, depth + 1, false, budget);
                    }
                }
            }
            Value::Object(values) => {
                if self.objects.is_none() && !budget.take() {
                    return;
                }
                self.objects.get_or_insert_default().see(values, depth, budget);
            }
        }
    }

    /// Whether nothing was seen.
    pub(super) fn is_empty(&self) -> bool {
        self.nulls == 0 && self.is_only_null()
    }

    /// Whether nothing but nulls was seen.
    pub(super) fn is_only_null(&self) -> bool {
        self.booleans + self.integers + self.fractions + self.strings.count == 0
            && self.arrays.is_none()
            && self.objects.is_none()
    }
}

impl Strings {
    fn see(&mut self, text: &str, keep: bool) {
        self.count += 1;
        let looks = text.len() >= 20 && text.as_bytes().get(10).is_some_and(|byte| matches!(byte, b'T' | b't'));
        self.times += u64::from(looks && text.parse::<jiff::Timestamp>().is_ok());
        if !keep || self.several {
            return;
        }
        match &self.only {
            None if text.len() <= 200 => self.only = Some(text.to_owned()),
            Some(only) if only == text => {}
            _ => (self.only, self.several) = (None, true),
        }
    }

    /// Whether all of them are times.
    pub(super) fn are_times(&self) -> bool {
        self.count > 0 && self.times == self.count
    }
}

impl Fields {
    fn see(&mut self, values: &serde_json::Map<String, Value>, depth: usize, budget: &mut Budget) {
        self.count += 1;
        if depth >= DEPTH {
            self.more |= !values.is_empty();
            return;
        }
        for (name, value) in values {
            if self.free {
                self.each.see(value, depth + 1, false, budget);
                continue;
            }
            let known = self.named.contains_key(name);
            if !known && (self.named.len() >= FIELDS || name.len() > 200 || !budget.take()) {
                self.more = true;
                continue;
            }
            let (count, shape) = self.named.entry(name.clone()).or_default();
            *count += 1;
            if matches!(name.as_str(), "user_metadata" | "userMetadata") && value.is_object() {
                let fields = shape.objects.get_or_insert_default();
                fields.free = true;
            }
            let keep = depth == 0 && matches!(name.as_str(), "type" | "version");
            shape.see(value, depth + 1, keep, budget);
        }
    }
}
