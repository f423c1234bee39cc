//! Forwarding: what arrives is sent on in order, waits while the target is down, and is found again after a restart.

use std::time::{Duration, Instant};

use engine::{
    Code, Engine, ForwardAnswer, ForwardRule, ForwardStart, ForwardState, ForwardView, ForwardWhich, Live, OutboundKind,
};

use crate::parts::{Parts, default_project, soon};
use crate::receiver::Receiver;
use crate::replay::{newest, post};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY=";

async fn ready() -> (Parts, Engine, String, Receiver) {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    engine.projects().add_secret(default_project(&engine), "Mine", SECRET).await.unwrap();
    (parts, engine, address, Receiver::start().await)
}

fn rule(engine: &Engine, receiver: &Receiver) -> ForwardRule {
    ForwardRule { project: default_project(engine), on: true, url: receiver.url(), ..ForwardRule::default() }
}

fn view(engine: &Engine) -> ForwardView {
    engine.forwards().list().into_iter().next().unwrap()
}

async fn forged(address: &str) {
    let client = reqwest::Client::new();
    client.post(address).header("webhook-id", "msg_forged").body("{}").send().await.unwrap();
}

#[tokio::test]
async fn verified_deliveries_are_sent_on_as_they_arrive() {
    let (_parts, engine, address, receiver) = ready().await;
    post(&address, "msg_before", "{}").await;
    engine.forwards().set(rule(&engine, &receiver), Some(ForwardStart::New)).await.unwrap();
    let started = Instant::now();
    post(&address, "msg_1", "{\"n\": 1}").await;
    soon("it arrives", async || !receiver.got().is_empty()).await;
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(receiver.got()[0].body, b"{\"n\": 1}");
    forged(&address).await;
    post(&address, "msg_2", "{}").await;
    soon("the next one", async || view(&engine).accepted == 2).await;
    assert_eq!(receiver.ids(), ["msg_1", "msg_2"], "neither what was there before nor what was refused");
    let kept = engine.outbounds().of(newest(&engine).await).await.unwrap();
    assert_eq!((kept.len(), kept[0].kind, kept[0].status), (1, OutboundKind::Forward, Some(200)));
    assert_eq!((view(&engine).state, view(&engine).last.unwrap().id), (ForwardState::Idle, kept[0].id));

    engine.forwards().set(ForwardRule { which: ForwardWhich::All, ..rule(&engine, &receiver) }, None).await.unwrap();
    forged(&address).await;
    soon("all", async || receiver.ids().contains(&"msg_forged".to_owned())).await;
    engine.forwards().set(ForwardRule { on: false, ..rule(&engine, &receiver) }, None).await.unwrap();
    post(&address, "msg_3", "{}").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((receiver.got().len(), view(&engine).state), (3, ForwardState::Off));
    engine.shutdown().await;
}

#[tokio::test]
async fn a_target_that_is_down_gets_everything_in_order_when_it_is_back_also_after_a_restart() {
    let (parts, engine, address, mut receiver) = ready().await;
    engine.forwards().set(rule(&engine, &receiver), None).await.unwrap();
    receiver.down().await;
    for n in 1..=3 {
        assert_eq!(post(&address, "msg_same", &format!("{{\"n\":{n}}}")).await.status(), 200, "it does not wait");
        post(&address, &format!("msg_{n}"), "{}").await;
    }
    soon("down", async || matches!(view(&engine).state, ForwardState::Down { .. })).await;
    let ForwardState::Down { why, .. } = view(&engine).state else { panic!("down") };
    assert!(why.contains("Nothing listens at"), "{why}");
    soon("all wait", async || view(&engine).waiting == 6).await;
    engine.shutdown().await;
    drop(engine);

    let (engine, _) = parts.listening(false).await;
    soon("what waited is there again", async || view(&engine).waiting == 6).await;
    receiver.up().await;
    engine.forwards().retry_now(default_project(&engine)).unwrap();
    soon("all is sent", async || receiver.got().len() == 6).await;
    let same: Vec<String> = receiver
        .got()
        .iter()
        .filter(|got| got.header("webhook-id") == Some("msg_same"))
        .map(|got| String::from_utf8_lossy(&got.body).into_owned())
        .collect();
    assert_eq!(same, ["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"], "attempts of one event keep their order");
    soon("idle", async || view(&engine).state == ForwardState::Idle).await;
    engine.shutdown().await;
    drop(engine);

    let (engine, _) = parts.listening(false).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((receiver.got().len(), view(&engine).waiting), (6, 0), "nothing is sent twice");
    engine.shutdown().await;
}

/// A list of what waits follows it: what was never tried waits, too.
#[tokio::test]
async fn an_open_list_of_what_waits_is_opened_anew_as_that_changes() {
    let (_parts, engine, address, mut receiver) = ready().await;
    let told = crate::views::told(&engine);
    let history = engine.history();
    let changed = async |view: u32, what: &str| {
        let is = |message: &Live| matches!(message, Live::Resync { view: of } if *of == view);
        soon(what, async || told.lock().unwrap().iter().any(is)).await;
    };
    let opened = history.open_view("forwarded:waiting").await.unwrap();
    assert_eq!(opened.matched, 0);
    receiver.down().await;
    engine.forwards().set(rule(&engine, &receiver), None).await.unwrap();
    changed(opened.view, "a rule begins").await;
    let opened = history.open_view("forwarded:waiting").await.unwrap();
    for n in 1..=3 {
        post(&address, &format!("msg_{n}"), "{}").await;
    }
    let arrived = async || {
        let is = |message: &Live| matches!(message, Live::Rows { view, matched: 3, .. } if *view == opened.view);
        told.lock().unwrap().iter().any(is)
    };
    soon("some arrive, and wait", arrived).await;
    assert_eq!(history.open_view("forwarded:waiting").await.unwrap().matched, 3);
    assert_eq!(history.open_view("forwarded:done").await.unwrap().matched, 0);
    let opened = history.open_view("forwarded:waiting").await.unwrap();
    receiver.up().await;
    engine.forwards().retry_now(default_project(&engine)).unwrap();
    changed(opened.view, "they are sent").await;
    soon("none waits", async || history.open_view("forwarded:waiting").await.unwrap().matched == 0).await;
    assert_eq!(history.open_view("forwarded:done").await.unwrap().matched, 3);

    receiver.down().await;
    post(&address, "msg_4", "{}").await;
    soon("it waits", async || view(&engine).waiting == 1).await;
    let opened = history.open_view("forwarded:waiting").await.unwrap();
    assert_eq!(opened.matched, 1);
    engine.forwards().drop_waiting(default_project(&engine)).await.unwrap();
    changed(opened.view, "it is dropped").await;
    soon("nothing waits", async || history.open_view("forwarded:waiting").await.unwrap().matched == 0).await;
    engine.forwards().set(ForwardRule { on: false, ..rule(&engine, &receiver) }, None).await.unwrap();
    post(&address, "msg_5", "{}").await;
    assert_eq!(history.open_view("forwarded:waiting").await.unwrap().matched, 0, "no rule is on");
    engine.shutdown().await;
}

#[tokio::test]
async fn a_backlog_can_be_dropped_and_what_is_there_is_offered() {
    let (_parts, engine, address, mut receiver) = ready().await;
    let project = default_project(&engine);
    for n in 1..=3 {
        post(&address, &format!("msg_{n}"), "{}").await;
    }
    let offer = engine.forwards().offer(rule(&engine, &receiver)).await.unwrap();
    assert_eq!((offer.waiting, offer.last_hour, offer.last_day), (0, 3, 3));
    let since = ForwardStart::Since { ms: 0 };
    engine.forwards().set(rule(&engine, &receiver), Some(since)).await.unwrap();
    soon("all that was there", async || receiver.got().len() == 3).await;
    soon("settled", async || view(&engine).waiting == 0).await;
    assert_eq!(engine.forwards().offer(rule(&engine, &receiver)).await.unwrap().last_day, 0);

    receiver.down().await;
    post(&address, "msg_4", "{}").await;
    post(&address, "msg_5", "{}").await;
    soon("down", async || matches!(view(&engine).state, ForwardState::Down { .. })).await;
    engine.forwards().set(ForwardRule { on: false, ..rule(&engine, &receiver) }, None).await.unwrap();
    post(&address, "msg_6", "{}").await;
    let offer = engine.forwards().offer(rule(&engine, &receiver)).await.unwrap();
    assert_eq!((offer.waiting, offer.last_hour), (2, 3), "msg_6 came while it was off");
    engine.forwards().set(rule(&engine, &receiver), Some(ForwardStart::Waiting)).await.unwrap();
    soon("they wait again", async || view(&engine).waiting == 2).await;
    let dropped = engine.forwards().drop_waiting(project).await.unwrap();
    assert!(dropped <= 2, "{dropped}: one that is under way is dropped when it has failed");
    soon("both are dropped", async || view(&engine).dropped == 2).await;
    receiver.up().await;
    post(&address, "msg_7", "{}").await;
    soon("only what came then", async || receiver.got().len() == 4).await;
    assert_eq!(receiver.ids()[3], "msg_7");
    soon("it is counted", async || view(&engine).accepted == 1).await;
    assert_eq!(view(&engine).dropped, 2);
    engine.shutdown().await;
}

#[tokio::test]
async fn the_senders_answer_can_be_the_targets_own() {
    let (_parts, engine, address, mut receiver) = ready().await;
    receiver.answers("503 Service Unavailable", "busy", Duration::ZERO);
    let own = ForwardRule { answer: ForwardAnswer::Target { timeout_ms: 300 }, ..rule(&engine, &receiver) };
    engine.forwards().set(own, None).await.unwrap();
    let answer = post(&address, "msg_1", "{}").await;
    assert_eq!((answer.status().as_u16(), answer.headers()["x-by"].to_str().unwrap()), (503, "receiver"));
    assert_eq!(answer.text().await.unwrap(), "busy");
    let id = newest(&engine).await;
    let detail = engine.history().delivery(id).await.unwrap();
    assert_eq!((detail.answer.status, detail.answer.body.as_str()), (503, "busy"));
    assert_eq!((detail.answer.by, detail.answer.by_what), (Some(engine::AnsweredBy::Target), Some(receiver.url())));
    assert_eq!(detail.row.answered_by, Some(engine::AnsweredBy::Target));

    receiver.answers("200 OK", "late", Duration::from_secs(3));
    assert_eq!(post(&address, "msg_1", "{}").await.status(), 504);
    receiver.down().await;
    assert_eq!(post(&address, "msg_1", "{}").await.status(), 502);
    receiver.up().await;
    receiver.answers("204 No Content", "", Duration::ZERO);
    assert_eq!(post(&address, "msg_1", "{}").await.status(), 204);
    assert_eq!(receiver.ids().len(), 3);
    let rows = engine.history().open_view("").await.unwrap().rows;
    assert_eq!(rows.iter().map(|row| row.status).collect::<Vec<_>>(), [503, 504, 502, 204]);
    assert_eq!(view(&engine).waiting, 0, "its sender tries again, not we");
    // What no key verified does not go to the target.
    forged(&address).await;
    assert_eq!(engine.history().open_view("").await.unwrap().rows.last().unwrap().status, 401);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_rule_of_the_fault_lab_takes_the_answer_and_not_the_delivery() {
    let (_parts, engine, address, receiver) = ready().await;
    let own = ForwardRule { answer: ForwardAnswer::Target { timeout_ms: 5000 }, ..rule(&engine, &receiver) };
    engine.forwards().set(own, None).await.unwrap();
    let teapot = engine::FaultRule { on: true, status: Some(418), ..engine::FaultRule::default() };
    engine.answers().set_fault_lab(vec![teapot]).await.unwrap();
    assert_eq!(post(&address, "msg_1", "{}").await.status(), 418);
    soon("the target has it", async || receiver.ids() == ["msg_1"]).await;
    engine.answers().set_fault_lab(Vec::new()).await.unwrap();
    assert_eq!(post(&address, "msg_2", "{}").await.status(), 200);
    assert_eq!(receiver.ids(), ["msg_1", "msg_2"]);
    engine.shutdown().await;
}

#[tokio::test]
async fn attempts_whose_answer_is_the_targets_go_there_one_after_the_other() {
    let (_parts, engine, address, receiver) = ready().await;
    receiver.answers("200 OK", "", Duration::from_millis(100));
    let own = ForwardRule { answer: ForwardAnswer::Target { timeout_ms: 5000 }, ..rule(&engine, &receiver) };
    engine.forwards().set(own, None).await.unwrap();
    let started = Instant::now();
    let all = (1..=3).map(|_| {
        let address = address.clone();
        tokio::spawn(async move { post(&address, "msg_same", "{}").await.status().as_u16() })
    });
    for answer in all.collect::<Vec<_>>() {
        assert_eq!(answer.await.unwrap(), 200);
    }
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    engine.shutdown().await;
}

#[tokio::test]
async fn an_answer_that_is_not_whole_is_passed_on_without_its_body() {
    let (_parts, engine, address, receiver) = ready().await;
    let own = ForwardRule { answer: ForwardAnswer::Target { timeout_ms: 5000 }, ..rule(&engine, &receiver) };
    engine.forwards().set(own, None).await.unwrap();
    receiver.answers("200 OK", &"x".repeat(1024 * 1024 + 1), Duration::ZERO);
    let answer = post(&address, "msg_1", "{}").await;
    assert_eq!(answer.headers()["x-by"], "receiver");
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().len()), (200, 0));
    engine.shutdown().await;
}

#[tokio::test]
async fn one_delivery_that_is_refused_for_now_does_not_hold_up_the_others() {
    let (_parts, engine, address, receiver) = ready().await;
    receiver.refuses("msg_odd");
    engine.forwards().set(rule(&engine, &receiver), None).await.unwrap();
    for id in ["msg_odd", "msg_1", "msg_2", "msg_3"] {
        post(&address, id, "{}").await;
    }
    soon("the others are there", async || view(&engine).accepted == 3).await;
    assert_eq!(view(&engine).waiting, 1);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_target_that_was_agreed_to_stays_so_however_many_others_are_used() {
    let (_parts, engine, address, receiver) = ready().await;
    let away = "http://hooks.example.invalid/x";
    engine.targets().confirm(away).await.unwrap();
    post(&address, "msg_1", "{}").await;
    let id = newest(&engine).await;
    for n in 1..=25 {
        let plan = engine::ReplayPlan {
            deliveries: vec![id],
            targets: vec![format!("{}/{n}", receiver.url())],
            times: 1,
            concurrency: 1,
            ..engine::ReplayPlan::default()
        };
        let run = engine.replays().start(plan).await.unwrap();
        engine.replays().ended(run.run).await.unwrap();
    }
    let refused = engine.forwards().set(ForwardRule { url: away.into(), ..rule(&engine, &receiver) }, None).await;
    assert!(refused.is_ok(), "{refused:?}");
    engine.shutdown().await;
}

#[tokio::test]
async fn signed_anew_it_verifies_at_the_target() {
    let (_parts, engine, address, receiver) = ready().await;
    let secret = engine.projects().secrets().await.unwrap().remove(0).id;
    engine.forwards().set(ForwardRule { resign: Some(secret), ..rule(&engine, &receiver) }, None).await.unwrap();
    post(&address, "msg_1", "{}").await;
    soon("it arrives", async || !receiver.got().is_empty()).await;
    let got = receiver.got().remove(0);
    let headers: Vec<(String, Vec<u8>)> = got
        .head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .collect();
    let secret = signature::Secret::parse(SECRET).unwrap();
    let key = signature::SecretKey { id: "a".into(), secret, state: signature::KeyState::Current };
    let keyring = signature::Keyring { secrets: vec![key], closed: true, ..signature::Keyring::default() };
    let time: i64 = got.header("webhook-timestamp").unwrap().parse().unwrap();
    let signed = signature::Received { headers: &headers, body: &got.body };
    let verdict =
        signature::verify(&signed, &keyring, &signature::Policy::default(), &signature::Seen::default(), time);
    assert_eq!(verdict.outcome, signature::Outcome::Verified, "{}", verdict.sentence);
    engine.shutdown().await;
}

#[tokio::test]
async fn a_rule_that_cannot_be_is_refused() {
    let (_parts, engine, address, receiver) = ready().await;
    let good = rule(&engine, &receiver);
    for (rule, code) in [
        (ForwardRule { project: 99, ..good.clone() }, Code::NotFound),
        (ForwardRule { url: "nothing".into(), on: true, ..good.clone() }, Code::ConfirmTarget),
        (ForwardRule { url: "ftp://x".into(), ..good.clone() }, Code::InvalidTarget),
        (ForwardRule { url: address.clone(), ..good.clone() }, Code::InvalidForward),
        (ForwardRule { url: address.replace("127.0.0.1", "0.0.0.0"), ..good.clone() }, Code::InvalidForward),
        (ForwardRule { url: "https://hooks.example.com/".into(), ..good.clone() }, Code::ConfirmTarget),
        (ForwardRule { concurrency: 0, ..good.clone() }, Code::InvalidForward),
        (ForwardRule { answer: ForwardAnswer::Target { timeout_ms: 1 }, ..good.clone() }, Code::InvalidForward),
        (ForwardRule { resign: Some("x".into()), ..good.clone() }, Code::NoSecret),
    ] {
        assert_eq!(engine.forwards().set(rule.clone(), None).await.unwrap_err().code, code, "{rule:?}");
    }
    assert!(engine.forwards().list().iter().all(|view| view.state == ForwardState::Off));
    engine.shutdown().await;
}
