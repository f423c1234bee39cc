//! The palette: what can be done and where one can go, by name, and whatever a pasted id leads to.

use tests::sender::{BODY, SECRET, client, send};
use tests::window::{Options, Window, hook, open};

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const CTRL_K: &str = "\u{e009}k\u{e000}";

/// Opens it while the Deliveries of the rail have the focus, and types.
async fn palette(window: &Window, text: &str) {
    window.wait("rail-deliveries").await.send_keys(CTRL_K).await.unwrap();
    let focused = "return document.activeElement?.dataset.testid === 'palette-input'";
    window.until("the field has the focus", focused).await;
    if !text.is_empty() {
        window.wait("palette-input").await.send_keys(text).await.unwrap();
    }
}

/// The field names an entry, which says this.
async fn chosen(window: &Window, text: &str) {
    let script = format!(
        "const field = document.querySelector('[data-testid=palette-input]'); \
         const entry = document.getElementById(field.getAttribute('aria-activedescendant')); \
         return entry?.getAttribute('role') === 'option' && entry.textContent.replace(/\\s/g, ' ').includes({text:?})"
    );
    window.until(&format!("{text} is chosen"), &script).await;
}

/// Types a key into its field.
async fn key(window: &Window, key: &str) {
    window.wait("palette-input").await.send_keys(key).await.unwrap();
}

async fn closed(window: &Window) {
    window.gone(&hook("palette")).await;
}

#[tokio::test]
async fn the_palette_runs_goes_explains_and_gives_the_focus_back() {
    let window = open(Options::default()).await;
    let address = window.address().await;
    for id in ["msg_first", "msg_second"] {
        assert_eq!(send(&client(), &address, SECRET, id, BODY).await.unwrap(), 200);
    }
    window.count_is(2).await;

    palette(&window, "").await;
    window.shots("palette").await;
    key(&window, "verify again").await;
    chosen(&window, "no delivery is chosen").await;
    key(&window, ENTER).await;
    let told = "return document.querySelector('[data-testid=palette-told]')?.textContent === \
                'Verify again: no delivery is chosen.'";
    window.until("the reason is told", told).await;
    window.shots("palette-disabled").await;
    key(&window, ESCAPE).await;
    closed(&window).await;
    let back = "return document.activeElement?.dataset.testid === 'rail-deliveries'";
    window.until("the focus is where it was", back).await;

    palette(&window, "msg_first").await;
    chosen(&window, "Unchecked").await;
    window.shots("palette-id").await;
    key(&window, ENTER).await;
    closed(&window).await;
    window.wait_css("[data-testid=detail][data-id='1']").await;

    palette(&window, "pin").await;
    chosen(&window, "Pin, or unpin").await;
    key(&window, ENTER).await;
    closed(&window).await;
    window.until("it is pinned", "return document.querySelector('[data-testid=pin]').ariaPressed === 'true'").await;

    palette(&window, "tolerance").await;
    chosen(&window, "300 s").await;
    key(&window, ENTER).await;
    closed(&window).await;
    let field = "return document.activeElement?.dataset.testid === 'setting-tolerance'";
    window.until("the setting has the focus", field).await;

    palette(&window, "").await;
    let recent = "return document.querySelector('[data-testid=palette] [role=group]')?.ariaLabel === 'Recent'";
    window.until("what was chosen comes first", recent).await;
    chosen(&window, "Time tolerance").await;
    window.shots("palette-recent").await;
    key(&window, "no command is called this").await;
    window.wait("palette-none").await;
    window.shots("palette-none").await;
}
