//! What projects, keys and secrets are called: in the vault, in the log, for a person.

use gemini::client::GOOGLE_BASE_URL;
use signature::{Secret, SecretKey};
use store::SecretRecord;

use super::vault::VaultKind;
use crate::dto::{ApiKey, ApiVersion, Project};

/// The name of a project's API key in the vault.
pub(super) fn key_id(project: i64) -> String {
    format!("key:{project}")
}

/// `…a91f`; nothing at all of a short key.
pub(crate) fn hint(key: &str) -> String {
    const SHOWN: usize = 4;
    const SHORT: usize = 12;
    let len = key.chars().count();
    let from = if len < SHORT { len } else { len - SHOWN };
    std::iter::once('…').chain(key.chars().skip(from)).collect()
}

/// For the log: `prod (whsec_…a91f)`.
pub(super) fn named(record: &SecretRecord) -> String {
    format!("{} ({})", record.label, record.hint)
}

/// A secret as a key, in its state at `now_s` (Unix seconds).
pub(super) fn secret_key(record: &SecretRecord, secret: Secret, now_s: i64) -> SecretKey {
    SecretKey { id: record.id.clone(), secret, state: record.state(now_s) }
}

/// `v1` or `v1beta`.
pub(super) fn version(version: ApiVersion) -> &'static str {
    gemini::client::ApiVersion::from(version).as_str()
}

/// A project for the window. `available`: its API key could be read.
pub(crate) fn view(project: &store::Project, available: bool) -> Project {
    Project {
        id: project.id,
        name: project.name.clone(),
        sandbox: project.sandbox,
        path: project.path.clone(),
        base_url: project.base_url.clone().unwrap_or_else(|| GOOGLE_BASE_URL.to_owned()),
        api_version: match project.api_version.as_str() {
            "v1beta" => ApiVersion::V1beta,
            _ => ApiVersion::V1,
        },
        api_key: project.key.as_ref().map(|key| ApiKey {
            hint: key.hint.clone(),
            stored_in: VaultKind::named(&key.stored_in),
            available,
        }),
    }
}
