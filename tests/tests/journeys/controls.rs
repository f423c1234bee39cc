//! What the real engine draws and does: boxes, its menu, the focus, emoji, memory.

use fantoccini::actions::{InputSource as _, MOUSE_BUTTON_RIGHT, MouseActions, PointerAction};
use serde_json::{Value, json};
use tests::sender::client;
use tests::window::{Options, Window, hook, open};

/// Whether the menu is kept from opening on the first element that a selector finds.
async fn suppressed(window: &Window, selector: &str) -> bool {
    window.wait_css(selector).await;
    let script = format!(
        "return !document.querySelector({selector:?}).dispatchEvent(new MouseEvent('contextmenu', {{ bubbles: true, cancelable: true }}))"
    );
    window.script(&script).await == true
}

#[tokio::test]
async fn the_engines_menu_opens_on_text_fields_only() {
    let window = open(Options::default()).await;
    window.click("first-sample").await;
    window.count_is(1).await;
    window.click("row").await;
    window.wait("verdict-sentence").await;
    for selector in
        ["[data-testid=row]", "[data-testid=verdict-sentence]", "[data-testid=rail-settings]", "main", "body"]
    {
        assert!(suppressed(&window, selector).await, "{selector}");
    }
    assert!(!suppressed(&window, "[data-testid=search-input]").await);
    window.press("\u{e00c}").await;
    window.gone("[data-testid=context-menu]").await;
    // With the mouse, as its user does.
    window.script("window.addEventListener('contextmenu', (event) => { window.menu = event.defaultPrevented; })").await;
    let row = window.wait("row").await;
    let right = MouseActions::new("mouse".to_owned())
        .then(PointerAction::MoveToElement { element: row, duration: None, x: 40., y: 0. })
        .then(PointerAction::Down { button: MOUSE_BUTTON_RIGHT })
        .then(PointerAction::Up { button: MOUSE_BUTTON_RIGHT });
    window.client.perform_actions(right).await.unwrap();
    window.until("it was asked for, and did not open", "return window.menu === true").await;
    // Ours stands there instead.
    window.wait("context-menu").await;
    window.press("\u{e00c}").await;
    window.gone("[data-testid=context-menu]").await;
    // The editor of code is a field.
    window.press("\u{e008}r\u{e000}").await;
    assert!(!suppressed(&window, "[data-testid=body-code]").await);
    assert!(suppressed(&window, "[data-testid=preview]").await, "what is only shown there");
}

/// Colours of the first element with a test hook, and of what it stands on, as the engine computes them.
const LOOK: &str = "
    const box = document.querySelector('SELECTOR');
    const style = getComputedStyle(box);
    const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
    let ground = box.parentElement;
    while (ground && (numbers(getComputedStyle(ground).backgroundColor)[3] ?? 1) < 1) ground = ground.parentElement;
    const light = (colour) => { const [r, g, b] = numbers(colour).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const contrast = (a, b) => { const [hi, lo] = [light(a), light(b)].sort((x, y) => y - x); return (hi + 0.05) / (lo + 0.05); };
    const on = getComputedStyle(ground).backgroundColor;
    return { appearance: style.appearance, border: contrast(style.borderTopColor, on), inside: contrast(style.backgroundColor, on), sign: getComputedStyle(box, '::before').visibility };";

async fn look(window: &Window, id: &str) -> Value {
    window.wait(id).await;
    window.script(&LOOK.replace("SELECTOR", &hook(id))).await
}

#[tokio::test]
async fn a_box_that_is_not_ticked_does_not_look_ticked() {
    let window = open(Options::default()).await;
    window.click("rail-handler").await;
    window.click("handler-tab-check").await;
    for theme in ["dark", "light"] {
        window.theme(theme).await;
        let (ticked, empty) = (look(&window, "check-scheme-v1").await, look(&window, "check-scheme-v1a").await);
        for (box_, sign) in [(&ticked, "visible"), (&empty, "hidden")] {
            assert_eq!((&box_["appearance"], &box_["sign"]), (&json!("none"), &json!(sign)), "{theme}: {box_}");
            assert!(box_["border"].as_f64().unwrap() >= 3.0, "{theme}: {box_}");
        }
        // What is not ticked is as dark as what it stands on, and what is ticked is not.
        assert!(empty["inside"].as_f64().unwrap() < 1.3, "{theme}: {empty}");
        assert!(ticked["inside"].as_f64().unwrap() >= 3.0, "{theme}: {ticked}");
    }
    window.shots("boxes").await;
}

#[tokio::test]
async fn emoji_are_whole_and_joiners_elsewhere_are_marked() {
    let window = open(Options::default()).await;
    let known = "return new RegExp('^\\\\p{RGI_Emoji}$', 'v').test('\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}')";
    assert_eq!(window.script(known).await, true, "the engine knows what is drawn as one");
    let address = window.address().await;
    let family = "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}\u{200D}\u{1F466}";
    let body = json!({
        "type": format!("batch.{family}"),
        "version": "v1",
        "data": { "id": "a\u{200D}b", "note": "\u{9b}\u{202e}\u{ad}\u{61c}\u{2028}\u{180e}\u{e0041}x\u{fe0f}", "flag": "\u{1F3F3}\u{FE0F}\u{200D}\u{1F308}" },
    });
    client().post(&address).body(serde_json::to_string(&body).unwrap()).send().await.unwrap();
    window.click("row").await;
    window.wait("verdict-sentence").await;
    window.shots("emoji").await;
    let shown = window.script("return document.body.innerText").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains(&format!("batch.{family}")), "{shown}");
    assert!(shown.contains("\u{1F3F3}\u{FE0F}\u{200D}\u{1F308}"), "{shown}");
    for mark in ["U+009B", "U+202E", "U+00AD", "U+061C", "U+2028", "U+180E", "U+E0041", "U+FE0F", "U+200D"] {
        assert!(shown.contains(mark), "{mark}: {shown}");
    }
    for hidden in ['\u{9b}', '\u{202e}', '\u{ad}', '\u{61c}', '\u{2028}', '\u{180e}', '\u{e0041}'] {
        assert!(!shown.contains(hidden), "{hidden:?}");
    }
}

#[tokio::test]
async fn a_number_leads_to_the_tab_that_it_opens() {
    let window = open(Options::default()).await;
    window.click("first-sample").await;
    window.count_is(1).await;
    window.wait("verdict-sentence").await;
    for (key, tab) in [("3", "body"), ("6", "replays"), ("1", "event")] {
        window.press(key).await;
        let at = format!(
            "return document.activeElement?.id === 'tab-{tab}' && document.activeElement.ariaSelected === 'true'"
        );
        window.until(&format!("the focus is on {tab}"), &at).await;
    }
    window.click("sample-menu").await;
    window.wait("sample-batch.succeeded").await;
    let edges = "const all = [...document.querySelectorAll('.sample-menu .hint')].map((one) => Math.round(one.getBoundingClientRect().left)); \
                 return all.length > 5 && new Set(all).size === 1";
    window.until("all descriptions start at one x", edges).await;
    window.shots("samples").await;
}

#[tokio::test]
async fn the_window_leaves_no_dumps() {
    let window = open(Options::default()).await;
    let [pid] = window.processes("pollux-app")[..] else { panic!("one window runs") };
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{core}");
}
