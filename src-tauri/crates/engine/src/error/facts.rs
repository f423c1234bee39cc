//! What each code comes with: how bad it is, the exit code of the command line, and where it is fixed.

use serde::{Deserialize, Serialize};

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good to know.
    Info,
    /// Worth a look.
    Warning,
    /// Something was not done.
    Error,
}

/// The exit codes of the command line, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Rejected, not delivered, or refused.
    Refused = 1,
    /// The command line was wrong, or something it names could not be read.
    Usage = 2,
    /// Nobody answered.
    NoAnswer = 4,
    /// It is not known whether it was done.
    Unknown = 5,
}

/// Where in the window something is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// Change the settings.
    Settings,
    /// Look at the secrets.
    Secrets,
    /// Change the project.
    Projects,
    /// Read the list of webhooks again.
    Refresh,
    /// Change the tunnel or the public address.
    Tunnel,
    /// Change the targets.
    Targets,
}
