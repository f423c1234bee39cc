//! What may complete a query: text, values of the present hits, fields, and searches that were made before.

use query::{Completing, Field, FieldInfo, Needle, Takes, Wanted};

use super::query::Units;
use crate::dto::{Searches, Suggestion, SuggestionGroup, SuggestionKind, ValueCount, ValueCounts};

/// The most values that are offered.
const VALUES: usize = 8;
/// The most fields.
const NARROW: usize = 5;
/// The most recent, and the most saved searches.
const EARLIER: usize = 4;
/// Values of a field that are looked through for a piece of text.
const LOOKED_THROUGH: usize = 200;
/// A longer value, or one with spaces, is offered by the piece that was typed.
const WORD: usize = 40;

/// Fields whose values are looked through for what is typed without a field.
const OF_ALL: [Field; 4] = [Field::Type, Field::Reason, Field::Verdict, Field::Project];

/// Where hits have a piece of text.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Fields and their values, the most frequent first.
    pub(crate) values: Vec<(Field, ValueCount)>,
    /// How many hits were looked at.
    pub(crate) counted: u64,
    /// Whether these were all.
    pub(crate) exact: bool,
}

/// What the present hits have. What cannot be read is missing: suggestions are no place for errors.
pub(crate) trait Hits: Sync {
    /// The most frequent values of a field.
    fn values(&self, field: &Field, limit: usize) -> impl Future<Output = ValueCounts> + Send;
    /// The most frequent names below a header, the metadata or a path ([`query::keys_of`]).
    fn keys(&self, field: &Field, limit: usize) -> impl Future<Output = ValueCounts> + Send;
    /// Where they have a piece of text ([`query::places`]), the most frequent first.
    fn places(&self, piece: &str, limit: usize) -> impl Future<Output = Places> + Send;
    /// How many of them a query matches; `None` if that is not known soon.
    fn count(&self, query: &str) -> impl Future<Output = Option<u64>> + Send;
    /// How many of all deliveries a query matches; `None` if that is not known soon.
    fn count_of_all(&self, query: &str) -> impl Future<Output = Option<u64>> + Send;
}

/// What may stand at `cursor` (UTF-16 units).
pub(crate) async fn suggest(text: &str, cursor: u32, hits: &impl Hits, searches: &Searches) -> Vec<SuggestionGroup> {
    let completing = Completing::of(text, Units(text).byte(cursor));
    let place = Place { text, completing: &completing };
    let mut groups = Vec::new();
    let mut put = |name: SuggestionKind, items: Vec<Suggestion>| {
        if !items.is_empty() {
            groups.push(SuggestionGroup { name, items });
        }
    };
    match &completing.wanted {
        Wanted::Term { typed } => {
            // Each may wait for what it asks, so they wait together.
            let (text, values, saved) =
                tokio::join!(place.as_text(typed, hits), place.values_with(typed, hits), place.saved(searches, hits));
            put(SuggestionKind::Text, text);
            put(SuggestionKind::Values, values);
            put(SuggestionKind::Fields, place.fields(typed));
            put(SuggestionKind::Recent, place.recent(searches));
            put(SuggestionKind::Saved, saved);
        }
        Wanted::Name { info, typed } => put(SuggestionKind::Values, place.names(info, typed, hits).await),
        Wanted::Value { field, info, typed } => {
            put(SuggestionKind::Values, place.values_of(field, info, typed, hits).await);
        }
    }
    groups
}

/// The term that is being written.
struct Place<'a> {
    text: &'a str,
    completing: &'a Completing,
}

/// How many of some hits have something.
#[derive(Clone, Copy)]
struct Found {
    count: u64,
    of: u64,
    /// Whether all hits were looked at.
    exact: bool,
}

impl Found {
    fn among(counts: &ValueCounts, count: u64) -> Self {
        Self { count, of: counts.counted, exact: counts.exact }
    }

    /// The share in a million, to compare what was counted in different numbers of hits.
    fn share(self) -> u64 {
        self.count.saturating_mul(1_000_000) / self.of.max(1)
    }
}

/// The place in a body that `type:` is read from.
fn is_the_type(field: &Field) -> bool {
    matches!(field, Field::Body(_)) && field.to_string() == "body.type"
}

impl Place<'_> {
    /// A suggestion for the whole term.
    fn item(&self, label: impl Into<String>, insert: String) -> Suggestion {
        let units = Units(self.text);
        Suggestion {
            label: label.into(),
            insert,
            start: units.at(self.completing.start),
            end: units.at(self.completing.end),
            detail: None,
            count: None,
            share: None,
            at_ms: None,
        }
    }

    /// The same with how many hits have it. Of a sample only the share is told.
    #[expect(clippy::cast_precision_loss, reason = "a share for a bar")]
    fn counted(&self, label: impl Into<String>, insert: String, found: Found) -> Suggestion {
        let share = (found.of > 0).then(|| (found.count as f64 / found.of as f64).min(1.0));
        Suggestion { count: found.exact.then_some(found.count), share, ..self.item(label, insert) }
    }

    /// A suggestion for the whole text.
    fn instead_of_all(&self, label: &str, query: &str) -> Suggestion {
        Suggestion { start: 0, end: Units(self.text).at(self.text.len()), ..self.item(label, query.to_owned()) }
    }

    async fn as_text(&self, typed: &str, hits: &impl Hits) -> Vec<Suggestion> {
        if typed.is_empty() {
            return Vec::new();
        }
        let written = query::free_text(typed);
        let count = hits.count(&written).await;
        let detail = Some("in headers, path, id and bodies".to_owned());
        vec![Suggestion { detail, count, ..self.item(typed, self.completing.instead(&written)) }]
    }

    /// Values of any field that contain what was typed.
    async fn values_with(&self, typed: &str, hits: &impl Hits) -> Vec<Suggestion> {
        if typed.chars().count() < 2 {
            return Vec::new();
        }
        let needle = Needle::new(typed.as_bytes());
        let mut terms: Vec<(String, Found)> = Vec::new();
        for field in &OF_ALL {
            let of_field = hits.values(field, LOOKED_THROUGH).await;
            for value in of_field.values.iter().filter(|value| needle.is_in(value.value.as_bytes())) {
                let term = format!("{field}:{}", query::value_text(&value.value));
                terms.push((term, Found::among(&of_field, value.count)));
            }
        }
        let places = hits.places(typed, LOOKED_THROUGH).await;
        for (field, value) in places.values.into_iter().filter(|(field, _)| !is_the_type(field)) {
            let whole = value.value.len() <= WORD && !value.value.contains(char::is_whitespace);
            let shown = if whole { value.value.as_str() } else { typed };
            let term = format!("{field}:{}", query::value_text(shown));
            match terms.iter_mut().find(|(other, _)| *other == term) {
                Some((_, found)) => found.count += value.count,
                None => terms.push((term, Found { count: value.count, of: places.counted, exact: places.exact })),
            }
        }
        terms.sort_by(|a, b| b.1.share().cmp(&a.1.share()).then_with(|| a.0.cmp(&b.0)));
        terms.truncate(VALUES);
        let item = |(term, found): (String, Found)| {
            let insert = self.completing.instead(&term);
            self.counted(term, insert, found)
        };
        terms.into_iter().map(item).collect()
    }

    fn fields(&self, typed: &str) -> Vec<Suggestion> {
        let item = |info: &FieldInfo| {
            let name = format!("{}:", info.name);
            Suggestion { detail: Some(told(info)), ..self.item(name.clone(), self.completing.with(&name)) }
        };
        query::fields_for(typed).into_iter().take(NARROW).map(item).collect()
    }

    fn recent(&self, searches: &Searches) -> Vec<Suggestion> {
        let like = Like::new(self.text);
        let fits = searches.recent.iter().filter(|search| like.fits(&search.query));
        let item = |search: &crate::dto::RecentSearch| Suggestion {
            at_ms: Some(search.at_ms),
            ..self.instead_of_all(&search.query, &search.query)
        };
        fits.take(EARLIER).map(item).collect()
    }

    async fn saved(&self, searches: &Searches, hits: &impl Hits) -> Vec<Suggestion> {
        let like = Like::new(self.text);
        let fits = |search: &&crate::dto::SavedSearch| like.fits(&search.query) || like.is_in(&search.name);
        let mut items = Vec::new();
        for search in searches.saved.iter().filter(fits).take(EARLIER) {
            let item = self.instead_of_all(&search.name, &search.query);
            items.push(Suggestion {
                detail: Some(search.query.clone()),
                count: hits.count_of_all(&search.query).await,
                ..item
            });
        }
        items
    }

    /// Names below `header.`, `meta.` or a path.
    async fn names(&self, info: &FieldInfo, typed: &str, hits: &impl Hits) -> Vec<Suggestion> {
        // Of a path only the last step is being written.
        let (above, last) = match typed.rfind('.') {
            Some(dot) if info.name == "body" => typed.split_at(dot + 1),
            _ => ("", typed),
        };
        let field = query::field_named(format!("{}.{above}", info.name).trim_end_matches('.'));
        let Some(field) = field else { return Vec::new() };
        let needle = Needle::new(last.as_bytes());
        let names = hits.keys(&field, LOOKED_THROUGH).await;
        // An element stands beside the name of its list, so that of a list without a name there is none.
        let fits = |name: &&ValueCount| {
            needle.is_in(name.value.as_bytes()) && !(above.is_empty() && name.value.starts_with('['))
        };
        let item = |name: &ValueCount| {
            let above = if name.value.starts_with('[') { above.trim_end_matches('.') } else { above };
            let piece = format!("{above}{}:", name.value);
            let label = format!("{}.{piece}", info.name);
            self.counted(label, self.completing.with(&piece), Found::among(&names, name.count))
        };
        names.values.iter().filter(fits).take(VALUES).map(item).collect()
    }

    /// Values of a field: of the present hits, then those that the grammar has.
    async fn values_of(&self, field: &Field, info: &FieldInfo, typed: &str, hits: &impl Hits) -> Vec<Suggestion> {
        let needle = Needle::new(typed.as_bytes());
        // Each has its own; what fits is one of the usual bounds.
        let own = matches!(info.takes, Takes::Size | Takes::Span | Takes::Time);
        let present = if own { ValueCounts::default() } else { hits.values(field, LOOKED_THROUGH).await };
        let mut items: Vec<Suggestion> = present
            .values
            .iter()
            .filter(|value| needle.is_in(value.value.as_bytes()))
            .map(|value| {
                let written = match info.takes {
                    // `none` may be one of them.
                    Takes::Word(_) | Takes::YesNo => value.value.clone(),
                    _ => query::value_text(&value.value),
                };
                let label = format!("{field}:{written}");
                self.counted(label, self.completing.with(&written), Found::among(&present, value.count))
            })
            .take(VALUES)
            .collect();
        for value in query::values_for(info) {
            let label = format!("{field}:{value}");
            if items.len() < VALUES && needle.is_in(value.as_bytes()) && items.iter().all(|item| item.label != label) {
                // What the hits have was counted, so that none has a word that is not among them.
                let closed = matches!(info.takes, Takes::Word(_)) && present.exact && value != "*" && value != "none";
                let count = (closed && present.counted > 0).then_some(0);
                items.push(Suggestion { count, ..self.item(label, self.completing.with(value)) });
            }
        }
        items
    }
}

/// What a field is, in a few words.
fn told(info: &FieldInfo) -> String {
    match info.takes {
        Takes::Word(words) => words.join(", "),
        Takes::YesNo => "yes, no".to_owned(),
        Takes::Status | Takes::Count | Takes::Size | Takes::Span | Takes::Time => query::values_for(info)
            .into_iter()
            .filter(|value| *value != "*" && *value != "none")
            .collect::<Vec<_>>()
            .join(", "),
        _ => info
            .help
            .split_inclusive(['.', ':', ';'])
            .next()
            .unwrap_or_default()
            .trim_end_matches(['.', ':', ';'])
            .to_owned(),
    }
}

/// Earlier searches that begin as this one, or contain it.
struct Like<'a> {
    text: &'a str,
    needle: Needle,
}

impl<'a> Like<'a> {
    fn new(text: &'a str) -> Self {
        let text = text.trim();
        Self { text, needle: Needle::new(text.as_bytes()) }
    }

    fn is_in(&self, text: &str) -> bool {
        self.needle.is_in(text.as_bytes())
    }

    /// The search itself needs no suggestion.
    fn fits(&self, query: &str) -> bool {
        query != self.text && self.is_in(query)
    }
}

#[cfg(test)]
mod tests;
