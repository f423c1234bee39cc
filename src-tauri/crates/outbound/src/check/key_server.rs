//! Publishes the keys of a check for endpoints that fetch theirs: a JWKS at its own address.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use samples::SigningKeys;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Asked;

const PATH: &str = "/.well-known/jwks.json";
/// How long a client may take to send its request.
const HEAD: Duration = Duration::from_secs(5);
/// The most connections at once.
const MOST: usize = 256;

/// Serves public keys until it is dropped.
#[derive(Debug)]
pub struct KeyServer {
    address: SocketAddr,
    asked: Arc<AtomicU64>,
    serving: tokio::task::JoinHandle<()>,
}

impl KeyServer {
    /// Serves the public parts of these keys at `bind`; port 0 picks a free one.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn start(bind: SocketAddr, keys: &SigningKeys) -> io::Result<Self> {
        let listener = TcpListener::bind(bind).await?;
        let address = listener.local_addr()?;
        let jwks = Bytes::from(keys.jwks().to_string());
        let asked = Arc::new(AtomicU64::new(0));
        let serving = tokio::spawn(serve(listener, jwks, asked.clone()));
        Ok(Self { address, asked, serving })
    }

    /// `http://127.0.0.1:40123/.well-known/jwks.json`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Returns how often the keys were requested so far; usable while somebody else has the server.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let asked = self.asked.clone();
        Arc::new(move || asked.load(Ordering::Relaxed))
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, jwks: Bytes, asked: Arc<AtomicU64>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= MOST {
            connections.join_next().await;
        }
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection for the keys was not accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        let (jwks, asked) = (jwks.clone(), asked.clone());
        connections.spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = answer(&request, &jwks, &asked);
                async move { Ok::<_, Infallible>(response) }
            });
            let mut http = http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD);
            if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
                tracing::debug!(%error, "a connection for the keys ended");
            }
        });
    }
}

fn answer(request: &Request<Incoming>, jwks: &Bytes, asked: &AtomicU64) -> Response<Full<Bytes>> {
    let (status, body) = match (request.uri().path(), request.method()) {
        (PATH, &Method::GET) => {
            asked.fetch_add(1, Ordering::Relaxed);
            (StatusCode::OK, jwks.clone())
        }
        (PATH, &Method::HEAD) => (StatusCode::OK, jwks.clone()),
        (PATH, _) => (StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
        _ => (StatusCode::NOT_FOUND, Bytes::new()),
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let json = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, json);
    response
}
