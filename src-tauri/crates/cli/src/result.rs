//! `pollux result`: what a job made, or what a pointer leads to, without a window.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use clap::{Args, ValueEnum};
use engine::{Engine, JobPhase, ResultKind, ResultSource, ResultState, ResultView, RowFilter, Whole};
use serde_json::json;

use crate::ending::Ending;
use crate::exit;
use crate::manage::{self, Done, Undone};
use crate::print::{self, Unwritten, printable};
use crate::result::out::{Streamed, not_written};
use crate::transfer::{show, size};

mod out;
mod text;

/// How often to show how far it is.
const TICK: Duration = Duration::from_millis(200);

/// Fetch a result.
#[derive(Args)]
#[command(
    after_help = "NAME is a job (batches/…, interactions/…, models/…/operations/…), a file (files/…) or an address \
    of the service; an existing file of rows on this machine is counted and filtered in the same way. The copy that is \
    fetched is removed in the end.\nOf a batch, the lines of its rows are written byte for byte, and what was \
    counted is said on standard error. Which rows are missing is known from the file with the requests: it is kept \
    if the batch was sent from here, and else --requests gives it. A missing row is written as its request.\nA \
    file without rows, such as a video, is written as it is. An interaction prints its steps.\nExit codes: 0 \
    all rows are good, 1 some failed or are missing, or there is no result (yet); 2 wrong usage, 4 no \
    answer.\n\nExamples:\n  pollux result batches/k3v9 > rows.jsonl\n  pollux result batches/k3v9 --rows failed \
    --out failed.jsonl --json\n  pollux result rows.jsonl --requests requests.jsonl --rows missing"
)]
pub(crate) struct Arguments {
    /// A job, a file or an address of the service, or a file of rows on this machine.
    #[arg(value_name = "NAME")]
    source: String,
    /// Which rows of a batch to write.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Which::All)]
    rows: Which,
    /// The JSONL file with the requests that the batch was made from.
    #[arg(long, value_name = "FILE")]
    requests: Option<PathBuf>,
    /// Write into this file, whole or not at all, instead of to standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The project's name. Not needed while only one has an API key, nor for a file on this machine.
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// With --out, print what was counted as one JSON object. Of an interaction, print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Which {
    /// All rows of the output
    All,
    /// Rows with an error, blocked, cut off, empty or unreadable ones
    Failed,
    /// Requests that no row answers
    Missing,
}

/// Fetches it and writes it.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let ending = Ending::watch()?;
    let engine = manage::open().await?;
    let done = opened(&engine, &arguments, &ending).await;
    manage::close_with(engine, done, "pollux jobs list").await
}

async fn opened(engine: &Engine, arguments: &Arguments, ending: &Ending) -> Done {
    let source = match is_here(&arguments.source) {
        true => ResultSource::File { path: arguments.source.clone() },
        false => {
            let project = manage::pick(&manage::projects(engine), arguments.project.as_deref())?;
            ResultSource::Name { project: project.id, text: arguments.source.clone() }
        }
    };
    let view = tokio::select! {
        view = engine.results().open(source) => view?,
        () = ending.asked() => return Ok(stopped()),
    };
    let done = written(engine, view.id, arguments, ending).await;
    // The copy that was fetched goes, whatever came of it.
    if let Err(error) = engine.results().close(view.id) {
        tracing::warn!(code = %error.code, "the copy of a result could not be removed");
    }
    done
}

/// Whether a file on this machine is meant. What the service calls its own things is always the service's.
fn is_here(source: &str) -> bool {
    const ITS: [&str; 7] = ["files/", "batches/", "interactions/", "models/", "operations/", "http://", "https://"];
    !ITS.iter().any(|start| source.starts_with(start)) && Path::new(source).is_file()
}

async fn written(engine: &Engine, id: u32, arguments: &Arguments, ending: &Ending) -> Done {
    let Some(view) = fetched(engine, id, arguments, ending).await? else { return Ok(stopped()) };
    match view.kind {
        ResultKind::Rows => rows(engine, view, arguments, ending).await,
        ResultKind::Interaction => interaction(engine, &view, arguments).await,
        _ => whole(engine, &view, arguments, ending).await,
    }
}

/// Waits until all of it is here, with the progress on standard error if a person is there. `None`: it was stopped.
async fn fetched(
    engine: &Engine,
    id: u32,
    arguments: &Arguments,
    ending: &Ending,
) -> Result<Option<ResultView>, Undone> {
    let results = engine.results();
    let shows = io::stderr().is_terminal();
    let mut tick = tokio::time::interval(TICK);
    let mut ended = pin!(results.ended(id));
    let ended = loop {
        tokio::select! {
            view = &mut ended => break view?,
            () = ending.asked() => break results.stop(id).await?,
            _ = tick.tick() => {
                let view = results.view(id)?;
                fits(&view, arguments)?;
                if shows {
                    show(&text::progress(&view));
                }
            }
        }
    };
    if shows {
        show("");
    }
    match (ended.state, &ended.error) {
        (ResultState::Failed, Some(error)) => Err(error.clone().into()),
        (ResultState::Ready, _) => {
            fits(&ended, arguments)?;
            Ok(Some(ended))
        }
        _ => Ok(None),
    }
}

/// Says before all of it is fetched that it cannot be written as it was asked for.
fn fits(view: &ResultView, arguments: &Arguments) -> Result<(), Undone> {
    if matches!(view.kind, ResultKind::Unknown | ResultKind::Rows) {
        return Ok(());
    }
    if arguments.rows != Which::All || arguments.requests.is_some() {
        return Err(Undone::Usage(format!("{} has no rows", printable(&view.name))));
    }
    if view.kind != ResultKind::Interaction && arguments.out.is_none() && io::stdout().is_terminal() {
        let what = view.mime_type.as_deref().unwrap_or("a file");
        return Err(Undone::Usage(format!(
            "{} is {}, which is not written to a terminal: name a file with --out",
            printable(&view.name),
            printable(what)
        )));
    }
    Ok(())
}

/// Writes rows, and says how many are of use.
async fn rows(engine: &Engine, mut view: ResultView, arguments: &Arguments, ending: &Ending) -> Done {
    let results = engine.results();
    if let Some(path) = &arguments.requests {
        // It is remembered with the job, wherever the next command runs.
        let path = std::path::absolute(path)
            .map_err(|error| Undone::Usage(format!("{}: {error}", printable(&path.display().to_string()))))?;
        view = results.give_requests(view.id, path).await?;
    }
    if arguments.rows == Which::Missing && !view.has_requests {
        let message = "which rows are missing is known from the file with the requests only: --requests FILE";
        return Err(Undone::Usage(message.into()));
    }
    let filter = match arguments.rows {
        Which::All => RowFilter::All,
        Which::Failed => RowFilter::Failed,
        Which::Missing => RowFilter::Missing,
    };
    let summary = view.summary.clone().unwrap_or_default();
    match &arguments.out {
        Some(path) => {
            let part = Whole::beside(path)?;
            let file = part.file().try_clone().map_err(|error| not_written(path, error))?;
            let saved = results.write_rows(view.id, filter, ending.stops(file)).await;
            if ending.began() {
                return Ok(stopped());
            }
            let saved = saved?;
            part.keep()?;
            if arguments.json {
                let mut object = json!(summary);
                object["name"] = json!(view.name);
                object["written"] = json!(saved.lines);
                object["out"] = json!(path.display().to_string());
                print::line(&object)?;
            } else {
                say_plain!("{}", text::counts(&summary));
                say_plain!("{} written to {}", text::lines(saved.lines), printable(&path.display().to_string()));
            }
        }
        None => {
            let (streamed, failed) = Streamed::new();
            let saved = results.write_rows(view.id, filter, ending.stops(streamed)).await;
            let failed = failed.lock().take();
            match (failed, saved) {
                _ if ending.began() => return Ok(stopped()),
                // Whoever reads had enough. The exit code says all the same how the rows are.
                (Some(Unwritten::ReaderGone), _) | (None, Ok(_)) => {}
                (Some(failed), _) => return Err(failed.into()),
                (None, Err(error)) => return Err(error.into()),
            }
            say_plain!("{}", text::counts(&summary));
        }
    }
    let good = summary.failed == 0 && summary.missing.unwrap_or_default() == 0;
    Ok(if good { exit::OK } else { exit::REJECTED })
}

/// Writes a file that is no rows.
async fn whole(engine: &Engine, view: &ResultView, arguments: &Arguments, ending: &Ending) -> Done {
    let results = engine.results();
    match &arguments.out {
        Some(path) => {
            let part = Whole::beside(path)?;
            let file = part.file().try_clone().map_err(|error| not_written(path, error))?;
            let bytes = results.write_file(view.id, ending.stops(file)).await;
            if ending.began() {
                return Ok(stopped());
            }
            let bytes = bytes?;
            part.keep()?;
            let path = path.display().to_string();
            match arguments.json {
                true => print::line(&json!({
                    "name": view.name, "mime_type": view.mime_type, "bytes": bytes, "out": path,
                }))?,
                false => say_plain!("{} written to {}", size(bytes), printable(&path)),
            }
        }
        None => {
            let (streamed, failed) = Streamed::new();
            let written = results.write_file(view.id, ending.stops(streamed)).await;
            let failed = failed.lock().take();
            match (failed, written) {
                _ if ending.began() => return Ok(stopped()),
                (Some(failed), _) => return Err(failed.into()),
                (None, written) => drop(written?),
            }
        }
    }
    Ok(exit::OK)
}

/// Prints an interaction's steps.
async fn interaction(engine: &Engine, view: &ResultView, arguments: &Arguments) -> Done {
    let (Some(project), Some(job)) = (view.project, &view.job) else {
        return Err(Undone::Usage(format!("{} is no interaction that is known", printable(&view.name))));
    };
    let detail = engine.jobs().get(project, job, false).await?;
    let text = match arguments.json {
        true => format!("{}\n", crate::escape::json(&text::interaction_object(&detail))),
        false => text::interaction(&detail),
    };
    match &arguments.out {
        Some(path) => {
            let part = Whole::beside(path)?;
            part.file().write_all(text.as_bytes()).map_err(|error| not_written(path, error))?;
            part.keep()?;
            say_plain!("{} written to {}", size(text.len() as u64), printable(&path.display().to_string()));
        }
        None => print::text(&text)?,
    }
    Ok(match detail.job.phase {
        JobPhase::Succeeded => exit::OK,
        _ => exit::REJECTED,
    })
}

fn stopped() -> u8 {
    say!("stopped before all of it was written");
    exit::REJECTED
}
