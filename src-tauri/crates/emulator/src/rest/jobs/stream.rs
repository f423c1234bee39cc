//! An interaction as Server-Sent Events, for `stream=true`: each event is sent as it comes.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use hyper::body::Frame;
use serde_json::{Value, json};

use crate::clock::Millis;
use crate::jobs::{self, interaction, steps};
use crate::rest::Reply;
use crate::rest::jobs::interactions::{find, status, summary};
use crate::shared::Shared;
use crate::world::{Job, JobState};

/// What every event's id begins with; its number follows, from 1.
const ID: &str = "evt_";
const LAST: &str = "event: done\ndata: [DONE]\n\n";

/// Its events, or those after `last_event_id` if given. Ends when it has ended, goes idle, or is deleted.
pub(super) fn answer(shared: &Shared, job: &Job, last_event_id: Option<&str>) -> Reply {
    let number = last_event_id.and_then(|id| id.strip_prefix(ID)?.parse().ok());
    let told = number.unwrap_or_default();
    let body = if jobs::rests(job) {
        let (text, _) = written(job, shared.clock.now(), told);
        Body::from(text + LAST)
    } else {
        let id = job.id.trim_start_matches("interactions/").to_owned();
        let follower = Follower { shared: Arc::clone(shared), id, told, over: false };
        Body::new(Following { next: Box::pin(follower.next()) })
    };
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    Ok((StatusCode::OK, headers, body).into_response())
}

/// Who follows an interaction. It does nothing by itself: a client that goes away takes it along.
struct Follower {
    shared: Shared,
    id: String,
    /// How many events it has told.
    told: usize,
    over: bool,
}

impl Follower {
    /// The next events, when they come; `None` at the end.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if self.over {
            return None;
        }
        let shared = Arc::clone(&self.shared);
        // Whatever changes after it has looked is noticed.
        let (mut changes, mut clock) = (shared.jobs.subscribe(), shared.clock.subscribe());
        loop {
            let now = shared.clock.now();
            let job = shared.with(|world| find(world, &self.id).cloned()).ok()?;
            let (mut text, count) = written(&job, now, self.told);
            self.told = self.told.max(count);
            self.over = jobs::rests(&job);
            if self.over {
                text.push_str(LAST);
            }
            if !text.is_empty() {
                return Some((Bytes::from(text), self));
            }
            let (_, next) = steps::events(&job, now);
            let wait = next.and_then(|next| shared.clock.wall_time_until(next));
            let due = async {
                match wait {
                    Some(wait) => tokio::time::sleep(wait).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                _ = changes.changed() => {}
                _ = clock.changed() => {}
                () = due => {}
                () = shared.stopping.cancelled() => return None,
            }
        }
    }
}

type Next = Pin<Box<dyn Future<Output = Option<(Bytes, Follower)>> + Send>>;

/// The body of an answer that follows.
struct Following {
    next: Next,
}

impl hyper::body::Body for Following {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some((bytes, follower))) => {
                self.next = Box::pin(follower.next());
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Poll::Ready(None) => {
                // It must not be asked again.
                self.next = Box::pin(std::future::ready(None));
                Poll::Ready(None)
            }
        }
    }
}

/// The events that come after the first `told`, and how many there are in all.
fn written(job: &Job, now: Millis, told: usize) -> (String, usize) {
    let events = events(job, now);
    let mut text = String::new();
    for event in events.iter().skip(told) {
        let name = event["event_type"].as_str().unwrap_or_default();
        text.push_str(&format!("event: {name}\ndata: {event}\n\n"));
    }
    (text, events.len())
}

/// All events so far, numbered.
fn events(job: &Job, now: Millis) -> Vec<Value> {
    let id = job.id.trim_start_matches("interactions/");
    let begun = Job { state: JobState::Running, output: None, updated_ms: job.created_ms, ..job.clone() };
    let mut events = vec![
        json!({ "event_type": "interaction.created", "interaction": summary(&begun) }),
        json!({ "event_type": "interaction.status_update", "interaction_id": id, "status": "in_progress" }),
    ];
    let mut steps = steps::events(job, now).0;
    let idled = job.output.as_ref().and_then(|output| output.get(steps::IDLED)?.as_u64());
    if let Some(place) = idled.and_then(|idled| usize::try_from(idled).ok()).filter(|place| *place <= steps.len()) {
        // A stream that was open then has told it, and a new one tells it in the same place.
        let idle = status(JobState::Idle);
        steps.insert(place, json!({ "event_type": "interaction.status_update", "interaction_id": id, "status": idle }));
    }
    events.extend(steps);
    match (&job.error, job.state) {
        (Some(error), JobState::Failed) => {
            let error = json!({ "code": interaction::error_code(error), "message": error.message });
            events.push(json!({ "event_type": "error", "error": error }));
        }
        (_, JobState::Succeeded | JobState::RequiresAction) => {
            events.push(json!({ "event_type": "interaction.completed", "interaction": summary(job) }));
        }
        (_, state) if jobs::rests(job) => events
            .push(json!({ "event_type": "interaction.status_update", "interaction_id": id, "status": status(state) })),
        _ => {}
    }
    for (number, event) in events.iter_mut().enumerate() {
        event["event_id"] = json!(format!("{ID}{}", number + 1));
    }
    events
}
