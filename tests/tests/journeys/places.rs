//! Lists the views, panels and dialogs of the window, and how one gets there: what is to hold in each of them is checked
//! over this table, and the pictures are taken from it.

use std::time::Duration;

use fantoccini::Locator;
use tests::window::{Window, hook};

pub(crate) const ESCAPE: &str = "\u{e00c}";
const CONTROL_K: &str = "\u{e009}k\u{e000}";
const ENTER: &str = "\u{e007}";
const SHIFT_F10: &str = "\u{e008}\u{e03a}\u{e000}";
/// Shift is held: without it, Caps Lock is meant.
const SHIFT_R: &str = "\u{e008}r\u{e000}";
const DOWN_ENTER: &str = "\u{e015}\u{e007}";
const F1: &str = "\u{e031}";

/// Does one thing on the way.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// Presses a button, given by its test hook, once it can be pressed. The pointer stays where it is.
    Click(&'static str),
    /// Presses keys where the focus is.
    Keys(&'static str),
    /// Gives the focus to something, by its test hook, and presses keys there.
    KeysAt(&'static str, &'static str),
    /// Waits for what a selector finds.
    Wait(&'static str),
    /// Waits until a script gives true.
    Until(&'static str),
}

use Step::{Click, Keys, KeysAt, Until, Wait};

/// Is a view, a part of one, or what stands over it.
pub(crate) struct Place {
    /// Names it, in messages and in files.
    pub(crate) name: &'static str,
    /// Selects its element.
    pub(crate) root: &'static str,
    /// Leads there, from wherever the place before was left.
    pub(crate) way: &'static [Step],
    /// Leads out of it. A dialog gives the focus back; a view needs none.
    pub(crate) out: &'static [Step],
}

/// Chooses the delivery whose body was written again, so that its list, verdict and payload are seen.
const REWRITTEN: Step = Until(
    "const rows = [...document.querySelectorAll('[data-testid=row]')]; \
     const row = rows.find((one) => one.textContent.includes('re-serialised')); \
     if (row?.getAttribute('aria-selected') === 'false') row.click(); \
     return document.querySelector('[data-testid=verdict-sentence]')?.textContent.includes('written differently') === true",
);
/// Chooses the one that came twice. In a narrow window the detail may cover the list: then nothing is chosen anew.
const TWICE: Step = Until(
    "const row = [...document.querySelectorAll('[data-testid=row].again')][0]; \
     if (row?.getAttribute('aria-selected') === 'false') row.click(); \
     if (row === undefined && window.innerWidth < 900) return true; \
     return row?.dataset.id !== undefined && document.querySelector('[data-testid=detail]')?.dataset.id === row.dataset.id",
);
const NIGHTLY: Step = Until(
    "const select = document.querySelector('[data-testid=jobs-project]'); \
     const to = [...(select?.options ?? [])].find((one) => one.text === 'nightly')?.value; \
     if (to !== undefined && select.value !== to) { select.value = to; select.dispatchEvent(new Event('change', { bubbles: true })); } \
     return to !== undefined && (window.innerWidth < 900 || document.querySelectorAll('[data-testid=job-row]').length >= 2)",
);
/// Goes back to the list of jobs, which its detail covers in a narrow window.
const JOBS: Step = Until(
    "const back = [...document.querySelectorAll('main button')].find((one) => one.ariaLabel?.startsWith('Back to the list')); \
     if (back?.checkVisibility() === true) back.click(); \
     return document.querySelector('[data-testid=job-new]')?.checkVisibility() === true",
);
/// Chooses the batch that ended. In a narrow window its detail then covers the list.
const ENDED: Step = Until(
    "const row = document.querySelector('[data-testid=job-row][data-phase=succeeded]'); \
     if (row !== null) { window.ended = row.dataset.name; \
       const shown = document.querySelector('[data-testid=job-detail]')?.checkVisibility() === true; \
       if (row.ariaSelected === 'false' || !shown) row.click(); } \
     return window.ended !== undefined && document.querySelector('[data-testid=job-detail]')?.dataset.name === window.ended",
);
const RESULT: Step = Until(
    "const open = document.querySelector('[data-testid=job-open-result]'); \
     if (open !== null && !open.dataset.asked) { open.dataset.asked = 'yes'; open.click(); } \
     return document.querySelector('[data-testid=result-row]') !== null",
);
/// Goes to the webhook's detail, which covers the list in a narrow window.
const HOOK: Step = Until(
    "const detail = document.querySelector('[data-testid=webhook-detail]'); \
     if (detail?.checkVisibility() === true) return document.querySelector('[data-testid=rotation-lane]') !== null; \
     document.querySelector('[data-testid=webhook-item] button')?.click(); return false",
);
const CLOSE: &[Step] =
    &[Keys(ESCAPE), Until("return document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') === null")];

const fn view(name: &'static str, root: &'static str, way: &'static [Step]) -> Place {
    Place { name, root, way, out: &[] }
}

const fn dialog(name: &'static str, root: &'static str, way: &'static [Step]) -> Place {
    Place { name, root, way, out: CLOSE }
}

/// Lists them all, each group behind its view. What is around every view is checked with the first.
pub(crate) const PLACES: &[Place] = &[
    view("overview", "[data-testid=overview]", &[Click("rail-deliveries"), Keys("o"), Wait("[data-testid=overview]")]),
    view("deliveries", "body", &[Click("rail-deliveries"), Wait("[data-testid=row]"), REWRITTEN]),
    view("headers", ".detail", &[Keys("2"), Wait("#tab-headers[aria-selected=true]")]),
    view("body", ".detail", &[Keys("3"), Wait("#tab-body[aria-selected=true]")]),
    view("attempts", ".detail", &[TWICE, Keys("4"), Wait("#tab-attempts[aria-selected=true]")]),
    view("answer", ".detail", &[Keys("5"), Wait("#tab-answer[aria-selected=true]")]),
    view("replays", ".detail", &[Keys("6"), Wait("#tab-replays[aria-selected=true]")]),
    view("event", ".detail", &[Keys("1"), Wait("#tab-event[aria-selected=true]")]),
    dialog("keys", "[data-testid=key-sheet]", &[Keys("?"), Wait("[data-testid=key-sheet]")]),
    dialog("palette", "[data-testid=palette]", &[Keys(CONTROL_K), Wait("[data-testid=palette]")]),
    dialog("grammar", "[data-testid=grammar]", &[Keys(F1), Wait("[data-testid=grammar]")]),
    dialog("export", "[data-testid=export-dialog]", &[Keys("e"), Wait("[data-testid=export-dialog]")]),
    dialog("editor", "[data-testid=replay-editor]", &[Keys(SHIFT_R), Wait("[data-testid=replay-editor] .cm-content")]),
    dialog("row-menu", "[role=menu]", &[KeysAt("row", SHIFT_F10), Wait("[data-testid=context-menu]")]),
    dialog(
        "turned-away",
        "[data-testid=turned-away-dialog]",
        &[KeysAt("turned-away", ENTER), Wait("[data-testid=turned-away-dialog]")],
    ),
    dialog(
        "tunnel",
        "[data-testid=tunnel-dialog]",
        &[KeysAt("tunnel-pill", ENTER), Wait("[data-testid=tunnel-dialog]")],
    ),
    dialog("project-menu", "[role=menu]", &[KeysAt("project-menu", ENTER), Wait("[data-testid=project-add]")]),
    dialog("sample-menu", "[role=menu]", &[KeysAt("sample-menu", ENTER), Wait("[role=menu]")]),
    view(
        "compare",
        "main",
        &[
            TWICE,
            Keys("d"),
            Wait("[data-testid=compare] [data-testid=difference-words], [data-testid=compare] section"),
        ],
    ),
    view("webhooks", "main", &[Click("rail-webhooks"), HOOK]),
    dialog(
        "new-webhook",
        "[data-testid=webhook-dialog]",
        &[KeysAt("webhook-add", ENTER), Wait("[data-testid=webhook-dialog]")],
    ),
    dialog(
        "rotate",
        "[data-testid=rotate-dialog]",
        &[KeysAt("webhook-rotate", ENTER), Wait("[data-testid=rotate-go]")],
    ),
    dialog(
        "delete-webhook",
        "[data-testid=confirm]",
        &[KeysAt("webhook-delete", ENTER), Wait("[data-testid=confirm]")],
    ),
    Place {
        name: "log",
        root: "main",
        way: &[Click("log-tab"), Wait("[data-testid=action-row]")],
        out: &[Click("list-tab"), Wait("[data-testid=webhook-item]")],
    },
    view("secrets", "main", &[Click("rail-secrets"), Wait("[data-testid=secret-row]")]),
    view(
        "handler-forward",
        "main",
        &[Click("rail-handler"), Click("handler-tab-forward"), Wait("[data-testid=forward-section]")],
    ),
    view(
        "handler-faults",
        "main",
        &[Click("handler-tab-faults"), Wait("[data-testid=handler-tab-faults][aria-selected=true]")],
    ),
    view("handler-check", "main", &[Click("handler-tab-check"), Wait("[data-testid=check-form]")]),
    view("operations", "main", &[Click("rail-operations"), NIGHTLY, JOBS]),
    dialog(
        "new-job",
        "[data-testid=new-job-dialog]",
        &[KeysAt("job-new", ENTER), Wait("[data-testid=new-job-dialog]")],
    ),
    dialog(
        "open-job",
        "[data-testid=job-open-dialog]",
        &[KeysAt("job-open-by-id", ENTER), Wait("[data-testid=job-open-dialog]")],
    ),
    view("job", "main", &[ENDED]),
    view("result", "main", &[RESULT]),
    dialog(
        "result-row",
        "[data-testid=row-dialog]",
        &[KeysAt("result-row", DOWN_ENTER), Wait("[data-testid=row-dialog]")],
    ),
    view("sandbox", "main", &[Click("rail-sandbox"), Wait("[data-testid=webhook-card]")]),
    view(
        "settings",
        "main",
        &[Click("rail-settings"), Click("settings-page-general"), Wait("[data-testid=settings-projects]")],
    ),
    view(
        "settings-receiving",
        "main",
        &[Click("settings-page-receiving"), Wait("[data-testid=settings-page-receiving][aria-selected=true]")],
    ),
    view(
        "settings-checking",
        "main",
        &[Click("settings-page-checking"), Wait("[data-testid=settings-page-checking][aria-selected=true]")],
    ),
    view("settings-jobs", "main", &[Click("settings-page-jobs"), Wait("[data-testid=setting-watch-jobs]")]),
    view("settings-history", "main", &[Click("settings-page-history"), Wait("[data-testid=history-sum]")]),
    view(
        "settings-about",
        "main",
        &[Click("settings-page-about"), Wait("[data-testid=settings-page-about][aria-selected=true]")],
    ),
    view(
        "projects",
        "main",
        &[Click("settings-page-general"), Click("settings-projects"), Wait("[data-testid=projects]")],
    ),
];

/// Finds one by its name.
pub(crate) fn place(name: &str) -> &'static Place {
    PLACES.iter().find(|place| place.name == name).unwrap_or_else(|| panic!("no place {name}"))
}

/// Goes the way to a place.
pub(crate) async fn go(window: &Window, place: &Place) {
    walk(window, place.name, place.way).await;
}

/// Leaves it.
pub(crate) async fn leave(window: &Window, place: &Place) {
    walk(window, place.name, place.out).await;
}

async fn walk(window: &Window, name: &str, steps: &[Step]) {
    for step in steps {
        match step {
            Click(id) => {
                let click = format!(
                    "const one = document.querySelector('{}'); \
                     if (one === null || one.disabled || one.ariaDisabled === 'true') return false; one.click(); return true",
                    hook(id)
                );
                window.until(&format!("{name}: {id} can be pressed"), &click).await;
            }
            Keys(keys) => press(window, keys).await,
            KeysAt(id, keys) => {
                window.wait(id).await;
                let focus = format!("document.querySelector('{}').focus(); return true", hook(id));
                window.until(&format!("{name}: {id} takes the focus"), &focus).await;
                press(window, keys).await;
            }
            Wait(selector) => {
                let there = format!("return document.querySelector({selector:?}) !== null");
                window.until(&format!("{name}: {selector} is there"), &there).await;
            }
            Until(script) => window.until(name, script).await,
        }
    }
}

/// Presses keys where the focus is. What has it may be on its way out: then they go to what has it next.
pub(crate) async fn press(window: &Window, keys: &str) {
    for again in (0..100).rev() {
        // The body, if nothing has it.
        let focused = match window.client.active_element().await {
            Ok(element) => element,
            Err(_) => window.client.find(Locator::Css("body")).await.unwrap(),
        };
        match focused.send_keys(keys).await {
            Ok(()) => return,
            Err(error) if again > 0 && (error.is_element_not_interactable() || error.is_stale_element_reference()) => {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
            Err(error) => panic!("{keys:?} cannot be pressed: {error}"),
        }
    }
}
