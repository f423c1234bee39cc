//! `pollux check`: a battery of deliveries for one's own handler.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use outbound::Target;
use outbound::check::{
    KeptKeys, KeptKeysError, KeyServer, KeyWants, Named, Plan, Progress, Report, junit, run as check, to_json,
};
use samples::{Profile, RsaKey, SigningKeys, system_random};
use signature::{Scheme, Secret};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_util::sync::CancellationToken;

use crate::keys::Secrets;
use crate::{exit, print};

mod table;

/// What the handler verifies, as an option.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SchemeOption {
    /// HMAC-SHA256 with a secret
    V1,
    /// Ed25519, as dynamic webhooks arrive
    V1a,
    /// RS256 JWT, as the guide documents
    Jwt,
}

/// Send good, odd and forged deliveries to your handler, and report what it gets wrong.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 nothing failed (open lines are for you to judge), 1 something failed, 2 wrong usage, 4 \
    no answer.\n\nv1 is signed with the handler's secret. v1a and jwt are signed with the check's own keys, which \
    Pollux serves; it prints their address before it sends anything (on standard error with --json). Point the handler \
    at it, then press Enter (or write a line to standard input); use --yes to start at once. The keys are kept in the \
    data folder and used again the next time, since handlers cache what they fetch; --new-keys makes new \
    ones.\n\n\
    Example:\n  pollux check --to http://localhost:3000/webhooks --secret-file secret.txt --junit check.xml"
)]
pub(crate) struct Arguments {
    /// The handler's address, with its path.
    #[arg(long, value_name = "URL")]
    to: String,
    #[command(flatten)]
    secrets: Secrets,
    /// A file with the previous secret, which is still in its grace period and must be accepted too.
    #[arg(long, value_name = "FILE")]
    old_secret_file: Option<PathBuf>,
    /// The scheme that the handler verifies. Repeat for several. Default: v1.
    #[arg(long = "scheme", value_enum, value_name = "SCHEME")]
    schemes: Vec<SchemeOption>,
    /// Address to serve the keys of v1a and jwt on.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    jwks_bind: SocketAddr,
    /// Sign v1a and jwt with new keys, and keep those. A handler that cached the old ones must fetch the new ones.
    #[arg(long)]
    new_keys: bool,
    /// Start at once, even if the handler has not been told yet where the keys are.
    #[arg(long)]
    yes: bool,
    /// The aud claim of tokens.
    #[arg(long)]
    aud: Option<String>,
    /// The iss claim of tokens.
    #[arg(long)]
    iss: Option<String>,
    /// An address that answers GET with {"handled":{"<webhook-id>":1}}: how often the handler acted on each message.
    #[arg(long, value_name = "URL")]
    handled: Option<String>,
    /// How long each answer may take, 1 to 60.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
    /// How long to wait for a handler that exited to come back before the rest is skipped, 0 to 120.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(..=120))]
    restart_wait: u64,
    /// How many deliveries to send at the same moment, 1 to 1000.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    burst: u32,
    /// Accept a certificate that is not trusted, such as a self-signed one.
    #[arg(long)]
    any_certificate: bool,
    /// Allow a handler on another machine. It should be yours: forged and large deliveries are sent there.
    #[arg(long)]
    allow_remote: bool,
    /// Print the report as one line of JSON.
    #[arg(long)]
    json: bool,
    /// Write the report as JUnit XML to a file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// Checks, and prints what came of it.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let target = here(&arguments, &arguments.to)?;
    let handled = arguments.handled.as_deref().map(|url| here(&arguments, url)).transpose()?;
    let schemes = schemes(&arguments.schemes);
    let secret = arguments.secret(schemes.contains(&Scheme::V1))?;
    let old_secret = arguments.old_secret_file.as_ref().map(read_secret).transpose()?;
    let keys = keys(&schemes, arguments.new_keys).await?;
    let server = match schemes.iter().any(|scheme| *scheme != Scheme::V1) {
        true => Some(serve(&arguments, &keys).await?),
        false => None,
    };
    let assumed = Profile::default();
    let profile = Profile {
        audience: arguments.aud.clone().unwrap_or(assumed.audience),
        issuer: arguments.iss.clone().unwrap_or(assumed.issuer),
        user_agent: format!("Pollux/{} (handler check)", env!("CARGO_PKG_VERSION")),
        ..Profile::default()
    };
    let plan = Plan {
        target,
        any_certificate: arguments.any_certificate,
        secret,
        old_secret,
        schemes,
        keys,
        jwks: server.as_ref().map(KeyServer::url),
        jwks_asked: server.as_ref().map(KeyServer::asked),
        profile,
        timeout: Duration::from_secs(arguments.timeout),
        restart: Duration::from_secs(arguments.restart_wait),
        handled,
        burst: arguments.burst,
        now: Arc::new(unix_now),
        random: system_random(),
    };
    let stop = CancellationToken::new();
    let interrupted = stop.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let watched = !arguments.json && std::io::stderr().is_terminal();
    let report = check(Arc::new(plan), stop, |report| {
        if watched {
            table::progress(report);
        }
    })
    .await;
    drop(server);
    if let Some(path) = &arguments.junit {
        let written = std::fs::write(path, junit(&report));
        written.map_err(|error| format!("{} could not be written: {error}", path.display()))?;
    }
    print::settled(match arguments.json {
        true => print::line(&to_json(&report)),
        false => table::print(&report, watched),
    })?;
    Ok(code(&report))
}

fn code(report: &Report) -> u8 {
    match (report.progress, report.failed) {
        (Progress::Unreachable, _) => exit::NO_ANSWER,
        (Progress::Done, 0) => exit::OK,
        _ => exit::REJECTED,
    }
}

/// An address on this machine, unless another is allowed.
fn here(arguments: &Arguments, url: &str) -> Result<Target, String> {
    let target = Target::parse(url).map_err(|error| error.to_string())?;
    if target.is_local() || arguments.allow_remote {
        return Ok(target);
    }
    Err(format!(
        "{target} is not on this machine, and a check sends forged and large deliveries. If it is yours, add --allow-remote"
    ))
}

fn schemes(options: &[SchemeOption]) -> Vec<Scheme> {
    if options.is_empty() {
        return vec![Scheme::V1];
    }
    let all = [(SchemeOption::V1, Scheme::V1), (SchemeOption::V1a, Scheme::V1a), (SchemeOption::Jwt, Scheme::Jwt)];
    all.into_iter().filter(|(option, _)| options.contains(option)).map(|(_, scheme)| scheme).collect()
}

impl Arguments {
    fn secret(&self, needed: bool) -> Result<Option<Named>, String> {
        let texts = self.secrets.texts()?;
        match (texts.as_slice(), needed) {
            ([], true) => Err("v1 is signed with the handler's secret: give it with --secret-file, --secret or \
                POLLUX_SECRET (or check with --scheme v1a or --scheme jwt, which need none)"
                .into()),
            (_, false) => Ok(None),
            ([text], true) => named(text).map(Some),
            (several, true) => Err(format!(
                "{} secrets were given, and a check signs with one: give only that one (the previous one with \
                 --old-secret-file)",
                several.len()
            )),
        }
    }
}

fn named(text: &str) -> Result<Named, String> {
    let secret = Secret::parse(text).map_err(|error| error.to_string())?;
    match &secret {
        Secret::Hmac(_) => Ok(Named { hint: secret.hint(), secret }),
        Secret::Ed25519(_) => Err("a public key (whpk_…) cannot sign: give the handler's whsec_… secret".into()),
    }
}

fn read_secret(path: &PathBuf) -> Result<Named, String> {
    let text = std::fs::read_to_string(path).map(zeroize::Zeroizing::new);
    named(&text.map_err(|error| format!("{} could not be read: {error}", path.display()))?)
}

/// The file of the data folder.
const KEYS_FILE: &str = "check-keys.json";

/// Gives the keys of this check and the next ones, only those that the schemes need: a receiver of one scheme must find
/// no keys of the other in the JWKS, as with the service.
async fn keys(schemes: &[Scheme], fresh: bool) -> Result<SigningKeys, String> {
    let (ed25519, rsa) = (schemes.contains(&Scheme::V1a), schemes.contains(&Scheme::Jwt));
    if !ed25519 && !rsa {
        return match fresh {
            true => Err("--new-keys replaces the keys of v1a and jwt: add --scheme v1a or --scheme jwt".into()),
            false => Ok(SigningKeys::default()),
        };
    }
    let path = system::home::folder()?.join(KEYS_FILE);
    let made = tokio::task::spawn_blocking(move || {
        let kept = KeptKeys::open(&path, &system_random(), KeyWants { rsa, fresh })?;
        let strange = if rsa { Some(Arc::new(RsaKey::generate_named_by_thumbprint()?)) } else { None };
        Ok((kept, strange))
    });
    let made: Result<_, KeptKeysError> = made.await.map_err(|_| "the keys could not be made")?;
    let (KeptKeys { mut keys, not_kept }, strange) = made.map_err(|error| match &error {
        KeptKeysError::Broken(_) => format!("{error}: --new-keys replaces it"),
        KeptKeysError::Key(_) => error.to_string(),
    })?;
    if let Some(why) = not_kept {
        eprintln!(
            "pollux: {why}. The next check will sign with other keys, and a handler that cached these will refuse them."
        );
    }
    if !ed25519 {
        keys.seeds.clear();
    }
    keys.strange_rsa = strange;
    Ok(keys)
}

/// Serves the public keys, says where, and waits until the handler has been told.
async fn serve(arguments: &Arguments, keys: &SigningKeys) -> Result<KeyServer, String> {
    let bind = arguments.jwks_bind;
    let server = KeyServer::start(bind, keys).await;
    let server = server.map_err(|error| format!("the keys cannot be served at {bind}: {error}"))?;
    let url = server.url();
    let told = format!("The keys of this check: {url}\n");
    match arguments.json {
        // Standard output is for the report alone.
        true => eprint!("{told}"),
        false => print::settled(print::text(&told))?,
    }
    if arguments.yes {
        return Ok(server);
    }
    eprintln!("Let the handler fetch its keys there, then press Enter.");
    let mut line = String::new();
    let read = BufReader::new(tokio::io::stdin()).read_line(&mut line).await;
    read.map_err(|error| format!("standard input could not be read: {error}; --yes starts at once"))?;
    Ok(server)
}

fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
