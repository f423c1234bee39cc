//! Batches whose answers, events and visibility are not as they should be.

use std::time::{Duration, SystemTime};

use emulator::{Faults, RestForm, ServiceOptions, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use super::job_events::{advance, uploaded};
use crate::rig::{Answer, Api, NOW, Receiver, answer, status};

const BATCH: &str = "/v1/models/gemini-x:batchGenerateContent";
const EMBED: &str = "/v1/models/gemini-embedding-001:asyncBatchEmbedContent";

fn line(key: &str, embeds: bool) -> String {
    let content = json!({ "parts": [{ "text": "one two three four" }] });
    let request = if embeds { json!({ "content": content }) } else { json!({ "contents": [content] }) };
    json!({ "key": key, "request": request }).to_string()
}

async fn create(api: &Api, path: &str, keys: &[&str], metadata: Value) -> Answer {
    let lines: Vec<String> = keys.iter().map(|key| line(key, path == EMBED)).collect();
    let file = uploaded(api, &lines.join("\n")).await;
    let config = json!({ "uris": ["http://127.0.0.1:1/"], "userMetadata": metadata });
    api.post(path, &json!({ "batch": { "inputConfig": { "fileName": file }, "webhookConfig": config } })).await
}

/// The batch when it has ended, and the lines of its output.
async fn finished(api: &Api, name: &Value) -> (Value, Vec<String>) {
    let ended = api.post("/emulator/jobs:finish", &json!({ "name": name, "outcome": "succeed" })).await;
    assert_eq!(ended.json["state"], "succeeded", "{}", ended.json);
    let batch = api.get(&format!("/v1/{}", name.as_str().unwrap())).await.json;
    let file = batch["response"]["responsesFile"].as_str().unwrap();
    let text = api.request(Method::GET, &format!("/v1/{file}:download?alt=media")).send().await.unwrap();
    let text = text.text().await.unwrap();
    (batch, text.lines().map(str::to_owned).collect())
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_default()
}

/// What a row is, in a word.
fn kind(line: &str) -> String {
    let row = read(line);
    let response = &row["response"];
    let candidate = &response["candidates"][0];
    match (&row["error"]["code"], &response["promptFeedback"]["blockReason"], &candidate["finishReason"]) {
        _ if row.is_null() => "unparsable".to_owned(),
        (code, ..) if !code.is_null() => format!("error {code}"),
        (_, reason, _) if !reason.is_null() => "blocked".to_owned(),
        (.., reason) if candidate["content"]["parts"].is_null() => format!("nothing, {}", reason.as_str().unwrap()),
        (.., reason) => reason.as_str().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn a_batch_has_the_rows_that_it_asks_for() {
    let api = Api::start().await;
    let keys: Vec<String> = (0..12).map(|key| format!("k{key}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let rows = "error=4,blocked=1,safety=1,cut_off=1,empty=1,missing=1,doubled=1,unparsable=1";
    let made = create(&api, BATCH, &keys, json!({ "emulator_rows": rows })).await.json;
    assert_eq!(made["metadata"]["batchStats"], json!({ "requestCount": "12", "pendingRequestCount": "12" }), "{made}");
    let (batch, lines) = finished(&api, &made["name"]).await;
    let mut kinds: Vec<String> = lines.iter().map(|line| kind(line)).collect();
    kinds.sort();
    let expected = [
        "MAX_TOKENS",
        "STOP",
        "STOP",
        "STOP",
        "blocked",
        "error 14",
        "error 3",
        "error 8",
        "error 8",
        "nothing, SAFETY",
        "nothing, STOP",
        "unparsable",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(
        batch["metadata"]["batchStats"],
        json!({ "requestCount": "12", "successfulRequestCount": "8", "failedRequestCount": "4" })
    );
    let first = read(&lines[1]);
    assert!(first["error"]["message"].is_string() && first["error"].get("status").is_none(), "{first}");

    // The same requests pass the next time.
    let made = create(&api, BATCH, &keys, Value::Null).await.json;
    let (_, lines) = finished(&api, &made["name"]).await;
    assert_eq!(lines.iter().filter(|line| kind(line) == "STOP").count(), 12);
    let usage = &read(&lines[0])["response"]["usageMetadata"];
    let count = |name: &str| usage[name].as_u64().unwrap();
    assert!(count("thoughtsTokenCount") > 0);
    let sum = count("promptTokenCount") + count("candidatesTokenCount") + count("thoughtsTokenCount");
    assert_eq!(count("totalTokenCount"), sum);
}

#[tokio::test]
async fn a_request_asks_for_its_own_row_by_its_key() {
    let api = Api::start().await;
    assert_eq!(api.patch("/emulator/settings", &json!({ "rest": { "http_row_codes": true } })).await.status, 200);
    let keys = [
        "a",
        "b#error-429",
        "c#missing",
        "d#doubled",
        "e#unparsable",
        "f#blocked",
        "g#cut",
        "h#empty",
        "i#error-400",
        "j#safety",
        "k#other",
    ];
    let made = create(&api, BATCH, &keys, Value::Null).await.json;
    let (batch, lines) = finished(&api, &made["name"]).await;
    let kinds: Vec<String> = lines.iter().map(|line| kind(line)).collect();
    let expected = [
        "STOP",
        "error 429",
        "STOP",
        "STOP",
        "unparsable",
        "blocked",
        "MAX_TOKENS",
        "nothing, STOP",
        "error 400",
        "nothing, SAFETY",
        "STOP",
    ];
    assert_eq!(kinds, expected);
    assert_eq!((lines[2] == lines[3], &read(&lines[1])["error"]["status"]), (true, &json!("RESOURCE_EXHAUSTED")));
    assert_eq!(batch["metadata"]["batchStats"]["failedRequestCount"], "2");
    let blocked = &read(&lines[5])["response"];
    assert!(blocked.get("candidates").is_none() && blocked["usageMetadata"].get("candidatesTokenCount").is_none());

    // Of an embedding, what fits.
    let keys = ["a", "b#error", "c#empty", "d#blocked", "e#missing"];
    let made = create(&api, EMBED, &keys, Value::Null).await.json;
    let (batch, lines) = finished(&api, &made["name"]).await;
    let rows: Vec<Value> = lines.iter().map(|line| read(line)).collect();
    let length = |row: &Value| row["response"]["embedding"]["values"].as_array().map(Vec::len);
    assert_eq!(rows.iter().map(length).collect::<Vec<_>>(), [Some(3072), None, None, Some(3072)]);
    assert_eq!((&rows[1]["error"]["code"], &rows[2]["response"]["embedding"]), (&json!(429), &json!({})));
    assert_eq!(batch["response"]["@type"].as_str().unwrap().rsplit('.').next(), Some("EmbedContentBatchOutput"));

    // And of inlined requests, by the key in their metadata.
    let item = |key: &str| json!({ "request": { "contents": { "parts": [] } }, "metadata": { "key": key } });
    let items = ["a", "b#missing", "c#doubled", "d#error-503", "e#unparsable"].map(item);
    let body = json!({ "batch": { "inputConfig": { "requests": { "requests": items } } } });
    let made = api.post(BATCH, &body).await.json;
    api.post("/emulator/jobs:finish", &json!({ "name": made["name"], "outcome": "succeed" })).await;
    let batch = api.get(&format!("/v1/{}", made["name"].as_str().unwrap())).await.json;
    let rows = batch["response"]["inlinedResponses"]["inlinedResponses"].as_array().unwrap();
    let seen: Vec<_> =
        rows.iter().map(|row| (row["metadata"]["key"].as_str().unwrap(), &row["error"]["code"])).collect();
    let null = &Value::Null;
    let expected =
        [("a", null), ("c#doubled", null), ("c#doubled", null), ("d#error-503", &json!(503)), ("e#unparsable", null)];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn rows_that_cannot_be_are_refused() {
    let api = Api::start().await;
    for (path, rows, says) in [
        (BATCH, json!("error"), "'error' has no number"),
        (BATCH, json!("errors=1"), "there is no 'errors'"),
        (BATCH, json!("missing=two"), "'two' is not a number"),
        (BATCH, json!("missing=3"), "3 rows are asked for, but the batch has 2 requests"),
        (BATCH, json!(3), "Invalid value for 'emulator_rows': 3"),
        (EMBED, json!("blocked=1"), "Blocked cannot be among embeddings"),
        (EMBED, json!("filler=1"), "filler needs a file"),
        (BATCH, json!("filler=9999999"), "2097152 is the most"),
    ] {
        let refused = create(&api, path, &["a", "b"], json!({ "emulator_rows": rows })).await;
        assert_eq!((refused.status, &refused.json["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{rows}");
        assert!(refused.message().contains(says), "{rows}: {}", refused.message());
    }
    let refused = create(&api, BATCH, &["a"], json!({ "emulator_call": "maybe" })).await;
    assert!(refused.message().contains("'usual', 'never', 'wrong_state'"), "{}", refused.message());
    assert_eq!(api.get("/v1/batches").await.json, json!({}));
}

#[tokio::test]
async fn counts_grow_while_a_batch_runs() {
    let api = Api::start().await;
    let made = create(&api, BATCH, &["a", "b#error", "c", "d"], Value::Null).await.json;
    let path = format!("/v1/{}", made["name"].as_str().unwrap());
    advance(&api, 500).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        // The state changes at once, but behind the clock's answer.
        let batch = loop {
            let batch = api.get(&path).await.json;
            if batch["metadata"]["state"] == "BATCH_STATE_RUNNING" {
                break batch;
            }
        };
        let stats = &batch["metadata"]["batchStats"];
        let count = |name: &str| stats[name].as_str().map_or(0, |text| text.parse::<u64>().unwrap());
        seen.push((count("successfulRequestCount"), count("failedRequestCount"), count("pendingRequestCount")));
        assert_eq!(stats["requestCount"], "4");
        advance(&api, 999).await;
    }
    assert_eq!(seen, [(0, 0, 4), (0, 0, 4), (1, 0, 3), (1, 1, 2)]);
    assert_eq!(api.get(&path).await.json["metadata"]["updateTime"], "2026-01-22T12:00:03.500Z");
    advance(&api, 4).await;
    let done = loop {
        let batch = api.get(&path).await.json;
        if batch["done"] == true {
            break batch;
        }
    };
    let stats = json!({ "requestCount": "4", "successfulRequestCount": "3", "failedRequestCount": "1" });
    assert_eq!(done["metadata"]["batchStats"], stats);
}

#[tokio::test]
async fn an_output_of_a_gigabyte_is_made_while_it_is_read() {
    let api = Api::start().await;
    let made = create(&api, BATCH, &["a"], json!({ "emulator_rows": "filler=1048576" })).await.json;
    api.post("/emulator/jobs:finish", &json!({ "name": made["name"], "outcome": "succeed" })).await;
    let batch = api.get(&format!("/v1/{}", made["name"].as_str().unwrap())).await.json;
    assert_eq!(batch["metadata"]["batchStats"]["successfulRequestCount"], "1048577");
    let path = format!("/v1/{}", batch["response"]["responsesFile"].as_str().unwrap());
    let file = api.get(&path).await.json;
    let length: u64 = file["sizeBytes"].as_str().unwrap().parse().unwrap();
    let stored = length - (1 << 30);
    let part = |range: String| api.request(Method::GET, &format!("{path}:download?alt=media")).header("range", range);
    let tail = part(format!("bytes={}-", length - 2048)).send().await.unwrap();
    assert_eq!((tail.status().as_u16(), &tail.headers()["content-length"]), (206, &"2048".parse().unwrap()));
    let tail = tail.text().await.unwrap();
    let keys: Vec<Value> = tail.lines().map(|line| read(line)["key"].clone()).collect();
    assert_eq!(keys, ["filler-000001048575", "filler-000001048576"]);
    // Across the place where the stored bytes end.
    let both = part(format!("bytes=0-{}", stored + 1023)).send().await.unwrap().text().await.unwrap();
    let keys: Vec<Value> = both.lines().map(|line| read(line)["key"].clone()).collect();
    assert_eq!(keys, ["a", "filler-000000000001"]);
    assert_eq!(answer(part(format!("bytes={length}-"))).await.status, 416);
    // Whoever stops reading costs nothing more.
    let mut whole = api.request(Method::GET, &format!("{path}:download?alt=media")).send().await.unwrap();
    assert_eq!(whole.headers()["content-length"], length.to_string());
    assert!(whole.chunk().await.unwrap().is_some());
    drop(whole);

    assert_eq!(api.patch("/emulator/settings", &json!({ "rest": { "ranges": false } })).await.status, 200);
    let whole = part("bytes=0-1".to_owned()).send().await.unwrap();
    assert_eq!((whole.status().as_u16(), whole.headers().get("accept-ranges")), (200, None));
}

#[tokio::test]
async fn uploads_are_given_back_where_the_settings_say_so() {
    let settings = Settings { rest: RestForm { download_uploads: true, ..RestForm::default() }, ..Settings::default() };
    let api = Api::with(settings).await;
    let name = uploaded(&api, "a\nb").await;
    let path = format!("/v1/{name}:download?alt=media");
    assert_eq!(api.request(Method::GET, &path).send().await.unwrap().text().await.unwrap(), "a\nb");
}

#[tokio::test]
async fn some_jobs_never_call_and_some_say_the_opposite() {
    let api = Api::start().await;
    let mut receiver = Receiver::start(|_| status(200)).await;
    let file = uploaded(&api, &line("a", false)).await;
    let uri = receiver.url("/h");
    let begin = async |metadata: Value| {
        let config = json!({ "uris": [uri], "userMetadata": metadata });
        let body = json!({ "batch": { "inputConfig": { "fileName": file }, "webhookConfig": config } });
        let made = api.post(BATCH, &body).await;
        assert_eq!(made.status, 200, "{}", made.json);
        assert_eq!(made.json["metadata"]["webhookConfig"], config, "echoed");
        made.json["name"].clone()
    };
    let never = begin(json!({ "emulator_call": "never" })).await;
    let failed = begin(json!({ "emulator_call": "wrong_state", "emulator_outcome": "fail" })).await;
    let succeeded = begin(json!({ "emulator_call": "wrong_state" })).await;
    advance(&api, 500).await;
    advance(&api, 4000).await;
    let bare = |name: &Value| name.as_str().unwrap().trim_start_matches("batches/").to_owned();
    let mut told = [receiver.next().await.json(), receiver.next().await.json()];
    told.sort_by_key(|event| event["type"].as_str().unwrap().to_owned());
    assert_eq!((&told[0]["type"], &told[0]["data"]["id"]), (&json!("batch.failed"), &json!(bare(&succeeded))));
    assert_eq!((&told[1]["type"], &told[1]["data"]["id"]), (&json!("batch.succeeded"), &json!(bare(&failed))));
    let output = told[1]["data"]["output_file_uri"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/{output}")).await.status, 403, "there is no such file");
    for (name, state) in [(&never, "SUCCEEDED"), (&failed, "FAILED"), (&succeeded, "SUCCEEDED")] {
        let batch = api.get(&format!("/v1/{}", name.as_str().unwrap())).await.json;
        assert_eq!(batch["metadata"]["state"], format!("BATCH_STATE_{state}"));
    }
    assert!(receiver.is_quiet().await, "nothing else was sent");
    let deliveries = api.get("/emulator/deliveries").await.json;
    assert_eq!(deliveries["deliveries"].as_array().unwrap().len(), 2, "{deliveries}");

    let faults = json!({ "faults": { "never_called": 1 } });
    assert_eq!(api.patch("/emulator/settings", &faults).await.status, 200);
    let silent = begin(json!({})).await;
    api.post("/emulator/jobs:finish", &json!({ "name": silent, "outcome": "succeed" })).await;
    let job = &api.get("/emulator/jobs").await.json["jobs"][0];
    assert_eq!((&job["state"], &job["event_type"]), (&json!("succeeded"), &Value::Null));
    assert!(receiver.is_quiet().await);
}

#[tokio::test]
async fn batches_are_seen_by_the_key_that_made_them() {
    let options = ServiceOptions {
        warp: 0.0,
        seed: Some(7),
        wall: std::sync::Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(NOW as u64)),
        ..ServiceOptions::default()
    };
    let api = Api::of(options).await;
    let made = create(&api, BATCH, &["a"], Value::Null).await.json;
    let (batch, _) = finished(&api, &made["name"]).await;
    let path = format!("/v1/{}", made["name"].as_str().unwrap());
    let output = format!("/v1/{}", batch["response"]["responsesFile"].as_str().unwrap());
    let with = |method: Method, path: &str| api.bare(method, path).header("x-goog-api-key", "another");
    for gone in [
        answer(with(Method::GET, &path)).await,
        answer(with(Method::DELETE, &path)).await,
        answer(with(Method::POST, &format!("{path}:cancel"))).await,
    ] {
        assert_eq!((gone.status, &gone.json["error"]["status"]), (404, &json!("NOT_FOUND")));
    }
    for gone in [output.clone(), format!("{output}:download?alt=media")] {
        assert_eq!(answer(with(Method::GET, &gone)).await.status, 403);
    }
    assert_eq!(answer(with(Method::GET, "/v1/batches")).await.json, json!({}));
    let names = |files: &Value| files["files"].as_array().unwrap().len();
    assert_eq!(
        (names(&answer(with(Method::GET, "/v1/files")).await.json), names(&api.get("/v1/files").await.json)),
        (1, 2)
    );
    // This machine's own programs may see all.
    let all = |path: &str| with(Method::GET, path).header("x-emulator-all-keys", "1");
    assert_eq!(answer(all(&path)).await.json, batch);
    assert_eq!(answer(all("/v1/batches")).await.json["operations"].as_array().unwrap().len(), 1);
    assert_eq!(answer(with(Method::GET, "/emulator/jobs")).await.json["jobs"].as_array().unwrap().len(), 1);

    assert_eq!(api.patch("/emulator/settings", &json!({ "rest": { "batches_by_key": false } })).await.status, 200);
    assert_eq!(answer(with(Method::GET, &path)).await.json, batch);
}

#[tokio::test]
async fn many_batches_are_listed_in_pages() {
    let api = Api::start().await;
    let item = json!({ "request": { "contents": [] } });
    let body = json!({ "batch": { "inputConfig": { "requests": { "requests": [item] } } } });
    for _ in 0..1001 {
        assert_eq!(api.post(BATCH, &body).await.status, 200);
    }
    let page = api.get("/v1/batches?pageSize=5000").await.json;
    assert_eq!(page["operations"].as_array().unwrap().len(), 1000, "the most");
    let rest = format!("/v1/batches?pageToken={}", page["nextPageToken"].as_str().unwrap());
    let rest = api.get(&rest).await.json;
    assert_eq!((rest["operations"].as_array().unwrap().len(), rest.get("nextPageToken")), (1, None));
}

#[tokio::test]
async fn a_quota_refuses_for_the_rest_of_its_minute() {
    let rest = RestForm { requests_per_minute: Some(2), ..RestForm::default() };
    let api = Api::with(Settings { rest, ..Settings::default() }).await;
    assert_eq!(api.get("/v1/batches").await.status, 200);
    advance(&api, 21_500).await;
    assert_eq!(api.get("/v1/batches").await.status, 200);
    for path in ["/v1/batches", "/v1/interactions/none", "/v1/files"] {
        let refused = api.get(path).await;
        assert_eq!((refused.status, &refused.json["error"]["status"]), (429, &json!("RESOURCE_EXHAUSTED")), "{path}");
        assert_eq!(refused.headers["retry-after"], "39");
        let details = &refused.json["error"]["details"];
        assert_eq!(details[0]["violations"][0]["quotaValue"], "2", "{details}");
        let retry = json!({ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "39s" });
        assert_eq!(details[1], retry);
    }
    for _ in 0..5 {
        assert_eq!(api.get("/emulator/jobs").await.status, 200, "never limited");
    }
    advance(&api, 38_500).await;
    assert_eq!(api.get("/v1/batches").await.status, 200);
    assert_eq!(api.patch("/emulator/settings", &json!({ "rest": { "requests_per_minute": null } })).await.status, 200);
    for _ in 0..5 {
        assert_eq!(api.get("/v1/batches").await.status, 200);
    }
    let faults = Faults { too_many_requests: 1.0, ..Faults::default() };
    let api = Api::with(Settings { faults, ..Settings::default() }).await;
    assert_eq!(api.get("/v1/batches").await.json["error"]["details"][0]["retryDelay"], "1s");
}
