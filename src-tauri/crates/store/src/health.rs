//! Whether the history is whole: how the last run of it ended, what SQLite finds wrong, what of it can still be read, and
//! a new history made of that.

mod check;
mod leaves;
mod mark;
mod pages;
mod reading;
mod recover;

pub(crate) use check::Checking;
pub use check::{Damage, Found as FoundFile, Health, look_at};
pub(crate) use mark::Mark;
pub use mark::{Began, Missing};
pub use recover::{Recovered, recover};
