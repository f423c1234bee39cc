//! What the listener turned away, for the window and the command line.

use super::Listening;
use crate::dto::{Refusal, TurnedAway, TurnedAwayKind, TurnedAwayRequest};

impl Listening {
    /// What was turned away since the start: how many of each kind, and the newest `limit` with what is known of them.
    pub fn turned_away(&self, limit: u32) -> TurnedAway {
        let tally = &self.ports.tally;
        let counted = |refusal: &inbound::Refusal| TurnedAwayKind {
            refusal: shown(*refusal),
            status: refusal.status().as_u16(),
            count: tally.count_of(*refusal),
        };
        let kinds: Vec<_> = inbound::Refusal::ALL.iter().map(counted).filter(|kind| kind.count > 0).collect();
        let total = kinds.iter().map(|kind| kind.count).sum();
        let newest = tally.newest(limit as usize).into_iter().map(|one| TurnedAwayRequest {
            number: one.number,
            at_ms: one.at_ms,
            refusal: shown(one.refusal),
            status: one.refusal.status().as_u16(),
            method: one.method,
            path: one.path,
            peer: one.peer,
            reason: one.reason,
        });
        TurnedAway { total, kinds, newest: newest.collect(), remembered: total.min(inbound::REMEMBERED as u64) }
    }
}

fn shown(refusal: inbound::Refusal) -> Refusal {
    match refusal {
        inbound::Refusal::NotStored => Refusal::NotStored,
        inbound::Refusal::NoRoom => Refusal::NoRoom,
        inbound::Refusal::TooManyConnections => Refusal::TooManyConnections,
        inbound::Refusal::TooLarge => Refusal::TooLarge,
        inbound::Refusal::BodyTooSlow => Refusal::BodyTooSlow,
        inbound::Refusal::BodyCutShort => Refusal::BodyCutShort,
        inbound::Refusal::HeadTooLarge => Refusal::HeadTooLarge,
        inbound::Refusal::TargetTooLong => Refusal::TargetTooLong,
        inbound::Refusal::HeadTooSlow => Refusal::HeadTooSlow,
        inbound::Refusal::NotHttp => Refusal::NotHttp,
        inbound::Refusal::CrossSite => Refusal::CrossSite,
        inbound::Refusal::NoToken => Refusal::NoToken,
        inbound::Refusal::TooManyPublic => Refusal::TooManyPublic,
        inbound::Refusal::TooManyLocal => Refusal::TooManyLocal,
        inbound::Refusal::OtherMethod => Refusal::OtherMethod,
    }
}
