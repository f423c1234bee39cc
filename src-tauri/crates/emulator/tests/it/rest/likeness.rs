//! Where the emulator behaves like the service rather than as one would expect.

use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Api, answer};

fn keys(jwks: &Value) -> Vec<(&str, Option<&str>)> {
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|key| (key["kty"].as_str().unwrap(), key["kid"].as_str())).collect()
}

#[tokio::test]
async fn the_published_keys_are_those_of_the_scheme() {
    let api = Api::start().await;
    let jwks = async |query: &str| api.get(&format!("/.well-known/jwks.json{query}")).await.json;
    let observed = jwks("").await;
    assert_eq!(keys(&observed), [("OKP", None); 3], "exactly those, and none with a kid");
    let both = jwks("?dynamic=jwt").await;
    let [first @ .., ("RSA", Some(kid))] = &keys(&both)[..] else { panic!("{both}") };
    assert_eq!(first, keys(&observed));
    assert_eq!(jwks("").await, observed, "asking for them publishes nothing");

    api.patch("/emulator/settings", &json!({ "dynamic": "jwt" })).await;
    let documented = jwks("").await;
    assert_eq!(documented, both);
    assert_eq!(jwks("?dynamic=v1a").await, observed);
    api.patch("/emulator/settings", &json!({ "dynamic": "v1a" })).await;
    assert_eq!(jwks("").await, observed);
    assert!(!kid.is_empty());
    for wrong in ["JWT", "", "rs256"] {
        let refused = api.get(&format!("/.well-known/jwks.json?dynamic={wrong}")).await;
        assert_eq!(refused.status, 400, "{wrong}");
        assert!(refused.message().contains("'v1a', 'jwt'"), "{}", refused.message());
    }
}

#[tokio::test]
async fn the_output_file_of_a_batch_is_read_and_not_deleted() {
    let api = Api::start().await;
    let upload = async |name: &str, body: &str| {
        let start = api.request(Method::POST, "/upload/v1beta/files").header("x-goog-upload-protocol", "resumable");
        let start =
            start.header("x-goog-upload-command", "start").body(json!({ "file": { "name": name } }).to_string());
        let started = answer(start).await;
        let address = started.headers["x-goog-upload-url"].to_str().unwrap().to_owned();
        let end = api.client.post(address).header("x-goog-upload-command", "upload, finalize");
        let file = answer(end.header("x-goog-upload-offset", "0").body(body.to_owned())).await;
        file.json["file"]["name"].as_str().unwrap().to_owned()
    };
    let input = upload("", "{\"key\":\"a\",\"request\":{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]}}\n").await;
    let batch = json!({ "batch": { "inputConfig": { "fileName": input } } });
    let batch = api.post("/v1/models/m:batchGenerateContent", &batch).await.json["name"].clone();
    let ended = api.post("/emulator/jobs:finish", &json!({ "name": batch, "outcome": "succeed" })).await;
    let output = ended.json["output_file"].as_str().unwrap();
    let id = output.strip_prefix("files/").unwrap();
    assert!(id.starts_with("batch-") && id.len() > 40, "{id}");

    for version in ["v1", "v1beta"] {
        let refused = api.delete(&format!("/{version}/{output}")).await;
        assert_eq!((refused.status, &refused.json["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
        assert_eq!(refused.json["error"]["code"], 400);
        let says = "DeleteFileRequest.name: File ID (name excluding 'files/') cannot be more than 40 characters.";
        assert!(refused.message().contains(says), "{}", refused.message());
    }
    assert_eq!(api.get(&format!("/v1/{output}")).await.json["name"], output, "it is still there");
    let bytes = api.request(Method::GET, &format!("/v1/{output}:download?alt=media")).send().await.unwrap();
    assert_eq!(bytes.status(), 200);

    // The length decides, even if there is no such file.
    let (forty, more) = ("a".repeat(40), "a".repeat(41));
    assert_eq!(api.delete(&format!("/v1/files/{more}")).await.status, 400);
    assert_eq!(api.delete(&format!("/v1/files/{forty}")).await.status, 403);
    assert_eq!(upload(&format!("files/{forty}"), "x").await, format!("files/{forty}"));
    assert_eq!(api.delete(&format!("/v1/files/{forty}")).await.status, 200);
    assert_eq!(api.delete(&format!("/v1/{input}")).await.status, 200);
}

#[tokio::test]
async fn a_path_of_the_guide_that_is_none_names_the_right_one() {
    let api = Api::start().await;
    let table = [
        (Method::POST, "/v1/webhooks/abc/rotate_secret", "POST /v1/webhooks/abc:rotateSigningSecret"),
        (Method::POST, "/v1beta/webhooks/abc/rotate_secret", "POST /v1beta/webhooks/abc:rotateSigningSecret"),
        (Method::POST, "/v1/webhooks/abc:rotate_secret", "POST /v1/webhooks/abc:rotateSigningSecret"),
        (Method::POST, "/v1/webhooks/abc/rotateSigningSecret", "POST /v1/webhooks/abc:rotateSigningSecret"),
        (Method::POST, "/v1/webhooks/a%20b/rotate_secret", "POST /v1/webhooks/{webhook}:rotateSigningSecret"),
        (Method::POST, "/v1/models/gemini-x:batchCreate", "POST /v1/models/gemini-x:batchGenerateContent"),
        (Method::POST, "/v1beta/models/gemini-x:batchCreate", "POST /v1beta/models/gemini-x:batchGenerateContent"),
        (Method::POST, "/v1/webhooks/abc/ping", "POST /v1/webhooks/abc:ping"),
        (Method::POST, "/v1/batches/abc/cancel", "POST /v1/batches/abc:cancel"),
        (Method::POST, "/v1/interactions/abc:cancel", "POST /v1/interactions/abc/cancel"),
        (Method::GET, "/v1/files/abc/download", "GET /v1/files/abc:download?alt=media"),
        (Method::GET, "/v1/webhooks/abc/deliveries", "GET /emulator/deliveries"),
        (Method::POST, "/v1/models/m:generateContent", "batches, interactions and videos"),
        (Method::POST, "/webhooks", "/v1/webhooks"),
    ];
    for (method, path, says) in table {
        let refused = answer(api.request(method, path).body("{}")).await;
        assert_eq!(refused.status, 404, "{path}");
        assert!(refused.message().contains(says), "{path}: {}", refused.message());
    }
    for path in ["/v1/webhooks/abc/rotations", "/v1/none", "/none", "/v1/models/m:sing", "/emulator/none"] {
        let refused = api.post(path, &json!({})).await;
        assert_eq!(refused.status, 404, "{path}");
        assert!(refused.message().ends_with("at this path."), "nothing is made up: {path}: {}", refused.message());
    }
}

#[tokio::test]
async fn a_job_is_ended_by_its_bare_id() {
    let api = Api::start().await;
    let body = json!({ "model": "m", "input": "hi", "background": true });
    let made = api.post("/v1/interactions", &body).await.json["id"].clone();
    let ended = api.post("/emulator/jobs:finish", &json!({ "name": made, "outcome": "fail" })).await;
    assert_eq!((ended.status, &ended.json["state"]), (200, &json!("failed")), "{}", ended.json);
    let name = format!("interactions/{}", made.as_str().unwrap());
    assert_eq!(ended.json["name"], name);
    assert_eq!(api.get(&format!("/v1/{name}")).await.json["status"], "failed");
    for again in [made, json!(name)] {
        assert_eq!(api.post("/emulator/jobs:finish", &json!({ "name": again, "outcome": "fail" })).await.status, 409);
    }
    let other = api.post("/v1/interactions", &body).await.json["id"].clone();
    let whole = json!({ "name": format!("interactions/{}", other.as_str().unwrap()), "outcome": "succeed" });
    assert_eq!(api.post("/emulator/jobs:finish", &whole).await.json["state"], "succeeded");
    for none in ["v1_none", "interactions/interactions/v1_none", "", "/"] {
        assert_eq!(api.post("/emulator/jobs:finish", &json!({ "name": none, "outcome": "fail" })).await.status, 404);
    }
}
