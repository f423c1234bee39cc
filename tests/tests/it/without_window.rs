//! `pollux` is a program without a window: what it links, and how it starts the one that has it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// `pollux` in a folder of its own, asked for the window. A file system that has it already makes no copy.
fn placed(folder: &Path) -> Command {
    let pollux = folder.join("pollux");
    if fs::hard_link(tests::binary(), &pollux).is_err() {
        fs::copy(tests::binary(), &pollux).unwrap();
    }
    asked(&pollux)
}

/// With a display that nobody opens: nothing but `pollux` itself looks for it.
fn asked(pollux: &Path) -> Command {
    let mut command = Command::new(pollux);
    command.env("DISPLAY", ":4711").env_remove("WAYLAND_DISPLAY");
    command
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// `readelf` comes with the linker that built it.
#[cfg(target_os = "linux")]
#[test]
fn it_links_no_library_of_a_window_or_a_bus() {
    let output = Command::new("readelf").args(["--dynamic", "--wide"]).arg(tests::binary()).output().unwrap();
    let (_, section, _) = said(&output);
    let needed: Vec<&str> = section.lines().filter(|line| line.contains("(NEEDED)")).collect();
    assert!(needed.iter().any(|line| line.contains("[libc.so")), "{section}");
    for foreign in ["webkit", "javascriptcore", "gtk", "gdk", "glib", "gio", "soup", "dbus", "X11", "wayland"] {
        assert!(!section.contains(foreign), "{foreign}: {needed:#?}");
    }
}

#[test]
fn where_the_window_is_not_installed_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, told) = said(&placed(folder.path()).output().unwrap());
    assert_eq!((code, out.as_str()), (Some(2), ""), "{told}");
    for part in ["pollux-app", folder.path().to_str().unwrap(), "pollux listen --sandbox", "pollux --help"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // What needs no window is there all the same.
    let (code, out, _) = said(&asked(&folder.path().join("pollux")).arg("--version").output().unwrap());
    assert_eq!((code, out.as_str()), (Some(0), concat!("pollux ", env!("CARGO_PKG_VERSION"), "\n")));
}

#[cfg(unix)]
#[test]
fn the_window_beside_it_gets_its_arguments_environment_and_place() {
    let folder = tempfile::tempdir().unwrap();
    stand_in(folder.path(), "printf '%s\\n' \"$$\" \"$POLLUX_DATA_DIR\" \"$@\"; exit 7");
    let mut command = placed(folder.path());
    command.args(["--", "--flag", "two words"]).env("POLLUX_DATA_DIR", "/somewhere else");
    let child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let (code, out, _) = said(&child.wait_with_output().unwrap());
    assert_eq!(out, format!("{pid}\n/somewhere else\n--flag\ntwo words\n"), "it took the place of the process");
    assert_eq!(code, Some(7));
}

#[cfg(unix)]
#[test]
fn a_link_to_it_finds_the_window_too() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    stand_in(folder.path(), "echo here");
    placed(folder.path());
    let link = elsewhere.path().join("inspector");
    std::os::unix::fs::symlink(folder.path().join("pollux"), &link).unwrap();
    assert_eq!(said(&asked(&link).output().unwrap()).1, "here\n");
}

#[cfg(unix)]
#[test]
fn a_window_that_cannot_be_run_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    stand_in(folder.path(), "exit 0");
    let mut rights = fs::metadata(folder.path().join("pollux-app")).unwrap().permissions();
    rights.set_mode(0o600);
    fs::set_permissions(folder.path().join("pollux-app"), rights).unwrap();
    let (code, _, told) = said(&placed(folder.path()).output().unwrap());
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("pollux-app could not be started: "), "{told}");
}

#[cfg(unix)]
fn stand_in(folder: &Path, script: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let app = folder.join("pollux-app");
    fs::write(&app, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&app, fs::Permissions::from_mode(0o700)).unwrap();
}

/// The window itself, where there is no display, and for a slip of whoever means the command line.
#[test]
fn the_window_alone_says_where_the_command_line_is() {
    let mut app = Command::new(tests::app());
    app.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let (code, out, told) = said(&app.output().unwrap());
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(told.contains("no display") && told.contains("pollux listen --sandbox"), "{told}");
    let (code, _, told) = said(&app.arg("listen").output().unwrap());
    assert!(code == Some(2) && told.contains("pollux --help"), "{told}");
}
