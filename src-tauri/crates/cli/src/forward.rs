//! `pollux forward`: a listener whose deliveries are sent on to the user's own code.

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use engine::{Code, Engine, ForwardAnswer, ForwardRule, ForwardState, ForwardWhich, Outbound};
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::print::{self, Written};
use crate::printer::{Printer, Text};
use crate::replay::for_a_person;
use crate::{exit, listen};

/// How long waiting deliveries may take at the end.
const DRAINED: Duration = Duration::from_secs(5);
/// How often the queue is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Receive deliveries and forward each to an address.
#[derive(Args)]
#[group(id = "forward")]
#[command(
    after_help = "Listens like `pollux listen`, with the same options. Verified deliveries are forwarded as received; \
    a target that is down is tried again, and waiting deliveries are sent when it is back. Without keys nothing can be \
    verified: give a secret or --jwks, or use --all. Ctrl-C ends it in order: waiting deliveries are sent for another \
    5 s; a second Ctrl-C ends it at once. Exit code 1: a delivery was not forwarded."
)]
pub(crate) struct Arguments {
    /// The target: the URL to forward to.
    #[arg(long, value_name = "URL")]
    to: String,
    /// Forward all deliveries, including those that are rejected or cannot be checked.
    #[arg(long)]
    all: bool,
    /// Forward also those whose token is genuine but does not cover the body: whoever had the token could have sent any
    /// body with it.
    #[arg(long, conflicts_with = "all")]
    genuine: bool,
    /// Re-sign with the current time and the first secret that was given.
    #[arg(long)]
    resign: bool,
    /// Requests sent at a time.
    #[arg(long, default_value_t = 4)]
    concurrency: u32,
    /// Answer the sender with the target's own answer, which may take this many milliseconds.
    #[arg(long, value_name = "MS", num_args = 0..=1, default_missing_value = "5000")]
    own_answer: Option<u32>,
    /// Allow headers and bodies to leave this machine for this address.
    #[arg(long)]
    allow_remote: bool,
    #[command(flatten)]
    listen: listen::Arguments,
}

/// Forwarding while `pollux listen` runs.
pub(crate) struct Forwarding {
    rule: ForwardRule,
    resign: bool,
    allow_remote: bool,
    as_json: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<u8, String> {
    let which = match (arguments.all, arguments.genuine) {
        (true, _) => ForwardWhich::All,
        (false, true) => ForwardWhich::Genuine,
        (false, false) => ForwardWhich::Verified,
    };
    if which != ForwardWhich::All && !arguments.listen.can_verify() {
        return Err("no key was given, so no delivery can be verified: give a secret or --jwks, or use --all".into());
    }
    let answer = arguments.own_answer.map_or(ForwardAnswer::AtOnce, |timeout_ms| ForwardAnswer::Target { timeout_ms });
    let rule = ForwardRule {
        on: true,
        url: arguments.to,
        which,
        concurrency: arguments.concurrency,
        answer,
        ..ForwardRule::default()
    };
    let forwarding = Forwarding {
        rule,
        resign: arguments.resign,
        allow_remote: arguments.allow_remote,
        as_json: arguments.listen.as_json(),
    };
    listen::run_with(arguments.listen, Some(forwarding)).await
}

impl Forwarding {
    /// Forwards the deliveries of every project; gives the requests to follow.
    pub(crate) async fn start(self, engine: &Engine) -> Result<SentOn, String> {
        if self.allow_remote {
            engine.targets().confirm(&self.rule.url).await.map_err(|error| error.to_string())?;
        }
        let followed = SentOn { sent: engine.forwards().subscribe(), showing: None, as_json: self.as_json };
        for project in engine.projects().list() {
            let resign = match self.resign {
                true => Some(
                    engine.projects().first_secret(project.id).ok_or("--resign needs a secret: --secret-file FILE")?,
                ),
                false => None,
            };
            let rule = ForwardRule { project: project.id, resign, ..self.rule.clone() };
            engine.forwards().set(rule, None).await.map_err(|error| match error.code {
                Code::ConfirmTarget => format!("{error} Use --allow-remote to allow it."),
                _ => error.to_string(),
            })?;
        }
        Ok(followed)
    }
}

/// One line per request that was forwarded.
pub(crate) struct SentOn {
    sent: Receiver<Outbound>,
    /// What is being shown; it may wait for room and be interrupted there.
    showing: Option<Outbound>,
    as_json: bool,
}

impl SentOn {
    /// Shows them until the end.
    pub(crate) async fn follow(&mut self, printer: &Printer) -> Written {
        loop {
            while let Some(outbound) = &self.showing {
                printer.print(&self.text(outbound)).await?;
                self.showing = None;
            }
            match self.sent.recv().await {
                Ok(outbound) => self.showing = Some(outbound),
                Err(RecvError::Lagged(missed)) => not_shown(missed),
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    }

    /// Shows what was forwarded until the end and not shown yet.
    pub(crate) async fn rest(&mut self, printer: &Printer, until: Instant) -> Written {
        loop {
            if let Some(outbound) = self.showing.take() {
                printer.by(until, &self.text(&outbound)).await?;
            }
            match self.sent.try_recv() {
                Ok(outbound) => self.showing = Some(outbound),
                Err(TryRecvError::Lagged(missed)) => not_shown(missed),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(()),
            }
        }
    }

    fn text(&self, outbound: &Outbound) -> Text {
        match self.as_json {
            true => Text::Json(json!({ "forward": outbound })),
            false => Text::Human(format!("  {}\n", for_a_person(outbound))),
        }
    }
}

fn not_shown(missed: u64) {
    say!("{missed} forwarded requests are not shown: they were sent faster than they could be shown");
}

/// Sends waiting deliveries at the end, for a limited time. Does not wait for a target that is down.
pub(crate) async fn drain(engine: &Engine, followed: &mut SentOn, printer: &Printer) -> Written {
    let draining = async {
        let until = Instant::now() + DRAINED;
        // A delivery received at the last moment reaches the queue a moment later, so it must be empty twice.
        let mut empty = 0;
        while empty < 2 && Instant::now() < until {
            tokio::time::sleep(LOOK).await;
            let mut forwards = engine.forwards().list().into_iter();
            let waits = forwards.any(|view| view.waiting > 0 && !matches!(view.state, ForwardState::Down { .. }));
            empty = if waits { 0 } else { empty + 1 };
        }
    };
    let mut draining = std::pin::pin!(draining);
    // Even if nobody reads any more.
    let written = tokio::select! {
        () = &mut draining => return Ok(()),
        written = followed.follow(printer) => written,
    };
    draining.await;
    written
}

/// Counts the waiting deliveries, including those being sent.
pub(crate) fn left(engine: &Engine) -> u64 {
    engine.forwards().list().iter().map(|view| view.waiting).sum()
}

/// Says what was not forwarded, and gives the exit code.
pub(crate) fn told(left: u64, history: Option<&Path>) -> u8 {
    if left == 0 {
        return exit::OK;
    }
    let (what, they) = if left == 1 {
        ("1 delivery was".to_owned(), "it is")
    } else {
        (format!("{left} deliveries were"), "they are")
    };
    let kept = match history {
        Some(file) => format!("{they} kept in {}", print::printable(&file.display().to_string())),
        None => format!("{they} lost: without --db, nothing is kept"),
    };
    say!("{what} not forwarded; {kept}");
    exit::REJECTED
}
