//! Any sequence of deliveries, deletions, pins and limits leaves what a model of them has.

use proptest::prelude::*;
use signature::Outcome;
use store::{Keep, Limits, Store, Which};

use crate::bounds::{all, consistent, count, ids, number, soon};
use crate::sample::{NOON, attempt, file, history, plain};

const START_MS: i64 = NOON / 1_000_000;
const UNDO_MS: i64 = 1_000;

#[derive(Clone, Debug)]
enum Step {
    /// Of this message, or without one.
    Insert(Option<u8>, usize),
    Pin(u8, bool),
    Delete(u8, u8),
    DeleteAll,
    Undo(u8),
    Wait(u16),
    Most(u8),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (proptest::option::of(0..6_u8), 0..9_000_usize).prop_map(|(message, len)| Step::Insert(message, len)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(at, pinned)| Step::Pin(at, pinned)),
        2 => (any::<u8>(), 0..6_u8).prop_map(|(at, more)| Step::Delete(at, more)),
        1 => Just(Step::DeleteAll),
        2 => (0..4_u8).prop_map(Step::Undo),
        1 => (0..1_500_u16).prop_map(Step::Wait),
        2 => (1..12_u8).prop_map(Step::Most),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec(step, 1..60)
}

#[derive(Clone, Debug)]
struct Row {
    id: i64,
    pinned: bool,
    deleted: Option<i64>,
}

#[derive(Default)]
struct Model {
    rows: Vec<Row>,
    last: i64,
    /// Number and end.
    deletions: Vec<(i64, i64)>,
    most: Option<u64>,
}

impl Model {
    fn shown(&self) -> Vec<i64> {
        self.rows.iter().filter(|row| row.deleted.is_none()).map(|row| row.id).collect()
    }

    /// What time and limits take away.
    fn settle(&mut self, now_ms: i64) {
        self.deletions.retain(|(number, until)| {
            if *until <= now_ms {
                self.rows.retain(|row| row.deleted != Some(*number));
            }
            *until > now_ms
        });
        while let Some(most) = self.most.filter(|most| self.shown().len() as u64 > *most) {
            let Some(at) = self.rows.iter().position(|row| !row.pinned && row.deleted.is_none()) else { break };
            self.rows.remove(at);
            let _ = most;
        }
    }

    fn delete(&mut self, of: impl Fn(i64) -> bool, number: i64, until: i64) {
        for row in self.rows.iter_mut().filter(|row| row.deleted.is_none() && of(row.id)) {
            row.deleted = Some(number);
        }
        self.deletions.push((number, until));
    }
}

fn keep(model: &Model) -> Keep {
    all(model.most.map_or_else(Limits::default, count))
}

async fn run(steps: Vec<Step>) {
    let (folder, mut store) = history().await;
    let path = file(&folder);
    let (mut model, mut now_ms) = (Model::default(), START_MS);
    store.keep(keep(&model), now_ms);
    for step in steps {
        let pick = |at: u8| model.shown().get(usize::from(at) % model.shown().len().max(1)).copied().unwrap_or(1);
        match step {
            Step::Insert(message, len) => {
                let mut delivery = match message {
                    Some(message) => attempt(&format!("msg_{message}"), Outcome::Verified, 200, 0),
                    None => plain(""),
                };
                delivery.body = vec![b'x'; len].into();
                delivery.body_len = len as u64;
                let inserted = store.insert(delivery).await.unwrap();
                model.last += 1;
                assert_eq!(inserted.id, model.last);
                model.rows.push(Row { id: inserted.id, pinned: false, deleted: None });
            }
            Step::Pin(at, pinned) => {
                let id = pick(at);
                store.pin(&[id], pinned).await.unwrap();
                let shown = |row: &&mut Row| row.id == id && row.deleted.is_none();
                model.rows.iter_mut().filter(shown).for_each(|row| row.pinned = pinned);
            }
            Step::Delete(at, more) => {
                let first = pick(at);
                let chosen: Vec<i64> = (first..=first + i64::from(more)).collect();
                let until = now_ms + UNDO_MS;
                let deleted = store.delete(Which::Ids(chosen.clone()), "some", now_ms, until).await.unwrap();
                model.delete(|id| chosen.contains(&id), deleted.number, until);
            }
            Step::DeleteAll => {
                let deleted = store.delete(Which::All, "all", now_ms, now_ms + UNDO_MS).await.unwrap();
                model.delete(|_| true, deleted.number, now_ms + UNDO_MS);
            }
            Step::Undo(at) => {
                let number = model.deletions.get(usize::from(at)).map_or(999, |(number, _)| *number);
                assert_eq!(store.undo(number, now_ms).await.unwrap(), number != 999);
                model.rows.iter_mut().filter(|row| row.deleted == Some(number)).for_each(|row| row.deleted = None);
                model.deletions.retain(|(known, _)| *known != number);
            }
            Step::Wait(ms) => now_ms += i64::from(ms),
            Step::Most(most) => model.most = Some(u64::from(most)),
            Step::Reopen => {
                store.close().await;
                consistent(&path);
                store = Store::open(&path, store::Options::default()).unwrap();
            }
        }
        model.settle(now_ms);
        store.keep(keep(&model), now_ms);
        let rows = model.rows.len() as i64;
        soon(&store, now_ms, async || {
            number(&path, "SELECT count(*) FROM delivery") == rows && ids(&store).await == model.shown()
        })
        .await;
        assert_eq!(store.counts().await.unwrap().total, model.shown().len() as u64);
        let pinned = model.rows.iter().filter(|row| row.pinned && row.deleted.is_none()).count();
        assert_eq!(store.sizes().await.unwrap().pinned, pinned as u64);
    }
    store.close().await;
    consistent(&path);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]
    #[test]
    fn what_is_there_is_what_a_model_has(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
