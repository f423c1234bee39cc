//! `pollux webhooks`: the webhooks of a project, without a window.

use clap::{Args, Subcommand, ValueEnum};
use engine::{Code, Engine, Error, NewSecret, Project, WebhookCreation, WebhookDraft, WebhookEdit, WebhookView};
use serde_json::{Value, json};
use url::Url;

use crate::manage::{self, CODES, Done};
use crate::print;
use crate::{exit, project};

mod ping;
mod show;

/// List, create, change, ping and delete webhooks, and rotate their secrets.
#[derive(Args)]
#[command(after_help = CODES)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
    /// The project's name. Not needed while only one has an API key.
    #[arg(long, value_name = "NAME", global = true)]
    project: Option<String>,
    /// Print one JSON object, or for a list one array.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum What {
    /// List the project's webhooks, with what was received from them here.
    #[command(after_help = format!("Example:\n  pollux webhooks list --project nightly\n\n{CODES}"))]
    List,
    /// Create a webhook. Its secret is stored, and shown only when asked for.
    #[command(after_help = format!(
        "Example:\n  pollux webhooks create --uri https://hooks.example.com/nightly --event batch.succeeded \
         batch.failed --name nightly\n\nEvents: {}\n\n{CODES}", events()
    ))]
    Create(Create),
    /// Change a webhook; what you do not name stays as it is.
    #[command(after_help = format!("Example:\n  pollux webhooks update ID --state disabled\n\nEvents: {}\n\n{CODES}", events()))]
    Update(Update),
    /// Delete a webhook. The service cannot bring it back.
    #[command(after_help = format!("Example:\n  pollux webhooks delete ID\n\n{CODES}"))]
    Delete {
        /// Its id, as listed.
        #[arg(value_parser = bare)]
        id: String,
    },
    /// Have the service send a ping, and wait for it in the history of the window (or of pollux listen).
    #[command(after_help = format!(
        "The service answers yes whatever happens to a ping, so Pollux looks for it where it should arrive: in the \
         history of a window that is running too, or of pollux listen --db with the same file.\nExit code 4: it did \
         not arrive in time.\n\nExample:\n  pollux webhooks ping ID --wait 10\n\n{CODES}"
    ))]
    Ping {
        /// Its id, as listed.
        #[arg(value_parser = bare)]
        id: String,
        /// How long to wait for it; 0 does not wait.
        #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(0..=3600))]
        wait: u32,
    },
    /// Make a new secret. The previous ones stay valid for another 24 hours, or end at once.
    #[command(after_help = format!("Example:\n  pollux webhooks rotate ID --show-secret\n\n{CODES}"))]
    Rotate {
        /// Its id, as listed.
        #[arg(value_parser = bare)]
        id: String,
        /// End the previous secrets at once: deliveries signed with them are refused from now on.
        #[arg(long)]
        revoke_now: bool,
        /// Print the new secret, too.
        #[arg(long)]
        show_secret: bool,
    },
}

#[derive(Args)]
struct Create {
    /// Where to send events.
    #[arg(long, value_name = "URI", value_parser = address)]
    uri: String,
    /// An event to subscribe to. Separate several with spaces or commas.
    #[arg(long = "event", value_name = "EVENT", required = true, num_args = 1.., value_delimiter = ',')]
    events: Vec<String>,
    /// What to call it.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// After an unknown outcome: create nothing if the project already has a webhook with this uri and name.
    #[arg(long)]
    look_first: bool,
    /// Print the secret, too.
    #[arg(long)]
    show_secret: bool,
}

#[derive(Args)]
struct Update {
    /// Its id, as listed.
    #[arg(value_parser = bare)]
    id: String,
    /// Where to send events.
    #[arg(long, value_name = "URI", value_parser = address)]
    uri: Option<String>,
    /// What to call it.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The events to subscribe to, instead of the current ones. Separate several with spaces or commas.
    #[arg(long = "event", value_name = "EVENT", num_args = 1.., value_delimiter = ',')]
    events: Vec<String>,
    /// Whether it sends deliveries.
    #[arg(long, value_enum)]
    state: Option<State>,
}

#[derive(Clone, Copy, ValueEnum)]
enum State {
    /// It sends
    Enabled,
    /// It does not send
    Disabled,
}

fn events() -> String {
    let known = gemini::catalog::event_types();
    let names: Vec<_> = known.iter().filter(|known| known.subscribable).map(|known| known.name).collect();
    names.join(", ")
}

/// An id, also of one that was given as a resource's name.
fn bare(text: &str) -> Result<String, String> {
    match text.strip_prefix("webhooks/").unwrap_or(text) {
        "" => Err("expected an id, as pollux webhooks list shows it".into()),
        id => Ok(id.to_owned()),
    }
}

/// An address that the service can call.
pub(crate) fn address(text: &str) -> Result<String, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(text.to_owned()),
        _ => Err("expected an address such as https://hooks.example.com/nightly".into()),
    }
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    if let What::Update(Update { uri: None, name: None, events, state: None, .. }) = &arguments.what
        && events.is_empty()
    {
        return Err("say what to change: --uri, --name, --event or --state".into());
    }
    let engine = manage::open().await?;
    let done = asked(&engine, arguments).await;
    manage::close(engine, done).await
}

async fn asked(engine: &Engine, arguments: Arguments) -> Done {
    let project = manage::pick(&manage::projects(engine), arguments.project.as_deref())?;
    let as_json = arguments.json;
    match arguments.what {
        What::List => list(engine, &project, as_json).await,
        What::Create(create) => created(engine, &project, create, as_json).await,
        What::Update(update) => updated(engine, &project, update, as_json).await,
        What::Delete { id } => {
            engine.webhooks().delete(project.id, &id).await?;
            match as_json {
                true => print::line(&json!({ "id": id, "deleted": true }))?,
                false => print::text(&format!("Deleted {id}.\n"))?,
            }
            Ok(exit::OK)
        }
        What::Ping { id, wait } => ping::ping(engine, &project, &id, wait, as_json).await,
        What::Rotate { id, revoke_now, show_secret } => {
            manage::hold_on();
            let rotated = engine.webhooks().rotate(project.id, &id, revoke_now).await?;
            let told = Told { word: "Rotated", webhook: &rotated.webhook, secret: &rotated.secret, show_secret };
            told.tell(as_json)
        }
    }
}

async fn list(engine: &Engine, project: &Project, as_json: bool) -> Done {
    let board = engine.webhooks().refresh(project.id).await?;
    if let Some(error) = board.error {
        return Err(error.into());
    }
    match as_json {
        true => print::line(&board.webhooks.iter().map(show::object).collect())?,
        false if board.webhooks.is_empty() => print::text("The project has no webhooks.\n")?,
        false => print::text(&board.webhooks.iter().map(show::block).collect::<Vec<_>>().join("\n"))?,
    }
    Ok(exit::OK)
}

async fn created(engine: &Engine, project: &Project, create: Create, as_json: bool) -> Done {
    let draft = WebhookDraft { name: create.name, uri: create.uri, events: create.events };
    manage::hold_on();
    let creation = engine.webhooks().create(project.id, draft, create.look_first).await;
    match creation.map_err(look_first)? {
        WebhookCreation::Created { webhook, secret } => {
            let told = Told { word: "Created", webhook: &webhook, secret: &secret, show_secret: create.show_secret };
            told.tell(as_json)
        }
        WebhookCreation::Found { webhooks } => {
            let found: Vec<_> = webhooks.iter().map(show::object).collect();
            match as_json {
                true => print::line(&json!({ "created": false, "found": found }))?,
                false => {
                    let blocks = webhooks.iter().map(show::block).collect::<Vec<_>>().join("\n");
                    print::text(&format!("Nothing was created, because it already exists:\n{blocks}"))?;
                }
            }
            Ok(exit::OK)
        }
    }
}

/// Adds what to do next. The window looks first by itself when it tries again; here that takes an option.
fn look_first(error: Error) -> Error {
    match error.code {
        Code::OutcomeUnknown => Error {
            message: "It is not known whether the service created this webhook: the request was sent, and the answer \
                      was lost or cannot be read. Try again with --look-first, which creates it only if there is none \
                      with this uri and name. If one was created, nobody has seen its secret: rotate it, or delete the \
                      webhook."
                .into(),
            ..error
        },
        _ => error,
    }
}

async fn updated(engine: &Engine, project: &Project, update: Update, as_json: bool) -> Done {
    let edit = WebhookEdit {
        name: update.name,
        uri: update.uri,
        events: (!update.events.is_empty()).then_some(update.events),
        state: update.state.map(|state| match state {
            State::Enabled => "enabled".to_owned(),
            State::Disabled => "disabled".to_owned(),
        }),
    };
    let webhook = engine.webhooks().update(project.id, &update.id, edit).await?;
    match as_json {
        true => print::line(&show::object(&webhook))?,
        false => print::text(&show::block(&webhook))?,
    }
    Ok(exit::OK)
}

/// A webhook with the secret that it was just given.
struct Told<'a> {
    word: &'static str,
    webhook: &'a WebhookView,
    secret: &'a NewSecret,
    show_secret: bool,
}

impl Told<'_> {
    fn tell(&self, as_json: bool) -> Done {
        let Self { word, webhook, secret, show_secret } = self;
        // Print it first, and even if standard output fails: it can never be read again.
        if let Some(problem) = &secret.problem {
            eprintln!("pollux: THE NEW SECRET COULD NOT BE STORED, and the service never shows it again. Keep it now:");
            eprintln!("\n  {}\n", print::printable(&secret.text));
            manage::complain(problem);
        }
        if as_json {
            let mut object = json!({ "id": secret.id, "hint": secret.hint, "stored_in": secret.stored_in });
            if *show_secret {
                object["text"] = Value::from(secret.text.as_str());
            }
            if let Some(problem) = &secret.problem {
                object["problem"] = json!({ "code": problem.code, "message": problem.message });
            }
            print::line(&json!({ "webhook": show::object(webhook), "secret": object }))?;
        } else {
            let kept = match secret.stored_in {
                Some(kind) => format!("stored in {}", project::place(kind)),
                None => "not stored".to_owned(),
            };
            let text = if *show_secret { format!("  {}\n", secret.text) } else { String::new() };
            print::text(&format!("{word}:\n{}New secret {}, {kept}\n{text}", show::block(webhook), secret.hint))?;
        }
        Ok(if secret.problem.is_some() { exit::REJECTED } else { exit::OK })
    }
}
