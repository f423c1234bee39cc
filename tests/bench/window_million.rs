//! The real window with a million deliveries kept: how soon it can be used, and how smoothly its list scrolls.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::window::Window;

use crate::child::{find, started_ms};
use crate::report::{Bound, Figure};
use crate::window::{absolute, ended, open_at, usable};
use crate::{median, percentile, scratch, search, stock};

/// Odd, so that the median is one of them.
const STARTS: usize = 5;
/// Longer than it takes to make the signatures, or to scroll, on any machine.
const MOST: Duration = Duration::from_secs(300);

/// Scrolls as a wheel does, then as a thumb that is dragged, then jumps anywhere. Every frame moves the list once; what
/// a frame took is the time between two callbacks. After a jump, the time until no row in sight is still being read.
const SCROLL: &str = r#"
    const grid = document.querySelector('[data-testid="grid"]');
    const out = { still: [], near: [], wheel: [], drag: [], jump: [], read: [], waiting: 0, rows: 0 };
    window.benchScrolled = null;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const most = () => grid.scrollHeight - grid.clientHeight;
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const moves = async (times, count, to) => {
        let before = await frame();
        for (let i = 0; i < count; i += 1) {
            grid.scrollTop = to(i);
            const at = await frame();
            times.push(at - before);
            before = at;
            out.waiting += document.querySelectorAll('[data-testid="grid"] .waiting').length;
            out.rows += document.querySelectorAll('[data-testid="grid"] [data-testid="row"]').length;
        }
    };
    const settled = async () => {
        const from = performance.now();
        for (;;) {
            await frame();
            const none = document.querySelectorAll('[data-testid="grid"] .waiting').length === 0;
            if (none && document.querySelector('[data-testid="grid"] [data-testid="row"]')) break;
            if (performance.now() - from > 10000) break;
        }
        out.read.push(performance.now() - from);
    };
    (async () => {
        await moves(out.still, 100, () => 0);
        await moves(out.near, 100, (i) => (i % 2) * 8);
        await moves(out.wheel, 400, (i) => i * 120);
        await moves(out.drag, 400, (i) => (most() * i) / 400);
        for (let i = 0; i < 60; i += 1) {
            await moves(out.jump, 1, () => Math.floor(random() * most()));
            await settled();
        }
        window.benchScrolled = out;
    })();
"#;

pub(crate) async fn measure() -> Vec<Figure> {
    let folder = scratch();
    match figures(&absolute(folder.path())).await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken("window with 1,000,000 deliveries", &why)],
    }
}

async fn figures(home: &Path) -> Result<Vec<Figure>, String> {
    stock::make(&home.join("pollux.db"), search::DELIVERIES, None).await?;
    let mut times = Vec::new();
    let (mut scrolled, mut phases) = (Value::Null, String::new());
    for round in 0..=STARTS {
        let window = open_at(home).await;
        let usable = usable(&window).await;
        let pid = find(&tests::app(), home).ok_or("the window's process is not found")?;
        times.push((usable - started_ms(pid)) / 1000.0);
        phases = crate::window::phases(&window, started_ms(pid)).await;
        if round == 0 {
            // The first makes the signatures.
            indexed(home)?;
        } else if round == STARTS {
            scrolled = scroll(&window).await?;
        }
        window.close().await;
        ended(home).await;
    }
    let first = times.remove(0);
    let each = times.iter().map(|seconds| format!("{seconds:.2}")).collect::<Vec<_>>().join(", ");
    let of = |name: &str| -> Vec<f64> { serde_json::from_value(scrolled[name].clone()).unwrap_or_default() };
    let frames = |name: &str, label: &str| {
        let times = of(name);
        if times.is_empty() {
            return Figure::not_taken(label, "no frame was seen");
        }
        let note = format!(
            "{} frames, median {:.1} ms, longest {:.0} ms",
            times.len(),
            median(times.clone()),
            percentile(times.clone(), 100.0)
        );
        Figure::new(label, percentile(times, 99.0), "ms", Bound::AtMost(25.0)).note(note)
    };
    let (waiting, rows) = (scrolled["waiting"].as_f64(), scrolled["rows"].as_f64());
    let waiting = waiting.unwrap_or_default() / (waiting.unwrap_or_default() + rows.unwrap_or_default()).max(1.0);
    let read = of("read");
    let mut all = vec![
        Figure::new("start to usable window, 1,000,000 deliveries kept", median(times), "s", Bound::AtMost(1.5))
            .note(format!("starts: {each}; {phases}; the first of all, which makes what searches need: {first:.2}")),
        frames("wheel", "scrolling by wheel, p99 of a frame"),
        frames("near", "moving the same rows, p99 of a frame").without_bound(),
        frames("still", "moving nothing, p99 of a frame").without_bound(),
        frames("drag", "dragging through all, p99 of a frame"),
        frames("jump", "jumping anywhere, p99 of a frame"),
    ];
    if !read.is_empty() {
        all.push(
            Figure::new("jump to rows in sight, p95", percentile(read, 95.0), "ms", Bound::None)
                .note(format!("of what was in sight in a frame, {:.1} % were still being read", waiting * 100.0)),
        );
    }
    Ok(all)
}

/// Waits until the signatures of all complete blocks are in their files.
fn indexed(home: &Path) -> Result<(), String> {
    let began = Instant::now();
    // A segment has 65,536 deliveries.
    let wanted = usize::try_from(search::DELIVERIES / 65_536).map_err(|error| error.to_string())?;
    loop {
        let files = std::fs::read_dir(home.join("pollux.db-search")).map_or(0, Iterator::count);
        if files >= wanted {
            return Ok(());
        }
        if began.elapsed() > MOST {
            return Err(format!("{files} of {wanted} segments were written"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

async fn scroll(window: &Window) -> Result<Value, String> {
    window.wait("row").await;
    // What the start left to do is over.
    tokio::time::sleep(Duration::from_secs(3)).await;
    window.script(SCROLL).await;
    let began = Instant::now();
    loop {
        let told = window.script("return window.benchScrolled;").await;
        if !told.is_null() {
            return Ok(told);
        }
        if began.elapsed() > MOST {
            return Err("the list did not come to its end".into());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
