//! Chance, drawn for each delivery separately: the same seed gives the same draws, in whatever order things happen.

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::clock::Millis;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Draw {
    /// The message id.
    Id,
    /// Whether it is lost.
    Lost,
    /// Whether it is held back.
    Reordered,
    /// For how long it is held back.
    HeldBack,
    /// Whether it is sent again after it was accepted.
    Doubled,
    /// How long after that.
    Again,
    /// The jitter of the wait after an attempt, with the attempt's number.
    Jitter(u32),
    /// Whether a job's event is never sent. The number is the job's.
    NeverCalled,
}

impl Draw {
    fn code(self) -> (u32, u32) {
        match self {
            Self::Id => (0, 0),
            Self::Lost => (1, 0),
            Self::Reordered => (2, 0),
            Self::HeldBack => (3, 0),
            Self::Doubled => (4, 0),
            Self::Again => (5, 0),
            Self::Jitter(attempt) => (6, attempt),
            Self::NeverCalled => (7, 0),
        }
    }
}

/// The draws of one delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    pub(crate) seed: u64,
    /// The delivery's number.
    pub(crate) number: u64,
}

impl Draws {
    fn generator(self, draw: Draw) -> ChaCha20Rng {
        let (what, attempt) = draw.code();
        let mut key = [0; 32];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        key[8..16].copy_from_slice(&self.number.to_le_bytes());
        key[16..20].copy_from_slice(&what.to_le_bytes());
        key[20..24].copy_from_slice(&attempt.to_le_bytes());
        ChaCha20Rng::from_seed(key)
    }

    /// `msg_` and a UUID.
    pub(crate) fn id(self) -> String {
        let mut bytes = [0; 16];
        self.generator(Draw::Id).fill_bytes(&mut bytes);
        format!("msg_{}", uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// From 0 up to but not including 1.
    pub(crate) fn share(self, draw: Draw) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        (self.generator(draw).next_u64() >> 11) as f64 / STEPS
    }

    /// True for this share of all deliveries.
    pub(crate) fn hits(self, draw: Draw, rate: f64) -> bool {
        rate > 0.0 && self.share(draw) < rate
    }

    /// 1 ms to `most`.
    pub(crate) fn pause(self, draw: Draw, most: Millis) -> Millis {
        ((most.max(0) as f64 * self.share(draw)).ceil() as Millis).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_depend_on_seed_number_and_purpose_alone_and_are_spread() {
        let draws = |seed, number| Draws { seed, number };
        assert_eq!(draws(7, 1).id(), draws(7, 1).id());
        assert_ne!(draws(7, 1).id(), draws(7, 2).id());
        assert_ne!(draws(7, 1).id(), draws(8, 1).id());
        assert_ne!(draws(7, 1).share(Draw::Jitter(1)), draws(7, 1).share(Draw::Jitter(2)));
        let hits = (0..2000).filter(|number| draws(3, *number).hits(Draw::Lost, 0.25)).count();
        assert!((430..570).contains(&hits), "{hits} of 2000 at a rate of 0.25");
        let both = (0..2000)
            .filter(|number| draws(3, *number).hits(Draw::Lost, 0.25) && draws(3, *number).hits(Draw::Doubled, 0.25));
        assert!((80..170).contains(&both.count()), "the draws of one delivery are not tied to each other");
        assert!((0..100).all(|number| !draws(3, number).hits(Draw::Lost, 0.0)));
        assert!((0..100).all(|number| draws(3, number).hits(Draw::Lost, 1.0)));
        assert_eq!(draws(3, 1).pause(Draw::Again, 0), 1);
    }
}
