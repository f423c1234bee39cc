//! Makes a history that is the same in every run, and opens the window on it: a seed gives ids and secrets, and the clocks
//! stand still. Everything in it went the usual way: a service, requests over HTTP, a rotation, a batch.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, UNIX_EPOCH};

use emulator::{Service, ServiceOptions, send_sample};
use engine::{
    ApiKeyDraft, ApiVersion, Clock, Config, Engine, FileVault, ListenerState, ProjectDraft, WebhookCreation,
    WebhookDraft,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use samples::{Random, SampleRequest, SigningKeys};
use serde_json::{Value, json};
use signature::Scheme::{self, Jwt, V1, V1a};
use tempfile::TempDir;
use tests::window::{Options, Window, open};

/// Says where the clocks stand: 21 November 2026, 14:32:10 UTC.
const NOW_MS: u64 = 1_795_271_530_000;
const KEY: &str = "AIzaSyNightly000000000000000000000nightly";
/// Signs what no project has a secret for.
const STRANGE: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// Lists what came in the last minutes: seconds ago, type, scheme, and how it was broken.
const RECENT: [(u64, &str, Scheme, Option<&str>); 18] = [
    (235, "batch.failed", V1a, None),
    (220, "interaction.failed", V1, None),
    (205, "video.generated", V1, Some("ms_timestamp")),
    (190, "interaction.completed", V1, None),
    (181, "interaction.completed", V1, None),
    (150, "video.generated", Jwt, None),
    (135, "batch.expired", V1, Some("missing_header")),
    (121, "batch.failed", V1, Some("stale")),
    (95, "batch.succeeded", V1, None),
    (80, "interaction.requires_action", V1a, None),
    (71, "batch.succeeded", V1, Some("duplicate")),
    (65, "video.generated", V1, None),
    (52, "interaction.failed", V1, Some("undecoded_secret")),
    (46, "batch.cancelled", V1a, None),
    (34, "interaction.completed", V1, Some("wrong_secret")),
    (26, "batch.succeeded", V1, Some("unknown_type")),
    (19, "batch.succeeded", V1, Some("reserialised_body")),
    (14, "interaction.completed", V1a, None),
];

/// Holds the window, and the service that its project is of.
pub(crate) struct Scene {
    pub(crate) window: Window,
    _service: Service,
    _folder: TempDir,
}

/// Opens the window on the history, with time standing still in it and nothing moving.
pub(crate) async fn scene(screen: (u32, u32)) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let (home, config) = (folder.path().join("home"), folder.path().join("config"));
    fs::create_dir_all(&home).unwrap();
    calm(&config);
    let moment = Moment::default();
    moment.set(20 * HOUR + MINUTE);
    let options = ServiceOptions {
        address: ([127, 0, 0, 1], first_free(4720)).into(),
        api_key: Some(KEY.to_owned()),
        seed: Some(7),
        warp: 0.0,
        wall: moment.clock(),
        ..ServiceOptions::default()
    };
    let service = Service::start(options).await.unwrap();
    let port = first_free(4710);
    past(&home, port, &service, &moment).await;
    let environment = vec![
        ("POLLUX_CLOCK", "2026-11-21T14:32:10Z".to_owned()),
        ("POLLUX_KEYCHAIN", "file".to_owned()),
        ("TZ", "UTC".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("USER", "ada".to_owned()),
        ("XDG_CONFIG_HOME", config.display().to_string()),
    ];
    let options =
        Options { home: Some(home), port: Some(port), screen: Some(screen), environment, ..Options::default() };
    let window = open(options).await;
    window.activate().await;
    let still = format!("const at = {NOW_MS}; {}", include_str!("scripts/still.js"));
    window.script(&still).await;
    let first = "return document.querySelector('[data-testid=row] .c-age')?.textContent.replace(/\\s/g, ' ') === '5 s'";
    window.until("time stands still", first).await;
    let calm = "return matchMedia('(prefers-reduced-motion: reduce)').matches";
    assert_eq!(window.script(calm).await, true, "the desktop's setting for less motion is read");
    Scene { window, _service: service, _folder: folder }
}

/// Writes the desktop's settings: nothing moves, no caret blinks, and letters are drawn as they are, without hints.
fn calm(config: &Path) {
    fs::create_dir_all(config.join("gtk-3.0")).unwrap();
    let settings = "[Settings]\ngtk-enable-animations=0\ngtk-cursor-blink=0\ngtk-xft-antialias=1\ngtk-xft-hinting=0\n\
                    gtk-xft-hintstyle=hintnone\ngtk-xft-rgba=none\ngtk-xft-dpi=98304\n";
    fs::write(config.join("gtk-3.0/settings.ini"), settings).unwrap();
}

/// Finds a port from `first` on: nearly always it is that one, and an address in a picture is then always the same.
fn first_free(first: u16) -> u16 {
    (first..first + 10).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("one of ten ports is free")
}

/// Holds the time of all parts, in Unix milliseconds.
#[derive(Clone, Default)]
struct Moment(Arc<AtomicU64>);

impl Moment {
    fn set(&self, seconds_ago: u64) {
        self.0.store(NOW_MS - seconds_ago * 1000, Ordering::SeqCst);
    }

    fn ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn clock(&self) -> Clock {
        let at = self.clone();
        Arc::new(move || UNIX_EPOCH + Duration::from_millis(at.ms()))
    }
}

/// Lives the twenty hours before: a webhook, its rotation seven hours ago, a batch, and what arrived.
async fn past(home: &Path, port: u16, service: &Service, moment: &Moment) {
    let why = "POLLUX_KEYCHAIN is set to \"file\".";
    let config = Config {
        clock: moment.clock(),
        sandbox: false,
        actor: "ada, window".to_owned(),
        ..Config::new(home.join("pollux.db"), Arc::new(FileVault::new(home.join("secrets.json"), why)))
    };
    let engine = Engine::start(config).await.unwrap();
    let state = engine.listening().start(Some(port)).await;
    assert!(matches!(state, ListenerState::Listening { .. }), "{state:?}");
    let draft = ProjectDraft {
        name: "nightly".to_owned(),
        path: Some("nightly".to_owned()),
        base_url: Some(service.origin()),
        api_version: ApiVersion::V1,
        api_key: ApiKeyDraft::Typed { text: KEY.to_owned() },
    };
    let project = engine.projects().add(draft).await.unwrap().id;
    let life = Life {
        service,
        moment,
        engine: &engine,
        address: format!("http://127.0.0.1:{port}/"),
        keys: service.signers().get().await.unwrap(),
        random: seeded(11),
    };

    life.at(20 * HOUR);
    let events = ["batch.succeeded", "batch.failed", "interaction.completed", "interaction.failed", "video.generated"];
    let draft = WebhookDraft {
        name: Some("nightly results".to_owned()),
        uri: format!("{}nightly", life.address),
        events: events.map(str::to_owned).to_vec(),
    };
    let created = engine.webhooks().create(project, draft, false).await.unwrap();
    let WebhookCreation::Created { webhook, secret: old } = created else { panic!("{created:?}") };
    for hours in [19, 18, 16, 14, 13, 12, 11, 10, 9, 8] {
        life.send(hours * HOUR, "nightly", &old.text, ("batch.succeeded", V1, None)).await;
    }
    life.at(7 * HOUR);
    for place in ["results-worker .env", "CI of results-worker"] {
        engine.webhooks().add_place(project, &webhook.id, place).await.unwrap();
    }
    let new = engine.webhooks().rotate(project, &webhook.id, false).await.unwrap().secret;
    for (minutes, text) in [(360, &old), (330, &new), (290, &new), (240, &old), (200, &new), (170, &old), (100, &new)] {
        life.send(minutes * MINUTE, "nightly", &text.text, ("interaction.completed", V1, None)).await;
    }
    life.batch("nightly-eval", 40 * MINUTE).await;
    let before = life.total().await;
    life.at(39 * MINUTE);
    life.until("the batch is told of", async || life.total().await > before).await;
    for (seconds, event_type, scheme, broken) in RECENT {
        life.send(seconds, "nightly", &new.text, (event_type, scheme, broken)).await;
    }
    life.set_settings(json!({ "jobs": { "batch_ms": 3_600_000 } })).await;
    life.batch("nightly-eval-2", 12).await;
    life.send(8, "nightly", &new.text, ("video.generated", V1, None)).await;
    let places = engine.webhooks().rotation(project, &webhook.id).await.unwrap().places;
    engine.webhooks().tick_place(places[0].id, true).await.unwrap();
    life.send(5, "", STRANGE, ("batch.succeeded", V1, None)).await;
    life.at(0);
    // Rejected ones are explained one after the other, and this is the last.
    life.until("what was rejected is explained", async || {
        let rows = engine.history().open_view("verdict:rejected").await.unwrap().rows;
        rows.last().is_some_and(|row| row.cause == "re-serialised")
    })
    .await;
    engine.shutdown().await;
    // How long an answer took is the machine's.
    let store = rusqlite::Connection::open(home.join("pollux.db")).unwrap();
    store.execute("UPDATE delivery SET took_us = 700 + id * 7919 % 1900", []).unwrap();
}

/// Does things at their time.
struct Life<'a> {
    service: &'a Service,
    moment: &'a Moment,
    engine: &'a Engine,
    address: String,
    keys: SigningKeys,
    random: Random,
}

impl Life<'_> {
    fn at(&self, seconds_ago: u64) {
        self.moment.set(seconds_ago);
        self.service.clock().advance_to(i64::try_from(self.moment.ms()).unwrap());
    }

    async fn send(&self, seconds_ago: u64, path: &str, secret: &str, what: (&str, Scheme, Option<&str>)) {
        self.at(seconds_ago);
        let (event_type, scheme, broken) = what;
        let broken = broken.map(str::to_owned);
        let request = SampleRequest { event_type: event_type.to_owned(), variant: None, scheme, broken };
        let keys = SigningKeys { secret: Some(secret.to_owned()), ..self.keys.clone() };
        let now = i64::try_from(self.moment.ms() / 1000).unwrap();
        let target = format!("{}{path}", self.address);
        send_sample(&request, &keys, &target, now, &self.random).await.unwrap();
    }

    async fn batch(&self, title: &str, seconds_ago: u64) {
        self.at(seconds_ago);
        let contents = json!([{ "parts": [{ "text": "Who was Castor?" }] }]);
        let request = |key: &str| json!({ "request": { "contents": contents }, "metadata": { "key": key } });
        let requests = ["good", "bad#error-429", "gone#missing", "better"].map(request);
        let config = json!({ "requests": { "requests": requests } });
        let batch = json!({ "batch": { "displayName": title, "inputConfig": config } });
        self.call(reqwest::Method::POST, "/v1/models/gemini-3-flash:batchGenerateContent", batch).await;
    }

    async fn set_settings(&self, patch: Value) {
        self.call(reqwest::Method::PATCH, "/emulator/settings", patch).await;
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Value) {
        let url = format!("{}{path}", self.service.origin());
        let request = tests::sender::client().request(method, url).header("x-goog-api-key", KEY).json(&body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    }

    async fn total(&self) -> u64 {
        self.engine.history().open_view("").await.unwrap().total
    }

    async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let started = Instant::now();
        while !holds().await {
            assert!(started.elapsed() < Duration::from_secs(20), "not in time: {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Gives the same bytes for the same seed.
fn seeded(seed: u64) -> Random {
    let generator = parking_lot::Mutex::new(ChaCha20Rng::seed_from_u64(seed));
    Arc::new(move |bytes| {
        generator.lock().fill_bytes(bytes);
        Ok(())
    })
}
