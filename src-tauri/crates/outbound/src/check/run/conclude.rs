//! What all the answers together show: the verdict on the whole, and the one mistake behind several lines.

use signature::Scheme;

use super::first::OLD_KEYS;
use super::{Battery, Outcome, Standing, Why, judge};
use crate::check::cases::signed::{LISTS, LISTS_UNREAD, READ_LISTS};
use crate::check::cases::tokens::{CLAIM_ROWS, NO_CLAIMS};
use crate::check::cases::{Wants, id};
use crate::check::{Line, State};

/// Forgeries that anyone who verifies anything refuses.
const PLAINEST: [&str; 3] = ["_wrong_secret", "_wrong_key", "_garbage_signature"];

impl<F: Fn(&crate::check::Report)> Battery<F> {
    pub(super) fn conclude(&mut self) {
        self.lists();
        self.claims();
        self.everything();
        self.forgeries();
    }

    /// Everything forged.
    fn forgeries(&mut self) {
        let Some(index) = self.index("refuses_anything") else { return };
        let forged = self.cases.iter().zip(&self.report.lines).filter(|(case, _)| case.wants == Wants::Refuse);
        let sent: Vec<(&str, u16)> = forged.filter_map(|(case, line)| Some((case.id.as_str(), line.status?))).collect();
        if let Some(line) = self.bench.life.over().filter(|_| sent.is_empty()) {
            return self.skip(index, &Why::of(judge::gone(&line), &line));
        }
        if self.carrier().is_none() || sent.is_empty() {
            let text = "It takes nothing, so there is nothing to say about what it refuses.";
            let why = Why { cause: self.no_carrier().cause, ..Why::alone(text) };
            return self.skip(index, &why);
        }
        let (state, got) = on_the_whole(&sent);
        self.finish(index, Outcome::new(state, got));
    }

    /// Failing to read lists of signatures is one mistake, whatever is in them and whatever signs them.
    fn lists(&mut self) {
        let mut cause: Option<String> = None;
        for scheme in [Scheme::V1, Scheme::V1a] {
            let [first, last, beside] = LISTS.map(|name| id(scheme, name));
            let refused = |line: &str| self.line_of(line).is_some_and(is_refused);
            if *self.standing(scheme) != Standing::Takes || !refused(&first) || !refused(&last) {
                continue;
            }
            let follows = "It is refused, as every delivery with two signatures is";
            if let Some(cause) = &cause {
                self.follow(&[first, last, beside], cause, follows, is_refused);
                continue;
            }
            if let Some(line) = self.report.lines.iter_mut().find(|line| line.id == first) {
                line.got = Some(format!("{} {LISTS_UNREAD}", line.got.take().unwrap_or_default()));
                READ_LISTS.clone_into(&mut line.mend);
            }
            self.blame(&first, LISTS_UNREAD);
            self.follow(&[last, beside], &first, follows, is_refused);
            cause = Some(first);
        }
    }

    /// A receiver that checks no claim accepts each wrong one.
    fn claims(&mut self) {
        let (all, wrong_key) = (id(Scheme::Jwt, NO_CLAIMS), id(Scheme::Jwt, "wrong_key"));
        let taken = |line: &str| self.line_of(line).is_some_and(is_taken);
        // If not even the signature is checked, that is the mistake.
        if !taken(&all) || taken(&wrong_key) {
            return;
        }
        self.blame(&all, "Your handler checks no claim of a token: neither its age, nor who made it, nor for whom.");
        let rows = CLAIM_ROWS.map(|name| id(Scheme::Jwt, name));
        self.follow(&rows, &all, "It is taken, like every token that the published key has signed", is_taken);
    }

    /// Skips those of these lines that follow from the mistake of the line `cause`.
    fn follow(&mut self, lines: &[String], cause: &str, why: &str, is_part: impl Fn(&Line) -> bool) {
        for line in self.report.lines.iter_mut().filter(|line| lines.contains(&line.id) && is_part(line)) {
            line.state = State::Skipped;
            line.got = Some(format!("{why}: see {cause}."));
            line.cause = Some(cause.to_owned());
        }
        self.tell();
    }

    /// The same status for everything: then it was not about this delivery.
    fn everything(&mut self) {
        if self.carrier().is_some() || self.bench.life.over().is_some() {
            return;
        }
        // Keep what is known better.
        let mut plain = self.report.causes.iter().filter(|cause| cause.what != OLD_KEYS);
        let base = plain.find_map(|cause| {
            let is_base = self.cases.iter().any(|case| case.id == cause.line && case.is_base());
            self.line_of(&cause.line).filter(|line| is_base && line.state == State::Failed)
        });
        let Some((id, status)) = base.and_then(|line| Some((line.id.clone(), line.status?))) else { return };
        // Routers answer a GET by themselves.
        let posts = self.report.lines.iter().filter(|line| line.id != "get").filter_map(|line| line.status);
        let posts: Vec<u16> = posts.collect();
        if posts.len() < 5 || posts.iter().any(|other| *other != status) {
            return;
        }
        let what = match status {
            500.. => format!("Your handler answers {status} to everything, even to a plain good delivery."),
            _ => format!("Your handler refuses everything with {status}, even a plain good delivery."),
        };
        if let Some(line) = self.report.lines.iter_mut().find(|line| line.id == id) {
            line.got = Some(format!("{} {what}", line.got.take().unwrap_or_default()));
        }
        self.blame(&id, what);
    }

    fn line_of(&self, id: &str) -> Option<&Line> {
        self.report.line(id)
    }
}

fn is_taken(line: &Line) -> bool {
    line.state == State::Failed && line.status.is_some_and(|status| (200..300).contains(&status))
}

fn is_refused(line: &Line) -> bool {
    line.state == State::Failed && line.status.is_some_and(|status| (400..500).contains(&status))
}

/// What the answers to all forgeries show together: by id, the status of each that was answered.
fn on_the_whole(sent: &[(&str, u16)]) -> (State, String) {
    let is_taken = |status: &u16| (200..300).contains(status);
    let (taken, all) = (sent.iter().filter(|(_, status)| is_taken(status)).count(), sent.len());
    // Others may crash on things that they do not even check.
    let plainest = || sent.iter().filter(|(id, _)| PLAINEST.iter().any(|name| id.ends_with(name)));
    match plainest().count() {
        // All were accepted, but the ones that would settle it were not answered.
        0 if taken == all => {
            let got = format!("Took {taken} of {all}; the plainest forgeries got no answer, so this remains unknown.");
            (State::Skipped, got)
        }
        1.. if plainest().all(|(_, status)| is_taken(status)) => {
            (State::Failed, format!("Took {taken} of {all}: nothing is verified. What failed below comes from this."))
        }
        _ => (State::Passed, format!("Refused {} of {all}.", all - taken)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_verified_only_where_the_plainest_forgeries_were_taken() {
        let state = |sent: &[(&str, u16)]| on_the_whole(sent).0;
        assert_eq!(state(&[("v1_wrong_secret", 200), ("v1_stale", 401)]), State::Failed);
        assert_eq!(state(&[("v1_wrong_secret", 200), ("v1_garbage_signature", 401)]), State::Passed);
        // The plainest ones were not answered.
        assert_eq!(state(&[("v1_stale", 401), ("v1_future", 200)]), State::Passed);
        let (state, got) = on_the_whole(&[("v1_stale", 200)]);
        assert_eq!(state, State::Skipped);
        assert!(!got.contains("nothing is verified"), "{got}");
    }
}
