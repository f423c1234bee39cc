//! `signer`: the numbers of the secrets that verified deliveries, and how many each verified.

pub(crate) const CREATE: &str = "
CREATE TABLE signer (
  number        INTEGER PRIMARY KEY,
  key           TEXT    NOT NULL UNIQUE,  -- the secret's id
  deliveries    INTEGER NOT NULL,         -- how many it verified
  last_delivery INTEGER NOT NULL,         -- the newest of them
  last_ns       INTEGER NOT NULL          -- when that one arrived, Unix nanoseconds
);
ALTER TABLE delivery ADD COLUMN signer INTEGER;  -- number of the secret that verified it; NULL also for older ones
";
