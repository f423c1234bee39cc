//! Bounds and sizes of a history.

use crate::space::SpaceOf;

/// Bounds and sizes. The default is what the desktop uses.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// Deliveries that may wait for the writer; a further one is refused with [`crate::InsertError::Full`].
    pub queue: usize,
    /// Bytes of the deliveries that may wait for the writer. One may always wait, however large.
    pub queue_bytes: usize,
    /// The most deliveries in one transaction.
    pub batch: usize,
    /// Bytes of deliveries in one transaction; once reached, no further one joins it.
    pub batch_bytes: usize,
    /// New events whose message ids the writer remembers (about 100 bytes each) before it puts them into their index.
    pub index_after: usize,
    /// Bytes that those may take, however few they are. A batch may exceed it while it lasts.
    pub index_after_bytes: usize,
    /// Read-only connections.
    pub readers: usize,
    /// How many changes a receiver of [`crate::Store::subscribe`] may be behind before it has to reload.
    pub changes: usize,
    /// Bytes that changes may occupy while receivers are behind; beyond them [`crate::Change::Resync`] is sent.
    pub changes_bytes: usize,
    /// The size in bytes that the database file may not exceed; a delivery that needs more fails with `disk_full`.
    pub max_bytes: Option<u64>,
    /// Where the disk's free space is read from; `None` keeps no reserve.
    pub space: Option<SpaceOf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue: 4096,
            queue_bytes: 64 << 20,
            batch: 512,
            batch_bytes: 8 << 20,
            index_after: 65_536,
            index_after_bytes: 16 << 20,
            readers: 3,
            changes: 4096,
            changes_bytes: 16 << 20,
            max_bytes: None,
            space: None,
        }
    }
}
