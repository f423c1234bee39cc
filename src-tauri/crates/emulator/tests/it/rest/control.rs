use emulator::{Service, ServiceOptions};
use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Api, KEY, answer};

/// A webhook at a port where nobody listens.
async fn webhook(api: &Api) -> String {
    let body = json!({ "uri": "http://127.0.0.1:1/hook", "subscribed_events": ["batch.succeeded"] });
    api.post("/v1/webhooks", &body).await.json["id"].as_str().unwrap().to_owned()
}

async fn batch(api: &Api) -> Value {
    let requests = json!({ "requests": { "requests": [{ "request": { "contents": [] } }] } });
    let body = json!({ "batch": { "displayName": "d", "inputConfig": requests } });
    let made = api.post("/v1/models/gemini-3-flash:batchGenerateContent", &body).await;
    assert_eq!(made.status, 200, "{}", made.json);
    made.json["name"].clone()
}

#[tokio::test]
async fn only_this_machine_may_control_it() {
    // Any key is accepted, so none proves anything.
    let service = Service::start(ServiceOptions::default()).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let get = |name: &'static str, value: String| {
        answer(client.get(format!("{}/emulator/", service.origin())).header(name, value))
    };
    let port = service.address().port();
    for (name, value, status) in [
        ("host", format!("127.0.0.1:{port}"), 200),
        ("host", format!("localhost:{port}"), 200),
        ("host", "evil.example".to_owned(), 403),
        ("host", format!("127.0.0.1.evil.example:{port}"), 403),
        ("origin", service.origin(), 200),
        ("origin", "https://evil.example".to_owned(), 403),
        ("origin", "http://127.0.0.1:1".to_owned(), 403),
        ("origin", "null".to_owned(), 403),
    ] {
        let answer = get(name, value.clone()).await;
        assert_eq!(answer.status, status, "{name}: {value}");
        if status == 403 {
            assert_eq!(answer.json["error"]["code"], "permission_denied");
        }
    }
    // The emulator's own key outweighs the name it is called by, except for pages of other sites.
    let api = Api::start().await;
    let by_name = || api.bare(Method::GET, "/emulator/").header("host", "emulator.test");
    assert_eq!(answer(by_name()).await.status, 403);
    assert_eq!(answer(by_name().header("x-goog-api-key", "wrong")).await.status, 403);
    assert_eq!(answer(by_name().header("x-goog-api-key", KEY)).await.status, 200);
    let page = by_name().header("x-goog-api-key", KEY).header("origin", "http://evil.example");
    assert_eq!(answer(page).await.status, 403);
}

#[tokio::test]
async fn who_may_not_call_does_not_fill_the_memory() {
    let api = Api::start().await;
    let long = |path: &str| api.bare(Method::POST, path).body(vec![b' '; 1024 * 1024 + 1]);
    assert_eq!(answer(long("/v1/webhooks")).await.status, 403);
    assert_eq!(answer(long("/emulator/reset")).await.status, 413, "and nothing is reset");
    assert_eq!(answer(long("/v1/webhooks").header("x-goog-api-key", "k")).await.status, 400);
    let known = answer(long("/v1/webhooks").header("x-goog-api-key", KEY)).await;
    assert!(known.message().contains("'uri'"), "read as a whole: {}", known.message());
}

#[tokio::test]
async fn the_clock_is_read_set_and_sent_ahead() {
    let api = Api::start().await;
    let overview = api.get("/emulator/").await.json;
    assert_eq!(overview["now"], "2026-01-22T12:00:00Z");
    assert_eq!((&overview["seed"], &overview["webhooks"]), (&json!(7), &json!(0)));
    let clock = |json: &Value| (json["now"].as_str().unwrap().to_owned(), json["next_due"].clone());
    let ahead = api.post("/emulator/clock:advance", &json!({ "to": "2026-01-22T14:00:00+01:00" })).await.json;
    assert_eq!(clock(&ahead), ("2026-01-22T13:00:00Z".to_owned(), Value::Null));
    let ahead = api.post("/emulator/clock:advance", &json!({ "ms": 1500.0 })).await.json;
    assert_eq!(clock(&ahead).0, "2026-01-22T13:00:01.500Z");
    batch(&api).await;
    assert_eq!(api.get("/emulator/clock").await.json["next_due"], "2026-01-22T13:00:02Z");
    assert_eq!(
        clock(&api.post("/emulator/clock:advance", &json!({ "next": true })).await.json).0,
        "2026-01-22T13:00:02Z"
    );
    for refused in [
        json!({}),
        json!({ "ms": 1, "next": true }),
        json!({ "ms": -1 }),
        json!({ "ms": 1.5 }),
        json!({ "ms": i64::MAX }),
        json!({ "ms": i64::MAX - 1_800_000_000_000_i64 }),
        json!({ "to": "tomorrow" }),
        json!({ "next": false }),
        json!({ "by": 1 }),
    ] {
        let answer = api.post("/emulator/clock:advance", &refused).await;
        assert_eq!((answer.status, &answer.json["error"]["code"]), (400, &json!("invalid_request")), "{refused}");
    }
    for beyond in ["2026-01-22T12:59:59Z", "9999-01-01T00:00:00Z"] {
        assert_eq!(api.post("/emulator/clock:advance", &json!({ "to": beyond })).await.status, 409, "{beyond}");
    }
    for refused in [json!({ "warp": -1 }), json!({ "warp": 1_000_001 }), json!({ "warp": "1" }), json!({})] {
        assert_eq!(api.patch("/emulator/clock", &refused).await.status, 400, "{refused}");
    }
    assert_eq!(api.patch("/emulator/clock", &json!({ "warp": 60 })).await.json["warp"], 60.0);
}

#[tokio::test]
async fn settings_are_patched_as_a_whole_or_not_at_all() {
    let api = Api::start().await;
    let before = api.get("/emulator/settings").await.json;
    let half = json!({ "secret_grace_ms": 1000, "retry": { "factor": 0.5 } });
    let refused = api.patch("/emulator/settings", &half).await;
    assert_eq!(refused.status, 400);
    assert!(refused.message().contains("'retry.factor'"), "{}", refused.message());
    assert_eq!(api.get("/emulator/settings").await.json, before);
    let changed = api.patch("/emulator/settings", &json!({ "rest": { "status_errors": true } })).await;
    assert_eq!((changed.status, &changed.json["rest"]["status_errors"]), (200, &json!(true)));
    assert_eq!(api.get("/v1/webhooks/none").await.json["error"]["status"], "NOT_FOUND");
    assert_eq!(api.get("/emulator/none").await.json["error"]["code"], "not_found");
    assert_eq!(api.patch("/emulator/settings", &json!([])).await.status, 400);
    let put = api.send(Method::PUT, "/emulator/settings", &json!({})).await;
    assert_eq!((put.status, put.headers["allow"].to_str().unwrap()), (405, "GET, PATCH, HEAD"));
}

#[tokio::test]
async fn jobs_are_listed_and_ended_once() {
    let api = Api::start().await;
    let (first, second) = (batch(&api).await, batch(&api).await);
    let jobs = api.get("/emulator/jobs").await.json["jobs"].clone();
    assert_eq!((&jobs[0]["name"], &jobs[1]["name"]), (&second, &first));
    assert_eq!((&jobs[1]["state"], &jobs[1]["event_type"]), (&json!("pending"), &Value::Null));
    assert_eq!((&jobs[1]["kind"], &jobs[1]["display_name"]), (&json!("batch"), &json!("d")));
    assert_eq!(api.get("/emulator/jobs?limit=1").await.json["jobs"].as_array().unwrap().len(), 1);
    for limit in ["0", "1001", "-1", "x"] {
        assert_eq!(api.get(&format!("/emulator/jobs?limit={limit}")).await.status, 400, "{limit}");
    }
    let finish = |name: &Value, outcome: &str| {
        let body = json!({ "name": name, "outcome": outcome });
        let api = &api;
        async move { api.post("/emulator/jobs:finish", &body).await }
    };
    let ended = finish(&first, "expire").await.json;
    assert_eq!((&ended["state"], &ended["event_type"]), (&json!("expired"), &json!("batch.expired")));
    assert_eq!((&ended["progress"], &ended["ended"]), (&json!(1.0), &json!("2026-01-22T12:00:00Z")));
    let again = finish(&first, "succeed").await;
    assert_eq!((again.status, &again.json["error"]["code"]), (409, &json!("conflict")));
    assert_eq!(finish(&json!("batches/none"), "succeed").await.status, 404);
    for (outcome, status) in [("never", 400), ("Succeed", 400), ("", 400), ("require_action", 409)] {
        assert_eq!(finish(&second, outcome).await.status, status, "{outcome}");
    }
}

#[tokio::test]
async fn the_log_shows_deliveries_and_tries_them_again() {
    let api = Api::start().await;
    let id = webhook(&api).await;
    let mut attempts = api.service.attempts();
    for _ in 0..3 {
        api.post(&format!("/v1/webhooks/{id}:ping"), &json!({})).await;
        attempts.recv().await.unwrap();
    }
    let page = api.get("/emulator/deliveries?limit=2").await.json;
    let rows = page["deliveries"].as_array().unwrap();
    assert_eq!((rows.len(), &page["next_before"]), (2, &rows[1]["number"]));
    assert!(rows[0]["number"].as_u64() > rows[1]["number"].as_u64());
    assert_eq!((&rows[0]["state"], &rows[0]["scheme"]), (&json!("pending"), &json!("v1")));
    assert_eq!((&rows[0]["webhook"], &rows[0]["job"]), (&json!(id), &Value::Null));
    let tried = &rows[0]["attempts"][0];
    assert_eq!(
        (&tried["number"], &tried["status"], &tried["due"]),
        (&json!(1), &Value::Null, &json!("2026-01-22T12:00:00Z"))
    );
    assert_eq!(tried["timestamp"], 1_769_083_200);
    assert!(tried["error"].is_string());
    assert!(rows[0].get("body").is_none());
    let rest = api.get(&format!("/emulator/deliveries?before={}", page["next_before"])).await.json;
    assert_eq!((rest["deliveries"].as_array().unwrap().len(), &rest["next_before"]), (1, &Value::Null));
    assert_eq!(api.get("/emulator/deliveries?state=delivered").await.json["deliveries"], json!([]));
    for refused in ["state=none", "before=x", "limit=0"] {
        assert_eq!(api.get(&format!("/emulator/deliveries?{refused}")).await.status, 400, "{refused}");
    }

    let path = format!("/emulator/deliveries/{}", rows[0]["id"].as_str().unwrap());
    let body: Value = serde_json::from_str(api.get(&path).await.json["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["data"]["id"], json!(id));
    // The clock stands still: without this it would never be retried.
    assert_eq!(api.post(&format!("{path}:retry"), &json!({})).await.json["next"], "2026-01-22T12:00:00Z");
    attempts.recv().await.unwrap();
    assert_eq!(api.get(&path).await.json["attempts"].as_array().unwrap().len(), 2);
    assert_eq!(api.post("/emulator/deliveries/msg_none:retry", &json!({})).await.status, 404);
    assert_eq!(api.get("/emulator/deliveries/msg_none").await.status, 404);

    let webhooks = api.get("/emulator/webhooks").await.json;
    assert_eq!(webhooks["webhooks"][0]["id"], json!(id));
    let secret = webhooks["webhooks"][0]["secrets"][0]["truncated_secret"].as_str().unwrap();
    assert!(secret.len() == 13 && secret.starts_with("whsec_..."), "{secret}");
    assert_eq!(api.post("/emulator/reset", &json!({})).await.json, json!({}));
    let overview = api.get("/emulator/").await.json;
    assert_eq!((&overview["webhooks"], &overview["deliveries"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn samples_and_keys() {
    let api = Api::start().await;
    let published = "/.well-known/jwks.json?dynamic=jwt";
    let before = api.get(published).await.json;
    assert_eq!(api.post("/emulator/keys:rotate", &json!({})).await.json, json!({ "keys": 3 }));
    let after = api.get(published).await.json;
    for key in 0..4 {
        assert_ne!(before["keys"][key], after["keys"][key], "Ed25519 and RSA keys are new");
    }
    let send = |uri: &str, request: Value| {
        let body = json!({ "uri": uri, "request": request });
        let api = &api;
        async move { api.post("/emulator/deliveries:send", &body).await }
    };
    // The emulator itself is a receiver like any other: it answers 403 to a caller without a key.
    let target = format!("{}/hook", api.service.origin());
    let sample = json!({ "event_type": "batch.failed", "variant": null, "scheme": "v1a", "broken": "wrong_secret" });
    let sent = send(&target, sample.clone()).await;
    assert_eq!((sent.status, &sent.json["status"]), (200, &json!(403)), "{}", sent.json);
    assert!(sent.json["message_id"].as_str().unwrap().starts_with("msg_"));
    assert!(sent.json["took_us"].as_u64().unwrap() > 0);
    let nobody = send("http://127.0.0.1:1/", sample.clone()).await;
    assert_eq!((nobody.status, &nobody.json["error"]["code"]), (424, &json!("unreachable")));
    assert_eq!(send("http://example.com/", sample).await.status, 400);
    for request in [
        json!({ "event_type": "none", "scheme": "v1" }),
        json!({ "event_type": "batch.failed", "scheme": "V1" }),
        json!({ "event_type": "batch.failed" }),
        json!({ "event_type": "batch.failed", "scheme": "v1", "broken": "alg_none" }),
        json!({ "event_type": "batch.failed", "scheme": "v1", "shade": "blue" }),
        json!("batch.failed"),
    ] {
        assert_eq!(send(&target, request.clone()).await.status, 400, "{request}");
    }
}
