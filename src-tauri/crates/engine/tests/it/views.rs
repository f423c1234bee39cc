//! The view of a query: what it shows at once, what is counted afterwards, and what it hears while it is open.

use std::sync::{Arc, Mutex};

use engine::{Code, Engine, HitPlace, Live, Selection};

use crate::parts::soon;
use crate::{Rig, SECRET, post_text, rig};

/// More than a page.
const MANY: u64 = 260;

/// What the window was told.
/// What the engine tells from now on.
pub(crate) fn told(engine: &Engine) -> Arc<Mutex<Vec<Live>>> {
    let told: Arc<Mutex<Vec<Live>>> = Arc::default();
    let into = told.clone();
    engine.attach(Box::new(move |message| {
        into.lock().unwrap().push(message);
        true
    }));
    told
}

async fn posted(rig: &Rig, count: u64, body: &'static str) {
    for n in 0..count {
        assert_eq!(post_text(&rig.address, SECRET, &format!("msg_{n}_{}", body.len()), body).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_comes_at_once_and_the_count_afterwards() {
    let rig = rig().await;
    let told = told(&rig.engine);
    posted(&rig, MANY, "{\"type\":\"batch.succeeded\",\"data\":{\"id\":\"batches/needle\"}}").await;
    posted(&rig, 3, "{\"type\":\"batch.failed\",\"data\":{\"id\":\"batches/other\"}}").await;
    let history = rig.engine.history();
    let opened = history.open_view("Batches/NEEDLE").await.unwrap();
    assert!(opened.rows.len() == 200 && opened.matched >= 200 && opened.total == MANY + 3);
    let hit = opened.rows[0].hit.as_ref().unwrap();
    assert_eq!((hit.place, hit.text.as_str()), (HitPlace::Body, "batches/needle"));
    let end = opened.first + opened.matched;
    let counted = async || {
        told.lock().unwrap().iter().any(|message| {
            matches!(message, Live::Counted { view, first, matched, exact: true, .. }
                if *view == opened.view && *matched == MANY && first + matched == end)
        })
    };
    if !opened.exact {
        soon("the count is told, and no ordinal has moved", counted).await;
    }
    let first = end - MANY;
    let oldest = history.rows(opened.view, first, 200).await.unwrap();
    assert_eq!(oldest[0].id, 1);
    assert_eq!(history.find(opened.view, 1), Some(first));
    assert!(history.rows(opened.view, end - 1, 1).await.unwrap()[0].id == MANY as i64);

    let histogram = history.view_histogram(opened.view, 50).await.unwrap();
    let sum: u32 = histogram.buckets.iter().map(|one| one.verified + one.rejected + one.unchecked).sum();
    assert!(u64::from(sum) == MANY && histogram.exact && histogram.buckets.len() <= 50);
    let values = history.view_values(opened.view, "body.data.id", 5).await.unwrap();
    assert_eq!((values.values.len(), values.values[0].count), (1, MANY));
    assert_eq!(history.view_values(opened.view, "no-such", 5).await.unwrap_err().code, Code::QueryInvalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_view_hears_what_comes_what_goes_and_what_changes() {
    let rig = rig().await;
    let told = told(&rig.engine);
    posted(&rig, 5, "{\"type\":\"batch.succeeded\",\"data\":{\"id\":\"needle\"}}").await;
    let history = rig.engine.history();
    let opened = history.open_view("needle").await.unwrap();
    assert!(opened.exact && opened.matched == 5);
    posted(&rig, 1, "{\"type\":\"batch.failed\",\"data\":{\"id\":\"a needle, too\"}}").await;
    posted(&rig, 1, "{\"type\":\"batch.failed\",\"data\":{\"id\":\"nothing of it\"}}").await;
    let rows = async || {
        told.lock().unwrap().iter().any(|message| {
            matches!(message, Live::Rows { view, added, first: 0, matched: 6, .. }
                if *view == opened.view && added.len() == 1 && added[0].hit.is_some())
        })
    };
    soon("the row that matches is told with its hit", rows).await;
    history.delete(Selection::Ids(vec![2, 3])).await.unwrap();
    let removed = async || {
        told.lock().unwrap().iter().any(|message| {
            matches!(message, Live::Removed { view, first: 2 | 0, matched: 4 }
                if *view == opened.view)
        })
    };
    soon("what is gone is told", removed).await;
    assert_eq!((history.find(opened.view, 2), history.find(opened.view, 1).is_some()), (None, true));

    let pinned = history.open_view("pinned:yes").await.unwrap();
    assert_eq!((pinned.matched, pinned.nothing.unwrap().part.as_str()), (0, "pinned:yes"));
    history.pin(vec![1], true).await.unwrap();
    let resync = async || {
        let is = |message: &Live| matches!(message, Live::Resync { view } if *view == pinned.view);
        told.lock().unwrap().iter().any(is)
    };
    soon("another list is told to be opened", resync).await;
    assert_eq!(history.open_view("pinned:yes").await.unwrap().matched, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_show_the_newest_attempts_of_their_event_and_hear_of_each_further_one() {
    let rig = rig().await;
    let told = told(&rig.engine);
    let body = "{\"type\":\"batch.succeeded\"}";
    rig.engine.projects().add_secret(rig.project(false), "", SECRET).await.unwrap();
    let other = "whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC1vdGhlcg==";
    for (secret, id, status) in [(other, "msg_a", 401), (SECRET, "msg_b", 200), (SECRET, "msg_a", 200)] {
        assert_eq!(post_text(&rig.address, secret, id, body).await, status);
    }
    let history = rig.engine.history();
    let opened = history.open_view("").await.unwrap();
    let tries = |row: &engine::Row| row.tries.iter().map(|one| (one.id, one.status)).collect::<Vec<_>>();
    let shown: Vec<_> = opened.rows.iter().map(tries).collect();
    assert_eq!(shown, [vec![(1, 401), (3, 200)], vec![], vec![(1, 401), (3, 200)]]);
    assert_eq!(post_text(&rig.address, SECRET, "msg_a", body).await, 200);
    let all = [(1, 401), (3, 200), (4, 200)];
    let heard = async || {
        let told = told.lock().unwrap();
        let added = told.iter().any(
            |one| matches!(one, Live::Rows { added, .. } if added.iter().any(|row| row.id == 4 && tries(row) == all)),
        );
        let changed = told.iter().any(
            |one| matches!(one, Live::Changed { rows } if rows.iter().any(|row| row.id == 1 && tries(row) == all)),
        );
        added && changed
    };
    soon("the new row and the earlier ones show all three", heard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_removes_everything_is_named() {
    let rig = rig().await;
    posted(&rig, 3, "{\"type\":\"batch.succeeded\",\"data\":{\"id\":\"needle\"}}").await;
    let history = rig.engine.history();
    let nothing = history.open_view("needle type:batch.failed answer:2xx").await.unwrap().nothing.unwrap();
    assert_eq!((nothing.part.as_str(), nothing.without), ("type:batch.failed", 3));
    let error = history.open_view("type: or").await.unwrap_err();
    assert_eq!(error.code, Code::QueryInvalid);
    let hits = history.hits(1, "needle").await.unwrap();
    assert_eq!((hits.len(), hits[0].place, hits[0].before.ends_with("\"id\":\"")), (1, HitPlace::Body, true));
}
