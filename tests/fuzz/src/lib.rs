//! The fuzz targets: each body once, for libFuzzer (`targets`), for the stable toolchain (`mutate`), and for the tests,
//! which run them over the corpus.
//!
//! A body takes any bytes and panics when a promise is broken. What it needs beside them is the same every time, so
//! that an input that fails once fails again.

// A failure here is a finding.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod blobs;
pub mod cloudflared;
pub mod compare;
pub mod emulator;
pub mod files;
pub mod frames;
pub mod journal;
pub mod mutation;
pub mod ngrok;
pub mod parsers;
pub mod payloads;
pub mod replay;
pub mod results;
mod rig;
pub mod search;
pub mod segments;
pub mod sidecars;

/// A target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, which its binary and its folders have, too.
    pub name: &'static str,
    /// What is run with an input. Panics are findings.
    pub run: fn(&[u8]),
    /// How many mutations of the corpus the tests run: as many as take a second or two.
    pub mutations: u32,
}

/// All of them, in the order of their names.
pub const TARGETS: &[Target] = &[
    Target { name: "blobs", run: self::blobs::run, mutations: 2_000 },
    Target { name: "cloudflared", run: self::cloudflared::run, mutations: 2_000 },
    Target { name: "compare", run: self::compare::run, mutations: 1_000 },
    Target { name: "emulator", run: self::emulator::run, mutations: 1_000 },
    Target { name: "files", run: self::files::run, mutations: 1_000 },
    Target { name: "frames", run: self::frames::run, mutations: 2_000 },
    Target { name: "journal", run: self::journal::run, mutations: 150 },
    Target { name: "ngrok", run: self::ngrok::run, mutations: 200 },
    Target { name: "parsers", run: self::parsers::run, mutations: 500 },
    Target { name: "payloads", run: self::payloads::run, mutations: 2_000 },
    Target { name: "results", run: self::results::run, mutations: 2_000 },
    Target { name: "search", run: self::search::run, mutations: 2_000 },
    Target { name: "segments", run: self::segments::run, mutations: 2_000 },
    Target { name: "sidecars", run: self::sidecars::run, mutations: 500 },
];
