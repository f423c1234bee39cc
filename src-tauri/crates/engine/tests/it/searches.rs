//! Searches that were made, and those that have a name.

use engine::{Code, Engine, SuggestionKind};

use crate::parts::{Parts, soon};

async fn recent(engine: &Engine) -> Vec<String> {
    engine.history().searches().await.unwrap().recent.into_iter().map(|search| search.query).collect()
}

async fn saved(engine: &Engine) -> Vec<(String, String)> {
    let saved = engine.history().searches().await.unwrap().saved;
    saved.into_iter().map(|search| (search.name, search.query)).collect()
}

#[tokio::test]
async fn searches_are_kept_with_the_history() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let history = engine.history();
    assert_eq!(history.searches().await.unwrap(), engine::Searches::default());
    for query in ["a", "TYPE:b  since:1h", "a", "", "typ:x", "*"] {
        history.search_used(query).await.unwrap();
    }
    assert_eq!(recent(&engine).await, ["a", "type:b since:1h"]);
    history.search_save(" Nightly ", "type:b since:today").await.unwrap();
    history.search_save("forged", "verdict:rejected").await.unwrap();
    let all = history.search_save("Nightly", "type:c").await.unwrap();
    assert_eq!(all, history.searches().await.unwrap());
    engine.shutdown().await;

    let engine = parts.start(false).await;
    let pair = |name: &str, query: &str| (name.to_owned(), query.to_owned());
    assert_eq!(saved(&engine).await, [pair("forged", "verdict:rejected"), pair("Nightly", "type:c")]);
    assert_eq!(recent(&engine).await, ["a", "type:b since:1h"]);
    engine.history().search_forget("forged").await.unwrap();
    engine.history().search_forget("forged").await.unwrap();
    assert_eq!(saved(&engine).await, [pair("Nightly", "type:c")]);

    let offered = engine.history().query_suggest("", 0).await.unwrap();
    let kinds: Vec<_> = offered.groups.iter().map(|group| group.name).collect();
    assert_eq!(kinds, [SuggestionKind::Fields, SuggestionKind::Recent, SuggestionKind::Saved]);
    engine.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_with_a_reason() {
    let parts = Parts::default();
    let engine = parts.start(false).await;
    let history = engine.history();
    let refused = history.search_save("a", "typ:x verdict:verifed").await.unwrap_err();
    assert_eq!(refused.code, Code::QueryInvalid);
    assert!(refused.message.contains("no field typ"), "{refused}");
    assert!(refused.detail.unwrap().contains("verifed"));
    for name in ["", "  ", "a\nb", &"a".repeat(81)] {
        assert_eq!(history.search_save(name, "a").await.unwrap_err().code, Code::InvalidSetting);
    }
    for number in 0..200 {
        history.search_save(&number.to_string(), "a").await.unwrap();
        history.search_used(&number.to_string()).await.unwrap();
    }
    assert_eq!(history.search_save("one more", "a").await.unwrap_err().code, Code::TooMany);
    history.search_save("7", "b").await.unwrap();
    let all = history.searches().await.unwrap();
    assert_eq!((all.saved.len(), all.recent.len(), all.recent[0].query.as_str()), (200, 50, "199"));
    engine.shutdown().await;
}

/// What is offered at the end of a text, as `label count`.
async fn offered(engine: &Engine, text: &str, kind: SuggestionKind) -> Vec<String> {
    let cursor = u32::try_from(text.len()).unwrap();
    let groups = engine.history().query_suggest(text, cursor).await.unwrap().groups;
    let items = groups.into_iter().filter(|group| group.name == kind).flat_map(|group| group.items);
    items
        .map(|item| format!("{} {}", item.label, item.count.map_or("?".to_owned(), |count| count.to_string())))
        .collect()
}

/// These are soon the first that are offered: on a busy machine a question may be given up once.
async fn first(engine: &Engine, text: &str, kind: SuggestionKind, expected: &[&str]) {
    let offers = async || offered(engine, text, kind).await.iter().take(expected.len()).eq(expected);
    soon(&format!("{text}: {expected:?}"), offers).await;
}

#[tokio::test]
async fn suggestions_count_in_the_hits_of_the_open_view() {
    const FAILED: &str = r#"{"type":"batch.failed","data":{"id":"batches/b",
        "user_metadata":{"suite":"needle-128k"},"note":"no needle here"}}"#;
    let rig = crate::rig().await;
    let (engine, url) = (&rig.engine, rig.address.as_str());
    let bodies = [FAILED, FAILED, r#"{"type":"batch.succeeded","data":{"id":"batches/c"}}"#];
    for (number, body) in bodies.into_iter().enumerate() {
        assert_eq!(crate::post_text(url, crate::SECRET, &format!("msg_{number}"), body).await, 200);
    }
    let opened = engine.history().open_view("").await.unwrap();
    assert_eq!((opened.matched, opened.exact), (3, true));
    let (text, values) = (SuggestionKind::Text, SuggestionKind::Values);
    first(engine, "type:", values, &["type:batch.failed 2", "type:batch.succeeded 1"]).await;
    first(engine, "verdict:unch", values, &["verdict:unchecked 3"]).await;
    first(engine, "needle", text, &["needle 2"]).await;
    first(engine, "needle", values, &["body.data.note:needle 2", "meta.suite:needle-128k 2"]).await;
    first(engine, "batch.f", values, &["type:batch.failed 2"]).await;
    assert!(!offered(engine, "batch.f", values).await.iter().any(|item| item.starts_with("body.type:")));
    first(engine, "meta.", values, &["meta.suite: 2"]).await;
    first(engine, "body.data.", values, &["body.data.id: 3"]).await;
    first(engine, "header.webhook-i", values, &["header.webhook-id: 3"]).await;
    first(engine, "body.data.id:", values, &["body.data.id:batches/b 2", "body.data.id:batches/c 1"]).await;

    let asked = ["type:batch.failed", "-type:batch.failed", "typ:", ""].map(str::to_owned);
    soon("each is counted, whatever is shown", async || {
        engine.history().query_counts(&asked).await.unwrap() == [Some(2), Some(1), None, Some(3)]
    })
    .await;
    let many = vec![String::new(); 9];
    assert_eq!(engine.history().query_counts(&many).await.unwrap().len(), 8);

    engine.history().open_view("type:batch.succeeded").await.unwrap();
    first(engine, "needle", text, &["needle 0"]).await;
    first(engine, "type:", values, &["type:batch.succeeded 1", "type:* ?"]).await;
    engine.history().search_save("Failed ones", "type:batch.failed").await.unwrap();
    first(engine, "", SuggestionKind::Saved, &["Failed ones 2"]).await;
    let refused = engine.history().open_view("typ:x").await.unwrap_err();
    assert_eq!(refused.code, Code::QueryInvalid);
    engine.shutdown().await;
}
