//! The handler check: a battery of deliveries for the user's own endpoint: good, odd and forged ones.
//!
//! It reports the mistake, not its consequences. If the plain delivery of a scheme is refused, everything signed like
//! it would be refused as well. Then the check finds out what the endpoint does accept, fails that one line, and skips
//! whatever depends on it, with the reason.
//!
//! A delivery that ends the endpoint is also one failure. The check waits for the endpoint: if it comes back, the rest
//! is sent to it; if not, the rest is skipped.

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

/// How long an answer may take before it counts as too late: Google asks for 2xx "within a few seconds".
pub const FEW_SECONDS: Duration = Duration::from_secs(5);

/// How often anyone, including the endpoint, has requested the JWKS since the check began.
pub type Asked = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Unix seconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A secret and the hint that may be shown.
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
    /// Whether a certificate that nobody vouches for is accepted.
    pub any_certificate: bool,
    /// The secret that the endpoint has, for `v1`.
    pub secret: Option<Named>,
    /// The previous secret, if it is in its grace and the endpoint should accept it as well (SW-34).
    pub old_secret: Option<Named>,
    /// What the endpoint claims to verify.
    pub schemes: Vec<Scheme>,
    /// The keys for `v1a` and JWT. Forged tokens need `strange_rsa`.
    pub keys: SigningKeys,
    /// Where the endpoint gets the public parts of these keys.
    pub jwks: Option<String>,
    /// How often they were requested. `None` if that is not known.
    pub jwks_asked: Option<Asked>,
    /// The claims of tokens, and who the sender is.
    pub profile: Profile,
    /// How long one answer may take.
    pub timeout: Duration,
    /// How long an ended endpoint may take to come back: one that a supervisor restarts is checked to the end.
    pub restart: Duration,
    /// Answers GET with `{"handled":{"<webhook-id>":n}}`: how often the endpoint has acted on each message.
    pub handled: Option<Target>,
    /// How many deliveries the burst has.
    pub burst: u32,
    /// The time.
    pub now: Clock,
    /// Random bytes.
    pub random: Random,
}

impl Plan {
    /// Names of the keys that deliveries are signed with. They contain no secret.
    fn key_names(&self) -> Vec<String> {
        let v1 = self.schemes.contains(&Scheme::V1);
        let secrets = [&self.secret, &self.old_secret].into_iter().flatten().filter(|_| v1);
        let served = self.schemes.iter().any(|scheme| *scheme != Scheme::V1);
        secrets.map(|named| named.hint.clone()).chain(self.jwks.clone().filter(|_| served)).collect()
    }
}

/// Every line of a check, as it is before anything was sent.
#[must_use]
pub fn lines(plan: &Plan) -> Vec<Line> {
    cases::all(plan).iter().map(cases::Case::line).collect()
}

#[cfg(test)]
mod tests;
