//! A history at its limit, while it is written as fast as it can: how large it gets, and what its keeping costs. Two
//! `pollux listen`, one without a limit and one that is full, take the same requests in rounds that alternate.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tests::listen::{self, Listening};
use tests::sender::SECRET;

use crate::capture::{CONNECTIONS, socket_of};
use crate::load::{Amount, Answered, Requests, run};
use crate::report::{Bound, Figure};
use crate::{median, percentile, scratch};

/// Odd, so that the median is one of them.
const ROUNDS: usize = 7;
const DELIVERIES: usize = 30_000;
/// The most rounds before the first, until the limit is reached.
const FILLING: usize = 30;
const LIMIT: u64 = 192 << 20;
/// More than any machine needs for a round.
const MOST: Duration = Duration::from_secs(60);
/// Between two looks at the size.
const LOOK: Duration = Duration::from_millis(20);

pub(crate) async fn measure() -> Vec<Figure> {
    match figures().await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken("retention", &why)],
    }
}

async fn figures() -> Result<Vec<Figure>, String> {
    let folder = scratch();
    let free = folder.path().join("free.db");
    let bounded = folder.path().join("bounded.db");
    let (free_listening, free_address) = listener(&folder.path().join("a"), &free, "none");
    let (bounded_listening, bounded_address) =
        listener(&folder.path().join("b"), &bounded, &format!("{}M", LIMIT >> 20));
    let amount = Amount { connections: CONNECTIONS, requests: DELIVERIES, time: MOST };
    let mut filled = 0;
    while size(&bounded) < LIMIT - LIMIT / 20 {
        if filled == FILLING {
            return Err(format!("{} bytes after {filled} rounds", size(&bounded)));
        }
        filled += 1;
        let requests = Requests::signed(DELIVERIES, &format!("f{filled}_"));
        run(bounded_address, &requests, amount).await?.all()?;
    }
    run(free_address, &Requests::signed(DELIVERIES, "f_"), amount).await?.all()?;

    let watch = Watch::start(&bounded);
    let (mut ratios, mut rates, mut latencies, mut usual) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let requests = Requests::signed(DELIVERIES, &format!("r{round}_"));
        let (kept, without): (Answered, Answered) = if round % 2 == 0 {
            let without = run(free_address, &requests, amount).await?.all()?;
            (run(bounded_address, &requests, amount).await?.all()?, without)
        } else {
            let kept = run(bounded_address, &requests, amount).await?.all()?;
            (kept, run(free_address, &requests, amount).await?.all()?)
        };
        ratios.push(kept.per_second() / without.per_second());
        rates.push(kept.per_second());
        latencies.extend(kept.latencies);
        usual.extend(without.latencies);
    }
    let largest = watch.end();
    let kept = rows(&bounded)?;
    free_listening.kill();
    bounded_listening.kill();
    let sent = (filled + ROUNDS) * DELIVERIES;
    let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = ratios.iter().copied().fold(0.0, f64::max);
    let p99 = percentile(usual, 99.0);
    Ok(vec![
        Figure::new(
            "retention, largest size against its limit",
            largest.iter().sum::<u64>() as f64 / LIMIT as f64,
            "×",
            Bound::AtMost(1.1),
        )
        .note(format!(
            "limit {} MiB; then the file had {} MiB, its log {}; {sent} sent, {kept} kept",
            LIMIT >> 20,
            largest[0] >> 20,
            largest[1] >> 20
        )),
        Figure::new("retention, capture against capture without", median(ratios), "×", Bound::AtLeast(0.9))
            .note(format!("rounds from {lowest:.2} to {highest:.2}")),
        Figure::new("retention, capture", median(rates), "/s", Bound::None),
        Figure::new("retention, p99 answer", percentile(latencies, 99.0), "ms", Bound::None)
            .note(format!("without: {p99:.1} ms")),
    ])
}

fn listener(home: &Path, database: &Path, limit: &str) -> (Listening, std::net::SocketAddr) {
    std::fs::create_dir_all(home).expect("the scratch folder can be written to");
    let database = database.to_str().expect("the target folder's path is UTF-8");
    let arguments = ["--quiet", "--db", database, "--secret", SECRET, "--keep-size", limit];
    let listening = listen::start(home, &arguments);
    let address = socket_of(&listening.address);
    (listening, address)
}

/// Follows the size of a history's files.
struct Watch {
    ended: Arc<AtomicBool>,
    thread: std::thread::JoinHandle<[u64; 3]>,
}

impl Watch {
    fn start(database: &Path) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (over, database) = (ended.clone(), database.to_owned());
        let thread = std::thread::spawn(move || {
            let mut largest = [0; 3];
            while !over.load(Ordering::Relaxed) {
                let now = sizes(&database);
                if now.iter().sum::<u64>() > largest.iter().sum() {
                    largest = now;
                }
                std::thread::sleep(LOOK);
            }
            largest
        });
        Self { ended, thread }
    }

    /// What they were when they were largest together.
    fn end(self) -> [u64; 3] {
        self.ended.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

/// The file, its log, and what makes searches fast.
fn sizes(database: &Path) -> [u64; 3] {
    let len = |suffix: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(name).map_or(0, |file| file.len())
    };
    let mut folder = database.as_os_str().to_owned();
    folder.push("-search");
    let beside = std::fs::read_dir(folder).into_iter().flatten();
    let beside: u64 = beside.filter_map(|file| file.ok()?.metadata().ok()).map(|file| file.len()).sum();
    [len(""), len("-wal"), beside]
}

fn size(database: &Path) -> u64 {
    sizes(database).iter().sum()
}

fn rows(database: &Path) -> Result<u32, String> {
    let count = || {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
        let conn = rusqlite::Connection::open_with_flags(database, flags)?;
        conn.query_row("SELECT total FROM tally", [], |row| row.get(0))
    };
    count().map_err(|error: rusqlite::Error| error.to_string())
}
