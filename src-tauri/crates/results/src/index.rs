//! What is kept of each row: what became of it, where it lies, and whose it is.

use std::hash::RandomState;
use std::sync::Arc;

use crate::keys::Keys;
use crate::lines::Place;
use crate::places::{Places, grow};
use crate::requests::{Asked, Requests};
use crate::state::{Packed, RowState};

/// No row.
const NONE: u32 = u32::MAX;

/// What is kept of a file of responses: about 15 bytes a row, nothing of its text. A million rows take less than 16
/// MB; with the requests known, the keys are among those, and the index takes half of that.
///
/// A file of more than 4,294,967,294 rows is not counted further.
#[derive(Clone, Debug)]
pub struct Index {
    pub(crate) states: Vec<Packed>,
    places: Places,
    /// The first row of each key that was not asked for, or of each key if the requests are not known.
    keys: Keys,
    /// Rows whose key came before, with the first row of that key.
    repeats: Vec<(u32, u32)>,
    doubled: u64,
    asked: Option<Asked>,
    /// The first row of each request.
    answers: Vec<u32>,
    /// Rows without a key that stand for requests without one.
    keyless: u64,
    pub(crate) longest: usize,
}

impl Index {
    pub(crate) fn new(asked: Option<Asked>, longest: usize) -> Self {
        let (hasher, requests) = match &asked {
            Some(Asked::Requests(requests)) => (requests.hasher(), requests.row_count() as usize),
            _ => (RandomState::new(), 0),
        };
        Self {
            states: Vec::new(),
            places: Places::default(),
            keys: Keys::new(hasher),
            repeats: Vec::new(),
            doubled: 0,
            asked,
            answers: vec![NONE; requests],
            keyless: 0,
            longest,
        }
    }

    /// How many rows there are so far.
    #[must_use]
    pub fn row_count(&self) -> u32 {
        u32::try_from(self.states.len()).unwrap_or(NONE)
    }

    /// What became of a row, by itself: a repeat or a stray has a state, too.
    #[must_use]
    pub fn state(&self, row: u32) -> Option<RowState> {
        self.packed(row).map(Packed::state)
    }

    /// Where a row lies in the file.
    #[must_use]
    pub fn place(&self, row: u32) -> Option<Place> {
        self.places.get(row)
    }

    /// The row that had this row's key first, if it is not this one.
    #[must_use]
    pub fn repeat_of(&self, row: u32) -> Option<u32> {
        let at = self.repeats.binary_search_by_key(&row, |(repeat, _)| *repeat).ok()?;
        self.repeats.get(at).map(|(_, first)| *first)
    }

    /// Whether it answers none of the requests that are known.
    #[must_use]
    pub fn is_stray(&self, row: u32) -> bool {
        self.packed(row).is_some_and(|row| row.is(Packed::STRAY))
    }

    /// The first row with a key.
    #[must_use]
    pub fn row_of(&self, key: &str) -> Option<u32> {
        match self.requests().and_then(|requests| requests.number_of(key)) {
            Some(number) => self.answer(number),
            None => self.keys.get(key),
        }
    }

    /// The row that answers a request, by its number.
    #[must_use]
    pub fn answer(&self, request: u32) -> Option<u32> {
        self.answers.get(request as usize).copied().filter(|row| *row != NONE)
    }

    /// The requests, if they are known.
    #[must_use]
    pub fn requests(&self) -> Option<&Arc<Requests>> {
        match &self.asked {
            Some(Asked::Requests(requests)) => Some(requests),
            _ => None,
        }
    }

    /// How many answers are to come in all, if that is known.
    #[must_use]
    pub fn asked(&self) -> Option<u64> {
        self.asked.as_ref().map(|asked| match asked {
            Asked::Requests(requests) => requests.asked(),
            Asked::Count(count) => *count,
        })
    }

    /// Bytes of memory that are held, by what is reserved; without the [`Requests`], which tell their own.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.states.capacity()
            + self.places.memory()
            + self.keys.memory()
            + self.repeats.capacity() * size_of::<(u32, u32)>()
            + self.answers.capacity() * size_of::<u32>()
    }

    pub(crate) fn packed(&self, row: u32) -> Option<Packed> {
        self.states.get(row as usize).copied()
    }

    pub(crate) fn places(&self) -> impl Iterator<Item = Place> + '_ {
        self.places.iter()
    }

    pub(crate) fn doubled(&self) -> u64 {
        self.doubled
    }

    /// The keyed requests without an answer.
    pub(crate) fn missing(&self) -> impl Iterator<Item = u32> + '_ {
        let requests = self.requests();
        let first = move |number: u32| requests.is_some_and(|requests| requests.is_first(number as usize));
        let unanswered = (0..).zip(&self.answers).filter(|(_, row)| **row == NONE).map(|(number, _)| number);
        unanswered.filter(move |number| first(*number))
    }

    /// Adds the next row; `None` if there is no number left for it.
    pub(crate) fn add(&mut self, place: Place, key: Option<&str>, state: RowState) -> Option<Packed> {
        let row = self.row_count();
        if row == NONE {
            return None;
        }
        let (first, stray) = match key {
            Some(key) => self.first_of(key, row),
            None => (None, self.keyless_is_stray()),
        };
        let flags = match first {
            Some(first) => {
                self.repeat(row, first);
                Packed::REPEAT
            }
            None if stray => Packed::STRAY,
            None => 0,
        };
        let packed = Packed::new(state, flags);
        grow(&mut self.states, 1);
        self.states.push(packed);
        self.places.push(place);
        Some(packed)
    }

    /// The row that has the key already, and whether the key was not asked for.
    fn first_of(&mut self, key: &str, row: u32) -> (Option<u32>, bool) {
        let Some(requests) = self.requests() else {
            return (self.keys.insert(key, row), false);
        };
        let number = requests.number_of(key);
        match number.and_then(|number| self.answers.get_mut(number as usize)) {
            Some(answer) if *answer == NONE => {
                *answer = row;
                (None, false)
            }
            Some(answer) => (Some(*answer), false),
            None => (self.keys.insert(key, row), true),
        }
    }

    /// Rows without a key stand for requests without one, as many as there are.
    fn keyless_is_stray(&mut self) -> bool {
        let Some(requests) = self.requests() else { return false };
        let stray = self.keyless >= requests.without_key();
        self.keyless += u64::from(!stray);
        stray
    }

    fn repeat(&mut self, row: u32, first: u32) {
        grow(&mut self.repeats, 1);
        self.repeats.push((row, first));
        if let Some(first) = self.states.get_mut(first as usize)
            && !first.is(Packed::DOUBLED)
        {
            first.set(Packed::DOUBLED);
            self.doubled += 1;
        }
    }
}
