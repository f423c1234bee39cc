//! `pollux listen`: the listener and its verdicts, without a window.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use engine::{Config, Engine, FixedKeys, ListenerState, MemoryVault, Tail};
use serde_json::json;
use signature::{JwtPolicy, Policy};
use system::home;

use crate::disk;
use crate::ending::Ending;
use crate::exit;
use crate::forward::{self, Forwarding, SentOn};
use crate::keep::Keep;
use crate::keys::Keys;
use crate::listen::tunnel::{Ended, Following, PathToken, Provider};
use crate::print::{self, Written};
use crate::printer::{self, Printer};
use crate::temporary::{self, Temporary};

pub(crate) mod lines;
mod samples;
mod tunnel;
mod turned_away;

/// The address on which the window listens too.
const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4710);

/// Receive deliveries and show each with its verdict.
#[derive(Args)]
#[command(after_help = "With --json, the first line is {\"listening\":\"http://127.0.0.1:PORT/\"}, then one line per \
    delivery once it is stored and answered: one that is answered later (by the target itself) is printed when it is \
    answered, and delays no other. What a rejected delivery would have matched is searched for after its line is \
    printed, and follows as a line of its own, {\"explained\":{\"id\":…,\"diagnosis\":…}}; if too many are rejected at \
    once, {\"explained_left_out\":N} says how many have none.\nCtrl-C, SIGTERM or closing the terminal ends it in \
    order (exit code 0): what was acknowledged is still printed, for at most 3 s if nobody reads it, and standard \
    error says how many lines are missing. A second signal ends it at once (130, 143, 129).\nWithout keys every \
    delivery is unchecked; with keys, what they do not verify is rejected.\nWith --tunnel, a line \
    {\"tunnel\":{\"state\":…}} follows at each change of its state, and {\"public\":\"https://…\"} when it is online. \
    The path of the public address begins with a secret segment: requests without it are answered 404 and not kept. \
    ngrok takes its authtoken from NGROK_AUTHTOKEN. Exit code 4: the tunnel failed before it was ever online.")]
pub(crate) struct Arguments {
    /// Address and port to listen on; port 0 takes any free port.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = DEFAULT)]
    bind: SocketAddr,
    /// Keep the history in this file. Without it, the history is deleted when the command ends.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    #[command(flatten)]
    keep: Keep,
    #[command(flatten)]
    keys: Keys,
    /// The aud claim that a JWT must have.
    #[arg(long)]
    aud: Option<String>,
    /// The iss claim that a JWT must have.
    #[arg(long)]
    iss: Option<String>,
    /// How far webhook-timestamp may be off, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = Policy::default().tolerance)]
    tolerance: u64,
    /// Run the Sandbox too: it sends samples signed with its own keys. Needs no key and no internet.
    #[arg(long)]
    sandbox: bool,
    /// Make the listener public through a tunnel.
    #[arg(long, value_enum, value_name = "PROVIDER", default_value_t = Provider::None)]
    tunnel: Provider,
    /// With --tunnel ngrok: the reserved domain to use.
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    #[command(flatten)]
    path_token: PathToken,
    /// Print NDJSON.
    #[arg(long)]
    json: bool,
    /// Print no lines for deliveries, only keep them.
    #[arg(long)]
    quiet: bool,
}

impl Arguments {
    /// Whether a key was given, or the Sandbox has its own.
    pub(crate) fn can_verify(&self) -> bool {
        self.sandbox || self.keys.given()
    }

    /// Whether lines are for scripts.
    pub(crate) fn as_json(&self) -> bool {
        self.json
    }

    /// The live view with the Sandbox on, for a machine without a display.
    pub(crate) fn sandbox() -> Self {
        let bind = SocketAddr::new(DEFAULT.ip(), 0);
        let tolerance = Policy::default().tolerance;
        let (db, aud, iss, domain, keys) = (None, None, None, None, Keys::default());
        let (tunnel, path_token) = (Provider::None, PathToken::default());
        let (json, quiet, keep) = (false, false, Keep::default());
        Self { bind, db, keep, keys, aud, iss, tolerance, sandbox: true, tunnel, domain, path_token, json, quiet }
    }
}

/// Listens until Ctrl-C.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    run_with(arguments, None).await
}

/// The same, and sends deliveries on.
pub(crate) async fn run_with(arguments: Arguments, forwarding: Option<Forwarding>) -> Result<u8, String> {
    // Watch for signals before there is anything to leave behind.
    let ending = Ending::watch()?;
    let made_public = tunnel::settings(arguments.tunnel, arguments.domain.as_deref(), &arguments.path_token)?;
    temporary::sweep();
    // Held until the end.
    let temporary = if arguments.db.is_none() { Some(Temporary::make()?) } else { None };
    if let Some(temporary) = &temporary {
        ending.removes(temporary.folder());
    }
    let engine = Engine::start(config(&arguments, temporary.as_ref())?).await.map_err(|error| error.to_string())?;
    tokio::spawn(disk::tell(engine.history().shortage()));
    let mut tail = engine.history().tail().await.map_err(|error| error.to_string())?;
    let address = match engine.listening().start(Some(arguments.bind.port()).filter(|port| *port != 0)).await {
        ListenerState::Listening { address, .. } => address,
        ListenerState::Failed { message, next_free, .. } => {
            engine.shutdown().await;
            let offer = next_free.map(|port| format!("; port {port} is free: --bind {}:{port}", arguments.bind.ip()));
            return Err(format!("{message}{}", offer.unwrap_or_default()));
        }
        other => return Err(format!("the listener did not start: {other:?}")),
    };
    if !arguments.bind.ip().is_loopback() {
        say!("everyone who can reach {} can send to this listener, without a path token", arguments.bind.ip());
    }
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
    let printer = Printer::start()?;
    let written = match greet(&printer, &arguments, &address).await {
        Ok(()) => match made_public {
            Some(settings) => {
                engine.tunnel().start_with(settings).await.map(drop).map_err(|error| error.to_string().into())
            }
            None => Ok(()),
        },
        unwritten => unwritten,
    };
    let ended = match written {
        Ok(()) => show(&engine, &arguments, &printer, &ending, &mut tail, &mut following, &mut followed).await,
        Err(unwritten) => Ended::Written(Err(unwritten)),
    };
    let mut written = match ended {
        Ended::Written(written) => written,
        Ended::NeverOnline(message) => {
            engine.shutdown().await;
            let written = printer.finish(Instant::now() + printer::LAST).await;
            say!("{}", print::printable(&message));
            return print::settled(written).map(|()| exit::NO_ANSWER);
        }
    };
    // Show what was acknowledged up to the end, too.
    engine.listening().stop().await;
    if written.is_ok() && !arguments.quiet {
        written = lines::rest(&mut tail, &printer, arguments.json, Instant::now() + printer::LAST).await;
    }
    if let Some(followed) = &mut followed {
        // Even if nobody reads any more.
        let drained = forward::drain(&engine, followed, &printer).await;
        written = written.and(drained);
    }
    engine.shutdown().await;
    if let Some(told) = turned_away::told(&engine.listening().turned_away(0)) {
        say!("{told}");
    }
    let until = Instant::now() + printer::LAST;
    if let (Ok(()), Some(followed)) = (&written, &mut followed) {
        written = followed.rest(&printer, until).await;
    }
    if written.is_ok() {
        written = following.rest(&printer, until).await;
    }
    let finished = printer.finish(until).await;
    let code = forward::told(forward::left(&engine), arguments.db.as_deref());
    print::settled(written.and(finished)).map(|()| code)
}

fn config(arguments: &Arguments, temporary: Option<&Temporary>) -> Result<Config, String> {
    let secrets = arguments.keys.secrets().map_err(|problem| problem.message())?;
    let policy = Policy {
        tolerance: arguments.tolerance,
        jwt: JwtPolicy { audience: arguments.aud.clone(), issuer: arguments.iss.clone(), ..JwtPolicy::default() },
    };
    let fixed = FixedKeys { secrets, jwks: arguments.keys.cache()?, policy };
    // Only a tunnel keeps something there.
    let home = if arguments.tunnel == Provider::None { home::folder()? } else { home::prepared()? };
    let database = arguments.db.clone().or_else(|| temporary.map(Temporary::database));
    Ok(Config {
        sandbox: arguments.sandbox,
        fixed: Some(fixed),
        bind: Some(arguments.bind.ip()),
        actor: home::actor("command line"),
        environment: Arc::new(|name| std::env::var(name).ok()),
        tunnel_folder: home::tunnels(&home),
        keep: arguments.keep.limits(),
        ..Config::new(database.ok_or("there is no place for the history")?, Arc::new(MemoryVault::default()))
    })
}

/// Shows deliveries and the tunnel's states until it is asked to end or nobody reads any more.
async fn show(
    engine: &Engine,
    arguments: &Arguments,
    printer: &Printer,
    ending: &Ending,
    tail: &mut Tail,
    following: &mut Following,
    followed: &mut Option<SentOn>,
) -> Ended {
    let deliveries = async {
        match arguments.quiet {
            true => std::future::pending().await,
            false => lines::follow(tail, printer, arguments.json).await,
        }
    };
    let sent_on = async {
        match followed {
            Some(followed) => followed.follow(printer).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        written = deliveries => Ended::Written(written),
        written = sent_on => Ended::Written(written),
        ended = following.run(printer) => ended,
        unwritten = printer.failed() => Ended::Written(Err(unwritten)),
        () = samples::send(engine, arguments.sandbox) => Ended::Written(Ok(())),
        () = ending.asked() => Ended::Written(Ok(())),
    }
}

async fn greet(printer: &Printer, arguments: &Arguments, address: &str) -> Written {
    if arguments.json {
        return printer.line(&json!({ "listening": address })).await;
    }
    printer.text(&format!("Listening on {address}  (Ctrl-C ends)\n")).await?;
    if arguments.sandbox {
        let enter = if print::interactive() { " Enter sends the next one." } else { "" };
        printer.text(&format!("The Sandbox sends a first sample.{enter}\n")).await?;
    }
    Ok(())
}
