//! Projects.

use engine::{EnvironmentKey, Project, ProjectCheck, ProjectDraft, Result};
use tauri::State;

use crate::start::Started;

#[tauri::command]
pub(crate) async fn project_add(started: State<'_, Started>, draft: ProjectDraft) -> Result<Project> {
    started.engine()?.projects().add(draft).await
}

#[tauri::command]
pub(crate) async fn project_update(started: State<'_, Started>, id: i64, draft: ProjectDraft) -> Result<Project> {
    started.engine()?.projects().update(id, draft).await
}

#[tauri::command]
pub(crate) async fn project_check(
    started: State<'_, Started>,
    id: Option<i64>,
    draft: ProjectDraft,
) -> Result<ProjectCheck> {
    started.engine()?.projects().check(id, draft).await
}

#[tauri::command]
pub(crate) async fn project_remove(started: State<'_, Started>, id: i64) -> Result<()> {
    started.engine()?.projects().remove(id).await
}

#[tauri::command]
pub(crate) async fn project_restore(started: State<'_, Started>, id: i64) -> Result<Project> {
    started.engine()?.projects().restore(id).await
}

#[tauri::command]
pub(crate) async fn environment_keys(started: State<'_, Started>) -> Result<Vec<EnvironmentKey>> {
    Ok(started.engine()?.projects().environment_keys())
}
