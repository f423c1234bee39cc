//! No dumps of memory: secrets and API keys are in it, and a dump ends up in a file, or with a collector of crashes.

/// Switches them off for this process. What it starts inherits the limit. Failing is told and nothing else: a dump that
/// could be made is no reason not to start.
#[cfg(unix)]
pub(crate) fn switch_off() {
    use nix::sys::resource::{Resource, setrlimit};
    if let Err(error) = setrlimit(Resource::RLIMIT_CORE, 0, 0) {
        tracing::warn!(%error, "core dumps could not be switched off");
    }
    // A collector that the kernel pipes to (systemd-coredump, apport) is not bound by the limit.
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        tracing::warn!(%error, "core dumps could not be switched off for collectors");
    }
}

/// Windows makes none of its own, only where its user has set it up.
#[cfg(not(unix))]
pub(crate) fn switch_off() {}
