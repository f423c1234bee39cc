//! Keeps secrets and API keys out of requests that are sent on.

use signature::Secret;
use zeroize::Zeroizing;

use crate::error::{Code, Error, Result};
use crate::projects::Projects;
use crate::registry::Registry;

/// A text this long is a secret wherever it stands. A shorter one may be a word, and a secret that short protects
/// nothing.
const TELLING: usize = 12;

/// Finds secrets and API keys in what is about to leave.
pub(crate) struct Guard {
    needles: Vec<(Zeroizing<Vec<u8>>, String)>,
}

impl Guard {
    /// Looks for every secret and API key that is known now.
    pub(crate) fn new(registry: &Registry, projects: &Projects) -> Self {
        let mut needles = Vec::new();
        for keys in registry.all() {
            for key in keys.secrets.iter().chain(&keys.expired) {
                if let Secret::Hmac(_) = key.secret {
                    let text = key.secret.text();
                    // Look for it without its prefix, too, as many settings hold it; but a short one could be any word.
                    let bare = text.strip_prefix("whsec_").unwrap_or(text);
                    let needle = if bare.len() >= TELLING { bare } else { text };
                    let needle = Zeroizing::new(needle.as_bytes().to_vec());
                    needles.push((needle, format!("the secret {}", key.secret.hint())));
                }
            }
            if let Some(key) = projects.api_key(keys.project.id) {
                let needle = Zeroizing::new(key.as_bytes().to_vec());
                needles.push((needle, format!("the API key of {}", keys.project.name)));
            }
        }
        Self { needles }
    }

    /// # Errors
    /// `holds_secret`, with what it is, never its text.
    pub(super) fn check(&self, headers: &[(String, Vec<u8>)], body: &[u8]) -> Result<()> {
        match self.found(headers, body) {
            None => Ok(()),
            Some(what) => {
                let message =
                    format!("This request holds {what}, so it was not sent. Remove it from the headers and the body.");
                Err(Error::new(Code::HoldsSecret, message))
            }
        }
    }

    /// What it is, if one is inside: `the secret whsec_…a91f`.
    pub(crate) fn found(&self, headers: &[(String, Vec<u8>)], body: &[u8]) -> Option<&str> {
        let inside = |bytes: &[u8], needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
        let mut telling = self.needles.iter().filter(|(needle, _)| needle.len() >= TELLING);
        let found =
            telling.find(|(needle, _)| inside(body, needle) || headers.iter().any(|(_, value)| inside(value, needle)));
        found.map(|(_, what)| what.as_str())
    }
}
