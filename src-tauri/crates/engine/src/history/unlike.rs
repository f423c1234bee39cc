//! Finds, without being asked, attempts of one event that do not carry the same bytes.

use store::{Delivery, Row, Store};

use crate::error::Result;

/// The most bytes of bodies that are read for it. Lengths cost nothing and come first.
const READ: u64 = 64 << 20;

/// The number of an attempt whose body differs from that of this delivery. What was kept only in part is not
/// compared: it may be equal or not.
pub(super) async fn attempt(store: &Store, delivery: &Delivery, attempts: &[Row]) -> Result<Option<i64>> {
    let row = &delivery.row;
    if row.truncated {
        return Ok(None);
    }
    let others: Vec<&Row> = attempts.iter().filter(|other| other.id != row.id && !other.truncated).collect();
    let number = |other: &Row| i64::from(other.attempt);
    if let Some(longer) = others.iter().find(|other| other.body_len != row.body_len) {
        return Ok(Some(number(longer)));
    }
    // Two bodies of one length: it was looked at as they came, and is written in the verdict.
    if !delivery.verdict.warnings.iter().any(|warning| warning.code == "same_id_other_body") {
        return Ok(None);
    }
    let found = store.unlike(row.id, others.iter().map(|other| other.id).collect(), READ).await?;
    Ok(found.and_then(|id| others.iter().find(|other| other.id == id)).map(|other| number(other)))
}
