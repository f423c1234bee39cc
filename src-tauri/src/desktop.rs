//! What the desktop shows of Pollux beside its window: notifications, the count at its icon, the icon in the tray.
//! Nothing of it is there before the user has asked for it.

use std::path::Path;

use engine::{DesktopSettings, Notification, NotificationPlace, TrayState};
use parking_lot::Mutex;
use tauri::{App, AppHandle, Manager as _};
use tauri_plugin_notification::{ActionPerformed, NotificationExt as _};

use crate::start::Started;
use crate::tray::Tray;
use crate::window;

/// Under which name a notification keeps what it tells of. It stays in this process.
const PLACE: &str = "place";

/// What the desktop shows now.
pub(crate) struct Desktop {
    shown: Mutex<Shown>,
    tray: Tray,
}

#[derive(Default)]
struct Shown {
    settings: DesktopSettings,
    /// How many things need attention.
    attention: u32,
    /// What was last put at the icon in the taskbar.
    count: u32,
}

impl Desktop {
    /// `home`: the data folder.
    pub(crate) fn new(home: &Path) -> Self {
        Self { shown: Mutex::default(), tray: Tray::new(home.join("tray")) }
    }

    /// Shows what the user wants to see from now on.
    pub(crate) fn set(&self, app: &AppHandle, settings: DesktopSettings) {
        self.shown.lock().settings = settings;
        self.apply(app);
    }

    /// So many things need attention.
    pub(crate) fn attend(&self, app: &AppHandle, attention: u32) {
        self.shown.lock().attention = attention;
        self.apply(app);
    }

    /// What became of the icon in the tray.
    pub(crate) fn tray(&self) -> TrayState {
        self.tray.state()
    }

    fn apply(&self, app: &AppHandle) {
        let (settings, attention) = {
            let mut shown = self.shown.lock();
            let count = if shown.settings.count { shown.attention } else { 0 };
            if std::mem::replace(&mut shown.count, count) != count {
                put(app, count);
            }
            (shown.settings, shown.attention)
        };
        self.tray.show(app, settings.tray, attention);
    }
}

/// Puts a count at the icon in the taskbar. On Linux that takes `libunity`, which is loaded if it is there.
fn put(app: &AppHandle, count: u32) {
    let Some(window) = app.get_webview_window(window::LABEL) else { return };
    if let Err(error) = window.set_badge_count((count > 0).then_some(i64::from(count))) {
        tracing::info!(%error, "the count could not be put at the icon");
    }
}

/// Goes where a clicked notification leads, from now on.
pub(crate) fn follow_clicks(app: &App) {
    let handle = app.handle().clone();
    if let Err(error) = app.notification().on_action(move |action| clicked(&handle, action)) {
        tracing::warn!(%error, "clicks on notifications lead nowhere");
    }
}

fn clicked(app: &AppHandle, action: &ActionPerformed) {
    window::show(app);
    let engine = app.try_state::<Started>().and_then(|started| started.engine().ok());
    if let (Some(place), Some(engine)) = (place_of(action), engine) {
        engine.notifications().open(place);
    }
}

fn place_of(action: &ActionPerformed) -> Option<NotificationPlace> {
    let place = action.notification()?.extra().get(PLACE)?;
    serde_json::from_value(place.clone()).ok()
}

/// Shows a notification. A desktop without a service for them shows none.
pub(crate) fn notify(app: &AppHandle, notification: &Notification) {
    show(app, &notification.title, &notification.text, Some(&notification.place));
}

/// Shows a notification that tells of nothing, for whoever wants to see whether the desktop shows them.
pub(crate) fn try_one(app: &AppHandle) {
    show(app, "This is how Pollux tells you", "Nothing happened: you asked to see one.", None);
}

fn show(app: &AppHandle, title: &str, text: &str, place: Option<&NotificationPlace>) {
    let mut notification = app.notification().builder().title(title).body(text);
    if let Some(place) = place {
        notification = notification.extra(PLACE, place);
    }
    if let Err(error) = notification.show() {
        tracing::info!(%error, "no notification could be shown");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_click_leads_to_what_the_notification_tells_of() {
        let place = json!({ "view": "deliveries", "project": 2, "delivery": 7 });
        let action = |extra| {
            let notification = json!({ "id": 1, "title": "x", "extra": extra });
            let action = json!({ "actionId": "tap", "inputValue": null, "notification": notification });
            serde_json::from_value::<ActionPerformed>(action).unwrap()
        };
        let expected = NotificationPlace::Deliveries { project: 2, delivery: 7 };
        assert_eq!(place_of(&action(json!({ "place": place }))), Some(expected));
        assert_eq!(place_of(&action(json!({}))), None);
        assert_eq!(place_of(&action(json!({ "place": { "view": "elsewhere" } }))), None);
    }
}
