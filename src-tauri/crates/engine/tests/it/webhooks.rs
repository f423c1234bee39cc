//! Webhooks managed against the Sandbox's service and against stand-ins, over HTTP.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{
    Code, ListenerState, Live, PingResult, SecretLife, Settings, TunnelProvider, TunnelSettings, UriPlace,
    WebhookAlarms, WebhookCreation, WebhookEdit,
};
use gemini::client::{ApiVersion, Client, WebhookChange};
use serde_json::{Value, json};
use signature::{KeyState, Outcome};

use crate::managed::{LONG, SHORT, draft, stand_in, until};
use crate::{Rig, SECRET, rig};

fn missing(result: &PingResult) -> (&str, &str) {
    match result {
        PingResult::Missing { cause, message, .. } => (cause, message),
        PingResult::Arrived { .. } => panic!("{result:?}"),
    }
}

/// Another user of the same service.
async fn other(rig: &Rig) -> Client {
    let overview = rig.engine.sandbox().overview().await.unwrap();
    Client::new(&overview.address, ApiVersion::V1, &overview.api_key).unwrap()
}

/// Collects what the window is told about webhooks.
fn told(rig: &Rig) -> Arc<Mutex<Vec<WebhookAlarms>>> {
    let told: Arc<Mutex<Vec<WebhookAlarms>>> = Arc::default();
    rig.engine.attach(Box::new({
        let told = told.clone();
        move |message| {
            if let Live::Webhooks { alarms } = message {
                told.lock().unwrap().push(alarms);
            }
            true
        }
    }));
    told
}

#[tokio::test]
async fn a_webhook_lives_its_whole_life_and_the_log_tells_it() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (made, secret) = rig.webhook("life").await;
    assert_eq!((made.place, made.state.as_str(), made.builtin), (UriPlace::Ours, "enabled", false));
    let [only] = made.secrets.as_slice() else { panic!("{made:?}") };
    assert_eq!((only.state, only.available, only.key.as_ref()), (SecretLife::Current, true, Some(&secret.id)));
    assert!(
        secret.problem.is_none()
            && secret.stored_in.is_some()
            && secret.text.ends_with(&only.hint[only.hint.len() - 4..])
    );

    let PingResult::Arrived { delivery, .. } = rig.ping(&made.id, LONG).await else { panic!("it arrives") };
    assert_eq!(delivery.outcome, Outcome::Verified);
    let shown = rig.shown(&made.id).await;
    assert_eq!((shown.last.as_ref().map(|last| last.id), shown.last_hour), (Some(delivery.id), 1));

    let edit = WebhookEdit {
        name: Some(" new ".into()),
        events: Some(vec!["video.generated".into()]),
        ..WebhookEdit::default()
    };
    let edited = engine.webhooks().update(project, &made.id, edit).await.unwrap();
    assert_eq!(
        (edited.name.as_deref(), edited.events[0].name.as_str(), edited.events[0].known),
        (Some("new"), "video.generated", true)
    );
    let state = |state: &str| WebhookEdit { state: Some(state.into()), ..WebhookEdit::default() };
    engine.webhooks().update(project, &made.id, state("disabled")).await.unwrap();
    let result = rig.ping(&made.id, SHORT).await;
    assert_eq!(missing(&result).0, "webhook_disabled");
    engine.webhooks().update(project, &made.id, state("enabled")).await.unwrap();
    let error = engine.webhooks().update(project, &made.id, state("resting")).await.unwrap_err();
    assert!(error.code == Code::ServiceRefused && error.detail.as_ref().unwrap().contains("resting"), "{error:?}");

    engine.webhooks().delete(project, &made.id).await.unwrap();
    assert!(engine.webhooks().refresh(project).await.unwrap().webhooks.iter().all(|webhook| webhook.id != made.id));
    let kept = engine.projects().secrets().await.unwrap().into_iter().find(|one| one.id == secret.id).unwrap();
    assert!(matches!(kept.key_state, KeyState::Expired { .. }), "{kept:?}");
    assert_eq!(rig.post("sandbox/life", &secret.text, "msg_1").await, 401);
    for error in [
        engine.webhooks().delete(project, &made.id).await.unwrap_err(),
        engine.webhooks().ping(project, &made.id).await.unwrap_err(),
        engine.webhooks().rotate(project, "../x", false).await.unwrap_err(),
        engine.webhooks().board(999).await.unwrap_err(),
    ] {
        assert_eq!(error.code, Code::NotFound, "{error:?}");
    }

    let log = engine.actions().page(None, 100).await.unwrap().actions;
    let log: Vec<(&str, &str)> = log.iter().rev().map(|one| (one.what.as_str(), one.result.as_str())).collect();
    assert_eq!(
        log[..8],
        [
            ("webhook.create", "done"),
            ("webhook.ping", "done"),
            ("webhook.update", "done"),
            ("webhook.disable", "done"),
            ("webhook.ping", "done"),
            ("webhook.enable", "done"),
            ("webhook.update", "refused"),
            ("webhook.delete", "done"),
        ]
    );
    let export = engine.actions().export().await.unwrap();
    assert!(export.contains("video.generated") && !export.contains(&secret.text), "{export}");
}

/// The service refuses before it acts, acts and garbles its answer, or acts and never answers.
#[tokio::test]
async fn a_failing_service_is_told_and_a_lost_creation_is_found_again() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let count = engine.webhooks().board(project).await.unwrap().webhooks.len();
    let faults = [
        ("too_many_requests", Some(Code::ServiceRateLimited), Code::ServiceRateLimited, 0),
        ("server_errors", Some(Code::ServiceFailed), Code::OutcomeUnknown, 0),
        ("garbled_answers", Some(Code::ServiceUnreadable), Code::OutcomeUnknown, 1),
        ("lost_answers", None, Code::OutcomeUnknown, 1),
    ];
    for (fault, reading, changing, made) in faults {
        let uri = format!("{}sandbox/{fault}", rig.address);
        rig.faults(json!({ fault: 1.0 })).await;
        let board = engine.webhooks().refresh(project).await.unwrap();
        assert_eq!(board.error.map(|error| error.code), reading, "{fault}");
        assert!(board.webhooks.len() >= count, "what was known stays: {fault}");
        let error = engine.webhooks().create(project, draft(fault, &uri), false).await.unwrap_err();
        assert_eq!(error.code, changing, "{fault}: {error:?}");
        rig.faults(json!({ fault: 0.0 })).await;

        let board = engine.webhooks().refresh(project).await.unwrap();
        assert_eq!(board.error, None);
        assert_eq!(board.webhooks.iter().filter(|webhook| webhook.uri == uri).count(), made, "{fault}");
        match engine.webhooks().create(project, draft(fault, &uri), true).await.unwrap() {
            WebhookCreation::Found { webhooks } => {
                assert_eq!((webhooks.len(), made), (1, 1), "{fault}");
                assert_eq!((webhooks[0].secrets[0].key.as_ref(), webhooks[0].secrets[0].available), (None, false));
            }
            WebhookCreation::Created { .. } => assert_eq!(made, 0, "{fault}"),
        }
        let named = engine.webhooks().create(project, draft("another name", &uri), true).await.unwrap();
        assert!(matches!(named, WebhookCreation::Created { .. }), "another name is another webhook");
    }
    let log = engine.actions().page(None, 100).await.unwrap().actions;
    let results: Vec<&str> = log.iter().map(|one| one.result.as_str()).filter(|result| *result != "done").collect();
    assert_eq!(results, ["unknown", "unknown", "unknown", "refused"]);
}

#[tokio::test]
async fn a_ping_that_does_not_come_has_its_likely_cause() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (webhook, _) = rig.webhook("pinged").await;
    let point = async |uri: &str| {
        let edit = WebhookEdit { uri: Some(uri.into()), ..WebhookEdit::default() };
        engine.webhooks().update(project, &webhook.id, edit).await.unwrap();
    };
    rig.faults(json!({ "lost": 1.0 })).await;
    let result = rig.ping(&webhook.id, SHORT).await;
    assert_eq!(missing(&result).0, "unknown");

    let settings = Settings { max_body_mib: 1, ..engine.settings().get() };
    engine.settings().set(settings.clone()).await.unwrap();
    let large = async {
        tokio::time::sleep(SHORT / 4).await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let body = vec![b' '; (1 << 20) + 1];
        client.post(format!("{}elsewhere", rig.address)).body(body).send().await.unwrap().status().as_u16()
    };
    let (result, status) = tokio::join!(rig.ping(&webhook.id, SHORT * 3), large);
    assert_eq!((missing(&result).0, status), ("refused_by_us", 413));

    point("http://127.0.0.1:9/").await;
    let result = rig.ping(&webhook.id, SHORT).await;
    assert!(missing(&result).0 == "not_ours" && missing(&result).1.contains("127.0.0.1:9"), "{result:?}");

    // Use a name that can never be found.
    let public = Some("https://pollux.invalid/".to_owned());
    let own = TunnelSettings { provider: TunnelProvider::Own, ..TunnelSettings::default() };
    engine.settings().set(Settings { public_address: public, tunnel: own, ..settings }).await.unwrap();
    point("https://pollux.invalid/sandbox/pinged").await;
    let result = rig.ping(&webhook.id, SHORT).await;
    let (cause, message) = missing(&result);
    assert!(cause == "address_unreachable" && message.contains("https://pollux.invalid/"), "{result:?}");

    point(&webhook.uri).await;
    engine.listening().stop().await;
    let result = rig.ping(&webhook.id, SHORT).await;
    assert_eq!(missing(&result).0, "not_listening");
}

#[tokio::test]
async fn a_ping_whose_answer_was_lost_may_still_arrive() {
    let rig = rig().await;
    let (webhook, _) = rig.webhook("pinged").await;
    rig.faults(json!({ "lost_answers": 1.0 })).await;
    assert!(matches!(rig.ping(&webhook.id, LONG).await, PingResult::Arrived { .. }));
    rig.faults(json!({ "lost": 1.0 })).await;
    let error = rig.engine.webhooks().ping_within(rig.sandbox(), &webhook.id, SHORT).await.unwrap_err();
    assert_eq!(error.code, Code::OutcomeUnknown);
}

#[tokio::test]
async fn webhooks_of_an_earlier_address_are_an_alarm_until_they_are_repaired() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (webhook, _) = rig.webhook("moved").await;
    let told = told(&rig);
    let last = || told.lock().unwrap().iter().rev().find(|alarms| alarms.project == project).copied();
    let ListenerState::Listening { address, .. } = engine.listening().start(None).await else { panic!("listens") };
    let shown = rig.shown(&webhook.id).await;
    let to = format!("{address}sandbox/moved");
    assert_eq!((shown.place, shown.repaired_uri.as_deref()), (UriPlace::Earlier, Some(to.as_str())));
    until("the window is alarmed", async || last().is_some_and(|alarms| alarms.earlier == 1)).await;
    assert_eq!(engine.state().await.alarms, [last().unwrap()]);

    let gone = "gone".to_owned();
    let repairs = engine.webhooks().repair(project, vec![webhook.id.clone(), gone]).await.unwrap();
    assert_eq!((repairs[0].uri.as_str(), repairs[0].error.as_ref()), (to.as_str(), None));
    assert_eq!(repairs[1].error.as_ref().unwrap().code, Code::NotFound);
    assert_eq!(rig.shown(&webhook.id).await.place, UriPlace::Ours);
    until("the alarm ends", async || last().is_some_and(|alarms| alarms.earlier == 0)).await;
    assert_eq!(engine.state().await.alarms, []);
    assert!(matches!(rig.ping(&webhook.id, LONG).await, PingResult::Arrived { .. }));
}

#[tokio::test]
async fn what_others_do_and_what_arrives_is_seen_without_asking() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (webhook, secret) = rig.webhook("watched").await;
    let told = told(&rig);
    let state = "disabled_due_to_failed_deliveries";
    let change = WebhookChange { state: Some(state.into()), ..WebhookChange::default() };
    other(&rig).await.webhook_update(&webhook.id, &change).await.unwrap();
    engine.sandbox().set_clock(2.0).await.unwrap(); // any change of it is news
    until("it is seen", async || rig.shown(&webhook.id).await.state == state).await;
    let alarm = WebhookAlarms { project, disabled: 1, earlier: 0 };
    until("the window is alarmed", async || told.lock().unwrap().last() == Some(&alarm)).await;

    tokio::time::sleep(Duration::from_millis(700)).await;
    let before = told.lock().unwrap().len();
    assert_eq!(rig.post("sandbox/watched", &secret.text, "msg_1").await, 200);
    until("the window is told", async || told.lock().unwrap().len() > before).await;
    assert_eq!(rig.shown(&webhook.id).await.last_hour, 1);
}

#[tokio::test]
async fn failures_are_those_of_the_webhook() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (webhook, secret) = rig.webhook("failing").await;
    assert_eq!(rig.post("sandbox/failing/", SECRET, "msg_1").await, 401);
    assert_eq!(rig.post("sandbox/failing", SECRET, "msg_2").await, 401);
    assert_eq!(rig.post("sandbox/another", SECRET, "msg_3").await, 401);
    assert_eq!(rig.post("sandbox/failing", &secret.text, "msg_4").await, 200);
    let failures = engine.webhooks().failures(project, &webhook.id).await.unwrap();
    let ids: Vec<&str> = failures.iter().filter_map(|row| row.message_id.as_deref()).collect();
    assert_eq!(ids, ["msg_2", "msg_1"]);
    let shown = rig.shown(&webhook.id).await;
    assert_eq!((shown.last.unwrap().outcome, shown.last_hour), (Outcome::Verified, 3));
    // The built-in one has another path.
    let board = engine.webhooks().board(project).await.unwrap();
    assert!(board.webhooks.iter().any(|webhook| webhook.builtin && webhook.last_hour == 0), "{board:?}");
}

/// The service as it may be one day, on two pages.
#[tokio::test]
async fn what_is_not_known_here_is_shown_as_it_came() {
    let rig = rig().await;
    let secrets = json!([
        { "truncated_secret": "whsec_...dXY=" },
        { "truncated_secret": "whsec_...old1", "expire_time": "2999-01-01T00:00:00Z" }
    ]);
    let webhook = |id: &str, state: &str| {
        json!({ "id": id, "uri": "https://x.example/", "subscribed_events": ["batch.succeeded", "agent.woke"],
                "state": state, "signing_secrets": secrets, "mood": "new" })
    };
    let (first, second) = (webhook("one", "resting"), webhook("two", "enabled"));
    let origin = stand_in(move |line, _| {
        let page = match line.contains("page_token=next") {
            true => json!({ "webhooks": [second] }),
            false => json!({ "webhooks": [first], "next_page_token": "next" }),
        };
        Some((200, page))
    })
    .await;
    let project = rig.project_at(&origin).await;
    let board = rig.engine.webhooks().board(project).await.unwrap();
    assert_eq!(board.error, None);
    let [one, two] = board.webhooks.as_slice() else { panic!("{board:?}") };
    assert_eq!((one.state.as_str(), two.id.as_str(), one.place), ("resting", "two", UriPlace::Elsewhere));
    let events: Vec<(&str, bool)> = one.events.iter().map(|event| (event.name.as_str(), event.known)).collect();
    assert_eq!(events, [("batch.succeeded", true), ("agent.woke", false)]);
    let lives: Vec<SecretLife> = one.secrets.iter().map(|secret| secret.state).collect();
    assert_eq!(lives, [SecretLife::Current, SecretLife::Grace]);
    assert!(one.secrets.iter().all(|secret| secret.key.is_none() && !secret.available));
    assert_eq!(board.receiver, Some(format!("{}stand-in", rig.address)));

    // The secret is on two webhooks, so whose it is cannot be told.
    let pasted = rig.engine.projects().add_secret(project, "pasted", SECRET).await.unwrap();
    let board = rig.engine.webhooks().refresh(project).await.unwrap();
    assert!(board.webhooks.iter().all(|webhook| webhook.secrets[0].key.as_ref() != Some(&pasted.id)));
}

#[tokio::test]
async fn a_secret_that_was_pasted_is_the_webhooks_whose_end_it_shares() {
    let rig = rig().await;
    let webhook = json!({ "id": "one", "uri": "https://x.example/", "subscribed_events": [], "state": "enabled",
        "signing_secrets": [{ "truncated_secret": "whsec_...dXY=" }] });
    // It is listed, then it is not, then it is again.
    let origin = stand_in(move |_, count| {
        let mut webhook = webhook.clone();
        if count == 2 {
            webhook["signing_secrets"] = json!([]);
        }
        Some((200, json!({ "webhooks": [webhook] })))
    })
    .await;
    let project = rig.project_at(&origin).await;
    let pasted = rig.engine.projects().add_secret(project, "pasted", SECRET).await.unwrap();
    let mut lives = Vec::new();
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let board = rig.engine.webhooks().refresh(project).await.unwrap();
        let secret = &board.webhooks[0].secrets[0];
        assert_eq!((secret.key.as_ref(), secret.available), (Some(&pasted.id), true));
        let state = secret.state;
        let answered = rig.post("stand-in", SECRET, "msg").await;
        lives.push((state, rig.newest().await.verdict.outcome));
        assert_eq!(answered, if state == SecretLife::Expired { 401 } else { 200 });
    }
    assert_eq!(
        lives,
        [
            (SecretLife::Current, Outcome::Verified),
            (SecretLife::Expired, Outcome::Rejected),
            (SecretLife::Current, Outcome::Verified)
        ]
    );
}

#[tokio::test]
async fn a_project_without_a_key_and_one_without_a_service_say_so() {
    let rig = rig().await;
    let board = rig.engine.webhooks().board(rig.project(false)).await.unwrap();
    assert_eq!((board.error.unwrap().code, board.webhooks.len()), (Code::NoApiKey, 0));
    let origin = stand_in(|_, _| None::<(u16, Value)>).await;
    let cut = rig.project_at(&origin).await;
    let error = rig.engine.webhooks().board(cut).await.unwrap().error.unwrap();
    assert!(error.code == Code::ServiceTimedOut && !format!("{error:?}").contains("key-of-a-stand-in"), "{error:?}");
}

/// An answer that is not a complete list says nothing about what is missing from it.
#[tokio::test]
async fn what_is_no_list_or_only_part_of_one_ends_no_secret() {
    let rig = rig().await;
    let webhook = |id: &str| json!({ "id": id, "uri": "https://x.example/", "state": "enabled" });
    let (one, two) = (webhook("one"), webhook("two"));
    let secret = json!({ "truncated_secret": "whsec_...dXY=" });
    let made = json!({ "id": "one", "uri": "https://x.example/", "state": "enabled", "signing_secrets": [secret],
                       "new_signing_secret": SECRET });
    let lists = [
        json!({ "webhooks": [made.clone(), one.clone(), two.clone()] }),
        json!({ "message": "Welcome to the guest network." }),
        json!({ "webhooks": "none" }),
        json!([]),
        json!(null),
        json!({ "webhooks": [two], "next_page_token": "again" }),
    ];
    let turn = Arc::new(AtomicUsize::new(0));
    let origin = stand_in({
        let turn = turn.clone();
        move |line, _| match line.starts_with("POST") {
            true => Some((200, made.clone())),
            false => Some((200, lists[turn.load(Ordering::SeqCst)].clone())),
        }
    })
    .await;
    let project = rig.project_at(&origin).await;
    rig.engine.webhooks().create(project, draft("one", "https://x.example/"), false).await.unwrap();
    for index in 0..6 {
        let error = (index > 0).then_some(Code::ServiceUnreadable);
        turn.store(index, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        let board = rig.engine.webhooks().refresh(project).await.unwrap();
        assert_eq!(board.error.map(|error| error.code), error, "{index}");
        let ids: Vec<&str> = board.webhooks.iter().map(|webhook| webhook.id.as_str()).collect();
        assert_eq!(ids, ["one", "two"], "{index}: each once, and what was known stays");
        let kept = &rig.engine.projects().secrets().await.unwrap();
        let kept = kept.iter().find(|secret| secret.project == project).unwrap();
        assert_eq!(kept.key_state, KeyState::Current, "{index}");
    }
}

/// The list shows only the last characters of a secret, and once in a while four of them are the same.
#[tokio::test]
async fn a_new_secret_that_ends_like_the_one_before_stays() {
    const ALIKE: &str = "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhpcnR5LXR3byB0dXY=";
    let rig = rig().await;
    let listed = |rotated: bool| {
        let (current, ends) = (
            json!({ "truncated_secret": "whsec_...dXY=" }),
            json!({ "truncated_secret": "whsec_...dXY=", "expire_time": "2999-01-01T00:00:00Z" }),
        );
        json!({ "id": "one", "uri": "https://x.example/", "state": "enabled", "new_signing_secret": SECRET,
                "signing_secrets": if rotated { json!([ends, current]) } else { json!([current]) } })
    };
    let rotated = AtomicBool::new(false);
    let origin = stand_in(move |line, _| {
        if line.contains("rotateSigningSecret") {
            rotated.store(true, Ordering::SeqCst);
            return Some((200, json!({ "secret": ALIKE })));
        }
        let one = listed(rotated.load(Ordering::SeqCst));
        Some((200, if line.starts_with("GET") && !line.ends_with("/one") { json!({ "webhooks": [one] }) } else { one }))
    })
    .await;
    let project = rig.project_at(&origin).await;
    rig.engine.webhooks().create(project, draft("one", "https://x.example/"), false).await.unwrap();
    let new = rig.engine.webhooks().rotate(project, "one", false).await.unwrap().secret;
    tokio::time::sleep(Duration::from_millis(5)).await;
    rig.engine.webhooks().refresh(project).await.unwrap();
    for kept in rig.engine.projects().secrets().await.unwrap().into_iter().filter(|secret| secret.project == project) {
        assert_eq!(matches!(kept.key_state, KeyState::Current), kept.id == new.id, "{kept:?}");
    }
}

/// Whoever finds the address can post to it at any time.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_posts_meanwhile_is_not_the_ping() {
    let rig = rig().await;
    let uri = format!("{}stand-in/open", rig.address);
    let hook = json!({ "id": "one", "uri": uri, "state": "enabled", "new_signing_secret": SECRET,
                       "signing_secrets": [{ "truncated_secret": "whsec_...dXY=" }] });
    let genuine = Arc::new(AtomicBool::new(true));
    let origin = stand_in({
        let (genuine, uri) = (genuine.clone(), uri.clone());
        move |line, _| {
            if line.ends_with(":ping") {
                let (genuine, uri) = (genuine.load(Ordering::SeqCst), uri.clone());
                tokio::spawn(async move {
                    let client = reqwest::Client::builder().no_proxy().build().unwrap();
                    client.post(&uri).body("{\"type\":\"ping\"}").send().await.unwrap();
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    if genuine {
                        crate::post_text(&uri, SECRET, "msg_ping", "{\"type\":\"ping\"}").await;
                    }
                });
            }
            Some((200, hook.clone()))
        }
    })
    .await;
    let project = rig.project_at(&origin).await;
    rig.engine.webhooks().create(project, draft("one", &uri), false).await.unwrap();
    for (sent, outcome) in [(true, Outcome::Verified), (false, Outcome::Rejected)] {
        genuine.store(sent, Ordering::SeqCst);
        match rig.engine.webhooks().ping_within(project, "one", LONG).await.unwrap() {
            PingResult::Arrived { after_ms, delivery } => {
                assert_eq!(delivery.outcome, outcome);
                assert!(after_ms < 2000, "{after_ms}: when it came, not how long it was doubted");
            }
            missing => panic!("{missing:?}"),
        }
    }
}
