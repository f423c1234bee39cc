//! Damages a history, as a bad disk would.

use std::path::Path;

use rusqlite::Connection;

/// Bytes of a page of ours.
const PAGE: usize = 8192;

/// Overwrites the middle one of a table's leaves. Nobody may have the history open.
///
/// # Panics
/// If there is no such table or leaf.
pub fn overwrite_leaf(database: &Path, table: &str) {
    let conn = Connection::open(database).expect("a history");
    let sql = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf' ORDER BY pageno";
    let mut statement = conn.prepare(sql).expect("dbstat");
    let pages: Vec<i64> =
        statement.query_map([table], |row| row.get(0)).and_then(Iterator::collect).expect("the pages of a table");
    drop(statement);
    drop(conn);
    let page = usize::try_from(pages[pages.len() / 2]).expect("a page's number");
    let mut bytes = std::fs::read(database).expect("the history");
    bytes[(page - 1) * PAGE..page * PAGE].fill(0xaa);
    std::fs::write(database, bytes).expect("the history");
}
