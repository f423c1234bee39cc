//! `event`: what the sender calls one message; its attempts share a `webhook-id`.

pub(crate) const CREATE: &str = "
CREATE TABLE event (
  id         INTEGER PRIMARY KEY,
  project    INTEGER NOT NULL REFERENCES project (id),
  message_id TEXT    NOT NULL,
  first_ns   INTEGER NOT NULL,  -- arrival of the first attempt stored, Unix nanoseconds
  last_ns    INTEGER NOT NULL,
  attempts   INTEGER NOT NULL,  -- how many have arrived
  accepted   INTEGER NOT NULL,  -- how many of them were verified and answered 2xx
  UNIQUE (project, message_id)
);
";

/// Counts one more attempt: project, message id, arrival, 1 where it is accepted.
/// Gives the event's id, its first arrival, its attempts and its accepted attempts, this one included.
pub(crate) const ATTEMPT: &str = "
INSERT INTO event (project, message_id, first_ns, last_ns, attempts, accepted) VALUES (?1, ?2, ?3, ?3, 1, ?4)
ON CONFLICT (project, message_id) DO UPDATE
  SET last_ns = max(last_ns, excluded.last_ns), attempts = attempts + 1, accepted = accepted + excluded.accepted
RETURNING id, first_ns, attempts, accepted
";
