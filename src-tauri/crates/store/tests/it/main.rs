//! The history, through its public face, in databases of their own that are gone afterwards.

// Clippy's leave for tests ends at the functions that bear the attribute; what they share is a test too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attempts;
mod changes;
mod crash;
mod failing;
mod filters;
mod judging;
mod opening;
mod outbound;
mod projects;
mod request;
mod round_trip;
mod sample;
mod signed;
mod space;
mod tables;
mod two_processes;
