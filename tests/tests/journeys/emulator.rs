//! The Sandbox view: jobs of the emulator lead to deliveries, its clock can run ahead, its faults show, and its webhooks
//! are managed.

use tests::window::{Options, Window, open};

async fn sandbox() -> Window {
    let window = open(Options::default()).await;
    window.click("rail-sandbox").await;
    window.wait("sandbox-address").await;
    window
}

/// The state of the newest job row.
fn job(state: &str) -> String {
    format!("return document.querySelector('[data-testid=job-row]')?.dataset.state === {state:?}")
}

/// What the log's newest row says about what Pollux received.
fn received(outcome: &str) -> String {
    format!(
        "return document.querySelector('[data-testid=log-row] [data-testid=log-received]')?.dataset.outcome === {outcome:?}"
    )
}

#[tokio::test]
async fn jobs_of_each_kind_end_in_a_verified_delivery() {
    let window = sandbox().await;
    let mut expected = 0;
    for (kind, event, mode) in [
        ("batch", "batch.succeeded", "static"),
        ("interaction", "interaction.completed", "dynamic"),
        ("video", "video.generated", "static"),
    ] {
        window.click(&format!("run-{kind}-mode-{mode}")).await;
        window.click(&format!("run-{kind}")).await;
        window.until("the job runs", "return document.querySelectorAll('[data-testid=job-row]').length > 0").await;
        expected += 1;
        window
            .until(
                "one job more",
                &format!("return document.querySelectorAll('[data-testid=job-row]').length === {expected}"),
            )
            .await;
        window.until("it has succeeded", &job("succeeded")).await;
        window.until("its delivery was verified", &received("verified")).await;
        let row = window.wait("log-row").await;
        assert_eq!(row.attr("data-event").await.unwrap().as_deref(), Some(event), "{kind}");
    }
    window.shots("sandbox-jobs").await;
    window.script("document.querySelector('[data-testid=log-received]').click()").await;
    window.wait("verdict-sentence").await;
    window.count_is(expected).await;
    window.newest_is("verified", "valid").await;
    window.shot("sandbox-received").await;
}

#[tokio::test]
async fn a_fault_is_rejected_with_its_cause_and_the_retry_after_it_is_taken() {
    let window = sandbox().await;
    window.click("fault-reserialised_body").await;
    window.wait("faults-badge").await;
    window.click("run-interaction").await;
    window.until("what arrived was rejected", &received("rejected")).await;
    window.wait_css("[data-testid=log-row][data-state=pending]").await;
    window.shots("sandbox-fault").await;
    window.click("faults-off").await;
    window.until("no fault is on", "return !document.querySelector('[data-testid=faults-badge]')").await;
    window.click("clock-next").await;
    window.wait_css("[data-testid=log-row][data-state=delivered][data-attempts='2']").await;
    window.click("rail-deliveries").await;
    window.count_is(2).await;
    window.newest_is("verified", "valid").await;
}

#[tokio::test]
async fn two_days_pass_in_moments() {
    let window = sandbox().await;
    let before = window.wait("clock-now").await.attr("data-ms").await.unwrap().unwrap().parse::<f64>().unwrap();
    window.choose("run-batch-outcome", "expire").await;
    window.click("run-batch").await;
    window.wait_css("[data-testid=job-row][data-state=running]").await;
    window.click("clock-pace-8640").await;
    window
        .until(
            "hours have passed",
            "return Number(document.querySelector('[data-testid=clock-now]').dataset.ms) - Date.now() > 3600000",
        )
        .await;
    window.click("clock-next").await;
    window.until("the batch has expired", &job("expired")).await;
    window.click("clock-pace-1").await;
    window.until("its delivery was verified", &received("verified")).await;
    let after = window.wait("clock-now").await.attr("data-ms").await.unwrap().unwrap().parse::<f64>().unwrap();
    assert!(after - before > 47.0 * 3_600_000.0, "{before} {after}");
}

#[tokio::test]
async fn webhooks_are_made_rotated_switched_off_and_deleted() {
    let window = sandbox().await;
    let address =
        window.script("return document.querySelector('[data-testid=sandbox-address]').textContent.trim()").await;
    let own = address.as_str().unwrap().to_owned();
    window.click("sandbox-manage-webhooks").await;
    window.wait("webhook-item").await;
    window.click("webhook-add").await;
    window.fill("webhook-uri", "ftp://example.com").await;
    window.click("webhook-save").await;
    window
        .until(
            "the address is refused",
            "return document.querySelector('[data-testid=webhook-error]').textContent.includes('https')",
        )
        .await;
    window.fill("webhook-uri", &format!("{own}/hook")).await;
    window.click("webhook-save").await;
    window.wait_css("[data-testid=secret-dialog][data-stored=true]").await;
    window.click("secret-done").await;
    let listed =
        |count: u32| format!("return document.querySelectorAll('[data-testid=webhook-item]').length === {count}");
    window.until("two webhooks", &listed(2)).await;
    window.click("webhook-rotate").await;
    window.wait("rotate-dialog").await;
    window.shots("sandbox-rotate").await;
    window.click("rotate-go").await;
    window.wait_css("[data-testid=secret-dialog][data-stored=true]").await;
    window.click("secret-done").await;
    window.click("webhook-ping").await;
    window.click("rail-sandbox").await;
    window.wait_css("[data-testid=log-row][data-event=ping]").await;
    window.shots("sandbox-webhooks").await;
    window.click("rail-webhooks").await;
    window.click("webhook-toggle").await;
    window.wait_css("[data-testid=webhook-item][data-state=disabled]").await;
    window.click("webhook-delete").await;
    window.click("confirm-yes").await;
    window.until("one webhook", &listed(1)).await;
}

#[tokio::test]
async fn an_assumption_that_is_changed_changes_the_payload() {
    let window = sandbox().await;
    window.click("assumptions-toggle").await;
    window.choose("assumption-payload-video", "launch").await;
    window.wait("assumptions-changed").await;
    window.script("document.querySelector('[data-testid=assumptions-toggle]').scrollIntoView()").await;
    window.shots("sandbox-assumptions").await;
    window.click("run-video").await;
    window.until("its delivery was verified", &received("verified")).await;
    window.script("document.querySelector('[data-testid=log-received]').click()").await;
    window.wait("verdict-sentence").await;
    window
        .until("the fields are those of the launch", "return document.body.textContent.includes('file_id') && !document.body.textContent.includes('output_file_uri')")
        .await;
}

#[tokio::test]
async fn what_tokens_claim_is_an_assumption_and_the_window_keeps_to_it() {
    let window = sandbox().await;
    window.click("assumptions-toggle").await;
    // Enter takes what was typed.
    window.fill("assumption-token-audience", "projects/7\u{e007}").await;
    window.wait("assumption-reset-token-audience").await;
    window.fill("assumption-token-issuer", "https://issuer.example/of/a/rather/long/name\u{e007}").await;
    window.wait("assumption-reset-token-issuer").await;
    window.click("assumption-token-holds_event").await;
    window
        .until(
            "all are set",
            "return document.querySelector('[data-testid=assumptions-changed]')?.textContent === '3 changed'",
        )
        .await;
    window
        .script(
            "document.querySelector('[data-testid=assumption-row-token-issuer]').scrollIntoView({ block: 'center' })",
        )
        .await;
    window.shots("sandbox-tokens").await;
    window.click("dynamic-scheme-jwt").await;
    window.click("run-interaction-mode-dynamic").await;
    window.click("run-interaction").await;
    window.until("its delivery was verified", &received("verified")).await;
    window.choose("run-interaction-outcome", "idle").await;
    window.click("run-interaction").await;
    window.until("it waits for input", &job("idle")).await;
    window.script("document.querySelector('#sandbox-jobs').scrollIntoView()").await;
    window.shots("sandbox-idle").await;
    window.script("document.querySelector('[data-testid=log-received]').click()").await;
    window.wait("verdict-sentence").await;
    let sentence = window.text("verdict-sentence").await;
    assert!(sentence.contains("holds this body"), "{sentence}");
}
