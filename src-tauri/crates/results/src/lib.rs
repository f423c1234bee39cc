//! What a batch answered: the rows of its JSONL file by key, what became of each, and which requests have no answer.
//!
//! Pure, over `Read`, `Seek` and `Write`: no clock, no files. A [`Scanner`] is fed the file as it comes and keeps a
//! few bytes of each row in an [`Index`] (about 15, with the hash of its key), never its text; what is shown of a row
//! is read again by [`read_row`]. What is read was written by anybody: nothing here panics, and a line that cannot be
//! read is a row that says so.

mod answer;
mod counts;
mod error;
mod index;
mod json;
mod keys;
mod line;
mod lines;
mod page;
mod parts;
mod places;
mod requests;
mod row;
mod save;
mod scan;
mod search;
mod state;
mod summary;

pub use answer::Tokens;
pub use error::Error;
pub use index::Index;
pub use lines::{LONGEST_LINE, Place};
pub use page::{Filter, Mark, Marks};
pub use requests::{Asked, Request, RequestScanner, Requests};
pub use row::{Row, TEXT_CHARS, read_bytes, read_row};
pub use save::{Saved, Which, save_failed_requests, save_rows};
pub use scan::Scanner;
pub use search::search;
pub use state::{RowState, means_blocked};
pub use summary::{ErrorKind, FinishKind, KINDS, Summary, TokenSums};
