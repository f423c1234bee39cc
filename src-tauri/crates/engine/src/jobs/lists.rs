//! What is known of each service's list of batches: how far it was read, and when it may be asked again.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::dto::{JobsListed, Project};
use crate::error::Error;

/// Time between two readings of the first page while somebody looks at it, in milliseconds.
pub(super) const LOOKED_AT_MS: i64 = 60_000;
/// The same while nobody looks.
pub(super) const UNSEEN_MS: i64 = 600_000;
/// The same of the Sandbox, which is on this machine.
const SANDBOX_MS: i64 = 2_000;
/// The least pause after a 429, and the longest.
const PAUSE_MS: i64 = 60_000;
const LONGEST_PAUSE_MS: i64 = 3_600_000;

/// Every project's list.
#[derive(Default)]
pub(super) struct Lists(Mutex<HashMap<i64, List>>);

#[derive(Clone, Default)]
struct List {
    /// When its first page was read.
    asked_ms: Option<i64>,
    /// When it was last tried to.
    tried_ms: Option<i64>,
    next_page: Option<String>,
    /// A page was read.
    read: bool,
    reading: bool,
    error: Option<Error>,
    paused_until_ms: Option<i64>,
    pauses: u32,
    /// What was to be read when the pause began is due at its end.
    interrupted: bool,
    /// Which service it is a list of.
    of: (String, Option<String>),
    every_ms: i64,
}

impl Lists {
    fn with<T>(&self, project: i64, look: impl FnOnce(&mut List) -> T) -> T {
        look(self.0.lock().entry(project).or_default())
    }

    pub(super) fn view(&self, project: i64, now_ms: i64) -> JobsListed {
        self.with(project, |list| JobsListed {
            asked_ms: list.asked_ms,
            next_ms: match list.interrupted {
                true => list.paused_until_ms,
                false => list.tried_ms.map(|tried| tried.saturating_add(list.every_ms)),
            },
            more: list.next_page.is_some(),
            reading: list.reading,
            error: list.error.clone(),
            paused_until_ms: list.paused_until_ms.filter(|until| *until > now_ms),
        })
    }

    /// Until when the service must not be asked.
    pub(super) fn paused_until(&self, project: i64, now_ms: i64) -> Option<i64> {
        self.with(project, |list| list.paused_until_ms.filter(|until| *until > now_ms))
    }

    /// Whether the first page is due, and begins to read it if so. `unseen`: nobody looks at it. `now`: it was asked for.
    pub(super) fn begin(&self, project: &Project, now_ms: i64, unseen: bool, now: bool) -> bool {
        let of = (project.base_url.clone(), project.api_key.as_ref().map(|key| key.hint.clone()));
        let every = match (project.sandbox, unseen) {
            (true, _) => SANDBOX_MS,
            (false, true) => UNSEEN_MS,
            (false, false) => LOOKED_AT_MS,
        };
        self.with(project.id, |list| {
            if list.of != of {
                *list = List { of, ..List::default() };
            }
            list.every_ms = every;
            let due =
                now || list.interrupted || list.tried_ms.is_none_or(|tried| now_ms.saturating_sub(tried) >= every);
            let paused = list.paused_until_ms.is_some_and(|until| until > now_ms);
            let begins = due && !paused && !list.reading;
            list.reading |= begins;
            begins
        })
    }

    /// Begins to read the next page, if there is one.
    pub(super) fn begin_next(&self, project: i64, now_ms: i64) -> Option<String> {
        self.with(project, |list| {
            let paused = list.paused_until_ms.is_some_and(|until| until > now_ms);
            if list.reading || paused {
                return None;
            }
            let token = list.next_page.clone()?;
            list.reading = true;
            Some(token)
        })
    }

    /// A page was read. `first`: the first one; then a list that was read further before goes on where it was.
    pub(super) fn end(&self, project: i64, now_ms: i64, first: bool, next_page: Option<String>) {
        self.with(project, |list| {
            list.reading = false;
            list.error = None;
            (list.paused_until_ms, list.pauses, list.interrupted) = (None, 0, false);
            if first {
                (list.asked_ms, list.tried_ms) = (Some(now_ms), Some(now_ms));
                if !list.read {
                    list.next_page = next_page;
                }
            } else {
                list.next_page = next_page;
            }
            list.read = true;
        });
    }

    /// A reading failed.
    pub(super) fn fail(&self, project: i64, now_ms: i64, error: Error) {
        self.with(project, |list| {
            list.reading = false;
            list.error = Some(error);
            // What a pause interrupted is due at its end.
            if list.paused_until_ms.is_none_or(|until| until <= now_ms) {
                list.interrupted = false;
                list.tried_ms = Some(now_ms);
            }
        });
    }

    /// The service had too many requests: nothing is asked for a while. `after_ms`: as long as it asks for.
    pub(super) fn pause(&self, project: i64, now_ms: i64, after_ms: Option<i64>) -> i64 {
        self.with(project, |list| {
            let grown = PAUSE_MS.saturating_mul(1 << list.pauses.min(6));
            let pause = after_ms.unwrap_or(grown).clamp(1_000, LONGEST_PAUSE_MS);
            list.pauses = list.pauses.saturating_add(1);
            (list.reading, list.interrupted) = (false, true);
            let until = now_ms.saturating_add(pause);
            list.paused_until_ms = Some(until);
            until
        })
    }
}
