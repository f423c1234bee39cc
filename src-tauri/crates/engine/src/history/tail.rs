//! What happens from now on, for whatever prints it: each delivery as it is committed, and what is found out about it
//! later. Everything is read from the store at the reader's own pace, so a slow reader holds up nobody, and nothing
//! here probes or waits for a probe.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gemini::event::READ_LIMIT;
use jiff::Timestamp;
use serde_json::Value;
use signature::{Outcome, Verdict};
use store::{Body, Change, Delivery, Store};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::timeout_at;

use super::{History, body, rows};
use crate::dto::Row;
use crate::error::Result;
use crate::registry::Registry;

/// Deliveries to read at once.
const PAGE: usize = 200;
/// Most deliveries to hold back until their answer is known.
const UNANSWERED: usize = 4096;
/// How long to wait for an answer that is made later: a target may take 60 s.
const ANSWER: Duration = Duration::from_secs(65);
/// Most rejected deliveries to await an explanation for. Beyond that, the oldest go without.
const UNEXPLAINED: usize = 1024;
/// How often, at most, to report what was left out.
const LEFT_OUT: Duration = Duration::from_secs(1);

/// Something to print.
#[derive(Clone, Debug)]
pub enum Told {
    /// A delivery was committed, and answered.
    Delivery(Box<Arrival>),
    /// The near-miss probe found what an already printed, rejected delivery would have matched.
    Explained(Box<Explained>),
    /// This many explanations are left out, because too many deliveries were rejected at once.
    LeftOut(u64),
}

/// A delivery with all that its line says.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The row of the list.
    pub row: Row,
    /// When it came, RFC 3339 with nanoseconds.
    pub received: String,
    /// The name of its project.
    pub project: Option<String>,
    /// The sender's address.
    pub peer: String,
    /// Path of the request.
    pub path: String,
    /// The verdict with its ladder.
    pub verdict: Verdict,
    /// Bytes of the body that are kept.
    pub kept_len: u64,
    /// SHA-256 of the whole body in lower-case hexadecimal, if all of it came and only a part is kept.
    pub sha256: Option<String>,
    /// The payload's `user_metadata`, as sent.
    pub user_metadata: Option<Value>,
}

/// What was found out about a rejected delivery.
#[derive(Clone, Debug)]
pub struct Explained {
    /// The delivery's id.
    pub id: i64,
    /// The `webhook-id`.
    pub message_id: Option<String>,
    /// The verdict, now with its diagnosis.
    pub verdict: Verdict,
}

/// Gives out what there is to print, in the order in which it becomes known: deliveries in the order of their commits,
/// except those whose answer is made later (by a rule of the fault lab, or by the target). Such a delivery comes once
/// it is answered, and holds up no other.
pub struct Tail {
    receiver: Receiver<Change>,
    store: Store,
    registry: Arc<Registry>,
    /// The newest delivery that was read.
    last: i64,
    /// Read, and not given out yet.
    ready: VecDeque<Told>,
    /// Whether there may be deliveries after `last`.
    fresh: bool,
    /// Deliveries being waited for that have changed since they were read.
    changed: BTreeSet<i64>,
    /// Not answered yet, each with the time at which it is given out all the same.
    unanswered: BTreeMap<i64, Instant>,
    /// Given out, rejected, and not probed yet.
    unexplained: BTreeSet<i64>,
    left_out: u64,
    left_out_told: Option<Instant>,
    names: HashMap<i64, Option<String>>,
    closed: bool,
}

impl History {
    /// What there is to print of deliveries from now on.
    pub async fn tail(&self) -> Result<Tail> {
        // Subscribe first, so that nothing is missed in between.
        let receiver = self.common.store().subscribe();
        let last = self.common.store().last_id().await?;
        Ok(Tail {
            receiver,
            store: self.common.store().clone(),
            registry: self.registry.clone(),
            last,
            ready: VecDeque::new(),
            fresh: true,
            changed: BTreeSet::new(),
            unanswered: BTreeMap::new(),
            unexplained: BTreeSet::new(),
            left_out: 0,
            left_out_told: None,
            names: HashMap::new(),
            closed: false,
        })
    }
}

impl Tail {
    /// Waits until there is something to print; false at the end. Dropping the future loses nothing.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn wait(&mut self) -> Result<bool> {
        loop {
            self.tell_left_out();
            if !self.ready.is_empty() {
                return Ok(true);
            }
            if self.has_work() {
                self.work().await?;
            } else if self.closed {
                return Ok(false);
            } else {
                self.hear(None).await;
            }
        }
    }

    /// The same at the end, when nothing more comes: waits until `until` for the missing answers and explanations, then
    /// gives out what there is. False once all was given out.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn wait_for_the_rest(&mut self, until: Instant) -> Result<bool> {
        self.drain();
        self.fresh = true;
        loop {
            if !self.ready.is_empty() {
                return Ok(true);
            }
            let waits = !self.unanswered.is_empty() || !self.unexplained.is_empty();
            if self.has_work() {
                self.work().await?;
            } else if waits && !self.closed && Instant::now() < until {
                self.hear(Some(until)).await;
            } else if !self.unanswered.is_empty() {
                let now = Instant::now();
                self.unanswered.values_mut().for_each(|due| *due = now);
            } else {
                self.left_out += std::mem::take(&mut self.unexplained).len() as u64;
                self.left_out_told = None;
                self.tell_left_out();
                return Ok(!self.ready.is_empty());
            }
        }
    }

    /// What to print next, once [`Tail::wait`] has returned true.
    pub fn first(&self) -> Option<&Told> {
        self.ready.front()
    }

    /// Marks the first as printed.
    pub fn told(&mut self) {
        self.ready.pop_front();
    }

    /// How many deliveries are not printed yet.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn left(&self) -> Result<u64> {
        let ready = self.ready.iter().filter(|told| matches!(told, Told::Delivery(_))).count();
        Ok(self.store.count_behind(self.last).await? + (ready + self.unanswered.len()) as u64)
    }

    fn has_work(&self) -> bool {
        let now = Instant::now();
        self.fresh || !self.changed.is_empty() || self.unanswered.values().any(|due| *due <= now)
    }

    /// Waits for a change, for an answer that is overdue, or until `until`.
    async fn hear(&mut self, until: Option<Instant>) {
        let overdue = self.unanswered.values().min().copied();
        let left_out = (self.left_out > 0).then(|| self.left_out_told.map_or_else(Instant::now, |at| at + LEFT_OUT));
        match [until, overdue, left_out].into_iter().flatten().min() {
            Some(until) => {
                if let Ok(change) = timeout_at(until.into(), self.receiver.recv()).await {
                    self.note(change);
                }
            }
            None => {
                let change = self.receiver.recv().await;
                self.note(change);
            }
        }
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.receiver.try_recv() {
                Ok(change) => self.note(Ok(change)),
                Err(TryRecvError::Lagged(missed)) => self.note(Err(RecvError::Lagged(missed))),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Closed) => return self.note(Err(RecvError::Closed)),
            }
        }
    }

    fn note(&mut self, change: std::result::Result<Change, RecvError>) {
        match change {
            Ok(Change::Inserted(_) | Change::Resync) => self.fresh = true,
            Ok(Change::Changed(ids)) => {
                let waited_for = |id: &&i64| self.unanswered.contains_key(*id) || self.unexplained.contains(*id);
                self.changed.extend(ids.iter().filter(waited_for));
            }
            Ok(Change::Answered(_) | Change::SentOn(_) | Change::Removed(_) | Change::Restored) => {}
            Err(RecvError::Lagged(_)) => {
                self.fresh = true;
                self.changed.extend(self.unanswered.keys().chain(&self.unexplained));
            }
            Err(RecvError::Closed) => self.closed = true,
        }
    }

    /// Reads what is new, then what has changed. Forgets nothing before it was read.
    async fn work(&mut self) -> Result<()> {
        if self.fresh {
            let limit = u32::try_from(PAGE).unwrap_or(u32::MAX);
            let behind = self.store.behind(self.last, limit, READ_LIMIT as u64, read).await?;
            let read = self.arrivals(behind).await?;
            self.fresh = read.len() == PAGE;
            for arrival in read {
                self.last = arrival.row.id;
                match is_unanswered(&arrival.row) {
                    true => self.hold_back(arrival.row.id),
                    false => self.give_out(arrival),
                }
            }
        }
        let now = Instant::now();
        let overdue = self.unanswered.iter().filter(|(_, due)| **due <= now).map(|(id, _)| *id);
        let answered = self.changed.iter().filter(|id| self.unanswered.contains_key(*id)).copied();
        let ids: BTreeSet<i64> = overdue.chain(answered).take(PAGE).collect();
        if !ids.is_empty() {
            let again = self.store.these(ids.iter().copied().collect(), READ_LIMIT as u64, read).await?;
            let read = self.arrivals(again).await?;
            for arrival in read {
                let id = arrival.row.id;
                let due = self.unanswered.get(&id).is_some_and(|due| *due <= now);
                if due || !is_unanswered(&arrival.row) {
                    self.unanswered.remove(&id);
                    self.give_out(arrival);
                }
            }
            self.changed.retain(|id| !ids.contains(id));
            // Stop waiting for one that is gone.
            self.unanswered.retain(|id, due| !ids.contains(id) || *due > now);
        }
        self.changed.retain(|id| self.unanswered.contains_key(id) || self.unexplained.contains(id));
        let changed = self.changed.iter().filter(|id| self.unexplained.contains(*id));
        let ids: Vec<i64> = changed.take(PAGE).copied().collect();
        if !ids.is_empty() {
            let read = self.store.these(ids.clone(), 0, |delivery, _| explained(delivery)).await?;
            for id in &ids {
                self.changed.remove(id);
            }
            for explained in read.into_iter().filter(|explained| is_settled(&explained.verdict)) {
                self.unexplained.remove(&explained.id);
                if explained.verdict.diagnosis.is_some() {
                    self.ready.push_back(Told::Explained(Box::new(explained)));
                }
            }
        }
        Ok(())
    }

    async fn arrivals(&mut self, read: Vec<Read>) -> Result<Vec<Arrival>> {
        for (delivery, ..) in &read {
            let project = delivery.row.project;
            if !self.names.contains_key(&project) {
                let name = self.name(project).await?;
                self.names.insert(project, name);
            }
        }
        let arrival = |(delivery, kept_len, user_metadata): Read| Arrival {
            row: rows::row(&delivery.row, &self.registry),
            received: Timestamp::from_nanosecond(delivery.row.received_ns.into())
                .map(|at| at.to_string())
                .unwrap_or_default(),
            project: self.names.get(&delivery.row.project).cloned().flatten(),
            peer: delivery.peer,
            path: delivery.path,
            verdict: delivery.verdict,
            kept_len,
            sha256: delivery.sha256.as_ref().map(body::hex),
            user_metadata,
        };
        Ok(read.into_iter().map(arrival).collect())
    }

    /// What there is to print of these deliveries, in this order; those that are gone are left out.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn of(&mut self, ids: &[i64]) -> Result<Vec<Arrival>> {
        let read = self.store.these(ids.to_vec(), READ_LIMIT as u64, read).await?;
        self.arrivals(read).await
    }

    async fn name(&self, id: i64) -> Result<Option<String>> {
        if let Some(live) = self.registry.projects().into_iter().find(|project| project.id == id) {
            return Ok(Some(live.name));
        }
        let all = self.store.projects().all().await?;
        Ok(all.into_iter().find(|project| project.id == id).map(|project| project.name))
    }

    fn hold_back(&mut self, id: i64) {
        let now = Instant::now();
        self.unanswered.insert(id, now + ANSWER);
        if self.unanswered.len() > UNANSWERED
            && let Some(mut oldest) = self.unanswered.first_entry()
        {
            *oldest.get_mut() = now;
        }
    }

    fn give_out(&mut self, arrival: Arrival) {
        let Arrival { row, verdict, .. } = &arrival;
        let rejected = verdict.outcome == Outcome::Rejected && !row.truncated;
        let (id, message_id) = (row.id, row.message_id.clone());
        // Read late, it may be explained already; the explanation still gets a line of its own.
        let explained = verdict.diagnosis.is_some().then(|| verdict.clone());
        let waits = rejected && !is_settled(verdict);
        self.ready.push_back(Told::Delivery(Box::new(arrival)));
        match explained {
            Some(verdict) if rejected => {
                self.ready.push_back(Told::Explained(Box::new(Explained { id, message_id, verdict })));
            }
            _ if waits => {
                self.unexplained.insert(id);
                if self.unexplained.len() > UNEXPLAINED {
                    self.unexplained.pop_first();
                    self.left_out += 1;
                }
            }
            _ => {}
        }
    }

    fn tell_left_out(&mut self) {
        if self.left_out > 0 && self.left_out_told.is_none_or(|at| at.elapsed() >= LEFT_OUT) {
            self.ready.push_back(Told::LeftOut(std::mem::take(&mut self.left_out)));
            self.left_out_told = Some(Instant::now());
        }
    }
}

/// A delivery with what its line says of the body: how much is kept, and the metadata.
type Read = (Delivery, u64, Option<Value>);

fn read(delivery: Delivery, body: Body<'_>) -> Read {
    let whole = body.bytes.filter(|_| !delivery.row.truncated);
    (delivery, body.kept, whole.and_then(gemini::event::user_metadata))
}

fn explained(Delivery { row, verdict, .. }: Delivery) -> Explained {
    Explained { id: row.id, message_id: row.message_id, verdict }
}

/// Whether the probe is done with it, or not needed.
fn is_settled(verdict: &Verdict) -> bool {
    verdict.outcome != Outcome::Rejected || verdict.diagnosis.is_some() || signature::probed(verdict)
}

fn is_unanswered(row: &Row) -> bool {
    row.status == 0 && row.took_us.is_none()
}
