//! The search over a million stored deliveries: first page, exact count, facets, what the signatures cost, and what it
//! does to capture and to memory.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use query::{Clock, Query};
use rusqlite::{Connection, OpenFlags};
use store::{Options, Store, Wanted};

use crate::report::{Bound, Figure};
use crate::{child, percentile, scratch, stock};

pub(crate) const DELIVERIES: i64 = 1_000_000;
/// Rows of a first page.
const PAGE: usize = 200;
/// Searches for each needle.
const TIMES: usize = 40;
/// Longer than it takes to make the signatures of a million deliveries on any machine.
pub(crate) const MOST: Duration = Duration::from_secs(300);

/// What is searched for, and how often it is there.
fn needles() -> Vec<(&'static str, String)> {
    vec![
        ("a rare id", stock::rare_id()),
        ("1 in 1,000", "s123".to_owned()),
        ("1 in 12", "batch.failed".to_owned()),
        ("in every row", "application/json".to_owned()),
        ("absent", "zqxjkvbwzqxj".to_owned()),
        ("absent, its grams common", "batch.completed".to_owned()),
    ]
}

pub(crate) async fn measure() -> Vec<Figure> {
    let folder = scratch();
    let mut figures = match searches(folder.path()).await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken("search", &why)],
    };
    match crate::search_typed::figures(folder.path()).await {
        Ok(more) => figures.extend(more),
        Err(why) => figures.push(Figure::not_taken("suggestions", &why)),
    }
    match crate::search_beside::figures(folder.path()).await {
        Ok(more) => figures.extend(more),
        Err(why) => figures.push(Figure::not_taken("capture and memory with the search", &why)),
    }
    figures
}

/// The history of all the figures.
pub(crate) fn database(folder: &Path) -> std::path::PathBuf {
    folder.join("million.db")
}

async fn searches(folder: &Path) -> Result<Vec<Figure>, String> {
    let (database, lines) = (database(folder), folder.join("million.ndjson"));
    stock::make(&database, DELIVERIES, Some(&lines)).await?;
    let store = Store::open(&database, Options::default()).map_err(|error| error.to_string())?;
    let mut figures = vec![build(&store).await?];
    let per_delivery = store.search().bytes() as f64 / DELIVERIES as f64;
    figures.push(Figure::new("index, a delivery", per_delivery, "B", Bound::AtMost(150.0)));
    let mut worst: f64 = 0.0;
    for (name, needle) in needles() {
        let (first, found) = pages(&store, &format!("\"{needle}\"")).await?;
        let (count, took) = count(&store, &format!("\"{needle}\"")).await?;
        worst = worst.max(took);
        let others = others(&database, &lines, &needle);
        let note = format!("{found}; all {count}: {took:.0} ms; {others}");
        figures.push(Figure::new(&format!("first 200, {name}, p95"), first, "ms", Bound::AtMost(50.0)).note(note));
    }
    figures.push(Figure::new("exact count of the worst", worst, "ms", Bound::AtMost(1000.0)));
    let chips = "project:Bench type:batch verdict:verified scheme:v1 answer:2xx size:<10k since:7d -duplicate:yes";
    let (first, found) = pages(&store, chips).await?;
    figures.push(Figure::new("seven chips, p95", first, "ms", Bound::AtMost(10.0)).note(found));
    store.close().await;
    let _ = std::fs::remove_file(lines);
    Ok(figures)
}

/// Processor time to make the signatures; the facets are filled in it.
async fn build(store: &Store) -> Result<Figure, String> {
    let (began, before) = (Instant::now(), child::cpu(std::process::id()));
    store.search().begin().map_err(|error| error.to_string())?;
    count(store, "").await?;
    wait(store).await?;
    let used = (child::cpu(std::process::id()) - before).as_secs_f64() * 1e6 / DELIVERIES as f64;
    let note = format!("processor time, facets among it; {:.1} s in all", began.elapsed().as_secs_f64());
    Ok(Figure::new("index anew, a delivery", used, "µs", Bound::AtMost(10.0)).note(note))
}

/// Until all complete blocks have a signature.
pub(crate) async fn wait(store: &Store) -> Result<(), String> {
    let began = Instant::now();
    let blocks = (store.last_id().await.map_err(|error| error.to_string())? + 1) / 64;
    while store.search().signed().1 < blocks as u64 {
        if began.elapsed() > MOST {
            return Err(format!("{:?} of {blocks} blocks are signed", store.search().signed()));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn wanted(store: &Store, text: &str) -> Result<Arc<Wanted>, String> {
    let clock = Clock { now_ns: stock::LAST_S * 1_000_000_000, ..Clock::system() };
    let query = Query::parse(text, &clock).map_err(|problems| problems.to_string())?;
    let names = store.search().names().await.map_err(|error| error.to_string())?;
    Ok(Arc::new(Wanted::new(query.expr, names)))
}

/// Milliseconds to the rows of the first page, p95, and how it was done.
async fn pages(store: &Store, text: &str) -> Result<(f64, String), String> {
    let wanted = wanted(store, text).await?;
    let (mut times, mut how) = (Vec::new(), String::new());
    for _ in 0..TIMES {
        let began = Instant::now();
        let found = store.search().find(&wanted, PAGE).await.map_err(|error| error.to_string())?;
        let page = found.ids.get(..PAGE.min(found.ids.len())).unwrap_or_default();
        let rows = store.rows(page).await.map_err(|error| error.to_string())?;
        // As a window is given them: with the place of the first hit.
        store.search().first_hits(&wanted, page).await.map_err(|error| error.to_string())?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        how = format!("{} rows, {} of {} blocks read", rows.len(), found.explained.blocks_read, found.explained.blocks);
    }
    Ok((percentile(times, 95.0), how))
}

/// How many match in all, and the milliseconds that it took.
async fn count(store: &Store, text: &str) -> Result<(usize, f64), String> {
    let wanted = wanted(store, text).await?;
    let began = Instant::now();
    let found = store.search().find(&wanted, PAGE).await.map_err(|error| error.to_string())?;
    let mut count = found.ids.len();
    if let Some(rest) = found.rest {
        let run = move || {
            let mut more = 0;
            let done = rest.run(&AtomicBool::new(false), |ids, _| {
                more += ids.len();
                true
            });
            done.map(|()| more)
        };
        let more = tokio::task::spawn_blocking(run).await.map_err(|error| error.to_string())?;
        count += more.map_err(|error| error.to_string())?;
    }
    Ok((count, began.elapsed().as_secs_f64() * 1e3))
}

/// What others take for the same count: `ripgrep` over the lines, and SQL over the history.
fn others(database: &Path, lines: &Path, needle: &str) -> String {
    let began = Instant::now();
    let searched = Command::new("rg")
        .args(["--count", "--ignore-case", "--fixed-strings", needle])
        .arg(lines)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let ripgrep = match searched {
        Ok(_) => format!("ripgrep {:.0} ms", began.elapsed().as_secs_f64() * 1e3),
        Err(_) => "ripgrep is not installed".to_owned(),
    };
    let like = || {
        let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let sql = "SELECT count(*) FROM delivery_content
                   WHERE CAST(body AS TEXT) LIKE ?1 OR CAST(headers AS TEXT) LIKE ?1 OR path LIKE ?1";
        conn.query_row(sql, [format!("%{needle}%")], |row| row.get::<_, i64>(0))
    };
    let began = Instant::now();
    match like() {
        Ok(_) => format!("{ripgrep}, SQL LIKE {:.0} ms", began.elapsed().as_secs_f64() * 1e3),
        Err(error) => format!("{ripgrep}, SQL: {error}"),
    }
}
