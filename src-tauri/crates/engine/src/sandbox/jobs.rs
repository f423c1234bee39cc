//! Jobs that the window has the Sandbox run, through the REST client.

use gemini::client::{BatchInput, Client, NewBatch, WebhookConfig};
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::json;

use super::Sandbox;
use super::running::refused;
use crate::dto::{JobKind, JobOutcome, SandboxJob, SandboxRun};
use crate::error::{Code, Error, Result};

/// The emulator's header for how a job ends.
const OUTCOME: HeaderName = HeaderName::from_static("x-emulator-outcome");
const BATCH_MODEL: &str = "gemini-3-flash";
const INTERACTION_MODEL: &str = "gemini-3.5-flash";
const VIDEO_MODEL: &str = "veo-3.1-generate-preview";
/// What jobs ask: three prompts, so that a batch's result has several lines to look at.
const PROMPTS: [(&str, &str); 3] = [
    ("gemini", "Who were Castor and Pollux?"),
    ("stars", "How far away is the star Pollux?"),
    ("summary", "Say both in one sentence."),
];

impl Sandbox {
    /// Has the Sandbox run a job, and returns its name.
    pub async fn run(&self, run: SandboxRun) -> Result<String> {
        let sandbox = self.running()?;
        self.own_webhook(sandbox).await;
        let config = match run.dynamic {
            true => Some(WebhookConfig { uris: vec![self.listening_receiver()?], user_metadata: None }),
            false => None,
        };
        let client = sandbox.client().with_header(OUTCOME, HeaderValue::from_static(run.outcome.as_str()));
        let name = match run.kind {
            JobKind::Batch => batch(&client, config).await?,
            JobKind::Interaction => {
                let made = client.interaction_create(INTERACTION_MODEL, PROMPTS[0].1, true, config.as_ref()).await;
                format!("interactions/{}", made.map_err(refused)?.id)
            }
            JobKind::Video => {
                let made = client.video_create(VIDEO_MODEL, "Two stars rise over the sea.", config.as_ref()).await;
                made.map_err(refused)?.name
            }
        };
        sandbox.touched();
        Ok(name)
    }

    /// Cancels a job as its owner would.
    pub async fn cancel_job(&self, name: &str) -> Result<()> {
        let sandbox = self.running()?;
        match name.split('/').next() {
            Some("batches") => sandbox.client().batch_cancel(name).await.map_err(refused)?,
            Some("interactions") => sandbox.client().interaction_cancel(name).await.map_err(refused)?,
            _ => {
                let message = "The service has no method to cancel a video. Finish it with success or failure instead.";
                return Err(Error::new(Code::SandboxRefused, message));
            }
        }
        sandbox.touched();
        Ok(())
    }

    /// Ends a job now, whatever was planned for it.
    pub async fn finish_job(&self, name: &str, outcome: JobOutcome) -> Result<SandboxJob> {
        if outcome == JobOutcome::Never {
            return Err(Error::new(
                Code::SandboxRefused,
                "A job cannot be finished with this outcome. Choose another outcome.",
            ));
        }
        let sandbox = self.running()?;
        let job = sandbox.control.finish(name, outcome.as_str()).await?;
        sandbox.touched();
        Ok(job)
    }
}

/// Uploads a file of requests and creates a batch from it.
async fn batch(client: &Client, webhook_config: Option<WebhookConfig>) -> Result<String> {
    let lines = PROMPTS.map(|(key, prompt)| {
        let request = json!({ "contents": [{ "role": "user", "parts": [{ "text": prompt }] }] });
        format!("{}\n", json!({ "key": key, "request": request }))
    });
    let uploaded = client.file_upload("requests.jsonl", "application/jsonl", lines.concat().into_bytes()).await;
    let input = BatchInput::File(uploaded.map_err(refused)?.name);
    let batch = NewBatch { display_name: "Sandbox batch".to_owned(), input, webhook_config };
    Ok(client.batch_create(BATCH_MODEL, &batch).await.map_err(refused)?.name)
}
