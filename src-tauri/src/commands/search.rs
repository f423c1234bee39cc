//! The search box: reads a query, suggests what may complete it, and keeps searches.

use engine::{GrammarField, Histogram, Hit, QueryRead, Result, Searches, Suggestions, ValueCounts};
use tauri::State;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn query_read(started: State<'_, Started>, text: String) -> Result<QueryRead> {
    Ok(started.engine()?.history().query_read(&text))
}

#[tauri::command]
pub(crate) async fn query_suggest(started: State<'_, Started>, text: String, cursor: u32) -> Result<Suggestions> {
    started.engine()?.history().query_suggest(&text, cursor).await
}

#[tauri::command]
pub(crate) async fn query_counts(started: State<'_, Started>, queries: Vec<String>) -> Result<Vec<Option<u64>>> {
    started.engine()?.history().query_counts(&queries).await
}

#[tauri::command]
pub(crate) async fn query_grammar(started: State<'_, Started>) -> Result<Vec<GrammarField>> {
    Ok(started.engine()?.history().query_grammar())
}

#[tauri::command]
pub(crate) async fn searches(started: State<'_, Started>) -> Result<Searches> {
    started.engine()?.history().searches().await
}

#[tauri::command]
pub(crate) async fn search_save(started: State<'_, Started>, name: String, query: String) -> Result<Searches> {
    started.engine()?.history().search_save(&name, &query).await
}

#[tauri::command]
pub(crate) async fn search_forget(started: State<'_, Started>, name: String) -> Result<Searches> {
    started.engine()?.history().search_forget(&name).await
}

#[tauri::command]
pub(crate) async fn search_used(started: State<'_, Started>, query: String) -> Result<()> {
    started.engine()?.history().search_used(&query).await
}

#[tauri::command]
pub(crate) async fn view_histogram(started: State<'_, Started>, view: u32, buckets: u32) -> Result<Histogram> {
    started.engine()?.history().view_histogram(view, buckets).await
}

#[tauri::command]
pub(crate) async fn view_values(
    started: State<'_, Started>,
    view: u32,
    field: String,
    limit: u32,
) -> Result<ValueCounts> {
    started.engine()?.history().view_values(view, &field, limit).await
}

#[tauri::command]
pub(crate) async fn delivery_hits(started: State<'_, Started>, id: i64, query: String) -> Result<Vec<Hit>> {
    started.engine()?.history().hits(id, &query).await
}
