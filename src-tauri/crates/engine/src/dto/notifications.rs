//! Notifications of the desktop: what is worth one, which the user wants, and what one says.

use serde::{Deserialize, Serialize};

/// What is worth a notification of the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// Deliveries were rejected after one that was verified.
    Rejected,
    /// The service disabled a webhook, because deliveries to it failed.
    WebhookDisabled,
    /// The tunnel was online, and has been down for a minute.
    TunnelDown,
    /// A job ended without an event that counts.
    Missed,
    /// The target of a forward has taken nothing for a minute.
    ForwardDown,
    /// An old secret ends within the hour.
    SecretEnding,
}

impl NotificationKind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Rejected, Self::WebhookDisabled, Self::TunnelDown, Self::Missed, Self::ForwardDown, Self::SecretEnding];
}

/// What the user wants to see of Pollux on the desktop. Nothing, until somebody has answered the question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(default)]
pub struct DesktopSettings {
    /// Whether the user has answered the question, or set something here.
    pub answered: bool,
    /// Notifications of [`NotificationKind::Rejected`].
    pub rejected: bool,
    /// Notifications of [`NotificationKind::WebhookDisabled`].
    pub webhook_disabled: bool,
    /// Notifications of [`NotificationKind::TunnelDown`].
    pub tunnel_down: bool,
    /// Notifications of [`NotificationKind::Missed`].
    pub missed: bool,
    /// Notifications of [`NotificationKind::ForwardDown`].
    pub forward_down: bool,
    /// Notifications of [`NotificationKind::SecretEnding`].
    pub secret_ending: bool,
    /// How many things need attention, at Pollux's icon in the taskbar.
    pub count: bool,
    /// An icon in the tray.
    pub tray: bool,
}

impl DesktopSettings {
    /// Whether the user wants notifications of this kind.
    #[must_use]
    pub fn wants(&self, kind: NotificationKind) -> bool {
        match kind {
            NotificationKind::Rejected => self.rejected,
            NotificationKind::WebhookDisabled => self.webhook_disabled,
            NotificationKind::TunnelDown => self.tunnel_down,
            NotificationKind::Missed => self.missed,
            NotificationKind::ForwardDown => self.forward_down,
            NotificationKind::SecretEnding => self.secret_ending,
        }
    }
}

/// What a notification tells of, and where the window shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum NotificationPlace {
    /// A delivery.
    Deliveries {
        /// Its project.
        project: i64,
        /// Its id.
        delivery: i64,
    },
    /// A webhook.
    Webhooks {
        /// Its project.
        project: i64,
        /// Its id.
        webhook: String,
    },
    /// The tunnel, which is in the bar.
    Tunnel,
    /// A job.
    Operations {
        /// Its project.
        project: i64,
        /// Its name.
        job: String,
    },
    /// A project's forwarding.
    Handler {
        /// The project.
        project: i64,
    },
}

impl NotificationPlace {
    /// The project, if it belongs to one.
    #[must_use]
    pub fn project(&self) -> Option<i64> {
        match self {
            Self::Tunnel => None,
            Self::Deliveries { project, .. }
            | Self::Webhooks { project, .. }
            | Self::Operations { project, .. }
            | Self::Handler { project } => Some(*project),
        }
    }
}

/// A notification of the desktop. It holds no id, no secret and nothing that a sender wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Notification {
    /// What it is about.
    pub kind: NotificationKind,
    /// What happened. Desktops show it as plain text.
    pub title: String,
    /// One sentence more. Some desktops read it as markup, so no name is in it.
    pub text: String,
    /// What a click leads to: the first thing that it tells of.
    pub place: NotificationPlace,
}

/// What the window shows while it has the focus. What is shown needs no notification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Looking {
    /// Things of these kinds are on the screen; none while the window is without the focus.
    pub kinds: Vec<NotificationKind>,
    /// Those of this project only; `None`: of all projects.
    pub project: Option<i64>,
}

impl Looking {
    /// Whether a thing of this kind, of this project, is on the screen.
    #[must_use]
    pub fn covers(&self, kind: NotificationKind, project: Option<i64>) -> bool {
        let same = self.project.is_none() || project.is_none() || project == self.project;
        same && self.kinds.contains(&kind)
    }
}

/// Rejected deliveries that arrived since somebody looked at the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Unseen {
    /// How many are known of.
    pub rejected: u32,
    /// There may be more.
    pub more: bool,
}

/// What the window hears about notifications.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "news", rename_all = "snake_case")]
pub enum DesktopNews {
    /// A notification is shown on the desktop.
    Shown {
        /// The notification.
        notification: Notification,
    },
    /// One would be shown if the user wanted them: they are to be asked.
    Offered {
        /// That one.
        notification: Notification,
    },
    /// One was clicked: the window is to go there.
    Opened {
        /// What it tells of.
        place: NotificationPlace,
    },
    /// Deliveries were rejected, or were looked at.
    Unseen {
        /// How many there are now.
        unseen: Unseen,
    },
}

/// The icon in the tray.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TrayState {
    /// Not asked for.
    #[default]
    Off,
    /// Given to the desktop, which shows it if it has a place for such icons.
    Given,
    /// The library that it takes is not installed.
    Missing {
        /// The name of its file.
        library: String,
    },
    /// It could not be made.
    Failed {
        /// Why.
        message: String,
    },
}
