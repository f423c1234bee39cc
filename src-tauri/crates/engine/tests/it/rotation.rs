//! Rotations against the Sandbox's service and against stand-ins, over HTTP.

use engine::{Code, PingResult, Rotation, SandboxAdvance, SecretLife};
use serde_json::{Value, json};

use crate::managed::{LONG, stand_in};
use crate::{Rig, rig};

const DAY_MS: i64 = 24 * 3_600_000;

impl Rig {
    async fn rotation(&self, id: &str) -> Rotation {
        self.engine.webhooks().rotation(self.sandbox(), id).await.unwrap()
    }
}

/// The lanes: the state of each secret, and how much it verified.
fn lanes(rotation: &Rotation) -> Vec<(SecretLife, u32)> {
    rotation.lanes.iter().map(|lane| (lane.secret.state, lane.verified)).collect()
}

#[tokio::test]
async fn a_secret_is_good_through_its_grace_and_refused_after_it() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (webhook, first) = rig.webhook("grace").await;
    assert_eq!(rig.post("sandbox/grace", &first.text, "msg_1").await, 200);
    let before = rig.rotation(&webhook.id).await;
    assert_eq!((lanes(&before), before.rotated_ms), (vec![(SecretLife::Current, 1)], None));

    let rotated = engine.webhooks().rotate(project, &webhook.id, false).await.unwrap();
    let second = rotated.secret;
    assert!(second.problem.is_none() && second.text != first.text);
    let [current, old] = rotated.webhook.secrets.as_slice() else { panic!("{:?}", rotated.webhook) };
    assert_eq!((current.state, current.key.as_ref()), (SecretLife::Current, Some(&second.id)));
    assert_eq!((old.state, old.key.as_ref(), old.available), (SecretLife::Grace, Some(&first.id), true));
    let left = old.expires_ms.unwrap() - rig.rotation(&webhook.id).await.now_ms;
    assert!((DAY_MS - 60_000..=DAY_MS).contains(&left), "{left} ms are left");

    // The emulator signs with both, which counts for the new one.
    assert!(matches!(rig.ping(&webhook.id, LONG).await, PingResult::Arrived { .. }));
    assert_eq!(rig.newest().await.verdict.key.unwrap().id, second.id);
    assert_eq!(rig.rotation(&webhook.id).await.since.only_older, 0);
    assert_eq!(rig.post("sandbox/grace", &first.text, "msg_2").await, 200);
    assert_eq!(rig.post("sandbox/grace", &second.text, "msg_3").await, 200);
    let during = rig.rotation(&webhook.id).await;
    assert_eq!(lanes(&during), [(SecretLife::Current, 2), (SecretLife::Grace, 2)]);
    assert_eq!(during.rotated_ms, during.lanes[0].secret.created_ms);
    assert_eq!((during.since.by_current, during.since.only_older), (2, 1));
    let last = during.since.last_only_older.as_ref().unwrap();
    assert_eq!(Some(last), during.lanes[1].last.as_ref());
    assert_eq!(during.lanes[0].ticks.iter().map(|tick| tick.count).sum::<u32>(), 2);

    engine.sandbox().advance_clock(SandboxAdvance::Ms(DAY_MS + 1000)).await.unwrap();
    assert_eq!(rig.post("sandbox/grace", &second.text, "msg_4").await, 200);
    assert_eq!(rig.post("sandbox/grace", &first.text, "msg_5").await, 401);
    let diagnosis = rig.newest().await.verdict.diagnosis.unwrap();
    let named = diagnosis.key.unwrap();
    assert_eq!((named.id.as_str(), named.hint.as_str()), (first.id.as_str(), first.hint.as_str()));
    let end = first.hint.trim_start_matches("whsec_");
    assert!(diagnosis.finding.contains(end) && diagnosis.finding.contains("expired"), "{}", diagnosis.finding);
    let after = rig.rotation(&webhook.id).await;
    assert_eq!(lanes(&after), [(SecretLife::Current, 3), (SecretLife::Expired, 2)]);
    assert_eq!((after.rejected.len(), after.pending.len()), (1, 1));
    assert_eq!(after.pending[0].message_id.as_deref(), Some("msg_5"));
    assert_eq!((after.rejected[0].delivery, after.since.only_older), (after.pending[0].id, 1));
}

#[tokio::test]
async fn a_rotation_at_once_ends_what_was_and_takes_ticks_away() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (webhook, first) = rig.webhook("now").await;
    let places = engine.webhooks().add_place(project, &webhook.id, " .env of worker ").await.unwrap();
    assert_eq!((places[0].text.as_str(), places[0].done), (".env of worker", false));
    assert!(engine.webhooks().tick_place(places[0].id, true).await.unwrap()[0].done);
    let other = engine.webhooks().add_place(project, &webhook.id, "CI").await.unwrap()[1].id;
    let error = engine.webhooks().add_place(project, &webhook.id, &format!("x {}", first.text)).await.unwrap_err();
    assert!(error.code == Code::InvalidPlace && !format!("{error:?}").contains(&first.text));
    assert_eq!(engine.webhooks().add_place(project, &webhook.id, "  ").await.unwrap_err().code, Code::InvalidPlace);

    let grace = engine.webhooks().rotate(project, &webhook.id, false).await.unwrap().secret;
    let rotated = engine.webhooks().rotate(project, &webhook.id, true).await.unwrap();
    let states: Vec<SecretLife> = rotated.webhook.secrets.iter().map(|secret| secret.state).collect();
    assert_eq!(states, [SecretLife::Current, SecretLife::Expired, SecretLife::Expired]);
    for (secret, status) in [(&first, 401), (&grace, 401), (&rotated.secret, 200)] {
        assert_eq!(rig.post("sandbox/now", &secret.text, "msg").await, status, "{secret:?}");
    }
    assert!(matches!(rig.ping(&webhook.id, LONG).await, PingResult::Arrived { .. }));

    let places = rig.rotation(&webhook.id).await.places;
    assert_eq!(places.iter().map(|place| (place.done, place.done_ms)).collect::<Vec<_>>(), [(false, None); 2]);
    assert!(engine.webhooks().tick_place(other, true).await.unwrap()[1].done);
    assert!(!engine.webhooks().tick_place(other, false).await.unwrap()[1].done);
    assert_eq!(engine.webhooks().remove_place(other).await.unwrap().len(), 1);
    assert_eq!(engine.webhooks().remove_place(other).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test]
async fn a_rotation_whose_answer_was_lost_is_read_back() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (webhook, first) = rig.webhook("lost").await;
    rig.faults(json!({ "lost_answers": 1.0 })).await;
    let error = engine.webhooks().rotate(project, &webhook.id, false).await.unwrap_err();
    assert_eq!(error.code, Code::RotatedButLost);
    let shown = rig.shown(&webhook.id).await;
    assert_eq!((shown.secrets[0].key.as_ref(), shown.secrets[0].available), (None, false));
    assert!(error.message.contains(&shown.secrets[0].hint) && error.message.contains("Rotate again"), "{error}");
    assert_eq!((shown.secrets[1].key.as_ref(), shown.secrets[1].state), (Some(&first.id), SecretLife::Grace));

    rig.faults(json!({ "lost_answers": 0.0, "garbled_answers": 1.0 })).await;
    let error = engine.webhooks().rotate(project, &webhook.id, false).await.unwrap_err();
    assert_eq!(error.code, Code::ServiceUnreadable, "no rotation was requested: the webhook could not be read first");
    rig.faults(json!({ "garbled_answers": 0.0 })).await;
    engine.webhooks().rotate(project, &webhook.id, false).await.unwrap();
    let log = engine.actions().page(None, 3).await.unwrap().actions;
    assert!(log.iter().all(|one| one.what == "webhook.rotate" && one.target.starts_with("lost (")), "{log:?}");
}

/// What the service lists before and after, and how it answers the rotation.
#[tokio::test]
async fn what_became_of_a_rotation_is_told_by_what_is_listed() {
    let rig = rig().await;
    let webhook = |tails: &[&str]| {
        let last = tails.len().saturating_sub(1);
        let secrets = tails.iter().enumerate().map(|(place, tail)| match place == last {
            true => json!({ "truncated_secret": format!("whsec_...{tail}") }),
            false => json!({ "truncated_secret": format!("whsec_...{tail}"), "expire_time": "2999-01-01T00:00:00Z" }),
        });
        json!({ "id": "one", "uri": "https://x.example/", "subscribed_events": [], "state": "enabled",
                "signing_secrets": secrets.collect::<Vec<Value>>() })
    };
    let (before, rotated) = (webhook(&["aaaa"]), webhook(&["aaaa", "bbbb"]));
    let cases = [
        (Some((500, json!({}))), Some((200, before.clone())), Code::NotRotated),
        (None, Some((200, before.clone())), Code::NotRotated),
        (Some((200, json!({ "secret": null }))), Some((200, rotated.clone())), Code::RotatedButLost),
        (None, Some((200, rotated)), Code::RotatedButLost),
        (None, Some((503, json!({}))), Code::OutcomeUnknown),
        (None, None, Code::OutcomeUnknown),
        (Some((429, json!({}))), None, Code::ServiceRateLimited),
    ];
    for (index, (answer, after, code)) in cases.into_iter().enumerate() {
        let first = before.clone();
        let origin = stand_in(move |line, count| match (line.starts_with("POST"), count) {
            (true, _) => answer.clone(),
            (false, 1) if line.ends_with("/one") => Some((200, first.clone())),
            (false, _) => after.clone(),
        })
        .await;
        let project = rig.project_at_path(&origin, &format!("case-{index}")).await;
        let error = rig.engine.webhooks().rotate(project, "one", false).await.unwrap_err();
        assert_eq!(error.code, code, "{index}: {error:?}");
        let (hint, again) = (error.message.contains("bbbb"), error.message.contains("otate again"));
        assert_eq!(
            (hint, again),
            (code == Code::RotatedButLost, !matches!(code, Code::NotRotated | Code::ServiceRateLimited))
        );
    }
}

/// As a script may have got it elsewhere: by the resource's name in place of its id.
#[tokio::test]
async fn a_webhook_that_is_named_in_full_gets_a_secret_that_stays() {
    let rig = rig().await;
    let (project, engine) = (rig.sandbox(), &rig.engine);
    let (webhook, first) = rig.webhook("named").await;
    let rotated = engine.webhooks().rotate(project, &format!("webhooks/{}", webhook.id), false).await.unwrap();
    let (current, old) = (&rotated.webhook.secrets[0], &rotated.webhook.secrets[1]);
    assert_eq!((current.key.as_ref(), old.key.as_ref()), (Some(&rotated.secret.id), Some(&first.id)));
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    engine.webhooks().refresh(project).await.unwrap();
    assert_eq!(rig.post("sandbox/named", &rotated.secret.text, "msg_1").await, 200);
}
