//! A batch's rows as Pollux reads them, held against what Google's SDK reads of the same output.

use std::sync::Arc;

use engine::{
    ApiKeyDraft, ApiVersion, Config, Engine, MemoryVault, ProjectDraft, ResultRowState, ResultSource, ResultState,
    RowFilter,
};
use serde_json::{Value, json};

use crate::sdk::{API_KEY, Emulator, Sdk};

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_what_googles_sdk_reads() {
    let emulator = Emulator::start(&[]);
    let quick = json!({ "jobs": { "pending_ms": 0, "batch_ms": 20 } });
    emulator.call("PATCH", "/emulator/settings", Some(quick)).await;
    let printed = Sdk::Python36.run(&emulator, &["rows"]).await;
    let folder = tempfile::tempdir().unwrap();
    let config = Config::new(folder.path().join("h.db"), Arc::new(MemoryVault::default()));
    let engine = Engine::start(Config { sandbox: false, ..config }).await.unwrap();
    let draft = ProjectDraft {
        name: "sdk".into(),
        path: Some("sdk".into()),
        base_url: Some(emulator.origin.clone()),
        api_version: ApiVersion::V1,
        api_key: ApiKeyDraft::Typed { text: API_KEY.into() },
    };
    let project = engine.projects().add(draft).await.unwrap().id;
    let source = ResultSource::Name { project, text: printed["job"].as_str().unwrap().to_owned() };
    let opened = engine.results().open(source).await.unwrap();
    let ready = engine.results().ended(opened.id).await.unwrap();
    assert_eq!(ready.state, ResultState::Ready, "{ready:?}");
    let ours = engine.results().rows(opened.id, RowFilter::All, "", 0, 200).await.unwrap().rows;
    let theirs = printed["rows"].as_array().unwrap();
    assert_eq!(ours.len(), theirs.len(), "nobody knows the requests yet, so no row is missing");
    for (row, sdk) in ours.iter().zip(theirs) {
        let text = |name: &str| sdk[name].as_str().unwrap_or_default().to_owned();
        if sdk["unparsable"] == true {
            assert_eq!(row.state, ResultRowState::Unparsable, "{row:?}");
            continue;
        }
        assert_eq!(row.key.as_deref(), sdk["key"].as_str(), "{row:?}");
        match (&sdk["error"], sdk["finish"].as_str()) {
            (Value::Number(code), _) => {
                assert_eq!((row.state, &row.text), (ResultRowState::Error, &text("message")), "{row:?} {sdk}");
                assert!(row.detail.as_deref().unwrap().starts_with(&code.to_string()), "{row:?} {sdk}");
                continue;
            }
            _ if sdk["blocked"] == true => assert_eq!(row.state, ResultRowState::Blocked, "{row:?} {sdk}"),
            (_, Some("SAFETY")) => assert_eq!(row.state, ResultRowState::Blocked, "{row:?} {sdk}"),
            (_, Some("MAX_TOKENS")) => assert_eq!(row.state, ResultRowState::CutOff, "{row:?} {sdk}"),
            (_, Some("STOP")) if text("text").is_empty() => {
                assert_eq!(row.state, ResultRowState::Empty, "{row:?} {sdk}");
            }
            _ => assert_eq!((row.state, &row.text), (ResultRowState::Good, &text("text")), "{row:?} {sdk}"),
        }
        assert_eq!(row.tokens.input, sdk["in"].as_u64(), "{row:?} {sdk}");
        assert_eq!(row.tokens.output.filter(|count| *count > 0), sdk["out"].as_u64().filter(|count| *count > 0));
    }
    // With the requests, what is missing has a name.
    let requests = folder.path().join("requests.jsonl");
    std::fs::write(&requests, printed["requests"].as_str().unwrap()).unwrap();
    let given = engine.results().give_requests(opened.id, requests).await.unwrap();
    assert_eq!(given.summary.unwrap().missing, Some(1));
    let missing = engine.results().rows(opened.id, RowFilter::Missing, "", 0, 9).await.unwrap().rows;
    assert_eq!(missing.iter().filter_map(|row| row.key.as_deref()).collect::<Vec<_>>(), ["gone#missing"]);
    engine.shutdown().await;
}
