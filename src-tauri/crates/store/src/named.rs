//! Deliveries by what their senders call them, many at once.

use crate::table::{delivery, event};
use crate::{Error, Row, Store};

impl Store {
    /// The newest delivery of each of these message ids of a project, with the id; ids without one are left out. The
    /// cost depends on how many are asked for and on what is not in the index yet, which is bounded.
    ///
    /// # Errors
    /// Any SQLite error.
    pub async fn newest_named(&self, project: i64, message_ids: Vec<String>) -> Result<Vec<(String, Row)>, Error> {
        self.read(move |conn, _| {
            let mut found = Vec::new();
            for (message_id, event) in event::named(conn, project, &message_ids)? {
                if let Some(row) = delivery::attempts(conn, event, 1)?.pop() {
                    found.push((message_id, row));
                }
            }
            Ok(found)
        })
        .await
    }
}
