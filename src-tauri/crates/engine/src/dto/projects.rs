//! Projects as the window sees and changes them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::VaultKind;

/// A project: one API key with its base URL, and a path of its own on the listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Project {
    /// Its row in the store.
    pub id: i64,
    /// What the user calls it.
    pub name: String,
    /// It is the built-in one, which talks to the emulator and cannot be changed.
    pub sandbox: bool,
    /// First path segment of its deliveries; empty for the default project, which takes what belongs to no other
    /// project and cannot be removed.
    pub path: String,
    /// Where its service is: `https://generativelanguage.googleapis.com`.
    pub base_url: String,
    /// The version segment of the service's paths.
    pub api_version: ApiVersion,
    /// Its API key, masked; `None` if it has none: then its webhooks cannot be managed.
    pub api_key: Option<ApiKey>,
}

/// An API key, masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApiKey {
    /// `…a91f`: its last four characters.
    pub hint: String,
    /// Keychain, file or memory.
    pub stored_in: VaultKind,
    /// Whether it could be read at the start; otherwise it has to be entered again.
    pub available: bool,
}

/// The version segment of the service's paths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum ApiVersion {
    /// `v1`: Google's SDKs since 3.x.
    #[default]
    V1,
    /// `v1beta`: older SDKs.
    V1beta,
}

/// A project to add, or what to make of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProjectDraft {
    /// What the user calls it; unique.
    pub name: String,
    /// First path segment of its deliveries: `a-z`, `0-9` and `-`; `None`: made from the name, or left as it is.
    pub path: Option<String>,
    /// `None`: Google's.
    pub base_url: Option<String>,
    /// The version segment of the service's paths.
    pub api_version: ApiVersion,
    /// Where the API key comes from.
    pub api_key: ApiKeyDraft,
}

/// Where a project's API key comes from. `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum ApiKeyDraft {
    /// Unchanged: the stored one, or none.
    #[default]
    Kept,
    /// Typed by the user.
    Typed {
        /// The key.
        text: String,
    },
    /// Copied from an environment variable that Pollux was started with.
    Environment {
        /// `GEMINI_API_KEY` or `GOOGLE_API_KEY`.
        name: String,
    },
    /// None: a stored one is destroyed.
    Nowhere,
}

impl fmt::Debug for ApiKeyDraft {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Kept => "Kept",
            Self::Typed { .. } => "Typed(…)",
            Self::Environment { .. } => "Environment",
            Self::Nowhere => "Nowhere",
        })
    }
}

/// An environment variable that holds an API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EnvironmentKey {
    /// `GEMINI_API_KEY` or `GOOGLE_API_KEY`.
    pub name: String,
    /// `…a91f`.
    pub hint: String,
}

/// The result of one harmless call (a list of webhooks).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ProjectCheck {
    /// How many webhooks it has, up to 1000.
    pub webhooks: u32,
    /// How long the call took.
    pub took_ms: u32,
}
