//! Events and their receivers, for tests that need a state that no request produces.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Event, emit, ping};
use crate::settings::{MetadataPlace, Settings};
use crate::world::{Job, JobKind, JobState, Outcome, SigningSecret, Telling, Webhook, WebhookConfig, WebhookState};
use crate::{Service, ServiceOptions};

type Arrived = Arc<Mutex<Vec<(String, HeaderMap, String)>>>;

async fn receiver() -> (String, Arrived) {
    let arrived = Arrived::default();
    let kept = Arc::clone(&arrived);
    let router = Router::new().fallback(move |uri: axum::http::Uri, headers: HeaderMap, body: Bytes| async move {
        kept.lock().unwrap().push((uri.path().to_owned(), headers, String::from_utf8(body.to_vec()).unwrap()));
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), arrived)
}

fn webhook(id: &str, uri: String, events: &[&str], state: WebhookState) -> Webhook {
    Webhook {
        id: id.to_owned(),
        name: None,
        uri,
        subscribed_events: events.iter().map(|event| (*event).to_owned()).collect(),
        state,
        secrets: vec![SigningSecret { text: signature::Secret::generate([7; 32]), expires_ms: None }],
        created_ms: 0,
        updated_ms: 0,
        given_up_in_a_row: 0,
    }
}

fn job(uris: Vec<String>) -> Job {
    Job {
        id: "batches/b1".to_owned(),
        kind: JobKind::Batch,
        model: "models/m".to_owned(),
        display_name: None,
        state: JobState::Succeeded,
        outcome: Outcome::Succeed,
        created_ms: 0,
        started_ms: None,
        updated_ms: 0,
        ended_ms: None,
        next_ms: None,
        webhook_config: Some(WebhookConfig { uris, user_metadata: Some(json!({ "a": 1 })) }),
        request: json!({}),
        output_file: None,
        output: None,
        error: None,
        telling: Telling::Usual,
        owner: None,
        rows: None,
        calls: None,
    }
}

/// The paths that were reached, sorted, once `count` requests have arrived and a moment has passed without another.
async fn paths(arrived: &Arrived, count: usize) -> Vec<String> {
    for _ in 0..1000 {
        if arrived.lock().unwrap().len() >= count {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut paths: Vec<String> = arrived.lock().unwrap().drain(..).map(|(path, _, _)| path).collect();
    paths.sort();
    paths
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gets_an_event() {
    let (base, arrived) = receiver().await;
    let service = Service::start(ServiceOptions { warp: 0.0, ..ServiceOptions::default() }).await.unwrap();
    let shared = service.shared();
    let now = shared.clock.now();
    shared.with(|world| {
        let both = &["batch.succeeded", "batch.cancelled"];
        for (id, events, state) in [
            ("on", both, WebhookState::Enabled),
            ("off", both, WebhookState::Disabled),
            ("failed", both, WebhookState::DisabledDueToFailedDeliveries),
            ("other", &["video.generated", "batch.failed"], WebhookState::Enabled),
        ] {
            world.webhooks.insert(webhook(id, format!("{base}/{id}"), events, state));
        }
    });
    let event = |event_type: &str| Event { event_type: event_type.to_owned(), data: json!({ "id": "b1" }) };
    let send = |event: Event, job: Option<Job>| shared.with(|world| emit(shared, world, event, job.as_ref(), now));

    send(event("batch.succeeded"), None);
    assert_eq!(paths(&arrived, 1).await, ["/on"]);
    send(event("batch.succeeded"), Some(job(vec![])));
    assert_eq!(paths(&arrived, 1).await, ["/on"], "no addresses of its own");
    let own = vec![format!("{base}/own/1"), format!("{base}/own/2")];
    send(event("batch.succeeded"), Some(job(own.clone())));
    assert_eq!(paths(&arrived, 2).await, ["/own/1", "/own/2"], "they replace the registered webhooks");
    send(event("batch.cancelled"), None);
    assert!(paths(&arrived, 0).await.is_empty(), "nobody can subscribe to it");
    send(event("batch.cancelled"), Some(job(own)));
    assert_eq!(paths(&arrived, 2).await, ["/own/1", "/own/2"]);

    for id in ["on", "off", "failed", "other", "nobody"] {
        shared.with(|world| ping(shared, world, id, now));
    }
    assert_eq!(paths(&arrived, 2).await, ["/on", "/other"], "subscribed or not");
    shared.with(|world| {
        world.settings.payload.ping_when_disabled = true;
        world.settings.payload.ping_type = "webhook.ping".to_owned();
        ping(shared, world, "off", now)
    });
    assert_eq!(paths(&arrived, 1).await, ["/off"]);
    shared.with(|world| {
        let ids: std::collections::HashSet<&String> = world.deliveries.iter().map(|one| &one.id).collect();
        assert_eq!(ids.len(), world.deliveries.iter().count(), "an id of its own for each receiver");
    });
    service.stop().await;
}

#[tokio::test]
async fn the_body_is_compact_and_in_order() {
    let service = Service::start(ServiceOptions { warp: 0.0, ..ServiceOptions::default() }).await.unwrap();
    let shared = service.shared();
    let body = |place| {
        shared.with(|world| {
            world.settings = Settings::default();
            world.settings.payload.user_metadata = place;
            let event = Event {
                event_type: "batch.succeeded".to_owned(),
                data: json!({ "id": "b1", "output_file_uri": "files/x" }),
            };
            let job = job(vec!["http://127.0.0.1:9/".to_owned()]);
            emit(shared, world, event, Some(&job), 1_769_083_200_987);
            world.deliveries.iter().next_back().unwrap().body.clone()
        })
    };
    let head = r#"{"type":"batch.succeeded","version":"v1","timestamp":"2026-01-22T12:00:00Z","data":{"id":"b1","output_file_uri":"files/x""#;
    assert_eq!(body(MetadataPlace::Nowhere), format!("{head}}}}}"));
    assert_eq!(body(MetadataPlace::Data), format!(r#"{head},"user_metadata":{{"a":1}}}}}}"#));
    assert_eq!(body(MetadataPlace::Top), format!(r#"{head}}},"user_metadata":{{"a":1}}}}"#));
}
