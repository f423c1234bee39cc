//! `pollux history`: what the history takes up, and what stays in it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use engine::{Deletion, Engine, HistorySizes, KeepLimits, KeepPreview, Selection, SizePartName};
use serde_json::json;

use crate::exit;
use crate::keep::{self, Most};
use crate::keys::Keys;
use crate::manage::{self, Done, Undone};
use crate::print::{self, printable};

mod health;
mod text;

const CODES: &str = "Exit codes: 0 done, 1 refused, 2 wrong usage.";

/// Show what the history takes up; set its limits; delete, pin and note deliveries.
#[derive(Args)]
#[command(after_help = format!(
    "Without a subcommand: sizes and limits. What is deleted can be taken back for ten minutes, and then leaves the \
     file.\n\nExamples:\n  pollux history\n  pollux history keep --size 5G --days 90\n  pollux history delete \
     'type:batch.failed until:2026-10-01'\n  pollux history undo\n  pollux history check\n\n{CODES}"
))]
pub(crate) struct Arguments {
    /// The history in this file instead of the window's.
    #[arg(long, value_name = "FILE", global = true)]
    db: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    #[command(flatten)]
    Opened(Opened),
    #[command(flatten)]
    File(health::OfFile),
}

/// What is done with the history opened.
#[derive(Subcommand)]
enum Opened {
    /// Set limits, or show what they would remove.
    Keep(Keep),
    /// Delete the deliveries that a search finds. They can be taken back for ten minutes.
    Delete(Delete),
    /// Take back what was deleted; without a number, the latest.
    Undo {
        /// Its number, as `delete` printed it.
        number: Option<i64>,
    },
    /// Pin deliveries: no limit removes them.
    Pin {
        /// Pollux's own numbers.
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Unpin deliveries.
    Unpin {
        /// Pollux's own numbers.
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Write a note to a delivery; without text, remove it.
    Note {
        /// Pollux's own number.
        id: i64,
        /// The note.
        text: Option<String>,
    },
    /// Rebuild the file of an older version, so that it gives space back to the disk.
    Rebuild,
}

#[derive(Args)]
struct Keep {
    /// Bytes that the history may take, such as 500M or 2G; none for no limit.
    #[arg(long, value_name = "SIZE", value_parser = keep::bytes)]
    size: Option<Most>,
    /// Days that a delivery stays; 0 for no limit.
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    /// Deliveries that stay; 0 for no limit.
    #[arg(long, value_name = "NUMBER")]
    count: Option<u64>,
    /// Bytes of the disk that stay free; none for 1 GiB, or a twentieth of a small disk.
    #[arg(long, value_name = "SIZE", value_parser = keep::bytes, conflicts_with = "project")]
    free: Option<Most>,
    /// The limits of this project, besides those for all. Its size counts headers and bodies.
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Only show what would go.
    #[arg(long)]
    preview: bool,
    /// Take the limits away: of a project all, of the history those that are not usual.
    #[arg(long, conflicts_with_all = ["size", "days", "count", "free", "preview"])]
    reset: bool,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Delete {
    /// The search, as in the window.
    query: Option<String>,
    /// All deliveries.
    #[arg(long)]
    all: bool,
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let Arguments { db, json, what } = arguments;
    let what = match what {
        Some(What::File(of_file)) => return health::run(of_file, db.as_deref(), json).await,
        Some(What::Opened(what)) => Some(what),
        None => None,
    };
    let engine = manage::open_history(db.as_deref(), &Keys::default()).await?;
    let done = act(&engine, what, json).await;
    manage::close(engine, done).await
}

async fn act(engine: &Engine, what: Option<Opened>, json: bool) -> Done {
    let history = engine.history();
    match what {
        None => shown(engine, json).await,
        Some(Opened::Keep(limits)) => kept(engine, limits, json).await,
        Some(Opened::Delete(Delete { query, all })) => {
            let selection = match query {
                Some(query) if !all => Selection::Query(query),
                _ => Selection::All,
            };
            let deletion = history.delete(selection).await?;
            deleted(&deletion, json)
        }
        Some(Opened::Undo { number }) => {
            let number = match number {
                Some(number) => number,
                None => match history.deletions().await?.first() {
                    Some(latest) => latest.number,
                    None => return Err(Undone::Usage("there is nothing that can be taken back".into())),
                },
            };
            history.undo(number).await?;
            said(json, json!({ "undone": number }), "Taken back.\n")
        }
        Some(Opened::Pin { ids }) => pinned(engine, ids, true, json).await,
        Some(Opened::Unpin { ids }) => pinned(engine, ids, false, json).await,
        Some(Opened::Note { id, text }) => {
            let words = if text.is_some() { "Noted.\n" } else { "The note is gone.\n" };
            history.note(id, text.clone()).await?;
            said(json, json!({ "id": id, "note": text }), words)
        }
        Some(Opened::Rebuild) => {
            let before = history.sizes().await?.total_bytes;
            history.rebuild().await?;
            let after = history.sizes().await?.total_bytes;
            let words = format!("Rebuilt: {} before, {} now.\n", text::size(before), text::size(after));
            said(json, json!({ "before": before, "after": after }), &words)
        }
    }
}

fn said(json: bool, value: serde_json::Value, words: &str) -> Done {
    if json {
        print::line(&value)?
    } else {
        print::text(words)?
    }
    Ok(exit::OK)
}

async fn pinned(engine: &Engine, ids: Vec<i64>, pinned: bool, json: bool) -> Done {
    let asked = ids.len() as u64;
    let found = engine.history().pin(ids, pinned).await?;
    let what = if pinned { "Pinned" } else { "Unpinned" };
    said(json, json!({ "pinned": pinned, "deliveries": found }), &format!("{what} {}.\n", text::deliveries(found)))?;
    if found < asked {
        say!("{} not there", if asked - found == 1 { "1 is".to_owned() } else { format!("{} are", asked - found) });
        return Ok(exit::REJECTED);
    }
    Ok(exit::OK)
}

fn deleted(deletion: &Deletion, json: bool) -> Done {
    let words = format!(
        "Deleted {} ({}). To take {} back until {}: pollux history undo {}\n",
        text::deliveries(deletion.deliveries),
        text::size(deletion.bytes),
        if deletion.deliveries == 1 { "it" } else { "them" },
        manage::time(deletion.until_ms),
        deletion.number
    );
    said(json, json!(deletion), &words)
}

async fn shown(engine: &Engine, json: bool) -> Done {
    let sizes = engine.history().sizes().await?;
    if json {
        print::line(&json!(sizes))?;
        return Ok(exit::OK);
    }
    let names = engine.projects().list();
    let name = |id: i64| names.iter().find(|one| one.id == id).map_or_else(|| format!("#{id}"), |one| one.name.clone());
    print::text(&text::sizes(&sizes, &name))?;
    let deletions = engine.history().deletions().await?;
    for deletion in deletions {
        print::text(&format!(
            "Deleted, can be taken back until {}: {} ({}), number {}\n",
            manage::time(deletion.until_ms),
            text::deliveries(deletion.deliveries),
            printable(&deletion.what),
            deletion.number
        ))?;
    }
    Ok(exit::OK)
}

async fn kept(engine: &Engine, asked: Keep, json: bool) -> Done {
    let history = engine.history();
    let project = match &asked.project {
        None => None,
        Some(named) => {
            let found = engine.projects().list().into_iter().find(|project| project.name == named.trim());
            let there_is_none = || Undone::Usage(format!("there is no project {named:?}"));
            Some(found.ok_or_else(there_is_none)?.id)
        }
    };
    let sizes = history.sizes().await?;
    if asked.reset {
        history.set_limits(project, None).await?;
        return said(json, json!({ "reset": true }), "Done.\n");
    }
    let before = match project {
        None => Some(sizes.limits.clone()),
        Some(id) => sizes.per_project.iter().find(|one| one.project == id).and_then(|one| one.limits.clone()),
    };
    let before = before.unwrap_or_default();
    let limits = KeepLimits {
        max_bytes: asked.size.map_or(before.max_bytes, |Most(bytes)| bytes),
        max_days: asked.days.map_or(before.max_days, |days| Some(days).filter(|days| *days > 0)),
        max_count: asked.count.map_or(before.max_count, |count| Some(count).filter(|count| *count > 0)),
        free_bytes: asked.free.map_or(before.free_bytes, |Most(bytes)| bytes),
    };
    let preview = history.preview(project, limits.clone()).await?;
    if !asked.preview {
        history.set_limits(project, Some(limits.clone())).await?;
    }
    let value = json!({ "limits": limits, "preview": preview, "set": !asked.preview });
    let words = text::kept(&limits, &preview, !asked.preview);
    said(json, value, &words)
}
