//! An engine whose vault, clock and environment are in the test's hands, and that can be started again on the same
//! history.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use engine::{
    ApiKeyDraft, ApiVersion, Config, Engine, ListenerState, Live, MemoryVault, ProjectDraft, TunnelFactory, Vault,
    VaultError, VaultKind,
};
use zeroize::Zeroizing;

/// A key in Google's form that belongs to nobody.
pub(crate) const KEY: &str = "AIzaSyD-1234567890abcdefghijklmnopqa91f";
/// A second secret.
pub(crate) const OTHER: &str = "whsec_YWFhYWFhYWFiYmJiYmJiYmNjY2NjY2NjZGRkZGRkZGQ=";

/// A vault that refuses to store when told to.
#[derive(Default)]
pub(crate) struct Moody {
    pub(crate) kept: MemoryVault,
    pub(crate) refuses: AtomicBool,
    /// While set, it destroys nothing, either.
    pub(crate) keeps: AtomicBool,
}

impl Vault for Moody {
    fn kind(&self) -> VaultKind {
        VaultKind::Keychain
    }

    fn note(&self) -> Option<String> {
        None
    }

    fn put(&self, id: &str, text: &str) -> Result<(), VaultError> {
        match self.refuses.load(Ordering::SeqCst) {
            true => Err(VaultError("The keychain is locked. Unlock it and try again.".into())),
            false => self.kept.put(id, text),
        }
    }

    fn get(&self, id: &str) -> Result<Option<Zeroizing<String>>, VaultError> {
        self.kept.get(id)
    }

    fn delete(&self, id: &str) -> Result<(), VaultError> {
        if self.keeps.load(Ordering::SeqCst) {
            return Err(VaultError("The keychain is locked. Unlock it and try again.".into()));
        }
        self.kept.delete(id)
    }
}

pub(crate) struct Parts {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) vault: Arc<Moody>,
    /// Seconds to add to the system's clock.
    pub(crate) ahead: Arc<AtomicI64>,
    /// Makes the tunnels; `None`: the real providers.
    pub(crate) tunnels: Option<TunnelFactory>,
    /// The variable `NGROK_AUTHTOKEN`.
    pub(crate) ngrok_authtoken: Option<String>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            vault: Arc::default(),
            ahead: Arc::default(),
            tunnels: None,
            ngrok_authtoken: None,
        }
    }
}

impl Parts {
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("h.db")
    }

    pub(crate) async fn start(&self, sandbox: bool) -> Engine {
        self.start_with(sandbox, self.vault.clone()).await
    }

    /// The same with another vault.
    pub(crate) async fn start_with(&self, sandbox: bool, vault: Arc<dyn Vault>) -> Engine {
        let (ahead, variable) = (self.ahead.clone(), self.ngrok_authtoken.clone());
        let now = move || SystemTime::now() + Duration::from_secs(ahead.load(Ordering::SeqCst).unsigned_abs());
        let engine = Engine::start(Config {
            clock: Arc::new(now),
            sandbox,
            actor: "ada, window".into(),
            environment: Arc::new(move |name| match name {
                "GEMINI_API_KEY" => Some(format!(" {KEY}\n")),
                "NGROK_AUTHTOKEN" => variable.clone(),
                _ => None,
            }),
            tunnels: self.tunnels.clone(),
            ..Config::new(self.database(), vault)
        });
        engine.await.unwrap()
    }

    /// The same with a listener, whose address comes with it.
    pub(crate) async fn listening(&self, sandbox: bool) -> (Engine, String) {
        let engine = self.start(sandbox).await;
        let ListenerState::Listening { address, .. } = engine.listening().start(None).await else { panic!("listens") };
        (engine, address)
    }

    /// The text under this name in the vault.
    pub(crate) fn kept(&self, id: &str) -> Option<String> {
        self.vault.get(id).unwrap().map(|text| text.to_string())
    }

    /// All bytes in the history's files.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            bytes.extend(std::fs::read(entry.unwrap().path()).unwrap());
        }
        bytes
    }
}

/// A project at Google's, with a key.
pub(crate) fn draft(name: &str) -> ProjectDraft {
    ProjectDraft {
        name: name.into(),
        path: None,
        base_url: None,
        api_version: ApiVersion::V1,
        api_key: ApiKeyDraft::Typed { text: format!(" {KEY} ") },
    }
}

pub(crate) fn default_project(engine: &Engine) -> i64 {
    engine.projects().list().iter().find(|project| project.path.is_empty()).unwrap().id
}

/// The names of the projects in each message that the window gets about them.
pub(crate) fn told(engine: &Engine) -> Arc<Mutex<Vec<Vec<String>>>> {
    let told: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
    let names = told.clone();
    engine.attach(Box::new(move |message| {
        if let Live::Projects { projects } = message {
            names.lock().unwrap().push(projects.into_iter().map(|project| project.name).collect());
        }
        true
    }));
    told
}

/// Waits until it holds: what another process changed is seen within a few seconds.
pub(crate) async fn soon(what: &str, holds: impl AsyncFn() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(15), "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
