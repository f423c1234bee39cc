//! The real window: how soon a delivery is seen in it, how soon it can be used with a long history, what it takes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::listen;
use tests::window::{Options, Window, open};
use tokio::net::TcpStream;

use crate::capture::{CONNECTIONS, listener, socket_of};
use crate::child::{cpu, family, find, memory, now_ms, started_ms};
use crate::load::{Amount, Requests, exchange, run};
use crate::report::{Bound, Figure};
use crate::{median, percentile, scratch};

const SEEN: usize = 50;
const HISTORY: usize = 100_000;
const STARTS: usize = 3;
const MOST: Duration = Duration::from_secs(60);

/// Notes the wall clock when a row that was not there before is in the page, when the next frame is about to be drawn,
/// and when that is painted: a task queued by the frame's callback runs after it. `Date.now()` cuts off what is below a
/// millisecond.
const WATCH: &str = r#"
    const seen = new Map();
    const now = () => Date.now() + 1;
    const look = (first) => {
        const fresh = [];
        for (const row of document.querySelectorAll('[data-testid="row"]')) {
            if (!seen.has(row.dataset.id)) {
                seen.set(row.dataset.id, null);
                fresh.push(row.dataset.id);
            }
        }
        if (first || fresh.length === 0) return;
        const there = now();
        requestAnimationFrame(() => {
            const frame = now();
            setTimeout(() => {
                for (const id of fresh) seen.set(id, [there, frame, now()]);
            });
        });
    };
    look(true);
    new MutationObserver(() => look(false))
        .observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-id"] });
    window.benchSeen = () => [...seen].filter(([, times]) => times).map(([id, times]) => [Number(id), ...times]);
"#;

/// How long the idle window is watched.
const AT_REST: Duration = Duration::from_secs(30);

/// One window: idle, then 50 deliveries one by one, then 100,000 as fast as they go.
pub(crate) async fn measure() -> Vec<Figure> {
    let folder = scratch();
    let home = absolute(folder.path());
    let window = open_at(&home).await;
    usable(&window).await;
    let pid = find(&tests::app(), &home).expect("the window's process");
    let address = socket_of(&window.address().await);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let idle = memory(pid);
    let resting = at_rest(pid).await;

    let mut figures = vec![resting];
    match watch(&window, address).await {
        Ok(figure) => figures.push(figure),
        Err(why) => figures.push(Figure::not_taken("POST to row painted, p95", &why)),
    }
    let requests = Requests::signed(HISTORY, "w_");
    let amount = Amount { connections: CONNECTIONS, requests: HISTORY, time: MOST };
    let growth = "memory of the core process, growth by 100,000 deliveries";
    match run(address, &requests, amount).await.and_then(|answered| answered.all()) {
        Ok(answered) => {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let full = memory(pid);
            let of = |memory: &crate::child::Memory| {
                format!("Pss; resident {:.0} MiB, at most {:.0} MiB", memory.resident, memory.peak)
            };
            let rate = format!("with the window open and following: {:.0}/s", answered.per_second());
            figures.push(
                Figure::new("memory of the core process, idle", idle.share, "MiB", Bound::AtMost(80.0)).note(of(&idle)),
            );
            figures.push(
                Figure::new("memory of the core process, after 100,000", full.share, "MiB", Bound::None)
                    .note(of(&full)),
            );
            figures.push(Figure::new(growth, full.share - idle.share, "MiB", Bound::Below(40.0)).note(rate));
        }
        Err(why) => figures.push(Figure::not_taken(growth, &why)),
    }
    window.close().await;
    figures
}

/// Processor time of the core and of its web processes while nothing arrives, in hundredths of a core.
async fn at_rest(pid: u32) -> Figure {
    let all = family(pid);
    let used = || all.iter().map(|pid| cpu(*pid)).sum::<Duration>();
    let before = used();
    tokio::time::sleep(AT_REST).await;
    let percent = (used() - before).as_secs_f64() / AT_REST.as_secs_f64() * 100.0;
    Figure::new("processor time, window open, nothing arriving", percent, "% of a core", Bound::AtMost(0.5))
        .note(format!("{} processes, {} s", all.len(), AT_REST.as_secs()))
}

async fn watch(window: &Window, address: std::net::SocketAddr) -> Result<Figure, String> {
    let requests = Requests::signed(SEEN + 1, "s_");
    let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let mut buffer = vec![0; 4096];
    // The first one changes the page from its greeting to the list: it is not one of those watched.
    exchange(&mut stream, requests.get(0), &mut buffer).await?;
    window.wait("row").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    window.script(WATCH).await;
    let (mut sent, mut answered) = (Vec::new(), Vec::new());
    for number in 1..=SEEN {
        // Not in step with the frames.
        tokio::time::sleep(Duration::from_millis(90 + (number as u64 * 7) % 17)).await;
        let at = now_ms();
        exchange(&mut stream, requests.get(number), &mut buffer).await?;
        answered.push(now_ms() - at);
        sent.push(at);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let seen = window.script("return window.benchSeen();").await;
    let mut seen: Vec<(i64, f64, f64, f64)> = serde_json::from_value(seen).map_err(|error| error.to_string())?;
    // Ids ascend in the order of commits, which here is the order of sending.
    seen.sort_by_key(|(id, ..)| *id);
    if seen.len() != SEEN {
        return Err(format!("{} of {SEEN} rows were seen", seen.len()));
    }
    let after = |of: fn(&(i64, f64, f64, f64)) -> f64| -> Vec<f64> {
        sent.iter().zip(&seen).map(|(sent, times)| of(times) - sent).collect()
    };
    let (there, frame, painted) = (after(|times| times.1), after(|times| times.2), after(|times| times.3));
    let note = format!(
        "{SEEN} deliveries; medians: answered {:.1} ms, in the page {:.0} ms, its frame {:.0} ms, painted {:.0} ms",
        median(answered),
        median(there),
        median(frame),
        median(painted.clone()),
    );
    Ok(Figure::new("POST to row painted, p95", percentile(painted, 95.0), "ms", Bound::AtMost(50.0)).note(note))
}

/// From the start of the process to a window that can be used, with 100,000 deliveries kept.
pub(crate) async fn start() -> Vec<Figure> {
    let name = "start to usable window, 100,000 deliveries kept";
    let folder = scratch();
    let home = absolute(folder.path());
    if let Err(why) = fill(&home).await {
        return vec![Figure::not_taken(name, &why)];
    }
    let (mut times, mut phases) = (Vec::new(), String::new());
    for _ in 0..STARTS {
        let window = open_at(&home).await;
        let usable = usable(&window).await;
        let pid = find(&tests::app(), &home).expect("the window's process");
        times.push((usable - started_ms(pid)) / 1000.0);
        phases = self::phases(&window, started_ms(pid)).await;
        window.close().await;
        ended(&home).await;
    }
    let note = times.iter().map(|seconds| format!("{seconds:.2}")).collect::<Vec<_>>().join(", ");
    vec![Figure::new(name, median(times), "s", Bound::AtMost(0.8)).note(format!("starts: {note}; {phases}"))]
}

/// What the last start consisted of.
pub(crate) async fn phases(window: &Window, started_ms: f64) -> String {
    let script = r#"
        const [page] = performance.getEntriesByType("navigation");
        const at = (name) => performance.getEntriesByName(name)[0]?.startTime ?? 0;
        return [performance.timeOrigin, page?.domContentLoadedEventEnd ?? 0, at("pollux:listed"), at("pollux:usable")];
    "#;
    let told: [f64; 4] = serde_json::from_value(window.script(script).await).unwrap_or_default();
    let [origin, run, listed, usable] = told;
    let asked = origin - started_ms;
    format!("page asked for at {asked:.0} ms, run {run:.0} ms later, rows there {listed:.0}, drawn {usable:.0}")
}

async fn fill(home: &Path) -> Result<(), String> {
    let (listening, address): (listen::Listening, _) = listener(home, &home.join("pollux.db"));
    let requests = Requests::signed(HISTORY, "h_");
    run(address, &requests, Amount { connections: CONNECTIONS, requests: HISTORY, time: MOST }).await?.all()?;
    let status = tokio::task::spawn_blocking(|| listening.interrupt()).await.map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("the listener that filled the history ended with {status}")) }
}

pub(crate) async fn open_at(home: &Path) -> Window {
    let options = Options { home: Some(home.to_owned()), binary: Some(absolute(&tests::app())), ..Options::default() };
    open(Options { as_drawn: true, ..options }).await
}

/// When the page said that it can be used, in Unix milliseconds.
pub(crate) async fn usable(window: &Window) -> f64 {
    let script = r#"
        const mark = performance.getEntriesByName("pollux:usable")[0];
        if (mark) return performance.timeOrigin + mark.startTime;
        // An empty history shows its greeting, which has no list.
        return document.querySelector('[data-testid="send-sample"]') ? Date.now() : null;
    "#;
    let started = Instant::now();
    loop {
        if let Value::Number(at) = window.script(script).await {
            return at.as_f64().unwrap();
        }
        assert!(started.elapsed() < MOST, "the window did not become usable");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the window's process is gone, and its history with it closed.
pub(crate) async fn ended(home: &Path) {
    let started = Instant::now();
    while find(&tests::app(), home).is_some() {
        assert!(started.elapsed() < MOST, "the window did not end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap()
}
