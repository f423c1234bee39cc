//! The window: one, with its state remembered; closing it ends the listener in order.

use std::path::Path;
use std::process::ExitCode;

use engine::Theme;
use system::home;
use tauri::window::Color;
use tauri::{App, AppHandle, Manager as _, RunEvent, WebviewUrl, WebviewWindowBuilder, WindowEvent};

use crate::clipboard;
use crate::commands::{
    app, deliveries, desktop as on_desktop, history, jobs, outbound, overview, palette, projects, results, sandbox,
    search, secrets, start, transfer, tunnel, webhooks,
};
use crate::desktop::{self, Desktop};
use crate::leaving::Leaving;
use crate::start::Started;

/// Names the one window.
pub(crate) const LABEL: &str = "main";
/// Backgrounds of `tokens.css`, so that the window does not flash before its first paint.
const DARK: Color = Color(0x0d, 0x10, 0x15, 0xff);
const LIGHT: Color = Color(0xf4, 0xf5, 0xf7, 0xff);

pub(crate) fn run() -> ExitCode {
    let home = match home::prepared() {
        Ok(home) => home,
        Err(message) => {
            eprintln!("pollux-app: {message}");
            return ExitCode::FAILURE;
        }
    };
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)))
        .plugin(tauri_plugin_window_state::Builder::new().with_filename(window_state(&home)).build())
        .plugin(clipboard::plugin())
        .plugin(tauri_plugin_clipboard_manager::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_notification::init())
        .invoke_handler(tauri::generate_handler![
            start::start_failure,
            start::start_again,
            start::history_move_aside,
            start::history_recover,
            start::history_open_other,
            app::app_state,
            app::live,
            app::settings_set,
            app::listener_start,
            app::turned_away,
            app::sample_send,
            app::first_steps,
            app::webview_version,
            on_desktop::window_looking,
            on_desktop::attention_set,
            on_desktop::tray_state,
            on_desktop::notification_try,
            deliveries::view_open,
            deliveries::view_rows,
            deliveries::view_find,
            search::view_histogram,
            search::view_values,
            search::delivery_hits,
            overview::day_deliveries,
            overview::day_usual,
            overview::day_states,
            palette::palette_used,
            palette::palette_choose,
            palette::palette_webhooks,
            palette::id_find,
            palette::ids_known,
            deliveries::delivery,
            deliveries::delivery_body,
            deliveries::verify_again,
            search::query_read,
            search::query_suggest,
            search::query_counts,
            search::query_grammar,
            search::searches,
            search::search_save,
            search::search_forget,
            search::search_used,
            history::history_sizes,
            history::history_check,
            history::keep_preview,
            history::keep_set,
            history::deliveries_delete,
            history::deletion_undo,
            history::deletions,
            history::history_rebuild,
            history::deliveries_pin,
            history::delivery_note,
            deliveries::compare,
            deliveries::compare_with,
            outbound::targets,
            outbound::target_save,
            outbound::target_remove,
            outbound::target_confirm,
            outbound::replay_draft,
            outbound::replay_preview,
            outbound::replay_start,
            outbound::replay_stop,
            outbound::replay_run,
            outbound::outbounds,
            outbound::outbound,
            outbound::outbound_diff,
            outbound::forwards,
            outbound::forward_offer,
            outbound::forward_set,
            outbound::forward_drop,
            outbound::forward_drain,
            outbound::fault_lab,
            outbound::fault_lab_set,
            outbound::check_start,
            outbound::check_stop,
            outbound::check_report,
            outbound::check_export,
            transfer::export_start,
            transfer::import_start,
            transfer::transfer_stop,
            transfer::transfers,
            transfer::export_choose,
            transfer::import_choose,
            transfer::copy_as,
            sandbox::sandbox_overview,
            sandbox::sandbox_run,
            sandbox::sandbox_cancel_job,
            sandbox::sandbox_finish_job,
            sandbox::sandbox_clock_set,
            sandbox::sandbox_clock_advance,
            sandbox::sandbox_settings,
            sandbox::sandbox_settings_set,
            sandbox::sandbox_deliveries,
            sandbox::sandbox_delivery_body,
            sandbox::sandbox_delivery_retry,
            sandbox::sandbox_keys_rotate,
            sandbox::sandbox_reset,
            secrets::secrets,
            secrets::secret_add,
            secrets::secret_remove,
            secrets::secret_restore,
            secrets::secret_reveal,
            secrets::secret_destroy,
            secrets::copy_secret,
            projects::project_add,
            projects::project_update,
            projects::project_check,
            projects::project_remove,
            projects::project_restore,
            projects::environment_keys,
            tunnel::tunnel,
            tunnel::tunnel_start,
            tunnel::tunnel_stop,
            tunnel::tunnel_probe,
            tunnel::tunnel_authtoken_set,
            webhooks::webhooks,
            webhooks::webhooks_refresh,
            webhooks::webhook_create,
            webhooks::webhook_update,
            webhooks::webhook_delete,
            webhooks::webhook_ping,
            webhooks::webhooks_repair,
            webhooks::webhook_failures,
            webhooks::rotation,
            webhooks::webhook_rotate,
            webhooks::secret_store_again,
            webhooks::secret_let_go,
            webhooks::place_add,
            webhooks::place_tick,
            webhooks::place_remove,
            webhooks::actions,
            webhooks::actions_export,
            jobs::jobs,
            jobs::jobs_refresh,
            jobs::jobs_more,
            jobs::job,
            jobs::job_open,
            jobs::job_ask_with,
            jobs::job_cancel,
            jobs::job_delete,
            jobs::batch_preview,
            jobs::job_dispatch,
            jobs::requests_choose,
            jobs::job_answer,
            jobs::job_picture_set,
            jobs::finding,
            jobs::finding_aside,
            jobs::finding_report,
            jobs::finding_make_event,
            jobs::delivery_job,
            results::result_open,
            results::results,
            results::result_stop,
            results::result_go_on,
            results::result_close,
            results::result_rows,
            results::result_next_failed,
            results::result_strip,
            results::result_row,
            results::result_bytes,
            results::result_save_choose,
            results::result_save,
            results::result_requests,
            results::result_keep,
            results::resubmit_preview,
            results::resubmit,
        ])
        .setup(move |app| set_up(app, &home))
        .build(tauri::generate_context!());
    match built {
        Ok(app) => {
            let leaving = Leaving::default();
            app.run(move |app, event| {
                let Some(started) = app.try_state::<Started>() else { return };
                let Ok(engine) = started.engine() else { return };
                match event {
                    RunEvent::WindowEvent { event: WindowEvent::CloseRequested { api, .. }, .. }
                        if !leaving.may_close(&engine) =>
                    {
                        api.prevent_close();
                        // Why, is said in it.
                        show(app);
                    }
                    RunEvent::Exit => tauri::async_runtime::block_on(engine.shutdown()),
                    _ => {}
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(%error, "Pollux could not start");
            ExitCode::FAILURE
        }
    }
}

/// Beside the history, not in a folder of its own: an absolute name replaces the plugin's folder.
fn window_state(home: &Path) -> String {
    let file = home.join("window.json");
    std::path::absolute(&file).unwrap_or(file).to_string_lossy().into_owned()
}

fn set_up(app: &mut App, home: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let folder = home.to_path_buf();
    // Both take about as long: the history is opened while the processes of the page start.
    let starting = tauri::async_runtime::spawn(async move { Started::new(&folder).await });
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Pollux")
        .inner_size(1360.0, 860.0)
        .min_inner_size(640.0, 480.0)
        .background_color(DARK)
        .data_directory(home.join("webview"))
        .build()?;
    // The page can ask for nothing before this returns, nor is anything painted.
    let started = tauri::async_runtime::block_on(starting)?;
    let theme = started.engine().map(|engine| engine.settings().get().theme).unwrap_or_default();
    app.manage(started);
    app.manage(Desktop::new(home));
    desktop::follow_clicks(app);
    if theme == Theme::Light {
        window.set_background_color(Some(LIGHT))?;
    }
    Ok(())
}

/// Brings the window to the front: after a second start, a click on a notification, from the tray.
pub(crate) fn show(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let shown = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if let Err(error) = shown {
            tracing::warn!(%error, "the window could not be brought to the front");
        }
    }
}
