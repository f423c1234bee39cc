//! Starts the engine, which may fail and be tried again, and does what the window then offers.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use engine::{ApartVault, Code, Config, Engine, Error, Recovery, Result, StartFailure, Vault};
use parking_lot::RwLock;
use system::{home, keychain};
use tokio::sync::Mutex;

use crate::clock::clock;

/// Starts an engine on a history and the vault of its secrets.
type Starter = Box<dyn Fn(PathBuf) -> Pin<Box<dyn Future<Output = Result<Engine>> + Send>> + Send + Sync>;

/// The engine, or why it could not start: the window then says so, and every command gives that error.
pub(crate) struct Started {
    now: RwLock<Result<Engine>>,
    /// The usual history.
    database: PathBuf,
    starter: Starter,
    /// One start at a time.
    starting: Mutex<()>,
}

impl Started {
    /// Starts on the history in `home`.
    pub(crate) async fn new(home: &Path) -> Self {
        let folder = home.to_path_buf();
        let usual = home::history(home);
        let starter: Starter = Box::new(move |database| Box::pin(start(folder.clone(), database)));
        Self::with(usual, starter).await
    }

    async fn with(database: PathBuf, starter: Starter) -> Self {
        let now = starter(database.clone()).await;
        if let Err(error) = &now {
            tracing::error!(code = %error.code, %error, "Pollux could not start in full");
        }
        Self { now: RwLock::new(now), database, starter, starting: Mutex::default() }
    }

    /// The running engine.
    pub(crate) fn engine(&self) -> Result<Engine> {
        self.now.read().clone()
    }

    /// Why it could not start; `None` if it runs.
    pub(crate) fn failure(&self) -> Option<StartFailure> {
        self.engine().err().map(|error| StartFailure::new(&error, &self.database))
    }

    /// Tries the same again. Does nothing if it is already running.
    pub(crate) async fn again(&self) -> Result<()> {
        let _alone = self.starting.lock().await;
        if self.engine().is_ok() {
            return Ok(());
        }
        let started = (self.starter)(self.database.clone()).await;
        let done = started.as_ref().map(drop).map_err(Error::clone);
        self.set(started);
        done
    }

    /// Renames the usual history, if that can help, and says where it is now. The next start makes a new one.
    pub(crate) async fn move_aside(&self, stamp: String) -> Result<PathBuf> {
        let _alone = self.starting.lock().await;
        if !self.failure().is_some_and(|failure| failure.aside) {
            return Err(Error::new(
                Code::NotMoved,
                "The history is not what keeps Pollux from starting, so it was left alone.",
            ));
        }
        let database = self.database.clone();
        tauri::async_runtime::spawn_blocking(move || engine::move_aside(&database, &stamp))
            .await
            .map_err(|error| Error::new(Code::Internal, "The history could not be moved aside.").with_detail(error))?
    }

    /// Makes a new history of what can be read of the usual one, moves the damaged one aside, and starts on the new one.
    /// What runs on it ends first. If nothing can be recovered, everything is as it was.
    pub(crate) async fn recover(&self, stamp: &str) -> Result<Recovery> {
        let _alone = self.starting.lock().await;
        let database = self.database.clone();
        if let Ok(engine) = self.engine() {
            if engine.database() != database {
                let message = "This run is on another history than the usual one. Restart Pollux, and recover it then.";
                return Err(Error::new(Code::NotMoved, message));
            }
            engine.shutdown().await;
            self.set(Err(Error::new(Code::HistoryDamaged, "The history is being recovered.")));
        }
        let recovered = replaced(&database, stamp).await;
        let started = (self.starter)(database).await;
        let done = started.as_ref().map(drop).map_err(Error::clone);
        self.set(started);
        let recovered = recovered?;
        done.map_err(|error| {
            let kept = format!("The damaged history is kept at {}.", recovered.kept);
            error.with_detail(kept)
        })?;
        Ok(recovered)
    }

    /// Starts on another history, for this run. If that fails too, the usual one stays the one to start on.
    pub(crate) async fn open(&self, database: PathBuf) -> Result<()> {
        let _alone = self.starting.lock().await;
        if self.engine().is_ok() {
            return Err(Error::new(Code::Internal, "Pollux is already running. Restart it to choose another history."));
        }
        let started = (self.starter)(database).await?;
        self.set(Ok(started));
        Ok(())
    }

    fn set(&self, started: Result<Engine>) {
        *self.now.write() = started;
    }
}

/// Puts a recovered history in the place of a damaged one, which is renamed.
async fn replaced(database: &Path, stamp: &str) -> Result<Recovery> {
    let stem = database.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let new = database.with_file_name(format!("{stem}-recovered-{stamp}.db"));
    let mut recovery = engine::recover(database, &new).await?;
    let (database, stamp) = (database.to_path_buf(), stamp.to_owned());
    let (kept, path) = tauri::async_runtime::spawn_blocking(move || {
        let kept = engine::move_aside(&database, &stamp)?;
        std::fs::rename(&new, &database).map_err(|error| {
            let message = format!("The recovered history is at {}, and could not be put in its place.", new.display());
            Error::new(Code::NotMoved, message).with_detail(error)
        })?;
        Ok::<_, Error>((kept, database))
    })
    .await
    .map_err(|error| Error::new(Code::Internal, "The history could not be recovered.").with_detail(error))??;
    recovery.kept = kept.display().to_string();
    recovery.path = path.display().to_string();
    Ok(recovery)
}

/// The listener binds while the window loads; a port in use is a state of the window, not a failed start.
async fn start(home: PathBuf, database: PathBuf) -> Result<Engine> {
    let vault = vault(&home, &database).await?;
    let engine = Engine::start(Config {
        actor: home::actor("window"),
        clock: clock(),
        environment: Arc::new(|name| std::env::var(name).ok()),
        tunnel_folder: home::tunnels(&home),
        ..Config::new(database, vault)
    })
    .await?;
    engine.listening().start(engine.settings().get().port).await;
    Ok(engine)
}

/// Opens the vault of this history. The secrets of any but the usual history are kept apart from its own.
async fn vault(home: &Path, database: &Path) -> Result<Arc<dyn Vault>> {
    let (home, database) = (home.to_path_buf(), database.to_path_buf());
    let opened = tauri::async_runtime::spawn_blocking(move || {
        let vault = keychain::open(&home)?;
        let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (usual, other) = (whole(&home::history(&home)), whole(&database));
        Ok(if usual == other { vault } else { Arc::new(ApartVault::new(vault, &other)) as Arc<dyn Vault> })
    });
    opened
        .await
        .map_err(|error| Error::new(Code::Internal, "The keychain did not answer.").with_detail(error))?
        .map_err(|message: String| Error::new(Code::InvalidKeychain, message))
}

#[cfg(test)]
mod tests;
