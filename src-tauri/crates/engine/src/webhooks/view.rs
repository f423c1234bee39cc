//! A webhook as the window shows it: what the service lists, merged with what Pollux keeps and what it saw.

use signature::KeyState;
use store::SecretRecord;

use crate::addresses::{Bases, place_of};
use crate::dto::{Project, SecretLife, UriPlace, WebhookEvent, WebhookSecret, WebhookView};
use crate::webhooks::board::{Listed, tail};
use crate::webhooks::seen::Seen;

/// What a view is made with, beside the webhook itself.
pub(crate) struct Known<'a> {
    pub(crate) project: &'a Project,
    /// The paths of all projects.
    pub(crate) paths: &'a [String],
    pub(crate) bases: &'a Bases,
    /// The secrets of the project, those too that could not be stored.
    pub(crate) records: &'a [SecretRecord],
    /// Ids of the secrets whose text is at hand.
    pub(crate) available: &'a [String],
    pub(crate) seen: &'a Seen,
    /// The Sandbox's webhook for our own listener.
    pub(crate) own: Option<&'a str>,
    pub(crate) now_ms: i64,
}

impl Known<'_> {
    pub(crate) fn view(&self, listed: &Listed) -> WebhookView {
        let (place, repaired_uri) = place_of(&listed.uri, &self.project.path, self.paths, self.bases);
        let secrets = secrets(listed, self.records, self.available, self.now_ms);
        let keys: Vec<&str> = secrets.iter().filter_map(|secret| secret.key.as_deref()).collect();
        // What comes to the same path of somebody else's address does not come here.
        let path = (place != UriPlace::Elsewhere).then(|| path_of(&listed.uri)).flatten();
        let (last, last_hour) = self.seen.of(&keys, path.as_deref());
        WebhookView {
            id: listed.id.clone(),
            name: listed.name.clone(),
            uri: listed.uri.clone(),
            events: listed.events.iter().map(|name| event(name)).collect(),
            state: listed.state.clone(),
            secrets,
            place,
            repaired_uri,
            last,
            last_hour,
            builtin: self.own == Some(listed.id.as_str()),
        }
    }
}

impl Listed {
    /// The view without anything that Pollux knows.
    pub(crate) fn plain(&self) -> WebhookView {
        WebhookView {
            id: self.id.clone(),
            name: self.name.clone(),
            uri: self.uri.clone(),
            events: self.events.iter().map(|name| event(name)).collect(),
            state: self.state.clone(),
            secrets: secrets(self, &[], &[], 0),
            place: UriPlace::Elsewhere,
            repaired_uri: None,
            last: None,
            last_hour: 0,
            builtin: false,
        }
    }
}

fn event(name: &str) -> WebhookEvent {
    WebhookEvent { name: name.to_owned(), known: gemini::catalog::lookup(name).is_some() }
}

/// The path of a uri, without a slash at its end, as [`same_path`] compares it.
pub(crate) fn path_of(uri: &str) -> Option<String> {
    let url = reqwest::Url::parse(uri).ok()?;
    Some(url.path().trim_end_matches('/').to_owned())
}

/// Did what came to `path` come to a webhook with this path?
pub(crate) fn same_path(path: &str, webhook: &str) -> bool {
    path.trim_end_matches('/') == webhook
}

/// Those of the list, and those that Pollux knows and the service no longer lists: current first, then the newest.
fn secrets(listed: &Listed, records: &[SecretRecord], available: &[String], now_ms: i64) -> Vec<WebhookSecret> {
    let mut left: Vec<&SecretRecord> =
        records.iter().filter(|record| record.webhook.as_deref() == Some(listed.id.as_str())).collect();
    let mut secrets = Vec::new();
    for one in &listed.secrets {
        // The newest one where two end alike.
        let twin = left.iter().rposition(|record| tail(&record.hint) == one.tail);
        let record = twin.map(|place| left.remove(place));
        let state = match one.ends_ms {
            _ if one.current => SecretLife::Current,
            Some(ends) if ends <= now_ms => SecretLife::Expired,
            _ => SecretLife::Grace,
        };
        secrets.push(WebhookSecret {
            key: record.map(|record| record.id.clone()),
            hint: format!("whsec_…{}", one.tail),
            state,
            created_ms: record.and_then(|record| record.created_ms),
            expires_ms: one.ends_ms,
            available: record.is_some_and(|record| available.contains(&record.id)),
        });
    }
    for record in left {
        // Not ended: made a moment ago, and the list is older.
        let (state, ends) = match record.state(now_ms.div_euclid(1000)) {
            KeyState::Current => (SecretLife::Current, None),
            KeyState::Grace { until } => (SecretLife::Grace, Some(until)),
            KeyState::Expired { at } => (SecretLife::Expired, Some(at)),
        };
        secrets.push(unlisted(record, state, ends.map(|at| at.saturating_mul(1000)), available));
    }
    // The sort is stable: the list is oldest first, so what is the same here stays with the newest in front.
    secrets.reverse();
    secrets.sort_by_key(|secret| (rank(secret.state), std::cmp::Reverse(secret.expires_ms.max(secret.created_ms))));
    secrets
}

fn unlisted(record: &SecretRecord, state: SecretLife, expires_ms: Option<i64>, available: &[String]) -> WebhookSecret {
    WebhookSecret {
        key: Some(record.id.clone()),
        hint: format!("whsec_…{}", tail(&record.hint)),
        state,
        created_ms: record.created_ms,
        expires_ms,
        available: available.contains(&record.id),
    }
}

fn rank(state: SecretLife) -> u8 {
    match state {
        SecretLife::Current => 0,
        SecretLife::Grace => 1,
        SecretLife::Expired => 2,
    }
}
