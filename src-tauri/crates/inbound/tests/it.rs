//! The listener over real sockets.

#[path = "it/delivery.rs"]
mod delivery;
#[path = "it/keys.rs"]
mod keys;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/rig.rs"]
mod rig;
