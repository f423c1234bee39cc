//! Sends jobs: batches, interactions and videos, with receivers of their own or the registered webhooks.

use std::path::{Path, PathBuf};

use gemini::client::{Batch, BatchInput, Interaction, NewBatch, NewInteraction, Operation, WebhookConfig};
use serde_json::{Map, Value, json};
use store::{JobKind, JobRecord, KnownBy};

use super::about::{About, Said, new_record};
use super::{Jobs, steps};
use crate::dto::{BatchPreview, BatchRequests, CallAnswer, JobDetail, JobMetadata, NewJob, NewWork};
use crate::error::{Code, Error, Result};
use crate::service_error::job_error;

mod requests;

/// The most answers of one turn.
const CALLS: usize = 64;

/// What the service made of a job that was sent.
enum Sent {
    Batch(Box<Batch>, PathBuf),
    Interaction(Interaction),
    Video(Operation),
}

impl Jobs {
    /// What a batch would send. Nothing is sent.
    ///
    /// # Errors
    /// `not_readable` if the file cannot be read.
    pub async fn preview(&self, project: i64, requests: BatchRequests) -> Result<BatchPreview> {
        let board = self.below.webhooks.receiver(project)?;
        let look = tokio::task::spawn_blocking(move || requests::preview(&requests)).await;
        let look = look.map_err(|error| Error::new(Code::Internal, "The preview failed.").with_detail(error))??;
        Ok(BatchPreview { receiver: board, ..look })
    }

    /// Sends a job, and follows it from now on.
    ///
    /// # Errors
    /// `invalid_job` with what is wrong with it; why the service refused; `outcome_unknown` if its answer was lost.
    pub async fn dispatch(&self, project: i64, job: NewJob) -> Result<JobDetail> {
        let model = job.model.trim().to_owned();
        if model.is_empty() {
            return Err(invalid("Name the model, such as gemini-2.5-flash."));
        }
        let config = config(job.receivers.as_deref(), &job.metadata)?;
        let kind = match &job.work {
            NewWork::Batch { .. } => "batch",
            NewWork::Interaction { .. } => "interaction",
            NewWork::Video { .. } => "video",
        };
        let sent = self.send(project, &model, job.work, config.clone()).await;
        self.below.actions.act(project, &format!("job.dispatch {kind}"), &model, &sent, "").await;
        let record = self.take_sent(project, sent?, config).await?;
        self.get(project, &record.name, true).await
    }

    async fn send(&self, project: i64, model: &str, work: NewWork, config: Option<WebhookConfig>) -> Result<Sent> {
        let client = self.below.projects.client(project)?;
        let failed = |error| job_error(error, true);
        match work {
            NewWork::Batch { title, requests } => {
                let title = title.trim().to_owned();
                let display_name = if title.is_empty() { "Pollux batch".to_owned() } else { title };
                let file = self.request_file(requests).await?;
                let uploaded = client.file_upload_from(&display_name, "application/jsonl", &file, |_| {}).await;
                let input = BatchInput::File(uploaded.map_err(|error| job_error(error, false))?.name);
                let batch = NewBatch { display_name, input, webhook_config: config };
                client.batch_create(model, &batch).await.map(|batch| Sent::Batch(Box::new(batch), file)).map_err(failed)
            }
            NewWork::Interaction { input, agent, tools } => {
                if input.trim().is_empty() {
                    return Err(invalid("Say what the interaction is to do."));
                }
                let tools =
                    tools.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(read_tools).transpose()?;
                let new = NewInteraction {
                    model: (!agent).then(|| model.to_owned()),
                    agent: agent.then(|| model.to_owned()),
                    input: json!(input),
                    tools,
                    background: true,
                    webhook_config: config,
                    ..NewInteraction::default()
                };
                client.interaction_send(&new).await.map(Sent::Interaction).map_err(failed)
            }
            NewWork::Video { prompt } => {
                if prompt.trim().is_empty() {
                    return Err(invalid("Say what the video is to show."));
                }
                client.video_create(model, &prompt, config.as_ref()).await.map(Sent::Video).map_err(failed)
            }
        }
    }

    /// Keeps a job that was sent from here.
    async fn take_sent(&self, project: i64, sent: Sent, config: Option<WebhookConfig>) -> Result<JobRecord> {
        let now = self.common.now_ms();
        let clock = self.emulator_clock(project).await.unwrap_or_default();
        let wall = super::reading::wall_of(clock.as_ref());
        let (kind, name, said, raw, requests) = match sent {
            Sent::Batch(batch, file) => {
                (JobKind::Batch, batch.name.clone(), Said::batch(&batch, &wall), batch.raw, Some(file))
            }
            Sent::Interaction(one) => {
                let name = format!("interactions/{}", one.id.trim_start_matches("interactions/"));
                (JobKind::Interaction, name, Said::interaction(&one, &wall), one.raw, None)
            }
            Sent::Video(one) => (JobKind::Video, one.name.clone(), Said::video(&one, &wall), one.raw, None),
        };
        self.remember(project, &name, raw);
        let fresh = new_record(project, kind, &name, KnownBy::Dispatched, now);
        // The job runs and may cost money: it is known here even if its requests cannot be kept.
        let kept = match requests {
            Some(file) => match self.keep_requests(project, &file, &name).await {
                Ok(kept) => Some(kept),
                Err(error) => {
                    tracing::warn!(code = %error.code, "the requests of a batch could not be kept");
                    None
                }
            },
            None => None,
        };
        let room = self.clone();
        let change = move |record: &mut JobRecord| {
            said.put_into(record, now, None);
            record.dispatched_ms = Some(now);
            record.created_ms.get_or_insert(now);
            record.known_by = KnownBy::Dispatched;
            let mut about = About { searched: true, ..About::of(record) };
            if let Some(config) = config {
                // What was sent counts where the service does not repeat it.
                about.receivers = Some(config.uris);
                about.metadata = config.user_metadata.unwrap_or_default();
            }
            about.requests = kept.map(|path| path.display().to_string()).or(about.requests);
            record.about = serde_json::to_string(&about).unwrap_or_default();
            room.plan(record, now);
        };
        let record = self.update(project, &name, Some(fresh), change).await?;
        record.ok_or_else(|| Error::not_found("job"))
    }

    /// Sends the results of the pending calls as the next turn, and returns the interaction that it began.
    ///
    /// # Errors
    /// `invalid_job` if an answer is missing or is not JSON; why the service refused.
    pub async fn answer(&self, project: i64, name: &str, answers: Vec<CallAnswer>) -> Result<JobDetail> {
        let client = self.below.projects.client(project)?;
        let asked = self.known(project, name).await?;
        if asked.kind != JobKind::Interaction {
            return Err(invalid("Only an interaction takes answers."));
        }
        // What it waits for now, not when it was last looked at.
        let now = client.interaction_get(name).await.map_err(|error| self.told_of(project, error))?;
        let view = steps::view(&now.raw);
        if view.pending.is_empty() {
            return Err(invalid("This interaction no longer waits for an answer. Refresh it to see its state."));
        }
        let results = results(&view.pending, &answers)?;
        let member = |name: &str| now.raw.get(name).and_then(Value::as_str).map(str::to_owned);
        let about = About::of(&asked);
        let config = about.receivers.clone().map(|uris| WebhookConfig {
            uris,
            user_metadata: Some(about.metadata.clone()).filter(|metadata| !metadata.is_empty()),
        });
        let new = NewInteraction {
            model: member("model"),
            agent: member("agent"),
            input: Value::Array(results),
            tools: now.raw.get("tools").cloned(),
            previous_interaction_id: Some(now.id.clone()),
            background: true,
            webhook_config: config.clone(),
        };
        let sent = client.interaction_send(&new).await.map_err(|error| job_error(error, true));
        self.below.actions.act(project, "job.answer", name, &sent, "").await;
        let record = self.take_sent(project, Sent::Interaction(sent?), config).await?;
        let previous = name.to_owned();
        let link = move |record: &mut JobRecord| {
            let about = About { previous: Some(previous), ..About::of(record) };
            record.about = serde_json::to_string(&about).unwrap_or_default();
        };
        self.update(project, &record.name, None, link).await?;
        let answered = |record: &mut JobRecord| {
            let about = About { answered: true, note: Some("answered from here".to_owned()), ..About::of(record) };
            record.about = serde_json::to_string(&about).unwrap_or_default();
            record.rank = store::JobRank::Ended;
        };
        self.update(project, name, None, answered).await?;
        self.get(project, &record.name, true).await
    }

    /// The file with the requests: the user's own, or one with what was typed.
    async fn request_file(&self, requests: BatchRequests) -> Result<PathBuf> {
        let folder = self.below.run.path()?;
        let written = tokio::task::spawn_blocking(move || requests::file(&requests, &folder)).await;
        written.map_err(|error| Error::new(Code::Internal, "The requests could not be read.").with_detail(error))?
    }

    /// Keeps the requests of a batch that was sent from here, so that what failed can be sent again.
    async fn keep_requests(&self, project: i64, file: &Path, name: &str) -> Result<PathBuf> {
        let to = crate::run_folder::folder(self.common.store().file())?
            .join(format!("requests-{project}-{}.jsonl", store::bare(name)));
        let from = file.to_owned();
        let kept = tokio::task::spawn_blocking(move || requests::keep(&from, &to).map(|()| to)).await;
        kept.map_err(|error| Error::new(Code::Internal, "The requests could not be kept.").with_detail(error))?
    }
}

/// The results of all pending calls, in the service's form.
fn results(pending: &[crate::dto::PendingCall], answers: &[CallAnswer]) -> Result<Vec<Value>> {
    if answers.len() > CALLS {
        return Err(invalid("These are more answers than one turn takes."));
    }
    pending
        .iter()
        .map(|call| {
            let answer = answers.iter().find(|answer| answer.id == call.id);
            let answer = answer.ok_or_else(|| invalid(&format!("The call of {} has no answer yet.", call.name)))?;
            let result: Value = serde_json::from_str(&answer.result)
                .map_err(|error| invalid(&format!("The answer to {} is not JSON: {error}.", call.name)))?;
            let mut value =
                json!({ "type": "function_result", "call_id": call.id, "name": call.name, "result": result });
            if answer.is_error {
                value["is_error"] = json!(true);
            }
            Ok(value)
        })
        .collect()
}

fn read_tools(text: &str) -> Result<Value> {
    match serde_json::from_str(text) {
        Ok(tools @ Value::Array(_)) => Ok(tools),
        Ok(_) => Err(invalid("The tools must be a list: [{\"type\": \"function\", …}].")),
        Err(error) => Err(invalid(&format!("The tools are not JSON: {error}."))),
    }
}

/// The job's own receivers; `None`: the registered webhooks.
fn config(receivers: Option<&[String]>, metadata: &[JobMetadata]) -> Result<Option<WebhookConfig>> {
    let Some(receivers) = receivers else {
        return match metadata.is_empty() {
            true => Ok(None),
            false => Err(invalid("user_metadata goes with receivers of the job's own. Add one, or leave it out.")),
        };
    };
    let uris: Vec<String> = receivers.iter().map(|uri| uri.trim().to_owned()).filter(|uri| !uri.is_empty()).collect();
    if uris.is_empty() {
        return Err(invalid("Name an address for the job's events, or choose the registered webhooks."));
    }
    let mut pairs = Map::new();
    for JobMetadata { key, value } in metadata {
        let key = key.trim();
        if key.is_empty() {
            return Err(invalid("Each pair of user_metadata needs a key."));
        }
        if pairs.insert(key.to_owned(), json!(value)).is_some() {
            return Err(invalid(&format!("user_metadata has the key {key:?} twice.")));
        }
    }
    Ok(Some(WebhookConfig { uris, user_metadata: Some(pairs).filter(|pairs| !pairs.is_empty()) }))
}

pub(super) fn invalid(message: &str) -> Error {
    Error::new(Code::InvalidJob, message)
}
