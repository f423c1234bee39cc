//! Projects, secrets, settings.

use serde_json::json;
use signature::KeyState;
use store::{Project, SecretRecord};

use crate::sample::history;

#[tokio::test]
async fn projects() {
    let (_folder, store) = history().await;
    let projects = store.projects();
    assert_eq!(projects.ensure("Mine", false, "mine").await.unwrap(), 2);
    assert_eq!(projects.ensure("Mine", false, "elsewhere").await.unwrap(), 2, "it moves");
    assert_eq!(projects.ensure("New", false, "elsewhere").await.unwrap_err().code(), "project_path_taken");
    let project = |id, name: &str, sandbox, path: &str| Project { id, name: name.into(), sandbox, path: path.into() };
    let expected = [project(1, "Sandbox", true, "sandbox"), project(2, "Mine", false, "elsewhere")];
    assert_eq!(projects.list().await.unwrap(), expected);
}

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
    assert!(secrets.remove("b").await.unwrap());
    assert!(!secrets.remove("b").await.unwrap());
    assert_eq!(secrets.list(None).await.unwrap(), [new]);
}
