//! The other direction: replays against `wrk` on the same receiver, and how long a forwarded delivery is on its way.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use engine::{Config, Engine, FixedKeys, ForwardRule, ListenerState, MemoryVault, ReplayPlan, RunState};
use signature::{KeyState, Policy, Secret, SecretKey};
use tests::sender::{BODY, SECRET};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::capture::CONNECTIONS;
use crate::load::{Amount, Requests, run};
use crate::report::{Bound, Figure};
use crate::{bare, median, percentile, scratch};

/// Deliveries that are replayed in a round.
const REPLAYED: usize = 10_000;
const ROUNDS: usize = 5;
/// Seconds that `wrk` runs in a round.
const WRK: u64 = 2;
/// Deliveries that are forwarded while their way is timed, and the pause between two.
const FORWARDED: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(4);
/// More than any machine needs.
const MOST: Duration = Duration::from_secs(60);

pub(crate) async fn replay() -> Vec<Figure> {
    match replayed().await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken("replay", &why)],
    }
}

pub(crate) async fn forward() -> Vec<Figure> {
    match forwarded().await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken("forward", &why)],
    }
}

/// An engine that knows the senders' secret.
async fn engine(folder: &Path) -> Result<(Engine, SocketAddr), String> {
    let secret = Secret::parse(SECRET).map_err(|error| error.to_string())?;
    let key = SecretKey { id: "s".into(), secret, state: KeyState::Current };
    let engine = Engine::start(Config {
        sandbox: false,
        fixed: Some(FixedKeys { secrets: vec![key], jwks: None, policy: Policy::default() }),
        version: "bench".into(),
        actor: "bench".into(),
        tunnel_folder: folder.join("tunnels"),
        ..Config::new(folder.join("pollux.db"), Arc::new(MemoryVault::default()))
    })
    .await
    .map_err(|error| error.to_string())?;
    match engine.listening().start(None).await {
        ListenerState::Listening { port, .. } => Ok((engine, (Ipv4Addr::LOCALHOST, port).into())),
        other => Err(format!("the listener is {other:?}")),
    }
}

async fn replayed() -> Result<Vec<Figure>, String> {
    let folder = scratch();
    let (engine, address) = engine(folder.path()).await?;
    let requests = Requests::signed(REPLAYED, "replay_");
    run(address, &requests, Amount { connections: CONNECTIONS, requests: REPLAYED, time: MOST }).await?.all()?;
    let opened = engine.history().open_view("").await.map_err(|error| error.to_string())?;
    let mut deliveries = Vec::with_capacity(REPLAYED);
    while (deliveries.len() as u64) < opened.matched {
        let rows = engine.history().rows(opened.view, deliveries.len() as u64, 200).await;
        deliveries.extend(rows.map_err(|error| error.to_string())?.iter().map(|row| row.id));
    }
    let (_bare, receiver) = bare::start();
    let plan = ReplayPlan {
        deliveries,
        targets: vec![format!("http://{receiver}/")],
        times: 1,
        concurrency: CONNECTIONS as u32,
        ..ReplayPlan::default()
    };
    let (mut ratios, mut rates, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let (ours, peer) = if round % 2 == 0 {
            let peer = wrk(folder.path(), receiver)?;
            (replay_all(&engine, &plan).await?, peer)
        } else {
            (replay_all(&engine, &plan).await?, wrk(folder.path(), receiver)?)
        };
        if round > 0 {
            ratios.push(ours / peer);
            rates.push(ours);
            theirs.push(peer);
        }
    }
    engine.shutdown().await;
    let spread = |values: &[f64]| {
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        format!("rounds from {lowest:.2} to {:.2}", values.iter().copied().fold(0.0, f64::max))
    };
    let note = spread(&ratios);
    Ok(vec![
        Figure::new("replay of 10,000, against wrk on the same receiver", median(ratios), "×", Bound::AtLeast(0.45))
            .note(note),
        Figure::new("replay", median(rates), "/s", Bound::None)
            .note(format!("{CONNECTIONS} at a time, read from the history, each kept with its answer")),
        Figure::new("wrk", median(theirs), "/s", Bound::None).note("the same body, sent again and again"),
    ])
}

/// Replays a second.
async fn replay_all(engine: &Engine, plan: &ReplayPlan) -> Result<f64, String> {
    let started = Instant::now();
    let run = engine.replays().start(plan.clone()).await.map_err(|error| error.to_string())?;
    let ended = tokio::time::timeout(MOST, engine.replays().ended(run.run)).await;
    let ended = ended.map_err(|_| "it did not end".to_owned())?.map_err(|error| error.to_string())?;
    let took = started.elapsed();
    let accepted: u64 = ended.targets.iter().flat_map(|target| &target.statuses).map(|(_, count)| count).sum();
    if ended.state != RunState::Done || accepted != REPLAYED as u64 {
        return Err(format!("{accepted} of {REPLAYED} were answered: {:?}", ended.problem));
    }
    Ok(REPLAYED as f64 / took.as_secs_f64())
}

/// Requests a second of `wrk`, with the same body over as many connections.
fn wrk(folder: &Path, receiver: SocketAddr) -> Result<f64, String> {
    let script = folder.join("post.lua");
    let lua = format!(
        "wrk.method = 'POST'\nwrk.body = [==[{BODY}]==]\nwrk.headers['content-type'] = 'application/json'\n\
         wrk.headers['webhook-id'] = 'msg_wrk'\nwrk.headers['webhook-timestamp'] = '1767225600'\n\
         wrk.headers['webhook-signature'] = 'v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='\n"
    );
    std::fs::write(&script, lua).map_err(|error| error.to_string())?;
    let output = Command::new("wrk")
        .args(["-t2", &format!("-c{CONNECTIONS}"), &format!("-d{WRK}s"), "-s"])
        .arg(&script)
        .arg(format!("http://{receiver}/"))
        .output()
        .map_err(|error| format!("wrk: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    rate.and_then(|rate| rate.trim().parse().ok()).ok_or_else(|| format!("wrk said: {text}"))
}

async fn forwarded() -> Result<Vec<Figure>, String> {
    let folder = scratch();
    let (engine, address) = engine(folder.path()).await?;
    let (target, received) = receiver()?;
    let project = engine.projects().list().first().map(|project| project.id).ok_or("no project")?;
    let rule = ForwardRule { project, on: true, url: format!("http://{target}/"), ..ForwardRule::default() };
    engine.forwards().set(rule, None).await.map_err(|error| error.to_string())?;

    let requests = Requests::signed(FORWARDED, "f_");
    let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (mut captured, mut beyond, mut whole) = (Vec::new(), Vec::new(), Vec::new());
    let mut buffer = vec![0; 4096];
    for at in 0..FORWARDED {
        let posted = Instant::now();
        stream.write_all(requests.get(at)).await.map_err(|error| error.to_string())?;
        let read = stream.read(&mut buffer).await.map_err(|error| error.to_string())?;
        if !buffer[..read].starts_with(b"HTTP/1.1 200 ") {
            return Err("the listener did not answer 200".to_owned());
        }
        let answered = Instant::now();
        let there = received.lock().unwrap().recv_timeout(Duration::from_secs(5)).map_err(|_| "it did not arrive")?;
        captured.push(ms(answered - posted));
        whole.push(ms(there - posted));
        beyond.push(ms(there.saturating_duration_since(answered)));
        tokio::time::sleep(PAUSE).await;
    }
    engine.shutdown().await;
    Ok(vec![
        Figure::new("forward, beyond capture, p95", percentile(beyond.clone(), 95.0), "ms", Bound::Below(10.0))
            .note(format!("from the answer to the target's receipt; median {:.2} ms", percentile(beyond, 50.0))),
        Figure::new("forward, POST to the target's receipt, p95", percentile(whole, 95.0), "ms", Bound::None)
            .note(format!("POST to the answer, p95: {:.2} ms", percentile(captured, 95.0))),
    ])
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

type Moments = Mutex<mpsc::Receiver<Instant>>;

/// A target on a thread of its own that tells when each request was there.
fn receiver() -> Result<(SocketAddr, Moments), String> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| error.to_string())?;
    let address = socket.local_addr().map_err(|error| error.to_string())?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in socket.incoming().map_while(Result::ok) {
            let tell = tell.clone();
            std::thread::spawn(move || serve(stream, &tell));
        }
    });
    Ok((address, Mutex::new(told)))
}

fn serve(stream: std::net::TcpStream, tell: &mpsc::Sender<Instant>) {
    let Ok(mut answers) = stream.try_clone() else { return };
    let _ = answers.set_nodelay(true);
    let mut requests = BufReader::new(stream);
    let mut length = 0;
    let mut line = String::new();
    while requests.read_line(&mut line).is_ok_and(|read| read > 0) {
        if let Some(value) = line.trim().strip_prefix("content-length: ") {
            length = value.parse().unwrap_or(0);
        }
        if line == "\r\n" {
            let _ = tell.send(Instant::now());
            let mut body = vec![0; length];
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            if std::io::Read::read_exact(&mut requests, &mut body).is_err()
                || std::io::Write::write_all(&mut answers, answer).is_err()
            {
                return;
            }
        }
        line.clear();
    }
}
