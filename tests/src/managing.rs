//! `pollux project` and `pollux webhooks` on a data folder of a test's own, with secrets in the fallback file.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;
use tempfile::TempDir;

/// A data folder, and all that was said over it.
pub struct Data {
    folder: TempDir,
    said: Mutex<String>,
}

/// What a command said.
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// The one JSON value on standard output, of a command that did what it should.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {:?}", self.out))
    }

    /// What it refused with: this code, and nothing on standard output.
    pub fn refused(&self, code: i32) -> &str {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.err);
        assert!(self.err.starts_with("pollux: ") || self.err.starts_with("error: "), "{}", self.err);
        &self.err
    }
}

impl Default for Data {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), said: Mutex::default() }
    }
}

impl Data {
    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The file of the history.
    pub fn history(&self) -> String {
        self.path().join("pollux.db").display().to_string()
    }

    /// The file that keeps secrets here.
    pub fn vault(&self) -> PathBuf {
        self.path().join("secrets.json")
    }

    /// What that file holds.
    pub fn kept(&self) -> String {
        std::fs::read_to_string(self.vault()).unwrap_or_default()
    }

    /// A command that is not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = crate::listen::command(self.path());
        command.env("POLLUX_KEYCHAIN", "file").env_remove("GEMINI_API_KEY").env_remove("GOOGLE_API_KEY");
        command.args(arguments);
        command
    }

    /// Runs one without standard input.
    pub fn run(&self, arguments: &[&str]) -> Said {
        self.finish(&mut self.command(arguments), "")
    }

    /// Runs one to its end.
    pub fn finish(&self, command: &mut Command, input: &str) -> Said {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may end without having read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let said =
            Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) };
        let mut all = self.said.lock().unwrap();
        all.push_str(&said.out);
        all.push_str(&said.err);
        said
    }

    /// None of these stands in any file of the folder but the vault's, nor in anything that was said.
    pub fn holds_none_of(&self, secrets: &[&str]) {
        let said = self.said.lock().unwrap();
        let mut files = vec![];
        walk(self.path(), &mut files);
        assert!(files.iter().any(|file| file.ends_with("pollux.db")), "{files:?}");
        for secret in secrets {
            assert!(secret.len() >= 8, "too short to be looked for");
            assert!(!said.contains(secret), "said: …{}", &secret[secret.len() - 4..]);
            for file in files.iter().filter(|file| **file != self.vault()) {
                let bytes = std::fs::read(file).unwrap();
                let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
                assert!(!found, "{} holds …{}", file.display(), &secret[secret.len() - 4..]);
            }
        }
    }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, files) } else { files.push(path) }
    }
}
