//! Jobs from their request to their event, on a clock that the test moves.

use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Api, Receiver, answer, status};

pub(super) async fn advance(api: &Api, milliseconds: i64) {
    assert_eq!(api.post("/emulator/clock:advance", &json!({ "ms": milliseconds })).await.status, 200);
}

/// Uploads a file of requests in one piece, and returns its name.
pub(super) async fn uploaded(api: &Api, lines: &str) -> String {
    let start = api
        .request(Method::POST, "/upload/v1beta/files")
        .header("x-goog-upload-protocol", "resumable")
        .header("x-goog-upload-command", "start")
        .header("x-goog-upload-header-content-length", lines.len())
        .header("x-goog-upload-header-content-type", "application/jsonl")
        .body(json!({ "file": { "displayName": "requests" } }).to_string());
    let start = start.send().await.unwrap();
    let address = start.headers()["x-goog-upload-url"].to_str().unwrap().to_owned();
    let upload = api.client.post(address).header("x-goog-upload-command", "upload, finalize");
    let file = answer(upload.header("x-goog-upload-offset", 0).body(lines.to_owned())).await;
    file.json["file"]["name"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_batch_of_a_file_tells_where_its_answers_are() {
    let api = Api::start().await;
    let mut receiver = Receiver::start(|_| status(200)).await;
    let hook = json!({ "uri": receiver.url("/hook"), "subscribed_events": ["batch.succeeded", "batch.expired"] });
    assert_eq!(api.post("/v1/webhooks", &hook).await.status, 200);
    let lines = "{\"key\":\"a\",\"request\":{\"contents\":[{\"parts\":[{\"text\":\"one\"}]}]}}\nbroken\n";
    let file = uploaded(&api, lines).await;
    let batch = json!({ "batch": { "inputConfig": { "fileName": file },
        "webhookConfig": { "user_metadata": { "run": 7 } } } });
    let name = api.post("/v1/models/m:batchGenerateContent", &batch).await.json["name"].clone();
    let path = format!("/v1/{}", name.as_str().unwrap());
    let id = name.as_str().unwrap().trim_start_matches("batches/");
    advance(&api, 500).await;
    advance(&api, 4000).await;
    let event = receiver.next().await.json();
    let output = format!("files/batch-{id}");
    assert_eq!((&event["type"], &event["timestamp"]), (&json!("batch.succeeded"), &json!("2026-01-22T12:00:04Z")));
    assert_eq!(event["data"], json!({ "id": id, "output_file_uri": output, "user_metadata": { "run": 7 } }));
    let done = api.get(&path).await.json;
    assert_eq!((&done["done"], &done["metadata"]["endTime"]), (&json!(true), &json!("2026-01-22T12:00:04.500Z")));
    assert_eq!(done["metadata"]["output"]["responsesFile"], json!(output));
    assert_eq!(done["response"]["responsesFile"], json!(output));
    let stats = json!({ "requestCount": "2", "successfulRequestCount": "1", "failedRequestCount": "1" });
    assert_eq!(done["metadata"]["batchStats"], stats);
    let answers = api.request(Method::GET, &format!("/v1/{output}:download?alt=media")).send().await.unwrap();
    let answers = answers.text().await.unwrap();
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((answers.len(), &answers[0]["key"], &answers[1]["error"]["code"]), (2, &json!("a"), &json!(3)));
    assert_eq!(answers[0]["response"]["candidates"][0]["content"]["parts"][0]["text"], "Echo: one");

    // The next one takes its 48 hours; so does its file, which has expired by then.
    let mut batch = batch;
    batch["batch"]["webhookConfig"]["user_metadata"] = json!({ "emulator_outcome": "expire" });
    assert_eq!(api.post("/v1/models/m:batchGenerateContent", &batch).await.status, 200);
    advance(&api, 48 * 3_600_000).await;
    assert_eq!(receiver.next().await.json()["type"], "batch.expired");
    assert_eq!(api.post("/v1/models/m:batchGenerateContent", &batch).await.status, 404, "its file has expired");
}

#[tokio::test]
async fn interactions_and_videos_tell_their_own_receivers() {
    let api = Api::start().await;
    let (mut own, mut registered) = (Receiver::start(|_| status(200)).await, Receiver::start(|_| status(200)).await);
    let events =
        json!(["interaction.completed", "interaction.failed", "interaction.requires_action", "video.generated"]);
    let hook = json!({ "uri": registered.url("/hook"), "subscribed_events": events });
    assert_eq!(api.post("/v1/webhooks", &hook).await.status, 200);
    let own_uri = own.url("/hook").clone();
    let interaction = |outcome: &str| {
        json!({ "model": "m", "input": "hi", "background": true, "webhook_config": {
            "uris": [own_uri], "user_metadata": { "emulator_outcome": outcome } } })
    };
    for (outcome, event, status) in [
        ("succeed", "interaction.completed", "completed"),
        ("require_action", "interaction.requires_action", "requires_action"),
        ("fail", "interaction.failed", "failed"),
        ("cancel", "interaction.cancelled", "cancelled"),
    ] {
        let made = api.post("/v1/interactions", &interaction(outcome)).await.json;
        advance(&api, 3000).await;
        let told = own.next().await.json();
        assert_eq!((&told["type"], &told["data"]["id"]), (&json!(event), &made["id"]));
        assert_eq!(told["data"].get("error_code").is_some(), outcome == "fail", "{told}");
        let path = format!("/v1/interactions/{}", made["id"].as_str().unwrap());
        assert_eq!(api.get(&path).await.json["status"], status);
    }
    // One that is answered at once has nothing to report; the next event is about the video.
    api.post("/v1/interactions", &json!({ "model": "m", "input": "hi" })).await;
    let video = json!({ "instances": [{ "prompt": "p" }] });
    let made = api.post("/v1beta/models/veo:predictLongRunning", &video).await.json;
    let path = format!("/v1beta/{}", made["name"].as_str().unwrap());
    assert_eq!(api.get(&path).await.json["done"], false);
    advance(&api, 4000).await;
    let told = registered.next().await.json();
    assert_eq!((&told["type"], &told["data"]["id"]), (&json!("video.generated"), &made["name"]));
    let done = api.get(&path).await.json;
    let uri = done["response"]["generateVideoResponse"]["generatedSamples"][0]["video"]["uri"].as_str().unwrap();
    assert_eq!(told["data"]["output_file_uri"], uri);
    let bytes =
        api.client.get(uri).header("x-goog-api-key", crate::rig::KEY).send().await.unwrap().bytes().await.unwrap();
    assert_eq!((&bytes[4..8], bytes.len()), (&b"ftyp"[..], include_bytes!("../../../assets/video.mp4").len()));
    // The SDKs extract the id from https addresses only, and put this whole address into the path.
    for put in [format!("{uri}:download?alt=media"), format!("{uri}%3Adownload&alt=media")] {
        let whole = api.request(Method::GET, &format!("/v1beta/files/{put}")).send().await.unwrap();
        assert_eq!(whole.bytes().await.unwrap(), bytes, "{put}");
    }
    assert!(own.is_quiet().await, "nothing else was sent");
}

#[tokio::test]
async fn a_stream_of_the_background_waits_for_the_end() {
    let api = Api::start().await;
    let body = json!({ "model": "m", "input": "hi", "background": true, "stream": true });
    let request = api.request(Method::POST, "/v1/interactions").body(body.to_string());
    let stream = tokio::spawn(async { request.send().await.unwrap().text().await.unwrap() });
    // It exists as soon as it was requested.
    let name = loop {
        let jobs = api.get("/emulator/jobs").await.json;
        if let Some(name) = jobs["jobs"][0]["name"].as_str() {
            break name.to_owned();
        }
    };
    assert!(!stream.is_finished());
    let finish = json!({ "name": name, "outcome": "require_action" });
    assert_eq!(api.post("/emulator/jobs:finish", &finish).await.json["state"], "requires_action");
    let text = stream.await.unwrap();
    assert!(text.contains("arguments_delta") && text.ends_with("data: [DONE]\n\n"), "{text}");
}
