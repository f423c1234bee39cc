//! The palette: what was chosen is kept, and an id leads to what has it.

use engine::{BatchRequests, Code, KnownThing, NewJob, NewWork};
use signature::Outcome;

use crate::parts::Parts;
use crate::{SECRET, rig};

#[tokio::test]
async fn what_was_chosen_is_kept_the_last_first_and_not_without_end() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    for number in 0..60 {
        engine.palette().choose(&format!("project:{number}")).await.unwrap();
    }
    let used = engine.palette().choose("project:30").await.unwrap();
    assert_eq!(used, engine.palette().used().await.unwrap());
    for wrong in ["", &"x".repeat(1025)] {
        assert_eq!(engine.palette().choose(wrong).await.unwrap_err().code, Code::InvalidSetting);
    }
    engine.shutdown().await;

    let engine = parts.start(false).await;
    let used = engine.palette().used().await.unwrap();
    let entries: Vec<&str> = used.iter().map(|one| one.entry.as_str()).collect();
    assert_eq!((entries.len(), &entries[..3]), (50, ["project:30", "project:59", "project:58"].as_slice()));
    assert_eq!(entries.iter().filter(|entry| **entry == "project:30").count(), 1);
    engine.shutdown().await;
}

#[tokio::test]
async fn an_id_leads_to_what_has_it() {
    let rig = rig().await;
    let palette = rig.engine.palette();
    for _ in 0..2 {
        assert_eq!(rig.post("", SECRET, "msg_1").await, 200);
    }
    let row = palette.find(" msg_1\n").await.unwrap().delivery.unwrap();
    assert_eq!((row.message_id.as_deref(), row.attempts, row.attempt), (Some("msg_1"), 2, 2));
    for number in [format!("#{}", row.id - 1), (row.id - 1).to_string()] {
        assert_eq!(palette.find(&number).await.unwrap().delivery.unwrap().id, row.id - 1);
    }
    for unknown in ["", "msg_", "msg_2", "#999999", "batches/none", "two words"] {
        let found = palette.find(unknown).await.unwrap();
        assert!(found.delivery.is_none() && found.jobs.is_empty() && found.webhooks.is_empty(), "{unknown}: {found:?}");
    }

    let sandbox = rig.project(true);
    let board = rig.engine.webhooks().board(sandbox).await.unwrap();
    let webhook = board.webhooks.first().unwrap();
    let known = palette.webhooks();
    let named = known.iter().find(|one| one.project == sandbox && one.id == webhook.id).unwrap();
    assert_eq!((&named.uri, &named.state), (&webhook.uri, &webhook.state));
    assert_eq!(palette.find(&webhook.id).await.unwrap().webhooks, std::slice::from_ref(named));

    let lines = r#"{"key":"one","request":{"contents":[{"parts":[{"text":"Who was Castor?"}]}]}}"#;
    let requests = BatchRequests::Lines { text: lines.into() };
    let work = NewWork::Batch { title: "eval".into(), requests };
    let new = NewJob { work, model: "gemini-3-flash".into(), receivers: None, metadata: Vec::new() };
    let job = rig.engine.jobs().dispatch(sandbox, new).await.unwrap().job;
    let bare = job.name.rsplit('/').next().unwrap();
    for text in [job.name.as_str(), bare] {
        let jobs = palette.find(text).await.unwrap().jobs;
        assert_eq!(jobs.iter().map(|one| (one.project, &one.name)).collect::<Vec<_>>(), [(sandbox, &job.name)]);
    }
}

#[tokio::test]
async fn ids_of_a_payload_are_known_many_at_once() {
    let rig = rig().await;
    let palette = rig.engine.palette();
    let (sandbox, own) = (rig.project(true), rig.project(false));
    assert_eq!(rig.post("", SECRET, "msg_1").await, 200);
    let lines = r#"{"key":"one","request":{"contents":[{"parts":[{"text":"Who was Castor?"}]}]}}"#;
    let work = NewWork::Batch { title: "eval".into(), requests: BatchRequests::Lines { text: lines.into() } };
    let new = NewJob { work, model: "gemini-3-flash".into(), receivers: None, metadata: Vec::new() };
    let job = rig.engine.jobs().dispatch(sandbox, new).await.unwrap().job.name;
    let webhook = rig.engine.webhooks().board(sandbox).await.unwrap().webhooks[0].id.clone();

    let bare = job.rsplit('/').next().unwrap();
    let asked = [job.as_str(), bare, &webhook, "msg_1", "files/none", "", "msg_1"].map(str::to_owned).to_vec();
    let mut known = palette.known(sandbox, asked.clone()).await.unwrap();
    known.sort_by(|a, b| a.id.cmp(&b.id));
    let mut expected = vec![job.clone(), bare.to_owned(), webhook.clone()];
    expected.sort();
    assert_eq!(known.iter().map(|one| one.id.clone()).collect::<Vec<_>>(), expected);
    for one in &known {
        match &one.thing {
            KnownThing::Job { name, requests, .. } => assert_eq!((name, *requests), (&job, false)),
            KnownThing::Webhook { webhook: id, .. } => assert_eq!(*id, webhook),
            other => panic!("{other:?}"),
        }
    }

    let known = palette.known(own, asked).await.unwrap();
    assert_eq!(known.len(), 1, "what is another project's is not known to this one: {known:?}");
    assert!(matches!(&known[0].thing, KnownThing::Delivery { outcome: Outcome::Unchecked, .. }));
    assert_eq!(palette.known(9_999, Vec::new()).await.unwrap_err().code, Code::NotFound);
}
