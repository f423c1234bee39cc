//! One file per table: how it is created, and the SQL that reads and writes it.

pub(crate) mod action;
pub(crate) mod address;
pub(crate) mod answer;
pub(crate) mod content;
pub(crate) mod deletion;
pub(crate) mod delivery;
pub(crate) mod digest;
pub(crate) mod event;
pub(crate) mod gone;
pub(crate) mod imported;
pub(crate) mod kept_result;
pub(crate) mod known_job;
pub(crate) mod later;
pub(crate) mod note;
pub(crate) mod outbound;
pub(crate) mod phrase;
pub(crate) mod place;
pub(crate) mod project;
pub(crate) mod request;
pub(crate) mod secret;
pub(crate) mod setting;
pub(crate) mod share;
pub(crate) mod signer;
pub(crate) mod tally;
pub(crate) mod target;
pub(crate) mod told;
pub(crate) mod tunnel_state;
pub(crate) mod uptime;
pub(crate) mod webhook_state;

/// SQLite's integers are signed; a length beyond them does not exist.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// The reverse. We never write a negative number, so one counts as 0.
pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
