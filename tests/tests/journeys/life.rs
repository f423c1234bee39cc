//! Starting, ending, starting again.

use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::window::{Options, open};

#[tokio::test]
async fn a_taken_port_is_told_and_the_next_free_one_is_a_click_away() {
    // Below the ports that the system gives to connections, so that the next one stays free.
    let held = (20_000..30_000).find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()).unwrap();
    let port = held.local_addr().unwrap().port();
    let window = open(Options { port: Some(port), ..Options::default() }).await;
    let told = window.text("listener-failed").await;
    assert!(told.contains(&port.to_string()) && told.contains("in use"), "{told}");
    window.shots("port-taken").await;
    window.click("use-next-port").await;
    let address = window.address().await;
    assert!(!address.contains(&format!(":{port}/")), "{address}");
    assert_eq!(tests::sender::client().post(&address).body("{}").send().await.unwrap().status(), 200);
    window.newest_is("unchecked", "no_secret").await;
}

#[tokio::test]
async fn closing_ends_in_order_and_the_next_start_shows_the_history() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let options = || Options { home: Some(home.clone()), ..Options::default() };
    let window = open(options()).await;
    window.click("first-sample").await;
    window.count_is(1).await;
    window.client.set_window_rect(40, 30, 1100, 720).await.unwrap();
    window.until("the window is resized", "return window.innerWidth === 1100").await;
    window.wait("splitter").await.send_keys("\u{e012}\u{e012}\u{e012}").await.unwrap();
    let split = "return document.querySelector('[data-testid=splitter]').getAttribute('aria-valuenow')";
    let moved = window.script(split).await;
    assert_ne!(moved, "50", "the arrow keys move the split");
    // It is remembered once the hand is still.
    tokio::time::sleep(Duration::from_secs(1)).await;
    window.close().await;
    assert!(!home.join("pollux.db-wal").exists(), "the write-ahead log is folded in and gone");
    let window = open(options()).await;
    window.count_is(1).await;
    window.newest_is("verified", "valid").await;
    assert_eq!(window.script("return window.innerWidth").await, 1100, "the size is remembered");
    assert_eq!(window.script(split).await, moved, "the split is remembered");
}

#[tokio::test]
async fn a_second_start_shows_the_window_of_the_first() {
    let window = open(Options::default()).await;
    let [first] = window.processes("pollux-app")[..] else {
        panic!("one window runs: {:?}", window.processes("pollux-app"))
    };
    let environment = std::fs::read(format!("/proc/{first}/environ")).unwrap();
    let variables = environment.split(|byte| *byte == 0).filter_map(|entry| {
        let text = String::from_utf8(entry.to_vec()).ok()?;
        text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
    });
    let mut second = Command::new(tests::binary())
        .env_clear()
        .envs(variables.filter(|(name, _)| !name.contains("AUTOMATION") && name != "WEBKIT_INSPECTOR_SERVER"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = second.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > Duration::from_secs(15) {
            second.kill().unwrap();
            panic!("the second start stayed");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(status.success());
    assert_eq!(window.processes("pollux-app"), [first]);
    window.click("first-sample").await;
    window.count_is(1).await;
}

#[tokio::test]
async fn a_history_of_a_newer_version_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    std::fs::create_dir_all(&home).unwrap();
    let database = home.join("pollux.db");
    let store = store::Store::open(&database, store::Options::default()).unwrap();
    store.settings().set("settings", &serde_json::json!({ "port": null })).await.unwrap();
    store.close().await;
    let raise = |version: &str| {
        rusqlite::Connection::open(&database)
            .unwrap()
            .execute_batch(&format!("PRAGMA user_version = {version}"))
            .unwrap();
    };
    raise("9999");
    let window = tests::window::open_as_it_is(Options { home: Some(home.clone()), ..Options::default() }).await;
    window.until("it is told", "return document.body.innerText.includes('newer version of Pollux')").await;
    window.shots("newer-history").await;
}
