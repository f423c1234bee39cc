//! The system's keychain as a vault, and what is used where there is none.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use engine::{FileVault, Vault, VaultError, VaultKind};
use keyring_core::api::CredentialStore;
use keyring_core::{Entry, Error};
use zeroize::Zeroizing;

/// The name under which entries stand in the keychain.
const SERVICE: &str = "Pollux";
/// Written, read and removed once at the start: a keychain that is there but locked is found out before it is needed.
const TRIAL: &str = "trial";

/// Time for a keychain to answer at the start: a locked one may ask its user and wait.
const PATIENCE: Duration = Duration::from_secs(4);

/// The keychain where one works, otherwise a file in `home` that only the user can read.
pub(crate) fn open(home: &Path) -> Arc<dyn Vault> {
    let (answer, answered) = mpsc::channel();
    // Not joined: a keychain that never answers must not hold up the window.
    std::thread::spawn(move || answer.send(Keychain::open()));
    match answered.recv_timeout(PATIENCE) {
        Ok(Ok(keychain)) => Arc::new(keychain),
        Ok(Err(why)) => Arc::new(FileVault::new(home.join("secrets.json"), why)),
        Err(_) => {
            let why = format!("The keychain did not answer within {} s (is it locked?).", PATIENCE.as_secs());
            Arc::new(FileVault::new(home.join("secrets.json"), why))
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

/// Plain words, never what was stored: some of the library's errors carry the bytes.
fn in_words(error: &Error) -> String {
    match error {
        Error::NoStorageAccess(_) => "it is locked; unlock it and start Pollux again".into(),
        Error::PlatformFailure(cause) => format!("the system said: {cause}"),
        Error::NoDefaultStore => "this system has none".into(),
        Error::TooLong(_, limit) => format!("the text is longer than its limit of {limit}"),
        Error::Ambiguous(_) => "it holds several entries of that name".into(),
        _ => "it holds something that Pollux did not write".into(),
    }
}
