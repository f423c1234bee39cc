//! Finds out whether a window can open, and what it is drawn with.

use std::path::Path;

/// Whether there is a display. On Linux a window needs a display server; elsewhere there always is one.
#[must_use]
pub fn is_there() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Whether OpenGL is only emulated here: on Linux, without the device of a graphics card, or where that is asked for.
#[must_use]
pub fn emulates_opengl() -> bool {
    let asked = std::env::var_os("LIBGL_ALWAYS_SOFTWARE").is_some_and(|value| value == "1" || value == "true");
    cfg!(target_os = "linux") && (asked || !has_card(Path::new("/dev/dri")))
}

/// Whether the folder of the kernel's graphics devices has one that draws.
fn has_card(devices: &Path) -> bool {
    let names = std::fs::read_dir(devices).into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.into_iter().any(|name| name.to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_known_by_its_device() {
        let devices = std::env::temp_dir().join(format!("pollux-dri-{}", std::process::id()));
        assert!(!has_card(&devices), "there is no such folder");
        std::fs::create_dir(&devices).unwrap();
        std::fs::write(devices.join("card0"), "").unwrap();
        assert!(!has_card(&devices), "it only shows what others drew");
        std::fs::write(devices.join("renderD128"), "").unwrap();
        assert!(has_card(&devices));
        std::fs::remove_dir_all(&devices).unwrap();
    }
}
