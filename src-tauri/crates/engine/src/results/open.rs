//! One opened result.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use results::{Filter, Requests, Scanner};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::resolve::Target;
use super::searching::Searched;
use crate::dto::{ResultKind, ResultState, ResultView};

/// A filter, how many rows there were, and those that it selects.
type Selected = (Filter, u32, Arc<Vec<u32>>);

/// What is open.
pub(super) struct Open {
    target: Target,
    path: PathBuf,
    /// The file is ours, in the folder of results.
    ours: bool,
    now: watch::Sender<ResultView>,
    /// Replaced when it goes on.
    stop: Mutex<CancellationToken>,
    parent: CancellationToken,
    /// Set while a task fetches or reads it.
    pub(super) busy: AtomicBool,
    /// A batch's rows, as far as they were read.
    pub(super) scanner: Mutex<Option<Scanner>>,
    /// The file with the requests, and what is known of it.
    pub(super) requests: Mutex<Option<(PathBuf, Arc<Requests>)>>,
    /// The rows that a filter selects, for so many rows.
    pub(super) selected: Mutex<Option<Selected>>,
    pub(super) searched: Mutex<Option<Arc<Searched>>>,
}

impl Open {
    pub(super) fn new(id: u32, target: Target, folder: &Path, stop: &CancellationToken) -> Self {
        let (project, job, name, kept_with, kind) = match &target {
            Target::File { project, name, job, delivery, rows } => {
                let kind = if *rows { ResultKind::Rows } else { ResultKind::Unknown };
                (Some(*project), job.clone(), name.clone(), *delivery, kind)
            }
            Target::Inlined { project, job, delivery } => {
                (Some(*project), Some(job.clone()), job.clone(), *delivery, ResultKind::Rows)
            }
            Target::Interaction { project, job, delivery } => {
                (Some(*project), Some(job.clone()), job.clone(), *delivery, ResultKind::Interaction)
            }
            Target::Local { path } => (None, None, path.display().to_string(), None, ResultKind::Unknown),
        };
        let (path, ours) = match &target {
            Target::Local { path } => (path.clone(), false),
            _ => (folder.join(file_name(project.unwrap_or_default(), &name)), true),
        };
        let view = ResultView {
            id,
            project,
            job,
            name,
            kind,
            state: ResultState::Resolving,
            error: None,
            mime_type: None,
            bytes: 0,
            total: None,
            read_us: None,
            expires_ms: None,
            delivery: kept_with,
            kept_with: None,
            summary: None,
            has_requests: false,
        };
        Self {
            target,
            path,
            ours,
            now: watch::Sender::new(view),
            stop: Mutex::new(stop.child_token()),
            parent: stop.clone(),
            busy: AtomicBool::new(false),
            scanner: Mutex::default(),
            requests: Mutex::default(),
            selected: Mutex::default(),
            searched: Mutex::default(),
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.now.borrow().id
    }

    pub(super) fn target(&self) -> &Target {
        &self.target
    }

    /// Whether it is what this leads to, whoever names it.
    pub(super) fn is_of(&self, target: &Target) -> bool {
        match (&self.target, target) {
            (Target::File { project, name, .. }, Target::File { project: other, name: same, .. }) => {
                project == other && name == same
            }
            (Target::Local { path }, Target::Local { path: same }) => path == same,
            (Target::Inlined { project, job, .. }, Target::Inlined { project: other, job: same, .. })
            | (Target::Interaction { project, job, .. }, Target::Interaction { project: other, job: same, .. }) => {
                project == other && job == same
            }
            _ => false,
        }
    }

    pub(super) fn view(&self) -> ResultView {
        self.now.borrow().clone()
    }

    pub(super) fn follow(&self) -> watch::Receiver<ResultView> {
        self.now.subscribe()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut ResultView)) -> ResultView {
        self.now.send_modify(change);
        self.view()
    }

    /// The file with what has come.
    pub(super) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Begins again, and gives what stops it. `None` if it is under way, or is ready.
    pub(super) fn begin(&self) -> Option<CancellationToken> {
        if self.busy.swap(true, Ordering::AcqRel) {
            return None;
        }
        // Checked only after taking it: the work may have ended just before.
        if self.view().state == ResultState::Ready {
            self.busy.store(false, Ordering::Release);
            return None;
        }
        let token = self.parent.child_token();
        *self.stop.lock() = token.clone();
        Some(token)
    }

    pub(super) fn stop(&self) {
        self.stop.lock().cancel();
    }

    /// Stops it, and removes its file, unless it is not ours. A copy that is kept has a name of its own.
    pub(super) fn forget(&self) {
        self.stop();
        if let Some(searched) = self.searched.lock().take() {
            searched.cancel();
        }
        if self.ours {
            // One that is being written goes at the next start.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The name of a result's file: what it is called by the service is not trusted with a path.
pub(super) fn file_name(project: i64, name: &str) -> String {
    let mut hasher = DefaultHasher::new();
    (project, name).hash(&mut hasher);
    let bare: String = store::bare(name).chars().filter(char::is_ascii_alphanumeric).take(24).collect();
    format!("result-{bare}-{:016x}", hasher.finish())
}
