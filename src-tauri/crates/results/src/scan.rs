//! Reads a file of responses as it comes.

use crate::answer::{Answer, Problem};
use crate::index::Index;
use crate::lines::{LONGEST_LINE, Line, Lines};
use crate::requests::Asked;
use crate::summary::{Summary, Tally};

/// Reads a file of responses as it comes, in pieces of any size, and keeps an [`Index`] of it.
///
/// It is used by one thread at a time: while one feeds it, others see the index and the summary between two pieces
/// (behind a lock; a piece of 256 KB takes about a millisecond). In memory is one line at most, and of one that is
/// too long only its beginning.
pub struct Scanner {
    lines: Lines,
    rows: Rows,
}

/// What comes of the lines.
struct Rows {
    index: Index,
    tally: Tally,
    cut_at_end: bool,
    finished: bool,
}

impl Scanner {
    /// One that has read nothing. `asked`: what is known of the requests; without it, nothing is missing.
    #[must_use]
    pub fn new(asked: Option<Asked>) -> Self {
        Self::with_longest_line(asked, LONGEST_LINE)
    }

    /// One for which lines of more than `longest` bytes are too long: they are rows that cannot be read.
    #[must_use]
    pub fn with_longest_line(asked: Option<Asked>, longest: usize) -> Self {
        let index = Index::new(asked, longest);
        let rows = Rows { index, tally: Tally::default(), cut_at_end: false, finished: false };
        Self { lines: Lines::new(longest), rows }
    }

    /// Takes the next bytes of the file. After [`Scanner::finish`], nothing is taken any more.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Self { lines, rows } = self;
        if !rows.finished {
            lines.feed(bytes, &mut |line| rows.add(&line));
        }
    }

    /// Takes the last line if nothing ended it.
    pub fn finish(&mut self) {
        let Self { lines, rows } = self;
        if !rows.finished {
            lines.finish(&mut |line| rows.add(&line));
            rows.finished = true;
        }
    }

    /// The numbers so far. Costs the same however much was read.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let Rows { index, tally, cut_at_end, finished } = &self.rows;
        Summary {
            rows: u64::from(index.row_count()),
            bytes: self.lines.bytes(),
            finished: *finished,
            cut_at_end: *cut_at_end,
            doubled_keys: index.doubled(),
            ..tally.summary(index.asked())
        }
    }

    /// The rows so far.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.rows.index
    }
}

impl Rows {
    fn add(&mut self, line: &Line<'_>) {
        let answer = Answer::read(line.bytes, line.long);
        let broken = matches!(answer.problem, Some(Problem::Long | Problem::NotUtf8 | Problem::NotJson(_)));
        self.cut_at_end |= !line.ended && broken;
        if let Some(row) = self.index.add(line.place, answer.key.as_deref(), answer.state) {
            self.tally.add(&answer, row);
        }
    }
}
