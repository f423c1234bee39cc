//! Sends whatever a line needs, and judges the answers.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use samples::ComposeError;
use serde::Deserialize;
use signature::Scheme;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::cases::{Act, Case, Wants};
use super::forge::{Delivery, Shot};
use super::judge::Outcome;
use super::send::Bench;
use super::{FEW_SECONDS, Latency, State, odd};

/// How often a repeated message is sent at once.
const AT_ONCE: usize = 4;
/// The pause between the first attempt and a retry, in seconds.
const EARLIER: i64 = -5;
/// How long handling may take before it is checked, and how much later a second handling may follow.
const HANDLING: Duration = Duration::from_secs(3);
const LAG: Duration = Duration::from_millis(400);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

#[derive(Deserialize)]
struct Counts {
    handled: HashMap<String, u64>,
}

impl Bench {
    /// Does what the case says. `scheme` is the one it is signed with.
    pub(super) async fn run(&self, case: &Case, scheme: Scheme) -> (Outcome, Option<Latency>) {
        self.of(&case.id).act(case, scheme).await
    }

    async fn act(&self, case: &Case, scheme: Scheme) -> (Outcome, Option<Latency>) {
        let done = match &case.act {
            Act::Send(make) => self.all(case.wants, make(&self.forge, scheme)).await,
            Act::Twice => self.twice(scheme).await.map(|(_, outcome)| outcome),
            Act::HandledOnce => self.handled_once(scheme).await,
            Act::HandledOnceAtOnce => self.handled_once_at_once(scheme).await,
            Act::Slowly => self.slowly(scheme).await,
            Act::InTime => self.in_time(scheme).await,
            Act::Burst => return self.burst(scheme).await,
            Act::Get => Ok(self.got(case.wants).await),
            Act::EmptyPost => Ok(self.judge(case.wants, &self.send(Shot::Bare).await)),
            Act::RefusesAnything => Ok(Outcome::new(State::Skipped, "It is derived from the others.")),
        };
        (done.unwrap_or_else(|error| not_made(&error)), None)
    }

    async fn got(&self, wants: Wants) -> Outcome {
        let mut outcome = self.judge(wants, &self.send(Shot::Get).await);
        if outcome.status == Some(501) {
            // RFC 9110, 15.6.2: a server answers this to a method that it does not know. That is not a crash.
            outcome.state = State::Passed;
            outcome.got = "Refused it with 501: it does not know GET.".to_owned();
        }
        outcome
    }

    /// One after another, until one is wrong; all at once if one after another would take minutes.
    pub(super) async fn all(
        &self,
        wants: Wants,
        made: Result<Vec<Delivery>, ComposeError>,
    ) -> Result<Outcome, ComposeError> {
        let deliveries = made?;
        let count = deliveries.len();
        let mut passed = Outcome::new(State::Skipped, "There was nothing to send.");
        if count > 1 && self.slow.load(Ordering::Relaxed) {
            let mut sending = JoinSet::new();
            for delivery in deliveries {
                let bench = self.clone();
                sending.spawn(async move { bench.one(wants, &delivery).await });
            }
            let outcomes = sending.join_all().await;
            passed =
                outcomes.iter().find(|one| one.state != State::Passed).or(outcomes.first()).unwrap_or(&passed).clone();
        } else {
            for delivery in &deliveries {
                let outcome = self.one(wants, delivery).await;
                let took = outcome.took.max(passed.took);
                passed = Outcome { took, ..outcome };
                if passed.state != State::Passed {
                    break;
                }
            }
        }
        if count > 1 && passed.state == State::Passed {
            passed.got = format!("{} All {count} were right.", passed.got);
        }
        Ok(passed)
    }

    async fn one(&self, wants: Wants, delivery: &Delivery) -> Outcome {
        let mut outcome = self.judge(wants, &self.deliver(delivery).await);
        if outcome.state != State::Passed && outcome.cause.is_none() && !delivery.label.is_empty() {
            outcome.got = format!("{}: {}", delivery.label, outcome.got);
        }
        outcome
    }

    /// A message and its retry: its id, and the outcome.
    async fn twice(&self, scheme: Scheme) -> Result<(String, Outcome), ComposeError> {
        let (id, body) = (self.forge.id()?, self.forge.plain(scheme)?.body);
        let first = self.forge.signed_as(scheme, &id, EARLIER, body.clone())?;
        let first = self.judge(Wants::Take, &self.deliver(&first).await);
        if first.state != State::Passed {
            return Ok((id, first));
        }
        let second = self.forge.signed_as(scheme, &id, 0, body)?;
        let mut second = self.judge(Wants::Take, &self.deliver(&second).await);
        second.got = match second.state {
            State::Passed => format!("{} Both times.", second.got),
            _ => format!("Took it the first time, but not the second. {}", second.got),
        };
        Ok((id, second))
    }

    async fn handled_once(&self, scheme: Scheme) -> Result<Outcome, ComposeError> {
        let (id, sent) = self.twice(scheme).await?;
        if sent.ended || sent.cause.is_some() {
            return Ok(sent);
        }
        if sent.state != State::Passed {
            return Ok(Outcome {
                state: State::Skipped,
                got: format!("It did not take it twice. {}", sent.got),
                ..sent
            });
        }
        Ok(self.was_handled_once(&id, "twice").await)
    }

    async fn handled_once_at_once(&self, scheme: Scheme) -> Result<Outcome, ComposeError> {
        let message = self.forge.plain(scheme)?;
        let exchanges = self.volley(vec![message.clone(); AT_ONCE]).await;
        let outcomes: Vec<Outcome> = exchanges.iter().map(|one| self.judge(Wants::Take, one)).collect();
        if let Some(over) = outcomes.iter().find(|one| one.ended || one.cause.is_some()) {
            return Ok(over.clone());
        }
        // One that is turned away with 409 or 503 while the first is being handled will be sent again: no harm is done.
        if let Some(none) = outcomes.iter().find(|_| !outcomes.iter().any(Outcome::is_taken)) {
            return Ok(none.clone());
        }
        Ok(self.was_handled_once(&message.id, "four times at once").await)
    }

    /// Asks how often a message was handled, if the plan says where.
    async fn was_handled_once(&self, id: &str, sent: &str) -> Outcome {
        let Some(target) = &self.plan.handled else {
            let got = format!(
                "Answered 2xx. Whether it acted once cannot be seen from here: check how often {id}, which was sent \
                 {sent}, was handled. An address that answers GET with {{\"handled\":{{\"{id}\":1}}}} (--handled) \
                 would settle it."
            );
            return Outcome::new(State::Open, got);
        };
        let until = Instant::now() + HANDLING;
        loop {
            match self.count(target, id).await {
                Err(why) => return Outcome::new(State::Open, why),
                Ok(0) if Instant::now() < until => sleep(BETWEEN_LOOKS).await,
                Ok(0) => {
                    let got = format!(
                        "{target} does not know {id}, 3 s after it was taken: it was not handled, or not counted."
                    );
                    return Outcome::new(State::Open, got);
                }
                Ok(_) => break,
            }
        }
        sleep(LAG).await;
        match self.count(target, id).await {
            Err(why) => Outcome::new(State::Open, why),
            Ok(1) => Outcome::new(State::Passed, format!("Handled it once, and it was sent {sent}.")),
            Ok(count) => Outcome::new(State::Failed, format!("Handled it {count} times: it was sent {sent}.")),
        }
    }

    async fn count(&self, target: &crate::target::Target, id: &str) -> Result<u64, String> {
        let exchange = odd::get(target, self.plan.any_certificate, self.plan.timeout).await;
        let Some(answer) = exchange.answer else {
            let why = exchange.problem.map_or_else(String::new, |problem| problem.message);
            return Err(format!("Could not ask how often it was handled. {why}"));
        };
        match serde_json::from_slice::<Counts>(&answer.body) {
            Ok(counts) if answer.status == 200 => Ok(counts.handled.get(id).copied().unwrap_or(0)),
            _ => Err(format!(
                "{target} answered {} with something other than {{\"handled\":{{\"<webhook-id>\":<how often>}}}}.",
                answer.status
            )),
        }
    }

    async fn slowly(&self, scheme: Scheme) -> Result<Outcome, ComposeError> {
        let delivery = self.forge.plain(scheme)?;
        let mut outcome = self.judge(Wants::Take, &self.send(Shot::Drip(delivery)).await);
        if outcome.status == Some(408) {
            outcome.got = "Answered 408: it gave up before the whole body had arrived.".to_owned();
        }
        Ok(outcome)
    }

    async fn in_time(&self, scheme: Scheme) -> Result<Outcome, ComposeError> {
        let mut outcome = self.judge(Wants::Take, &self.deliver(&self.forge.plain(scheme)?).await);
        if let Some(took) = outcome.took.filter(|_| outcome.is_taken()) {
            let late = took > FEW_SECONDS;
            outcome.state = if late { State::Failed } else { State::Passed };
            outcome.got = if late {
                format!("Answered {} after {:.1} s.", outcome.status.unwrap_or_default(), took.as_secs_f64())
            } else {
                format!("Answered {} after {:.0} ms.", outcome.status.unwrap_or_default(), took.as_secs_f64() * 1000.0)
            };
        }
        Ok(outcome)
    }

    async fn burst(&self, scheme: Scheme) -> (Outcome, Option<Latency>) {
        let burst = self.plan.burst.max(1);
        let mut deliveries = Vec::new();
        for _ in 0..burst {
            match self.forge.plain(scheme) {
                Ok(delivery) => deliveries.push(delivery),
                Err(error) => return (not_made(&error), None),
            }
        }
        let outcomes: Vec<Outcome> =
            self.volley(deliveries).await.iter().map(|one| self.judge(Wants::Take, one)).collect();
        let took = outcomes.iter().filter(|outcome| outcome.is_taken()).filter_map(|outcome| outcome.took);
        let latency = Latency::of(took.map(micros).collect());
        let taken = outcomes.iter().filter(|outcome| outcome.is_taken()).count();
        let ended = outcomes.iter().find(|outcome| outcome.ended || outcome.cause.is_some());
        if let Some(bad) = ended.or_else(|| outcomes.iter().find(|outcome| !outcome.is_taken())) {
            let got = format!("Took {taken} of {burst}. {}", bad.got);
            return (Outcome { got, ..bad.clone() }, latency);
        }
        let p95 = latency.map_or(0, |latency| latency.p95_us);
        let late = p95 > micros(FEW_SECONDS) && !self.slow.load(Ordering::Relaxed);
        let state = if late { State::Failed } else { State::Passed };
        let got = match latency {
            Some(Latency { p50_us, p95_us, p99_us, max_us, .. }) => format!(
                "Took all {burst}: half of them within {}, 95 % within {}, 99 % within {}, the last after {}.",
                ms(p50_us),
                ms(p95_us),
                ms(p99_us),
                ms(max_us)
            ),
            None => format!("Took all {burst}."),
        };
        let status = outcomes.first().and_then(|outcome| outcome.status);
        let took = Some(Duration::from_micros(p95));
        (Outcome { status, took, ..Outcome::new(state, got) }, latency)
    }
}

/// The plan could not sign it.
pub(super) fn not_made(error: &ComposeError) -> Outcome {
    Outcome::new(State::Skipped, error.to_string())
}

pub(super) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn ms(us: u64) -> String {
    format!("{:.1} ms", us as f64 / 1000.0)
}
