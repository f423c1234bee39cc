//! A listener on a free port with a store in a temporary folder, and raw HTTP to speak to it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use inbound::{Answers, Explain, Gate, Limits, Listener, Parts, Probes, Project, Projects, Tally, UsualAnswers};
use signature::{KeyState, Keyring, Policy, Secret, SecretKey};
use store::{Options, Store};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

pub(crate) const NOW: i64 = 1_795_223_524;
pub(crate) const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

pub(crate) struct Rig {
    pub(crate) listener: Listener,
    pub(crate) store: Store,
    pub(crate) gate: Gate,
    pub(crate) probes: Probes,
    /// The paths by which projects were looked up.
    pub(crate) paths: Paths,
    pub(crate) tally: Arc<Tally>,
    pub(crate) explain: mpsc::Receiver<Explain>,
    pub(crate) failed: mpsc::Receiver<String>,
    /// Holds the history, `h.db`.
    pub(crate) folder: tempfile::TempDir,
}

/// One project for everything; records the paths it is asked for.
struct One(Arc<Project>, Paths);

type Paths = Arc<Mutex<Vec<String>>>;

impl Projects for One {
    fn find(&self, path: &str) -> Arc<Project> {
        self.1.lock().unwrap().push(path.to_owned());
        self.0.clone()
    }
}

pub(crate) async fn rig(limits: Limits) -> Rig {
    with_project(limits, |id| Project { id, keyring: keyring(), policy: Policy::default(), jwks: None }).await
}

pub(crate) fn keyring() -> Keyring {
    let key = SecretKey { id: "s".into(), secret: Secret::parse(SECRET).unwrap(), state: KeyState::Current };
    Keyring { secrets: vec![key], ..Keyring::default() }
}

pub(crate) async fn with_project(limits: Limits, project: impl FnOnce(i64) -> Project) -> Rig {
    build(limits, project, Gate::default(), Probes::default(), Arc::new(UsualAnswers)).await
}

/// With the caller's gate and probes, for their clocks.
pub(crate) async fn with_clocks(gate: Gate, probes: Probes) -> Rig {
    let project = |id| Project { id, keyring: keyring(), policy: Policy::default(), jwks: None };
    build(Limits::default(), project, gate, probes, Arc::new(UsualAnswers)).await
}

/// With the caller's answers.
pub(crate) async fn with_answers(answers: Arc<dyn Answers>) -> Rig {
    let project = |id| Project { id, keyring: keyring(), policy: Policy::default(), jwks: None };
    build(Limits::default(), project, Gate::default(), Probes::default(), answers).await
}

/// With a history that is set up differently.
pub(crate) async fn with_history(options: Options) -> Rig {
    let project = |id| Project { id, keyring: keyring(), policy: Policy::default(), jwks: None };
    let answers = Arc::new(UsualAnswers);
    build_with(options, Limits::default(), project, Gate::default(), Probes::default(), answers).await
}

async fn build(
    limits: Limits,
    project: impl FnOnce(i64) -> Project,
    gate: Gate,
    probes: Probes,
    answers: Arc<dyn Answers>,
) -> Rig {
    build_with(Options::default(), limits, project, gate, probes, answers).await
}

async fn build_with(
    options: Options,
    limits: Limits,
    project: impl FnOnce(i64) -> Project,
    gate: Gate,
    probes: Probes,
    answers: Arc<dyn Answers>,
) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("h.db"), options).unwrap();
    let id = store.projects().ensure("P", false, "").await.unwrap();
    let tally = Arc::new(Tally::default());
    let (to_explain, explain) = mpsc::channel(16);
    let (to_failed, failed) = mpsc::channel(16);
    let paths = Paths::default();
    let parts = Parts {
        store: store.clone(),
        projects: Arc::new(One(Arc::new(project(id)), paths.clone())),
        limits,
        clock: Arc::new(|| UNIX_EPOCH + Duration::from_secs(NOW as u64)) as Arc<dyn Fn() -> SystemTime + Send + Sync>,
        tally: tally.clone(),
        explain: to_explain,
        failed: to_failed,
        gate: gate.clone(),
        probes: probes.clone(),
        answers,
    };
    let listener = Listener::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), parts).await.unwrap();
    Rig { listener, store, gate, probes, paths, tally, explain, failed, folder }
}

impl Rig {
    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.listener.address()).await.unwrap()
    }

    /// Sends bytes on a connection of their own and reads the answer to the end.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The listener may answer and close before all of it is written.
        let _ = stream.write_all(bytes).await;
        read_answer(&mut stream).await
    }

    /// A signed POST.
    pub(crate) async fn post(&self, id: &str, body: &[u8]) -> String {
        self.raw(&signed(id, body)).await
    }

    /// The listener's address with a trailing slash.
    pub(crate) fn base(&self) -> String {
        format!("http://{}/", self.listener.address())
    }

    pub(crate) async fn all(&self) -> Vec<i64> {
        self.store.ids().await.unwrap()
    }

    pub(crate) async fn only(&self) -> store::Delivery {
        let ids = self.all().await;
        assert_eq!(ids.len(), 1, "one delivery");
        self.store.delivery(ids[0]).await.unwrap().unwrap()
    }
}

pub(crate) fn signed(id: &str, body: &[u8]) -> Vec<u8> {
    let signature = signature::sign::v1(&Secret::parse(SECRET).unwrap(), id, NOW, body);
    let mut request = format!(
        "POST /hook?a=1 HTTP/1.1\r\nhost: x\r\nwebhook-id: {id}\r\nwebhook-timestamp: {NOW}\r\nwebhook-signature: {signature}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

pub(crate) async fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match tokio::time::timeout(Duration::from_secs(10), stream.read(&mut chunk)).await.expect("an answer in time") {
            Ok(0) | Err(_) => break,
            Ok(len) => answer.extend_from_slice(&chunk[..len]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// Waits until it holds.
pub(crate) async fn wait_for(what: &str, holds: impl AsyncFn() -> bool) {
    let began = std::time::Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("no answer")
}
