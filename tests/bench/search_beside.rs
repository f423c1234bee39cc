//! What the search does to everything else: to capture while signatures are made, to memory, to the start.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use inbound::{Gate, GateRules, Limits, Listener, Parts, Probes, Tally, UsualAnswers};
use query::Expr;
use serde_json::{Value, json};
use store::{Names, Options, Store, Wanted};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;

use crate::load::{Amount, Requests, run};
use crate::report::{Bound, Figure};
use crate::tunnel::{One, one};
use crate::{child, median, search, stock};

/// What makes this program the listener.
pub(crate) const LISTENER: &str = "--serve-searched";
/// What makes it hold a history open, searched.
pub(crate) const HOLDER: &str = "--hold-searched";
const PLACE: &str = "BENCH_SEARCH";

const CONNECTIONS: usize = 64;
/// Odd, so that the median is one of them.
const ROUNDS: usize = 9;
const DELIVERIES: usize = 30_000;
const MOST: Duration = Duration::from_secs(30);
/// The smaller history that memory is compared with.
const FEW: i64 = 100_000;

/// A listener, until it is killed; it makes signatures if it is told so. Prints its address.
pub(crate) async fn serve_listener() {
    let place = place();
    let store = Store::open(&PathBuf::from(place["database"].as_str().unwrap()), Options::default()).unwrap();
    if place["searched"] == true {
        store.search().begin().unwrap();
    }
    // A window or a live view follows what arrives, with a search and without.
    let mut changes = store.subscribe();
    tokio::spawn(async move { while !matches!(changes.recv().await, Err(RecvError::Closed)) {} });
    let project = store.projects().ensure("P", false, "").await.unwrap();
    let gate = Gate::default();
    gate.set(GateRules { public: None, path_token: None, per_second: u32::MAX, bytes_per_second: u64::MAX });
    let (explain, _explain) = mpsc::channel(1);
    let (failed, _failed) = mpsc::channel(1);
    let parts = Parts {
        store,
        projects: Arc::new(One(Arc::new(one(project)))),
        limits: Limits::default(),
        clock: Arc::new(SystemTime::now),
        tally: Arc::new(Tally::default()),
        explain,
        failed,
        gate,
        probes: Probes::default(),
        answers: Arc::new(UsualAnswers),
    };
    let listener = Listener::start((Ipv4Addr::LOCALHOST, 0).into(), parts).await.unwrap();
    println(&json!({ "address": listener.address().to_string() }));
    std::future::pending::<()>().await;
}

/// A history that is open and searched, until it is killed. Prints how long its start took, once all is made.
pub(crate) async fn hold() {
    let began = Instant::now();
    let store = Store::open(&PathBuf::from(place()["database"].as_str().unwrap()), Options::default()).unwrap();
    store.search().begin().unwrap();
    let all = Arc::new(Wanted::new(Expr::Everything, Names::default()));
    let first = store.search().find(&all, 200).await.unwrap();
    store.rows(&first.ids).await.unwrap();
    let shown = began.elapsed().as_secs_f64() * 1e3;
    let mut ids = first.ids;
    if let Some(rest) = first.rest {
        let run = move || {
            rest.run(&std::sync::atomic::AtomicBool::new(false), |more, _| {
                ids.extend_from_slice(more);
                true
            })
            .map(|()| ids)
        };
        ids = tokio::task::spawn_blocking(run).await.unwrap().unwrap();
    }
    let counted = began.elapsed().as_secs_f64() * 1e3;
    search::wait(&store).await.unwrap();
    println(&json!({ "shown": shown, "counted": counted, "ids": ids.len() }));
    std::future::pending::<()>().await;
}

fn place() -> Value {
    serde_json::from_str(&std::env::var(PLACE).unwrap()).unwrap()
}

fn println(value: &Value) {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    writeln!(out, "{value}").and_then(|()| out.flush()).unwrap();
}

pub(crate) async fn figures(folder: &Path) -> Result<Vec<Figure>, String> {
    let mut figures = memory(folder).await?;
    figures.push(capture(folder).await?);
    Ok(figures)
}

async fn memory(folder: &Path) -> Result<Vec<Figure>, String> {
    let small = folder.join("few.db");
    stock::make(&small, FEW, None).await?;
    // The first of each makes the signatures; the second finds them, as every later start does.
    let mut measured = Vec::new();
    for database in [small, search::database(folder)] {
        drop(holder(&database)?);
        let (child, told) = holder(&database)?;
        measured.push((child::memory(child.pid()), told));
    }
    let [(few, _), (many, told)] = &measured[..] else { return Err("a history is missing".into()) };
    let number = |name: &str| told[name].as_f64().unwrap_or_default();
    let note = format!("{:.0} and {:.0} MiB, of which {:.0} at the most", few.share, many.share, many.peak);
    let more = many.share - few.share;
    Ok(vec![
        Figure::new("memory, 1,000,000 against 100,000", more, "MiB", Bound::Below(60.0)).note(note),
        Figure::new("open and first page of 1,000,000", number("shown"), "ms", Bound::AtMost(1500.0)).note(format!(
            "all {} ids after {:.0} ms",
            told["ids"],
            number("counted")
        )),
    ])
}

fn holder(database: &Path) -> Result<(child::Child, Value), String> {
    start(HOLDER, &json!({ "database": database }))
}

fn start(argument: &str, place: &Value) -> Result<(child::Child, Value), String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let child = child::group(Command::new(program).arg(argument).env(PLACE, place.to_string()));
    let mut child = child.map_err(|error| error.to_string())?;
    let line = child.line();
    let told = serde_json::from_str(&line).map_err(|error| format!("it did not start: {error}"))?;
    Ok((child, told))
}

/// Waits until a process has nothing to do.
async fn rest(pid: u32) {
    let mut before = child::cpu(pid);
    let began = Instant::now();
    loop {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let now = child::cpu(pid);
        if now - before < Duration::from_millis(15) || began.elapsed() > MOST {
            return;
        }
        before = now;
    }
}

async fn capture(folder: &Path) -> Result<Figure, String> {
    let (with, without) = (folder.join("with.db"), folder.join("without.db"));
    let listener = |database: &Path, searched: bool| {
        let (child, told) = start(LISTENER, &json!({ "database": database, "searched": searched }))?;
        let address: Option<SocketAddr> = told["address"].as_str().and_then(|text| text.parse().ok());
        Ok::<_, String>((child, address.ok_or("no address")?))
    };
    let (searched_child, with_address) = listener(&with, true)?;
    let (_without, without_address) = listener(&without, false)?;
    let amount = Amount { connections: CONNECTIONS, requests: DELIVERIES, time: MOST };
    let (mut ratios, mut rates) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let requests = Requests::signed(DELIVERIES, &format!("s{round}_"));
        let rate = async |address| {
            // What one left to do is no burden of the other.
            rest(searched_child.pid()).await;
            Ok::<f64, String>(run(address, &requests, amount).await?.all()?.per_second())
        };
        let (searched, plain) = if round % 2 == 0 {
            let plain = rate(without_address).await?;
            (rate(with_address).await?, plain)
        } else {
            let searched = rate(with_address).await?;
            (searched, rate(without_address).await?)
        };
        // The first warms up.
        if round > 0 {
            ratios.push(searched / plain);
            rates.push(searched);
        }
    }
    let mut name = with.into_os_string();
    name.push("-search");
    let files = std::fs::read_dir(name).map_or(0, Iterator::count);
    let note = format!("{:.0}/s; {files} segments of 65,536 were written meanwhile", median(rates));
    Ok(Figure::new("capture while signatures are made, against without", median(ratios), "×", Bound::AtLeast(0.97))
        .note(note))
}
