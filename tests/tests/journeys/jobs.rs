//! Operations: a batch from its dispatch to its second try, an interaction that waits, a video, a batch of another key,
//! and a service that has too many requests.

use emulator::{Service, ServiceOptions};
use serde_json::{Value, json};
use tests::window::{Options, Window, hook, open};

use crate::managed::{add_project_with_key, managed};
use crate::missed::send;

const LINES: &str = r#"{"key":"good","request":{"contents":[{"parts":[{"text":"Who was Castor?"}]}]}}
{"key":"bad#error-429","request":{"contents":[{"parts":[{"text":"Who was Pollux?"}]}]}}
{"key":"gone#missing","request":{"contents":[{"parts":[{"text":"Who was Leda?"}]}]}}
{"key":"cut#cut","request":{"contents":[{"parts":[{"text":"Who was Zeus?"}]}]}}"#;

/// Jobs that are over at once.
pub(crate) fn quick() -> Value {
    json!({ "jobs": { "pending_ms": 0, "batch_ms": 300, "interaction_ms": 300, "video_ms": 300 } })
}

async fn quick_sandbox(window: &Window) {
    window
        .script(&format!("return window.__TAURI_INTERNALS__.invoke('sandbox_settings_set', {{ patch: {} }})", quick()))
        .await;
}

/// Waits for a text somewhere in the first element with a test hook.
pub(crate) async fn says(window: &Window, id: &str, text: &str) {
    let script = format!("return document.querySelector('{}')?.innerText.includes({text:?}) === true", hook(id));
    window.until(&format!("{id} says {text:?}"), &script).await;
}

/// Sets the value of a text field as typing does.
async fn put(window: &Window, id: &str, text: &str) {
    window.wait(id).await;
    window
        .script(&format!(
            "const field = document.querySelector('{}'); field.value = {text:?}; \
             field.dispatchEvent(new Event('input', {{ bubbles: true }}))",
            hook(id)
        ))
        .await;
}

/// Chooses one of a few that stand side by side.
async fn tick(window: &Window, id: &str) {
    window.wait(id).await;
    window.script(&format!("document.querySelector('{}').click()", hook(id))).await;
}

async fn kind(window: &Window, kind: &str) {
    tick(window, &format!("new-job-kind-{kind}")).await;
}

pub(crate) async fn operations(window: &Window) {
    window.click("rail-operations").await;
    window.wait("operations").await;
}

/// Opens the dialog for a batch and fills it in.
async fn fill_in_batch(window: &Window, title: &str) {
    window.click("job-new").await;
    window.wait("new-job-dialog").await;
    tick(window, "new-job-from-lines").await;
    put(window, "new-job-lines", LINES).await;
    put(window, "new-job-title", title).await;
    put(window, "new-job-model", "gemini-3-flash").await;
    says(window, "new-job-preview", "4").await;
}

#[tokio::test]
async fn a_batch_is_sent_told_opened_saved_and_sent_again() {
    let window = open(Options::default()).await;
    window.wait("first-start").await;
    quick_sandbox(&window).await;
    operations(&window).await;
    window.shots("jobs-empty").await;
    fill_in_batch(&window, "eval-judge").await;
    window.shots("new-job").await;
    window.click("new-job-send").await;
    window.gone(&hook("new-job-dialog")).await;
    window.wait_css("[data-testid=job-row][data-phase=succeeded]").await;
    window.click("job-row").await;
    window.wait("job-told-link").await;
    window.click("job-open-result").await;
    window.wait("rows-card").await;
    says(&window, "rows-verdict", "3 of 4 rows are not usable").await;
    window.wait_css("[data-testid=result-row][data-state=missing]").await;
    window.shots("jobs").await;
    window.click("rows-filter-failed").await;
    window.wait_css("[data-testid=result-row][data-state=error]").await;
    window.gone("[data-testid=result-row][data-state=good]").await;

    // A file dialog of the system cannot be driven: what follows its answer is called.
    let path = window.folder().join("failed.jsonl");
    window
        .script(&format!(
            "const invoke = window.__TAURI_INTERNALS__.invoke; \
             return invoke('results').then(([one]) => invoke('result_save', {{ id: one.id, what: 'failed', path: {:?} }}))",
            path.display().to_string()
        ))
        .await;
    let saved = || std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(saved().lines().count(), 3, "the requests of what failed and is missing");
    assert!(saved().lines().all(|line| LINES.contains(line)));

    window.click("result-resubmit").await;
    window.wait("resubmit-dialog").await;
    says(&window, "resubmit-what", "3").await;
    window.shots("resubmit").await;
    window.click("resubmit-send").await;
    window.until("two jobs are listed", "return document.querySelectorAll('[data-testid=job-row]').length === 2").await;
    window.shots("jobs-again").await;

    // A name that is dropped on the view opens its job.
    let dragged = |events: &str| {
        format!(
            "const other = document.querySelector('[data-testid=job-row]:not([aria-selected=true])'); \
             window.dragged ??= other.dataset.name; const dataTransfer = new DataTransfer(); \
             dataTransfer.setData('text/plain', window.dragged); \
             for (const type of {events}) document.querySelector('[data-testid=job-grid]').dispatchEvent( \
               new DragEvent(type, {{ bubbles: true, cancelable: true, dataTransfer }}))"
        )
    };
    window.script(&dragged("['dragenter', 'dragover']")).await;
    window.wait("job-drop-over").await;
    window.shots("job-dropped").await;
    window.script(&dragged("['dragover', 'drop']")).await;
    window.gone(&hook("job-drop-over")).await;
    window
        .until(
            "the dropped one is open",
            "return document.querySelector('[data-testid=job-detail]')?.dataset.name === window.dragged",
        )
        .await;
    window.gone(&hook("job-open-dialog")).await;
}

#[tokio::test]
async fn a_function_that_waits_is_answered_by_its_form_to_the_end() {
    let window = open(Options::default()).await;
    window.wait("first-start").await;
    quick_sandbox(&window).await;
    operations(&window).await;
    window.click("job-new").await;
    kind(&window, "interaction").await;
    put(&window, "new-job-input", "Order 7731-C arrived broken. Please refund it.").await;
    put(&window, "new-job-model", "gemini-3.5-flash").await;
    let tools = json!([{
        "type": "function", "name": "issue_refund", "description": "Pays back.",
        "parameters": { "type": "object", "properties": { "amount": { "type": "number" }, "order_id": { "type": "string" } },
                        "required": ["amount", "order_id"] },
        "response_schema": { "type": "object", "properties": { "status": { "type": "string", "enum": ["approved", "denied"] },
                             "refund_id": { "type": "string" } }, "required": ["status", "refund_id"] },
    }]);
    put(&window, "new-job-tools", &tools.to_string()).await;
    window.click("new-job-send").await;
    window.gone(&hook("new-job-dialog")).await;
    window.wait_css("[data-testid=job-row][data-phase=waiting]").await;
    window.click("job-row").await;
    window.wait("interaction-banner").await;
    says(&window, "interaction-banner", "issue_refund").await;
    window.wait("answer").await;
    window.shots("interaction-waits").await;
    window.click("answer-send").await;
    window.wait_css("[data-testid=answer] [role=status]").await;
    window.shots("answer-problem").await;
    window.script(r#"document.querySelector('[data-testid^="answer-field-status-"]').click()"#).await;
    window.fill("answer-field-refund_id", "RF-1").await;
    window.click("answer-send").await;
    window
        .until(
            "the next turn is there and over",
            "return document.querySelectorAll('[data-testid=job-row][data-phase=succeeded]').length === 2",
        )
        .await;
    window.shots("interaction-done").await;
}

#[tokio::test]
async fn deep_research_is_followed_while_it_runs() {
    let window = open(Options::default()).await;
    window.wait("first-start").await;
    let slow = json!({ "jobs": { "pending_ms": 0, "interaction_ms": 6000 } });
    window
        .script(&format!("return window.__TAURI_INTERNALS__.invoke('sandbox_settings_set', {{ patch: {slow} }})"))
        .await;
    operations(&window).await;
    window.click("job-new").await;
    kind(&window, "interaction").await;
    tick(&window, "new-job-runs-agent").await;
    put(&window, "new-job-input", "How are EU batteries recycled?").await;
    put(&window, "new-job-model", "deep-research-pro-preview").await;
    window.click("new-job-send").await;
    window.gone(&hook("new-job-dialog")).await;
    window.wait_css("[data-testid=job-row][data-phase=running]").await;
    window.click("job-row").await;
    let steps = "return document.querySelectorAll('[data-testid=\"step\"]').length";
    window
        .until(
            "some steps are there while it runs",
            &format!("{steps} > 1 && document.querySelector('[data-testid=job-row][data-phase=running]') !== null"),
        )
        .await;
    window.shots("research-running").await;
    window.wait_css("[data-testid=job-row][data-phase=succeeded]").await;
    window.until("all steps are there", &format!("{steps} > 4")).await;
    window.shots("research-done").await;
}

#[tokio::test]
async fn a_video_plays_in_the_window() {
    let window = open(Options::default()).await;
    window.wait("first-start").await;
    quick_sandbox(&window).await;
    operations(&window).await;
    window.click("job-new").await;
    kind(&window, "video").await;
    put(&window, "new-job-prompt", "Two stars rise over the sea.").await;
    put(&window, "new-job-model", "veo-3.1-generate-preview").await;
    window.click("new-job-send").await;
    window.gone(&hook("new-job-dialog")).await;
    window.wait_css("[data-testid=job-row][data-phase=succeeded]").await;
    window.click("job-row").await;
    window.click("job-open-result").await;
    window.wait("result-panel").await;
    // .ci/setup test installs a decoder.
    let video = "document.querySelector('[data-testid=\"result-video\"]')";
    window.until("it is there", &format!("return {video} !== null && {video}.readyState >= 2")).await;
    window.script(&format!("{video}.muted = true; {video}.play()")).await;
    window.until("it plays", &format!("return {video}.currentTime > 0.2")).await;
    // Its row has a still of it.
    window
        .until("the still is drawn", "return document.querySelector('[data-testid=job-picture]')?.naturalWidth === 112")
        .await;
    window.shots("video").await;
}

#[tokio::test]
async fn a_batch_of_another_key_is_asked_for_only_on_a_click() {
    // It takes any key, and a batch is seen only by the key that made it.
    let service = Service::start(ServiceOptions { seed: Some(5), ..ServiceOptions::default() }).await.unwrap();
    let origin = service.origin();
    let (days, nights) = ("AIzaSyDays000000000000000000000000days", "AIzaSyNights000000000000000000000nights");
    let request = json!({ "request": { "contents": [{ "parts": [{ "text": "x" }] }] }, "metadata": { "key": "a" } });
    let batch = json!({ "displayName": "by day", "inputConfig": { "requests": { "requests": [request] } } });
    let made = tests::sender::client()
        .post(format!("{origin}/v1/models/gemini-3-flash:batchGenerateContent"))
        .header("x-goog-api-key", days)
        .json(&json!({ "batch": batch }))
        .send()
        .await
        .unwrap();
    let made: Value = serde_json::from_slice(&made.bytes().await.unwrap()).unwrap();
    let name = made["name"].as_str().unwrap_or_else(|| panic!("no name in {made}"));

    let window = open(Options::default()).await;
    add_project_with_key(&window, "days", &origin, days).await;
    add_project_with_key(&window, "nights", &origin, nights).await;
    operations(&window).await;
    let choose = "const select = document.querySelector('[data-testid=jobs-project]'); \
                  select.value = [...select.options].find((option) => option.text.includes('nights')).value; \
                  select.dispatchEvent(new Event('change', { bubbles: true })); return select.value";
    let chosen = window.script(choose).await;
    let chosen = format!("[data-testid=operations][data-project='{}']", chosen.as_str().unwrap());
    window.wait_css(&chosen).await;
    window.click("job-open-by-id").await;
    put(&window, "job-open-text", name).await;
    window.click("job-open-go").await;
    window.wait("job-problem").await;
    says(&window, "job-problem", "perhaps made with another key").await;
    window.shots("job-of-another-key").await;
    window.click("job-ask-with").await;
    window.gone(&chosen).await;
    says(&window, "job-detail", "by day").await;
    // Its requests were sent inline, so its answers are in the batch itself.
    window.click("job-open-result").await;
    window.wait("rows-card").await;
    window.wait_css("[data-testid=result-row][data-state=good]").await;
    window.shots("job-with-another-key").await;
}

#[tokio::test]
async fn a_service_that_has_too_many_requests_is_asked_again_later() {
    let one = managed(Options::default()).await;
    let window = &one.window;
    operations(window).await;
    window.wait("jobs-empty").await;
    let refused = "return window.__TAURI_INTERNALS__.invoke('jobs_refresh', { project: Number(document.querySelector(\
                   '[data-testid=operations]').dataset.project) }).then(() => 'read', (error) => error.code)";
    // The service asks for a pause of a second. After it, the list is read without being asked for.
    send(&one.service, Value::Null, "made before the pause").await;
    let fault = |share: f64| json!({ "faults": { "too_many_requests": share } });
    one.service.call("PATCH", "/emulator/settings", Some(fault(1.0))).await;
    assert_eq!(window.script(refused).await, "service_rate_limited");
    one.service.call("PATCH", "/emulator/settings", Some(fault(0.0))).await;
    window.wait("job-row").await;
    window.gone(&hook("jobs-paused")).await;
    window.gone(&hook("jobs-error")).await;

    let quota = |most: Value| json!({ "rest": { "requests_per_minute": most } });
    one.service.call("PATCH", "/emulator/settings", Some(quota(json!(0)))).await;
    assert_eq!(window.script(refused).await, "service_rate_limited");
    says(window, "jobs-paused", "Asking again at").await;
    says(window, "jobs-paused", "exceeded your current quota").await;
    window.shots("jobs-paused").await;
    one.nothing_leaked(&[&one.service.api_key]);
}
