//! What the emulator sends verifies with other people's libraries, and what was changed on the way does not.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tests::sender::client;

use crate::sdk::{Emulator, Sdk, Talking, node_receiver, receiver};

const IMMEDIATELY: &str = "revoke_previous_secrets_immediately";
const AFTER_A_DAY: &str = "revoke_previous_secrets_after_h24";

fn keep(path: &Path, secrets: &[String]) {
    std::fs::write(path, json!(secrets).to_string()).unwrap();
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned()
}

/// Pings the webhook: which of the known secrets verify the delivery, and the line it was told in.
async fn ping(emulator: &mut Emulator, receiver: &mut Talking, webhook: &str) -> (Value, Value) {
    emulator.call("POST", &format!("/v1/webhooks/{webhook}:ping"), None).await;
    let line = receiver.line();
    let attempt = emulator.attempt();
    assert_eq!(attempt["id"], line["headers"]["webhook-id"]);
    (line["matched"].clone(), line)
}

/// Sends what was received once more, with one header or the body changed: the status, and what the receiver said.
async fn again(receiver: &mut Talking, received: &Value, header: Option<(&str, &str)>, body: &str) -> (u16, Value) {
    let mut request = client().post(&receiver.listening).body(body.to_owned());
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature", "content-type"] {
        let value = match header {
            Some((changed, value)) if changed == name => value,
            _ => received["headers"][name].as_str().unwrap(),
        };
        request = request.header(name, value);
    }
    let status = request.send().await.unwrap().status().as_u16();
    (status, receiver.line())
}

/// As it came it is taken again; with another id, time or body it is refused.
async fn refuses_what_was_changed(receiver: &mut Talking, received: &Value) {
    let body = text(&received["body"]);
    let (status, line) = again(receiver, received, None, &body).await;
    assert_eq!((status, &line["verified"]), (200, &json!(true)), "{line}");
    let time: i64 = text(&received["headers"]["webhook-timestamp"]).parse().unwrap();
    let (later, old) = ((time + 1).to_string(), (time - 600).to_string());
    for header in [("webhook-id", "msg_another"), ("webhook-timestamp", &later), ("webhook-timestamp", &old)] {
        let (status, line) = again(receiver, received, Some(header), &body).await;
        assert_eq!((status, &line["verified"]), (401, &json!(false)), "{header:?}: {line}");
    }
    for changed in [body.replacen("\"v1\"", "\"v2\"", 1), format!("{body} ")] {
        assert_ne!(changed, body);
        let (status, line) = again(receiver, received, None, &changed).await;
        assert_eq!((status, &line["verified"]), (401, &json!(false)), "{line}");
    }
}

/// Through two rotations, which the SDK asks for.
async fn rotation(sdk: Sdk, mut receiver: impl FnMut(&Path) -> Talking) {
    let mut emulator = Emulator::start(&[]);
    let secrets = emulator.path("secrets.json");
    keep(&secrets, &[]);
    let mut receiver = receiver(&secrets);
    let made = sdk.run(&emulator, &["create_webhook", &receiver.listening, "batch.succeeded"]).await;
    let webhook = text(&made["id"]);
    let mut known = vec![text(&made["secret"])];
    keep(&secrets, &known);
    let (matched, received) = ping(&mut emulator, &mut receiver, &webhook).await;
    assert_eq!(matched, json!([true]));
    refuses_what_was_changed(&mut receiver, &received).await;

    // While both are good there is a signature for each: a receiver that knows one of them is content.
    known.push(text(&sdk.run(&emulator, &["rotate", &webhook, AFTER_A_DAY]).await["secret"]));
    keep(&secrets, &known);
    let (matched, received) = ping(&mut emulator, &mut receiver, &webhook).await;
    assert_eq!(matched, json!([true, true]));
    assert_eq!(text(&received["headers"]["webhook-signature"]).split(' ').count(), 2);
    refuses_what_was_changed(&mut receiver, &received).await;

    let hours = |count: u64| json!({ "ms": Duration::from_secs(count * 3600).as_millis() as u64 });
    emulator.call("POST", "/emulator/clock:advance", Some(hours(23))).await;
    assert_eq!(ping(&mut emulator, &mut receiver, &webhook).await.0, json!([true, true]));
    emulator.call("POST", "/emulator/clock:advance", Some(hours(1))).await;
    assert_eq!(ping(&mut emulator, &mut receiver, &webhook).await.0, json!([false, true]));

    known.push(text(&sdk.run(&emulator, &["rotate", &webhook, IMMEDIATELY]).await["secret"]));
    keep(&secrets, &known);
    let (matched, received) = ping(&mut emulator, &mut receiver, &webhook).await;
    assert_eq!(matched, json!([false, false, true]));
    refuses_what_was_changed(&mut receiver, &received).await;

    // One that was not told of the new secret refuses.
    keep(&secrets, &known[..2]);
    emulator.call("POST", &format!("/v1/webhooks/{webhook}:ping"), None).await;
    assert_eq!(receiver.line()["verified"], false);
    assert_eq!(emulator.attempt()["status"], 401);
}

#[tokio::test]
async fn static_deliveries_verify_with_the_pypi_package_through_a_rotation() {
    for sdk in [Sdk::Python3, Sdk::Python36] {
        rotation(sdk, |secrets| receiver("static", &secrets.display().to_string(), &[])).await;
    }
}

#[tokio::test]
async fn static_deliveries_verify_with_the_npm_package_through_a_rotation() {
    for sdk in [Sdk::Node, Sdk::Node33] {
        rotation(sdk, node_receiver).await;
    }
}

/// Starts an interaction with a webhook of its own and waits for its event.
async fn dynamic_event(emulator: &mut Emulator, receiver: &mut Talking) -> Value {
    let hook = json!({ "uris": [receiver.listening], "user_metadata": { "n": 1 } });
    let request = json!({ "model": "gemini-3-flash", "input": "hi", "background": true, "webhook_config": hook });
    emulator.call("POST", "/v1/interactions", Some(request)).await;
    let mut ended = false;
    while !ended {
        let clock = emulator.call("POST", "/emulator/clock:advance", Some(json!({ "next": true }))).await;
        ended = clock["next_due"].is_null();
    }
    let line = receiver.line();
    assert_eq!(line["verified"], true, "{line}");
    assert_eq!(emulator.attempt()["status"], 200);
    line
}

#[tokio::test]
async fn v1a_verifies_with_pyca_cryptography_from_the_served_keys_also_after_they_were_rotated() {
    let mut emulator = Emulator::start(&["--warp", "0"]);
    let mut receiver = receiver("v1a", &emulator.jwks(), &[]);
    let before = dynamic_event(&mut emulator, &mut receiver).await;
    assert_eq!((&before["keys"], &before["with_kid"]), (&json!(3), &json!(0)), "three keys without kid, as observed");
    let published = emulator.call("GET", "/.well-known/jwks.json", None).await;
    assert_eq!(published["keys"].as_array().unwrap().len(), 3, "and nothing else: {published}");
    refuses_what_was_changed(&mut receiver, &before).await;

    emulator.call("POST", "/emulator/keys:rotate", None).await;
    let mut signed = std::collections::BTreeSet::new();
    signed.insert(text(&before["headers"]["webhook-signature"]));
    for _ in 0..4 {
        let after = dynamic_event(&mut emulator, &mut receiver).await;
        assert!(signed.insert(text(&after["headers"]["webhook-signature"])), "signed anew each time");
    }
}

#[tokio::test]
async fn tokens_verify_with_pyjwt_from_the_served_keys() {
    let flags = ["--warp", "0", "--dynamic", "jwt", "--iss", "https://issuer.example", "--aud", "projects/7"];
    let mut emulator = Emulator::start(&[&flags[..], &["--event-claims"]].concat());
    let mut receiver = receiver("jwt", &emulator.jwks(), &[]);
    let received = dynamic_event(&mut emulator, &mut receiver).await;
    let body = text(&received["body"]);
    let claims = &received["claims"];
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://issuer.example"), &json!("projects/7")));
    let event: Value = serde_json::from_str(&body).unwrap();
    for (name, value) in event.as_object().unwrap() {
        assert_eq!(&claims[name], value, "the claims are the event: {name}");
    }
    assert_eq!(claims["jti"], received["headers"]["webhook-id"]);
    assert!(claims["exp"].as_i64() > claims["iat"].as_i64(), "{claims}");
    let (status, _) = again(&mut receiver, &received, None, &body).await;
    assert_eq!(status, 200);

    let token = text(&received["headers"]["webhook-signature"]);
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let swapped = |text: &str| {
        let last = if text.ends_with('A') { "Q" } else { "A" };
        format!("{}{last}{}", &text[..text.len() / 2], &text[text.len() / 2 + 1..])
    };
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    for (what, token) in [
        ("claims", format!("{header}.{}.{signature}", swapped(payload))),
        ("signature", format!("{header}.{payload}.{}", swapped(signature))),
        ("alg none", format!("{unsigned}.{payload}.")),
    ] {
        let (status, line) = again(&mut receiver, &received, Some(("webhook-signature", &token)), &body).await;
        assert_eq!((status, &line["verified"]), (401, &json!(false)), "{what}: {line}");
    }
    let (status, line) = again(&mut receiver, &received, Some(("webhook-id", "msg_another")), &body).await;
    assert_eq!((status, &line["verified"]), (401, &json!(false)), "{line}");
}
