//! Reads a table in the order of its key, and steps over what cannot be read.

use crate::{Error, SqliteFault};

/// How far one way through a table came.
pub(super) struct Way {
    /// The key of the last row that was read; where it began if there was none.
    pub(super) reached: i64,
    /// Whether it came to the end.
    pub(super) whole: bool,
}

/// From one key to another, both excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) after: i64,
    pub(super) before: i64,
    /// From the last to the first.
    pub(super) backwards: bool,
}

/// Reads what can be read between two keys, and returns the stretches (both ends included) in which nothing could: a row
/// there is lost, if there was one. `go` reads a span, row by row, until the first that cannot be read.
///
/// # Errors
/// What `go` returns: anything but damage.
pub(super) fn sweep(
    (after, before): (i64, i64),
    go: &mut impl FnMut(Span) -> Result<Way, Error>,
) -> Result<Vec<(i64, i64)>, Error> {
    let mut gaps: Vec<(i64, i64)> = Vec::new();
    let mut open = vec![(after, before)];
    while let Some((after, before)) = open.pop() {
        if before.saturating_sub(after) <= 1 {
            continue;
        }
        let up = go(Span { after, before, backwards: false })?;
        if up.whole {
            continue;
        }
        let after = up.reached;
        let down = go(Span { after, before, backwards: true })?;
        let before = down.reached;
        if down.whole || before.saturating_sub(after) <= 1 {
            continue;
        }
        let middle = after + (before - after) / 2;
        if before - after == 2 {
            match gaps.last_mut().filter(|(_, last)| *last + 1 == middle) {
                Some((_, last)) => *last = middle,
                None => gaps.push((middle, middle)),
            }
            continue;
        }
        // The later part is taken from the stack after the earlier one, so gaps come in order.
        open.push((middle, before));
        open.push((after, middle + 1));
    }
    Ok(gaps)
}

/// Whether an error says that something cannot be read, rather than that reading has to end.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(SqliteFault::of(error), SqliteFault::Damaged | SqliteFault::Disk)
        || matches!(
            error,
            rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
        )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn everything_that_can_be_read_is_read_once_and_the_rest_is_named(
            there in prop::collection::btree_set(1_i64..400, 0..120),
            bad in prop::collection::vec((1_i64..400, 1_i64..40), 0..5),
        ) {
            let bad: BTreeSet<i64> = bad.iter().flat_map(|(from, length)| *from..from + length).collect();
            let mut read = Vec::new();
            let gaps = sweep((0, 400), &mut |span| {
                let mut keys: Vec<i64> = (span.after + 1..span.before).collect();
                if span.backwards {
                    keys.reverse();
                }
                let mut reached = if span.backwards { span.before } else { span.after };
                for key in keys {
                    // A page that cannot be read is met whether or not there is a row.
                    if bad.contains(&key) {
                        return Ok(Way { reached, whole: false });
                    }
                    if there.contains(&key) {
                        read.push(key);
                        reached = key;
                    }
                }
                Ok(Way { reached, whole: true })
            })
            .unwrap();
            read.sort_unstable();
            let mut once = read.clone();
            once.dedup();
            prop_assert_eq!(&read, &once, "twice");
            prop_assert_eq!(read, there.difference(&bad).copied().collect::<Vec<_>>());
            let named: BTreeSet<i64> = gaps.iter().flat_map(|(from, to)| *from..=*to).collect();
            prop_assert!(there.intersection(&bad).all(|key| named.contains(key)), "{gaps:?}");
            prop_assert!(named.iter().all(|key| !there.contains(key) || bad.contains(key)));
            prop_assert!(gaps.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0), "in order and joined: {gaps:?}");
        }
    }
}
