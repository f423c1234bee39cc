//! Gives memory back to the system.

use std::hint::black_box;
use std::time::Duration;

/// A delivery is allocated by the thread that receives it and freed by another one: the system's allocator makes them
/// wait for each other (measured: a tenth of the time of a delivery). Whoever links this crate allocates with it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often the allocator is made to check.
const LOOK: Duration = Duration::from_secs(1);
/// A block of its own, larger than those that mimalloc keeps for a thread.
const BLOCK: usize = 8 << 20;

/// From now on, gives freed memory back to the system within about two seconds.
///
/// mimalloc gives back what has been free for a second, but only checks when a whole block is freed: after a flood of
/// large bodies nothing large is freed any more, and all of that memory would stay. So a block is allocated and freed;
/// nothing is written to it, and it costs a few microseconds.
pub fn give_back() {
    let looking = std::thread::Builder::new().name("memory".to_owned()).spawn(|| {
        loop {
            std::thread::sleep(LOOK);
            drop(black_box(Vec::<u8>::with_capacity(BLOCK)));
        }
    });
    if let Err(error) = looking {
        tracing::warn!(%error, "memory that was freed may not be given back");
    }
}
