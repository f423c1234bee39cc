//! A webhook as the window shows it: what the service lists, together with what Pollux has and what it saw.

use signature::KeyState;
use store::SecretRecord;

use crate::addresses::{Bases, place_of};
use crate::dto::{Project, SecretLife, UriPlace, WebhookEvent, WebhookSecret, WebhookView};
use crate::webhooks::board::{Listed, matched, tail};
use crate::webhooks::path::path_of;
use crate::webhooks::seen::Seen;

/// What a view is made from, beside the webhook itself.
pub(crate) struct Facts<'a> {
    pub(crate) project: &'a Project,
    /// The paths of all projects.
    pub(crate) paths: &'a [String],
    pub(crate) bases: &'a Bases,
    /// The secrets of the project, including those that could not be stored.
    pub(crate) records: &'a [SecretRecord],
    /// Ids of the secrets whose text is at hand.
    pub(crate) available: &'a [String],
    pub(crate) seen: &'a Seen,
    /// The Sandbox's webhook for our own listener.
    pub(crate) own: Option<&'a str>,
    pub(crate) now_ms: i64,
}

impl Facts<'_> {
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

/// The listed secrets, and those that Pollux knows but the service no longer lists: current first, then the newest.
fn secrets(listed: &Listed, records: &[SecretRecord], available: &[String], now_ms: i64) -> Vec<WebhookSecret> {
    let mut left: Vec<&SecretRecord> =
        records.iter().filter(|record| record.webhook.as_deref() == Some(listed.id.as_str())).collect();
    let found = matched(listed, records);
    let mut secrets = Vec::new();
    for one in &listed.secrets {
        let twin = found.iter().find(|(_, secret)| std::ptr::eq(*secret, one)).map(|(id, _)| *id);
        let record = left.extract_if(.., |record| twin == Some(record.id.as_str())).next();
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
        // It has not ended: it was made a moment ago, and the list is older.
        let (state, ends) = match record.state(now_ms.div_euclid(1000)) {
            KeyState::Current => (SecretLife::Current, None),
            KeyState::Grace { until } => (SecretLife::Grace, Some(until)),
            KeyState::Expired { at } => (SecretLife::Expired, Some(at)),
        };
        secrets.push(unlisted(record, state, ends.map(|at| at.saturating_mul(1000)), available));
    }
    // The sort is stable and the list is oldest first, so after reversing, equal ones have the newest in front.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::board::ListedSecret;

    const NOW_MS: i64 = 1_000_000_000;

    fn record(id: &str, end: &str, webhook: Option<&str>, expires_at: Option<i64>) -> SecretRecord {
        SecretRecord {
            id: id.into(),
            project: 1,
            label: String::new(),
            hint: format!("whsec_…{end}"),
            expires_at,
            added_ms: 5,
            stored_in: "memory".into(),
            webhook: webhook.map(str::to_owned),
            created_ms: Some(5),
            destroyed_ms: None,
        }
    }

    fn listed(secrets: &[(&str, Option<i64>)]) -> Listed {
        let secret = |(end, ends_ms): &(&str, Option<i64>)| ListedSecret {
            tail: (*end).to_owned(),
            current: ends_ms.is_none(),
            ends_ms: *ends_ms,
        };
        Listed {
            id: "one".into(),
            name: None,
            uri: "https://a.example/hooks/".into(),
            events: Vec::new(),
            state: "enabled".into(),
            secrets: secrets.iter().map(secret).collect(),
        }
    }

    #[test]
    fn what_is_listed_and_what_is_kept_are_one_list() {
        let listed = listed(&[("aaaa", Some(NOW_MS + 5)), ("gone", Some(NOW_MS)), ("bbbb", None)]);
        let records = [
            record("older twin", "bbbb", Some("one"), Some(1)),
            record("a", "aaaa", Some("one"), None),
            record("b", "bbbb", Some("one"), None),
            record("ended", "cccc", Some("one"), Some(999_000)),
            record("other", "bbbb", Some("two"), None),
            record("pasted", "bbbb", None, None),
        ];
        let available = ["a".to_owned(), "ended".to_owned()];
        let secrets = secrets(&listed, &records, &available, NOW_MS);
        let seen: Vec<_> = secrets
            .iter()
            .map(|one| (one.key.as_deref(), one.hint.as_str(), one.state, one.expires_ms, one.available))
            .collect();
        assert_eq!(
            seen,
            [
                (Some("b"), "whsec_…bbbb", SecretLife::Current, None, false),
                (Some("a"), "whsec_…aaaa", SecretLife::Grace, Some(NOW_MS + 5), true),
                (None, "whsec_…gone", SecretLife::Expired, Some(NOW_MS), false),
                (Some("ended"), "whsec_…cccc", SecretLife::Expired, Some(999_000_000), true),
                (Some("older twin"), "whsec_…bbbb", SecretLife::Expired, Some(1000), false),
            ]
        );
    }

    #[test]
    fn of_secrets_that_end_alike_the_newest_is_the_current_one() {
        let records = [record("old", "aaaa", Some("one"), None), record("new", "aaaa", Some("one"), None)];
        let (current, ends) = (("aaaa", None), ("aaaa", Some(NOW_MS + 5)));
        for order in [[current, ends], [ends, current]] {
            let listed = listed(&order);
            let seen = secrets(&listed, &records, &[], NOW_MS);
            let seen: Vec<_> = seen.iter().map(|one| (one.key.as_deref(), one.state)).collect();
            assert_eq!(seen, [(Some("new"), SecretLife::Current), (Some("old"), SecretLife::Grace)]);
        }
    }
}
