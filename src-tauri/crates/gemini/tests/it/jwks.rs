use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::StatusCode;
use axum::response::Redirect;
use axum::routing::get;
use gemini::jwks::{
    FETCH_TIMEOUT, Fetch, FetchError, Fetching, HttpFetch, JwksCache, MAX_AGE, REFRESH_EVERY, RETRY_EVERY, SIZE_LIMIT,
};
use signature::Jwks;

use crate::rig::serve;

const KEYS: &[u8] = br#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}]}"#;

type Answer = Result<&'static [u8], FetchError>;

/// Gives the answers one after another, repeating the last one for ever, each after a moment.
#[derive(Clone, Default)]
struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    calls: Arc<AtomicUsize>,
    delay: Duration,
}

impl Fetch for Script {
    fn fetch(&self) -> Fetching<'_> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(self.delay).await;
            let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Ok(KEYS));
            answer.map(<[u8]>::to_vec)
        })
    }
}

struct Bench {
    cache: JwksCache,
    calls: Arc<AtomicUsize>,
    seconds: Arc<AtomicU64>,
}

impl Bench {
    fn new(answers: Vec<Answer>, delay: Duration) -> Self {
        Self::with_timeout(answers, delay, FETCH_TIMEOUT)
    }

    fn with_timeout(answers: Vec<Answer>, delay: Duration, timeout: Duration) -> Self {
        let script = Script { answers: Arc::new(Mutex::new(answers.into())), calls: Arc::default(), delay };
        let (calls, seconds) = (Arc::clone(&script.calls), Arc::new(AtomicU64::new(0)));
        let (start, passed) = (Instant::now(), Arc::clone(&seconds));
        let cache =
            JwksCache::with_clock(script, move || start + Duration::from_secs(passed.load(Ordering::SeqCst)), timeout);
        Self { cache, calls, seconds }
    }

    fn pass(&self, time: Duration) {
        self.seconds.fetch_add(time.as_secs(), Ordering::SeqCst);
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

fn is_known(jwks: &Jwks) -> bool {
    matches!(jwks, Jwks::Known(_))
}

fn why(jwks: Jwks) -> String {
    match jwks {
        Jwks::Unavailable(why) => why,
        other => panic!("expected Unavailable, got {other:?}"),
    }
}

#[tokio::test]
async fn fetched_once_and_kept() {
    let bench = Bench::new(vec![], Duration::ZERO);
    assert!(why(bench.cache.known()).contains("not been fetched"));
    for _ in 0..5 {
        assert!(is_known(&bench.cache.get().await));
        bench.pass(Duration::from_secs(100));
    }
    assert_eq!(bench.calls(), 1);
    assert!(is_known(&bench.cache.known()));
}

#[tokio::test]
async fn callers_at_the_same_time_share_one_fetch() {
    let bench = Bench::new(vec![], Duration::from_millis(30));
    let callers: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let cache = bench.cache.clone();
                async move { cache.get().await }
            })
        })
        .collect();
    for caller in callers {
        assert!(is_known(&caller.await.unwrap()));
    }
    assert_eq!(bench.calls(), 1);
    bench.pass(REFRESH_EVERY);
    let used = bench.cache.known();
    let callers: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let (cache, used) = (bench.cache.clone(), used.clone());
                async move { cache.refresh(&used).await }
            })
        })
        .collect();
    for caller in callers {
        assert!(caller.await.unwrap().is_some());
    }
    assert_eq!(bench.calls(), 2);
}

#[tokio::test]
async fn a_caller_who_gives_up_does_not_take_the_fetch_from_the_others() {
    let bench = Bench::new(vec![], Duration::from_millis(50));
    let gone = tokio::time::timeout(Duration::from_millis(5), bench.cache.get()).await;
    assert!(gone.is_err());
    assert!(is_known(&bench.cache.get().await));
    assert_eq!(bench.calls(), 1);
}

#[tokio::test]
async fn forged_traffic_refreshes_at_most_once_a_minute() {
    let bench = Bench::new(vec![], Duration::ZERO);
    let first = bench.cache.get().await;
    let mut used = first.clone();
    for _ in 0..120 {
        bench.pass(Duration::from_secs(1));
        if let Some(newer) = bench.cache.refresh(&used).await {
            used = newer;
        }
    }
    assert_eq!(bench.calls(), 3);
    // Whoever still has the old keys is given the new ones without a fetch.
    assert!(bench.cache.refresh(&first).await.is_some());
    assert_eq!(bench.calls(), 3);
}

#[tokio::test]
async fn a_failure_is_told_and_retried_after_ten_seconds() {
    let bench = Bench::new(
        vec![
            Err(FetchError::Status(503)),
            Ok(b"<html>"),
            Err(FetchError::Unreachable("connection refused".to_owned())),
        ],
        Duration::ZERO,
    );
    let text = why(bench.cache.get().await);
    assert!(text.contains("503") && text.ends_with('.'), "{text}");
    bench.pass(RETRY_EVERY - Duration::from_secs(1));
    assert!(why(bench.cache.get().await).contains("503"));
    assert!(bench.cache.refresh(&bench.cache.known()).await.is_none());
    assert_eq!(bench.calls(), 1);
    bench.pass(Duration::from_secs(1));
    assert!(why(bench.cache.get().await).contains("JWKS"));
    bench.pass(RETRY_EVERY);
    assert!(bench.cache.refresh(&bench.cache.known()).await.is_none());
    assert!(why(bench.cache.known()).contains("refused"));
    bench.pass(RETRY_EVERY);
    assert!(bench.cache.refresh(&bench.cache.known()).await.is_some());
    assert_eq!(bench.calls(), 4);
}

#[tokio::test]
async fn a_failed_refresh_keeps_the_keys() {
    let bench = Bench::new(vec![Ok(KEYS), Err(FetchError::Status(500))], Duration::ZERO);
    let used = bench.cache.get().await;
    bench.pass(REFRESH_EVERY);
    assert!(bench.cache.refresh(&used).await.is_none());
    assert!(is_known(&bench.cache.known()));
    assert_eq!(bench.calls(), 2);
}

#[tokio::test]
async fn old_keys_are_fetched_again_in_the_background() {
    let bench = Bench::new(vec![], Duration::from_millis(20));
    let old = bench.cache.get().await;
    bench.pass(MAX_AGE);
    let Jwks::Known(old) = old else { panic!("no keys") };
    let Jwks::Known(given) = bench.cache.get().await else { panic!("no keys") };
    assert!(Arc::ptr_eq(&old, &given), "given at once");
    let fetched = async {
        loop {
            let Jwks::Known(new) = bench.cache.get().await else { panic!("no keys") };
            if !Arc::ptr_eq(&old, &new) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), fetched).await.expect("they are fetched");
    assert_eq!(bench.calls(), 2);
}

#[tokio::test]
async fn a_fetch_that_hangs_is_given_up() {
    let bench = Bench::with_timeout(vec![], Duration::from_secs(3600), Duration::from_millis(20));
    assert!(why(bench.cache.get().await).contains("no answer in time"));
    assert_eq!(FETCH_TIMEOUT, Duration::from_secs(5));
}

#[tokio::test]
async fn a_fetch_that_panics_leaves_the_cache_in_order() {
    struct Panics(AtomicUsize);
    impl Fetch for Panics {
        fn fetch(&self) -> Fetching<'_> {
            let first = self.0.fetch_add(1, Ordering::SeqCst) == 0;
            Box::pin(async move {
                assert!(!first, "the first one goes wrong");
                Ok(KEYS.to_vec())
            })
        }
    }
    let start = Instant::now();
    let seconds = Arc::new(AtomicU64::new(0));
    let passed = Arc::clone(&seconds);
    let cache = JwksCache::with_clock(
        Panics(AtomicUsize::new(0)),
        move || start + Duration::from_secs(passed.load(Ordering::SeqCst)),
        FETCH_TIMEOUT,
    );
    assert!(!is_known(&cache.get().await));
    seconds.store(10, Ordering::SeqCst);
    assert!(is_known(&cache.get().await));
}

/// A server on this machine: `/keys`, `/large`, `/status`, `/round` (same host), `/away` (another host), `/loop`.
async fn server() -> String {
    let router = Router::new()
        .route("/keys", get(|| async { KEYS }))
        .route("/large", get(|| async { vec![b' '; SIZE_LIMIT + 1] }))
        .route("/status", get(|| async { StatusCode::SERVICE_UNAVAILABLE }))
        .route("/round", get(|| async { Redirect::temporary("/keys") }))
        .route("/away", get(|| async { Redirect::temporary("http://localhost:1/keys") }))
        .route("/loop", get(|| async { Redirect::temporary("/loop") }));
    serve(router).await
}

#[tokio::test]
async fn over_http() {
    let base = server().await;
    let fetch = |path: &str| HttpFetch::new(&format!("{base}{path}")).unwrap();
    assert_eq!(fetch("/keys").fetch().await.unwrap(), KEYS);
    assert_eq!(fetch("/round").fetch().await.unwrap(), KEYS);
    assert!(matches!(fetch("/large").fetch().await, Err(FetchError::TooLarge)));
    assert!(matches!(fetch("/status").fetch().await, Err(FetchError::Status(503))));
    let away = fetch("/away").fetch().await.unwrap_err().to_string();
    assert!(away.contains("another host"), "{away}");
    let round = fetch("/loop").fetch().await.unwrap_err().to_string();
    assert!(round.contains("too many redirects"), "{round}");
    let closed = HttpFetch::new("http://127.0.0.1:1/keys").unwrap().fetch().await.unwrap_err().to_string();
    assert!(closed.contains("could not be reached"), "{closed}");
    assert!(is_known(&JwksCache::new(fetch("/keys")).get().await));
}

#[test]
fn only_https_or_this_machine() {
    for url in [
        "http://example.com/jwks",
        "ftp://example.com/",
        "file:///etc/passwd",
        "nothing",
        "https://user@example.com/",
        "http://127.0.0.1.example.com/",
    ] {
        assert!(matches!(HttpFetch::new(url), Err(FetchError::Address(_))), "{url}");
    }
    for url in ["https://example.com/jwks", "http://127.0.0.1:4000/", "http://[::1]:4000/", "http://localhost:4000/"] {
        assert!(HttpFetch::new(url).is_ok(), "{url}");
    }
    assert!(HttpFetch::google().is_ok());
}
