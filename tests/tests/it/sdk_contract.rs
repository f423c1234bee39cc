//! What the emulator says of itself, held against what it does: schemathesis, bounded and alike in every run.

use std::path::Path;

use serde_json::json;
use tests::installed::installed;

use crate::sdk::{API_KEY, Emulator};

/// Settings and clock decide what goes wrong on purpose and whether jobs end: they are tried apart from the rest.
const APART: &str = "^/emulator/(settings|clock)$";

/// Its checks are all that it has, but for what `schemathesis.toml` says.
async fn schemathesis(more: [&str; 2]) {
    let emulator = Emulator::start(&["--warp", "1000"]);
    // It makes up addresses: nothing is sent to them.
    emulator.call("PATCH", "/emulator/settings", Some(json!({ "faults": { "lost": 1.0 } }))).await;
    let description = emulator.call("GET", "/emulator/openapi.json", None).await;
    assert!(description["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(description["paths"].as_object().unwrap().len() > 30);

    let mut command = installed("schemathesis", "schemathesis");
    // It writes to the folder where it runs.
    command.current_dir(emulator.home.path()).env("HOME", emulator.home.path()).env("COLUMNS", "160");
    command.arg("--no-color").arg("--config-file");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("sdk/python/schemathesis.toml"));
    command.args(["run", &format!("{}/emulator/openapi.json", emulator.origin)]);
    command.args(["--header", &format!("x-goog-api-key:{API_KEY}")]);
    // The same requests each time, as with a seed.
    command.args(["--generation-deterministic", "--max-examples", "20", "--workers", "1", "--continue-on-failure"]);
    command.args(more);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let tried = said.lines().find_map(|line| line.trim().split_once(" generated")?.0.parse::<u32>().ok());
    assert!(tried.is_some_and(|tried| tried > 500), "{said}");
}

#[tokio::test]
async fn schemathesis_finds_no_5xx_and_no_break_of_the_contract() {
    schemathesis(["--exclude-path-regex", APART]).await;
}

#[tokio::test]
async fn schemathesis_finds_nothing_in_the_settings_and_the_clock() {
    schemathesis(["--include-path-regex", APART]).await;
}
