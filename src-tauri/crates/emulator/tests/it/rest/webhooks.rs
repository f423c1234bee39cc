use reqwest::Method;
use serde_json::{Value, json};

use crate::rig::{Api, KEY, answer};
use emulator::{RestForm, Settings};

const EVENTS: [&str; 7] = [
    "batch.succeeded",
    "batch.expired",
    "batch.failed",
    "interaction.requires_action",
    "interaction.completed",
    "interaction.failed",
    "video.generated",
];

pub(super) fn body() -> Value {
    json!({ "name": "n", "uri": "https://example.com/hook", "subscribed_events": ["batch.succeeded"] })
}

async fn created(api: &Api) -> (String, String) {
    let made = api.post("/v1/webhooks", &body()).await;
    assert_eq!(made.status, 200, "{}", made.json);
    let text = |name: &str| made.json[name].as_str().unwrap().to_owned();
    (text("id"), text("new_signing_secret"))
}

#[tokio::test]
async fn who_may_call() {
    let api = Api::start().await;
    let nobody = answer(api.bare(Method::GET, "/v1/webhooks")).await;
    assert_eq!((nobody.status, &nobody.json["error"]["status"]), (403, &json!("PERMISSION_DENIED")));
    assert!(nobody.message().starts_with("Method doesn't allow unregistered callers"));
    let wrong = answer(api.bare(Method::GET, "/v1/webhooks").header("x-goog-api-key", "the-kex")).await;
    assert_eq!((wrong.status, wrong.message()), (400, "API key not valid. Please pass a valid API key."));
    let details = &wrong.json["error"]["details"][0];
    assert_eq!(details["reason"], "API_KEY_INVALID");
    assert_eq!(details["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
    for longer in ["the-key1", "the-ke", "%20"] {
        let wrong = answer(api.bare(Method::GET, &format!("/v1/webhooks?key={longer}"))).await;
        assert_eq!(wrong.status, 400, "{longer:?}");
    }
    assert_eq!(answer(api.bare(Method::GET, "/v1/webhooks?key=")).await.status, 403);
    assert_eq!(answer(api.bare(Method::GET, &format!("/v1beta/webhooks?key={KEY}"))).await.status, 200);
    let bearer = |token: &str| answer(api.bare(Method::GET, "/v1/webhooks").header("authorization", token.to_owned()));
    assert_eq!(bearer("bearer the-key").await.status, 200);
    assert_eq!(bearer("Bearer other").await.status, 401);
    assert_eq!(bearer("Basic the-key").await.status, 403);
}

#[tokio::test]
async fn a_webhook_from_its_creation_to_its_end() {
    let api = Api::start().await;
    let made = api.post("/v1/webhooks?unknown=1", &body()).await;
    let names: Vec<_> = made.json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["id", "name", "uri", "subscribed_events", "state", "signing_secrets", "new_signing_secret"],
        "{}",
        made.json
    );
    let id = made.json["id"].as_str().unwrap();
    assert!(id.len() == 36 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{id}");
    assert_eq!(made.json["state"], "enabled");
    let secret = made.json["new_signing_secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 50);
    let truncated = format!("whsec_...{}", &secret[46..]);
    assert_eq!(made.json["signing_secrets"], json!([{ "truncated_secret": truncated }]));

    // The same under either version, and the secret is gone.
    let mut expected = made.json.clone();
    expected.as_object_mut().unwrap().remove("new_signing_secret");
    let path = format!("/v1beta/webhooks/{id}");
    assert_eq!(api.get(&path).await.json, expected);
    assert_eq!(api.get("/v1/webhooks").await.json, json!({ "webhooks": [expected] }));

    // The mask is ignored; what is missing from the body stays.
    let changed = api.patch(&format!("{path}?update_mask=uri"), &json!({ "name": "m", "state": "disabled" })).await;
    expected["name"] = json!("m");
    expected["state"] = json!("disabled");
    assert_eq!((changed.status, &changed.json), (200, &expected));
    let twice = json!({ "subscribed_events": ["video.generated", "batch.failed", "video.generated"] });
    expected["subscribed_events"] = json!(["video.generated", "batch.failed"]);
    assert_eq!(api.patch(&path, &twice).await.json, expected);

    // Enabled or disabled, with `{}` or nothing.
    assert_eq!(api.post(&format!("{path}:ping"), &json!({})).await.json, json!({}));
    let ping = answer(api.request(Method::POST, &format!("{path}:ping"))).await;
    assert_eq!((ping.status, ping.json), (200, json!({})));
    assert_eq!(api.get("/emulator/deliveries").await.json["deliveries"], json!([]), "it is disabled");

    assert_eq!(api.delete(&path).await.json, json!({}));
    for gone in [
        api.get(&path).await,
        api.delete(&path).await,
        api.patch(&path, &json!({})).await,
        api.post(&format!("{path}:ping"), &json!({})).await,
        api.post(&format!("{path}:rotateSigningSecret"), &json!({})).await,
    ] {
        assert_eq!((gone.status, &gone.json["error"]["code"]), (404, &json!("not_found")), "{}", gone.json);
    }
}

#[tokio::test]
async fn what_is_refused_and_how() {
    let api = Api::start().await;
    let with = |name: &str, value: Value| {
        let mut body = body();
        body[name] = value;
        body
    };
    let cases = [
        (
            with("subscribedEvents", json!([])),
            "Unknown parameter 'subscribedEvents'. Did you mean 'subscribed_events'?",
        ),
        (with("state", json!("enabled")), "Unknown parameter 'state'."),
        (json!({ "subscribed_events": ["batch.failed"] }), "'uri'"),
        (json!({ "uri": "https://a.example" }), "'subscribed_events'"),
        (with("uri", json!("http://example.com/")), "https"),
        (with("uri", json!(1)), "expected a string"),
        (with("subscribed_events", json!([])), "at least one"),
        (with("subscribed_events", json!(["batch.failed", 1])), "array of strings"),
        (json!([]), "JSON object"),
    ];
    for (body, message) in cases {
        let refused = api.post("/v1/webhooks", &body).await;
        assert_eq!((refused.status, &refused.json["error"]["code"]), (400, &json!("invalid_request")), "{body}");
        assert!(refused.message().contains(message), "{}", refused.message());
    }
    for event in ["batch.cancelled", "interaction.cancelled", "batch.completed", "BATCH.FAILED", "", "*"] {
        let refused = api.post("/v1/webhooks", &with("subscribed_events", json!([event]))).await;
        assert_eq!(refused.status, 400, "{event}");
        for name in EVENTS {
            assert!(refused.message().contains(&format!("'{name}'")), "{}", refused.message());
        }
        assert!(event.is_empty() || refused.message().matches("cancelled").count() <= 1);
    }
    let all = api.post("/v1/webhooks", &with("subscribed_events", json!(EVENTS))).await;
    assert_eq!(all.json["subscribed_events"], json!(EVENTS));
    let malformed = answer(api.request(Method::POST, "/v1/webhooks").body("{\"uri\":")).await;
    assert_eq!(malformed.status, 400);
    assert!(malformed.message().contains("not valid JSON"));

    let (id, _) = created(&api).await;
    let path = format!("/v1/webhooks/{id}");
    for body in [
        json!({ "state": "ENABLED" }),
        json!({ "id": "x" }),
        json!({ "uri": "http://10.0.0.1/" }),
        json!({ "subscribed_events": [] }),
    ] {
        assert_eq!(api.patch(&path, &body).await.status, 400, "{body}");
    }
    assert_eq!(api.post(&format!("{path}:ping"), &json!({ "a": 1 })).await.status, 400);
    // A known path with another method; a path that does not exist.
    for (method, path, allow) in [
        (Method::PUT, path.clone(), "GET, PATCH, DELETE, HEAD"),
        (Method::DELETE, "/v1/webhooks".to_owned(), "GET, POST, HEAD"),
        (Method::GET, format!("{path}:ping"), "POST"),
    ] {
        let refused = answer(api.request(method, &path)).await;
        assert_eq!((refused.status, refused.headers["allow"].to_str().unwrap()), (405, allow), "{path}");
    }
    for path in ["/webhooks", "/v2/webhooks", &format!("{path}:rotate_secret"), &format!("{path}/rotate_secret")] {
        assert_eq!(api.post(path, &json!({})).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn pages_are_complete_without_repeats() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for _ in 0..53 {
        ids.push(created(&api).await.0);
    }
    assert_eq!(api.get("/v1/webhooks").await.json["webhooks"].as_array().unwrap().len(), 50);
    let (mut seen, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = api.get(&format!("/v1/webhooks?page_size=10&page_token={token}")).await.json;
        seen.extend(page["webhooks"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        pages += 1;
        // Deleting rows meanwhile neither ends the list nor shifts it.
        if pages == 2 {
            assert_eq!(api.delete(&format!("/v1/webhooks/{}", seen[19])).await.status, 200);
        }
        match page["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((seen, pages), (ids, 6));
    let whole = api.get("/v1/webhooks?page_size=2000").await.json;
    assert_eq!(whole["webhooks"].as_array().unwrap().len(), 52);
    assert!(whole.get("next_page_token").is_none());
    for bad in ["page_token=x", "page_size=-1", "page_size=ten"] {
        let refused = api.get(&format!("/v1/webhooks?{bad}")).await;
        assert_eq!((refused.status, &refused.json["error"]["code"]), (400, &json!("invalid_request")), "{bad}");
    }
}

#[tokio::test]
async fn secrets_are_rotated() {
    let api = Api::start().await;
    let (id, first) = created(&api).await;
    let path = format!("/v1/webhooks/{id}");
    let rotate = format!("{path}:rotateSigningSecret");
    let rotated = api.post(&rotate, &json!({})).await;
    let names: Vec<_> = rotated.json.as_object().unwrap().keys().collect();
    assert_eq!(names, ["secret"]);
    let second = rotated.json["secret"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let shown = |secret: &str| format!("whsec_...{}", &secret[secret.len() - 4..]);
    let secrets = || async { api.get(&path).await.json["signing_secrets"].clone() };
    assert_eq!(
        secrets().await,
        json!([
            { "truncated_secret": shown(&first), "expire_time": "2026-01-23T12:00:00Z" },
            { "truncated_secret": shown(&second) },
        ])
    );
    for refused in [
        json!({ "revocation_behavior": "REVOKE_PREVIOUS_SECRETS_AFTER_H24" }),
        json!({ "revocationBehavior": "revoke_previous_secrets_immediately" }),
        json!({ "revocation_behavior": 1 }),
    ] {
        assert_eq!(api.post(&rotate, &refused).await.status, 400, "{refused}");
    }
    assert_eq!(secrets().await.as_array().unwrap().len(), 2);
    let at_once = json!({ "revocation_behavior": "revoke_previous_secrets_immediately" });
    let third = api.post(&rotate, &at_once).await.json["secret"].as_str().unwrap().to_owned();
    assert_eq!(secrets().await, json!([{ "truncated_secret": shown(&third) }]));

    // With grace the old secret is listed to its last millisecond, also in the list of all webhooks.
    let kept = json!({ "revocation_behavior": "revoke_previous_secrets_after_h24" });
    let fourth = api.post(&rotate, &kept).await.json["secret"].as_str().unwrap().to_owned();
    let both = json!([
        { "truncated_secret": shown(&third), "expire_time": "2026-01-23T12:00:00Z" },
        { "truncated_secret": shown(&fourth) },
    ]);
    for (wait, expected) in [(24 * 3_600_000 - 1, both), (1, json!([{ "truncated_secret": shown(&fourth) }]))] {
        api.service.clock().advance(wait);
        assert_eq!(secrets().await, expected);
        assert_eq!(api.get("/v1/webhooks").await.json["webhooks"][0]["signing_secrets"], expected);
    }
}

#[tokio::test]
async fn settings_change_masks_times_and_the_shape_of_errors() {
    let rest = RestForm { strict_update_mask: true, webhook_times: true, status_errors: true, ..RestForm::default() };
    let api = Api::with(Settings { rest, ..Settings::default() }).await;
    let (id, _) = created(&api).await;
    let path = format!("/v1/webhooks/{id}");
    let before = api.get(&path).await.json;
    assert_eq!(before["create_time"], "2026-01-22T12:00:00Z");
    assert_eq!(before["update_time"], "2026-01-22T12:00:00Z");
    let body = json!({ "name": "m", "state": "disabled" });
    let masked = api.patch(&format!("{path}?update_mask=state"), &body).await.json;
    assert_eq!((&masked["name"], &masked["state"]), (&json!("n"), &json!("disabled")));
    let cleared = api.patch(&format!("{path}?update_mask=name%2Cstate"), &json!({ "state": "enabled" })).await.json;
    assert_eq!((cleared.get("name"), &cleared["state"]), (None, &json!("enabled")));
    for mask in ["nothing", "uri", "subscribedEvents"] {
        let refused = api.patch(&format!("{path}?update_mask={mask}"), &body).await;
        assert_eq!((refused.status, &refused.json["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{mask}");
    }
    let gone = api.get("/v1/webhooks/none").await.json;
    assert_eq!((&gone["error"]["code"], &gone["error"]["status"]), (&json!(404), &json!("NOT_FOUND")));
}
