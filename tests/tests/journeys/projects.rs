//! Projects: added with a checked key, renamed, removed and brought back.

use tests::emulating::Emulator;
use tests::sender::{BODY, SECRET};
use tests::window::{Options, hook, open};

use crate::managed::{add_project, leaked_nowhere, open_project_dialog};

/// The row of a project in the table, by its name.
fn row(name: &str) -> String {
    format!(
        "[...document.querySelectorAll('[data-testid=project-row]')].find((row) => row.innerText.includes({name:?}))"
    )
}

#[tokio::test]
async fn a_project_is_added_renamed_removed_and_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let service = Emulator::start(folder.path(), &[]);
    let window = open(Options::default()).await;
    open_project_dialog(&window).await;
    window.fill("project-name", "Nightly eval").await;
    window.fill("project-base-url", &service.origin).await;
    window.fill("project-key", "not-the-right-key").await;
    window.click("project-check").await;
    window
        .until(
            "the service's own words are shown",
            "return document.querySelector('[data-testid=project-check-result]')?.innerText.includes('API key not valid')",
        )
        .await;
    window.shots("project-refused").await;
    window.fill("project-key", &service.api_key).await;
    window.click("project-check").await;
    window
        .until(
            "it works",
            "return document.querySelector('[data-testid=project-check-result]')?.innerText.includes('0 webhooks')",
        )
        .await;
    window.shots("project-dialog").await;
    window.click("project-save").await;
    window.gone(&hook("project-save")).await;

    window.click("project-menu").await;
    window.click("project-manage").await;
    window.until("it is listed", &format!("return {} !== undefined", row("Nightly eval"))).await;
    let path = window.script(&format!("return {}.innerText", row("Nightly eval"))).await;
    assert!(path.as_str().unwrap().contains("nightly-eval"), "{path}");
    assert!(!path.as_str().unwrap().contains(&service.api_key));
    window.shots("projects").await;

    window.script(&format!("{}.querySelector('[data-testid=project-edit]').click()", row("Nightly eval"))).await;
    window.fill("project-name", "Weekly eval").await;
    window.click("project-save").await;
    window.gone(&hook("project-save")).await;
    window.until("it is renamed", &format!("return {} !== undefined", row("Weekly eval"))).await;

    window.script(&format!("{}.querySelector('[data-testid=project-remove]').click()", row("Weekly eval"))).await;
    window.script("document.querySelector('[data-testid=confirm-yes]')?.click()").await;
    window.until("it is gone", &format!("return {} === undefined", row("Weekly eval"))).await;
    window
        .until(
            "it can be undone",
            "const undo = [...document.querySelectorAll('[data-testid=toast] button')].find((button) => button.innerText.includes('Undo')); \
             undo?.click(); return undo !== undefined",
        )
        .await;
    window.until("it is back", &format!("return {} !== undefined", row("Weekly eval"))).await;
    leaked_nowhere(window.folder(), &[&service.api_key]);
}

#[tokio::test]
async fn a_key_of_the_environment_is_offered_and_kept_in_the_keychain() {
    let folder = tempfile::tempdir().unwrap();
    let service = Emulator::start(folder.path(), &[]);
    let environment = vec![("GEMINI_API_KEY", service.api_key.clone())];
    let window = open(Options { keychain: true, environment, ..Options::default() }).await;
    open_project_dialog(&window).await;
    window.fill("project-name", "nightly").await;
    window.fill("project-base-url", &service.origin).await;
    window.click("project-environment").await;
    window.click("project-save").await;
    window.gone(&hook("project-save")).await;
    window.click("rail-webhooks").await;
    window.click("webhook-add").await;
    window.fill("webhook-name", "kept").await;
    window.wait("webhook-event-batch.succeeded").await;
    window
        .script("const box = document.querySelector('[data-testid=\"webhook-event-batch.succeeded\"]'); if (!box.checked) box.click()")
        .await;
    window.click("webhook-save").await;
    window.wait_css("[data-testid=secret-dialog][data-stored=true]").await;
    assert!(window.text("secret-dialog").await.to_lowercase().contains("keychain"));
    window.click("secret-show").await;
    let secret = window.text("secret-text").await;
    window.click("secret-done").await;
    assert!(!window.home.join("secrets.json").exists());
    leaked_nowhere(window.folder(), &[&service.api_key, secret.trim()]);

    window.click("webhook-ping").await;
    window.wait_css("[data-testid=webhook-ping-result][data-result=arrived]").await;
}

#[tokio::test]
async fn each_project_has_its_own_keys_and_a_wrong_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let service = Emulator::start(folder.path(), &[]);
    let window = open(Options::default()).await;
    for name in ["alpha", "beta"] {
        add_project(&window, name, &service).await;
    }
    window.click("rail-secrets").await;
    for (project, secret) in [("alpha", SECRET), ("beta", OTHER)] {
        window.fill("secret-input", secret).await;
        window
            .script(&format!(
                "const select = document.querySelector('[data-testid=secret-project]'); \
                 select.value = [...select.options].find((option) => option.text === {project:?}).value; \
                 select.dispatchEvent(new Event('change', {{ bubbles: true }}))"
            ))
            .await;
        window.click("secret-save").await;
        window.until("it is taken", "return document.querySelector('[data-testid=secret-input]').value === ''").await;
    }
    window.click("rail-deliveries").await;
    let address = window.address().await;
    let client = tests::sender::client();
    for (path, secret, status) in [("alpha", SECRET, 200), ("beta", OTHER, 200), ("alpha", OTHER, 401)] {
        let id = format!("msg_{path}_{status}");
        let url = format!("{address}{path}");
        assert_eq!(tests::sender::send(&client, &url, secret, &id, BODY).await.unwrap(), status);
    }
    window.newest_is("rejected", "no_matching_signature").await;
    window.script("document.querySelector('[data-testid=grid] [role=row][data-id]').click()").await;
    window
        .until(
            "the other project is named",
            "return document.querySelector('[data-testid=detail]')?.innerText.includes('beta')",
        )
        .await;
    window.shot("other-project").await;
}

const OTHER: &str = "whsec_dnV0c3JxcG9ubWxramloZ2ZlZGNiYTk4NzY1NDMyMTA=";
