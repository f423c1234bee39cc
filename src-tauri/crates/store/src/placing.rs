//! Writes one delivery to its tables, inside the transaction of its batch.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use signature::{Outcome, Verdict};

use crate::duplicate::{self, Earlier};
use crate::events::Events;
use crate::import::OfFile;
use crate::job::Pending;
use crate::phrases::Phrases;
use crate::signers::{Signers, verified_by};
use crate::table::delivery::{grace_until, warnings};
use crate::table::share::Shares;
use crate::table::tally::Tally;
use crate::table::{answer, content, delivery, digest, event, imported, later, note, signed};
use crate::verdict_blob::{outcome_number, scheme_number};
use crate::{NewDelivery, verdict_blob};

/// Where a delivery was stored, and its verdict if it had to be changed.
pub(crate) struct Placed {
    pub(crate) id: i64,
    pub(crate) event: Option<i64>,
    pub(crate) attempt: u32,
    pub(crate) duplicate: bool,
    pub(crate) verdict: Option<Verdict>,
}

/// Prepared once per transaction, not once per delivery.
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
        shares: &mut Shares,
        phrases: &Phrases,
    ) -> rusqlite::Result<Placed> {
        let Pending { delivery: new, headers, answer, verdict: encoded, file, .. } = pending;
        let id = tally.last_id + 1;
        let (mut event, mut attempt) = (None, 1);
        let (mut duplicate, mut changed) = (false, None);
        if let Some(message_id) = &new.message_id {
            let accepted = new.verdict.outcome == Outcome::Verified && (200..300).contains(&new.answer.status);
            let found = match self.find(new.project, message_id, events)? {
                // The event may have left the file since it was remembered.
                Some(found) => {
                    let again = self.attempt.query_row((found, new.received_ns, accepted), Again::take).optional()?;
                    again.map(|again| (found, again))
                }
                None => None,
            };
            if let Some((found, again)) = found {
                (event, attempt) = (Some(found), again.attempts);
                duplicate = again.accepted > u32::from(accepted);
                changed = Some(again.told(self.conn, found, id, new, duplicate, phrases)?);
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
        let verdict = changed.as_ref().unwrap_or(&new.verdict);
        let signer = match verified_by(verdict) {
            // What comes out of a file says nothing about what is signed with a secret today.
            Some(key) => Some(signers.count(self.conn, key, id, new.received_ns, file.is_none())?),
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
            duplicate,
            warnings(verdict),
            new.answer.status,
            signed(new.body_len),
            new.truncated,
            signer,
            signed((headers.len() + new.body.len()) as u64),
        ])?;
        let marked = changed.as_ref().map(|verdict| verdict_blob::encode(verdict, phrases).blob);
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
        if let Some(file) = file {
            self.complete(id, new, answer, file)?;
        }
        tally.last_id = id;
        tally.counts.total += 1;
        let kept = (headers.len() + new.body.len()) as u64;
        tally.counts.kept_bytes += kept;
        shares.add(new.project, 1, kept);
        Ok(Placed { id, event, attempt, duplicate, verdict: changed })
    }

    /// What only a delivery of a file has from the beginning.
    fn complete(&self, id: i64, new: &NewDelivery, answer: &[u8], file: &OfFile) -> rusqlite::Result<()> {
        let by = new.answer.by.as_ref().map(|(by, _)| by.number());
        self.conn.prepare_cached(imported::MARK)?.execute((id, file.took_us.map(signed), file.pinned, by))?;
        if by.is_some() {
            answer::keep(self.conn, id, answer)?;
        }
        if let Some(text) = &file.note {
            note::put(self.conn, id, Some(text), file.at_ms)?;
        }
        Ok(())
    }

    /// The event of which this is a further attempt.
    fn find(&mut self, project: i64, message_id: &str, events: &Events) -> rusqlite::Result<Option<i64>> {
        match events.find(project, message_id) {
            Some(event) => Ok(Some(event)),
            None => self.find.query_row((project, message_id), |row| row.get(0)).optional(),
        }
    }
}

/// What is known of an event after a further attempt: see [`event::ATTEMPT`].
struct Again {
    first_ns: i64,
    attempts: u32,
    /// Including this one.
    accepted: u32,
    /// Whether two of its whole bodies differ.
    bodies_differ: bool,
}

impl Again {
    fn take(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { first_ns: row.get(0)?, attempts: row.get(1)?, accepted: row.get(2)?, bodies_differ: row.get(3)? })
    }

    /// The verdict with what is known of earlier attempts. If its body differs, those get the warning as well.
    fn told(
        &self,
        conn: &Connection,
        event: i64,
        id: i64,
        new: &NewDelivery,
        duplicate: bool,
        phrases: &Phrases,
    ) -> rusqlite::Result<Verdict> {
        let mut verdict = new.verdict.clone();
        let earlier = delivery::earlier(conn, event, id)?;
        if duplicate {
            let seconds = |ns: i64| ns.div_euclid(1_000_000_000);
            duplicate::mark(&mut verdict, self.attempts, seconds(self.first_ns), seconds(new.received_ns));
        } else {
            duplicate::tell(&mut verdict, &earlier, self.attempts.saturating_sub(1), new.received_ns);
        }
        if new.truncated {
            return Ok(verdict);
        }
        if self.bodies_differ {
            duplicate::other_body(&mut verdict, "earlier");
        } else if differs(conn, &earlier, &new.body)? {
            duplicate::other_body(&mut verdict, "earlier");
            conn.prepare_cached(event::BODIES_DIFFER)?.execute([event])?;
            for one in earlier.iter().filter(|one| !one.truncated) {
                // A damaged verdict is no reason to refuse a delivery.
                if let Ok(Some(mut told)) = later::verdict(conn, one.id, phrases) {
                    duplicate::other_body(&mut told, "later");
                    later::put(conn, one.id, &told, phrases)?;
                }
            }
        }
        Ok(verdict)
    }
}

/// Whether a whole body differs from earlier ones. Until two of them differ, all whole bodies are the same, so one of
/// them is enough to compare with; if none is whole, nothing is known.
fn differs(conn: &Connection, earlier: &[Earlier], body: &[u8]) -> rusqlite::Result<bool> {
    let Some(one) = earlier.iter().find(|one| !one.truncated) else { return Ok(false) };
    if one.body_len != body.len() as u64 {
        return Ok(true);
    }
    Ok(content::body(conn, one.id)?.is_some_and(|before| before != body))
}
