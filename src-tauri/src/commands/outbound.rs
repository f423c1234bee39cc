//! The other direction: targets, replays, forwarding, the handler check, and the fault lab.

use engine::{
    AnswerDiff, CheckPlan, CheckReport, Code, Error, FaultLab, FaultRule, ForwardOffer, ForwardRule, ForwardStart,
    ForwardView, Outbound, OutboundDetail, ReplayDraft, ReplayPlan, ReplayPreview, ReplayRun, Result, Target,
    TargetDraft,
};
use system::home;
use tauri::State;

use crate::export;
use crate::start::Started;

#[tauri::command]
pub(crate) async fn targets(started: State<'_, Started>, project: Option<i64>) -> Result<Vec<Target>> {
    started.engine()?.targets(project).await
}

#[tauri::command]
pub(crate) async fn target_save(started: State<'_, Started>, draft: TargetDraft) -> Result<Target> {
    started.engine()?.target_save(draft).await
}

#[tauri::command]
pub(crate) async fn target_remove(started: State<'_, Started>, id: i64) -> Result<()> {
    started.engine()?.target_remove(id).await
}

#[tauri::command]
pub(crate) async fn target_confirm(started: State<'_, Started>, url: String) -> Result<Target> {
    started.engine()?.target_confirm(&url).await
}

#[tauri::command]
pub(crate) async fn replay_draft(started: State<'_, Started>, id: i64) -> Result<ReplayDraft> {
    started.engine()?.replay_draft(id).await
}

#[tauri::command]
pub(crate) async fn replay_preview(started: State<'_, Started>, plan: ReplayPlan) -> Result<ReplayPreview> {
    started.engine()?.replay_preview(plan).await
}

#[tauri::command]
pub(crate) async fn replay_start(started: State<'_, Started>, plan: ReplayPlan) -> Result<ReplayRun> {
    started.engine()?.replay_start(plan).await
}

#[tauri::command]
pub(crate) async fn replay_stop(started: State<'_, Started>, run: u32) -> Result<ReplayRun> {
    started.engine()?.replay_stop(run).await
}

#[tauri::command]
pub(crate) async fn replay_run(started: State<'_, Started>, run: u32) -> Result<ReplayRun> {
    started.engine()?.replay_run(run)
}

#[tauri::command]
pub(crate) async fn outbounds(started: State<'_, Started>, delivery: i64) -> Result<Vec<Outbound>> {
    started.engine()?.outbounds(delivery).await
}

#[tauri::command]
pub(crate) async fn outbound(started: State<'_, Started>, id: i64) -> Result<OutboundDetail> {
    started.engine()?.outbound(id).await
}

#[tauri::command]
pub(crate) async fn outbound_diff(started: State<'_, Started>, first: i64, other: i64) -> Result<AnswerDiff> {
    started.engine()?.outbound_diff(first, other).await
}

#[tauri::command]
pub(crate) async fn forwards(started: State<'_, Started>) -> Result<Vec<ForwardView>> {
    Ok(started.engine()?.forwards())
}

#[tauri::command]
pub(crate) async fn forward_offer(started: State<'_, Started>, rule: ForwardRule) -> Result<ForwardOffer> {
    started.engine()?.forward_offer(rule).await
}

#[tauri::command]
pub(crate) async fn forward_set(
    started: State<'_, Started>,
    rule: ForwardRule,
    start: Option<ForwardStart>,
) -> Result<ForwardView> {
    started.engine()?.forward_set(rule, start).await
}

#[tauri::command]
pub(crate) async fn forward_drop(started: State<'_, Started>, project: i64) -> Result<u64> {
    started.engine()?.forward_drop(project).await
}

#[tauri::command]
pub(crate) async fn forward_drain(started: State<'_, Started>, project: i64) -> Result<ForwardView> {
    started.engine()?.forward_drain(project)
}

#[tauri::command]
pub(crate) async fn fault_lab(started: State<'_, Started>) -> Result<FaultLab> {
    Ok(started.engine()?.fault_lab())
}

#[tauri::command]
pub(crate) async fn fault_lab_set(started: State<'_, Started>, rules: Vec<FaultRule>) -> Result<FaultLab> {
    started.engine()?.fault_lab_set(rules).await
}

#[tauri::command]
pub(crate) async fn check_start(started: State<'_, Started>, plan: CheckPlan) -> Result<CheckReport> {
    started.engine()?.check_start(plan).await
}

#[tauri::command]
pub(crate) async fn check_stop(started: State<'_, Started>) -> Result<Option<CheckReport>> {
    Ok(started.engine()?.check_stop().await)
}

#[tauri::command]
pub(crate) async fn check_report(started: State<'_, Started>) -> Result<Option<CheckReport>> {
    Ok(started.engine()?.check_report())
}

#[tauri::command]
pub(crate) async fn check_export(started: State<'_, Started>, format: String) -> Result<String> {
    let (extension, text) = started.engine()?.check_export(&format)?;
    let home = home::folder().map_err(|message| Error::new(Code::NoHome, message))?;
    tauri::async_runtime::spawn_blocking(move || export::write(&home, "pollux-check", extension, &text))
        .await
        .map_err(|error| Error::new(Code::Internal, "The report could not be written.").with_detail(error))?
        .map(|path| path.display().to_string())
}
