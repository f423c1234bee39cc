//! Cancels and deletes jobs.

use store::JobKind;

use super::Jobs;
use crate::dto::JobDetail;
use crate::error::{Code, Error, Result};
use crate::service_error::job_error;

impl Jobs {
    /// Cancels a job. It ends a little later.
    ///
    /// # Errors
    /// `service_refused` for a video, which the service has no method for; why the service refused.
    pub async fn cancel(&self, project: i64, name: &str) -> Result<JobDetail> {
        let record = self.known(project, name).await?;
        let client = self.below.projects.client(project)?;
        let cancelled = match record.kind {
            JobKind::Batch => client.batch_cancel(name).await,
            JobKind::Interaction => client.interaction_cancel(name).await,
            JobKind::Video => return Err(no_method("cancel")),
        };
        let cancelled = cancelled.map_err(|error| job_error(error, true));
        self.below.actions.act(project, "job.cancel", name, &cancelled, "").await;
        cancelled?;
        self.get(project, name, true).await
    }

    /// Deletes a job at the service, and forgets it here.
    ///
    /// # Errors
    /// `service_refused` for a video; why the service refused.
    pub async fn delete(&self, project: i64, name: &str) -> Result<()> {
        let record = self.known(project, name).await?;
        let client = self.below.projects.client(project)?;
        let deleted = match record.kind {
            JobKind::Batch => client.batch_delete(name).await,
            JobKind::Interaction => client.interaction_delete(name).await,
            JobKind::Video => return Err(no_method("delete")),
        };
        let deleted = deleted.map_err(|error| job_error(error, true));
        self.below.actions.act(project, "job.delete", name, &deleted, "").await;
        deleted?;
        self.common.store().known_jobs().remove(project, name).await?;
        self.changed(project);
        Ok(())
    }
}

fn no_method(verb: &str) -> Error {
    Error::new(Code::ServiceRefused, format!("The service has no method to {verb} a video."))
}
