//! When a probe is sent, and what is done with its result.

use std::time::Duration;

use inbound::probe::{self, Outcome};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Tunnel, address};
use crate::dto::{ProbeView, TunnelProvider};

/// From the connection to the first probe: an address made a moment ago is not known everywhere yet.
const GRACE: Duration = Duration::from_millis(500);
/// How long a new address may take to be known everywhere (until then, ngrok answers ERR_NGROK_3200).
const SETTLING: Duration = Duration::from_secs(30);
/// Time between two probes while the address settles.
const AGAIN: Duration = Duration::from_secs(3);

impl Tunnel {
    /// Sends a probe a moment from now, in the background, in place of any that is under way.
    pub(super) fn probe_soon(&self, number: u64, base: String) {
        let stop = CancellationToken::new();
        let provider = {
            let mut shown = self.state.shown();
            if shown.number != number {
                return; // it belongs to an earlier run
            }
            std::mem::replace(&mut shown.probing, stop.clone()).cancel();
            shown.provider
        };
        let room = self.clone();
        self.common.spawn(async move {
            stop.run_until_cancelled(room.probe_until_settled(number, &base, provider)).await;
        });
    }

    async fn probe_until_settled(&self, number: u64, base: &str, provider: TunnelProvider) {
        let until = Instant::now() + SETTLING;
        tokio::time::sleep(GRACE).await;
        loop {
            let result = probe::probe(&self.ports.probes, &self.with_path_token(base), None).await;
            // A user's own address is not a moment old, so a failure to reach it is no teething trouble.
            let early = provider != TunnelProvider::Own && !arrived(result.outcome) && Instant::now() + AGAIN < until;
            if !early {
                self.keep_probe(number, &self.probe_view(result));
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    /// Sends a probe now.
    pub(super) async fn probe(&self, base: &str) -> ProbeView {
        let result = probe::probe(&self.ports.probes, &self.with_path_token(base), None).await;
        self.probe_view(result)
    }

    /// Shows the result if the tunnel is still the one that was probed.
    pub(super) fn keep_probe(&self, number: u64, probe: &ProbeView) {
        {
            let mut shown = self.state.shown();
            if shown.number != number {
                return;
            }
            shown.probe = Some(probe.clone());
        }
        self.tell_tunnel();
    }

    fn with_path_token(&self, base: &str) -> String {
        address::with_token(base, &self.tunnel_settings())
    }

    fn probe_view(&self, result: inbound::ProbeResult) -> ProbeView {
        ProbeView {
            at_ms: self.common.now_ms(),
            result: result.outcome.code().to_owned(),
            message: result.message,
            took_ms: result.took.map(|took| u32::try_from(took.as_millis()).unwrap_or(u32::MAX)),
            added: result.added,
            dropped: result.dropped,
            changed: result.changed,
            status: result.status,
        }
    }
}

/// Whether it came to the listener, whole or not: then waiting changes nothing.
fn arrived(outcome: Outcome) -> bool {
    match outcome {
        Outcome::Ok | Outcome::BodyChanged | Outcome::HeadersChanged | Outcome::PathChanged => true,
        Outcome::ForeignAnswer | Outcome::TlsFailed | Outcome::Unreachable | Outcome::TimedOut => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reached_the_listener_is_told_at_once() {
        assert!(
            [Outcome::Ok, Outcome::BodyChanged, Outcome::HeadersChanged, Outcome::PathChanged].map(arrived)
                == [true; 4]
        );
        assert!([Outcome::ForeignAnswer, Outcome::TlsFailed, Outcome::Unreachable].map(arrived) == [false; 3]);
    }
}
