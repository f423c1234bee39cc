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
