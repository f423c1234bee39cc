//! Sending what a lane says, and the target's own answer for the sender.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use inbound::{Committed, Ending, Given};
use outbound::{Bounds, Exchange, Recipe, Request};
use store::{AnsweredBy, NewOutbound, OutboundKind};
use tokio::sync::mpsc;

use super::lane::{Ended, Lane, Next};
use crate::dto::{ForwardAnswer, ForwardRule, ForwardWhich, Outbound, ReplaySign};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::replay::{not_composed, received, sent_outbound, shown_outbound};

/// Statuses with which a target asks to be left alone for a while.
const LATER: [u16; 4] = [429, 502, 503, 504];
/// Tries that are all kept; after them only every doubling.
const KEPT_TRIES: u32 = 5;
/// Bytes of a target's own answer that are passed on.
const PASSED_ON: usize = 1024 * 1024;

/// What was sent and what came of it.
struct Sent {
    outbound: NewOutbound,
    ended: Ended,
}

impl Engine {
    /// Sends what waits in a lane until it is switched off.
    pub(super) async fn drive(&self, lane: &Arc<Lane>) {
        let opened = lane.opened();
        let (done, mut dones) = mpsc::channel::<()>(1);
        loop {
            match lane.next(opened, Instant::now()) {
                Next::End => return,
                Next::Send { id, number } => {
                    let (engine, lane, done) = (self.clone(), lane.clone(), done.clone());
                    self.inner.tasks.spawn(async move {
                        engine.forward_one(&lane, opened, id, number).await;
                        // Full: it looks again anyway.
                        let _ = done.try_send(());
                    });
                }
                Next::WaitUntil(until) => {
                    let due = async {
                        match until {
                            Some(until) => tokio::time::sleep_until(until.into()).await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        () = self.inner.stop.cancelled() => return,
                        () = lane.woken() => {}
                        _ = dones.recv() => {}
                        () = due => {}
                    }
                }
            }
        }
    }

    async fn forward_one(&self, lane: &Lane, opened: u64, id: i64, number: u32) {
        let rule = lane.rule();
        let sent = tokio::select! {
            () = self.inner.stop.cancelled() => return,
            sent = self.forward(&rule, id, number, Bounds::default()) => sent,
        };
        match sent {
            Ok(Some((sent, _))) => {
                let Sent { outbound, ended } = sent;
                let keeps = outbound.settled || number <= KEPT_TRIES || number.is_power_of_two();
                let view = if keeps { self.keep_forward(outbound).await } else { None };
                lane.ended(opened, id, ended, view, self.now_ms());
            }
            Ok(None) => lane.ended(opened, id, Ended::Gone, None, self.now_ms()),
            Err(error) => {
                let ended = Ended::Down { why: error.message, retry_after: None };
                lane.ended(opened, id, ended, None, self.now_ms());
            }
        }
    }

    /// Sends one delivery on. `None`: it is not there any more.
    async fn forward(
        &self,
        rule: &ForwardRule,
        id: i64,
        number: u32,
        bounds: Bounds,
    ) -> Result<Option<(Sent, Exchange)>> {
        let allowed = self.allowed(&rule.url).await?;
        let found = self.inner.store.outbounds().sendable(&[id]).await?;
        let Some(delivery) = found.into_iter().next() else { return Ok(None) };
        let recipe = self.forward_recipe(rule).await?;
        let random = &self.inner.replays.random;
        let composed = outbound::compose(&received(&delivery), &recipe, &allowed.target, self.now_s(), random)
            .map_err(not_composed)?;
        let at_ms = self.now_ms();
        let exchange = match self.guard().check(&composed.headers, &composed.body) {
            Ok(()) => {
                let request = Request {
                    target: allowed.target.clone(),
                    headers: composed.headers.clone(),
                    body: composed.body.clone(),
                    any_certificate: allowed.any_certificate,
                };
                self.inner.replays.client.send(request, bounds).await
            }
            Err(error) => held_back(error),
        };
        let ended = ended(&exchange);
        let mut outbound = sent_outbound(
            &delivery,
            &allowed.target,
            &composed,
            number,
            at_ms,
            exchange.clone(),
            OutboundKind::Forward,
        );
        outbound.settled = matches!(ended, Ended::Settled { .. });
        Ok(Some((Sent { outbound, ended }, exchange)))
    }

    async fn forward_recipe(&self, rule: &ForwardRule) -> Result<Recipe> {
        let Some(id) = &rule.resign else { return Ok(Recipe::default()) };
        let sign = self.sign_with(&ReplaySign::Secret { id: id.clone() }).await?;
        Ok(Recipe { time: outbound::Time::Now(0), sign, ..Recipe::default() })
    }

    async fn keep_forward(&self, outbound: NewOutbound) -> Option<Outbound> {
        let mut view = shown_outbound(&outbound);
        match self.inner.store.outbounds().add(vec![outbound]).await {
            Ok(ids) => {
                view.id = ids.first().copied().unwrap_or_default();
                // Nobody follows: nobody has to be told.
                let _ = self.inner.forwards.sent.send(view.clone());
                Some(view)
            }
            Err(error) => {
                tracing::error!(%error, "a request that was forwarded could not be kept");
                None
            }
        }
    }

    /// The target's own answer to a delivery that its sender waits for.
    pub(crate) async fn forwarded_answer(&self, lane: &Lane, committed: Committed) -> Given {
        let rule = lane.rule();
        let ForwardAnswer::Target { timeout_ms } = rule.answer else {
            return given_by(&rule, Some(committed.status), Vec::new(), Bytes::new());
        };
        let time = Duration::from_millis(u64::from(timeout_ms));
        let bounds = Bounds { time, kept: PASSED_ON, ..Bounds::default() };
        match self.forward(&rule, committed.id, 1, bounds).await {
            Ok(Some((Sent { mut outbound, .. }, exchange))) => {
                // The sender tries again, not we.
                outbound.settled = true;
                if let Some(answer) = &mut outbound.answer {
                    answer.body.truncate(Bounds::default().kept);
                }
                if let Some(view) = self.keep_forward(outbound).await {
                    lane.answered(view);
                }
                match (exchange.answer, exchange.problem) {
                    (Some(answer), _) => given_by(&rule, Some(answer.status), answer.headers, answer.body.into()),
                    (None, Some(problem)) if problem.code == "timed_out" => {
                        given_by(&rule, Some(504), Vec::new(), Bytes::new())
                    }
                    (None, _) => given_by(&rule, Some(502), Vec::new(), Bytes::new()),
                }
            }
            Ok(None) => given_by(&rule, Some(502), Vec::new(), Bytes::new()),
            Err(error) => {
                tracing::warn!(code = error.code, "a delivery could not be forwarded for its answer");
                given_by(&rule, Some(502), Vec::new(), Bytes::new())
            }
        }
    }
}

/// Whether the target answers the sender of such a delivery.
pub(crate) fn answers(rule: &ForwardRule, verified: bool) -> bool {
    rule.on && rule.answer != ForwardAnswer::AtOnce && (verified || rule.which == ForwardWhich::All)
}

fn given_by(rule: &ForwardRule, status: Option<u16>, headers: Vec<(String, Vec<u8>)>, body: Bytes) -> Given {
    Given { status, headers, body, ending: Ending::Whole, by: AnsweredBy::Target, what: rule.url.clone() }
}

/// As an exchange that never took place.
fn held_back(error: Error) -> Exchange {
    Exchange {
        answer: None,
        problem: Some(outbound::Problem { code: "holds_secret", message: error.message }),
        total: Duration::ZERO,
    }
}

fn ended(exchange: &Exchange) -> Ended {
    match (&exchange.answer, &exchange.problem) {
        (Some(answer), _) if LATER.contains(&answer.status) => Ended::Down {
            why: format!("It answered {}.", answer.status),
            retry_after: answer
                .header("retry-after")
                .and_then(|after| after.trim().parse().ok())
                .map(Duration::from_secs),
        },
        (Some(answer), _) => Ended::Settled { status: Some(answer.status) },
        (None, Some(problem)) if problem.is_down() && problem.code != "holds_secret" => {
            Ended::Down { why: problem.message.clone(), retry_after: None }
        }
        (None, _) => Ended::Settled { status: None },
    }
}
