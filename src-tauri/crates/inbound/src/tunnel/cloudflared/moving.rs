//! When a listener that moves or stops ends the child, in random sequences; see [`seeds`].

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::seeds::{Dice, each_seed};
use super::{Site, moved, target};

#[path = "../../../../outbound/tests/it/seeds.rs"]
mod seeds;

/// What becomes of a listener: after a pause it is here, on another port or gone.
type Move = (Duration, Option<SocketAddr>);

fn at(port: u16) -> SocketAddr {
    ([127, 0, 0, 1], port).into()
}

/// Pauses of whole tens of milliseconds, so that none ends just when a listener was away for too long.
fn moves(dice: &mut Dice) -> Vec<Move> {
    let mut moves: Vec<Move> = Vec::new();
    for _ in 0..dice.below(12) {
        let is_here = moves.last().is_none_or(|(_, address)| address.is_some());
        let address = match dice.below(10) {
            0 => Some(at(2)),
            _ if is_here && dice.hits(80) => None,
            _ => Some(at(1)),
        };
        moves.push((dice.millis(1, 100) * 10, address));
    }
    moves
}

/// After how long the child ends: at once where the listener is elsewhere, and where it is nowhere for too long.
fn ends(moves: &[Move], settle: Duration) -> Option<Duration> {
    let (mut now, mut gone) = (Duration::ZERO, None);
    for (pause, address) in moves {
        now += *pause;
        if gone.is_some_and(|since| now - since > settle) {
            break;
        }
        match address {
            Some(address) if *address == at(1) => gone = None,
            Some(_) => return Some(now),
            None => gone = Some(now),
        }
    }
    gone.map(|since| since + settle)
}

#[test]
fn a_listener_that_is_back_in_time_keeps_the_child_and_another_one_ends_it() {
    each_seed(300, |mut dice| async move {
        let settle = dice.millis(1, 80) * 10 + Duration::from_millis(5);
        let moves = moves(&mut dice);
        let (to, local) = watch::channel(Some(at(1)));
        let (states, stop) = (mpsc::channel(1).0, CancellationToken::new());
        let site = Site { intake: Arc::new(|| None), local, states, stop, random: Arc::new(|| 0.5) };
        let (here, began) = (target(at(1)), Instant::now());
        let moving = async {
            for (pause, address) in &moves {
                sleep(*pause).await;
                to.send_replace(*address);
            }
            sleep(settle * 2).await;
        };
        let ended = tokio::select! {
            biased;
            () = moved(&site, &here, settle) => Some(began.elapsed()),
            () = moving => None,
        };
        assert_eq!(ended, ends(&moves, settle), "{moves:?}, {settle:?}");
    });
}
