//! Answers that are made after the commit: by a rule, by a target, late, torn, or not at all.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use inbound::{Answers, Committed, Ending, Given, GivenLater};
use store::AnsweredBy;

use super::rig::{Rig, signed, status, with_answers};

/// Gives the answers it was set up with, and records what it was asked.
struct Scripted {
    given: Given,
    delay: Duration,
    first: u32,
    asked: Mutex<Vec<Committed>>,
}

impl Answers for Scripted {
    fn concerns(&self, _: i64) -> bool {
        true
    }

    fn answer(&self, committed: &Committed) -> Option<GivenLater> {
        self.asked.lock().unwrap().push(committed.clone());
        let (given, delay) = (self.given.clone(), self.delay);
        (committed.attempt <= self.first).then(|| {
            let later: GivenLater = Box::pin(async move {
                tokio::time::sleep(delay).await;
                given
            });
            later
        })
    }
}

fn given(status: Option<u16>) -> Given {
    Given {
        status,
        headers: vec![("retry-after".into(), b"7".to_vec()), ("content-length".into(), b"999".to_vec())],
        body: Bytes::from_static(b"come back later"),
        ending: Ending::Whole,
        by: AnsweredBy::Rule,
        what: "a rule".into(),
    }
}

async fn rig(given: Given, delay: Duration, first: u32) -> (Rig, Arc<Scripted>) {
    let scripted = Arc::new(Scripted { given, delay, first, asked: Mutex::default() });
    (with_answers(scripted.clone()).await, scripted)
}

#[tokio::test]
async fn a_rule_answers_the_first_attempts_and_the_next_one_passes() {
    let (rig, scripted) = rig(given(Some(503)), Duration::from_millis(30), 2).await;
    let started = Instant::now();
    let answer = rig.raw(&signed("msg_1", b"{\"type\":\"batch.succeeded\"}")).await;
    assert!(started.elapsed() >= Duration::from_millis(30));
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("retry-after: 7\r\n") && answer.contains("content-length: 15\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\ncome back later"), "{answer}");
    assert_eq!(status(&rig.raw(&signed("msg_1", b"{\"type\":\"batch.succeeded\"}")).await), "503");
    assert_eq!(status(&rig.raw(&signed("msg_1", b"{\"type\":\"batch.succeeded\"}")).await), "200");
    assert_eq!(status(&rig.raw(&signed("msg_1", b"{\"type\":\"batch.succeeded\"}")).await), "200");

    let ids = rig.store.ids().await.unwrap();
    let rows = rig.store.rows(&ids).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.attempt, row.status, row.answered_by, row.duplicate)).collect();
    let by = Some(AnsweredBy::Rule);
    assert_eq!(told, [(1, 503, by, false), (2, 503, by, false), (3, 200, None, false), (4, 200, None, true)]);
    assert!(rows.iter().all(|row| row.took_us.is_some()));
    let kept = rig.store.delivery(ids[0]).await.unwrap().unwrap().answer;
    assert_eq!((kept.body.as_str(), kept.by), ("come back later", Some((AnsweredBy::Rule, "a rule".to_owned()))));
    let asked = scripted.asked.lock().unwrap();
    assert_eq!((asked[0].status, asked[0].event_type.as_deref(), asked[2].attempt), (200, Some("batch.succeeded"), 3));
}

#[tokio::test]
async fn without_a_status_the_usual_one_stays() {
    let (rig, _) = rig(given(None), Duration::ZERO, 9).await;
    assert_eq!(status(&rig.raw(&signed("msg_1", b"{}")).await), "200");
    let forged = String::from_utf8(signed("msg_2", b"{}")).unwrap().replace("v1,", "v1,AAAA");
    assert_eq!(status(&rig.raw(forged.as_bytes()).await), "401");
}

#[tokio::test]
async fn a_connection_is_dropped_before_or_inside_the_answer() {
    let (before, _) = rig(Given { ending: Ending::DroppedBefore, ..given(Some(200)) }, Duration::ZERO, 9).await;
    assert_eq!(before.raw(&signed("msg_1", b"{}")).await, "");
    let row = before.only().await.row;
    assert_eq!((row.status, row.answered_by), (0, Some(AnsweredBy::Rule)));

    let (inside, _) = rig(Given { ending: Ending::DroppedInside, ..given(Some(202)) }, Duration::ZERO, 9).await;
    let answer = inside.raw(&signed("msg_1", b"{}")).await;
    assert!(answer.starts_with("HTTP/1.1 202 ") && answer.contains("content-length: 15\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\ncome ba"), "half of it: {answer}");
    assert_eq!(inside.only().await.row.status, 202);

    let (empty, _) =
        rig(Given { ending: Ending::DroppedInside, body: Bytes::new(), ..given(Some(200)) }, Duration::ZERO, 9).await;
    let answer = empty.raw(&signed("msg_1", b"{}")).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length: usize = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    assert_eq!(body.len(), length / 2);
}

#[tokio::test]
async fn a_target_that_takes_it_counts_as_accepted() {
    let target =
        Given { by: AnsweredBy::Target, status: Some(204), body: Bytes::new(), headers: Vec::new(), ..given(None) };
    let (rig, _) = rig(target, Duration::ZERO, 9).await;
    assert_eq!(status(&rig.raw(&signed("msg_1", b"{}")).await), "204");
    assert_eq!(status(&rig.raw(&signed("msg_1", b"{}")).await), "204");
    let ids = rig.store.ids().await.unwrap();
    let rows = rig.store.rows(&ids).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.duplicate).collect::<Vec<_>>(), [false, true]);
    assert_eq!(rows[0].answered_by, Some(AnsweredBy::Target));
}

#[tokio::test]
async fn a_body_that_is_not_whole_is_not_for_scripts() {
    let (rig, scripted) = rig(given(Some(200)), Duration::ZERO, 9).await;
    let head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999\r\nconnection: close\r\n\r\n";
    let request = [&head[..], &[b'a'; 70_000]].concat();
    assert_eq!(status(&rig.raw(&request).await), "413");
    assert!(scripted.asked.lock().unwrap().is_empty());
}
