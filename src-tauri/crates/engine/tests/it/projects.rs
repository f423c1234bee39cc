//! Projects: added, changed, removed, restored, checked; their keys in the vault, their paths on the listener.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use engine::{ApiKeyDraft, ApiVersion, Code, ProjectDraft, VaultKind};
use signature::Outcome;
use tokio::io::AsyncWriteExt as _;

use crate::managed::request;
use crate::parts::{KEY, OTHER, Parts, default_project, draft, soon, told};
use crate::{SECRET, post};

async fn newest(engine: &engine::Engine) -> engine::Detail {
    let view = engine.history().open_view("").await.unwrap();
    engine.history().delivery(view.rows.last().unwrap().id).await.unwrap()
}

#[tokio::test]
async fn a_project_is_added_changed_removed_and_brought_back() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let told = told(&engine);
    let added = engine.projects().add(draft(" Nightly results ")).await.unwrap();
    let key = added.api_key.clone().unwrap();
    assert_eq!((added.name.as_str(), added.path.as_str()), ("Nightly results", "nightly-results"));
    assert_eq!(added.base_url, "https://generativelanguage.googleapis.com");
    assert_eq!((key.hint.as_str(), key.stored_in, key.available), ("…a91f", VaultKind::Keychain, true));
    assert_eq!(parts.kept(&format!("key:{}", added.id)).as_deref(), Some(KEY));
    let secret = engine.projects().add_secret(added.id, "", SECRET).await.unwrap();
    assert_eq!(post(&format!("{address}nightly-results/x"), SECRET, "msg_1").await, 200);
    assert_eq!(newest(&engine).await.row.project, added.id);

    let change = ProjectDraft { name: "Nightly".into(), path: Some("night".into()), ..draft("") };
    let change = ProjectDraft { api_key: ApiKeyDraft::Kept, api_version: ApiVersion::V1beta, ..change };
    let changed = engine.projects().update(added.id, change.clone()).await.unwrap();
    assert_eq!((changed.path.as_str(), changed.api_version), ("night", ApiVersion::V1beta));
    assert_eq!(changed.api_key, added.api_key);
    assert_eq!(post(&format!("{address}night"), SECRET, "msg_2").await, 200);
    assert_eq!(newest(&engine).await.verdict.outcome, Outcome::Verified);

    engine.projects().remove(added.id).await.unwrap();
    assert!(parts.kept(&format!("key:{}", added.id)).is_none() && parts.kept(&secret.id).is_none());
    assert!(engine.projects().secrets().await.unwrap().is_empty());
    let detail = newest(&engine).await;
    assert_eq!((detail.row.project, detail.project.as_deref()), (added.id, Some("Nightly")), "its deliveries stay");
    post(&format!("{address}night"), SECRET, "msg_3").await;
    assert_eq!(newest(&engine).await.row.project, default_project(&engine), "its path is nobody's");

    let restored = engine.projects().restore(added.id).await.unwrap();
    assert_eq!(restored, changed);
    assert_eq!(parts.kept(&format!("key:{}", added.id)).as_deref(), Some(KEY));
    assert_eq!(*engine.projects().reveal_secret(&secret.id).await.unwrap(), SECRET);
    post(&format!("{address}night"), SECRET, "msg_4").await;
    assert_eq!(newest(&engine).await.verdict.outcome, Outcome::Verified);

    let without = ProjectDraft { api_key: ApiKeyDraft::Nowhere, ..change };
    assert_eq!(engine.projects().update(added.id, without).await.unwrap().api_key, None);
    assert!(parts.kept(&format!("key:{}", added.id)).is_none());
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let expected = [
        names(&["Default", "Nightly results"]),
        names(&["Default", "Nightly"]),
        names(&["Default"]),
        names(&["Default", "Nightly"]),
        names(&["Default", "Nightly"]),
    ];
    assert_eq!(*told.lock().unwrap(), expected);
}

#[tokio::test]
async fn what_cannot_be_a_project_is_refused_and_the_built_in_ones_stay() {
    let parts = Parts::default();
    let engine = parts.start(true).await;
    let (default, added) = (default_project(&engine), engine.projects().add(draft("prod")).await.unwrap());
    let sandbox = engine.projects().list()[0].id;
    let base = |base: &str| ProjectDraft { base_url: Some(base.into()), ..draft("x") };
    let path = |path: &str| ProjectDraft { path: Some(path.into()), ..draft("x") };
    let key = |api_key| ProjectDraft { api_key, ..draft("x") };
    for (draft, code) in [
        (draft(" "), Code::InvalidName),
        (draft("prod"), Code::NameTaken),
        (draft("Sandbox"), Code::NameTaken),
        (path("a/b"), Code::InvalidPath),
        (path("sandbox"), Code::InvalidPath),
        (path("prod"), Code::PathTaken),
        (base("http://generativelanguage.googleapis.com"), Code::InvalidBaseUrl),
        (key(ApiKeyDraft::Typed { text: "two\nlines".into() }), Code::InvalidApiKey),
        (key(ApiKeyDraft::Typed { text: String::new() }), Code::InvalidApiKey),
        (key(ApiKeyDraft::Environment { name: "GOOGLE_API_KEY".into() }), Code::NoApiKey),
        (key(ApiKeyDraft::Environment { name: "HOME".into() }), Code::NoApiKey),
    ] {
        let error = engine.projects().add(draft.clone()).await.unwrap_err();
        assert_eq!(error.code, code, "{draft:?}");
        let kept = ProjectDraft { name: if draft.name == "x" { "prod 2".into() } else { draft.name.clone() }, ..draft };
        let other = engine.projects().add(crate::parts::draft("other")).await.unwrap();
        assert_eq!(engine.projects().update(other.id, kept).await.unwrap_err().code, code);
        engine.projects().remove(other.id).await.unwrap();
    }
    assert_eq!(engine.projects().list().len(), 3);
    assert_eq!(engine.projects().update(sandbox, draft("x")).await.unwrap_err().code, Code::BuiltinProject);
    assert_eq!(engine.projects().remove(sandbox).await.unwrap_err().code, Code::BuiltinProject);
    assert_eq!(engine.projects().remove(default).await.unwrap_err().code, Code::BuiltinProject);
    assert_eq!(engine.projects().update(default, path("mine")).await.unwrap_err().code, Code::BuiltinProject);
    assert_eq!(engine.projects().remove(added.id + 99).await.unwrap_err().code, Code::NotFound);
    assert_eq!(engine.projects().restore(added.id).await.unwrap_err().code, Code::NotFound, "it was never removed");

    let renamed = engine.projects().update(default, draft("Everything else")).await.unwrap();
    assert_eq!((renamed.path.as_str(), renamed.api_key.is_some()), ("", true));
    engine.shutdown().await;
    let engine = parts.start(true).await;
    let names: Vec<String> = engine.projects().list().into_iter().map(|project| project.name).collect();
    assert_eq!(names, ["Sandbox", "Everything else", "prod"]);
    assert!(engine.projects().list().iter().all(|project| project.api_key.as_ref().is_some_and(|key| key.available)));
}

#[tokio::test]
async fn a_name_that_was_taken_meanwhile_keeps_a_project_from_coming_back() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let first = engine.projects().add(draft("prod")).await.unwrap();
    engine.projects().remove(first.id).await.unwrap();
    let second = engine.projects().add(draft("prod")).await.unwrap();
    assert_eq!(engine.projects().restore(first.id).await.unwrap_err().code, Code::NameTaken);
    assert!(parts.kept(&format!("key:{}", first.id)).is_none(), "nothing was changed");
    engine.projects().remove(second.id).await.unwrap();
    assert_eq!(engine.projects().restore(first.id).await.unwrap().path, "prod");
}

#[tokio::test]
async fn a_vault_that_refuses_changes_nothing() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let kept = engine.projects().add(draft("kept")).await.unwrap();
    engine.projects().remove(kept.id).await.unwrap();
    let prod = engine.projects().add(draft("prod")).await.unwrap();
    let before = engine.projects().list();
    parts.vault.refuses.store(true, Ordering::SeqCst);
    let other = ProjectDraft { api_key: ApiKeyDraft::Typed { text: "another-key-of-mine".into() }, ..draft("other") };
    for error in [
        engine.projects().add(other.clone()).await.unwrap_err(),
        engine.projects().update(prod.id, other.clone()).await.unwrap_err(),
        engine.projects().restore(kept.id).await.unwrap_err(),
        engine.projects().add_secret(prod.id, "", SECRET).await.map(drop).unwrap_err(),
    ] {
        assert!(error.code == Code::VaultFailed && error.message.contains("Unlock it"), "{error:?}");
    }
    assert_eq!(engine.projects().list(), before);
    assert_eq!(parts.kept(&format!("key:{}", prod.id)).as_deref(), Some(KEY));
    parts.vault.refuses.store(false, Ordering::SeqCst);
    assert_eq!(engine.projects().add(other).await.unwrap().path, "other", "name and path are free");
    assert!(engine.projects().restore(kept.id).await.is_ok());
}

#[tokio::test]
async fn a_key_that_is_gone_is_told_and_can_be_given_again() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let added = engine.projects().add(draft("prod")).await.unwrap();
    engine.shutdown().await;
    engine::Vault::delete(&*parts.vault, &format!("key:{}", added.id)).unwrap();
    let engine = parts.start(false).await;
    let prod = engine.projects().list().into_iter().find(|project| project.id == added.id).unwrap();
    assert!(!prod.api_key.unwrap().available);
    let kept = ProjectDraft { api_key: ApiKeyDraft::Kept, ..draft("prod") };
    let error = engine.projects().check(Some(added.id), kept).await.unwrap_err();
    assert!(error.code == Code::NoApiKey && error.message.contains("…a91f"), "{error}");
    assert!(engine.projects().update(added.id, draft("prod")).await.unwrap().api_key.unwrap().available);
}

#[tokio::test]
async fn a_check_asks_the_service_and_says_what_is_wrong() {
    let parts = Parts::default();
    let (engine, _) = parts.listening(true).await;
    let overview = engine.sandbox().overview().await.unwrap();
    let with = |base: &str, key: &str| ProjectDraft {
        base_url: Some(base.into()),
        api_key: ApiKeyDraft::Typed { text: key.into() },
        ..draft("emulated")
    };
    let good = with(&overview.address, &overview.api_key);
    let check = engine.projects().check(None, good.clone()).await.unwrap();
    assert_eq!(check.webhooks, 1, "the window's own");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (draft, code) in [
        (with(&overview.address, "wrong-key-of-somebody"), Code::ServiceKeyRefused),
        (with(&format!("{}/nowhere", overview.address), &overview.api_key), Code::ServiceRefused),
        (with(&format!("http://{closed}"), &overview.api_key), Code::ServiceUnreachable),
        (with("gateway.example", &overview.api_key), Code::InvalidBaseUrl),
    ] {
        let error = engine.projects().check(None, draft).await.unwrap_err();
        let text = format!("{error:?}");
        assert_eq!(error.code, code, "{text}");
        assert!(!text.contains("wrong-key-of") && !text.contains(&overview.api_key), "{text}");
    }
    assert_eq!(engine.projects().list().len(), 2, "nothing is kept");
    // Check with the stored key of a project, and with that of the Sandbox.
    let added = engine.projects().add(good.clone()).await.unwrap();
    for id in [added.id, engine.projects().list()[0].id] {
        let kept = ProjectDraft { api_key: ApiKeyDraft::Kept, ..good.clone() };
        assert_eq!(engine.projects().check(Some(id), kept).await.unwrap().webhooks, 1);
    }
}

#[tokio::test]
async fn keys_of_the_environment_are_offered_masked_and_copied() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let offered = engine.projects().environment_keys();
    assert_eq!(offered.len(), 1);
    assert_eq!((offered[0].name.as_str(), offered[0].hint.as_str()), ("GEMINI_API_KEY", "…a91f"));
    let from = ApiKeyDraft::Environment { name: "GEMINI_API_KEY".into() };
    let added = engine.projects().add(ProjectDraft { api_key: from, ..draft("prod") }).await.unwrap();
    assert_eq!(parts.kept(&format!("key:{}", added.id)).as_deref(), Some(KEY));
    let short = ProjectDraft { api_key: ApiKeyDraft::Typed { text: "elevenchars".into() }, ..draft("short") };
    assert_eq!(engine.projects().add(short).await.unwrap().api_key.unwrap().hint, "…");
}

#[tokio::test]
async fn a_secret_of_another_project_is_named_and_not_accepted() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let one = engine.projects().add(draft("Staging")).await.unwrap();
    let two = engine.projects().add(draft("Production EU")).await.unwrap();
    engine.projects().add_secret(one.id, "", SECRET).await.unwrap();
    engine.projects().add_secret(two.id, "", OTHER).await.unwrap();
    assert_eq!(post(&format!("{address}staging"), OTHER, "msg_1").await, 401);
    let detail = newest(&engine).await;
    let diagnosis = detail.verdict.diagnosis.unwrap();
    assert_eq!((detail.row.project, diagnosis.code.as_ref()), (one.id, "secret_of_another_project"));
    assert!(diagnosis.finding.contains("Production EU"), "{diagnosis:?}");
    assert_eq!(post(&format!("{address}production-eu"), OTHER, "msg_2").await, 200);
}

#[tokio::test]
async fn what_another_process_changes_is_seen() {
    let parts = Parts::default();
    let (window, address) = parts.listening(false).await;
    let told = told(&window);
    let line = parts.start(false).await;
    let added = line.projects().add(draft("prod")).await.unwrap();
    line.projects().add_secret(added.id, "", SECRET).await.unwrap();
    line.shutdown().await;
    soon("the project and its secret are there", async || {
        window.projects().list().len() == 2
            && window.projects().secrets().await.unwrap().iter().any(|secret| secret.available)
    })
    .await;
    assert_eq!(told.lock().unwrap().len(), 1);
    assert_eq!(post(&format!("{address}prod"), SECRET, "msg_1").await, 200);
    let kept =
        ProjectDraft { api_key: ApiKeyDraft::Kept, base_url: Some("http://127.0.0.1:9".into()), ..draft("prod") };
    assert_eq!(
        window.projects().check(Some(added.id), kept).await.unwrap_err().code,
        Code::KeyOfAnotherAddress,
        "its key is known, and was given for Google"
    );

    let line = parts.start(false).await;
    line.projects().remove(added.id).await.unwrap();
    line.shutdown().await;
    soon("the project is gone", async || window.projects().list().len() == 1).await;
    assert!(window.projects().secrets().await.unwrap().is_empty());
    post(&format!("{address}prod"), SECRET, "msg_2").await;
    assert_eq!(newest(&window).await.row.project, default_project(&window));
}

/// A service that lists nothing, and the keys that it was called with.
async fn listening() -> (String, Arc<Mutex<BTreeSet<String>>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let keys: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let seen = keys.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let request = request(&mut stream).await;
            let key = request.lines().find_map(|line| line.strip_prefix("x-goog-api-key: "));
            seen.lock().unwrap().extend(key.map(str::to_owned));
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (origin, keys)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_to_the_address_that_it_was_given_for() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let (first, second) = (listening().await, listening().await);
    let at = |origin: &str, key: &str| ProjectDraft {
        base_url: Some(origin.to_owned()),
        api_key: ApiKeyDraft::Typed { text: key.to_owned() },
        ..draft("moving")
    };
    let project = engine.projects().add(at(&first.0, "key-of-the-first")).await.unwrap().id;
    // Somebody calls all the time, as the window does.
    let asking = tokio::spawn({
        let engine = engine.clone();
        async move {
            loop {
                engine.webhooks().refresh(project).await.unwrap();
            }
        }
    });
    for _ in 0..40 {
        engine.projects().update(project, at(&second.0, "key-of-the-second")).await.unwrap();
        engine.webhooks().refresh(project).await.unwrap();
        engine.projects().update(project, at(&first.0, "key-of-the-first")).await.unwrap();
        engine.webhooks().refresh(project).await.unwrap();
    }
    asking.abort();
    for ((_, keys), key) in [(&first, "key-of-the-first"), (&second, "key-of-the-second")] {
        assert_eq!(*keys.lock().unwrap(), BTreeSet::from([key.to_owned()]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_key_is_not_sent_to_another_address_until_it_is_given_again() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let (first, second) = (listening().await, listening().await);
    let at = |origin: &str, api_key| ProjectDraft { base_url: Some(origin.to_owned()), api_key, ..draft("moving") };
    let typed = |text: &str| ApiKeyDraft::Typed { text: text.to_owned() };
    let asked = |of: &(String, Arc<Mutex<BTreeSet<String>>>)| of.1.lock().unwrap().clone();
    let project = engine.projects().add(at(&first.0, typed("key-of-the-first"))).await.unwrap().id;
    let name = format!("key:{project}");

    // Neither a check nor a change sends the key along, and both say why.
    let kept = at(&second.0, ApiKeyDraft::Kept);
    for error in [
        engine.projects().check(Some(project), kept.clone()).await.unwrap_err(),
        engine.projects().update(project, kept.clone()).await.unwrap_err(),
    ] {
        assert_eq!(error.code, Code::KeyOfAnotherAddress, "{error:?}");
        assert!(error.message.contains(&first.0) && error.message.contains(&second.0), "{error}");
        assert!(!format!("{error:?}").contains("key-of-the-first"));
    }
    let google = ProjectDraft { base_url: None, ..kept.clone() };
    assert_eq!(engine.projects().update(project, google).await.unwrap_err().code, Code::KeyOfAnotherAddress);
    engine.webhooks().refresh(project).await.unwrap();
    assert_eq!(asked(&second), BTreeSet::new(), "the second was never asked");
    assert_eq!(parts.kept(&name).as_deref(), Some("key-of-the-first"), "nothing was changed");

    // With another path of the same origin, or another name, the key stays.
    let path = at(&format!("{}/gateway", first.0), ApiKeyDraft::Kept);
    engine.projects().check(Some(project), path.clone()).await.unwrap();
    assert!(engine.projects().update(project, path).await.unwrap().api_key.unwrap().available);

    // Without a key, or with one that is given for it, the address can change.
    assert_eq!(engine.projects().update(project, at(&second.0, ApiKeyDraft::Nowhere)).await.unwrap().api_key, None);
    assert!(engine.projects().update(project, at(&first.0, ApiKeyDraft::Kept)).await.unwrap().api_key.is_none());
    engine.projects().update(project, at(&first.0, typed("key-of-the-first"))).await.unwrap();
    let moved = engine.projects().update(project, at(&second.0, typed("key-of-the-second"))).await.unwrap();
    engine.webhooks().refresh(project).await.unwrap();

    // Undo brings back both the key and its address.
    engine.projects().remove(project).await.unwrap();
    assert_eq!(engine.projects().restore(project).await.unwrap(), moved);
    engine.webhooks().refresh(project).await.unwrap();
    assert_eq!(asked(&first), BTreeSet::from(["key-of-the-first".to_owned()]));
    assert_eq!(asked(&second), BTreeSet::from(["key-of-the-second".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_kept_for_another_address_is_not_sent_after_a_restart() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let first = listening().await;
    let at = |origin: &str, text: &str| ProjectDraft {
        base_url: Some(origin.to_owned()),
        api_key: ApiKeyDraft::Typed { text: text.to_owned() },
        ..draft("moving")
    };
    let project = engine.projects().add(at(&first.0, "key-of-the-first")).await.unwrap().id;
    engine.shutdown().await;
    // The process ended after the new key was stored, but before the new address was.
    engine::Vault::put(&*parts.vault, &format!("key:{project}"), "key-of-the-second").unwrap();
    let engine = parts.start(false).await;
    let read = engine.projects().list().into_iter().find(|one| one.id == project).unwrap();
    assert!(!read.api_key.unwrap().available);
    assert_eq!(engine.webhooks().refresh(project).await.unwrap().error.unwrap().code, Code::NoApiKey);
    assert_eq!(*first.1.lock().unwrap(), BTreeSet::new());
    assert!(
        engine.projects().update(project, at(&first.0, "key-of-the-first")).await.unwrap().api_key.unwrap().available
    );
}

#[tokio::test]
async fn what_cannot_be_destroyed_of_a_removed_project_is_destroyed_later() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let project = engine.projects().add(draft("leaving")).await.unwrap();
    let secret = engine.projects().add_secret(project.id, "", OTHER).await.unwrap();
    let (key, url) = (format!("key:{}", project.id), format!("{address}leaving"));
    parts.vault.keeps.store(true, Ordering::SeqCst);
    let error = engine.projects().remove(project.id).await.unwrap_err();
    assert!(error.code == Code::VaultFailed && error.message.contains("next start"), "{error}");
    assert!(engine.projects().list().iter().all(|one| one.id != project.id));
    assert!(parts.kept(&key).is_some() && parts.kept(&secret.id).is_some());

    // Once brought back, it is as it was.
    assert_eq!(engine.projects().restore(project.id).await.unwrap(), project);
    assert_eq!(post(&url, OTHER, "msg_1").await, 200);
    assert_eq!(newest(&engine).await.verdict.outcome, Outcome::Verified);
    engine.projects().remove(project.id).await.unwrap_err();
    engine.shutdown().await;

    parts.vault.keeps.store(false, Ordering::SeqCst);
    let engine = parts.start(false).await;
    assert!(parts.kept(&key).is_none() && parts.kept(&secret.id).is_none());
    engine.shutdown().await;
}
