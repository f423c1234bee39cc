//! The senders: good deliveries of both schemes, forged ones, duplicates, large ones, and tries again, as a service and
//! its enemies would send them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::draws::Draws;
use super::message::{Key, Kind, Maker, Message};
use super::oracle::Oracle;
use super::wire::{Connection, Manner, Sent};
use crate::sender::now;

/// Where the listener is, and where it is from outside.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ways {
    /// `None` while there is none.
    pub(super) straight: Option<SocketAddr>,
    pub(super) tunnel: SocketAddr,
}

/// How often a message is sent that was not taken.
const TRIES: u32 = 6;
/// The first wait before it is sent again, and the longest.
const WAITS_MS: (u64, u64) = (100, 2_000);
/// The latest messages that may be sent once more.
const RECENT: usize = 64;
/// Bodies: most are as small as the service's; the largest have 256 KiB.
const SMALL: (u64, u64) = (0, 400);
const LARGER: (u64, u64) = (4 << 10, 64 << 10);
const LARGE: (u64, u64) = (64 << 10, 255 << 10);

/// Sends messages, and tells the oracle.
pub(super) struct Courier {
    maker: Arc<Maker>,
    oracle: Arc<Oracle>,
    straight: Connection,
    tunnel: Connection,
}

impl Courier {
    pub(super) fn new(maker: &Arc<Maker>, oracle: &Arc<Oracle>) -> Self {
        let (straight, tunnel) = (Connection::default(), Connection::default());
        Self { maker: maker.clone(), oracle: oracle.clone(), straight, tunnel }
    }

    /// Sends it once, signed now.
    pub(super) async fn send(&mut self, message: &Message, to: SocketAddr, tunnelled: bool, manner: Manner) -> Sent {
        let request = self.maker.request(message, now());
        let manner = match manner {
            Manner::BreaksOff(draw) => Manner::BreaksOff(draw % request.len()),
            other => other,
        };
        let connection = if tunnelled { &mut self.tunnel } else { &mut self.straight };
        self.oracle.begins(message);
        let sent = connection.exchange(to, &request, manner).await;
        self.oracle.ends(message, sent, tunnelled);
        sent
    }
}

/// One sender.
pub(super) struct Sender {
    number: u16,
    courier: Courier,
    draws: Draws,
    ways: watch::Receiver<Ways>,
    /// From one message to the next, on average.
    gap: Duration,
    /// Good ones that were taken.
    recent: VecDeque<Message>,
    made: u32,
}

impl Sender {
    pub(super) fn new(number: u16, courier: Courier, seed: u64, ways: watch::Receiver<Ways>, gap: Duration) -> Self {
        let draws = Draws::new(seed, u64::from(number) + 1);
        Self { number, courier, draws, ways, gap, recent: VecDeque::new(), made: 0 }
    }

    /// Sends until it is over.
    pub(super) async fn run(mut self, over: CancellationToken) {
        let usual = self.gap.as_millis() as u64;
        loop {
            let gap = self.draws.millis((usual / 2, usual + usual / 2 + 1));
            if over.run_until_cancelled(sleep(gap)).await.is_none() {
                return;
            }
            let message = self.next();
            // A request that was begun is ended: otherwise nobody would know what became of it.
            self.deliver(&message, &over).await;
        }
    }

    fn next(&mut self) -> Message {
        if !self.recent.is_empty() && self.draws.percent(10) {
            let which = self.draws.below(self.recent.len() as u64) as usize;
            return self.recent[which];
        }
        self.made += 1;
        let kind = match self.draws.below(100) {
            0..55 => Kind::V1,
            55..80 => Kind::V1a,
            80..94 => Kind::Forged,
            _ => Kind::Unknown,
        };
        let (from, to) = match self.draws.below(100) {
            0..90 => SMALL,
            90..98 => LARGER,
            _ => LARGE,
        };
        let filler = self.draws.between(from, to) as u32;
        Message { key: Key { sender: self.number, number: self.made }, kind, filler }
    }

    async fn deliver(&mut self, message: &Message, over: &CancellationToken) {
        let mut wait = WAITS_MS.0;
        for _ in 0..TRIES {
            let (tunnelled, manner) = (self.draws.percent(40), self.manner());
            let ways = *self.ways.borrow();
            let to = if tunnelled { Some(ways.tunnel) } else { ways.straight };
            let sent = match to {
                Some(to) => self.courier.send(message, to, tunnelled, manner).await,
                None => Sent::Unreached,
            };
            if matches!(sent, Sent::Answered(200 | 401)) {
                if message.kind.is_good() {
                    self.recent.push_back(*message);
                    if self.recent.len() > RECENT {
                        self.recent.pop_front();
                    }
                }
                return;
            }
            let again = self.draws.millis((wait / 2, wait + 1));
            if over.run_until_cancelled(sleep(again)).await.is_none() {
                return;
            }
            wait = (wait * 2).min(WAITS_MS.1);
        }
    }

    fn manner(&mut self) -> Manner {
        match self.draws.below(100) {
            0..94 => Manner::Patient,
            94..97 => Manner::LeavesAtOnce,
            _ => Manner::BreaksOff(self.draws.below(1 << 20) as usize),
        }
    }
}
