//! Deliveries that arrive while the user looks at something else.

use std::sync::Arc;
use std::time::Duration;

use tests::sender::{BODY, SECRET, client, send};
use tests::window::{Options, Window, open};

async fn post(address: &Arc<str>, from: usize, to: usize) {
    let tasks: Vec<_> = (0..8)
        .map(|lane| {
            let address = address.clone();
            tokio::spawn(async move {
                let client = client();
                for index in (from..to).filter(|index| index % 8 == lane) {
                    assert_eq!(send(&client, &address, SECRET, &format!("msg_{index}"), BODY).await.unwrap(), 200);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// Ids of the rows in sight, and where the first of them stands.
async fn in_sight(window: &Window) -> String {
    let script = "const scroll = document.querySelector('[data-testid=grid]').getBoundingClientRect(); \
        return [...document.querySelectorAll('[data-testid=row]')].map((row) => [row.dataset.id, Math.round(row.getBoundingClientRect().top - scroll.top)]) \
        .filter(([, top]) => top >= 0 && top < scroll.height - 32).sort((a, b) => a[1] - b[1]).join(' ')";
    window.script(script).await.as_str().unwrap().to_owned()
}

/// The same, once it no longer changes.
async fn settled(window: &Window) -> String {
    let mut last = String::new();
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let now = in_sight(window).await;
        if !now.is_empty() && now == last {
            return now;
        }
        last = now;
    }
    panic!("the list does not settle: {last:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_deliveries_arrive_while_the_user_scrolls() {
    let window = open(Options::default()).await;
    let address: Arc<str> = window.address().await.into();
    post(&address, 0, 300).await;
    window.count_is(300).await;
    window.script("document.querySelector('[data-testid=grid]').scrollTop = 3200").await;
    window.until("rows are drawn", "return document.querySelectorAll('[data-testid=row]').length > 5").await;
    let before = settled(&window).await;

    let arriving = tokio::spawn({
        let address = address.clone();
        async move { post(&address, 300, 1300).await }
    });
    for step in 0..20 {
        let top = 3200 + (step % 5) * 640;
        window.script(&format!("document.querySelector('[data-testid=grid]').scrollTop = {top}")).await;
    }
    arriving.await.unwrap();
    window.script("document.querySelector('[data-testid=grid]').scrollTop = 3200").await;
    window.until("the pill counts them", "const pill = document.querySelector('[data-testid=new-pill]'); return pill !== null && pill.innerText.replace(/[^0-9]/g, '') === '1000'").await;
    window.until("rows are drawn", "return document.querySelectorAll('[data-testid=row]').length > 5").await;
    assert_eq!(settled(&window).await, before, "nothing in sight has moved");
    window.shots("new-pill").await;

    window.click("new-pill").await;
    window.count_is(1300).await;
    window
        .until(
            "the newest is on top",
            "const row = document.querySelector('[data-testid=row]'); return row !== null && row.dataset.id === '1300'",
        )
        .await;
    // Every one is there, once: read the whole list through the bridge.
    let script = "const [open] = arguments; const seen = new Set(); \
        const view = await window.__TAURI_INTERNALS__.invoke('view_open', { query: '' }); \
        for (let start = view.first; start < view.first + view.matched; start += 200) \
          for (const row of await window.__TAURI_INTERNALS__.invoke('view_rows', { view: view.view, start, count: 200 })) seen.add(row.message_id); \
        return seen.size";
    let seen = window
        .script(&format!("return (async () => {{ {} }})()", script.replace("const [open] = arguments;", "")))
        .await;
    assert_eq!(seen.as_u64(), Some(1300));
}
