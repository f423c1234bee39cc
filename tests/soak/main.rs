//! `make soak`: see `tests::soak`. Exit codes: 0 all was well, 1 something was not, 2 it could not begin.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use tests::soak::{Plan, run};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A tmpfs of the run's own: see `.ci/soak`.
const DISK: &str = "SOAK_DISK";

fn main() -> ExitCode {
    match soak() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("soak: {why}");
            ExitCode::from(2)
        }
    }
}

fn soak() -> Result<bool, String> {
    let failed = |error: std::io::Error| error.to_string();
    let disk = std::env::var_os(DISK).map(PathBuf::from);
    // On the disk that the target folder is on: `/tmp` may be in memory, where a commit costs nothing.
    let target = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target"));
    let scratch = target.join("soak-data");
    std::fs::create_dir_all(&scratch).map_err(failed)?;
    let folder = tempfile::tempdir_in(&scratch).map_err(failed)?;
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| u64::from(since.subsec_nanos()));
    let place = disk.as_deref().unwrap_or(folder.path());
    let mut plan = Plan::read(place, seed, |name| std::env::var(name).ok())?;
    plan.small_disk = disk.is_some();
    eprintln!("soak: SOAK_SEED={}, {:?}, {} senders, {}/s", plan.seed, plan.ends, plan.senders, plan.rate);

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let report = runtime.block_on(async {
        let stop = CancellationToken::new();
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt()).map_err(failed)?, signal(SignalKind::terminate()).map_err(failed)?);
        let stopped = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            stopped.cancel();
        });
        run(&plan, &stop).await
    })?;

    let line = report.json().to_string();
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{}\n{line}\n", report.text()).as_bytes()).map_err(failed)?;
    std::fs::write(target.join("soak.jsonl"), format!("{line}\n")).map_err(failed)?;
    let well = report.failures().is_empty();
    if !well && disk.is_none() {
        // For whoever looks into it; the next run's is another.
        eprintln!("soak: the history and the log are in {}", folder.keep().display());
    }
    Ok(well)
}
