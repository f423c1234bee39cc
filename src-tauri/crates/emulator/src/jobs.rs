//! Jobs: the stages of each kind, its result, and the event at its end.
//!
//! A job's times follow from the settings and the moment it was due, never from the moment it was processed: whatever
//! the warp, its times are the planned ones. Nothing here draws random bytes, so jobs that end in a different order do
//! not change the ids of later requests.

use serde_json::{Value, json};

use crate::clock::Millis;
use crate::delivery;
use crate::delivery::{Draw, Draws};
use crate::settings::JobTimes;
use crate::shared::Shared;
use crate::world::{Due, Job, JobError, JobKind, JobState, Outcome, StoredFile, Telling, WebhookConfig, World};

pub(crate) mod answer;
pub(crate) mod batch;
mod event;
pub(crate) mod filler;
pub(crate) mod interaction;
pub(crate) mod rows;
mod sample;
pub(crate) mod steps;
#[cfg(test)]
mod tests;
pub(crate) mod video;

pub(crate) use event::event_type;

/// A request for a job.
pub(crate) struct Order {
    /// Its full name.
    pub(crate) id: String,
    pub(crate) kind: JobKind,
    pub(crate) model: String,
    pub(crate) display_name: Option<String>,
    pub(crate) wishes: Wishes,
    /// Who made it: a hash of the API key.
    pub(crate) owner: Option<String>,
    pub(crate) webhook_config: Option<WebhookConfig>,
    pub(crate) request: Value,
    /// What is known of its result from the start: counts, ids of files.
    pub(crate) output: Option<Value>,
}

/// What a request asked of the emulator, beside the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    pub(crate) outcome: Outcome,
    pub(crate) telling: Telling,
    pub(crate) rows: Option<String>,
    pub(crate) calls: Option<u8>,
}

/// How a job ends or goes idle.
pub(crate) struct Ending {
    pub(crate) state: JobState,
    /// If `None`, its earlier output stays.
    pub(crate) output: Option<Value>,
    pub(crate) files: Vec<StoredFile>,
    pub(crate) error: Option<JobError>,
}

impl Ending {
    fn plain(state: JobState) -> Self {
        Self { state, output: None, files: Vec::new(), error: None }
    }

    fn error(state: JobState, error: JobError) -> Self {
        Self { error: Some(error), ..Self::plain(state) }
    }
}

impl Order {
    fn into_job(self, now: Millis) -> Job {
        Job {
            id: self.id,
            kind: self.kind,
            model: self.model,
            display_name: self.display_name,
            state: JobState::Pending,
            outcome: self.wishes.outcome,
            created_ms: now,
            started_ms: None,
            updated_ms: now,
            ended_ms: None,
            next_ms: None,
            webhook_config: self.webhook_config,
            request: self.request,
            output_file: None,
            output: self.output,
            error: None,
            telling: self.wishes.telling,
            owner: self.owner,
            rows: self.wishes.rows,
            calls: self.wishes.calls,
        }
    }
}

/// Adds a job, which then waits for its turn.
pub(crate) fn submit(world: &mut World, order: Order, now: Millis) -> Job {
    let next = now.saturating_add(world.settings.jobs.pending_ms.max(0));
    let job = Job { next_ms: Some(next), ..order.into_job(now) };
    world.plan(next, Due::Job(job.id.clone()));
    world.jobs.insert(job.clone());
    job
}

/// A job that has its result as soon as it is requested. It is not stored and has no event.
pub(crate) fn at_once(world: &World, order: Order, now: Millis) -> Job {
    let mut job = order.into_job(now);
    let ending = ending(world, &job, job.outcome, now);
    apply(&mut job, ending, now);
    job
}

/// Moves the job to its next state when its time has come, and sends its event if it ended. The agenda calls this with
/// the planned moment. A moment that no longer matches the job's is from before the job was ended in another way.
pub(crate) fn advance(shared: &Shared, world: &mut World, id: &str, due: Millis) {
    let Some(job) = world.jobs.get(id) else { return };
    if job.next_ms != Some(due) {
        return;
    }
    match job.state {
        JobState::Pending => begin(world, id, due),
        JobState::Running => end(shared, world, id, job.outcome, due),
        _ => {}
    }
}

/// Ends a job now, whatever was planned. False if there is no such job, it has already ended, or its kind cannot end
/// like this.
pub(crate) fn finish(shared: &Shared, world: &mut World, id: &str, outcome: Outcome, now: Millis) -> bool {
    let Some(job) = world.jobs.get(id) else { return false };
    if ended(job) || outcome == Outcome::Never || !outcomes(job.kind).contains(&outcome) {
        return false;
    }
    end(shared, world, id, outcome, now);
    true
}

/// Whether it has ended for good.
pub(crate) fn ended(job: &Job) -> bool {
    rests(job) && job.state != JobState::Idle
}

/// Whether nothing more happens to it by itself.
pub(crate) fn rests(job: &Job) -> bool {
    !matches!(job.state, JobState::Pending | JobState::Running)
}

/// The ways in which a job of this kind can be told to end.
pub(crate) const fn outcomes(kind: JobKind) -> &'static [Outcome] {
    match kind {
        JobKind::Batch => &[Outcome::Succeed, Outcome::Fail, Outcome::Expire, Outcome::Cancel, Outcome::Never],
        JobKind::Interaction => {
            &[Outcome::Succeed, Outcome::Fail, Outcome::Cancel, Outcome::RequireAction, Outcome::Idle, Outcome::Never]
        }
        JobKind::Video => &[Outcome::Succeed, Outcome::Fail, Outcome::Never],
    }
}

/// How much of its time has passed, 0 to 1.
pub(crate) fn progress(job: &Job, now: Millis) -> f64 {
    match (job.state, job.started_ms, job.next_ms) {
        (JobState::Pending, ..) => 0.0,
        (JobState::Running, Some(started), Some(next)) => {
            (now.saturating_sub(started) as f64 / next.saturating_sub(started).max(1) as f64).clamp(0.0, 1.0)
        }
        // It never ends by itself.
        (JobState::Running | JobState::Idle, ..) => 0.0,
        _ => 1.0,
    }
}

fn begin(world: &mut World, id: &str, at: Millis) {
    let times = world.settings.jobs.clone();
    let Some(job) = world.jobs.get_mut(id) else { return };
    job.state = JobState::Running;
    job.started_ms = Some(at);
    job.updated_ms = at;
    job.next_ms = match job.outcome {
        Outcome::Never => None,
        Outcome::Expire => Some(job.created_ms.saturating_add(times.batch_expiry_ms).max(at)),
        _ => Some(at.saturating_add(running_ms(job.kind, &times))),
    };
    if let Some(next) = job.next_ms {
        world.plan(next, Due::Job(id.to_owned()));
    }
}

fn running_ms(kind: JobKind, times: &JobTimes) -> Millis {
    let milliseconds = match kind {
        JobKind::Batch => times.batch_ms,
        JobKind::Interaction => times.interaction_ms,
        JobKind::Video => times.video_ms,
    };
    milliseconds.max(0)
}

fn end(shared: &Shared, world: &mut World, id: &str, outcome: Outcome, at: Millis) {
    let Some(job) = world.jobs.get(id) else { return };
    let ending = ending(world, job, outcome, at);
    for file in &ending.files {
        // Shares its bytes instead of copying them.
        world.files.insert(file.clone());
    }
    let number = world.jobs.number(id).unwrap_or_default();
    let silent = Draws { seed: shared.seed, number }.hits(Draw::NeverCalled, world.settings.faults.never_called);
    let Some(job) = world.jobs.get_mut(id) else { return };
    let idled = (job.state == JobState::Idle).then(|| steps::events(job, at).0.len());
    apply(job, ending, at);
    if let (Some(idled), Some(output)) = (idled, &mut job.output) {
        output[steps::IDLED] = json!(idled);
    }
    if silent {
        job.telling = Telling::Never;
    }
    let job = job.clone();
    if let Some(event) = event::of(&job, &world.settings.payload, &shared.origin()) {
        delivery::emit(shared, world, event, Some(&job), at);
    }
}

fn apply(job: &mut Job, ending: Ending, at: Millis) {
    job.state = ending.state;
    job.started_ms.get_or_insert(at);
    job.updated_ms = at;
    job.ended_ms = (ending.state != JobState::Idle).then_some(at);
    job.next_ms = None;
    job.output_file = ending.files.first().map(|file| file.id.clone());
    job.output = ending.output.or(job.output.take());
    job.error = ending.error;
}

/// The result of the job.
fn ending(world: &World, job: &Job, outcome: Outcome, at: Millis) -> Ending {
    let expires = at.saturating_add(world.settings.file_lifetime_ms);
    // What an interaction has said and done stays with it.
    let begun = |ending: Ending| match job.kind {
        JobKind::Interaction => {
            Ending { output: Some(with_steps(Value::default(), steps::at_end(job, outcome, at))), ..ending }
        }
        _ => ending,
    };
    match outcome {
        Outcome::Succeed | Outcome::Never => match job.kind {
            JobKind::Batch => batch::run(world, job, at, expires),
            JobKind::Interaction => {
                let output = with_steps(interaction::answered(job), steps::at_end(job, outcome, at));
                Ending { output: Some(output), ..Ending::plain(JobState::Succeeded) }
            }
            JobKind::Video => Ending { files: video::files(job, at, expires), ..Ending::plain(JobState::Succeeded) },
        },
        Outcome::RequireAction => {
            let output = with_steps(interaction::asked(job), steps::at_end(job, outcome, at));
            Ending { output: Some(output), ..Ending::plain(JobState::RequiresAction) }
        }
        Outcome::Idle => begun(Ending::plain(JobState::Idle)),
        Outcome::Fail => {
            let message = "The job failed because the emulator was asked to let it fail.";
            begun(Ending::error(JobState::Failed, error(13, message)))
        }
        Outcome::Expire => {
            Ending::error(JobState::Expired, error(4, "The job was not done within the time that a batch has."))
        }
        Outcome::Cancel => begun(Ending::error(JobState::Cancelled, error(1, "The job was cancelled."))),
    }
}

fn with_steps(mut output: Value, steps: Vec<Value>) -> Value {
    output["steps"] = Value::Array(steps);
    output
}

/// An error with the name of its google.rpc.Code.
pub(crate) fn error(code: i32, message: impl Into<String>) -> JobError {
    let status = match code {
        1 => "CANCELLED",
        3 => "INVALID_ARGUMENT",
        4 => "DEADLINE_EXCEEDED",
        5 => "NOT_FOUND",
        8 => "RESOURCE_EXHAUSTED",
        _ => "INTERNAL",
    };
    JobError { code, status: status.to_owned(), message: message.into() }
}
