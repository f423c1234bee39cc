//! Finds out whether a window can open.

/// Whether there is a display. On Linux a window needs a display server; elsewhere there always is one.
#[must_use]
pub fn is_there() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}
