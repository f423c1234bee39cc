//! `pollux project`: projects, with their API keys.

use std::io::{self, IsTerminal as _, Read as _};

use clap::{Args, Subcommand, ValueEnum};
use engine::{ApiKeyDraft, ApiVersion, Engine, Project, ProjectDraft, VaultKind};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::exit;
use crate::manage::{self, CODES, Done, Undone};
use crate::print::{self, printable};

/// Longer than any API key.
const KEY_LIMIT: u64 = 16 * 1024;

/// Add, list and remove projects.
#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Add a project. Its API key comes from the environment or standard input, never from an argument.
    #[command(after_help = add_help())]
    Add(Add),
    /// List the projects, with their keys masked.
    #[command(after_help = format!("Example:\n  pollux project list --json\n\n{CODES}"))]
    List {
        /// Print one JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Remove a project and destroy its API key and secrets here. Its deliveries stay, and so do its webhooks at the
    /// service.
    #[command(after_help = format!("Example:\n  pollux project remove nightly\n\n{CODES}"))]
    Remove {
        /// Its name.
        name: String,
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Add {
    /// What to call it.
    name: String,
    /// The address of its service, if it is not Google's: https, or http on this machine.
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// The version segment of the service's paths.
    #[arg(long, value_enum, default_value = "v1")]
    api_version: Version,
    /// First path segment of its deliveries at the listener; made from the name if none is given.
    #[arg(long, value_name = "SEGMENT")]
    path: Option<String>,
    /// Add it without asking the service whether it accepts the key.
    #[arg(long)]
    unchecked: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Version {
    /// Used by Google's SDKs since 3.x
    V1,
    /// Used by earlier SDKs
    V1beta,
}

fn add_help() -> String {
    format!(
        "The key is taken from GEMINI_API_KEY, then GOOGLE_API_KEY, then standard input; at a terminal, you are asked \
         for it. It is checked with one harmless call (a list of webhooks) and stored in the \
         keychain.\n\nExamples:\n  GEMINI_API_KEY=… pollux project add nightly\n  pass show gemini | pollux project \
         add nightly --api-version v1beta\n\n{CODES}"
    )
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let engine = manage::open().await?;
    let done = match arguments.what {
        What::Add(add) => added(&engine, add).await,
        What::List { json } => list(&engine, json),
        What::Remove { name, json } => remove(&engine, &name, json).await,
    };
    manage::close(engine, done).await
}

async fn added(engine: &Engine, arguments: Add) -> Done {
    let draft = ProjectDraft {
        name: arguments.name,
        path: arguments.path,
        base_url: arguments.base_url,
        api_version: match arguments.api_version {
            Version::V1 => ApiVersion::V1,
            Version::V1beta => ApiVersion::V1beta,
        },
        api_key: api_key(engine).await?,
    };
    if !arguments.unchecked {
        engine.projects().check(None, draft.clone()).await?;
    }
    let project = engine.projects().add(draft).await?;
    if arguments.json {
        print::line(&object(&project))?;
    } else {
        let key = project.api_key.as_ref();
        print::text(&format!(
            "Added {}: key {} stored in {}; deliveries to /{}\n",
            printable(&project.name),
            key.map(|key| key.hint.as_str()).unwrap_or("–"),
            key.map(|key| place(key.stored_in)).unwrap_or("–"),
            project.path,
        ))?;
    }
    Ok(exit::OK)
}

/// Says where something is stored, as part of a sentence.
pub(crate) fn place(kind: VaultKind) -> &'static str {
    match kind {
        VaultKind::Keychain => "the keychain",
        VaultKind::File => "secrets.json in the data folder",
        VaultKind::Memory => "memory",
    }
}

/// Reads the key from the environment, or from standard input.
async fn api_key(engine: &Engine) -> Result<ApiKeyDraft, Undone> {
    if let Some(variable) = engine.projects().environment_keys().into_iter().next() {
        return Ok(ApiKeyDraft::Environment { name: variable.name });
    }
    let read = tokio::task::spawn_blocking(|| -> io::Result<Zeroizing<String>> {
        if io::stdin().is_terminal() {
            return rpassword::prompt_password("API key (not shown): ").map(Zeroizing::new);
        }
        let mut text = Zeroizing::new(String::new());
        io::stdin().lock().take(KEY_LIMIT).read_to_string(&mut text)?;
        Ok(text)
    });
    let usage = |message: String| Err(Undone::Usage(message));
    match read.await {
        Ok(Ok(text)) if text.trim().is_empty() => {
            usage("there is no API key: set GEMINI_API_KEY or GOOGLE_API_KEY, or give it on standard input".into())
        }
        Ok(Ok(text)) => Ok(ApiKeyDraft::Typed { text: text.trim().to_owned() }),
        Ok(Err(error)) => usage(format!("the API key could not be read: {error}")),
        Err(error) => usage(format!("the API key could not be read: {error}")),
    }
}

fn list(engine: &Engine, as_json: bool) -> Done {
    let projects = manage::projects(engine);
    if as_json {
        print::line(&projects.iter().map(object).collect())?;
        return Ok(exit::OK);
    }
    let row = |project: &Project| {
        let key = match &project.api_key {
            None => "–".to_owned(),
            Some(key) if key.available => key.hint.clone(),
            Some(key) => format!("{} (cannot be read)", key.hint),
        };
        let name = printable(&project.name);
        vec![name, format!("/{}", project.path), key, version(project).to_owned(), printable(&project.base_url)]
    };
    let rows: Vec<_> = projects.iter().map(row).collect();
    manage::table(&["NAME", "PATH", "API KEY", "VERSION", "SERVICE"], &rows)?;
    Ok(exit::OK)
}

async fn remove(engine: &Engine, name: &str, as_json: bool) -> Done {
    let project = manage::pick(&manage::projects(engine), Some(name))?;
    engine.projects().remove(project.id).await?;
    if as_json {
        print::line(&json!({ "id": project.id, "name": project.name, "removed": true }))?;
    } else {
        print::text(&format!(
            "Removed {}. Its deliveries stay here, and its webhooks stay at the service.\n",
            printable(&project.name)
        ))?;
    }
    Ok(exit::OK)
}

fn version(project: &Project) -> &'static str {
    match project.api_version {
        ApiVersion::V1 => "v1",
        ApiVersion::V1beta => "v1beta",
    }
}

fn object(project: &Project) -> Value {
    json!({
        "id": project.id,
        "name": project.name,
        "path": project.path,
        "base_url": project.base_url,
        "api_version": project.api_version,
        "api_key": project.api_key,
    })
}
