//! The other direction: deliveries sent on to targets, by hand, as they arrive, or as a check of the user's handler.

pub(crate) mod check;
pub(crate) mod forward;
pub(crate) mod guard;
pub(crate) mod outbounds;
pub(crate) mod replay;
pub(crate) mod sending;
pub(crate) mod targets;
