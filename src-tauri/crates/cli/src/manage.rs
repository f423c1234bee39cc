//! Holds what the subcommands that manage data share: the engine on the window's own data, picking a project, exit
//! codes.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use engine::{Config, Engine, Error, FixedKeys, MemoryVault, Project};
use owo_colors::Style;
use signature::Policy;
use system::{home, keychain};
use url::Url;

use crate::exit;
use crate::keys::Keys;
use crate::print::{self, Unwritten, Written, paint, printable};

/// Said at the end of each help text.
pub(crate) const CODES: &str = "Exit codes: 0 done, 1 the service refused it or a secret could not be stored, 2 wrong \
    usage, 4 no answer, 5 it is not known whether it was done.";

/// What a shell says of a process that was interrupted: 128 and the signal's number.
const INTERRUPTED: i32 = 130;

/// Why it was not done. Nothing was printed on standard output.
pub(crate) enum Undone {
    /// The command line is wrong: there is no such project, or more than one could be meant.
    Usage(String),
    /// The engine's or the service's refusal.
    Refused(Error),
    /// Standard output.
    Unwritten(Unwritten),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Unwritten> for Undone {
    fn from(unwritten: Unwritten) -> Self {
        Self::Unwritten(unwritten)
    }
}

/// The exit code, or that the command line is wrong.
pub(crate) type Done = Result<u8, Undone>;

/// The engine on the data of the window, which may be running: without a listener and without a Sandbox.
pub(crate) async fn open() -> Result<Engine, String> {
    let home = home::prepared()?;
    let vault = {
        let home = home.clone();
        tokio::task::spawn_blocking(move || keychain::open(&home)).await.map_err(|error| error.to_string())??
    };
    Engine::start(Config {
        sandbox: false,
        actor: home::actor("command line"),
        environment: Arc::new(|name| std::env::var(name).ok()),
        tunnel_folder: home::tunnels(&home),
        ..Config::new(home::history(&home), vault)
    })
    .await
    .map_err(|error| error.to_string())
}

/// The engine on the history in this file, or on the window's data. Another history has no vault: what verifies it are
/// these keys. A file that is not there is not made.
pub(crate) async fn open_history(db: Option<&Path>, keys: &Keys) -> Result<Engine, String> {
    let Some(file) = db else { return open().await };
    if !file.exists() {
        return Err(format!("there is no history at {}", printable(&file.display().to_string())));
    }
    let secrets = keys.secrets().map_err(|problem| problem.message())?;
    let fixed = FixedKeys { secrets, jwks: keys.cache()?, policy: Policy::default() };
    Engine::start(Config {
        sandbox: false,
        fixed: Some(fixed),
        actor: home::actor("command line"),
        environment: Arc::new(|name| std::env::var(name).ok()),
        tunnel_folder: home::tunnels(&home::folder()?),
        ..Config::new(file.to_owned(), Arc::new(MemoryVault::default()))
    })
    .await
    .map_err(|error| error.to_string())
}

/// Makes the first Ctrl+C print a warning, and only the second end the process: from here on, a secret may be on its
/// way, which the service shows only once.
pub(crate) fn hold_on() {
    tokio::spawn(async {
        let mut told = false;
        while tokio::signal::ctrl_c().await.is_ok() {
            if told {
                std::process::exit(INTERRUPTED);
            }
            told = true;
            say!(
                "waiting for the service's answer: it may hold a secret that is never shown again. Press Ctrl+C again \
                 to end without it."
            );
        }
    });
}

/// Ends the engine and says what went wrong.
pub(crate) async fn close(engine: Engine, done: Done) -> Result<u8, String> {
    close_with(engine, done, "pollux webhooks list").await
}

/// The same. `look`: the command that shows what became of a change whose outcome is not known.
pub(crate) async fn close_with(engine: Engine, done: Done, look: &str) -> Result<u8, String> {
    engine.shutdown().await;
    match done {
        Ok(code) => Ok(code),
        Err(Undone::Usage(message)) => Err(message),
        Err(Undone::Refused(error)) => {
            complain(&error);
            let code = error.code.exit() as u8;
            if code == exit::UNKNOWN {
                say_plain!("  To see the current state: {look}");
            }
            Ok(code)
        }
        Err(Undone::Unwritten(unwritten)) => print::settled(Err(unwritten)).map(|()| exit::OK),
    }
}

/// Our words, and below them the service's own.
pub(crate) fn complain(error: &Error) {
    say!("{}", printable(&error.message));
    if let Some(detail) = error.detail.as_deref().filter(|detail| !detail.is_empty()) {
        say_plain!("  {}", printable(detail));
    }
}

/// Gives the user's projects. The Sandbox lives in the window's process and is not among them.
pub(crate) fn projects(engine: &Engine) -> Vec<Project> {
    engine.projects().list().into_iter().filter(|project| !project.sandbox).collect()
}

/// Picks the project of this name; without a name, the only one that has an API key.
pub(crate) fn pick(projects: &[Project], named: Option<&str>) -> Result<Project, Undone> {
    let usage = |message: String| Err(Undone::Usage(message));
    let Some(named) = named.map(str::trim) else {
        let with_key: Vec<&Project> = projects.iter().filter(|project| project.api_key.is_some()).collect();
        return match with_key.as_slice() {
            [] => usage("no project has an API key yet: pollux project add NAME adds one".into()),
            [only] => Ok((*only).clone()),
            several => usage(format!("several projects have an API key; say which: --project {}", names(several, "|"))),
        };
    };
    if let Some(project) = projects.iter().find(|project| project.name == named) {
        return Ok(project.clone());
    }
    if named.eq_ignore_ascii_case("sandbox") {
        return usage(
            "the Sandbox lives in the window's process and is managed there; without a window, run pollux emulator and \
             add it as a project with --base-url"
                .into(),
        );
    }
    let all: Vec<&Project> = projects.iter().collect();
    usage(format!("there is no project {named:?}; there is {}", names(&all, ", ")))
}

fn names(projects: &[&Project], between: &str) -> String {
    let name = |project: &&Project| match project.name.contains(char::is_whitespace) {
        true => format!("{:?}", project.name),
        false => printable(&project.name),
    };
    projects.iter().map(name).collect::<Vec<_>>().join(between)
}

/// Columns as wide as what stands in them, below their names.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> Written {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|name| name.len())).max().unwrap_or_default()
    };
    let line = |cells: &[String]| {
        let padded = cells.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column)));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let mut text = format!("{}\n", paint(&line(&head), Style::new().dimmed()));
    for row in rows {
        text.push_str(&line(row));
        text.push('\n');
    }
    print::text(&text)
}

/// `2026-11-22 09:12`, local time.
pub(crate) fn time(ms: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(jiff::tz::TimeZone::system());
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// `2026-11-22 08:12:07Z`.
pub(crate) fn utc(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Now, Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Whether the project's service is on this machine, so that asking it costs nothing.
pub(crate) fn is_near(project: &Project) -> bool {
    let url = Url::parse(&project.base_url).ok();
    url.as_ref().and_then(Url::host_str).is_some_and(|host| {
        let bare = host.trim_matches(|c| c == '[' || c == ']');
        bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use engine::{ApiKey, ApiVersion, VaultKind};

    use super::*;

    fn project(name: &str, key: bool) -> Project {
        Project {
            id: 1,
            name: name.into(),
            sandbox: false,
            path: name.into(),
            base_url: "https://x.example".into(),
            api_version: ApiVersion::V1,
            api_key: key.then(|| ApiKey { hint: "…a91f".into(), stored_in: VaultKind::File, available: true }),
        }
    }

    #[test]
    fn the_only_project_with_a_key_is_meant_and_others_have_to_be_named() {
        let chosen = |projects: &[Project], named: Option<&str>| match pick(projects, named) {
            Ok(project) => project.name,
            Err(Undone::Usage(message)) => message,
            Err(_) => "another".into(),
        };
        let (default, one, two) = (project("Default", false), project("one", true), project("two b", true));
        assert!(chosen(std::slice::from_ref(&default), None).contains("pollux project add"));
        let both = [default.clone(), one.clone()];
        assert_eq!(chosen(&both, None), "one");
        assert_eq!(chosen(&both, Some("Default")), "Default");
        let all = [default, one, two];
        assert!(chosen(&all, None).contains("--project one|\"two b\""), "{}", chosen(&all, None));
        assert!(chosen(&all, Some("three")).contains("there is Default, one, \"two b\""));
        assert!(chosen(&all, Some("sandbox")).contains("lives in the window's process"));
    }

    #[test]
    fn a_service_on_this_machine_is_near() {
        for (base_url, near) in [
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080/x", true),
            ("http://localhost", true),
            ("https://generativelanguage.googleapis.com", false),
            ("https://127.0.0.1.example", false),
            ("not an address", false),
        ] {
            assert_eq!(is_near(&Project { base_url: base_url.into(), ..project("one", true) }), near, "{base_url}");
        }
    }
}
