//! Attempts of one event, and which of them are duplicates.

use std::collections::HashMap;

use proptest::prelude::*;
use signature::{Outcome, StepStatus, Verdict};
use store::{Inserted, Options, Store};

use crate::sample::{NOON, SECOND, attempt, file, history, history_with, integrity};

fn rung(verdict: &Verdict) -> (StepStatus, &str) {
    let step = verdict.steps.iter().find(|step| step.check == "duplicate").unwrap();
    (step.status, &step.seen)
}

fn is_marked(inserted: &Inserted) -> bool {
    let warned = inserted.verdict.warnings.iter().filter(|warning| warning.code == "duplicate_id").count();
    assert!(warned <= 1);
    let (status, seen) = rung(&inserted.verdict);
    assert_eq!(warned == 1, status == StepStatus::Warned);
    assert_eq!(seen == "no earlier delivery of this id was accepted", inserted.attempt == 1, "{seen}");
    assert_eq!(warned == 1, inserted.duplicate);
    warned == 1
}

/// Outcome and answer of the attempts of one id, and which of them are duplicates.
type Case<'a> = (&'a str, &'a [(Outcome, u16)], &'a [bool]);

#[tokio::test]
async fn only_after_an_attempt_that_was_verified_and_accepted() {
    use Outcome::{Rejected, Unchecked, Verified};
    let table: &[Case] = &[
        ("accepted twice", &[(Verified, 200), (Verified, 200)], &[false, true]),
        ("a retry after a refusal", &[(Verified, 503), (Verified, 200), (Verified, 200)], &[false, false, true]),
        ("299 is success, 300 is not", &[(Verified, 300), (Verified, 299), (Verified, 500)], &[false, false, true]),
        ("199 is none", &[(Verified, 199), (Verified, 200)], &[false, false]),
        ("rejected but answered 200", &[(Rejected, 200), (Verified, 200)], &[false, false]),
        ("unchecked", &[(Unchecked, 200), (Unchecked, 200)], &[false, false]),
        ("a forgery of what was accepted", &[(Verified, 204), (Rejected, 401)], &[false, true]),
    ];
    let (_folder, store) = history().await;
    for (name, attempts, expected) in table {
        let mut event = None;
        for (number, ((outcome, status), expected)) in (1..).zip(attempts.iter().zip(*expected)) {
            let inserted = store.insert(attempt(name, *outcome, *status, 0)).await.unwrap();
            assert_eq!(is_marked(&inserted), *expected, "{name}, attempt {number}");
            assert_eq!((inserted.attempt, inserted.attempts), (number, number), "{name}");
            assert_eq!(*event.get_or_insert(inserted.event), inserted.event, "{name}");
            let stored = store.delivery(inserted.id).await.unwrap().unwrap();
            assert_eq!(stored.verdict, inserted.verdict, "{name}");
            assert_eq!((stored.row.duplicate, stored.row.warnings), (*expected, u32::from(*expected)), "{name}");
        }
    }
}

#[tokio::test]
async fn the_rung_says_which_attempt_and_how_long_after_the_first() {
    let (_folder, store) = history().await;
    let table = [
        (0, "no earlier delivery of this id was accepted"),
        (12, "attempt 2 of this id, first 12 s ago"),
        (119, "attempt 3 of this id, first 119 s ago"),
        (120, "attempt 4 of this id, first 2 min ago"),
        (7_200, "attempt 5 of this id, first 2 h ago"),
        (172_800, "attempt 6 of this id, first 2 d ago"),
        (-5, "attempt 7 of this id, first 0 s ago"),
    ];
    for (after, expected) in table {
        let inserted = store.insert(attempt("msg", Outcome::Verified, 200, after)).await.unwrap();
        assert_eq!(rung(&inserted.verdict).1, expected);
    }
}

#[tokio::test]
async fn the_rung_says_what_became_of_earlier_ones_where_none_was_accepted() {
    use Outcome::{Rejected, Unchecked, Verified};
    let (_folder, store) = history().await;
    /// Outcome, status, seconds.
    type Before = (Outcome, u16, i64);
    let table: &[(&[Before], &str)] = &[
        (&[(Unchecked, 200, 0)], "1 earlier delivery of this id, answered 200 but not verified, 12 s ago"),
        (&[(Rejected, 401, 5)], "1 earlier delivery of this id, rejected and answered 401, 7 s ago"),
        (&[(Verified, 503, 0)], "1 earlier delivery of this id, verified and answered 503, 12 s ago"),
        (&[(Verified, 0, 0)], "1 earlier delivery of this id, verified and not answered, 12 s ago"),
        (
            &[(Rejected, 401, 0), (Unchecked, 200, 2), (Rejected, 401, 9), (Unchecked, 500, 10)],
            "4 earlier deliveries of this id: 1 answered 200 but not verified, 10 s ago; \
             1 answered 500 but not verified, 2 s ago; 2 rejected and answered 401, the last 3 s ago",
        ),
        (
            &[(Rejected, 401, 0); 30],
            "30 earlier deliveries of this id, of 20 looked at: 20 rejected and answered 401, the last 12 s ago",
        ),
    ];
    for (number, (earlier, expected)) in table.iter().enumerate() {
        let id = format!("msg_{number}");
        for (outcome, status, after) in *earlier {
            store.insert(attempt(&id, *outcome, *status, *after)).await.unwrap();
        }
        for outcome in [Verified, Rejected, Unchecked] {
            // Each examines the same earlier ones, and those of this loop.
            let inserted = store.insert(attempt(&id, outcome, 500, 12)).await.unwrap();
            if outcome == Verified {
                assert_eq!(rung(&inserted.verdict), (StepStatus::Passed, *expected));
            }
            assert!(!rung(&inserted.verdict).1.contains("no earlier"), "{outcome:?}");
            assert_eq!(store.delivery(inserted.id).await.unwrap().unwrap().verdict, inserted.verdict);
        }
    }
}

fn warned(verdict: &Verdict) -> Option<&str> {
    let mut found = verdict.warnings.iter().filter(|warning| warning.code == "same_id_other_body");
    let message = found.next().map(|warning| &*warning.message);
    assert!(found.next().is_none());
    message
}

#[tokio::test]
async fn two_bodies_of_one_id_are_told_in_both() {
    // Bodies of the attempts of one id (`None`: cut short), and which of them carry a warning in the end.
    let table: &[(&[Option<&str>], &[bool])] = &[
        (&[Some("a"), Some("a"), Some("a")], &[false, false, false]),
        (&[Some("a"), Some("b")], &[true, true]),
        (&[Some("a"), Some("bb")], &[true, true]),
        (&[Some(""), Some("a")], &[true, true]),
        (&[Some("a"), Some("a"), Some("b"), Some("a"), Some("b")], &[true; 5]),
        (&[Some("a"), None, Some("a")], &[false, false, false]),
        (&[None, Some("a")], &[false, false]),
        (&[None, Some("a"), Some("b"), None], &[false, true, true, false]),
    ];
    let (folder, store) = history().await;
    for (number, (bodies, expected)) in table.iter().enumerate() {
        let mut ids = Vec::new();
        for body in *bodies {
            let mut delivery = attempt(&format!("msg_{number}"), Outcome::Verified, 500, 0);
            delivery.body = body.unwrap_or("x").as_bytes().to_vec().into();
            delivery.body_len = delivery.body.len() as u64 + u64::from(body.is_none()) * 9;
            delivery.truncated = body.is_none();
            let mut receiver = store.subscribe();
            let inserted = store.insert(delivery).await.unwrap();
            ids.push(inserted.id);
            store.settings().set("after", &true.into()).await.unwrap();
            let told = crate::sample::drain(&mut receiver).into_iter().any(|change| {
                matches!(change, store::Change::Changed(changed) if ids[..ids.len() - 1].iter().all(|id| changed.contains(id)))
            });
            assert!(ids.len() == 1 || told, "the rows of the earlier ones are announced");
        }
        for (id, expected) in ids.iter().zip(*expected) {
            let stored = store.delivery(*id).await.unwrap().unwrap();
            assert_eq!(warned(&stored.verdict).is_some(), *expected, "{number}: {id}");
            assert_eq!(stored.row.warnings, u32::from(*expected));
            assert_eq!(stored.verdict.outcome, Outcome::Verified);
        }
    }
    // A diagnosis that was under way keeps it.
    let mut first = attempt("late", Outcome::Rejected, 401, 0);
    first.body = b"one".to_vec().into();
    first.body_len = 3;
    let id = store.insert(first.clone()).await.unwrap().id;
    let before = store.delivery(id).await.unwrap().unwrap().verdict;
    first.body = b"two".to_vec().into();
    store.insert(first).await.unwrap();
    store.explained(id, before).await.unwrap();
    assert!(warned(&store.delivery(id).await.unwrap().unwrap().verdict).unwrap().contains("came later"));
    store.close().await;
    assert_eq!(integrity(&file(&folder)), "ok");
}

#[tokio::test]
async fn attempts_of_an_event_are_listed_and_counted_for_all_of_them() {
    let (_folder, store) = history().await;
    let first = store.insert(attempt("a", Outcome::Verified, 500, 0)).await.unwrap();
    let other = store.insert(attempt("b", Outcome::Verified, 200, 1)).await.unwrap();
    let second = store.insert(attempt("a", Outcome::Verified, 200, 2)).await.unwrap();
    assert_ne!(first.event, other.event);
    let rows = store.attempts(first.event.unwrap(), 10).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [first.id, second.id]);
    assert_eq!(rows.iter().map(|row| (row.attempt, row.attempts)).collect::<Vec<_>>(), [(1, 2), (2, 2)]);
}

#[tokio::test]
async fn the_newest_attempts_up_to_the_limit_oldest_first() {
    let (_folder, store) = history().await;
    let mut of_a = Vec::new();
    let mut event = 0;
    for n in 0..30 {
        let inserted = store.insert(attempt("a", Outcome::Verified, 500, n)).await.unwrap();
        store.insert(attempt(&format!("b{}", n % 7), Outcome::Verified, 500, n)).await.unwrap();
        event = inserted.event.unwrap();
        of_a.push(inserted.id);
    }
    for (limit, expected) in [(0, &[] as &[i64]), (1, &of_a[29..]), (7, &of_a[23..]), (30, &of_a), (u32::MAX, &of_a)] {
        let rows = store.attempts(event, limit).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "limit {limit}");
        assert!(rows.iter().all(|row| row.attempts == 30));
    }
}

#[tokio::test]
async fn the_newest_attempts_of_many_events_in_one_read() {
    use Outcome::{Rejected, Verified};
    let (_folder, store) = history().await;
    let (mut ids, mut events) = (HashMap::<&str, Vec<i64>>::new(), HashMap::new());
    for (name, times) in [("once", 1), ("twice", 2), ("four", 4), ("often", 30)] {
        for n in 0..times {
            let (outcome, status) = if n == 0 { (Rejected, 401) } else { (Verified, 503) };
            let inserted = store.insert(attempt(name, outcome, status, n)).await.unwrap();
            ids.entry(name).or_default().push(inserted.id);
            events.insert(name, inserted.event.unwrap());
        }
    }
    let asked: Vec<i64> = ["often", "once", "four", "twice"].iter().map(|name| events[name]).collect();
    let tried = store.tried(&asked, 4).await.unwrap();
    for (name, all) in &ids {
        let expected = &all[all.len().saturating_sub(4)..];
        let found: Vec<_> = tried.iter().filter(|one| one.event == events[name]).collect();
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), expected, "{name}");
        let first = found.iter().find(|one| one.id == all[0]);
        assert!(first.is_none_or(|one| (one.outcome, one.status, one.answered_by) == (Rejected, 401, None)));
    }
    assert!(store.tried(&[], 4).await.unwrap().is_empty());
    assert_eq!(store.tried(&[events["twice"]], 1).await.unwrap()[0].received_ns, NOON + SECOND);

    let all: Vec<i64> = ids.values().flatten().copied().collect();
    let mut retried = store.retried_among(&all).await.unwrap();
    retried.sort_unstable();
    assert_eq!(retried, [events["twice"], events["four"], events["often"]]);
    assert!(store.retried_among(&ids["once"]).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_id_of_any_length_is_known_again_and_a_row_holds_its_beginning() {
    let mut options = Options::default();
    options.index_after_bytes = 4096;
    let (folder, store) = history_with(options).await;
    // They are alike up to their ends; the cut would fall within a character.
    let id = |n: usize| format!("x{}{n}", "ü".repeat(20_000));
    let mut receiver = store.subscribe();
    for round in 1..=2 {
        for n in 0..5 {
            let inserted = store.insert(attempt(&id(n), Outcome::Verified, 500, 0)).await.unwrap();
            assert_eq!((inserted.attempt, inserted.event), (round, Some(n as i64 + 1)));
        }
    }
    let cut = format!("x{}", "ü".repeat(511));
    assert_eq!(cut.len(), 1023);
    let loaded = store.rows(&[10]).await.unwrap();
    assert_eq!(loaded[0].message_id.as_deref(), Some(&*cut));
    // Written after the last one was announced, and its caller does not wait for that.
    store.settings().set("after", &true.into()).await.unwrap();
    let announced: Vec<_> = crate::sample::drain(&mut receiver)
        .into_iter()
        .filter_map(|change| if let store::Change::Inserted(arrived) = change { Some(arrived) } else { None })
        .collect();
    assert_eq!(announced.len(), 10);
    for arrived in announced {
        assert_eq!(arrived.row.message_id.as_deref(), Some(&*cut), "the same as when it is loaded");
    }
    let conn = rusqlite::Connection::open(file(&folder)).unwrap();
    let indexed: i64 = conn.query_row("SELECT count(*) FROM event_key", [], |row| row.get(0)).unwrap();
    assert_eq!(indexed, 5, "too many bytes to be remembered, though only five");
}

#[tokio::test]
async fn the_same_id_in_another_project_is_another_event() {
    let (_folder, store) = history().await;
    let project = store.projects().ensure("Other", false, "other").await.unwrap();
    let here = store.insert(attempt("a", Outcome::Verified, 200, 0)).await.unwrap();
    let mut delivery = attempt("a", Outcome::Verified, 200, 1);
    delivery.project = project;
    let there = store.insert(delivery).await.unwrap();
    assert_ne!(here.event, there.event);
    assert!(!there.duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_numbered_without_a_gap_and_one_is_the_first() {
    let (_folder, store) = history().await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.insert(attempt("a", Outcome::Verified, 200, 0)).await.unwrap() })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.push(task.await.unwrap());
    }
    all.sort_by_key(|inserted| inserted.id);
    assert_eq!(all.iter().map(|inserted| inserted.attempt).collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());
    assert!(all.iter().all(|inserted| inserted.duplicate == (inserted.attempt > 1)));
}

#[tokio::test]
async fn an_event_is_known_again_after_a_restart_and_in_a_second_process() {
    let (folder, store) = history().await;
    let first = store.insert(attempt("a", Outcome::Verified, 200, 0)).await.unwrap();
    store.insert(attempt("b", Outcome::Verified, 500, 0)).await.unwrap();
    // A second handle on the same file, as another process would have.
    let second = Store::open(&file(&folder), Options::default()).unwrap();
    let again = second.insert(attempt("a", Outcome::Verified, 200, 1)).await.unwrap();
    assert_eq!((again.event, again.attempt, again.duplicate), (first.event, 2, true));
    let c = second.insert(attempt("c", Outcome::Verified, 200, 1)).await.unwrap();
    let c_again = store.insert(attempt("c", Outcome::Verified, 200, 2)).await.unwrap();
    assert_eq!((c_again.event, c_again.attempt, c_again.duplicate), (c.event, 2, true));
    second.close().await;
    store.close().await;
    let third = Store::open(&file(&folder), Options::default()).unwrap();
    for (id, attempt_number, duplicate) in [("a", 3, true), ("b", 2, false), ("c", 3, true), ("d", 1, false)] {
        let inserted = third.insert(attempt(id, Outcome::Verified, 500, 3)).await.unwrap();
        assert_eq!((inserted.attempt, inserted.duplicate), (attempt_number, duplicate), "{id}");
    }
    third.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whether it is in the index, only remembered, or left from before a restart.
    #[test]
    fn attempts_are_counted_the_same_wherever_the_event_is_found(
        steps in proptest::collection::vec((0..12_u8, 0..2_i64, any::<bool>(), 0..12_u8), 1..60),
        index_after in prop_oneof![Just(1_usize), Just(4), Just(usize::MAX)],
        index_after_bytes in prop_oneof![Just(0_usize), Just(100), Just(300), Just(usize::MAX)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut options = Options::default();
            options.index_after = index_after;
            options.index_after_bytes = index_after_bytes;
            let (folder, mut store) = history_with(options.clone()).await;
            store.projects().ensure("Other", false, "other").await.unwrap();
            let mut model: HashMap<(i64, u8), (u32, bool)> = HashMap::new();
            for (name, project, accepted, restart) in steps {
                match restart {
                    0 => {
                        store.close().await;
                        store = Store::open(&file(&folder), options.clone()).unwrap();
                    }
                    // Dropped with its thread still at work, as another process might be.
                    1 => store = Store::open(&file(&folder), options.clone()).unwrap(),
                    _ => {}
                }
                let mut delivery = attempt(&name.to_string(), Outcome::Verified, if accepted { 200 } else { 500 }, 0);
                delivery.project = 1 + project;
                let inserted = store.insert(delivery).await.unwrap();
                let (attempts, before) = model.entry((project, name)).or_default();
                *attempts += 1;
                prop_assert_eq!((inserted.attempt, inserted.duplicate), (*attempts, *before));
                *before |= accepted;
            }
            store.close().await;
            prop_assert_eq!(integrity(&file(&folder)), "ok");
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn the_newest_of_each_message_is_found_whether_its_id_is_in_the_index_or_not() {
    // Two at a time go into the index, so that some are in it and some are not.
    let mut options = Options::default();
    options.index_after = 2;
    let (_folder, store) = history_with(options).await;
    let mut newest = HashMap::new();
    for round in 0..2 {
        for name in ["a", "b", "c", "d", "e"] {
            let inserted = store.insert(attempt(name, Outcome::Verified, 200, round)).await.unwrap();
            newest.insert(name.to_owned(), inserted.id);
        }
    }
    let mut asked: Vec<String> = newest.keys().cloned().collect();
    asked.push("unknown".into());
    let found = store.newest_named(1, asked.clone()).await.unwrap();
    let found: HashMap<String, i64> = found.into_iter().map(|(id, row)| (id, row.id)).collect();
    assert_eq!(found, newest);
    assert!(store.newest_named(2, asked).await.unwrap().is_empty(), "they are another project's");
}
