//! Bodies that share the room in memory: as many as fit are stored, and silent ones keep nobody out.

use std::time::Duration;

use inbound::{Limits, Refusal};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::rig::{Rig, read_answer, rig, signed, status, with_history};

const MIB: usize = 1024 * 1024;

/// A connection that has sent its head and this much of a body, and pauses.
async fn begun(rig: &Rig, declared: usize, sent: usize) -> TcpStream {
    let mut stream = rig.connect().await;
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {declared}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // In two parts: a body in one piece needs no buffer.
    stream.write_all(&vec![b'x'; sent / 2]).await.unwrap();
    stream.flush().await.unwrap();
    tokio::task::yield_now().await;
    stream.write_all(&vec![b'x'; sent - sent / 2]).await.unwrap();
    stream
}

/// The resident memory of this process, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_only_promised_takes_no_memory_and_keeps_nobody_out() {
    let rig = rig(Limits { bodies: 64 * MIB, ..Limits::default() }).await;
    let before = resident();
    let mut held = Vec::new();
    for _ in 0..200 {
        held.push(begun(&rig, 10 * MIB, 4).await);
    }
    // One that needs room gets it as well: 2,000 MiB are promised, of 64.
    let honest = rig.post("msg_1", &vec![b'y'; 10 * MIB]).await;
    assert_eq!(status(&honest), "200", "{honest}");
    let more = resident().saturating_sub(before);
    assert!(more < 150 * MIB, "{} MiB more", more / MIB);
    drop(held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_come_all_at_once_are_all_stored_though_few_fit_together() {
    let rig = std::sync::Arc::new(rig(Limits { bodies: 8 * MIB, body: 3 * MIB, ..Limits::default() }).await);
    let mut sent = tokio::task::JoinSet::new();
    for number in 0..12 {
        let rig = rig.clone();
        sent.spawn(async move {
            let mut stream = rig.connect().await;
            let request = signed(&format!("msg_{number}"), &vec![b'x'; 2 * MIB]);
            // All have a part before any has the rest.
            for part in request.chunks(256 * 1024) {
                stream.write_all(part).await.unwrap();
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            read_answer(&mut stream).await
        });
    }
    let answers = sent.join_all().await;
    let stored = answers.iter().filter(|answer| status(answer) == "200").count();
    assert_eq!(stored, 12, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_came_whole_wait_for_the_history_and_are_not_refused_for_coming_together() {
    let mut options = store::Options::default();
    options.queue_bytes = MIB;
    let rig = std::sync::Arc::new(with_history(options).await);
    // Somebody else writes, so the queue fills up.
    let other = rusqlite::Connection::open(rig.folder.path().join("h.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut sent = tokio::task::JoinSet::new();
    for number in 0..20 {
        let rig = rig.clone();
        sent.spawn(async move { rig.post(&format!("msg_{number}"), &vec![b'x'; 256 * 1024]).await });
    }
    while rig.store.queued_bytes() < 768 * 1024 {
        tokio::task::yield_now().await;
    }
    other.execute_batch("ROLLBACK").unwrap();
    let answers = sent.join_all().await;
    let stored = answers.iter().filter(|answer| status(answer) == "200").count();
    assert_eq!(stored, 20, "{answers:?}");
}

#[tokio::test]
async fn silent_uploads_that_fill_the_room_make_way_for_one_that_comes() {
    let limits = Limits { bodies: 2 * MIB, body: MIB, body_time: Duration::from_secs(60), ..Limits::default() };
    let rig = rig(limits).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(begun(&rig, MIB, MIB - 70_000).await);
    }
    assert_eq!(status(&rig.post("msg_0", b"{}").await), "200", "small bodies need no room");
    let honest = rig.post("msg_1", &vec![b'y'; MIB]).await;
    assert_eq!(status(&honest), "200", "{honest}");
    // Those that made way were told so, and are kept as far as they arrived.
    let slow = rig.tally.count_of(Refusal::BodyTooSlow);
    assert!((1..=3).contains(&slow), "{slow}");
    let mut answers = Vec::new();
    for stream in &mut held {
        answers.push(status(&read_answer(stream).await).to_owned());
    }
    assert!(answers.iter().all(|answer| answer == "408"), "{answers:?}");
}

#[tokio::test]
async fn a_body_that_never_fits_or_waits_too_long_is_503_and_the_room_comes_back() {
    let limits = Limits { bodies: 300_000, room_time: Duration::ZERO, ..Limits::default() };
    let rig = rig(limits).await;
    let request = signed("msg_1", &vec![b'x'; 200_000]);
    let mut held = rig.connect().await;
    held.write_all(&request[..request.len() - 10]).await.unwrap();
    loop {
        // Wait until the one before has its part of the room.
        let answer = rig.post("msg_2", &vec![b'y'; 200_000]).await;
        if status(&answer) == "503" {
            assert!(answer.to_ascii_lowercase().contains("retry-after"), "{answer}");
            break;
        }
    }
    assert_eq!(status(&rig.post("msg_3", b"{}").await), "200", "small bodies still come in");
    held.write_all(&request[request.len() - 10..]).await.unwrap();
    assert_eq!(status(&read_answer(&mut held).await), "200");
    assert_eq!(status(&rig.post("msg_4", &vec![b'y'; 200_000]).await), "200");
    assert_eq!(status(&rig.post("msg_5", &vec![b'y'; 300_001]).await), "503", "larger than the room");
    let counts = (rig.tally.snapshot().refused, rig.tally.count_of(Refusal::NoRoom));
    assert!(counts.0 == counts.1 && counts.1 >= 2, "{counts:?}");
}

#[tokio::test]
async fn a_body_without_a_length_shares_the_room_too() {
    let rig = rig(Limits { bodies: MIB, body: 300_000, room_time: Duration::ZERO, ..Limits::default() }).await;
    let mut request = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..20 {
        request.extend_from_slice(b"2710\r\n");
        request.extend_from_slice(&[b'x'; 10_000]);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    for _ in 0..10 {
        // One after the other: the room of the one before is free again.
        assert_eq!(status(&rig.raw(&request).await), "401");
    }
}

#[tokio::test]
async fn an_upload_that_trickles_is_cut_long_before_its_time_and_a_slow_one_is_not() {
    let rig = rig(Limits { body_time: Duration::from_secs(3600), ..Limits::default() }).await;
    let mut slow = begun(&rig, 40_000, 1).await;
    let mut trickling = begun(&rig, 40_000, 1).await;
    let began = std::time::Instant::now();
    let send = async {
        // 20 KB a second; the minimum is 8 KiB.
        for _ in 0..70 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let _ = trickling.write_all(b"x").await;
            slow.write_all(&[b'x'; 571]).await.unwrap();
        }
        slow.write_all(&[b'x'; 29]).await.unwrap();
    };
    send.await;
    let answer = read_answer(&mut trickling).await;
    assert_eq!(status(&answer), "408", "{answer}");
    assert!(began.elapsed() < Duration::from_secs(60), "by its pace, not by its time");
    slow.shutdown().await.unwrap();
    assert_eq!(status(&read_answer(&mut slow).await), "401", "whole, and without a signature");
    let newest = rig.tally.newest(1).remove(0);
    assert!(newest.refusal == Refusal::BodyTooSlow && newest.reason.contains("too slowly"), "{newest:?}");
}
