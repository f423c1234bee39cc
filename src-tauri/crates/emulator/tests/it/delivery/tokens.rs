//! The claims of tokens are a setting, for deliveries and for samples.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use emulator::{DynamicScheme, ServiceOptions, Settings};
use reqwest::Method;
use samples::{Profile, TokenForm};
use serde_json::{Value, json};
use signature::{JwtPolicy, Outcome, Policy, Received, Seen, Verdict, verify};

use crate::rig::{Arrival, Bed, Receiver, at_once, status, wall};

fn jwt() -> Settings {
    Settings { dynamic: DynamicScheme::Jwt, ..at_once() }
}

fn claims(arrival: &Arrival) -> Value {
    let token = arrival.header("webhook-signature");
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// With the currently published keys, accepting only these claims.
async fn judged(bed: &Bed, arrival: &Arrival, issuer: Option<&str>, audience: Option<&str>) -> Verdict {
    let (issuer, audience) = (issuer.map(str::to_owned), audience.map(str::to_owned));
    let policy = Policy { jwt: JwtPolicy { issuer, audience, ..JwtPolicy::default() }, ..Policy::default() };
    let received = Received { headers: &arrival.headers, body: &arrival.body };
    verify(&received, &bed.keyring(&[]).await, &policy, &Seen::default(), wall())
}

#[tokio::test]
async fn issuer_audience_and_event_are_claimed_as_the_settings_say() {
    let mut receiver = Receiver::start(|_| status(200)).await;
    let bed = Bed::start(jwt()).await;
    let set = |token: Value| bed.call(Method::PATCH, "/emulator/settings", json!({ "token": token }));
    bed.batch(&[receiver.url("/")]).await;
    let arrival = receiver.next().await;
    let Profile { issuer, audience, .. } = Profile::default();
    let before = claims(&arrival);
    assert_eq!((&before["iss"], &before["aud"]), (&json!(issuer), &json!(audience)));
    assert!(before.get("type").is_none(), "a plain token says nothing about the body");
    let verdict = judged(&bed, &arrival, Some(&issuer), Some(&audience)).await;
    assert_eq!((verdict.outcome, &*verdict.reason), (Outcome::Unbound, "body_not_bound_to_token"), "{verdict:?}");

    set(json!({ "issuer": "https://issuer.example", "audience": "projects/7" })).await;
    bed.batch(&[receiver.url("/")]).await;
    let arrival = receiver.next().await;
    let verdict = judged(&bed, &arrival, Some("https://issuer.example"), Some("projects/7")).await;
    assert_eq!(verdict.outcome, Outcome::Unbound, "{verdict:?}");
    assert_eq!(&*judged(&bed, &arrival, None, Some(&audience)).await.reason, "wrong_audience");

    set(json!({ "issuer": "", "audience": "", "holds_event": true })).await;
    bed.batch(&[receiver.url("/")]).await;
    let arrival = receiver.next().await;
    let claimed = claims(&arrival);
    assert!(claimed.get("iss").is_none() && claimed.get("aud").is_none(), "{claimed}");
    assert_eq!(claimed["jti"], arrival.header("webhook-id"));
    assert!(claimed["exp"].as_i64() > claimed["iat"].as_i64(), "{claimed}");
    let event: Value = serde_json::from_slice(&arrival.body).unwrap();
    for (name, value) in event.as_object().unwrap() {
        assert_eq!(&claimed[name], value, "{name}");
    }
    let verdict = judged(&bed, &arrival, None, None).await;
    assert_eq!(verdict.outcome, Outcome::Verified, "{verdict:?}");
    // With this claim the token vouches for the body.
    let mut swapped = arrival.clone();
    swapped.body = arrival.body.iter().map(|byte| if *byte == b'1' { b'2' } else { *byte }).collect();
    assert_eq!(&*judged(&bed, &swapped, None, None).await.reason, "body_mismatch");

    // Reset by null, like every setting.
    let settings = set(Value::Null).await;
    assert_eq!(settings["token"], json!(TokenForm::default()));
}

#[tokio::test]
async fn samples_claim_the_same() {
    let mut receiver = Receiver::start(|_| status(200)).await;
    let bed = Bed::start(at_once()).await;
    let token = json!({ "audience": "mine", "holds_event": true });
    bed.call(Method::PATCH, "/emulator/settings", json!({ "token": token })).await;
    let sample = json!({ "event_type": "batch.failed", "scheme": "jwt" });
    bed.call(Method::POST, "/emulator/deliveries:send", json!({ "uri": receiver.url("/"), "request": sample })).await;
    let claimed = claims(&receiver.next().await);
    assert_eq!((&claimed["aud"], &claimed["type"]), (&json!("mine"), &json!("batch.failed")));
}

#[tokio::test]
async fn a_profile_of_ones_own_is_where_the_settings_begin() {
    let profile = Profile { audience: "own".to_owned(), ..Profile::default() };
    let start = |settings| {
        Bed::with(ServiceOptions { settings, profile: profile.clone(), warp: 0.0, ..ServiceOptions::default() })
    };
    let audience = async |bed: &Bed| bed.get("/emulator/settings").await["token"]["audience"].clone();
    let bed = start(jwt()).await;
    assert_eq!(audience(&bed).await, "own");
    let mut told = bed.api.service.token();
    bed.api.service.set_token(|token| token.audience = "other".to_owned());
    assert_eq!((audience(&bed).await, told.borrow_and_update().audience.as_str()), (json!("other"), "other"));
    bed.call(Method::PATCH, "/emulator/settings", json!({ "token": { "issuer": "i" } })).await;
    assert!(told.has_changed().unwrap() && told.borrow_and_update().issuer == "i");
    let asked = TokenForm { audience: "asked".to_owned(), ..TokenForm::default() };
    assert_eq!(audience(&start(Settings { token: asked, ..jwt() }).await).await, "asked");
}
