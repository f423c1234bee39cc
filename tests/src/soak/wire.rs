//! One connection of a sender. What was sent of a request, and whether it was answered, is known to the byte.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a sender waits for the connection, to be rid of its request, and for the answer: longer than any fault.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest head of an answer.
const HEAD: usize = 16 * 1024;

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// The answer is waited for.
    Patient,
    /// The connection is dropped behind the last byte.
    LeavesAtOnce,
    /// The connection is dropped behind so many bytes, fewer than there are.
    BreaksOff(usize),
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Answered(u16),
    /// Some or all of it was sent, and no answer came.
    Lost,
    /// There was no connection, so nothing was sent.
    Unreached,
}

/// A connection that is kept from request to request.
#[derive(Default)]
pub(super) struct Connection(Option<(SocketAddr, TcpStream)>);

impl Connection {
    /// Sends one request, over a new connection where there is none to this address.
    pub(super) async fn exchange(&mut self, to: SocketAddr, request: &[u8], manner: Manner) -> Sent {
        let kept = self.0.take().filter(|(of, _)| *of == to).map(|(_, stream)| stream);
        let mut stream = match kept {
            Some(stream) => stream,
            None => match timeout(PATIENCE, TcpStream::connect(to)).await {
                Ok(Ok(stream)) => stream,
                Ok(Err(_)) | Err(_) => return Sent::Unreached,
            },
        };
        let part = match manner {
            Manner::BreaksOff(bytes) => request.get(..bytes).unwrap_or(request),
            Manner::Patient | Manner::LeavesAtOnce => request,
        };
        // One that is refused may be answered before all of it was taken.
        let _ = timeout(PATIENCE, stream.write_all(part)).await;
        if manner != Manner::Patient {
            return Sent::Lost;
        }
        match timeout(PATIENCE, status(&mut stream)).await {
            Ok(Some((status, goes_on))) => {
                if goes_on {
                    self.0 = Some((to, stream));
                }
                Sent::Answered(status)
            }
            Ok(None) | Err(_) => Sent::Lost,
        }
    }
}

/// The status of the next answer, and whether the connection takes another request. `None` if there is no answer.
async fn status(stream: &mut TcpStream) -> Option<(u16, bool)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > HEAD || stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let status = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let field = |wanted: &str| {
        let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let closes = field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    // Behind other answers the rest of the request may not have been read, and answers with a body are not read here.
    let goes_on = matches!(status, 200 | 401) && field("content-length") == Some("0") && !closes;
    Some((status, goes_on))
}
