//! Sends new jobs. What may cost money is sent only once somebody agreed.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use engine::{BatchRequests, Engine, JobMetadata, NewJob, NewWork, Project};

use super::tell;
use crate::exit;
use crate::manage::{self, Done, Undone};
use crate::print::printable;
use crate::transfer::size;
use crate::webhooks::address;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    work: Work,
}

#[derive(Subcommand)]
enum Work {
    /// Send a batch of requests from a JSONL file.
    #[command(
        after_help = "Each line is one request: {\"key\": \"a\", \"request\": {\"contents\": […]}}. The file is \
        kept beside the history, so that missing rows can be named and what failed can be sent again.\n\nExample:\n  \
        pollux jobs dispatch batch --model gemini-2.5-flash --file requests.jsonl --webhook \
        https://hooks.example.com/nightly --metadata run=7"
    )]
    Batch(Batch),
    /// Send an interaction that runs in the background.
    #[command(after_help = "Examples:\n  pollux jobs dispatch interaction --model gemini-2.5-flash --input 'Who was \
        Pollux?'\n  pollux jobs dispatch interaction --agent deep-research-pro-preview-12-2025 --input 'Twins in \
        myths' --yes")]
    Interaction(Interaction),
    /// Send a video to be made.
    #[command(
        after_help = "Example:\n  pollux jobs dispatch video --model veo-3.1-generate-preview --prompt 'Two stars \
        rise'"
    )]
    Video(Video),
}

#[derive(Args)]
struct Batch {
    /// The model, such as gemini-2.5-flash.
    #[arg(long)]
    model: String,
    /// The JSONL file with the requests.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// What to call it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    title: String,
    #[command(flatten)]
    sending: Sending,
}

#[derive(Args)]
struct Interaction {
    /// The model, such as gemini-2.5-flash.
    #[arg(long, required_unless_present = "agent", conflicts_with = "agent")]
    model: Option<String>,
    /// The agent, instead of a model.
    #[arg(long)]
    agent: Option<String>,
    /// What to do.
    #[arg(long, value_name = "TEXT")]
    input: String,
    /// A file with the tools that it may use, as a JSON list.
    #[arg(long, value_name = "FILE")]
    tools: Option<PathBuf>,
    #[command(flatten)]
    sending: Sending,
}

#[derive(Args)]
struct Video {
    /// The model, such as veo-3.1-generate-preview.
    #[arg(long)]
    model: String,
    /// What it shows.
    #[arg(long, value_name = "TEXT")]
    prompt: String,
    #[command(flatten)]
    sending: Sending,
}

/// What all kinds take.
#[derive(Args)]
struct Sending {
    /// Where this job's events go instead of the registered webhooks. Repeat for several.
    #[arg(long = "webhook", value_name = "URL", value_parser = address)]
    webhooks: Vec<String>,
    /// Give it no webhook of its own: its events go to the registered webhooks, as without this option. A job cannot
    /// opt out of those.
    #[arg(long, conflicts_with = "webhooks")]
    no_webhook: bool,
    /// A pair that each event returns in its user_metadata. Repeat for several; only with --webhook.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, requires = "webhooks")]
    metadata: Vec<JobMetadata>,
    /// Send it without asking, although it may cost money.
    #[arg(long)]
    yes: bool,
}

impl Sending {
    /// The job's own receivers; `None`: the registered webhooks.
    fn receivers(&self) -> Option<Vec<String>> {
        match self.no_webhook || self.webhooks.is_empty() {
            true => None,
            false => Some(self.webhooks.clone()),
        }
    }
}

fn pair(text: &str) -> Result<JobMetadata, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok(JobMetadata { key: key.trim().to_owned(), value: value.to_owned() })
        }
        _ => Err("expected a pair such as run=7".into()),
    }
}

/// Sends it, and prints what the service made of it.
pub(super) async fn dispatch(engine: &Engine, project: &Project, arguments: Arguments, as_json: bool) -> Done {
    let (work, model, sending) = match arguments.work {
        Work::Batch(Batch { model, file, title, sending }) => {
            let requests = BatchRequests::File { path: file.display().to_string() };
            (NewWork::Batch { title, requests }, model, sending)
        }
        Work::Interaction(Interaction { model, agent, input, tools, sending }) => {
            let tools = tools.as_deref().map(read).transpose()?;
            let work = NewWork::Interaction { input, agent: agent.is_some(), tools };
            (work, agent.or(model).unwrap_or_default(), sending)
        }
        Work::Video(Video { model, prompt, sending }) => (NewWork::Video { prompt }, model, sending),
    };
    let what = weighed(engine, project, &work, &model).await?;
    if !manage::is_near(project) && !sending.yes && !agreed(project, &what).await? {
        say!("nothing was sent");
        return Ok(exit::REJECTED);
    }
    let (receivers, metadata) = (sending.receivers(), sending.metadata);
    let job = NewJob { work, model, receivers, metadata };
    let detail = engine.jobs().dispatch(project.id, job).await?;
    tell(&detail, as_json)
}

fn read(path: &Path) -> Result<String, Undone> {
    std::fs::read_to_string(path).map_err(|error| Undone::Usage(format!("{}: {error}", path.display())))
}

/// What would be sent, as part of a sentence. A batch with mistakes is refused here, with all of them.
async fn weighed(engine: &Engine, project: &Project, work: &NewWork, model: &str) -> Result<String, Undone> {
    let model = printable(model);
    Ok(match work {
        NewWork::Batch { requests, .. } => {
            let preview = engine.jobs().preview(project.id, requests.clone()).await?;
            if !preview.problems.is_empty() {
                let problems: Vec<_> = preview.problems.iter().map(|problem| printable(problem)).collect();
                return Err(Undone::Usage(format!("the batch cannot be sent:\n{}", problems.join("\n"))));
            }
            let count = match preview.requests {
                1 => "1 request".to_owned(),
                count => format!("{count} requests"),
            };
            format!("a batch of {count} ({}) for {model}", size(preview.bytes))
        }
        NewWork::Interaction { input, .. } => {
            format!("an interaction ({}) for {model}", size(input.len() as u64))
        }
        NewWork::Video { .. } => format!("a video to be made by {model}"),
    })
}

/// Asks whether to send what may cost money. Where nobody is at standard input, nobody can agree.
async fn agreed(project: &Project, what: &str) -> Result<bool, Undone> {
    let (service, name) = (printable(&project.base_url), printable(&project.name));
    let told = format!("this sends {what} to {service} with the key of {name}, which may cost money");
    if !io::stdin().is_terminal() {
        return Err(Undone::Usage(format!("{told}. Nothing was sent: add --yes to send it")));
    }
    let answer = tokio::task::spawn_blocking(move || -> io::Result<String> {
        eprint!("pollux: {told}. Send it? [y/N] ");
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        Ok(answer)
    });
    match answer.await {
        Ok(Ok(answer)) => Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")),
        Ok(Err(error)) => Err(Undone::Usage(format!("the answer could not be read: {error}"))),
        Err(error) => Err(Undone::Usage(format!("the answer could not be read: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_have_a_key_and_any_value() {
        let read = |text| pair(text).map(|pair| (pair.key, pair.value));
        assert_eq!(read("run=7"), Ok(("run".to_owned(), "7".to_owned())));
        assert_eq!(read("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        assert_eq!(read("a="), Ok(("a".to_owned(), String::new())));
        assert!(read("=7").is_err() && read("run").is_err() && read("").is_err());
    }
}
