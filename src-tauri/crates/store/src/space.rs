//! Free space on the disk: below a reserve the oldest deliveries make room for new ones, and where none may go, new ones
//! are refused, before the disk is full for everybody else.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

/// The reserve is never larger than this: 1 GiB.
const RESERVE: u64 = 1 << 30;
/// The reserve on a small file system is this fraction of it: a twentieth.
const PART: u64 = 20;
/// The shortage ends once this fraction of the reserve is free on top of it, so that it does not come and go with every
/// file that somebody else writes.
const ABOVE: u64 = 16;
/// Below this fraction of the reserve, nothing new is stored even where older deliveries could make room: somebody else
/// fills the disk, and what leaves the history has to be logged first.
const FLOOR: u64 = 4;
/// The most bytes written between two checks; on a small file system, this fraction of the reserve if that is less.
const LOOK_AFTER: u64 = 16 << 20;
const PART_WRITTEN: u64 = 4;
/// What a transaction writes besides its deliveries: whole pages of tables and indexes.
const PAGES: u64 = 64 << 10;

/// A file system's space, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// What this user may still write.
    pub free: u64,
    /// Its total size.
    pub total: u64,
}

impl Space {
    /// What is kept free: 1 GiB or a twentieth, whichever is less.
    #[must_use]
    pub fn reserve(&self) -> u64 {
        RESERVE.min(self.total / PART)
    }
}

/// Where the free space of a folder's file system is read from.
#[derive(Clone)]
pub struct SpaceOf(Arc<Read>);

type Read = dyn Fn(&Path) -> io::Result<Space> + Send + Sync;

impl SpaceOf {
    /// From a function.
    pub fn new(read: impl Fn(&Path) -> io::Result<Space> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// From the system.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|folder| {
            let read = fs4::statvfs(folder)?;
            Ok(Space { free: read.available_space(), total: read.total_space() })
        })
    }
}

impl fmt::Debug for SpaceOf {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SpaceOf").finish_non_exhaustive()
    }
}

impl PartialEq for SpaceOf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SpaceOf {}

/// Less space is left than the reserve, and nothing may go to make room: nothing new is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// What is free, in bytes.
    pub free: u64,
    /// What is kept free, in bytes.
    pub reserve: u64,
    /// The folder of the history.
    pub folder: PathBuf,
}

/// Watches the space where the history is. A delivery costs a look at a flag, and no system call.
#[derive(Debug)]
pub(crate) struct Reserve {
    folder: PathBuf,
    of: Option<SpaceOf>,
    /// Bytes that the user wants to stay free; 0: not set.
    wanted: AtomicU64,
    /// Less is free than the reserve.
    pressing: AtomicBool,
    /// Older deliveries can make room for new ones.
    may_go: AtomicBool,
    short: AtomicBool,
    told: watch::Sender<Option<Shortage>>,
    /// Bytes written since the last check.
    unseen: AtomicU64,
    /// How many bytes may be written before the next one.
    look_after: AtomicU64,
}

impl Reserve {
    pub(crate) fn new(path: &Path, of: Option<SpaceOf>) -> Self {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let reserve = Self {
            folder,
            of,
            wanted: AtomicU64::new(0),
            pressing: AtomicBool::new(false),
            may_go: AtomicBool::new(false),
            short: AtomicBool::new(false),
            told: watch::Sender::new(None),
            unseen: AtomicU64::new(0),
            look_after: AtomicU64::new(LOOK_AFTER),
        };
        reserve.look();
        reserve
    }

    pub(crate) fn is_short(&self) -> bool {
        self.short.load(Ordering::Relaxed)
    }

    /// Whether less is free than the reserve, so that older deliveries make room for new ones.
    pub(crate) fn is_pressing(&self) -> bool {
        self.pressing.load(Ordering::Relaxed)
    }

    /// Whether older deliveries can make room for new ones.
    pub(crate) fn may_go(&self, may_go: bool) {
        if self.may_go.swap(may_go, Ordering::Relaxed) != may_go && self.is_pressing() {
            self.look();
        }
    }

    /// What is to stay free; `None`: [`Space::reserve`].
    pub(crate) fn want(&self, bytes: Option<u64>) {
        let bytes = bytes.map_or(0, |bytes| bytes.max(1));
        if self.wanted.swap(bytes, Ordering::Relaxed) != bytes {
            self.look();
        }
    }

    /// The space where the history is.
    pub(crate) fn space(&self) -> Option<Space> {
        self.space_of(&self.folder)
    }

    /// The space of another folder.
    pub(crate) fn space_of(&self, folder: &Path) -> Option<Space> {
        let SpaceOf(read) = self.of.as_ref()?;
        read(folder).ok()
    }

    fn reserved(&self, space: Space) -> u64 {
        match self.wanted.load(Ordering::Relaxed) {
            0 => space.reserve(),
            wanted => wanted,
        }
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Option<Shortage>> {
        self.told.subscribe()
    }

    /// A transaction with this many bytes of deliveries was written: checks again once they have become many.
    pub(crate) fn wrote(&self, bytes: u64) {
        let bytes = bytes.saturating_add(PAGES);
        let unseen = self.unseen.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if self.of.is_some() && unseen >= self.look_after.load(Ordering::Relaxed) {
            self.look();
        }
    }

    /// Reads how much is free. If that fails, nothing is refused: the disk itself reports when it is full.
    pub(crate) fn look(&self) {
        let Some(SpaceOf(read)) = &self.of else { return };
        self.unseen.store(0, Ordering::Relaxed);
        let short = match read(&self.folder) {
            Ok(space) => self.judge(space),
            Err(error) => {
                self.pressing.store(false, Ordering::Relaxed);
                tracing::debug!(%error, "could not read how much space is free on the disk");
                None
            }
        };
        self.short.store(short.is_some(), Ordering::Relaxed);
        self.told.send_if_modified(|told| std::mem::replace(told, short) != *told);
    }

    fn judge(&self, space: Space) -> Option<Shortage> {
        let reserve = self.reserved(space);
        self.look_after.store((reserve / PART_WRITTEN).clamp(4 * PAGES, LOOK_AFTER), Ordering::Relaxed);
        let enough = if self.is_pressing() { reserve.saturating_add(reserve / ABOVE) } else { reserve };
        let pressing = space.free < enough;
        self.pressing.store(pressing, Ordering::Relaxed);
        let short = pressing && (!self.may_go.load(Ordering::Relaxed) || space.free < reserve / FLOOR);
        short.then(|| Shortage { free: space.free, reserve, folder: self.folder.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const MIB: u64 = 1 << 20;

    #[test]
    fn the_reserve_is_a_gibibyte_or_a_twentieth_whichever_is_less() {
        let reserve = |total| Space { free: 0, total }.reserve();
        assert_eq!(reserve(500 * GIB), GIB);
        assert_eq!(reserve(20 * GIB), GIB);
        assert_eq!(reserve(19 * GIB), 19 * GIB / 20);
        assert_eq!(reserve(200 * MIB), 10 * MIB);
        assert_eq!(reserve(0), 0);
    }

    #[test]
    fn the_system_knows_the_room_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let SpaceOf(read) = SpaceOf::system();
        let space = read(folder.path()).unwrap();
        assert!(space.free <= space.total && space.total > 0, "{space:?}");
        assert!(read(&folder.path().join("none")).is_err());
    }

    #[test]
    fn it_comes_at_the_reserve_and_goes_above_it() {
        let free = Arc::new(AtomicU64::new(GIB));
        let read = free.clone();
        let of = SpaceOf::new(move |_| Ok(Space { free: read.load(Ordering::Relaxed), total: 100 * GIB }));
        let reserve = Reserve::new(Path::new("/somewhere/h.db"), Some(of));
        let short = |bytes| {
            free.store(bytes, Ordering::Relaxed);
            reserve.look();
            assert_eq!(reserve.is_short(), reserve.watch().borrow().is_some());
            reserve.is_short()
        };
        assert!(!reserve.is_short());
        assert!(short(GIB - 1));
        let told = reserve.watch().borrow().clone().unwrap();
        assert_eq!((told.free, told.reserve, told.folder.as_path()), (GIB - 1, GIB, Path::new("/somewhere")));
        assert!(short(GIB), "not at the first byte");
        assert!(!short(GIB + 64 * MIB));
        assert!(!short(GIB), "the way down is another");
        assert!(short(0));
    }

    #[test]
    fn what_cannot_be_read_refuses_nothing() {
        let of = SpaceOf::new(|_| Err(io::Error::other("gone")));
        assert!(!Reserve::new(Path::new("h.db"), Some(of)).is_short());
    }
}
