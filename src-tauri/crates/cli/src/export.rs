//! `pollux export`: deliveries of the history into a file.

use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use engine::{Destination, Engine, Selection, TransferFormat, TransferState};

use crate::ending::Ending;
use crate::exit;
use crate::keys::Keys;
use crate::manage::{self, Done, Undone};
use crate::print::printable;
use crate::transfer::{self, deliveries, size};

/// Write deliveries into a file: NDJSON that loses nothing, HAR, CloudEvents, curl commands, or schemas.
#[derive(Args)]
#[command(
    after_help = "Without QUERY, all deliveries are written, oldest first. The history is the window's, or that of \
    --db.\nCredentials (authorization, cookies, API keys, the secret segment of the path) are left out unless \
    --with-credentials asks for them, and each record says what was left out. Secrets are in no export.\nThe file \
    appears under its name only once it is whole.\nExit codes: 0 done, 1 not done, 2 wrong usage.\n\nExamples:\n  \
    pollux export --to all.ndjson\n  pollux export 'type:batch.failed since:7d' --to failed.har\n  \
    pollux export --schema ts --to events.ts"
)]
pub(crate) struct Arguments {
    /// Only what this search finds, in the words of the window's search box.
    query: Option<String>,
    /// The file to write, or - for standard output.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The form, where the name of the file does not say (.ndjson, .har, .sh).
    #[arg(long, value_enum, conflicts_with = "schema")]
    format: Option<Form>,
    /// Write no deliveries, but the schema of what arrived, for each event type.
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    schema: Option<Language>,
    /// Leave credentials in.
    #[arg(long)]
    with_credentials: bool,
    /// The history in this file.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// Pollux's own, which `pollux import` reads without any loss.
    Ndjson,
    /// HTTP Archive 1.2.
    Har,
    /// CloudEvents 1.0, structured, one a line.
    Cloudevents,
    /// curl commands.
    Curl,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    /// JSON Schema.
    Json,
    /// TypeScript.
    Ts,
    /// pydantic.
    Pydantic,
}

impl Arguments {
    fn format(&self) -> Result<TransferFormat, String> {
        if let Some(schema) = self.schema {
            return Ok(match schema {
                Language::Json => TransferFormat::SchemaJson,
                Language::Ts => TransferFormat::SchemaTs,
                Language::Pydantic => TransferFormat::SchemaPydantic,
            });
        }
        if let Some(format) = self.format {
            return Ok(match format {
                Form::Ndjson => TransferFormat::Ndjson,
                Form::Har => TransferFormat::Har,
                Form::Cloudevents => TransferFormat::Cloudevents,
                Form::Curl => TransferFormat::Curl,
            });
        }
        by_name(&self.to).ok_or_else(|| {
            "the name of the file does not say which form is meant; say it with --format ndjson, har, cloudevents or curl"
                .to_owned()
        })
    }
}

fn by_name(path: &Path) -> Option<TransferFormat> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "ndjson" | "jsonl" => Some(TransferFormat::Ndjson),
        "har" => Some(TransferFormat::Har),
        "sh" => Some(TransferFormat::Curl),
        _ => None,
    }
}

pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let format = arguments.format()?;
    let ending = Ending::watch()?;
    let engine = transfer::open(arguments.db.as_deref(), &Keys::default(), false).await?;
    let done = export(&engine, arguments, format, &ending).await;
    manage::close(engine, done).await
}

async fn export(engine: &Engine, arguments: Arguments, format: TransferFormat, ending: &Ending) -> Done {
    let selection = arguments.query.map_or(Selection::All, Selection::Query);
    let piped = arguments.to.as_os_str() == "-";
    let destination = match piped {
        true => Destination::Stream("standard output".to_owned(), Box::new(io::stdout())),
        false => Destination::File(arguments.to),
    };
    let credentials = arguments.with_credentials;
    let number = engine.transfers().export_to(selection, format, destination, credentials).await.map_err(usage)?;
    let ended = transfer::ended(engine, number, ending).await?;
    Ok(match ended.state {
        TransferState::Done => {
            if !piped {
                say_plain!("{}, {}: {}", deliveries(ended.done), size(ended.bytes), printable(&ended.path));
            }
            if ended.left_out > 0 {
                say_plain!("Credentials were left out of {}.", deliveries(ended.left_out));
            }
            exit::OK
        }
        TransferState::Stopped => {
            say!("stopped: nothing was written");
            exit::REJECTED
        }
        TransferState::Failed | TransferState::Running => {
            // Whoever reads a pipe may have had enough.
            let gone = ended.error.as_deref().is_some_and(|error| error.contains("has gone away"));
            if !gone {
                say!("{}", printable(&ended.error.unwrap_or_default()));
            }
            if gone { exit::OK } else { exit::REJECTED }
        }
    })
}

/// What is wrong with the command line, apart from what went wrong.
fn usage(error: engine::Error) -> Undone {
    match error.code.exit() {
        engine::Exit::Usage => Undone::Usage(match &error.detail {
            Some(detail) => format!("{} {detail}", error.message),
            None => error.message,
        }),
        _ => Undone::Refused(error),
    }
}
