//! Deliberate faults, as a client meets them.

use emulator::{Faults, Settings};
use gemini::client::{ApiVersion, Client, ClientError, NewWebhook, Revocation, WebhookChange};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::webhooks::body;
use crate::rig::{Api, KEY, answer};

#[tokio::test]
async fn one_seed_one_story_and_faults_in_the_same_places() {
    let faults = Faults { too_many_requests: 0.3, server_errors: 0.3, ..Faults::default() };
    let settings = Settings { faults, ..Settings::default() };
    let run = || async {
        let api = Api::with(settings.clone()).await;
        let mut story = Vec::new();
        for _ in 0..80 {
            let made = api.post("/v1/webhooks", &body()).await;
            match made.status {
                429 => {
                    assert_eq!(made.json["error"]["status"], "RESOURCE_EXHAUSTED");
                    assert_eq!(made.headers["retry-after"], "1");
                }
                500 => assert_eq!(made.json["error"]["status"], "INTERNAL"),
                503 => assert_eq!(made.json["error"]["status"], "UNAVAILABLE"),
                status => assert_eq!(status, 200),
            }
            story.push((made.status, made.json["id"].clone(), made.json["new_signing_secret"].clone()));
        }
        story
    };
    let one = run().await;
    assert_eq!(one, run().await);
    for status in [200, 429, 500, 503] {
        assert!(one.iter().any(|(seen, ..)| *seen == status), "{status}");
    }
}

/// A webhook at an address where nobody listens.
fn webhook() -> NewWebhook {
    let subscribed_events = vec!["batch.failed".to_owned()];
    NewWebhook { name: None, uri: "http://127.0.0.1:1/".to_owned(), subscribed_events }
}

/// Everything that comes back before the connection ends.
async fn raw(api: &Api, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(api.service.address()).await.unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nx-goog-api-key: {KEY}\r\nconnection: close\r\n");
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    stream.read_to_end(&mut seen).await.unwrap();
    String::from_utf8(seen).unwrap()
}

async fn set(api: &Api, faults: serde_json::Value) {
    assert_eq!(api.patch("/emulator/settings", &json!({ "faults": faults })).await.status, 200);
}

#[tokio::test]
async fn a_lost_answer_is_a_change_and_a_cut_connection() {
    let api = Api::start().await;
    let made = api.post("/v1/webhooks", &json!(webhook())).await.json;
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    set(&api, json!({ "lost_answers": 1 })).await;

    // Not a single byte, whatever was changed.
    assert_eq!(raw(&api, "PATCH", &path, "{\"name\":\"m\"}").await, "");
    assert_eq!(raw(&api, "POST", &format!("{path}:ping"), "{}").await, "");
    assert_eq!(raw(&api, "POST", "/v1beta/webhooks", &body().to_string()).await, "");
    let list = api.get("/v1/webhooks").await.json["webhooks"].clone();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["name"]), (2, &json!("m")), "{list}");
    let pings = api.get("/emulator/deliveries").await.json;
    assert_eq!(pings["deliveries"].as_array().unwrap().len(), 1, "{pings}");

    // What was refused was not done, and gets an answer; so does everything else.
    let refused = raw(&api, "POST", "/v1/webhooks", "{}").await;
    assert!(refused.starts_with("HTTP/1.1 400 ") && refused.contains("invalid_request"), "{refused}");
    assert_eq!(api.delete("/v1/webhooks/none").await.status, 404);
    let interaction = json!({ "model": "gemini-3-flash", "input": "hi" });
    assert_eq!(api.post("/v1/interactions", &interaction).await.status, 200);
    assert_eq!(answer(api.bare(Method::GET, "/.well-known/jwks.json")).await.status, 200);

    assert_eq!(raw(&api, "DELETE", &path, "").await, "");
    set(&api, json!({ "lost_answers": 0 })).await;
    assert_eq!(api.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_client_cannot_know_but_can_read_back() {
    let api = Api::start().await;
    let client = Client::new(&api.service.origin(), ApiVersion::V1, KEY).unwrap();
    let made = client.webhook_create(&webhook()).await.unwrap();
    let secrets = || async { client.webhook_get(&made.id).await.unwrap().signing_secrets };

    for faults in [json!({ "lost_answers": 1 }), json!({ "lost_answers": 0, "garbled_answers": 1 })] {
        let before = secrets().await;
        set(&api, faults).await;
        let errors = [
            client.webhook_create(&webhook()).await.unwrap_err(),
            client.webhook_rotate(&made.id, Revocation::Immediately).await.unwrap_err(),
            client.webhook_update(&made.id, &WebhookChange::default()).await.unwrap_err(),
            client.webhook_ping(&made.id).await.unwrap_err(),
        ];
        let garbled = matches!(client.webhook_list(10, None).await, Err(ClientError::Unreadable(_)));
        for error in errors {
            assert!(error.may_have_been_acted_on(), "{error:?}");
            assert_eq!(matches!(error, ClientError::Unreadable(_)), garbled, "{error:?}");
            assert_eq!(matches!(error, ClientError::Unreachable(_)), !garbled, "{error:?}");
        }
        set(&api, json!({ "lost_answers": 0, "garbled_answers": 0 })).await;
        let after = secrets().await;
        assert_eq!(after.len(), 1);
        assert_ne!(after, before, "rotated");
    }
    // Once for each request: the client does not retry by itself.
    assert_eq!(client.webhook_list(10, None).await.unwrap().webhooks.len(), 3);
}

#[tokio::test]
async fn garbage_is_a_page_in_the_place_of_an_answer() {
    let api =
        Api::with(Settings { faults: Faults { garbled_answers: 1.0, ..Faults::default() }, ..Settings::default() })
            .await;
    for path in ["/v1/webhooks", "/v1beta/batches", "/v1/files"] {
        let response = api.request(Method::GET, path).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &"text/html; charset=utf-8".parse().unwrap())
        );
        assert!(response.text().await.unwrap().starts_with("<!doctype html>"), "{path}");
    }
    let made = api.request(Method::POST, "/v1/webhooks").body(body().to_string()).send().await.unwrap();
    assert!(made.text().await.unwrap().contains("<title>"));
    // Answers other than 200, from outside the service or for other callers stay as they are.
    assert_eq!(api.get("/v1/webhooks/none").await.status, 404);
    assert_eq!(answer(api.bare(Method::GET, "/v1/webhooks")).await.status, 403);
    assert!(api.get("/.well-known/jwks.json").await.json["keys"].is_array());
    set(&api, json!({ "garbled_answers": null })).await;
    assert_eq!(api.get("/v1/webhooks").await.json["webhooks"].as_array().unwrap().len(), 1);
}
