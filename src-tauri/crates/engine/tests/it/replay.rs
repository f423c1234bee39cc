//! Replays over real sockets: as received, changed, many at a time, to several targets.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use engine::{
    Code, DiffSide, Engine, HeaderLine, OutboundKind, ReplayBody, ReplayChanges, ReplayId, ReplayPlan, ReplaySign,
    ReplayTime, RunState, TargetDraft,
};
use signature::{Secret, sign};

use crate::parts::{Parts, default_project, soon};
use crate::receiver::Receiver;

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

/// A delivery as the service sends it.
pub(crate) async fn post(address: &str, id: &str, body: &str) -> reqwest::Response {
    let at = now();
    let signature = sign::v1(&Secret::parse(SECRET).unwrap(), id, at, body.as_bytes());
    let request = reqwest::Client::new().post(address).body(body.to_owned()).header("webhook-id", id);
    request.header("webhook-timestamp", at).header("webhook-signature", signature).send().await.unwrap()
}

pub(crate) async fn newest(engine: &Engine) -> i64 {
    engine.history().open_view("").await.unwrap().rows.last().unwrap().id
}

fn plan(deliveries: Vec<i64>, targets: &[&Receiver]) -> ReplayPlan {
    let targets = targets.iter().map(|receiver| receiver.url()).collect();
    ReplayPlan { deliveries, targets, times: 1, concurrency: 1, ..ReplayPlan::default() }
}

async fn ready() -> (Parts, Engine, String, Receiver) {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    engine.projects().add_secret(default_project(&engine), "Mine", SECRET).await.unwrap();
    (parts, engine, address, Receiver::start().await)
}

#[tokio::test]
async fn as_received_it_arrives_byte_for_byte_and_is_kept() {
    let (_parts, engine, address, receiver) = ready().await;
    assert_eq!(post(&address, "msg_1", "{\"type\":  \"batch.succeeded\"}\n").await.status(), 200);
    let id = newest(&engine).await;
    let started = engine.replays().start(plan(vec![id], &[&receiver])).await.unwrap();
    let run = engine.replays().ended(started.run).await.unwrap();
    assert_eq!(
        (run.state, run.done, run.total, run.targets[0].statuses.as_slice()),
        (RunState::Done, 1, 1, &[(200, 1)][..])
    );

    let got = &receiver.got()[0];
    assert_eq!(got.body, b"{\"type\":  \"batch.succeeded\"}\n");
    assert!(got.head.starts_with("POST /hook HTTP/1.1\r\n"), "{}", got.head);
    let received: Vec<(String, String)> =
        engine.history().delivery(id).await.unwrap().headers.into_iter().map(|line| (line.name, line.value)).collect();
    let sent: Vec<(String, String)> = got
        .head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let but_host =
        |lines: &[(String, String)]| lines.iter().filter(|(name, _)| name != "host").cloned().collect::<Vec<_>>();
    assert_eq!(but_host(&received), but_host(&sent), "the same lines in the same order");

    let kept = engine.outbounds().of(id).await.unwrap();
    assert_eq!(
        (kept.len(), kept[0].kind, kept[0].status, kept[0].changes.len()),
        (1, OutboundKind::Replay, Some(200), 0)
    );
    assert_eq!(run.outbounds[0].id, kept[0].id);
    let detail = engine.outbounds().get(kept[0].id).await.unwrap();
    assert_eq!((detail.answer_text.as_deref(), detail.request_changed), (Some("taken"), false));
    assert_eq!(detail.altered.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["host", "path"]);
    assert!(engine.targets().list(None).await.unwrap()[0].used_ms.is_some(), "remembered");
    engine.shutdown().await;
}

#[tokio::test]
async fn edited_and_signed_anew_it_verifies_at_another_receiver() {
    let (_parts, engine, address, receiver) = ready().await;
    post(&address, "msg_1", "{}").await;
    let id = newest(&engine).await;
    let draft = engine.replays().draft(id).await.unwrap();
    assert_eq!(draft.text.as_deref(), Some("{}"));
    let sign = draft.signers[0].sign.clone();
    assert!(draft.signers[0].own && matches!(sign, ReplaySign::Secret { .. }));
    let mut headers = draft.headers;
    headers.push(HeaderLine { name: "x-more".into(), value: String::new(), base64: Some("6Q==".into()) });
    let changes = ReplayChanges {
        headers: Some(headers),
        body: ReplayBody::Text { text: "{\"type\":\"batch.failed\"}".into() },
        fill: false,
        id: ReplayId::Renew,
        time: ReplayTime::Now,
        sign,
        twist: None,
    };
    let plan = ReplayPlan { changes, ..plan(vec![id], &[&receiver]) };
    let preview = engine.replays().preview(plan.clone()).await.unwrap();
    assert_eq!(preview.changes.len(), 5, "{:?}", preview.changes);
    assert_eq!(preview.body_len, 23);
    // Our own listener judges it as any receiver would.
    let plan = ReplayPlan { targets: vec![receiver.url(), address.clone()], ..plan };
    let started = engine.replays().start(plan).await.unwrap();
    let run = engine.replays().ended(started.run).await.unwrap();
    assert_eq!(run.targets[1].statuses, [(200, 1)]);
    let row = engine.history().open_view("").await.unwrap().rows.pop().unwrap();
    assert_eq!((row.outcome, row.event_type.as_deref()), (signature::Outcome::Verified, Some("batch.failed")));
    assert_ne!(row.message_id.as_deref(), Some("msg_1"));
    engine.shutdown().await;
}

#[tokio::test]
async fn variables_have_new_values_in_each_request_and_the_signature_covers_them() {
    let (_parts, engine, address, receiver) = ready().await;
    post(&address, "msg_1", "{\"note\":\"{{uuid}}\"}").await;
    let id = newest(&engine).await;
    let draft = engine.replays().draft(id).await.unwrap();
    let changes = ReplayChanges {
        body: ReplayBody::Text { text: "{\"type\":\"batch.failed\",\"data\":{\"id\":\"{{uuid}}\"}}".into() },
        fill: true,
        id: ReplayId::Renew,
        time: ReplayTime::Now,
        sign: draft.signers[0].sign.clone(),
        ..ReplayChanges::default()
    };
    let plan = ReplayPlan { changes, times: 2, targets: vec![receiver.url(), address.clone()], ..plan(vec![id], &[]) };
    let started = engine.replays().start(plan.clone()).await.unwrap();
    let run = engine.replays().ended(started.run).await.unwrap();
    assert_eq!(run.targets[1].statuses, [(200, 2)], "our own listener judges it as any receiver would");
    let row = engine.history().open_view("").await.unwrap().rows.pop().unwrap();
    assert_eq!(row.outcome, signature::Outcome::Verified);
    let got = receiver.got();
    assert_ne!(got[0].body, got[1].body);
    // What they became is kept with the request.
    let kept = engine.outbounds().of(id).await.unwrap();
    let said = kept.iter().rev().find(|one| one.url == receiver.url()).unwrap();
    let value = said.changes.iter().find_map(|change| change.strip_prefix("{{uuid}} ")).unwrap();
    let body = format!("{{\"type\":\"batch.failed\",\"data\":{{\"id\":\"{value}\"}}}}");
    assert_eq!(String::from_utf8_lossy(&got[0].body), body);
    // As received, and as bytes, braces stay braces.
    let bytes = ReplayBody::Base64 { base64: "e3tub3dfc319".into() };
    for (body, sent) in [(ReplayBody::Received, "{\"note\":\"{{uuid}}\"}"), (bytes, "{{now_s}}")] {
        let changes = ReplayChanges { body, fill: true, ..ReplayChanges::default() };
        let plain = ReplayPlan { changes, times: 1, targets: vec![receiver.url()], ..plan.clone() };
        let started = engine.replays().start(plain).await.unwrap();
        engine.replays().ended(started.run).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&receiver.got().last().unwrap().body), sent);
    }
    engine.shutdown().await;
}

#[tokio::test]
async fn several_to_several_in_order_or_many_at_a_time_and_stopped() {
    let (_parts, engine, address, one) = ready().await;
    let two = Receiver::start().await;
    two.answers("418 I'm a teapot", "{\"error\":\"no\",\"n\":1}", Duration::ZERO);
    let mut ids = Vec::new();
    for name in ["msg_a", "msg_b", "msg_c"] {
        post(&address, name, "{}").await;
        ids.push(newest(&engine).await);
    }
    ids.reverse();
    let started = engine.replays().start(ReplayPlan { times: 2, ..plan(ids.clone(), &[&one, &two]) }).await.unwrap();
    let run = engine.replays().ended(started.run).await.unwrap();
    assert_eq!((run.done, run.targets[0].done), (12, 6));
    assert_eq!(run.targets[1].statuses, [(418, 6)]);
    assert_eq!(one.ids(), ["msg_c", "msg_c", "msg_b", "msg_b", "msg_a", "msg_a"], "in order");

    let first = &run.outbounds;
    let diff = engine.outbounds().diff(first[0].id, first[1].id).await.unwrap();
    assert_eq!((diff.same, diff.status), (false, Some((200, 418))));
    assert!(diff.body.iter().any(|line| line.side == DiffSide::First && line.text == "taken"), "{:?}", diff.body);
    assert!(diff.headers.iter().any(|line| line.text.starts_with("content-length: ")), "{:?}", diff.headers);
    assert!(engine.outbounds().diff(first[0].id, first[2].id).await.unwrap().same);

    one.answers("200 OK", "late", Duration::from_millis(200));
    let plan = ReplayPlan { times: 500, concurrency: 8, ..plan(ids.clone(), &[&one]) };
    let started = engine.replays().start(plan).await.unwrap();
    soon("eight are done", async || engine.replays().run(started.run).unwrap().done >= 8).await;
    let stopped = engine.replays().stop(started.run).await.unwrap();
    assert_eq!(stopped.state, RunState::Stopped);
    assert!(stopped.done >= 8 && stopped.done < 200, "{} of {}", stopped.done, stopped.total);
    assert_eq!(stopped.total, 1500);
    // What was under way went out, and is stored.
    let mut cut = Vec::new();
    for id in ids {
        let kept = engine.outbounds().of(id).await.unwrap();
        cut.extend(kept.into_iter().filter_map(|one| one.problem).filter(|problem| problem.code == Code::Stopped));
    }
    assert!((1..=8).contains(&cut.len()) && cut[0].message.contains("may have it"), "{cut:?}");
    assert_eq!(stopped.targets[0].failed, cut.len() as u64);
    engine.shutdown().await;
}

#[tokio::test]
async fn every_request_is_told_as_it_ends() {
    let (_parts, engine, address, receiver) = ready().await;
    post(&address, "msg_1", "{}").await;
    let id = newest(&engine).await;
    let mut told = engine.replays().subscribe();
    let plan = ReplayPlan { times: 450, concurrency: 16, ..plan(vec![id], &[&receiver]) };
    let started = engine.replays().start(plan).await.unwrap();
    let run = engine.replays().ended(started.run).await.unwrap();
    assert_eq!(run.outbounds.len(), 200);
    let mut numbers = std::collections::BTreeSet::new();
    let mut ids = std::collections::BTreeSet::new();
    while let Ok(outbound) = told.try_recv() {
        assert_eq!((outbound.run, outbound.status), (Some(started.run), Some(200)));
        assert!(numbers.insert(outbound.number) && ids.insert(outbound.id), "{outbound:?}");
    }
    assert_eq!((numbers.len(), numbers.first(), numbers.last()), (450, Some(&1), Some(&450)));
    assert!(!ids.contains(&0));
    engine.shutdown().await;
}

#[tokio::test]
async fn a_run_under_way_is_not_forgotten_for_those_after_it() {
    let (_parts, engine, address, receiver) = ready().await;
    post(&address, "msg_1", "{}").await;
    let id = newest(&engine).await;
    let slow = Receiver::start().await;
    slow.answers("200 OK", "late", Duration::from_secs(20));
    let long = engine.replays().start(plan(vec![id], &[&slow])).await.unwrap().run;
    let mut first_ended = None;
    for _ in 0..22 {
        let run = engine.replays().start(plan(vec![id], &[&receiver])).await.unwrap().run;
        engine.replays().ended(run).await.unwrap();
        first_ended.get_or_insert(run);
    }
    assert_eq!(engine.replays().run(first_ended.unwrap()).unwrap_err().code, Code::NotFound);
    assert_eq!(engine.replays().run(long).unwrap().state, RunState::Running);
    assert_eq!(engine.replays().stop(long).await.unwrap().state, RunState::Stopped);
    engine.shutdown().await;
}

#[tokio::test]
async fn what_is_missing_is_not_counted_also_where_each_is_sent_twice() {
    let (_parts, engine, address, receiver) = ready().await;
    post(&address, "msg_1", "{}").await;
    let id = newest(&engine).await;
    let changes = ReplayChanges { twist: Some("duplicate".into()), ..ReplayChanges::default() };
    let plan = ReplayPlan { changes, times: 3, ..plan(vec![id, 98, 99], &[&receiver]) };
    let started = engine.replays().start(plan).await.unwrap();
    assert_eq!(started.total, 18);
    let run = engine.replays().ended(started.run).await.unwrap();
    assert_eq!((run.done, run.total, run.problem.is_some()), (6, 6, true));
    engine.shutdown().await;
}

#[tokio::test]
async fn nothing_leaves_this_machine_unasked_and_no_secret_ever() {
    let (_parts, engine, address, receiver) = ready().await;
    post(&address, "msg_1", &format!("{{\"leaked\":\"{SECRET}\"}}")).await;
    let id = newest(&engine).await;
    let refused = engine.replays().start(plan(vec![id], &[&receiver])).await.unwrap_err();
    assert_eq!(refused.code, Code::HoldsSecret);
    assert!(!refused.message.contains("MDEy") && refused.message.contains("dXY="), "{}", refused.message);
    assert!(receiver.got().is_empty());

    post(&address, "msg_2", "{}").await;
    let id = newest(&engine).await;
    let away = ReplayPlan { targets: vec!["http://hooks.example.invalid/x".into()], ..plan(vec![id], &[]) };
    let refused = engine.replays().start(away.clone()).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.detail.as_deref()),
        (Code::ConfirmTarget, Some("http://hooks.example.invalid/x"))
    );
    assert!(engine.targets().confirm("http://hooks.example.invalid/x").await.unwrap().confirmed);
    let started = engine.replays().start(away).await.unwrap();
    let run = engine.replays().ended(started.run).await.unwrap();
    assert_eq!((run.targets[0].failed, run.outbounds[0].problem.as_ref().unwrap().code), (1, Code::NameNotFound));
    // Another path is another address.
    let other = ReplayPlan { targets: vec!["http://hooks.example.invalid/y".into()], ..plan(vec![id], &[]) };
    assert_eq!(engine.replays().start(other).await.unwrap_err().code, Code::ConfirmTarget);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_plan_that_cannot_be_is_refused_before_anything_is_sent() {
    let (_parts, engine, address, receiver) = ready().await;
    post(&address, "msg_1", "not json").await;
    let id = newest(&engine).await;
    let good = plan(vec![id], &[&receiver]);
    let with = |changes: ReplayChanges| ReplayPlan { changes, ..good.clone() };
    let twist = |id: &str| ReplayChanges { twist: Some(id.into()), ..ReplayChanges::default() };
    for (plan, code) in [
        (ReplayPlan { deliveries: vec![], ..good.clone() }, Code::InvalidReplay),
        (ReplayPlan { deliveries: vec![99], ..good.clone() }, Code::NotFound),
        (ReplayPlan { targets: vec![], ..good.clone() }, Code::InvalidReplay),
        (ReplayPlan { targets: vec!["ftp://x".into()], ..good.clone() }, Code::InvalidTarget),
        (ReplayPlan { times: 0, ..good.clone() }, Code::InvalidReplay),
        (ReplayPlan { concurrency: 65, ..good.clone() }, Code::InvalidReplay),
        (with(twist("nothing")), Code::InvalidReplay),
        (with(twist("stale")), Code::NoKey),
        (with(twist("reserialised")), Code::NotJson),
        (with(ReplayChanges { sign: ReplaySign::SandboxV1a, ..ReplayChanges::default() }), Code::NoSandbox),
        (
            with(ReplayChanges { sign: ReplaySign::Secret { id: "x".into() }, ..ReplayChanges::default() }),
            Code::NoSecret,
        ),
        (
            with(ReplayChanges { body: ReplayBody::Base64 { base64: "?".into() }, ..ReplayChanges::default() }),
            Code::InvalidReplay,
        ),
    ] {
        assert_eq!(engine.replays().start(plan.clone()).await.unwrap_err().code, code, "{plan:?}");
    }
    assert!(receiver.got().is_empty());
    engine.shutdown().await;
}

#[tokio::test]
async fn targets_are_named_changed_and_agreed_to_anew_when_they_move() {
    let (_parts, engine, ..) = ready().await;
    let project = default_project(&engine);
    let draft = TargetDraft {
        project: Some(project),
        name: Some(" worker ".into()),
        url: "https://w.example/".into(),
        ..TargetDraft::default()
    };
    let saved = engine.targets().save(draft.clone()).await.unwrap();
    assert_eq!((saved.name.as_deref(), saved.local, saved.confirmed), (Some("worker"), false, false));
    assert!(engine.targets().confirm(&saved.url).await.unwrap().confirmed);
    let moved = TargetDraft {
        id: Some(saved.id),
        url: "https://other.example/".into(),
        any_certificate: true,
        ..draft.clone()
    };
    let moved = engine.targets().save(moved).await.unwrap();
    assert_eq!((moved.id, moved.confirmed, moved.any_certificate), (saved.id, false, true));
    assert!(engine.targets().list(Some(project + 1)).await.unwrap().is_empty());
    for url in ["http://ada:x@localhost/", "nothing at all", ""] {
        let error = engine.targets().save(TargetDraft { url: url.into(), ..TargetDraft::default() }).await.unwrap_err();
        assert_eq!(error.code, Code::InvalidTarget, "{url}");
    }
    let plain = TargetDraft { url: "http://localhost:1/".into(), any_certificate: true, ..TargetDraft::default() };
    assert!(engine.targets().save(plain).await.unwrap_err().message.contains("https"));
    engine.targets().remove(saved.id).await.unwrap();
    assert_eq!(engine.targets().remove(saved.id).await.unwrap_err().code, Code::NotFound);
    engine.shutdown().await;
}

#[tokio::test]
async fn with_the_sandboxs_keys_it_verifies_by_every_scheme() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(true).await;
    let request = samples::SampleRequest {
        event_type: "batch.succeeded".into(),
        variant: None,
        scheme: signature::Scheme::V1,
        broken: Some("stale".into()),
    };
    engine.sandbox().send_sample(&request).await.unwrap();
    let id = newest(&engine).await;
    let draft = engine.replays().draft(id).await.unwrap();
    assert_eq!((draft.outcome, draft.signers.len() >= 3), (signature::Outcome::Rejected, true));
    for signer in draft.signers {
        let changes =
            ReplayChanges { time: ReplayTime::Now, id: ReplayId::Renew, sign: signer.sign, ..ReplayChanges::default() };
        let plan = ReplayPlan { changes, targets: vec![format!("{address}sandbox")], ..plan(vec![id], &[]) };
        let started = engine.replays().start(plan).await.unwrap();
        let run = engine.replays().ended(started.run).await.unwrap();
        assert_eq!(run.targets[0].statuses, [(200, 1)], "{}", signer.label);
        assert!(run.outbounds[0].rejected, "marked");
        let row = engine.history().open_view("").await.unwrap().rows.pop().unwrap();
        assert!(row.outcome.is_genuine(), "{}: {}", signer.label, row.cause);
    }
    engine.shutdown().await;
}
