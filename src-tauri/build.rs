//! Bakes the window's files and its permissions into the binary.

fn main() {
    tauri_build::build();
}
