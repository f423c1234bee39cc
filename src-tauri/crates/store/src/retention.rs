//! What stays in the history and what goes: pins, notes, deletions that can be taken back, and limits.
//!
//! Whatever leaves the file does so in slices between two commits: in the pauses of the writer, and a slice at a time
//! while it has no pause. The oldest go first, in ranges of ids. [`Keeper`] decides, [`slice`] removes.

mod deletion;
mod keeper;
mod keeping;
mod limits;
mod mark;
mod preview;
mod rebuild;
mod sizes;
mod slice;

pub use deletion::{Deleted, Which};
pub(crate) use keeper::Keeper;
pub(crate) use keeping::Keeping;
pub(crate) use limits::AT_ARRIVAL;
pub use limits::{Keep, Limits, Waiting, WhichWait};
pub use preview::{Preview, Span};
pub use rebuild::{RebuildNeed, RebuildProgress};
pub use sizes::{Share, Sizes};
