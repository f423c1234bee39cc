//! The user's notes of where a webhook's secrets are in use. A tick is for one secret: a rotation clears it.

use crate::dto::{Place, WebhookSecret};
use crate::error::{Code, Error, Result};
use crate::webhooks::Webhooks;
use crate::webhooks::rotation::current;

/// Most characters in a note.
const LONGEST: usize = 200;
/// Most notes of a webhook.
const MOST: usize = 100;

impl Webhooks {
    /// Notes a place that holds a secret of this webhook.
    pub async fn add_place(&self, project: i64, webhook: &str, text: &str) -> Result<Vec<Place>> {
        let text = text.trim();
        let long = text.chars().count();
        if text.is_empty() || long > LONGEST {
            let message = format!("A place must have 1 to {LONGEST} characters, not {long}.");
            return Err(Error::new(Code::InvalidPlace, message));
        }
        // Notes are not protected as secrets are.
        if holds_secret(text) {
            let message = "This holds a secret or an API key. Note where it is in use, not the secret itself.";
            return Err(Error::new(Code::InvalidPlace, message));
        }
        let places = self.common.store().places();
        if places.list(project, webhook).await?.len() >= MOST {
            return Err(Error::new(Code::TooManyPlaces, format!("There are already {MOST} places. Remove one first.")));
        }
        places.add(project, webhook, text).await?;
        self.places_now(project, webhook).await
    }

    /// Ticks a place: it holds the current secret. Without `done`, takes the tick away.
    pub async fn tick_place(&self, id: i64, done: bool) -> Result<Vec<Place>> {
        let place = self.place_of_id(id).await?;
        let ticked = match done {
            true => Some((self.current_hint(&place).await?, self.common.now_ms())),
            false => None,
        };
        self.common.store().places().tick(id, ticked).await?;
        self.places_now(place.project, &place.webhook).await
    }

    /// Forgets a place.
    pub async fn remove_place(&self, id: i64) -> Result<Vec<Place>> {
        let place = self.place_of_id(id).await?;
        self.common.store().places().remove(id).await?;
        self.places_now(place.project, &place.webhook).await
    }

    async fn place_of_id(&self, id: i64) -> Result<store::Place> {
        self.common.store().places().get(id).await?.ok_or_else(|| Error::not_found("place"))
    }

    async fn current_hint(&self, place: &store::Place) -> Result<String> {
        let listed = self.known_webhook(place.project, &place.webhook).await?;
        let view = self.webhook_view(place.project, &listed).await?;
        current(&view).map(|secret| secret.hint.clone()).ok_or_else(|| {
            Error::new(
                Code::NoCurrentSecret,
                "The service lists no current secret for this webhook. Read the list again.",
            )
        })
    }

    /// The places as they are now, without asking the service.
    async fn places_now(&self, project: i64, webhook: &str) -> Result<Vec<Place>> {
        let view = match self.boards.listed(project, webhook) {
            Some(listed) => Some(self.webhook_view(project, &listed).await?),
            None => None,
        };
        self.places(project, webhook, view.as_ref().and_then(current)).await
    }

    /// The places, ticked if they hold the current secret.
    pub(super) async fn places(
        &self,
        project: i64,
        webhook: &str,
        current: Option<&WebhookSecret>,
    ) -> Result<Vec<Place>> {
        let places = self.common.store().places().list(project, webhook).await?;
        let shown = |place: store::Place| {
            let done = place.done_for.is_some() && place.done_for.as_ref() == current.map(|secret| &secret.hint);
            Place { id: place.id, text: place.text, done, done_ms: place.done_ms.filter(|_| done) }
        };
        Ok(places.into_iter().map(shown).collect())
    }
}

/// Whether a text contains a whole secret or an API key. A hint of one does not count.
fn holds_secret(text: &str) -> bool {
    // This many characters say more than where a secret is in use.
    const TELLING: usize = 12;
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '-');
    ["whsec_", "AIza"].iter().any(|start| {
        let after = text.match_indices(start).filter_map(|(at, _)| text.get(at + start.len()..));
        after.map(|rest| rest.chars().take_while(|c| part(*c)).count()).any(|letters| letters >= TELLING)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_a_note_is_seen_wherever_it_stands() {
        const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";
        for text in [SECRET, &format!("WEBHOOK_SECRET='{SECRET}' in .env"), &format!("whsec_x, {SECRET}, CI")] {
            assert!(holds_secret(text), "{text}");
        }
        assert!(holds_secret("key AIzaSyD-1234567890abcdefghijklmnopqa91f of CI"));
        for text in [".env of worker", "whsec_…a91f in CI", "whsec_...dXY= of the worker", "AIza…a91f", "whsec_"] {
            assert!(!holds_secret(text), "{text}");
        }
    }
}
