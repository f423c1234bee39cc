//! Watches a job until it ends.

use std::time::Duration;

use engine::{Code, Engine, JobDetail, JobPhase, JobView, Project};
use serde_json::json;

use super::{text, told};
use crate::ending::Ending;
use crate::exit;
use crate::manage::{self, Done, now_ms, utc};
use crate::print::{self, Written, printable};

/// The gap between two questions to a service on this machine.
const NEAR: Duration = Duration::from_secs(1);
/// The first gap of another service, the longest, and how much each is longer than the one before.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(60);
const GROWTH: f64 = 1.25;
/// Questions in a row that may fail.
const FAILURES: u32 = 10;

/// What a line says. While it stays the same, there is nothing to print.
#[derive(PartialEq)]
struct Shown {
    phase: JobPhase,
    state: String,
    note: String,
    told: Option<i64>,
}

impl Shown {
    fn of(job: &JobView) -> Self {
        let told = job.told.as_ref().map(|told| told.delivery);
        Self { phase: job.phase, state: job.state.clone(), note: text::note(job), told }
    }
}

/// Prints a line at each change. The exit code says how it ended.
pub(super) async fn watch(
    engine: &Engine,
    project: &Project,
    name: &str,
    ending: Option<&Ending>,
    as_json: bool,
) -> Done {
    let room = engine.jobs();
    let mut detail = room.open(project.id, name).await?;
    if let Some(problem) = &detail.problem {
        return Ok(told(problem, &detail));
    }
    let name = detail.job.name.clone();
    let near = manage::is_near(project);
    let mut gap = if near { NEAR } else { FIRST };
    let (mut shown, mut failures, mut complained) = (None, 0, None);
    loop {
        let now = Shown::of(&detail.job);
        if shown.as_ref() != Some(&now) {
            line(&detail.job, as_json)?;
            shown = Some(now);
        }
        if let Some(code) = ended(&detail) {
            return Ok(code);
        }
        let next = async {
            tokio::time::sleep(gap).await;
            room.get(project.id, &name, true).await
        };
        detail = tokio::select! {
            next = next => next?,
            () = asked(ending) => {
                say!("stopped watching: the job goes on");
                return Ok(exit::REJECTED);
            }
        };
        if !near {
            gap = gap.mul_f64(GROWTH).min(LONGEST);
        }
        let Some(problem) = &detail.problem else {
            (failures, complained) = (0, None);
            continue;
        };
        // One that had too many requests says itself how long to wait.
        failures += u32::from(problem.code != Code::ServiceRateLimited);
        if !passes(problem.code) || failures > FAILURES {
            return Ok(told(problem, &detail));
        }
        if complained != Some(problem.code) {
            manage::complain(problem);
            complained = Some(problem.code);
        }
    }
}

async fn asked(ending: Option<&Ending>) {
    match ending {
        Some(ending) => ending.asked().await,
        None => std::future::pending().await,
    }
}

/// Whether asking again later may help.
fn passes(code: Code) -> bool {
    matches!(
        code,
        Code::ServiceUnreachable
            | Code::ServiceTimedOut
            | Code::ServiceUnreadable
            | Code::ServiceFailed
            | Code::ServiceRateLimited
    )
}

/// `2026-11-22 08:12:07Z  … running  3 of 5 requests`
fn line(job: &JobView, as_json: bool) -> Written {
    if as_json {
        return print::line(&json!(job));
    }
    let (glyph, state, note) = (text::glyph(job.phase), text::state(job.phase), text::note(job));
    let told = job.told.as_ref().map(|told| format!("  #{} {}", told.delivery, printable(&told.event_type)));
    let line = format!("{}  {glyph} {state:<9}  {note}{}", utc(now_ms()), told.unwrap_or_default());
    print::text(&format!("{}\n", line.trim_end()))
}

/// The exit code of a job that has ended, or that goes on only once somebody answers.
fn ended(detail: &JobDetail) -> Option<u8> {
    match detail.job.phase {
        JobPhase::Running | JobPhase::Unknown => None,
        JobPhase::Succeeded => Some(exit::OK),
        JobPhase::Failed | JobPhase::Cancelled | JobPhase::Expired | JobPhase::NotFound => Some(exit::REJECTED),
        JobPhase::Waiting => {
            let pending = detail.interaction.iter().flat_map(|interaction| &interaction.pending);
            let names: Vec<_> = pending.map(|call| printable(&call.name)).collect();
            match names.is_empty() {
                true => say!("it waits for an answer"),
                false => say!("it waits for the result of: {}", names.join(", ")),
            }
            Some(exit::REJECTED)
        }
    }
}
