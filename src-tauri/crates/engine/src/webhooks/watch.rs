//! Keeps the boards fresh while a window is open: every project with a key is asked once a minute, ever less often where
//! its service fails, and the Sandbox when something changed in it. The window is told when something that it shows
//! changed, twice a second at most.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use store::Change;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::addresses::Bases;
use crate::dto::Project;
use crate::engine::{Engine, Inner};
use crate::webhooks::reading::service;

/// How often it is looked for what changed.
const TICK: Duration = Duration::from_millis(500);
/// Between two looks at what came for a project, as a multiple of what such a look took: a long history under load is
/// not searched all the time.
const REST: u32 = 10;

impl Engine {
    /// Begins to watch, once. Ends with the engine.
    pub(crate) fn watch_webhooks(&self) {
        self.inner.watched.call_once(|| {
            let changes = self.inner.store.subscribe();
            let sandbox = self.inner.sandbox.as_ref().map(|sandbox| sandbox.news());
            let watched = run(Arc::downgrade(&self.inner), changes, sandbox, self.inner.stop.clone());
            self.inner.tasks.spawn(watched);
        });
    }
}

/// What is known between two ticks.
#[derive(Default)]
struct State {
    /// Projects whose view has changed since the window was told.
    changed: BTreeSet<i64>,
    /// Not looked at again before.
    rest: HashMap<i64, Instant>,
    /// What views depend on, as it was.
    bases: Bases,
    projects: Vec<Project>,
}

async fn run(
    inner: Weak<Inner>,
    mut changes: Receiver<Change>,
    mut sandbox: Option<watch::Receiver<()>>,
    stop: CancellationToken,
) {
    let mut state = State::default();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            change = changes.recv() => match change {
                Ok(Change::Inserted(arrived)) => {
                    state.changed.insert(arrived.row.project);
                }
                Ok(Change::Changed(_)) => {}
                Ok(Change::Resync) | Err(RecvError::Lagged(_)) => {
                    state.changed.extend(state.projects.iter().map(|project| project.id));
                }
                Err(RecvError::Closed) => return,
            },
            _ = tick.tick() => {
                let Some(inner) = inner.upgrade() else { return };
                let engine = Engine { inner };
                let news = sandbox.as_mut().is_some_and(|news| {
                    let changed = news.has_changed().unwrap_or(false);
                    news.mark_unchanged();
                    changed
                });
                look(&engine, &mut state, news).await;
            }
        }
    }
}

/// Asks who is due, and tells what changed. `news`: something happened in the Sandbox.
async fn look(engine: &Engine, state: &mut State, news: bool) {
    let (bases, projects) = (engine.bases(), engine.projects());
    if state.bases != bases || state.projects != projects {
        state.changed.extend(projects.iter().map(|project| project.id));
        (state.bases, state.projects) = (bases, projects);
    }
    let asked = |project: &Project| {
        let usable = project.api_key.as_ref().is_some_and(|key| key.available);
        (project.id, usable.then(|| service(project)))
    };
    let mut due = engine.inner.boards.due(&state.projects.iter().map(asked).collect::<Vec<_>>());
    let sandbox = state.projects.iter().find(|project| project.sandbox).map(|project| project.id);
    due.extend(sandbox.filter(|id| news && !due.contains(id)));
    for project in due {
        engine.read_webhooks_soon(project);
    }
    let now = Instant::now();
    let ready: Vec<i64> =
        state.changed.iter().copied().filter(|id| state.rest.get(id).is_none_or(|rest| *rest <= now)).collect();
    for project in ready {
        state.changed.remove(&project);
        // Without a list there is nothing that a delivery could change.
        if !engine.inner.boards.asked(project) {
            continue;
        }
        let began = Instant::now();
        engine.tell_webhooks(project).await;
        state.rest.insert(project, Instant::now() + began.elapsed() * REST);
    }
}
