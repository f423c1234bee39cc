//! Memory and disk over time, and whether they keep to their bounds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::listener::{disk, resident_kib};
use super::oracle::Oracle;

/// Never more than this is resident, in KiB: what is promised for a flood of far larger bodies (300 MiB; see the
/// decisions on `inbound`), so whatever needs more here has lost it.
const MOST_KIB: u64 = 300 * 1024;
/// From the second third of one life to the last, the median may grow by a quarter and so many KiB. The first third is
/// for caches that fill: SQLite's have 8 MiB for each reader.
const MORE_KIB: u64 = 16 * 1024;
/// A shorter life says nothing of growth, nor do fewer samples of one.
const LONG: Duration = Duration::from_secs(60);
const FEWEST: usize = 30;
/// The history's files may be so much larger than its limit: by the half of it, since the log comes and goes, and grows
/// while a second process reads.
const BEYOND: u64 = 2;
/// Samples that are kept. Then every second one goes, and half as many come.
const SAMPLES: usize = 4096;
/// Rows of the table.
const ROWS: usize = 16;

/// A process under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Life {
    pub(super) number: u32,
    pub(super) pid: u32,
}

/// What was measured at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    /// Since the beginning.
    at: Duration,
    life: u32,
    /// Resident.
    kib: u64,
    /// Bytes of the history's files.
    disk: u64,
    acknowledged: u64,
}

/// Samples in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Curves(Vec<Sample>);

/// Whether something kept to its bound, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// It did.
    Kept(String),
    /// It did not.
    Broken(String),
    /// There is too little to judge it by.
    NotJudged(String),
}

/// Measures until it is cancelled.
pub(super) async fn measure(
    database: PathBuf,
    life: watch::Receiver<Option<Life>>,
    oracle: Arc<Oracle>,
    samples: Arc<Mutex<Curves>>,
    over: CancellationToken,
) {
    let began = Instant::now();
    let mut every = Duration::from_millis(500);
    while over.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
        let Some(Life { number, pid }) = *life.borrow() else { continue };
        let of = database.clone();
        let Ok((Some(kib), disk)) = spawn_blocking(move || (resident_kib(pid), disk(&of))).await else { continue };
        let acknowledged = oracle.counts().acknowledged;
        let mut samples = samples.lock();
        samples.0.push(Sample { at: began.elapsed(), life: number, kib, disk, acknowledged });
        if samples.0.len() >= SAMPLES {
            let mut keep = false;
            samples.0.retain(|_| {
                keep = !keep;
                keep
            });
            every *= 2;
        }
    }
}

impl Curves {
    /// Judges the memory.
    pub(super) fn memory(&self) -> Bound {
        let Some(most) = self.0.iter().map(|sample| sample.kib).max() else {
            return Bound::NotJudged("memory was not measured".to_owned());
        };
        let peak = format!("at most {} MiB resident (bound: {} MiB)", most / 1024, MOST_KIB / 1024);
        if most > MOST_KIB {
            return Bound::Broken(peak);
        }
        let life = self.longest_life();
        let time = life.last().zip(life.first()).map_or(Duration::ZERO, |(last, first)| last.at - first.at);
        if time < LONG || life.len() < FEWEST {
            let words = format!("{peak}; growth: no process lived for {} s", LONG.as_secs());
            return Bound::NotJudged(words);
        }
        let third = life.len() / 3;
        let median = |part: &[Sample]| {
            let mut kib: Vec<u64> = part.iter().map(|sample| sample.kib).collect();
            kib.sort_unstable();
            kib[kib.len() / 2]
        };
        let (before, after) = (median(&life[third..2 * third]), median(&life[2 * third..]));
        let bound = before + before / 4 + MORE_KIB;
        let words =
            format!("{peak}; in {} s of one life from {before} to {after} KiB (bound: {bound} KiB)", time.as_secs());
        if after > bound { Bound::Broken(words) } else { Bound::Kept(words) }
    }

    /// Judges the disk. `limit`: bytes that the history may take.
    pub(super) fn disk(&self, limit: u64) -> Bound {
        let Some(most) = self.0.iter().map(|sample| sample.disk).max() else {
            return Bound::NotJudged("the disk was not measured".to_owned());
        };
        let bound = limit + limit / BEYOND;
        let words = format!("at most {} MiB on the disk (bound: {} MiB)", most >> 20, bound >> 20);
        if most > bound { Bound::Broken(words) } else { Bound::Kept(words) }
    }

    fn longest_life(&self) -> &[Sample] {
        let lives = self.0.chunk_by(|one, next| one.life == next.life);
        lives.max_by_key(|life| life.len()).unwrap_or_default()
    }

    /// A few of them, from the first to the last.
    fn few(&self) -> impl Iterator<Item = &Sample> {
        let last = self.0.len().saturating_sub(1);
        let rows = ROWS.min(self.0.len());
        (0..rows).map(move |row| &self.0[last * row / (rows - 1).max(1)])
    }

    /// For people.
    pub(super) fn table(&self) -> String {
        let mut table =
            format!("{:>8}  {:>5}  {:>9}  {:>9}  {:>12}\n", "seconds", "life", "VmRSS", "disk", "acknowledged");
        for sample in self.few() {
            let (mib, disk) = (sample.kib as f64 / 1024.0, sample.disk as f64 / 1_048_576.0);
            table.push_str(&format!(
                "{:>8.1}  {:>5}  {mib:>5.1} MiB  {disk:>5.1} MiB  {:>12}\n",
                sample.at.as_secs_f64(),
                sample.life,
                sample.acknowledged
            ));
        }
        table
    }

    /// For scripts: `[seconds, life, KiB resident, bytes on the disk, acknowledged]` each.
    pub(super) fn json(&self) -> Value {
        let rows = self.few().map(|one| json!([one.at.as_secs_f64(), one.life, one.kib, one.disk, one.acknowledged]));
        rows.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seconds, and the memory at each of them.
    type Life = (u64, fn(u64) -> u64);

    /// Lives of these lengths, a sample a second, each with its memory.
    fn curves(lives: &[Life]) -> Curves {
        let mut samples = Vec::new();
        for (life, (seconds, kib)) in lives.iter().enumerate() {
            for second in 0..*seconds {
                let at = Duration::from_secs(samples.len() as u64);
                let disk = second << 20;
                samples.push(Sample { at, life: life as u32, kib: kib(second), disk, acknowledged: second });
            }
        }
        Curves(samples)
    }

    #[test]
    fn memory_that_grows_on_is_told_from_caches_that_fill() {
        let fills = |second: u64| 40_000 + second.min(60) * 500;
        let leaks = |second: u64| 40_000 + second * 500;
        assert!(matches!(curves(&[(5, leaks), (300, fills), (20, leaks)]).memory(), Bound::Kept(_)));
        assert!(matches!(curves(&[(300, leaks)]).memory(), Bound::Broken(_)));
        assert!(matches!(curves(&[(30, fills), (30, fills)]).memory(), Bound::NotJudged(_)));
        assert!(matches!(curves(&[(30, fills), (1, |_| 400_000)]).memory(), Bound::Broken(_)));
        assert!(matches!(Curves::default().memory(), Bound::NotJudged(_)));
    }

    #[test]
    fn the_disk_is_judged_by_the_limit_and_the_table_is_short() {
        let curves = curves(&[(100, |_| 1)]);
        assert!(matches!(curves.disk(66 << 20), Bound::Kept(_)));
        assert!(matches!(curves.disk(65 << 20), Bound::Broken(_)));
        assert_eq!(curves.table().lines().count(), 17);
        assert_eq!((curves.json()[0][4].as_u64(), curves.json()[15][4].as_u64()), (Some(0), Some(99)));
        assert_eq!(Curves::default().table().lines().count(), 1);
    }
}
