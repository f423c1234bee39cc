//! Writes log lines to standard error.

use std::fmt::{self, Write as _};
use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::debug_fn;

/// Logs warnings by default, more with `POLLUX_LOG=debug`. Uses colours only on a terminal; text from others cannot
/// steer it.
pub fn to_stderr(writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let mut filter = EnvFilter::try_from_env("POLLUX_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    // Any more from these would put an authtoken in the log: in ngrok's answers, and in the frames that are sent.
    for quiet in ["ngrok=warn", "muxado=warn"] {
        if let Ok(directive) = quiet.parse() {
            filter = filter.add_directive(directive);
        }
    }
    let fields = debug_fn(|writer, field, value| match field.name() {
        "message" => write!(Escaped(writer), "{value:?}"),
        name => write!(Escaped(writer), "{name}={value:?}"),
    });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(shows_colours())
        .fmt_fields(fields.delimited(" "))
        .with_writer(writer)
        .init();
}

/// `NO_COLOR` is honoured (no-color.org: set, and not empty).
fn shows_colours() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    std::io::stderr().is_terminal() && set("NO_COLOR").is_none() && set("TERM").is_some_and(|term| term != "dumb")
}

/// Passes text on, escaping whatever steers a terminal, line ends included.
struct Escaped<'a>(&'a mut dyn fmt::Write);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&gemini::printable(text, usize::MAX))
    }
}
