use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Answer, Api, answer};

const BATCH: &str = "/v1/models/gemini-x:batchGenerateContent";
const EMBED: &str = "/v1/models/gemini-embedding-001:asyncBatchEmbedContent";
const VIDEO: &str = "/v1beta/models/veo-x:predictLongRunning";
const INTERACTIONS: &str = "/v1/interactions";

fn inline() -> Value {
    let request = json!({ "request": { "contents": [{ "parts": [{ "text": "hi" }] }] }, "metadata": { "key": "k" } });
    json!({ "batch": { "displayName": "d", "inputConfig": { "requests": { "requests": [request] } } } })
}

/// Sends a job's request with an outcome in the header.
async fn with_outcome(api: &Api, path: &str, body: &Value, outcome: &str) -> Answer {
    answer(api.request(Method::POST, path).header("x-emulator-outcome", outcome).body(body.to_string())).await
}

#[tokio::test]
async fn a_batch_is_an_operation() {
    let api = Api::start().await;
    let mut body = inline();
    body["batch"]["webhookConfig"] = json!({ "uris": ["https://r.example/h"], "user_metadata": { "a": 1 } });
    let made = api.post(BATCH, &body).await;
    assert_eq!(made.status, 200, "{}", made.json);
    let name = made.json["name"].as_str().unwrap();
    let id = name.strip_prefix("batches/").unwrap();
    assert!(id.len() == 36 && id.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "{id}");
    let now = "2026-01-22T12:00:00Z";
    let expected = json!({
        "name": name,
        "metadata": {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "model": "models/gemini-x",
            "displayName": "d",
            "webhookConfig": { "uris": ["https://r.example/h"], "userMetadata": { "a": 1 } },
            "createTime": now,
            "updateTime": now,
            "batchStats": { "requestCount": "1", "pendingRequestCount": "1" },
            "state": "BATCH_STATE_PENDING",
            "name": name,
        },
        "done": false,
    });
    assert_eq!(made.json, expected);
    assert_eq!(api.get(&format!("/v1beta/{name}")).await.json, expected);
    assert_eq!(api.post(&format!("/v1/{name}:cancel"), &json!({})).await.json, json!({}));
    let cancelled = api.get(&format!("/v1/{name}")).await.json;
    assert_eq!((&cancelled["metadata"]["state"], &cancelled["done"]), (&json!("BATCH_STATE_CANCELLED"), &json!(true)));
    assert_eq!((&cancelled["error"]["code"], &cancelled["metadata"]["endTime"]), (&json!(1), &json!(now)));
    // Once more changes nothing.
    assert_eq!(api.post(&format!("/v1/{name}:cancel"), &json!({})).await.status, 200);
    assert_eq!(api.get(&format!("/v1/{name}")).await.json, cancelled);
    assert_eq!(api.delete(&format!("/v1/{name}")).await.json, json!({}));
    for gone in [
        api.get(&format!("/v1/{name}")).await,
        api.delete(&format!("/v1/{name}")).await,
        api.post(&format!("/v1/{name}:cancel"), &json!({})).await,
    ] {
        assert_eq!((gone.status, &gone.json["error"]["status"]), (404, &json!("NOT_FOUND")));
    }
}

#[tokio::test]
async fn batches_are_listed_newest_first_in_pages() {
    let api = Api::start().await;
    let mut names = Vec::new();
    for path in [BATCH, EMBED, BATCH] {
        names.push(api.post(path, &inline()).await.json["name"].clone());
        // Other jobs are no batches.
        api.post(VIDEO, &json!({ "instances": [{ "prompt": "p" }] })).await;
    }
    names.reverse();
    let mut seen = Vec::new();
    let mut path = "/v1/batches?pageSize=2".to_owned();
    for (rows, more) in [(2, true), (1, false)] {
        let page = api.get(&path).await.json;
        let operations = page["operations"].as_array().unwrap();
        assert_eq!((operations.len(), page.get("nextPageToken").is_some()), (rows, more), "{page}");
        seen.extend(operations.iter().map(|one| one["name"].clone()));
        path = format!("/v1/batches?pageSize=2&pageToken={}", page["nextPageToken"].as_str().unwrap_or_default());
    }
    assert_eq!(seen, names);
    for bad in ["pageSize=-1", "pageSize=x", "pageToken=x"] {
        assert_eq!(api.get(&format!("/v1/batches?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_batch_or_a_video_is_said() {
    let api = Api::start().await;
    let batch = |config: Value| json!({ "batch": { "inputConfig": config } });
    let webhook = |config: Value| {
        let mut body = inline();
        body["batch"]["webhookConfig"] = config;
        body
    };
    let video = |more: Value| {
        let mut body = json!({ "instances": [{ "prompt": "p" }] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let table = [
        (BATCH, json!({}), 400, "Invalid value at 'batch': expected an object."),
        (BATCH, json!({ "batch": {} }), 400, "source is not specified"),
        (
            BATCH,
            json!({ "batch": { "inputConfig": { "requests": { "requests": [] } } } }),
            400,
            "source is not specified",
        ),
        (BATCH, json!({ "Batch": {} }), 400, "Unknown name \"Batch\": Cannot find field."),
        (BATCH, json!({ "batch": { "displayName": null, "display_name": "b" } }), 400, "is given twice"),
        (
            BATCH,
            batch(json!({ "filename": "f" })),
            400,
            "Unknown name \"filename\" at 'batch.input_config': Cannot find",
        ),
        (BATCH, batch(json!({ "fileName": 1 })), 400, "'batch.input_config.file_name': expected a string"),
        (BATCH, batch(json!({ "fileName": "f", "requests": {} })), 400, "exclude each other"),
        (BATCH, batch(json!({ "fileName": "files/none" })), 404, "files/none"),
        (EMBED, batch(json!({ "file_name": "none" })), 404, "files/none"),
        (BATCH, webhook(json!({ "url": "x" })), 400, "Unknown name \"url\" at 'batch.webhook_config'"),
        (BATCH, webhook(json!({ "uris": "https://x" })), 400, "expected an array of strings"),
        (BATCH, webhook(json!({ "uris": ["x"] })), 400, "'x': expected an absolute https address"),
        (BATCH, webhook(json!({ "userMetadata": 1 })), 400, "expected an object"),
        (
            BATCH,
            webhook(json!({ "userMetadata": { "emulator_outcome": "require_action" } })),
            400,
            "Invalid value for 'emulator_outcome': 'require_action'. This request can end with: \
             'succeed', 'fail', 'expire', 'cancel', 'never'.",
        ),
        (VIDEO, json!({}), 400, "instances"),
        (VIDEO, json!({ "instances": [{}] }), 400, "a prompt or an image"),
        (VIDEO, video(json!({ "parameters": { "sampleCount": 5 } })), 400, "1 to 4, not 5"),
        (VIDEO, video(json!({ "webhook": {} })), 400, "Unknown name \"webhook\""),
        (
            VIDEO,
            video(json!({ "webhookConfig": { "user_metadata": { "emulator_outcome": 3 } } })),
            400,
            "Invalid value for 'emulator_outcome': 3. This request can end with: 'succeed', 'fail', 'never'.",
        ),
        ("/v1/models/a%2Fb:batchGenerateContent", inline(), 400, "not a valid model name"),
        ("/v1/models/m:generateNothing", json!({}), 404, "POST"),
    ];
    for (path, body, status, says) in table {
        let refused = api.post(path, &body).await;
        assert_eq!(refused.status, status, "{body} {}", refused.json);
        assert!(refused.message().contains(says), "{body} {}", refused.message());
        assert_eq!(refused.json["error"]["code"], status, "google.rpc.Status has a number");
    }
    assert_eq!(api.get("/v1/batches").await.json, json!({}), "nothing was made of them");
    for (path, allowed) in [
        (BATCH, "POST"),
        ("/v1/batches", "GET, HEAD"),
        ("/v1/batches/x", "GET, DELETE, HEAD"),
        ("/v1/interactions/x/cancel", "POST"),
    ] {
        let refused = api.patch(path, &json!({})).await;
        assert_eq!((refused.status, &refused.headers["allow"]), (405, &allowed.parse().unwrap()), "{path}");
    }
}

#[tokio::test]
async fn an_interaction_is_answered_at_once() {
    let api = Api::start().await;
    let body = json!({ "model": "gemini-x", "input": "hi", "labels": { "a": "b" }, "system_instruction": null });
    let done = api.post(INTERACTIONS, &body).await;
    assert_eq!(done.status, 200, "{}", done.json);
    let view = &done.json;
    assert_eq!(
        (&view["status"], &view["object"], &view["model"]),
        (&json!("completed"), &json!("interaction"), &json!("gemini-x"))
    );
    assert_eq!(view["steps"], json!([{ "type": "model_output", "content": [{ "type": "text", "text": "Echo: hi" }] }]));
    assert_eq!((&view["labels"], &view["usage"]["total_tokens"]), (&json!({ "a": "b" }), &json!(3)));
    assert!(view.get("input").is_none() && view.get("system_instruction").is_none());
    let path = format!("{INTERACTIONS}/{}", view["id"].as_str().unwrap());
    assert_eq!(&api.get(&format!("{path}?stream=false")).await.json, view);
    assert_eq!(api.get(&format!("{path}?include_input=true")).await.json["input"], "hi");
    // It has ended: nothing to cancel.
    let refused = api.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!((refused.status, &refused.json["error"]["code"]), (400, &json!("invalid_request")));
    let next = json!({ "agent": "a", "input": "more", "previous_interaction_id": view["id"] });
    assert_eq!(api.post(INTERACTIONS, &next).await.json["previous_interaction_id"], view["id"]);
    assert_eq!(api.delete(&path).await.json, json!({}));
    for gone in [api.get(&path).await, api.delete(&path).await, api.post(INTERACTIONS, &next).await] {
        assert_eq!((gone.status, &gone.json["error"]["code"]), (404, &json!("not_found")));
    }
    let unkept = api.post(INTERACTIONS, &json!({ "model": "m", "input": "hi", "store": false })).await.json;
    assert_eq!(api.get(&format!("{INTERACTIONS}/{}", unkept["id"].as_str().unwrap())).await.status, 404);

    let tool = json!({ "type": "function", "name": "weather", "parameters": {
        "type": "object", "properties": { "city": { "type": "string" }, "days": { "type": "integer" } } } });
    let body = json!({ "model": "m", "input": "Rome", "tools": [tool] });
    let asked = with_outcome(&api, INTERACTIONS, &body, "require_action").await.json;
    assert_eq!((&asked["status"], &asked["steps"][0]["type"]), (&json!("requires_action"), &json!("function_call")));
    assert_eq!(asked["steps"][0]["name"], "weather");
    assert_eq!(asked["steps"][0]["arguments"], json!({ "city": "Rome", "days": 1 }));
    let failed = with_outcome(&api, INTERACTIONS, &body, "fail").await.json;
    assert_eq!((&failed["status"], &failed["errors"][0]["code"]), (&json!("failed"), &json!("internal_error")));
}

#[tokio::test]
async fn what_would_take_all_memory_or_could_not_be_kept_is_refused_or_cut() {
    let api = Api::start().await;
    let multiplies = json!({ "type": "array", "minItems": 32, "items": { "$ref": "#" } });
    let body = json!({ "model": "m", "input": "hi", "response_format": { "schema": multiplies } });
    assert_eq!(api.post("/v1/interactions", &body).await.status, 200);
    let nested = |levels| (0..levels).fold(json!("end"), |inner, _| json!([inner]));
    for (levels, status) in [(100, 200), (101, 400), (127, 400)] {
        let body = json!({ "model": "m", "input": nested(levels - 1), "background": true });
        assert_eq!(api.post("/v1/interactions", &body).await.status, status, "{levels}");
        let requests = json!([{ "request": {}, "metadata": nested(levels - 6) }]);
        let body = json!({ "batch": { "inputConfig": { "requests": { "requests": requests } } } });
        assert_eq!(api.post("/v1/models/m:batchGenerateContent", &body).await.status, status, "{levels}");
    }
}

#[tokio::test]
async fn an_interaction_in_the_background_waits() {
    let api = Api::start().await;
    let config = json!({ "uris": ["http://127.0.0.1:9/h"], "user_metadata": { "a": 1 } });
    let mut body = json!({ "model": "m", "input": "hi", "background": true, "webhook_config": config });
    let made = api.post(INTERACTIONS, &body).await.json;
    assert_eq!(
        (&made["status"], &made["steps"], &made["webhook_config"]),
        (&json!("in_progress"), &json!([]), &config)
    );
    let path = format!("{INTERACTIONS}/{}", made["id"].as_str().unwrap());
    let cancelled = api.post(&format!("{path}/cancel"), &json!({})).await.json;
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(api.get(&path).await.json, cancelled);
    body["background"] = json!(false);
    let refused = api.post(INTERACTIONS, &body).await;
    assert_eq!(refused.message(), "background=true is required when webhook_config is specified.");
}

#[tokio::test]
async fn what_is_wrong_with_an_interaction_is_said() {
    let api = Api::start().await;
    let table = [
        (json!({}), "Exactly one of 'model' and 'agent'"),
        (json!({ "model": "m", "agent": "a", "input": "x" }), "Exactly one of 'model' and 'agent'"),
        (json!({ "model": "m" }), "'input'"),
        (json!({ "model": "m", "input": 3 }), "Invalid value for 'input': expected a string, an object or an array."),
        (json!({ "model": "m", "input": "x", "systemInstruction": "" }), "Did you mean 'system_instruction'?"),
        (json!({ "model": "m", "input": "x", "stream": "yes" }), "Invalid value for 'stream': expected a boolean."),
        (
            json!({ "model": "m", "input": "x", "generation_config": { "topP": 1 } }),
            "Unknown parameter 'generation_config.topP'. Did you mean 'generation_config.top_p'?",
        ),
        (
            json!({ "model": "m", "input": "x", "background": true, "webhook_config": { "userMetadata": {} } }),
            "Unknown parameter 'webhook_config.userMetadata'. Did you mean 'webhook_config.user_metadata'?",
        ),
        (json!({ "model": "m", "input": "x", "labels": { "a": 1 } }), "'labels.a'"),
        (json!({ "model": "m", "input": "x", "tools": [{ "name": "f" }] }), "'tools[0].type'"),
        (json!({ "model": "m", "input": "x", "background": true, "store": false }), "store=true"),
    ];
    for (body, says) in table {
        let refused = api.post(INTERACTIONS, &body).await;
        assert_eq!((refused.status, &refused.json["error"]["code"]), (400, &json!("invalid_request")), "{body}");
        assert!(refused.message().contains(says), "{body} {}", refused.message());
    }
    let at_once = json!({ "model": "m", "input": "x" });
    let refused = with_outcome(&api, INTERACTIONS, &at_once, "never").await;
    assert!(refused.message().ends_with("can end with: 'succeed', 'fail', 'require_action'."), "{}", refused.message());
}

/// The JSON of the events, without the one that ends the stream.
async fn events(request: reqwest::RequestBuilder) -> Vec<Value> {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let (last, events) = data.split_last().unwrap();
    assert_eq!(*last, "[DONE]");
    events.iter().map(|event| serde_json::from_str(event).unwrap()).collect()
}

#[tokio::test]
async fn a_stream_tells_the_same_in_pieces() {
    let api = Api::start().await;
    let input = "ünd ".repeat(30);
    let body = json!({ "model": "m", "input": input, "stream": true });
    let all = events(api.request(Method::POST, INTERACTIONS).body(body.to_string())).await;
    let kinds: Vec<&str> = all.iter().map(|event| event["event_type"].as_str().unwrap()).collect();
    let delta = "step.delta";
    let (created, status) = ("interaction.created", "interaction.status_update");
    assert_eq!(
        kinds,
        [created, status, "step.start", delta, delta, delta, delta, "step.stop", "interaction.completed"]
    );
    let text: String = all.iter().filter_map(|event| event["delta"]["text"].as_str()).collect();
    assert_eq!(text, format!("Echo: {}", input.trim()));
    let id = all[0]["interaction"]["id"].as_str().unwrap();
    let path = format!("{INTERACTIONS}/{id}?stream=true");
    assert_eq!(events(api.request(Method::GET, &path)).await, all);
    let resumed = format!("{path}&last_event_id={}", all[4]["event_id"].as_str().unwrap());
    assert_eq!(events(api.request(Method::GET, &resumed)).await, all[5..]);
}
