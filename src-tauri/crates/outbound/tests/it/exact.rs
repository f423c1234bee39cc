//! The target receives what was given, byte for byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use outbound::{Bounds, Client, ProblemCode, Received, Recipe, Request, compose};
use samples::system_random;
use tokio::io::AsyncWriteExt as _;

use crate::server::{Server, request, send};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-two: 1\r\nx-two: 2\r\n\r\nok";

#[tokio::test]
async fn header_lines_keep_their_order_their_bytes_and_their_repetitions() {
    let server = Server::answering(OK).await;
    let target = server.target();
    let body: Vec<u8> = (0..=255_u8).cycle().take(70_000).collect();
    let received = Received {
        headers: [
            ("x-first", &b"1"[..]),
            ("host", b"hooks.example.com"),
            ("content-length", b"70000"),
            ("webhook-id", b"msg_1"),
            ("connection", b"keep-alive, x-hop"),
            ("x-hop", b"mine"),
            ("x-latin", b"caf\xe9"),
            ("x-empty", b""),
            ("x-twice", b"b"),
            ("x-twice", b"a"),
            ("accept-encoding", b"gzip"),
            ("user-agent", b"Google-Gemini-Webhooks"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_vec()))
        .to_vec(),
        body: body.clone().into(),
        path: "/nightly".to_owned(),
        part_of: None,
    };
    let composed = compose(&received, &Recipe::default(), &target, 0, &system_random()).unwrap();
    assert!(!composed.body_changed && composed.changes.is_empty());
    let named: Vec<&str> = composed.altered.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(named, ["connection", "x-hop", "host", "path"]);
    let request =
        Request { target: target.clone(), headers: composed.headers, body: composed.body, any_certificate: false };
    let exchange = Client::default().send(request, Bounds::default()).await;
    assert!(exchange.problem.is_none(), "{:?}", exchange.problem);

    let expected = format!(
        "POST /hook?a=b HTTP/1.1\r\nx-first: 1\r\nhost: {}\r\ncontent-length: 70000\r\nwebhook-id: msg_1\r\n\
         x-latin: caf\u{fffd}\r\nx-empty: \r\nx-twice: b\r\nx-twice: a\r\naccept-encoding: gzip\r\n\
         user-agent: Google-Gemini-Webhooks\r\n\r\n",
        server.address
    );
    let request = server.only().await;
    let (head, sent) = request.split_at(request.len() - body.len());
    assert_eq!(String::from_utf8_lossy(head), expected);
    assert!(head.windows(4).any(|four| four == b"caf\xe9"));
    assert!(sent == body, "the body is another");
}

#[tokio::test]
async fn what_framing_needs_is_added_and_nothing_else() {
    let server = Server::answering(OK).await;
    let exchange = send(server.target(), &[("x-a", b"1")], b"", Bounds::default()).await;
    let expected =
        format!("POST /hook?a=b HTTP/1.1\r\nx-a: 1\r\nhost: {}\r\ncontent-length: 0\r\n\r\n", server.address);
    assert_eq!(String::from_utf8_lossy(&server.only().await), expected);
    let answer = exchange.answer.unwrap();
    assert_eq!(
        (answer.status, answer.version, answer.body.as_slice(), answer.body_len),
        (200, "HTTP/1.1", &b"ok"[..], 2)
    );
    let lines: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    assert_eq!(lines, [("content-length", &b"2"[..]), ("x-two", b"1"), ("x-two", b"2")]);
    assert!(answer.first <= exchange.total);
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let elsewhere = Server::answering(OK).await;
    let location = format!("HTTP/1.1 307 x\r\nlocation: http://{}/\r\ncontent-length: 0\r\n\r\n", elsewhere.address);
    let server = Server::answering(location).await;
    let exchange = send(server.target(), &[], b"{}", Bounds::default()).await;
    assert_eq!(exchange.answer.unwrap().status, 307);
    // Whoever followed it would have been there before the answer was.
    assert_eq!(elsewhere.count(), 0);
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_named() {
    let server = Server::answering(OK).await;
    for (name, value, words) in
        [("x a", &b"1"[..], "The name of the header \"x a\""), ("x-a", b"1\r\nx: 2", "The value of the header \"x-a\"")]
    {
        let problem = send(server.target(), &[(name, value)], b"", Bounds::default()).await.problem.unwrap();
        assert_eq!(problem.code, ProblemCode::NotSendable);
        assert!(problem.message.contains(words), "{}", problem.message);
    }
}

#[tokio::test]
async fn a_connection_is_used_again_at_once_and_not_after_a_receiver_may_have_closed_it() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    let server = Server::with(move |mut stream| {
        counted.fetch_add(1, Ordering::SeqCst);
        async move {
            loop {
                let request = request(&mut stream).await;
                if request.is_empty() || stream.write_all(OK.as_bytes()).await.is_err() {
                    return request;
                }
            }
        }
    })
    .await;
    let client = Client::default();
    let send = async || {
        let request =
            Request { target: server.target(), headers: Vec::new(), body: Bytes::new(), any_certificate: false };
        assert_eq!(client.send(request, Bounds::default()).await.answer.unwrap().status, 200);
        // It returns to the pool after the answer.
        tokio::time::sleep(Duration::from_millis(50)).await;
        connections.load(Ordering::SeqCst)
    };
    assert_eq!((send().await, send().await), (1, 1));
    tokio::time::sleep(Duration::from_millis(1400)).await;
    assert_eq!(send().await, 2);
}
