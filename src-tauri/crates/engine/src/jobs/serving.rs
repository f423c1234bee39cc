//! What opened results ask of jobs.

use std::path::{Path, PathBuf};

use gemini::pointers::PointerKind;
use serde_json::{Value, json};
use store::JobRecord;

use super::about::About;
use super::{Jobs, names};
use crate::dto::JobDetail;
use crate::error::{Code, Error, Result};

impl Jobs {
    /// Opens the job that a pointer of a payload leads to.
    pub(crate) async fn open_pointer(&self, project: i64, kind: PointerKind, value: &str) -> Result<JobDetail> {
        let named = names::of_pointer(kind, value).ok_or_else(|| Error::not_found("job"))?;
        let known = self.common.store().known_jobs().by_bare(project, vec![store::bare(&named.1).to_owned()]).await?;
        let same = known.into_iter().find(|record| record.kind == named.0);
        self.open(project, same.as_ref().map_or(&named.1, |record| &record.name)).await
    }

    /// Whether a batch's results came within its own answer.
    pub(crate) async fn has_inlined(&self, project: i64, name: &str) -> Result<bool> {
        Ok(About::of(&self.known(project, name).await?).inlined)
    }

    /// Those results as lines, in the form of an output file.
    pub(crate) async fn inlined(&self, project: i64, name: &str) -> Result<Vec<u8>> {
        self.get(project, name, true).await?;
        let raw = self.remembered(project, name).unwrap_or_default();
        let output = raw.get("response").or_else(|| raw.pointer("/metadata/output")).unwrap_or(&Value::Null);
        let outer = output.get("inlinedResponses").or_else(|| output.get("inlined_responses")).unwrap_or(&Value::Null);
        let list = outer.get("inlinedResponses").or_else(|| outer.get("inlined_responses")).unwrap_or(outer);
        let Some(list) = list.as_array() else {
            return Err(Error::new(Code::ResultGone, "The service no longer gives the results of this batch."));
        };
        let mut lines = Vec::new();
        for one in list {
            let mut line = one.clone();
            if let (Some(key), Some(line)) = (one.pointer("/metadata/key"), line.as_object_mut()) {
                line.insert("key".to_owned(), key.clone());
            }
            lines.extend_from_slice(line.to_string().as_bytes());
            lines.push(b'\n');
        }
        Ok(lines)
    }

    /// The file on this machine with a batch's requests, if there is one, and how many requests the service counts.
    pub(crate) async fn requests_of(&self, project: i64, name: &str) -> Result<(Option<PathBuf>, Option<u64>)> {
        let known = self.common.store().known_jobs().get(project, name).await?;
        let Some(record) = known else { return Ok((None, None)) };
        let about = About::of(&record);
        let count = about.counts.map(|counts| counts.requests).filter(|count| *count > 0);
        Ok((about.requests.map(PathBuf::from), count))
    }

    /// The user gave the file with a batch's requests.
    pub(crate) async fn note_requests(&self, project: i64, name: &str, path: &Path) -> Result<()> {
        let path = path.display().to_string();
        self.change_about(project, name, move |about| about.requests = Some(path)).await
    }

    /// How many rows of a batch's output are of no use.
    pub(crate) async fn note_unusable(&self, project: i64, name: &str, unusable: u64) -> Result<()> {
        self.change_about(project, name, move |about| about.unusable = Some(unusable)).await
    }

    pub(super) async fn change_about(
        &self,
        project: i64,
        name: &str,
        change: impl FnOnce(&mut About) + Send + 'static,
    ) -> Result<()> {
        let write = move |record: &mut JobRecord| {
            let mut about = About::of(record);
            change(&mut about);
            record.about = json!(about).to_string();
        };
        self.update(project, name, None, write).await?;
        Ok(())
    }

    /// The names of the files with requests that jobs refer to.
    pub(crate) async fn request_files(&self) -> Result<Vec<String>> {
        let paths = self.common.store().known_jobs().request_files().await?;
        Ok(paths.iter().filter_map(|path| Some(Path::new(path).file_name()?.to_str()?.to_owned())).collect())
    }
}
