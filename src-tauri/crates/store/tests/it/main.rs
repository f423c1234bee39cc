//! The history, through its public interface, in separate databases that are deleted afterwards.

// Clippy's exception for tests ends at functions with the attribute; what they share is test code, too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod attempts;
mod bounds;
mod changes;
mod compared;
mod crash;
mod day;
mod deletion;
mod failing;
mod import;
mod jobs;
mod judging;
mod keeping_crash;
mod keeping_model;
mod opening;
mod outbound;
mod projects;
mod record;
mod recover;
mod request;
mod round_trip;
mod sample;
mod searching;
mod sidecar;
mod signed;
mod space;
mod tables;
mod two_processes;
