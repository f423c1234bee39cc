//! The order of a check, and what depends on what.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use signature::Scheme;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::act::micros;
use super::cases::{self, Act, Case, Wants};
use super::judge::Outcome;
use super::send::Bench;
use super::{Cause, Plan, Progress, Report, State, judge};

mod conclude;
mod first;

/// If one takes longer than this, one after another would take minutes.
const SLOW: Duration = Duration::from_secs(2);
/// How many are sent at once to a slow endpoint.
const SIDE_BY_SIDE: usize = 16;

/// How an endpoint treats a scheme, judged by its plain delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Standing {
    /// Not requested.
    Unasked,
    /// It accepts it.
    Takes,
    /// It does not accept it, so nothing can be built on it. Holds why a line is skipped, and the class of the answer
    /// (4 for 4xx, 0 for none).
    Not(Why, u16),
    /// It gives no answer in time; as above.
    Silent(Why),
    /// There is no handler; as above, for all schemes.
    NoHandler(Why),
}

/// Why a line is skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Why {
    text: String,
    /// The line that failed.
    cause: Option<String>,
}

impl Why {
    fn of(text: impl Into<String>, cause: &str) -> Self {
        Self { text: text.into(), cause: Some(cause.to_owned()) }
    }

    fn alone(text: impl Into<String>) -> Self {
        Self { text: text.into(), cause: None }
    }
}

/// Runs a check. Calls `on_progress` with the whole report whenever a line has changed. `stop` ends it early.
pub async fn run(plan: Arc<Plan>, stop: CancellationToken, on_progress: impl Fn(&Report)) -> Report {
    let mut battery = Battery::new(plan, on_progress);
    let stopped = stop.run_until_cancelled(battery.go()).await.is_none();
    battery.end(stopped)
}

struct Battery<F> {
    bench: Bench,
    cases: Arc<Vec<Case>>,
    report: Report,
    started: Instant,
    standings: [(Scheme, Standing); 3],
    on_progress: F,
}

impl<F: Fn(&Report)> Battery<F> {
    fn new(plan: Arc<Plan>, on_progress: F) -> Self {
        let cases = cases::all(&plan);
        let mut report = Report {
            url: plan.target.url().to_owned(),
            progress: Progress::Running,
            problem: None,
            started_ms: (plan.now)().saturating_mul(1000),
            took_ms: 0,
            keys: plan.key_names(),
            causes: Vec::new(),
            lines: cases.iter().map(Case::line).collect(),
            passed: 0,
            failed: 0,
            open: 0,
            skipped: 0,
            latency: None,
        };
        report.count();
        Self {
            bench: Bench::new(plan),
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
        self.put(index, outcome);
        for (id, said) in self.bench.life.take_late() {
            // Either that line was finished, or it is this one.
            if let Some(index) = self.index(&id) {
                let line = self.report.lines.get(index);
                let status = line.and_then(|line| line.status);
                self.put(index, Outcome { status, ..judge::late(said) });
            }
        }
        self.tell();
    }

    fn put(&mut self, index: usize, outcome: Outcome) {
        let Some(line) = self.report.lines.get_mut(index) else { return };
        line.state = outcome.state;
        line.got = Some(outcome.got);
        line.status = outcome.status;
        line.took_us = outcome.took.map(micros);
        line.cause = outcome.cause;
        if let Some(mend) = outcome.mend {
            line.mend = mend.into_owned();
        }
        if outcome.ended {
            let (id, what) = (line.id.clone(), format!("This delivery ended your handler: {}.", line.title));
            self.blame(&id, what);
        }
    }

    /// Makes this line the cause of others. How to fix it is part of the line.
    fn blame(&mut self, id: &str, what: impl Into<String>) {
        let mend = self.report.line(id).map(|line| line.mend.clone()).unwrap_or_default();
        let cause = Cause { line: id.to_owned(), what: what.into(), mend, skipped: 0 };
        match self.report.causes.iter_mut().find(|known| known.line == id) {
            Some(known) => *known = cause,
            None => self.report.causes.push(cause),
        }
    }

    fn skip(&mut self, index: usize, why: &Why) {
        self.finish(index, Outcome { cause: why.cause.clone(), ..Outcome::new(State::Skipped, why.text.clone()) });
    }

    /// One line, from its start to its end.
    async fn line(&mut self, index: usize, scheme: Scheme) -> Option<Outcome> {
        let cases = self.cases.clone();
        let case = cases.get(index)?;
        self.start(index);
        let (outcome, latency) = self.bench.run(case, scheme).await;
        let outcome = self.settled(index, outcome);
        self.report.latency = latency.or(self.report.latency);
        self.finish(index, outcome.clone());
        Some(outcome)
    }

    fn standing(&self, scheme: Scheme) -> &Standing {
        let found = self.standings.iter().find(|(one, _)| *one == scheme);
        found.map_or(&Standing::Unasked, |(_, standing)| standing)
    }

    /// What signs lines that belong to no scheme.
    fn carrier(&self) -> Option<Scheme> {
        self.standings.iter().find(|(_, standing)| *standing == Standing::Takes).map(|(scheme, _)| *scheme)
    }

    /// Why there is no such scheme.
    fn no_carrier(&self) -> Why {
        let why = self.standings.iter().find_map(|(_, standing)| match standing {
            Standing::Not(why, _) | Standing::Silent(why) | Standing::NoHandler(why) => Some(why.clone()),
            Standing::Unasked | Standing::Takes => None,
        });
        why.unwrap_or_else(|| Why::alone("There is nothing to sign it with."))
    }

    /// Measures how long one takes by itself. Returns how many are then sent side by side.
    async fn in_time(&mut self) -> usize {
        let Some(index) = self.index("answers_in_time") else { return 1 };
        let silent = self.standings.iter().find_map(|(_, standing)| match standing {
            Standing::Silent(why) => Some(why.clone()),
            _ => None,
        });
        let Some(scheme) = self.carrier() else {
            match silent {
                Some(why) => {
                    let outcome = Outcome::new(State::Failed, why.text);
                    self.finish(index, outcome);
                    self.blame(
                        "answers_in_time",
                        "Your handler does not answer in time, not even to a plain good delivery.",
                    );
                }
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

    /// Everything that does not have to be alone.
    async fn deliveries(&mut self, side_by_side: usize) {
        let cases = self.cases.clone();
        let mut sending: JoinSet<(usize, Outcome)> = JoinSet::new();
        for (index, case) in cases.iter().enumerate() {
            let alone = match case.act {
                Act::Send(_) => false,
                Act::Burst | Act::InTime | Act::RefusesAnything => true,
                // They do not depend on each other, and a slow endpoint should not make them wait for each other.
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

    /// An answer that equals that of the genuine delivery, which is not accepted either, proves nothing.
    fn settled(&self, index: usize, outcome: Outcome) -> Outcome {
        let Some(case) = self.cases.get(index) else { return outcome };
        if outcome.is_taken() || outcome.silent || outcome.state == State::Skipped {
            return outcome;
        }
        let (why, class) = match (case.scheme, self.carrier()) {
            (Some(scheme), _) => match self.standing(scheme) {
                Standing::Not(why, class) => (why, *class),
                _ => return outcome,
            },
            (None, Some(_)) => return outcome,
            (None, None) => {
                let all = self.standings.iter().filter_map(|(_, standing)| match standing {
                    Standing::Not(why, class) => Some((why, *class)),
                    _ => None,
                });
                // A request that is not a delivery may be refused in any way.
                let Some(found) = all.into_iter().find(|(_, class)| *class != 4) else { return outcome };
                found
            }
        };
        let cause = why.cause.clone().unwrap_or_default();
        match outcome.class() {
            seen if seen != class => outcome,
            4 if case.wants != Wants::Refuse => outcome,
            4 => outcome
                .follows(format!("It is refused, like the genuine one, which proves nothing. {}", why.text), &cause),
            5 => {
                let status = outcome.status.unwrap_or_default();
                outcome.follows(format!("Answered {status}, like the genuine one. {}", why.text), &cause)
            }
            _ => outcome.follows(format!("It got no answer, like the genuine one. {}", why.text), &cause),
        }
    }

    /// What signs a case, or why it is skipped.
    fn may(&self, case: &Case) -> Result<Scheme, Why> {
        if let Some(line) = self.bench.life.over() {
            return Err(Why::of(judge::gone(&line), &line));
        }
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
                Err(Why::alone("A token does not cover the body."))
            } else {
                Ok(carrier)
            };
        };
        match self.standing(scheme) {
            Standing::Not(why, _) | Standing::Silent(why) if case.wants == Wants::Take => Err(why.clone()),
            _ => Ok(scheme),
        }
    }

    /// Repeats, load, and requests that are not deliveries.
    async fn the_rest(&mut self) {
        for index in 0..self.cases.len() {
            let cases = self.cases.clone();
            let Some(case) = cases.get(index).filter(|_| self.is_waiting(index)) else { continue };
            match case.act {
                Act::RefusesAnything => {}
                Act::Get | Act::EmptyPost if self.carrier().is_none() => match self.may(case) {
                    Err(why)
                        if self.bench.life.over().is_some()
                            || self.standings.iter().any(|(_, one)| matches!(one, Standing::NoHandler(_))) =>
                    {
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
}
