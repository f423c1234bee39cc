//! Writes files that the user asked for into the downloads folder.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use directories::UserDirs;
use engine::{Code, Error};

/// How many names to try if files already exist.
const TRIES: u32 = 100;

/// Writes `{stem}-YYYY-MM-DD-HHMMSS.{extension}` (local time) into the user's downloads, or into the data folder if
/// there is no such folder. Only the user can read it. Gives its path.
pub(crate) fn write(home: &Path, stem: &str, extension: &str, text: &str) -> engine::Result<PathBuf> {
    let downloads = UserDirs::new().and_then(|dirs| dirs.download_dir().map(Path::to_path_buf));
    let folder = downloads.unwrap_or_else(|| home.to_path_buf());
    let stem = format!("{stem}-{}", jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S"));
    write_new(&folder, &stem, extension, text).map_err(|error| {
        let message =
            format!("Nothing could be written to {}. Is there room, and do you have permission?", folder.display());
        Error::new(Code::NotWritten, message).with_detail(error)
    })
}

/// Never overwrites an existing file.
fn write_new(folder: &Path, stem: &str, extension: &str, text: &str) -> io::Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for number in 1..=TRIES {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{stem}{more}.{extension}"));
        match options.open(&path) {
            Ok(mut file) => {
                let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
                if written.is_err() {
                    // Half a log would look like a whole one.
                    let _ = std::fs::remove_file(&path);
                }
                return written.map(|()| path);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, format!("{TRIES} files from this second already exist")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_left_alone_and_only_the_user_can_read_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("downloads");
        let first = write_new(&folder, "log", "ndjson", "one\n").unwrap();
        let second = write_new(&folder, "log", "ndjson", "two\n").unwrap();
        assert_eq!(
            (first.file_name().unwrap(), second.file_name().unwrap()),
            ("log.ndjson".as_ref(), "log-2.ndjson".as_ref())
        );
        assert_eq!(std::fs::read_to_string(first).unwrap(), "one\n");
        assert_eq!(std::fs::read_to_string(&second).unwrap(), "two\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&second).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
