//! `pollux verify`: the verdict on one delivery.

use std::ffi::OsString;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;
use signature::{JwtPolicy, Keyring, Others, Outcome, Policy, Received, Seen, StepStatus, Verdict};

use crate::keys::{KeyProblem, Keys};
use crate::{exit, print};

/// Time for the near-miss probe.
const PROBE: Duration = Duration::from_secs(2);

/// Verify one delivery: is it genuine, and if not, why not?
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 verified, 1 rejected, 2 wrong usage, 3 unchecked (no key to check with), or a genuine \
    token that does not cover the body.\n\n\
    Example:\n  pollux verify --secret-file secret.txt -H 'webhook-id: msg_1' -H 'webhook-timestamp: 1767225600' \\\n    \
    -H 'webhook-signature: v1,…' --body payload.json"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    keys: Keys,
    /// The aud claim that a JWT must have.
    #[arg(long)]
    aud: Option<String>,
    /// The iss claim that a JWT must have.
    #[arg(long)]
    iss: Option<String>,
    /// Clock difference allowed for a JWT's times, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    leeway: u64,
    /// A claim that a JWT must have. Repeat for several. Default: exp.
    #[arg(long = "require", value_name = "CLAIM")]
    required: Vec<String>,
    /// The time of arrival, in Unix seconds. Default: now.
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    now: Option<i64>,
    /// How far webhook-timestamp may be off, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    tolerance: u64,
    /// A header line, as it arrived. Repeat for each.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<OsString>,
    /// The raw body: a file, or - for standard input.
    #[arg(long, value_name = "FILE|-")]
    body: OsString,
    /// Print the verdict as one line of JSON.
    #[arg(long)]
    json: bool,
}

/// Judges and prints.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let headers = arguments.headers.iter().map(header).collect::<Result<Vec<_>, _>>()?;
    let body = read_body(&arguments.body)?;
    let verdict = match arguments.keys.secrets() {
        Ok(secrets) => {
            let closed = !secrets.is_empty() || arguments.keys.has_jwks();
            let keyring = Keyring { secrets, jwks: arguments.keys.jwks().await?, closed };
            judge(&arguments, &headers, &body, &keyring)
        }
        Err(KeyProblem::Secret(error)) => signature::refuse(&error),
        Err(KeyProblem::Unreadable(message)) => return Err(message),
    };
    // The exit code says it even if nobody reads the words.
    print::settled(match arguments.json {
        true => print::line(&print::verdict_json(&verdict)),
        false => print::verdict(&verdict),
    })?;
    Ok(match verdict.outcome {
        Outcome::Verified => exit::OK,
        Outcome::Rejected => exit::REJECTED,
        Outcome::Unchecked | Outcome::Unbound => exit::UNCHECKED,
    })
}

fn judge(arguments: &Arguments, headers: &[(String, Vec<u8>)], body: &[u8], keyring: &Keyring) -> Verdict {
    let mut jwt = JwtPolicy {
        audience: arguments.aud.clone(),
        issuer: arguments.iss.clone(),
        leeway: arguments.leeway,
        ..JwtPolicy::default()
    };
    if !arguments.required.is_empty() {
        jwt.required = arguments.required.clone();
    }
    let policy = Policy { tolerance: arguments.tolerance, jwt };
    let now = arguments.now.unwrap_or_else(unix_now);
    let received = Received { headers, body };
    let mut verdict = signature::verify(&received, keyring, &policy, &Seen::default(), now);
    // There is no history to look into.
    if let Some(step) = verdict.steps.iter_mut().find(|step| step.check == "duplicate") {
        (step.status, step.seen) = (StepStatus::Skipped, "not looked for: one delivery, without a history".into());
    }
    let deadline = Instant::now() + PROBE;
    let others = Others::default();
    let diagnosis =
        signature::probe(&received, keyring, &others, &policy, now, &verdict, || Instant::now() >= deadline);
    signature::explain(verdict, diagnosis)
}

fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// `name: value`. One space after the colon belongs to the line, the rest to the value: nothing else is trimmed, since
/// the line is judged as it arrived.
fn header(line: &OsString) -> Result<(String, Vec<u8>), String> {
    let bytes = line.as_encoded_bytes();
    let colon = bytes.iter().position(|byte| *byte == b':');
    let parts = colon.map(|at| bytes.split_at(at));
    let name = parts.and_then(|(name, _)| std::str::from_utf8(name).ok()).map(str::trim);
    match (name, parts) {
        (Some(name), Some((_, rest))) if !name.is_empty() => {
            let value = rest.strip_prefix(b": ").or_else(|| rest.strip_prefix(b":")).unwrap_or_default();
            Ok((name.to_owned(), value.to_vec()))
        }
        _ => Err(format!("-H expects 'name: value', not '{}'", line.to_string_lossy().escape_debug())),
    }
}

fn read_body(named: &OsString) -> Result<Vec<u8>, String> {
    if named == "-" {
        let mut body = Vec::new();
        std::io::stdin()
            .read_to_end(&mut body)
            .map_err(|error| format!("standard input could not be read: {error}"))?;
        return Ok(body);
    }
    let path = Path::new(named);
    std::fs::read(path).map_err(|error| format!("the body {} could not be read: {error}", path.display()))
}
