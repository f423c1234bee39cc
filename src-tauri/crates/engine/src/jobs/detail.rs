//! A job with all that is known of it.

use gemini::client::ClientError;
use store::{JobKind as Kind, JobRecord, KnownBy};

use super::about::{About, new_record, phase};
use super::reading::{Asked, paused};
use super::{Jobs, names, steps, view};
use crate::dto::{JobDetail, JobOtherKey, JobPhase, JobView};
use crate::error::{Code, Error, Result};

impl Jobs {
    /// A job. `ask`: asks the service first; why it could not is [`JobDetail::problem`].
    ///
    /// # Errors
    /// `not_found` if it is not known here; any error of the store.
    pub async fn get(&self, project: i64, name: &str, ask: bool) -> Result<JobDetail> {
        let record = self.known(project, name).await?;
        if !ask {
            return self.detail(record, None).await;
        }
        if let Some(until) = self.lists.paused_until(project, self.common.now_ms()) {
            return self.detail(record, Some(paused(until, self.common.now_ms()))).await;
        }
        self.asked_detail(record).await
    }

    /// Opens the job that a text names, and asks the service about it.
    ///
    /// # Errors
    /// `invalid_job` if it names none; `not_found` if there is no such project; any error of the store.
    pub async fn open(&self, project: i64, text: &str) -> Result<JobDetail> {
        self.below.registry.project(project)?;
        let (kind, name) = names::read(text)?;
        let known = self.common.store().known_jobs().get(project, &name).await?;
        let now = self.common.now_ms();
        let record = known.unwrap_or_else(|| new_record(project, kind, &name, KnownBy::Opened, now));
        self.asked_detail(record).await
    }

    async fn asked_detail(&self, record: JobRecord) -> Result<JobDetail> {
        let (project, name) = (record.project, record.name.clone());
        match self.ask(record.clone()).await {
            Ok(Asked::Known(record) | Asked::NotFound(record)) => self.detail(record, None).await,
            Ok(Asked::Failed(record, error)) => self.detail(record, Some(error)).await,
            // There is no key, or no Sandbox: what is known is shown with the reason.
            Err(error) if self.common.store().known_jobs().get(project, &name).await?.is_some() => {
                self.detail(record, Some(error)).await
            }
            Err(error) => Err(error),
        }
    }

    /// Asks about a job with another project's key, as the user chose. Where that key knows it, the job is that
    /// project's from now on.
    ///
    /// # Errors
    /// Why the service could not be asked; `not_found` where that key does not know it, either.
    pub async fn ask_with(&self, project: i64, name: &str, other: i64) -> Result<JobDetail> {
        let record = self.known(project, name).await?;
        let client = self.below.projects.client(other)?;
        match self.said(&client, other, record.kind, name).await {
            Ok((said, raw)) => {
                let now = self.common.now_ms();
                self.remember(other, name, raw);
                let fresh = new_record(other, record.kind, name, KnownBy::Opened, now);
                let room = self.clone();
                let change = move |record: &mut JobRecord| {
                    said.put_into(record, now, None);
                    room.plan(record, now);
                };
                let found = self.update(other, name, Some(fresh), change).await?;
                let found = found.ok_or_else(|| Error::not_found("job"))?;
                self.find_told(other, std::slice::from_ref(&found)).await?;
                self.detail(found, None).await
            }
            Err(ClientError::Api(api)) if api.http == 404 => {
                let other = self.below.registry.project(other)?;
                let message = format!("The key of {} does not know this job, either.", other.name);
                Err(Error::new(Code::NotFound, message))
            }
            Err(error) => Err(self.told_of(other, error)),
        }
    }

    /// The jobs of all projects that a text names, as far as they are known here. Asks nobody.
    ///
    /// # Errors
    /// Any error of the store.
    pub(crate) async fn by_id(&self, text: &str) -> Result<Vec<JobView>> {
        let Ok((_, name)) = names::read(text) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for project in self.below.registry.projects() {
            let bare = vec![store::bare(&name).to_owned()];
            let records = self.common.store().known_jobs().by_bare(project.id, bare).await?;
            if !records.is_empty() {
                found.extend(self.views(project.id, &records).await?);
            }
        }
        Ok(found)
    }

    /// A job that is known here.
    pub(super) async fn known(&self, project: i64, name: &str) -> Result<JobRecord> {
        let known = self.common.store().known_jobs().get(project, name).await?;
        known.ok_or_else(|| Error::not_found("job"))
    }

    pub(super) async fn detail(&self, record: JobRecord, problem: Option<Error>) -> Result<JobDetail> {
        let about = About::of(&record);
        let shown = phase(&record, &about);
        let rows = self.told_rows(&record).await?;
        let raw = self.remembered(record.project, &record.name);
        let mut interaction = raw.as_ref().filter(|_| record.kind == Kind::Interaction).map(steps::view);
        if let Some(interaction) = &mut interaction {
            interaction.next = self.continuations(&record).await?;
        }
        Ok(JobDetail {
            job: self.one_view(&record).await?,
            failure: about.failure.clone(),
            other_keys: if about.not_found { self.other_keys(record.project) } else { Vec::new() },
            deliveries: rows.iter().map(|row| view::told(row, shown)).collect(),
            output_file: about.output.clone(),
            inlined: about.inlined,
            input_file: about.input.clone(),
            has_requests: about.requests.is_some(),
            interaction,
            videos: about.videos.clone(),
            raw: raw.map(|raw| format!("{raw:#}")),
            problem: problem
                .or_else(|| (shown == JobPhase::NotFound || about.not_found).then(|| not_found(record.kind))),
        })
    }

    /// Interactions that continue this one, as far as they are known.
    async fn continuations(&self, record: &JobRecord) -> Result<Vec<String>> {
        let wanted = store::JobsWanted {
            about: Some(format!("\"previous\":\"{}\"", record.name)),
            kind: Some(Kind::Interaction),
            ..store::JobsWanted::default()
        };
        let found = self.common.store().known_jobs().page(record.project, wanted, 0, 20).await?;
        Ok(found.into_iter().map(|one| one.name).collect())
    }

    /// Projects of the same service with other keys.
    fn other_keys(&self, project: i64) -> Vec<JobOtherKey> {
        let projects = self.below.registry.projects();
        let Some(ours) = projects.iter().find(|one| one.id == project) else { return Vec::new() };
        let others = projects.iter().filter(|one| one.id != project && one.base_url == ours.base_url && !one.sandbox);
        others
            .filter_map(|one| {
                let key = one.api_key.as_ref().filter(|key| key.available)?;
                let same = ours.api_key.as_ref().is_some_and(|ours| ours.hint == key.hint);
                (!same).then(|| JobOtherKey { project: one.id, name: one.name.clone(), hint: key.hint.clone() })
            })
            .collect()
    }
}

fn not_found(kind: Kind) -> Error {
    let message = match kind {
        Kind::Batch => {
            "The service does not know this job with this project's key. Batches are seen only by the key that made \
             them, so it was perhaps made with another key; or it was deleted, or it is too old."
        }
        Kind::Interaction | Kind::Video => {
            "The service does not know this job with this project's key: it was deleted, it is too old, or another \
             project made it."
        }
    };
    Error::new(Code::NotFound, message)
}
