//! A server that records what it was sent, byte for byte, and answers as told.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use outbound::{Bounds, Client, Exchange, Request, Target};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    /// Reads one request a connection and writes `answer`, then closes.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::with(move |mut stream| {
            let answer = answer.clone();
            async move {
                let request = request(&mut stream).await;
                // The client may have gone away.
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
                request
            }
        })
        .await
    }

    /// Hands each connection to the caller, who returns the request.
    pub(crate) async fn with<F>(serve: impl Fn(tokio::net::TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<u8>> + Send + 'static,
    {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let kept = requests.clone();
        let serve = Arc::new(serve);
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                let (kept, serve) = (kept.clone(), serve.clone());
                tokio::spawn(async move {
                    let request = serve(stream).await;
                    kept.lock().unwrap().push(request);
                });
            }
        });
        Self { address, requests }
    }

    pub(crate) fn target(&self) -> Target {
        Target::parse(&format!("http://{}/hook?a=b", self.address)).unwrap()
    }

    /// How many requests arrived.
    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The only request that came, once it is whole.
    pub(crate) async fn only(&self) -> Vec<u8> {
        for _ in 0..500 {
            if let [one] = self.requests.lock().unwrap().as_slice() {
                return one.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{} requests came", self.requests.lock().unwrap().len());
    }
}

/// A request with a `content-length`.
pub(crate) async fn request(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length =
                head.split("content-length: ").nth(1).map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return bytes;
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return bytes;
        }
    }
}

pub(crate) async fn send(target: Target, headers: &[(&str, &[u8])], body: &[u8], bounds: Bounds) -> Exchange {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
    let request = Request { target, headers, body: Bytes::copy_from_slice(body), any_certificate: false };
    Client::default().send(request, bounds).await
}
