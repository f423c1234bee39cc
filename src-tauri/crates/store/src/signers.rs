//! Counts what each secret verified while deliveries are stored: one `UPDATE` per secret and transaction.

use std::collections::HashMap;

use rusqlite::Connection;
use signature::{Outcome, Scheme, Verdict};

use crate::table::{signed, signer};

/// How many numbers the writer remembers; a user has a few secrets.
const MOST: usize = 4096;

/// What the writer remembers. Numbers are committed; tallies belong to the transaction under way.
#[derive(Default)]
pub(crate) struct Signers {
    numbers: HashMap<Box<str>, i64>,
    tallies: Vec<Tally>,
}

struct Tally {
    key: Box<str>,
    number: i64,
    deliveries: u64,
    last_delivery: i64,
    last_ns: i64,
}

impl Signers {
    /// Starts a transaction; forgets what a failed one left behind.
    pub(crate) fn begin(&mut self) {
        self.tallies.clear();
    }

    /// Counts a delivery for the secret that verified it, and returns the secret's number.
    ///
    /// `counts`: whether it is added to what the secret verified.
    pub(crate) fn count(
        &mut self,
        conn: &Connection,
        key: &str,
        id: i64,
        received_ns: i64,
        counts: bool,
    ) -> rusqlite::Result<i64> {
        let tally = match self.tallies.iter().position(|tally| *tally.key == *key) {
            Some(at) => &mut self.tallies[at],
            None => {
                let number = match self.numbers.get(key) {
                    Some(number) => *number,
                    None => signer::ensure(conn, key)?,
                };
                let tally = Tally { key: key.into(), number, deliveries: 0, last_delivery: 0, last_ns: 0 };
                self.tallies.push_mut(tally)
            }
        };
        if counts {
            tally.deliveries += 1;
            (tally.last_delivery, tally.last_ns) = (id, received_ns);
        }
        Ok(tally.number)
    }

    /// Ends a transaction.
    pub(crate) fn write(&self, conn: &Connection) -> rusqlite::Result<()> {
        let counted = self.tallies.iter().filter(|tally| tally.deliveries > 0);
        for Tally { number, deliveries, last_delivery, last_ns, .. } in counted {
            conn.prepare_cached(signer::TALLY)?.execute((number, signed(*deliveries), last_delivery, last_ns))?;
        }
        Ok(())
    }

    /// Runs after COMMIT.
    pub(crate) fn commit(&mut self) {
        if self.numbers.len() >= MOST {
            self.numbers.clear();
        }
        for tally in self.tallies.drain(..) {
            self.numbers.entry(tally.key).or_insert(tally.number);
        }
    }
}

/// The id of the secret that verified a delivery. Not the key of a JWKS, whose id is whatever the key set says.
pub(crate) fn verified_by(verdict: &Verdict) -> Option<&str> {
    match (verdict.outcome, verdict.scheme) {
        (Outcome::Verified, Some(Scheme::V1 | Scheme::V1a)) => verdict.key.as_ref().map(|key| &*key.id),
        _ => None,
    }
}
