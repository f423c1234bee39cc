//! Puts one delivery into its tables, inside the transaction of its batch.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use signature::{Outcome, Verdict};

use crate::events::Events;
use crate::job::Pending;
use crate::phrases::Phrases;
use crate::signers::{Signers, verified_by};
use crate::table::delivery::{grace_until, warnings};
use crate::table::tally::Tally;
use crate::table::{content, delivery, digest, event, signed};
use crate::verdict_blob::{outcome_number, scheme_number};
use crate::{duplicate, verdict_blob};

/// Where a delivery ended up; its verdict where it had to be changed.
pub(crate) struct Placed {
    pub(crate) id: i64,
    pub(crate) event: Option<i64>,
    pub(crate) attempt: u32,
    pub(crate) duplicate: Option<Verdict>,
}

/// Prepared once for a transaction, not once for a delivery.
pub(crate) struct Statements<'c> {
    find: CachedStatement<'c>,
    event: CachedStatement<'c>,
    attempt: CachedStatement<'c>,
    delivery: CachedStatement<'c>,
    content: CachedStatement<'c>,
    pub(crate) answered: CachedStatement<'c>,
    conn: &'c Connection,
}

impl<'c> Statements<'c> {
    pub(crate) fn new(conn: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            find: conn.prepare_cached(event::FIND)?,
            event: conn.prepare_cached(event::INSERT)?,
            attempt: conn.prepare_cached(event::ATTEMPT)?,
            delivery: conn.prepare_cached(delivery::INSERT)?,
            content: conn.prepare_cached(content::INSERT)?,
            answered: conn.prepare_cached(delivery::ANSWERED)?,
            conn,
        })
    }

    pub(crate) fn insert(
        &mut self,
        pending: &Pending,
        tally: &mut Tally,
        events: &mut Events,
        signers: &mut Signers,
        phrases: &Phrases,
    ) -> rusqlite::Result<Placed> {
        let Pending { delivery: new, headers, answer, verdict: encoded, .. } = pending;
        let id = tally.last_id + 1;
        let (mut event, mut attempt) = (None, 1);
        let mut duplicate = None;
        if let Some(message_id) = &new.message_id {
            let accepted = new.verdict.outcome == Outcome::Verified && (200..300).contains(&new.answer.status);
            if let Some(found) = self.find(new.project, message_id, events)? {
                let (first_ns, attempts, all_accepted): (i64, u32, u32) = self
                    .attempt
                    .query_row((found, new.received_ns, accepted), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
                (event, attempt) = (Some(found), attempts);
                if all_accepted > u32::from(accepted) {
                    let mut verdict = new.verdict.clone();
                    let seconds = |ns: i64| ns.div_euclid(1_000_000_000);
                    duplicate::mark(&mut verdict, attempts, seconds(first_ns), seconds(new.received_ns));
                    duplicate = Some(verdict);
                }
            } else {
                tally.last_event += 1;
                event = Some(tally.last_event);
                self.event.execute(params![
                    tally.last_event,
                    new.project,
                    message_id,
                    new.received_ns,
                    accepted,
                    id
                ])?;
                events.add(new.project, message_id, tally.last_event);
            }
        }
        let verdict = duplicate.as_ref().unwrap_or(&new.verdict);
        let signer = match verified_by(verdict) {
            Some(key) => Some(signers.count(self.conn, key, id, new.received_ns)?),
            None => None,
        };
        self.delivery.execute(params![
            id,
            new.project,
            new.received_ns,
            outcome_number(verdict.outcome),
            scheme_number(verdict.scheme),
            &*verdict.reason,
            &*verdict.cause,
            grace_until(verdict),
            event,
            new.event_type,
            new.pointer,
            attempt,
            duplicate.is_some(),
            warnings(verdict),
            new.answer.status,
            signed(new.body_len),
            new.truncated,
            signer,
        ])?;
        let marked = duplicate.as_ref().map(|verdict| verdict_blob::encode(verdict, phrases).blob);
        self.content.execute(params![
            id,
            new.method,
            new.path,
            new.query,
            new.http_version,
            new.peer,
            new.token_id,
            headers,
            marked.as_ref().unwrap_or(&encoded.blob),
            answer,
            &new.body[..],
        ])?;
        if let Some(sha256) = &new.sha256 {
            digest::keep(self.conn, id, sha256)?;
        }
        tally.last_id = id;
        tally.counts.total += 1;
        tally.counts.kept_bytes += (headers.len() + new.body.len()) as u64;
        Ok(Placed { id, event, attempt, duplicate })
    }

    /// The event that this is one more attempt of.
    fn find(&mut self, project: i64, message_id: &str, events: &Events) -> rusqlite::Result<Option<i64>> {
        match events.find(project, message_id) {
            Some(event) => Ok(Some(event)),
            None => self.find.query_row((project, message_id), |row| row.get(0)).optional(),
        }
    }
}
