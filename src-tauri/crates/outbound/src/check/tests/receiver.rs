//! A receiver that verifies with the `signature` crate, correctly or with one mistake.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::{any, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use samples::{Profile, SigningKeys};
use serde_json::{Value, json};
use signature::{Jwks, JwtPolicy, KeySet, KeyState, Keyring, Policy, Received, Secret, SecretKey, Seen, verify};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

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
    /// Requests under way.
    inside: AtomicUsize,
    /// Ends the process of a receiver that can end.
    end: Option<UnboundedSender<()>>,
}

pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

impl Receiver {
    pub(super) async fn start(mistake: &str, keys: &SigningKeys) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Self::app(mistake, keys, None);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, old_secret: Secret::generate([9; 32]) }
    }

    /// One with its own runtime, like a process, so that it can end with all its connections. It is restarted after
    /// `restarts`, if given.
    pub(super) fn mortal(mistake: &str, keys: &SigningKeys, restarts: Option<Duration>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (mistake, keys) = (mistake.to_owned(), keys.clone());
        std::thread::spawn(move || {
            let mut listener = listener;
            loop {
                let (end, mut ended) = unbounded_channel();
                let app = Self::app(&mistake, &keys, Some(end));
                let runtime =
                    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
                listener.set_nonblocking(true).unwrap();
                runtime.block_on(async move {
                    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                    tokio::select! {
                        _ = axum::serve(listener, app) => {}
                        _ = ended.recv() => {}
                    }
                });
                runtime.shutdown_timeout(Duration::from_secs(1));
                let Some(after) = restarts else { return };
                std::thread::sleep(after);
                listener = std::net::TcpListener::bind(address).unwrap();
            }
        });
        Self { address, old_secret: Secret::generate([9; 32]) }
    }

    fn app(mistake: &str, keys: &SigningKeys, end: Option<UnboundedSender<()>>) -> Router {
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
        let claims = mistake != "checks_no_claim";
        let jwt = JwtPolicy {
            audience: Some(Profile::default().audience).filter(|_| claims),
            issuer: Some(Profile::default().issuer).filter(|_| claims),
            leeway: if claims { 60 } else { 10_000_000 },
            required: if claims { vec!["exp".to_owned()] } else { Vec::new() },
            ..JwtPolicy::default()
        };
        let tolerance = if mistake == "no_time_check" { u64::MAX } else { 300 };
        let shop = Shop {
            mistake: mistake.to_owned(),
            keyring: Keyring { secrets, jwks: Jwks::Known(Arc::new(jwks)), closed: true },
            policy: Policy { tolerance, jwt },
            secret: own,
            handled: Mutex::default(),
            inside: AtomicUsize::new(0),
            end,
        };
        let limit = if mistake == "small_body_limit" { 100 * 1024 } else { 4 * 1024 * 1024 };
        Router::new()
            .route("/hook", post(hook))
            .route("/no_get", post(hook).get(|| async { StatusCode::NOT_IMPLEMENTED }))
            .route("/handled", get(handled))
            .route("/moved", any(|| async { Redirect::permanent("/hook") }))
            .layer(DefaultBodyLimit::max(limit))
            .with_state(Arc::new(shop))
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
        "cuts_all" => panic!("the connection is closed"),
        "cuts_alg_none" if is_unsigned_token(&headers) => panic!("the connection is closed"),
        "dies_on_alg_none" if is_unsigned_token(&headers) => shop.die().await,
        "dies_after_alg_none" if is_unsigned_token(&headers) => {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                shop.die().await
            });
            return refuse();
        }
        "dies_on_all" => shop.die().await,
        "dies_under_load" => {
            let inside = shop.inside.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(30)).await;
            if inside >= 10 {
                shop.die().await;
            }
            shop.inside.fetch_sub(1, Ordering::SeqCst);
        }
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
        return if shop.mistake == "crashes_on_refusal" { crash() } else { refuse() };
    }
    if shop.mistake == "crashes_when_genuine" {
        return crash();
    }
    if shop.mistake == "slow" {
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    if shop.mistake == "crashes_on_list" && event.is_array() {
        return crash();
    }
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

impl Shop {
    async fn die(&self) -> ! {
        let _ = self.end.as_ref().unwrap().send(());
        std::future::pending().await
    }
}

/// A token whose header says `none`.
fn is_unsigned_token(headers: &HeaderMap) -> bool {
    let token = headers.get("webhook-signature").map(|value| value.as_bytes().to_vec()).unwrap_or_default();
    let header = token.split(|byte| *byte == b'.').next().unwrap_or_default();
    URL_SAFE_NO_PAD.decode(header).is_ok_and(|header| String::from_utf8_lossy(&header).contains("\"none\""))
}

fn gemini_knows(name: &str) -> bool {
    samples::sample_types().iter().any(|known| known.name == name)
}

fn is_genuine(shop: &Shop, headers: &HeaderMap, body: &[u8]) -> bool {
    let mut lines: Vec<(String, Vec<u8>)> =
        headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    let list = headers.get("webhook-signature").is_some_and(|value| value.as_bytes().contains(&b' '));
    if shop.mistake == "compares_whole_header" && list {
        return false;
    }
    if shop.mistake == "splits_at_comma" && list {
        for (_, value) in lines.iter_mut().filter(|(name, _)| name == "webhook-signature") {
            let text = String::from_utf8_lossy(value).into_owned();
            let cut: Vec<&str> = text.split(',').take(2).collect();
            // It ends with the next entry's version.
            *value = cut.join(",").replace(' ', "").into_bytes();
        }
    }
    if shop.mistake == "first_signature_only" {
        for (_, value) in lines.iter_mut().filter(|(name, _)| name == "webhook-signature") {
            let end = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
            value.truncate(end);
        }
    }
    let printed = |print: fn(&Value) -> String| serde_json::from_slice(body).map(|value| print(&value).into_bytes());
    let body = match shop.mistake.as_str() {
        "reserialises" => printed(Value::to_string),
        "reserialises_spaced" => printed(samples::spaced),
        _ => Ok(body.to_vec()),
    };
    let Ok(body) = body else { return false };
    let received = Received { headers: &lines, body: &body };
    verify(&received, &shop.keyring, &shop.policy, &Seen::default(), now()).outcome.is_genuine()
}
