//! Random bytes that can be reproduced.

use std::sync::Arc;

use parking_lot::Mutex;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use samples::Random;

/// Gives the same bytes for the same seed, in the order in which they are requested. For the emulator's ids and
/// secrets, which protect nothing.
pub(crate) fn seeded_random(seed: u64) -> Random {
    let generator = Mutex::new(ChaCha20Rng::seed_from_u64(seed));
    Arc::new(move |bytes| {
        generator.lock().fill_bytes(bytes);
        Ok(())
    })
}
