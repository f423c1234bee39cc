//! The overview: a day's deliveries, what is usual, and what stood.

use engine::{DayDeliveries, DayStates, Result};
use tauri::State;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn day_deliveries(
    started: State<'_, Started>,
    project: Option<i64>,
    edges: Vec<i64>,
) -> Result<DayDeliveries> {
    started.engine()?.history().day(project, edges).await
}

#[tauri::command]
pub(crate) async fn day_usual(
    started: State<'_, Started>,
    project: Option<i64>,
    days: Vec<Vec<i64>>,
) -> Result<Vec<Vec<Option<u64>>>> {
    started.engine()?.history().usual(project, days).await
}

#[tauri::command]
pub(crate) async fn day_states(
    started: State<'_, Started>,
    project: Option<i64>,
    edges: Vec<i64>,
) -> Result<DayStates> {
    started.engine()?.jobs().day(project, edges).await
}
