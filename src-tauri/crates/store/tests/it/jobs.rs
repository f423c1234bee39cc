//! Jobs that are known, which deliveries tell of them, and what ran when.

use signature::Outcome;
use store::{JobKind, JobRank, JobRecord, JobsWanted, KnownBy, NewTold, Settled, WebhookSeen};

use crate::sample::{attempt, file, history};

fn job(name: &str, rank: JobRank, at_ms: i64) -> JobRecord {
    JobRecord {
        project: 1,
        name: name.to_owned(),
        kind: if name.starts_with("batches/") { JobKind::Batch } else { JobKind::Interaction },
        rank,
        at_ms,
        state: "JOB_STATE_RUNNING".into(),
        title: None,
        model: Some("gemini-2.5-flash".into()),
        created_ms: Some(1),
        ended_ms: (rank == JobRank::Ended).then_some(at_ms),
        expires_ms: None,
        known_by: KnownBy::Listed,
        first_ms: 1,
        dispatched_ms: None,
        asked_ms: None,
        next_ms: None,
        asks: 0,
        settled: Settled::Open,
        aside: false,
        finding: None,
        about: r#"{"metadata":{"team":"50%_off"}}"#.into(),
    }
}

/// The window and the command line each have the history open.
#[tokio::test(flavor = "multi_thread")]
async fn two_that_change_the_same_job_lose_nothing() {
    let (folder, first) = history().await;
    let second = store::Store::open(&file(&folder), store::Options::default()).unwrap();
    first.known_jobs().put(vec![job("batches/both", JobRank::Running, 1)]).await.unwrap();
    let count = async |store: &store::Store| {
        for _ in 0..50 {
            let more = |_: &str, known: Option<JobRecord>| known.map(|one| JobRecord { asks: one.asks + 1, ..one });
            store.known_jobs().change(1, vec!["batches/both".into()], more).await.unwrap();
        }
    };
    tokio::join!(count(&first), count(&second));
    assert_eq!(first.known_jobs().get(1, "batches/both").await.unwrap().unwrap().asks, 100);

    // One that nobody knows is left as it is, unless it is made.
    let names = || vec!["batches/both".to_owned(), "batches/gone".to_owned()];
    let written = first.known_jobs().change(1, names(), |_, known| known).await.unwrap();
    assert_eq!(written.len(), 1);
    let made = first.known_jobs().change(1, names(), |name, _| Some(job(name, JobRank::Ended, 2))).await.unwrap();
    assert_eq!(made.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), names());
    second.close().await;
}

#[tokio::test]
async fn the_list_is_in_order_and_finds_what_it_is_asked_for() {
    let (_folder, store) = history().await;
    let jobs = store.known_jobs();
    let all = [
        job("batches/old", JobRank::Ended, 10),
        job("batches/new", JobRank::Ended, 20),
        job("interactions/asks", JobRank::Waiting, 5),
        job("batches/runs", JobRank::Running, 7),
    ];
    jobs.put(all.to_vec()).await.unwrap();
    let names = |records: Vec<JobRecord>| records.into_iter().map(|one| one.name).collect::<Vec<_>>();
    let any = JobsWanted::default;
    let page = names(jobs.page(1, any(), 0, 10).await.unwrap());
    assert_eq!(page, ["interactions/asks", "batches/runs", "batches/new", "batches/old"]);
    assert_eq!(names(jobs.page(1, any(), 1, 2).await.unwrap()), page[1..3]);
    assert_eq!(jobs.page(2, any(), 0, 10).await.unwrap(), []);
    let text = |text: &str| JobsWanted { text: text.into(), ..any() };
    for (wanted, expected) in [
        (text("NEW"), vec!["batches/new"]),
        (text("50%_o"), page.iter().map(String::as_str).collect()),
        (text("50%%o"), vec![]),
        (JobsWanted { kind: Some(JobKind::Interaction), ..any() }, vec!["interactions/asks"]),
        (JobsWanted { missed: true, ..any() }, vec![]),
    ] {
        let counts = jobs.counts(1, wanted.clone()).await.unwrap();
        let found = names(jobs.page(1, wanted.clone(), 0, 10).await.unwrap());
        assert_eq!(found, expected, "{wanted:?}");
        assert_eq!((counts.known, counts.matched), (4, found.len() as u32), "{wanted:?}");
    }
    let missed = JobRecord { settled: Settled::Missed, finding: Some("{}".into()), ..all[0].clone() };
    jobs.put(vec![missed.clone()]).await.unwrap();
    assert_eq!(jobs.get(1, "batches/old").await.unwrap(), Some(missed.clone()));
    let counts = jobs.counts(1, JobsWanted { missed: true, ..any() }).await.unwrap();
    assert_eq!((counts.matched, counts.missed, counts.waiting, counts.running), (1, 1, 1, 0));
    assert_eq!(names(jobs.unsettled(1, 0, 20, true, 10).await.unwrap()), ["batches/old"]);
    assert_eq!(names(jobs.unsettled(1, 0, 20, false, 10).await.unwrap()), [""; 0], "it was looked at");
    assert_eq!(names(jobs.unsettled(2, 0, 20, true, 10).await.unwrap()), [""; 0], "of this project");
    assert_eq!(names(jobs.by_bare(1, vec!["runs".into(), "none".into()]).await.unwrap()), ["batches/runs"]);
    jobs.put(vec![JobRecord { next_ms: Some(50), ..all[3].clone() }]).await.unwrap();
    assert_eq!(names(jobs.due(1, 50, 10).await.unwrap()), ["batches/runs"]);
    assert_eq!(names(jobs.due(1, 49, 10).await.unwrap()), [""; 0]);
    assert_eq!(names(jobs.due(2, 50, 10).await.unwrap()), [""; 0], "another project has its own");
    let about = r#"{"requests":"/a/requests-1-x.jsonl"}"#;
    jobs.put(vec![JobRecord { project: 7, about: about.into(), ..all[3].clone() }]).await.unwrap();
    assert_eq!(jobs.request_files().await.unwrap(), ["/a/requests-1-x.jsonl"], "of every project");
    assert_eq!(jobs.trim(1, 1).await.unwrap(), 1, "only what ended goes, the oldest first");
    assert_eq!(jobs.get(1, "batches/old").await.unwrap(), None);
    assert!(jobs.remove(1, "batches/new").await.unwrap() && !jobs.remove(1, "batches/new").await.unwrap());
    store.close().await;
}

#[tokio::test]
async fn deliveries_tell_of_a_job_as_they_are_now_and_leave_with_the_history() {
    let (_folder, store) = history().await;
    let first = store.insert(attempt("msg_a", Outcome::Verified, 200, 0)).await.unwrap().id;
    let second = store.insert(attempt("msg_a", Outcome::Verified, 200, 0)).await.unwrap().id;
    let told = |delivery| NewTold { delivery, project: 1, job: "x".into(), event_type: "batch.succeeded".into() };
    store.told_of().note(vec![told(first), told(second), told(first), told(999)]).await.unwrap();
    let found = store.told_of().of(1, vec!["x".into(), "y".into()], 10).await.unwrap();
    assert_eq!(found.iter().map(|one| one.delivery).collect::<Vec<_>>(), [first, second], "none of what is not there");
    assert_eq!(found[0].message_id.as_deref(), Some("msg_a"));
    assert_eq!(found[0].forward, None);
    let newest = store.told_of().of(1, vec!["x".into()], 1).await.unwrap();
    assert_eq!(newest[0].delivery, second);
    let retried = store.retried(1, 10).await.unwrap();
    assert_eq!(retried.len(), 1);
    assert_eq!(retried[0].len(), 2);
    store.close().await;
}

#[tokio::test]
async fn what_a_webhook_was_is_known_for_each_moment() {
    let (_folder, store) = history().await;
    let hook = |state: &str| WebhookSeen {
        project: 1,
        webhook: "w".into(),
        at_ms: 0,
        seen_ms: 0,
        name: Some("nightly".into()),
        uri: "https://a.example/".into(),
        events: vec!["batch.succeeded".into(), "batch.failed".into()],
        state: state.into(),
    };
    let states = store.webhook_states();
    for (now, listed) in
        [(10, vec![hook("enabled")]), (20, vec![hook("enabled")]), (30, vec![hook("disabled")]), (40, vec![])]
    {
        states.listed(1, now, listed).await.unwrap();
    }
    let seen =
        |rows: Vec<WebhookSeen>| rows.into_iter().map(|one| (one.at_ms, one.seen_ms, one.state)).collect::<Vec<_>>();
    let all = [(10, 20, "enabled"), (30, 30, "disabled"), (40, 40, "gone")].map(|(a, b, c)| (a, b, c.to_owned()));
    assert_eq!(seen(states.since(1, 0).await.unwrap()), all);
    assert_eq!(seen(states.since(1, 35).await.unwrap()), all[1..], "what held then is among them");
    assert_eq!(states.since(1, 0).await.unwrap()[0].events, hook("").events);
    assert_eq!(states.since(2, 0).await.unwrap(), []);
    assert_eq!((states.first_read(1).await.unwrap(), states.first_read(2).await.unwrap()), (Some(10), None));
    states.listed(1, 50, vec![]).await.unwrap();
    assert_eq!(states.since(1, 0).await.unwrap().len(), 3, "what is gone is not gone again");
    store.close().await;
}

#[tokio::test]
async fn uptime_is_known_to_the_last_sign_of_life() {
    let (_folder, store) = history().await;
    let up = store.uptimes();
    let first = up.begin(100).await.unwrap();
    up.seen(first, 150, false).await.unwrap();
    up.seen(first, 140, false).await.unwrap();
    let second = up.begin(200).await.unwrap();
    up.seen(second, 260, true).await.unwrap();
    let between = |from, to| async move {
        let found = up.between(from, to).await.unwrap();
        found.into_iter().map(|one| (one.from_ms, one.seen_ms, one.ended)).collect::<Vec<_>>()
    };
    assert_eq!(between(0, 1000).await, [(100, 150, false), (200, 260, true)]);
    assert_eq!(between(151, 200).await, []);
    assert_eq!(between(150, 201).await, [(100, 150, false), (200, 260, true)]);
    store.close().await;
}
