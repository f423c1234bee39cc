//! Which projects got a key that may verify what is already kept: told here, and heard by whoever judges again.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// What is judged again because of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    /// What could not be checked because the published keys could not be had.
    WithoutKeys,
    /// All that is not verified: the service made a secret, or another process added one.
    All,
    /// The same, for a secret that the user has just given, who is told also that nothing came of it.
    Given,
}

/// News of keys, at most one a project: what comes before it was heard is one with it.
#[derive(Default)]
pub(crate) struct KeyNews {
    unheard: Mutex<BTreeMap<i64, Which>>,
    more: Notify,
}

impl KeyNews {
    /// A key of a project came.
    pub(crate) fn tell(&self, project: i64, which: Which) {
        let mut unheard = self.unheard.lock();
        unheard.entry(project).and_modify(|known| *known = (*known).max(which)).or_insert(which);
        self.more.notify_one();
    }

    /// Takes the next news, once there is some. One listener at a time.
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
