//! Prevents dumps of memory, which holds secrets and API keys: a dump ends up in a file or with a crash collector.

/// Switches them off for this process and those that it starts, which inherit the limit. systemd's collector respects
/// it too. A failure is only logged: a possible dump is no reason not to start. The user's debugger can still read the
/// memory: `PR_SET_DUMPABLE` would also take `/proc/PID` from the user, and from what reads it there.
#[cfg(unix)]
pub fn switch_off() {
    use nix::sys::resource::{Resource, setrlimit};
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, 0, 0) {
        tracing::warn!(%error, "core dumps could not be switched off");
    }
}

/// Windows makes none by itself, only if the user has set it up.
#[cfg(not(unix))]
pub fn switch_off() {}
