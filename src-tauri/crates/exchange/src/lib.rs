//! Deliveries out and in: NDJSON that loses nothing, HAR 1.2, `curl` commands, CloudEvents; the schemas of what
//! arrived; and what a delivery is copied as.
//!
//! Pure: streams over `Read` and `Write`, no clock, no files. What is held in memory is one record, however large the
//! file is. What is read was written by anybody: nothing here panics, and nothing is dropped in silence. A [`Problem`]
//! names the line, what was wrong and what was expected.

mod cloudevents;
mod credentials;
mod curl;
mod har;
mod item;
mod ndjson;
mod problem;
mod read;
mod record;
pub mod schema;
pub mod snippet;
mod text;
mod write;

pub use credentials::Credentials;
pub use item::{Item, Limits};
pub use problem::{Error, Problem};
pub use read::{Source, read};
pub use record::{Answer, AnsweredBy, Record};
pub use write::{Format, Writer};
