#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

#[tokio::test]
async fn silence_is_timed_out_at_each_step_and_the_address_is_not_repeated() {
    let probes = Probes::default();
    for said in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{"] {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}/s3cret/", socket.local_addr().unwrap());
        let silent = tokio::spawn(async move {
            let (mut stream, _) = socket.accept().await.unwrap();
            // An answer before the request would be a different fault.
            stream.read_exact(&mut [0; 100]).await.unwrap();
            stream.write_all(said.as_bytes()).await.unwrap();
            std::future::pending::<()>().await;
        });
        let result = within(Duration::from_millis(300), &probes, &base, None).await;
        silent.abort();
        assert_eq!((result.outcome, result.status, result.took), (Outcome::TimedOut, None, None), "{said:?}");
        assert!(!result.message.contains("s3cret"), "{}", result.message);
        // Otherwise it would still be known.
        assert!(format!("{probes:?}").contains("outstanding: 0"), "{probes:?}");
    }
}
