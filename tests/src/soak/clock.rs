//! A clock that jumps, by libfaketime where that is installed: Pollux itself has no way to be told another time.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// Names where the library is looked for, before the folders of distributions.
const LIBRARY: &str = "SOAK_FAKETIME";
const FOLDERS: [&str; 5] = [
    "/usr/lib/x86_64-linux-gnu/faketime",
    "/usr/lib/aarch64-linux-gnu/faketime",
    "/usr/lib/faketime",
    "/usr/lib64/faketime",
    "/usr/local/lib/faketime",
];
/// For programs with several threads.
const NAME: &str = "libfaketimeMT.so.1";

/// How far the clock is off at most, in seconds: less than a signature's time may be off, so that no verdict changes.
pub(super) const FURTHEST: i64 = 120;

/// The wall clock of the processes that are started with it; their monotonic clocks are the machine's.
pub(super) struct Clock {
    library: PathBuf,
    offset: PathBuf,
}

impl Clock {
    /// # Errors
    /// Why there is none.
    pub(super) fn find(folder: &Path) -> Result<Self, String> {
        let named = std::env::var_os(LIBRARY).map(PathBuf::from);
        let usual = FOLDERS.iter().map(|folder| Path::new(folder).join(NAME));
        let library = named.into_iter().chain(usual).find(|path| path.is_file());
        let library = library.ok_or_else(|| {
            format!("libfaketime is not installed (apt: libfaketime; or {LIBRARY}), and Pollux takes no other clock")
        })?;
        let clock = Self { library, offset: folder.join("clock") };
        clock.jump(0).map_err(|error| error.to_string())?;
        Ok(clock)
    }

    /// What a process needs to follow it.
    pub(super) fn environment(&self) -> [(&'static str, OsString); 5] {
        [
            ("LD_PRELOAD", self.library.clone().into()),
            ("FAKETIME_TIMESTAMP_FILE", self.offset.clone().into()),
            // Seconds until the file is read again.
            ("FAKETIME_CACHE_DURATION", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            // The name of the same in older versions.
            ("DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }

    /// Is so many seconds off from now on, in all processes that follow it.
    pub(super) fn jump(&self, seconds: i64) -> io::Result<()> {
        let whole = self.offset.with_extension("new");
        std::fs::write(&whole, format!("{seconds:+}\n"))?;
        std::fs::rename(whole, &self.offset)
    }
}
