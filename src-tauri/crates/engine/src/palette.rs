//! The palette of the window: what was chosen there lately, and what an id leads to. Nobody outside is asked.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Mutex;

use crate::common::Common;
use crate::dto::{IdFound, NamedWebhook, PaletteUsed};
use crate::error::{Code, Error, Result};
use crate::history::History;
use crate::jobs::Jobs;
use crate::registry::Registry;
use crate::webhooks::Webhooks;

mod known;

/// The name of what was chosen in the store.
const KEY: &str = "palette";
/// How many of the last entries are kept.
const MOST: usize = 50;
/// The longest entry that is kept, and the longest id that is looked for, in bytes.
const LONGEST: usize = 1024;

/// The room of the palette. Cloning shares it.
#[derive(Clone)]
pub struct Palette {
    common: Common,
    registry: Arc<Registry>,
    history: History,
    jobs: Jobs,
    webhooks: Webhooks,
    /// One change at a time.
    changing: Arc<Mutex<()>>,
}

impl Palette {
    pub(crate) fn new(
        common: Common,
        registry: Arc<Registry>,
        history: History,
        jobs: Jobs,
        webhooks: Webhooks,
    ) -> Self {
        Self { common, registry, history, jobs, webhooks, changing: Arc::default() }
    }

    /// What was chosen lately, the last one first.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn used(&self) -> Result<Vec<PaletteUsed>> {
        let value = self.common.store().settings().get(KEY).await?;
        Ok(value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default())
    }

    /// Puts an entry before the others that were chosen; the oldest give way.
    ///
    /// # Errors
    /// `invalid_setting` for one that is empty or too long; any error of the store.
    pub async fn choose(&self, entry: &str) -> Result<Vec<PaletteUsed>> {
        if entry.is_empty() || entry.len() > LONGEST {
            return Err(Error::new(Code::InvalidSetting, "This entry cannot be kept."));
        }
        let _alone = self.changing.lock().await;
        let mut used = self.used().await?;
        used.retain(|other| other.entry != entry);
        used.insert(0, PaletteUsed { entry: entry.to_owned(), at_ms: self.common.now_ms() });
        used.truncate(MOST);
        self.common.store().settings().set(KEY, &json!(used)).await?;
        Ok(used)
    }

    /// What an id leads to: a `webhook-id`, the number of a delivery, the id or name of a job, the id of a webhook.
    ///
    /// # Errors
    /// Any error of the store.
    pub async fn find(&self, text: &str) -> Result<IdFound> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST {
            return Ok(IdFound { delivery: None, jobs: Vec::new(), webhooks: Vec::new() });
        }
        let mut webhooks = self.webhooks.known();
        webhooks.retain(|webhook| webhook.id == text);
        Ok(IdFound { delivery: self.history.by_id(text).await?, jobs: self.jobs.by_id(text).await?, webhooks })
    }

    /// The webhooks of all projects, as far as their services listed them.
    pub fn webhooks(&self) -> Vec<NamedWebhook> {
        self.webhooks.known()
    }
}
