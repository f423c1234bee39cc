//! Holds the window against its kept pictures. Those of README and of the pages are among them, so that they show the
//! window as it is. `make screenshots` writes them all.

use std::path::{Path, PathBuf};

use fantoccini::actions::{InputSource as _, MouseActions, PointerAction};
use tests::pictures::Album;
use tests::window::Window;

use crate::places::{ESCAPE, Place, go, leave, place, press};
use crate::scene::scene;

/// Gives the size of the window as it opens.
const SIZE: (u32, u32) = (1360, 860);
const COUNTED: &str = "return /[1-9]/.test(document.querySelector('[data-testid=overview-total]')?.textContent ?? '')";

/// Is one state of the window, in one or both themes.
struct State {
    name: &'static str,
    /// Names its place in the table.
    place: &'static str,
    themes: &'static [&'static str],
    /// Says that it stands on a page: then it is kept there.
    on_page: bool,
}

const BOTH: &[&str] = &["dark", "light"];
const DARK: &[&str] = &["dark"];
const LIGHT: &[&str] = &["light"];

const fn state(place: &'static str, themes: &'static [&'static str]) -> State {
    State { name: place, place, themes, on_page: false }
}

const STATES: &[State] = &[
    state("palette", DARK),
    State { name: "window", place: "deliveries", themes: BOTH, on_page: true },
    state("attempts", LIGHT),
    state("editor", DARK),
    state("compare", DARK),
    State { name: "rotation", place: "webhooks", themes: BOTH, on_page: true },
    state("new-webhook", LIGHT),
    state("handler-check", LIGHT),
    state("result", DARK),
    state("sandbox", DARK),
    state("settings", LIGHT),
];

#[tokio::test]
async fn the_window_looks_as_it_was_kept() {
    let scene = scene(SIZE).await;
    let window = &scene.window;
    let mut album = Album::open();
    // Nothing is pointed at.
    let away = MouseActions::new("mouse".to_owned()).then(PointerAction::MoveTo { duration: None, x: 0., y: 0. });
    window.client.perform_actions(away).await.unwrap();

    window.theme("dark").await;
    // Opened anew, so that it is counted for the day at which time was stopped. Nothing is chosen yet.
    go(window, place("secrets")).await;
    go(window, place("overview")).await;
    window.until("today is counted", COUNTED).await;
    take(window, &mut album, &kept("overview-dark")).await;
    for State { name, place: at, themes, on_page } in STATES {
        let at = place(at);
        reach(window, at).await;
        for theme in *themes {
            window.theme(theme).await;
            let name = format!("{name}-{theme}");
            let path = if *on_page { page(&name) } else { kept(&name) };
            take(window, &mut album, &path).await;
        }
        window.theme("dark").await;
        leave(window, at).await;
    }
    narrow(window, &mut album).await;
    empty(window, &mut album).await;
    album.close();
}

/// Goes to a place that has no view of its own by way of its view, which stands before it in the table.
async fn reach(window: &Window, at: &Place) {
    let view = match at.name {
        "attempts" | "editor" => Some("deliveries"),
        "new-webhook" => Some("webhooks"),
        "compare" => Some("event"),
        "handler-check" => Some("handler-forward"),
        "result" => Some("job"),
        _ => None,
    };
    match at.name {
        "compare" => go(window, place("deliveries")).await,
        "result" => go(window, place("operations")).await,
        _ => {}
    }
    if let Some(view) = view {
        go(window, place(view)).await;
    }
    go(window, at).await;
}

/// Makes the window narrow: below 900 px the detail covers the list.
async fn narrow(window: &Window, album: &mut Album) {
    go(window, place("deliveries")).await;
    window.client.set_window_rect(0, 0, 820, 860).await.unwrap();
    window.until("the window is narrow", "return window.innerWidth === 820").await;
    take(window, album, &kept("narrow-detail-dark")).await;
    press(window, ESCAPE).await;
    window
        .until("the list is back", "return document.querySelector('[data-testid=row]')?.checkVisibility() === true")
        .await;
    take(window, album, &kept("narrow-list-dark")).await;
    window.client.set_window_rect(0, 0, SIZE.0, SIZE.1).await.unwrap();
    window.until("the window is wide", &format!("return window.innerWidth === {}", SIZE.0)).await;
}

/// Deletes all deliveries, which is the last thing here: somebody new has none.
async fn empty(window: &Window, album: &mut Album) {
    window.script("return window.__TAURI_INTERNALS__.invoke('deliveries_delete', { selection: 'all' })").await;
    window.wait("first-start").await;
    let counted = "return document.querySelector('[data-testid=kept]').textContent.startsWith('0 kept')";
    window.until("what is kept is counted anew", counted).await;
    window.theme("dark").await;
    take(window, album, &kept("first-start-dark")).await;
    window.theme("light").await;
    take(window, album, &kept("first-start-light")).await;
}

/// Takes a picture once all is there and nothing has the focus by chance.
async fn take(window: &Window, album: &mut Album, path: &Path) {
    window.until("texts are what they are in every run", include_str!("scripts/same.js")).await;
    // The last of it may be drawn a frame later: two pictures that are alike say that all is there.
    let mut picture = window.picture().await;
    for _ in 0..10 {
        let next = window.picture().await;
        if next == picture {
            break;
        }
        picture = next;
    }
    album.add(path, &picture);
}

fn kept(name: &str) -> PathBuf {
    tests::fixture("pictures").join(format!("{name}.png"))
}

fn page(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.github/docs")).join(format!("{name}.png"))
}
