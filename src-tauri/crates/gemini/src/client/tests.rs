//! What a caller learns if the other end misbehaves: against servers that send bytes, not HTTP.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// Long enough that only a server that never answers exceeds it.
const SHORT: Duration = Duration::from_millis(400);

/// How a server treats a connection.
#[derive(Clone, Copy)]
enum Manner {
    /// Closes it before it reads a request.
    Closes,
    /// Sends this before it reads anything, and closes.
    Blurts(&'static str),
    /// Reads a request, sends this and closes.
    Says(&'static str),
    /// Reads a request and never answers.
    Reads,
    /// Reads a request, sends this, and then stalls.
    Begins(&'static str),
    /// Accepts it, and leaves it open.
    Stands,
}

async fn server(manner: Manner) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut standing = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            match manner {
                Manner::Closes => continue,
                Manner::Blurts(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                    continue;
                }
                Manner::Stands => {}
                Manner::Reads => read_request(&mut stream).await,
                Manner::Says(text) | Manner::Begins(text) => {
                    read_request(&mut stream).await;
                    stream.write_all(text.as_bytes()).await.unwrap();
                    if let Manner::Says(_) = manner {
                        continue;
                    }
                }
            }
            standing.push(stream);
        }
    });
    address
}

/// Reads head and body, so that nothing unread turns the close into a reset.
async fn read_request(stream: &mut TcpStream) {
    let (mut seen, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut piece).await.unwrap();
        assert_ne!(count, 0, "the client left");
        seen.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&seen);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return;
        }
    }
}

/// The result of a rotation at this base address.
async fn asked(base: &str) -> ClientError {
    // As in production, connecting times out before anything else does.
    let patience = Patience { call: 2 * SHORT, connect: SHORT, read: 2 * SHORT };
    let client = Client::patient(base, ApiVersion::V1, "a-key", patience).unwrap();
    client.webhook_rotate("wid", Revocation::AfterH24).await.unwrap_err()
}

async fn from(manner: Manner) -> ClientError {
    asked(&format!("http://{}", server(manner).await)).await
}

#[tokio::test]
async fn what_was_never_sent_was_not_acted_on() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = asked(&format!("http://{free}")).await;
    assert!(matches!(&refused, ClientError::NotSent(why) if why.contains("refused")), "{refused:?}");
    let unnamed = asked("https://nobody.invalid").await;
    // No TLS: another protocol, a cut, silence.
    let tls = async |manner| asked(&format!("https://{}", server(manner).await)).await;
    let plain = tls(Manner::Blurts("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let cut = tls(Manner::Closes).await;
    let waiting = tls(Manner::Stands).await;
    for error in [refused, unnamed, plain, cut, waiting] {
        assert!(matches!(error, ClientError::NotSent(_)), "{error:?}");
        assert!(!error.may_have_been_acted_on(), "{error:?}");
        assert!(error.to_string().starts_with("The API could not be reached: "), "{error}");
    }
}

#[tokio::test]
async fn what_was_sent_and_not_answered_may_have_been_acted_on() {
    let lost = [
        Manner::Says(""),
        Manner::Says("HTTP/1.1 200 OK\r\ncontent-le"),
        Manner::Says("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"sec"),
        Manner::Says("220 mail.example ESMTP\r\n"),
    ];
    for manner in lost {
        let error = from(manner).await;
        assert!(matches!(error, ClientError::Unreachable(_)), "{error:?}");
        assert!(error.may_have_been_acted_on());
        assert!(error.to_string().starts_with("The connection to the API was lost"), "{error}");
    }
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"sec";
    for manner in [Manner::Reads, Manner::Begins("HTTP/1.1 200 OK\r\n"), Manner::Begins(half)] {
        let error = from(manner).await;
        assert_eq!(error, ClientError::TimedOut);
        assert!(error.may_have_been_acted_on());
    }
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<!doctype html><p>Sign in</p>";
    for text in [page, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"] {
        let error = from(Manner::Says(text)).await;
        assert!(matches!(error, ClientError::Unreadable(_)), "{error:?}");
        assert!(error.may_have_been_acted_on());
    }
    assert!(ClientError::TooLarge { limit: 1 }.may_have_been_acted_on());
}

#[tokio::test]
async fn a_refusal_is_one_even_where_its_words_are_lost() {
    for (status, acted_on) in [(400, false), (401, false), (404, false), (429, false), (500, true), (503, true)] {
        for tail in ["", "content-length: 900\r\n\r\n{\"error\":"] {
            let text: &'static str = Box::leak(format!("HTTP/1.1 {status} No\r\n{tail}\r\n").into_boxed_str());
            let error = from(Manner::Says(text)).await;
            assert_eq!((error.http(), error.may_have_been_acted_on()), (Some(status), acted_on), "{error:?}");
        }
    }
    let error = from(Manner::Says("HTTP/1.1 307 Elsewhere\r\nlocation: /x\r\n\r\n")).await;
    assert_eq!((&error, error.may_have_been_acted_on()), (&ClientError::Redirected, false));
    let never = [ClientError::Address(String::new()), ClientError::Key, ClientError::Name(String::new())];
    assert!(never.iter().all(|error| !error.may_have_been_acted_on()));
}
