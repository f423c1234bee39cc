//! `pollux jobs`: the batches, interactions and videos of a project, without a window.

use clap::{Args, Subcommand, ValueEnum};
use engine::{Engine, Error, JobDetail, JobFilter, JobFinding, JobKind, JobPage, Project};
use serde_json::{Value, json};

use crate::ending::Ending;
use crate::exit;
use crate::manage::{self, Done, now_ms};
use crate::print::{self, printable};

mod dispatch;
mod text;
mod watch;

/// Said at the end of each help text.
const CODES: &str = "Exit codes: 0 done, 1 the service refused it or does not know the job, 2 wrong usage, 4 no \
    answer, 5 it is not known whether it was done.";
/// Batches on a page of the service.
const SERVED: u32 = 100;
/// The most pages to ask of the service for one list.
const PAGES: u32 = 20;
/// Jobs to read at once.
const ROWS: u32 = 200;

/// List, show, watch, cancel and send jobs.
#[derive(Args)]
#[command(after_help = CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
    /// The project's name. Not needed while only one has an API key.
    #[arg(long, value_name = "NAME", global = true)]
    project: Option<String>,
    /// Print one JSON object, for a list one array, and for a watch one line each.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum What {
    /// List jobs: those that wait for an answer, those that run, then those that ended, the newest first.
    #[command(after_help = format!(
        "The service lists batches only. Interactions and videos are listed as they were last asked about, if they \
         were sent, opened or told of here.\n\nExample:\n  pollux jobs list --kind batch --filter nightly\n\n{CODES}"
    ))]
    List(List),
    /// Ask the service about a job, and show all that is known of it.
    #[command(after_help = format!(
        "Batches are seen only by the API key that made them. If the service does not know one, other projects of \
         the same service are named, whose key may have made it.\n\nExample:\n  pollux jobs show batches/k3v9 \
         --json\n\n{CODES}"
    ))]
    Show {
        /// Its name, its id, or an address of the service that ends with it.
        name: String,
    },
    /// Print a line at each change of a job, until it ends.
    #[command(
        after_help = "A service on this machine is asked every second, another one every 5 s at first and every \
        60 s in the end. Ctrl-C stops watching, and the job goes on.\nExit codes: 0 it succeeded, 1 it failed, was \
        cancelled, expired, waits for an answer (requires_action), or is not known; 2 wrong usage, 4 no answer.\n\n\
        Example:\n  pollux jobs watch batches/k3v9 && pollux result batches/k3v9 > rows.jsonl"
    )]
    Watch {
        /// Its name, its id, or an address of the service that ends with it.
        name: String,
    },
    /// Cancel a batch or an interaction. The service has no method for videos.
    #[command(after_help = format!("Example:\n  pollux jobs cancel batches/k3v9\n\n{CODES}"))]
    Cancel {
        /// Its name, its id, or an address of the service that ends with it.
        name: String,
    },
    /// Send a new job, and print it.
    #[command(after_help = format!(
        "A job that is sent to a service on the internet may cost money: without --yes you are asked first.\n\n\
         Example:\n  pollux jobs dispatch batch --model gemini-2.5-flash --file requests.jsonl --title \
         nightly\n\n{CODES}"
    ))]
    Dispatch(Box<dispatch::Arguments>),
}

#[derive(Args)]
struct List {
    /// Only jobs of this kind.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Only jobs with this text in name, title, model, metadata or state.
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    /// List at most so many.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Answers to many requests
    Batch,
    /// An answer in the background
    Interaction,
    /// A video
    Video,
}

impl Kind {
    fn meant(self) -> JobKind {
        match self {
            Self::Batch => JobKind::Batch,
            Self::Interaction => JobKind::Interaction,
            Self::Video => JobKind::Video,
        }
    }
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    // Only a watch is there to be stopped. Everything else may end where it is.
    let ending = match &arguments.what {
        What::Watch { .. } => Some(Ending::watch()?),
        _ => None,
    };
    let engine = manage::open().await?;
    let done = asked(&engine, arguments, ending.as_ref()).await;
    manage::close_with(engine, done, "pollux jobs list").await
}

async fn asked(engine: &Engine, arguments: Arguments, ending: Option<&Ending>) -> Done {
    let project = manage::pick(&manage::projects(engine), arguments.project.as_deref())?;
    let as_json = arguments.json;
    match arguments.what {
        What::List(wanted) => list(engine, &project, wanted, as_json).await,
        What::Show { name } => show(engine, &project, &name, as_json).await,
        What::Watch { name } => watch::watch(engine, &project, &name, ending, as_json).await,
        What::Cancel { name } => cancel(engine, &project, &name, as_json).await,
        What::Dispatch(job) => dispatch::dispatch(engine, &project, *job, as_json).await,
    }
}

async fn list(engine: &Engine, project: &Project, wanted: List, as_json: bool) -> Done {
    engine.jobs().catch_up().await?;
    let (room, limit) = (engine.jobs(), wanted.limit);
    room.refresh(project.id).await?;
    let filter = JobFilter { text: wanted.filter, kind: wanted.kind.map(Kind::meant), missed: false };
    // The service lists batches only.
    let listed = wanted.kind.is_none_or(|kind| kind == Kind::Batch);
    let enough = |page: &JobPage, pages: u32| page.matched >= limit && pages.saturating_mul(SERVED) >= limit;
    let (mut page, mut pages) = (room.page(project.id, filter.clone(), 0, limit.min(ROWS)).await?, 1);
    while listed && page.listed.more && pages < PAGES && !enough(&page, pages) {
        room.more(project.id).await?;
        page = room.page(project.id, filter.clone(), 0, limit.min(ROWS)).await?;
        pages += 1;
    }
    let (matched, mut jobs) = (page.matched, std::mem::take(&mut page.jobs));
    loop {
        let start = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        if start >= limit.min(matched) {
            break;
        }
        let next = room.page(project.id, filter.clone(), start, (limit - start).min(ROWS)).await?.jobs;
        if next.is_empty() {
            break;
        }
        jobs.extend(next);
    }
    if listed && page.listed.more && pages == PAGES {
        say_plain!("The service has more batches: only the newest {} were read.", PAGES * SERVED);
    }
    if as_json {
        print::line(&json!(jobs))?;
        return Ok(exit::OK);
    }
    if jobs.is_empty() {
        let all = filter == JobFilter::default();
        print::text(if all { "The project has no jobs that are known.\n" } else { "No job is like this.\n" })?;
        return Ok(exit::OK);
    }
    let now = now_ms();
    let rows: Vec<_> = jobs.iter().map(|job| text::row(job, now)).collect();
    manage::table(&["STATE", "NAME", "TITLE", "MODEL", "ENDED", "TOLD BY"], &rows)?;
    if matched > limit {
        say_plain!("These are {limit} of {matched}. --limit shows more.");
    }
    Ok(exit::OK)
}

async fn show(engine: &Engine, project: &Project, name: &str, as_json: bool) -> Done {
    engine.jobs().catch_up().await?;
    let detail = engine.jobs().open(project.id, name).await?;
    let finding = finding(engine, &detail).await?;
    // Of a job that nobody has told of there is nothing to show but its name.
    let known = !detail.job.state.is_empty() || !detail.deliveries.is_empty() || detail.job.dispatched_ms.is_some();
    if known {
        match as_json {
            true => print::line(&object(&detail, finding.as_ref()))?,
            false => print::text(&text::block(&detail, finding.as_ref()))?,
        }
    }
    Ok(detail.problem.as_ref().map_or(exit::OK, |problem| told(problem, &detail)))
}

/// What the watchdog finds, once the event should have come.
async fn finding(engine: &Engine, detail: &JobDetail) -> engine::Result<Option<JobFinding>> {
    let job = &detail.job;
    let over = job.finding.is_some() || job.grace_until_ms.is_some_and(|until| until < now_ms());
    match over {
        true => engine.jobs().finding(job.project, &job.name).await,
        false => Ok(None),
    }
}

async fn cancel(engine: &Engine, project: &Project, name: &str, as_json: bool) -> Done {
    let detail = engine.jobs().open(project.id, name).await?;
    if let Some(problem) = &detail.problem {
        return Ok(told(problem, &detail));
    }
    let detail = engine.jobs().cancel(project.id, &detail.job.name).await?;
    tell(&detail, as_json)
}

/// Prints a job to which something was just done.
fn tell(detail: &JobDetail, as_json: bool) -> Done {
    match as_json {
        true => print::line(&json!(detail.job))?,
        false => print::text(&text::block(detail, None))?,
    }
    // It was done; only how it stands now could not be asked.
    if let Some(problem) = &detail.problem {
        manage::complain(problem);
    }
    Ok(exit::OK)
}

/// Says why the service could not tell of a job, and gives the exit code.
fn told(problem: &Error, detail: &JobDetail) -> u8 {
    manage::complain(problem);
    for key in &detail.other_keys {
        let name = match key.name.contains(char::is_whitespace) {
            true => format!("{:?}", key.name),
            false => key.name.clone(),
        };
        say_plain!("  Perhaps another key made it: try --project {} ({})", printable(&name), printable(&key.hint));
    }
    problem.code.exit() as u8
}

/// All that is known of a job, for scripts.
fn object(detail: &JobDetail, finding: Option<&JobFinding>) -> Value {
    let mut object = json!(detail);
    // The service's answer is JSON already.
    object["raw"] = detail.raw.as_deref().and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default();
    object["finding"] = json!(finding);
    object
}
