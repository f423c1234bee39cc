//! Rows in the order of creation, found by id, that record which of them changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something the emulator keeps.
pub(crate) trait Entity: Serialize + DeserializeOwned {
    /// Its name in the journal; never changes.
    const KIND: &'static str;
    /// The key it is found by, unique in its table.
    fn id(&self) -> &str;
}

/// What the journal keeps of a row: its number and its JSON; `None` if it is gone.
pub(crate) type Content = Option<(u64, Vec<u8>)>;

#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<u64, T>,
    numbers: HashMap<String, u64>,
    next: u64,
    /// Numbers of the rows to write to the journal.
    dirty: BTreeSet<u64>,
    /// Ids of the rows to remove from it.
    gone: Vec<String>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), numbers: HashMap::new(), next: 1, dirty: BTreeSet::new(), gone: Vec::new() }
    }
}

impl<T: Entity> Table<T> {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.numbers.get(id)?)
    }

    /// The row with this id, marked as changed.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.at_mut(*self.numbers.get(id)?)
    }

    /// The row with this number.
    pub(crate) fn at(&self, number: u64) -> Option<&T> {
        self.rows.get(&number)
    }

    /// The row with this number, marked as changed.
    pub(crate) fn at_mut(&mut self, number: u64) -> Option<&mut T> {
        let row = self.rows.get_mut(&number)?;
        self.dirty.insert(number);
        Some(row)
    }

    /// A row's number, which shows when it was created: ascending, never reused.
    pub(crate) fn number(&self, id: &str) -> Option<u64> {
        self.numbers.get(id).copied()
    }

    /// The number of the next row to be inserted.
    pub(crate) fn next_number(&self) -> u64 {
        self.next
    }

    /// Numbers no row below this one: the numbers of deleted rows are not reused.
    pub(crate) fn skip_to(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    pub(crate) fn insert(&mut self, row: T) -> u64 {
        let number = self.next;
        self.dirty.insert(number);
        self.load(number, row);
        number
    }

    /// Adds a row as the journal had it.
    pub(crate) fn load(&mut self, number: u64, row: T) {
        self.numbers.insert(row.id().to_owned(), number);
        self.rows.insert(number, row);
        self.next = self.next.max(number.saturating_add(1));
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<T> {
        let number = self.numbers.remove(id)?;
        self.gone.push(id.to_owned());
        self.rows.remove(&number)
    }

    /// Removes the row with this number if it meets the condition.
    pub(crate) fn remove_if(&mut self, number: u64, condition: impl Fn(&T) -> bool) {
        if let Some(row) = self.rows.get(&number)
            && condition(row)
        {
            let id = row.id().to_owned();
            self.remove(&id);
        }
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// Rows created after the one with this number (0: from the first), oldest first, with their numbers.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = (u64, &T)> {
        self.rows.range(number.saturating_add(1)..).map(|(number, row)| (*number, row))
    }

    /// Rows created before the one with this number, newest first, with their numbers.
    pub(crate) fn before(&self, number: u64) -> impl Iterator<Item = (u64, &T)> {
        self.rows.range(..number).rev().map(|(number, row)| (*number, row))
    }

    pub(crate) fn clear(&mut self) {
        self.gone.extend(std::mem::take(&mut self.numbers).into_keys());
        self.rows.clear();
    }

    /// Whether anything changed since the changes were last taken.
    pub(crate) fn has_changes(&self) -> bool {
        !self.dirty.is_empty() || !self.gone.is_empty()
    }

    /// Takes the changes since the last call: ids, and their present content.
    pub(crate) fn take_changes(&mut self) -> Vec<(String, Content)> {
        let gone = std::mem::take(&mut self.gone).into_iter().map(|id| (id, None));
        // After the deleted ones: an id may have been used again.
        let changed = std::mem::take(&mut self.dirty).into_iter().filter_map(|number| {
            let row = self.rows.get(&number)?;
            Some((row.id().to_owned(), Some((number, serde_json::to_vec(row).unwrap_or_default()))))
        });
        gone.chain(changed).collect()
    }

    /// Drops the record of changes, for a table without a journal.
    pub(crate) fn forget_changes(&mut self) {
        self.dirty.clear();
        self.gone.clear();
    }
}
