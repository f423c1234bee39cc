//! What the user has set: read at the start; checked, stored and put in force when it changes.

use std::sync::Arc;

use inbound::Gate;
use store::Store;
use tokio::sync::{Mutex, watch};

use crate::addresses;
use crate::common::Common;
use crate::dto::{ListenerState, Settings, TunnelProvider};
use crate::error::{Code, Error, Result};
use crate::listening::Listening;
use crate::registry::Registry;
use crate::tunnel::Tunnel;
use crate::tunnel::checked::checked as checked_tunnel;

/// The longest grace of an event, in minutes: a day.
const MOST_GRACE: u32 = 1_440;

/// The name of the settings in the store.
const SETTINGS: &str = "settings";

/// The settings of the last time. Those that cannot be read get their defaults.
pub(crate) async fn stored(store: &Store) -> Result<Settings> {
    let value = store.settings().get(SETTINGS).await?;
    let before_tunnels = value.as_ref().is_some_and(|value| value.get("tunnel").is_none());
    let notified = value.as_ref().is_some_and(|value| value["notify_missed"] == true);
    let mut settings: Settings = value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
    if notified {
        // Missed jobs were the first to be told of, and had a setting of their own.
        settings.desktop.answered = true;
        settings.desktop.missed = true;
    }
    if before_tunnels && settings.public_address.is_some() {
        // Before there were providers, a public address was always the user's own.
        settings.tunnel.provider = TunnelProvider::Own;
    }
    Ok(settings)
}

/// The room of the settings: the one place where they are changed. Others follow them by a `watch`. Cloning shares it.
#[derive(Clone)]
pub struct SettingsRoom {
    common: Common,
    registry: Arc<Registry>,
    gate: Gate,
    listening: Listening,
    tunnel: Tunnel,
    current: watch::Sender<Settings>,
    /// One change at a time.
    changing: Arc<Mutex<()>>,
}

impl SettingsRoom {
    /// `current`: the settings in force, which the lower rooms follow.
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        gate: Gate,
        listening: Listening,
        tunnel: Tunnel,
        current: watch::Sender<Settings>,
    ) -> Self {
        Self { common, registry, gate, listening, tunnel, current, changing: Arc::default() }
    }

    /// What the user has set.
    pub fn get(&self) -> Settings {
        self.current.borrow().clone()
    }

    /// Applies and stores settings. A changed port restarts the listener; the settings for bodies apply at once. If the
    /// listener cannot use the port, or the history cannot store the settings, returns an error and changes nothing.
    pub async fn set(&self, settings: Settings) -> Result<Settings> {
        let mut settings = checked(settings)?;
        settings.tunnel = checked_tunnel(settings.tunnel, &self.registry.projects())?;
        let _alone = self.changing.lock().await;
        let before = self.apply(settings.clone());
        let was = before.clone();
        self.listening.limit_bodies().await;
        let moves = before.port != settings.port;
        if moves
            && let ListenerState::Failed { code, message, next_free, .. } = self.listening.start(settings.port).await
        {
            self.apply(before);
            self.listening.limit_bodies().await;
            let offer = next_free.map(|port| format!(". Port {port} is free.")).unwrap_or_default();
            return Err(Error { code, message: format!("{message}{offer}"), detail: None });
        }
        if let Err(error) = self.store_settings(&settings).await {
            let port = before.port;
            self.apply(before);
            self.listening.limit_bodies().await;
            if moves {
                self.listening.start(port).await;
            }
            return Err(error);
        }
        self.tunnel.settings_changed(&was).await;
        Ok(settings)
    }

    async fn store_settings(&self, settings: &Settings) -> Result<()> {
        let value = serde_json::to_value(settings)
            .map_err(|error| Error::new(Code::Internal, "The settings could not be written.").with_detail(error))?;
        Ok(self.common.store().settings().set(SETTINGS, &value).await?)
    }

    /// Puts settings in force and returns the earlier ones.
    fn apply(&self, settings: Settings) -> Settings {
        self.registry.apply(&settings);
        self.gate.limit_local(settings.local_per_second);
        self.current.send_replace(settings)
    }
}

fn checked(mut settings: Settings) -> Result<Settings> {
    const BODY_MIB: std::ops::RangeInclusive<u32> = 1..=100;
    const REJECTED_KIB: std::ops::RangeInclusive<u32> = 1..=100 * 1024;
    const LOCAL_PER_SECOND: u32 = 1_000_000;
    const TOLERANCE_S: std::ops::RangeInclusive<u32> = 1..=86_400;
    let invalid = |message: String| Err(Error::new(Code::InvalidSetting, message));
    if !BODY_MIB.contains(&settings.max_body_mib) {
        return invalid(format!("The body limit must be 1 to 100 MiB, not {}.", settings.max_body_mib));
    }
    if !REJECTED_KIB.contains(&settings.rejected_body_kib) {
        let (least, most) = (REJECTED_KIB.start(), REJECTED_KIB.end());
        return invalid(format!(
            "The part kept of a rejected body must be {least} to {most} KiB, not {}.",
            settings.rejected_body_kib
        ));
    }
    if settings.local_per_second > LOCAL_PER_SECOND {
        return invalid(format!("The rate for local requests must be 0 (no limit) to {LOCAL_PER_SECOND} a second."));
    }
    if settings.grace_minutes > MOST_GRACE {
        return invalid(format!("The grace of an event must be 0 to 1440 minutes, not {}.", settings.grace_minutes));
    }
    if !TOLERANCE_S.contains(&settings.tolerance_s) {
        return invalid(format!("The tolerance must be 1 to 86400 seconds, not {}.", settings.tolerance_s));
    }
    if settings.port == Some(0) {
        settings.port = None;
    }
    let filled = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    settings.audience = filled(settings.audience);
    settings.issuer = filled(settings.issuer);
    settings.public_address =
        filled(settings.public_address).map(|address| addresses::public_address(&address)).transpose()?;
    settings.split =
        if settings.split.is_finite() { settings.split.clamp(0.2, 0.8) } else { Settings::default().split };
    Ok(settings)
}
