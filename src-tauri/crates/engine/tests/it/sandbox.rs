//! The Sandbox over real parts: the emulator, the REST client and the listener, over HTTP on loopback.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use engine::{
    Arrivals, Code, Engine, JobKind, JobOutcome, ListenerState, Live, Row, SandboxAdvance, SandboxDelivery, SandboxRun,
    WebhookEdit,
};
use gemini::client::{ApiVersion, BatchInput, Client, NewBatch};
use samples::SampleRequest;
use serde_json::{Value, json};
use signature::{Outcome, Scheme};

struct Rig {
    engine: Engine,
    arrivals: Arrivals,
    address: String,
    _folder: tempfile::TempDir,
}

async fn rig() -> Rig {
    let crate::Rig { engine, address, folder } = crate::rig().await;
    let arrivals = engine.history().arrivals().await.unwrap();
    Rig { engine, arrivals, address, _folder: folder }
}

impl Rig {
    async fn run(&self, kind: JobKind, outcome: JobOutcome, dynamic: bool) -> String {
        self.engine.sandbox().run(SandboxRun { kind, outcome, dynamic }).await.unwrap()
    }

    /// The next delivery that Pollux receives.
    async fn next(&mut self) -> Row {
        let rows = tokio::time::timeout(Duration::from_secs(20), self.arrivals.next()).await;
        rows.expect("a delivery arrives").unwrap().unwrap().remove(0)
    }

    /// Moves the clock forward to what is due next, until a delivery arrives.
    async fn skip_to_delivery(&mut self) -> Row {
        for _ in 0..20 {
            self.engine.sandbox().advance_clock(SandboxAdvance::Next).await.unwrap();
            if let Ok(rows) = tokio::time::timeout(Duration::from_millis(500), self.arrivals.next()).await {
                return rows.unwrap().unwrap().remove(0);
            }
        }
        panic!("no delivery arrives");
    }

    /// Waits until the log says this of the delivery.
    async fn logged(&self, id: &str, what: impl Fn(&SandboxDelivery) -> bool) -> SandboxDelivery {
        let start = Instant::now();
        loop {
            let page = self.engine.sandbox().deliveries(None, 200).await.unwrap();
            let found = page.deliveries.into_iter().find(|delivery| delivery.id == id).expect("it is in the log");
            if what(&found) {
                return found;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "{found:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

#[tokio::test]
async fn each_kind_of_job_leads_to_a_verified_delivery() {
    let mut rig = rig().await;
    let cases = [
        (JobKind::Batch, JobOutcome::Succeed, false, "batch.succeeded", Scheme::V1),
        (JobKind::Batch, JobOutcome::Fail, true, "batch.failed", Scheme::V1a),
        (JobKind::Batch, JobOutcome::Expire, false, "batch.expired", Scheme::V1),
        (JobKind::Interaction, JobOutcome::Succeed, true, "interaction.completed", Scheme::V1a),
        (JobKind::Interaction, JobOutcome::RequireAction, false, "interaction.requires_action", Scheme::V1),
        (JobKind::Video, JobOutcome::Succeed, false, "video.generated", Scheme::V1),
    ];
    for (kind, outcome, dynamic, event, scheme) in cases {
        let name = rig.run(kind, outcome, dynamic).await;
        let row = rig.skip_to_delivery().await;
        assert_eq!(
            (row.event_type.as_deref(), row.scheme, row.outcome),
            (Some(event), Some(scheme), Outcome::Verified)
        );
        assert!(row.sandbox, "{event}");
        let logged = rig.logged(row.message_id.as_deref().unwrap(), |one| one.state == "delivered").await;
        assert_eq!((logged.job.as_ref(), logged.webhook.is_none()), (Some(&name), dynamic));
        assert_eq!(logged.received, [row.id]);
        assert_eq!((logged.attempts.len(), logged.attempts[0].status), (1, Some(200)));
        let body = rig.engine.sandbox().delivery_body(&logged.id).await.unwrap();
        assert_eq!(body.as_bytes(), rig.engine.history().body(row.id, false).await.unwrap());
        let overview = rig.engine.sandbox().overview().await.unwrap();
        let job = overview.jobs.iter().find(|job| job.name == name).unwrap();
        assert_eq!((job.event_type.as_deref(), job.dynamic, job.kind), (Some(event), dynamic, kind));
    }
    assert_eq!(rig.engine.sandbox().overview().await.unwrap().jobs.len(), cases.len());
}

#[tokio::test]
async fn the_own_webhook_follows_the_listener_and_is_left_alone_when_the_user_changed_it() {
    let mut rig = rig().await;
    let overview = rig.engine.sandbox().overview().await.unwrap();
    let [own] = overview.webhooks.as_slice() else { panic!("{overview:?}") };
    assert_eq!((own.uri.as_str(), own.builtin), (format!("{}sandbox", rig.address).as_str(), true));
    assert_eq!((own.subscribed_events.len(), own.secrets.len()), (7, 1));
    let project = rig.engine.projects().list().iter().find(|project| project.sandbox).unwrap().id;

    let ListenerState::Listening { address, .. } = rig.engine.listening().start(None).await else { panic!("listens") };
    assert_ne!(address, rig.address);
    let overview = rig.engine.sandbox().overview().await.unwrap();
    let [own] = overview.webhooks.as_slice() else { panic!("{overview:?}") };
    assert_eq!((own.uri.clone(), overview.receiver.clone()), (format!("{address}sandbox"), overview.receiver));
    rig.engine.webhooks().ping(project, &own.id).await.unwrap();
    assert_eq!(rig.next().await.outcome, Outcome::Verified);

    let elsewhere = WebhookEdit { uri: Some("http://127.0.0.1:9/".into()), ..WebhookEdit::default() };
    assert!(!rig.engine.webhooks().update(project, &own.id, elsewhere).await.unwrap().builtin);
    rig.engine.listening().start(None).await;
    let overview = rig.engine.sandbox().overview().await.unwrap();
    assert_eq!((overview.webhooks.len(), overview.webhooks[0].uri.as_str()), (1, "http://127.0.0.1:9/"));

    rig.engine.sandbox().reset().await.unwrap();
    let overview = rig.engine.sandbox().overview().await.unwrap();
    assert_eq!((overview.webhooks.len(), overview.webhooks[0].builtin, overview.counts.jobs), (1, true, 0));
    rig.engine.webhooks().delete(project, &overview.webhooks[0].id).await.unwrap();
    assert_eq!(rig.engine.sandbox().overview().await.unwrap().webhooks, []);
}

#[tokio::test]
async fn keys_scheme_and_faults_are_set_from_here() {
    let mut rig = rig().await;
    rig.engine.sandbox().rotate_keys().await.unwrap();
    rig.run(JobKind::Interaction, JobOutcome::Succeed, true).await;
    assert_eq!(rig.skip_to_delivery().await.outcome, Outcome::Verified, "signed with the new keys");
    rig.engine.sandbox().rotate_keys().await.unwrap();
    rig.run(JobKind::Interaction, JobOutcome::Succeed, true).await;
    assert_eq!(rig.skip_to_delivery().await.outcome, Outcome::Verified, "and again, within the same minute");

    let settings = rig.engine.sandbox().set_settings(json!({ "dynamic": "jwt" })).await.unwrap();
    assert_eq!(settings.dynamic, emulator::DynamicScheme::Jwt);
    rig.run(JobKind::Video, JobOutcome::Succeed, true).await;
    let row = rig.skip_to_delivery().await;
    assert_eq!((row.scheme, row.outcome), (Some(Scheme::Jwt), Outcome::Unbound));

    let lost = json!({ "faults": { "lost": 1.0 } });
    assert_eq!(rig.engine.sandbox().set_settings(lost).await.unwrap().faults.lost, 1.0);
    let name = rig.run(JobKind::Batch, JobOutcome::Succeed, false).await;
    rig.engine.sandbox().finish_job(&name, JobOutcome::Succeed).await.unwrap();
    let page = rig.engine.sandbox().deliveries(None, 1).await.unwrap();
    let newest = &page.deliveries[0];
    let newest = rig.logged(&newest.id, |one| one.state == "lost").await;
    assert_eq!((newest.received.as_slice(), newest.attempts.len()), ([].as_slice(), 0));
    rig.engine.sandbox().set_settings(json!({ "faults": { "lost": 0.0 } })).await.unwrap();
    rig.engine.sandbox().retry_delivery(&newest.id).await.unwrap();
    let row = rig.next().await;
    assert_eq!(row.message_id.as_deref(), Some(newest.id.as_str()));
    assert_eq!(rig.logged(&newest.id, |one| one.state == "delivered").await.received, [row.id]);

    let error = rig.engine.sandbox().set_settings(json!({ "faults": { "wind": 1 } })).await.unwrap_err();
    assert!(error.code == Code::SandboxRefused && error.message.contains("wind"), "{error}");
    assert_eq!(rig.engine.sandbox().set_clock(-1.0).await.unwrap_err().code, Code::SandboxRefused);
    let clock = rig.engine.sandbox().set_clock(0.0).await.unwrap();
    assert_eq!(rig.engine.sandbox().advance_clock(SandboxAdvance::Ms(5000)).await.unwrap().now_ms, clock.now_ms + 5000);
}

/// The Sandbox's own deliveries are not rejected for claims that the Sandbox was told to make.
#[tokio::test]
async fn tokens_are_held_to_what_the_sandbox_claims_now() {
    let mut rig = rig().await;
    let sample = |scheme| SampleRequest { event_type: "batch.failed".into(), variant: None, scheme, broken: None };
    for scheme in [Scheme::V1, Scheme::V1a, Scheme::Jwt] {
        rig.engine.sandbox().send_sample(&sample(scheme)).await.unwrap();
        // A plain token does not cover the body.
        let expected = if scheme == Scheme::Jwt { Outcome::Unbound } else { Outcome::Verified };
        assert_eq!(rig.next().await.outcome, expected, "{scheme:?}, whatever signs dynamic deliveries");
    }
    rig.engine.sandbox().set_settings(json!({ "dynamic": "jwt" })).await.unwrap();
    for token in [
        json!({ "issuer": "https://i.example", "audience": "mine" }),
        json!({ "issuer": "", "audience": "" }),
        json!({ "holds_event": true }),
        json!(null),
    ] {
        rig.engine.sandbox().set_settings(json!({ "token": token })).await.unwrap();
        let expected = if token["holds_event"] == true { Outcome::Verified } else { Outcome::Unbound };
        rig.engine.sandbox().send_sample(&sample(Scheme::Jwt)).await.unwrap();
        assert_eq!(rig.next().await.outcome, expected, "a sample with {token}");
        rig.run(JobKind::Video, JobOutcome::Succeed, true).await;
        assert_eq!(rig.skip_to_delivery().await.outcome, expected, "a job's with {token}");
    }
    let held = rig.engine.sandbox().set_settings(json!({ "token": { "holds_event": true } })).await.unwrap();
    assert!(held.token.holds_event);
    rig.engine.sandbox().send_sample(&sample(Scheme::Jwt)).await.unwrap();
    let row = rig.next().await;
    let sentence = rig.engine.history().delivery(row.id).await.unwrap().verdict.sentence;
    assert!(sentence.contains("holds this body"), "{sentence}");
}

#[tokio::test]
async fn an_idle_interaction_can_be_finished() {
    let mut rig = rig().await;
    let name = rig.run(JobKind::Interaction, JobOutcome::Succeed, false).await;
    let idle = rig.engine.sandbox().finish_job(&name, JobOutcome::Idle).await.unwrap();
    assert_eq!((idle.state.as_str(), idle.ended_ms, idle.event_type), ("idle", None, None));
    let job = rig.engine.sandbox().finish_job(&name, JobOutcome::Succeed).await.unwrap();
    assert_eq!(job.state, "succeeded");
    assert_eq!(rig.next().await.event_type.as_deref(), Some("interaction.completed"));
}

#[tokio::test]
async fn a_job_can_be_cancelled_and_finished_by_hand() {
    let mut rig = rig().await;
    for kind in [JobKind::Batch, JobKind::Interaction] {
        let name = rig.run(kind, JobOutcome::Never, false).await;
        rig.engine.sandbox().cancel_job(&name).await.unwrap();
        let overview = rig.engine.sandbox().overview().await.unwrap();
        assert_eq!(overview.jobs[0].state, "cancelled", "{name}");
    }
    let video = rig.run(JobKind::Video, JobOutcome::Never, false).await;
    let error = rig.engine.sandbox().cancel_job(&video).await.unwrap_err();
    assert!(error.message.contains("video"), "{error}");
    let name = rig.run(JobKind::Batch, JobOutcome::Never, false).await;
    let job = rig.engine.sandbox().finish_job(&name, JobOutcome::Fail).await.unwrap();
    assert_eq!((job.state.as_str(), job.error.is_some()), ("failed", true));
    assert_eq!(rig.next().await.event_type.as_deref(), Some("batch.failed"));
    assert_eq!(rig.engine.sandbox().finish_job(&name, JobOutcome::Fail).await.unwrap_err().code, Code::SandboxRefused);
    let gone = rig.engine.sandbox().finish_job("batches/none", JobOutcome::Fail).await.unwrap_err();
    assert_eq!(gone.code, Code::NotFound);
}

/// As with Google: whoever has the address and the key can use it. The window hears of it.
#[tokio::test]
async fn others_can_use_the_same_emulator_and_the_window_is_told() {
    let rig = rig().await;
    let told = Arc::new(AtomicUsize::new(0));
    rig.engine.attach(Box::new({
        let told = told.clone();
        move |message| {
            told.fetch_add(usize::from(matches!(message, Live::Sandbox)), Ordering::Relaxed);
            true
        }
    }));
    let overview = rig.engine.sandbox().overview().await.unwrap();
    let client = Client::new(&overview.address, ApiVersion::V1beta, &overview.api_key).unwrap();
    let stranger = Client::new(&overview.address, ApiVersion::V1beta, "another").unwrap();
    assert!(stranger.webhook_list(50, None).await.is_err());
    assert_eq!(client.webhook_list(50, None).await.unwrap().webhooks.len(), 1);

    let request = json!({ "contents": [{ "parts": [{ "text": "hi" }] }] });
    let batch = NewBatch {
        display_name: "theirs".into(),
        input: BatchInput::Inline(vec![("a".into(), request)]),
        webhook_config: None,
    };
    // What came before is reported first.
    let quiet = async || {
        let mut seen = told.load(Ordering::Relaxed);
        loop {
            tokio::time::sleep(Duration::from_millis(600)).await;
            let now = told.load(Ordering::Relaxed);
            if now == seen {
                return seen;
            }
            seen = now;
        }
    };
    let before = quiet().await;
    let made = client.batch_create("gemini-3-flash", &batch).await.unwrap();
    let start = Instant::now();
    while told.load(Ordering::Relaxed) == before {
        assert!(start.elapsed() < Duration::from_secs(10), "the window is told");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let overview = rig.engine.sandbox().overview().await.unwrap();
    assert_eq!(overview.jobs[0].name, made.name);
    rig.engine.sandbox().set_clock(1_000_000.0).await.unwrap();
    let start = Instant::now();
    let ended = loop {
        let batch = client.batch_get(&made.name).await.unwrap();
        if batch.done {
            break batch;
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{batch:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(ended.state, "BATCH_STATE_SUCCEEDED");
    assert_eq!(client.batch_list(10, None).await.unwrap().batches.len(), 1);
}

#[tokio::test]
async fn what_a_job_made_can_be_read_through_the_same_client() {
    let mut rig = rig().await;
    let overview = rig.engine.sandbox().overview().await.unwrap();
    let client = Client::new(&overview.address, ApiVersion::V1, &overview.api_key).unwrap();
    let name = rig.run(JobKind::Batch, JobOutcome::Succeed, false).await;
    let row = rig.skip_to_delivery().await;
    let batch = client.batch_get(&name).await.unwrap();
    let file = batch.responses_file.unwrap();
    assert_eq!(row.pointer.as_deref(), Some(file.as_str()));
    let known = client.file_get(&file).await.unwrap();
    let bytes = client.file_download(&file).await.unwrap().bytes(1 << 20).await.unwrap();
    assert_eq!(known.size_bytes, Some(bytes.len() as u64));
    let lines: Vec<Value> =
        String::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines.iter().map(|line| line["key"].as_str().unwrap()).collect::<Vec<_>>(),
        ["gemini", "stars", "summary"]
    );

    let operation = rig.run(JobKind::Video, JobOutcome::Succeed, false).await;
    rig.skip_to_delivery().await;
    let operation = client.operation_get(&operation).await.unwrap();
    assert!(operation.done && operation.video_uris.len() == 1, "{operation:?}");
    let interaction = rig.run(JobKind::Interaction, JobOutcome::Succeed, false).await;
    rig.skip_to_delivery().await;
    assert_eq!(client.interaction_get(&interaction).await.unwrap().status, "completed");
}
