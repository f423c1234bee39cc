//! Keeps opened results with a delivery, since the service forgets them after 48 hours; and removes what is not kept.

use std::collections::HashSet;
use std::path::Path;

use store::KeptResult;

use super::open::file_name;
use super::{Results, blocking, not_written};
use crate::dto::{ResultState, ResultView};
use crate::error::{Code, Error, Result};
use crate::run_folder::{self, folder};
use crate::whole::Whole;

impl Results {
    /// Keeps a copy with a delivery, counted in the history's size; or no longer.
    ///
    /// # Errors
    /// `not_found` if it is not open, or there is no such delivery; `result_gone` if it is not all here.
    pub async fn keep(&self, id: u32, delivery: i64, keep: bool) -> Result<ResultView> {
        let open = self.get(id)?;
        let view = open.view();
        let kept = self.common.store().kept_results();
        if !keep {
            kept.remove(delivery, &view.name).await?;
            self.sweep().await?;
            let view = open.change(|view| view.kept_with = None);
            self.tell(&open);
            return Ok(view);
        }
        if view.state != ResultState::Ready {
            return Err(Error::new(Code::ResultGone, "Only what is all here can be kept. Wait until it is fetched."));
        }
        if self.common.store().rows(&[delivery]).await?.is_empty() {
            return Err(Error::not_found("delivery"));
        }
        let file = kept_name(view.project.unwrap_or_default(), &view.name);
        let (from, to) = (open.path(), folder(self.common.store().file())?.join(&file));
        blocking(move || link(&from, &to)).await?;
        let one = KeptResult { delivery, name: view.name, file, bytes: view.bytes, mime: view.mime_type };
        kept.put(one).await?;
        let view = open.change(|view| view.kept_with = Some(delivery));
        self.tell(&open);
        Ok(view)
    }

    /// What is kept of this file, if it is.
    pub(super) async fn kept(&self, project: i64, name: &str) -> Result<Option<KeptResult>> {
        let file = kept_name(project, name);
        let all = self.common.store().kept_results().list().await?;
        Ok(all.into_iter().find(|one| one.file == file))
    }

    /// Removes what was kept with deliveries that are gone, and the requests of jobs that are no longer known. Those of
    /// the last hour stay: their job may be about to be noted, also by another process.
    pub(super) async fn sweep(&self) -> Result<()> {
        let store = self.common.store();
        let mut stay: HashSet<String> = store.kept_results().list().await?.into_iter().map(|one| one.file).collect();
        stay.extend(self.jobs.request_files().await?);
        let folder = run_folder::beside(store.file());
        blocking(move || {
            // Nothing was kept yet.
            let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(()) };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let Some(name) = name.to_str() else { continue };
                let ours = ["kept-", "requests-"].iter().any(|start| name.starts_with(start));
                if ours && !stay.contains(name) && is_old(&entry) {
                    // One that cannot be removed now is removed next time.
                    let _ = std::fs::remove_file(entry.path());
                }
            }
            Ok(())
        })
        .await
    }
}

/// Whether a file was last written an hour ago or before.
fn is_old(entry: &std::fs::DirEntry) -> bool {
    let written = entry.metadata().and_then(|metadata| metadata.modified());
    written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age > std::time::Duration::from_secs(3600)))
}

/// The name of a file that is kept.
fn kept_name(project: i64, name: &str) -> String {
    file_name(project, name).replacen("result-", "kept-", 1)
}

/// The same file under another name, without a second copy where the file system can do that.
pub(super) fn link(from: &Path, to: &Path) -> Result<()> {
    if to.exists() || std::fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    let whole = Whole::beside(to)?;
    std::fs::copy(from, whole.path()).map_err(|error| not_written(to, error))?;
    whole.keep()
}
