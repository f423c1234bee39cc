//! Rejected deliveries that are stored only in part, and a disk that is nearly full.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use engine::{
    Code, Config, Engine, ForwardRule, ForwardStart, ForwardWhich, HistoryOptions, ListenerState, Live, MemoryVault,
    ReplayBody, ReplayChanges, ReplayPlan, RunState, Settings, Space, SpaceOf,
};
use signature::{Outcome, Secret, StepStatus, sign};

use crate::SECRET;
use crate::parts::{Parts, default_project, soon};
use crate::receiver::Receiver;
use crate::replay::{newest, post};

const KEPT: u64 = 64 * 1024;

/// Signed, with a newline at the end that nobody signed.
async fn forged(address: &str, id: &str, len: usize) -> u16 {
    let body = "x".repeat(len - 1);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() as i64;
    let signature = sign::v1(&Secret::parse(SECRET).unwrap(), id, now, body.as_bytes());
    let request = reqwest::Client::new().post(address).body(body + "\n").header("webhook-id", id);
    let answer = request.header("webhook-timestamp", now).header("webhook-signature", signature).send().await;
    answer.unwrap().status().as_u16()
}

async fn ready() -> (Parts, Engine, String) {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    engine.projects().add_secret(default_project(&engine), "Mine", SECRET).await.unwrap();
    (parts, engine, address)
}

#[tokio::test]
async fn the_probe_sees_the_whole_body_of_which_a_part_is_kept() {
    let (_parts, engine, address) = ready().await;
    assert_eq!(forged(&address, "msg_1", 200_000).await, 401);
    let id = newest(&engine).await;
    let diagnosis = async || engine.history().delivery(id).await.unwrap().verdict.diagnosis;
    soon("explained", async || diagnosis().await.is_some()).await;
    assert_eq!(diagnosis().await.unwrap().code, "body_trailing_newline");
    let detail = engine.history().delivery(id).await.unwrap();
    assert_eq!((detail.body.truncated, detail.body.kept_len, detail.body.len), (true, KEPT, 200_000));
    assert_eq!(detail.body.sha256.unwrap().len(), 64);
    assert!(detail.verdict.warnings.iter().any(|warning| warning.code == "body_kept_in_part"), "it stays");
    let curl = engine.transfers().copy_as(vec![id], engine::CopyForm::Curl).await.unwrap();
    assert!(curl.starts_with("# The first 65536 of 200000 bytes of the body"), "{}", &curl[..80]);
    engine.shutdown().await;
}

#[tokio::test]
async fn what_the_probe_did_not_see_whole_says_that_nobody_looked() {
    let (_parts, engine, address) = ready().await;
    let settings = Settings { max_body_mib: 20, rejected_body_kib: 1, ..engine.settings().get() };
    engine.settings().set(Settings { port: None, ..settings }).await.unwrap();
    let address = match engine.listening().state() {
        ListenerState::Listening { address, .. } => address,
        _ => address,
    };
    assert_eq!(forged(&address, "msg_1", 18 << 20).await, 401);
    let detail = engine.history().delivery(newest(&engine).await).await.unwrap();
    assert_eq!((detail.body.kept_len, detail.verdict.outcome), (1024, Outcome::Rejected));
    let rung = detail.verdict.steps.iter().find(|step| step.check == "near_miss").unwrap();
    assert_eq!((rung.status, &*rung.seen), (StepStatus::Skipped, "not looked for: only a part of the body was kept"));
    engine.shutdown().await;
}

#[tokio::test]
async fn a_part_of_a_body_is_neither_replayed_nor_forwarded_and_says_why() {
    let (_parts, engine, address) = ready().await;
    let receiver = Receiver::start().await;
    let project = default_project(&engine);
    let rule =
        ForwardRule { project, on: true, url: receiver.url(), which: ForwardWhich::All, ..ForwardRule::default() };
    engine.forwards().set(rule, Some(ForwardStart::New)).await.unwrap();
    assert_eq!(forged(&address, "msg_1", 100_000).await, 401);
    let id = newest(&engine).await;
    post(&address, "msg_2", "{}").await;
    soon("what came after it", async || receiver.ids() == ["msg_2"]).await;
    soon("it is settled", async || engine.outbounds().of(id).await.unwrap().len() == 1).await;
    let problem = engine.outbounds().of(id).await.unwrap().remove(0).problem.unwrap();
    assert_eq!(problem.code, Code::BodyIncomplete);
    assert!(problem.message.starts_with("Only the first 65536 of 100000 bytes"), "{}", problem.message);

    let plan = |deliveries, changes| ReplayPlan {
        deliveries,
        targets: vec![receiver.url()],
        times: 1,
        concurrency: 1,
        changes,
        ..ReplayPlan::default()
    };
    let alone = plan(vec![id], ReplayChanges::default());
    for refused in [engine.replays().preview(alone.clone()).await.err(), engine.replays().start(alone).await.err()] {
        assert_eq!(refused.unwrap().code, Code::BodyIncomplete);
    }
    // Among others it is left out, and the run says so.
    let second = newest(&engine).await;
    let started = engine.replays().start(plan(vec![second, id], ReplayChanges::default())).await.unwrap();
    let run = engine.replays().ended(started.run).await.unwrap();
    assert_eq!((run.state, run.done, run.targets[0].failed), (RunState::Done, 2, 1));
    // A body of the user's own is sent as the user gave it.
    let own = ReplayChanges { body: ReplayBody::Text { text: "{}".into() }, ..ReplayChanges::default() };
    let started = engine.replays().start(plan(vec![id], own)).await.unwrap();
    engine.replays().ended(started.run).await.unwrap();
    assert_eq!(receiver.ids(), ["msg_2", "msg_2", "msg_1"]);
    assert_eq!(receiver.got()[2].body, b"{}");
    engine.shutdown().await;
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_is_told_until_there_is_room_again() {
    let (folder, free) = (tempfile::tempdir().unwrap(), Arc::new(AtomicU64::new(50 << 30)));
    let mut options = HistoryOptions::default();
    let read = free.clone();
    options.space = Some(SpaceOf::new(move |_| Ok(Space { free: read.load(Ordering::SeqCst), total: 100 << 30 })));
    let config = Config { sandbox: false, ..Config::new(folder.path().join("h.db"), Arc::new(MemoryVault::default())) };
    let engine = Engine::start_with(config, options).await.unwrap();
    let ListenerState::Listening { address, .. } = engine.listening().start(None).await else { panic!("listens") };
    let told: Arc<Mutex<Vec<Option<u64>>>> = Arc::default();
    let window = told.clone();
    engine.attach(Box::new(move |message| {
        if let Live::Disk { disk } = message {
            window.lock().unwrap().push(disk.map(|disk| disk.free));
        }
        true
    }));
    assert_eq!(engine.state().await.disk, None);
    assert_eq!(post(&address, "msg_1", "{}").await.status(), 200);

    free.store(5, Ordering::SeqCst);
    soon("the window is told", async || *told.lock().unwrap() == [Some(5)]).await;
    let disk = engine.state().await.disk.unwrap();
    assert_eq!((disk.free, disk.reserve, disk.folder), (5, 1 << 30, folder.path().display().to_string()));
    assert_eq!(post(&address, "msg_2", "{}").await.status(), 503);

    free.store(50 << 30, Ordering::SeqCst);
    soon("and told that it is over", async || *told.lock().unwrap() == [Some(5), None]).await;
    assert_eq!(engine.state().await.disk, None);
    assert_eq!(post(&address, "msg_2", "{}").await.status(), 200);
    engine.shutdown().await;
}
