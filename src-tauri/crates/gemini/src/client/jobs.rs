//! Batches and videos (camelCase, long-running operations) and interactions (snake_case).

use reqwest::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::read::{JobFailure, items, member, text, texts, whole};
use super::{ApiVersion, Client, ClientError, within};

/// Where the events of one job go instead of the registered webhooks.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WebhookConfig {
    /// The receivers.
    pub uris: Vec<String>,
    /// Returned in each event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_metadata: Option<Map<String, Value>>,
}

impl WebhookConfig {
    /// As the service repeats it.
    #[must_use]
    pub fn read(value: &Value) -> Self {
        let metadata = member(value, &["user_metadata", "userMetadata"]).and_then(Value::as_object).cloned();
        Self { uris: texts(value, &["uris"]), user_metadata: metadata }
    }
}

/// The requests of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchInput {
    /// An uploaded JSONL file: `files/…`.
    File(String),
    /// GenerateContentRequests with their keys.
    Inline(Vec<(String, Value)>),
}

/// A batch to create.
#[derive(Clone, Debug, PartialEq)]
pub struct NewBatch {
    /// Its display name.
    pub display_name: String,
    /// Its requests.
    pub input: BatchInput,
    /// Its own receivers.
    pub webhook_config: Option<WebhookConfig>,
}

impl NewBatch {
    fn body(&self) -> Value {
        let input = match &self.input {
            BatchInput::File(name) => json!({ "fileName": within("files", name) }),
            BatchInput::Inline(requests) => {
                let requests: Vec<Value> = requests
                    .iter()
                    .map(|(key, request)| json!({ "request": request, "metadata": { "key": key } }))
                    .collect();
                json!({ "requests": { "requests": requests } })
            }
        };
        let mut batch = json!({ "displayName": self.display_name, "inputConfig": input });
        if let Some(config) = &self.webhook_config {
            // `user_metadata` stays snake_case inside, as the Python SDK sends it.
            batch["webhookConfig"] = json!(config);
        }
        json!({ "batch": batch })
    }
}

/// A batch, as the service describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// `batches/…`.
    pub name: String,
    /// Its display name.
    pub display_name: Option<String>,
    /// `models/…`.
    pub model: Option<String>,
    /// `BATCH_STATE_…`; also states that are not known here.
    pub state: String,
    /// RFC 3339.
    pub create_time: Option<String>,
    /// RFC 3339.
    pub end_time: Option<String>,
    /// Whether it has ended.
    pub done: bool,
    /// `files/…`, if its results went to a file.
    pub responses_file: Option<String>,
    /// `files/…`, if its requests came from a file.
    pub input_file: Option<String>,
    /// How many of its requests are where.
    pub counts: Option<BatchCounts>,
    /// Its own receivers, as the service repeats them.
    pub webhook_config: Option<WebhookConfig>,
    /// Why it failed.
    pub error: Option<JobFailure>,
    /// The whole answer.
    pub raw: Value,
}

impl Batch {
    fn read(value: &Value) -> Self {
        let none = Value::Null;
        let metadata = member(value, &["metadata"]).unwrap_or(&none);
        let output = member(metadata, &["output"]).or_else(|| member(value, &["response"])).unwrap_or(&none);
        Self {
            name: text(value, &["name"]).or_else(|| text(metadata, &["name"])).unwrap_or_default(),
            display_name: text(metadata, &["displayName", "display_name"]),
            model: text(metadata, &["model"]),
            state: text(metadata, &["state"]).unwrap_or_default(),
            create_time: text(metadata, &["createTime", "create_time"]),
            end_time: text(metadata, &["endTime", "end_time"]),
            done: member(value, &["done"]).and_then(Value::as_bool).unwrap_or_default(),
            responses_file: text(output, &["responsesFile", "responses_file"]),
            input_file: member(metadata, &["inputConfig", "input_config"])
                .and_then(|input| text(input, &["fileName", "file_name"])),
            counts: member(metadata, &["batchStats", "batch_stats"]).map(BatchCounts::read),
            webhook_config: member(metadata, &["webhookConfig", "webhook_config"]).map(WebhookConfig::read),
            error: JobFailure::read(value.get("error")),
            raw: value.clone(),
        }
    }
}

/// How many requests of a batch are where, as the service counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BatchCounts {
    /// All of them.
    pub requests: u64,
    /// Answered.
    pub succeeded: u64,
    /// Answered with an error.
    pub failed: u64,
    /// Not answered yet.
    pub pending: u64,
}

impl BatchCounts {
    fn read(value: &Value) -> Self {
        let count = |names: &[&str]| whole(value, names).unwrap_or_default();
        Self {
            requests: count(&["requestCount", "request_count"]),
            succeeded: count(&["successfulRequestCount", "successful_request_count"]),
            failed: count(&["failedRequestCount", "failed_request_count"]),
            pending: count(&["pendingRequestCount", "pending_request_count"]),
        }
    }
}

/// One page of batches.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchList {
    /// The batches.
    pub batches: Vec<Batch>,
    /// For the next page; `None` on the last one.
    pub next_page_token: Option<String>,
}

/// An interaction, as the service describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// Its id, without `interactions/`.
    pub id: String,
    /// `in_progress`, `completed`, `requires_action`…; also states that are not known here.
    pub status: String,
    /// The whole answer.
    pub raw: Value,
}

impl Interaction {
    fn read(value: &Value) -> Self {
        Self {
            id: text(value, &["id"]).unwrap_or_default(),
            status: text(value, &["status"]).unwrap_or_default(),
            raw: value.clone(),
        }
    }
}

/// An interaction to start: a first turn, or the next one of another.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct NewInteraction {
    /// The model; or an agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// A text, or content such as the results of function calls.
    pub input: Value,
    /// What it may call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Value>,
    /// The id of the interaction that this one continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_interaction_id: Option<String>,
    /// It runs in the background, and is asked about later.
    pub background: bool,
    /// Its own receivers: they require that it runs in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook_config: Option<WebhookConfig>,
}

/// A long-running operation that makes a video.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// `models/…/operations/…`.
    pub name: String,
    /// Whether it has ended.
    pub done: bool,
    /// Why it failed.
    pub error: Option<JobFailure>,
    /// Where its videos are.
    pub video_uris: Vec<String>,
    /// The whole answer.
    pub raw: Value,
}

impl Operation {
    fn read(value: &Value) -> Self {
        let none = Value::Null;
        let response = member(value, &["response"]).unwrap_or(&none);
        let answer = member(response, &["generateVideoResponse", "generate_video_response"]).unwrap_or(response);
        let uri = |sample: &Value| text(member(sample, &["video"]).unwrap_or(sample), &["uri"]);
        let videos = items(answer, &["generatedSamples", "generated_samples"], uri);
        Self {
            name: text(value, &["name"]).unwrap_or_default(),
            done: member(value, &["done"]).and_then(Value::as_bool).unwrap_or_default(),
            error: JobFailure::read(value.get("error")),
            video_uris: videos.into_iter().flatten().collect(),
            raw: value.clone(),
        }
    }
}

impl Client {
    /// Creates a batch for a model, with or without `models/` before its name.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn batch_create(&self, model: &str, batch: &NewBatch) -> Result<Batch, ClientError> {
        let model = within("models", model);
        let value = self.call(Method::POST, &model, Some("batchGenerateContent"), Some(&batch.body())).await?;
        named(Batch::read(&value), |batch| &batch.name)
    }

    /// One batch, with or without `batches/` before its id.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn batch_get(&self, name: &str) -> Result<Batch, ClientError> {
        let value = self.call(Method::GET, &within("batches", name), None, None).await?;
        named(Batch::read(&value), |batch| &batch.name)
    }

    /// A page of batches.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn batch_list(&self, page_size: u32, page_token: Option<&str>) -> Result<BatchList, ClientError> {
        let mut url = self.versioned(self.version, "batches", None)?;
        url.query_pairs_mut().append_pair("pageSize", &page_size.to_string());
        if let Some(token) = page_token {
            url.query_pairs_mut().append_pair("pageToken", token);
        }
        let value = self.call_url(Method::GET, url, None).await?;
        let next = text(&value, &["nextPageToken", "next_page_token"]).filter(|token| !token.is_empty());
        Ok(BatchList { batches: items(&value, &["operations", "batches"], Batch::read), next_page_token: next })
    }

    /// Requests the cancellation of a batch, which ends a little later.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn batch_cancel(&self, name: &str) -> Result<(), ClientError> {
        self.call(Method::POST, &within("batches", name), Some("cancel"), Some(&json!({}))).await.map(|_| ())
    }

    /// Deletes a batch. One that runs is not cancelled by it.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn batch_delete(&self, name: &str) -> Result<(), ClientError> {
        self.call(Method::DELETE, &within("batches", name), None, None).await.map(|_| ())
    }

    /// Starts an interaction from a whole request.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn interaction_send(&self, new: &NewInteraction) -> Result<Interaction, ClientError> {
        let value = self.call(Method::POST, "interactions", None, Some(&json!(new))).await?;
        named(Interaction::read(&value), |interaction| &interaction.id)
    }

    /// Deletes an interaction.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn interaction_delete(&self, id: &str) -> Result<(), ClientError> {
        self.call(Method::DELETE, &within("interactions", id), None, None).await.map(|_| ())
    }

    /// Starts an interaction. Its own receivers require that it runs in the background.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn interaction_create(
        &self,
        model: &str,
        input: &str,
        background: bool,
        webhook_config: Option<&WebhookConfig>,
    ) -> Result<Interaction, ClientError> {
        let mut body = json!({ "model": model, "input": input, "background": background });
        if let Some(config) = webhook_config {
            body["webhook_config"] = json!(config);
        }
        let value = self.call(Method::POST, "interactions", None, Some(&body)).await?;
        named(Interaction::read(&value), |interaction| &interaction.id)
    }

    /// One interaction.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn interaction_get(&self, id: &str) -> Result<Interaction, ClientError> {
        let value = self.call(Method::GET, &within("interactions", id), None, None).await?;
        named(Interaction::read(&value), |interaction| &interaction.id)
    }

    /// Cancels an interaction.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn interaction_cancel(&self, id: &str) -> Result<(), ClientError> {
        let name = format!("{}/cancel", within("interactions", id));
        self.call(Method::POST, &name, None, Some(&json!({}))).await.map(|_| ())
    }

    /// Starts a video. `v1` has no such method, so this always uses `v1beta`.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn video_create(
        &self,
        model: &str,
        prompt: &str,
        webhook_config: Option<&WebhookConfig>,
    ) -> Result<Operation, ClientError> {
        let mut body = json!({ "instances": [{ "prompt": prompt }] });
        if let Some(config) = webhook_config {
            body["webhookConfig"] = json!(config);
        }
        let url = self.versioned(ApiVersion::V1beta, &within("models", model), Some("predictLongRunning"))?;
        let value = self.call_url(Method::POST, url, Some(&body)).await?;
        named(Operation::read(&value), |operation| &operation.name)
    }

    /// One operation, by its full name.
    ///
    /// # Errors
    /// As every call: [`ClientError`].
    pub async fn operation_get(&self, name: &str) -> Result<Operation, ClientError> {
        let url = self.versioned(ApiVersion::V1beta, name, None)?;
        let value = self.call_url(Method::GET, url, None).await?;
        named(Operation::read(&value), |operation| &operation.name)
    }
}

fn named<T>(job: T, name: impl Fn(&T) -> &String) -> Result<T, ClientError> {
    match name(&job).is_empty() {
        true => Err(ClientError::Unreadable("it does not name the job".to_owned())),
        false => Ok(job),
    }
}
