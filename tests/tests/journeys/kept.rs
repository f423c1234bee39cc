//! What is done with deliveries that are kept: the menu, pins and notes, limits, deletions, files.

use std::path::Path;

use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_RIGHT, MouseActions, PointerAction};
use serde_json::{Value, json};
use tests::sender::{BODY, SECRET, client, send};
use tests::window::{Options, Window, hook, open};

use crate::secrets::{listed, paste};

const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";
const DELETE: &str = "\u{e017}";
const SHIFT_F10: &str = "\u{e008}\u{e03a}\u{e000}";
const CTRL_Z: &str = "\u{e009}z\u{e000}";

/// Deliveries of which nothing is known, the first one the oldest.
async fn post(window: &Window, count: usize) {
    let address = window.address().await;
    for n in 0..count {
        let body = json!({ "type": "batch.failed", "version": "v1", "timestamp": "2026-11-21T01:12:04Z",
            "data": { "id": format!("batches/{n:03}"), "output_file_uri": format!("files/out-{n}") } });
        let sent = client().post(&address).body(body.to_string()).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    }
    window.count_is(count).await;
}

/// At the middle of what a script finds: a row may be drawn anew while it is pointed at.
async fn right_click(window: &Window, found: &str) {
    let middle = format!(
        "const box = ({found}).getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]"
    );
    window.until("it is there", &format!("return ({found}) !== null")).await;
    let at = window.script(&middle).await;
    let (x, y) = (at[0].as_f64().unwrap(), at[1].as_f64().unwrap());
    let right = MouseActions::new("mouse".to_owned())
        .then(PointerAction::MoveTo { duration: None, x, y })
        .then(PointerAction::Down { button: MOUSE_BUTTON_RIGHT })
        .then(PointerAction::Up { button: MOUSE_BUTTON_RIGHT });
    window.client.perform_actions(right).await.unwrap();
    window.wait("context-menu").await;
}

async fn invoke(window: &Window, command: &str, given: &Value) -> Value {
    let script = format!("return window.__TAURI_INTERNALS__.invoke('{command}', {given})");
    window.script(&script).await
}

/// The rows of a list, from the newest: what names each, and how it was judged. The window's own view is closed by it.
async fn verdicts(window: &Window, query: &str) -> Vec<(Value, Value)> {
    let opened = invoke(window, "view_open", &json!({ "query": query })).await;
    let rows = opened["rows"].as_array().unwrap();
    rows.iter().rev().map(|row| (row["message_id"].clone(), row["outcome"].clone())).collect()
}

/// The last row that is whole on the screen, at its right end.
const LAST: &str = "[...document.querySelectorAll('[data-testid=row]')] \
     .filter((row) => row.getBoundingClientRect().bottom < document.querySelector('[data-testid=grid]').getBoundingClientRect().bottom) \
     .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top).at(-1).querySelector('.c-age')";
/// A value of the payload.
const OUTPUT: &str = "document.querySelector(\"[role=tree] [data-field='body.data.output_file_uri']\")";

/// The whole menu is on the screen.
const WITHIN: &str = "return [...document.querySelectorAll('[role=menu]')].every((menu) => { \
     const box = menu.getBoundingClientRect(); \
     return box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight; })";

#[tokio::test]
async fn the_menu_opens_on_rows_and_values_and_by_key_and_stays_on_the_screen() {
    let window = open(Options { screen: Some((1600, 1000)), ..Options::default() }).await;
    post(&window, 30).await;
    for (width, height) in [(820, 700), (1100, 800), (1600, 1000)] {
        window.client.set_window_rect(0, 0, width, height).await.unwrap();
        window.until("the window is resized", &format!("return window.innerWidth === {width}")).await;
        right_click(&window, LAST).await;
        assert_eq!(window.script(WITHIN).await, json!(true), "{width} px: at the lower right");
        window.shots(&format!("menu-row-{width}")).await;
        window.press(ESCAPE).await;
        window.gone(&hook("context-menu")).await;
        if width < 900 {
            window.press(ESCAPE).await;
        }
    }
    // On a value of the payload, with the forms in which a delivery is copied.
    window.script("document.querySelector('[data-testid=row]').click()").await;
    let shown = format!(
        "const chosen = document.querySelector('[data-testid=row][aria-selected=true]')?.dataset.id; \
         return chosen !== undefined && chosen === document.querySelector('[data-testid=detail]').dataset.id && ({OUTPUT}) !== null"
    );
    window.until("its payload is shown", &shown).await;
    right_click(&window, OUTPUT).await;
    let told = window.script("return document.querySelector('[data-testid=context-menu]').textContent").await;
    assert!(told.as_str().unwrap().contains("data.output_file_uri"), "{told}");
    let trigger = window.wait("menu-copy-as").await;
    let over = MouseActions::new("mouse".to_owned())
        .then(PointerAction::MoveToElement { element: trigger, duration: None, x: -40., y: 0. })
        .then(PointerAction::MoveBy { duration: None, x: 20., y: 0. });
    window.client.perform_actions(over).await.unwrap();
    window.wait_css("[data-testid='menu-copy-as:pytest']").await;
    assert_eq!(window.script(WITHIN).await, json!(true), "with its second part");
    window.shots("menu-value").await;
    window.press(ESCAPE).await;
    window.gone(&hook("context-menu")).await;
    // Filter by it.
    window.until("its payload is shown", &shown).await;
    right_click(&window, OUTPUT).await;
    window.click("menu-filter").await;
    window.count_is(1).await;
    // By key, on what has the focus.
    window.wait("row").await.send_keys(SHIFT_F10).await.unwrap();
    window.wait("context-menu").await;
    window.press(ESCAPE).await;
    window.gone(&hook("context-menu")).await;
    let focused = "return document.activeElement.dataset.testid === 'row'";
    window.until("the focus is where it was", focused).await;
}

#[tokio::test]
async fn a_pin_and_its_note_last_through_a_limit() {
    let window = open(Options { screen: Some((1600, 1000)), ..Options::default() }).await;
    post(&window, 6).await;
    let oldest = "[...document.querySelectorAll('[data-testid=row]')].at(-1)";
    window.script(&format!("{oldest}.click()")).await;
    window.wait("verdict-sentence").await;
    window.press("p").await;
    window.until("it is pinned", "return document.querySelector('[data-testid=pin]').ariaPressed === 'true'").await;
    window.press("n").await;
    window.wait("note-field").await.send_keys("Only through edge-2.").await.unwrap();
    window.shots("note-editing").await;
    window.wait("note-field").await.send_keys(ENTER).await.unwrap();
    window
        .until(
            "it is kept",
            "return document.querySelector('[data-testid=note]')?.textContent.includes('edge-2') === true",
        )
        .await;
    window.shots("note").await;
    window.click("rail-settings").await;
    window.click("settings-page-history").await;
    window.wait("history-size").await;
    window.fill("keep-count", "3").await;
    window.until("it says what would go", "return document.querySelector('[data-testid=going]')?.textContent.includes('would go, the oldest first') === true").await;
    assert!(window.text("going").await.contains("1 pinned"), "{}", window.text("going").await);
    for (width, height) in [(820, 700), (1100, 800), (1600, 1000)] {
        window.client.set_window_rect(0, 0, width, height).await.unwrap();
        window.until("the window is resized", &format!("return window.innerWidth === {width}")).await;
        window.shots(&format!("history-settings-{width}")).await;
        let out = "const page = document.querySelector('[data-testid=settings]'); return page.scrollWidth <= page.clientWidth";
        assert_eq!(window.script(out).await, json!(true), "{width} px: nothing is wider than the page");
    }
    let kept = invoke(&window, "history_sizes", &json!({})).await;
    assert_eq!(kept["deliveries"], 6, "nothing goes before it is confirmed");
    window.click("keep-confirm").await;
    window.gone(&hook("going")).await;
    window.click("rail-deliveries").await;
    let rows = "const rows = [...document.querySelectorAll('[data-testid=row]')]; \
                return rows.length > 0 && rows.length < 6 && rows.at(-1).querySelector('.c-mark .pin') !== null";
    window.until("the oldest are gone, but for the pinned one", rows).await;
    window.search("note:edge-2 pinned:yes").await;
    window.count_is(1).await;
}

#[tokio::test]
async fn what_is_deleted_comes_back() {
    let window = open(Options::default()).await;
    post(&window, 5).await;
    window.click("row").await;
    window.wait("verdict-sentence").await;
    window.press(DELETE).await;
    window.count_is(4).await;
    assert!(window.text("undo-toast").await.contains("1 delivery deleted."));
    window.shots("deleted").await;
    window.press(CTRL_Z).await;
    window.count_is(5).await;
    // All of it, which is asked about, and undone where the deletions are listed.
    window.click("rail-settings").await;
    window.click("settings-page-history").await;
    window.click("delete-more").await;
    window.click("delete-all").await;
    window.shots("delete-all").await;
    window.click("confirm-yes").await;
    let listed =
        "return document.querySelector('[data-testid=deletion]')?.textContent.includes('The whole history') === true";
    window.until("it is listed", listed).await;
    window.shots("deletions").await;
    window.click("deletion-undo").await;
    window.gone(&hook("deletion")).await;
    window.click("rail-deliveries").await;
    window.count_is(5).await;
}

/// The system's dialogs are no part of the page, so the files are named to the commands behind them.
async fn export(window: &Window, path: &Path, format: &str) {
    let given = json!({ "selection": "all", "format": format, "path": path, "withCredentials": false });
    let number = invoke(window, "export_start", &given).await;
    let done = format!(
        "const list = await window.__TAURI_INTERNALS__.invoke('transfers'); return list.some((one) => one.number === {number} && one.state === 'done')"
    );
    window.until("it is exported", &done).await;
}

/// What a drop on the window calls with each path.
async fn import(window: &Window, path: &Path) -> Value {
    let number = invoke(window, "import_start", &json!({ "path": path })).await;
    let ended = format!(
        "const list = await window.__TAURI_INTERNALS__.invoke('transfers'); return list.some((one) => one.number === {number} && one.state !== 'running')"
    );
    window.until("it is imported", &ended).await;
    let list = invoke(window, "transfers", &json!({})).await;
    list.as_array().unwrap().iter().find(|one| one["number"] == number).unwrap().clone()
}

#[tokio::test]
async fn what_is_exported_is_judged_the_same_where_it_is_imported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.ndjson");
    let window = open(Options::default()).await;
    let address = window.address().await;
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    window.click("rail-deliveries").await;
    for id in ["msg_1", "msg_2"] {
        assert_eq!(send(&client(), &address, SECRET, id, BODY).await.unwrap(), 200);
    }
    let other = "whsec_YW5vdGhlciBzZWNyZXQgb2YgdGhpcnR5LXR3byBieXRlcyE=";
    assert_eq!(send(&client(), &address, other, "msg_3", BODY).await.unwrap(), 401);
    window.count_is(3).await;
    let before = verdicts(&window, "").await;
    export(&window, &file, "ndjson").await;
    window.close().await;

    let window = open(Options::default()).await;
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    let first = import(&window, &file).await;
    assert_eq!((&first["new"], &first["known"], &first["refused"]), (&json!(3), &json!(0), &json!(0)), "{first}");
    assert_eq!((&first["verified"], &first["rejected"]), (&json!(2), &json!(1)), "{first}");
    assert_eq!(verdicts(&window, "imported:yes").await, before);
    let again = import(&window, &file).await;
    assert_eq!((&again["new"], &again["known"]), (&json!(0), &json!(3)), "twice changes nothing: {again}");
    window.click("rail-settings").await;
    window.click("settings-page-history").await;
    window.wait("transfer-result").await;
    window.shots("imported").await;
    window.click("transfer-show").await;
    window.count_is(3).await;
}

#[tokio::test]
async fn a_har_of_another_tool_is_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs.har");
    let entry = |id: &str, body: &str| {
        json!({ "startedDateTime": "2026-11-20T10:00:00.000Z", "time": 12, "request": {
            "method": "POST", "url": "https://hooks.example.com/gemini", "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": [{ "name": "content-type", "value": "application/json" }, { "name": "webhook-id", "value": id }],
            "queryString": [], "headersSize": -1, "bodySize": body.len(),
            "postData": { "mimeType": "application/json", "text": body } },
          "response": { "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "cookies": [], "headers": [],
            "content": { "size": 0, "mimeType": "text/plain" }, "redirectURL": "", "headersSize": -1, "bodySize": 0 },
          "cache": {}, "timings": { "send": 1, "wait": 10, "receive": 1 } })
    };
    let har = json!({ "log": { "version": "1.2", "creator": { "name": "a browser", "version": "1" },
        "entries": [entry("msg_har_1", BODY), entry("msg_har_2", BODY)] } });
    std::fs::write(&file, har.to_string()).unwrap();
    let window = open(Options { screen: Some((1600, 1000)), ..Options::default() }).await;
    let taken = import(&window, &file).await;
    assert_eq!((&taken["format"], &taken["new"]), (&json!("har"), &json!(2)), "{taken}");
    window.count_is(2).await;
    window.search("imported:yes job:8x2k4q9v").await;
    window.count_is(2).await;
    window.press("e").await;
    window.wait("export-dialog").await;
    window.shots("export-dialog").await;
}
