//! Which rows are shown, and where the bad ones lie.

use serde::{Deserialize, Serialize};

use crate::index::Index;
use crate::state::{Packed, RowState};

/// Which rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// Every row.
    All,
    /// Good answers.
    Good,
    /// Answers that are of no use.
    Failed,
    /// Requests without an answer: numbers of requests, not of rows. Those without a key are not among them, since
    /// nobody can tell which of them were answered.
    Missing,
    /// Rows of keys that came more than once, the first of each included.
    Doubled,
    /// Rows that answer none of the requests that are known.
    Stray,
    /// Good or failed answers of this state.
    State(RowState),
}

/// How many bad ones lie in one part of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Mark {
    /// Failed rows in this part of the rows.
    pub failed: u32,
    /// Requests without an answer in this part of the requests.
    pub missing: u32,
}

/// A strip over a whole file, of as many parts as were asked for.
pub type Marks = Vec<Mark>;

impl Filter {
    pub(crate) fn takes(self, row: Packed) -> bool {
        match self {
            Self::All => true,
            Self::Good => row.counts() && row.state() == RowState::Good,
            Self::Failed => row.failed(),
            Self::Doubled => row.is(Packed::REPEAT | Packed::DOUBLED),
            Self::Stray => row.is(Packed::STRAY),
            Self::State(state) => row.counts() && row.state() == state,
            Self::Missing => false,
        }
    }

    fn of_requests(self) -> bool {
        matches!(self, Self::Missing | Self::State(RowState::Missing))
    }
}

impl Index {
    /// Whether a filter takes a row.
    #[must_use]
    pub fn takes(&self, filter: Filter, row: u32) -> bool {
        self.states.get(row as usize).is_some_and(|state| filter.takes(*state))
    }

    /// The rows that a filter takes, in the order of the file; for [`Filter::Missing`], the numbers of the requests.
    pub fn rows(&self, filter: Filter) -> impl Iterator<Item = u32> + '_ {
        let missing = filter.of_requests().then(|| self.missing()).into_iter().flatten();
        let rows = (0..).zip(&self.states).filter(move |(_, row)| filter.takes(**row)).map(|(row, _)| row);
        missing.chain(rows)
    }

    /// The same as a list, to be shown in pages: four bytes a row.
    #[must_use]
    pub fn selected(&self, filter: Filter) -> Vec<u32> {
        self.rows(filter).collect()
    }

    /// How many rows a filter takes.
    #[must_use]
    pub fn count(&self, filter: Filter) -> u32 {
        self.rows(filter).map(|_| 1).sum()
    }

    /// The next failed row behind a row.
    #[must_use]
    pub fn next_failed(&self, row: u32) -> Option<u32> {
        let from = row as usize + 1;
        let at = self.states.get(from..)?.iter().position(|row| row.failed())?;
        u32::try_from(from + at).ok()
    }

    /// The next failed row before a row.
    #[must_use]
    pub fn previous_failed(&self, row: u32) -> Option<u32> {
        let before = self.states.get(..self.states.len().min(row as usize))?;
        before.iter().rposition(|row| row.failed()).and_then(|at| u32::try_from(at).ok())
    }

    /// Where the failed and the missing lie: the rows, and the requests, each in `parts` of equal size. Rows and
    /// requests need not be in the same order. While a file is being read, what did not come yet is missing.
    #[must_use]
    pub fn marks(&self, parts: usize) -> Marks {
        let mut marks = vec![Mark::default(); parts];
        let requests = self.requests().map_or(0, |requests| requests.row_count());
        for row in self.rows(Filter::Failed) {
            if let Some(mark) = marks.get_mut(part(row, self.row_count(), parts)) {
                mark.failed += 1;
            }
        }
        for number in self.missing() {
            if let Some(mark) = marks.get_mut(part(number, requests, parts)) {
                mark.missing += 1;
            }
        }
        marks
    }
}

/// The part in which the one of this number lies.
fn part(number: u32, of: u32, parts: usize) -> usize {
    (u64::from(number) * parts as u64 / u64::from(of.max(1))) as usize
}
