//! Deliveries in random interleavings, each decided by a seed: attempts that are answered in any order, in no order or
//! never, a clock that jumps, retries by hand, and an emulator that ends or is killed and goes on with its journal.
//!
//! All of it is the real thing, over sockets: only the time is held (see [`seeds::Hold`]), and moved by the test. What
//! holds: each attempt is made once, when it is due, and never before; what follows from its answer is as the settings
//! say; and a restart repeats only what had no answer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use self::receiver::{Answer, Arrival};
use self::running::Running;
use self::seeds::{Dice, Hold, each_seed};
use crate::clock::Millis;
use crate::settings::{Faults, Retry, Settings};
use crate::world::{Delivery, DeliveryState};

mod receiver;
mod running;
#[path = "../../../outbound/tests/it/seeds.rs"]
mod seeds;

/// Each starts several emulators with their files.
const SEEDS: u64 = 60;
const SECOND: Millis = 1000;
const HOUR: Millis = 3_600_000;
/// Answers that a receiver may give.
const ANSWERS: [Answer; 10] = [
    Answer::Status(200),
    Answer::Status(200),
    Answer::Status(204),
    Answer::Status(500),
    Answer::Status(503),
    Answer::Status(404),
    Answer::Status(429),
    Answer::Status(302),
    Answer::Status(410),
    Answer::HangUp,
];

/// An attempt that waits for its answer.
struct Flight {
    id: String,
    due: Millis,
    answer: oneshot::Sender<Answer>,
}

struct Scene {
    dice: Dice,
    seed: u64,
    settings: Settings,
    address: SocketAddr,
    arrivals: mpsc::UnboundedReceiver<Arrival>,
    folder: tempfile::TempDir,
    /// Counts the files with the state: one that was killed leaves another one.
    file: u32,
    running: Running,
    flights: Vec<Flight>,
    /// By delivery, the due time of the attempt that was made last.
    made: BTreeMap<String, Millis>,
}

#[test]
fn each_attempt_is_made_once_when_it_is_due_over_restarts_and_jumps_of_the_clock() {
    each_seed(SEEDS, |dice| async move {
        let _hold = Hold::begin();
        let mut scene = Scene::begin(dice).await;
        for _ in 0..scene.dice.between(10, 35) {
            scene = scene.step().await;
        }
        scene.end().await;
    });
}

/// The first attempt is under way when another is made by hand, which fails. Then the first is accepted after all.
#[test]
fn an_accepted_delivery_is_not_tried_again() {
    each_seed(1, |dice| async move {
        let _hold = Hold::begin();
        let mut scene = Scene::begin(dice).await;
        scene.settings = Settings::default();
        scene.running.shared.set(|settings| *settings = Settings::default());
        scene.add().await;
        scene.jump(SECOND).await;
        let id = scene.flights[0].id.clone();
        scene.retry(&id).await;
        assert_eq!(scene.flights.len(), 2);
        let (first, second) = (scene.flights.remove(0), scene.flights.remove(0));
        second.answer.send(Answer::Status(500)).unwrap();
        scene.report().await;
        first.answer.send(Answer::Status(200)).unwrap();
        scene.report().await;
        let row = scene.running.row(&id);
        assert_eq!((row.state, row.next_ms), (DeliveryState::Delivered, None));
        scene.running.stop().await;
    });
}

/// What happens.
impl Scene {
    async fn begin(mut dice: Dice) -> Self {
        let faults = Faults {
            lost: dice.one_of(&[0.0, 0.2]),
            doubled: dice.one_of(&[0.0, 0.3]),
            reordered: dice.one_of(&[0.0, 0.3]),
            ..Faults::default()
        };
        let retry = Retry {
            first_ms: dice.one_of(&[1, SECOND, 5 * SECOND]),
            factor: dice.one_of(&[1.0, 2.0, 4.0]),
            longest_ms: dice.one_of(&[10 * SECOND, 4 * HOUR]),
            jitter: dice.one_of(&[0.0, 0.1, 1.0]),
            window_ms: dice.one_of(&[0, 60 * SECOND, 24 * HOUR]),
        };
        let settings = Settings { faults, retry, ..Settings::default() };
        let folder = tempfile::tempdir().unwrap();
        let seed = dice.below(u64::MAX);
        let running = Running::start(&folder.path().join("0.db"), seed, &settings);
        let (address, arrivals) = receiver::listen().await;
        let (flights, made) = Default::default();
        Self { dice, seed, settings, address, arrivals, folder, file: 0, running, flights, made }
    }

    async fn step(mut self) -> Self {
        match self.dice.below(100) {
            0..25 => self.add().await,
            25..60 => {
                if !self.flights.is_empty() {
                    let (at, answer) = (self.dice.below(self.flights.len() as u64), self.dice.one_of(&ANSWERS));
                    self.answer(at as usize, answer).await;
                }
            }
            60..66 => self.time_out().await,
            66..84 => {
                let next = self.next().unwrap_or(0);
                let ahead = (next - self.running.now()).max(1);
                let by = [ahead, ahead, ahead - 1, 1, 3 * SECOND, HOUR, 30 * HOUR];
                let by = self.dice.one_of(&by);
                self.jump(by).await;
            }
            84..90 => {
                let still = |row: &Delivery| self.flights.iter().all(|flight| flight.id != row.id);
                let rows: Vec<_> = self.running.rows().into_iter().filter(still).collect();
                if !rows.is_empty() {
                    let id = rows[self.dice.below(rows.len() as u64) as usize].id.clone();
                    self.retry(&id).await;
                }
            }
            90.. => return self.restart().await,
        }
        self
    }

    /// An event for a receiver of its own.
    async fn add(&mut self) {
        let (shared, now) = (&self.running.shared, self.running.now());
        let uri = format!("http://{}/", self.address);
        let new = super::New {
            event_type: "batch.succeeded".to_owned(),
            body: "{}".to_owned(),
            webhook: None,
            uri,
            job: None,
        };
        shared.with(|world| super::add(shared, world, new, now));
        let row = self.running.rows().pop().unwrap();
        let Faults { lost, reordered, hold_back_ms, .. } = self.settings.faults;
        match row.state {
            DeliveryState::Lost => assert!(lost > 0.0 && row.next_ms.is_none()),
            state => {
                let next = row.next_ms.unwrap();
                assert!(state == DeliveryState::Pending && (now..=now + hold_back_ms).contains(&next));
                assert!(next == now || reordered > 0.0);
            }
        }
        self.settle().await;
    }

    async fn jump(&mut self, by: Millis) {
        self.running.shared.clock.advance(by);
        self.settle().await;
    }

    async fn retry(&mut self, id: &str) {
        let now = self.running.now();
        assert!(self.running.shared.with(|world| super::retry(world, id, now)));
        self.made.remove(id);
        self.settle().await;
    }

    async fn answer(&mut self, at: usize, answer: Answer) {
        let flight = self.flights.swap_remove(at);
        let before = self.running.row(&flight.id);
        flight.answer.send(answer).unwrap();
        assert_eq!(self.report().await, flight.id);
        self.check_recorded(&before, flight.due, answer.status());
        self.settle().await;
    }

    /// Nobody is answered until all have given up waiting.
    async fn time_out(&mut self) {
        let flights = std::mem::take(&mut self.flights);
        let before: Vec<_> = flights.iter().map(|flight| self.running.row(&flight.id)).collect();
        tokio::time::advance(Duration::from_millis(self.settings.attempt_timeout_ms + 1)).await;
        for _ in &flights {
            let id = self.report().await;
            assert!(flights.iter().any(|flight| flight.id == id));
        }
        for (flight, before) in flights.iter().zip(&before) {
            self.check_recorded(before, flight.due, None);
            let row = self.running.row(&flight.id);
            let error = row.attempts.last().and_then(|attempt| attempt.error.clone()).unwrap();
            assert!(error.starts_with("no answer within"), "{error}");
        }
        drop(flights);
        self.settle().await;
    }

    /// It ends in order, or is killed, and goes on with what its journal has.
    async fn restart(mut self) -> Self {
        let (before, then) = (self.running.rows(), self.running.now());
        let killed = self.dice.hits(40);
        if killed {
            self.running.flushed().await;
            let from = self.path();
            self.file += 1;
            for extension in ["db", "db-wal"] {
                std::fs::copy(from.with_extension(extension), self.path().with_extension(extension)).unwrap();
            }
        }
        let path = self.path();
        self.running.stop().await;
        self.running = Running::start(&path, self.seed, &self.settings);
        self.flights.clear();
        self.made.clear();
        let now = self.running.now();
        // What was killed had no time to write down where its clock was.
        assert!(if killed { now <= then } else { now == then });
        let after = self.running.rows();
        assert_eq!(before.len(), after.len());
        for (before, after) in before.iter().zip(&after) {
            assert_eq!((&before.id, before.state, &before.attempts), (&after.id, after.state, &after.attempts));
            assert_eq!(after.next_ms, before.next_ms.map(|next| next.max(now)), "what is late is due now, once");
        }
        self.settle().await;
        self
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("{}.db", self.file))
    }

    /// Accepts everything, and checks that nothing comes after that.
    async fn end(mut self) {
        for _ in 0..10_000 {
            if !self.flights.is_empty() {
                self.answer(0, Answer::Status(200)).await;
            } else if let Some(next) = self.next() {
                self.running.shared.clock.advance_to(next);
                self.settle().await;
            } else {
                break;
            }
        }
        let open = self.running.shared.world.lock().open_deliveries();
        assert_eq!((open, self.next()), (0, None));
        // Plans that were given up come due, and mean nothing.
        self.running.shared.clock.advance(90 * 24 * HOUR);
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
            if self.running.shared.world.lock().next_due().is_none() {
                break;
            }
        }
        assert_eq!(self.running.shared.world.lock().next_due(), None);
        self.running.stop().await;
        assert!(self.arrivals.try_recv().is_err(), "an attempt too many");
    }
}

/// What holds.
impl Scene {
    /// When an attempt is due next.
    fn next(&self) -> Option<Millis> {
        let waits = |row: &Delivery| self.flights.iter().all(|flight| flight.id != row.id);
        self.running.rows().iter().filter(|row| waits(row)).filter_map(|row| row.next_ms).min()
    }

    /// Waits for the attempts that are due; any other is one too many.
    async fn settle(&mut self) {
        loop {
            let now = self.running.now();
            let due = self.running.rows().into_iter().filter_map(|row| Some((row.id, row.next_ms?)));
            let due = due.filter(|(id, due)| *due <= now && self.made.get(id) != Some(due));
            let mut due: BTreeMap<String, Millis> = due.collect();
            if due.is_empty() {
                return;
            }
            while !due.is_empty() {
                let Arrival { id, answer } = self.arrivals.recv().await.unwrap();
                let due = due.remove(&id).expect("it was due, and was not made yet");
                self.made.insert(id.clone(), due);
                self.flights.push(Flight { id, due, answer });
            }
        }
    }

    /// The delivery of the next attempt that ends.
    async fn report(&mut self) -> String {
        self.running.reports.recv().await.unwrap().id.clone()
    }

    /// Checks what was recorded of an attempt, and what was planned.
    fn check_recorded(&self, before: &Delivery, due: Millis, status: Option<u16>) {
        let after = self.running.row(&before.id);
        let (earlier, attempt) = (&before.attempts, after.attempts.last().unwrap());
        assert_eq!(after.attempts.len(), earlier.len() + 1);
        assert_eq!((attempt.number as usize, attempt.due_ms, attempt.status), (after.attempts.len(), due, status));
        let Settings { retry, faults, .. } = &self.settings;
        let accepted = status.is_some_and(|status| (200..300).contains(&status));
        let planned = (after.state, after.next_ms);
        if before.was_taken() {
            assert_eq!(planned, (DeliveryState::Delivered, None));
        } else if accepted {
            assert_eq!(after.state, DeliveryState::Delivered);
            let again = |next: Millis| faults.doubled > 0.0 && (due + 1..=due + faults.hold_back_ms).contains(&next);
            assert!(after.next_ms.is_none_or(again), "{planned:?} after {due}");
        } else if status == Some(410) {
            assert_eq!(planned, (DeliveryState::GivenUp, None));
        } else {
            let (shortest, longest) = waits(retry, attempt.number);
            let end = after.created_ms + retry.window_ms;
            let right = match planned {
                (DeliveryState::Pending, Some(next)) => (due + shortest..=due + longest).contains(&next) && next <= end,
                (DeliveryState::GivenUp, None) => due + longest > end,
                _ => false,
            };
            assert!(right, "{planned:?} after attempt {} at {due}, created at {}", attempt.number, after.created_ms);
        }
    }
}

/// The shortest and the longest wait after a failed attempt: grown, bounded, and then more or less by the jitter.
fn waits(retry: &Retry, number: u32) -> (Millis, Millis) {
    let grown = (1..number).fold(retry.first_ms as f64, |wait, _| (wait * retry.factor).min(retry.longest_ms as f64));
    let off = |share: f64| grown.min(retry.longest_ms as f64) * share;
    let shortest = off(1.0 - retry.jitter).floor() as Millis;
    (shortest.max(1), (off(1.0 + retry.jitter).ceil() as Millis).max(1))
}
