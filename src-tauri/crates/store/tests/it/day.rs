//! What the overview counts: hours, causes and projects from the columns, and jobs by their ends.

use signature::Outcome;
use store::{JobKind, JobRank, JobRecord, KnownBy, NewDelivery, Settled};

use crate::sample::{NOON, SECOND, attempt, history};

const HOUR: i64 = 3_600 * SECOND;

fn came(outcome: Outcome, after: i64, project: i64) -> NewDelivery {
    let mut delivery = attempt(&format!("{project}-{after}"), outcome, 200, 0);
    delivery.received_ns = NOON + after;
    delivery.project = project;
    delivery
}

#[tokio::test]
async fn a_day_is_counted_hour_by_hour() {
    let (_folder, store) = history().await;
    assert_eq!(store.projects().ensure("eval", false, "eval").await.unwrap(), 2);
    let edges = vec![NOON, NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR];
    let nothing = store.search().day(None, edges.clone()).await.unwrap();
    assert_eq!((nothing.hours.len(), nothing.took_us, nothing.projects.len()), (3, None, 0));
    let all = [
        (Outcome::Verified, -1, 1), // the day before
        (Outcome::Verified, 0, 1),
        (Outcome::Rejected, HOUR - 1, 1),
        (Outcome::Verified, HOUR, 2),
        (Outcome::Unchecked, HOUR + 1, 2),
        (Outcome::Rejected, 2 * HOUR, 2),
        (Outcome::Rejected, 2 * HOUR + 1, 2),
        (Outcome::Verified, 3 * HOUR, 2), // the day after
    ];
    for (outcome, after, project) in all {
        store.insert(came(outcome, after, project)).await.unwrap();
    }
    let day = store.search().day(None, edges.clone()).await.unwrap();
    let hours: Vec<_> = day.hours.iter().map(|bin| (bin.verified, bin.rejected, bin.unchecked)).collect();
    assert_eq!(hours, [(1, 1, 0), (1, 0, 1), (0, 2, 0)]);
    let causes: Vec<_> = day.causes.iter().map(|one| (one.reason.as_str(), one.deliveries, one.last)).collect();
    assert_eq!(causes, [("no_matching_signature", 3, 7), ("no_secret", 1, 5)]);
    assert_eq!(day.causes[0].last_ns, NOON + 2 * HOUR + 1);
    let shares: Vec<_> =
        day.projects.iter().map(|one| (one.project, one.deliveries, one.rejected, one.rejected_in_a_row)).collect();
    assert_eq!(shares, [(2, 4, 2, 2), (1, 2, 1, 1)]);
    assert_eq!(day.imported, 0);

    let one = store.search().day(Some(1), edges.clone()).await.unwrap();
    assert_eq!(one.hours.iter().map(|bin| bin.verified + bin.rejected).collect::<Vec<_>>(), [2, 0, 0]);
    assert_eq!(store.search().day(Some(9), edges.clone()).await.unwrap().hours, nothing.hours);
    let (counts, oldest) = store.search().arrivals(Some(2), vec![edges, Vec::new()]).await.unwrap();
    assert_eq!((counts, oldest), (vec![vec![0, 2, 2], vec![]], Some(NOON + HOUR)));
    assert_eq!(store.search().arrivals(Some(9), Vec::new()).await.unwrap(), (Vec::new(), None));
}

fn job(name: &str, rank: JobRank, ended_ms: Option<i64>, settled: Settled) -> JobRecord {
    JobRecord {
        project: 1,
        name: name.to_owned(),
        kind: JobKind::Batch,
        rank,
        at_ms: ended_ms.unwrap_or(50),
        state: "JOB_STATE_SUCCEEDED".into(),
        title: None,
        model: None,
        created_ms: Some(1),
        ended_ms,
        expires_ms: None,
        known_by: KnownBy::Listed,
        first_ms: 1,
        dispatched_ms: None,
        asked_ms: None,
        next_ms: None,
        asks: 0,
        settled,
        aside: false,
        finding: None,
        about: "{}".into(),
    }
}

#[tokio::test]
async fn jobs_are_counted_by_their_ends_and_uptime_by_its_beginning() {
    let (_folder, store) = history().await;
    let jobs = [
        job("batches/early", JobRank::Ended, Some(9), Settled::Told),
        job("batches/told", JobRank::Ended, Some(10), Settled::Told),
        job("batches/missed", JobRank::Ended, Some(19), Settled::Missed),
        job("interactions/waits", JobRank::Waiting, Some(15), Settled::Open),
        job("batches/runs", JobRank::Running, None, Settled::Open),
        job("batches/late", JobRank::Ended, Some(20), Settled::Told),
    ];
    store.known_jobs().put(jobs.to_vec()).await.unwrap();
    let ended = store.known_jobs().ended(1, 10, 20).await.unwrap();
    let found: Vec<_> = ended.iter().map(|one| (one.ended_ms, one.settled)).collect();
    assert_eq!(found, [(19, Settled::Missed), (15, Settled::Open), (10, Settled::Told)]);
    assert_eq!(store.known_jobs().ended(2, 0, 100).await.unwrap(), []);

    assert_eq!(store.uptimes().first().await.unwrap(), None);
    store.uptimes().begin(200).await.unwrap();
    store.uptimes().begin(300).await.unwrap();
    assert_eq!(store.uptimes().first().await.unwrap(), Some(200));
}
