//! `pollux project`.

use serde_json::{Value, json};
use tests::emulating::Emulator;
use tests::managing::Data;

#[tokio::test]
async fn a_key_from_the_environment_or_standard_input_is_kept_and_never_shown() {
    let (data, home) = (Data::default(), tempfile::tempdir().unwrap());
    let service = Emulator::start(home.path(), &[]);
    let hint = format!("…{}", &service.api_key[service.api_key.len() - 4..]);

    let add = ["project", "add", "nightly", "--base-url", &service.origin, "--api-version", "v1beta", "--json"];
    let added = data.finish(data.command(&add).env("GEMINI_API_KEY", &service.api_key), "").json();
    assert_eq!(
        (&added["name"], &added["path"], &added["api_version"]),
        (&json!("nightly"), &json!("nightly"), &json!("v1beta"))
    );
    assert_eq!(added["api_key"], json!({ "hint": hint, "stored_in": "file", "available": true }));
    assert!(data.kept().contains(&service.api_key));

    // The other variable, a path of its own, words for a person.
    let add = ["project", "add", "Second one", "--base-url", &service.origin, "--path", "second"];
    let said = data.finish(data.command(&add).env("GOOGLE_API_KEY", &service.api_key), "");
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out.contains("Added Second one") && said.out.contains(&hint) && said.out.contains("/second"),
        "{}",
        said.out
    );

    let add = ["project", "add", "piped", "--base-url", &service.origin, "--json"];
    let piped = data.finish(&mut data.command(&add), &format!("  {}\n", service.api_key)).json();
    assert_eq!(piped["api_key"]["hint"], json!(hint));

    let listed = data.run(&["project", "list", "--json"]).json();
    let names: Vec<&Value> = listed.as_array().unwrap().iter().map(|project| &project["name"]).collect();
    assert_eq!(names, ["Default", "nightly", "Second one", "piped"]);
    let table = data.run(&["project", "list"]).out;
    let columns: Vec<_> = table.lines().map(|line| line.find("http").unwrap_or_default()).collect();
    assert!(table.starts_with("NAME") && columns[1..].iter().all(|column| *column > 10), "{table}");

    for name in ["nightly", "Second one", "piped"] {
        let removed = data.run(&["project", "remove", name, "--json"]).json();
        assert_eq!((&removed["name"], &removed["removed"]), (&json!(name), &json!(true)));
    }
    assert_eq!(data.run(&["project", "list", "--json"]).json().as_array().unwrap().len(), 1);
    assert!(!data.kept().contains(&service.api_key), "a removed project's key is destroyed");
    data.holds_none_of(&[&service.api_key]);
}

#[tokio::test]
async fn what_is_wrong_is_told_with_its_exit_code_and_nothing_is_kept() {
    let (data, home) = (Data::default(), tempfile::tempdir().unwrap());
    let service = Emulator::start(home.path(), &[]);
    let add = |key: &str, arguments: &[&str]| {
        let mut command = data.command(&["project", "add"]);
        data.finish(command.args(arguments).env("GEMINI_API_KEY", key), "")
    };
    let (wrong, at) = ("AIzaWrong-0123456789", ["nightly", "--base-url", &service.origin]);
    let refused = add(wrong, &at);
    assert!(refused.refused(1).contains("API key"), "{}", refused.err);
    assert!(refused.err.lines().count() >= 2, "the service's own words stand below ours: {}", refused.err);

    assert!(data.run(&["project", "add", "nightly"]).refused(2).contains("GEMINI_API_KEY"));
    add(wrong, &["nightly", "--base-url", "http://example.com/"]).refused(2);
    add(wrong, &["nightly", "--base-url", &service.origin, "--api-version", "v2"]).refused(2);
    add(&service.api_key, &[" ", "--base-url", &service.origin]).refused(2);
    add(&service.api_key, &["nightly", "--base-url", &service.origin, "--path", "A B"]).refused(2);
    add(&service.api_key, &["Default", "--base-url", &service.origin]).refused(2);
    add(&service.api_key, &["Sandbox", "--base-url", &service.origin]).refused(2);
    assert!(data.run(&["project", "remove", "nightly"]).refused(2).contains("there is Default"));
    data.run(&["project", "remove", "Default"]).refused(2);
    assert!(data.run(&["project", "remove", "sandbox"]).refused(2).contains("window"));
    let mut odd = data.command(&["project", "list"]);
    assert!(data.finish(odd.env("POLLUX_KEYCHAIN", "vault"), "").refused(2).contains("POLLUX_KEYCHAIN is \"vault\""));

    let origin = service.origin.clone();
    let key = service.api_key.clone();
    drop(service);
    add(&key, &["nightly", "--base-url", &origin]).refused(4);
    assert_eq!(data.run(&["project", "list", "--json"]).json().as_array().unwrap().len(), 1);
    assert!(!data.kept().contains("AIza") && !data.kept().contains(&key));
    assert_eq!(add(&key, &["nightly", "--base-url", &origin, "--unchecked"]).code, 0);
    data.holds_none_of(&[wrong, &key]);
}
