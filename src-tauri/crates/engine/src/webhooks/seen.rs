//! Which deliveries of a project came for which webhook: by the secret that verified them, or by their path if no key
//! did.

use std::collections::HashMap;

use store::{Row, Store, Unverified};

use crate::dto::SeenDelivery;
use crate::error::Result;
use crate::webhooks::path::same_path;

const MS: i64 = 1_000_000;
const HOUR_MS: i64 = 3_600_000;
pub(crate) const DAY_MS: i64 = 24 * HOUR_MS;
/// Most deliveries to look at, of those that no key verified: more would tell no more.
const MOST: u32 = 1_000;

/// What was seen of a project's deliveries.
#[derive(Default)]
pub(crate) struct Seen {
    /// How many in the last hour, by the secret that verified them.
    hour: HashMap<String, u32>,
    /// The latest delivery, by the secret that verified it.
    last: HashMap<String, SeenDelivery>,
    /// Those that no key verified in the last 24 hours, newest first, each with its path.
    unverified: Vec<(SeenDelivery, String)>,
    hour_ago_ms: i64,
}

impl Seen {
    /// Reads what was seen of these secrets.
    pub(crate) async fn read(store: &Store, project: i64, keys: &[String], now_ms: i64) -> Result<Self> {
        let hour_ago_ms = now_ms.saturating_sub(HOUR_MS);
        let mut hour: HashMap<String, u32> = HashMap::new();
        // One bin, which takes all that has come until now.
        for bin in store.signed(project, ns(hour_ago_ms), ns(DAY_MS)).await? {
            let count = hour.entry(bin.key).or_default();
            *count = count.saturating_add(bin.count);
        }
        let signers = store.signers(keys).await?;
        let ids: Vec<i64> = signers.iter().map(|signer| signer.last_delivery).collect();
        let rows: HashMap<i64, Row> = store.rows(&ids).await?.into_iter().map(|row| (row.id, row)).collect();
        let last =
            signers.into_iter().filter_map(|signer| Some((signer.key, delivery(rows.get(&signer.last_delivery)?))));
        let last = last.collect();
        let unverified = store.unverified(project, ns(now_ms.saturating_sub(DAY_MS)), MOST).await?;
        let unverified = unverified.into_iter().map(|Unverified { row, path }| (delivery(&row), path)).collect();
        Ok(Self { hour, last, unverified, hour_ago_ms })
    }

    /// The latest delivery that one of these keys verified, or that came to this path and no key verified; and how many
    /// such deliveries came in the last hour.
    pub(crate) fn of(&self, keys: &[&str], path: Option<&str>) -> (Option<SeenDelivery>, u32) {
        let signed = keys.iter().filter_map(|key| self.last.get(*key));
        let mut last = signed.max_by_key(|seen| (seen.received_ms, seen.id));
        let mut count =
            keys.iter().filter_map(|key| self.hour.get(*key)).fold(0_u32, |sum, one| sum.saturating_add(*one));
        for (seen, came_to) in &self.unverified {
            if !path.is_some_and(|path| same_path(came_to, path)) {
                continue;
            }
            if last.is_none_or(|last| (last.received_ms, last.id) < (seen.received_ms, seen.id)) {
                last = Some(seen);
            }
            count = count.saturating_add(u32::from(seen.received_ms >= self.hour_ago_ms));
        }
        (last.cloned(), count)
    }
}

/// Milliseconds as nanoseconds.
pub(crate) fn ns(ms: i64) -> i64 {
    ms.saturating_mul(MS)
}

/// A delivery in a few words.
pub(crate) fn delivery(row: &Row) -> SeenDelivery {
    SeenDelivery {
        id: row.id,
        received_ms: row.received_ns.div_euclid(MS),
        outcome: row.outcome,
        cause: row.cause.to_string(),
    }
}
