//! TLS: problems with a certificate are reported by name, and one target may allow any certificate.

use std::sync::Arc;

use bytes::Bytes;
use outbound::{Bounds, Client, Exchange, ProblemCode, Request, Target};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::server::{Server, request};

fn acceptor(names: &[&str], expired: bool) -> TlsAcceptor {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    if expired {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder().with_no_client_auth();
    TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate.der().clone()], key).unwrap()))
}

async fn secured(acceptor: TlsAcceptor) -> Server {
    Server::with(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return Vec::new() };
            let request = request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await;
            let _ = stream.shutdown().await;
            request
        }
    })
    .await
}

async fn post(url: &str, any_certificate: bool) -> Exchange {
    let request =
        Request { target: Target::parse(url).unwrap(), headers: Vec::new(), body: Bytes::from("{}"), any_certificate };
    Client::default().send(request, Bounds::default()).await
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused_by_name_and_can_be_allowed() {
    let server = secured(acceptor(&["localhost"], false)).await;
    let url = format!("https://localhost:{}/", server.address.port());
    let problem = post(&url, false).await.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::TlsUntrusted);
    assert!(problem.message.contains("self-signed") && problem.message.contains("allowed for this target"));
    let allowed = post(&url, true).await;
    assert_eq!(allowed.answer.unwrap().status, 204, "{:?}", allowed.problem);
}

#[tokio::test]
async fn any_certificate_means_also_one_that_expired_or_names_another() {
    let server = secured(acceptor(&["hooks.example.com"], true)).await;
    let url = format!("https://localhost:{}/", server.address.port());
    assert!(post(&url, false).await.problem.unwrap().code.as_str().starts_with("tls_"));
    assert_eq!(post(&url, true).await.answer.unwrap().status, 204);
}

/// Answers whatever it is sent.
async fn saying(words: &'static str) -> Server {
    Server::with(move |mut stream| async move {
        let mut beginning = [0; 64];
        let _ = stream.read(&mut beginning).await;
        let _ = stream.write_all(words.as_bytes()).await;
        let _ = stream.shutdown().await;
        Vec::new()
    })
    .await
}

#[tokio::test]
async fn a_port_that_speaks_no_tls_is_told() {
    let server = saying("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
    let problem = post(&format!("https://localhost:{}/", server.address.port()), false).await.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::TlsNotSpoken, "{}", problem.message);
    assert!(problem.message.contains("http:// instead of https://"));
    let server = saying("").await;
    let problem = post(&format!("https://localhost:{}/", server.address.port()), false).await.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::TlsFailed, "{}", problem.message);
}
