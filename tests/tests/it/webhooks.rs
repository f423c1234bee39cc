//! `pollux webhooks`.

use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::emulating::Emulator;
use tests::managing::Data;

/// A service, and a data folder with one project for it.
struct Managed {
    data: Data,
    service: Emulator,
    _home: TempDir,
}

fn managed() -> Managed {
    let (data, home) = (Data::default(), tempfile::tempdir().unwrap());
    let service = Emulator::start(home.path(), &[]);
    let add = ["project", "add", "nightly", "--base-url", &service.origin];
    let added = data.finish(data.command(&add).env("GEMINI_API_KEY", &service.api_key), "");
    assert_eq!(added.code, 0, "{}", added.err);
    Managed { data, service, _home: home }
}

impl Managed {
    fn json(&self, arguments: &[&str]) -> Value {
        let mut command = self.data.command(&["webhooks", "--json"]);
        self.data.finish(command.args(arguments), "").json()
    }

    fn create(&self, uri: &str) -> (String, String) {
        let made = self.json(&["create", "--uri", uri, "--event", "batch.succeeded", "batch.failed", "--name", "n"]);
        assert_eq!(made["secret"]["text"], Value::Null, "not asked for");
        assert_eq!(made["secret"]["stored_in"], "file");
        let id = made["webhook"]["id"].as_str().unwrap().to_owned();
        (id, self.kept(made["secret"]["id"].as_str().unwrap()))
    }

    /// The text of a secret in the vault.
    fn kept(&self, id: &str) -> String {
        let kept: Value = serde_json::from_str(&self.data.kept()).unwrap();
        kept[id].as_str().unwrap_or_else(|| panic!("{id} is not kept")).to_owned()
    }

    async fn set(&self, faults: Value) {
        self.service.faults(faults).await;
    }
}

#[tokio::test]
async fn a_webhook_from_its_creation_to_its_deletion() {
    let managed = managed();
    let data = &managed.data;
    let (id, first) = managed.create("http://127.0.0.1:9/nightly");
    assert!(first.starts_with("whsec_"));

    let listed = managed.json(&["list", "--project", "nightly"]);
    let webhook = &listed.as_array().unwrap()[0];
    assert_eq!((&webhook["id"], &webhook["state"]), (&json!(id), &json!("enabled")));
    assert_eq!(webhook["events"], json!(["batch.succeeded", "batch.failed"]));
    assert_eq!(webhook["secrets"][0]["available"], true);
    assert!(webhook["secrets"][0]["hint"].as_str().unwrap().ends_with(&first[first.len() - 4..]));

    let uri = "http://127.0.0.1:9/other";
    let changed = managed.json(&["update", &id, "--uri", uri, "--event", "video.generated", "--state", "disabled"]);
    assert_eq!((&changed["uri"], &changed["state"]), (&json!(uri), &json!("disabled")));
    assert_eq!((&changed["events"], &changed["name"]), (&json!(["video.generated"]), &json!("n")));
    let seen = &managed.service.webhooks().await[0];
    assert_eq!((&seen["uri"], &seen["state"]), (&json!(uri), &json!("disabled")));

    // A rotation keeps the secret before for 24 hours, or ends it at once.
    let rotated = managed.json(&["rotate", &id]);
    let second = managed.kept(rotated["secret"]["id"].as_str().unwrap());
    let states: Vec<_> =
        rotated["webhook"]["secrets"].as_array().unwrap().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["current", "grace"]);
    let rotated = managed.json(&["rotate", &id, "--revoke-now"]);
    let third = managed.kept(rotated["secret"]["id"].as_str().unwrap());
    assert_eq!(managed.service.webhooks().await[0]["signing_secrets"].as_array().unwrap().len(), 1);
    assert!(first != second && second != third);

    let words = data.run(&["webhooks", "list"]);
    assert!(
        words.out.contains(&id) && words.out.contains("video.generated") && words.out.contains("current"),
        "{}",
        words.out
    );
    assert!(!words.out.contains('\u{1b}'), "no colours where nobody sees them");

    // Standard output holds a secret only when it was asked for. Not through `data`, which looks for secrets in what was said.
    let shown = data.command(&["webhooks", "rotate", &id, "--json", "--show-secret"]).output().unwrap();
    let shown: Value = serde_json::from_slice(&shown.stdout).unwrap();
    let fourth = managed.kept(shown["secret"]["id"].as_str().unwrap());
    assert_eq!(shown["secret"]["text"], json!(fourth));

    assert_eq!(managed.json(&["delete", &id]), json!({ "id": id, "deleted": true }));
    assert_eq!(managed.json(&["list"]), json!([]));
    data.holds_none_of(&[&managed.service.api_key, &first, &second, &third, &fourth]);
}

#[tokio::test]
async fn a_ping_is_seen_arriving_in_the_history_of_a_listener_beside() {
    let managed = managed();
    let mut listening = tests::listen::start(managed.data.path(), &["--db", &managed.data.history()]);
    let (id, secret) = managed.create(&format!("{}nightly", listening.address));
    let pinged = managed.json(&["ping", &id]);
    assert_eq!((&pinged["arrived"], &pinged["id"]), (&json!(true), &json!(id)));
    assert_eq!(pinged["delivery"]["id"], listening.line()["id"]);
    assert!(pinged["after_ms"].as_u64().unwrap() < 30_000);

    assert_eq!(managed.json(&["ping", &id, "--wait", "0"])["arrived"], Value::Null);

    // Nobody is there any more: that is told at once.
    assert!(listening.interrupt().success());
    let (started, said) = (Instant::now(), managed.data.run(&["webhooks", "ping", &id]));
    assert_eq!(said.code, 4, "{}", said.out);
    assert!(said.out.contains("Nothing listens"), "{}", said.out);
    assert!(started.elapsed().as_secs() < 20);
    managed.data.holds_none_of(&[&secret]);
}

#[tokio::test]
async fn scripts_learn_from_the_exit_code_what_became_of_it() {
    let managed = managed();
    let data = &managed.data;
    let (id, _) = managed.create("http://127.0.0.1:9/nightly");
    let create = ["webhooks", "create", "--uri", "http://127.0.0.1:9/x", "--event", "batch.succeeded", "--name", "x"];

    // Wrong usage is told before anything is asked.
    for (arguments, told) in [
        (vec!["webhooks", "list", "--project", "other"], "there is"),
        (vec!["webhooks", "list", "--project", "Sandbox"], "window"),
        (vec!["webhooks", "list", "--project", "Default"], "no API key"),
        (vec!["webhooks", "create", "--event", "batch.succeeded"], "--uri"),
        (vec!["webhooks", "create", "--uri", "hooks", "--event", "batch.succeeded"], "https://"),
        (vec!["webhooks", "update", &id], "say what to change"),
        (vec!["webhooks", "update", &id, "--state", "asleep"], "disabled"),
        (vec!["webhooks", "ping", &id, "--wait", "-1"], "-1"),
    ] {
        let said = data.run(&arguments);
        assert!(said.refused(2).contains(told), "{arguments:?}: {}", said.err);
    }

    // The service's own words are told.
    let said = data.run(&["webhooks", "create", "--uri", "http://127.0.0.1:9/", "--event", "batch.cancelled"]);
    assert!(said.refused(1).contains("batch.expired"), "it lists the events that it knows: {}", said.err);
    data.run(&["webhooks", "delete", "nobody0000"]).refused(1);
    managed.set(json!({ "too_many_requests": 1.0 })).await;
    data.run(&["webhooks", "list"]).refused(1);

    managed.set(json!({ "too_many_requests": 0.0, "server_errors": 1.0 })).await;
    data.run(&["webhooks", "list"]).refused(1);
    data.run(&create).refused(5);

    // Acted on, and the answer is lost or cannot be read.
    managed.set(json!({ "server_errors": 0.0, "lost_answers": 1.0 })).await;
    let said = data.run(&create);
    let told = said.refused(5);
    assert!(told.contains("--look-first") && told.contains("pollux webhooks list"), "says what to look at: {told}");
    managed.set(json!({ "lost_answers": 0.0 })).await;
    let found =
        managed.json(&["create", "--look-first", "--uri", create[3], "--event", "batch.succeeded", "--name", "x"]);
    assert_eq!((&found["created"], &found["found"][0]["name"]), (&json!(false), &json!("x")));
    assert_eq!(managed.service.webhooks().await.len(), 2, "it had been made, and was made once");

    managed.set(json!({ "lost_answers": 1.0 })).await;
    let said = data.run(&["webhooks", "rotate", &id]);
    assert!(said.refused(5).contains("otate"), "{}", said.err);
    managed.set(json!({ "lost_answers": 0.0, "garbled_answers": 1.0 })).await;
    data.run(&["webhooks", "list"]).refused(4);
    data.run(&["webhooks", "update", &id, "--name", "new"]).refused(5);
    managed.set(json!({ "garbled_answers": 0.0 })).await;

    let Managed { data, service, .. } = managed;
    let key = service.api_key.clone();
    drop(service);
    data.run(&["webhooks", "list"]).refused(4);
    data.run(&create).refused(4);
    data.holds_none_of(&[&key]);
}

/// A file that is larger than what the process may write cannot be replaced, whoever runs it.
#[tokio::test]
async fn a_secret_that_cannot_be_stored_is_not_lost() {
    let managed = managed();
    let (id, first) = managed.create("http://127.0.0.1:9/nightly");
    let mut kept: Value = serde_json::from_str(&managed.data.kept()).unwrap();
    kept["padding"] = Value::from("x".repeat(40 << 20));
    std::fs::write(managed.data.vault(), kept.to_string()).unwrap();

    let binary = tests::binary();
    let mut limited = managed.data.command(&[]);
    let limited = {
        let mut shell = std::process::Command::new("bash");
        let script = "trap '' XFSZ; ulimit -f 32768; exec \"$@\"";
        shell.args(["-c", script, "bash"]).arg(&binary).args(["webhooks", "rotate", &id, "--json"]);
        shell.envs(limited.env("RUST_BACKTRACE", "0").get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell.env_remove("GEMINI_API_KEY").env_remove("GOOGLE_API_KEY").output().unwrap()
    };
    let (out, err) = (String::from_utf8(limited.stdout).unwrap(), String::from_utf8(limited.stderr).unwrap());
    assert_eq!(limited.status.code(), Some(1), "{err}");
    let object: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&object["secret"]["stored_in"], &object["secret"]["text"]), (&Value::Null, &Value::Null));
    let shown = err.split_whitespace().find(|word| word.starts_with("whsec_") && word.len() > 20).unwrap().to_owned();
    assert!(err.contains("COULD NOT BE STORED"), "{err}");
    let hint = managed.service.webhooks().await[0]["signing_secrets"].to_string();
    assert!(hint.contains(&shown[shown.len() - 4..]), "it is the service's new one");
    assert!(!managed.data.kept().contains(&shown) && !out.contains(&shown));
    managed.data.holds_none_of(&[&first, &shown]);
}
