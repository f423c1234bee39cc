//! The verdict on deliveries that come out of a file: that of today's keys, at the time of their arrival. What the file
//! says of them is not believed.

use inbound::needs_jwks;
use signature::{Jwks, Policy, SecretKey, Verdict};

use super::History;
use super::judging::{Arrival, Keys, Tokens, verdict_on};
use crate::error::{Code, Error, Result};

/// A delivery of a file, as far as a verdict needs it.
pub(crate) struct FromFile {
    /// Tells it from others of this import.
    pub(crate) number: i64,
    /// Unix nanoseconds.
    pub(crate) received_ns: i64,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body is whole.
    pub(crate) whole: bool,
}

impl History {
    /// The verdicts on deliveries of one project, in this order, and the deliveries again. `extra`: secrets besides the
    /// project's own, for this time only.
    pub(crate) async fn judge_imported(
        &self,
        project: i64,
        deliveries: Vec<FromFile>,
        extra: &[SecretKey],
        tokens: &Tokens,
    ) -> Result<Vec<(FromFile, Verdict)>> {
        let mut keys = self.keys_for(project);
        keys.secrets.extend_from_slice(extra);
        let cache = keys.jwks.clone().filter(|_| deliveries.iter().any(|one| needs_jwks(&one.headers)));
        let jwks = match &cache {
            Some(cache) => cache.get().await,
            None => Jwks::None,
        };
        let tokens = tokens.clone();
        let judged = tokio::task::spawn_blocking(move || {
            let one = |one: FromFile| {
                let verdict = match one.whole {
                    true => {
                        let FromFile { number, received_ns, headers, body, .. } = &one;
                        let arrival = Arrival { number: *number, received_ns: *received_ns, headers, body };
                        verdict_on(&keys, arrival, &jwks, &tokens)
                    }
                    false => incomplete(),
                };
                (one, verdict)
            };
            deliveries.into_iter().map(one).collect()
        });
        judged.await.map_err(|error| Error::new(Code::Internal, "Deliveries could not be verified.").with_detail(error))
    }
}

impl History {
    /// The project's keys. Keys that were given for this run are for all projects; otherwise a project that has none
    /// here, such as the Sandbox without a window, verifies nothing.
    fn keys_for(&self, project: i64) -> Keys {
        let given = || self.registry.all().first().filter(|_| self.common.is_fixed()).map(|keys| keys.project.id);
        let keys = self.keys_then(project).or_else(|| self.keys_then(given()?));
        keys.unwrap_or_else(|| Keys { secrets: Vec::new(), closed: false, policy: Policy::default(), jwks: None })
    }
}

fn incomplete() -> Verdict {
    let sentence = "Only a part of the body was kept, so no signature can be verified over it.";
    inbound::refused("body_incomplete", "body incomplete".to_owned(), sentence.to_owned())
}
