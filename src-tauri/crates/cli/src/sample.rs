//! `pollux sample`: one signed sample, as the service would send it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use emulator::send_sample;
use samples::{RsaKey, SampleRequest, SigningKeys, system_random};
use serde_json::json;
use signature::Scheme;

use crate::keys::Secrets;
use crate::{exit, print};

/// The scheme, as an option.
#[derive(Clone, Copy, ValueEnum)]
enum SchemeOption {
    /// HMAC-SHA256 with a secret
    V1,
    /// Ed25519, as dynamic webhooks arrive
    V1a,
    /// RS256 JWT, as the guide documents
    Jwt,
}

/// Send one signed sample, as the service would.
#[derive(Args)]
#[command(after_help = list())]
pub(crate) struct Arguments {
    /// The event type, such as batch.succeeded.
    #[arg(value_name = "TYPE")]
    event_type: String,
    /// Where to send it: an address on this machine.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:4710/")]
    to: String,
    /// How to sign it.
    #[arg(long, value_enum, default_value = "v1")]
    scheme: SchemeOption,
    /// The variant of the payload to send.
    #[arg(long)]
    variant: Option<String>,
    /// Break the sample on purpose, in this way.
    #[arg(long, value_name = "KIND")]
    broken: Option<String>,
    #[command(flatten)]
    secrets: Secrets,
    /// Write the public keys of this sample (v1a, jwt) to a file, for the receiver's --jwks.
    #[arg(long, value_name = "FILE")]
    jwks_out: Option<PathBuf>,
    /// Print what was sent and answered as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// The catalogs, for `--help`.
fn list() -> String {
    let mut text = String::from("Types and their variants:\n");
    for sample in samples::sample_types() {
        let variants: Vec<&str> = sample.variants.iter().map(|variant| variant.id).collect();
        text.push_str(&format!("  {:<28} {}\n", sample.name, variants.join(", ")));
    }
    text.push_str("\nBroken kinds (with the reason a receiver should give):\n");
    for kind in samples::broken_kinds() {
        text.push_str(&format!("  {:<28} {} [{}]\n", kind.id, kind.what, kind.reason));
    }
    text.push_str("\nExit codes: 0 answered 2xx, 1 answered otherwise or not at all, 2 wrong usage.");
    text
}

/// Composes, sends and says what was answered.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let scheme = match arguments.scheme {
        SchemeOption::V1 => Scheme::V1,
        SchemeOption::V1a => Scheme::V1a,
        SchemeOption::Jwt => Scheme::Jwt,
    };
    known(&arguments)?;
    let keys = signing_keys(&arguments, scheme).await?;
    if let Some(path) = &arguments.jwks_out {
        std::fs::write(path, format!("{:#}\n", keys.jwks()))
            .map_err(|error| format!("{} could not be written: {error}", path.display()))?;
    }
    let request = SampleRequest {
        event_type: arguments.event_type,
        variant: arguments.variant,
        scheme,
        broken: arguments.broken,
    };
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    let sent = match send_sample(&request, &keys, &arguments.to, now, &system_random()).await {
        Ok(sent) => sent,
        Err(emulator::SendError::Unreachable { address, why }) => {
            say!("nobody answered at {address}: {why}. Is the receiver running there?");
            return Ok(exit::REJECTED);
        }
        Err(error) => return Err(error.to_string()),
    };
    let ms = sent.took_us as f64 / 1000.0;
    print::settled(match arguments.json {
        true => print::line(&json!({
            "message_id": sent.message_id, "to": arguments.to, "status": sent.status, "took_us": sent.took_us,
        })),
        false => {
            let (id, to, status) = (&sent.message_id, &arguments.to, sent.status);
            print::text(&format!("Sent {id} to {to}: answered {status} in {ms:.1} ms\n"))
        }
    })?;
    Ok(if (200..300).contains(&sent.status) { exit::OK } else { exit::REJECTED })
}

/// Reports a mistyped name before a missing secret.
fn known(arguments: &Arguments) -> Result<(), String> {
    let event_type = &arguments.event_type;
    if !samples::sample_types().iter().any(|sample| sample.name == event_type) {
        return Err(format!("there is no sample of the type {event_type:?}; pollux sample --help lists the types"));
    }
    match &arguments.broken {
        Some(kind) if !samples::broken_kinds().iter().any(|known| known.id == kind) => {
            Err(format!("there is no broken kind {kind:?}; pollux sample --help lists the kinds"))
        }
        _ => Ok(()),
    }
}

async fn signing_keys(arguments: &Arguments, scheme: Scheme) -> Result<SigningKeys, String> {
    let made = SigningKeys::generate(&system_random()).map_err(|error| error.to_string())?;
    let texts = arguments.secrets.texts()?;
    let secret = texts.first().map(|text| text.to_string());
    if scheme == Scheme::V1 && secret.is_none() {
        return Err("v1 signs with the receiver's secret: give it with --secret, --secret-file or POLLUX_SECRET \
                    (or use --scheme v1a, which needs none)"
            .into());
    }
    if let Some(text) = &secret {
        signature::Secret::parse(text).map_err(|error| error.to_string())?;
    }
    let mut keys = SigningKeys { secret: secret.or(made.secret), ..made };
    if scheme == Scheme::Jwt {
        let make = |kid: &str| {
            let kid = kid.to_owned();
            tokio::task::spawn_blocking(move || RsaKey::generate(kid).map(Arc::new))
        };
        let failed = "an RSA key could not be made";
        keys.rsa = Some(make("pollux-sample").await.map_err(|_| failed)?.map_err(|error| error.to_string())?);
        if arguments.broken.is_some() {
            keys.strange_rsa =
                Some(make("pollux-strange").await.map_err(|_| failed)?.map_err(|error| error.to_string())?);
        }
    }
    Ok(keys)
}
