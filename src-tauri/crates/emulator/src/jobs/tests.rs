//! Jobs on a clock that stands still and is moved by the test.

#![allow(clippy::unwrap_used, clippy::panic)]

use samples::VideoFields;
use serde_json::{Value, json};

use super::*;
use crate::settings::PayloadForm;
use crate::{Service, ServiceOptions, Settings};

const ORIGIN: &str = "http://127.0.0.1:1";
/// All jobs of these tests were requested at this moment.
const T0: Millis = 1_769_083_200_000;

async fn service() -> Service {
    Service::start(ServiceOptions { warp: 0.0, seed: Some(1), ..ServiceOptions::default() }).await.unwrap()
}

fn order(kind: JobKind, outcome: Outcome) -> Order {
    let (id, request, output) = match kind {
        JobKind::Batch => {
            let requests = json!({ "requests": [{ "request": { "contents": [{ "parts": [{ "text": "hi" }] }] } }] });
            ("batches/abc123", json!({ "batch": { "inputConfig": { "requests": requests } } }), None)
        }
        JobKind::Interaction => ("interactions/v1_abcdefghij", json!({ "input": "hi", "background": true }), None),
        JobKind::Video => {
            ("models/veo/operations/op1", json!({}), Some(video::planned(&["file1".to_owned(), "file2".to_owned()])))
        }
    };
    Order {
        id: id.to_owned(),
        kind,
        model: "models/m".to_owned(),
        display_name: None,
        wishes: Wishes { outcome, ..Wishes::default() },
        owner: None,
        webhook_config: None,
        request,
        output,
    }
}

/// Does what is due for the job until `until`, and returns the job as it is then.
fn run(shared: &Shared, id: &str, until: Millis) -> Job {
    shared.with(|world| {
        while let Some(due) = world.jobs.get(id).and_then(|job| job.next_ms).filter(|due| *due <= until) {
            advance(shared, world, id, due);
        }
        world.jobs.get(id).unwrap().clone()
    })
}

#[tokio::test]
async fn every_kind_ends_in_every_way_at_the_planned_moment() {
    use JobKind::{Batch, Interaction, Video};
    use JobState::{Cancelled, Expired, Failed, RequiresAction, Succeeded};
    let times = JobTimes::default();
    let expiry = times.batch_expiry_ms;
    let after = |running| times.pending_ms + running;
    let table = [
        (Batch, Outcome::Succeed, Succeeded, after(times.batch_ms), Some("batch.succeeded"), None),
        (Batch, Outcome::Fail, Failed, after(times.batch_ms), Some("batch.failed"), Some("INTERNAL")),
        (Batch, Outcome::Expire, Expired, expiry, Some("batch.expired"), Some("DEADLINE_EXCEEDED")),
        (Batch, Outcome::Cancel, Cancelled, after(times.batch_ms), Some("batch.cancelled"), Some("CANCELLED")),
        (Interaction, Outcome::Succeed, Succeeded, after(times.interaction_ms), Some("interaction.completed"), None),
        (Interaction, Outcome::Fail, Failed, after(times.interaction_ms), Some("interaction.failed"), Some("INTERNAL")),
        (
            Interaction,
            Outcome::Cancel,
            Cancelled,
            after(times.interaction_ms),
            Some("interaction.cancelled"),
            Some("CANCELLED"),
        ),
        (
            Interaction,
            Outcome::RequireAction,
            RequiresAction,
            after(times.interaction_ms),
            Some("interaction.requires_action"),
            None,
        ),
        (Video, Outcome::Succeed, Succeeded, after(times.video_ms), Some("video.generated"), None),
        (Video, Outcome::Fail, Failed, after(times.video_ms), None, Some("INTERNAL")),
    ];
    let service = service().await;
    let shared = service.shared();
    for (kind, outcome, state, took, event, error) in table {
        let order = order(kind, outcome);
        let id = order.id.clone();
        shared.with(|world| submit(world, order, T0));
        let pending = run(shared, &id, T0 + times.pending_ms - 1);
        assert_eq!((pending.state, progress(&pending, T0), event_type(&pending)), (JobState::Pending, 0.0, None));
        let running = run(shared, &id, T0 + took - 1);
        assert_eq!((running.state, event_type(&running)), (JobState::Running, None), "{kind:?} {outcome:?}");
        let middle = T0 + (times.pending_ms + took) / 2;
        assert!((progress(&running, middle) - 0.5).abs() < 0.01, "{kind:?} {outcome:?}");
        // The agenda is an hour late; the job's times are not.
        let job = run(shared, &id, T0 + took + 3_600_000);
        assert_eq!((job.state, event_type(&job)), (state, event), "{kind:?} {outcome:?}");
        let moments = (job.created_ms, job.started_ms, job.ended_ms, job.updated_ms, job.next_ms);
        assert_eq!(
            moments,
            (T0, Some(T0 + times.pending_ms), Some(T0 + took), T0 + took, None),
            "{kind:?} {outcome:?}"
        );
        assert_eq!(job.error.as_ref().map(|error| error.status.as_str()), error, "{kind:?} {outcome:?}");
        assert_eq!((progress(&job, T0 + took), ended(&job)), (1.0, true));
        shared.with(|world| {
            assert!(!finish(shared, world, &id, Outcome::Succeed, T0 + took + 1), "it has ended");
            world.jobs.remove(&id);
        });
    }
}

#[tokio::test]
async fn a_job_ends_once_and_only_as_its_kind_can() {
    let service = service().await;
    let shared = service.shared();
    for kind in [JobKind::Batch, JobKind::Interaction, JobKind::Video] {
        let order = order(kind, Outcome::Never);
        let id = order.id.clone();
        let first = shared.with(|world| submit(world, order, T0)).next_ms.unwrap();
        let job = run(shared, &id, T0 + 1_000_000_000_000);
        assert_eq!((job.state, job.next_ms, progress(&job, i64::MAX)), (JobState::Running, None, 0.0));
        shared.with(|world| {
            for outcome in [Outcome::Never, Outcome::Expire, Outcome::RequireAction, Outcome::Cancel]
                .iter()
                .filter(|outcome| **outcome == Outcome::Never || !outcomes(kind).contains(outcome))
            {
                assert!(!finish(shared, world, &id, *outcome, T0 + 9), "{kind:?} {outcome:?}");
            }
            assert!(finish(shared, world, &id, Outcome::Fail, T0 + 9));
            assert!(!finish(shared, world, "batches/none", Outcome::Fail, T0));
            // An earlier plan no longer applies to the job.
            advance(shared, world, &id, first);
            let job = world.jobs.get(&id).unwrap();
            assert_eq!((job.state, job.ended_ms, job.started_ms), (JobState::Failed, Some(T0 + 9), Some(first)));
        });
    }
    // Finished while it still waits: nothing of the plan happens.
    let mut order = order(JobKind::Video, Outcome::Fail);
    order.id.push('2');
    let id = order.id.clone();
    shared.with(|world| {
        submit(world, order, T0);
        assert!(finish(shared, world, &id, Outcome::Succeed, T0 + 1));
        for (due, one) in world.take_due(i64::MAX, 10) {
            if let Due::Job(one) = one {
                advance(shared, world, &one, due);
            }
        }
        let job = world.jobs.get(&id).unwrap();
        assert_eq!((job.state, job.started_ms, job.ended_ms), (JobState::Succeeded, Some(T0 + 1), Some(T0 + 1)));
        assert_eq!(job.output_file.as_deref(), Some("file1"));
        let file = world.files.get("file2").unwrap();
        assert_eq!((file.mime_type.as_str(), file.generated, file.created_ms), ("video/mp4", true, T0 + 1));
        assert_eq!(file.expires_ms, T0 + 1 + world.settings.file_lifetime_ms);
        assert_eq!(&file.bytes[4..8], b"ftyp");
    });
}

/// A finished batch of the requests in a file; the file expires at `expires_ms`.
async fn batch_of_file(service: &Service, method: &str, lines: &[u8], expires_ms: Millis) -> (Job, Option<String>) {
    let shared = service.shared();
    let request = json!({ "method": method, "batch": { "input_config": { "file_name": "files/in" } } });
    let order = Order { request, ..order(JobKind::Batch, Outcome::Succeed) };
    shared.with(|world| {
        for file in ["in", "batch-abc123"] {
            world.files.remove(file);
        }
        world.jobs.remove(&order.id);
        world.files.insert(StoredFile {
            id: "in".to_owned(),
            display_name: None,
            mime_type: "application/jsonl".to_owned(),
            created_ms: T0,
            expires_ms,
            generated: false,
            bytes: bytes::Bytes::copy_from_slice(lines),
            filler: 0,
            owner: None,
        });
        submit(world, order, T0);
    });
    let job = run(shared, "batches/abc123", i64::MAX);
    let output = shared.with(|world| {
        let file = world.files.get(job.output_file.as_deref()?)?;
        Some(String::from_utf8(file.bytes.to_vec()).unwrap())
    });
    (job, output)
}

#[tokio::test]
async fn a_file_of_requests_gives_a_file_of_answers_in_its_order() {
    let service = service().await;
    let lines = concat!(
        r#"{"key":"a","request":{"contents":[{"parts":[{"text":"one"}]}]}}"#,
        "\r\n",
        "\n   \n",
        "not json\n",
        r#"{"key":7}"#,
        "\n",
        r#"{"request":{"contents":[]}}"#,
        "\n",
        "{\"key\":\"u\u{fffd}\",\"request\":{\"contents\":{\"parts\":[{\"text\":\"last\"}]}}}",
    );
    let mut bytes = lines.as_bytes().to_vec();
    bytes.extend_from_slice(b"\n{\"key\":\"\xff\"}");
    let (job, output) = batch_of_file(&service, "batchGenerateContent", &bytes, i64::MAX).await;
    assert_eq!(job.output_file.as_deref(), Some("batch-abc123"));
    assert_eq!(job.output.unwrap(), json!({ "requests": 6, "failed": 4 }));
    let output = output.unwrap();
    assert!(output.ends_with("}\n"));
    let answers: Vec<Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |index: usize| answers[index]["response"]["candidates"][0]["content"]["parts"][0]["text"].clone();
    assert_eq!((&answers[0]["key"], text(0)), (&json!("a"), json!("Echo: one")));
    assert_eq!((&answers[4]["key"], text(4)), (&json!("u\u{fffd}"), json!("Echo: last")));
    for (index, says) in
        [(1, "Line 4 is not valid JSON"), (2, "Line 5 has no 'request'"), (3, "contents"), (5, "Line 8")]
    {
        let error = &answers[index]["error"];
        assert_eq!(error["code"], 3);
        assert!(error["message"].as_str().unwrap().contains(says), "{error}");
        assert!(answers[index].get("response").is_none());
    }
    assert_eq!(answers[2]["key"], 7);
    assert_eq!(answers.len(), 6);

    let line = br#"{"key":"e","request":{"content":{"parts":[{"text":"words"}]},"output_dimensionality":3}}"#;
    let (_, output) = batch_of_file(&service, "asyncBatchEmbedContent", line, i64::MAX).await;
    let answer: Value = serde_json::from_str(output.unwrap().trim()).unwrap();
    assert_eq!(answer["response"]["embedding"]["values"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_batch_fails_without_requests_and_without_its_file() {
    let service = service().await;
    let end = T0 + JobTimes::default().pending_ms + JobTimes::default().batch_ms;
    for (lines, expires, code) in [(&b"\n \r\n"[..], i64::MAX, 3), (b"", i64::MAX, 3), (b"{}", end, 5)] {
        let (job, output) = batch_of_file(&service, "batchGenerateContent", lines, expires).await;
        assert_eq!((job.state, output), (JobState::Failed, None));
        assert_eq!(job.error.unwrap().code, code);
    }
    let (job, _) = batch_of_file(&service, "batchGenerateContent", b"{}", end + 1).await;
    assert_eq!(job.state, JobState::Succeeded);
}

#[tokio::test]
async fn events_say_what_the_settings_want() {
    let service = service().await;
    let shared = service.shared();
    let ended = |kind, outcome| {
        let order = order(kind, outcome);
        let id = order.id.clone();
        shared.with(|world| submit(world, order, T0));
        let job = run(shared, &id, i64::MAX);
        shared.with(|world| world.jobs.remove(&id));
        job
    };
    let data = |job: &Job, form: &PayloadForm| event::of(job, form, ORIGIN).unwrap().data;
    let form = Settings::default().payload;
    let prefixed = PayloadForm { batch_prefix: true, numeric_error_code: true, ..form.clone() };
    let job = ended(JobKind::Batch, Outcome::Succeed);
    // Inlined requests have no file of results.
    assert_eq!(data(&job, &form), json!({ "id": "abc123" }));
    assert_eq!(data(&job, &prefixed), json!({ "id": "batches/abc123" }));
    let (job, _) = batch_of_file(&service, "batchGenerateContent", b"{}", i64::MAX).await;
    assert_eq!(data(&job, &form), json!({ "id": "abc123", "output_file_uri": "files/batch-abc123" }));
    let (job, _) = batch_of_file(&service, "batchGenerateContent", b"", i64::MAX).await;
    let message = "The input file holds no request.";
    let expected = json!({ "id": "abc123", "error_code": "INVALID_ARGUMENT", "error_message": message });
    assert_eq!(data(&job, &form), expected);
    let expected = json!({ "id": "batches/abc123", "error_code": 3, "error_message": message });
    assert_eq!(data(&job, &prefixed), expected);
    // Only failures have a reason.
    assert_eq!(data(&ended(JobKind::Batch, Outcome::Expire), &form), json!({ "id": "abc123" }));
    let job = ended(JobKind::Interaction, Outcome::Fail);
    assert_eq!(data(&job, &form)["error_code"], "internal_error");
    assert_eq!(data(&job, &prefixed)["error_code"], 13);
    assert_eq!(data(&ended(JobKind::Interaction, Outcome::Cancel), &form), json!({ "id": "v1_abcdefghij" }));

    let job = ended(JobKind::Video, Outcome::Succeed);
    let uri = "http://127.0.0.1:1/v1beta/files/file1:download?alt=media";
    let operation = "models/veo/operations/op1";
    for (video, expected) in [
        (VideoFields::Guide, json!({ "id": operation, "output_file_uri": uri, "file_name": "files/file1" })),
        (VideoFields::Launch, json!({ "id": "op1", "file_id": "file1", "video_uri": uri })),
        (VideoFields::Cookbook, json!({ "id": operation, "video_uri": uri })),
    ] {
        assert_eq!(data(&job, &PayloadForm { video, ..form.clone() }), expected);
    }
    assert!(event::of(&ended(JobKind::Video, Outcome::Fail), &form, ORIGIN).is_none());
    let mut order = order(JobKind::Interaction, Outcome::Succeed);
    order.request = json!({ "input": "hi" });
    let job = shared.with(|world| at_once(world, order, T0));
    assert_eq!((job.state, event_type(&job)), (JobState::Succeeded, None));
}

#[tokio::test]
async fn results_that_are_too_long_fail_the_batch() {
    let service = service().await;
    let shared = service.shared();
    let item = json!({ "request": { "content": { "parts": [{ "text": "hi" }] }, "outputDimensionality": 256 } });
    let body =
        json!({ "method": batch::EMBED, "batch": { "inputConfig": { "requests": { "requests": [item, item] } } } });
    let order = Order { request: body, ..order(JobKind::Batch, Outcome::Succeed) };
    let job = shared.with(|world| submit(world, order, T0));
    let job = run(shared, &job.id, job.created_ms + 60_000);
    assert_eq!((job.state, job.error.unwrap().status.as_str()), (JobState::Failed, "RESOURCE_EXHAUSTED"));
}
