//! The real window, through WebDriver: WebKitGTK, SQLite, HTTP on loopback. Each test has a display, a session bus and a
//! home of its own.

// A failure here is a failed test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod check;
mod compare;
mod controls;
mod emulator;
mod first_start;
mod hostile;
mod jobs;
mod kept;
mod leaving;
mod life;
mod list;
mod load;
mod managed;
mod missed;
mod notifications;
mod overview;
mod palette;
mod payload;
mod pictures;
mod places;
mod projects;
mod replay;
mod rotation;
mod sandbox;
mod scene;
mod search;
mod secrets;
mod start;
mod tunnel;
mod turned_away;
mod webhooks;
