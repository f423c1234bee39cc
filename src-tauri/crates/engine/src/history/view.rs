//! The open view: the ids of what matches a query. The window asks for pages of it by ordinal. The newest has the
//! highest, and an ordinal stays the same while deliveries arrive and while older ones are still being looked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::{Explained, Wanted};

/// Most rows of a page.
pub(crate) const PAGE: usize = 200;

/// A view. Ids rise with the ordinals, as the store gives them out in the order of commits.
pub(crate) struct View {
    pub(crate) number: u32,
    pub(crate) wanted: Arc<Wanted>,
    /// Arrivals wait here until the newest matches are in.
    loading: Option<Vec<i64>>,
    /// What was found, newest first.
    older: Vec<i64>,
    /// What arrived since, oldest first.
    newer: Vec<i64>,
    /// The ordinal of the first that arrived since.
    base: u64,
    /// No older ones are being looked for.
    pub(crate) exact: bool,
    pub(crate) explained: Explained,
    /// Ranges that were removed while older ones are being looked for.
    removed: Vec<(i64, i64)>,
    /// Ends the search for older ones.
    gone: Arc<AtomicBool>,
}

impl Drop for View {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

impl View {
    pub(crate) fn loading(number: u32, wanted: Arc<Wanted>) -> Self {
        Self {
            number,
            wanted,
            loading: Some(Vec::new()),
            older: Vec::new(),
            newer: Vec::new(),
            base: 0,
            exact: false,
            explained: Explained::default(),
            removed: Vec::new(),
            gone: Arc::default(),
        }
    }

    /// Takes what was found first: ids, newest first, of at most so many that match. What arrived meanwhile comes after
    /// it, once.
    pub(crate) fn loaded(&mut self, ids: Vec<i64>, at_most: u64, exact: bool, explained: Explained) {
        self.base = at_most.max(ids.len() as u64);
        self.older = ids;
        (self.exact, self.explained) = (exact, explained);
        self.forget_removed();
        for id in self.loading.take().unwrap_or_default() {
            self.append(id);
        }
    }

    /// Takes older ones that were found, newest first.
    pub(crate) fn found(&mut self, ids: &[i64], explained: Explained) {
        let last = self.older.last().copied().unwrap_or(i64::MAX);
        let first = self.newer.first().copied().unwrap_or(i64::MAX);
        let is_older = |id: &&i64| **id < last.min(first) && !is_within(&self.removed, **id);
        // There are no more than was said, so that no ordinal falls below 0.
        let room = usize::try_from(self.first()).unwrap_or(usize::MAX);
        let new: Vec<i64> = ids.iter().filter(is_older).take(room).copied().collect();
        self.older.extend(new);
        self.explained = explained;
    }

    /// No older ones are left.
    pub(crate) fn counted(&mut self) {
        self.exact = true;
        self.removed = Vec::new();
    }

    /// Set when the view is no longer open.
    pub(crate) fn gone(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.gone)
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    /// Takes a committed delivery that matches the query. True if it is new to the view.
    pub(crate) fn arrived(&mut self, id: i64) -> bool {
        match &mut self.loading {
            Some(waiting) => {
                waiting.push(id);
                false
            }
            None => self.append(id),
        }
    }

    fn append(&mut self, id: i64) -> bool {
        let last = self.newer.last().or(self.older.first());
        let new = last.is_none_or(|last| *last < id);
        if new {
            self.newer.push(id);
        }
        new
    }

    /// Takes away what is no longer there. True if the view had any of it.
    pub(crate) fn remove(&mut self, ranges: &[(i64, i64)]) -> bool {
        if !self.exact {
            self.removed.extend_from_slice(ranges);
        }
        let before = self.len();
        self.newer.retain(|id| !is_within(ranges, *id));
        self.older.retain(|id| !is_within(ranges, *id));
        if let Some(waiting) = &mut self.loading {
            waiting.retain(|id| !is_within(ranges, *id));
        }
        self.len() < before
    }

    fn forget_removed(&mut self) {
        let removed = &self.removed;
        self.older.retain(|id| !is_within(removed, *id));
    }

    pub(crate) fn len(&self) -> u64 {
        (self.older.len() + self.newer.len()) as u64
    }

    /// The ordinal of the oldest that was found.
    pub(crate) fn first(&self) -> u64 {
        self.base.saturating_sub(self.older.len() as u64)
    }

    /// The ordinal after the newest.
    fn end(&self) -> u64 {
        self.base + self.newer.len() as u64
    }

    /// Ids of a page, oldest first.
    pub(crate) fn page(&self, start: u64, count: usize) -> Vec<i64> {
        let start = start.max(self.first());
        let end = start.saturating_add(count.min(PAGE) as u64).min(self.end());
        (start..end).filter_map(|ordinal| self.at(ordinal)).collect()
    }

    fn at(&self, ordinal: u64) -> Option<i64> {
        let index = |ordinal: u64| usize::try_from(ordinal).ok();
        match ordinal.checked_sub(self.base) {
            Some(newer) => self.newer.get(index(newer)?).copied(),
            None => self.older.get(index(self.base - 1 - ordinal)?).copied(),
        }
    }

    /// Ids of the newest page, oldest first.
    pub(crate) fn newest(&self) -> Vec<i64> {
        self.page(self.end().saturating_sub(PAGE as u64), PAGE)
    }

    pub(crate) fn ordinal(&self, id: i64) -> Option<u64> {
        if let Ok(at) = self.newer.binary_search(&id) {
            return Some(self.base + at as u64);
        }
        let at = self.older.binary_search_by(|other| id.cmp(other)).ok()?;
        Some(self.base - 1 - at as u64)
    }

    /// All ids, newest first.
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.newer.iter().rev().chain(&self.older).copied().collect()
    }
}

fn is_within(ranges: &[(i64, i64)], id: i64) -> bool {
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&id))
}

#[cfg(test)]
mod tests {
    use query::Expr;
    use store::Names;

    use super::*;

    fn loading() -> View {
        View::loading(1, Arc::new(Wanted::new(Expr::Everything, Names::default())))
    }

    fn loaded(ids: impl DoubleEndedIterator<Item = i64>, at_most: u64, exact: bool) -> View {
        let mut view = loading();
        view.loaded(ids.rev().collect(), at_most, exact, Explained::default());
        view
    }

    #[test]
    fn what_arrives_during_the_snapshot_is_neither_lost_nor_doubled() {
        let mut view = loading();
        for id in [8, 9, 10, 11] {
            assert!(!view.arrived(id), "nothing is reported before the snapshot is in");
        }
        view.loaded(vec![9, 8, 5, 1], 4, true, Explained::default());
        assert_eq!(view.page(0, 200), [1, 5, 8, 9, 10, 11]);
        assert!(!view.arrived(11));
        assert!(view.arrived(12));
        assert_eq!((view.first(), view.len()), (0, 7));
        assert_eq!(view.ordinal(8), Some(2));
        assert_eq!((view.ordinal(12), view.ordinal(7)), (Some(6), None));
    }

    #[test]
    fn ordinals_stay_while_older_ones_are_found_and_newer_ones_arrive() {
        let mut view = loaded(500..600, 450, false);
        assert_eq!((view.first(), view.len()), (350, 100));
        let before: Vec<_> = (500..600).map(|id| view.ordinal(id)).collect();
        assert!(view.arrived(601));
        view.found(&[499, 300, 299], Explained::default());
        assert_eq!((view.first(), view.len()), (347, 104));
        assert_eq!((500..600).map(|id| view.ordinal(id)).collect::<Vec<_>>(), before);
        assert_eq!((view.ordinal(299), view.ordinal(601)), (Some(347), Some(450)));
        assert_eq!(view.page(340, 10), [299, 300, 499]);
        view.found(&(0..299).rev().collect::<Vec<_>>(), Explained::default());
        view.counted();
        assert_eq!((view.first(), view.len(), view.exact), (48, 403, true));
        assert_eq!(view.ids().len(), 403);
        assert!(view.ids().is_sorted_by(|newer, older| newer > older));
    }

    #[test]
    fn what_is_removed_is_neither_kept_nor_found_afterwards() {
        let mut view = loaded(50..60, 60, false);
        view.arrived(61);
        assert!(view.remove(&[(55, 57), (61, 61), (10, 20)]));
        assert!(!view.remove(&[(55, 57)]));
        view.found(&(0..50).rev().collect::<Vec<_>>(), Explained::default());
        view.counted();
        assert_eq!(view.len(), 7 + 50 - 11);
        assert_eq!((view.ordinal(56), view.ordinal(15)), (None, None));
        assert_eq!(view.at(view.ordinal(50).unwrap()), Some(50));
    }

    #[test]
    fn pages_are_bounded_and_may_lie_outside() {
        let view = loaded(0..1000, 1000, true);
        assert_eq!(view.page(0, 10_000).len(), PAGE);
        assert_eq!(view.page(990, 200).len(), 10);
        assert!(view.page(5000, 200).is_empty());
        assert!(view.page(u64::MAX, 200).is_empty());
        assert_eq!(view.newest().first(), Some(&800));
    }
}
