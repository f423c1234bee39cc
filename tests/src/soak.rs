//! A soak: senders, faults and an oracle around a real `pollux listen`, for minutes or for days.
//!
//! Senders post to the listener, straight and through a stand-in of ngrok's service. Meanwhile it is killed and started
//! again on the same history, its disk is full, a second process works on the same history, peers stall, the tunnel is
//! cut, and it is stopped for seconds; where libfaketime is there, its clock jumps. An oracle knows what was
//! acknowledged. The history is read back again and again, and whole at the end: nothing that was acknowledged may be
//! missing, nothing may be there more often than it was sent, and each delivery has its verdict and its bytes.
//!
//! What the run starts it ends, by its own process id. What it takes is bounded: senders, their rate, the history (by
//! its own limits), what the oracle remembers, and time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::edge::Edge;

use audit::Audit;
use clock::Clock;
use curves::Curves;
use faults::{Injected, Injector, World};
use full_disk::FullDisk;
use listener::{Listener, Setup};
use message::{Key, Kind, Maker, Message};
use senders::{Courier, Sender, Ways};
use wire::{Manner, Sent};

pub use faults::Fault;
pub use oracle::{Counts, Findings, Wrong};
pub use plan::{Ends, Plan};
pub use report::Report;

use oracle::Oracle;

mod audit;
mod clock;
mod curves;
mod draws;
mod faults;
mod full_disk;
mod listener;
mod message;
mod oracle;
mod plan;
mod report;
mod row;
mod second;
mod senders;
mod stalled;
mod wire;

/// How long both ways in may take to work again at the end: ngrok's longest gap is 30 s, and a quarter of it.
const WORKS_AGAIN: Duration = Duration::from_secs(90);
/// How long the listener may take to end in order.
const ENDS: Duration = Duration::from_secs(30);
/// Who sends the last ones.
const LAST: u16 = 40_000;

/// Runs a plan. `stop` ends it early, with a report of what there was until then. Needs a runtime of several threads.
///
/// # Errors
/// If it could not begin: a folder that cannot be written.
pub async fn run(plan: &Plan, stop: &CancellationToken) -> Result<Report, String> {
    let began = Instant::now();
    let (maker, oracle) = (Arc::new(Maker::new(plan.seed)), Arc::new(Oracle::default()));
    let edge = Edge::default();
    let (server, authority) = edge.ingress().await;
    let tunnel = edge.public().await;
    edge.rule(|rules| rules.url = format!("http://{tunnel}/"));

    let mut skipped = Vec::new();
    let clock = Clock::find(&plan.folder).map_err(|why| skipped.push(format!("ClockJump: {why}"))).ok();
    let full_disk = FullDisk::find(plan).map_err(|why| skipped.push(format!("FullDisk: {why}"))).ok();
    let full_disk_words = full_disk.as_ref().map_or("not done", FullDisk::words);
    let setup = Setup::new(plan, &server, &authority, clock);
    let setup = Arc::new(setup.map_err(|error| format!("{}: {error}", plan.folder.display()))?);

    let (ways, way) = watch::channel(Ways { straight: None, tunnel });
    let (life, lives) = watch::channel(None);
    let (sending, measuring) = (CancellationToken::new(), CancellationToken::new());
    let curves = Arc::new(Mutex::new(Curves::default()));
    let measured = curves::measure(setup.database.clone(), lives, oracle.clone(), curves.clone(), measuring.clone());
    let measured = tokio::spawn(measured);
    let gap = Duration::from_secs_f64(f64::from(plan.senders) / plan.rate);
    let mut senders = JoinSet::new();
    for number in 0..plan.senders {
        let sender = Sender::new(number, Courier::new(&maker, &oracle), plan.seed, way.clone(), gap);
        senders.spawn(sender.run(sending.clone()));
    }
    let world =
        World { setup: setup.clone(), edge, full_disk, ways, life, maker: maker.clone(), oracle: oracle.clone() };
    let injected = Injector::new(world, plan.seed).run(plan, stop).await;
    let Injected { listener, mut audit, done, refused_when_full } = injected;

    sending.cancel();
    while let Some(ended) = senders.join_next().await {
        if let Err(error) = ended {
            oracle.wrong(Wrong::Other, format!("a sender ended: {error}"));
        }
    }
    measuring.cancel();
    let _ = measured.await;
    if let Some(listener) = listener {
        let last = end(listener, (&maker, &oracle), tunnel, stop).await;
        if let Err(words) = last {
            oracle.wrong(Wrong::Other, format!("{words} ({})", setup.last_words()));
        }
    }
    let rows = read_back(&mut audit, &oracle);
    let curves = curves.lock().clone();
    Ok(Report {
        seed: plan.seed,
        took: began.elapsed(),
        counts: oracle.counts(),
        faults: done,
        skipped,
        refused_when_full,
        rows,
        findings: oracle.findings(),
        full_disk: full_disk_words,
        memory: curves.memory(),
        disk: curves.disk(plan.keep_bytes),
        curves,
    })
}

/// Both ways in work after all that, and the listener ends in order.
async fn end(
    listener: Listener,
    (maker, oracle): (&Arc<Maker>, &Arc<Oracle>),
    tunnel: std::net::SocketAddr,
    stop: &CancellationToken,
) -> Result<(), String> {
    if stop.is_cancelled() {
        // It may have been interrupted, too.
        return block_in_place(|| listener.interrupt(ENDS)).or(Ok(()));
    }
    let mut courier = Courier::new(maker, oracle);
    for (number, to, tunnelled) in [(0, listener.address, false), (1, tunnel, true)] {
        let until = Instant::now() + WORKS_AGAIN;
        let message = Message { key: Key { sender: LAST, number }, kind: Kind::V1, filler: 0 };
        while courier.send(&message, to, tunnelled, Manner::Patient).await != Sent::Answered(200) {
            if Instant::now() > until {
                let way = if tunnelled { "the tunnel" } else { "the listener's own address" };
                return Err(format!("{way} took nothing for {} s after the faults", WORKS_AGAIN.as_secs()));
            }
            sleep(Duration::from_millis(250)).await;
        }
    }
    block_in_place(|| listener.interrupt(ENDS))
}

/// The whole history at the end; how many deliveries it has.
fn read_back(audit: &mut Audit, oracle: &Oracle) -> Option<u64> {
    block_in_place(|| {
        let rows = audit.everything().map_err(|words| oracle.wrong(Wrong::Other, words)).ok();
        audit.sound(true);
        rows
    })
}
