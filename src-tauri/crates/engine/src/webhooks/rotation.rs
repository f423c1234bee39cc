//! The rotation cockpit: what the data says about the secrets of one webhook.

use std::collections::HashMap;

use crate::dto::{
    Rotation, RotationCounts, RotationLane, RotationTick, SecretLife, SeenDelivery, WebhookSecret, WebhookView,
};
use crate::error::Result;
use crate::webhooks::Webhooks;
use crate::webhooks::path::{path_of, same_path};
use crate::webhooks::seen::{DAY_MS, delivery, ns};

mod places;
mod rotate;

/// Most ticks in a lane: one narrower than a third of a pixel on a wide screen helps nobody.
const TICKS: i64 = 480;
const TICK_MS: i64 = DAY_MS / TICKS;
/// Most deliveries to look at, of those that no key verified, and of those that are unanswered.
const LOOKED_AT: u32 = 2_000;
/// Most unanswered events to show.
const PENDING: usize = 20;
const MS: i64 = 1_000_000;

impl Webhooks {
    /// A webhook's secrets and what they signed, over the last and the next 24 hours.
    pub async fn rotation(&self, project: i64, webhook: &str) -> Result<Rotation> {
        let listed = self.known_webhook(project, webhook).await?;
        let view = self.webhook_view(project, &listed).await?;
        let store = &self.common.store();
        let now_ms = self.common.now_ms();
        let from_ms = now_ms.saturating_sub(DAY_MS);
        let mut by_key: HashMap<String, Vec<store::SignedBin>> = HashMap::new();
        for bin in store.signed(project, ns(from_ms), ns(TICK_MS)).await? {
            by_key.entry(bin.key.clone()).or_default().push(bin);
        }
        let mut lanes = Vec::new();
        for secret in &view.secrets {
            if secret.state == SecretLife::Expired && secret.expires_ms.is_some_and(|ended| ended < from_ms) {
                continue;
            }
            let bins = secret.key.as_ref().and_then(|key| by_key.remove(key)).unwrap_or_default();
            let last = bins.last().map(|bin| bin.last);
            lanes.push(RotationLane {
                secret: secret.clone(),
                verified: bins.iter().fold(0, |sum, bin| sum.saturating_add(bin.count)),
                ticks: bins.iter().map(tick).collect(),
                last: match last {
                    Some(id) => self.seen_delivery(id).await?,
                    None => None,
                },
            });
        }
        let rotated_ms = rotated_ms(&view);
        let pending = store.unanswered(project, ns(from_ms), LOOKED_AT).await?;
        Ok(Rotation {
            rejected: self.unverified(project, &view, from_ms).await?,
            since: match rotated_ms {
                Some(rotated) => self.since(project, &view, rotated.max(from_ms)).await?,
                None => RotationCounts::default(),
            },
            pending: self.came_for(&listed, project, pending, PENDING).await?,
            places: self.places(project, webhook, current(&view)).await?,
            webhook: view,
            now_ms,
            from_ms,
            tick_ms: TICK_MS,
            lanes,
            rotated_ms,
        })
    }

    /// Deliveries to the webhook's path that no key verified, oldest first.
    async fn unverified(&self, project: i64, view: &WebhookView, from_ms: i64) -> Result<Vec<RotationTick>> {
        let Some(path) = path_of(&view.uri) else { return Ok(Vec::new()) };
        let found = self.common.store().unverified(project, ns(from_ms), LOOKED_AT).await?;
        let ours = found.into_iter().rev().filter(|one| same_path(&one.path, &path));
        Ok(ticks(ours.map(|one| (one.row.received_ns / MS, one.row.id)), from_ms))
    }

    /// What the secrets have verified since a moment.
    async fn since(&self, project: i64, view: &WebhookView, from_ms: i64) -> Result<RotationCounts> {
        // One bin takes all of it.
        let bins = self.common.store().signed(project, ns(from_ms), ns(2 * DAY_MS)).await?;
        let of = |key: &str| view.secrets.iter().find(|secret| secret.key.as_deref() == Some(key));
        let mut counts = RotationCounts::default();
        let mut last: Option<(i64, i64)> = None;
        for bin in bins {
            match of(&bin.key).map(|secret| secret.state) {
                Some(SecretLife::Current) => counts.by_current = counts.by_current.saturating_add(bin.count),
                Some(SecretLife::Grace | SecretLife::Expired) => {
                    counts.only_older = counts.only_older.saturating_add(bin.count);
                    last = last.max(Some((bin.last_ns, bin.last)));
                }
                None => {}
            }
        }
        if let Some((_, id)) = last {
            counts.last_only_older = self.seen_delivery(id).await?;
        }
        Ok(counts)
    }

    async fn seen_delivery(&self, id: i64) -> Result<Option<SeenDelivery>> {
        Ok(self.common.store().rows(&[id]).await?.first().map(delivery))
    }
}

fn tick(bin: &store::SignedBin) -> RotationTick {
    RotationTick { at_ms: bin.last_ns / MS, count: bin.count, delivery: bin.last }
}

/// Deliveries, oldest first, as ticks: those within one stretch of time share a tick.
fn ticks(deliveries: impl Iterator<Item = (i64, i64)>, from_ms: i64) -> Vec<RotationTick> {
    let stretch = |at_ms: i64| at_ms.saturating_sub(from_ms).div_euclid(TICK_MS);
    let mut ticks: Vec<RotationTick> = Vec::new();
    for (at_ms, delivery) in deliveries {
        match ticks.last_mut() {
            Some(last) if stretch(last.at_ms) == stretch(at_ms) => {
                *last = RotationTick { at_ms, count: last.count + 1, delivery };
            }
            _ => ticks.push(RotationTick { at_ms, count: 1, delivery }),
        }
    }
    ticks
}

/// The secret that signs.
fn current(view: &WebhookView) -> Option<&WebhookSecret> {
    view.secrets.iter().find(|secret| secret.state == SecretLife::Current)
}

/// When the current secret replaced a known one.
fn rotated_ms(view: &WebhookView) -> Option<i64> {
    let older = view.secrets.iter().any(|secret| secret.state != SecretLife::Current);
    current(view).filter(|_| older)?.created_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deliveries_close_to_each_other_are_one_tick() {
        let from = 1_000_000;
        let at = |stretch: i64, ms: i64| from + stretch * TICK_MS + ms;
        let deliveries = [(at(0, 0), 1), (at(0, TICK_MS - 1), 2), (at(1, 0), 3), (at(479, 5), 4), (at(479, 5), 5)];
        let seen: Vec<(i64, u32, i64)> = ticks(deliveries.into_iter(), from)
            .into_iter()
            .map(|tick| (tick.at_ms, tick.count, tick.delivery))
            .collect();
        assert_eq!(seen, [(at(0, TICK_MS - 1), 2, 2), (at(1, 0), 1, 3), (at(479, 5), 2, 5)]);
        assert_eq!(TICK_MS * TICKS, DAY_MS);
    }
}
