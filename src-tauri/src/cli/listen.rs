//! `pollux listen`: the listener and its verdicts, without a window.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use emulator::SampleRequest;
use engine::{Arrivals, Config, Detail, Engine, FixedKeys, ListenerState, MemoryVault, Outbound, Row};
use serde_json::{Value, json};
use signature::{JwtPolicy, Policy, Scheme};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::broadcast::Receiver;

use crate::cli::forward::{self, Forwarding};
use crate::cli::keys::Keys;
use crate::cli::listen::tunnel::{Ended, Following, PathToken, Provider};
use crate::cli::print::Written;
use crate::cli::{exit, print};
use crate::home;

mod tunnel;
mod turned_away;

/// Where the window listens too.
const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4710);
/// How long an answer that is not the usual one is waited for before its delivery is shown: a target may take 60 s.
const ANSWER: Duration = Duration::from_secs(65);
/// The same at the end, for all that are left: the listener has ended, and notes what it answered a moment later.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(25);
/// What Enter sends in turn, with the Sandbox on.
const SAMPLES: [(&str, Scheme, Option<&str>); 6] = [
    ("batch.succeeded", Scheme::V1, None),
    ("interaction.completed", Scheme::V1a, None),
    ("video.generated", Scheme::Jwt, None),
    ("batch.failed", Scheme::V1, Some("tampered_body")),
    ("interaction.requires_action", Scheme::V1a, Some("stale")),
    ("batch.expired", Scheme::V1, Some("undecoded_secret")),
];

/// Receive deliveries and show each with its verdict.
#[derive(Args)]
#[command(
    after_help = "With --json the first line is {\"listening\":\"http://127.0.0.1:PORT/\"}, then a line a delivery. \
    Ctrl-C ends in order.\nWithout keys every delivery is unchecked; with keys, what they do not verify is rejected.\n\
    With --tunnel there is a line {\"tunnel\":{\"state\":…}} at each change of its state, and {\"public\":\"https://…\"} \
    when it is online. The public address has a secret first part of its path: what comes without it is answered 404 and \
    not kept. ngrok takes its authtoken from NGROK_AUTHTOKEN. Exit code 4: the tunnel failed before it was ever \
    online."
)]
pub(crate) struct Arguments {
    /// Address and port to listen on; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = DEFAULT)]
    bind: SocketAddr,
    /// Keep the history in this file. Without it the history is gone at the end.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    /// The aud that a JWT must hold.
    #[arg(long)]
    aud: Option<String>,
    /// The iss that a JWT must hold.
    #[arg(long)]
    iss: Option<String>,
    /// How far webhook-timestamp may be off, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = Policy::default().tolerance)]
    tolerance: u64,
    /// Run the Sandbox too: it sends samples, signed with keys of its own. No key and no internet needed.
    #[arg(long)]
    sandbox: bool,
    /// Make the listener public, from the start on.
    #[arg(long, value_enum, value_name = "PROVIDER", default_value_t = Provider::None)]
    tunnel: Provider,
    /// With --tunnel ngrok: a reserved domain.
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    #[command(flatten)]
    path_token: PathToken,
    /// Print NDJSON.
    #[arg(long)]
    json: bool,
    /// Print no line for a delivery: only keep them.
    #[arg(long)]
    quiet: bool,
}

impl Arguments {
    /// A key was given, or the Sandbox has its own.
    pub(crate) fn can_verify(&self) -> bool {
        self.sandbox || self.keys.given()
    }

    /// The live view with the Sandbox on, for a machine without a display.
    pub(crate) fn sandbox() -> Self {
        let bind = SocketAddr::new(DEFAULT.ip(), 0);
        let tolerance = Policy::default().tolerance;
        let (db, aud, iss, domain, keys) = (None, None, None, None, Keys::default());
        let (tunnel, path_token) = (Provider::None, PathToken::default());
        let (json, quiet) = (false, false);
        Self { bind, db, keys, aud, iss, tolerance, sandbox: true, tunnel, domain, path_token, json, quiet }
    }
}

/// Listens until Ctrl-C.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    run_with(arguments, None).await
}

/// The same, and sends deliveries on.
pub(crate) async fn run_with(arguments: Arguments, forwarding: Option<Forwarding>) -> Result<u8, String> {
    let made_public = tunnel::settings(arguments.tunnel, arguments.domain.as_deref(), &arguments.path_token)?;
    let secrets = arguments.keys.secrets().map_err(|problem| problem.message())?;
    let policy = Policy {
        tolerance: arguments.tolerance,
        jwt: JwtPolicy { audience: arguments.aud.clone(), issuer: arguments.iss.clone(), ..JwtPolicy::default() },
    };
    let fixed = FixedKeys { secrets, jwks: arguments.keys.cache()?, policy };
    // Held until the end: the history of a run without --db lives in it.
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder could be made: {error}"))?;
    let engine = Engine::start(Config {
        database: arguments.db.clone().unwrap_or_else(|| folder.path().join("pollux.db")),
        vault: Arc::new(MemoryVault::default()),
        clock: Arc::new(SystemTime::now),
        sandbox: arguments.sandbox,
        fixed: Some(fixed),
        bind: Some(arguments.bind.ip()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        actor: home::actor("command line"),
        environment: Arc::new(|name| std::env::var(name).ok()),
        tunnel_folder: home::tunnels(&home::folder()?),
        tunnels: None,
    })
    .await
    .map_err(|error| error.to_string())?;
    let mut arrivals = engine.arrivals().await.map_err(|error| error.to_string())?;
    let address = match engine.listener_start(Some(arguments.bind.port()).filter(|port| *port != 0)).await {
        ListenerState::Listening { address, .. } => address,
        ListenerState::Failed { message, next_free, .. } => {
            engine.shutdown().await;
            let offer = next_free.map(|port| format!("; port {port} is free: --bind {}:{port}", arguments.bind.ip()));
            return Err(format!("{message}{}", offer.unwrap_or_default()));
        }
        other => return Err(format!("the listener did not start: {other:?}")),
    };
    let mut following = Following::new(&engine, arguments.json);
    let mut followed = match forwarding {
        Some(forwarding) => match forwarding.start(&engine).await {
            Ok(followed) => Some(followed),
            Err(message) => {
                engine.shutdown().await;
                return Err(message);
            }
        },
        None => None,
    };
    let written = match greet(&arguments, &address) {
        Ok(()) => match made_public {
            Some(settings) => {
                engine.tunnel_start_with(settings).await.map(drop).map_err(|error| error.to_string().into())
            }
            None => Ok(()),
        },
        unwritten => unwritten,
    };
    let ended = match written {
        Ok(()) => show(&engine, &arguments, &mut arrivals, &mut following, &mut followed).await,
        Err(unwritten) => Ended::Written(Err(unwritten)),
    };
    let drained = match (&mut followed, &ended) {
        (Some(followed), Ended::Written(_)) => forward::drain(&engine, followed, arguments.json).await,
        _ => Ok(()),
    };
    engine.shutdown().await;
    if let Some(told) = turned_away::told(&engine.turned_away(0)) {
        eprintln!("pollux: {told}");
    }
    let mut sent_on = |written: Written| match &mut followed {
        Some(followed) => written.and_then(|()| forward::rest(followed, arguments.json)),
        None => written,
    };
    match ended {
        Ended::Written(written) => {
            let settled = print::settled(sent_on(written.and(drained)).and_then(|()| following.rest()));
            let code = forward::told(forward::left(&engine), arguments.db.as_deref());
            settled.map(|()| code)
        }
        Ended::NeverOnline(message) => {
            eprintln!("pollux: {}", print::printable(&message));
            Ok(exit::NO_ANSWER)
        }
    }
}

/// Shows deliveries and the tunnel's states until it is interrupted or nobody reads any more.
async fn show(
    engine: &Engine,
    arguments: &Arguments,
    arrivals: &mut Arrivals,
    following: &mut Following,
    followed: &mut Option<Receiver<Outbound>>,
) -> Ended {
    let mut shown = None;
    let deliveries = async {
        match arguments.quiet {
            true => std::future::pending().await,
            false => follow(engine, arrivals, &mut shown, arguments.json).await,
        }
    };
    let sent_on = async {
        match followed {
            Some(followed) => forward::follow(followed, arguments.json).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        written = deliveries => return Ended::Written(written),
        written = sent_on => return Ended::Written(written),
        ended = following.run() => return ended,
        () = samples(engine, arguments.sandbox) => {}
        () = interrupted() => {}
    }
    Ended::Written(rest(engine, arguments, arrivals, shown).await)
}

/// What came until the end and was not shown yet.
async fn rest(engine: &Engine, arguments: &Arguments, arrivals: &mut Arrivals, shown: Option<i64>) -> Written {
    // What was acknowledged up to the end is shown, too.
    engine.listener_stop().await;
    if !arguments.quiet {
        let until = Instant::now() + LAST_ANSWERS;
        for row in arrivals.rest(shown).await.map_err(|error| error.to_string())? {
            delivery(engine, &row, arguments.json, until).await?;
        }
    }
    Ok(())
}

fn greet(arguments: &Arguments, address: &str) -> Written {
    if arguments.json {
        return print::line(&json!({ "listening": address }));
    }
    print::text(&format!("Listening on {address}  (Ctrl-C ends)\n"))?;
    if arguments.sandbox {
        let enter = if print::interactive() { " Enter sends the next one." } else { "" };
        print::text(&format!("The Sandbox sends a first sample.{enter}\n"))?;
    }
    Ok(())
}

/// A line a delivery. `shown` is the last one that was printed.
async fn follow(engine: &Engine, arrivals: &mut Arrivals, shown: &mut Option<i64>, as_json: bool) -> Written {
    while let Some(rows) = arrivals.next().await {
        for row in rows.map_err(|error| error.to_string())? {
            delivery(engine, &row, as_json, Instant::now() + patience(&row)).await?;
            *shown = Some(row.id);
        }
    }
    Ok(())
}

/// How long its answer may still take, counted from when it came: those that came together wait together.
fn patience(row: &Row) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let came = Duration::from_millis(u64::try_from(row.received_ms).unwrap_or(0));
    ANSWER.saturating_sub(now.saturating_sub(came))
}

async fn delivery(engine: &Engine, row: &Row, as_json: bool, until: Instant) -> Written {
    // The diagnosis makes the cause say more: it is waited for.
    let detail = answered(engine, row.id, until).await?;
    if as_json {
        return print::line(&delivery_json(&detail));
    }
    print::row(&detail.row, detail.received.get(11..19).unwrap_or_default())
}

/// The delivery with its answer, where that is made only now: the target's own, or that of a rule. What arrives meanwhile
/// is in the store, and is read from there.
async fn answered(engine: &Engine, id: i64, until: Instant) -> Result<Detail, String> {
    loop {
        let detail = engine.delivery(id).await.map_err(|error| error.to_string())?;
        let pending = detail.row.status == 0 && detail.row.took_us.is_none();
        if !pending || Instant::now() >= until {
            return Ok(detail);
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn delivery_json(detail: &Detail) -> Value {
    let row = &detail.row;
    json!({
        "id": row.id,
        "received": detail.received,
        "project": detail.project,
        "peer": detail.peer,
        "path": detail.path,
        "message_id": row.message_id,
        "event_type": row.event_type,
        "pointer": row.pointer,
        "attempt": row.attempt,
        "duplicate": row.duplicate,
        "body_len": row.body_len,
        "status": row.status,
        "took_us": row.took_us,
        "outcome": row.outcome,
        "reason": row.reason,
        "verdict": print::verdict_json(&detail.verdict),
    })
}

/// The Sandbox's first sample, and the next one at each Enter. Never ends by itself.
async fn samples(engine: &Engine, sandbox: bool) {
    let mut turn = SAMPLES.iter().cycle();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let interactive = print::interactive();
    if !sandbox {
        std::future::pending::<()>().await;
    }
    loop {
        if let Some((event_type, scheme, broken)) = turn.next() {
            let request = SampleRequest {
                event_type: (*event_type).to_owned(),
                variant: None,
                scheme: *scheme,
                broken: broken.map(str::to_owned),
            };
            if let Err(error) = engine.sample_send(&request).await {
                eprintln!("pollux: {error}");
            }
        }
        if !interactive || !matches!(lines.next_line().await, Ok(Some(_))) {
            break;
        }
    }
    std::future::pending::<()>().await;
}

/// Ctrl-C, or the system's wish that we end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
