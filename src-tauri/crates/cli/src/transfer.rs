//! What `pollux export` and `pollux import` share: the history that is meant, progress, and stopping.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use engine::{Config, Engine, FixedKeys, MemoryVault, Transfer, TransferState};
use signature::Policy;
use system::home;

use crate::ending::Ending;
use crate::keys::Keys;
use crate::manage::{self, Undone};
use crate::print::printable;

/// The engine on the history in this file, or on the window's data. Another history has no vault: what verifies it are
/// these keys. `makes`: whether a file that is not there is made.
pub(crate) async fn open(db: Option<&Path>, keys: &Keys, makes: bool) -> Result<Engine, String> {
    let Some(file) = db else { return manage::open().await };
    if !makes && !file.exists() {
        return Err(format!("there is no history at {}", printable(&file.display().to_string())));
    }
    let secrets = keys.secrets().map_err(|problem| problem.message())?;
    let fixed = FixedKeys { secrets, jwks: keys.cache()?, policy: Policy::default() };
    let started = Engine::start(Config {
        sandbox: false,
        fixed: Some(fixed),
        actor: home::actor("command line"),
        environment: Arc::new(|name| std::env::var(name).ok()),
        ..Config::new(file.to_owned(), Arc::new(MemoryVault::default()))
    });
    started.await.map_err(|error| error.to_string())
}

/// Waits for the end of a transfer, with its progress on standard error if a person is there. A signal stops it.
pub(crate) async fn ended(engine: &Engine, number: u32, ending: &Ending) -> Result<Transfer, Undone> {
    let mut follow = engine.transfers().follow(number)?;
    let shows = io::stderr().is_terminal();
    let ended = loop {
        let transfer = follow.borrow_and_update().clone();
        if transfer.state != TransferState::Running {
            break transfer;
        }
        if shows {
            show(&line(&transfer));
        }
        tokio::select! {
            changed = follow.changed() => if changed.is_err() { break engine.transfers().ended(number).await? },
            () = ending.asked() => break engine.transfers().stop(number).await?,
        }
    };
    if shows {
        show("");
    }
    Ok(ended)
}

/// Replaces the line that is being shown on standard error.
pub(crate) fn show(text: &str) {
    // A terminal that takes nothing is no reason to stop.
    let _ = write!(io::stderr(), "\r\x1b[K{text}").and_then(|()| io::stderr().flush());
}

fn line(transfer: &Transfer) -> String {
    let share = |done: u64, of: u64| done.saturating_mul(100).checked_div(of).unwrap_or(0).min(100);
    let percent = match (transfer.total, transfer.bytes_total) {
        (Some(total), _) => format!("{:3} %  ", share(transfer.done, total)),
        (None, Some(total)) => format!("{:3} %  ", share(transfer.bytes, total)),
        (None, None) => String::new(),
    };
    format!("{percent}{} deliveries, {}", transfer.done, size(transfer.bytes))
}

/// `12.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
        _ => format!("{:.1} GiB", bytes as f64 / 1_073_741_824.0),
    }
}

/// `1 delivery`, `2 deliveries`.
pub(crate) fn deliveries(count: u64) -> String {
    if count == 1 { "1 delivery".to_owned() } else { format!("{count} deliveries") }
}
