//! From any older format to this one, in one transaction; a newer one is refused.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use crate::{Error, table};

/// `Plux`, in the file's header: tells a history from another program's database.
const APPLICATION: i64 = 0x506c_7578;

/// Only ever append: `user_version` counts them.
const STEPS: &[M<'static>] = &[
    M::up(table::project::CREATE),
    M::up(table::event::CREATE),
    M::up(table::delivery::CREATE),
    M::up(table::content::CREATE),
    M::up(table::tally::CREATE),
    M::up(table::phrase::CREATE),
    M::up(table::secret::CREATE),
    M::up(table::setting::CREATE),
    M::up(table::delivery::INDEX_AGAIN),
    M::up(table::project::MANAGED),
    M::up(table::secret::MANAGED),
    M::up(table::address::CREATE),
    M::up(table::place::CREATE),
    M::up(table::action::CREATE),
    M::up(table::signer::CREATE),
];

/// Refuses what is not ours or too new, before anything is written to it.
pub(crate) fn check(conn: &Connection, path: &Path) -> Result<(), Error> {
    let number = |sql| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let not_ours = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => Error::NotAHistory(path.to_owned()),
        _ => Error::Sqlite(error),
    };
    let found = number("PRAGMA user_version").map_err(not_ours)?;
    let application = number("PRAGMA application_id")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    if application != APPLICATION && (tables > 0 || application != 0) {
        return Err(Error::NotAHistory(path.to_owned()));
    }
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Error::DatabaseTooNew { found, known });
    }
    Ok(())
}

pub(crate) fn run(conn: &mut Connection) -> Result<(), Error> {
    conn.pragma_update(None, "application_id", APPLICATION)?;
    conn.set_transaction_behavior(TransactionBehavior::Immediate);
    Migrations::from_slice(STEPS).to_latest(conn)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_an_older_history_know_their_first_attempt() {
        let mut conn = Connection::open_in_memory().unwrap();
        Migrations::from_slice(STEPS.get(..8).unwrap()).to_latest(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT INTO project (id, name, sandbox, path) VALUES (1, 'Mine', 0, 'mine');
             INSERT INTO event VALUES (1, 1, 'msg_a', 1, 3, 2, 1), (2, 1, 'msg_b', 2, 2, 1, 1);
             INSERT INTO delivery
             SELECT id, 1, id, 0, 1, 'valid', 'ok', NULL, event, NULL, NULL, attempt, 0, 0, 200, 1, 1, 0
             FROM (SELECT 1 AS id, 1 AS event, 1 AS attempt UNION SELECT 2, 2, 1 UNION SELECT 3, 1, 2);",
        )
        .unwrap();
        run(&mut conn).unwrap();
        let attempts = |event| -> Vec<i64> {
            table::delivery::attempts(&conn, event, 10).unwrap().iter().map(|row| row.id).collect()
        };
        assert_eq!((attempts(1), attempts(2)), (vec![1, 3], vec![2]));
        assert_eq!(table::delivery::earlier_attempts(&conn, 1, 3).unwrap(), [1]);
    }
}
