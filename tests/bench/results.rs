//! A batch's output of a million rows, opened from the disk; and a long list of jobs.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Config, Engine, JobFilter, MemoryVault, ResultSource, ResultState, RowFilter};
use store::{JobKind, JobRank, JobRecord, KnownBy, Settled};

use crate::child::memory;
use crate::report::{Bound, Figure};
use crate::{median, percentile, scratch};

const ROWS: usize = 1_000_000;
const ROUNDS: usize = 3;
pub(crate) const JOBS: usize = 10_000;

pub(crate) async fn measure() -> Vec<Figure> {
    let folder = scratch();
    let file = folder.path().join("output.jsonl");
    let bytes = write(&file) as f64 / 1e6;
    let (mut first, mut ours, mut theirs, mut ratios, mut grown) = (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        let engine = start(&folder.path().join(format!("{round}.db"))).await;
        let before = resident();
        let began = Instant::now();
        let source = ResultSource::File { path: file.display().to_string() };
        let opened = engine.results().open(source).await.unwrap();
        loop {
            if let Ok(rows) = engine.results().rows(opened.id, RowFilter::All, "", 0, 50).await
                && rows.rows.len() == 50
            {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "no rows came");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        first.push(began.elapsed().as_secs_f64());
        let ready = engine.results().ended(opened.id).await.unwrap();
        let took = began.elapsed().as_secs_f64();
        assert_eq!(ready.state, ResultState::Ready, "{ready:?}");
        assert_eq!(ready.summary.unwrap().answered, ROWS as u64);
        grown.push(resident() - before);
        let jq = jq(&file);
        ours.push(bytes / took);
        if let Some(seconds) = jq {
            theirs.push(bytes / seconds);
            ratios.push(seconds / took);
        }
        engine.shutdown().await;
    }
    let size = format!("{ROWS} rows, {bytes:.0} MB; {ROUNDS} rounds");
    let mut figures = vec![
        Figure::new("batch output: first rows", median(first), "s", Bound::AtMost(0.3)).note(size.clone()),
        Figure::new("batch output: memory for its rows", percentile(grown, 100.0), "MiB", Bound::AtMost(100.0))
            .note(size),
    ];
    match ratios.is_empty() {
        true => figures.push(Figure::not_taken("batch output: counts against jq", "jq is not installed")),
        false => {
            let note = format!("{:.0} MB/s against {:.0} MB/s of `jq -c .key`", median(ours), median(theirs));
            let name = "batch output: counts, speed against jq";
            figures.push(Figure::new(name, median(ratios), "x", Bound::AtLeast(0.5)).note(note));
        }
    }
    figures.push(list(&folder.path().join("jobs.db")).await);
    figures
}

/// Ten thousand jobs in the list, opened.
async fn list(database: &Path) -> Figure {
    let engine = start(database).await;
    let project = engine.projects().list().first().unwrap().id;
    let store = store::Store::open(database, store::Options::default()).unwrap();
    store.known_jobs().put(jobs(project)).await.unwrap();
    let mut times = Vec::new();
    for _ in 0..21 {
        let began = Instant::now();
        let page = engine.jobs().page(project, JobFilter::default(), 0, 200).await.unwrap();
        assert_eq!((page.jobs.len(), page.known), (200, JOBS as u32));
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    store.close().await;
    engine.shutdown().await;
    let note = "the engine's answer for the first 200; no request to the service".to_owned();
    Figure::new("10,000 jobs: first page", median(times), "ms", Bound::AtMost(150.0)).note(note)
}

/// Batches that ended and were told of.
pub(crate) fn jobs(project: i64) -> Vec<JobRecord> {
    (0..JOBS).map(|number| job(project, number)).collect()
}

fn job(project: i64, number: usize) -> JobRecord {
    let ended = 1_795_000_000_000 + number as i64 * 1000;
    JobRecord {
        project,
        name: format!("batches/job{number:06}"),
        kind: JobKind::Batch,
        rank: JobRank::Ended,
        at_ms: ended,
        state: "BATCH_STATE_SUCCEEDED".into(),
        title: Some(format!("nightly-{number}")),
        model: Some("gemini-2.5-flash".into()),
        created_ms: Some(ended - 60_000),
        ended_ms: Some(ended),
        expires_ms: Some(ended + 172_800_000),
        known_by: KnownBy::Listed,
        first_ms: ended,
        dispatched_ms: None,
        asked_ms: Some(ended),
        next_ms: None,
        asks: 1,
        settled: Settled::Told,
        aside: false,
        finding: None,
        about: r#"{"searched":true,"metadata":{"job_group":"nightly"}}"#.into(),
    }
}

async fn start(database: &Path) -> Engine {
    let config = Config::new(database, Arc::new(MemoryVault::default()));
    Engine::start(Config { sandbox: false, ..config }).await.unwrap()
}

/// Seconds that `jq -c .key` takes for the file.
fn jq(file: &Path) -> Option<f64> {
    let began = Instant::now();
    let done = Command::new("jq").arg("-c").arg(".key").arg(file).stdout(Stdio::null()).status().ok()?;
    done.success().then(|| began.elapsed().as_secs_f64())
}

/// What this process holds, in MiB.
fn resident() -> f64 {
    memory(std::process::id()).resident
}

/// Writes the output, and returns its size in bytes.
fn write(file: &Path) -> u64 {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file).unwrap());
    for number in 0..ROWS {
        let line = match number % 50 {
            7 => format!(
                r#"{{"key":"eval-{number}","error":{{"code":429,"message":"Quota exceeded for requests per minute, retry in 38 s","status":"RESOURCE_EXHAUSTED"}}}}"#
            ),
            _ => format!(
                r#"{{"key":"eval-{number}","response":{{"candidates":[{{"content":{{"parts":[{{"text":"{{\"score\": {}, \"reason\": \"The answer names both causes\"}}"}}],"role":"model"}},"finishReason":"STOP"}}],"usageMetadata":{{"promptTokenCount":812,"candidatesTokenCount":164,"thoughtsTokenCount":288,"totalTokenCount":1264}},"modelVersion":"gemini-2.5-flash"}}}}"#,
                number % 5
            ),
        };
        writeln!(out, "{line}").unwrap();
    }
    out.flush().unwrap();
    drop(out);
    std::fs::metadata(file).unwrap().len()
}
