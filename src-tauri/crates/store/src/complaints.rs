//! Logs what goes wrong with one delivery after another: one line per cause in ten seconds, with the number of further
//! ones. On a full disk a flood would otherwise write a line for each refused delivery, to that same disk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How long a cause is only counted after it was logged.
const QUIET: Duration = Duration::from_secs(10);

/// How serious it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Warning,
    Error,
}

/// What to log.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    level: Level,
    text: String,
}

/// A cause that was logged recently.
#[derive(Debug)]
struct Cause {
    level: Level,
    /// When its last line was logged.
    written: Instant,
    /// How often it has occurred since then.
    more: u64,
    /// The detail of its latest occurrence.
    text: String,
}

/// Complaints that may come in large numbers. From [`crate::Store::complaints`].
///
/// A cause is a constant, so no sender can create many.
#[derive(Debug, Default)]
pub struct Complaints(Mutex<BTreeMap<(&'static str, &'static str), Cause>>);

impl Complaints {
    /// Reports that something was not done. `what` and `code` are the cause; `detail` is logged with them.
    pub fn error(&self, what: &'static str, code: &'static str, detail: &dyn std::fmt::Display, now: Instant) {
        self.tell(Level::Error, (what, code), detail, now);
    }

    /// The same when nothing is lost.
    pub fn warn(&self, what: &'static str, code: &'static str, detail: &dyn std::fmt::Display, now: Instant) {
        self.tell(Level::Warning, (what, code), detail, now);
    }

    /// Logs the counts of causes whose last line is ten seconds old. Must be called now and then: the last ones of a
    /// flood would otherwise never be reported.
    pub fn settle(&self, now: Instant) {
        self.due(now).into_iter().for_each(write);
    }

    fn tell(&self, level: Level, cause: (&'static str, &'static str), detail: &dyn std::fmt::Display, now: Instant) {
        let text = || match detail.to_string() {
            detail if detail.is_empty() => format!("{} ({})", cause.0, cause.1),
            detail => format!("{} ({}): {detail}", cause.0, cause.1),
        };
        self.note(level, cause, text, now).into_iter().for_each(write);
    }

    /// The line to log now, if any.
    fn note(
        &self,
        level: Level,
        cause: (&'static str, &'static str),
        text: impl FnOnce() -> String,
        now: Instant,
    ) -> Option<Line> {
        let mut causes = self.0.lock();
        let Some(known) = causes.get_mut(&cause) else {
            let text = text();
            causes.insert(cause, Cause { level, written: now, more: 0, text: text.clone() });
            return Some(Line { level, text });
        };
        let since = now.saturating_duration_since(known.written);
        if since < QUIET {
            known.more += 1;
            return None;
        }
        known.text = text();
        known.line(now)
    }

    fn due(&self, now: Instant) -> Vec<Line> {
        let mut causes = self.0.lock();
        let mut lines = Vec::new();
        causes.retain(|_, cause| {
            if now.saturating_duration_since(cause.written) < QUIET {
                return true;
            }
            // It was quiet for as long as it was counted: the next occurrence is news again.
            let goes_on = cause.more > 0;
            lines.extend(goes_on.then(|| cause.line(now)).flatten());
            goes_on
        });
        lines
    }
}

impl Cause {
    /// Its line with the count, which then starts over.
    fn line(&mut self, now: Instant) -> Option<Line> {
        let seconds = now.saturating_duration_since(self.written).as_secs();
        let more = std::mem::take(&mut self.more);
        self.written = now;
        let text = match more {
            0 => self.text.clone(),
            _ => format!("{} … and {more} more like it in the last {seconds} s", self.text),
        };
        Some(Line { level: self.level, text })
    }
}

fn write(Line { level, text }: Line) {
    match level {
        Level::Warning => tracing::warn!("{text}"),
        Level::Error => tracing::error!("{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: (&str, &str) = ("a delivery could not be stored", "disk_full");

    fn note(complaints: &Complaints, cause: (&'static str, &'static str), now: Instant) -> Option<String> {
        complaints.note(Level::Error, cause, || format!("{} {}", cause.0, cause.1), now).map(|line| line.text)
    }

    #[test]
    fn a_flood_of_one_cause_is_one_line_and_a_count() {
        let (complaints, start) = (Complaints::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        let lines: Vec<_> = (0..971).filter_map(|n| note(&complaints, FULL, at(n * 10))).collect();
        assert_eq!(lines, ["a delivery could not be stored disk_full"]);
        assert_eq!(complaints.due(at(9_999)), []);
        let told: Vec<_> = complaints.due(at(10_000)).into_iter().map(|line| line.text).collect();
        assert_eq!(told, ["a delivery could not be stored disk_full … and 970 more like it in the last 10 s"]);
        assert_eq!(complaints.due(at(19_999)), []);
        assert_eq!(complaints.due(at(20_000)), [], "nothing more came");
        assert!(note(&complaints, FULL, at(20_001)).is_some(), "which is news again");
    }

    #[test]
    fn a_flood_that_lasts_has_a_line_in_each_ten_seconds_also_if_nobody_settles_it() {
        let (complaints, start) = (Complaints::default(), Instant::now());
        let lines: Vec<_> =
            (0..=300).filter_map(|n| note(&complaints, FULL, start + Duration::from_millis(n * 100))).collect();
        assert_eq!(lines.len(), 4);
        // The one that produces the line appears in it by itself, and is not counted.
        assert!(lines[3].ends_with("… and 99 more like it in the last 10 s"), "{}", lines[3]);
    }

    #[test]
    fn another_cause_is_told_at_once() {
        let (complaints, start) = (Complaints::default(), Instant::now());
        assert!(note(&complaints, FULL, start).is_some());
        assert!(note(&complaints, (FULL.0, "history_busy"), start).is_some());
        assert!(note(&complaints, ("a delivery could not be judged", FULL.1), start).is_some());
        assert!(note(&complaints, FULL, start).is_none());
    }

    #[test]
    fn causes_are_forgotten() {
        let (complaints, start) = (Complaints::default(), Instant::now());
        note(&complaints, FULL, start);
        complaints.due(start + QUIET);
        assert!(complaints.0.lock().is_empty());
    }
}
