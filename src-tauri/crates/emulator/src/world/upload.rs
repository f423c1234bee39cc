//! Uploads that were started. They are in memory only: a client starts over if they are gone.

use std::fmt;

/// The most uploads that are remembered.
const MOST: usize = 64;

/// A file that arrives in pieces.
pub(crate) struct Upload {
    /// `upload_id`: whoever has it may continue the upload.
    pub(crate) token: String,
    /// Without `files/`.
    pub(crate) file: String,
    pub(crate) display_name: Option<String>,
    pub(crate) mime_type: String,
    /// The length in bytes that the client announced.
    pub(crate) expected: Option<usize>,
    pub(crate) bytes: Vec<u8>,
    /// Whether all bytes arrived and the file was created.
    pub(crate) done: bool,
}

impl fmt::Debug for Upload {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Upload")
            .field("file", &self.file)
            .field("size", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Oldest first.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Vec<Upload>);

impl Uploads {
    pub(crate) fn get_mut(&mut self, token: &str) -> Option<&mut Upload> {
        self.0.iter_mut().find(|upload| upload.token == token)
    }

    /// If there are too many, removes the oldest finished one, or else the oldest.
    pub(crate) fn insert(&mut self, upload: Upload) {
        if self.0.len() >= MOST {
            let place = self.0.iter().position(|upload| upload.done).unwrap_or(0);
            self.0.remove(place);
        }
        self.0.push(upload);
    }

    pub(crate) fn remove(&mut self, token: &str) {
        self.0.retain(|upload| upload.token != token);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
