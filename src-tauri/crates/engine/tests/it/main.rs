//! The engine over real parts: SQLite in a temporary folder, HTTP on loopback, a vault in memory.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actions;
mod addresses;
mod aside;
mod attempts;
mod bounds;
mod checks;
mod compare;
mod day;
mod fault_lab;
mod first_steps;
mod flood;
mod forward;
mod jobs;
mod keeping;
mod managed;
mod notifications;
mod palette;
mod parts;
mod pings;
mod projects;
// Shared with the journeys.
#[allow(unreachable_pub)]
#[path = "../../../../../tests/src/receiver.rs"]
mod receiver;
mod replay;
mod reverify;
mod rotation;
mod sandbox;
mod scripted;
mod searches;
mod secrets;
mod transfer;
mod tunnel;
mod turned_away;
mod views;
mod webhooks;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::{Code, Config, Engine, ListenerState, Live, MemoryVault, Settings};
use parts::soon;
use samples::SampleRequest;
use signature::{Outcome, Scheme, Secret};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

struct Rig {
    engine: Engine,
    address: String,
    folder: tempfile::TempDir,
}

async fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let engine =
        Engine::start(Config::new(folder.path().join("h.db"), Arc::new(MemoryVault::default()))).await.unwrap();
    let ListenerState::Listening { address, .. } = engine.listening().start(None).await else { panic!("listens") };
    Rig { engine, address, folder }
}

impl Rig {
    /// Sends a `v1` delivery to a path; returns the status of the answer.
    async fn post(&self, path: &str, secret: &str, id: &str) -> u16 {
        post(&format!("{}{path}", self.address), secret, id).await
    }

    async fn newest(&self) -> engine::Detail {
        let view = self.engine.history().open_view("").await.unwrap();
        self.engine.history().delivery(view.rows.last().unwrap().id).await.unwrap()
    }

    fn project(&self, sandbox: bool) -> i64 {
        self.engine.projects().list().iter().find(|project| project.sandbox == sandbox).unwrap().id
    }
}

async fn post(url: &str, secret: &str, id: &str) -> u16 {
    post_text(url, secret, id, "{\"type\":\"batch.succeeded\",\"data\":{\"id\":\"batches/b\"}}").await
}

async fn post_text(url: &str, secret: &str, id: &str, body: &'static str) -> u16 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let signature = signature::sign::v1(&Secret::parse(secret).unwrap(), id, now as i64, body.as_bytes());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(url).header("webhook-id", id).header("webhook-timestamp", now);
    request.header("webhook-signature", signature).body(body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_and_the_listener_that_runs_goes_on() {
    let rig = rig().await;
    let held = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    let error = rig.engine.settings().set(Settings { port: Some(port), ..Settings::default() }).await.unwrap_err();
    assert_eq!(error.code, Code::PortInUse);
    assert!(error.message.contains(&port.to_string()), "{error}");
    assert_ne!(rig.engine.settings().get().port, Some(port), "nothing was changed");
    assert_eq!(rig.post("", SECRET, "msg_1").await, 200);
}

#[tokio::test]
async fn settings_out_of_range_are_refused_with_the_range() {
    let rig = rig().await;
    for (settings, expected) in [
        (Settings { max_body_mib: 0, ..Settings::default() }, "1 to 100 MiB"),
        (Settings { max_body_mib: 101, ..Settings::default() }, "1 to 100 MiB"),
        (Settings { tolerance_s: 0, ..Settings::default() }, "1 to 86400 seconds"),
        (Settings { rejected_body_kib: 0, ..Settings::default() }, "1 to 102400 KiB"),
        (Settings { grace_minutes: 1_441, ..Settings::default() }, "0 to 1440 minutes"),
        (Settings { rejected_body_kib: 102_401, ..Settings::default() }, "1 to 102400 KiB"),
    ] {
        let error = rig.engine.settings().set(settings).await.unwrap_err();
        assert!(error.code == Code::InvalidSetting && error.message.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn settings_that_the_history_does_not_take_are_not_in_force() {
    let rig = rig().await;
    let (before, listener) = (rig.engine.settings().get(), rig.engine.listening().state());
    let locked = rusqlite::Connection::open(rig.folder.path().join("h.db")).unwrap();
    // Hold the lock longer than the history waits for another program.
    locked.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = rig.engine.settings().set(Settings { tolerance_s: 60, ..before.clone() }).await.unwrap_err();
    assert_eq!(error.code, Code::HistoryBusy);
    assert_eq!(rig.engine.settings().get(), before);
    assert_eq!(rig.engine.listening().state(), listener);
}

#[tokio::test]
async fn the_path_picks_the_project_and_its_keys() {
    let rig = rig().await;
    let default = rig.project(false);
    rig.engine.projects().add_secret(default, "", SECRET).await.unwrap();
    assert_eq!(rig.post("anything/else", SECRET, "msg_1").await, 200);
    assert_eq!(rig.newest().await.verdict.outcome, Outcome::Verified);
    assert_eq!(rig.post("sandbox/deeper", SECRET, "msg_2").await, 401);
    let detail = rig.newest().await;
    assert_eq!(detail.row.project, rig.project(true));
    assert_eq!(detail.verdict.diagnosis.unwrap().code, "secret_of_another_project");
}

#[tokio::test]
async fn a_probe_that_finds_nothing_is_told_and_kept() {
    let rig = rig().await;
    let request = SampleRequest {
        event_type: "batch.succeeded".into(),
        variant: None,
        scheme: Scheme::V1,
        broken: Some("wrong_secret".into()),
    };
    rig.engine.sandbox().send_sample(&request).await.unwrap();
    let verdict = rig.newest().await.verdict;
    let rung = verdict.steps.iter().find(|step| step.check == "near_miss").unwrap();
    assert_eq!((verdict.diagnosis.is_none(), rung.seen.as_ref()), (true, "nothing near was found"));
    assert!(signature::probed(&rig.newest().await.verdict));
}

#[tokio::test]
async fn secrets_are_told_apart_hidden_removed_and_brought_back() {
    let rig = rig().await;
    let default = rig.project(false);
    let added = rig.engine.projects().add_secret(default, " prod ", &format!(" {SECRET}\n")).await.unwrap();
    assert_eq!((added.label.as_str(), added.available), ("prod", true));
    let core = SECRET.trim_start_matches("whsec_");
    let listed = serde_json::to_string(&rig.engine.projects().secrets().await.unwrap()).unwrap();
    assert!(!listed.contains(core), "{listed}");
    assert_eq!(rig.engine.projects().add_secret(default, "", SECRET).await.unwrap_err().code, Code::SecretKnown);
    let error = rig.engine.projects().add_secret(default, "", "whsec_...dXY=").await.unwrap_err();
    assert_eq!(error.code, Code::InvalidSecretBase64);
    assert_eq!(*rig.engine.projects().reveal_secret(&added.id).await.unwrap(), SECRET);

    rig.engine.projects().remove_secret(&added.id).await.unwrap();
    assert_eq!(rig.engine.projects().reveal_secret(&added.id).await.unwrap_err().code, Code::NotFound);
    rig.post("", SECRET, "msg_1").await;
    assert_eq!(rig.newest().await.verdict.reason, "no_secret");
    rig.engine.projects().restore_secret(&added.id).await.unwrap();
    rig.post("", SECRET, "msg_2").await;
    assert_eq!(rig.newest().await.verdict.outcome, Outcome::Verified);
}

#[tokio::test(flavor = "multi_thread")]
async fn between_snapshot_and_live_nothing_is_lost_or_doubled() {
    let rig = rig().await;
    rig.engine.projects().add_secret(rig.project(false), "", SECRET).await.unwrap();
    let live: Arc<Mutex<Vec<(u32, i64)>>> = Arc::default();
    let resyncs = Arc::new(Mutex::new(0));
    rig.engine.attach(Box::new({
        let (live, resyncs) = (live.clone(), resyncs.clone());
        move |message| {
            match message {
                Live::Rows { view, added, .. } => live.lock().unwrap().extend(added.iter().map(|row| (view, row.id))),
                Live::Resync { .. } => *resyncs.lock().unwrap() += 1,
                _ => {}
            }
            true
        }
    }));
    let address = rig.address.clone();
    let arriving = tokio::spawn(async move {
        for index in 0..300 {
            assert_eq!(post(&address, SECRET, &format!("msg_{index}")).await, 200);
        }
    });
    // Open views over and over while deliveries arrive.
    let mut opened = rig.engine.history().open_view("").await.unwrap();
    while !arriving.is_finished() {
        tokio::time::sleep(Duration::from_millis(7)).await;
        opened = rig.engine.history().open_view("").await.unwrap();
    }
    arriving.await.unwrap();
    let of_view = || live.lock().unwrap().iter().filter(|(view, _)| *view == opened.view).count() as u64;
    soon("all is told", async || opened.matched + of_view() >= 300).await;
    assert_eq!(*resyncs.lock().unwrap(), 0);

    let mut seen = BTreeSet::new();
    let mut start = 0;
    while start < opened.matched {
        let rows = rig.engine.history().rows(opened.view, start, 200).await.unwrap();
        for row in &rows {
            assert!(seen.insert(row.id), "{} twice in the snapshot", row.id);
        }
        start += rows.len() as u64;
    }
    // The snapshot may already hold what is then reported live, but what it counted is not reported again.
    let told: Vec<i64> =
        live.lock().unwrap().iter().filter(|(view, _)| *view == opened.view).map(|(_, id)| *id).collect();
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len(), "none is reported twice: {told:?}");
    assert_eq!(opened.matched + told.len() as u64, 300, "what was counted and what was reported is all there is");
    let all = rig.engine.history().open_view("").await.unwrap();
    assert_eq!(all.matched, 300);
}

#[tokio::test]
async fn filters_narrow_the_view_and_the_live_rows_alike() {
    let rig = rig().await;
    let send = async |event_type: &str, broken: Option<&str>| {
        let request = SampleRequest {
            event_type: event_type.into(),
            variant: None,
            scheme: Scheme::V1,
            broken: broken.map(str::to_owned),
        };
        rig.engine.sandbox().send_sample(&request).await.unwrap();
    };
    send("batch.succeeded", None).await;
    send("video.generated", None).await;
    send("batch.failed", Some("wrong_secret")).await;
    let rejected = "verdict:rejected";
    let view = rig.engine.history().open_view(rejected).await.unwrap();
    assert_eq!((view.matched, view.total), (1, 3));
    let typed = "type:=video.generated GEMINI-webhooks";
    let view = rig.engine.history().open_view(typed).await.unwrap();
    assert_eq!(view.matched, 1);

    let told: Arc<Mutex<Vec<u64>>> = Arc::default();
    rig.engine.attach(Box::new({
        let told = told.clone();
        move |message| {
            if let Live::Rows { matched, .. } = message {
                told.lock().unwrap().push(matched);
            }
            true
        }
    }));
    send("batch.succeeded", None).await;
    send("video.generated", None).await;
    soon("both are told", async || told.lock().unwrap().last() == Some(&2)).await;
    assert_eq!(rig.engine.history().rows(view.view, 0, 200).await.unwrap().len(), 2);
    assert_eq!(rig.engine.history().rows(view.view - 1, 0, 200).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn after_the_shutdown_the_port_is_free_and_the_history_whole() {
    let rig = rig().await;
    rig.post("", SECRET, "msg_1").await;
    let address = rig.address.trim_start_matches("http://").trim_end_matches('/').to_owned();
    rig.engine.shutdown().await;
    TcpListener::bind(address).unwrap();
    assert!(!rig.folder.path().join("h.db-wal").exists());
}
