//! Sends a ping, and finds out whether it arrived at a window or a `pollux listen` that is running too.

use std::time::Duration;

use engine::{Engine, PingResult, Project};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::manage::Done;
use crate::print::{self, printable};
use crate::{exit, webhooks::show};

/// How long a port of this machine may take to say whether somebody listens there.
const KNOCK: Duration = Duration::from_secs(1);

/// Who could receive it.
enum Receiver {
    /// A port of this machine with somebody listening there.
    Here(String),
    /// A port of this machine with nobody listening there.
    Nobody(String),
    /// Somewhere else: what arrives there may come through a tunnel.
    Elsewhere,
}

/// Asks for a ping and waits for it; with 0 seconds, only asks.
pub(super) async fn ping(engine: &Engine, project: &Project, id: &str, wait: u32, as_json: bool) -> Done {
    let receiver = receiver(engine, project, id).await?;
    let wait = match receiver {
        Receiver::Nobody(_) => 0,
        _ => wait,
    };
    let result = engine.webhooks().ping_within(project.id, id, Duration::from_secs(wait.into())).await?;
    let (waited_ms, cause, message) = match result {
        PingResult::Arrived { after_ms, delivery } => {
            match as_json {
                true => print::line(&json!({ "id": id, "arrived": true, "after_ms": after_ms, "delivery": delivery }))?,
                false => print::text(&format!("Arrived in {after_ms} ms: {}\n", show::seen(&delivery)))?,
            }
            return Ok(exit::OK);
        }
        PingResult::Missing { waited_ms, cause, message } => (waited_ms, cause, message),
    };
    // What the engine says about a listener concerns its own process, which has none.
    let (arrived, cause, message) = match (&receiver, cause.as_str()) {
        (_, "webhook_disabled") => (Some(false), "webhook_disabled", message),
        (Receiver::Nobody(at), _) => (Some(false), "not_listening", nobody(at)),
        (_, _) if wait == 0 => (None, "not_waited", "Its arrival was not waited for.".to_owned()),
        (Receiver::Here(at), _) => (Some(false), "unknown", beside(at, wait)),
        (Receiver::Elsewhere, _) => (Some(false), "unknown", outside(engine, wait).await),
    };
    match as_json {
        true => print::line(
            &json!({ "id": id, "arrived": arrived, "waited_ms": waited_ms, "cause": cause, "message": message }),
        )?,
        false => print::text(&format!("The service accepted the ping. {}\n", printable(&message)))?,
    }
    Ok(if arrived == Some(false) { exit::NO_ANSWER } else { exit::OK })
}

async fn receiver(engine: &Engine, project: &Project, id: &str) -> engine::Result<Receiver> {
    let board = engine.webhooks().board(project.id).await?;
    let uri = board.webhooks.iter().find(|webhook| webhook.id == id).and_then(|webhook| Url::parse(&webhook.uri).ok());
    let Some((host, port)) = uri.as_ref().and_then(|uri| Some((uri.host_str()?, uri.port_or_known_default()?))) else {
        return Ok(Receiver::Elsewhere);
    };
    let bare = host.trim_matches(|c| c == '[' || c == ']');
    let loopback = bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let at = format!("{host}:{port}");
    Ok(match (loopback, loopback && listens(&at).await) {
        (false, _) => Receiver::Elsewhere,
        (true, true) => Receiver::Here(at),
        (true, false) => Receiver::Nobody(at),
    })
}

async fn listens(at: &str) -> bool {
    matches!(timeout(KNOCK, TcpStream::connect(at)).await, Ok(Ok(_)))
}

fn nobody(at: &str) -> String {
    format!(
        "Nothing listens on {at}, where the webhook points, so the ping cannot arrive: open the window, or run pollux \
         listen with --db and the history of the data folder, then ping again."
    )
}

fn beside(at: &str, wait: u32) -> String {
    format!(
        "It did not arrive in this history within {wait} s. Something listens on {at}: if that is the window or pollux \
         listen, check that it uses the same POLLUX_DATA_DIR (or --db)."
    )
}

/// The webhook points away from this machine: only the window's own port can be looked at.
async fn outside(engine: &Engine, wait: u32) -> String {
    let start = format!("It did not arrive in this history within {wait} s.");
    match engine.settings().get().port {
        Some(port) if !listens(&format!("127.0.0.1:{port}")).await => format!(
            "{start} Nothing listens on port {port}, which is the window's: open the window, or run pollux listen with --db \
             and the history of the data folder, then ping again."
        ),
        _ => format!(
            "{start} Check that the tunnel or proxy is running and leads to this machine's listener, then ping again."
        ),
    }
}
