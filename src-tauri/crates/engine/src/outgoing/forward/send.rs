//! Sends what a lane hands out.

use std::sync::Arc;
use std::time::Duration;

use outbound::forward::{Ended, GIVES_UP, Next};
use outbound::{Bounds, Exchange, ProblemCode, Recipe};
use store::{Complaints, NewOutbound, OutboundKind};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Forwards;
use super::lanes::Lane;
use crate::dto::{ForwardRule, Outbound, ReplaySign};
use crate::error::{Code, Error, Result};
use crate::outgoing::outbounds::{not_sent, sent, shown_outbound};

/// Statuses by which a target asks to be left alone for a while.
const LATER: [u16; 4] = [429, 502, 503, 504];
/// This many tries are all stored; after them, only every doubling.
const KEPT_TRIES: u32 = 5;
/// How long requests under way may go on when the app ends.
const GRACE: Duration = Duration::from_secs(2);

/// What was sent, and what follows for the lane.
pub(super) struct Sent {
    pub(super) outbound: NewOutbound,
    pub(super) ended: Ended,
}

impl Forwards {
    /// Sends what waits in a lane until it is switched off.
    pub(super) async fn drive(&self, lane: &Arc<Lane>) {
        let opened = lane.opened();
        let (done, mut dones) = mpsc::channel::<()>(1);
        loop {
            match lane.next(opened, Instant::now()) {
                Next::End => return,
                Next::Send { id, number } => {
                    let (room, lane, done) = (self.clone(), lane.clone(), done.clone());
                    self.common.spawn_to_the_end(async move {
                        room.forward_one(&lane, id, number).await;
                        // If the channel is full, the loop looks again anyway.
                        let _ = done.try_send(());
                    });
                }
                Next::WaitUntil(until) => {
                    let due = async {
                        match until {
                            Some(until) => tokio::time::sleep_until(until).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        () = self.common.stop().cancelled() => return,
                        () = lane.woken() => {}
                        _ = dones.recv() => {}
                        () = due => {}
                    }
                }
            }
        }
    }

    async fn forward_one(&self, lane: &Lane, id: i64, number: u32) {
        let rule = lane.rule();
        let stopped = async {
            self.common.stop().cancelled().await;
            // Let what is under way at the end finish: otherwise the next start sends it once more.
            tokio::time::sleep(GRACE).await;
        };
        let sent = tokio::select! {
            () = stopped => return,
            sent = self.forward(&rule, id, number, Bounds::default()) => sent,
        };
        match sent {
            Ok(Some((Sent { outbound, ended }, _))) => {
                let keeps = outbound.settled || number <= KEPT_TRIES || number.is_power_of_two();
                let view = if keeps { self.keep_forward(outbound).await } else { None };
                lane.ended(id, ended, view, Instant::now(), self.common.now_ms());
            }
            Ok(None) => lane.ended(id, Ended::Gone, None, Instant::now(), self.common.now_ms()),
            Err(error) => {
                let complaints = self.common.store().complaints();
                lane.ended(id, not_forwarded(error, number, complaints), None, Instant::now(), self.common.now_ms());
            }
        }
    }

    /// Sends one delivery on. `None`: it is no longer in the history.
    pub(super) async fn forward(
        &self,
        rule: &ForwardRule,
        id: i64,
        number: u32,
        bounds: Bounds,
    ) -> Result<Option<(Sent, Exchange)>> {
        self.not_to_ourselves(&rule.url)?;
        let allowed = self.targets.allowed(&rule.url).await?;
        let found = self.common.store().outbounds().sendable(&[id]).await?;
        let Some(delivery) = found.into_iter().next() else { return Ok(None) };
        let recipe = self.forward_recipe(rule).await?;
        let at_ms = self.common.now_ms();
        let composed = match self.sending.compose(&delivery, &recipe, &allowed.target) {
            // The body will never be complete: settle it, and say why.
            Err(error) if error.code == Code::BodyIncomplete => {
                let exchange = not_exchanged(ProblemCode::BodyIncomplete, error.message.clone());
                let kind = OutboundKind::Forward;
                let mut outbound = not_sent(&delivery, &allowed.target, number, at_ms, error, kind);
                outbound.settled = true;
                return Ok(Some((Sent { outbound, ended: Ended::Settled { status: None } }, exchange)));
            }
            composed => composed?,
        };
        let exchange = match self.sending.send(&composed, &allowed, &self.sending.guard(), bounds).await {
            Ok(exchange) => exchange,
            Err(error) => not_exchanged(ProblemCode::HoldsSecret, error.message),
        };
        let ended = ended(&exchange, number);
        let mut outbound =
            sent(&delivery, &allowed.target, &composed, number, at_ms, exchange.clone(), OutboundKind::Forward);
        outbound.settled = matches!(ended, Ended::Settled { .. });
        Ok(Some((Sent { outbound, ended }, exchange)))
    }

    async fn forward_recipe(&self, rule: &ForwardRule) -> Result<Recipe> {
        let Some(id) = &rule.resign else { return Ok(Recipe::default()) };
        let sign = self.sending.sign_with(&ReplaySign::Secret { id: id.clone() }).await?;
        Ok(Recipe { time: outbound::Time::Now(0), sign, ..Recipe::default() })
    }

    pub(super) async fn keep_forward(&self, outbound: NewOutbound) -> Option<Outbound> {
        let mut view = shown_outbound(&outbound);
        match self.common.store().outbounds().add(vec![outbound]).await {
            Ok(ids) => {
                view.id = ids.first().copied().unwrap_or_default();
                // An error only means that nobody follows.
                let _ = self.sent.send(view.clone());
                Some(view)
            }
            Err(error) => {
                let what = "a forwarded request could not be stored";
                self.common.store().complaints().error(what, error.code(), &error, std::time::Instant::now());
                None
            }
        }
    }
}

/// An error of the rule holds back all of its deliveries; any other is about this one.
fn not_forwarded(error: Error, number: u32, complaints: &Complaints) -> Ended {
    let of_the_rule = [Code::ConfirmTarget, Code::NoSecret, Code::NoSandbox, Code::InvalidTarget, Code::InvalidForward];
    if of_the_rule.contains(&error.code) {
        return Ended::Down { why: error.message };
    }
    if number >= GIVES_UP {
        complaints.error("Pollux gave up forwarding a delivery", "forward", &error, std::time::Instant::now());
        return Ended::Gone;
    }
    Ended::Later { why: error.message, retry_after: None }
}

/// The failure as an exchange that never took place.
fn not_exchanged(code: ProblemCode, message: String) -> Exchange {
    Exchange { answer: None, problem: Some(outbound::Problem { code, message }), total: Duration::ZERO }
}

fn ended(exchange: &Exchange, number: u32) -> Ended {
    let gives_up = number >= GIVES_UP;
    match (&exchange.answer, &exchange.problem) {
        (Some(answer), _) if LATER.contains(&answer.status) && !gives_up => Ended::Later {
            why: format!("It answered {}.", answer.status),
            retry_after: answer
                .header("retry-after")
                .and_then(|after| after.trim().parse().ok())
                .map(Duration::from_secs),
        },
        (Some(answer), _) => Ended::Settled { status: Some(answer.status) },
        (None, Some(problem)) if problem.code == ProblemCode::TimedOut && !gives_up => {
            Ended::Later { why: problem.message.clone(), retry_after: None }
        }
        (None, Some(problem))
            if problem.is_down() && ![ProblemCode::HoldsSecret, ProblemCode::TimedOut].contains(&problem.code) =>
        {
            Ended::Down { why: problem.message.clone() }
        }
        (None, _) => Ended::Settled { status: None },
    }
}
