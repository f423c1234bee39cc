//! Tunnels that are lost and come back, for hours that pass at once: random outages, each decided by a seed; see
//! [`crate::seeds`].
//!
//! What holds: the waits are those that are documented, an address is told once a session, there is never a second
//! connection beside the first, it comes back once nothing is in its way, and a stop while it waits ends at once.

mod cloudflared;
mod ngrok;

use crate::seeds::each_seed;

#[test]
fn an_ngrok_tunnel_keeps_to_its_gaps_has_one_connection_and_comes_back() {
    each_seed(40, ngrok::run);
}

#[test]
fn a_cloudflared_that_cannot_be_started_is_tried_after_the_waits_that_are_documented() {
    each_seed(200, cloudflared::run);
}
