//! Migrates any older format to this one, in one transaction; refuses a newer one.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use crate::{Error, table};

/// `Plux`, in the file's header: distinguishes a history from another program's database.
pub(crate) const APPLICATION: i64 = 0x506c_7578;

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
    M::up(table::tunnel_state::CREATE),
    M::up(table::delivery::ANSWERED_BY),
    M::up(table::answer::CREATE),
    M::up(table::target::CREATE),
    M::up(table::outbound::CREATE),
    M::up(table::later::CREATE),
    M::up(table::delivery::PINGED),
    M::up(table::digest::CREATE),
    M::up(table::note::CREATE),
    M::up(table::deletion::CREATE),
    M::up(table::imported::CREATE),
    M::up(table::known_job::CREATE),
    M::up(table::told::CREATE),
    M::up(table::uptime::CREATE),
    M::up(table::webhook_state::CREATE),
    M::up(table::kept_result::CREATE),
    M::up(table::delivery::UNBOUND),
];

/// The newest format that this version knows.
pub(crate) fn newest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Refuses a file that is not ours or too new, before anything is written to it.
pub(crate) fn check(conn: &Connection, path: &Path) -> Result<(), Error> {
    // One snapshot: another process may be creating the history right now.
    let snapshot = conn.unchecked_transaction()?;
    let number = |sql| snapshot.query_row(sql, [], |row| row.get::<_, i64>(0));
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
    let known = newest();
    if found > known {
        return Err(Error::DatabaseTooNew { found, known });
    }
    Ok(())
}

pub(crate) fn run(conn: &mut Connection) -> Result<(), Error> {
    // Nothing is written where nothing has to be: a full disk can still be opened to read.
    if conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))? == newest() {
        return Ok(());
    }
    conn.pragma_update(None, "application_id", APPLICATION)?;
    conn.set_transaction_behavior(TransactionBehavior::Immediate);
    let Err(error) = Migrations::from_slice(STEPS).to_latest(conn) else { return Ok(()) };
    // Another process that opened it at the same moment took the same steps first, so ours were refused.
    let version = conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?;
    if usize::try_from(version) == Ok(STEPS.len()) { Ok(()) } else { Err(error.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyRecord, Options, Project, SecretRecord, Store};

    #[tokio::test]
    async fn projects_and_secrets_of_an_older_history_can_be_managed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let mut conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "application_id", APPLICATION).unwrap();
        Migrations::from_slice(STEPS.get(..9).unwrap()).to_latest(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT INTO project VALUES (1, 'Default', 0, ''), (2, 'Sandbox', 1, 'sandbox');
             INSERT INTO secret VALUES ('a', 1, 'Mine', 'whsec_…a91f', 5, 6, 'keychain');
             INSERT INTO delivery (id, project, received_ns, outcome, scheme, reason, cause, attempt, duplicate,
                                   warnings, status, body_len, truncated)
             VALUES (1, 1, 7, 0, 1, 'valid', '', 1, 0, 0, 200, 0, 0);
             INSERT INTO delivery_content VALUES (1, 'POST', '/', NULL, 'HTTP/1.1', '', NULL, x'00', x'', x'', x'');
             UPDATE tally SET last_id = 1, total = 1;",
        )
        .unwrap();
        drop(conn);
        let store = Store::open(&path, Options::default()).unwrap();
        let listed = store.projects().list().await.unwrap();
        assert_eq!(listed.iter().map(|project| project.id).collect::<Vec<_>>(), [2, 1]);
        let default = store.projects().default().await.unwrap();
        let expected = Project {
            id: 1,
            name: "Default".into(),
            sandbox: false,
            path: String::new(),
            base_url: None,
            api_version: "v1".into(),
            key: None,
            removed_ms: None,
        };
        assert_eq!(default, expected);
        assert_eq!(store.projects().sandbox("sandbox").await.unwrap().id, 2);
        let key = Some(KeyRecord { hint: "…a91f".into(), stored_in: "keychain".into() });
        store.projects().update(&Project { key: key.clone(), ..default }).await.unwrap();
        assert_eq!(store.projects().default().await.unwrap().key, key);
        let secret = SecretRecord {
            id: "a".into(),
            project: 1,
            label: "Mine".into(),
            hint: "whsec_…a91f".into(),
            expires_at: Some(5),
            added_ms: 6,
            stored_in: "keychain".into(),
            webhook: None,
            created_ms: None,
            destroyed_ms: None,
        };
        assert_eq!(store.secrets().list(None).await.unwrap(), [secret]);
        assert_eq!(store.rows(&[1]).await.unwrap().len(), 1);
        assert_eq!(store.signed(1, 0, 1).await.unwrap(), [], "nobody noted which secret it was");
        store.close().await;
    }

    #[tokio::test]
    async fn what_was_kept_in_part_before_there_were_digests_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let mut conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "application_id", APPLICATION).unwrap();
        let before = STEPS.iter().position(|step| format!("{step:?}").contains("body_digest")).unwrap();
        Migrations::from_slice(STEPS.get(..before).unwrap()).to_latest(&mut conn).unwrap();
        conn.execute_batch(
            "INSERT INTO project (id, name, sandbox, path) VALUES (1, 'Mine', 0, '');
             INSERT INTO delivery (id, project, received_ns, outcome, scheme, reason, cause, attempt, duplicate,
                                   warnings, status, body_len, truncated)
             VALUES (1, 1, 7, 1, 0, 'body_too_large', 'too large', 1, 0, 0, 413, 9, 1);
             INSERT INTO delivery_content
             VALUES (1, 'POST', '/', NULL, 'HTTP/1.1', '', NULL, x'00', x'01010000000000000000', x'0000', x'61');
             UPDATE tally SET last_id = 1, total = 1;",
        )
        .unwrap();
        drop(conn);
        let store = Store::open(&path, Options::default()).unwrap();
        let kept = store.delivery(1).await.unwrap().unwrap();
        assert_eq!((kept.sha256, kept.row.truncated), (None, true));
        store.close().await;
    }

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
