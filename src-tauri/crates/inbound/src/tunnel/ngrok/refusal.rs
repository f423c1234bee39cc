//! What can go wrong with ngrok, in plain words: what happened, what to do, and whether it is tried again.
//!
//! The numbers are those of <https://ngrok.com/docs/errors>.

use std::error::Error as _;
use std::time::Duration;

use ngrok::Error as _;
use ngrok::session::{ConnectError, RpcError};

use crate::tunnel::{Failure, FailureCode};
use crate::words::printable;

const MINUTE: Duration = Duration::from_secs(60);
const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const AGAIN: After = After::Again { at_least: Duration::ZERO };

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Another try would end the same way.
    Ends,
    /// Caused by the settings if it was never online; otherwise perhaps an outage, and tried again.
    EndsAtFirst,
    /// Perhaps our own previous session, which ngrok has not given up yet: tried again, but only for a while if it was
    /// never online.
    EndsInTheEnd,
    /// Tried again, after the usual gap or a longer one.
    Again {
        /// The gap is at least this long.
        at_least: Duration,
    },
    /// Tried again without a gap.
    AtOnce,
}

/// What went wrong, and what happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) failure: Failure,
    pub(super) after: After,
}

struct KnownError {
    numbers: &'static [u32],
    code: FailureCode,
    message: &'static str,
    after: After,
}

const KNOWN: &[KnownError] = &[
    KnownError {
        numbers: &[105],
        code: FailureCode::NgrokAuthtokenWrong,
        message: "ngrok says this is not an authtoken: its form is different. Copy the whole authtoken from https://dashboard.ngrok.com/get-started/your-authtoken and set it again.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[106],
        code: FailureCode::NgrokAuthtokenWrong,
        message: "The authtoken is from ngrok's first version, which is no longer accepted. Copy the current one from https://dashboard.ngrok.com/get-started/your-authtoken and set it again.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[107],
        code: FailureCode::NgrokAuthtokenWrong,
        message: "ngrok does not know the authtoken: it is wrong, was revoked, or its account is gone. Copy the current one from https://dashboard.ngrok.com/get-started/your-authtoken and set it again.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[4018],
        code: FailureCode::NgrokAuthtokenMissing,
        message: "ngrok requires a verified account and an authtoken. Sign up at https://dashboard.ngrok.com/signup, copy the authtoken and set it.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[123],
        code: FailureCode::NgrokAccountUnverified,
        message: "The e-mail address of this ngrok account is not verified. Verify it at https://dashboard.ngrok.com/user/settings and start the tunnel again.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[102, 103, 337, 338],
        code: FailureCode::NgrokAccountSuspended,
        message: "ngrok has suspended this account, or a payment is due. See https://dashboard.ngrok.com/billing, or ask support@ngrok.com.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[120, 121],
        code: FailureCode::NgrokTooOld,
        message: "ngrok no longer supports this version of its agent. Update Pollux.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[109, 110, 124],
        code: FailureCode::NgrokProtocol,
        message: "ngrok did not understand this agent. Update Pollux; if this persists, report it with the words below.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[108],
        code: FailureCode::NgrokSessions,
        message: "This ngrok account has as many agents running as its plan allows. Stop another one at https://dashboard.ngrok.com/agents.",
        after: After::EndsInTheEnd,
    },
    KnownError {
        numbers: &[334],
        code: FailureCode::NgrokEndpointTaken,
        message: "Another agent of this ngrok account is online with this address. Stop it at https://dashboard.ngrok.com/endpoints, or set another domain.",
        after: After::EndsInTheEnd,
    },
    KnownError {
        numbers: &[324, 350],
        code: FailureCode::NgrokEndpoints,
        message: "This ngrok account has as many endpoints online as its plan allows. Stop another one at https://dashboard.ngrok.com/endpoints.",
        after: After::EndsInTheEnd,
    },
    KnownError {
        numbers: &[328, 329, 330, 331, 347, 354, 355],
        code: FailureCode::NgrokDomain,
        message: "ngrok does not let this account use the domain: it is misspelt, not reserved, or belongs to another account. See https://dashboard.ngrok.com/domains and correct the domain, or leave it empty.",
        after: After::Ends,
    },
    KnownError {
        numbers: &[726],
        code: FailureCode::NgrokQuota,
        message: "This ngrok account has used up this month's connections: ngrok refuses deliveries until the month ends. Upgrade at https://dashboard.ngrok.com/billing, or use another tunnel.",
        after: After::Again { at_least: QUARTER_HOUR },
    },
    KnownError {
        numbers: &[727],
        code: FailureCode::NgrokQuota,
        message: "This ngrok account has used up this month's HTTP requests: ngrok refuses deliveries until the month ends. Upgrade at https://dashboard.ngrok.com/billing, or use another tunnel.",
        after: After::Again { at_least: QUARTER_HOUR },
    },
    KnownError {
        numbers: &[734],
        code: FailureCode::NgrokRate,
        message: "ngrok saw more requests in a minute than the plan of this account allows. It accepts them again within a minute.",
        after: After::Again { at_least: MINUTE },
    },
    KnownError {
        numbers: &[3200],
        code: FailureCode::NgrokOffline,
        message: "ngrok knows no agent at this address; right after a start this can last half a minute.",
        after: AGAIN,
    },
    KnownError {
        numbers: &[8012],
        code: FailureCode::NgrokUpstream,
        message: "ngrok reached its agent, but the agent could not reach the listener. Is the listener running?",
        after: AGAIN,
    },
];

/// What an ngrok error number means and what to do, for those that a user can meet: a stable code and a sentence. The
/// edge gives the number in `ngrok-error-code` and in its pages, the service in its answers.
pub fn meaning(number: u32) -> Option<(FailureCode, &'static str)> {
    known(number).map(|known| (known.code, known.message))
}

fn known(number: u32) -> Option<&'static KnownError> {
    KNOWN.iter().find(|known| known.numbers.contains(&number))
}

impl Trouble {
    fn new(code: FailureCode, message: impl Into<String>, detail: Option<String>, after: After) -> Self {
        Self { failure: Failure { code, message: message.into(), detail }, after }
    }

    pub(super) fn no_authtoken() -> Self {
        let message = "There is no ngrok authtoken. Copy yours from https://dashboard.ngrok.com/get-started/your-authtoken and set it, or put it into NGROK_AUTHTOKEN.";
        Self::new(FailureCode::NgrokAuthtokenMissing, message, None, After::Ends)
    }

    pub(super) fn bad_server(address: &str) -> Self {
        let message = format!(
            "“{address}” is not the address of an agent ingress. Expected a host and a port: connect.example.com:443."
        );
        Self::new(FailureCode::NgrokServer, message, None, After::Ends)
    }

    /// The service gave an invalid address, or one that is not public.
    pub(super) fn bad_address(address: &str, authtoken: &str) -> Self {
        let message = format!(
            "ngrok gave the address “{}”, which cannot be public: https:// and a host were expected. Check that this is \
             ngrok's service, and update Pollux.",
            printable(&without(address, authtoken))
        );
        Self::new(FailureCode::NgrokAddress, message, None, After::EndsAtFirst)
    }

    pub(super) fn no_answer() -> Self {
        Self::new(FailureCode::NgrokUnreachable, "ngrok did not answer in time. Check the network.", None, AGAIN)
    }

    pub(super) fn missed_heartbeat() -> Self {
        Self::new(FailureCode::NgrokHeartbeat, "ngrok missed a heartbeat: the connection is dead.", None, AGAIN)
    }

    pub(super) fn slept() -> Self {
        Self::new(
            FailureCode::NgrokSlept,
            "This computer was asleep, and ngrok has ended the session.",
            None,
            After::AtOnce,
        )
    }

    pub(super) fn command(what: &str) -> Self {
        let message = format!("ngrok asked this agent to {what}, from its dashboard or its API.");
        Self::new(FailureCode::NgrokCommand, message, None, AGAIN)
    }

    pub(super) fn lost(fault: Option<String>) -> Self {
        let message = match fault {
            Some(fault) => format!("The connection to ngrok broke ({fault})."),
            None => "ngrok closed the connection.".to_owned(),
        };
        Self::new(FailureCode::NgrokLost, message, None, AGAIN)
    }

    pub(super) fn connecting(error: &ConnectError, authtoken: &str) -> Self {
        match error {
            ConnectError::Auth(error) | ConnectError::Rebind(error) => Self::binding(error, authtoken),
            ConnectError::Tcp(error) => {
                let message =
                    format!("ngrok cannot be reached ({error}). Check the network, and whether a firewall blocks it.");
                Self::new(FailureCode::NgrokUnreachable, message, None, AGAIN)
            }
            ConnectError::Tls(error) => {
                let message = format!(
                    "No secure connection to ngrok ({error}). A proxy, a firewall or the sign-in page of a network may stand in between."
                );
                Self::new(FailureCode::NgrokTls, message, None, AGAIN)
            }
            other => Self::new(
                FailureCode::NgrokUnreachable,
                format!("ngrok did not open a session ({other})."),
                None,
                AGAIN,
            ),
        }
    }

    pub(super) fn binding(error: &RpcError, authtoken: &str) -> Self {
        match error {
            RpcError::Response(_) => Self::refused(&error.msg(), error.error_code(), authtoken),
            other => {
                let cause = other.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                let why = printable(&without(&format!("{other}{cause}"), authtoken));
                let message = format!("ngrok ended the connection before it answered ({why}).");
                Self::new(FailureCode::NgrokLost, message, None, AGAIN)
            }
        }
    }

    /// The service took the endpoint down.
    pub(super) fn stopped(words: &str, code: Option<&str>, authtoken: &str) -> Self {
        if number(code).is_some() {
            return Self::refused(words, code, authtoken);
        }
        let detail = said(words, None, authtoken);
        let message = match &detail {
            Some(words) => format!("ngrok took the endpoint down: {}", printable(words)),
            None => "ngrok took the endpoint down.".to_owned(),
        };
        Self::new(FailureCode::NgrokStopped, message, detail, AGAIN)
    }

    fn refused(words: &str, code: Option<&str>, authtoken: &str) -> Self {
        let detail = said(words, code, authtoken);
        if let Some(known) = number(code).and_then(known) {
            return Self::new(known.code, known.message, detail, known.after);
        }
        let message = match detail.as_deref().and_then(|detail| detail.lines().next()) {
            Some(words) => format!("ngrok refused: {words}"),
            None => "ngrok refused without saying why.".to_owned(),
        };
        Self::new(FailureCode::NgrokRefused, message, detail, After::EndsAtFirst)
    }
}

fn number(code: Option<&str>) -> Option<u32> {
    code?.trim().strip_prefix("ERR_NGROK_")?.parse().ok()
}

/// The service's words with their number, without the authtoken, which ngrok repeats in some of them.
fn said(words: &str, code: Option<&str>, authtoken: &str) -> Option<String> {
    let text = without(words.trim(), authtoken);
    let mut lines: Vec<String> =
        text.lines().map(|line| printable(&hide(line))).filter(|line| !line.is_empty()).take(LINES).collect();
    lines.extend(code.map(|code| printable(&without(code, authtoken))).filter(|code| !code.is_empty()));
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The text without the authtoken, and without what is not shown, which could stand within it.
fn without(text: &str, authtoken: &str) -> String {
    let text: String = text.chars().filter(|c| matches!(c, '\r' | '\n') || !gemini::steers(*c)).collect();
    let token = authtoken.trim();
    if token.is_empty() { text } else { text.replace(token, HIDDEN) }
}

const HIDDEN: &str = "…";
/// How many lines of the service's words are kept: nobody reads more, and the timeline keeps them.
const LINES: usize = 12;

/// `Your authtoken: 2aBc…`, even if it was shortened or changed.
fn hide(line: &str) -> String {
    let line = line.trim();
    match line.split_once(':') {
        Some((label, _)) if label.to_ascii_lowercase().ends_with("authtoken") => format!("{label}: {HIDDEN}"),
        _ => line.to_owned(),
    }
}
