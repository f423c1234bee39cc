//! Suggestions over hits that are made up.

use super::*;
use crate::dto::{RecentSearch, SavedSearch};

/// Ten hits.
struct Made;

fn counts(values: &[(&str, u64)]) -> ValueCounts {
    let value = |(value, count): &(&str, u64)| ValueCount { value: (*value).to_owned(), count: *count };
    ValueCounts { values: values.iter().map(value).collect(), counted: 10, exact: true }
}

impl Hits for Made {
    async fn values(&self, field: &Field, _: usize) -> ValueCounts {
        match field {
            Field::Type => counts(&[("batch.succeeded", 7), ("batch.failed", 2), ("a b", 1)]),
            Field::Verdict => counts(&[("verified", 8), ("rejected", 2)]),
            _ => ValueCounts::default(),
        }
    }

    async fn keys(&self, field: &Field, _: usize) -> ValueCounts {
        match field.to_string().as_str() {
            "header" => counts(&[("webhook-id", 10), ("x-eval", 3)]),
            "body" => counts(&[("type", 10), ("data", 9)]),
            "body.data" => counts(&[("id", 9), ("\"a key\"", 1), ("[*]", 1)]),
            _ => ValueCounts::default(),
        }
    }

    async fn places(&self, piece: &str, _: usize) -> Places {
        let found = |field: &str, value: &str, count| {
            (query::field_named(field).unwrap(), ValueCount { value: value.to_owned(), count })
        };
        let values = match piece {
            "needle" => vec![
                found("body.data.error.message", "no needle here", 3),
                found("meta.suite", "needle-128k", 2),
                found("body.data.error.message", "another needle", 2),
            ],
            _ => Vec::new(),
        };
        Places { values, counted: 10, exact: true }
    }

    async fn count(&self, query: &str) -> Option<u64> {
        (query == "needle").then_some(5)
    }

    async fn count_of_all(&self, _: &str) -> Option<u64> {
        Some(9)
    }
}

fn searches() -> Searches {
    let recent = |query: &str| RecentSearch { query: query.to_owned(), at_ms: 1 };
    Searches {
        recent: vec![recent("verdict:rejected since:1d"), recent("needle")],
        saved: vec![SavedSearch { name: "Needles".to_owned(), query: "needle since:today".to_owned() }],
    }
}

/// What is offered at `|`: its label, and the text once it was taken.
async fn offered(marked: &str, group: SuggestionKind) -> Vec<(String, String)> {
    let cursor = u32::try_from(marked.find('|').unwrap()).unwrap();
    let text = marked.replacen('|', "", 1);
    let groups = suggest(&text, cursor, &Made, &searches()).await;
    let items = groups.into_iter().filter(|found| found.name == group).flat_map(|found| found.items);
    let put = |item: Suggestion| {
        (item.label, format!("{}{}{}", &text[..item.start as usize], item.insert, &text[item.end as usize..]))
    };
    items.map(put).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(label, text)| ((*label).to_owned(), (*text).to_owned())).collect()
}

#[tokio::test]
async fn what_is_typed_is_offered_as_text_and_as_values() {
    assert_eq!(offered("a -needle|", SuggestionKind::Text).await, pairs(&[("needle", "a -needle")]));
    assert_eq!(
        offered("needle|", SuggestionKind::Values).await,
        pairs(&[
            ("body.data.error.message:needle", "body.data.error.message:needle"),
            ("meta.suite:needle-128k", "meta.suite:needle-128k"),
        ])
    );
    assert_eq!(offered("fail|", SuggestionKind::Values).await, pairs(&[("type:batch.failed", "type:batch.failed")]));
    assert_eq!(offered("\"a b|", SuggestionKind::Values).await, pairs(&[("type:\"a b\"", "type:\"a b\"")]));
    let groups = suggest("needle", 6, &Made, &Searches::default()).await;
    let (text, values) = (&groups[0].items[0], &groups[1].items);
    assert_eq!((text.count, text.share), (Some(5), None));
    assert_eq!((values[0].count, values[0].share), (Some(5), Some(0.5)));
    let groups = suggest("needl", 5, &Made, &searches()).await;
    assert_eq!(groups.last().map(|group| (group.name, group.items[0].count)), Some((SuggestionKind::Saved, Some(9))));
}

#[tokio::test]
async fn values_of_a_field_take_the_place_of_the_one_being_written() {
    assert_eq!(
        offered("-type:x,ba| y", SuggestionKind::Values).await,
        pairs(&[
            ("type:batch.succeeded", "-type:x,batch.succeeded y"),
            ("type:batch.failed", "-type:x,batch.failed y"),
        ])
    );
    let groups = suggest("verdict:", 8, &Made, &Searches::default()).await;
    let shown: Vec<_> = groups[0].items.iter().map(|item| (item.label.as_str(), item.count)).collect();
    assert_eq!(
        shown,
        [
            ("verdict:verified", Some(8)),
            ("verdict:rejected", Some(2)),
            ("verdict:old-secret", Some(0)),
            ("verdict:unchecked", Some(0)),
            ("verdict:unbound", Some(0)),
        ]
    );
    assert_eq!(
        offered("since:t|", SuggestionKind::Values).await,
        pairs(&[("since:today", "since:today"), ("since:yesterday", "since:yesterday")])
    );
}

#[tokio::test]
async fn names_are_offered_step_by_step() {
    assert_eq!(offered("header.x|", SuggestionKind::Values).await, pairs(&[("header.x-eval:", "header.x-eval:")]));
    assert_eq!(offered("body.da|", SuggestionKind::Values).await, pairs(&[("body.data:", "body.data:")]));
    assert_eq!(
        offered("-body.data.|", SuggestionKind::Values).await,
        pairs(&[
            ("body.data.id:", "-body.data.id:"),
            ("body.data.\"a key\":", "-body.data.\"a key\":"),
            ("body.data[*]:", "-body.data[*]:"),
        ])
    );
}

#[tokio::test]
async fn fields_and_earlier_searches_are_offered() {
    assert_eq!(offered("ver|", SuggestionKind::Fields).await, pairs(&[("verdict:", "verdict:")]));
    assert_eq!(offered("tpye|:a", SuggestionKind::Fields).await, pairs(&[("type:", "type:a")]));
    assert_eq!(offered("|", SuggestionKind::Fields).await.len(), NARROW);
    assert_eq!(offered("|", SuggestionKind::Recent).await.len(), 2);
    assert_eq!(offered("need|", SuggestionKind::Saved).await, pairs(&[("Needles", "needle since:today")]));
    assert_eq!(offered("needle|", SuggestionKind::Recent).await, pairs(&[]));
    assert_eq!(offered("type:|", SuggestionKind::Recent).await, pairs(&[]));
}
