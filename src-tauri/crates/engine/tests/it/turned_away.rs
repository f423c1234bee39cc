//! What the listener turned away, as the window asks for it.

use std::sync::{Arc, Mutex};

use engine::{Code, Live, Refusal, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::parts::{Parts, soon};

/// Sends bytes and returns the status of the answer.
async fn ask(address: &str, request: &str) -> String {
    let host = address.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_kind_is_counted_and_told_to_the_window_with_what_is_known() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let told: Arc<Mutex<Vec<(u64, u64)>>> = Arc::default();
    engine.attach(Box::new({
        let told = told.clone();
        move |message| {
            if let Live::Counts { counts } = message {
                told.lock().unwrap().push((counts.turned_away, counts.refused));
            }
            true
        }
    }));
    let empty = engine.listening().turned_away(100);
    assert_eq!((empty.total, empty.kinds.len(), empty.newest.len(), empty.remembered), (0, 0, 0, 0));

    let lines: String = (0..300).map(|n| format!("x-{n}: 1\r\n")).collect();
    assert_eq!(ask(&address, &format!("POST /hook?key=secret HTTP/1.1\r\nhost: x\r\n{lines}\r\n")).await, "431");
    let closing = "host: x\r\nconnection: close\r\n";
    for _ in 0..2 {
        assert_eq!(ask(&address, &format!("GET /somewhere HTTP/1.1\r\n{closing}\r\n")).await, "405");
    }
    let page = "origin: https://evil.example\r\ncontent-length: 0\r\n";
    assert_eq!(ask(&address, &format!("POST / HTTP/1.1\r\n{closing}{page}\r\n")).await, "403");
    soon("all are counted", async || engine.listening().turned_away(100).total == 4).await;
    let shown = engine.listening().turned_away(2);
    let kinds: Vec<_> = shown.kinds.iter().map(|kind| (kind.refusal, kind.status, kind.count)).collect();
    let expected = [(Refusal::HeadTooLarge, 431, 1), (Refusal::CrossSite, 403, 1), (Refusal::OtherMethod, 405, 2)];
    assert_eq!(kinds, expected);
    assert_eq!((shown.newest.len(), shown.remembered), (2, 4));
    let newest = &shown.newest[0];
    assert_eq!((newest.number, newest.refusal, newest.status), (4, Refusal::CrossSite, 403));
    assert_eq!((newest.method.as_deref(), newest.path.as_deref()), (Some("POST"), Some("/")));
    assert!(newest.peer.starts_with("127.0.0.1:") && newest.reason.contains("https://evil.example"), "{newest:?}");
    let first = engine.listening().turned_away(100).newest.pop().unwrap();
    assert_eq!(first.path.as_deref(), Some("/hook"), "without its query");
    soon("the window is told", async || told.lock().unwrap().last() == Some(&(4, 0))).await;
    engine.shutdown().await;
}

#[tokio::test]
async fn the_rate_for_local_requests_is_a_setting_that_is_checked_and_kept() {
    let parts = Parts::default();
    let (engine, address) = parts.listening(false).await;
    let rate = |local_per_second| Settings { port: None, local_per_second, ..Settings::default() };
    assert_eq!(engine.settings().set(rate(1_000_001)).await.unwrap_err().code, Code::InvalidSetting);
    engine.settings().set(Settings { port: engine.settings().get().port, ..rate(1) }).await.unwrap();
    let post = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let limited = async || {
        let mut limited = 0;
        for _ in 0..4 {
            limited += usize::from(ask(&address, post).await == "429");
        }
        limited
    };
    assert!(limited().await > 0);
    engine.settings().set(Settings { port: engine.settings().get().port, ..rate(0) }).await.unwrap();
    assert_eq!(limited().await, 0, "in force at once");
    engine.settings().set(Settings { port: engine.settings().get().port, ..rate(7) }).await.unwrap();
    engine.shutdown().await;
    let (engine, _) = parts.listening(false).await;
    assert_eq!(engine.settings().get().local_per_second, 7);
    engine.shutdown().await;
}
