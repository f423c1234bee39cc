//! A day for the overview: what arrived hour by hour, and what usually arrives.

use query::Judged;
use signature::Outcome;
use store::{Bin, Uptime};

use super::History;
use crate::dto::{DayCause, DayDeliveries, DayProject, HistogramBucket};
use crate::error::Result;

/// More edges than a day has hours: also minutes can be asked for, but not without bound.
const EDGES: usize = 400;
/// Days to learn from.
const DAYS: usize = 8;
/// Causes that are given out.
const CAUSES: usize = 20;
/// The listener counts as open throughout a span with so much of it, in thousandths: a restart is no outage.
const OPEN: i64 = 980;
/// How long after its last sign of life it may still have been open.
const SILENCE_MS: i64 = 25_000;
const NS_PER_MS: i64 = 1_000_000;

impl History {
    /// What arrived between edges (Unix milliseconds, ascending), of one project or of all.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn day(&self, project: Option<i64>, edges: Vec<i64>) -> Result<DayDeliveries> {
        let store = self.common.store();
        let day = store.search().day(project, nanoseconds(edges)).await?;
        let causes: Vec<store::DayCause> = day.causes.into_iter().take(CAUSES).collect();
        let last: Vec<i64> = causes.iter().map(|cause| cause.last).collect();
        let rows = store.rows(&last).await?;
        let words = |id: i64| rows.iter().find(|row| row.id == id).map(|row| row.cause.to_string());
        let cause = |cause: store::DayCause| DayCause {
            outcome: outcome(cause.judged),
            cause: words(cause.last).unwrap_or_default(),
            reason: cause.reason,
            deliveries: cause.deliveries,
            last_ms: cause.last_ns.div_euclid(NS_PER_MS),
            last: cause.last,
        };
        let share = |one: store::DayShare| DayProject {
            project: one.project,
            deliveries: one.deliveries,
            rejected: one.rejected,
            rejected_in_a_row: one.rejected_in_a_row,
        };
        Ok(DayDeliveries {
            hours: day.hours.iter().map(bucket).collect(),
            imported: day.imported,
            causes: causes.into_iter().map(cause).collect(),
            projects: day.projects.into_iter().map(share).collect(),
            took_us: day.took_us,
        })
    }

    /// How many deliveries arrived between the edges of each of several days, at most 8. `None` where that is not
    /// known: the listener was not open throughout, or the history does not reach back so far.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn usual(&self, project: Option<i64>, days: Vec<Vec<i64>>) -> Result<Vec<Vec<Option<u64>>>> {
        let store = self.common.store();
        let days: Vec<Vec<i64>> = days.into_iter().take(DAYS).map(ascending).collect();
        let asked = days.iter().cloned().map(nanoseconds).collect();
        let (counts, oldest_ns) = store.search().arrivals(project, asked).await?;
        let oldest_ms = oldest_ns.map(|oldest| oldest.div_euclid(NS_PER_MS));
        let mut usual = Vec::with_capacity(days.len());
        for (edges, counts) in days.iter().zip(counts) {
            let (Some(from), Some(to)) = (edges.first(), edges.last()) else {
                usual.push(Vec::new());
                continue;
            };
            let noted = store.uptimes().between(*from, *to).await?;
            let spans = edges.windows(2).zip(counts).map(|(span, count)| {
                let [from, to] = span else { return None };
                let kept = oldest_ms.is_some_and(|oldest| oldest <= *from);
                (kept && open_throughout(&noted, *from, *to)).then_some(count)
            });
            usual.push(spans.collect());
        }
        Ok(usual)
    }
}

fn ascending(mut edges: Vec<i64>) -> Vec<i64> {
    edges.truncate(EDGES);
    edges.sort_unstable();
    edges
}

fn nanoseconds(edges: Vec<i64>) -> Vec<i64> {
    ascending(edges).into_iter().map(|ms| ms.saturating_mul(NS_PER_MS)).collect()
}

fn bucket(bin: &Bin) -> HistogramBucket {
    HistogramBucket {
        verified: bin.verified,
        old_secret: bin.old_secret,
        unbound: bin.unbound,
        rejected: bin.rejected,
        unchecked: bin.unchecked,
    }
}

fn outcome(judged: Judged) -> Outcome {
    match judged {
        Judged::Verified | Judged::OldSecret => Outcome::Verified,
        Judged::Rejected => Outcome::Rejected,
        Judged::Unchecked => Outcome::Unchecked,
        Judged::Unbound => Outcome::Unbound,
    }
}

/// Whether the listener was open all the time, but for a restart. `noted`: the oldest first.
fn open_throughout(noted: &[Uptime], from_ms: i64, to_ms: i64) -> bool {
    let (mut open, mut at) = (0_i64, from_ms);
    for one in noted {
        let until = if one.ended { one.seen_ms } else { one.seen_ms.saturating_add(SILENCE_MS) };
        let (begin, end) = (one.from_ms.max(at), until.min(to_ms));
        if end > begin {
            open = open.saturating_add(end - begin);
            at = end;
        }
    }
    let long = to_ms.saturating_sub(from_ms);
    long > 0 && open.saturating_mul(1_000) >= long.saturating_mul(OPEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_is_no_outage_and_a_gap_is() {
        let one = |from_ms, seen_ms, ended| Uptime { id: 1, from_ms, seen_ms, ended };
        let hour = 3_600_000;
        assert!(open_throughout(&[one(-5, hour, true)], 0, hour));
        assert!(open_throughout(&[one(0, 1_000_000, true), one(1_030_000, hour, true)], 0, hour));
        assert!(!open_throughout(&[one(0, 1_000_000, true), one(1_200_000, hour, true)], 0, hour));
        assert!(open_throughout(&[one(0, hour - 20_000, false)], 0, hour), "it was open a little longer");
        // Two processes at once are one.
        assert!(!open_throughout(&[one(0, hour / 2, true), one(0, hour / 2, true)], 0, hour));
        assert!(!open_throughout(&[], 0, hour) && !open_throughout(&[one(0, 9, true)], 5, 5));
    }

    #[test]
    fn edges_ascend_and_are_bounded() {
        assert_eq!(nanoseconds(vec![3, 1]), [1_000_000, 3_000_000]);
        assert_eq!(ascending(vec![0; 1_000]).len(), EDGES);
    }
}
