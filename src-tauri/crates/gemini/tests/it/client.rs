use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use gemini::client::{
    ApiVersion, BatchInput, Client, ClientError, NewBatch, NewWebhook, Revocation, WebhookChange, WebhookConfig,
    WebhookState,
};
use serde_json::{Value, json};

use crate::rig::serve;

const KEY: &str = "AIzaSyTest-0123456789";

/// A request as it arrived.
#[derive(Clone, Debug)]
struct Seen {
    line: String,
    key: Option<String>,
    body: Value,
    headers: HeaderMap,
}

/// Status, headers, body.
type Answer = (u16, Vec<(String, String)>, String);

/// A service that answers as told and records what it was asked.
#[derive(Clone, Default)]
struct Stand {
    answers: Arc<Mutex<Vec<Answer>>>,
    seen: Arc<Mutex<Vec<Seen>>>,
    origin: String,
}

impl Stand {
    async fn start() -> Self {
        let mut stand = Self::default();
        stand.origin =
            serve(Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(stand.clone())).await;
        stand
    }

    fn client(&self) -> Client {
        Client::new(&self.origin, ApiVersion::V1, KEY).unwrap()
    }

    fn answers(&self, status: u16, body: impl ToString) {
        self.answers_with(status, &[], body);
    }

    fn answers_with(&self, status: u16, headers: &[(&str, &str)], body: impl ToString) {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.answers.lock().unwrap().insert(0, (status, headers, body.to_string()));
    }

    fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().unwrap().clone()
    }

    fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|seen| seen.line.clone()).collect()
    }
}

async fn answer(State(stand): State<Stand>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let key = headers.get("x-goog-api-key").map(|value| value.to_str().unwrap().to_owned());
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    stand.seen.lock().unwrap().push(Seen { line: format!("{method} {uri}"), key, body, headers });
    let (status, headers, body) = stand.answers.lock().unwrap().pop().unwrap_or((200, Vec::new(), "{}".to_owned()));
    let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(axum::http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    response
}

fn config() -> WebhookConfig {
    let metadata = json!({ "a": 1 }).as_object().cloned();
    WebhookConfig { uris: vec!["https://x".to_owned()], user_metadata: metadata }
}

/// As Google's SDKs were captured to send it.
#[tokio::test]
async fn every_call_looks_like_the_sdks() {
    let stand = Stand::start().await;
    let client = stand.client();
    let webhook = json!({ "id": "wid", "uri": "https://x" });
    stand.answers(200, &webhook);
    let new = NewWebhook {
        name: Some("n".into()),
        uri: "https://x".into(),
        subscribed_events: vec!["batch.succeeded".into()],
    };
    client.webhook_create(&new).await.unwrap();
    assert_eq!(stand.last().line, "POST /v1/webhooks");
    assert_eq!(stand.last().body, json!({ "name": "n", "uri": "https://x", "subscribed_events": ["batch.succeeded"] }));
    assert_eq!(stand.last().key.as_deref(), Some(KEY));

    client.webhook_list(2, Some("t/&")).await.unwrap();
    stand.answers(200, &webhook);
    client.webhook_get("wid").await.unwrap();
    stand.answers(200, &webhook);
    let change = WebhookChange { state: Some("disabled".into()), ..WebhookChange::default() };
    client.webhook_update("webhooks/wid", &change).await.unwrap();
    assert_eq!(stand.last().body, json!({ "state": "disabled" }));
    client.webhook_ping("wid").await.unwrap();
    stand.answers(200, json!({ "secret": "whsec_c2VjcmV0" }));
    let secret = client.webhook_rotate("wid", Revocation::Immediately).await.unwrap();
    assert_eq!((secret.reveal(), format!("{secret:?}").contains("c2Vj")), ("whsec_c2VjcmV0", false));
    assert_eq!(stand.last().body, json!({ "revocation_behavior": "revoke_previous_secrets_immediately" }));
    client.webhook_delete("wid").await.unwrap();

    stand.answers(200, json!({ "name": "batches/b", "metadata": {} }));
    let batch =
        NewBatch { display_name: "d".into(), input: BatchInput::File("abc".into()), webhook_config: Some(config()) };
    client.batch_create("gemini-3-flash", &batch).await.unwrap();
    let captured = json!({ "batch": {
        "inputConfig": { "fileName": "files/abc" }, "displayName": "d",
        "webhookConfig": { "uris": ["https://x"], "user_metadata": { "a": 1 } } } });
    assert_eq!(stand.last().body, captured);
    stand.answers(200, json!({ "name": "batches/b" }));
    client.batch_get("b").await.unwrap();
    client.batch_list(10, None).await.unwrap();
    client.batch_cancel("batches/b").await.unwrap();

    stand.answers(200, json!({ "id": "int1" }));
    client.interaction_create("gemini-3.5-flash", "hi", true, Some(&config())).await.unwrap();
    let captured = json!({ "model": "gemini-3.5-flash", "background": true, "input": "hi",
        "webhook_config": { "uris": ["https://x"], "user_metadata": { "a": 1 } } });
    assert_eq!(stand.last().body, captured);
    stand.answers(200, json!({ "id": "int1" }));
    client.interaction_get("int1").await.unwrap();
    client.interaction_cancel("int1").await.unwrap();

    stand.answers(200, json!({ "name": "models/veo/operations/abc" }));
    client.video_create("veo-3.1-generate-preview", "p", Some(&config())).await.unwrap();
    let captured = json!({ "instances": [{ "prompt": "p" }],
        "webhookConfig": { "uris": ["https://x"], "user_metadata": { "a": 1 } } });
    assert_eq!(stand.last().body, captured);
    stand.answers(200, json!({ "name": "models/veo/operations/abc" }));
    client.operation_get("models/veo/operations/abc").await.unwrap();
    client.file_download("batch-abc").await.unwrap();
    assert_eq!(
        stand.lines(),
        [
            "POST /v1/webhooks",
            "GET /v1/webhooks?page_size=2&page_token=t%2F%26",
            "GET /v1/webhooks/wid",
            "PATCH /v1/webhooks/wid",
            "POST /v1/webhooks/wid:ping",
            "POST /v1/webhooks/wid:rotateSigningSecret",
            "DELETE /v1/webhooks/wid",
            "POST /v1/models/gemini-3-flash:batchGenerateContent",
            "GET /v1/batches/b",
            "GET /v1/batches?pageSize=10",
            "POST /v1/batches/b:cancel",
            "POST /v1/interactions",
            "GET /v1/interactions/int1",
            "POST /v1/interactions/int1/cancel",
            "POST /v1beta/models/veo-3.1-generate-preview:predictLongRunning",
            "GET /v1beta/models/veo/operations/abc",
            "GET /v1/files/batch-abc:download?alt=media",
        ]
    );
}

#[tokio::test]
async fn unknown_values_and_fields_are_no_error() {
    let stand = Stand::start().await;
    let client = stand.client();
    stand.answers(
        200,
        json!({ "webhooks": [
        { "id": "a", "name": null, "uri": "https://x", "subscribed_events": ["batch.exploded", 7], "state": "dormant",
          "signing_secrets": [{ "truncated_secret": "whsec_...abcd", "colour": "red" }, "?"], "flavour": {} },
        { "id": "b", "state": 3 },
    ], "next_page_token": "more", "kind": "list" }),
    );
    let list = client.webhook_list(50, None).await.unwrap();
    assert_eq!((list.webhooks.len(), list.next_page_token.as_deref()), (2, Some("more")));
    let first = &list.webhooks[0];
    assert_eq!(
        (first.subscribed_events.as_slice(), first.signing_secrets.len()),
        (["batch.exploded".to_owned()].as_slice(), 1)
    );
    assert_eq!(first.state, WebhookState::Other("dormant".into()));
    assert_eq!(list.webhooks[1].state.as_str(), "");

    stand.answers(
        200,
        json!({ "name": "batches/b", "done": true, "metadata": {
        "state": "BATCH_STATE_ON_HOLD", "displayName": "d", "output": { "responsesFile": "files/batch-b" } } }),
    );
    let batch = client.batch_get("b").await.unwrap();
    assert_eq!((batch.state.as_str(), batch.responses_file.as_deref()), ("BATCH_STATE_ON_HOLD", Some("files/batch-b")));
    stand.answers(
        200,
        json!({ "name": "models/v/operations/o", "done": true, "response": { "generateVideoResponse": {
        "generatedSamples": [{ "video": { "uri": "https://v/1" } }, {}] } } }),
    );
    assert_eq!(client.operation_get("models/v/operations/o").await.unwrap().video_uris, ["https://v/1"]);
    for (status, read) in [
        (json!("idle"), "idle"),
        (json!("requires_continuation"), "requires_continuation"),
        (json!("budget_exceeded"), "budget_exceeded"),
        (json!("daydreaming"), "daydreaming"),
        (json!(7), ""),
        (Value::Null, ""),
    ] {
        let steps = json!([{ "type": "user_input" }, { "type": "daydream" }, 3]);
        let answer = json!({ "id": "v1_a", "status": status, "steps": steps });
        stand.answers(200, &answer);
        let interaction = client.interaction_get("v1_a").await.unwrap();
        assert_eq!((interaction.status.as_str(), &interaction.raw), (read, &answer));
    }
    stand.answers(200, json!({ "name": "files/f", "sizeBytes": "12", "state": "ODD" }));
    assert_eq!(client.file_get("f").await.unwrap().size_bytes, Some(12));

    for (answer, expected) in [("<html>", "not JSON"), ("[1]", "no webhook"), ("{}", "no webhook")] {
        stand.answers(200, answer);
        let error = client.webhook_get("wid").await.unwrap_err().to_string();
        assert!(error.contains(expected), "{answer}: {error}");
    }
}

#[tokio::test]
async fn both_shapes_of_errors_are_one() {
    let stand = Stand::start().await;
    let client = stand.client();
    let cases = [
        (
            400,
            r#"{"error":{"message":"Unknown parameter 'x'.","code":"invalid_request"}}"#,
            Some("invalid_request"),
            None,
            "Unknown parameter 'x'.",
        ),
        (
            404,
            r#"{"error":{"code":404,"message":"Not here.","status":"NOT_FOUND","details":[{"a":1}]}}"#,
            None,
            Some("NOT_FOUND"),
            "Not here.",
        ),
        (
            400,
            r#"[{"error":{"code":400,"message":"In an array.","status":"INVALID_ARGUMENT"}}]"#,
            None,
            Some("INVALID_ARGUMENT"),
            "In an array.",
        ),
        (502, "<html>Bad gateway</html>", None, None, "The API answered 502: <html>Bad gateway</html>"),
        (503, "", None, None, "The API answered 503 without saying why."),
        (500, r#"{"error":{"message":" "}}"#, None, None, "The API answered 500 without saying why."),
        (
            400,
            r#"{"error":{"message":"API key AIzaSyTest-0123456789 is not valid.\u001b[2J"}}"#,
            None,
            None,
            "API key … is not valid.\\u{1b}[2J",
        ),
    ];
    for (http, body, code, status, message) in cases {
        stand.answers(http, body);
        let ClientError::Api(error) = client.webhook_get("wid").await.unwrap_err() else { panic!("{body}") };
        assert_eq!((error.http, error.code.as_deref(), error.status.as_deref()), (http, code, status), "{body}");
        assert_eq!(error.message, message);
    }
    let gone = Client::new("http://127.0.0.1:1", ApiVersion::V1, KEY).unwrap().webhook_get("wid").await.unwrap_err();
    assert!(matches!(&gone, ClientError::NotSent(why) if why.contains("refused")), "{gone}");
    assert!(!format!("{client:?} {gone:?}").contains(KEY));
}

#[tokio::test]
async fn refused_keys_limits_and_failures_are_told_apart_in_both_shapes() {
    let stand = Stand::start().await;
    let client = stand.client();
    let info = r#"[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]"#;
    let cases = [
        (401, r#"{"error":{"message":"m","code":"authentication_error"}}"#.to_owned(), true, false),
        (401, r#"{"error":{"code":401,"message":"m","status":"UNAUTHENTICATED"}}"#.to_owned(), true, false),
        (403, r#"{"error":{"message":"m","code":"permission_denied"}}"#.to_owned(), true, false),
        (403, r#"{"error":{"code":403,"message":"m","status":"PERMISSION_DENIED"}}"#.to_owned(), true, false),
        (400, format!(r#"{{"error":{{"code":400,"message":"m","status":"X","details":{info}}}}}"#), true, false),
        (400, r#"{"error":{"message":"API key not valid. Please pass one.","code":"x"}}"#.to_owned(), true, false),
        (400, r#"{"error":{"message":"Unknown parameter 'x'.","code":"invalid_request"}}"#.to_owned(), false, false),
        (404, format!(r#"{{"error":{{"code":404,"message":"m","details":{info}}}}}"#), false, false),
        (429, r#"{"error":{"message":"m","code":"rate_limit_exceeded"}}"#.to_owned(), false, false),
        (429, r#"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#.to_owned(), false, false),
        (500, r#"{"error":{"message":"m","code":"internal_error"}}"#.to_owned(), false, true),
        (500, r#"{"error":{"code":500,"message":"m","status":"INTERNAL"}}"#.to_owned(), false, true),
    ];
    for (http, body, key_refused, acted_on) in cases {
        stand.answers(http, &body);
        let error = client.webhook_delete("wid").await.unwrap_err();
        assert_eq!((error.http(), error.may_have_been_acted_on()), (Some(http), acted_on), "{body}");
        let ClientError::Api(error) = error else { panic!("{body}") };
        assert_eq!(error.key_refused(), key_refused, "{body}");
    }
}

#[tokio::test]
async fn the_key_stays_at_its_origin() {
    let (stand, other) = (Stand::start().await, Stand::start().await);
    let client = stand.client();
    let away = format!("{}/bytes", other.origin);

    // A call is never redirected, not even to itself.
    for place in [away.as_str(), "/v1/webhooks/wid"] {
        stand.answers_with(307, &[("location", place)], "");
        assert_eq!(client.webhook_get("wid").await.unwrap_err(), ClientError::Redirected);
    }
    // A download is: with the key at home, without it elsewhere.
    stand.answers_with(302, &[("location", "/moved")], "");
    stand.answers(200, "at home");
    assert_eq!(client.file_download("f").await.unwrap().bytes(100).await.unwrap(), b"at home");
    assert_eq!((stand.last().line.as_str(), stand.last().key.as_deref()), ("GET /moved", Some(KEY)));
    stand.answers_with(302, &[("location", &away)], "");
    other.answers_with(302, &[("location", &away)], "");
    other.answers(200, "elsewhere");
    assert_eq!(client.file_download("f").await.unwrap().bytes(100).await.unwrap(), b"elsewhere");
    let asked = other.seen.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    for seen in asked {
        let told = seen.headers.values().any(|value| value.to_str().is_ok_and(|text| text.contains(KEY)));
        assert!(!told && !seen.line.contains(KEY), "{seen:?}");
    }
    // Once it has left home it gets no key, not even back at home: whoever was asked on the way chose the address.
    let back = format!("{}/back", stand.origin);
    stand.answers_with(302, &[("location", &away)], "");
    stand.answers(200, "back again");
    other.answers_with(302, &[("location", &back)], "");
    assert_eq!(client.file_download("f").await.unwrap().bytes(100).await.unwrap(), b"back again");
    assert_eq!((stand.last().line.as_str(), stand.last().key), ("GET /back", None));
    let asked = other.seen.lock().unwrap().clone();
    assert!(asked.iter().all(|seen| !seen.headers.values().any(|value| value.as_bytes() == KEY.as_bytes())));
    other.seen.lock().unwrap().truncate(2);
    // Not to anything but a web address, not for ever, and not beyond the requested size.
    for place in ["http://example.com/x", "file:///etc/passwd", "http://user@127.0.0.1/"] {
        stand.answers_with(302, &[("location", place)], "");
        assert_eq!(client.file_download("f").await.unwrap_err(), ClientError::Redirected, "{place}");
    }
    for _ in 0..7 {
        stand.answers_with(302, &[("location", "/again")], "");
    }
    assert_eq!(client.file_download("f").await.unwrap_err(), ClientError::Redirected);
    stand.answers.lock().unwrap().clear();
    stand.answers(200, "x".repeat(11));
    let error = client.file_download("f").await.unwrap().bytes(10).await.unwrap_err();
    assert_eq!(error, ClientError::TooLarge { limit: 10 });
    // An upload goes to where it was started.
    stand.answers_with(200, &[("x-goog-upload-url", &away)], "{}");
    assert_eq!(client.file_upload("n", "text/plain", b"x".to_vec()).await.unwrap_err(), ClientError::Redirected);
    assert_eq!(other.seen.lock().unwrap().len(), 2);
    stand.answers_with(200, &[("x-goog-upload-url", &format!("{}/up?id=1", stand.origin))], "{}");
    stand.answers(200, json!({ "file": { "name": "files/f" } }));
    assert_eq!(client.file_upload("n", "text/plain", b"x".to_vec()).await.unwrap().name, "files/f");
    assert_eq!(stand.last().headers["x-goog-upload-command"], "upload, finalize");
}

#[tokio::test]
async fn no_name_leads_to_another_method() {
    let stand = Stand::start().await;
    let client = stand.client();
    for name in [
        "",
        "a b",
        "wid:ping",
        "../v1/webhooks",
        "a/../b",
        "a//b",
        "wid?x=1",
        "wid#x",
        "wid%2F..",
        "é",
        "a\\b",
        "webhooks/",
    ] {
        assert!(matches!(client.webhook_delete(name).await, Err(ClientError::Name(_))), "{name}");
        assert!(matches!(client.file_download(name).await, Err(ClientError::Name(_))), "{name}");
    }
    for id in ["a/b", "webhooks/a/b", "a/rotateSigningSecret", "/a", "webhooks//a"] {
        assert!(matches!(client.webhook_delete(id).await, Err(ClientError::Name(_))), "{id}");
        assert!(matches!(client.webhook_rotate(id, Revocation::AfterH24).await, Err(ClientError::Name(_))), "{id}");
    }
    assert_eq!(stand.lines(), Vec::<String>::new());
}

#[test]
fn only_https_or_this_machine_and_only_a_key_that_can_be_sent() {
    let new = |base: &str| Client::new(base, ApiVersion::V1beta, KEY);
    for base in ["http://example.com", "ftp://x/", "nothing", "https://u:p@x/", "https://x/?q=1", "https://x/#f"] {
        assert!(matches!(new(base), Err(ClientError::Address(_))), "{base}");
    }
    for base in [gemini::client::GOOGLE_BASE_URL, "http://127.0.0.1:4720", "http://localhost:1/under/a/path/"] {
        assert!(new(base).is_ok(), "{base}");
    }
    for key in ["", " ", "a\nb"] {
        assert!(matches!(Client::new("https://x", ApiVersion::V1, key), Err(ClientError::Key)), "{key:?}");
    }
}

#[tokio::test]
async fn a_download_goes_on_where_it_was_or_says_that_it_does_not() {
    let stand = Stand::start().await;
    let client = stand.client();
    stand.answers_with(206, &[("content-range", "bytes 4-7/8")], "4567");
    let download = client.file_download_from("f", 4).await.unwrap();
    assert_eq!((download.offset(), stand.last().headers["range"].to_str().unwrap()), (4, "bytes=4-"));
    assert_eq!(download.bytes(100).await.unwrap(), b"4567");
    // A service without ranges begins anew; one that gives another part is not believed.
    stand.answers(200, "01234567");
    assert_eq!(client.file_download_from("f", 4).await.unwrap().offset(), 0);
    for range in ["bytes 3-7/8", "items 4-7", ""] {
        stand.answers_with(206, &[("content-range", range)], "x");
        let error = client.file_download_from("f", 4).await.unwrap_err();
        assert!(matches!(error, ClientError::Unreadable(_)), "{range}: {error:?}");
    }
    stand.answers(416, "{}");
    assert_eq!(client.file_download_from("f", 8).await.unwrap_err().http(), Some(416));
}

#[tokio::test]
async fn a_file_on_this_machine_is_sent_a_part_at_a_time() {
    let stand = Stand::start().await;
    let client = stand.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("requests.jsonl");
    std::fs::write(&path, vec![b'x'; (1 << 20) + 3]).unwrap();
    let place = format!("{}/up?id=1", stand.origin);
    stand.answers_with(200, &[("x-goog-upload-url", &place)], "{}");
    stand.answers(200, "");
    stand.answers(200, json!({ "file": { "name": "files/f" } }));
    let mut told = Vec::new();
    let file = client.file_upload_from("n", "application/jsonl", &path, |bytes| told.push(bytes)).await.unwrap();
    assert_eq!((file.name.as_str(), told), ("files/f", vec![1 << 20, (1 << 20) + 3]));
    let sent = stand.seen.lock().unwrap().clone();
    let command =
        |seen: &Seen| seen.headers.get("x-goog-upload-command").map(|value| value.to_str().unwrap().to_owned());
    let commands: Vec<String> = sent.iter().filter_map(command).collect();
    assert_eq!(commands, ["start", "upload", "upload, finalize"]);
    assert_eq!(sent[2].headers["x-goog-upload-offset"], "1048576");
    let error = client.file_upload_from("n", "text/plain", &folder.path().join("none"), |_| {}).await.unwrap_err();
    assert!(matches!(error, ClientError::Local(_)) && !error.may_have_been_acted_on(), "{error:?}");
}
