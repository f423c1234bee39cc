//! No dumps of memory: secrets and API keys are in it, and a dump ends up in a file, or with a collector of crashes.

/// Switches them off for this process and what it starts, which inherits the limit. systemd's collector keeps to it, too.
/// Failing is told and nothing else: a dump that could be made is no reason not to start. Memory can still be looked at
/// by its user's debugger: `PR_SET_DUMPABLE` would also take `/proc/PID` from the user, and what reads it there.
#[cfg(unix)]
pub fn switch_off() {
    use nix::sys::resource::{Resource, setrlimit};
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, 0, 0) {
        tracing::warn!(%error, "core dumps could not be switched off");
    }
}

/// Windows makes none of its own, only where its user has set it up.
#[cfg(not(unix))]
pub fn switch_off() {}
