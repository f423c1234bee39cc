//! The order of a check, and what hangs on what.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use signature::Scheme;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::act::{Bench, micros};
use super::cases::{self, Act, Case, Wants};
use super::judge::Outcome;
use super::{Plan, Progress, Report, State};
use crate::client::Client;

mod first;

/// Above this, one after another would take minutes.
const SLOW: Duration = Duration::from_secs(2);
/// Forgeries that whoever verifies anything refuses.
const PLAINEST: [&str; 3] = ["_wrong_secret", "_wrong_key", "_garbage_signature"];
/// How many are sent at once to an endpoint that is slow.
const SIDE_BY_SIDE: usize = 16;

/// How an endpoint stands to a scheme, by its plain delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// Not asked for.
    Unasked,
    /// It takes it.
    Takes,
    /// It does not take it, so that nothing can be built on it: why a line is skipped.
    Not(String),
    /// It gives no answer in time: the same.
    Silent(String),
    /// There is no handler: the same, for all.
    NoHandler(String),
}

/// Runs a check. `on_progress` is called with the whole report whenever a line has changed. `stop` ends it early.
pub async fn run(
    plan: Arc<Plan>,
    client: Arc<Client>,
    stop: CancellationToken,
    on_progress: impl Fn(&Report),
) -> Report {
    let mut battery = Battery::new(plan, client, on_progress);
    let stopped = tokio::select! {
        () = battery.go() => false,
        () = stop.cancelled() => true,
    };
    battery.end(stopped)
}

struct Battery<F> {
    bench: Arc<Bench>,
    cases: Arc<Vec<Case>>,
    report: Report,
    started: Instant,
    standings: [(Scheme, Standing); 3],
    on_progress: F,
}

impl<F: Fn(&Report)> Battery<F> {
    fn new(plan: Arc<Plan>, client: Arc<Client>, on_progress: F) -> Self {
        let cases = cases::all(&plan);
        let mut report = Report {
            url: plan.target.url().to_owned(),
            progress: Progress::Running,
            problem: None,
            started_ms: (plan.now)().saturating_mul(1000),
            took_ms: 0,
            keys: plan.key_names(),
            lines: cases.iter().map(Case::line).collect(),
            passed: 0,
            failed: 0,
            open: 0,
            skipped: 0,
            latency: None,
        };
        report.count();
        Self {
            bench: Arc::new(Bench::new(plan, client)),
            cases: Arc::new(cases),
            report,
            started: Instant::now(),
            standings: [Scheme::V1, Scheme::V1a, Scheme::Jwt].map(|scheme| (scheme, Standing::Unasked)),
            on_progress,
        }
    }

    async fn go(&mut self) {
        if !self.first().await {
            return;
        }
        let side_by_side = self.in_time().await;
        self.deliveries(side_by_side).await;
        self.the_rest().await;
        self.conclude();
    }

    fn end(mut self, stopped: bool) -> Report {
        if self.report.progress == Progress::Running {
            self.report.progress = if stopped { Progress::Stopped } else { Progress::Done };
        }
        for line in &mut self.report.lines {
            if line.state == State::Running {
                line.state = State::Waiting;
            }
        }
        self.tell();
        self.report
    }

    fn tell(&mut self) {
        self.report.took_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.report.count();
        (self.on_progress)(&self.report);
    }

    fn index(&self, id: &str) -> Option<usize> {
        self.cases.iter().position(|case| case.id == id)
    }

    fn is_waiting(&self, index: usize) -> bool {
        self.report.lines.get(index).is_some_and(|line| line.state == State::Waiting)
    }

    fn start(&mut self, index: usize) {
        if let Some(line) = self.report.lines.get_mut(index) {
            line.state = State::Running;
        }
        self.tell();
    }

    fn finish(&mut self, index: usize, outcome: Outcome) {
        if let Some(line) = self.report.lines.get_mut(index) {
            line.state = outcome.state;
            line.got = Some(outcome.got);
            line.status = outcome.status;
            line.took_us = outcome.took.map(micros);
            if let Some(mend) = outcome.mend {
                mend.clone_into(&mut line.mend);
            }
        }
        self.tell();
    }

    fn skip(&mut self, index: usize, why: &str) {
        self.finish(index, Outcome::new(State::Skipped, why));
    }

    /// One line, from its start to its end.
    async fn line(&mut self, index: usize, scheme: Scheme) -> Option<Outcome> {
        let cases = self.cases.clone();
        let case = cases.get(index)?;
        self.start(index);
        let (outcome, latency) = self.bench.run(case, scheme).await;
        self.report.latency = latency.or(self.report.latency);
        self.finish(index, outcome.clone());
        Some(outcome)
    }

    fn standing(&self, scheme: Scheme) -> &Standing {
        let found = self.standings.iter().find(|(one, _)| *one == scheme);
        found.map_or(&Standing::Unasked, |(_, standing)| standing)
    }

    /// What lines that belong to no scheme are signed by.
    fn carrier(&self) -> Option<Scheme> {
        self.standings.iter().find(|(_, standing)| *standing == Standing::Takes).map(|(scheme, _)| *scheme)
    }

    /// Why there is no such scheme.
    fn no_carrier(&self) -> String {
        let why = self.standings.iter().find_map(|(_, standing)| match standing {
            Standing::Not(why) | Standing::Silent(why) | Standing::NoHandler(why) => Some(why.clone()),
            Standing::Unasked | Standing::Takes => None,
        });
        why.unwrap_or_else(|| "There is nothing to sign it with.".to_owned())
    }

    /// How long one takes by itself. Gives how many are sent side by side from then on.
    async fn in_time(&mut self) -> usize {
        let Some(index) = self.index("answers_in_time") else { return 1 };
        let silent = self.standings.iter().find_map(|(_, standing)| match standing {
            Standing::Silent(why) => Some(why.clone()),
            _ => None,
        });
        let Some(scheme) = self.carrier() else {
            match silent {
                Some(why) => self.finish(index, Outcome::new(State::Failed, why)),
                None => self.skip(index, &self.no_carrier()),
            }
            return 1;
        };
        let took = match self.line(index, scheme).await {
            Some(outcome) if outcome.is_taken() => outcome.took.unwrap_or_default(),
            _ => Duration::ZERO,
        };
        let late = took > super::FEW_SECONDS;
        self.bench.slow.store(late, Ordering::Relaxed);
        if took > SLOW { SIDE_BY_SIDE } else { 1 }
    }

    /// All that has no need of being alone.
    async fn deliveries(&mut self, side_by_side: usize) {
        let cases = self.cases.clone();
        let mut sending: JoinSet<(usize, Outcome)> = JoinSet::new();
        for (index, case) in cases.iter().enumerate() {
            let alone = match case.act {
                Act::Send(_) => false,
                Act::Burst | Act::InTime | Act::RefusesAnything => true,
                // They need not wait for one another, and at an endpoint that is slow they are not to.
                Act::Twice | Act::HandledOnce | Act::HandledOnceAtOnce | Act::Slowly | Act::Get | Act::EmptyPost => {
                    side_by_side == 1
                }
            };
            if alone || !self.is_waiting(index) {
                continue;
            }
            let scheme = match self.may(case) {
                Ok(scheme) => scheme,
                Err(why) => {
                    self.skip(index, &why);
                    continue;
                }
            };
            self.start(index);
            let (bench, cases) = (self.bench.clone(), cases.clone());
            sending.spawn(async move {
                match cases.get(index) {
                    Some(case) => (index, bench.run(case, scheme).await.0),
                    None => (index, Outcome::new(State::Skipped, "")),
                }
            });
            while sending.len() >= side_by_side {
                self.next(&mut sending).await;
            }
        }
        while !sending.is_empty() {
            self.next(&mut sending).await;
        }
    }

    async fn next(&mut self, sending: &mut JoinSet<(usize, Outcome)>) {
        if let Some(Ok((index, outcome))) = sending.join_next().await {
            let outcome = self.settled(index, outcome);
            self.finish(index, outcome);
        }
    }

    /// A forgery that is refused says nothing where the genuine one is refused, too.
    fn settled(&self, index: usize, outcome: Outcome) -> Outcome {
        let refused = outcome.state == State::Passed;
        let case = self.cases.get(index).filter(|case| refused && case.wants == Wants::Refuse);
        match case.and_then(|case| case.scheme).map(|scheme| self.standing(scheme)) {
            Some(Standing::Not(why)) => {
                let got = format!("It is refused, as the genuine one is, and that says nothing. {why}");
                Outcome { state: State::Skipped, got, ..outcome }
            }
            _ => outcome,
        }
    }

    /// What a case is signed by, or why it is skipped.
    fn may(&self, case: &Case) -> Result<Scheme, String> {
        let nowhere = self.standings.iter().find_map(|(_, standing)| match standing {
            Standing::NoHandler(why) => Some(why.clone()),
            _ => None,
        });
        if let Some(why) = nowhere {
            return Err(why);
        }
        let Some(scheme) = case.scheme else {
            let carrier = self.carrier().ok_or_else(|| self.no_carrier())?;
            return if case.id == "json_reprinted" && carrier == Scheme::Jwt {
                Err("A token does not cover the body.".to_owned())
            } else {
                Ok(carrier)
            };
        };
        match self.standing(scheme) {
            Standing::Not(why) | Standing::Silent(why) if case.wants == Wants::Take => Err(why.clone()),
            _ => Ok(scheme),
        }
    }

    /// Repeats, load, and what is no delivery.
    async fn the_rest(&mut self) {
        for index in 0..self.cases.len() {
            let cases = self.cases.clone();
            let Some(case) = cases.get(index).filter(|_| self.is_waiting(index)) else { continue };
            match case.act {
                Act::RefusesAnything => {}
                Act::Get | Act::EmptyPost if self.carrier().is_none() => match self.may(case) {
                    Err(why) if self.standings.iter().any(|(_, one)| matches!(one, Standing::NoHandler(_))) => {
                        self.skip(index, &why);
                    }
                    _ => drop(self.line(index, Scheme::V1).await),
                },
                _ => match self.may(case) {
                    Ok(scheme) => drop(self.line(index, scheme).await),
                    Err(why) => self.skip(index, &why),
                },
            }
        }
    }

    /// What all forgeries together say.
    fn conclude(&mut self) {
        let Some(index) = self.index("refuses_anything") else { return };
        let forged = self.cases.iter().zip(&self.report.lines).filter(|(case, _)| case.wants == Wants::Refuse);
        let sent: Vec<(&str, u16)> = forged.filter_map(|(case, line)| Some((case.id.as_str(), line.status?))).collect();
        if self.carrier().is_none() || sent.is_empty() {
            return self.skip(index, "It takes nothing, so that nothing can be said about what it refuses.");
        }
        let (state, got) = on_the_whole(&sent);
        self.finish(index, Outcome::new(state, got));
    }
}

/// What the answers to all forgeries say together: by id, the status of each that was answered.
fn on_the_whole(sent: &[(&str, u16)]) -> (State, String) {
    let is_taken = |status: &u16| (200..300).contains(status);
    let (taken, all) = (sent.iter().filter(|(_, status)| is_taken(status)).count(), sent.len());
    // Others may crash on what they do not even look at.
    let plainest = || sent.iter().filter(|(id, _)| PLAINEST.iter().any(|name| id.ends_with(name)));
    match plainest().count() {
        // All were taken, and the ones that would settle it were not answered.
        0 if taken == all => {
            let got =
                format!("Took {taken} of {all}; the plainest forgeries got no answer, so that it cannot be said.");
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
