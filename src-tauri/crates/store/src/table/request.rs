//! The request line of a delivery, from `delivery_content`: rows show it where there is no type.

use rusqlite::{Connection, OptionalExtension};

use crate::RequestLine;

pub(crate) fn of(conn: &Connection, id: i64) -> rusqlite::Result<Option<RequestLine>> {
    conn.prepare_cached("SELECT method, path FROM delivery_content WHERE id = ?1")?
        .query_row([id], |row| {
            let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
            Ok(RequestLine::in_row(text(0)?, text(1)?))
        })
        .optional()
}
