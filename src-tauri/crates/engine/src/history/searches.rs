//! The searches that were made, and those that have a name. They are kept with the history.

use serde_json::json;
use tokio::sync::Mutex;

use super::{History, query};
use crate::common::Common;
use crate::dto::{RecentSearch, SavedSearch, Searches};
use crate::error::{Code, Error, Result};

/// The name of the searches in the store.
const KEY: &str = "searches";
/// How many of the last searches are kept.
const MOST_RECENT: usize = 50;
/// How many searches may have a name.
const MOST_SAVED: usize = 200;
/// The longest name, in letters.
const LONGEST_NAME: usize = 80;

/// The list, with one change at a time.
#[derive(Default)]
pub(super) struct SearchList {
    changing: Mutex<()>,
}

impl History {
    /// The user's searches.
    pub async fn searches(&self) -> Result<Searches> {
        stored(&self.common).await
    }

    /// Keeps a search under a name, in the place of one with the same name.
    ///
    /// # Errors
    /// `query_invalid` for a query that is not understood, `invalid_setting` for a name that is empty or too long,
    /// `too_many`.
    pub async fn search_save(&self, name: &str, text: &str) -> Result<Searches> {
        let name = name.trim();
        let length = name.chars().count();
        if length == 0 || length > LONGEST_NAME || name.contains(char::is_control) {
            let message = format!("A search's name has 1 to {LONGEST_NAME} letters, and no line breaks.");
            return Err(Error::new(Code::InvalidSetting, message));
        }
        let saved = SavedSearch { name: name.to_owned(), query: canonical(&self.common, text)? };
        self.change(|searches| {
            searches.saved.retain(|other| other.name != saved.name);
            if searches.saved.len() >= MOST_SAVED {
                let message =
                    format!("{MOST_SAVED} searches have a name already. Remove one that is no longer needed.");
                return Err(Error::new(Code::TooMany, message));
            }
            searches.saved.push(saved);
            searches.saved.sort_by_cached_key(|search| (search.name.to_lowercase(), search.name.clone()));
            Ok(())
        })
        .await
    }

    /// Forgets a search by its name. One that is not there is no error.
    pub async fn search_forget(&self, name: &str) -> Result<Searches> {
        self.change(|searches| {
            searches.saved.retain(|search| search.name != name);
            Ok(())
        })
        .await
    }

    /// Puts a search before the other ones that were made. Everything, and what is not understood, is no search.
    pub async fn search_used(&self, text: &str) -> Result<()> {
        let Ok(query) = canonical(&self.common, text) else { return Ok(()) };
        if query.is_empty() {
            return Ok(());
        }
        let at_ms = self.common.now_ms();
        self.change(|searches| {
            searches.recent.retain(|other| other.query != query);
            searches.recent.insert(0, RecentSearch { query, at_ms });
            searches.recent.truncate(MOST_RECENT);
            Ok(())
        })
        .await?;
        Ok(())
    }

    async fn change(&self, change: impl FnOnce(&mut Searches) -> Result<()>) -> Result<Searches> {
        let _alone = self.searches.changing.lock().await;
        let mut searches = stored(&self.common).await?;
        let before = searches.clone();
        change(&mut searches)?;
        if searches != before {
            self.common.store().settings().set(KEY, &json!(searches)).await?;
        }
        Ok(searches)
    }
}

/// What is kept; what cannot be read is none.
async fn stored(common: &Common) -> Result<Searches> {
    let value = common.store().settings().get(KEY).await?;
    Ok(value.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default())
}

/// The form in which a query is kept. Times stay as they are written: `since:1h` is an hour before each use.
fn canonical(common: &Common, text: &str) -> Result<String> {
    Ok(::query::Query::parse(text, &query::clock(common))?.to_string())
}
