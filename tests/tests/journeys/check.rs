//! The handler check in the real window, against a handler that is not ours: nothing is wrong with it, then one thing.

use tests::handlers::{Handler, Language};
use tests::sender::SECRET;
use tests::window::{Options, Window, open};

use crate::secrets::{listed, paste};

/// Starts a check of this handler and waits for its end.
async fn check(window: &Window, handler: &Handler) {
    window.fill("check-url", &handler.url).await;
    window.script("const secret = document.querySelector('[data-testid=check-secret]'); secret.value = [...secret.options].find((option) => option.text.includes('dXY=')).value; secret.dispatchEvent(new Event('change', { bubbles: true }))").await;
    window.click("check-start").await;
    let started = std::time::Instant::now();
    // The report of the one before stands there until it begins.
    let report = format!("[data-testid=check-report][data-progress=done][data-url=\"{}\"]", handler.url);
    let done = format!("return document.querySelector('{report}') !== null");
    while window.script(&done).await != true {
        if started.elapsed() > std::time::Duration::from_secs(90) {
            window.shot("failed").await;
            panic!("the check did not end");
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// The ids of the lines in a state.
async fn lines(window: &Window, state: &str) -> Vec<String> {
    let script = format!(
        "return [...document.querySelectorAll('[data-testid=check-line][data-state={state}]')].map((line) => line.dataset.id)"
    );
    let found = window.script(&script).await;
    found.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_planted_mistake_is_found_and_nothing_where_there_is_none() {
    let window = open(Options::default()).await;
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    window.click("rail-handler").await;
    window.click("handler-tab-check").await;
    window.wait("check-form").await;
    window.shots("check-first").await;
    let correct = Handler::start(Language::Node, "none", SECRET, None);
    check(&window, &correct).await;
    assert_eq!(lines(&window, "failed").await, Vec::<String>::new());
    assert!(lines(&window, "passed").await.len() >= 40);
    window.shots("check-passed").await;
    drop(correct);

    let wrong = Handler::start(Language::Python, "no_time_check", SECRET, None);
    check(&window, &wrong).await;
    let mut failed = lines(&window, "failed").await;
    failed.sort();
    assert_eq!(failed, ["v1_future", "v1_ms_timestamp", "v1_stale"]);
    window.shots("check-failed").await;
    window.click("check-export-junit").await;
    window.until("the file is named", "return /pollux-check-.*\\.xml/.test(document.body.innerText)").await;
}

#[tokio::test]
async fn one_cause_stands_on_top_and_what_follows_is_skipped() {
    let window = open(Options::default()).await;
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    window.click("rail-handler").await;
    window.click("handler-tab-check").await;
    window.wait("check-form").await;
    let crashing = Handler::start(Language::Node, "answers_500", SECRET, None);
    check(&window, &crashing).await;
    assert_eq!(lines(&window, "failed").await, ["v1_valid"]);
    let cause = "return document.querySelector('[data-testid=check-cause]').innerText";
    let cause = window.script(cause).await;
    let cause = cause.as_str().unwrap();
    assert!(cause.contains("answers 500 to everything") && cause.contains("log"), "{cause}");
    window.shots("check-cause").await;
}
