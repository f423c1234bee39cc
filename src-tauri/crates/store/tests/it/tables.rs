//! Secrets, settings, addresses, places, actions, the timeline of the tunnel.

use serde_json::json;
use signature::KeyState;
use store::{Address, NewAction, Place, SecretRecord, TunnelState};

use crate::sample::history;

#[tokio::test]
async fn settings() {
    let (_folder, store) = history().await;
    let settings = store.settings();
    assert_eq!(settings.get("list.split").await.unwrap(), None);
    for value in [json!(null), json!(0.5), json!({"b": [1, "ü"], "a": null})] {
        settings.set("list.split", &value).await.unwrap();
        assert_eq!(settings.get("list.split").await.unwrap(), Some(value));
    }
    assert!(settings.remove("list.split").await.unwrap());
    assert!(!settings.remove("list.split").await.unwrap());
    assert_eq!(settings.get("list.split").await.unwrap(), None);
}

#[tokio::test]
async fn secrets() {
    let (_folder, store) = history().await;
    let secrets = store.secrets();
    let record = |id: &str, added_ms| SecretRecord {
        id: id.into(),
        project: 1,
        label: "Production".into(),
        hint: "whsec_…a91f".into(),
        expires_at: None,
        added_ms,
        stored_in: "keychain".into(),
        webhook: None,
        created_ms: None,
        destroyed_ms: None,
    };
    let (old, new) = (record("b", 1), record("a", 2));
    secrets.put(new.clone()).await.unwrap();
    secrets.put(old.clone()).await.unwrap();
    assert_eq!(secrets.list(Some(1)).await.unwrap(), [old.clone(), new.clone()]);
    assert_eq!(secrets.list(Some(2)).await.unwrap(), []);
    assert!(secrets.expire("b", Some(100)).await.unwrap());
    assert!(!secrets.expire("c", Some(100)).await.unwrap());
    let all = secrets.list(None).await.unwrap();
    let states: Vec<_> = all.iter().flat_map(|record| [record.state(99), record.state(100)]).collect();
    let expected =
        [KeyState::Grace { until: 100 }, KeyState::Expired { at: 100 }, KeyState::Current, KeyState::Current];
    assert_eq!(states, expected);
    let stray = SecretRecord { project: 9, ..record("c", 3) };
    assert_eq!(secrets.put(stray).await.unwrap_err().code(), "unknown_project");
    let of_webhook = SecretRecord { webhook: Some("w".into()), created_ms: Some(7), ..record("d", 4) };
    secrets.put(of_webhook.clone()).await.unwrap();
    assert!(secrets.destroyed("d", 500).await.unwrap());
    assert!(secrets.destroyed("d", 900).await.unwrap(), "the first time stands");
    assert!(!secrets.destroyed("e", 500).await.unwrap());
    let destroyed = SecretRecord { destroyed_ms: Some(500), ..of_webhook };
    assert_eq!(secrets.list(None).await.unwrap().last(), Some(&destroyed));
    assert!(secrets.remove("d").await.unwrap());
    assert!(secrets.remove("b").await.unwrap());
    assert!(!secrets.remove("b").await.unwrap());
    assert_eq!(secrets.list(None).await.unwrap(), [new]);
}

#[tokio::test]
async fn secrets_of_one_project_are_forgotten_together() {
    let (_folder, store) = history().await;
    let other = store.projects().ensure("Other", false, "other").await.unwrap();
    let record = |id: &str, project| SecretRecord {
        id: id.into(),
        project,
        label: String::new(),
        hint: "whsec_…a91f".into(),
        expires_at: None,
        added_ms: 0,
        stored_in: "memory".into(),
        webhook: None,
        created_ms: None,
        destroyed_ms: None,
    };
    for (id, project) in [("a", 1), ("b", other), ("c", 1)] {
        store.secrets().put(record(id, project)).await.unwrap();
    }
    assert_eq!(store.secrets().forget_project(1).await.unwrap(), 2);
    assert_eq!(store.secrets().list(None).await.unwrap(), [record("b", other)]);
}

#[tokio::test]
async fn addresses_are_kept_by_when_they_were_last_in_use() {
    let (_folder, store) = history().await;
    let addresses = store.addresses();
    let base = |n: i64| format!("https://{n}.example/");
    for n in 0..=205 {
        addresses.seen(&base(n), false, 1000 + n).await.unwrap();
        if n % 41 == 0 {
            addresses.seen(&base(0), true, 1000 + n).await.unwrap();
        }
    }
    let list = addresses.list().await.unwrap();
    assert_eq!(list.len(), 200);
    let expected = Address { base: base(0), public: true, first_ms: 1000, last_ms: 1205 };
    assert_eq!(list[0], expected, "in use again and again");
    assert_eq!(list.last().map(|address| address.base.clone()), Some(base(7)));
    // The clock was set back: the one in use is kept, though it is listed last.
    addresses.seen(&base(999), false, 5).await.unwrap();
    let list = addresses.list().await.unwrap();
    assert_eq!((list.len(), list.last().unwrap().base.clone()), (200, base(999)));
}

#[tokio::test]
async fn places_are_ticked_for_a_secret() {
    let (_folder, store) = history().await;
    let places = store.places();
    let id = places.add(1, "w", ".env of worker").await.unwrap();
    let second = places.add(1, "w", "CI").await.unwrap();
    let elsewhere = places.add(1, "v", "CI").await.unwrap();
    assert!(places.tick(id, Some(("whsec_…a91f".into(), 7))).await.unwrap());
    let text = ".env of worker".to_owned();
    let done_for = Some("whsec_…a91f".to_owned());
    let expected = Place { id, project: 1, webhook: "w".into(), text, done_for, done_ms: Some(7) };
    assert_eq!(places.get(id).await.unwrap(), Some(expected.clone()));
    let ids = |places: Vec<Place>| places.into_iter().map(|place| place.id).collect::<Vec<_>>();
    assert_eq!(ids(places.list(1, "w").await.unwrap()), [id, second]);
    assert!(places.tick(id, None).await.unwrap());
    assert_eq!(places.get(id).await.unwrap(), Some(Place { done_for: None, done_ms: None, ..expected }));
    assert!(places.remove(elsewhere).await.unwrap());
    assert!(!places.remove(elsewhere).await.unwrap());
    assert!(!places.tick(elsewhere, Some(("a".into(), 1))).await.unwrap());
    assert_eq!(ids(places.list(1, "v").await.unwrap()), [0; 0]);
    assert!(places.add(1, "v", "CI").await.unwrap() > elsewhere, "no id twice");
    assert_eq!(places.add(9, "v", "CI").await.unwrap_err().code(), "unknown_project");
}

#[tokio::test]
async fn actions_are_read_in_pages_and_whole() {
    let (_folder, store) = history().await;
    let actions = store.actions();
    assert_eq!(actions.page(None, 10).await.unwrap(), []);
    for n in 0..25 {
        let new = NewAction {
            at_ms: n,
            who: "ada, window".into(),
            project: (n % 2 == 0).then_some(99),
            project_name: (n % 2 == 0).then(|| "Never made".into()),
            what: "webhook.rotate".into(),
            target: "nightly".into(),
            result: "done".into(),
            detail: n.to_string(),
        };
        assert_eq!(actions.add(new).await.unwrap(), n + 1);
    }
    let mut all = actions.all().await.unwrap();
    assert!(all.iter().map(|action| action.at_ms).eq(0..25));
    assert_eq!((all[2].project, all[2].project_name.as_deref(), &*all[2].detail), (Some(99), Some("Never made"), "2"));
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let page = actions.page(before, 10).await.unwrap();
        assert!(page.len() <= 10);
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        paged.extend(page);
    }
    all.reverse();
    assert_eq!(paged, all);
}

#[tokio::test]
async fn the_tunnels_time_line_says_what_was_at_a_time() {
    let (_folder, store) = history().await;
    let line = store.tunnel_states();
    assert_eq!((line.at(i64::MAX).await.unwrap(), line.latest().await.unwrap()), (None, None));
    line.seen(5).await.unwrap();
    let state = |at_ms, provider: &str, state: &str| TunnelState {
        at_ms,
        seen_ms: at_ms,
        provider: provider.into(),
        state: state.into(),
        public: (state == "online").then(|| format!("https://{provider}.example/")),
        detail: None,
    };
    let told = [
        state(10, "ngrok", "starting"),
        state(20, "ngrok", "online"),
        state(30, "ngrok", "off"),
        state(30, "own", "starting"),
        state(40, "own", "online"),
    ];
    for one in told.clone() {
        line.add(one).await.unwrap();
    }
    line.seen(70).await.unwrap();
    line.seen(60).await.unwrap();
    for (ms, expected) in [(9, None), (10, Some(0)), (19, Some(0)), (20, Some(1)), (30, Some(3)), (39, Some(3))] {
        assert_eq!(line.at(ms).await.unwrap(), expected.map(|place: usize| told[place].clone()), "at {ms}");
    }
    let last = TunnelState { seen_ms: 70, ..told[4].clone() };
    assert_eq!(line.at(1000).await.unwrap(), Some(last.clone()));
    assert_eq!(line.latest().await.unwrap(), Some(last));
    assert_eq!(line.between(20, 40).await.unwrap(), told[1..4]);
    assert_eq!(line.online("ngrok").await.unwrap(), Some(told[1].clone()));
    assert_eq!(line.online("cloudflared").await.unwrap(), None);
}
