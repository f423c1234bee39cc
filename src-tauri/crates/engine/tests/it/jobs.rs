//! Jobs from their dispatch to what came of them, against the Sandbox and another emulator, over HTTP.

use emulator::{Service, ServiceOptions};
use engine::{
    BatchRequests, CallAnswer, Code, EvidenceMark, JobDetail, JobFilter, JobKind, JobMetadata, JobPhase, JobView,
    MissedCause, NewJob, NewWork, ResultKind, ResultRowState, ResultSave, ResultSource, ResultState, RowFilter,
    Settings, TargetDraft, WebhookEdit,
};
use serde_json::{Value, json};
use signature::{Outcome, Scheme};

use crate::parts::soon;
use crate::receiver::Receiver;
use crate::{Rig, post_text, rig};

const LINES: &str = r#"{"key":"good","request":{"contents":[{"parts":[{"text":"Who was Castor?"}]}]}}
{"key":"bad#error-429","request":{"contents":[{"parts":[{"text":"Who was Pollux?"}]}]}}
{"key":"gone#missing","request":{"contents":[{"parts":[{"text":"Who was Leda?"}]}]}}
{"key":"cut#cut","request":{"contents":[{"parts":[{"text":"Who was Zeus?"}]}]}}
{"key":"two#doubled","request":{"contents":[{"parts":[{"text":"Who was Helen?"}]}]}}"#;

fn batch(lines: &str) -> NewJob {
    NewJob {
        work: NewWork::Batch { title: "eval".into(), requests: BatchRequests::Lines { text: lines.into() } },
        model: "gemini-3-flash".into(),
        receivers: None,
        metadata: Vec::new(),
    }
}

fn pair(key: &str, value: &str) -> JobMetadata {
    JobMetadata { key: key.into(), value: value.into() }
}

/// Jobs that are over at once.
async fn quick(rig: &Rig) {
    let times = json!({ "pending_ms": 0, "batch_ms": 20, "interaction_ms": 20, "video_ms": 20 });
    rig.engine.sandbox().set_settings(json!({ "jobs": times })).await.unwrap();
}

impl Rig {
    async fn dispatch(&self, project: i64, job: NewJob) -> JobDetail {
        self.engine.jobs().dispatch(project, job).await.unwrap()
    }

    async fn job(&self, project: i64, name: &str) -> JobDetail {
        self.engine.jobs().get(project, name, true).await.unwrap()
    }

    async fn ended(&self, project: i64, name: &str) -> JobDetail {
        soon("the job ends", async || self.job(project, name).await.job.phase != JobPhase::Running).await;
        self.job(project, name).await
    }

    /// The jobs are watched from now on, and nothing is waited for.
    async fn watched(&self) {
        let settings = Settings { grace_minutes: 0, ..self.engine.settings().get() };
        self.engine.settings().set(settings).await.unwrap();
        self.engine.attach(Box::new(|_| true));
    }

    async fn listed(&self, project: i64, name: &str) -> JobView {
        let page = self.engine.jobs().page(project, JobFilter::default(), 0, 200).await.unwrap();
        page.jobs.into_iter().find(|job| job.name == name).expect("it is listed")
    }

    async fn cause(&self, project: i64, name: &str) -> MissedCause {
        soon("it is found", async || self.listed(project, name).await.finding.is_some()).await;
        let finding = self.engine.jobs().finding(project, name).await.unwrap().expect("a finding");
        let explains = finding.evidence.iter().filter(|one| one.mark == EvidenceMark::Explains).count();
        assert_eq!(explains, usize::from(finding.brief.cause != MissedCause::Unexplained), "{finding:?}");
        assert_eq!(finding.brief.cause, self.listed(project, name).await.finding.unwrap().cause);
        finding.brief.cause
    }
}

/// Another emulator, and a project for it.
async fn service(rig: &Rig, settings: Value) -> (Service, i64) {
    let options = ServiceOptions { api_key: Some("key-of-a-stand-in".into()), ..ServiceOptions::default() };
    let service = Service::start(options).await.unwrap();
    let project = rig.project_at(&service.origin()).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let times = json!({ "jobs": { "pending_ms": 0, "batch_ms": 20, "interaction_ms": 20, "video_ms": 20 } });
    for patch in [times, settings] {
        let url = format!("{}/emulator/settings", service.origin());
        assert_eq!(client.patch(url).json(&patch).send().await.unwrap().status(), 200);
    }
    (service, project)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_receivers_of_its_own_is_told_opened_and_sent_again() {
    let rig = rig().await;
    quick(&rig).await;
    let sandbox = rig.sandbox();
    let receiver = format!("{}sandbox", rig.address);
    let job = NewJob { receivers: Some(vec![receiver]), metadata: vec![pair("group", "nightly")], ..batch(LINES) };
    let sent = rig.dispatch(sandbox, job).await;
    let name = sent.job.name.clone();
    assert!(sent.job.dispatched_ms.is_some() && sent.job.receivers.clone().unwrap().ours, "{sent:?}");
    assert_eq!(sent.job.metadata, [pair("group", "nightly")]);
    let ended = rig.ended(sandbox, &name).await;
    assert_eq!((ended.job.phase, ended.job.kind), (JobPhase::Succeeded, JobKind::Batch), "{ended:?}");
    soon("it is told", async || rig.listed(sandbox, &name).await.told.is_some()).await;
    let told = rig.listed(sandbox, &name).await.told.unwrap();
    assert_eq!((told.scheme, told.outcome, told.status), (Some(Scheme::V1a), Outcome::Verified, 200));
    assert_eq!(told.contradiction, None);

    let results = rig.engine.results();
    let opened = results.open(ResultSource::Job { project: sandbox, name: name.clone() }).await.unwrap();
    let ready = results.ended(opened.id).await.unwrap();
    assert_eq!(
        (ready.state, ready.kind, ready.has_requests),
        (ResultState::Ready, ResultKind::Rows, true),
        "{ready:?}"
    );
    let summary = ready.summary.clone().unwrap();
    assert_eq!((summary.asked, summary.good, summary.failed, summary.missing), (Some(5), 2, 2, Some(1)), "{summary:?}");
    assert_eq!((summary.doubled, summary.repeats, summary.answered), (1, 1, 5));
    let all = results.rows(opened.id, RowFilter::All, "", 0, 200).await.unwrap();
    assert_eq!((all.matched, all.exact), (6, true), "five lines, and the missing one");
    let states: Vec<ResultRowState> = all.rows.iter().map(|row| row.state).collect();
    assert_eq!(states.last(), Some(&ResultRowState::Missing));
    let failed = results.rows(opened.id, RowFilter::Failed, "", 0, 200).await.unwrap();
    assert_eq!(
        failed.rows.iter().filter_map(|row| row.key.as_deref()).collect::<Vec<_>>(),
        ["bad#error-429", "cut#cut"]
    );
    soon("the search ends", async || results.rows(opened.id, RowFilter::All, "castor", 0, 9).await.unwrap().exact)
        .await;
    for filter in [RowFilter::Failed, RowFilter::Doubled] {
        let alone = results.rows(opened.id, filter, "", 0, 200).await.unwrap();
        soon("the search ends", async || results.rows(opened.id, filter, "key", 0, 200).await.unwrap().exact).await;
        let searched = results.rows(opened.id, filter, "key", 0, 200).await.unwrap();
        assert_eq!(searched.rows, alone.rows, "every line has the word: {filter:?}");
    }
    soon("the search ends", async || results.rows(opened.id, RowFilter::All, "castor", 0, 9).await.unwrap().exact)
        .await;
    let found = results.rows(opened.id, RowFilter::All, "castor", 0, 9).await.unwrap();
    assert_eq!(found.rows.iter().filter_map(|row| row.key.as_deref()).collect::<Vec<_>>(), ["good"]);
    assert!(results.row(opened.id, 0).await.unwrap().contains("\"good\""));
    assert!(results.row(opened.id, 5).await.unwrap().contains("Who was Leda?"), "a missing row is its request");
    assert_eq!(results.next_failed(opened.id, 0, false).unwrap(), Some(1));
    assert_eq!(rig.job(sandbox, &name).await.job.unusable, Some(3));

    let path = rig.folder.path().join("again.jsonl");
    let saved = results.save(opened.id, ResultSave::Failed, path.clone()).await.unwrap();
    assert_eq!((saved.lines, saved.requests, saved.unknown), (3, true, 0));
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.lines().all(|line| LINES.contains(line)), "byte for byte");
    let preview = results.resubmit_preview(opened.id).await.unwrap();
    assert_eq!((preview.requests, preview.problems.len()), (3, 0));
    let again = results.resubmit(opened.id, "eval again".into(), None, Vec::new()).await.unwrap();
    assert_eq!((again.job.title.as_deref(), again.job.model), (Some("eval again"), sent.job.model));
    results.close(opened.id).unwrap();
    assert_eq!(results.view(opened.id).unwrap_err().code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_is_answered_and_followed_to_its_end() {
    let rig = rig().await;
    quick(&rig).await;
    let sandbox = rig.sandbox();
    let tools = json!([{
        "type": "function", "name": "issue_refund", "description": "Pays back.",
        "parameters": { "type": "object", "properties": { "amount": { "type": "number" } }, "required": ["amount"] },
    }]);
    let work = NewWork::Interaction { input: "Refund order 7731".into(), agent: false, tools: Some(tools.to_string()) };
    let job = NewJob { work, model: "gemini-3.5-flash".into(), receivers: None, metadata: Vec::new() };
    let sent = rig.dispatch(sandbox, job).await;
    let waits = rig.ended(sandbox, &sent.job.name).await;
    assert_eq!((waits.job.phase, waits.job.note.as_deref()), (JobPhase::Waiting, Some("issue_refund")));
    let pending = waits.interaction.unwrap().pending;
    assert_eq!(pending.len(), 1);
    let call = &pending[0];
    assert!(serde_json::from_str::<Value>(&call.arguments).unwrap()["amount"].is_number(), "{call:?}");
    let answer = |id: &str, result: &str| CallAnswer { id: id.into(), result: result.into(), is_error: false };
    for (answers, expected) in [
        (vec![], "has no answer yet"),
        (vec![answer("another", "{}")], "has no answer yet"),
        (vec![answer(&call.id, "{")], "is not JSON"),
    ] {
        let error = rig.engine.jobs().answer(sandbox, &sent.job.name, answers).await.unwrap_err();
        assert!(error.code == Code::InvalidJob && error.message.contains(expected), "{error}");
    }
    let good = vec![answer(&call.id, r#"{"status":"approved"}"#)];
    let next = rig.engine.jobs().answer(sandbox, &sent.job.name, good).await.unwrap();
    let done = rig.ended(sandbox, &next.job.name).await;
    assert_eq!(done.job.phase, JobPhase::Succeeded);
    let first = rig.job(sandbox, &sent.job.name).await;
    assert_eq!(first.interaction.unwrap().next, std::slice::from_ref(&next.job.name));
    soon("both are told", async || rig.listed(sandbox, &next.job.name).await.told.is_some()).await;
    assert_eq!(rig.listed(sandbox, &sent.job.name).await.told.unwrap().event_type, "interaction.requires_action");
    assert_eq!(rig.listed(sandbox, &next.job.name).await.told.unwrap().event_type, "interaction.completed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_and_never_called_is_found_with_its_cause() {
    let rig = rig().await;
    let (service, project) = service(&rig, json!({})).await;
    let path = rig.engine.projects().list().into_iter().find(|one| one.id == project).unwrap().path;
    let ours = format!("{}{path}", rig.address);
    rig.watched().await;
    let never =
        NewJob { receivers: Some(vec![ours.clone()]), metadata: vec![pair("emulator_call", "never")], ..batch(LINES) };
    let never = rig.dispatch(project, never).await.job.name;
    assert_eq!(rig.cause(project, &never).await, MissedCause::Unexplained);
    let elsewhere = NewJob { receivers: Some(vec!["http://127.0.0.1:9/x".into()]), ..batch(LINES) };
    let elsewhere = rig.dispatch(project, elsewhere).await.job.name;
    assert_eq!(rig.cause(project, &elsewhere).await, MissedCause::PointsElsewhere);

    // Nobody asked to be told.
    rig.engine.webhooks().refresh(project).await.unwrap();
    let quiet = rig.dispatch(project, batch(LINES)).await.job.name;
    rig.ended(project, &quiet).await;

    let created = rig.engine.webhooks().create(project, crate::managed::draft("nightly", &ours), false).await.unwrap();
    let engine::WebhookCreation::Created { webhook, .. } = created else { panic!("created") };
    let edit = |events: Option<Vec<String>>, state: Option<&str>| WebhookEdit {
        name: None,
        uri: None,
        events,
        state: state.map(str::to_owned),
    };
    let update = async |edit| {
        rig.engine.webhooks().update(project, &webhook.id, edit).await.unwrap();
        rig.engine.webhooks().refresh(project).await.unwrap();
    };
    update(edit(Some(vec!["video.generated".into()]), None)).await;
    let unsubscribed = rig.dispatch(project, batch(LINES)).await.job.name;
    assert_eq!(rig.cause(project, &unsubscribed).await, MissedCause::NotSubscribed);
    update(edit(Some(vec!["batch.succeeded".into()]), Some("disabled"))).await;
    let disabled = rig.dispatch(project, batch(LINES)).await.job.name;
    assert_eq!(rig.cause(project, &disabled).await, MissedCause::WebhookDisabled);
    update(edit(None, Some("enabled"))).await;
    let told = rig.dispatch(project, batch(LINES)).await.job.name;
    rig.ended(project, &told).await;
    soon("it is told", async || rig.listed(project, &told).await.told.is_some()).await;
    let told = rig.listed(project, &told).await;
    assert_eq!((told.finding, told.untold), (None, false));
    let quiet = rig.listed(project, &quiet).await;
    assert_eq!((quiet.finding, quiet.untold), (None, true), "no webhook was there");

    // An alarm, until it is set aside; and a report without a secret.
    let missed = || async { rig.engine.jobs().page(project, JobFilter::default(), 0, 1).await.unwrap().missed };
    let before = missed().await;
    rig.engine.jobs().set_aside(project, &never, true).await.unwrap();
    assert_eq!(missed().await, before - 1);
    let report = rig.engine.jobs().finding_report(project, &never).await.unwrap();
    assert!(report.contains(&never) && report.contains("batch.succeeded") && !report.contains("key-of-a-stand-in"));
    let origin = rig.address.trim_end_matches('/');
    assert!(report.contains(&format!("{origin}/…")), "an address without its path: {report}");
    assert!(!report.contains(&format!("{}sandbox", rig.address)) && report.contains(" UTC"), "{report}");

    // In place of the event that never came.
    let handler = Receiver::start().await;
    let target = TargetDraft { url: handler.url(), ..TargetDraft::default() };
    let target = rig.engine.targets().save(target).await.unwrap();
    let made = engine::MadeEvent { target: target.id, secret: None };
    let sent = rig.engine.jobs().make_event(project, &never, made).await.unwrap();
    let outbound = rig.engine.outbounds().get(sent).await.unwrap();
    assert!(outbound.request_headers.iter().any(|line| line.name == "pollux-made-here"), "{outbound:?}");
    let newest = rig.newest().await;
    assert_eq!(newest.verdict.reason, "made_here");
    assert!(newest.row.message_id.unwrap().starts_with("msg_made_here_"));
    rig.engine.jobs().catch_up().await.unwrap();
    assert_eq!(rig.listed(project, &never).await.told, None, "what was made here was not heard");
    assert_eq!(rig.cause(project, &never).await, MissedCause::Unexplained);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_another_key_is_asked_for_with_it_only_when_the_user_says_so() {
    let rig = rig().await;
    let (service, first) = service(&rig, json!({})).await;
    let name = rig.dispatch(first, batch(LINES)).await.job.name;
    rig.ended(first, &name).await;
    let sandbox = rig.sandbox();
    let opened = rig.engine.jobs().open(sandbox, &name).await.unwrap();
    assert_eq!(opened.job.phase, JobPhase::NotFound);
    assert!(opened.problem.unwrap().message.contains("perhaps made with another key"));
    assert_eq!(opened.other_keys, [], "another service is not asked");
    let open = rig.engine.jobs().open(first, "not a job!").await.unwrap_err();
    assert_eq!(open.code, Code::InvalidJob);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_contradicts_the_service_is_told_so() {
    let rig = rig().await;
    quick(&rig).await;
    let sandbox = rig.sandbox();
    let receiver = format!("{}sandbox", rig.address);
    let wrong = NewJob {
        receivers: Some(vec![receiver]),
        metadata: vec![pair("emulator_call", "wrong_state")],
        ..batch(LINES)
    };
    let name = rig.dispatch(sandbox, wrong).await.job.name;
    rig.ended(sandbox, &name).await;
    soon("it is told", async || rig.listed(sandbox, &name).await.told.is_some()).await;
    let told = rig.listed(sandbox, &name).await.told.unwrap();
    assert_eq!(told.event_type, "batch.failed");
    let expected = "The event says that the job failed, but the service says that it succeeded.";
    assert_eq!(told.contradiction.as_deref(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pointer_of_an_unverified_delivery_is_opened_only_when_confirmed() {
    let rig = rig().await;
    let body = r#"{"type":"batch.succeeded","data":{"id":"batches/b","output_file_uri":"files/abc"}}"#;
    let other = "whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldA==";
    post_text(&format!("{}sandbox", rig.address), other, "msg_forged", body).await;
    let delivery = rig.newest().await.row.id;
    let source = |confirmed| ResultSource::Pointer { delivery, path: "data.output_file_uri".into(), confirmed };
    let results = rig.engine.results();
    assert_eq!(results.open(source(false)).await.unwrap_err().code, Code::NotVerified);
    let opened = results.open(source(true)).await.unwrap();
    let failed = results.ended(opened.id).await.unwrap();
    assert_eq!((failed.state, failed.error.unwrap().code), (ResultState::Failed, Code::ResultGone));
    let missing = ResultSource::Pointer { delivery, path: "data.other".into(), confirmed: true };
    assert_eq!(results.open(missing).await.unwrap_err().code, Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_output_is_stopped_and_goes_on_where_it_was() {
    let rig = rig().await;
    quick(&rig).await;
    let sandbox = rig.sandbox();
    let filler = NewJob {
        receivers: Some(vec![format!("{}sandbox", rig.address)]),
        metadata: vec![pair("emulator_rows", "filler=200000")],
        ..batch(LINES)
    };
    let name = rig.dispatch(sandbox, filler).await.job.name;
    rig.ended(sandbox, &name).await;
    let results = rig.engine.results();
    let opened = results.open(ResultSource::Job { project: sandbox, name }).await.unwrap();
    soon("some of it is here", async || results.view(opened.id).unwrap().bytes > 1_000_000).await;
    let stopped = results.stop(opened.id).await.unwrap();
    if stopped.state == ResultState::Stopped {
        assert!(stopped.bytes < stopped.total.unwrap(), "{stopped:?}");
        results.go_on(opened.id).unwrap();
    }
    soon("it is all here", async || results.view(opened.id).unwrap().state == ResultState::Ready).await;
    let ready = results.view(opened.id).unwrap();
    assert_eq!(Some(ready.bytes), ready.total);
    let summary = ready.summary.unwrap();
    assert_eq!(summary.answered, 200_005, "{summary:?}");
    let rows = results.rows(opened.id, RowFilter::All, "", 150_000, 50).await.unwrap();
    assert_eq!((rows.rows.len(), rows.rows[0].number), (50, 150_000));

    // A file on this machine that was read in part is read again from its beginning.
    let path = rig.folder.path().join("rows.jsonl");
    results.save(opened.id, ResultSave::All, path.clone()).await.unwrap();
    let local = results.open(ResultSource::File { path: path.display().to_string() }).await.unwrap();
    soon("some of it is read", async || results.view(local.id).unwrap().bytes > 0).await;
    if results.stop(local.id).await.unwrap().state == ResultState::Stopped {
        results.go_on(local.id).unwrap();
    }
    let local = results.ended(local.id).await.unwrap();
    let summary = local.summary.unwrap();
    assert_eq!((summary.answered, summary.repeats, local.bytes), (200_005, 1, ready.bytes), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_pages_through_the_service_without_reading_all_of_it() {
    let rig = rig().await;
    let (service, project) = service(&rig, json!({})).await;
    let client =
        gemini::client::Client::new(&service.origin(), gemini::client::ApiVersion::V1, "key-of-a-stand-in").unwrap();
    let input =
        gemini::client::BatchInput::Inline(vec![("a".into(), json!({ "contents": [{ "parts": [{ "text": "x" }] }] }))]);
    for number in 0..250 {
        let new =
            gemini::client::NewBatch { display_name: format!("b{number}"), input: input.clone(), webhook_config: None };
        client.batch_create("gemini-3-flash", &new).await.unwrap();
    }
    let jobs = rig.engine.jobs();
    jobs.refresh(project).await.unwrap();
    let page = jobs.page(project, JobFilter::default(), 0, 200).await.unwrap();
    assert_eq!((page.known, page.listed.more), (100, true));
    jobs.more(project).await.unwrap();
    jobs.more(project).await.unwrap();
    jobs.more(project).await.unwrap();
    let filter = JobFilter { text: "b249".into(), kind: Some(JobKind::Batch), missed: false };
    let page = jobs.page(project, filter, 0, 10).await.unwrap();
    assert_eq!((page.known, page.matched, page.listed.more), (250, 1, false));

    // A quota is a pause, and not an error that is tried again at once.
    let url = format!("{}/emulator/settings", service.origin());
    let quota = json!({ "faults": { "too_many_requests": 1.0 } });
    reqwest::Client::builder().no_proxy().build().unwrap().patch(url).json(&quota).send().await.unwrap();
    assert_eq!(jobs.refresh(project).await.unwrap_err().code, Code::ServiceRateLimited);
    let paused = jobs.page(project, JobFilter::default(), 0, 1).await.unwrap().listed.paused_until_ms;
    assert!(paused.is_some());
    let again = jobs.refresh(project).await.unwrap_err();
    assert!(again.message.contains("before it asks again"), "{again}");
    service.stop().await;
}
