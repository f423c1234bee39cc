//! `pollux watch`: what should have been told and was not, for a machine that asks now and then.

use std::time::Duration;

use clap::Args;
use engine::{Engine, JobFinding, Project};
use owo_colors::Style;
use serde_json::json;

use crate::manage::{self, Done, Undone, now_ms, utc};
use crate::print::{self, paint, printable};
use crate::{exit, span};

/// Find out what should have been told and was not.
#[derive(Args)]
#[command(
    after_help = "With --missed the service's list is read, and each job that ended within --since and longer ago \
    than --grace is looked at: whether its event arrived in the history, was verified and accepted, and if not, \
    why. The history is the window's, or that of a pollux listen with --db and the same file. Interactions and \
    videos are looked at if they were sent or opened here, because the service does not list them.\nLengths of \
    time: 90s, 10m, 24h, 7d.\nExit codes: 0 nothing was missed, 1 something was, 2 wrong usage, 4 a service could \
    not be asked, and nothing is known to be missed.\n\nExample, once an hour:\n  pollux watch --missed --since 2h \
    --json"
)]
pub(crate) struct Arguments {
    /// Look for jobs that ended and whose event never came, or does not count.
    #[arg(long)]
    missed: bool,
    /// How long ago a job may have ended.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = span::duration)]
    since: Duration,
    /// How long an event may take to come.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = span::duration)]
    grace: Duration,
    /// The project's name. Without it, all projects that have an API key.
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Print one line of JSON for each finding, with its evidence.
    #[arg(long)]
    json: bool,
}

/// Looks once.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    if !arguments.missed {
        return Err("say what to watch for: --missed".into());
    }
    let engine = manage::open().await?;
    let done = missed(&engine, &arguments).await;
    manage::close(engine, done).await
}

async fn missed(engine: &Engine, arguments: &Arguments) -> Done {
    let all = manage::projects(engine);
    let projects = match arguments.project.as_deref() {
        Some(named) => vec![manage::pick(&all, Some(named))?],
        None => all.into_iter().filter(|project| project.api_key.is_some()).collect(),
    };
    if projects.is_empty() {
        return Err(Undone::Usage("no project has an API key yet: pollux project add NAME adds one".into()));
    }
    let since_ms = now_ms().saturating_sub(i64::try_from(arguments.since.as_millis()).unwrap_or(i64::MAX));
    let (mut found, mut unasked) = (0_usize, false);
    for project in &projects {
        match engine.jobs().missed(project.id, since_ms, arguments.grace).await {
            Ok(missed) => {
                found += missed.len();
                for one in missed {
                    match arguments.json {
                        true => print::line(&json!(one))?,
                        false => print::text(&in_words(project, &one, projects.len() > 1))?,
                    }
                }
            }
            Err(error) => {
                // The other projects are looked at all the same.
                unasked = true;
                say!("{}: the project could not be looked at", printable(&project.name));
                manage::complain(&error);
            }
        }
    }
    if found == 0 && !unasked && !arguments.json {
        print::text("Nothing was missed.\n")?;
    }
    Ok(match (found, unasked) {
        (1.., _) => exit::REJECTED,
        (0, true) => exit::NO_ANSWER,
        (0, false) => exit::OK,
    })
}

/// `✕ 2026-11-22 08:12:07Z  batches/k3v9 (Nightly)  batch.succeeded: the tunnel was down (tunnel_down)`
fn in_words(project: &Project, finding: &JobFinding, several: bool) -> String {
    let of = if several { format!("{}  ", printable(&project.name)) } else { String::new() };
    let title = finding.title.as_deref().filter(|title| !title.is_empty());
    let title = title.map(|title| format!(" ({})", printable(title))).unwrap_or_default();
    let cause = json!(finding.brief.cause);
    format!(
        "{} {}  {of}{}{title}  {}: {} ({})\n",
        paint("✕", Style::new().red()),
        utc(finding.ended_ms),
        printable(&finding.name),
        printable(&finding.event_type),
        printable(&finding.brief.words),
        cause.as_str().unwrap_or_default(),
    )
}
