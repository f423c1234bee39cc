//! A pasted secret verifies senders written with other people's libraries.

use std::path::Path;
use std::process::Command;

use tests::sender::{BODY, SECRET};
use tests::window::{Options, Window, open};

pub(crate) async fn paste(window: &Window, secret: &str) {
    window.click("rail-secrets").await;
    window.fill("secret-input", secret).await;
    window.script("const select = document.querySelector('[data-testid=secret-project]'); const real = [...select.options].find((option) => option.text !== 'Sandbox'); select.value = real.value; select.dispatchEvent(new Event('change', { bubbles: true }))").await;
    window.click("secret-save").await;
}

pub(crate) async fn listed(window: &Window, count: usize) {
    window
        .until(
            "the secret is listed",
            &format!("return [...document.querySelectorAll('[data-testid=secret-row]')].filter((row) => !row.innerText.includes('Sandbox')).length === {count}"),
        )
        .await;
}

#[tokio::test]
async fn senders_of_npm_and_pypi_are_verified_with_a_pasted_secret() {
    let window = open(Options::default()).await;
    let address = window.address().await;
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    assert!(
        window.text("store-note").await.contains("secrets.json"),
        "without a keychain a note says where secrets are"
    );
    window.shots("secrets").await;
    window.click("rail-deliveries").await;
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    for (id, program, script) in
        [("msg_npm", "node".into(), "send.mjs"), ("msg_pypi", peers.join(".venv/bin/python"), "send.py")]
    {
        let output = Command::new(program).arg(peers.join(script)).args([&address, SECRET, id, BODY]).output().unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout).trim(),
            "200",
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        window.newest_is("verified", "valid").await;
    }
    window.count_is(2).await;
    let file = std::fs::metadata(window.home.join("secrets.json")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777, 0o600);
}

#[tokio::test]
async fn with_a_keychain_the_secret_is_in_it_and_in_no_file() {
    let window = open(Options { keychain: true, ..Options::default() }).await;
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    let note = window.script("return document.querySelector('[data-testid=store-note]') === null").await;
    assert_eq!(note, serde_json::Value::Bool(true), "no note where a keychain works");
    assert!(!window.home.join("secrets.json").exists());
    let needle = SECRET.trim_start_matches("whsec_").as_bytes();
    for entry in std::fs::read_dir(&window.home).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{}", path.display());
        }
    }
}

#[tokio::test]
async fn a_secret_that_comes_later_verifies_what_is_there() {
    let window = open(Options::default()).await;
    let address = window.address().await;
    let client = tests::sender::client();
    for id in ["msg_1", "msg_2", "msg_3", "msg_3"] {
        assert_eq!(tests::sender::send(&client, &address, SECRET, id, BODY).await.unwrap(), 200);
    }
    assert_eq!(client.post(&address).body(BODY).send().await.unwrap().status(), 200);
    window.count_is(5).await;
    window.newest_is("unchecked", "no_secret").await;
    window.click("row").await;
    let hopeless = window.text("verdict-sentence").await;
    assert!(hopeless.contains("no key could verify it") && hopeless.contains("webhook-id"), "{hopeless}");
    assert_eq!(
        window.script("return document.querySelector('[data-testid=card-add-secret]')").await,
        serde_json::Value::Null
    );
    window.shots("unchecked-without-headers").await;
    window.script("document.querySelectorAll('[data-testid=row]')[1].click()").await;
    window.wait("card-add-secret").await;
    let rung = window
        .script("return document.querySelector('[data-testid=ladder-step][data-check=duplicate]').innerText")
        .await;
    assert!(rung.as_str().unwrap().contains("answered 200 but not verified"), "{rung}");
    window.shots("unchecked-add-secret").await;
    window.click("card-add-secret").await;
    window.fill("secret-input", SECRET).await;
    window.click("secret-save").await;
    let said = "return [...document.querySelectorAll('[data-testid=toast]')].some((toast) => toast.innerText.includes('4 are now verified.'))";
    window.until("the toast counts them", said).await;
    window.click("rail-deliveries").await;
    let outcomes = "return [...document.querySelectorAll('[data-testid=row]')].map((row) => row.dataset.outcome).join() === 'rejected,verified,verified,verified,verified'";
    window.until("all that can be are verified", outcomes).await;
    window.wait("judged-later").await;
    let later = window.text("judged-later").await;
    assert!(later.starts_with("Verified later, at ") && later.contains("with …"), "{later}");
    let answers =
        "return [...document.querySelectorAll('[data-testid=row]')].every((row) => row.innerText.includes('200'))";
    assert_eq!(window.script(answers).await, serde_json::Value::Bool(true), "the answers stay what they were");
    window.shots("verified-later").await;
}

#[tokio::test]
async fn a_wrong_secret_is_told_and_not_kept() {
    let window = open(Options::default()).await;
    paste(&window, "whsec_...3frh").await;
    window
        .until("the error is shown", "return document.querySelector('[data-testid=secret-error]').innerText.length > 0")
        .await;
    window.shots("secret-error").await;
    listed(&window, 0).await;
}

#[tokio::test]
async fn a_removed_secret_can_be_brought_back_and_deliveries_show_it() {
    let window = open(Options::default()).await;
    let address = window.address().await;
    let client = tests::sender::client();
    paste(&window, SECRET).await;
    listed(&window, 1).await;
    window.script("[...document.querySelectorAll('[data-testid=secret-row]')].find((row) => !row.innerText.includes('Sandbox')).querySelector('[data-testid=secret-remove]').click()").await;
    listed(&window, 0).await;
    assert_eq!(tests::sender::send(&client, &address, SECRET, "msg_1", BODY).await.unwrap(), 200);
    window.script("[...document.querySelectorAll('[data-testid=toast] button')].find((button) => button.innerText.includes('Undo')).click()").await;
    listed(&window, 1).await;
    assert_eq!(tests::sender::send(&client, &address, SECRET, "msg_2", BODY).await.unwrap(), 200);
    window.click("rail-deliveries").await;
    window.newest_is("verified", "valid").await;
    // What came meanwhile is judged again when the secret is back.
    let both = "return document.querySelectorAll('[data-testid=row][data-outcome=verified]').length === 2";
    window.until("the first is verified later", both).await;
}
