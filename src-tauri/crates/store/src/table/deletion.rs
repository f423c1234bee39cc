//! `deletion`: what the user deleted and may still take back. Its deliveries are hidden from every read (their column
//! `deleted` holds its number), and leave the file once its time is over.

pub(crate) const CREATE: &str = "
ALTER TABLE delivery ADD COLUMN pinned   INTEGER NOT NULL DEFAULT 0;  -- 1: no limit of the history removes it
ALTER TABLE delivery ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;  -- 1: it came from a file
ALTER TABLE delivery ADD COLUMN deleted  INTEGER NOT NULL DEFAULT 0;  -- number of the deletion that hides it
ALTER TABLE delivery ADD COLUMN kept     INTEGER;  -- bytes of its headers and body in the file; NULL: not noted
CREATE INDEX delivery_pinned ON delivery (pinned) WHERE pinned <> 0;
CREATE INDEX delivery_deleted ON delivery (deleted) WHERE deleted <> 0;
CREATE TABLE deletion (
  number     INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms      INTEGER NOT NULL,  -- Unix milliseconds
  until_ms   INTEGER NOT NULL,  -- until then it can be taken back
  what       TEXT    NOT NULL,  -- what was selected, in the user's words
  deliveries INTEGER NOT NULL,
  bytes      INTEGER NOT NULL   -- of their headers and bodies
);
CREATE TABLE gone_event (       -- events that left the file, until their ids leave event_key
  id         INTEGER PRIMARY KEY,
  project    INTEGER NOT NULL,
  message_id TEXT    NOT NULL
);
CREATE TABLE share (            -- what each project has of tally.total and tally.kept_bytes
  project    INTEGER PRIMARY KEY,
  deliveries INTEGER NOT NULL,
  bytes      INTEGER NOT NULL
);
ALTER TABLE tally ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;  -- raised whenever rows that were there change
INSERT INTO share
SELECT project, count(*), sum(min(body_len, 65536)) FROM delivery GROUP BY project;
UPDATE share SET bytes = CAST(bytes * (SELECT CAST(kept_bytes AS REAL) FROM tally)
                              / max(1, (SELECT sum(bytes) FROM share)) AS INTEGER);
";
