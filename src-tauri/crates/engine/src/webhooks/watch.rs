//! Keeps the boards fresh while a window is open. Asks for every project with a key once a minute, ever less often
//! while its service fails, and for the Sandbox when something in it changed. Reports to the window when something that
//! it shows changed, at most twice a second.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use store::Change;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;

use super::Webhooks;
use super::reading::service;
use crate::addresses::Bases;
use crate::dto::Project;

/// How often to check what changed.
const TICK: Duration = Duration::from_millis(500);
/// Time between two looks at a project's deliveries, as a multiple of what such a look took, so that a long history
/// under load is not searched all the time.
const REST: u32 = 10;

impl Webhooks {
    /// Begins to watch, once. Ends with the room.
    pub(crate) fn watch(&self) {
        self.watched.call_once(|| {
            let (changes, sandbox) = (self.common.store().subscribe(), self.sandbox.news());
            self.common.spawn(run(self.clone(), changes, sandbox));
        });
    }
}

/// What is remembered between two ticks.
#[derive(Default)]
struct State {
    /// Projects whose view has changed since the last report to the window.
    changed: BTreeSet<i64>,
    /// The earliest time to look at each project again.
    rest: HashMap<i64, Instant>,
    /// The addresses that views depend on, as they were.
    bases: Bases,
    projects: Vec<Project>,
}

async fn run(room: Webhooks, mut changes: Receiver<Change>, mut sandbox: Option<watch::Receiver<()>>) {
    let mut state = State::default();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            change = changes.recv() => match change {
                Ok(Change::Inserted(arrived)) => {
                    state.changed.insert(arrived.row.project);
                }
                Ok(Change::Changed(_) | Change::Answered(_) | Change::SentOn(_)) => {}
                Ok(Change::Removed(_) | Change::Restored | Change::Resync) | Err(RecvError::Lagged(_)) => {
                    state.changed.extend(state.projects.iter().map(|project| project.id));
                }
                Err(RecvError::Closed) => return,
            },
            _ = tick.tick() => {
                let news = sandbox.as_mut().is_some_and(|news| {
                    let changed = news.has_changed().unwrap_or(false);
                    news.mark_unchanged();
                    changed
                });
                look(&room, &mut state, news).await;
            }
        }
    }
}

/// Asks for the projects that are due, and reports what changed. `news`: something happened in the Sandbox.
async fn look(room: &Webhooks, state: &mut State, news: bool) {
    let (bases, projects) = (room.addresses.bases(), room.registry.projects());
    if state.bases != bases || state.projects != projects {
        state.changed.extend(projects.iter().map(|project| project.id));
        (state.bases, state.projects) = (bases, projects);
    }
    let asked = |project: &Project| {
        let usable = project.api_key.as_ref().is_some_and(|key| key.available);
        (project.id, usable.then(|| service(project)))
    };
    let mut due = room.boards.due(&state.projects.iter().map(asked).collect::<Vec<_>>());
    let sandbox = state.projects.iter().find(|project| project.sandbox).map(|project| project.id);
    due.extend(sandbox.filter(|id| news && !due.contains(id)));
    for project in due {
        room.read_webhooks_soon(project);
    }
    let now = Instant::now();
    let ready: Vec<i64> =
        state.changed.iter().copied().filter(|id| state.rest.get(id).is_none_or(|rest| *rest <= now)).collect();
    for project in ready {
        state.changed.remove(&project);
        // Without a list there is nothing that a delivery could change.
        if !room.boards.asked(project) {
            continue;
        }
        let began = Instant::now();
        room.tell_webhooks(project).await;
        state.rest.insert(project, Instant::now() + began.elapsed() * REST);
    }
}
