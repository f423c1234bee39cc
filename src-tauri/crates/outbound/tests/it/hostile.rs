//! Answers that never end, that drip, or that are not HTTP: limited in bytes and time, and reported.

use std::io::Write as _;
use std::time::{Duration, Instant};

use outbound::{Bounds, Exchange, ProblemCode, Target};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::server::{Server, request, send};

const MIB: u64 = 1024 * 1024;

fn bounds() -> Bounds {
    Bounds { time: Duration::from_millis(900), ..Bounds::default() }
}

async fn ask(server: &Server, bounds: Bounds) -> Exchange {
    send(server.target(), &[], b"{}", bounds).await
}

fn told(exchange: &Exchange) -> (ProblemCode, &str) {
    let problem = exchange.problem.as_ref().expect("a problem");
    (problem.code, &problem.message)
}

#[tokio::test]
async fn an_endless_body_is_cut_and_its_beginning_kept() {
    let server = Server::with(|mut stream| async move {
        let request = request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
        let chunk = [b"10000\r\n", vec![b'a'; 0x10000].as_slice(), b"\r\n"].concat();
        while stream.write_all(&chunk).await.is_ok() {}
        request
    })
    .await;
    let exchange = ask(&server, Bounds { time: Duration::from_secs(20), read: 4 * MIB, kept: 1000 }).await;
    assert_eq!(told(&exchange).0, ProblemCode::BodyTooLong);
    assert!(told(&exchange).1.contains("longer than 4194304 bytes"), "{}", told(&exchange).1);
    let answer = exchange.answer.unwrap();
    assert_eq!((answer.status, answer.body.len()), (200, 1000));
    assert!((4 * MIB..6 * MIB).contains(&answer.body_len), "{}", answer.body_len);
}

#[tokio::test]
async fn a_hundred_mebibytes_are_not_read_to_their_end() {
    let server = Server::with(|mut stream| async move {
        let request = request(&mut stream).await;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 100 * MIB);
        let _ = stream.write_all(head.as_bytes()).await;
        let block = vec![b'a'; 1 << 16];
        for _ in 0..1600 {
            if stream.write_all(&block).await.is_err() {
                break;
            }
        }
        request
    })
    .await;
    let exchange = ask(&server, Bounds { time: Duration::from_secs(20), ..Bounds::default() }).await;
    assert_eq!(told(&exchange).0, ProblemCode::BodyTooLong);
    assert!(exchange.answer.unwrap().body_len < 18 * MIB);
}

#[tokio::test]
async fn a_drip_and_a_silence_end_with_the_time() {
    for (head, code, words) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", ProblemCode::BodyTooSlow, "did not end within 900 ms"),
        ("HTTP/1.1 200 OK\r\nx-slow: ", ProblemCode::TimedOut, "no answer within 900 ms"),
        ("", ProblemCode::TimedOut, "no answer within 900 ms"),
    ] {
        let server = Server::with(move |mut stream| async move {
            let request = request(&mut stream).await;
            let _ = stream.write_all(head.as_bytes()).await;
            for _ in 0..40 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                if !head.is_empty() && stream.write_all(b"a").await.is_err() {
                    break;
                }
            }
            request
        })
        .await;
        let started = Instant::now();
        let exchange = ask(&server, bounds()).await;
        assert!(started.elapsed() < Duration::from_secs(3), "{head:?}");
        assert_eq!(told(&exchange).0, code, "{head:?}");
        assert!(told(&exchange).1.contains(words), "{}", told(&exchange).1);
        assert_eq!(exchange.answer.is_some(), code == ProblemCode::BodyTooSlow);
    }
}

#[tokio::test]
async fn what_is_no_http_is_told_by_name() {
    let long = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\n\r\n", "a".repeat(2_000_000));
    for (answer, code, words) in [
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), ProblemCode::NotHttp, "is not HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x46".to_vec(), ProblemCode::NotHttp, "write https://"),
        (b"HTTP/1.1 999999 x\r\n\r\n".to_vec(), ProblemCode::NotHttp, "is not HTTP"),
        (long.into_bytes(), ProblemCode::HeadTooLong, "too long"),
        (Vec::new(), ProblemCode::NoAnswer, "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-le".to_vec(), ProblemCode::NoAnswer, "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec(), ProblemCode::BodyCutShort, "after 3 bytes"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc".to_vec(),
            ProblemCode::BodyCutShort,
            "incomplete",
        ),
    ] {
        let server = Server::answering(answer.clone()).await;
        let exchange = ask(&server, Bounds { time: Duration::from_secs(10), ..Bounds::default() }).await;
        let shown = String::from_utf8_lossy(&answer[..answer.len().min(60)]).into_owned();
        assert_eq!(told(&exchange).0, code, "{shown:?}: {}", told(&exchange).1);
        assert!(told(&exchange).1.contains(words), "{shown:?}: {}", told(&exchange).1);
    }
}

#[tokio::test]
async fn a_compression_bomb_stays_folded() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let block = vec![0; 1024 * 1024];
    for _ in 0..64 {
        gzip.write_all(&block).unwrap();
    }
    let bomb = gzip.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", bomb.len());
    let server = Server::answering([head.as_bytes(), &bomb].concat()).await;
    let exchange = ask(&server, Bounds::default()).await;
    let answer = exchange.answer.unwrap();
    assert_eq!(answer.body_len, bomb.len() as u64);
    assert!(bomb.starts_with(&answer.body) && answer.body.len() >= bomb.len().min(64 * 1024));
}

#[tokio::test]
async fn nobody_there_is_told_with_what_to_do() {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let target = Target::parse(&format!("http://{address}/")).unwrap();
    let exchange = send(target, &[], b"", Bounds::default()).await;
    assert_eq!(told(&exchange).0, ProblemCode::ConnectionRefused);
    assert!(told(&exchange).1.contains("Start your handler"), "{}", told(&exchange).1);
    assert!(exchange.problem.unwrap().is_down());
    let target = Target::parse("http://no-such-host.invalid/").unwrap();
    let exchange = send(target, &[], b"", Bounds::default()).await;
    assert_eq!(told(&exchange).0, ProblemCode::NameNotFound, "{}", told(&exchange).1);
}
