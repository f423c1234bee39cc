//! Jobs by what a text names: a job, or one of its files. Asks nobody.

use store::{JobRecord, bare};

use super::about::About;
use super::{Jobs, names, shown_kind};
use crate::dto::JobKind;
use crate::error::Result;

/// The most jobs that are looked through for a file.
const MOST: usize = 500;

/// A job as far as it has to be known to go to it.
#[derive(Clone, Debug)]
pub(crate) struct NamedJob {
    pub(crate) name: String,
    pub(crate) kind: JobKind,
    pub(crate) title: Option<String>,
}

/// The files that the service named with a job.
#[derive(Clone, Debug)]
pub(crate) struct JobFiles {
    pub(crate) job: NamedJob,
    /// With its requests.
    pub(crate) input: Option<String>,
    /// With its results: names, or addresses of videos.
    pub(crate) results: Vec<String>,
}

impl Jobs {
    /// The jobs of a project that these texts name, each with its text, as far as they are known here.
    pub(crate) async fn named(&self, project: i64, texts: &[String]) -> Result<Vec<(String, NamedJob)>> {
        let read = texts.iter().filter_map(|text| Some((text, names::read(text).ok()?.1)));
        let read: Vec<(&String, String)> = read.collect();
        let bares = read.iter().map(|(_, name)| bare(name).to_owned()).collect();
        let known = self.common.store().known_jobs().by_bare(project, bares).await?;
        let found = read.into_iter().filter_map(|(text, name)| {
            // An id alone does not say of what kind of job it is.
            let is_it = |job: &&JobRecord| job.name == name || (!text.contains('/') && job.bare() == bare(&name));
            Some((text.clone(), named(known.iter().find(is_it)?)))
        });
        Ok(found.collect())
    }

    /// The jobs of a project with which the service named one of these files, with all their files.
    pub(crate) async fn with_files(&self, project: i64, files: Vec<String>) -> Result<Vec<JobFiles>> {
        let known = self.common.store().known_jobs().telling(project, files, MOST).await?;
        let found = known.iter().map(|job| {
            let about = About::of(job);
            let results = about.output.into_iter().chain(about.videos).collect();
            JobFiles { job: named(job), input: about.input, results }
        });
        Ok(found.collect())
    }
}

fn named(job: &JobRecord) -> NamedJob {
    NamedJob { name: job.name.clone(), kind: shown_kind(job.kind), title: job.title.clone() }
}
