//! The real window with a body of 5 MB opened in it: the worst frame of each view of it, and what stays in memory; and
//! how soon the rows of a search are painted with many deliveries kept.

use std::path::Path;
use std::time::{Duration, Instant};

use tests::sender;
use tests::window::Window;

use crate::capture::listener;
use crate::child::{family, find, memory};
use crate::load::{Amount, Requests, run};
use crate::report::{Bound, Figure};
use crate::window::{absolute, open_at, usable};
use crate::{percentile, scratch};

const MIB: usize = 1024 * 1024;
/// The deliveries that a search runs over.
const KEPT: usize = 54_000;
const SEARCHES: usize = 12;
/// Longer than any of this takes.
const MOST: Duration = Duration::from_secs(60);
/// Names how many minutes to wait before the memory is read again: half an hour is too long for every run.
const MINUTES: &str = "BENCH_LARGE_MINUTES";

/// Notes the longest time between two frames.
const FRAMES: &str = r#"
    window.benchWorst = 0;
    window.benchWatching = true;
    let before = performance.now();
    const frame = (at) => {
        window.benchWorst = Math.max(window.benchWorst, performance.now() - before);
        before = performance.now();
        if (window.benchWatching) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
"#;

/// From the last key of a search until other rows than before are painted.
const SEARCHED: &str = r#"
    const ids = () => [...document.querySelectorAll('[data-testid="grid"] [data-testid="row"]')]
        .map((row) => row.dataset.id).join();
    let typed = 0, before = ids();
    window.benchPainted = null;
    window.benchNext = () => { before = ids(); window.benchPainted = null; };
    window.addEventListener("keydown", () => { typed = performance.now(); }, true);
    new MutationObserver(() => {
        if (window.benchPainted !== null || ids() === before) return;
        requestAnimationFrame(() => setTimeout(() => { window.benchPainted ??= performance.now() - typed; }));
    }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-id"] });
"#;

pub(crate) async fn measure() -> Vec<Figure> {
    let mut figures = Vec::new();
    let folder = scratch();
    match body(&absolute(folder.path())).await {
        Ok(taken) => figures.extend(taken),
        Err(why) => figures.push(Figure::not_taken("window with a body of 5 MB", &why)),
    }
    let folder = scratch();
    match search(&absolute(folder.path())).await {
        Ok(taken) => figures.push(taken),
        Err(why) => figures.push(Figure::not_taken("a search of 54,000 deliveries, painted", &why)),
    }
    figures
}

async fn body(home: &Path) -> Result<Vec<Figure>, String> {
    let window = open_at(home).await;
    usable(&window).await;
    let pid = find(&tests::app(), home).ok_or("the window's process is not found")?;
    let whole = || family(pid).into_iter().map(|pid| memory(pid).share).sum::<f64>();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let idle = whole();
    let url = window.address().await;
    let status = sender::send(&sender::client(), &url, sender::SECRET, "msg_large", &large()).await;
    let status = status.map_err(|error| error.to_string())?;
    if !(200..300).contains(&status) {
        return Err(format!("the body was answered {status}"));
    }
    window.click("row").await;
    window.click("tab-body").await;
    window.wait_css("[aria-label='How to show the body']").await;
    let raw = worst(&window, "Raw", "[data-testid=raw-body]").await?;
    let hex = worst(&window, "Hex", "[data-testid=hex-body]").await?;
    let tree = worst(&window, "Tree", "[role=tree], [role=treegrid]").await?;
    let minutes: u64 = std::env::var(MINUTES).ok().and_then(|minutes| minutes.parse().ok()).unwrap_or(0);
    tokio::time::sleep(Duration::from_secs(10 + minutes * 60)).await;
    let after = whole();
    window.close().await;
    let frame = |name: &str, worst: f64| Figure::new(name, worst, "ms", Bound::AtMost(50.0));
    let waited = if minutes == 0 { "10 s".to_owned() } else { format!("{minutes} min") };
    Ok(vec![
        Figure::new("memory with the web view, idle", idle, "MiB", Bound::AtMost(300.0)).note("Pss of all processes"),
        frame("body of 5 MB, worst frame: raw", raw).note("from the click until a second after it is there"),
        frame("body of 5 MB, worst frame: hex", hex),
        frame("body of 5 MB, worst frame: tree", tree),
        Figure::new("memory after a body of 5 MB, against idle", after / idle, "×", Bound::AtMost(1.3))
            .note(format!("{after:.0} MiB, {waited} after it was shown three ways; {MINUTES} waits longer")),
    ])
}

/// Clicks what shows the body in one of its ways, and returns the longest frame until a second after that is there.
async fn worst(window: &Window, way: &str, shown: &str) -> Result<f64, String> {
    window.script(FRAMES).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    window.script("window.benchWorst = 0;").await;
    let script = format!(
        "const ways = document.querySelector('[aria-label=\"How to show the body\"]'); \
         [...ways.querySelectorAll('*')].find((part) => part.textContent.trim() === '{way}').click();"
    );
    window.script(&script).await;
    let there = format!("return document.querySelector('{shown}') !== null");
    let since = Instant::now();
    while window.script(&there).await != true {
        if since.elapsed() > MOST {
            let text = window.text("detail").await;
            return Err(format!("{way} was not shown: {}", text.chars().take(300).collect::<String>()));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let worst = window.script("window.benchWatching = false; return window.benchWorst;").await;
    worst.as_f64().ok_or_else(|| "no frame was seen".to_owned())
}

/// 5 MB of JSON, as a batch with its answers within has it.
fn large() -> String {
    let mut rows = String::with_capacity(5 * MIB + 256);
    let mut number = 0;
    while rows.len() < 5 * MIB {
        let text = "The quick brown fox jumps over the lazy dog. ".repeat(3 + number % 5);
        rows.push_str(&format!(
            "{{\"key\":\"row-{number}\",\"index\":{number},\"score\":0.{number},\"text\":\"{text}\"}},"
        ));
        number += 1;
    }
    rows.pop();
    format!(
        "{{\"type\":\"batch.succeeded\",\"version\":\"v1\",\"data\":{{\"id\":\"batches/large\",\"rows\":[{rows}]}}}}"
    )
}

async fn search(home: &Path) -> Result<Figure, String> {
    let (listening, address) = listener(home, &home.join("pollux.db"));
    let requests = Requests::signed(KEPT, "f_");
    run(address, &requests, Amount { connections: 64, requests: KEPT, time: MOST }).await?.all()?;
    tokio::task::spawn_blocking(|| listening.interrupt()).await.map_err(|error| error.to_string())?;
    let window = open_at(home).await;
    usable(&window).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    window.script(SEARCHED).await;
    let mut painted = Vec::new();
    for number in 0..SEARCHES {
        window.script("window.benchNext();").await;
        // Typed whole at once, so that the last key is the one that counts.
        window.search(&format!("f_{:08}", number * 3_571)).await;
        window.until("other rows are painted", "return window.benchPainted !== null").await;
        painted.extend(window.script("return window.benchPainted;").await.as_f64());
    }
    window.close().await;
    let note = format!("{SEARCHES} searches of the history's text; median {:.0} ms", crate::median(painted.clone()));
    Ok(Figure::new(
        "a search of 54,000 deliveries, painted, p95",
        percentile(painted, 95.0),
        "ms",
        Bound::AtMost(150.0),
    )
    .note(note))
}
