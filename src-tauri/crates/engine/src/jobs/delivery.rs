//! What is known of a delivery's job, and of further attempts of its event.

use signature::Outcome;

use super::about::{About, phase};
use super::{Jobs, retrying, view};
use crate::dto::DeliveryJob;
use crate::error::{Error, Result};

/// Attempts of an event to look at.
const ATTEMPTS: u32 = 200;
/// Retried events to learn the schedule from.
const RETRIED: u32 = 300;

impl Jobs {
    /// What is known of a delivery's job. Asks nobody.
    ///
    /// # Errors
    /// `not_found` if there is no such delivery; any error of the store.
    pub async fn of_delivery(&self, delivery: i64) -> Result<DeliveryJob> {
        let store = self.common.store();
        let row = store.rows(&[delivery]).await?.into_iter().next().ok_or_else(|| Error::not_found("delivery"))?;
        let attempts = match row.event {
            Some(event) => store.attempts(event, ATTEMPTS).await?,
            None => vec![row.clone()],
        };
        let good = |row: &store::Row| row.outcome == Outcome::Verified && (200..300).contains(&row.status);
        let accepted = attempts.iter().any(good);
        let next = match accepted || row.imported || row.event.is_none() {
            true => None,
            false => {
                let times: Vec<i64> = attempts.iter().map(|one| one.received_ns.div_euclid(1_000_000)).collect();
                let earlier = store.retried(row.project, RETRIED).await?;
                let earlier = earlier
                    .into_iter()
                    .map(|event| event.into_iter().map(|ns| ns.div_euclid(1_000_000)).collect::<Vec<_>>());
                retrying::next(&times, &earlier.collect::<Vec<_>>(), self.common.now_ms())
            }
        };
        let mut found = DeliveryJob { job: None, contradiction: None, next, accepted };
        let Some(told) = store.told_of().by(delivery).await? else { return Ok(found) };
        let known = store.known_jobs().by_bare(row.project, vec![told.job.clone()]).await?;
        let Some(record) = known.into_iter().find(|one| view::is_of(one.kind, &told.event_type)) else {
            return Ok(found);
        };
        let about = About::of(&record);
        found.contradiction = view::told(&told, phase(&record, &about)).contradiction;
        found.job = Some(self.one_view(&record).await?);
        Ok(found)
    }
}
