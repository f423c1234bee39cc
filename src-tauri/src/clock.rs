//! The clock of the window. In a build for development it can be made to stand still, so that pictures of the window are
//! the same in every run.

use std::sync::Arc;
use std::time::SystemTime;

use engine::Clock;

/// Names the variable that says where the clock stands, such as `2026-11-21T14:32:10Z`.
#[cfg(debug_assertions)]
const STANDS: &str = "POLLUX_CLOCK";

/// Gives the system's clock, or one that stands still.
#[cfg(debug_assertions)]
pub(crate) fn clock() -> Clock {
    let stands = std::env::var(STANDS).ok().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    match stands.map(SystemTime::from) {
        Some(moment) => Arc::new(move || moment),
        None => Arc::new(SystemTime::now),
    }
}

/// Gives the system's clock. Signatures are checked against it, so nothing stops it in what is given out.
#[cfg(not(debug_assertions))]
pub(crate) fn clock() -> Clock {
    Arc::new(SystemTime::now)
}
