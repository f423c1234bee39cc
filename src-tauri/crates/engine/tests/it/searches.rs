//! Searches that were made, and those that have a name.

use engine::{Code, Engine, SuggestionKind};

use crate::parts::Parts;

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

#[tokio::test]
async fn suggestions_count_in_the_hits_of_the_open_view() {
    const FAILED: &str = r#"{"type":"batch.failed","data":{"id":"batches/b","user_metadata":{"suite":"needle-128k"},"note":"no needle here"}}"#;
    let rig = crate::rig().await;
    let (engine, url) = (&rig.engine, rig.address.as_str());
    for (number, body) in [FAILED, FAILED, r#"{"type":"batch.succeeded","data":{"id":"batches/c"}}"#].iter().enumerate()
    {
        assert_eq!(crate::post_text(url, crate::SECRET, &format!("msg_{number}"), body).await, 200);
    }
    let opened = engine.history().open_view("").await.unwrap();
    assert_eq!((opened.matched, opened.exact), (3, true));
    assert_eq!(
        offered(engine, "type:", SuggestionKind::Values).await[..2],
        ["type:batch.failed 2", "type:batch.succeeded 1"]
    );
    assert_eq!(offered(engine, "verdict:unch", SuggestionKind::Values).await, ["verdict:unchecked 3"]);
    assert_eq!(offered(engine, "needle", SuggestionKind::Text).await, ["needle 2"]);
    assert_eq!(
        offered(engine, "needle", SuggestionKind::Values).await,
        ["body.data.note:needle 2", "meta.suite:needle-128k 2"]
    );
    assert_eq!(offered(engine, "meta.", SuggestionKind::Values).await, ["meta.suite: 2"]);
    assert_eq!(offered(engine, "body.data.", SuggestionKind::Values).await[..1], ["body.data.id: 3"]);
    assert_eq!(offered(engine, "header.webhook-i", SuggestionKind::Values).await, ["header.webhook-id: 3"]);
    assert_eq!(
        offered(engine, "body.data.id:", SuggestionKind::Values).await[..2],
        ["body.data.id:batches/b 2", "body.data.id:batches/c 1"]
    );

    engine.history().open_view("type:batch.succeeded").await.unwrap();
    assert_eq!(offered(engine, "needle", SuggestionKind::Text).await, ["needle 0"]);
    assert_eq!(offered(engine, "type:", SuggestionKind::Values).await[0], "type:batch.succeeded 1");
    engine.history().search_save("Failed ones", "type:batch.failed").await.unwrap();
    assert_eq!(offered(engine, "", SuggestionKind::Saved).await, ["Failed ones 2"]);
    let refused = engine.history().open_view("typ:x").await.unwrap_err();
    assert_eq!(refused.code, Code::QueryInvalid);
    engine.shutdown().await;
}
