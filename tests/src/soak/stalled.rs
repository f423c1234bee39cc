//! Peers that stall: in the middle of a head, in the middle of a body, and in front of their answers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::message::{Key, Kind, Maker, Message, STALLED};
use super::oracle::Oracle;
use super::wire::Sent;
use crate::sender::now;

/// Of each kind, at once.
const PEERS: u32 = 8;
/// Whole requests of one that reads no answer.
const PIPELINED: u32 = 24;
/// Who sends these.
const SENDER: u16 = 30_000;
/// A listener that is stopped itself takes nothing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Stalls for so long, then leaves. `number`: the how manyth time.
pub(super) async fn stall(to: SocketAddr, number: u32, maker: Arc<Maker>, oracle: Arc<Oracle>, time: Duration) {
    let mut open = Vec::new();
    for peer in 0..PEERS {
        let message = |sender, number| Message { key: Key { sender, number }, kind: Kind::V1, filler: 4096 };
        let request = maker.request(&message(STALLED, number * PEERS + peer), now());
        let head = request.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(0);
        let half = head + (request.len() - head) / 2;
        for part in [&request[..head / 2], &request[..half]] {
            open.extend(begin(to, part).await);
        }
        let mut many = Vec::new();
        for one in 0..PIPELINED {
            let message = message(SENDER, (number * PEERS + peer) * PIPELINED + one);
            many.extend(maker.request(&message, now()));
            oracle.begins(&message);
            // Stored or not: nobody reads the answer.
            oracle.ends(&message, Sent::Lost, false);
        }
        open.extend(begin(to, &many).await);
    }
    sleep(time).await;
}

/// A connection on which this was sent, as far as it was taken.
async fn begin(to: SocketAddr, bytes: &[u8]) -> Option<TcpStream> {
    let mut stream = timeout(PATIENCE, TcpStream::connect(to)).await.ok()?.ok()?;
    let _ = timeout(PATIENCE, stream.write_all(bytes)).await;
    Some(stream)
}
