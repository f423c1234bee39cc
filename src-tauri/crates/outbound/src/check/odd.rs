//! Requests that the delivery client does not make: a GET, and a body that arrives in pieces.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body, Frame, SizeHint};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::time::{Sleep, sleep, timeout};

use super::forge::Delivery;
use crate::client::{Answer, Exchange};
use crate::problem::{Problem, ProblemCode};
use crate::target::Target;
use crate::tls;

/// How much of an answer is read.
const READ: usize = 256 * 1024;

/// A GET.
pub(super) async fn get(target: &Target, any_certificate: bool, time: Duration) -> Exchange {
    send(target, any_certificate, time, Method::GET, &[], Drops::none()).await
}

/// A delivery whose body takes `over` to arrive, in `pieces`.
pub(super) async fn drip(
    target: &Target,
    any_certificate: bool,
    time: Duration,
    delivery: &Delivery,
    pieces: usize,
    over: Duration,
) -> Exchange {
    let drops = Drops::of(&delivery.body, pieces, over);
    send(target, any_certificate, time, Method::POST, &delivery.headers, drops).await
}

async fn send(
    target: &Target,
    any_certificate: bool,
    time: Duration,
    method: Method,
    headers: &[(String, Vec<u8>)],
    body: Drops,
) -> Exchange {
    let started = Instant::now();
    let failed = |problem| Exchange { answer: None, problem: Some(problem), total: started.elapsed() };
    let mut request = Request::builder().method(method).uri(target.uri().clone()).header("host", target.authority());
    for (name, value) in headers {
        request = request.header(name.as_str(), value.as_slice());
    }
    let request = match request.body(body) {
        Ok(request) => request,
        Err(error) => {
            return failed(Problem::new(ProblemCode::NotSendable, format!("The request cannot be sent: {error}.")));
        }
    };
    match timeout(time, answer(request, target, any_certificate, started)).await {
        Ok(Ok(answer)) => Exchange { answer: Some(answer), problem: None, total: started.elapsed() },
        Ok(Err(problem)) => failed(problem),
        Err(_) => failed(Problem::too_slow(target, time)),
    }
}

async fn answer(
    request: Request<Drops>,
    target: &Target,
    any_certificate: bool,
    started: Instant,
) -> Result<Answer, Problem> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let builder = {
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_max_idle_per_host(0).set_host(false);
        builder
    };
    let response = if target.is_tls() {
        let connector = if any_certificate { tls::taking_any(tcp) } else { tls::trusting_the_system(tcp) };
        let connector = connector.map_err(|why| {
            Problem::new(
                ProblemCode::TlsFailed,
                format!(
                    "No secure connection could be made: \
                {why}."
                ),
            )
        })?;
        builder.build(connector).request(request).await
    } else {
        builder.build(tcp).request(request).await
    };
    let response = response.map_err(|error| Problem::of(&error, target, error.is_connect()))?;
    let first = started.elapsed();
    let (head, body) = response.into_parts();
    let body = Limited::new(body, READ).collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let headers = head.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()));
    Ok(Answer {
        status: head.status.as_u16(),
        version: "HTTP/1.1",
        headers: headers.collect(),
        first,
        body_len: body.len() as u64,
        body,
    })
}

/// A body of known length that is sent in pieces, with a pause before each.
pub(super) struct Drops {
    pieces: VecDeque<Bytes>,
    left: u64,
    pause: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Drops {
    fn none() -> Self {
        Self { pieces: VecDeque::new(), left: 0, pause: Duration::ZERO, sleep: Box::pin(sleep(Duration::ZERO)) }
    }

    fn of(body: &Bytes, pieces: usize, over: Duration) -> Self {
        let size = body.len().div_ceil(pieces.max(1)).max(1);
        let cut: VecDeque<Bytes> = body.chunks(size).map(Bytes::copy_from_slice).collect();
        let pause = over / u32::try_from(cut.len().max(1)).unwrap_or(1);
        Self { pieces: cut, left: body.len() as u64, pause, sleep: Box::pin(sleep(pause)) }
    }
}

impl Body for Drops {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.pieces.is_empty() {
            return Poll::Ready(None);
        }
        if self.sleep.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        let pause = self.pause;
        self.sleep = Box::pin(sleep(pause));
        let piece = self.pieces.pop_front();
        self.left = self.left.saturating_sub(piece.as_ref().map_or(0, |piece| piece.len() as u64));
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
