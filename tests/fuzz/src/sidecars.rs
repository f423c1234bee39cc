//! Files that stand beside others and are read back: the keys of a check, databases before SQLite opens them, their
//! logs, and the note of a running cloudflared. Nothing may panic, and what is not ours stays as it is. The first byte
//! of the input says which file it is.

use std::fs;
use std::path::PathBuf;

use inbound::tunnel::cloudflared::{Reaped, reap};
use outbound::check::{KeptKeys, KeyWants};
use serde_json::{Value, json};
use tempfile::TempDir;

/// `Plux`: a history.
const APPLICATION: i64 = 0x506c_7578;
/// A format that no history has yet.
const NEWEST: i64 = 1_000;
/// No system gives a process this number.
const NOBODY: u32 = 0x7fff_ffff;

struct Rig {
    folder: TempDir,
}

thread_local! {
    static RIG: Rig = Rig { folder: tempfile::tempdir().unwrap() };
}

/// The body.
pub fn run(data: &[u8]) {
    let [which, file @ ..] = data else { return };
    RIG.with(|rig| match which % 4 {
        0 => rig.keys(file),
        1 => rig.database(file),
        2 => rig.log(file),
        _ => rig.note(file),
    });
}

impl Rig {
    /// A file with this content that only the user may read.
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        path
    }

    fn keys(&self, content: &[u8]) {
        let path = self.file("check-keys.json", content);
        let open = || KeptKeys::open(&path, &samples::system_random(), KeyWants::default());
        match open() {
            Ok(kept) => {
                assert!(!kept.keys.seeds.is_empty() && kept.not_kept.is_none(), "{:?}", kept.not_kept);
                assert_eq!(open().unwrap().keys.seeds, kept.keys.seeds);
            }
            Err(error) => assert!(error.to_string().contains("check-keys.json"), "{error}"),
        }
        assert_eq!(fs::read(&path).unwrap(), content, "nothing was missing");
    }

    fn database(&self, content: &[u8]) {
        let path = self.file("any.db", content);
        let is_history = store::is_history(&path);
        let ready = files::sqlite::make_ready(&path, APPLICATION, NEWEST);
        assert!(!(is_history && matches!(ready, Err(files::sqlite::Unusable::NotOurs))));
        if let Ok(ready) = ready {
            ready.is_still_there().unwrap();
        }
        assert_eq!(fs::read(&path).unwrap(), content);
    }

    /// Beside the beginning of a history.
    fn log(&self, content: &[u8]) {
        let mut header = [0; 512];
        header[..16].copy_from_slice(b"SQLite format 3\0");
        header[16..18].copy_from_slice(&512_u16.to_be_bytes());
        header[68..72].copy_from_slice(&u32::try_from(APPLICATION).unwrap().to_be_bytes());
        header[100] = 0x0d;
        let path = self.file("history.db", &header);
        let log = self.file("history.db-wal", content);
        let _ = files::sqlite::make_ready(&path, APPLICATION, NEWEST);
        let _ = store::is_history(&path);
        assert_eq!((fs::read(&path).unwrap(), fs::read(&log).unwrap()), (header.to_vec(), content.to_vec()));
    }

    /// The process that it names is nobody's, so nothing is ended.
    fn note(&self, content: &[u8]) {
        let content = match serde_json::from_slice::<Value>(content) {
            Ok(mut note) => {
                if let Some(members) = note.as_object_mut().filter(|members| members.contains_key("pid")) {
                    members.insert("pid".to_owned(), json!(NOBODY));
                }
                note.to_string().into_bytes()
            }
            Err(_) => content.to_vec(),
        };
        let path = self.file("cloudflared.json", &content);
        let reaped = reap(&path);
        assert!(!matches!(reaped, Reaped::Ended { .. }), "{reaped:?}");
        // A note that was read is done with, unless its owner still runs.
        assert_eq!(path.exists(), matches!(reaped, Reaped::Nothing | Reaped::InUse));
    }
}
