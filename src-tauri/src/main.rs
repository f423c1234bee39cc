//! `pollux`: without arguments the window, with a subcommand the command line.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    pollux_app::main()
}
