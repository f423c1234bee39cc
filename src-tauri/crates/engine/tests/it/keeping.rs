//! A secret that the service shows once, and a vault that refuses to store it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::{ApiKeyDraft, Code, Engine, NewSecret, Project, ProjectDraft, VaultKind, WebhookCreation, WebhookDraft};
use serde_json::json;

use crate::managed::stand_in;
use crate::parts::{KEY, Parts, draft};
use crate::post;

/// A project at the Sandbox's emulator whose keys are stored like any user's.
async fn emulated(engine: &Engine) -> Project {
    let overview = engine.sandbox().overview().await.unwrap();
    let api_key = ApiKeyDraft::Typed { text: overview.api_key };
    engine
        .projects()
        .add(ProjectDraft { base_url: Some(overview.address), api_key, ..draft("emulated") })
        .await
        .unwrap()
}

async fn created(engine: &Engine, project: &Project, address: &str) -> (String, NewSecret) {
    let draft = WebhookDraft {
        name: Some("results".into()),
        uri: format!("{address}{}", project.path),
        events: vec!["batch.succeeded".into()],
    };
    match engine.webhooks().create(project.id, draft, false).await.unwrap() {
        WebhookCreation::Created { webhook, secret } => (webhook.id, secret),
        WebhookCreation::Found { .. } => panic!("nothing was there"),
    }
}

#[tokio::test]
async fn a_secret_that_cannot_be_stored_verifies_and_is_stored_later_or_let_go() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(true).await;
    let project = emulated(&engine).await;
    let url = format!("{address}{}", project.path);
    parts.vault.refuses.store(true, Ordering::SeqCst);
    let (webhook, secret) = created(&engine, &project, &address).await;
    let problem = secret.problem.clone().unwrap();
    assert_eq!((secret.stored_in, problem.code), (None, Code::VaultFailed));
    assert!(engine.projects().has_unstored_secrets());
    assert_eq!(post(&url, &secret.text, "msg_1").await, 200);
    let shown = engine.projects().secrets().await.unwrap().into_iter().find(|one| one.id == secret.id).unwrap();
    assert_eq!((shown.stored_in, shown.available), (VaultKind::Memory, true));
    assert_eq!(*engine.projects().reveal_secret(&secret.id).await.unwrap(), secret.text);
    assert!(engine.projects().store_secret_again(&secret.id).await.unwrap().problem.is_some(), "it still refuses");
    assert!(engine.projects().has_unstored_secrets());

    parts.vault.refuses.store(false, Ordering::SeqCst);
    let stored = engine.projects().store_secret_again(&secret.id).await.unwrap();
    assert_eq!((stored.stored_in, stored.problem), (Some(VaultKind::Keychain), None));
    assert_eq!((stored.id.as_str(), stored.text.as_str()), (secret.id.as_str(), secret.text.as_str()));
    assert!(!engine.projects().has_unstored_secrets());
    assert_eq!(parts.kept(&secret.id).as_deref(), Some(secret.text.as_str()));
    assert_eq!(
        engine.projects().store_secret_again(&secret.id).await.unwrap_err().code,
        Code::NotFound,
        "there is nothing left to do"
    );

    parts.vault.refuses.store(true, Ordering::SeqCst);
    let rotated = engine.webhooks().rotate(project.id, &webhook, false).await.unwrap().secret;
    engine.projects().let_secret_go(&rotated.id).await.unwrap();
    assert!(!engine.projects().has_unstored_secrets());
    for (secret, id) in [(&rotated, "msg_2"), (&secret, "msg_3")] {
        assert_eq!(post(&url, &secret.text, id).await, 200, "the new one and the one in its grace");
    }
    parts.vault.refuses.store(false, Ordering::SeqCst);
    engine.shutdown().await;

    let (_engine, address) = parts.listening(false).await;
    let url = format!("{address}{}", project.path);
    assert_eq!(post(&url, &secret.text, "msg_4").await, 200);
    assert_eq!(post(&url, &rotated.text, "msg_5").await, 401, "what was let go ended with the process");
}

/// The window was closed, or its page reloaded, while the service was making a secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_on_its_way_is_kept_though_nobody_waits_for_it_any_more() {
    const NEW: &str = "whsec_bm9ib2R5IHdhaXRzIGZvciB0aGlzIG9uZSBoZXJlIG8=";
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let (asked, mut rotating) = tokio::sync::mpsc::unbounded_channel();
    let origin = stand_in(move |line, _| {
        let webhook = json!({ "id": "one", "uri": "https://x.example/", "state": "enabled" });
        match line.strip_prefix("POST ") {
            Some(_) => {
                asked.send(()).unwrap();
                std::thread::sleep(Duration::from_millis(400));
                Some((200, json!({ "secret": NEW })))
            }
            None => Some((200, webhook)),
        }
    })
    .await;
    let api_key = ApiKeyDraft::Typed { text: KEY.into() };
    let draft = ProjectDraft { base_url: Some(origin), api_key, ..draft("slow") };
    let project = engine.projects().add(draft).await.unwrap().id;
    let caller = tokio::spawn({
        let engine = engine.clone();
        async move { engine.webhooks().rotate(project, "one", false).await }
    });
    rotating.recv().await.unwrap();
    assert!(engine.projects().has_unstored_secrets(), "the user is asked before the window closes");
    caller.abort();
    engine.shutdown().await;
    assert!(!engine.projects().has_unstored_secrets());

    let engine = parts.start(false).await;
    let [secret] = &engine.projects().secrets().await.unwrap()[..] else { panic!("one is kept") };
    assert_eq!(*engine.projects().reveal_secret(&secret.id).await.unwrap(), NEW);
    let log = engine.actions().page(None, 2).await.unwrap().actions;
    assert_eq!((log[1].what.as_str(), log[1].result.as_str()), ("webhook.rotate", "done"));
}
