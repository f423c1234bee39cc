//! `pollux import`: deliveries out of files into the history.

use std::io;
use std::path::PathBuf;

use clap::Args;
use engine::{Engine, Source, Transfer, TransferState};
use serde_json::json;

use crate::ending::Ending;
use crate::exit;
use crate::keys::Keys;
use crate::manage::{self, Done};
use crate::print::{self, printable};
use crate::transfer::{self, deliveries};

/// Bring deliveries of a file into the history: Pollux's NDJSON, a HAR of any tool, or curl commands.
#[derive(Args)]
#[command(
    after_help = "Each delivery is verified again with the keys of today, at the time of its arrival; the verdict \
    in the file is not believed. Imported deliveries say so, and set off nothing: no forward, no alarm.\nDoing it twice \
    changes nothing: what is there already is left as it is.\nThe history is the window's, or that of --db, which is \
    made if it is not there. With --db, the only keys are those given here.\nExit codes: 0 all was taken, 1 something \
    was refused, 2 wrong usage or a file that could not be read.\n\nExamples:\n  pollux import deliveries.ndjson\n  \
    pollux import --db new.db --secret-file secret.txt chrome.har\n  pbpaste | pollux import -"
)]
pub(crate) struct Arguments {
    /// The files, or - for standard input.
    #[arg(required = true, value_name = "FILE|-")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    /// The history in this file.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Print one line of JSON per file.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    if arguments.db.is_none() && arguments.keys.has_jwks() {
        return Err("--jwks goes with --db: the window's history has the published keys of its projects".to_owned());
    }
    let ending = Ending::watch()?;
    let engine = transfer::open(arguments.db.as_deref(), &arguments.keys, true).await?;
    let done = import(&engine, &arguments, &ending).await;
    manage::close(engine, done).await
}

async fn import(engine: &Engine, arguments: &Arguments, ending: &Ending) -> Done {
    // A history of its own has them as its only keys.
    let extra = match arguments.db {
        Some(_) => Vec::new(),
        None => arguments.keys.secrets().map_err(|problem| manage::Undone::Usage(problem.message()))?,
    };
    let mut code = exit::OK;
    for file in &arguments.files {
        let source = match file.as_os_str() == "-" {
            true => Source::Stream("standard input".to_owned(), Box::new(io::stdin())),
            false => Source::File(file.clone()),
        };
        let number = match engine.transfers().import_from(source, extra.clone()).await {
            Ok(number) => number,
            Err(error) if error.code == engine::Code::NotReadable => {
                manage::complain(&error);
                code = exit::USAGE;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let ended = transfer::ended(engine, number, ending).await?;
        code = code.max(told(&ended, arguments.json)?);
        if ended.state == TransferState::Stopped {
            break;
        }
    }
    Ok(code)
}

/// Says how it ended.
fn told(ended: &Transfer, as_json: bool) -> Result<u8, manage::Undone> {
    for problem in &ended.problems {
        say_plain!("{}:{}: {}", printable(&ended.path), problem.line, printable(&problem.message));
    }
    let more = ended.refused.saturating_sub(ended.problems.len() as u64);
    if more > 0 {
        say_plain!("{}: {more} more were refused.", printable(&ended.path));
    }
    for name in &ended.unknown_projects {
        say_plain!("There is no project {:?} here: its deliveries went to the default project.", printable(name));
    }
    if as_json {
        print::line(&json!(ended))?;
    } else {
        let mut line = format!(
            "{}: {} new ({} verified, {} rejected, {} unchecked), {} there already",
            printable(&ended.path),
            ended.new,
            ended.verified,
            ended.rejected,
            ended.unchecked,
            ended.known
        );
        if ended.unbound > 0 {
            line.push_str(&format!(", {} with a genuine token that does not cover the body", ended.unbound));
        }
        if ended.refused > 0 {
            line.push_str(&format!(", {} refused", ended.refused));
        }
        print::text(&format!("{line}\n"))?;
    }
    Ok(match ended.state {
        TransferState::Done if ended.refused == 0 => exit::OK,
        TransferState::Done => exit::REJECTED,
        TransferState::Stopped => {
            say!("stopped: {} of it had been stored and stay", deliveries(ended.new));
            exit::REJECTED
        }
        TransferState::Failed | TransferState::Running => {
            say!("{}: {}", printable(&ended.path), printable(ended.error.as_deref().unwrap_or_default()));
            if ended.done == 0 { exit::USAGE } else { exit::REJECTED }
        }
    })
}
