//! `pollux emulator`: the service on one's own machine, for SDKs and receivers under test.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use emulator::{AttemptReport, DynamicScheme, Keep, LONGEST_TEXT, MAX_WARP, Service, ServiceOptions};
use owo_colors::Style;
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc};
use tokio::time::timeout;

use crate::ending::Ending;
use crate::exit;
use crate::keep::{self, Most};
use crate::print::{self, Written, paint, printable};
use crate::printer::{self, Printer, Text};

/// Next to the window's port.
const DEFAULT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 4720);
/// Attempts that may wait to be printed. Beyond that they are only counted; the delivery log still has them.
const WAITING: usize = 100_000;
const DAY_MS: i64 = 86_400_000;
/// How long the end waits for an attempt that is still on its way to the queue.
const LAST: Duration = Duration::from_millis(100);

/// The scheme of dynamic webhooks, as an option.
#[derive(Clone, Copy, ValueEnum)]
enum Dynamic {
    /// Ed25519 over id, time and body, as observed
    V1a,
    /// RS256 JWT, as the guide documents
    Jwt,
}

/// Run the service on this machine: webhooks, jobs, files and signed deliveries, for SDKs and receivers under test.
#[derive(Args)]
#[command(
    after_help = "Point an SDK's base URL at the address it prints; every version of the API (/v1, /v1beta) answers \
    there.\nControls that the service does not have are under /emulator/: clock, settings and faults, jobs, the \
    delivery log; /emulator/openapi.json describes it all.\n\nWith --json, the first line is \
    {\"listening\":\"http://127.0.0.1:PORT\",\"api_key\":\"…\"}, then one line per attempt.\nCtrl-C, SIGTERM or \
    closing the terminal ends it in order (exit code 0): lines that are waiting are still printed, for at most 3 s if \
    nobody reads them, and standard error says how many are missing. A second signal ends it at once (130, 143, \
    129).\n\n\
    Example:\n  pollux emulator --warp 3600 --seed 7     an hour passes in a second, and every run is the same"
)]
pub(crate) struct Arguments {
    /// Address and port to listen on; port 0 takes any free port.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = DEFAULT)]
    bind: SocketAddr,
    /// Allow an address that other machines can reach. They need the API key, for /emulator/ too.
    #[arg(long)]
    expose: bool,
    /// Keep webhooks, jobs, files and deliveries in this file. Without it, they are lost when the command ends.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Bytes that the log of ended deliveries may take, such as 500M; none for no limit.
    #[arg(long, value_name = "SIZE", value_parser = keep::bytes)]
    keep_size: Option<Most>,
    /// Days that an ended delivery stays in the log, on the emulator's clock.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep_days: Option<u32>,
    /// Ended deliveries that stay in the log. Default: 100000, or what the settings say.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    keep_count: Option<u32>,
    /// The same seed and the same requests give the same ids, secrets, waits and faults. Random without it.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// How many times faster than real time its clock runs, 0 to 1000000; 0 stops it.
    #[arg(long, value_name = "TIMES", default_value_t = 1.0, value_parser = warp, allow_negative_numbers = true)]
    warp: f64,
    /// How deliveries of dynamic webhooks are signed. Default: v1a, or what the --db file says.
    #[arg(long, value_enum)]
    dynamic: Option<Dynamic>,
    /// The iss claim of tokens; empty for none. Default: the address of Google's API, or what the --db file says.
    #[arg(long, value_name = "ISS", value_parser = claim)]
    iss: Option<String>,
    /// The aud claim of tokens; empty for none. Default: pollux-sandbox, or what the --db file says.
    #[arg(long, value_name = "AUD", value_parser = claim)]
    aud: Option<String>,
    /// Put the event among the claims of its token, which then vouches for the body. Default: false, or what the --db
    /// file says.
    #[arg(long, value_name = "true|false", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    event_claims: Option<bool>,
    /// The API key that clients must send. Without it, one is made and shown.
    #[arg(long, value_name = "KEY", env = "POLLUX_EMULATOR_API_KEY", hide_env_values = true)]
    api_key: Option<String>,
    /// Print NDJSON.
    #[arg(long)]
    json: bool,
}

fn claim(text: &str) -> Result<String, String> {
    match text.chars().count() <= LONGEST_TEXT {
        true => Ok(text.to_owned()),
        false => Err(format!("expected at most {LONGEST_TEXT} characters")),
    }
}

fn warp(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(warp) if (0.0..=MAX_WARP).contains(&warp) => Ok(warp),
        _ => Err(format!("expected a number from 0 to {MAX_WARP}")),
    }
}

/// Serves until Ctrl-C.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let exposed = !arguments.bind.ip().is_loopback();
    if exposed && !arguments.expose {
        return Err(format!(
            "{} can be reached from other machines: bind to 127.0.0.1, or add --expose if that is what you want",
            arguments.bind.ip()
        ));
    }
    if exposed {
        say!("other machines can reach this emulator (--expose); keep its API key to yourself");
    }
    let ending = Ending::watch()?;
    let api_key = match &arguments.api_key {
        Some(key) if key.trim().is_empty() => {
            return Err("the API key is empty: give one, or leave out --api-key and POLLUX_EMULATOR_API_KEY".into());
        }
        Some(key) => key.clone(),
        None => made_key()?,
    };
    let dynamic = arguments.dynamic.map(|dynamic| match dynamic {
        Dynamic::V1a => DynamicScheme::V1a,
        Dynamic::Jwt => DynamicScheme::Jwt,
    });
    let service = Service::start(ServiceOptions {
        address: arguments.bind,
        database: arguments.db.clone(),
        api_key: Some(api_key.clone()),
        seed: arguments.seed,
        warp: arguments.warp,
        keep: Keep {
            deliveries: arguments.keep_count,
            bytes: arguments.keep_size.and_then(|Most(bytes)| bytes),
            age_ms: arguments.keep_days.map(|days| i64::from(days) * DAY_MS),
        },
        ..ServiceOptions::default()
    })
    .await
    .map_err(|error| error.to_string())?;
    // The command line takes precedence over the file.
    if let Some(dynamic) = dynamic {
        service.set_dynamic(dynamic);
    }
    service.set_token(|token| {
        token.issuer = arguments.iss.clone().unwrap_or_else(|| token.issuer.clone());
        token.audience = arguments.aud.clone().unwrap_or_else(|| token.audience.clone());
        token.holds_event = arguments.event_claims.unwrap_or(token.holds_event);
    });
    let missed = Arc::new(AtomicU64::new(0));
    let mut attempts = waiting(service.attempts(), Arc::clone(&missed));
    let written = show(service, &arguments, &api_key, &mut attempts, &ending).await;
    let missed = missed.load(Ordering::Relaxed);
    if missed > 0 {
        say!("{missed} attempts are not shown: they came faster than they were read");
    }
    print::settled(written)?;
    Ok(exit::OK)
}

/// `pollux-` and 32 digits.
fn made_key() -> Result<String, String> {
    let mut bytes = [0; 16];
    samples::system_random()(&mut bytes).map_err(|error| format!("an API key could not be made: {error}"))?;
    Ok(bytes.iter().fold("pollux-".to_owned(), |key, byte| format!("{key}{byte:02x}")))
}

/// A longer queue than the emulator's own: printing may be slow, delivering must not wait for it.
fn waiting(
    mut attempts: broadcast::Receiver<Arc<AttemptReport>>,
    missed: Arc<AtomicU64>,
) -> mpsc::Receiver<Arc<AttemptReport>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        loop {
            match attempts.recv().await {
                Ok(report) => match sender.try_send(report) {
                    Ok(()) => {}
                    Err(mpsc::error::TrySendError::Full(_)) => _ = missed.fetch_add(1, Ordering::Relaxed),
                    Err(mpsc::error::TrySendError::Closed(_)) => return,
                },
                Err(broadcast::error::RecvError::Lagged(count)) => _ = missed.fetch_add(count, Ordering::Relaxed),
                Err(broadcast::error::RecvError::Closed) => return,
            }
        }
    });
    receiver
}

/// Prints the greeting, then attempts until it is asked to end or nobody reads any more. Ends the emulator in order.
async fn show(
    service: Service,
    arguments: &Arguments,
    api_key: &str,
    attempts: &mut mpsc::Receiver<Arc<AttemptReport>>,
    ending: &Ending,
) -> Written {
    let printer = Printer::start()?;
    // What is being shown; it may wait for room and be interrupted there.
    let mut showing = None;
    let follow = async {
        printer.print(&greeting(&service, arguments, api_key)).await?;
        while let Some(report) = attempts.recv().await {
            let report = showing.insert(report);
            printer.print(&attempt(report, arguments.json)).await?;
            showing = None;
        }
        Ok(())
    };
    let written = tokio::select! {
        written = follow => Some(written),
        unwritten = printer.failed() => Some(Err(unwritten)),
        () = ending.asked() => None,
    };
    service.stop().await;
    if let Some(written) = written {
        return written;
    }
    // Show attempts made up to the end, too. A connection that is still open may keep the queue from closing.
    let until = Instant::now() + printer::LAST;
    if let Some(report) = showing {
        printer.by(until, &attempt(&report, arguments.json)).await?;
    }
    while Instant::now() < until
        && let Ok(Some(report)) = timeout(LAST, attempts.recv()).await
    {
        printer.by(until, &attempt(&report, arguments.json)).await?;
    }
    while attempts.try_recv().is_ok() {
        printer.missing(1);
    }
    printer.finish(until).await
}

fn greeting(service: &Service, arguments: &Arguments, api_key: &str) -> Text {
    let origin = service.origin();
    if arguments.json {
        return Text::Json(json!({ "listening": origin, "api_key": api_key }));
    }
    Text::Human(format!(
        "Emulating the service on {}  (Ctrl-C ends)\n  API key  {}\n  Control  {origin}/emulator/\n",
        paint(&origin, Style::new().bold()),
        if arguments.api_key.is_some() { "as given" } else { api_key },
    ))
}

fn attempt(report: &AttemptReport, as_json: bool) -> Text {
    let value = json!(report);
    if as_json { Text::Json(value) } else { Text::Human(line(&value)) }
}

/// One attempt as a line for a person.
fn line(report: &Value) -> String {
    let text = |name: &str| printable(report[name].as_str().unwrap_or_default());
    let state = text("state");
    let (glyph, style, word) = match state.as_str() {
        "delivered" => ("✓", Style::new().green(), "Delivered"),
        "pending" => ("↻", Style::new().yellow(), "To be retried"),
        "given_up" => ("✕", Style::new().red(), "Given up"),
        "lost" => ("✕", Style::new().red(), "Lost"),
        "dropped" => ("○", Style::new().dimmed(), "Dropped"),
        other => ("○", Style::new().dimmed(), other),
    };
    let answer = match report["status"].as_u64() {
        Some(status) => status.to_string(),
        None => text("error"),
    };
    let due = report["due_ms"].as_i64().map(time).unwrap_or_default();
    let next = match report["next_ms"].as_i64() {
        Some(next) => format!("  next at {}", time(next)),
        None => String::new(),
    };
    let took = report["took_us"].as_u64().map(|us| format!("{:.1} ms", us as f64 / 1000.0)).unwrap_or_default();
    format!(
        "{due}  {} {} {:<27} attempt {}  {answer} {took}  {}{next}\n",
        paint(glyph, style),
        paint(&format!("{word:<13}"), style),
        text("event_type"),
        report["number"].as_u64().unwrap_or_default(),
        text("uri"),
    )
}

/// `12:00:00` in UTC, as on the emulator's clock.
fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_a_person_says_what_became_of_it() {
        let report = |state: &str, status: Value, error: Value, next: Value| {
            line(&json!({
                "id": "msg_1", "event_type": "batch.succeeded", "uri": "http://127.0.0.1:1/\u{1b}[2J", "number": 2,
                "due_ms": 1_769_083_200_000_i64, "timestamp": 1, "status": status, "error": error, "took_us": 1500,
                "answer": null, "state": state, "next_ms": next,
            }))
        };
        let retried = report("pending", json!(503), Value::Null, json!(1_769_083_205_000_i64));
        for part in ["12:00:00  ↻ To be retried", "batch.succeeded", "attempt 2  503 1.5 ms", "next at 12:00:05"] {
            assert!(retried.contains(part), "{part}: {retried}");
        }
        assert!(retried.contains("\\u{1b}[2J") && !retried.contains('\u{1b}'), "{retried:?}");
        let given_up = report("given_up", Value::Null, json!("refused"), Value::Null);
        assert!(
            given_up.contains("Given up") && given_up.contains("refused") && !given_up.contains("next"),
            "{given_up}"
        );
        assert!(report("delivered", json!(200), Value::Null, Value::Null).contains("✓ Delivered"));
    }

    #[test]
    fn warp_is_a_number_in_its_range() {
        for (text, expected) in
            [("0", Some(0.0)), ("3600", Some(3600.0)), ("1e6", Some(1e6)), ("-1", None), ("NaN", None)]
        {
            assert_eq!(warp(text).ok(), expected, "{text}");
        }
        assert!(warp("1000001").is_err() && warp("inf").is_err() && warp("fast").is_err());
    }
}
