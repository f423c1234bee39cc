//! Where secrets are kept: the port, and two ways to do without a keychain.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use zeroize::Zeroizing;

pub(crate) use crate::dto::VaultKind;

mod apart;

pub use apart::ApartVault;

/// A secret could not be kept or read. The text never holds the secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct VaultError(pub String);

/// A vault: keeps the text of secrets by id. Calls may block (a keychain may ask its user): call them off the async
/// threads.
pub trait Vault: Send + Sync {
    /// What it is.
    fn kind(&self) -> VaultKind;
    /// What the user should know about it, in one or two sentences.
    fn note(&self) -> Option<String>;
    /// Keeps `text` under `id`, in place of any earlier text.
    fn put(&self, id: &str, text: &str) -> Result<(), VaultError>;
    /// The text under `id`.
    fn get(&self, id: &str) -> Result<Option<Zeroizing<String>>, VaultError>;
    /// Destroys the text under `id`; it is no error if there is none.
    fn delete(&self, id: &str) -> Result<(), VaultError>;
}

/// Secrets for as long as the process lives: the command line, and tests.
#[derive(Default)]
pub struct MemoryVault(Mutex<HashMap<String, Zeroizing<String>>>);

impl Vault for MemoryVault {
    fn kind(&self) -> VaultKind {
        VaultKind::Memory
    }

    fn note(&self) -> Option<String> {
        Some("Secrets are kept in memory and are gone when Pollux ends.".into())
    }

    fn put(&self, id: &str, text: &str) -> Result<(), VaultError> {
        let mut kept = self.0.lock();
        kept.insert(id.to_owned(), Zeroizing::new(text.to_owned()));
        Ok(())
    }

    fn get(&self, id: &str) -> Result<Option<Zeroizing<String>>, VaultError> {
        Ok(self.0.lock().get(id).cloned())
    }

    fn delete(&self, id: &str) -> Result<(), VaultError> {
        self.0.lock().remove(id);
        Ok(())
    }
}

/// Secrets in a JSON file of mode 0600, for systems where no keychain runs.
pub struct FileVault {
    path: PathBuf,
    why: String,
    lock: Mutex<()>,
}

impl FileVault {
    /// Keeps secrets in `path`. `why` says why there is no keychain.
    pub fn new(path: PathBuf, why: impl Into<String>) -> Self {
        Self { path, why: why.into(), lock: Mutex::new(()) }
    }

    fn read(&self) -> Result<HashMap<String, Zeroizing<String>>, VaultError> {
        let mut text = Zeroizing::new(Vec::new());
        let Some(mut seen) = files::look(&self.path).map_err(|refusal| self.failed("read", &refusal))? else {
            return Ok(HashMap::new());
        };
        seen.file.read_to_end(&mut text).map_err(|error| self.failed("read", &error))?;
        let entries: HashMap<String, String> = serde_json::from_slice(&text).map_err(|error| {
            // serde's own message may quote the text, so only the line is given.
            VaultError(format!(
                "The secrets in {} cannot be read: line {} is not what Pollux writes. Move the file away to \
                 start over.",
                self.path.display(),
                error.line()
            ))
        })?;
        // It is ours, but made by hand or copied it may be readable by others.
        seen.tighten().map_err(|error| self.failed("kept to your user", &error))?;
        Ok(entries.into_iter().map(|(id, text)| (id, Zeroizing::new(text))).collect())
    }

    /// Writes beside it and renames over it: a crash leaves the old file or the new one.
    fn write(&self, entries: &HashMap<String, Zeroizing<String>>) -> Result<(), VaultError> {
        let plain: HashMap<&str, &str> = entries.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        let text = Zeroizing::new(serde_json::to_vec(&plain).map_err(|error| VaultError(error.to_string()))?);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let write = || -> io::Result<()> {
            files::make_folder(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?; // made with mode 0600
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            // Sync the new name, too: what the service shows once must outlast a power cut. Not all file systems can.
            #[cfg(unix)]
            let _ = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
            Ok(())
        };
        write().map_err(|error| self.failed("written", &error))
    }

    /// Locks out every other change, also where the window and the command line run side by side: each reads the whole
    /// file and writes it anew. Released when dropped, or when the process ends.
    fn alone(&self) -> Result<std::fs::File, VaultError> {
        let path = self.path.with_extension("lock");
        let open = || -> io::Result<std::fs::File> {
            files::make_folder(path.parent().unwrap_or(Path::new(".")))?;
            let file = files::open_or_make(&path)?;
            file.lock()?;
            Ok(file)
        };
        open().map_err(|error| VaultError(format!("{} could not be locked: {error}", path.display())))
    }

    fn failed(&self, what: &str, error: &dyn std::fmt::Display) -> VaultError {
        VaultError(format!("{} could not be {what}: {error}", self.path.display()))
    }
}

impl Vault for FileVault {
    fn kind(&self) -> VaultKind {
        VaultKind::File
    }

    fn note(&self) -> Option<String> {
        Some(format!(
            "{} Secrets are kept in {}, which only your user can read, but which is not encrypted.",
            self.why,
            self.path.display()
        ))
    }

    fn put(&self, id: &str, text: &str) -> Result<(), VaultError> {
        let _held = self.lock.lock();
        let _alone = self.alone()?;
        let mut entries = self.read()?;
        entries.insert(id.to_owned(), Zeroizing::new(text.to_owned()));
        self.write(&entries)
    }

    fn get(&self, id: &str) -> Result<Option<Zeroizing<String>>, VaultError> {
        let _held = self.lock.lock();
        Ok(self.read()?.remove(id))
    }

    fn delete(&self, id: &str) -> Result<(), VaultError> {
        let _held = self.lock.lock();
        let _alone = self.alone()?;
        let mut entries = self.read()?;
        match entries.remove(id) {
            Some(_) => self.write(&entries),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_vault_keeps_replaces_and_destroys() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in/secrets.json");
        let vault = FileVault::new(path.clone(), "No keychain.");
        assert!(vault.get("a").unwrap().is_none());
        vault.put("a", "whsec_one").unwrap();
        vault.put("b", "whsec_two").unwrap();
        vault.put("a", "whsec_three").unwrap();
        assert_eq!(vault.get("a").unwrap().unwrap().as_str(), "whsec_three");
        vault.delete("a").unwrap();
        vault.delete("a").unwrap();
        assert!(vault.get("a").unwrap().is_none());
        assert_eq!(vault.get("b").unwrap().unwrap().as_str(), "whsec_two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_of_secrets_is_refused_without_a_wait_and_left_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (real, linked) = (folder.path().join("real.json"), folder.path().join("linked.json"));
        std::fs::write(&real, r#"{"a":"whsec_one"}"#).unwrap();
        std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o644)).unwrap();
        std::os::unix::fs::symlink(&real, &linked).unwrap();
        let vault = FileVault::new(linked.clone(), "");
        for error in [vault.get("a").unwrap_err(), vault.put("b", "x").unwrap_err(), vault.delete("a").unwrap_err()] {
            assert!(error.0.contains(&format!("a link to {}", real.display())), "{error}");
        }
        let mode = || std::fs::metadata(&real).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(), std::fs::read_to_string(&real).unwrap().as_str()), (0o644, r#"{"a":"whsec_one"}"#));
        let pipe = folder.path().join("pipe.json");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(FileVault::new(pipe, "").get("a").unwrap_err().0.contains("a pipe"));
        // Our own file, which others could read, is closed to them.
        assert_eq!(FileVault::new(real.clone(), "").get("a").unwrap().unwrap().as_str(), "whsec_one");
        assert_eq!(mode(), 0o600);
    }

    #[test]
    fn two_that_change_one_file_lose_nothing_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.json");
        std::thread::scope(|scope| {
            for lane in ["a", "b", "c"] {
                let vault = FileVault::new(path.clone(), "");
                scope.spawn(move || (0..20).for_each(|id| vault.put(&format!("{lane}{id}"), lane).unwrap()));
            }
        });
        assert_eq!(FileVault::new(path, "").read().unwrap().len(), 60);
    }

    #[test]
    fn a_broken_file_is_told_without_its_text_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.json");
        std::fs::write(&path, "{\"a\": whsec_visible}").unwrap();
        let vault = FileVault::new(path.clone(), "");
        let error = vault.put("b", "x").unwrap_err().to_string();
        assert!(!error.contains("whsec_visible"), "{error}");
        assert!(error.contains("Move the file away"), "{error}");
        assert!(std::fs::read_to_string(&path).unwrap().contains("whsec_visible"));
    }
}
