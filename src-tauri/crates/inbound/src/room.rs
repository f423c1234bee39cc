//! Room in memory for the bodies being received: who may take how much of it, and who waits.
//!
//! A body is charged for what arrived, never for what was only declared: connections that promise 10 MiB and send
//! nothing cost nothing. What earlier bodies may still need stays free, so that uploads that each have a part cannot
//! block one another: as many as fit continue, the others wait, and are let in as those end.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

/// Bodies up to this size do not ask for room: with the most connections they take 64 MiB.
pub(crate) const SMALL: usize = 64 * 1024;

/// A body has to send this much before all of it is counted on, so what many connections begin and abandon costs only
/// what they sent.
const PROVEN: usize = 256 * 1024;
/// An upload that has been silent for this long no longer counts as promised, and makes way if others wait.
const STALLED: Duration = Duration::from_secs(2);
/// An upload within its share waits this long for those beyond theirs, before the last of those makes way.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often waiting uploads check for one that stalled meanwhile: nothing wakes them for that.
const LOOK: Duration = Duration::from_millis(100);
/// An upload that fits beside all those before it is not refused for waiting, unless it takes longer than anything may.
const FITTING: Duration = Duration::from_secs(30);

/// Why an upload cannot continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// No room became free in time, or it takes more than its share while others want it.
    NoRoom,
    /// It stalled while others wait.
    Stalled,
}

/// The room of one listener. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Room {
    state: Arc<Mutex<State>>,
    /// How long an upload waits if it does not fit beside those before it.
    wait: Duration,
}

/// The place of one upload. Dropping it gives its room back.
pub(crate) struct Place {
    room: Room,
    id: u64,
    told: Arc<Notify>,
}

struct State {
    bytes: usize,
    free: usize,
    next: u64,
    /// In the order in which they arrived, or were proven.
    uploads: BTreeMap<u64, Upload>,
    waiting: usize,
    /// What all of them will take together, as far as known.
    needed: usize,
    looked: Option<Instant>,
}

struct Upload {
    /// Its address: shares are counted per address.
    from: Arc<str>,
    /// How long it will be, as far as known.
    len: usize,
    /// What it is counted for: all of it, once it is proven.
    need: usize,
    held: usize,
    /// When its last bytes arrived.
    came: Instant,
    wants: Option<Wants>,
    /// Whether it has arrived whole and waits to be stored.
    whole: bool,
    /// Whether it was told to make way.
    denied: Option<Denied>,
    told: Arc<Notify>,
}

#[derive(Clone, Copy)]
struct Wants {
    more: usize,
    since: Instant,
}

/// One in the order; the fields decide in the order in which they are declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    /// Whether it is beyond its address's share.
    beyond: bool,
    unproven: bool,
    id: u64,
}

impl Upload {
    fn is_proven(&self) -> bool {
        self.need >= self.len
    }

    fn left(&self) -> usize {
        self.need.saturating_sub(self.held)
    }

    /// Whether it waits for its sender, who sends nothing.
    fn is_stalled(&self, now: Instant) -> bool {
        !self.whole && self.wants.is_none() && now.saturating_duration_since(self.came) >= STALLED
    }
}

impl Room {
    /// Room for `bytes`. An upload that does not fit beside those before it waits for `wait` at most.
    pub(crate) fn new(bytes: usize, wait: Duration) -> Self {
        Self { state: Arc::new(Mutex::new(State::new(bytes))), wait }
    }

    /// A place for an upload from this address, of `len` bytes as far as known. It holds no room yet.
    pub(crate) fn enter(&self, from: &Arc<str>, len: usize) -> Place {
        let (id, told) = self.state().enter(from.clone(), len, Instant::now());
        Place { room: self.clone(), id, told }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

impl Place {
    /// Takes what is missing for `len` bytes of this body, waiting if it must. Returns how long it waited.
    pub(crate) async fn hold(&mut self, len: usize) -> Result<Duration, Denied> {
        let since = Instant::now();
        if len > PROVEN {
            self.id = self.room.state().prove(self.id);
        }
        if self.room.state().ask(self.id, len, since)? {
            return Ok(Duration::ZERO);
        }
        loop {
            let woken = timeout(LOOK, self.told.notified()).await.is_ok();
            let now = Instant::now();
            let mut state = self.room.state();
            if !woken {
                state.look(now);
            }
            if state.settled(self.id)? {
                return Ok(now - since);
            }
            let waited = now - since;
            if waited >= FITTING || (waited >= self.room.wait && !state.fits(self.id)) {
                return Err(Denied::NoRoom);
            }
        }
    }

    /// Completes when the upload is told to make way.
    pub(crate) async fn denied(&self) -> Denied {
        loop {
            if let Some(denied) = self.room.state().uploads.get(&self.id).and_then(|upload| upload.denied) {
                return denied;
            }
            self.told.notified().await;
        }
    }

    /// Marks it as arrived whole: it needs no more, and is no longer cut.
    pub(crate) fn mark_whole(&self) {
        let mut state = self.room.state();
        state.mark_whole(self.id);
        state.serve(Instant::now());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.room.state();
        state.leave(self.id);
        state.serve(Instant::now());
    }
}

/// The bookkeeping, without a clock and without waiting.
impl State {
    fn new(bytes: usize) -> Self {
        Self { bytes, free: bytes, next: 0, uploads: BTreeMap::new(), waiting: 0, needed: 0, looked: None }
    }

    fn enter(&mut self, from: Arc<str>, len: usize, now: Instant) -> (u64, Arc<Notify>) {
        let told = Arc::new(Notify::new());
        let (need, held, wants, whole, denied) = (len.min(PROVEN), 0, None, false, None);
        self.needed = self.needed.saturating_add(need);
        let upload = Upload { from, len, need, held, came: now, wants, whole, denied, told: told.clone() };
        (self.put(upload), told)
    }

    fn put(&mut self, upload: Upload) -> u64 {
        let id = self.next;
        self.next += 1;
        self.uploads.insert(id, upload);
        id
    }

    /// Counts on all of it from now on, behind those that already are. This gives it a new id.
    fn prove(&mut self, id: u64) -> u64 {
        if self.uploads.get(&id).is_none_or(Upload::is_proven) {
            return id;
        }
        let Some(mut upload) = self.uploads.remove(&id) else { return id };
        self.needed = self.needed.saturating_add(upload.len.saturating_sub(upload.need));
        upload.need = upload.len;
        self.put(upload)
    }

    /// True if it holds `len` bytes now; false if it waits.
    fn ask(&mut self, id: u64, len: usize, now: Instant) -> Result<bool, Denied> {
        let Some(upload) = self.uploads.get_mut(&id) else { return Err(Denied::NoRoom) };
        if let Some(denied) = upload.denied {
            return Err(denied);
        }
        upload.came = now;
        if len > upload.need {
            self.needed = self.needed.saturating_add(len - upload.need);
            upload.need = len;
            upload.len = upload.len.max(len);
        }
        if upload.len > self.bytes {
            return Err(Denied::NoRoom); // it never fits
        }
        let more = len.saturating_sub(upload.held);
        // The usual case: all of them fit together.
        if self.waiting == 0 && self.needed <= self.bytes && more <= self.free {
            upload.held += more;
            self.free -= more;
            return Ok(true);
        }
        upload.wants = Some(Wants { more, since: now });
        self.waiting += 1;
        self.serve(now);
        self.settled(id)
    }

    /// True if it no longer waits.
    fn settled(&self, id: u64) -> Result<bool, Denied> {
        match self.uploads.get(&id) {
            Some(Upload { denied: Some(denied), .. }) => Err(*denied),
            Some(upload) => Ok(upload.wants.is_none()),
            None => Err(Denied::NoRoom),
        }
    }

    fn mark_whole(&mut self, id: u64) {
        if let Some(upload) = self.uploads.get_mut(&id) {
            self.needed = self.needed.saturating_sub(upload.left());
            (upload.len, upload.need) = (upload.held, upload.held);
            upload.whole = true;
        }
    }

    fn leave(&mut self, id: u64) {
        if let Some(upload) = self.uploads.remove(&id) {
            self.free += upload.held;
            self.needed = self.needed.saturating_sub(upload.need);
            self.waiting -= usize::from(upload.wants.is_some());
        }
    }

    /// Serves those who wait: time alone may have changed something.
    fn look(&mut self, now: Instant) {
        if self.looked.is_none_or(|looked| now.saturating_duration_since(looked) >= LOOK) {
            self.serve(now);
        }
    }

    /// The order in which they get room: first those within their address's share, and of those the proven ones, in the
    /// order in which they were proven; then the others. The first one of an address is always within its share: a
    /// single body may be larger than that.
    fn order(&self) -> Vec<Turn> {
        let mut needs: HashMap<&str, usize> = HashMap::new();
        for upload in self.uploads.values() {
            needs.entry(&upload.from).or_default();
        }
        let share = self.bytes / needs.len().max(1);
        let mut order: Vec<Turn> = Vec::with_capacity(self.uploads.len());
        for (id, upload) in &self.uploads {
            let needed = needs.entry(&upload.from).or_default();
            let first = *needed == 0;
            *needed = needed.saturating_add(if upload.is_proven() { upload.need } else { upload.held });
            order.push(Turn { beyond: !first && *needed > share, unproven: !upload.is_proven(), id: *id });
        }
        order.sort_unstable();
        order
    }

    /// Whether all of it fits beside all of those before it.
    fn fits(&self, id: u64) -> bool {
        let mut needed: usize = 0;
        for turn in self.order() {
            let Some(upload) = self.uploads.get(&turn.id) else { continue };
            needed = needed.saturating_add(upload.need);
            if turn.id == id {
                return needed <= self.bytes;
            }
        }
        false
    }

    /// Gives room to those who wait, as far as any is left beside what those before them still need. If it is short,
    /// those that stalled and those beyond their share make way.
    fn serve(&mut self, now: Instant) {
        if self.waiting == 0 {
            return;
        }
        self.looked = Some(now);
        let order = self.order();
        let mut kept: usize = 0;
        let mut short: Option<Short> = None;
        for Turn { beyond, id, .. } in &order {
            let Some(upload) = self.uploads.get_mut(id) else { continue };
            if let Some(Wants { more, since }) = upload.wants {
                let room = kept.saturating_add(more);
                if room <= self.free && upload.denied.is_none() {
                    upload.held += more;
                    self.free -= more;
                    upload.wants = None;
                    upload.came = now;
                    self.waiting -= 1;
                    upload.told.notify_one();
                } else if short.is_none() && upload.denied.is_none() {
                    let patient = now.saturating_duration_since(since) < PATIENCE;
                    short = Some(Short { id: *id, bytes: room - self.free, beyond: *beyond, patient });
                }
            }
            if !upload.is_stalled(now) && upload.denied.is_none() {
                kept = kept.saturating_add(upload.left());
            }
        }
        if let Some(short) = short {
            self.make_way(&short, &order, now);
        }
    }

    fn make_way(&mut self, short: &Short, order: &[Turn], now: Instant) {
        let leaving = self.uploads.values().filter(|upload| upload.denied.is_some()).map(|upload| upload.held);
        let mut missing = short.bytes.saturating_sub(leaving.sum());
        let from = self.uploads.get(&short.id).map(|upload| upload.from.clone());
        let mut stalled: Vec<(Instant, u64)> = Vec::new();
        for (id, upload) in &self.uploads {
            if upload.is_stalled(now) && upload.denied.is_none() && upload.held > 0 {
                stalled.push((upload.came, *id));
            }
        }
        stalled.sort_unstable();
        let stalled = stalled.into_iter().map(|(_, id)| (Denied::Stalled, id));
        // The last ones first: the earlier ones are closer to their end.
        let beyond = order.iter().rev().filter(|turn| turn.beyond && !short.beyond && !short.patient);
        for (why, id) in stalled.chain(beyond.map(|turn| (Denied::NoRoom, turn.id))) {
            if missing == 0 {
                return;
            }
            let Some(upload) = self.uploads.get_mut(&id) else { continue };
            let of_another = why == Denied::Stalled || from.as_ref() != Some(&upload.from);
            if upload.whole || upload.denied.is_some() || upload.held == 0 || !of_another {
                continue;
            }
            upload.denied = Some(why);
            upload.told.notify_one();
            missing = missing.saturating_sub(upload.held);
        }
    }
}

/// The first one in the order that gets no room.
struct Short {
    id: u64,
    /// How much is missing.
    bytes: usize,
    /// Whether it is itself beyond its share.
    beyond: bool,
    /// Whether it has only just started to wait.
    patient: bool,
}

#[cfg(test)]
mod tests;
