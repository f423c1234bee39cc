//! What a source leads to. A payload is written by whoever sent it: only names of the service's own things are followed,
//! with the key of the project that the delivery came for, at that project's own address.

use gemini::pointers::{self, Pointer, PointerKind};
use signature::Outcome;

use super::Results;
use crate::dto::{JobKind, JobPhase, ResultSource};
use crate::error::{Code, Error, Result};

/// What to fetch, or to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A file of the service.
    File { project: i64, name: String, job: Option<String>, delivery: Option<i64>, rows: bool },
    /// Rows that came within a job's own answer.
    Inlined { project: i64, job: String, delivery: Option<i64> },
    /// An interaction, which its job shows.
    Interaction { project: i64, job: String, delivery: Option<i64> },
    /// A file on this machine.
    Local { path: std::path::PathBuf },
}

impl Results {
    pub(super) async fn resolve(&self, source: ResultSource) -> Result<Target> {
        match source {
            ResultSource::Job { project, name } => self.of_job(project, &name, None).await,
            ResultSource::Pointer { delivery, path, confirmed } => self.of_pointer(delivery, &path, confirmed).await,
            ResultSource::Name { project, text } => {
                self.registry.project(project)?;
                match file_of(&text) {
                    Some(name) => Ok(Target::File { project, name, job: None, delivery: None, rows: false }),
                    None => {
                        let job = self.jobs.open(project, &text).await?.job;
                        self.of_job(project, &job.name, None).await
                    }
                }
            }
            ResultSource::File { path } => {
                let path = std::path::PathBuf::from(path);
                if !path.is_file() {
                    let message = format!("There is no file at {}. Choose another one.", path.display());
                    return Err(Error::new(Code::NotReadable, message));
                }
                Ok(Target::Local { path })
            }
        }
    }

    async fn of_pointer(&self, delivery: i64, path: &str, confirmed: bool) -> Result<Target> {
        let store = self.common.store();
        let row = store.rows(&[delivery]).await?.into_iter().next().ok_or_else(|| Error::not_found("delivery"))?;
        if row.outcome != Outcome::Verified && !confirmed {
            let message = "This delivery is not verified, so its sender may have written this pointer. Opening it sends \
                           a request with the project's key to the service.";
            return Err(Error::new(Code::NotVerified, message));
        }
        let body = store.body(delivery).await?.unwrap_or_default();
        let found = pointers::find(&body).into_iter().find(|pointer| pointer.path == path);
        let pointer = found.ok_or_else(|| Error::not_found("pointer"))?;
        match pointer.kind {
            PointerKind::File | PointerKind::BatchOutput => {
                let name = pointers::file_name(&pointer.value).ok_or_else(|| not_opened(&pointer))?;
                let rows = pointer.kind == PointerKind::BatchOutput;
                Ok(Target::File { project: row.project, name, job: None, delivery: Some(delivery), rows })
            }
            PointerKind::Batch | PointerKind::Interaction | PointerKind::Video => {
                let job = self.jobs.open_pointer(row.project, pointer.kind, &pointer.value).await?.job;
                self.of_job(row.project, &job.name, Some(delivery)).await
            }
            PointerKind::Gs | PointerKind::Https | PointerKind::Other => Err(not_opened(&pointer)),
        }
    }

    async fn of_job(&self, project: i64, name: &str, delivery: Option<i64>) -> Result<Target> {
        let mut detail = self.jobs.get(project, name, false).await?;
        let known = detail.output_file.is_some() || !detail.videos.is_empty();
        if !known && detail.job.kind != JobKind::Interaction {
            detail = self.jobs.get(project, name, true).await?;
        }
        if let Some(problem) = detail.problem.filter(|_| detail.output_file.is_none() && detail.videos.is_empty()) {
            return Err(problem);
        }
        let job = Some(name.to_owned());
        match detail.job.kind {
            JobKind::Interaction => Ok(Target::Interaction { project, job: name.to_owned(), delivery }),
            JobKind::Batch => match detail.output_file {
                Some(file) => Ok(Target::File { project, name: file, job, delivery, rows: true }),
                None if self.jobs.has_inlined(project, name).await? => {
                    Ok(Target::Inlined { project, job: name.to_owned(), delivery })
                }
                None => Err(no_result(detail.job.phase)),
            },
            JobKind::Video => {
                let file = detail.videos.first().and_then(|uri| file_of(uri));
                let name = file.ok_or_else(|| no_result(detail.job.phase))?;
                Ok(Target::File { project, name, job, delivery, rows: false })
            }
        }
    }
}

/// `files/…` of a name or an address of a service. Only the name is taken: it is always asked for at the project's own
/// address.
pub(crate) fn file_of(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(name) = pointers::file_name(text).filter(|_| text.contains('/') || text.starts_with("batch-")) {
        return Some(name);
    }
    // A service on this machine, such as the Sandbox, has http addresses.
    let url = reqwest::Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let (_, id) = url.path().rsplit_once("/files/")?;
    pointers::file_name(&format!("files/{id}"))
}

fn not_opened(pointer: &Pointer) -> Error {
    let why = pointer.note.clone().unwrap_or_else(|| "It does not name a file or a job of the service.".to_owned());
    Error::new(Code::ResultGone, format!("This pointer cannot be opened. {why}"))
}

fn no_result(phase: JobPhase) -> Error {
    let why = match phase {
        JobPhase::Running | JobPhase::Waiting => "It has not ended, so it has no result yet.",
        JobPhase::Unknown => "The service did not say that it has a result.",
        JobPhase::NotFound => "The service does not know it.",
        _ => "It ended without a result.",
    };
    Error::new(Code::ResultGone, why)
}
