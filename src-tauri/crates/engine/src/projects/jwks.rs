//! The published keys of each service, fetched when a delivery needs them.

use std::collections::HashMap;
use std::sync::Arc;

use gemini::JwksCache;
use gemini::client::GOOGLE_BASE_URL;
use gemini::jwks::HttpFetch;
use parking_lot::Mutex;
use reqwest::Url;

use super::key_news::{KeyNews, Which};
use crate::common::Common;
use crate::error::{Code, Error, Result};
use crate::registry::Registry;

/// By address: projects of one service share them.
pub(super) struct JwksCaches {
    common: Common,
    registry: Arc<Registry>,
    news: Arc<KeyNews>,
    by_url: Mutex<HashMap<String, Arc<JwksCache>>>,
}

impl JwksCaches {
    pub(super) fn new(common: Common, registry: Arc<Registry>, news: Arc<KeyNews>) -> Self {
        Self { common, registry, news, by_url: Mutex::default() }
    }

    /// The published keys of the service at this address. `None`: Google's.
    pub(super) fn of(&self, base_url: Option<&str>) -> Result<Arc<JwksCache>> {
        let failed = |error: &dyn ToString| {
            Error::new(Code::NoJwks, "The service's published keys cannot be fetched from this system.")
                .with_detail(error.to_string())
        };
        let base = Url::parse(base_url.unwrap_or(GOOGLE_BASE_URL)).map_err(|error| failed(&error))?;
        let url = base.join("/.well-known/jwks.json").map_err(|error| failed(&error))?;
        let mut caches = self.by_url.lock();
        if let Some(cache) = caches.get(url.as_str()) {
            return Ok(cache.clone());
        }
        let fetch = HttpFetch::new(url.as_str()).map_err(|error| failed(&error))?;
        let cache = Arc::new(JwksCache::new(fetch));
        self.follow(&cache);
        caches.insert(url.to_string(), cache.clone());
        Ok(cache)
    }

    /// Reports when they come: what could not be checked without them can be checked then.
    fn follow(&self, cache: &Arc<JwksCache>) {
        let (registry, news) = (self.registry.clone(), self.news.clone());
        let (cache, mut came) = (cache.clone(), cache.came());
        self.common.spawn(async move {
            while came.changed().await.is_ok() {
                for keys in registry.all() {
                    if keys.jwks.is_some_and(|own| Arc::ptr_eq(&own, &cache)) {
                        news.tell(keys.project.id, Which::WithoutKeys);
                    }
                }
            }
        });
    }
}
