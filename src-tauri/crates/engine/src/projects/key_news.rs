//! Which projects got a key that may verify what is already stored: reported here, taken by whatever judges again.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// What to judge again because of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    /// What could not be checked because the published keys could not be fetched.
    WithoutKeys,
    /// Everything that is not verified: the service made a secret, or another process added one.
    All,
    /// The same for a secret that the user has just given; then the user hears even that nothing came of it.
    Given,
}

/// News of keys, at most one per project: what comes before it is taken is merged with it.
#[derive(Default)]
pub(crate) struct KeyNews {
    unheard: Mutex<BTreeMap<i64, Which>>,
    more: Notify,
}

impl KeyNews {
    /// Reports that a key of a project came.
    pub(crate) fn tell(&self, project: i64, which: Which) {
        let mut unheard = self.unheard.lock();
        unheard.entry(project).and_modify(|known| *known = (*known).max(which)).or_insert(which);
        self.more.notify_one();
    }

    /// Waits for the next news and takes it. One listener at a time.
    pub(crate) async fn take(&self) -> (i64, Which) {
        loop {
            if let Some(news) = self.unheard.lock().pop_first() {
                return news;
            }
            self.more.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_not_heard_is_told_once_with_the_strongest_reason() {
        let news = KeyNews::default();
        for (project, which) in [(2, Which::WithoutKeys), (1, Which::All), (2, Which::Given), (2, Which::All)] {
            news.tell(project, which);
        }
        assert_eq!([news.take().await, news.take().await], [(1, Which::All), (2, Which::Given)]);
        let (heard, ()) = tokio::join!(news.take(), async { news.tell(3, Which::All) });
        assert_eq!(heard, (3, Which::All));
    }
}
