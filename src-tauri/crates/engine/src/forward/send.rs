//! Sending what a lane says, and the target's own answer for the sender.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use inbound::{Committed, Ending, Given};
use outbound::{Bounds, Exchange, ProblemCode, Recipe, Request};
use store::{AnsweredBy, Complaints, NewOutbound, OutboundKind};
use tokio::sync::mpsc;

use super::lane::{Ended, GIVES_UP, Lane, Next, Turn};
use crate::dto::{ForwardAnswer, ForwardRule, Outbound, ReplaySign};
use crate::engine::Engine;
use crate::error::{Code, Error, Result};
use crate::replay::{not_composed, received, sent_outbound, shown_outbound, unsent_outbound};

/// Statuses with which a target asks to be left alone for a while.
const LATER: [u16; 4] = [429, 502, 503, 504];
/// Tries that are all kept; after them only every doubling.
const KEPT_TRIES: u32 = 5;
/// How long requests that are under way may go on when the app ends.
const GRACE: Duration = Duration::from_secs(2);
const BAD_GATEWAY: u16 = 502;
const GATEWAY_TIMEOUT: u16 = 504;
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
                        engine.forward_one(&lane, id, number).await;
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

    async fn forward_one(&self, lane: &Lane, id: i64, number: u32) {
        let rule = lane.rule();
        let stopped = async {
            self.inner.stop.cancelled().await;
            // What is under way at the end may come to its own: otherwise it is sent once more at the next start.
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
                lane.ended(id, ended, view, self.now_ms());
            }
            Ok(None) => lane.ended(id, Ended::Gone, None, self.now_ms()),
            Err(error) => {
                let complaints = self.inner.store.complaints();
                lane.ended(id, not_forwarded(error, number, complaints), None, self.now_ms());
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
        self.not_to_ourselves(&rule.url)?;
        let allowed = self.allowed(&rule.url).await?;
        let found = self.inner.store.outbounds().sendable(&[id]).await?;
        let Some(delivery) = found.into_iter().next() else { return Ok(None) };
        let recipe = self.forward_recipe(rule).await?;
        let random = &self.inner.replays.random;
        let at_ms = self.now_ms();
        let composed = outbound::compose(&received(&delivery), &recipe, &allowed.target, self.now_s(), random);
        let composed = match composed.map_err(not_composed) {
            // It never becomes whole: it is settled, and says why.
            Err(error) if error.code == Code::BodyIncomplete => {
                let exchange = not_exchanged(ProblemCode::BodyIncomplete, error.message.clone());
                let kind = OutboundKind::Forward;
                let mut outbound = unsent_outbound(&delivery, &allowed.target, number, at_ms, error, kind);
                outbound.settled = true;
                return Ok(Some((Sent { outbound, ended: Ended::Settled { status: None } }, exchange)));
            }
            composed => composed?,
        };
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
            Err(error) => not_exchanged(ProblemCode::HoldsSecret, error.message),
        };
        let ended = ended(&exchange, number);
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
                let what = "a request that was forwarded could not be kept";
                self.inner.store.complaints().error(what, error.code(), &error, Instant::now());
                None
            }
        }
    }

    /// The target's own answer to a delivery that its sender waits for.
    pub(crate) async fn forwarded_answer(&self, turn: Turn, committed: Committed) -> Given {
        let rule = turn.lane().rule();
        let timeout_ms = match rule.answer {
            ForwardAnswer::Target { timeout_ms } => timeout_ms,
            // Switched over in this moment: the usual answer, and it waits like the others.
            ForwardAnswer::AtOnce => {
                let verified = committed.outcome == signature::Outcome::Verified;
                let given = given_by(&rule, committed.status);
                let lane = turn.release();
                lane.offer(committed.id, committed.event, verified);
                return given;
            }
        };
        let started = Instant::now();
        let whole = Duration::from_millis(u64::from(timeout_ms));
        if tokio::time::timeout(whole, turn.come()).await.is_err() {
            return given_by(&rule, GATEWAY_TIMEOUT);
        }
        let time = whole.saturating_sub(started.elapsed());
        let bounds = Bounds { time, kept: PASSED_ON, ..Bounds::default() };
        match self.forward(&rule, committed.id, 1, bounds).await {
            Ok(Some((Sent { mut outbound, .. }, exchange))) => {
                // The sender tries again, not we.
                outbound.settled = true;
                if let Some(answer) = &mut outbound.answer {
                    answer.body.truncate(Bounds::default().kept);
                }
                if let Some(view) = self.keep_forward(outbound).await {
                    turn.lane().answered(view);
                }
                passed_on(&rule, exchange)
            }
            Ok(None) => given_by(&rule, BAD_GATEWAY),
            Err(error) => {
                let what = "a delivery could not be forwarded for its answer";
                self.inner.store.complaints().warn(what, "forward", &error, Instant::now());
                given_by(&rule, BAD_GATEWAY)
            }
        }
    }
}

/// The target's answer for the sender. One that is not whole goes on without its body: cut off, it would look whole.
fn passed_on(rule: &ForwardRule, exchange: Exchange) -> Given {
    const OF_THE_BODY: [&str; 7] =
        ["content-type", "content-encoding", "content-range", "content-md5", "digest", "etag", "last-modified"];
    let whole = exchange.problem.is_none();
    match (exchange.answer, exchange.problem) {
        (Some(answer), _) if answer.status >= 200 => {
            let whole = whole && answer.body_len == answer.body.len() as u64;
            let mut headers = outbound::for_another_connection(answer.headers);
            headers.retain(|(name, _)| whole || !OF_THE_BODY.contains(&name.as_str()));
            let body = if whole { answer.body.into() } else { Bytes::new() };
            Given { headers, body, ..given_by(rule, answer.status) }
        }
        (None, Some(problem)) if problem.code == ProblemCode::TimedOut => given_by(rule, GATEWAY_TIMEOUT),
        _ => given_by(rule, BAD_GATEWAY),
    }
}

fn given_by(rule: &ForwardRule, status: u16) -> Given {
    Given {
        status: Some(status),
        headers: Vec::new(),
        body: Bytes::new(),
        ending: Ending::Whole,
        by: AnsweredBy::Target,
        what: rule.url.clone(),
    }
}

/// What keeps a rule from working keeps all of its deliveries; anything else is about one of them.
fn not_forwarded(error: Error, number: u32, complaints: &Complaints) -> Ended {
    let of_the_rule = [Code::ConfirmTarget, Code::NoSecret, Code::NoSandbox, Code::InvalidTarget, Code::InvalidForward];
    if of_the_rule.contains(&error.code) {
        return Ended::Down { why: error.message };
    }
    if number >= GIVES_UP {
        complaints.error("a delivery could not be forwarded and is given up", "forward", &error, Instant::now());
        return Ended::Gone;
    }
    Ended::Later { why: error.message, retry_after: None }
}

/// As an exchange that never took place.
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
