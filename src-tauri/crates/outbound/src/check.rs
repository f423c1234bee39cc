//! The handler check: a battery of deliveries for the user's own endpoint, good ones, odd ones and forged ones.
//!
//! It is about the mistake and not about its consequences. Where the plain delivery of a scheme is refused, everything that
//! is signed like it would be refused, too: then it is looked for what the endpoint does take, that one line fails, and what
//! hangs on it is skipped, with the reason.
//!
//! A delivery that ends the endpoint is one failure, too. It is waited for, and what comes after is sent to one that comes back
//! and skipped for one that does not.

use std::sync::Arc;
use std::time::Duration;

use samples::{Profile, Random, SigningKeys};
use signature::{Scheme, Secret};

use crate::target::Target;

mod act;
mod cases;
mod forge;
mod judge;
mod junit;
mod kept_keys;
mod key_server;
mod life;
mod mistakes;
mod odd;
mod report;
mod run;
mod send;

pub use junit::junit;
pub use kept_keys::{KeptKeys, KeptKeysError, KeyWants};
pub use key_server::KeyServer;
pub use mistakes::{MISTAKES, Mistake};
pub use report::{Cause, Latency, Line, Progress, Report, State, to_json};
pub use run::run;

/// How long an answer may take before it is too long: Google asks for 2xx "within a few seconds".
pub const FEW_SECONDS: Duration = Duration::from_secs(5);

/// How often the endpoint, or anybody, has asked for the JWKS since the check began.
pub type Asked = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Unix seconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A secret and what a person may see of it.
#[derive(Clone, Debug)]
pub struct Named {
    /// The secret.
    pub secret: Secret,
    /// `whsec_…a91f`.
    pub hint: String,
}

/// What to check, and with what.
#[derive(Clone)]
pub struct Plan {
    /// The endpoint.
    pub target: Target,
    /// A certificate that nobody vouches for is accepted.
    pub any_certificate: bool,
    /// The secret that the endpoint has, for `v1`.
    pub secret: Option<Named>,
    /// The one before it, where it is still in its grace and the endpoint is to take it as well (SW-34).
    pub old_secret: Option<Named>,
    /// What the endpoint claims to verify.
    pub schemes: Vec<Scheme>,
    /// What `v1a` and JWT are signed with. Forged tokens need `strange_rsa`.
    pub keys: SigningKeys,
    /// Where the endpoint gets the public halves of these keys.
    pub jwks: Option<String>,
    /// How often that was asked for. `None` where it is not known.
    pub jwks_asked: Option<Asked>,
    /// What tokens say, and who the sender is.
    pub profile: Profile,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How long an endpoint that has ended may take to come back: one that a supervisor starts again is checked to the end.
    pub restart: Duration,
    /// Answers GET with `{"handled":{"<webhook-id>":n}}`: how often the endpoint has acted on each message.
    pub handled: Option<Target>,
    /// Deliveries of the burst.
    pub burst: u32,
    /// The time.
    pub now: Clock,
    /// Random bytes.
    pub random: Random,
}

impl Plan {
    /// Names of the keys that deliveries are signed with. No secret is in them.
    fn key_names(&self) -> Vec<String> {
        let v1 = self.schemes.contains(&Scheme::V1);
        let secrets = [&self.secret, &self.old_secret].into_iter().flatten().filter(|_| v1);
        let served = self.schemes.iter().any(|scheme| *scheme != Scheme::V1);
        secrets.map(|named| named.hint.clone()).chain(self.jwks.clone().filter(|_| served)).collect()
    }
}

/// Every line of a check, as it stands before anything was sent.
#[must_use]
pub fn lines(plan: &Plan) -> Vec<Line> {
    cases::all(plan).iter().map(cases::Case::line).collect()
}

#[cfg(test)]
mod tests;
