//! What is known of a delivery's job, and of further attempts of its event.

use reqwest::Url;
use signature::Outcome;
use store::Row;

use super::about::{About, phase};
use super::{Jobs, blind, retrying, timeline, view};
use crate::dto::{Blind, DeliveryJob};
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
        let mut found = DeliveryJob { accepted: attempts.iter().any(is_accepted), ..DeliveryJob::default() };
        if !row.imported && row.event.is_some() {
            self.look_around(&row, &attempts, &mut found).await?;
        }
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

    /// Looks for the next attempt of its event, and for those that could not be seen. After an accepted one none is
    /// expected.
    async fn look_around(&self, row: &Row, attempts: &[Row], found: &mut DeliveryJob) -> Result<()> {
        let now_ms = self.common.now_ms();
        let wanted = attempts.iter().position(is_accepted).map_or(attempts.len(), |at| at + 1);
        let came: Vec<i64> = attempts.iter().take(wanted).map(|one| ms(one.received_ns)).collect();
        let (Some(first), Some(last)) = (came.first().copied(), came.last().copied()) else { return Ok(()) };
        // A sender stops at 2xx, whatever the verdict is.
        let until_ms = match found.accepted || attempts.last().is_some_and(is_taken) {
            true => last,
            false => now_ms.min(first.saturating_add(retrying::TRIES_FOR_MS)),
        };
        found.blind = self.blind(row.id, (first, until_ms), &came).await?;
        if found.accepted && found.blind.is_empty() {
            return Ok(());
        }
        let earlier = self.common.store().retried(row.project, RETRIED).await?.into_iter();
        let earlier: Vec<Vec<i64>> = earlier
            .map(|event| event.into_iter().map(ms).collect::<Vec<_>>())
            // What this event did says nothing of what it should have done.
            .filter(|event| event.first() != Some(&first))
            .collect();
        let (unseen, all) = blind::guess(&came, &earlier, &found.blind, until_ms);
        found.unseen = unseen;
        if !found.accepted {
            found.next = retrying::next(&all, &earlier, now_ms);
        }
        Ok(())
    }

    /// When no attempt could have been seen, of those that came at these times.
    async fn blind(&self, delivery: i64, (from_ms, to_ms): (i64, i64), came: &[i64]) -> Result<Vec<Blind>> {
        if to_ms <= from_ms {
            return Ok(Vec::new());
        }
        let store = self.common.store();
        let running = timeline::running(&store.uptimes().between(from_ms, to_ms).await?, from_ms, to_ms);
        let mut states = store.tunnel_states().between(from_ms, to_ms).await?;
        if let Some(before) = store.tunnel_states().at(from_ms).await? {
            states.insert(0, before);
        }
        let mut down = blind::tunnel_down(&states, to_ms);
        if !down.is_empty() && !self.is_public(delivery).await? {
            down.clear();
        }
        Ok(blind::stretches(&running, &down, (from_ms, to_ms), came))
    }

    /// Whether a delivery was sent to an address that a tunnel of ours has or had. Whoever sends to this machine needs
    /// none.
    async fn is_public(&self, delivery: i64) -> Result<bool> {
        let Some(delivery) = self.common.store().delivery(delivery).await? else { return Ok(false) };
        let bases = self.below.addresses.bases();
        let earlier = bases.earlier.into_iter().filter(|one| one.public).map(|one| one.base);
        let host = |base: &str| Url::parse(base).ok().and_then(|url| url.host_str().map(str::to_owned));
        let public: Vec<String> = bases.public.into_iter().chain(earlier).filter_map(|base| host(&base)).collect();
        let sent_to = delivery.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        let sent_to = sent_to.filter_map(|(_, value)| std::str::from_utf8(value).ok());
        Ok(sent_to.filter_map(|to| host(&format!("http://{to}/"))).any(|to| public.contains(&to)))
    }
}

fn ms(ns: i64) -> i64 {
    ns.div_euclid(1_000_000)
}

/// Answered so that a sender does not try again.
fn is_taken(row: &Row) -> bool {
    (200..300).contains(&row.status)
}

fn is_accepted(row: &Row) -> bool {
    row.outcome == Outcome::Verified && is_taken(row)
}
