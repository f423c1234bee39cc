//! The log of management actions: who did what, when, and how it ended. Never a secret.

use std::sync::Arc;

use store::NewAction;

use crate::common::Common;
use crate::dto::{Action, ActionPage};
use crate::error::{Code, Error, Result};
use crate::registry::Registry;

/// Most actions of a page.
const PAGE: u32 = 200;
/// Who acts when nobody asked for it.
const POLLUX: &str = "Pollux";

/// The log. Cloning shares it.
#[derive(Clone)]
pub struct Actions {
    common: Common,
    registry: Arc<Registry>,
}

impl Actions {
    pub(crate) fn new(common: Common, registry: Arc<Registry>) -> Self {
        Self { common, registry }
    }

    /// A page of the log, newest first, at most 200.
    pub async fn page(&self, before: Option<i64>, limit: u32) -> Result<ActionPage> {
        let limit = limit.clamp(1, PAGE);
        // Ask for one more, to know whether there is another page.
        let mut found = self.common.store().actions().page(before, limit + 1).await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let next_before = found.last().map(|action| action.id).filter(|_| more);
        Ok(ActionPage { actions: found.into_iter().map(view).collect(), next_before })
    }

    /// The whole log as NDJSON, oldest first.
    pub async fn export(&self) -> Result<String> {
        let mut text = String::new();
        for action in self.common.store().actions().all().await? {
            let line = serde_json::to_string(&view(action))
                .map_err(|error| Error::new(Code::Internal, "The log could not be written.").with_detail(error))?;
            text.push_str(&line);
            text.push('\n');
        }
        Ok(text)
    }

    /// Writes to the log how an action ended. `what`: as in [`Action::what`]; `target`: what it was done to, in words;
    /// `detail`: what changed, if it was done (an error says the rest). A failure to write the log does not undo the
    /// action.
    pub(crate) async fn act<T>(
        &self,
        project: impl Into<Option<i64>>,
        what: &str,
        target: &str,
        result: &Result<T>,
        detail: &str,
    ) {
        let project = project.into();
        let name = self.name_of(project);
        self.note(self.common.actor(), (project, name), what, target, told(result, detail)).await;
    }

    /// The same, for a project whose name is no longer known, or not yet.
    pub(crate) async fn act_named<T>(
        &self,
        project: i64,
        name: &str,
        what: &str,
        target: &str,
        result: &Result<T>,
        detail: &str,
    ) {
        let project = (Some(project), Some(name.to_owned()));
        self.note(self.common.actor(), project, what, target, told(result, detail)).await;
    }

    /// The same, for what Pollux did on its own.
    pub(crate) async fn acted_alone(&self, project: i64, what: &str, target: &str, detail: &str) {
        let name = self.name_of(Some(project));
        self.note(POLLUX, (Some(project), name), what, target, ("done", detail.to_owned())).await;
    }

    /// The same, for what may have failed.
    pub(crate) async fn tried_alone<T>(&self, what: &str, target: &str, result: &Result<T>, detail: &str) {
        self.note(POLLUX, (None, None), what, target, told(result, detail)).await;
    }

    fn name_of(&self, project: Option<i64>) -> Option<String> {
        self.registry.projects().into_iter().find(|known| Some(known.id) == project).map(|known| known.name)
    }

    async fn note(
        &self,
        who: &str,
        (project, project_name): (Option<i64>, Option<String>),
        what: &str,
        target: &str,
        (result, detail): (&str, String),
    ) {
        let action = NewAction {
            at_ms: self.common.now_ms(),
            who: who.to_owned(),
            project,
            project_name,
            what: what.to_owned(),
            target: target.to_owned(),
            result: result.to_owned(),
            detail,
        };
        if let Err(error) = self.common.store().actions().add(action).await {
            tracing::error!(%error, what, result, "an action could not be written to the log");
        }
    }
}

/// How it ended, and its sentence.
fn told<T>(result: &Result<T>, detail: &str) -> (&'static str, String) {
    match result {
        Ok(_) => ("done", detail.to_owned()),
        Err(error) => (outcome(error), words(error)),
    }
}

fn view(action: store::Action) -> Action {
    Action {
        id: action.id,
        at_ms: action.at_ms,
        who: action.who,
        project: action.project_name,
        what: action.what,
        target: action.target,
        result: action.result,
        detail: action.detail,
    }
}

/// What an error means for the action that failed.
fn outcome(error: &Error) -> &'static str {
    match error.code {
        Code::OutcomeUnknown => "unknown",
        Code::ServiceRefused | Code::ServiceKeyRefused | Code::ServiceRateLimited | Code::NotFound => "refused",
        _ => "failed",
    }
}

/// Our sentence together with the service's own words.
fn words(error: &Error) -> String {
    match &error.detail {
        Some(detail) => format!("{} ({detail})", error.message),
        None => error.message.clone(),
    }
}
