//! The open view: a filtered, ordered list of ids. The window asks for pages of it by ordinal (0 is the oldest), so an
//! ordinal stays the same while deliveries arrive.

use store::Filter;

/// Most rows of a page.
pub(crate) const PAGE: usize = 200;

/// A view. Ids are ascending, as the store gives them out in the order of commits.
pub(crate) struct View {
    pub(crate) number: u32,
    pub(crate) filter: Filter,
    /// Arrivals wait here until the snapshot is in.
    loading: Option<Vec<i64>>,
    ids: Vec<i64>,
}

impl View {
    pub(crate) fn loading(number: u32, filter: Filter) -> Self {
        Self { number, filter, loading: Some(Vec::new()), ids: Vec::new() }
    }

    /// Takes the snapshot. What arrived meanwhile comes after it, once.
    pub(crate) fn loaded(&mut self, ids: Vec<i64>) {
        self.ids = ids;
        for id in self.loading.take().unwrap_or_default() {
            self.append(id);
        }
    }

    pub(crate) fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    /// Takes a committed delivery that matches the filter. True if it is new to the view.
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
        let new = self.ids.last().is_none_or(|last| *last < id);
        if new {
            self.ids.push(id);
        }
        new
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Ids of a page.
    pub(crate) fn page(&self, start: usize, count: usize) -> Vec<i64> {
        let end = start.saturating_add(count.min(PAGE)).min(self.ids.len());
        self.ids.get(start..end).unwrap_or_default().to_vec()
    }

    /// Ids of the newest page.
    pub(crate) fn newest(&self) -> Vec<i64> {
        self.page(self.ids.len().saturating_sub(PAGE), PAGE)
    }

    pub(crate) fn ordinal(&self, id: i64) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_during_the_snapshot_is_neither_lost_nor_doubled() {
        let mut view = View::loading(1, Filter::default());
        for id in [8, 9, 10, 11] {
            assert!(!view.arrived(id), "nothing is reported before the snapshot is in");
        }
        view.loaded(vec![1, 5, 8, 9]);
        assert_eq!(view.page(0, 200), [1, 5, 8, 9, 10, 11]);
        assert!(!view.arrived(11));
        assert!(view.arrived(12));
        assert_eq!(view.len(), 7);
        assert_eq!(view.ordinal(8), Some(2));
        assert_eq!(view.ordinal(7), None);
    }

    #[test]
    fn pages_are_bounded_and_may_lie_outside() {
        let mut view = View::loading(1, Filter::default());
        view.loaded((0..1000).collect());
        assert_eq!(view.page(0, 10_000).len(), PAGE);
        assert_eq!(view.page(990, 200).len(), 10);
        assert!(view.page(5000, 200).is_empty());
        assert!(view.page(usize::MAX, 200).is_empty());
        assert_eq!(view.newest().first(), Some(&800));
    }
}
