//! Checks in every view and every dialog of the real window that it can be used by anyone: axe in the dark, in the light
//! and in forced colours, names and roles as the engine computes them, the keyboard alone, 200 %, and no motion.

use std::path::Path;

use fantoccini::elements::ElementRef;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use reqwest::{Method, Url};
use serde_json::{Value, json};
use tests::window::{Window, hook};

use crate::places::{ESCAPE, PLACES, Place, go, leave, place, press};
use crate::scene::scene;

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const DELETE: &str = "\u{e017}";

/// Gathers what is wrong, so that one run tells all of it.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn add(&mut self, place: &str, how: &str, found: &Value) {
        let found = found.as_array().unwrap_or_else(|| panic!("{place}, {how}: {found}"));
        self.0.extend(found.iter().map(|one| format!("{place}, {how}: {}", one.as_str().unwrap_or_default())));
    }

    fn check(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.0.push(what());
        }
    }

    fn close(self) {
        assert!(self.0.is_empty(), "{} things are wrong:\n  {}", self.0.len(), self.0.join("\n  "));
    }
}

/// Runs axe in a place: all rules, or those named.
async fn axe(window: &Window, root: &str, rules: Option<&[&str]>) -> Value {
    let script = format!("const root = {root:?}, rules = {}; {}", json!(rules), include_str!("scripts/axe.js"));
    window.client.execute_async(&script, Vec::new()).await.unwrap()
}

/// Runs one of the scripts for a place.
async fn run(window: &Window, root: &str, script: &str) -> Value {
    window.script(&format!("const root = {root:?}; {script}")).await
}

#[tokio::test]
async fn every_view_and_dialog_can_be_used_by_anyone() {
    let scene = scene((1360, 960)).await;
    let window = &scene.window;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/node_modules/axe-core/axe.min.js");
    window.script(&std::fs::read_to_string(source).unwrap()).await;
    let mut wrong = Wrong::default();
    for at in PLACES {
        let Place { name, root, .. } = at;
        go(window, at).await;
        window.theme("dark").await;
        wrong.add(name, "dark", &axe(window, root, None).await);
        let moving = "return document.getAnimations().map((one) => `${one.animationName ?? 'moves'} ${one.effect?.target?.className}`)";
        wrong.add(name, "without motion", &window.script(moving).await);
        window.theme("light").await;
        wrong.add(name, "light", &axe(window, root, Some(&["color-contrast"])).await);
        let rules = window.script(include_str!("scripts/forced.js")).await;
        assert!(rules.as_u64().unwrap() > 5, "the window's rules for forced colours are found: {rules}");
        wrong.add(name, "forced colours", &axe(window, root, Some(&["color-contrast"])).await);
        wrong.add(name, "forced colours", &window.script(include_str!("scripts/chosen.js")).await);
        window.script("document.adoptedStyleSheets = window.unforced").await;
        window.theme("dark").await;
        leave(window, at).await;
    }
    names(window, &mut wrong).await;
    wrong.close();
}

/// Lists controls with their role and name, as the engine gives them to whoever reads the screen aloud.
const CONTROLS: [(&str, &str, &str, &str); 18] = [
    ("deliveries", "rail-deliveries", "button", "Deliveries"),
    ("deliveries", "rail-webhooks", "button", "Webhooks"),
    ("deliveries", "project-menu", "button", "Project: all projects"),
    ("deliveries", "copy-address", "button", "Copy the address (u)"),
    ("deliveries", "send-sample", "button", "Send batch.succeeded"),
    ("deliveries", "sample-menu", "button", "Choose a sample"),
    ("deliveries", "open-palette", "button", "Commands"),
    ("deliveries", "grid", "grid", "Deliveries, newest first"),
    ("deliveries", "search-input", "combobox", "Search deliveries"),
    ("deliveries", "tab-event", "tab", "Event"),
    ("deliveries", "replay", "button", "Replay"),
    ("deliveries", "turned-away", "button", "0 turned away"),
    ("webhooks", "webhook-add", "button", "Add webhook"),
    ("webhooks", "webhook-rotate", "button", "Rotate secret…"),
    ("webhooks", "webhooks-refresh", "button", "Refresh: ask the service now"),
    ("handler-check", "check-url", "combobox", "Address of your handler"),
    ("operations", "job-grid", "grid", "Jobs"),
    ("settings", "settings-page-about", "tab", "About"),
];

async fn names(window: &Window, wrong: &mut Wrong) {
    let mut at = "";
    for (name, id, role, label) in CONTROLS {
        if name != at {
            if name == "handler-check" {
                go(window, place("handler-forward")).await;
            }
            go(window, place(name)).await;
            at = name;
        }
        let element = window.wait(id).await.element_id();
        let computed = |what| computed(window, element.clone(), what);
        let (its_role, its_label) = (computed("computedrole").await, computed("computedlabel").await);
        wrong.check(its_role == role && its_label.starts_with(label), || {
            format!("{name}: {id} is {its_role:?} {its_label:?}, and should be {role:?} {label:?}")
        });
    }
}

/// Asks for what an element is to whoever reads the screen aloud (WebDriver, 12.4.10 and 12.4.11).
#[derive(Debug)]
struct Computed(ElementRef, &'static str);

impl WebDriverCompatibleCommand for Computed {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/element/{}/{}", session.unwrap_or_default(), self.0, self.1))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::GET, None)
    }
}

async fn computed(window: &Window, element: ElementRef, what: &'static str) -> String {
    let answer: Result<Value, CmdError> = window.client.issue_cmd(Computed(element, what)).await;
    answer.unwrap().as_str().unwrap_or_default().to_owned()
}

/// Tells what has the focus, by its test hook; `body` if nothing has it.
const FOCUSED: &str = "const one = document.activeElement; \
                       return one === null || one === document.body ? 'body' : (one.closest('[data-testid]')?.dataset.testid ?? one.tagName)";

async fn focused(window: &Window) -> String {
    window.script(FOCUSED).await.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_keyboard_reaches_everything_and_never_loses_its_place() {
    let scene = scene((1360, 960)).await;
    let window = &scene.window;
    let mut wrong = Wrong::default();

    // Each view, by Tab and Enter alone.
    for view in ["webhooks", "secrets", "handler", "operations", "sandbox", "settings", "deliveries"] {
        window.script("document.activeElement?.blur()").await;
        let rail = format!("rail-{view}");
        let mut presses = 0;
        while focused(window).await != rail && presses < 40 {
            press(window, TAB).await;
            presses += 1;
        }
        wrong.check(presses < 40, || format!("Tab does not reach {rail}"));
        press(window, ENTER).await;
        let there = format!("return document.querySelector('{}')?.ariaCurrent === 'page'", hook(&rail));
        window.until(&format!("{view} is shown"), &there).await;
    }

    // Rings, and where the focus goes when what had it is gone.
    for at in PLACES {
        let Place { name, root, out, .. } = at;
        go(window, at).await;
        let rings = run(window, root, include_str!("scripts/rings.js")).await;
        wrong.check(rings["reached"].as_u64() > Some(0), || format!("{name}: Tab reaches nothing"));
        wrong.add(name, "the focus", &rings["without"]);
        leave(window, at).await;
        if !out.is_empty() {
            let kept = "return document.activeElement !== null && document.activeElement !== document.body";
            wrong.check(settles(window, kept).await, || format!("{name}: after it the focus is nowhere"));
        }
    }
    twice_as_large(window, &mut wrong).await;
    rows(window, &mut wrong).await;
    wrong.close();
}

/// Waits up to a second for a script to give true.
async fn settles(window: &Window, script: &str) -> bool {
    let script = format!(
        "const done = arguments[0], holds = () => {{ {script} }}, end = performance.now() + 1000; \
         const look = () => holds() ? done(true) : performance.now() > end ? done(false) : requestAnimationFrame(look); look()"
    );
    window.client.execute_async(&script, Vec::new()).await.unwrap() == true
}

/// Takes rows away: they leave the focus with their neighbours.
async fn rows(window: &Window, wrong: &mut Wrong) {
    go(window, place("deliveries")).await;
    let chosen = "const row = document.querySelector('[data-testid=row][aria-selected=true]'); row?.focus(); return row?.dataset.id ?? ''";
    let before = window.script(chosen).await;
    press(window, DELETE).await;
    let gone = format!(
        "return document.querySelector('[data-testid=row][data-id=\"{}\"]') === null",
        before.as_str().unwrap()
    );
    window.until("the chosen delivery is deleted", &gone).await;
    let in_list = "return document.activeElement?.closest('[data-testid=grid]') != null";
    wrong.check(settles(window, in_list).await, || "a delivery that is deleted takes the focus with it".to_owned());

    go(window, place("webhooks")).await;
    let count = "document.querySelectorAll('[data-testid=place-row]').length";
    let places = window.script(&format!("return {count}")).await.as_u64().unwrap();
    window.script("document.querySelector('[data-testid=place-row] button').focus()").await;
    press(window, ENTER).await;
    window.until("a place is removed", &format!("return {count} === {}", places - 1)).await;
    let in_card = "return document.activeElement?.closest('section') != null";
    wrong.check(settles(window, in_card).await, || "a place that is removed takes the focus with it".to_owned());

    go(window, place("secrets")).await;
    let count = "document.querySelectorAll('[data-testid=secret-row]').length";
    let secrets = window.script(&format!("return {count}")).await.as_u64().unwrap();
    window
        .script("[...document.querySelectorAll('[data-testid=secret-remove]')].find((one) => one.ariaDisabled !== 'true').focus()")
        .await;
    press(window, ENTER).await;
    window.until("a secret is removed", &format!("return {count} === {}", secrets - 1)).await;
    let in_view = "return document.activeElement?.closest('[data-testid=secrets]') != null";
    wrong.check(settles(window, in_view).await, || "a secret that is removed takes the focus with it".to_owned());
}

/// Makes the window half as large, which is what 200 % leaves of 1360 × 960 px.
async fn twice_as_large(window: &Window, wrong: &mut Wrong) {
    window.client.set_window_rect(0, 0, 680, 480).await.unwrap();
    window.until("the window is half as large", "return window.innerWidth === 680 && window.innerHeight === 480").await;
    window.script("document.querySelector('[data-testid=rail-deliveries]').click()").await;
    // The detail covers the list there: back to it.
    press(window, ESCAPE).await;
    for at in PLACES {
        let Place { name, root, .. } = at;
        // Menus are as wide as their words, and scroll.
        if name.ends_with("-menu") {
            continue;
        }
        go(window, at).await;
        wrong.add(name, "at 200 %", &run(window, root, include_str!("scripts/fits.js")).await);
        leave(window, at).await;
        if matches!(*name, "overview" | "event") {
            press(window, ESCAPE).await;
        }
    }
    window.client.set_window_rect(0, 0, 1360, 960).await.unwrap();
    window.until("the window is as large as before", "return window.innerWidth === 1360").await;
}
