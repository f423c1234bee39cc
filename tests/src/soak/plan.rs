//! What a soak does, and when it ends.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// When a soak ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ends {
    /// After this time. Nothing is killed in its last two fifths, so that the memory of one long life is seen.
    After(Duration),
    /// With the round of faults in which so many kills were reached.
    Kills(u32),
}

/// A soak. The same plan draws the same faults and deliveries; what meets when is the machine's.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Of all draws.
    pub seed: u64,
    /// When it ends.
    pub ends: Ends,
    /// How many send at once.
    pub senders: u16,
    /// Deliveries a second, at most, of all senders together.
    pub rate: f64,
    /// Between two faults, in milliseconds: from the first on, and below the second.
    pub pause_ms: (u64, u64),
    /// Bytes that the history may take (`--keep-size`).
    pub keep_bytes: u64,
    /// Deliveries that stay in the history (`--keep-count`); `None`: nothing leaves it before its size makes it.
    pub keep_count: Option<u64>,
    /// An empty folder for the history and all else that the run leaves behind.
    pub folder: PathBuf,
    /// The folder is a tmpfs of the run's own (see `.ci/soak`): a full disk is one that really has no room. Otherwise
    /// it is a limit of the listener's files.
    pub small_disk: bool,
}

/// Of the history: below what a run of minutes brings, so that limits are at work too.
const KEEP_COUNT: u64 = 10_000;
const KEEP_BYTES: u64 = 256 << 20;
/// It must hold what comes in so many seconds, at so many bytes each: what leaves before it was compared says nothing.
const KEEP_SECONDS: f64 = 80.0;
const BYTES_EACH: f64 = 16_384.0;
const MINUTES: f64 = 5.0;
/// A week.
const MOST_MINUTES: f64 = 7.0 * 24.0 * 60.0;

impl Plan {
    /// The usual one, in this folder.
    pub fn new(seed: u64, folder: &Path) -> Self {
        Self {
            seed,
            ends: Ends::After(Duration::from_secs_f64(MINUTES * 60.0)),
            senders: 12,
            rate: 120.0,
            pause_ms: (500, 3000),
            keep_bytes: KEEP_BYTES,
            keep_count: Some(KEEP_COUNT),
            folder: folder.to_owned(),
            small_disk: false,
        }
    }

    /// What `SOAK_MINUTES`, `SOAK_KILLS`, `SOAK_SENDERS`, `SOAK_RATE` and `SOAK_SEED` ask for; `seed` where the last
    /// one is not set.
    ///
    /// # Errors
    /// Which variable holds what cannot be.
    pub fn read(folder: &Path, seed: u64, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let variable = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        let mut plan = Self::new(seed, folder);
        if let Some(seed) = number(variable, "SOAK_SEED", 0_u64, u64::MAX)? {
            plan.seed = seed;
        }
        if let Some(senders) = number(variable, "SOAK_SENDERS", 1_u16, 200)? {
            plan.senders = senders;
        }
        if let Some(rate) = number(variable, "SOAK_RATE", 1.0, 1_000.0)? {
            plan.rate = rate;
            plan.keep_count = plan.keep_count.map(|count| count.max((rate * KEEP_SECONDS) as u64));
            plan.keep_bytes = plan.keep_bytes.max((rate * KEEP_SECONDS * BYTES_EACH) as u64);
        }
        if let Some(minutes) = number(variable, "SOAK_MINUTES", 0.1, MOST_MINUTES)? {
            plan.ends = Ends::After(Duration::from_secs_f64(minutes * 60.0));
        }
        if let Some(kills) = number(variable, "SOAK_KILLS", 1_u32, 100_000)? {
            plan.ends = Ends::Kills(kills);
        }
        Ok(plan)
    }

    /// The time that a run takes at most, but for its end.
    pub(super) fn most(&self) -> Duration {
        match self.ends {
            Ends::After(time) => time,
            // A round has three, and takes less than a minute.
            Ends::Kills(kills) => Duration::from_secs(120 + 60 * u64::from(kills)),
        }
    }
}

fn number<T: std::str::FromStr + PartialOrd + std::fmt::Display>(
    variable: impl Fn(&str) -> Option<String>,
    name: &str,
    least: T,
    most: T,
) -> Result<Option<T>, String> {
    let Some(text) = variable(name) else { return Ok(None) };
    let range = least..=most;
    match text.trim().parse::<T>() {
        Ok(value) if range.contains(&value) => Ok(Some(value)),
        _ => Err(format!("{name} is {text:?}: a number from {} to {} is expected", range.start(), range.end())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Plan, String> {
        let variable = |name: &str| given.iter().find(|(of, _)| *of == name).map(|(_, text)| (*text).to_owned());
        Plan::read(Path::new("here"), 7, variable)
    }

    #[test]
    fn a_plan_is_read_and_what_cannot_be_is_named() {
        let usual = read(&[("SOAK_SEED", "")]).unwrap();
        assert_eq!((usual.seed, usual.ends), (7, Ends::After(Duration::from_secs(300))));
        let asked = read(&[("SOAK_SEED", "99"), ("SOAK_MINUTES", "1.5"), ("SOAK_RATE", "10")]).unwrap();
        assert_eq!((asked.seed, asked.ends, asked.rate), (99, Ends::After(Duration::from_secs(90)), 10.0));
        let kills = read(&[("SOAK_MINUTES", "5"), ("SOAK_KILLS", "40")]).unwrap();
        assert_eq!(kills.ends, Ends::Kills(40));
        for (name, text) in [
            ("SOAK_MINUTES", "0"),
            ("SOAK_MINUTES", "nan"),
            ("SOAK_KILLS", "-1"),
            ("SOAK_SENDERS", "1000"),
            ("SOAK_SEED", "x"),
        ] {
            let error = read(&[(name, text)]).unwrap_err();
            assert!(error.contains(name) && error.contains(text), "{error}");
        }
    }
}
