//! `pollux replay`: deliveries of the history sent again, as received or changed.

use std::pin::pin;

use clap::Args;
use engine::{
    Code, Engine, Exit, HeaderLine, Outbound, ReplayBody, ReplayChanges, ReplayId, ReplayPlan, ReplayRun, ReplaySign,
    ReplayTime, RunState,
};
use owo_colors::Style;
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::ending::Ending;
use crate::exit;
use crate::manage::{self, Done, Undone};
use crate::print::{self, Unwritten, Written, paint, printable};

mod signer;

/// Send deliveries from the history again.
#[derive(Args)]
#[command(after_help = "An ID is a delivery's number (12), a webhook-id (msg_…: its newest delivery) or `last`.\nAs \
    received means the same header lines and the same bytes; what cannot be the same (Host, what belongs to one \
    connection) is listed. The history is the window's.\nExit codes: 0 all were sent and answered 2xx, 1 at least one \
    was answered otherwise or not sent, 2 wrong usage, 4 at least one got no answer.")]
pub(crate) struct Arguments {
    /// The deliveries to send.
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// The target: the URL to send to. Repeat to send to several.
    #[arg(long, required = true, value_name = "URL")]
    to: Vec<String>,
    /// Re-sign with the current time and the secret that ends like this (`a91f`) or has this id; without a value, with
    /// the only secret of the delivery's project.
    #[arg(long, value_name = "SECRET", num_args = 0..=1, default_missing_value = "")]
    resign: Option<String>,
    /// Give each request a new webhook-id.
    #[arg(long)]
    renew_id: bool,
    /// Set webhook-timestamp to this many seconds from now: -360 is six minutes ago.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    shift: Option<i64>,
    /// Break it on purpose: duplicate, stale, future, tampered, wrong_secret, unknown_type, missing_header, huge_body,
    /// reserialised.
    #[arg(long, value_name = "NAME")]
    twist: Option<String>,
    /// A header line that replaces those of the same name.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Send this file as the body.
    #[arg(long, value_name = "FILE")]
    body: Option<std::path::PathBuf>,
    /// How many times to send each.
    #[arg(long, default_value_t = 1)]
    times: u32,
    /// Milliseconds between two requests.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay: u32,
    /// Requests sent at a time.
    #[arg(long, default_value_t = 1)]
    concurrency: u32,
    /// Allow headers and bodies to leave this machine for these addresses. Once allowed, this is remembered.
    #[arg(long)]
    allow_remote: bool,
    /// Print one line of JSON per request, as it ends.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let ending = Ending::watch()?;
    let engine = manage::open().await?;
    let done = replay(&engine, &arguments, &ending).await;
    manage::close(engine, done).await
}

async fn replay(engine: &Engine, arguments: &Arguments, ending: &Ending) -> Done {
    let mut deliveries = Vec::with_capacity(arguments.ids.len());
    for id in &arguments.ids {
        deliveries.push(delivery(engine, id).await?);
    }
    if arguments.allow_remote {
        for url in &arguments.to {
            engine.targets().confirm(url).await?;
        }
    }
    let changes = changes(engine, arguments, &deliveries).await?;
    let plan = ReplayPlan {
        deliveries: deliveries.iter().map(|delivery| delivery.id).collect(),
        targets: arguments.to.clone(),
        changes,
        times: arguments.times,
        delay_ms: arguments.delay,
        concurrency: arguments.concurrency,
    };
    // Subscribe before the first one is sent.
    let mut replayed = engine.replays().subscribe();
    let started = engine.replays().start(plan).await.map_err(|error| match error.code {
        Code::ConfirmTarget => Undone::Usage(format!("{} Use --allow-remote to allow it.", error.message)),
        code if code.exit() == Exit::Usage => Undone::Usage(error.message),
        _ => Undone::Refused(error),
    })?;
    let mut shown = Shown { json: arguments.json, gone: false };
    let (mut ended, mut interrupted) = (pin!(engine.replays().ended(started.run)), pin!(ending.asked()));
    let mut stopping = false;
    let run = loop {
        tokio::select! {
            biased;
            () = &mut interrupted, if !stopping => {
                stopping = true;
                // Requests in flight are still shown meanwhile.
                let (engine, run) = (engine.clone(), started.run);
                tokio::spawn(async move { engine.replays().stop(run).await });
            }
            told = replayed.recv() => match told {
                Ok(outbound) => shown.one(&outbound)?,
                Err(RecvError::Lagged(missed)) => not_shown(missed),
                // Not before the engine ends, and that is ours.
                Err(RecvError::Closed) => {}
            },
            run = &mut ended => break run?,
        }
    };
    while let Ok(outbound) = replayed.try_recv() {
        shown.one(&outbound)?;
    }
    shown.end(&run)?;
    Ok(code(&run))
}

/// A delivery that is to be sent.
struct Meant {
    id: i64,
    project: i64,
}

/// Finds the delivery that is meant. A missing one is reported before anything is sent.
async fn delivery(engine: &Engine, id: &str) -> Result<Meant, Undone> {
    if let Ok(number) = id.parse() {
        return match engine.replays().draft(number).await {
            Ok(draft) => Ok(Meant { id: number, project: draft.project }),
            Err(error) if error.code == Code::NotFound => {
                Err(Undone::Usage(format!("there is no delivery {number} in the history")))
            }
            Err(error) => Err(error.into()),
        };
    }
    let newest = engine.history().newest((id != "last").then_some(id)).await?;
    newest.map(|row| Meant { id: row.id, project: row.project }).ok_or_else(|| match id {
        "last" => Undone::Usage("the history is empty: there is no last delivery".into()),
        _ => Undone::Usage(format!("there is no delivery {id:?}: give its number, its webhook-id, or `last`")),
    })
}

async fn changes(engine: &Engine, arguments: &Arguments, deliveries: &[Meant]) -> Result<ReplayChanges, Undone> {
    let first = deliveries.first().ok_or_else(|| Undone::Usage("no delivery was given".into()))?;
    let draft = engine.replays().draft(first.id).await?;
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
            if named.is_empty() && deliveries.iter().any(|delivery| delivery.project != draft.project) {
                let message = "these deliveries belong to several projects: say which secret signs them with --resign \
                    SECRET";
                return Err(Undone::Usage(message.to_owned()));
            }
            signer::find(&draft.signers, named).map_err(Undone::Usage)?
        }
    };
    let time = match (arguments.shift, &sign) {
        (Some(seconds), _) => ReplayTime::Shifted { seconds },
        (None, ReplaySign::Leave) => ReplayTime::Received,
        (None, _) => ReplayTime::Now,
    };
    let id = if arguments.renew_id { ReplayId::Renew } else { ReplayId::Keep };
    Ok(ReplayChanges { headers, body, fill: false, id, time, sign, twist: arguments.twist.clone() })
}

/// Puts these lines in place of those of the same names, or at the end.
fn with_headers(mut lines: Vec<HeaderLine>, given: &[String]) -> Result<Vec<HeaderLine>, Undone> {
    let mut new = Vec::with_capacity(given.len());
    for line in given {
        let Some((name, value)) = line.split_once(':') else {
            return Err(Undone::Usage(format!("-H {line:?} is not a header line: expected NAME: VALUE")));
        };
        new.push(HeaderLine { name: name.trim().to_owned(), value: value.trim().to_owned(), base64: None });
    }
    lines.retain(|old| !new.iter().any(|line| line.name.eq_ignore_ascii_case(&old.name)));
    lines.extend(new);
    Ok(lines)
}

/// Prints requests while a run goes on. If nobody reads any more, the run goes on all the same.
struct Shown {
    json: bool,
    gone: bool,
}

impl Shown {
    fn one(&mut self, outbound: &Outbound) -> Written {
        if self.gone {
            return Ok(());
        }
        let written = match self.json {
            true => print::line(&json!(outbound)),
            false => print::text(&format!("{}\n", for_a_person(outbound))),
        };
        self.unless_gone(written)
    }

    fn end(&mut self, run: &ReplayRun) -> Written {
        if !self.json && !self.gone && run.total > 1 {
            let seconds = run.took_ms as f64 / 1000.0;
            let written = print::text(&format!("{} of {} sent in {seconds:.2} s\n", run.done, run.total));
            self.unless_gone(written)?;
        }
        if let Some(problem) = &run.problem {
            say!("{}", printable(problem));
        }
        if run.state != RunState::Done {
            say!("stopped: {} of {} were not sent", run.total.saturating_sub(run.done), run.total);
        }
        Ok(())
    }

    fn unless_gone(&mut self, written: Written) -> Written {
        if matches!(written, Err(Unwritten::ReaderGone)) {
            self.gone = true;
            return Ok(());
        }
        written
    }
}

fn not_shown(missed: u64) {
    say!("{missed} requests are not shown: they were sent faster than they could be shown");
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
    let left_out = run.problem.is_some() || run.done < run.total || run.done == 0;
    match run.state {
        // What a stop cut off has no answer, and that says nothing about who was to give it.
        RunState::Stopped | RunState::Running => exit::REJECTED,
        RunState::Done if failed > 0 => exit::NO_ANSWER,
        RunState::Done if refused || left_out => exit::REJECTED,
        RunState::Done => exit::OK,
    }
}

#[cfg(test)]
mod tests {
    use engine::ReplayTally;

    use super::*;

    #[test]
    fn it_is_0_only_where_everything_was_sent_and_taken() {
        let run = |state, done, total, failed, status| ReplayRun {
            run: 1,
            state,
            total,
            done,
            started_ms: 0,
            took_ms: 1,
            problem: None,
            targets: vec![ReplayTally {
                url: "http://localhost/".into(),
                done,
                failed,
                statuses: vec![(status, done)],
                p50_us: None,
                p95_us: None,
            }],
            outbounds: Vec::new(),
        };
        assert_eq!(code(&run(RunState::Done, 3, 3, 0, 204)), exit::OK);
        assert_eq!(code(&run(RunState::Done, 3, 3, 0, 500)), exit::REJECTED);
        assert_eq!(code(&run(RunState::Done, 3, 3, 1, 200)), exit::NO_ANSWER);
        assert_eq!(code(&run(RunState::Stopped, 2, 3, 0, 200)), exit::REJECTED);
        assert_eq!(code(&run(RunState::Stopped, 2, 3, 1, 200)), exit::REJECTED);
        assert_eq!(code(&run(RunState::Done, 2, 3, 0, 200)), exit::REJECTED);
        assert_eq!(code(&run(RunState::Done, 0, 0, 0, 200)), exit::REJECTED);
        let missing = ReplayRun { problem: Some("gone".into()), ..run(RunState::Done, 2, 2, 0, 200) };
        assert_eq!(code(&missing), exit::REJECTED);
    }
}
