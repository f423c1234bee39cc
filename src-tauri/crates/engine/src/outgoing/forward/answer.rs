//! Passes the target's own answer to a sender that waits for it.

use std::time::Duration;

use bytes::Bytes;
use inbound::{Committed, Ending, Given, GivenLater};
use outbound::forward::Turn;
use outbound::{Bounds, Exchange, ProblemCode};
use store::AnsweredBy;
use tokio::time::Instant;

use super::Forwards;
use super::send::Sent;
use crate::dto::{ForwardAnswer, ForwardRule, Outbound};

const BAD_GATEWAY: u16 = 502;
const GATEWAY_TIMEOUT: u16 = 504;
/// How many bytes of a target's own answer are passed on.
const PASSED_ON: usize = 1024 * 1024;

impl Forwards {
    /// Whether this project's senders get the target's own answer.
    pub(crate) fn answers(&self, project: i64) -> bool {
        self.lanes.answers(project)
    }

    /// Takes a delivery that is stored and answered by something else: the target still gets it.
    pub(crate) fn take_over(&self, committed: &Committed) {
        if let Some(lane) = self.lanes.of(committed.project) {
            lane.offer(committed.id, committed.event, committed.outcome);
        }
    }

    /// The target's own answer to a stored delivery, if the rule says so. Otherwise the delivery waits like the others.
    pub(crate) fn answer(&self, committed: &Committed) -> Option<GivenLater> {
        let lane = self.lanes.of(committed.project)?;
        let Some(turn) = lane.claim(committed.id, committed.event, committed.outcome) else {
            lane.offer(committed.id, committed.event, committed.outcome);
            return None;
        };
        let (room, committed) = (self.clone(), committed.clone());
        Some(Box::pin(async move { room.answer_of_target(turn, committed).await }))
    }

    /// Gets the target's own answer to a delivery whose sender waits for it.
    async fn answer_of_target(&self, turn: Turn<Outbound>, committed: Committed) -> Given {
        let rule = turn.lane().rule();
        let timeout_ms = match rule.answer {
            ForwardAnswer::Target { timeout_ms } => timeout_ms,
            // The rule was changed in this moment: give the usual answer, and let the delivery wait like the others.
            ForwardAnswer::AtOnce => {
                let given = given_by(&rule, committed.status);
                let lane = turn.release();
                lane.offer(committed.id, committed.event, committed.outcome);
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
                // If it must be tried again, the sender does that, not Pollux.
                outbound.settled = true;
                if let Some(answer) = &mut outbound.answer {
                    answer.body.truncate(Bounds::default().kept);
                }
                if let Some(view) = self.keep_forward(outbound).await {
                    turn.lane().answered(view.status, view);
                }
                passed_on(&rule, exchange)
            }
            Ok(None) => given_by(&rule, BAD_GATEWAY),
            Err(error) => {
                let what = "a delivery could not be forwarded for its answer";
                self.common.store().complaints().warn(what, "forward", &error, std::time::Instant::now());
                given_by(&rule, BAD_GATEWAY)
            }
        }
    }
}

/// The target's answer for the sender. An incomplete one is passed on without its body: cut off, it would look whole.
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
