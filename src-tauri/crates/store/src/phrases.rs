//! The dictionary of constant texts: ladders say the same things about every delivery, so each text is stored once.
//!
//! Only constants of the program ([`std::borrow::Cow::Borrowed`]) are learnt, so no sender can make it grow. A phrase
//! gets its number in the transaction of the first delivery that uses it. Only deliveries encoded after that COMMIT
//! refer to it, so a stored number always has its text.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{RwLock, RwLockReadGuard};

/// More than the program has, but still a bound.
pub(crate) const MOST: usize = 4096;
/// Shorter ones cost as much as their number.
const SHORTEST: usize = 3;
/// Longer ones are stored as they are, so that the dictionary is bounded in bytes as well.
pub(crate) const LONGEST: usize = 4096;

#[derive(Default)]
pub(crate) struct Phrases(RwLock<Known>);

#[derive(Default)]
pub(crate) struct Known {
    numbers: HashMap<Arc<str>, u64>,
    texts: HashMap<u64, Arc<str>>,
}

impl Known {
    pub(crate) fn number(&self, text: &str) -> Option<u64> {
        self.numbers.get(text).copied()
    }

    pub(crate) fn text(&self, number: u64) -> Option<&str> {
        self.texts.get(&number).map(|text| &**text)
    }

    /// Whether this constant deserves a number and there is room for one.
    pub(crate) fn worth(&self, text: &str) -> bool {
        (SHORTEST..=LONGEST).contains(&text.len()) && self.numbers.len() < MOST
    }
}

impl Phrases {
    pub(crate) fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read()
    }

    /// Numbers that are committed.
    pub(crate) fn learn(&self, phrases: impl IntoIterator<Item = (u64, String)>) {
        let mut known = self.0.write();
        for (number, text) in phrases {
            let text: Arc<str> = text.into();
            known.numbers.insert(Arc::clone(&text), number);
            known.texts.insert(number, text);
        }
    }
}
