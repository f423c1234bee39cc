//! `pollux diff`: two deliveries of the history compared.

use std::path::PathBuf;

use clap::Args;
use engine::{Code, CompareSide, Engine};

use crate::exit;
use crate::keys::Keys;
use crate::manage::{self, Done, Undone};
use crate::print;

mod words;

/// Compare two deliveries of the history.
#[derive(Args)]
#[command(
    after_help = "A and B are numbers of deliveries, as `pollux listen` and the window show them: 12 or #12.\nThree \
    planes are compared: the signed bytes; what the bodies mean (JSON by path, the order of keys ignored; 1.0 and 1 differ \
    in their bytes and it says so); and how they came. Headers that are others for each delivery (webhook-timestamp, \
    webhook-signature, traceparent…) are only counted.\nThe history is the window's, with its secrets. With --db it is \
    that file, and --secret, --secret-file and --jwks give the keys with which the signatures are tried.\nExit codes: 0 \
    equal, 1 they differ, 2 wrong usage.\n\nExample:\n  pollux diff 12 14 --json | jq .finding.code"
)]
pub(crate) struct Arguments {
    /// The one.
    #[arg(value_name = "A", value_parser = number)]
    a: i64,
    /// The other.
    #[arg(value_name = "B", value_parser = number)]
    b: i64,
    /// The file of the history. Without it, the window's.
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    #[command(flatten)]
    keys: Keys,
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,
}

fn number(text: &str) -> Result<i64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits
        .parse()
        .ok()
        .filter(|id| *id > 0)
        .ok_or_else(|| "the number of a delivery is expected, such as 12 or #12".into())
}

pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    if arguments.db.is_none() && arguments.keys.given_as_options() {
        return Err("the window's history has its own secrets: --secret, --secret-file and --jwks are for --db".into());
    }
    let engine = manage::open_history(arguments.db.as_deref(), &arguments.keys).await?;
    let done = diff(&engine, &arguments).await;
    manage::close(engine, done).await
}

async fn diff(engine: &Engine, arguments: &Arguments) -> Done {
    let side = CompareSide::Delivery;
    for id in [arguments.a, arguments.b] {
        // So that it is said which one is missing.
        let found = engine.history().exists(id).await?;
        if !found {
            return Err(Undone::Usage(format!("there is no delivery {id} in the history")));
        }
    }
    let compared = engine.history().compare(side(arguments.a), side(arguments.b)).await;
    let compared = compared.map_err(|error| match error.code {
        Code::NotFound => Undone::Usage(error.message),
        _ => Undone::Refused(error),
    })?;
    let code = if compared.differ { exit::REJECTED } else { exit::OK };
    let written = match arguments.json {
        true => {
            let value = serde_json::to_value(&compared).map_err(|error| Undone::Usage(error.to_string()))?;
            print::line(&value)
        }
        false => print::text(&words::all(&compared)),
    };
    // The exit code says it even if nobody reads the words.
    print::settled(written).map_err(|message| Undone::Unwritten(message.into()))?;
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_named_by_its_number() {
        assert_eq!(number("12"), Ok(12));
        assert_eq!(number("#12"), Ok(12));
        for wrong in ["", "#", "msg_1", "0", "-3", "##1", "1.0"] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
