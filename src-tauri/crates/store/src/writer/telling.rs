//! Tells what was committed: to those who wait for it, then to those who watch.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Waiting, Writer};
use crate::delivery::{CountedBytes, RequestLine, has_type, message_id_in_row};
use crate::job::{Pending, Place};
use crate::placing::Placed;
use crate::table::delivery::{self, grace_until, warnings};
use crate::{Arrived, Change, Row};

impl Writer {
    /// Runs after COMMIT: has the callers answered, and notifies those who watch. Either may hear of it first.
    pub(super) fn tell(&self, inserts: Vec<Waiting>, placed: Vec<Placed>, answered: &[(i64, u64)]) {
        let watched = self.changes.receiver_count() > 0;
        // For events with more than one attempt: the newest attempt here.
        let mut again = BTreeMap::new();
        let mut settled = Vec::with_capacity(inserts.len());
        let mut news = Vec::new();
        for (mut pending, placed) in inserts.into_iter().zip(placed) {
            let Placed { id, event, attempt, duplicate, verdict } = placed;
            let place = Place { id, event, attempt, duplicate };
            if let Some(verdict) = verdict {
                pending.delivery.verdict = verdict;
            }
            if watched {
                news.push(self.arrived(&mut pending, place));
            }
            settled.push(pending.settled(Ok(place)));
            if let Some(event) = event.filter(|_| watched && attempt > 1) {
                again.insert(event, id);
            }
        }
        self.replies.send(settled);
        for arrived in news {
            let _ = self.changes.send(arrived);
        }
        if watched {
            if !answered.is_empty() {
                let _ = self.changes.send(Change::Answered(answered.into()));
            }
            let mut changed = Vec::new();
            for (event, id) in again {
                // A row that is out of date until it is next loaded is no reason to fail what is committed.
                changed.extend(delivery::earlier_attempts(&self.conn, event, id).unwrap_or_default());
            }
            self.changed(changed);
        }
    }

    fn arrived(
        &self,
        Pending { delivery, headers, .. }: &mut Pending,
        Place { id, event, attempt, duplicate }: Place,
    ) -> Change {
        let size = delivery.body.len() + headers.len() + delivery.text_len();
        if self.announced.load(Ordering::Relaxed) + size > self.options.changes_bytes {
            return Change::Resync;
        }
        let verdict = &delivery.verdict;
        let untyped = !has_type(delivery.event_type.as_deref());
        let row = Row {
            id,
            project: delivery.project,
            received_ns: delivery.received_ns,
            outcome: verdict.outcome,
            scheme: verdict.scheme,
            reason: verdict.reason.clone(),
            cause: verdict.cause.clone(),
            grace_until: grace_until(verdict),
            event,
            event_type: delivery.event_type.take(),
            pointer: delivery.pointer.take(),
            message_id: delivery.message_id.take().map(|id| match message_id_in_row(&id) {
                cut if cut.len() < id.len() => cut.to_owned(),
                _ => id,
            }),
            attempt,
            attempts: attempt,
            duplicate,
            warnings: warnings(verdict),
            status: delivery.answer.status,
            answered_by: delivery.answer.by.as_ref().map(|(by, _)| *by),
            took_us: None,
            body_len: delivery.body_len,
            truncated: delivery.truncated,
            judged_ms: None,
            pinged: false,
            pinned: false,
            note: None,
            imported: false,
            request: untyped.then(|| RequestLine::in_row(&delivery.method, &delivery.path)),
        };
        let diagnosis = verdict.diagnosis.as_ref().map(|diagnosis| diagnosis.code.clone());
        Change::Inserted(Arc::new(Arrived {
            row,
            key: verdict.key.clone(),
            diagnosis,
            started: delivery.started,
            peer: std::mem::take(&mut delivery.peer),
            path: std::mem::take(&mut delivery.path),
            query: delivery.query.take(),
            body: std::mem::take(&mut delivery.body),
            headers: std::mem::take(headers),
            _held: CountedBytes::new(size, &self.announced),
        }))
    }

    pub(super) fn changed(&self, ids: Vec<i64>) {
        if !ids.is_empty() {
            let _ = self.changes.send(Change::Changed(ids.into()));
        }
    }
}
