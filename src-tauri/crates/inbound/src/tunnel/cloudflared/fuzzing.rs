//! The reader of cloudflared's output without a cloudflared, for the fuzz targets.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::io::AsyncRead;

use super::output::Output;
use super::trouble::Trouble;
use crate::tunnel::Failure;

/// How long a pipe may take that is read from memory.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was read of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The latest lines that are not just information, oldest first.
    pub lines: Vec<String>,
    /// The announced host.
    pub hostname: Option<String>,
    /// How many errors of QUIC there were.
    pub quic_errors: u32,
    /// How often Cloudflare said that it does not know the tunnel.
    pub refusals: u32,
    /// What the end of such a child is reported as, if it ended with exit status 0.
    pub failure: Failure,
    /// The same for the timeline.
    pub why: String,
}

/// Reads a pipe to its end, within a runtime. `None` if it has none.
pub async fn read(pipe: impl AsyncRead + Unpin + Send + 'static) -> Option<Said> {
    let mut output = Output::default();
    output.read(pipe);
    if !output.ended(PATIENCE).await {
        return None;
    }
    let seen = output.seen();
    let trouble = Trouble::of_exit(ExitStatus::default(), &seen, seen.hostname().is_some());
    Some(Said {
        lines: seen.lines(),
        hostname: seen.hostname().map(str::to_owned),
        quic_errors: seen.quic_errors(),
        refusals: seen.refusals(),
        failure: trouble.failure(),
        why: trouble.why(),
    })
}
