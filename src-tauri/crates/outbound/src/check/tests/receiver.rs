//! A receiver that verifies with the `signature` crate, right or with one mistake.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use emulator::{Profile, SigningKeys};
use serde_json::{Value, json};
use signature::{
    Jwks, JwtPolicy, KeySet, KeyState, Keyring, Outcome, Policy, Received, Secret, SecretKey, Seen, verify,
};

use crate::Target;

pub(super) struct Receiver {
    address: std::net::SocketAddr,
    pub(super) old_secret: String,
}

struct Shop {
    mistake: String,
    keyring: Keyring,
    policy: Policy,
    secret: String,
    handled: Mutex<HashMap<String, u64>>,
}

pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

impl Receiver {
    pub(super) async fn start(mistake: &str, keys: &SigningKeys) -> Self {
        let old_secret = Secret::generate([9; 32]);
        let own = keys.secret.clone().unwrap();
        let undecoded = format!("whsec_{}", STANDARD.encode(own.trim_start_matches("whsec_")));
        let secret = |text: &str| SecretKey {
            id: "secret".to_owned(),
            secret: Secret::parse(text).unwrap(),
            state: KeyState::Current,
        };
        let secrets = if mistake == "undecoded_secret" {
            vec![secret(&undecoded)]
        } else {
            vec![secret(&own), secret(&old_secret)]
        };
        let jwks = KeySet::parse(keys.jwks().to_string().as_bytes()).unwrap();
        let jwt = JwtPolicy {
            audience: Some(Profile::default().audience),
            issuer: Some(Profile::default().issuer),
            ..JwtPolicy::default()
        };
        let tolerance = if mistake == "no_time_check" { u64::MAX } else { 300 };
        let shop = Shop {
            mistake: mistake.to_owned(),
            keyring: Keyring { secrets, jwks: Jwks::Known(Arc::new(jwks)), closed: true },
            policy: Policy { tolerance, jwt },
            secret: own,
            handled: Mutex::default(),
        };
        let limit = if mistake == "small_body_limit" { 100 * 1024 } else { 4 * 1024 * 1024 };
        let app = Router::new()
            .route("/hook", post(hook))
            .route("/no_get", post(hook).get(|| async { StatusCode::NOT_IMPLEMENTED }))
            .route("/handled", get(handled))
            .route("/moved", any(|| async { Redirect::permanent("/hook") }))
            .layer(DefaultBodyLimit::max(limit))
            .with_state(Arc::new(shop));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, old_secret }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(super) fn handled(&self) -> String {
        format!("http://{}/handled", self.address)
    }

    pub(super) fn at(&self, path: &str) -> Target {
        Target::parse(&format!("http://{}/{path}", self.address)).unwrap()
    }
}

async fn handled(State(shop): State<Arc<Shop>>) -> String {
    json!({ "handled": *shop.handled.lock().unwrap() }).to_string()
}

async fn hook(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let crash = || (StatusCode::INTERNAL_SERVER_ERROR, "no such key".to_owned());
    let refuse = || (StatusCode::UNAUTHORIZED, "no signature matches".to_owned());
    let named = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match shop.mistake.as_str() {
        "crashes" => return crash(),
        "refuses_all" => return refuse(),
        "echoes" => return (StatusCode::UNAUTHORIZED, format!("does not match {}", shop.secret)),
        "crashes_on_missing_header" => {
            let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
            if names.iter().any(|name| named(name).is_none()) {
                return crash();
            }
        }
        _ => {}
    }
    let unsigned = shop.mistake == "unsigned_without_header" && named("webhook-signature").is_none();
    if shop.mistake != "no_verification" && !unsigned && !is_genuine(&shop, &headers, &body) {
        return refuse();
    }
    if shop.mistake == "slow" {
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let known = event["type"].as_str().is_none_or(gemini_knows);
    if shop.mistake == "fails_on_unknown_type" && !known {
        return crash();
    }
    let mut handled = shop.handled.lock().unwrap();
    let count = handled.entry(named("webhook-id").unwrap_or_default()).or_default();
    if *count == 0 || shop.mistake == "not_idempotent" {
        *count += 1;
    }
    (StatusCode::NO_CONTENT, String::new())
}

fn gemini_knows(name: &str) -> bool {
    emulator::sample_types().iter().any(|known| known.name == name)
}

fn is_genuine(shop: &Shop, headers: &HeaderMap, body: &[u8]) -> bool {
    let mut lines: Vec<(String, Vec<u8>)> =
        headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    if shop.mistake == "first_signature_only" {
        for (_, value) in lines.iter_mut().filter(|(name, _)| name == "webhook-signature") {
            let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
            value.truncate(end);
        }
    }
    let printed = |print: fn(&Value) -> String| serde_json::from_slice(body).map(|value| print(&value).into_bytes());
    let body = match shop.mistake.as_str() {
        "reserialises" => printed(Value::to_string),
        "reserialises_spaced" => printed(emulator::spaced),
        _ => Ok(body.to_vec()),
    };
    let Ok(body) = body else { return false };
    let received = Received { headers: &lines, body: &body };
    verify(&received, &shop.keyring, &shop.policy, &Seen::default(), now()).outcome == Outcome::Verified
}
