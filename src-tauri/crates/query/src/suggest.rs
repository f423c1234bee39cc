//! What could stand at a place of a query: the part under the cursor, and what the grammar has for it.

use crate::ast::Field;
use crate::field::{FIELDS, FieldInfo, Of, Takes, named};
use crate::lex::{self, Head, TokenKind, Word};
use crate::name::{self, Name};
use crate::parse::MAX_LENGTH;
use crate::print;
use crate::problem::nearest;

/// The term that is being written, and what of it.
#[derive(Clone, Debug)]
pub struct Completing {
    /// Where the term begins, with its `-`, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// Whether it excludes.
    pub negated: bool,
    /// What is being written.
    pub wanted: Wanted,
    /// What of the term stands before that, without the `-`.
    before: String,
    /// What of the term stands behind it.
    after: String,
}

/// What is being written.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A new term: text, or the beginning of a field's name. `typed` may be empty.
    Term {
        /// What there is of it, without quotes.
        typed: String,
    },
    /// What belongs to a field's name: of a header, of a key of the metadata, of a path.
    Name {
        /// The field.
        info: &'static FieldInfo,
        /// What there is of it.
        typed: String,
    },
    /// A value.
    Value {
        /// The field.
        field: Field,
        /// Its row of the table.
        info: &'static FieldInfo,
        /// What there is of it, without quotes.
        typed: String,
    },
}

impl Completing {
    /// What is being written at `cursor`, in bytes. A cursor within a letter is taken to stand before it.
    #[must_use]
    pub fn of(text: &str, cursor: usize) -> Self {
        let mut cursor = cursor.min(text.len());
        while !text.is_char_boundary(cursor) {
            cursor -= 1;
        }
        let nothing = Self {
            start: cursor,
            end: cursor,
            negated: false,
            wanted: Wanted::Term { typed: String::new() },
            before: String::new(),
            after: String::new(),
        };
        if text.len() > MAX_LENGTH {
            return nothing;
        }
        let tokens = lex::tokens(text, &mut Vec::new());
        let under = tokens.iter().find(|token| token.start < cursor && cursor <= token.end);
        match under.map(|token| (token, &token.kind)) {
            Some((token, TokenKind::Word(word))) => Self::in_word(text, cursor, token.start, token.end, word),
            // `or` may become `order`.
            Some((token, TokenKind::Or | TokenKind::And)) if cursor == token.end => {
                let typed = text.get(token.start..token.end).unwrap_or_default().to_owned();
                Self { start: token.start, end: token.end, wanted: Wanted::Term { typed }, ..nothing }
            }
            _ => nothing,
        }
    }

    fn in_word(text: &str, cursor: usize, start: usize, end: usize, word: &Word) -> Self {
        let bare = start + usize::from(word.negated);
        let slice = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
        let term = |typed: String, behind: usize| Self {
            start,
            end,
            negated: word.negated,
            wanted: Wanted::Term { typed },
            before: String::new(),
            after: slice(behind, end),
        };
        let Head::Field { field, info } = &word.head else {
            let item = word.items.first().filter(|_| matches!(word.head, Head::Text));
            let Some(item) = item else {
                // A name that is not known is completed up to its colon.
                let colon = bare + text.get(bare..end).and_then(|term| term.find(':')).unwrap_or(end - bare);
                return term(slice(bare, colon.min(cursor.max(bare))), colon + 1);
            };
            if item.quoted {
                return term(item.text.clone(), end);
            }
            if let Some((info, typed)) = half_name(&item.text) {
                let wanted = Wanted::Name { info, typed };
                return Self { wanted, before: format!("{}.", info.name), ..term(String::new(), end) };
            }
            return term(slice(bare, cursor.max(bare)), end);
        };
        // In the name itself another name may be wanted.
        let Some(item) = word.items.iter().find(|item| item.start <= cursor && cursor <= item.end) else {
            let colon = word.items.first().map_or(end, |item| item.start);
            return term(slice(bare, cursor.max(bare)), colon);
        };
        let typed = if item.quoted { item.text.clone() } else { slice(item.start + usize::from(item.exactly), cursor) };
        Self {
            start,
            end,
            negated: word.negated,
            wanted: Wanted::Value { field: field.clone(), info, typed },
            before: slice(bare, item.start),
            after: slice(item.end, end),
        }
    }

    /// The whole term with `piece` in the place of what is being written.
    #[must_use]
    pub fn with(&self, piece: &str) -> String {
        format!("{}{}{piece}{}", if self.negated { "-" } else { "" }, self.before, self.after)
    }

    /// The whole term, replaced by another one.
    #[must_use]
    pub fn instead(&self, term: &str) -> String {
        format!("{}{term}", if self.negated { "-" } else { "" })
    }
}

/// `header.x-for`, `body.data.`: a field whose name is not finished.
fn half_name(text: &str) -> Option<(&'static FieldInfo, String)> {
    let (head, typed) = text.split_once('.')?;
    let info = named(head).filter(|info| info.of != Of::Nothing)?;
    Some((info, typed.to_owned()))
}

/// The fields that a name may become: those that begin with it, by any of their names, or else the nearest one.
#[must_use]
pub fn fields_for(typed: &str) -> Vec<&'static FieldInfo> {
    let typed = typed.to_ascii_lowercase().replace('_', "-");
    let begins = |info: &&FieldInfo| {
        info.name.starts_with(&typed)
            || (typed.len() > 1 && info.aliases.iter().any(|alias| alias.replace('_', "-").starts_with(&typed)))
    };
    let found: Vec<_> = FIELDS.iter().filter(begins).collect();
    if found.is_empty() && typed.len() > 2 {
        return nearest(&typed, FIELDS.iter().map(|info| info.name)).and_then(named).into_iter().collect();
    }
    found
}

/// Values that the grammar itself has for a field, as they are written: the words of a closed list, the usual numbers
/// and times, `*` and `none` where they can be.
#[must_use]
pub fn values_for(info: &FieldInfo) -> Vec<&'static str> {
    let mut values: Vec<&str> = match info.takes {
        Takes::Word(words) => words.to_vec(),
        Takes::YesNo => vec!["yes", "no"],
        Takes::Status => vec!["2xx", "4xx", "5xx", ">=400"],
        Takes::Count => vec![">1", ">2"],
        Takes::Size => vec![">10k", ">1M"],
        Takes::Span => vec![">250ms", ">1s"],
        Takes::Time if info.name == "at" => vec!["today", "yesterday", "1h..now"],
        Takes::Time => vec!["1h", "today", "1d", "yesterday", "7d"],
        Takes::Text | Takes::Code | Takes::Name | Takes::Id => Vec::new(),
    };
    if info.optional {
        values.extend(["*", "none"]);
    }
    values
}

/// A value as it is written behind a colon, so that it stands for just this text.
#[must_use]
pub fn value_text(text: &str) -> String {
    print::value(text)
}

/// Free text as it is written, so that it stands for just this text.
#[must_use]
pub fn free_text(text: &str) -> String {
    print::text_word(text)
}

/// A field by its written name, such as `header.host` or `body.data.id`.
#[must_use]
pub fn field_named(text: &str) -> Option<Field> {
    match name::name(&format!("{text}:"), 0) {
        Name::Field { field, end, .. } if end == text.len() + 1 => Some(field),
        _ => None,
    }
}
