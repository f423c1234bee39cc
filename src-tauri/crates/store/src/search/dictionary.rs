//! Numbers for values that many deliveries share, so that a column holds two bytes of each.

use std::collections::HashMap;
use std::hash::Hash;

/// There is no value.
pub(crate) const NONE: u16 = 0;
/// There is one, but it has no number: only the row knows it.
pub(crate) const UNNUMBERED: u16 = u16::MAX;

/// A sender chooses some of the values, so neither their number nor their length may grow without bound.
const MOST: usize = 4_096;
const LONGEST: usize = 200;

/// Values in the order in which they came. They are never taken away.
#[derive(Clone)]
pub(crate) struct Dictionary<T> {
    values: Vec<T>,
    numbers: HashMap<T, u16>,
}

impl<T> Default for Dictionary<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Dictionary<T> {
    /// The number of a value, if it has one.
    pub(crate) fn number<Q: Eq + Hash + ?Sized>(&self, value: &Q) -> Option<u16>
    where
        T: std::borrow::Borrow<Q>,
    {
        self.numbers.get(value).copied()
    }

    /// The number of a value, assigned if it has none and there is room.
    pub(crate) fn add(&mut self, value: T) -> u16 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        if self.values.len() >= MOST {
            return UNNUMBERED;
        }
        // 0 means that there is none.
        let Ok(number) = u16::try_from(self.values.len() + 1) else { return UNNUMBERED };
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    /// The value of a number.
    pub(crate) fn value(&self, number: u16) -> Option<&T> {
        self.values.get(usize::from(number).checked_sub(1)?)
    }

    /// Every number with its value.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u16, &T)> {
        (1_u16..).zip(&self.values)
    }
}

impl Dictionary<Box<str>> {
    /// Whether a text may have a number.
    pub(crate) fn takes(text: &str) -> bool {
        text.len() <= LONGEST
    }
}
