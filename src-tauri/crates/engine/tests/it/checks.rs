//! The window's handler check, which signs with the Sandbox's keys.

use std::time::{Duration, Instant};

use engine::{CheckPlan, CheckProgress, CheckReport, Engine};
use signature::Scheme;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::parts::Parts;
use crate::receiver::Receiver;

/// Checks this handler to the end.
async fn check(engine: &Engine, url: String) -> CheckReport {
    let plan = CheckPlan { url, secret: None, schemes: vec![Scheme::V1a, Scheme::Jwt], timeout_ms: 10_000 };
    engine.checks().start(plan).await.unwrap();
    let started = Instant::now();
    loop {
        let report = engine.checks().report().unwrap();
        if report.progress != CheckProgress::Running {
            assert_eq!(report.progress, CheckProgress::Done, "{report:#?}");
            return report;
        }
        assert!(started.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A handler that fetches the keys for each delivery, and then refuses it.
async fn fetching(jwks: String) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", socket.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let jwks = jwks.clone();
            tokio::spawn(async move {
                // The call that checks whether anybody listens sends nothing.
                if stream.read(&mut [0; 65_536]).await.is_ok_and(|bytes| bytes > 0) {
                    reqwest::get(jwks).await.unwrap();
                    let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                    let _ = stream.write_all(answer).await;
                    // Read the rest of a large body: otherwise the connection is reset before the answer is read.
                    while stream.read(&mut [0; 65_536]).await.is_ok_and(|bytes| bytes > 0) {}
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn old_keys_are_told_from_who_asked_the_sandbox_for_them() {
    let parts = Parts::default();
    let engine = parts.start(true).await;
    let handler = Receiver::start().await;
    handler.answers("401 Unauthorized", "", Duration::ZERO);
    // Pollux itself has fetched them for its listener: that was not the handler.
    let report = check(&engine, handler.url()).await;
    let [cause] = report.causes.as_slice() else { panic!("{:#?}", report.causes) };
    assert!(cause.what.contains("has not asked for the JWKS"), "{cause:?}");
    assert_eq!((cause.line.as_str(), report.failed), ("v1a_valid", 1));

    let jwks = report.keys.iter().find(|key| key.starts_with("http")).unwrap().clone();
    let report = check(&engine, fetching(jwks).await).await;
    let [cause] = report.causes.as_slice() else { panic!("{:#?}", report.causes) };
    assert!(cause.what.contains("refuses everything with 401"), "{cause:?}");
}
