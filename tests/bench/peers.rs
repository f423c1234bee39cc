//! The same load on what people use today. `.ci/bench` installs it; what cannot be installed or started is told.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

use crate::capture::{CONNECTIONS, listener};
use crate::child::{Child, group_logging};
use crate::load::{Amount, Requests, exchange, run};
use crate::report::{Bound, Figure};
use crate::{bare, median, scratch, target};

/// A peer is taken at the number of connections that suits it best.
const ATTEMPTS: [usize; 3] = [CONNECTIONS, 8, 1];
const TIME: Duration = Duration::from_secs(2);
/// Python and Node take a while to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// Enough for what any of them does in [`TIME`].
const REQUESTS: usize = 20_000;
const OWN_DELIVERIES: usize = 40_000;

struct Peer {
    name: &'static str,
    /// Whether what it answered 2xx is on the disk.
    durable: bool,
    keeps: &'static str,
    /// Relative to the folder that `.ci/bench` installs into.
    program: &'static str,
    /// Where `.ci/bench` says why it could not be installed.
    installed: &'static str,
    arguments: fn(&Setting) -> Vec<String>,
}

struct Setting {
    folder: PathBuf,
    port: u16,
    other_port: u16,
    bare: SocketAddr,
}

const PEERS: [Peer; 3] = [
    Peer {
        name: "webhook-replay",
        durable: true,
        keeps: "SQLite, a commit and a connection a request",
        program: "venv/bin/webhook-replay",
        installed: "pip.log",
        arguments: |setting| {
            let database = setting.folder.join("captures.db").display().to_string();
            let port = setting.port.to_string();
            [
                "--db",
                &database,
                "serve",
                "--host",
                "127.0.0.1",
                "--port",
                &port,
                "--max-captures",
                "0",
                "--response",
                "",
            ]
            .map(str::to_owned)
            .to_vec()
        },
    },
    Peer {
        name: "mitmweb, in front of the bare handler",
        durable: false,
        keeps: "memory",
        program: "venv/bin/mitmweb",
        installed: "pip.log",
        arguments: |setting| {
            let mode = format!("reverse:http://{}", setting.bare);
            let folder = format!("confdir={}", setting.folder.display());
            let (port, other) = (setting.port.to_string(), setting.other_port.to_string());
            [
                "--mode",
                &mode,
                "--listen-host",
                "127.0.0.1",
                "--listen-port",
                &port,
                "--web-host",
                "127.0.0.1",
                "--web-port",
                &other,
                "--no-web-open-browser",
                "--set",
                &folder,
                "--quiet",
            ]
            .map(str::to_owned)
            .to_vec()
        },
    },
    Peer {
        name: "@mockoon/cli",
        durable: false,
        keeps: "memory, the last 100",
        program: "node_modules/.bin/mockoon-cli",
        installed: "npm.log",
        arguments: |setting| {
            let environment = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/peers/mockoon.json");
            let port = setting.port.to_string();
            [
                "start",
                "--data",
                environment,
                "--port",
                &port,
                "--hostname",
                "127.0.0.1",
                "--disable-log-to-file",
                "--disable-admin-api",
            ]
            .map(str::to_owned)
            .to_vec()
        },
    },
];

/// The best of a peer's attempts.
struct Best {
    per_second: f64,
    note: String,
}

pub(crate) async fn measure() -> Vec<Figure> {
    let folder = scratch();
    let (_bare, bare_address) = bare::start();
    let (_listening, address) = listener(folder.path(), &folder.path().join("pollux.db"));
    let (mut own, mut figures) = (Vec::new(), Vec::new());
    let mut durable: Option<(f64, &str)> = None;
    for (number, peer) in PEERS.iter().enumerate() {
        own.push(own_round(address, number).await);
        let name = format!("peer: {}", peer.name);
        match attempts(peer, bare_address).await {
            Ok(best) => {
                if peer.durable && durable.is_none_or(|(rate, _)| best.per_second > rate) {
                    durable = Some((best.per_second, peer.name));
                }
                let note = format!("keeps in {}; {}", peer.keeps, best.note);
                figures.push(Figure::new(&name, best.per_second, "/s", Bound::None).note(note));
            }
            Err(why) => figures.push(Figure::not_taken(&name, &why)),
        }
    }
    own.push(own_round(address, PEERS.len()).await);
    let own: Result<Vec<f64>, String> = own.into_iter().collect();
    let name = "capture, against the best peer that stores durably";
    figures.insert(
        0,
        match (own, durable) {
            (Ok(own), Some((peer, peer_name))) => {
                let own = median(own);
                Figure::new(name, own / peer, "×", Bound::AtLeast(15.0))
                    .note(format!("{own:.0}/s against {peer:.0}/s of {peer_name}"))
            }
            (Err(why), _) => Figure::not_taken(name, &why),
            (_, None) => Figure::not_taken(name, "no such peer could be run"),
        },
    );
    figures
}

async fn own_round(address: SocketAddr, number: usize) -> Result<f64, String> {
    let requests = Requests::signed(OWN_DELIVERIES, &format!("p{number}_"));
    let amount = Amount { connections: CONNECTIONS, requests: requests.len(), time: PATIENCE };
    Ok(run(address, &requests, amount).await?.all()?.per_second())
}

async fn attempts(peer: &Peer, bare: SocketAddr) -> Result<Best, String> {
    let (_child, address, _folder) = start(peer, bare).await?;
    let mut best: Option<(f64, usize)> = None;
    let mut seen = Vec::new();
    for connections in ATTEMPTS {
        let requests = Requests::signed(REQUESTS, &format!("c{connections}_"));
        let answered = run(address, &requests, Amount { connections, requests: REQUESTS, time: TIME }).await?;
        let rate = answered.per_second();
        let oddity = match (answered.refused, answered.broken) {
            (0, 0) => String::new(),
            (refused, broken) => format!(" ({refused} not 2xx, {broken} connections broke)"),
        };
        seen.push(format!("{connections}: {rate:.0}/s{oddity}"));
        if best.is_none_or(|(known, _)| rate > known) {
            best = Some((rate, connections));
        }
    }
    match best {
        Some((per_second, _)) if per_second > 0.0 => {
            Ok(Best { per_second, note: format!("by connections {}", seen.join(", ")) })
        }
        _ => Err(format!("it answered nothing: {}", seen.join(", "))),
    }
}

/// Starts a peer and waits for its first answer.
async fn start(peer: &Peer, bare: SocketAddr) -> Result<(Child, SocketAddr, tempfile::TempDir), String> {
    let installed = std::path::absolute(target().join("bench-peers")).map_err(|error| error.to_string())?;
    let program = installed.join(peer.program);
    if !program.exists() {
        return Err(format!("not installed: {}", last_line(&installed.join(peer.installed))));
    }
    let folder = scratch();
    let setting = Setting { folder: folder.path().to_owned(), port: free_port(), other_port: free_port(), bare };
    let log = folder.path().join("peer.log");
    let mut command = Command::new(&program);
    command.args((peer.arguments)(&setting)).env("HOME", folder.path()).current_dir(folder.path());
    let mut child = group_logging(&mut command, &log).map_err(|error| format!("did not start: {error}"))?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, setting.port));
    let first = Requests::signed(1, "first_");
    let started = Instant::now();
    loop {
        if child.has_ended() {
            return Err(format!("ended at its start: {}", last_line(&log)));
        }
        if started.elapsed() > PATIENCE {
            return Err(format!("no answer after {} s: {}", PATIENCE.as_secs(), last_line(&log)));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        if answers(address, &first).await {
            return Ok((child, address, folder));
        }
    }
}

async fn answers(address: SocketAddr, request: &Arc<Requests>) -> bool {
    let Ok(mut stream) = TcpStream::connect(address).await else { return false };
    let mut buffer = vec![0; 16 * 1024];
    let answer = exchange(&mut stream, request.get(0), &mut buffer);
    matches!(tokio::time::timeout(Duration::from_secs(5), answer).await, Ok(Ok(answer)) if answer.is_accepted())
}

/// Another program is about to bind it: nothing can hold it until then.
fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned()
}
