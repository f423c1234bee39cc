//! The event at the end of a job.

use std::borrow::Cow;

use samples::payload;
use serde_json::{Value, json};

use crate::delivery::Event;
use crate::jobs::batch::{self, Input};
use crate::jobs::{interaction, video};
use crate::settings::PayloadForm;
use crate::world::{Job, JobError, JobKind, JobState, Telling};

/// The job as its event tells of it; `None` if it never does. One that is told wrong has succeeded where it failed,
/// and failed where it succeeded; its files are where they would be.
fn told(job: &Job) -> Option<Cow<'_, Job>> {
    match (job.telling, job.state) {
        (Telling::Never, _) => None,
        (Telling::WrongState, JobState::Succeeded) => {
            let error = super::error(13, "An internal error has occurred.");
            Some(Cow::Owned(Job { state: JobState::Failed, error: Some(error), output_file: None, ..job.clone() }))
        }
        (Telling::WrongState, JobState::Failed | JobState::Expired | JobState::Cancelled) => {
            let output_file = match (job.kind, batch::input(&job.request)) {
                (JobKind::Batch, Some(Input::File(_))) => {
                    Some(format!("batch-{}", job.id.trim_start_matches("batches/")))
                }
                _ => video::file_ids(job).first().map(|file| (*file).to_owned()),
            };
            Some(Cow::Owned(Job { state: JobState::Succeeded, error: None, output_file, ..job.clone() }))
        }
        _ => Some(Cow::Borrowed(job)),
    }
}

/// The type of the event that the job sent, or would have sent to a subscriber. Webhooks report operations that run in
/// the background (the guide), so an interaction that is answered at once sends none; nor does a failed video, for
/// which the catalog has no event.
pub(crate) fn event_type(job: &Job) -> Option<&'static str> {
    told(job).as_deref().and_then(type_of)
}

fn type_of(job: &Job) -> Option<&'static str> {
    match (job.kind, job.state) {
        (JobKind::Batch, JobState::Succeeded) => Some("batch.succeeded"),
        (JobKind::Batch, JobState::Failed) => Some("batch.failed"),
        (JobKind::Batch, JobState::Expired) => Some("batch.expired"),
        (JobKind::Batch, JobState::Cancelled) => Some("batch.cancelled"),
        (JobKind::Interaction, _) if !interaction::in_background(&job.request) => None,
        (JobKind::Interaction, JobState::Succeeded) => Some("interaction.completed"),
        (JobKind::Interaction, JobState::RequiresAction) => Some("interaction.requires_action"),
        (JobKind::Interaction, JobState::Failed) => Some("interaction.failed"),
        (JobKind::Interaction, JobState::Cancelled) => Some("interaction.cancelled"),
        (JobKind::Video, JobState::Succeeded) => Some("video.generated"),
        _ => None,
    }
}

/// The event itself. `origin` is the base of the emulator's download addresses.
pub(crate) fn of(job: &Job, form: &PayloadForm, origin: &str) -> Option<Event> {
    let told = told(job)?;
    let job = told.as_ref();
    let event_type = type_of(job)?;
    let bare = job.id.rsplit('/').next().unwrap_or_default();
    let mut data = match job.kind {
        JobKind::Batch => {
            let id = if form.batch_prefix { job.id.as_str() } else { bare };
            payload::batch_data(id, job.output_file.as_ref().map(|file| format!("files/{file}")))
        }
        JobKind::Interaction => json!({ "id": bare }),
        JobKind::Video => {
            let file = job.output_file.as_deref().unwrap_or_default();
            payload::video_data(form.video, &job.id, file, &video::download_uri(origin, file))
        }
    };
    if event_type.ends_with(".failed")
        && let Some(error) = &job.error
    {
        payload::add_error(&mut data, error_code(job.kind, error, form.numeric_error_code), &error.message);
    }
    Some(Event { event_type: event_type.to_owned(), data })
}

/// Batches name their errors as google.rpc.Code does, interactions as their own service does.
fn error_code(kind: JobKind, error: &JobError, numeric: bool) -> Value {
    match kind {
        _ if numeric => json!(error.code),
        JobKind::Interaction => json!(interaction::error_code(error)),
        _ => json!(error.status),
    }
}
