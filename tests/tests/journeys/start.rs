//! A history that does not open, and the ways on that the window offers.

use std::fs;
use std::path::{Path, PathBuf};

use tests::sender::{BODY, SECRET, client, send};
use tests::window::{Options, RENDERER, Window, hook, open, open_as_it_is};

const DRAWN: &str = "return document.querySelector('[data-testid=first-start], [data-testid=grid]') !== null";

/// A home with a history, as an earlier run left it.
async fn left_behind(folder: &Path) -> PathBuf {
    let home = folder.join("home");
    fs::create_dir_all(&home).unwrap();
    let store = store::Store::open(&home.join("pollux.db"), store::Options::default()).unwrap();
    store.settings().set("settings", &serde_json::json!({ "port": null })).await.unwrap();
    store.close().await;
    home
}

async fn offers(window: &Window) -> Vec<bool> {
    window.wait("fatal").await;
    let mut offered = Vec::new();
    for id in ["history-aside", "history-other", "start-again"] {
        offered.push(window.script(&format!("return document.querySelector('{}') !== null", hook(id))).await == true);
    }
    offered
}

#[tokio::test]
async fn a_history_that_does_not_open_is_moved_aside_and_a_new_one_started() {
    let folder = tempfile::tempdir().unwrap();
    let home = left_behind(folder.path()).await;
    let database = home.join("pollux.db");
    rusqlite::Connection::open(&database).unwrap().execute_batch("PRAGMA user_version = 9999").unwrap();
    let before = fs::read(&database).unwrap();
    let window = open_as_it_is(Options { home: Some(home.clone()), ..Options::default() }).await;
    assert_eq!(offers(&window).await, [true, true, false], "to try a newer history again cannot help");
    window.shots("start-failed").await;

    window.click("history-aside").await;
    window.until("the window is there", DRAWN).await;
    let kept = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().path()).find(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("pollux-20") && name.ends_with(".db")
    });
    let kept = kept.expect("it is renamed, with the date");
    // A toast comes into sight slowly, and has no visible text until then.
    let told = format!(
        "return document.querySelector('[data-testid=toast]')?.textContent.includes({:?}) === true",
        kept.display().to_string()
    );
    window.until("it is told where the old one is", &told).await;
    assert!(fs::read(&kept).unwrap() == before, "and not changed");
    window.shots("start-anew").await;
    window.click("send-sample").await;
    window.count_is(1).await;
}

#[tokio::test]
async fn a_lock_that_is_let_go_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let home = left_behind(folder.path()).await;
    let holder = rusqlite::Connection::open(home.join("pollux.db")).unwrap();
    holder.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; CREATE TABLE held (x)").unwrap();
    let window = open_as_it_is(Options { home: Some(home.clone()), ..Options::default() }).await;
    assert_eq!(offers(&window).await, [false, true, true], "another name does not let go of a lock");
    window.shot("start-locked").await;
    holder.execute_batch("ROLLBACK").unwrap();
    drop(holder);
    window.click("start-again").await;
    window.until("the window is there", DRAWN).await;
    assert_eq!(
        fs::read_dir(&home)
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("pollux-20") })
            .count(),
        0,
        "nothing was moved"
    );
}

/// The screen of the tests has no graphics card.
#[tokio::test]
async fn without_a_graphics_card_the_window_is_drawn_without_emulated_opengl() {
    let window = open(Options { as_drawn: true, ..Options::default() }).await;
    let processes = window.processes("pollux-app");
    let [pid] = processes[..] else { panic!("one window: {processes:?}") };
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
    let set = format!("{RENDERER}=1");
    assert!(environment.split(|byte| *byte == 0).any(|one| one == set.as_bytes()), "{set} is not set");
    window.click("send-sample").await;
    window.wait("row").await;
    window.newest_is("verified", "valid").await;
    window.close().await;
}

/// As after a crash that damaged the file: it opens, the check in the background finds it, and the window saves the rest.
#[tokio::test]
async fn damage_after_an_unclean_end_is_told_and_the_rest_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let home = left_behind(folder.path()).await;
    let database = home.join("pollux.db");
    let path = database.display().to_string();
    let mut listening = tests::listen::start(&home, &["--db", &path, "--secret", SECRET]);
    let client = client();
    for n in 0..200 {
        send(&client, &listening.address, SECRET, &format!("msg_{n}"), BODY).await.unwrap();
        listening.line();
    }
    assert!(listening.interrupt().success());
    tests::damage::overwrite_leaf(&database, "delivery_content");
    fs::write(home.join("pollux.db-mark"), "pollux-mark 1 open 00000000000000000200 00000001767225600000\n").unwrap();

    let window = open_as_it_is(Options { home: Some(home.clone()), ..Options::default() }).await;
    window.until("the window is there", DRAWN).await;
    window.wait("history-damaged").await;
    let says =
        "return document.querySelector('[data-testid=history-damaged]').textContent.includes('of 200 deliveries')";
    window.until("it says what is lost", says).await;
    window.shots("history-damaged").await;
    window.click("health-details").await;
    window.wait("health").await;
    window.shots("history-damaged-details").await;

    window.click("health-card-recover").await;
    window.wait("confirm").await;
    window.shot("history-recover-asks").await;
    window.click("confirm-yes").await;
    let told = "return [...document.querySelectorAll('[data-testid=toast]')].some((one) =>
        one.textContent.includes('Recovered') && one.textContent.includes('pollux-20'))";
    window.until("it is told what was recovered, and where the damaged one is", told).await;
    window.until("the alarm is gone", "return document.querySelector('[data-testid=history-damaged]') === null").await;
    window.shots("history-recovered").await;
    window.click("health-check").await;
    let sound = "return document.querySelector('[data-testid=health]').dataset.state === 'sound'";
    window.until("the new one is sound", sound).await;
    window.shot("history-sound").await;
}
