//! Stores deliveries of a file: those that are not there already, in one transaction.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Waiting, Writer, is_storage};
use crate::import::{Batch, Imported, is_same};
use crate::placing::Placed;
use crate::{Error, InsertError};

/// Where what becomes of a delivery is known from: it is there, it is the same as another one of the batch, or it is
/// stored now. The last two are places among those that are stored.
enum Fate {
    Known(i64),
    SameAs(usize),
    Stored(usize),
}

impl Writer {
    pub(super) fn import(&mut self, batch: Batch) {
        let Batch { all, known, reply } = batch;
        let known = Arc::clone(&known);
        let done = self.import_all(all, &mut known.lock());
        // Whoever asked may be gone; it is stored all the same.
        let _ = reply.send(done);
    }

    fn import_all(&mut self, all: Vec<Waiting>, known: &mut crate::import::Known) -> Result<Vec<Imported>, Error> {
        known.catch_up(&self.conn)?;
        let mut fates = Vec::with_capacity(all.len());
        let mut new: Vec<Waiting> = Vec::with_capacity(all.len());
        let mut by_arrival: HashMap<i64, Vec<usize>> = HashMap::new();
        for pending in all {
            let same = by_arrival.entry(pending.delivery.received_ns).or_default();
            if let Some(id) = known.find(&self.conn, &pending.delivery)? {
                fates.push(Fate::Known(id));
            } else if let Some(at) = same.iter().find(|at| is_same(&new[**at].delivery, &pending.delivery)) {
                fates.push(Fate::SameAs(*at));
            } else {
                same.push(new.len());
                fates.push(Fate::Stored(new.len()));
                new.push(pending);
            }
        }
        let bytes: usize = new.iter().map(|pending| pending.size).sum();
        let stored = self.store_new(&new)?;
        self.reserve.wrote(bytes as u64);
        self.keeper.wrote(bytes as u64);
        let told = fates.into_iter().map(|fate| match fate {
            Fate::Known(id) => Imported::Known(id),
            Fate::Stored(at) => stored[at].clone(),
            Fate::SameAs(at) => match &stored[at] {
                Imported::New { id, .. } => Imported::Known(*id),
                other => other.clone(),
            },
        });
        Ok(told.collect())
    }

    /// All in one transaction, or, where one of them is at fault, each in its own.
    fn store_new(&mut self, new: &[Waiting]) -> Result<Vec<Imported>, Error> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        match self.transaction(new, &[]) {
            Ok((placed, learnt)) => {
                self.phrases.learn(learnt);
                Ok(placed.iter().zip(new).map(|(placed, pending)| told(placed, pending)).collect())
            }
            Err(error) if new.len() == 1 && !is_storage(&error) => {
                Ok(vec![Imported::Refused(InsertError::from(&Error::Sqlite(error)))])
            }
            Err(error) if is_storage(&error) => Err(error.into()),
            Err(_) => {
                let mut all = Vec::with_capacity(new.len());
                for one in new.chunks(1) {
                    all.extend(self.store_new(one)?);
                }
                Ok(all)
            }
        }
    }
}

fn told(placed: &Placed, pending: &Waiting) -> Imported {
    let verdict = placed.verdict.as_ref().unwrap_or(&pending.delivery.verdict);
    Imported::New { id: placed.id, outcome: verdict.outcome }
}
