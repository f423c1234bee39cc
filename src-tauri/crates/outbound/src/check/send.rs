//! Sends the requests of a check, and finds out what happened to those that got no answer.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::task::JoinSet;

use super::cases::Wants;
use super::forge::{Delivery, Forge, Shot};
use super::judge::{self, Outcome, judge};
use super::life::{self, CUT, ENDED, GONE, Life};
use super::{Plan, odd};
use crate::client::{Bounds, Client, Exchange, Request};

/// How the body is split into pieces.
const PIECES: usize = 8;
const DRIPPED: Duration = Duration::from_secs(2);
/// How long to look for the delivery that ended the endpoint.
const SEARCH: Duration = Duration::from_secs(10);

/// Everything needed for sending. A clone serves another line of the same check.
#[derive(Clone)]
pub(super) struct Bench {
    pub(super) plan: Arc<Plan>,
    client: Arc<Client>,
    pub(super) forge: Arc<Forge>,
    /// Texts that must not be shown if an endpoint repeats them.
    secrets: Arc<Vec<String>>,
    /// Whether a single answer already takes too long, so that a burst says nothing new about the time.
    pub(super) slow: Arc<AtomicBool>,
    pub(super) life: Arc<Life>,
    /// The line that is being sent.
    line: Arc<str>,
}

impl Bench {
    pub(super) fn new(plan: Arc<Plan>) -> Self {
        let named = [&plan.secret, &plan.old_secret].into_iter().flatten();
        let secrets = named.map(|named| named.secret.text().trim_start_matches("whsec_").to_owned()).collect();
        Self {
            client: Arc::new(Client::with_a_connection_each()),
            forge: Arc::new(Forge::new(&plan)),
            secrets: Arc::new(secrets),
            slow: Arc::new(AtomicBool::new(false)),
            life: Arc::new(Life::new(plan.restart)),
            line: "".into(),
            plan,
        }
    }

    /// For the line with this id.
    pub(super) fn of(&self, line: &str) -> Self {
        Self { line: line.into(), ..self.clone() }
    }

    pub(super) fn judge(&self, wants: Wants, exchange: &Exchange) -> Outcome {
        let code = exchange.problem.as_ref().map(|problem| problem.code);
        match (code, self.life.over()) {
            (Some(GONE), Some(over)) => Outcome::skipped(judge::gone(&over), over.as_ref()),
            _ => judge(wants, exchange, &self.secrets),
        }
    }

    pub(super) async fn deliver(&self, delivery: &Delivery) -> Exchange {
        self.send(Shot::Post(delivery.clone())).await
    }

    /// Sends one. If it gets no answer, finds out why: see [`life`].
    pub(super) async fn send(&self, shot: Shot) -> Exchange {
        let exchange = {
            let _among_others = self.life.gate.read().await;
            if self.life.over().is_some() {
                return self.gone();
            }
            self.shoot(&shot).await
        };
        if !life::is_lost(&exchange) {
            self.life.answered(&self.line, shot);
            return exchange;
        }
        let _alone = self.life.gate.write().await;
        if self.life.over().is_some() {
            return self.gone();
        }
        self.settle(shot, exchange).await
    }

    /// Sends all at the same moment. Which of them ended the endpoint cannot be determined, and is not reported.
    pub(super) async fn volley(&self, deliveries: Vec<Delivery>) -> Vec<Exchange> {
        let _alone = self.life.gate.write().await;
        if self.life.over().is_some() {
            return vec![self.gone()];
        }
        let mut exchanges = self.at_once(&deliveries).await;
        let target = &self.plan.target;
        if !exchanges.iter().any(life::is_lost) || life::listens(target).await {
            return exchanges;
        }
        let back = self.life.comes_back(target).await;
        if self.life.last().is_some() && exchanges.iter().all(life::was_not_reached) {
            // It had ended before any of them arrived.
            let Some(first) = exchanges.first().filter(|_| back.is_none()) else {
                self.blame_one_before().await;
                return self.at_once(&deliveries).await;
            };
            return vec![self.ended_for_good(true, first)];
        }
        if back.is_none() {
            self.life.ends(&self.line);
        }
        let said = format!("Your handler ended under them. {}", self.life.return_words(back));
        for exchange in exchanges.iter_mut().filter(|exchange| life::is_lost(exchange)) {
            *exchange = life::said(ENDED, said.clone(), exchange);
        }
        exchanges
    }

    async fn at_once(&self, deliveries: &[Delivery]) -> Vec<Exchange> {
        let mut sending = JoinSet::new();
        for delivery in deliveries {
            let (bench, shot) = (self.clone(), Shot::Post(delivery.clone()));
            sending.spawn(async move { bench.shoot(&shot).await });
        }
        sending.join_all().await
    }

    async fn shoot(&self, shot: &Shot) -> Exchange {
        let Plan { target, any_certificate, timeout, .. } = &*self.plan;
        match shot {
            Shot::Get => odd::get(target, *any_certificate, *timeout).await,
            Shot::Drip(delivery) => {
                odd::drip(target, *any_certificate, *timeout + DRIPPED, delivery, PIECES, DRIPPED).await
            }
            Shot::Post(Delivery { headers, body, .. }) => self.post(headers.clone(), body.clone()).await,
            Shot::Bare => self.post(Vec::new(), Bytes::new()).await,
        }
    }

    async fn post(&self, headers: Vec<(String, Vec<u8>)>, body: Bytes) -> Exchange {
        let Plan { target, any_certificate, timeout, .. } = &*self.plan;
        let request = Request { target: target.clone(), headers, body, any_certificate: *any_certificate };
        self.client.send(request, Bounds { time: *timeout, ..Bounds::default() }).await
    }

    /// What happened to one that got no answer. Nothing else is under way.
    async fn settle(&self, shot: Shot, first: Exchange) -> Exchange {
        let target = &self.plan.target;
        let unreached = life::was_not_reached(&first);
        if unreached && self.life.last().is_none() {
            // Nobody was ever there.
            return first;
        }
        let down = !life::listens(target).await;
        if down && self.life.comes_back(target).await.is_none() {
            return self.ended_for_good(unreached, &first);
        }
        let again = self.shoot(&shot).await;
        if life::is_lost(&again) {
            if life::listens(target).await {
                return life::said(CUT, judge::cut(target), &again);
            }
            return self.ended_again(&again).await;
        }
        // It was not this one, or something that does not recur. The one before may have ended it, after its answer.
        if down {
            self.blame_one_before().await;
        }
        if self.life.over().is_none() {
            self.life.answered(&self.line, shot);
        }
        again
    }

    /// It has ended, and does not come back.
    fn ended_for_good(&self, unreached: bool, exchange: &Exchange) -> Exchange {
        let words = self.life.return_words(None);
        match self.life.last() {
            Some(before) if unreached => {
                self.life.ends(&before);
                self.life.ended_late(before, format!("{} {words}", judge::PERHAPS_LATE));
                self.gone()
            }
            _ => {
                self.life.ends(&self.line);
                life::said(ENDED, format!("{} {words}", judge::ENDED_HERE), exchange)
            }
        }
    }

    /// This delivery ended it a second time.
    async fn ended_again(&self, exchange: &Exchange) -> Exchange {
        let back = self.life.comes_back(&self.plan.target).await;
        if back.is_none() {
            self.life.ends(&self.line);
        }
        let words = self.life.return_words(back);
        life::said(ENDED, format!("{} {words} Sent again, it ended it again.", judge::ENDED_HERE), exchange)
    }

    /// Sends the previous ones again, newest first, and checks whether the endpoint ends after one of them. Possibly
    /// none does: it may have been restarted by hand.
    async fn blame_one_before(&self) {
        let (target, since) = (&self.plan.target, Instant::now());
        for (before, shot) in self.life.recent() {
            if since.elapsed() > SEARCH {
                return;
            }
            let exchange = self.shoot(&shot).await;
            if life::is_lost(&exchange) || Life::ends_afterwards(target).await {
                let back = self.life.comes_back(target).await;
                if back.is_none() {
                    self.life.ends(&before);
                }
                return self.life.ended_late(before, format!("{} {}", judge::LATE, self.life.return_words(back)));
            }
        }
    }

    fn gone(&self) -> Exchange {
        let line = self.life.over().unwrap_or_else(|| self.line.clone());
        let nothing = Exchange { answer: None, problem: None, total: Duration::ZERO };
        life::said(GONE, judge::gone(&line), &nothing)
    }
}
