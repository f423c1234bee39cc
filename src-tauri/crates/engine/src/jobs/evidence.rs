//! Why an event did not come, or did not count: named from evidence. Pure, over what was noted.

use signature::Outcome;
use store::{ToldRow, WebhookSeen};

use super::timeline::{at, down_around};
use crate::dto::{Evidence, EvidenceKind, EvidenceMark, EvidenceSource, MissedCause, NextAttempt, Span};

/// How long after a job's end its first call should come, in milliseconds.
const FIRST_CALL_MS: i64 = 60_000;

/// What is known around the end of a job.
pub(super) struct Facts<'a> {
    pub(super) event_type: &'a str,
    /// When the job ended, or stopped to wait.
    pub(super) ended_ms: i64,
    pub(super) now_ms: i64,
    /// The job's own receivers, each with whether it is ours.
    pub(super) receivers: Option<Vec<(String, bool)>>,
    /// The registered webhooks at the end of the job, each with whether it points to us. `None`: they were never read.
    pub(super) webhooks: Option<Vec<(&'a WebhookSeen, bool)>>,
    pub(super) running: &'a [Span],
    pub(super) tunnel: &'a [Span],
    /// The call goes to an address of this machine, which needs no tunnel.
    pub(super) near: bool,
    /// The deliveries that name the job, oldest first.
    pub(super) told: &'a [ToldRow],
    /// Verified and other deliveries of the project since the end.
    pub(super) others: (u32, u32),
    /// When the sender should try again.
    pub(super) next: Option<NextAttempt>,
    /// How a time is written: `13:58:04`.
    pub(super) clock: &'a (dyn Fn(i64) -> String + Sync),
}

/// A cause, with what it is named from.
pub(super) struct Named {
    pub(super) cause: MissedCause,
    /// For a row of the list.
    pub(super) words: String,
    /// For the finding itself.
    pub(super) sentence: String,
    /// It is likely, and not certain.
    pub(super) guess: bool,
    pub(super) evidence: Vec<Evidence>,
}

fn evidence(kind: EvidenceKind, mark: EvidenceMark, words: impl Into<String>, source: EvidenceSource) -> Evidence {
    Evidence { kind, mark, words: words.into(), source, at_ms: None }
}

impl Facts<'_> {
    /// The cause, and all that was checked.
    pub(super) fn named(&self) -> Named {
        let checks = [
            self.attempts(),
            self.subscribed(),
            self.enabled(),
            self.address(),
            self.was_running(),
            self.was_tunnel_up(),
            self.other_deliveries(),
            self.forward(),
        ];
        let found = checks.iter().find_map(|(_, found)| found.clone());
        let explains = checks.iter().position(|(_, found)| found.is_some());
        let mut evidence: Vec<Evidence> = checks.into_iter().map(|(evidence, _)| evidence).collect();
        // Only the row that explains it stands out.
        for (place, one) in evidence.iter_mut().enumerate() {
            if one.mark == EvidenceMark::Explains && Some(place) != explains {
                one.mark = EvidenceMark::Unknown;
            }
        }
        evidence.sort_by_key(|one| order(one.kind));
        let (cause, words, sentence, guess) = found.unwrap_or_else(|| {
            let sentence = "The job ended, but no call came here, and nothing that Pollux knows explains why.";
            let words = "no call came, and nothing here explains why";
            (MissedCause::Unexplained, words.to_owned(), sentence.to_owned(), false)
        });
        Named { cause, words, sentence, guess, evidence }
    }

    fn time(&self, ms: i64) -> String {
        (self.clock)(ms)
    }

    fn short(&self, ms: i64) -> String {
        let time = self.time(ms);
        let cut = time.rsplit_once(':').map(|(short, seconds)| format!("{short}{}", seconds.get(2..).unwrap_or("")));
        cut.unwrap_or(time)
    }

    fn attempts(&self) -> Check {
        use EvidenceMark::{Explains, Fine};
        let kind = EvidenceKind::Attempts;
        let (count, of) = (self.told.len(), EvidenceSource::History);
        if count == 0 {
            let words = "0 deliveries name this job";
            return (evidence(kind, EvidenceMark::Unknown, words, of), None);
        }
        let good = |row: &&ToldRow| (200..300).contains(&row.status);
        let verified: Vec<&ToldRow> = self.told.iter().filter(|row| row.outcome == Outcome::Verified).collect();
        let last = self.told.last();
        let status = last.map_or(0, |row| row.status);
        let times = if count == 1 { "1 delivery names".to_owned() } else { format!("{count} deliveries name") };
        if verified.iter().any(good) {
            return (evidence(kind, Fine, format!("{times} this job, verified and answered 2xx"), of), None);
        }
        // A fault rule may drop the connection instead of answering.
        let (answered, refused) = match status {
            0 => ("the connection was dropped".to_owned(), "the connection was dropped".to_owned()),
            status => (format!("Pollux answered {status}"), format!("refused with {status}")),
        };
        if verified.is_empty() {
            let words = format!("{times} this job, none of them verified; {answered}");
            let cause = "a delivery came, but no key verified it".to_owned();
            let sentence = format!(
                "A delivery with this job's id came at {}, but no key of the project verified it, \
                                    so it does not count. {} to it.",
                self.time(ms(last)),
                capital(&answered)
            );
            return (evidence(kind, Explains, words, of), Some((MissedCause::Rejected, cause, sentence, false)));
        }
        let words = format!("{times} this job, verified; {answered}");
        let row = evidence(kind, Explains, words, of);
        match &self.next {
            Some(next) if next.at_ms.saturating_add(next.spread_ms.max(60_000)) >= self.now_ms => {
                let cause = format!("{refused}, next try about {}", self.short(next.at_ms));
                let sentence = format!(
                    "It came at {}, and {answered}. The sender should try again at about {} (a guess).",
                    self.time(ms(last)),
                    self.short(next.at_ms)
                );
                (row, Some((MissedCause::Retrying, cause, sentence, false)))
            }
            _ => {
                let cause = format!("it came, but {refused}");
                let sentence = format!(
                    "It came at {}, and {answered}. No further attempt came when one was due.",
                    self.time(ms(last))
                );
                (row, Some((MissedCause::Refused, cause, sentence, false)))
            }
        }
    }

    fn subscribed(&self) -> Check {
        use EvidenceKind::Subscribed;
        let source = EvidenceSource::Service;
        if let Some(receivers) = &self.receivers {
            let words =
                format!("the job has its own webhook_config with {}", plural(receivers.len(), "address", "addresses"));
            return (evidence(Subscribed, EvidenceMark::Fine, words, source), None);
        }
        let Some(webhooks) = &self.webhooks else {
            let words = "the project's webhooks were not read at that time";
            return (evidence(Subscribed, EvidenceMark::Unknown, words, source), None);
        };
        let ours = webhooks.iter().find(|(one, _)| one.events.iter().any(|event| event == self.event_type));
        match ours {
            Some((one, _)) => {
                let of = one.name.as_deref().unwrap_or(&one.uri);
                let words =
                    format!("{} is one of {} of {of}", self.event_type, plural(one.events.len(), "event", "events"));
                (evidence(Subscribed, EvidenceMark::Fine, words, source), None)
            }
            None => {
                let words = format!("no webhook of the project subscribes to {}", self.event_type);
                let sentence =
                    format!("No webhook of the project subscribes to {}, so nothing was called.", self.event_type);
                let cause = format!("no webhook subscribes to {}", self.event_type);
                let found = (MissedCause::NotSubscribed, cause, sentence, false);
                (evidence(Subscribed, EvidenceMark::Explains, words, source), Some(found))
            }
        }
    }

    /// The webhooks that subscribe to the event.
    fn subscribers(&self) -> Vec<(&WebhookSeen, bool)> {
        let all = self.webhooks.iter().flatten();
        let takes = |one: &WebhookSeen| one.events.iter().any(|event| event == self.event_type);
        all.filter(|(one, _)| takes(one)).map(|(one, ours)| (*one, *ours)).collect()
    }

    fn enabled(&self) -> Check {
        use EvidenceKind::Enabled;
        let source = EvidenceSource::Service;
        let subscribers = self.subscribers();
        if self.receivers.is_some() || subscribers.is_empty() {
            let words = "not applicable: no registered webhook is called for this job";
            return (evidence(Enabled, EvidenceMark::Unknown, words, source), None);
        }
        if subscribers.iter().any(|(one, _)| one.state == "enabled") {
            return (evidence(Enabled, EvidenceMark::Fine, "it was enabled when the job ended", source), None);
        }
        let by_service = subscribers.iter().any(|(one, _)| one.state == "disabled_due_to_failed_deliveries");
        let why = if by_service { "the service had disabled it after failed deliveries" } else { "it was disabled" };
        let since = subscribers.iter().map(|(one, _)| one.at_ms).max().unwrap_or_default();
        let words = format!("{why}, as seen at {}", self.time(since));
        let found = (
            MissedCause::WebhookDisabled,
            "the webhook was disabled".to_owned(),
            format!("The webhook for this event was not called: {why}. Pollux saw that at {}.", self.time(since)),
            false,
        );
        (evidence(Enabled, EvidenceMark::Explains, words, source), Some(found))
    }

    fn address(&self) -> Check {
        use EvidenceKind::Address;
        let (addresses, source): (Vec<(String, bool)>, _) = match &self.receivers {
            Some(receivers) => (receivers.clone(), EvidenceSource::Service),
            None => {
                let subscribers = self.subscribers();
                (subscribers.iter().map(|(one, ours)| (one.uri.clone(), *ours)).collect(), EvidenceSource::Service)
            }
        };
        let Some((first, _)) = addresses.first() else {
            return (evidence(Address, EvidenceMark::Unknown, "no address is known", source), None);
        };
        if let Some((ours, _)) = addresses.iter().find(|(_, ours)| *ours) {
            return (evidence(Address, EvidenceMark::Fine, ours.clone(), source), None);
        }
        let whose = if self.receivers.is_some() { "The job's own receiver" } else { "The webhook" };
        let found = (
            MissedCause::PointsElsewhere,
            format!("the call went to {first}"),
            format!("{whose} is {first}, which is not an address of Pollux, so the call went there."),
            false,
        );
        (evidence(Address, EvidenceMark::Explains, format!("{first} is not an address of Pollux"), source), Some(found))
    }

    fn was_running(&self) -> Check {
        use EvidenceKind::Running;
        let source = EvidenceSource::OwnLog;
        // The first call follows the end: both moments count.
        let moments = [self.ended_ms, self.ended_ms.saturating_add(FIRST_CALL_MS / 2)];
        let down = moments.iter().find_map(|ms| down_around(self.running, *ms));
        let Some((from, to, _)) = down else {
            return match at(self.running, self.ended_ms) {
                Some(span) => {
                    let words = format!("listening since {}", self.time(span.from_ms));
                    (evidence(Running, EvidenceMark::Fine, words, source), None)
                }
                None => (evidence(Running, EvidenceMark::Unknown, "nothing was noted", source), None),
            };
        };
        let span = self.stretch(from, to, self.running);
        let found = (
            MissedCause::NotRunning,
            format!("Pollux was not running {span}"),
            format!("Pollux was not listening {span}, so the call could not be taken."),
            false,
        );
        (evidence(Running, EvidenceMark::Explains, format!("not listening {span}"), source), Some(found))
    }

    fn was_tunnel_up(&self) -> Check {
        use EvidenceKind::Tunnel;
        let source = EvidenceSource::OwnLog;
        if self.near {
            let words = "none is needed: the call goes to an address of this machine";
            return (evidence(Tunnel, EvidenceMark::Unknown, words, source), None);
        }
        if self.tunnel.is_empty() {
            return (evidence(Tunnel, EvidenceMark::Unknown, "Pollux ran no tunnel at that time", source), None);
        }
        let moments = [self.ended_ms, self.ended_ms.saturating_add(FIRST_CALL_MS / 2)];
        let Some((from, to, words)) = moments.iter().find_map(|ms| down_around(self.tunnel, *ms)) else {
            return (evidence(Tunnel, EvidenceMark::Fine, "up when the job ended", source), None);
        };
        let span = self.stretch(from, to, self.tunnel);
        let why = words.map(|words| format!(", {words}")).unwrap_or_default();
        let found = (
            MissedCause::TunnelDown,
            format!("tunnel was down {}", self.short_stretch(from, to)),
            format!("The tunnel was down {span}, so the call could not reach us."),
            false,
        );
        (evidence(Tunnel, EvidenceMark::Explains, format!("down {span}{why}"), source), Some(found))
    }

    /// `13:58:04–14:09:37`, or `until 14:09:37` where the axis begins in it, `since 13:58:04` where it lasts.
    fn stretch(&self, from: i64, to: i64, spans: &[Span]) -> String {
        let begins = spans.first().is_some_and(|first| first.from_ms == from);
        let lasts = spans.last().is_some_and(|last| last.to_ms == to);
        match (begins, lasts) {
            (true, true) => "at that time".to_owned(),
            (true, false) => format!("until {}", self.time(to)),
            (false, true) => format!("since {}", self.time(from)),
            (false, false) => format!("{}–{}", self.time(from), self.time(to)),
        }
    }

    /// To the minute.
    fn short_stretch(&self, from: i64, to: i64) -> String {
        let (began, ended) = (self.short(from), self.short(to));
        match self.tunnel.last().is_some_and(|last| last.to_ms == to) {
            true => format!("since {began}"),
            false if began == ended => format!("at {began}"),
            false => format!("{began}–{ended}"),
        }
    }

    fn other_deliveries(&self) -> Check {
        let (verified, others) = self.others;
        let total = verified.saturating_add(others);
        let words = match (total, others) {
            (0, _) => "none of this project since the job ended".to_owned(),
            (_, 0) => {
                format!("{} of this project since then, all verified", plural(total as usize, "delivery", "deliveries"))
            }
            _ => format!(
                "{} of this project since then, {verified} verified",
                plural(total as usize, "delivery", "deliveries")
            ),
        };
        let mark = if verified > 0 { EvidenceMark::Fine } else { EvidenceMark::Unknown };
        (evidence(EvidenceKind::Others, mark, words, EvidenceSource::History), None)
    }

    fn forward(&self) -> Check {
        let source = EvidenceSource::History;
        let taken = |row: &&ToldRow| row.outcome == Outcome::Verified && (200..300).contains(&row.status);
        let Some(row) = self.told.iter().find(taken) else {
            let words = "nothing came that could be forwarded";
            return (evidence(EvidenceKind::Forward, EvidenceMark::Unknown, words, source), None);
        };
        let Some((sent_ms, status, _)) = row.forward else {
            return (evidence(EvidenceKind::Forward, EvidenceMark::Unknown, "it was not forwarded", source), None);
        };
        if status.is_some_and(|status| (200..300).contains(&status)) {
            let words = format!("forwarded at {}, answered {}", self.time(sent_ms), status.unwrap_or_default());
            return (evidence(EvidenceKind::Forward, EvidenceMark::Fine, words, source), None);
        }
        let answer = status.map_or("did not answer".to_owned(), |status| format!("answered {status}"));
        let found = (
            MissedCause::ForwardFailed,
            format!("accepted here, but the target {answer}"),
            format!("Pollux accepted the event and sent it on at {}, but the target {answer}.", self.time(sent_ms)),
            false,
        );
        let words = format!("sent on at {}, the target {answer}", self.time(sent_ms));
        (evidence(EvidenceKind::Forward, EvidenceMark::Explains, words, source), Some(found))
    }
}

/// A piece of evidence, with the cause if it is one: cause, words, sentence, whether it is a guess.
type Check = (Evidence, Option<(MissedCause, String, String, bool)>);

fn order(kind: EvidenceKind) -> u8 {
    match kind {
        EvidenceKind::Subscribed => 0,
        EvidenceKind::Enabled => 1,
        EvidenceKind::Address => 2,
        EvidenceKind::Running => 3,
        EvidenceKind::Tunnel => 4,
        EvidenceKind::Attempts => 5,
        EvidenceKind::Others => 6,
        EvidenceKind::Forward => 7,
    }
}

fn ms(row: Option<&ToldRow>) -> i64 {
    row.map_or(0, |row| row.received_ns.div_euclid(1_000_000))
}

fn plural(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests;
