//! The JWKS: fetched when a delivery needs it, again at most once a minute, and never verified without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use gemini::JwksCache;
use gemini::jwks::{Fetch, FetchError, Fetching};
use inbound::{Limits, Project};
use signature::{Keyring, Outcome, Policy};

use super::rig::{NOW, Rig, status, with_project};

struct Counted {
    fetches: Arc<AtomicUsize>,
    answer: Option<Vec<u8>>,
}

impl Fetch for Counted {
    fn fetch(&self) -> Fetching<'_> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { self.answer.clone().ok_or(FetchError::Unreachable("no internet".into())) })
    }
}

const SEED: [u8; 32] = [7; 32];

async fn dynamic(answer: Option<Vec<u8>>) -> (Rig, Arc<AtomicUsize>) {
    let fetches = Arc::new(AtomicUsize::new(0));
    let cache = JwksCache::new(Counted { fetches: fetches.clone(), answer });
    let rig = with_project(Limits::default(), |id| Project {
        id,
        keyring: Keyring::default(),
        policy: Policy::default(),
        jwks: Some(Arc::new(cache)),
    })
    .await;
    (rig, fetches)
}

async fn post_v1a(rig: &Rig, seed: &[u8; 32], id: &str) -> String {
    let body = b"{\"type\":\"batch.succeeded\"}";
    let signature = signature::sign::v1a(seed, id, NOW, body);
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nwebhook-id: {id}\r\nwebhook-timestamp: {NOW}\r\nwebhook-signature: {signature}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    rig.raw(&[head.as_bytes(), body].concat()).await
}

fn jwks(seed: &[u8; 32]) -> Vec<u8> {
    format!("{{\"keys\":[{}]}}", signature::sign::v1a_public_jwk(seed)).into_bytes()
}

#[tokio::test]
async fn v1a_verifies_with_one_fetch_for_many_deliveries() {
    let (rig, fetches) = dynamic(Some(jwks(&SEED))).await;
    for index in 0..10 {
        assert_eq!(status(&post_v1a(&rig, &SEED, &format!("msg_{index}")).await), "200");
    }
    let kept = rig.store.delivery(rig.all().await[0]).await.unwrap().unwrap();
    assert_eq!(kept.verdict.outcome, Outcome::Verified);
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn forged_traffic_makes_it_fetch_once_more_and_no_oftener() {
    let (rig, fetches) = dynamic(Some(jwks(&SEED))).await;
    post_v1a(&rig, &SEED, "msg_good").await;
    for index in 0..20 {
        assert_eq!(status(&post_v1a(&rig, &[9; 32], &format!("msg_{index}")).await), "401");
    }
    assert!(fetches.load(Ordering::SeqCst) <= 2, "{}", fetches.load(Ordering::SeqCst));
}

#[tokio::test]
async fn without_a_jwks_it_is_unchecked_and_never_verified() {
    let (rig, _) = dynamic(None).await;
    assert_eq!(status(&post_v1a(&rig, &SEED, "msg_1").await), "200");
    let kept = rig.only().await;
    assert_eq!((kept.verdict.outcome, kept.verdict.reason.as_ref()), (Outcome::Unchecked, "jwks_unavailable"));
}

#[tokio::test]
async fn v1_traffic_never_fetches() {
    let (rig, fetches) = dynamic(Some(jwks(&SEED))).await;
    rig.post("msg_1", b"{}").await;
    assert_eq!(fetches.load(Ordering::SeqCst), 0);
    assert_eq!(rig.only().await.verdict.outcome, Outcome::Unchecked);
}

#[tokio::test]
async fn a_token_that_comes_again_with_another_id_and_body_is_told() {
    let rsa = samples::RsaKey::generate("key-1".to_owned()).unwrap();
    let keys = samples::SigningKeys { rsa: Some(Arc::new(rsa)), ..samples::SigningKeys::default() };
    let (rig, _) = dynamic(Some(keys.jwks().to_string().into_bytes())).await;
    let request = samples::SampleRequest {
        event_type: "batch.succeeded".into(),
        variant: None,
        scheme: signature::Scheme::Jwt,
        broken: None,
    };
    let profile = samples::Profile::default();
    let sample = samples::compose(&request, &keys, &profile, "msg_1", NOW, &samples::system_random()).unwrap();
    let token = sample.headers.iter().find(|(name, _)| name == "webhook-signature").unwrap();
    let token = String::from_utf8(token.1.clone()).unwrap();
    for (index, expected) in [(0, false), (1, true), (2, true)] {
        let body = format!("{{\"type\":\"batch.succeeded\",\"n\":{index}}}");
        let request = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nwebhook-id: msg_{index}\r\nwebhook-timestamp: {NOW}\r\nwebhook-signature: {token}\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(status(&rig.raw(request.as_bytes()).await), "200");
        let kept = rig.store.delivery(*rig.all().await.last().unwrap()).await.unwrap().unwrap();
        assert_eq!(kept.verdict.outcome, Outcome::Unbound, "{}", kept.verdict.sentence);
        let told = kept.verdict.warnings.iter().any(|warning| warning.code == "duplicate_id");
        assert_eq!(told, expected, "{index}");
    }
}
