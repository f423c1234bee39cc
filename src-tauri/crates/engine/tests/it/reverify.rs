//! Judging deliveries again: a secret comes later, the published keys come later, or the user asks for it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{Code, Engine, ForwardRule, ForwardStart, Live, Row, VerifiedAgain, VerifyRun};
use serde_json::json;
use signature::{KeyState, Outcome, Secret, StepStatus, sign};

use crate::managed::stand_in;
use crate::parts::{Parts, default_project, soon};
use crate::receiver::Receiver;
use crate::replay::newest;
use crate::rig;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
const OTHER: &str = "whsec_c2VjcmV0LXRoYXQtaXMtbm90LXRoZS1vbmU=";
const SEED: [u8; 32] = [7; 32];

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_secs() as i64
}

/// Everything that the window is told.
fn told(engine: &Engine) -> Arc<Mutex<Vec<Live>>> {
    let told: Arc<Mutex<Vec<Live>>> = Arc::default();
    let all = told.clone();
    engine.attach(Box::new(move |message| {
        all.lock().unwrap().push(message);
        true
    }));
    told
}

fn ended(told: &Mutex<Vec<Live>>) -> Vec<VerifyRun> {
    let all = told.lock().unwrap();
    let runs = all.iter().filter_map(|message| match message {
        Live::VerifyAgain { run } if run.done => Some(run.clone()),
        _ => None,
    });
    runs.collect()
}

/// Newest first.
async fn rows(engine: &Engine) -> Vec<Row> {
    let mut rows = engine.history().open_view("").await.unwrap().rows;
    rows.reverse();
    rows
}

async fn signed_by(address: &str, secret: &str, id: &str, body: &str) -> u16 {
    let at = now();
    let signature = sign::v1(&Secret::parse(secret).unwrap(), id, at, body.as_bytes());
    let request = reqwest::Client::new().post(address).body(body.to_owned()).header("webhook-id", id);
    request
        .header("webhook-timestamp", at)
        .header("webhook-signature", signature)
        .send()
        .await
        .unwrap()
        .status()
        .as_u16()
}

/// A delivery whose connection ends in the middle of its body.
async fn cut_short(address: &str) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let authority = address.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = tokio::net::TcpStream::connect(authority).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{}").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
}

#[tokio::test]
async fn a_secret_that_comes_later_verifies_what_was_there() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let project = default_project(&engine);
    let receiver = Receiver::start().await;
    let rule = ForwardRule { project, on: true, url: receiver.url(), ..ForwardRule::default() };
    engine.forwards().set(rule, Some(ForwardStart::New)).await.unwrap();
    for id in ["msg_1", "msg_1", "msg_2"] {
        assert_eq!(signed_by(&address, SECRET, id, "{}").await, 200);
    }
    assert_eq!(signed_by(&address, OTHER, "msg_3", "{}").await, 200);
    assert_eq!(reqwest::Client::new().post(&address).body("{}").send().await.unwrap().status(), 200);
    assert!(rows(&engine).await.iter().all(|row| row.outcome == Outcome::Unchecked));
    let told = told(&engine);
    let secret = engine.projects().add_secret(project, "Mine", SECRET).await.unwrap();
    soon("the run ends", async || !ended(&told).is_empty()).await;
    let run = ended(&told).remove(0);
    let sum = VerifiedAgain { looked: 5, verified: 3, rejected: 2, partial: 0, skipped: 0 };
    assert_eq!((run.project, run.of, run.sum), (project, 5, sum));

    let all = rows(&engine).await;
    let outcomes: Vec<_> = all.iter().map(|row| row.outcome).collect();
    use Outcome::{Rejected, Verified};
    assert_eq!(outcomes, [Rejected, Rejected, Verified, Verified, Verified]);
    assert!(all.iter().all(|row| row.judged_ms.is_some() && row.status == 200), "the answer is what it was: {all:?}");
    assert_eq!(all.iter().map(|row| row.duplicate).collect::<Vec<_>>(), [false, false, false, true, false]);
    let first = engine.history().delivery(all[4].id).await.unwrap();
    assert_eq!(first.verdict.key.unwrap().id, secret.id);
    // What is not verified is probed when it is opened.
    let forged = engine.history().delivery(all[1].id).await.unwrap();
    assert!(signature::probed(&forged.verdict), "{:?}", forged.verdict.steps);
    let bare = engine.history().delivery(all[0].id).await.unwrap();
    assert_eq!((&*bare.verdict.reason, bare.checkable), ("missing_header:webhook-id", false));

    // From now on such deliveries are verified at once, and only those are sent on.
    assert_eq!(signed_by(&address, SECRET, "msg_4", "{}").await, 200);
    soon("it is sent on", async || receiver.ids().contains(&"msg_4".to_owned())).await;
    assert_eq!(rows(&engine).await[0].judged_ms, None);
    engine.shutdown().await;
    let engine = parts.start(false).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(receiver.ids(), ["msg_4"], "what was verified later is not sent on, not even after a restart");
    engine.shutdown().await;
}

#[tokio::test]
async fn many_are_judged_in_batches_and_an_open_view_of_outcomes_is_opened_again() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let client = reqwest::Client::new();
    let sending: Vec<_> = (0..8)
        .map(|lane| {
            let (client, address) = (client.clone(), address.clone());
            tokio::spawn(async move {
                for n in (0..320).filter(|n| n % 8 == lane) {
                    let (id, at) = (format!("msg_{n}"), now());
                    let secret = if n % 4 == 0 { OTHER } else { SECRET };
                    let signature = sign::v1(&Secret::parse(secret).unwrap(), &id, at, b"{}");
                    let request = client.post(&address).body("{}").header("webhook-id", id);
                    let request = request.header("webhook-timestamp", at).header("webhook-signature", signature);
                    assert_eq!(request.send().await.unwrap().status(), 200);
                }
            })
        })
        .collect();
    for task in sending {
        task.await.unwrap();
    }
    let filter = || "verdict:unchecked";
    let view = engine.history().open_view(filter()).await.unwrap();
    assert_eq!(view.matched, 320);
    let told = told(&engine);
    // The second secret comes while the first run is at work, or just after it.
    engine.projects().add_secret(default_project(&engine), "", SECRET).await.unwrap();
    engine.projects().add_secret(default_project(&engine), "", OTHER).await.unwrap();
    let verified = async || {
        let filter = "verdict:verified";
        engine.history().open_view(filter).await.unwrap().matched == 320
    };
    soon("all are verified", verified).await;
    soon("the runs end", async || ended(&told).iter().map(|run| run.sum.verified).sum::<u64>() == 320).await;
    let reopened = told.lock().unwrap().iter().any(|message| matches!(message, Live::Resync { .. }));
    assert!(reopened, "a view filtered by outcome shows other rows now");
    assert_eq!(engine.history().open_view(filter()).await.unwrap().matched, 0);
    engine.shutdown().await;
}

#[tokio::test]
async fn the_life_of_a_secret_counts_as_it_was_at_the_arrival() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let secret = engine.projects().add_secret(default_project(&engine), "", SECRET).await.unwrap();
    let history = rusqlite::Connection::open(parts.database()).unwrap();
    history.busy_timeout(Duration::from_secs(5)).unwrap();
    // Write it as another process would; the registry follows.
    let ends = |at: i64| {
        history.execute("UPDATE secret SET expires_at = ?1 WHERE id = ?2", (at, &secret.id)).unwrap();
    };
    ends(now() - 100);
    soon("it has ended", async || signed_by(&address, SECRET, "msg_1", "{}").await == 401).await;
    let id = newest(&engine).await;
    let again = engine.history().verify_again(vec![id]).await.unwrap();
    assert_eq!((again.looked, again.verified), (1, 0), "and it still had");
    assert_eq!(rows(&engine).await[0].outcome, Outcome::Rejected);

    ends(now() + 3_600);
    soon("it is in its grace", async || engine.history().verify_again(vec![id]).await.unwrap().verified == 1).await;
    let detail = engine.history().delivery(id).await.unwrap();
    assert!(matches!(detail.verdict.key.unwrap().state, KeyState::Grace { .. }));
    assert_eq!((detail.row.status, detail.row.judged_ms.is_some()), (401, true));

    // A verdict never gets worse: the secret has ended now, and what is verified is not looked at.
    ends(now() - 200);
    // As many were sent as it took until the end was known: any small number may be one of them.
    let again = engine.history().verify_again(vec![id, i64::MAX]).await.unwrap();
    assert_eq!(again, VerifiedAgain { skipped: 2, ..VerifiedAgain::default() });
    assert_eq!(rows(&engine).await[0].outcome, Outcome::Verified);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_rejected_one_is_judged_again_at_the_time_of_its_arrival_and_a_part_is_counted() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let project = default_project(&engine);
    engine.projects().add_secret(project, "", OTHER).await.unwrap();
    assert_eq!(signed_by(&address, SECRET, "msg_1", "{}").await, 401);
    cut_short(&address).await;
    soon("both are there", async || rows(&engine).await.len() == 2).await;
    let told = told(&engine);
    // An hour later, the delivery is judged by the time of its arrival.
    parts.ahead.store(3_600, std::sync::atomic::Ordering::SeqCst);
    engine.projects().add_secret(project, "", SECRET).await.unwrap();
    soon("the run ends", async || !ended(&told).is_empty()).await;
    let sum = ended(&told).remove(0).sum;
    assert_eq!((sum.looked, sum.verified, sum.partial), (2, 1, 1));
    let all = rows(&engine).await;
    assert_eq!((all[1].outcome, all[1].status), (Outcome::Verified, 401));
    assert_eq!((all[0].outcome, &*all[0].reason), (Outcome::Rejected, "body_cut_short"));
    let rung =
        |detail: engine::Detail| detail.verdict.steps.into_iter().find(|step| step.check == "timestamp").unwrap();
    assert_eq!(rung(engine.history().delivery(all[1].id).await.unwrap()).status, StepStatus::Passed);
    let ids = (0..10_001).collect();
    assert_eq!(engine.history().verify_again(ids).await.unwrap_err().code, Code::TooMany);
    engine.shutdown().await;
}

#[tokio::test]
async fn what_came_without_published_keys_is_judged_when_they_come() {
    let rig = rig().await;
    let keys = json!({ "keys": [sign::v1a_public_jwk(&SEED)] });
    let origin = stand_in(move |line, count| {
        let known = line.contains("jwks.json") && count > 1;
        Some(if known { (200, keys.clone()) } else { (503, json!({})) })
    })
    .await;
    let project = rig.project_at(&origin).await;
    let at = now();
    let signature = sign::v1a(&SEED, "msg_1", at, b"{}");
    let request = reqwest::Client::new().post(format!("{}stand-in", rig.address)).body("{}");
    let request = request.header("webhook-id", "msg_1").header("webhook-timestamp", at);
    assert_eq!(request.header("webhook-signature", signature).send().await.unwrap().status(), 200);
    let first = rig.newest().await;
    assert_eq!((first.row.project, &*first.row.reason), (project, "jwks_unavailable"));
    soon("the keys come", async || rig.newest().await.row.outcome == Outcome::Verified).await;
    let later = rig.newest().await;
    assert_eq!((later.row.status, later.row.judged_ms.is_some()), (200, true));
}
