//! `pollux replay`: deliveries of the history sent again, as received or changed.

use clap::Args;
use engine::{
    Engine, Filter, HeaderLine, Outbound, ReplayBody, ReplayChanges, ReplayId, ReplayPlan, ReplayRun, ReplaySign,
    ReplayTime,
};
use owo_colors::Style;
use serde_json::json;

use crate::cli::exit;
use crate::cli::manage::{self, Done, Undone};
use crate::cli::print::{self, paint, printable};

/// Send deliveries of the history again.
#[derive(Args)]
#[command(after_help = "An ID is that of a delivery (12), a webhook-id (msg_…: its newest delivery) or `last`.\n\
    As received means the same header lines and the same bytes; what cannot be the same (Host, what belongs to one \
    connection) is named. The history is that of the window.\nExit codes: 0 all were answered 2xx, 1 one was answered \
    otherwise, 2 wrong usage, 4 one got no answer.")]
pub(crate) struct Arguments {
    /// What to send.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Where to; several times: to each of them.
    #[arg(long, required = true, value_name = "URL")]
    to: Vec<String>,
    /// Sign anew, now: with the secret that ends like this (`a91f`), or with the only one of the delivery's project.
    #[arg(long, value_name = "SECRET", num_args = 0..=1, default_missing_value = "")]
    resign: Option<String>,
    /// A new webhook-id for each request.
    #[arg(long)]
    renew_id: bool,
    /// The webhook-timestamp, in seconds from now: -360 is six minutes ago.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    shift: Option<i64>,
    /// Break it on purpose: duplicate, stale, future, tampered, wrong_secret, unknown_type, missing_header, huge_body,
    /// reserialised.
    #[arg(long, value_name = "NAME")]
    twist: Option<String>,
    /// A header line in place of those of its name.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The body, from a file.
    #[arg(long, value_name = "FILE")]
    body: Option<std::path::PathBuf>,
    /// How often each is sent.
    #[arg(long, default_value_t = 1)]
    times: u32,
    /// Milliseconds between two requests.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay: u32,
    /// Requests that may be under way at a time.
    #[arg(long, default_value_t = 1)]
    concurrency: u32,
    /// Headers and bodies may leave this machine for these addresses. Agreed to once, it is remembered.
    #[arg(long)]
    allow_remote: bool,
    /// Print a JSON line a request.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let engine = manage::open().await?;
    let done = replay(&engine, &arguments).await;
    manage::close(engine, done).await
}

async fn replay(engine: &Engine, arguments: &Arguments) -> Done {
    let mut deliveries = Vec::with_capacity(arguments.ids.len());
    for id in &arguments.ids {
        deliveries.push(delivery(engine, id).await?);
    }
    if arguments.allow_remote {
        for url in &arguments.to {
            engine.target_confirm(url).await?;
        }
    }
    let first = deliveries.first().copied().unwrap_or_default();
    let changes = changes(engine, arguments, first).await?;
    let plan = ReplayPlan {
        deliveries,
        targets: arguments.to.clone(),
        changes,
        times: arguments.times,
        delay_ms: arguments.delay,
        concurrency: arguments.concurrency,
    };
    let started = engine.replay_start(plan).await.map_err(|error| match error.code.as_str() {
        "confirm_target" => Undone::Usage(format!("{} Say so with --allow-remote.", error.message)),
        code if code.starts_with("invalid_") || code == "no_key" || code == "no_secret" => Undone::Usage(error.message),
        _ => Undone::Refused(error),
    })?;
    let run = tokio::select! {
        run = engine.replay_ended(started.run) => run?,
        _ = tokio::signal::ctrl_c() => engine.replay_stop(started.run).await?,
    };
    tell(arguments, &run)?;
    Ok(code(&run))
}

/// The delivery that is meant.
async fn delivery(engine: &Engine, id: &str) -> Result<i64, Undone> {
    if let Ok(id) = id.parse() {
        return Ok(id);
    }
    let text = if id == "last" { String::new() } else { id.to_owned() };
    let opened = engine.view_open(Filter { text, ..Filter::default() }).await?;
    let newest = opened.rows.iter().rev().find(|row| id == "last" || row.message_id.as_deref() == Some(id));
    newest.map(|row| row.id).ok_or_else(|| match id {
        "last" => Undone::Usage("the history is empty: there is no last delivery".into()),
        _ => Undone::Usage(format!("there is no delivery {id:?}: give its number, its webhook-id, or `last`")),
    })
}

async fn changes(engine: &Engine, arguments: &Arguments, first: i64) -> Result<ReplayChanges, Undone> {
    let draft = engine.replay_draft(first).await?;
    let headers = match arguments.headers.is_empty() {
        true => None,
        false => Some(with_headers(draft.headers, &arguments.headers)?),
    };
    let body = match &arguments.body {
        None => ReplayBody::Received,
        Some(path) => {
            let bytes = std::fs::read(path).map_err(|error| Undone::Usage(format!("{}: {error}", path.display())))?;
            ReplayBody::Base64 { base64: print::base64(&bytes) }
        }
    };
    let sign = match &arguments.resign {
        None => ReplaySign::Leave,
        Some(named) => {
            let mut own = draft.signers.iter().filter(|signer| signer.own || !named.is_empty());
            let fits = |label: &str| named.is_empty() || label.contains(named.as_str());
            let Some(found) = own.find(|signer| fits(&signer.label)) else {
                let known: Vec<&str> = draft.signers.iter().map(|signer| signer.label.as_str()).collect();
                let known = if known.is_empty() { "there is none".to_owned() } else { known.join("; ") };
                return Err(Undone::Usage(format!("there is no secret {named:?} to sign with: {known}")));
            };
            found.sign.clone()
        }
    };
    let time = match (arguments.shift, &sign) {
        (Some(seconds), _) => ReplayTime::Shifted { seconds },
        (None, ReplaySign::Leave) => ReplayTime::Received,
        (None, _) => ReplayTime::Now,
    };
    let id = if arguments.renew_id { ReplayId::Renew } else { ReplayId::Keep };
    Ok(ReplayChanges { headers, body, id, time, sign, twist: arguments.twist.clone() })
}

/// Lines in place of those of their names, or behind all.
fn with_headers(mut lines: Vec<HeaderLine>, given: &[String]) -> Result<Vec<HeaderLine>, Undone> {
    let mut new = Vec::with_capacity(given.len());
    for line in given {
        let Some((name, value)) = line.split_once(':') else {
            return Err(Undone::Usage(format!("-H {line:?} is no header line: NAME: VALUE")));
        };
        new.push(HeaderLine { name: name.trim().to_owned(), value: value.trim().to_owned(), base64: None });
    }
    lines.retain(|old| !new.iter().any(|line| line.name.eq_ignore_ascii_case(&old.name)));
    lines.extend(new);
    Ok(lines)
}

fn tell(arguments: &Arguments, run: &ReplayRun) -> Result<(), Undone> {
    for outbound in &run.outbounds {
        if arguments.json {
            print::line(&json!(outbound))?;
        } else {
            print::text(&format!("{}\n", for_a_person(outbound)))?;
        }
    }
    let shown = run.outbounds.len() as u64;
    if !arguments.json && run.done > 1 {
        let more = if run.done > shown { format!("… and {} more\n", run.done - shown) } else { String::new() };
        let seconds = run.took_ms as f64 / 1000.0;
        print::text(&format!("{more}{} of {} sent in {seconds:.2} s\n", run.done, run.total))?;
    }
    if let Some(problem) = &run.problem {
        eprintln!("pollux: {}", printable(problem));
    }
    Ok(())
}

/// `✓ 200  3.1 ms  #12 → http://localhost:3000/  signed with whsec_…a91f`
pub(crate) fn for_a_person(outbound: &Outbound) -> String {
    let accepted = outbound.status.is_some_and(|status| (200..300).contains(&status)) && outbound.problem.is_none();
    let (glyph, style) = if accepted { ("✓", Style::new().green()) } else { ("✕", Style::new().red()) };
    let status = outbound.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
    let took = outbound.total_us.map_or_else(String::new, |us| format!("{:.1} ms", us as f64 / 1000.0));
    let mut text =
        format!("{} {status}  {took:>9}  #{} → {}", paint(glyph, style), outbound.delivery, printable(&outbound.url));
    if !outbound.changes.is_empty() {
        text.push_str(&format!("  {}", paint(&printable(&outbound.changes.join(", ")), Style::new().dimmed())));
    }
    if let Some(problem) = &outbound.problem {
        text.push_str(&format!("\n  {}", printable(&problem.message)));
    }
    text
}

fn code(run: &ReplayRun) -> u8 {
    let failed: u64 = run.targets.iter().map(|target| target.failed).sum();
    let refused =
        run.targets.iter().flat_map(|target| &target.statuses).any(|(status, _)| !(200..300).contains(status));
    match (failed > 0 || run.done == 0, refused) {
        (true, _) => exit::NO_ANSWER,
        (false, true) => exit::REJECTED,
        (false, false) => exit::OK,
    }
}
