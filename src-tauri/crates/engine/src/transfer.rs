//! Deliveries into files and out of them, and copies of single ones.
//!
//! A transfer runs in the background, in the memory of a few hundred deliveries, whatever the size of the file. The file
//! of an export appears under its name only once it is whole. What an import has stored stays, however it ends: done
//! again, it goes on where it was. An import sets off nothing: no forward, no script of the fault lab, no alarm.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::addresses::Addresses;
use crate::common::Common;
use crate::dto::{Live, Settings, Transfer, TransferFormat, TransferKind, TransferState};
use crate::error::{Code, Error, Result};
use crate::history::History;
use crate::outgoing::forward::Forwards;
use crate::projects::Projects;
use crate::registry::Registry;

mod copying;
mod export;
mod import;
mod records;
mod selection;

pub use export::Destination;
pub use import::Source;

/// Transfers that may run at once.
const AT_ONCE: usize = 3;
/// Transfers to remember.
const REMEMBERED: usize = 50;
/// How often, at most, to report progress.
const TELL: Duration = Duration::from_millis(100);

/// The room of transfers. Cloning shares it.
#[derive(Clone)]
pub struct Transfers {
    common: Common,
    registry: Arc<Registry>,
    projects: Projects,
    history: History,
    addresses: Addresses,
    forwards: Forwards,
    settings: watch::Receiver<Settings>,
    /// Pollux's.
    version: Arc<str>,
    all: Arc<Mutex<VecDeque<Running>>>,
}

/// The newest is the first.
struct Running {
    stop: CancellationToken,
    now: watch::Sender<Transfer>,
}

/// What the rooms below are.
pub(crate) struct Below {
    pub(crate) registry: Arc<Registry>,
    pub(crate) projects: Projects,
    pub(crate) history: History,
    pub(crate) addresses: Addresses,
    pub(crate) forwards: Forwards,
    pub(crate) settings: watch::Receiver<Settings>,
}

impl Transfers {
    pub(crate) fn new(common: Common, below: Below, version: &str) -> Self {
        let Below { registry, projects, history, addresses, forwards, settings } = below;
        let (version, all) = (version.into(), Arc::default());
        Self { common, registry, projects, history, addresses, forwards, settings, version, all }
    }

    /// Those since the start, the newest first.
    #[must_use]
    pub fn list(&self) -> Vec<Transfer> {
        self.all.lock().iter().map(|running| running.now.borrow().clone()).collect()
    }

    /// The transfer, and each change of it.
    ///
    /// # Errors
    /// `not_found` if it is not remembered.
    pub fn follow(&self, number: u32) -> Result<watch::Receiver<Transfer>> {
        let all = self.all.lock();
        let found = all.iter().find(|running| running.now.borrow().number == number);
        found.map(|running| running.now.subscribe()).ok_or_else(|| Error::not_found("transfer"))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// `not_found` if it is not remembered.
    pub async fn ended(&self, number: u32) -> Result<Transfer> {
        let mut follow = self.follow(number)?;
        let ended = follow.wait_for(|transfer| transfer.state != TransferState::Running).await;
        ended.map(|transfer| transfer.clone()).map_err(|_| Error::not_found("transfer"))
    }

    /// Stops it, and waits until it has ended.
    ///
    /// # Errors
    /// `not_found` if it is not remembered.
    pub async fn stop(&self, number: u32) -> Result<Transfer> {
        {
            let all = self.all.lock();
            let found = all.iter().find(|running| running.now.borrow().number == number);
            found.ok_or_else(|| Error::not_found("transfer"))?.stop.cancel();
        }
        self.ended(number).await
    }

    /// Notes a transfer that begins.
    fn begin(&self, kind: TransferKind, format: Option<TransferFormat>, path: &str) -> Result<Progress> {
        let mut all = self.all.lock();
        let running = all.iter().filter(|one| one.now.borrow().state == TransferState::Running).count();
        if running >= AT_ONCE {
            let message = format!("{AT_ONCE} exports and imports run already. Wait for one to end, or stop it.");
            return Err(Error::new(Code::TooMany, message));
        }
        let number = all.front().map_or(0, |running| running.now.borrow().number) + 1;
        let transfer = Transfer {
            number,
            kind,
            format,
            path: path.to_owned(),
            state: TransferState::Running,
            done: 0,
            total: None,
            bytes: 0,
            bytes_total: None,
            new: 0,
            known: 0,
            refused: 0,
            verified: 0,
            rejected: 0,
            unchecked: 0,
            unbound: 0,
            left_out: 0,
            unknown_projects: Vec::new(),
            problems: Vec::new(),
            error: None,
            started_ms: self.common.now_ms(),
            ended_ms: None,
        };
        let (now, stop) = (watch::Sender::new(transfer), self.common.stop().child_token());
        all.push_front(Running { stop: stop.clone(), now: now.clone() });
        while all.len() > REMEMBERED {
            // None that runs: those are few, and the newest.
            all.pop_back();
        }
        Ok(Progress { common: self.common.clone(), now, stop, told: Instant::now() })
    }

    /// Addresses that a copy or a file may name: the listener's own, without a trailing slash.
    fn listener(&self) -> String {
        let local = self.addresses.bases().local;
        local.unwrap_or_else(|| "http://127.0.0.1:4710/".to_owned()).trim_end_matches('/').to_owned()
    }

    /// What is left out of files, unless the user asks for it.
    fn credentials(&self, keep: bool) -> exchange::Credentials {
        let mut path_tokens: Vec<String> = self.settings.borrow().tunnel.path_token.clone().into_iter().collect();
        // The token of an earlier public address may still be asked for somewhere.
        let earlier = self.addresses.bases().earlier.into_iter().filter(|earlier| earlier.public);
        for base in earlier.map(|earlier| earlier.base) {
            let last = base.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            if last.len() >= 16 && !last.contains(['.', ':']) && !path_tokens.iter().any(|token| token == last) {
                path_tokens.push(last.to_owned());
            }
        }
        exchange::Credentials { keep, path_tokens }
    }
}

/// Reports how far a transfer is.
struct Progress {
    common: Common,
    now: watch::Sender<Transfer>,
    stop: CancellationToken,
    told: Instant,
}

impl Progress {
    fn number(&self) -> u32 {
        self.now.borrow().number
    }

    /// Changes what is known of it, and tells the window unless that was done a moment ago.
    fn change(&mut self, change: impl FnOnce(&mut Transfer)) {
        self.now.send_modify(change);
        if self.told.elapsed() >= TELL {
            self.tell();
        }
    }

    fn tell(&mut self) {
        self.told = Instant::now();
        let transfer = Box::new(self.now.borrow().clone());
        self.common.tell(Live::Transfer { transfer });
    }

    /// Ends it. A transfer that was stopped has not failed, whatever it ended with.
    fn end(mut self, ended: Result<()>) {
        let at = self.common.now_ms();
        let stopped = self.stop.is_cancelled();
        self.now.send_modify(|transfer| {
            transfer.ended_ms = Some(at);
            (transfer.state, transfer.error) = match ended {
                _ if stopped => (TransferState::Stopped, None),
                Ok(()) => (TransferState::Done, None),
                Err(error) => {
                    let detail = error.detail.map(|detail| format!(" ({detail})")).unwrap_or_default();
                    (TransferState::Failed, Some(format!("{}{detail}", error.message)))
                }
            };
        });
        self.tell();
    }
}
