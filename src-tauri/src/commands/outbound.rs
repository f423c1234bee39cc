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
    started.engine()?.targets().list(project).await
}

#[tauri::command]
pub(crate) async fn target_save(started: State<'_, Started>, draft: TargetDraft) -> Result<Target> {
    started.engine()?.targets().save(draft).await
}

#[tauri::command]
pub(crate) async fn target_remove(started: State<'_, Started>, id: i64) -> Result<()> {
    started.engine()?.targets().remove(id).await
}

#[tauri::command]
pub(crate) async fn target_confirm(started: State<'_, Started>, url: String) -> Result<Target> {
    started.engine()?.targets().confirm(&url).await
}

#[tauri::command]
pub(crate) async fn replay_draft(started: State<'_, Started>, id: i64) -> Result<ReplayDraft> {
    started.engine()?.replays().draft(id).await
}

#[tauri::command]
pub(crate) async fn replay_preview(started: State<'_, Started>, plan: ReplayPlan) -> Result<ReplayPreview> {
    started.engine()?.replays().preview(plan).await
}

#[tauri::command]
pub(crate) async fn replay_start(started: State<'_, Started>, plan: ReplayPlan) -> Result<ReplayRun> {
    started.engine()?.replays().start(plan).await
}

#[tauri::command]
pub(crate) async fn replay_stop(started: State<'_, Started>, run: u32) -> Result<ReplayRun> {
    started.engine()?.replays().stop(run).await
}

#[tauri::command]
pub(crate) async fn replay_run(started: State<'_, Started>, run: u32) -> Result<ReplayRun> {
    started.engine()?.replays().run(run)
}

#[tauri::command]
pub(crate) async fn outbounds(started: State<'_, Started>, delivery: i64) -> Result<Vec<Outbound>> {
    started.engine()?.outbounds().of(delivery).await
}

#[tauri::command]
pub(crate) async fn outbound(started: State<'_, Started>, id: i64) -> Result<OutboundDetail> {
    started.engine()?.outbounds().get(id).await
}

#[tauri::command]
pub(crate) async fn outbound_diff(started: State<'_, Started>, first: i64, other: i64) -> Result<AnswerDiff> {
    started.engine()?.outbounds().diff(first, other).await
}

#[tauri::command]
pub(crate) async fn forwards(started: State<'_, Started>) -> Result<Vec<ForwardView>> {
    Ok(started.engine()?.forwards().list())
}

#[tauri::command]
pub(crate) async fn forward_offer(started: State<'_, Started>, rule: ForwardRule) -> Result<ForwardOffer> {
    started.engine()?.forwards().offer(rule).await
}

#[tauri::command]
pub(crate) async fn forward_set(
    started: State<'_, Started>,
    rule: ForwardRule,
    start: Option<ForwardStart>,
) -> Result<ForwardView> {
    started.engine()?.forwards().set(rule, start).await
}

#[tauri::command]
pub(crate) async fn forward_drop(started: State<'_, Started>, project: i64) -> Result<u64> {
    started.engine()?.forwards().drop_waiting(project).await
}

#[tauri::command]
pub(crate) async fn forward_drain(started: State<'_, Started>, project: i64) -> Result<ForwardView> {
    started.engine()?.forwards().retry_now(project)
}

#[tauri::command]
pub(crate) async fn fault_lab(started: State<'_, Started>) -> Result<FaultLab> {
    Ok(started.engine()?.answers().fault_lab())
}

#[tauri::command]
pub(crate) async fn fault_lab_set(started: State<'_, Started>, rules: Vec<FaultRule>) -> Result<FaultLab> {
    started.engine()?.answers().set_fault_lab(rules).await
}

#[tauri::command]
pub(crate) async fn check_start(started: State<'_, Started>, plan: CheckPlan) -> Result<CheckReport> {
    started.engine()?.checks().start(plan).await
}

#[tauri::command]
pub(crate) async fn check_stop(started: State<'_, Started>) -> Result<Option<CheckReport>> {
    Ok(started.engine()?.checks().stop().await)
}

#[tauri::command]
pub(crate) async fn check_report(started: State<'_, Started>) -> Result<Option<CheckReport>> {
    Ok(started.engine()?.checks().report())
}

#[tauri::command]
pub(crate) async fn check_export(started: State<'_, Started>, format: String) -> Result<String> {
    let (extension, text) = started.engine()?.checks().export(&format)?;
    let home = home::folder().map_err(|message| Error::new(Code::NoHome, message))?;
    tauri::async_runtime::spawn_blocking(move || export::write(&home, "pollux-check", extension, &text))
        .await
        .map_err(|error| Error::new(Code::Internal, "The report could not be written.").with_detail(error))?
        .map(|path| path.display().to_string())
}
