//! The way of a delivery through `pollux listen` (captured, verified, committed with synchronous=FULL, answered) against
//! an axum handler that does nothing, from the same senders in the same run.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tests::listen::{self, Listening};
use tests::sender::SECRET;

use crate::load::{Amount, Answered, Requests, run};
use crate::report::{Bound, Figure};
use crate::{bare, child, median, percentile, scratch};

/// Open at once.
pub(crate) const CONNECTIONS: usize = 64;
/// Odd, so that the median is one of them.
const ROUNDS: usize = 9;
const DELIVERIES: usize = 40_000;
/// Rounds of forged ones.
const FLOODS: usize = 5;
/// The bare handler is that much faster: its rounds take about as long.
const BARE_REQUESTS: usize = 2 * DELIVERIES;
/// More than any machine needs for a round.
const MOST: Duration = Duration::from_secs(30);

pub(crate) async fn measure() -> Vec<Figure> {
    match figures().await {
        Ok(figures) => figures,
        Err(why) => vec![Figure::not_taken("capture", &why)],
    }
}

async fn figures() -> Result<Vec<Figure>, String> {
    let folder = scratch();
    let database = folder.path().join("pollux.db");
    let (bare, bare_address) = bare::start();
    let (listening, address) = listener(folder.path(), &database);
    let pid = listening.child.id();

    let mut accepted = warm_up(bare_address, address).await?;
    let (mut ratios, mut rates, mut bare_rates, mut latencies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut used, mut bare_used) = (Duration::ZERO, Duration::ZERO);
    for round in 0..ROUNDS {
        let requests = Requests::signed(DELIVERIES, &format!("r{round}_"));
        let ours = Amount { connections: CONNECTIONS, requests: DELIVERIES, time: MOST };
        let theirs = Amount { requests: BARE_REQUESTS, ..ours };
        let before = (child::cpu(pid), child::cpu(bare.pid()));
        let (full, empty): (Answered, Answered) = if round % 2 == 0 {
            let empty = run(bare_address, &requests, theirs).await?.all()?;
            (run(address, &requests, ours).await?.all()?, empty)
        } else {
            let full = run(address, &requests, ours).await?.all()?;
            (full, run(bare_address, &requests, theirs).await?.all()?)
        };
        used += child::cpu(pid) - before.0;
        bare_used += child::cpu(bare.pid()) - before.1;
        ratios.push(full.per_second() / empty.per_second());
        rates.push(full.per_second());
        bare_rates.push(empty.per_second());
        accepted += full.accepted;
        latencies.extend(full.latencies);
    }
    let forged = flood(bare_address, address).await?;
    // Killed, not ended in order: what was answered must be there all the same.
    listening.kill();
    let (rows, verified) = count(&database)?;
    let without_row = accepted.saturating_sub(rows.min(verified));

    let spread = format!("rounds from {:.2} to {:.2}", lowest(&ratios), highest(&ratios));
    let each = |used: Duration, count: usize| used.as_secs_f64() * 1e6 / count as f64;
    let (cpu, bare_cpu) = (each(used, ROUNDS * DELIVERIES), each(bare_used, ROUNDS * BARE_REQUESTS));
    Ok(vec![
        Figure::new("capture, against a bare axum handler", median(ratios), "×", Bound::AtLeast(0.45)).note(spread),
        Figure::new("capture", median(rates), "/s", Bound::None)
            .note(format!("{CONNECTIONS} connections, verified v1, committed before the answer")),
        Figure::new("bare axum handler", median(bare_rates), "/s", Bound::None).note("the same requests"),
        Figure::new("processor time of a delivery", cpu, "µs", Bound::None).note(format!("bare: {bare_cpu:.1} µs")),
        Figure::new("capture, median answer", percentile(latencies.clone(), 50.0), "ms", Bound::None),
        Figure::new("capture, p99 answer", percentile(latencies, 99.0), "ms", Bound::AtMost(15.0)),
        Figure::new(
            "flood of forged deliveries, against a bare axum handler",
            median(forged),
            "×",
            Bound::AtLeast(0.35),
        )
        .note("v1 with another secret: each is kept, probed as far as there is room, and answered 401".to_owned()),
        Figure::new("answers 2xx without their row", without_row as f64, "", Bound::AtMost(0.0))
            .note(format!("{accepted} answers, {rows} rows, {verified} verified; counted after SIGKILL")),
    ])
}

/// How fast forged deliveries are refused, against the bare handler taking the same.
async fn flood(bare: SocketAddr, full: SocketAddr) -> Result<Vec<f64>, String> {
    let mut ratios = Vec::new();
    for round in 0..FLOODS {
        let requests = Requests::forged(DELIVERIES / 2, &format!("f{round}_"));
        let amount = Amount { connections: CONNECTIONS, requests: requests.len(), time: MOST };
        let theirs = Amount { requests: BARE_REQUESTS / 2, ..amount };
        let empty = run(bare, &requests, theirs).await?.all()?;
        let refused = run(full, &requests, amount).await?.refused_per_second()?;
        ratios.push(refused / empty.per_second());
    }
    Ok(ratios)
}

/// A `pollux listen` that knows the senders' secret and keeps its history in `database`.
pub(crate) fn listener(home: &Path, database: &Path) -> (Listening, SocketAddr) {
    let database = database.to_str().expect("the target folder's path is UTF-8");
    let listening = listen::start(home, &["--quiet", "--db", database, "--secret", SECRET]);
    let address = socket_of(&listening.address);
    (listening, address)
}

/// `http://127.0.0.1:4710/` as a socket address.
pub(crate) fn socket_of(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").trim_end_matches('/').parse().expect("an address and a port")
}

async fn warm_up(bare: SocketAddr, full: SocketAddr) -> Result<usize, String> {
    let requests = Requests::signed(DELIVERIES / 4, "warm_");
    let amount = Amount { connections: CONNECTIONS, requests: requests.len(), time: MOST };
    run(bare, &requests, amount).await?.all()?;
    Ok(run(full, &requests, amount).await?.all()?.accepted)
}

/// Rows, and verified rows.
fn count(database: &Path) -> Result<(usize, usize), String> {
    let count = || {
        let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let query = "SELECT count(*), count(*) FILTER (WHERE outcome = 0 AND status = 200) FROM delivery";
        conn.query_row(query, [], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?)))
    };
    let (rows, verified) = count().map_err(|error: rusqlite::Error| error.to_string())?;
    Ok((rows as usize, verified as usize))
}

fn lowest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn highest(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}
