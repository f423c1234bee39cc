//! What was turned away: counted in the status line, and shown with what is known of it, live.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use tests::window::{Options, open};

/// Sends bytes to the listener and gives the status of the answer.
fn ask(address: &str, request: &str) -> String {
    let host = address.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1).unwrap_or_default().to_owned()
}

fn says(testid: &str, text: &str) -> String {
    format!("return (document.querySelector('[data-testid={testid}]')?.innerText ?? '').includes('{text}')")
}

#[tokio::test]
async fn what_was_turned_away_is_counted_and_told_with_its_reason() {
    let window = open(Options::default()).await;
    let address = window.address().await;
    window.click("turned-away").await;
    window.wait("turned-away-empty").await;
    window.shots("turned-away-empty").await;

    let many: String = (0..300).map(|n| format!("x-proxy-{n}: 1\r\n")).collect();
    assert_eq!(ask(&address, &format!("POST /hook?key=secret HTTP/1.1\r\nhost: x\r\n{many}\r\n")), "431");
    // The dialog is open: it follows.
    window.until("it is told", &says("turned-away-dialog", "POST /hook")).await;
    window.until("it is counted", &says("turned-away", "1 turned away")).await;
    let page = "origin: https://evil.example\r\nsec-fetch-site: cross-site\r\ncontent-type: text/plain\r\n";
    let close = "host: x\r\nconnection: close\r\ncontent-length: 0\r\n";
    assert_eq!(ask(&address, &format!("POST / HTTP/1.1\r\n{close}{page}\r\n")), "403");
    assert_eq!(ask(&address, &format!("GET /status HTTP/1.1\r\n{close}\r\n")), "405");
    assert_eq!(ask(&address, "\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n"), "400");
    window.until("all four are counted", &says("turned-away", "4 turned away")).await;
    window.until("with the reasons", &says("turned-away-dialog", "https://evil.example")).await;
    let dialog = window.text("turned-away-dialog").await;
    assert!(dialog.contains("GET /status") && dialog.contains("TLS") && !dialog.contains("secret"), "{dialog}");
    window.shots("turned-away").await;
    window.press("\u{e00c}").await;
    window.gone("[data-testid=turned-away-dialog]").await;
    window.wait("first-sample").await; // nothing of it is in the history
}
