//! Where secrets are kept, as the window names it.

use serde::{Deserialize, Serialize};

/// The kind of a vault: what keeps the secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VaultKind {
    /// The keychain of the system.
    Keychain,
    /// A file that only the user can read.
    File,
    /// The memory of this process.
    Memory,
}

impl VaultKind {
    /// The name in the store and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::File => "file",
            Self::Memory => "memory",
        }
    }

    /// The kind of that name; memory for any other name.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "keychain" => Self::Keychain,
            "file" => Self::File,
            _ => Self::Memory,
        }
    }
}
