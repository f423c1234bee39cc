//! Keeps secrets in the system's keychain, or in a file if there is none.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use engine::{FileVault, Vault, VaultError, VaultKind};
use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

/// The file in the data folder.
const FILE: &str = "secrets.json";
/// The name of our entries in the keychain.
const SERVICE: &str = "Pollux";
/// Written, read and removed once at the start, to find out that a keychain is locked before it is needed.
const TRIAL: &str = "trial";

/// Time for a keychain to answer at the start: a locked one may ask its user and wait.
const PATIENCE: Duration = Duration::from_secs(4);

/// The variable that chooses where secrets are stored.
const CHOICE: &str = "POLLUX_KEYCHAIN";

/// Where secrets are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    /// The keychain if one works, otherwise the file.
    System,
    /// The file.
    File,
}

impl Choice {
    fn read(set: Option<&str>) -> Result<Self, String> {
        match set.unwrap_or_default() {
            "" | "system" => Ok(Self::System),
            "file" => Ok(Self::File),
            other => Err(format!(
                "{CHOICE} is {other:?}; expected \"file\" (secrets in a file in the data folder) or \"system\" (the \
                 keychain, if there is one; the same as without {CHOICE})."
            )),
        }
    }
}

/// Opens the keychain if one works, otherwise a file in `home` that only the user can read. With
/// `POLLUX_KEYCHAIN=file`, opens the file without trying the keychain.
///
/// # Errors
/// `POLLUX_KEYCHAIN` is neither `file` nor `system`.
pub fn open(home: &Path) -> Result<Arc<dyn Vault>, String> {
    let set = std::env::var_os(CHOICE);
    Ok(match Choice::read(set.as_ref().map(|set| set.to_string_lossy()).as_deref())? {
        Choice::File => Arc::new(FileVault::new(home.join(FILE), format!("{CHOICE} is set to \"file\"."))),
        Choice::System => system(home),
    })
}

fn system(home: &Path) -> Arc<dyn Vault> {
    let (answer, answered) = mpsc::channel();
    // Do not join it: a keychain that never answers must not delay the window.
    std::thread::spawn(move || answer.send(Keychain::open()));
    match answered.recv_timeout(PATIENCE) {
        Ok(Ok(keychain)) => Arc::new(keychain),
        Ok(Err(why)) => Arc::new(FileVault::new(home.join(FILE), why)),
        Err(_) => {
            let why = format!("The keychain did not answer within {} s (is it locked?).", PATIENCE.as_secs());
            Arc::new(FileVault::new(home.join(FILE), why))
        }
    }
}

struct Keychain {
    store: Arc<CredentialStore>,
}

impl Keychain {
    fn open() -> Result<Self, String> {
        let store = system_store().map_err(|error| format!("No keychain is running ({}).", in_words(&error)))?;
        let keychain = Self { store };
        let tried = keychain.put(TRIAL, "trial").and_then(|()| keychain.delete(TRIAL));
        tried.map_err(|error| format!("The keychain cannot be used ({error})."))?;
        Ok(keychain)
    }

    fn entry(&self, id: &str) -> Result<Entry, VaultError> {
        self.store.build(SERVICE, id, None::<&HashMap<&str, &str>>).map_err(|error| VaultError(in_words(&error)))
    }
}

#[cfg(target_os = "linux")]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(windows)]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn system_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(Error::NoDefaultStore)
}

impl Vault for Keychain {
    fn kind(&self) -> VaultKind {
        VaultKind::Keychain
    }

    fn note(&self) -> Option<String> {
        None
    }

    fn put(&self, id: &str, text: &str) -> Result<(), VaultError> {
        self.entry(id)?.set_password(text).map_err(|error| VaultError(in_words(&error)))
    }

    fn get(&self, id: &str) -> Result<Option<Zeroizing<String>>, VaultError> {
        match self.entry(id)?.get_password() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(VaultError(in_words(&error))),
        }
    }

    fn delete(&self, id: &str) -> Result<(), VaultError> {
        match self.entry(id)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(VaultError(in_words(&error))),
        }
    }
}

/// Puts an error in plain words, without what was stored: some of the library's errors carry the bytes.
fn in_words(error: &Error) -> String {
    match error {
        Error::NoStorageAccess(_) => "it is locked; unlock it and start Pollux again".into(),
        Error::PlatformFailure(cause) => format!("the system said: {cause}"),
        Error::NoDefaultStore => "this system has none".into(),
        Error::TooLong(_, limit) => format!("the text is longer than its limit of {limit}"),
        Error::Ambiguous(_) => "it holds several entries with that name".into(),
        _ => "it holds something that Pollux did not write".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_secrets_can_be_chosen_and_a_slip_is_told() {
        for (set, choice) in [(None, Choice::System), (Some(""), Choice::System), (Some("system"), Choice::System)] {
            assert_eq!(Choice::read(set), Ok(choice), "{set:?}");
        }
        assert_eq!(Choice::read(Some("file")), Ok(Choice::File));
        let told = Choice::read(Some("File")).unwrap_err();
        assert!(
            told.contains("POLLUX_KEYCHAIN is \"File\"") && told.contains("\"file\"") && told.contains("\"system\""),
            "{told}"
        );
    }
}
