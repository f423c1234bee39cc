//! The way of a delivery through ngrok's adapter (a connection of the stand-in, over TLS and muxado) against the same
//! listener's own socket, from the same senders in the same run. What is behind both is the same: verified, committed with
//! synchronous=FULL, answered.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use inbound::tunnel::ngrok::{Ngrok, Server};
use inbound::tunnel::{Site, State, Tunnel as _};
use inbound::{Gate, GateRules, Limits, Listener, Parts, Probes, Project, Projects, Tally, UsualAnswers};
use serde_json::{Value, json};
use signature::{KeyState, Keyring, Policy, Secret, SecretKey};
use store::{Options, Store};
use tests::edge::Edge;
use tests::sender::SECRET;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::child::{self, Child, group};
use crate::load::{Amount, Answered, Requests, run};
use crate::report::{Bound, Figure};
use crate::{median, percentile, scratch};

/// What this program is as the stand-in of ngrok's service, and as the listener behind it.
pub(crate) const SERVICE: &str = "--serve-ngrok";
pub(crate) const LISTENER: &str = "--serve-tunnelled";
/// Where the listener finds the stand-in and its database.
const PLACE: &str = "BENCH_TUNNEL";

/// Open at once, on either side.
const CONNECTIONS: usize = 64;
/// Odd, so that the median is one of them.
const ROUNDS: usize = 7;
const DELIVERIES: usize = 20_000;
/// More than any machine needs for a round.
const MOST: Duration = Duration::from_secs(30);
/// Of either side by itself: one delivery after the other, so that no queue is part of it.
const ALONE: usize = 400;

/// The stand-in of the service, until it is killed. Prints where it is first.
pub(crate) async fn serve_service() {
    let edge = Edge::default();
    let (ingress, authority) = edge.ingress().await;
    let public = edge.public().await;
    say(&json!({ "ingress": ingress, "authority": authority, "public": public })).await;
    std::future::pending::<()>().await;
}

/// A listener with a tunnel to the stand-in, until it is killed. Prints its own address once the tunnel is online.
pub(crate) async fn serve_listener() {
    let place: Value = serde_json::from_str(&std::env::var(PLACE).unwrap()).unwrap();
    let store = Store::open(&PathBuf::from(place["database"].as_str().unwrap()), Options::default()).unwrap();
    let project = store.projects().ensure("P", false, "").await.unwrap();
    let gate = Gate::default();
    // In force, and never reached: 2^32 requests a second.
    gate.set(GateRules { public: None, path_token: None, per_second: u32::MAX, bytes_per_second: u64::MAX });
    let (explain, _explain) = mpsc::channel(1);
    let (failed, _failed) = mpsc::channel(1);
    let parts = Parts {
        store,
        projects: Arc::new(One(Arc::new(one(project)))),
        limits: Limits::default(),
        clock: Arc::new(SystemTime::now),
        tally: Arc::new(Tally::default()),
        explain,
        failed,
        gate,
        probes: Probes::default(),
        answers: Arc::new(UsualAnswers),
    };
    let listener = Listener::start((Ipv4Addr::LOCALHOST, 0).into(), parts).await.unwrap();
    let intake = listener.intake();
    let (states, mut told) = mpsc::channel(16);
    let (_local, local) = watch::channel(Some(listener.address()));
    let site = Site {
        intake: Arc::new(move || Some(intake.clone())),
        local,
        states,
        stop: CancellationToken::new(),
        random: Arc::new(|| 0.5),
    };
    let text = |name: &str| place[name].as_str().unwrap().to_owned();
    let mut ngrok = Ngrok::new("2aBcDeFgHiJkLmNoPqRsTuVwXyZ_4k3J5h7G9f1D2s4A6q8W");
    ngrok.server = Some(Server { address: text("ingress"), ca_pem: Some(text("authority")) });
    tokio::spawn(Box::new(ngrok).run(site));
    let mut online = false;
    while let Some(state) = told.recv().await {
        match state {
            State::Online { .. } if !online => say(&json!({ "address": listener.address() })).await,
            State::Starting | State::Online { .. } => {}
            other => panic!("the tunnel is {other:?}"),
        }
        online |= matches!(state, State::Online { .. });
    }
}

/// One project for all paths.
pub(crate) struct One(pub(crate) Arc<Project>);

impl Projects for One {
    fn find(&self, _: &str) -> Arc<Project> {
        self.0.clone()
    }
}

pub(crate) fn one(id: i64) -> Project {
    let key = SecretKey { id: "s".into(), secret: Secret::parse(SECRET).unwrap(), state: KeyState::Current };
    let keyring = Keyring { secrets: vec![key], ..Keyring::default() };
    Project { id, keyring, policy: Policy::default(), jwks: None }
}

async fn say(what: &Value) {
    tokio::io::stdout().write_all(format!("{what}\n").as_bytes()).await.unwrap();
    tokio::io::stdout().flush().await.unwrap();
}

pub(crate) async fn measure() -> Vec<Figure> {
    match figures().await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken("tunnel", &why)],
    }
}

async fn figures() -> Result<Vec<Figure>, String> {
    let folder = scratch();
    let (service, public, listener, direct) = start(&folder.path().join("pollux.db"))?;
    let (mut ratios, mut near, mut far) = (Vec::new(), Side::default(), Side::default());
    for round in 0..=ROUNDS {
        let requests = Requests::signed(DELIVERIES, &format!("r{round}_"));
        let used = [&service, &listener].map(|child| child::cpu(child.pid()));
        let (first, second) = if round % 2 == 0 { (direct, public) } else { (public, direct) };
        let first = send(first, &requests, CONNECTIONS).await?;
        let between = [&service, &listener].map(|child| child::cpu(child.pid()));
        let second = send(second, &requests, CONNECTIONS).await?;
        let after = [&service, &listener].map(|child| child::cpu(child.pid()));
        if round == 0 {
            continue; // to warm up
        }
        let spent = |from: [Duration; 2], to: [Duration; 2]| [to[0] - from[0], to[1] - from[1]];
        let (first, second) = ((first, spent(used, between)), (second, spent(between, after)));
        let (straight, tunnelled) = if round % 2 == 0 { (first, second) } else { (second, first) };
        ratios.push(tunnelled.0.per_second() / straight.0.per_second());
        near.add(straight);
        far.add(tunnelled);
    }
    let (mut near_alone, mut far_alone) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let requests = Requests::signed(ALONE, &format!("a{round}_"));
        near_alone.extend(send(direct, &requests, 1).await?.latencies);
        far_alone.extend(send(public, &requests, 1).await?.latencies);
    }
    let added = |percent: f64, far: &[f64], near: &[f64]| {
        percentile(far.to_vec(), percent) - percentile(near.to_vec(), percent)
    };
    let of = |percent: f64, far: &[f64], near: &[f64]| {
        format!("{:.2} ms against {:.2} ms", percentile(far.to_vec(), percent), percentile(near.to_vec(), percent))
    };
    let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = ratios.iter().copied().fold(0.0, f64::max);
    let (each, near_each) = (far.each(), near.each());
    let alone = |percent| {
        Figure::new(
            &format!("added by ngrok's adapter, p{percent:.0} alone"),
            added(percent, &far_alone, &near_alone),
            "ms",
            Bound::None,
        )
        .note(of(percent, &far_alone, &near_alone))
    };
    let loaded = |percent| {
        Figure::new(
            &format!("added by ngrok's adapter, p{percent:.0} under load"),
            added(percent, &far.latencies, &near.latencies),
            "ms",
            Bound::None,
        )
        .note(of(percent, &far.latencies, &near.latencies))
    };
    Ok(vec![
        Figure::new("ngrok's adapter, against the listener's socket", median(ratios), "×", Bound::AtLeast(0.4)).note(
            format!("rounds from {lowest:.2} to {highest:.2}; the stand-in takes its part of the same processors"),
        ),
        Figure::new("through ngrok's adapter", median(far.rates.clone()), "/s", Bound::None)
            .note(format!("{CONNECTIONS} connections, verified v1, committed before the answer")),
        Figure::new("the listener's socket", median(near.rates.clone()), "/s", Bound::None).note("the same listener"),
        Figure::new("processor time of a delivery through it", each[1], "µs", Bound::None)
            .note(format!("straight: {:.1} µs; the stand-in takes {:.1} µs", near_each[1], each[0])),
        alone(50.0),
        alone(99.0),
        loaded(50.0),
        loaded(99.0),
    ])
}

#[derive(Default)]
struct Side {
    rates: Vec<f64>,
    latencies: Vec<f64>,
    used: [Duration; 2],
}

impl Side {
    fn add(&mut self, (answered, used): (Answered, [Duration; 2])) {
        self.rates.push(answered.per_second());
        self.latencies.extend(answered.latencies);
        self.used = [self.used[0] + used[0], self.used[1] + used[1]];
    }

    /// Processor time of a delivery in the stand-in and in the listener's process, in microseconds.
    fn each(&self) -> [f64; 2] {
        self.used.map(|used| used.as_secs_f64() * 1e6 / (self.rates.len() * DELIVERIES) as f64)
    }
}

/// All of them, answered 2xx.
async fn send(to: SocketAddr, requests: &Arc<Requests>, connections: usize) -> Result<Answered, String> {
    run(to, requests, Amount { connections, requests: requests.len(), time: MOST }).await?.all()
}

/// The stand-in with its public side, and the listener with its own.
fn start(database: &Path) -> Result<(Child, SocketAddr, Child, SocketAddr), String> {
    let program = || Command::new(std::env::current_exe().unwrap());
    let mut service = group(program().arg(SERVICE)).map_err(|error| error.to_string())?;
    let mut place = read(&mut service)?;
    place["database"] = json!(database);
    let public = address(&place["public"])?;
    let listening = group(program().arg(LISTENER).env(PLACE, place.to_string()));
    let mut listening = listening.map_err(|error| error.to_string())?;
    let direct = address(&read(&mut listening)?["address"])?;
    Ok((service, public, listening, direct))
}

fn read(child: &mut Child) -> Result<Value, String> {
    serde_json::from_str(&child.line()).map_err(|error| format!("a part of it did not start: {error}"))
}

fn address(text: &Value) -> Result<SocketAddr, String> {
    text.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| format!("{text} is no address"))
}
