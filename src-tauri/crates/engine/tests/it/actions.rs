//! The log of actions: what goes into it, and what never does.

use engine::{Action, ApiKeyDraft, ProjectDraft, WebhookCreation, WebhookDraft};

use crate::SECRET;
use crate::parts::{KEY, Parts, default_project, draft};

#[tokio::test]
async fn no_key_and_no_secret_is_in_the_log_or_the_history() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(true).await;
    let overview = engine.sandbox().overview().await.unwrap();
    let emulated = ProjectDraft {
        base_url: Some(overview.address),
        api_key: ApiKeyDraft::Typed { text: overview.api_key.clone() },
        ..draft("emulated")
    };
    let mut secrets = vec![KEY.to_owned(), SECRET.to_owned(), overview.api_key];
    let plain = engine.projects().add(draft("plain")).await.unwrap();
    let project = engine.projects().add(emulated).await.unwrap();
    let pasted = engine.projects().add_secret(plain.id, "prod", SECRET).await.unwrap();
    let webhook = WebhookDraft {
        name: Some("results".into()),
        uri: format!("{address}{}", project.path),
        events: vec!["batch.succeeded".into()],
    };
    let created = engine.webhooks().create(project.id, webhook, false).await.unwrap();
    let WebhookCreation::Created { webhook, secret } = created else { panic!("it is made") };
    let rotated = engine.webhooks().rotate(project.id, &webhook.id, false).await.unwrap().secret;
    let again = engine.webhooks().rotate(project.id, &webhook.id, true).await.unwrap().secret;
    for new in [&secret, &rotated, &again] {
        assert!(new.problem.is_none() && new.stored_in.is_some(), "{new:?}");
        assert_eq!(*engine.projects().reveal_secret(&new.id).await.unwrap(), new.text);
        secrets.push(new.text.clone());
    }
    engine.projects().reveal_secret(&pasted.id).await.unwrap();
    engine.projects().destroy_secret(&rotated.id).await.unwrap();
    engine.projects().remove_secret(&pasted.id).await.unwrap();
    engine.projects().restore_secret(&pasted.id).await.unwrap();
    engine.projects().remove(project.id).await.unwrap();
    engine.projects().restore(project.id).await.unwrap();

    let text = engine.actions().export().await.unwrap();
    let log: Vec<Action> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let whats: Vec<&str> = log.iter().map(|action| action.what.as_str()).collect();
    for what in [
        "project.add",
        "secret.add",
        "webhook.create",
        "webhook.rotate",
        "webhook.rotate_now",
        "secret.reveal",
        "secret.destroy",
        "secret.remove",
        "secret.restore",
        "project.remove",
        "project.restore",
    ] {
        assert!(whats.contains(&what), "{what} is missing in {whats:?}");
    }
    assert!(log.iter().all(|action| action.who == "ada, window" && action.result == "done"), "{log:?}");
    assert!(log.windows(2).all(|pair| pair[0].id < pair[1].id), "oldest first");
    let removed = log.iter().find(|action| action.what == "project.remove").unwrap();
    assert_eq!((removed.project.as_deref(), removed.target.as_str()), (Some("emulated"), "emulated"));

    // Look while it runs (the newest entries are in the write-ahead log) and once it is closed.
    let found = |bytes: &[u8], secret: &str| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
    for closed in [false, true] {
        if closed {
            engine.shutdown().await;
        }
        let bytes = parts.bytes();
        assert!(found(&bytes, "project.restore"), "the search finds what is there");
        for secret in &secrets {
            let core = secret.trim_start_matches("whsec_").trim_end_matches('=');
            assert!(!found(&bytes, core) && !text.contains(core), "{}… was written", &core[..4]);
        }
    }
}

#[tokio::test]
async fn pages_follow_each_other_and_failures_are_told() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let default = default_project(&engine);
    for index in 0..5 {
        engine.projects().update(default, draft(&format!("name {index}"))).await.unwrap();
    }
    parts.vault.refuses.store(true, std::sync::atomic::Ordering::SeqCst);
    engine.projects().add(draft("refused")).await.unwrap_err();
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = engine.actions().page(before, 2).await.unwrap();
        assert!(page.actions.len() <= 2);
        seen.extend(page.actions);
        before = page.next_before;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 6);
    assert!(seen.windows(2).all(|pair| pair[0].id > pair[1].id), "newest first");
    assert_eq!(
        (seen[0].what.as_str(), seen[0].result.as_str(), seen[0].project.as_ref()),
        ("project.add", "failed", None)
    );
    assert!(seen[0].detail.contains("locked"), "{:?}", seen[0]);
    assert_eq!((seen[1].target.as_str(), seen[1].project.as_deref()), ("name 3", Some("name 4")));
}
