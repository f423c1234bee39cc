//! What was sent, what was acknowledged, and what was found in the history.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::message::{Key, Message};
use super::wire::Sent;

/// What is wrong, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wrong {
    /// Acknowledged, and not in the history.
    Lost,
    /// More often in the history than it was sent.
    Doubled,
    /// Another verdict, or another answer, than it should have.
    Verdict,
    /// Other bytes than were sent.
    Bytes,
    /// Attempts of a message that are not counted as they came.
    Attempt,
    /// A damaged file, or numbers that do not fit what is there.
    Damage,
    /// What should have worked and did not.
    Other,
}

/// What was found to be wrong.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// How often, by kind.
    pub counts: BTreeMap<Wrong, u64>,
    /// The first ones, in words.
    pub first: Vec<String>,
    /// What was counted: the same is seen again at the end.
    told: HashSet<(Wrong, String)>,
}

/// As many as a person reads.
const FIRST: usize = 40;
/// What is remembered, so that nothing is counted twice. Where so much is wrong, numbers matter little.
const TOLD: usize = 10_000;

impl Findings {
    pub(super) fn add(&mut self, wrong: Wrong, words: String) {
        if self.told.contains(&(wrong, words.clone())) {
            return;
        }
        *self.counts.entry(wrong).or_default() += 1;
        if self.first.len() < FIRST {
            self.first.push(format!("{wrong:?}: {words}"));
        }
        if self.told.len() < TOLD {
            self.told.insert((wrong, words));
        }
    }

    /// How often this was found.
    pub fn count(&self, wrong: Wrong) -> u64 {
        self.counts.get(&wrong).copied().unwrap_or(0)
    }
}

/// What was sent, counted.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Requests of which at least a part was sent.
    pub sent: u64,
    /// Of those, sent again.
    pub again: u64,
    /// Answered 2xx.
    pub acknowledged: u64,
    /// Of those, through the tunnel.
    pub tunnelled: u64,
    /// Rejected, and kept: answered 401.
    pub rejected: u64,
    /// Answered otherwise, by status.
    pub refused: BTreeMap<u16, u64>,
    /// Not answered.
    pub lost: u64,
    /// Rows that were found although their sender was told to try again.
    pub kept_though_refused: u64,
}

/// What is known of a message.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) message: Message,
    /// How often it was sent.
    pub(super) sent: u32,
    /// How often it was answered as stored.
    pub(super) stored: u32,
    /// How often it was answered otherwise.
    refused: u32,
    /// When it was sent last.
    at: Instant,
    /// The rows that were found of it, whole, and with a part of its body.
    pub(super) whole: Vec<i64>,
    pub(super) parts: Vec<i64>,
}

impl Known {
    pub(super) fn rows(&self) -> usize {
        self.whole.len() + self.parts.len()
    }
}

#[derive(Default)]
struct Inner {
    known: HashMap<Key, Known>,
    /// Acknowledged since it was asked for last.
    due: HashSet<Key>,
    counts: Counts,
    findings: Findings,
}

/// It. Its memory is bounded: what left the history by its limits after it was found there is forgotten.
#[derive(Default)]
pub(super) struct Oracle(Mutex<Inner>);

/// A message is remembered at least so long after it was sent: a request that is still in some buffer may yet be
/// stored.
const REMEMBERED: Duration = Duration::from_secs(90);

impl Oracle {
    /// A message is about to be sent.
    pub(super) fn begins(&self, message: &Message) {
        let mut inner = self.0.lock();
        let known = inner.known.entry(message.key).or_insert_with(|| Known {
            message: *message,
            sent: 0,
            stored: 0,
            refused: 0,
            at: Instant::now(),
            whole: Vec::new(),
            parts: Vec::new(),
        });
        known.sent += 1;
        known.at = Instant::now();
        let again = known.sent > 1;
        inner.counts.sent += 1;
        inner.counts.again += u64::from(again);
    }

    /// What became of it.
    pub(super) fn ends(&self, message: &Message, sent: Sent, tunnelled: bool) {
        let mut inner = self.0.lock();
        let Inner { known, due, counts, findings } = &mut *inner;
        let Some(known) = known.get_mut(&message.key) else { return };
        known.at = Instant::now();
        match sent {
            Sent::Answered(status @ (200 | 401)) => {
                known.stored += 1;
                due.insert(message.key);
                if status == 200 {
                    counts.acknowledged += 1;
                    counts.tunnelled += u64::from(tunnelled);
                } else {
                    counts.rejected += 1;
                }
                let kind = message.kind;
                if status != kind.status() {
                    findings.add(Wrong::Verdict, format!("{} ({kind:?}) was answered {status}", message.key.id()));
                }
            }
            Sent::Answered(status) => {
                known.refused += 1;
                *counts.refused.entry(status).or_default() += 1;
            }
            Sent::Lost => counts.lost += 1,
            Sent::Unreached => {
                counts.again -= u64::from(known.sent > 1);
                counts.sent -= 1;
                known.sent -= 1;
            }
        }
    }

    /// What was acknowledged since the last time, and how often by now. Asked for before the history is read: all of it
    /// must be there then.
    pub(super) fn due(&self) -> Vec<(Key, u32)> {
        let mut inner = self.0.lock();
        let Inner { known, due, .. } = &mut *inner;
        due.drain().filter_map(|key| Some((key, known.get(&key)?.stored))).collect()
    }

    /// The history could not be read.
    pub(super) fn put_back(&self, due: Vec<(Key, u32)>) {
        self.0.lock().due.extend(due.into_iter().map(|(key, _)| key));
    }

    pub(super) fn known(&self, key: Key) -> Option<Known> {
        self.0.lock().known.get(&key).cloned()
    }

    pub(super) fn all(&self) -> Vec<Known> {
        self.0.lock().known.values().cloned().collect()
    }

    /// A row of it was found that had not been found before.
    pub(super) fn found(&self, key: Key, row: i64, whole: bool) {
        let mut inner = self.0.lock();
        let Inner { known, counts, findings, .. } = &mut *inner;
        let Some(known) = known.get_mut(&key) else { return };
        let of_it = if whole { &mut known.whole } else { &mut known.parts };
        of_it.push(row);
        let (rows, sent) = (known.rows(), known.sent as usize);
        if rows > sent {
            findings.add(Wrong::Doubled, format!("{} was sent {sent} times, and row {row} is one more", key.id()));
        } else if whole && known.whole.len() > sent - known.refused as usize {
            counts.kept_though_refused += 1;
        }
    }

    /// Forgets what has left the history: all of its rows were found, and are before this one.
    pub(super) fn forget(&self, first: i64) {
        let mut inner = self.0.lock();
        let Inner { known, due, .. } = &mut *inner;
        known.retain(|key, known| {
            let gone = known.whole.iter().chain(&known.parts).all(|row| *row < first);
            !gone || due.contains(key) || known.at.elapsed() < REMEMBERED
        });
    }

    pub(super) fn wrong(&self, wrong: Wrong, words: impl Into<String>) {
        self.0.lock().findings.add(wrong, words.into());
    }

    pub(super) fn counts(&self) -> Counts {
        self.0.lock().counts.clone()
    }

    pub(super) fn findings(&self) -> Findings {
        self.0.lock().findings.clone()
    }
}
