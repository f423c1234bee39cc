//! Whether the history is whole: checked in the background after a run that did not close it, and whenever somebody asks.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::{Began, Health};

use super::History;
use crate::common::Common;
use crate::dto::{HealthState, HistoryDamage, HistoryFile, HistoryHealth, Live, MissingDeliveries, Recovery};
use crate::error::{Code, Error, Result};

/// After an unclean end the check waits for this, so that it does not hold up the start.
const AFTER: Duration = Duration::from_secs(3);

/// Checks the history if the run before did not close it, and tells the window of each result. Runs until `stop`.
pub(super) async fn watch(common: Common) {
    let store = common.store().clone();
    let mut health = store.health();
    let check = async {
        if store.began().unclean {
            tokio::time::sleep(AFTER).await;
            if let Err(error) = store.check(false).await {
                tracing::warn!(code = error.code(), "the history could not be checked");
            }
        }
        std::future::pending::<()>().await;
    };
    let tell = async {
        while health.changed().await.is_ok() {
            let now = shown(store.began(), &health.borrow_and_update());
            if let Some(damage) = &now.damage {
                tracing::error!(readable = damage.readable, of = damage.deliveries, "the history is damaged");
            }
            common.tell(Live::Health { health: Box::new(now) });
        }
    };
    tokio::select! {
        () = common.stop().cancelled() => {}
        () = check => {}
        () = tell => {}
    }
}

fn shown(began: &Began, health: &Health) -> HistoryHealth {
    let (state, damage) = match health {
        Health::NotChecked => (HealthState::NotChecked, None),
        Health::Checking => (HealthState::Checking, None),
        Health::Sound => (HealthState::Sound, None),
        Health::Damaged(damage) => (
            HealthState::Damaged,
            Some(HistoryDamage {
                says: damage.says.clone(),
                deliveries: damage.deliveries,
                readable: damage.readable,
                unreadable: damage.unreadable.clone(),
            }),
        ),
    };
    let missing = began.missing.as_ref().map(|missing| MissingDeliveries {
        stored: missing.stored,
        noted_ms: missing.noted_ms,
        found: missing.found,
        log_gone: missing.log_gone,
    });
    HistoryHealth { state, unclean: began.unclean, missing, damage }
}

impl History {
    /// What is known of the history's health.
    #[must_use]
    pub fn health(&self) -> HistoryHealth {
        let store = self.common.store();
        shown(store.began(), &store.health().borrow())
    }

    /// Checks the history: its structure, and with `thorough` every delivery.
    ///
    /// # Errors
    /// Any error of the history but damage, which is what is asked for.
    pub async fn check(&self, thorough: bool) -> Result<HistoryHealth> {
        self.common.store().check(thorough).await?;
        Ok(self.health())
    }
}

/// Looks at the file of a history without opening it for anything else, so that one which does not open can be looked
/// at, too. With `thorough` given, checks it. Dropped, it ends.
///
/// # Errors
/// `not_a_history`, `database_too_new`, `history_unreachable`; any error of the history but damage.
pub async fn look_at(path: &Path, thorough: Option<bool>) -> Result<HistoryFile> {
    let gone = Gone::default();
    let (file, flag) = (path.to_owned(), Arc::clone(&gone.0));
    let found = tokio::task::spawn_blocking(move || store::look_at(&file, thorough, &flag))
        .await
        .map_err(|error| Error::new(Code::Internal, "The check ended badly.").with_detail(error))??;
    Ok(HistoryFile {
        path: path.display().to_string(),
        in_use: found.in_use,
        format: found.format,
        deliveries: found.deliveries,
        health: shown(&found.began, &found.health),
    })
}

/// Set once nobody waits any more.
#[derive(Default)]
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Copies what can be read of the history at `from` into a new one at `to`, off the async threads. The damaged one stays
/// as it is. Dropped, it ends, and leaves nothing at `to`.
///
/// # Errors
/// `history_unreachable` if there is something at `to`; any error of either history.
pub async fn recover(from: &Path, to: &Path) -> Result<Recovery> {
    let gone = Gone::default();
    let (old, new, flag) = (from.to_owned(), to.to_owned(), Arc::clone(&gone.0));
    let recovered = tokio::task::spawn_blocking(move || store::recover(&old, &new, &flag))
        .await
        .map_err(|error| Error::new(Code::Internal, "The recovery ended badly.").with_detail(error))??;
    Ok(Recovery {
        path: to.display().to_string(),
        kept: from.display().to_string(),
        deliveries: recovered.deliveries,
        of: recovered.of,
        found_by_page: recovered.found_by_page,
        without_verdict: recovered.without_verdict,
        others: recovered.others,
    })
}
