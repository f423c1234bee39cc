//! `pollux search`: deliveries of the history, in the words of the window's search box.

use std::path::PathBuf;

use clap::Args;
use engine::{Engine, Tail};

use crate::exit;
use crate::keys::Keys;
use crate::listen::lines::delivery_json;
use crate::manage::{self, Done, Undone};
use crate::print::{self, Unwritten, printable};

/// Deliveries that a person is shown without asking for more.
const SHOWN: usize = 50;
/// Deliveries that are read and printed at once.
const PAGE: usize = 200;

/// Find deliveries of the history.
#[derive(Args)]
#[command(
    after_help = "QUERY is what the window's search box takes: conditions side by side must all be met, `-` excludes, `or` \
    and parentheses join. Text without a field is looked for in path, headers and body.\nThe newest are printed first; the \
    history may be in use by a window.\nExit codes: 0 found, 1 nothing found, 2 not understood.\n\nExamples:\n  pollux search \
    'type:batch.failed since:1h'\n  pollux search 'answer:5xx -project:Sandbox' --json | jq .message_id\n  pollux search \
    'body.data.id:batches/123 or \"batches/123\"' --count"
)]
pub(crate) struct Arguments {
    /// What to find.
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    query: String,
    /// Print one line of JSON for each delivery, as `pollux listen --json` does.
    #[arg(long)]
    json: bool,
    /// Print only how many there are.
    #[arg(long)]
    count: bool,
    /// Print at most so many, the newest. Without it: 50, or all with --json.
    #[arg(long, value_name = "N", conflicts_with = "count", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// The file of the history. Without it, the window's.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let engine = manage::open_history(arguments.db.as_deref(), &Keys::default()).await?;
    let done = search(&engine, &arguments).await;
    manage::close(engine, done).await
}

async fn search(engine: &Engine, arguments: &Arguments) -> Done {
    understood(engine, &arguments.query)?;
    let history = engine.history();
    let limit = match (arguments.limit, arguments.json) {
        (Some(limit), _) => Some(limit as usize),
        (None, true) => None,
        (None, false) => Some(SHOWN),
    };
    let mut ids = match limit.filter(|_| !arguments.count) {
        // One more says whether there are more.
        Some(limit) => history.newest_found(&arguments.query, limit.saturating_add(1)).await?,
        None => {
            let mut ids = history.found(&arguments.query).await?;
            ids.reverse();
            ids
        }
    };
    let code = if ids.is_empty() { exit::REJECTED } else { exit::OK };
    if arguments.count {
        let written = match arguments.json {
            true => print::line(&serde_json::json!({ "count": ids.len() })),
            false => print::text(&format!("{}\n", ids.len())),
        };
        settled(written)?;
        return Ok(code);
    }
    let more = limit.is_some_and(|limit| ids.len() > limit);
    ids.truncate(limit.unwrap_or(usize::MAX));
    let mut tail = history.tail().await?;
    for page in ids.chunks(PAGE) {
        if !show(&mut tail, page, arguments.json).await? {
            return Ok(code);
        }
    }
    if more && arguments.limit.is_none() {
        say_plain!("The newest {SHOWN}. --limit shows more, --count tells how many there are.");
    }
    Ok(code)
}

/// Prints a page. False if nobody reads any more.
async fn show(tail: &mut Tail, ids: &[i64], as_json: bool) -> Result<bool, Undone> {
    for arrival in tail.of(ids).await? {
        let written = match as_json {
            true => print::line(&delivery_json(&arrival)),
            false => print::text(&print::row(&arrival.row, &day_and_time(&arrival.received))),
        };
        match written {
            Ok(()) => {}
            Err(Unwritten::ReaderGone) => return Ok(false),
            Err(unwritten) => return Err(unwritten.into()),
        }
    }
    Ok(true)
}

/// The exit code says it even if nobody reads the words.
fn settled(written: print::Written) -> Result<(), Undone> {
    print::settled(written).map_err(|message| Undone::Unwritten(message.into()))
}

/// Says what is wrong with a query, where, and what may have been meant.
fn understood(engine: &Engine, query: &str) -> Result<(), Undone> {
    let read = engine.history().query_read(query);
    if read.problems.is_empty() {
        return Ok(());
    }
    let units: Vec<u16> = query.encode_utf16().collect();
    let piece = |start: u32, end: u32| {
        let piece = units.get(start as usize..end as usize).unwrap_or_default();
        printable(&String::from_utf16_lossy(piece))
    };
    let line = |problem: &engine::QueryProblem| {
        let wrong = piece(problem.start, problem.end);
        let at = if wrong.trim().is_empty() { String::new() } else { format!("`{wrong}`: ") };
        let nearest = problem.nearest.as_deref().filter(|nearest| !nearest.is_empty());
        let nearest = nearest.map(|nearest| format!(" Did you mean `{}`?", printable(nearest))).unwrap_or_default();
        format!("{at}{}{nearest}", printable(&problem.message))
    };
    Err(Undone::Usage(read.problems.iter().map(line).collect::<Vec<_>>().join("\n")))
}

/// `11-29 20:15:07` of an RFC 3339 time, in UTC as everything that `pollux` prints.
fn day_and_time(received: &str) -> String {
    let (day, time) = (received.get(5..10).unwrap_or_default(), received.get(11..19).unwrap_or_default());
    format!("{day} {time}")
}
