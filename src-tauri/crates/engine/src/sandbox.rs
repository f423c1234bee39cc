//! The Sandbox: the emulator in this process, used over HTTP like any other service.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use crate::common::Common;
use crate::dto::ListenerState;
use crate::error::{Code, Error, Result};
use crate::projects::Projects;
use crate::registry::{Registry, SANDBOX_PATH};
use follow_up::FollowUp;
use running::Running;

mod commands;
mod control;
pub(crate) mod follow_up;
mod jobs;
mod own;
mod received;
pub(crate) mod running;
mod watch_changes;
mod webhooks;

/// The room of the Sandbox, which may not be running. Cloning shares it.
#[derive(Clone)]
pub struct Sandbox {
    common: Common,
    registry: Arc<Registry>,
    projects: Projects,
    running: Option<Arc<Running>>,
    /// What the listener is doing: the Sandbox's own webhook points to it.
    listener: watch::Receiver<ListenerState>,
    follow_up: FollowUp,
}

impl Sandbox {
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        projects: Projects,
        running: Option<Arc<Running>>,
        listener: watch::Receiver<ListenerState>,
    ) -> Self {
        Self { common, registry, projects, running, listener, follow_up: FollowUp::default() }
    }

    /// Begins to follow what the Sandbox sends, what changes in it, and where the listener is.
    pub(crate) fn begin(&self) {
        let Some(running) = &self.running else { return };
        self.common.spawn(running.clone().follow(self.common.store().clone()));
        self.common.spawn(running.clone().watch(self.common.clone()));
        self.common.spawn(running.clone().follow_token(self.registry.clone()));
        let (room, mut listener) = (self.clone(), self.listener.clone());
        self.common.spawn(async move {
            while listener.changed().await.is_ok() {
                if let Ok(running) = room.running() {
                    room.own_webhook(running).await;
                }
            }
        });
    }

    /// Stops the emulator in order.
    pub(crate) async fn stop(&self) {
        if let Some(running) = &self.running {
            running.stop().await;
        }
    }

    /// The running Sandbox.
    ///
    /// # Errors
    /// `no_sandbox` if it is not running.
    pub(crate) fn running(&self) -> Result<&Arc<Running>> {
        self.running.as_ref().ok_or_else(|| Error::new(Code::NoSandbox, "The Sandbox is not running."))
    }

    /// The Sandbox, if this is its project.
    pub(crate) fn of(&self, project: i64) -> Option<&Running> {
        self.running.as_deref().filter(|running| running.project() == project)
    }

    /// Whether the Sandbox is running.
    pub(crate) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Hears of every change in the Sandbox; `None` if it is not running.
    pub(crate) fn news(&self) -> Option<watch::Receiver<()>> {
        Some(self.running.as_ref()?.news())
    }

    /// What others have to do after the user changed the Sandbox. For one listener.
    pub(crate) fn take_follow_ups(&self) -> Option<mpsc::Receiver<follow_up::Request>> {
        self.follow_up.take()
    }

    /// Where the listener takes the Sandbox's deliveries; `None` while the listener is not running.
    fn receiver(&self) -> Option<String> {
        match &*self.listener.borrow() {
            ListenerState::Listening { address, .. } => Some(format!("{address}{SANDBOX_PATH}")),
            _ => None,
        }
    }

    fn listening_receiver(&self) -> Result<String> {
        self.receiver().ok_or_else(|| {
            Error::new(Code::NotListening, "The listener is not running, so what the Sandbox sends has nowhere to go.")
        })
    }
}
