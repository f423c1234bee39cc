//! The answers match the description.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Answer, Api, KEY, answer};

/// `get` of `/{version}/webhooks`, with its operation.
fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let all =
        paths.iter().flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, operation)| {
                (method.to_uppercase().parse().unwrap(), path.clone(), operation.clone())
            })
        });
    all.collect()
}

/// A path with every parameter filled in.
fn filled(path: &str) -> String {
    let mut filled = path.replace("{version}", "v1");
    while let (Some(from), Some(to)) = (filled.find('{'), filled.find('}')) {
        filled.replace_range(from..=to, "none");
    }
    filled
}

#[tokio::test]
async fn every_path_is_answered_and_other_methods_are_405() {
    let api = Api::start().await;
    let document = api.get("/emulator/openapi.json").await.json;
    assert_eq!(document["servers"], json!([{ "url": api.service.origin() }]));
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let operations = operations(&document);
    assert!(operations.len() > 40);
    let ids: BTreeSet<_> =
        operations.iter().map(|(.., operation)| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len());
    for (method, path, operation) in &operations {
        // Only the path is sent, so the answer is a success or an error of the operation itself.
        let given = answer(api.request(method.clone(), &filled(path))).await;
        assert!(!given.message().starts_with("Method not found"), "{method} {path}");
        assert!(operation["responses"].get(given.status.to_string()).is_some(), "{method} {path}: {}", given.status);
    }
    for path in document["paths"].as_object().unwrap().keys() {
        let known = operations.iter().filter(|(_, known, _)| known == path).map(|(method, ..)| method.to_string());
        let known: BTreeSet<String> = known.collect();
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            if known.contains(method) {
                continue;
            }
            let refused = answer(api.request(method.parse().unwrap(), &filled(path))).await;
            assert_eq!(refused.status, 405, "{method} {path}");
            let allow = refused.headers["allow"].to_str().unwrap();
            let allowed: BTreeSet<String> =
                allow.split(", ").filter(|name| *name != "HEAD").map(str::to_owned).collect();
            assert_eq!(allowed, known, "{method} {path}");
        }
    }
}

/// Sends a call and looks up its answer in the description.
struct Checked {
    api: Api,
    document: Value,
    seen: BTreeSet<String>,
}

impl Checked {
    /// `path` is the one in the description, `filled` the one that is called.
    async fn call(&mut self, method: Method, path: &str, filled: &str, body: Option<Value>) -> Value {
        let mut request = self.api.request(method.clone(), filled);
        if let Some(body) = body {
            self.valid(&self.schema_of_request(&method, path), &body, path);
            request = request.body(body.to_string());
        }
        let given = answer(request).await;
        self.check(&method, path, &given);
        given.json
    }

    fn schema_of_request(&self, method: &Method, path: &str) -> Value {
        let operation = &self.document["paths"][path][method.as_str().to_lowercase()];
        operation["requestBody"]["content"]["application/json"]["schema"].clone()
    }

    fn check(&mut self, method: &Method, path: &str, given: &Answer) {
        let operation = &self.document["paths"][path][method.as_str().to_lowercase()];
        let mut response = &operation["responses"][given.status.to_string()];
        if let Some(name) = response["$ref"].as_str() {
            response = self.document.pointer(name.trim_start_matches('#')).unwrap();
        }
        let schema = &response["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{method} {path} {}", given.status);
        self.valid(schema, &given.json, path);
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            let required = header["required"] == json!(true);
            assert!(!required || given.headers.contains_key(name), "{method} {path}: {name}");
        }
        self.seen.insert(format!("{} {}", operation["operationId"].as_str().unwrap(), given.status));
    }

    fn valid(&self, schema: &Value, value: &Value, what: &str) {
        let mut root = schema.clone();
        root["components"] = self.document["components"].clone();
        let validator = jsonschema::draft202012::options().build(&root).unwrap();
        let errors: Vec<_> = validator.iter_errors(value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{what}: {value}\n{}", errors.join("\n"));
    }
}

#[tokio::test]
async fn answers_are_as_described() {
    let api = Api::start().await;
    let document = api.get("/emulator/openapi.json").await.json;
    let mut checked = Checked { api, document, seen: BTreeSet::new() };
    let (get, post, patch, delete) = (Method::GET, Method::POST, Method::PATCH, Method::DELETE);
    let one = "/{version}/webhooks/{webhook}";
    let events = json!(["batch.succeeded"]);

    let body = json!({ "name": "n", "uri": "http://127.0.0.1:1/", "subscribed_events": events });
    let webhook = checked.call(post.clone(), "/{version}/webhooks", "/v1/webhooks", Some(body.clone())).await;
    checked.call(post.clone(), "/{version}/webhooks", "/v1/webhooks", Some(body)).await;
    let webhook = format!("/v1/webhooks/{}", webhook["id"].as_str().unwrap());
    let page = checked.call(get.clone(), "/{version}/webhooks", "/v1/webhooks?page_size=1", None).await;
    let token = page["next_page_token"].as_str().unwrap();
    let form = &checked.document["components"]["parameters"]["page_token"]["schema"].clone();
    checked.valid(form, &json!(token), "page_token");
    checked.call(get.clone(), one, &webhook, None).await;
    checked.call(patch.clone(), one, &webhook, Some(json!({ "name": null, "state": "enabled" }))).await;
    checked.call(get.clone(), one, "/v1/webhooks/none", None).await;
    let mut attempts = checked.api.service.attempts();
    checked.call(post.clone(), &format!("{one}:ping"), &format!("{webhook}:ping"), Some(json!({}))).await;
    attempts.recv().await.unwrap();
    let rotate = format!("{webhook}:rotateSigningSecret");
    checked.call(post.clone(), &format!("{one}:rotateSigningSecret"), &rotate, Some(json!({}))).await;

    let requests =
        json!({ "requests": { "requests": [{ "request": { "contents": [] }, "metadata": { "key": "1" } }] } });
    let batch = json!({ "batch": { "displayName": "d", "inputConfig": requests } });
    let create = ("/{version}/models/{model}:batchGenerateContent", "/v1/models/gemini-3-flash:batchGenerateContent");
    let batch = checked.call(post.clone(), create.0, create.1, Some(batch)).await["name"].clone();
    let video = json!({ "instances": [{ "prompt": "p" }] });
    let create = ("/{version}/models/{model}:predictLongRunning", "/v1/models/veo:predictLongRunning");
    let video = checked.call(post.clone(), create.0, create.1, Some(video)).await["name"].clone();
    let config = json!({ "uris": ["http://127.0.0.1:1/"], "user_metadata": { "a": 1 } });
    let interaction = json!({ "model": "m", "input": "hi", "background": true, "webhook_config": config });
    let create = ("/{version}/interactions", "/v1/interactions");
    let interaction = checked.call(post.clone(), create.0, create.1, Some(interaction)).await["id"].clone();
    let bare = interaction.clone();
    let interaction = format!("interactions/{}", interaction.as_str().unwrap());
    let finish = "/emulator/jobs:finish";
    for (name, outcome) in [(&batch, "succeed"), (&video, "succeed"), (&bare, "idle"), (&json!(interaction), "fail")] {
        checked.call(post.clone(), finish, finish, Some(json!({ "name": name, "outcome": outcome }))).await;
        if outcome == "idle" {
            let path = format!("/v1/{interaction}?include_input=true");
            checked.call(get.clone(), "/{version}/interactions/{interaction}", &path, None).await;
            continue;
        }
        checked.call(post.clone(), finish, finish, Some(json!({ "name": name, "outcome": outcome }))).await;
    }
    let path = |name: &Value| format!("/v1/{}", name.as_str().unwrap());
    checked.call(get.clone(), "/{version}/batches/{batch}", &path(&batch), None).await;
    checked.call(get.clone(), "/{version}/batches", "/v1/batches", None).await;
    checked.call(get.clone(), "/{version}/models/{model}/operations/{operation}", &path(&video), None).await;
    checked.call(get.clone(), "/{version}/interactions/{interaction}", &format!("/v1/{interaction}"), None).await;
    let files = checked.call(get.clone(), "/{version}/files", "/v1/files", None).await;
    let file = path(&files["files"][0]["name"]);
    checked.call(get.clone(), "/{version}/files/{file}", &file, None).await;
    checked.call(delete.clone(), "/{version}/files/{file}", &file, None).await;
    checked.call(delete.clone(), "/{version}/files/{file}", &file, None).await;
    let start = checked.api.request(post.clone(), "/upload/v1/files");
    let start = start.header("x-goog-upload-protocol", "resumable").header("x-goog-upload-command", "start");
    let started = answer(start).await;
    checked.check(&post, "/upload/{version}/files", &started);
    let url = started.headers["x-goog-upload-url"].to_str().unwrap();
    let next = checked.api.client.put(url).header("x-goog-upload-command", "upload, finalize");
    let ended = answer(next.header("x-goog-upload-offset", "0").body("x")).await;
    checked.check(&Method::PUT, "/upload/{version}/files", &ended);

    let long = format!("/v1/files/{}", "a".repeat(41));
    checked.call(delete.clone(), "/{version}/files/{file}", &long, None).await;

    let jwks = "/.well-known/jwks.json";
    for query in ["", "?dynamic=v1a", "?dynamic=jwt", "?dynamic=none"] {
        checked.call(get.clone(), jwks, &format!("{jwks}{query}"), None).await;
    }
    for path in ["/emulator/", "/emulator/clock", "/emulator/settings", "/emulator/jobs", "/emulator/webhooks"] {
        checked.call(get.clone(), path, path, None).await;
    }
    let log = checked.call(get.clone(), "/emulator/deliveries", "/emulator/deliveries", None).await;
    assert!(log["deliveries"].as_array().unwrap().len() >= 2, "{log}");
    for delivery in log["deliveries"].as_array().unwrap() {
        let path = format!("/emulator/deliveries/{}", delivery["id"].as_str().unwrap());
        checked.call(get.clone(), "/emulator/deliveries/{delivery}", &path, None).await;
    }
    checked.call(patch.clone(), "/emulator/clock", "/emulator/clock", Some(json!({ "warp": 0.5 }))).await;
    let advance = "/emulator/clock:advance";
    for body in [json!({ "ms": 1 }), json!({ "next": true }), json!({ "to": "2020-01-01T00:00:00Z" })] {
        checked.call(post.clone(), advance, advance, Some(body)).await;
    }
    let target = checked.api.service.origin() + "/";
    for (uri, kind) in [(target.as_str(), "v1"), (target.as_str(), "jwt"), ("http://127.0.0.1:1/", "v1a")] {
        let body = json!({ "uri": uri, "request": { "event_type": "batch.failed", "scheme": kind } });
        checked.call(post.clone(), "/emulator/deliveries:send", "/emulator/deliveries:send", Some(body)).await;
    }
    for path in ["/emulator/keys:rotate", "/emulator/reset"] {
        checked.call(post.clone(), path, path, Some(json!({}))).await;
    }
    // The gateway's error, and one caused on purpose.
    let nobody = answer(checked.api.bare(get.clone(), "/v1/webhooks")).await;
    checked.check(&get, "/{version}/webhooks", &nobody);
    let faults = json!({ "faults": { "too_many_requests": 1 }, "rest": null });
    checked.call(patch, "/emulator/settings", "/emulator/settings", Some(faults)).await;
    checked.call(get, "/{version}/webhooks", &format!("/v1/webhooks?key={KEY}"), None).await;

    for seen in [
        "getWebhook 404",
        "finishJob 409",
        "deleteFile 403",
        "deleteFile 400",
        "jwks 400",
        "listWebhooks 429",
        "sendSample 424",
    ] {
        assert!(checked.seen.contains(seen), "{seen} in {:?}", checked.seen);
    }
}

/// The names of all members, nested ones included: `retry.factor`.
fn members(value: &Value, inner: &str, before: &str, found: &mut BTreeSet<String>) {
    let tree = if inner.is_empty() { value } else { &value[inner] };
    for (name, member) in tree.as_object().into_iter().flatten() {
        found.insert(format!("{before}{name}"));
        members(member, inner, &format!("{before}{name}."), found);
    }
}

#[tokio::test]
async fn every_setting_is_described() {
    let api = Api::start().await;
    let document = api.get("/emulator/openapi.json").await.json;
    let (mut described, mut there) = (BTreeSet::new(), BTreeSet::new());
    members(&document["components"]["schemas"]["Settings"], "properties", "", &mut described);
    members(&api.get("/emulator/settings").await.json, "", "", &mut there);
    assert_eq!(described, there);
}
