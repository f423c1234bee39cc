//! The real window, through WebDriver: WebKitGTK, SQLite, HTTP on loopback. Each test has a display, a session bus and a
//! home of its own.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "journeys/check.rs"]
mod check;
#[path = "journeys/controls.rs"]
mod controls;
#[path = "journeys/emulator.rs"]
mod emulator;
#[path = "journeys/first_start.rs"]
mod first_start;
#[path = "journeys/hostile.rs"]
mod hostile;
#[path = "journeys/leaving.rs"]
mod leaving;
#[path = "journeys/life.rs"]
mod life;
#[path = "journeys/list.rs"]
mod list;
#[path = "journeys/load.rs"]
mod load;
#[path = "journeys/managed.rs"]
mod managed;
#[path = "journeys/projects.rs"]
mod projects;
#[path = "journeys/replay.rs"]
mod replay;
#[path = "journeys/rotation.rs"]
mod rotation;
#[path = "journeys/sandbox.rs"]
mod sandbox;
#[path = "journeys/secrets.rs"]
mod secrets;
#[path = "journeys/start.rs"]
mod start;
#[path = "journeys/tunnel.rs"]
mod tunnel;
#[path = "journeys/turned_away.rs"]
mod turned_away;
#[path = "journeys/webhooks.rs"]
mod webhooks;
