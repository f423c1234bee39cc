//! Splits a query into words, with the place of each.

use crate::ast::Field;
use crate::field::FieldInfo;
use crate::name::{self, Name};
use crate::print;
use crate::problem::Problem;

/// A piece of a query, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: TokenKind,
}

#[derive(Clone, Debug)]
pub(crate) enum TokenKind {
    Open { negated: bool },
    Close,
    Or,
    And,
    Word(Word),
}

/// A term as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) negated: bool,
    pub(crate) head: Head,
    /// Values between commas; free text has one.
    pub(crate) items: Vec<Item>,
}

/// What stands before the values.
#[derive(Clone, Debug)]
pub(crate) enum Head {
    Text,
    Field {
        field: Field,
        info: &'static FieldInfo,
    },
    /// No field that there is; the problem was noted.
    Bad,
}

/// A value as it was written.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// After `=`.
    pub(crate) exactly: bool,
    pub(crate) quoted: bool,
    /// Without quotes and escapes.
    pub(crate) text: String,
}

/// Tokens in their order; problems are appended.
pub(crate) fn tokens(text: &str, problems: &mut Vec<Problem>) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, problems };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next() {
        tokens.push(token);
    }
    tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<Token> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        let start = self.at;
        let kind = match self.peek()? {
            '(' => self.take(1, TokenKind::Open { negated: false }),
            ')' => self.take(1, TokenKind::Close),
            _ => self.operator().unwrap_or_else(|| TokenKind::Word(self.word())),
        };
        Some(Token { start, end: self.at, kind })
    }

    fn take(&mut self, bytes: usize, kind: TokenKind) -> TokenKind {
        self.at += bytes;
        kind
    }

    /// `-(`, `not(`, and `or`, `and` that stand alone.
    fn operator(&mut self) -> Option<TokenKind> {
        let rest = self.rest();
        let begins = |word: &str| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let alone = |word: &str| {
            begins(word)
                && rest[word.len()..]
                    .chars()
                    .next()
                    .is_none_or(|next| next.is_whitespace() || next == '(' || next == ')')
        };
        if begins("-(") {
            return Some(self.take(2, TokenKind::Open { negated: true }));
        }
        if begins("not(") {
            return Some(self.take(4, TokenKind::Open { negated: true }));
        }
        if begins("-not(") {
            return Some(self.take(5, TokenKind::Open { negated: false }));
        }
        if alone("or") {
            return Some(self.take(2, TokenKind::Or));
        }
        if alone("and") {
            return Some(self.take(3, TokenKind::And));
        }
        None
    }

    fn word(&mut self) -> Word {
        let start = self.at;
        let negated = self.minus();
        if negated {
            self.at += 1;
        }
        let name_start = self.at;
        let head = match name::name(self.text, self.at) {
            Name::None => {
                let item = self.item(false);
                return Word { negated, head: Head::Text, items: vec![item] };
            }
            Name::Field { field, info, end } => {
                self.at = end;
                Head::Field { field, info }
            }
            Name::Bad { end, problem } => {
                self.at = end;
                self.problems.extend(problem);
                Head::Bad
            }
            Name::Unknown { end, word, nearest } => {
                self.at = end;
                let items = self.items();
                let whole = &self.text[name_start..self.at];
                let (problem_end, nearest) = match nearest {
                    Some(nearest) => (end, nearest),
                    None => (self.at, print::quoted(whole)),
                };
                let message = format!(
                    "There is no field {word}. To search for it as text, put it in quotes: {}.",
                    print::quoted(whole)
                );
                self.problems.push(Problem::new(name_start, problem_end, message, Some(nearest)));
                return Word { negated, head: Head::Bad, items };
            }
        };
        debug_assert!(self.at > start);
        Word { negated, head, items: self.items() }
    }

    /// A `-` that excludes: directly before something, and not before another one (`--flag` is text).
    fn minus(&self) -> bool {
        let mut letters = self.rest().chars();
        letters.next() == Some('-')
            && letters.next().is_some_and(|next| !next.is_whitespace() && next != '-' && next != ')')
    }

    fn items(&mut self) -> Vec<Item> {
        let mut items = vec![self.item(true)];
        while self.peek() == Some(',') {
            self.at += 1;
            items.push(self.item(true));
        }
        items
    }

    fn item(&mut self, of_field: bool) -> Item {
        let start = self.at;
        let exactly = of_field && self.peek() == Some('=');
        if exactly {
            self.at += 1;
        }
        let quoted = self.peek() == Some('"');
        let text = if quoted { self.quoted() } else { self.bare(of_field) };
        Item { start, end: self.at, exactly, quoted, text }
    }

    fn quoted(&mut self) -> String {
        let start = self.at;
        let mut out = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((offset, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.at = start + offset + 1;
                    return out;
                }
                '\\' if self.text[start + offset + 1..].starts_with(['"', '\\']) => {
                    out.extend(letters.next().map(|(_, escaped)| escaped));
                }
                _ => out.push(letter),
            }
        }
        self.at = self.text.len();
        let nearest = print::quoted(out.trim_end());
        self.problems.push(Problem::new(start, self.at, "A quote is opened here and never closed.", Some(nearest)));
        out
    }

    /// Up to white space, or to a `)` that the word did not open; of a field's values, up to a comma.
    fn bare(&mut self, of_field: bool) -> String {
        let rest = self.rest();
        let mut open = 0_usize;
        let mut end = rest.len();
        for (offset, letter) in rest.char_indices() {
            match letter {
                '(' => open += 1,
                ')' if open > 0 => open -= 1,
                ')' => end = offset,
                ',' if of_field => end = offset,
                _ if letter.is_whitespace() => end = offset,
                _ => {}
            }
            if end < rest.len() {
                break;
            }
        }
        // An empty word would not move on.
        if end == 0 && !of_field {
            end = rest.chars().next().map_or(0, char::len_utf8);
        }
        self.at += end;
        rest.get(..end).unwrap_or_default().to_owned()
    }
}
