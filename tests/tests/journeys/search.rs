//! The search: typed by suggestion, made by clicks and by brushing, mended where it is wrong, and found again.

use std::time::Duration;

use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use serde_json::{Value, json};
use tests::sender::client;
use tests::window::{Options, Window, hook, open};

const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ALT: &str = "\u{e00a}";
const RELEASE: &str = "\u{e000}";
const F1: &str = "\u{e031}";
const F3: &str = "\u{e033}";

/// Of each kind some, with what can be searched for: every third one has the needle.
async fn fill(window: &Window, count: usize) {
    let address = window.address().await;
    let types = ["batch.succeeded", "batch.failed", "video.generated"];
    for n in 0..count {
        let suite = if n % 3 == 0 { format!("needle-{n}") } else { "plain".to_owned() };
        let body = json!({ "type": types[n % 3], "version": "v1", "timestamp": "2026-11-21T01:12:04Z",
            "data": { "id": format!("batches/{n:03}"), "user_metadata": { "suite": suite, "shard": n.to_string() } } });
        let sent = client().post(&address).header("x-eval-suite", &suite).body(body.to_string()).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    }
    window.count_is(count).await;
}

async fn query_is(window: &Window, expected: &str) {
    let script = format!(
        "const line = document.querySelector('[data-testid=search-input] .cm-line').cloneNode(true); \
         line.querySelectorAll('.chip-x, .cm-placeholder').forEach((one) => one.remove()); return line.textContent.trim() === {expected:?}"
    );
    window.until(&format!("the search is {expected}"), &script).await;
}

async fn chips(window: &Window) -> Value {
    window
        .script(
            "return [...document.querySelectorAll('[data-testid=search-input] .chip')].map((chip) => chip.textContent)",
        )
        .await
}

async fn keys(window: &Window, keys: &str) {
    window.wait("search-input").await.send_keys(keys).await.unwrap();
}

/// The list says that all matches were found.
async fn counted(window: &Window, text: &str) {
    let script = format!("return document.querySelector('{}').textContent.startsWith({text:?})", hook("count"));
    window.until(&format!("the count is {text}"), &script).await;
}

#[tokio::test]
async fn a_search_is_typed_by_suggestion() {
    let window = open(Options { screen: Some((1600, 1000)), ..Options::default() }).await;
    fill(&window, 12).await;
    window.press("/").await;
    window.until("the box has the focus", "return document.activeElement.dataset.testid === 'search-input'").await;
    keys(&window, "batch.f").await;
    let offered = "return [...document.querySelectorAll('[data-testid=suggestion] .label')].some((one) => one.textContent.trim() === 'type:batch.failed')";
    window.until("the type is offered with its count", offered).await;
    window.shots("search-suggestions").await;
    let chosen = "return document.querySelector('[role=option][aria-selected=true] .label')?.textContent.trim() === 'type:batch.failed'";
    for _ in 0..20 {
        if window.script(chosen).await == json!(true) {
            break;
        }
        keys(&window, DOWN).await;
    }
    assert_eq!(window.script(chosen).await, json!(true), "the arrows reach it");
    let active = "return document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.getAttribute('role')";
    assert_eq!(window.script(active).await, json!("option"));
    keys(&window, TAB).await;
    query_is(&window, "type:batch.failed").await;
    window.count_is(4).await;
    assert_eq!(chips(&window).await, json!(["type:batch.failed"]));
    // Excluded, and the one before is still there.
    keys(&window, "plain").await;
    window.until("the text is offered", "return document.querySelector('[data-testid=suggestion]') !== null").await;
    keys(&window, ESCAPE).await;
    window.count_is(4).await;
    counted(&window, "4 of 12").await;

    // What is wrong is underlined, and Tab puts what is nearest in its place.
    window.type_search("verdct:unchecked").await;
    window.until("it is underlined", "return document.querySelector('[data-testid=search-input] .bad')?.textContent.startsWith('verdct') === true").await;
    window.count_is(4).await;
    window.shots("search-problem").await;
    keys(&window, TAB).await;
    query_is(&window, "verdict:unchecked").await;
    window.count_is(12).await;
    // By Alt and Enter the value under the arrows is excluded.
    window.type_search("video").await;
    window.until("the type is offered", &offered.replace("batch.failed", "video.generated")).await;
    for _ in 0..20 {
        if window.script(&chosen.replace("batch.failed", "video.generated")).await == json!(true) {
            break;
        }
        keys(&window, DOWN).await;
    }
    keys(&window, &format!("{ALT}{ENTER}{RELEASE}")).await;
    query_is(&window, "-type:video.generated").await;
    window.count_is(8).await;
    keys(&window, ESCAPE).await;
    keys(&window, F1).await;
    let sheet = window.text("grammar").await;
    assert!(sheet.contains("verdict:") && sheet.contains("header.x-forwarded-for:"), "{sheet}");
    window.shots("search-grammar").await;
}

#[tokio::test]
async fn a_value_that_is_clicked_becomes_a_chip_and_hits_are_gone_through() {
    let window = open(Options { screen: Some((1600, 1000)), ..Options::default() }).await;
    fill(&window, 9).await;
    window.search("needle").await;
    window.count_is(3).await;
    counted(&window, "3 of 9").await;
    let marked = "return document.querySelectorAll('[data-testid=row-hit] mark').length === 3";
    window.until("each row says where it was found", marked).await;
    window.click("row").await;
    window.wait("hits").await;
    let places =
        "return [...document.querySelectorAll('[data-testid=hit] .place')].map((one) => one.textContent.trim())";
    window.until("the hits are told by their path", &format!("{places}.includes('data.user_metadata.suite')")).await;
    for (width, height) in [(820, 700), (1100, 860), (1600, 1000)] {
        window.client.set_window_rect(0, 0, width, height).await.unwrap();
        window.until("the window is resized", &format!("return window.innerWidth === {width}")).await;
        window.shots(&format!("search-{width}")).await;
    }
    // One of them is in a header: F3 opens its tab.
    let in_header = "return document.querySelector('[data-field=\"header.x-eval-suite\"] mark[data-current]')?.textContent === 'needle'";
    let in_tree = "return document.querySelector('[role=tree] mark[data-current]')?.textContent === 'needle'";
    let mut seen = (false, false);
    for _ in 0..6 {
        window.press(F3).await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        seen.0 |= window.script(in_header).await == json!(true);
        seen.1 |= window.script(in_tree).await == json!(true);
    }
    assert_eq!(seen, (true, true), "F3 goes through header and body");
    window.click("tab-event").await;
    window.wait_css("[data-field='body.data.user_metadata.suite']").await;

    let click = |selector: &str, alt: bool| {
        format!(
            "document.querySelector({selector:?}).dispatchEvent(new MouseEvent('click', {{ bubbles: true, detail: 1, altKey: {alt} }}))"
        )
    };
    window
        .client
        .find(fantoccini::Locator::Css("[role=tree] [data-field='body.data.user_metadata.suite']"))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
    query_is(&window, "needle body.data.user_metadata.suite:needle-6").await;
    window.count_is(1).await;
    window.script(&click("[role=tree] [data-field='body.data.user_metadata.suite']", true)).await;
    query_is(&window, "needle -body.data.user_metadata.suite:needle-6").await;
    window.count_is(2).await;
    window.click("tab-headers").await;
    window.wait_css("[data-field='header.x-eval-suite']").await;
    window.shots("search-value").await;

    // What removes everything is named, and taken out.
    window.search("needle header.x-eval-suite:plain").await;
    let told = window.text("nothing-part").await;
    assert!(told.contains("removes everything: without it, "), "{told}");
    assert!(window.text("left-out").await.contains("Not in this list: the search leaves it out."));
    window.shots("search-nothing").await;
    window.click("remove-part").await;
    window.gone(&hook("nothing-matches")).await;
    window.wait("row").await;
    window.search("type:no.such.type").await;
    window.click("left-out-clear").await;
    window.count_is(9).await;
    query_is(&window, "").await;
    window.gone(&hook("left-out")).await;
}

#[tokio::test]
async fn the_histogram_is_brushed_to_a_range() {
    let window = open(Options { screen: Some((1600, 1000)), ..Options::default() }).await;
    fill(&window, 6).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    fill_more(&window).await;
    let picture = window.wait("histogram-picture").await;
    let all = "return document.querySelector('[data-testid=histogram-picture]').getAttribute('aria-valuetext').endsWith('· 10')";
    window.until("it has all of them", all).await;
    let rect = window.script("const { left, top, width } = document.querySelector('[data-testid=histogram-picture]').getBoundingClientRect(); return [left, top, width]").await;
    let [left, top, width] = [0, 1, 2].map(|at| rect[at].as_f64().unwrap());
    drop(picture);
    let to = |x: f64| PointerAction::MoveTo {
        duration: Some(Duration::from_millis(80)),
        x: x.round(),
        y: (top + 40.).round(),
    };
    let drag = MouseActions::new("mouse".to_owned())
        .then(to(left + width * 0.5))
        .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
        .then(to(left + width * 0.3))
        .then(to(left + 1.));
    window.client.perform_actions(drag).await.unwrap();
    let flag = window.text("histogram-flag").await;
    assert!(flag.ends_with("· 6"), "{flag}");
    window.shots("search-brush").await;
    let release = MouseActions::new("mouse".to_owned()).then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
    window.client.perform_actions(release).await.unwrap();
    window.count_is(6).await;
    let query = window.searched().await;
    assert!(query.starts_with("since:") && query.contains(" until:"), "{query}");
    assert_eq!(chips(&window).await.as_array().unwrap().len(), 2);
    window.shots("search-range").await;
    window.click("all-times").await;
    window.count_is(10).await;

    // By keys, and as a table.
    window.script("document.querySelector('[data-testid=histogram-picture]').focus()").await;
    let picture = window.wait("histogram-picture").await;
    picture.send_keys("\u{e010}").await.unwrap();
    let flag = window.text("histogram-flag").await;
    picture.send_keys(ENTER).await.unwrap();
    let expected = flag.rsplit("· ").next().unwrap().parse().unwrap();
    window.count_is(expected).await;
    window.click("all-times").await;
    window.count_is(10).await;
    // It is seen only where it is pointed at.
    window.script("document.querySelector('[data-testid=histogram-as-table]').click()").await;
    let sum = "return [...document.querySelectorAll('[data-testid=histogram-table] tbody tr')].reduce((n, row) => n + Number(row.lastElementChild.textContent), 0)";
    window.until("the table has all", &format!("{sum} === 10")).await;
    window.shots("search-table").await;
}

/// Four more, after those that are there.
async fn fill_more(window: &Window) {
    let address = window.address().await;
    for n in 0..4 {
        let body = json!({ "type": "batch.expired", "data": { "id": format!("batches/late{n}") } }).to_string();
        assert_eq!(client().post(&address).body(body).send().await.unwrap().status(), 200);
    }
    window.count_is(10).await;
}

#[tokio::test]
async fn a_search_is_saved_with_a_name_and_taken_again() {
    let window = open(Options::default()).await;
    fill(&window, 3).await;
    window.search("type:batch.failed").await;
    window.count_is(1).await;
    window.click("search-star").await;
    window.fill("search-name", "Failures").await;
    window.shots("search-save").await;
    window.click("search-save").await;
    window.until("it is saved", "return document.querySelector('[data-testid=search-star]').getAttribute('aria-label') === 'Saved as Failures'").await;
    window.search("").await;
    window.count_is(3).await;
    window.press("/").await;
    let offered = "return [...document.querySelectorAll('[data-testid=suggestion][data-kind=saved]')].some((one) => one.textContent.includes('Failures'))";
    window.until("it is offered", offered).await;
    let saved = "[...document.querySelectorAll('[data-testid=suggestion][data-kind=saved]')].find((one) => one.textContent.includes('Failures'))";
    window.script(&format!("{saved}.click()")).await;
    query_is(&window, "type:batch.failed").await;
    window.count_is(1).await;
}
