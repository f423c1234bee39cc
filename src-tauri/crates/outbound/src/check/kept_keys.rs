//! Keeps the keys of `v1a` and JWT in a file from one check to the next: receivers cache the keys that they fetched, so
//! new ones at the same address would make a correct receiver refuse genuine deliveries.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use samples::{KeyError, Random, RsaKey, SigningKeys};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

const VERSION: u32 = 1;

/// What is requested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyWants {
    /// The RSA key of tokens, which takes a while to make.
    pub rsa: bool,
    /// New keys of both kinds, replacing the kept ones.
    pub fresh: bool,
}

/// The keys, and whether the next check will have them, too.
#[derive(Debug)]
pub struct KeptKeys {
    /// Ed25519 seeds, and an RSA key whose `kid` is its thumbprint (RFC 7638).
    pub keys: SigningKeys,
    /// Why they could not be kept.
    pub not_kept: Option<String>,
}

/// Why there are no keys. The text never holds one.
#[derive(Debug, thiserror::Error)]
pub enum KeptKeysError {
    /// The file contains something else. It is left alone.
    #[error("{0} does not hold keys as Pollux writes them")]
    Broken(PathBuf),
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    seeds: Vec<[u8; 32]>,
    /// Base64 of PKCS#8, once it was needed.
    rsa: Option<String>,
}

impl KeptKeys {
    /// Reads the keys at `path`, and makes and stores those that are missing. Only the user may read the file. If it
    /// cannot be read or written, the keys are made for this check only. Computes and waits for files: call it where
    /// blocking is allowed.
    ///
    /// # Errors
    /// If the file contains something else (unless `wants.fresh`), or no key can be made.
    pub fn open(path: &Path, random: &Random, wants: KeyWants) -> Result<Self, KeptKeysError> {
        // Two checks that begin at once get the same keys. The lock is released when dropped.
        let alone = alone(path);
        let (stored, mut not_kept) = match (wants.fresh, read(path)) {
            (true, _) => (None, None),
            (false, Ok(stored)) => (stored, None),
            (false, Err(Unread::Broken)) => return Err(KeptKeysError::Broken(path.to_owned())),
            (false, Err(Unread::Io(error))) => (None, Some(format!("{} could not be read: {error}", path.display()))),
        };
        let before = stored.is_some();
        let (seeds, rsa) = match stored {
            Some(Stored { seeds, rsa, .. }) => (seeds, rsa),
            None => (SigningKeys::generate(random)?.seeds, None),
        };
        let kept_rsa = rsa.as_ref().map(|text| RsaKey::from_private_text(String::new(), text));
        let kept_rsa = match kept_rsa {
            Some(Err(_)) => return Err(KeptKeysError::Broken(path.to_owned())),
            Some(Ok(key)) => Some(key.named_by_thumbprint()),
            None => None,
        };
        let made_rsa = match (&kept_rsa, wants.rsa) {
            (None, true) => Some(RsaKey::generate_named_by_thumbprint()?),
            _ => None,
        };
        let changed = !before || made_rsa.is_some() || !is_private(path);
        let rsa = kept_rsa.or(made_rsa);
        if changed && not_kept.is_none() {
            let text = rsa.as_ref().map(RsaKey::private_text);
            let stored = Stored { version: VERSION, seeds: seeds.clone(), rsa: text };
            let written = alone.and_then(|_held| write(path, &stored));
            not_kept = written.err().map(|error| format!("{} could not be written: {error}", path.display()));
        }
        let rsa = rsa.filter(|_| wants.rsa).map(Arc::new);
        Ok(Self { keys: SigningKeys { seeds, rsa, ..SigningKeys::default() }, not_kept })
    }
}

enum Unread {
    Broken,
    Io(io::Error),
}

fn read(path: &Path) -> Result<Option<Stored>, Unread> {
    let text = match std::fs::read(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Unread::Io(error)),
    };
    let stored: Stored = serde_json::from_slice(&text).map_err(|_| Unread::Broken)?;
    match stored.version == VERSION && !stored.seeds.is_empty() {
        true => Ok(Some(stored)),
        false => Err(Unread::Broken),
    }
}

/// Writes a new file and renames it over the old one, so that a crash leaves one or the other.
fn write(path: &Path, stored: &Stored) -> io::Result<()> {
    let text = Zeroizing::new(serde_json::to_vec(stored).map_err(io::Error::other)?);
    let mut file = tempfile::NamedTempFile::new_in(folder(path))?; // made with mode 0600
    file.write_all(&text)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn alone(path: &Path) -> io::Result<File> {
    std::fs::create_dir_all(folder(path))?;
    let file = File::options().create(true).append(true).open(path.with_extension("lock"))?;
    file.lock()?;
    Ok(file)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Restricts it to its owner. There is nothing to fix where files have no modes.
#[cfg(unix)]
fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 == 0)
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: KeyWants = KeyWants { rsa: true, fresh: false };

    fn open(path: &Path, wants: KeyWants) -> SigningKeys {
        let kept = KeptKeys::open(path, &samples::system_random(), wants).unwrap();
        assert_eq!(kept.not_kept, None);
        kept.keys
    }

    #[test]
    fn the_same_keys_come_again_until_new_ones_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in/check-keys.json");
        let first = open(&path, KeyWants::default());
        assert!(first.rsa.is_none());
        let second = open(&path, TOKENS);
        assert_eq!(second.seeds, first.seeds);
        let third = open(&path, TOKENS);
        assert_eq!(third.jwks(), second.jwks());
        let fresh = open(&path, KeyWants { fresh: true, ..TOKENS });
        let kid = |keys: &SigningKeys| keys.rsa.as_ref().unwrap().kid().to_owned();
        assert!(fresh.seeds.iter().all(|seed| !third.seeds.contains(seed)));
        assert_ne!(kid(&fresh), kid(&third));
        assert_eq!(open(&path, TOKENS).jwks(), fresh.jwks());
    }

    #[test]
    fn new_keys_of_one_kind_are_new_ones_of_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("check-keys.json");
        let before = open(&path, TOKENS);
        open(&path, KeyWants { rsa: false, fresh: true });
        assert_ne!(open(&path, TOKENS).rsa.unwrap().kid(), before.rsa.unwrap().kid());
    }

    #[test]
    fn a_key_is_named_by_its_thumbprint_and_the_ed25519_ones_have_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let jwks = open(&folder.path().join("check-keys.json"), TOKENS).jwks();
        for key in jwks["keys"].as_array().unwrap() {
            let thumbprint = signature::sign::thumbprint(key).unwrap();
            assert_eq!(thumbprint.len(), 43, "{thumbprint}");
            match key["kty"] == "RSA" {
                true => assert_eq!(key["kid"], thumbprint),
                false => assert!(key.get("kid").is_none()),
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_only_the_users() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("check-keys.json");
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        let first = open(&path, KeyWants::default());
        assert_eq!(mode(), 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(open(&path, KeyWants::default()).seeds, first.seeds);
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn a_broken_file_is_left_alone_and_replaced_on_request() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("check-keys.json");
        for text in ["", "{}", "{\"version\":2,\"seeds\":[],\"rsa\":null}", "{\"version\":1,\"seeds\":[],\"rsa\":null}"]
        {
            std::fs::write(&path, text).unwrap();
            let refused = KeptKeys::open(&path, &samples::system_random(), TOKENS).unwrap_err();
            assert!(refused.to_string().contains("check-keys.json"), "{refused}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        open(&path, KeyWants { rsa: false, fresh: true });
        open(&path, KeyWants::default());
    }

    #[test]
    fn keys_that_cannot_be_kept_are_made_for_once_and_that_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("check-keys.json");
        // A folder can neither be read as a file nor be renamed over.
        std::fs::create_dir(&path).unwrap();
        let kept = KeptKeys::open(&path, &samples::system_random(), KeyWants::default()).unwrap();
        assert!(kept.not_kept.unwrap().contains("check-keys.json"));
        assert!(!kept.keys.seeds.is_empty());
    }
}
